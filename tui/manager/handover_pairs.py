"""Deciding about pairs in a hand-over: accepted, rejected, taken back, or put together by hand.

Each decision is one transaction with its audit, and the account's reason follows it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tui.domain.gates import Verb
from tui.domain.handover import Pair, Standing
from tui.errors import Refused
from tui.manager.handover_views import BY_HAND, HandoverAccount
from tui.manager.handover_walks import WalkVerbs, as_pair, is_eligible, others_than
from tui.register import audit, facts, handovers, pairs
from tui.register.database import Connection
from tui.register.derive import derive_contacts
from tui.text import join_and


class PairVerbs(WalkVerbs):
    """The part of AccountManager that decides about pairs."""

    def compare_pair(self, old: str, new: str) -> Pair:
        """A record that a person has looked up beside an old account, with the evidence. Keeps nothing.

        Raises NotFound, and Refused for a record that can't be anybody's new one.
        """
        from tui.domain.correlation import Correlator
        from tui.domain.correlation_evidence import evidence
        from tui.register.identities import subjects

        old_id, new_id = self._ids(old, new)
        kept = {row.new: row for row in pairs.of_old(self._database, [old_id]).get(old_id, ())}
        found = facts.gather(self._database, [old_id * 4, new_id * 4])
        also = tuple(pairs.accepted_olds(self._database).get(new_id, ()))
        if new_id in kept:
            return as_pair(kept[new_id], found[new_id * 4], also, old)
        correlator = Correlator(subjects(self._database))
        candidate = correlator.pair(old, new)
        said = evidence(correlator.subjects[old].identity, correlator.subjects[new].identity, candidate)
        return Pair(
            code=new, name=found[new_id * 4].name, rank=0, decision="", rule="", cause=BY_HAND,
            confidence=candidate.confidence, margin=0.0, evidence=said, eligible=is_eligible(found[new_id * 4]),
            has_account=found[new_id * 4].has_account,
            sexes_contradict=candidate.levels.level("sex") == "contradict", also=others_than(also, old),
        )  # fmt: skip

    def doubts(self, account: HandoverAccount, pair: Pair) -> list[str]:
        """What has to be said and agreed to before this pair is accepted, beyond looking at it."""
        found = []
        if pair.sexes_contradict:
            found.append("The sexes of the two records contradict: this may be the other parent of the child.")
        if pair.also:
            others = join_and(list(pair.also), most=3)
            found.append(f"{pair.code} was already accepted as the new record of {others}: two old accounts, one new.")
        if pair.rank == 0:
            found.append("Nothing but your own word says that this is the same person: correlation did not propose it.")
        first = account.pairs[0] if account.pairs else None
        if pair.is_rejected:
            found.append(f"This pair was {pair.said_before}.")
        elif first is not None and pair.rank > 1 and first.decision != "none":
            found.append(f"Correlation puts {first.code} ({first.name}) before this one, and did not propose it.")
        elif pair.rank == 1 and pair.decision == "none":
            found.append(f"Correlation did not propose this: {pair.rule}.")
        return found

    def accept(self, number: int, old: str, new: str, *, sure: bool = False) -> None:
        """Accept a new record as the same person's. Raises Refused when it is not eligible, or there are doubts and
        the operator has not said to be sure."""
        account = self._member(number, old)
        pair = next((pair for pair in account.pairs if pair.code == new), None) or self.compare_pair(old, new)
        if not pair.eligible:
            raise Refused(
                f"{new} is not eligible: no student at the school with portal access.",
                means="It can't be welcomed, so it is not accepted as the new record.",
                todo="Get the link and its portal access into the admin system, then import again.",
            )
        doubts = self.doubts(account, pair)
        if doubts and not sure:
            raise Refused(" ".join(doubts), means="Nothing was accepted.", todo="Say that you are sure of it (--sure).")
        found = pair.decision if pair.rank == 1 and pair.decision else "chosen"
        if pair.is_stale or doubts:
            found = "review" if found == "match" else found
        self._keep(old, new)
        old_id, new_id = self._ids(old, new)

        doubts = [_without_names(doubt, account) for doubt in doubts]
        said = {"new": new, "found": found, "doubts": doubts, "after": {"accepted": new}}
        with self._deciding(number, [account], "match accepted", [said]) as say:
            pairs.accept(say, old_id, new_id, found, self._actor.operator, self._now())

    def accept_certain(self, number: int, codes: Sequence[str]) -> list[str]:
        """Accept what correlation is certain of, for these accounts as they were shown. Returns the codes accepted: one
        that is not certain any more is left out."""
        wanted = set(codes)
        certain = [
            (account, account.proposal.code)
            for account in self._accounts(number, handovers.members(self._database, number))
            if account.code in wanted and account.standing is Standing.CERTAIN and account.proposal is not None
        ]
        accounts = [account for account, _ in certain]
        ids = facts.persons_of(self._database, [new for _, new in certain])
        details = [{"new": new, "found": "match", "doubts": [], "after": {"accepted": new}} for _, new in certain]
        with self._deciding(number, accounts, "match accepted", details) as say:
            for account, new in certain:
                pairs.accept(say, account.id, ids[new] >> 2, "match", self._actor.operator, self._now())
        return [account.code for account in accounts]

    def reject(self, number: int, old: str) -> None:
        """No match: none of the candidates shown is the same person."""
        account = self._member(number, old)
        rows = pairs.of_old(self._database, [account.id]).get(account.id, [])
        first = next((row.decision for row in rows if row.rank == 1), "none")

        codes = [row.code for row in rows]
        said = {"new": codes, "found": first, "after": {"rejected": codes}}
        with self._deciding(number, [account], "match rejected", [said]) as say:
            pairs.reject(say, account.id, [row.new for row in rows], first, self._actor.operator, self._now())

    def take_back(self, number: int, old: str) -> None:
        """Forget what was decided about an account of the walk."""
        account = self._member(number, old)

        with self._deciding(number, [account], "match taken back", [{"after": {}}]) as say:
            pairs.take_back(say, account.id)
            handovers.set_answer(say, number, account.id, Verb.REVOKE, "")

    @contextmanager
    def _deciding(
        self, number: int, accounts: Collection[HandoverAccount], action: str, details: Sequence[Mapping[str, Any]]
    ) -> Iterator[Connection]:
        """A transaction in which something is decided about accounts: with its audit, and their reasons afterwards."""
        for account in accounts:
            if account.is_revoked or account.is_requested:
                raise Refused(
                    f"{account.code} was revoked already, or that is requested: what was decided about it stays.",
                    means="Nothing was changed.",
                )
        ids = [account.id for account in accounts]
        with self._database.transaction() as connection:
            yield connection
            handovers.set_later(connection, number, ids, False)
            for account, detail in zip(accounts, details, strict=True):
                audit.append(
                    connection, self._actor, self._now(), action, subject=account.code,
                    detail={"hand-over": number, "before": _decided(account), **detail},
                )  # fmt: skip
            derive_contacts(connection, ids, future_counts=self.settings.accounts.future_students_count)

    def _keep(self, old: str, new: str) -> None:
        """Keep a pair that correlation did not name, so that its evidence can be told from another day's."""
        old_id, new_id = self._ids(old, new)
        if any(row.new == new_id for row in pairs.of_old(self._database, [old_id]).get(old_id, ())):
            return
        from tui.domain.correlation import Correlator
        from tui.register.correlating import keep_pair
        from tui.register.identities import subjects

        correlator = Correlator(subjects(self._database))
        with self._database.transaction() as connection:
            keep_pair(connection, correlator, {old: old_id, new: new_id}, old, new)


def _decided(account: HandoverAccount) -> dict[str, Any]:
    """What was decided about an account before, by codes."""
    accepted = {"accepted": account.new} if account.new else {}
    rejected = [pair.code for pair in account.pairs if pair.is_rejected]
    return {**accepted, **({"rejected": rejected} if rejected else {})}


def _without_names(doubt: str, account: HandoverAccount) -> str:
    """A doubt as the audit keeps it, which holds codes and no names."""
    for pair in account.pairs:
        doubt = doubt.replace(f" ({pair.name})", "")
    return doubt
