"""Walks through the hand-over: begun, read as they stand, gone on with. Deciding is the affair of PairVerbs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tui.domain import handover as rules
from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb, mail_gate, revoke_gate
from tui.domain.handover import Acted, Pair, Standing, Step
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.errors import NotFound, Refused
from tui.manager.handover_views import BY_HAND, NOBODY, Handover, HandoverAccount
from tui.register import audit, facts, handovers, listing, pairs
from tui.register.database import Database
from tui.register.handovers import HandoverRow, MemberRow
from tui.services.service import AccountService
from tui.settings import Settings
from tui.text import clean, join_and


class WalkVerbs:
    """The part of AccountManager that keeps the walks."""

    settings: Settings
    service: AccountService
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    # -- walks -----------------------------------------------------------------------------------------------------

    def handovers(self) -> list[HandoverRow]:
        """All walks, newest first."""
        return handovers.listed(self._database)

    def open_handover(self) -> HandoverRow | None:
        """The walk that this operator has not ended, the newest of several."""
        mine = (row for row in self.handovers() if not row.ended_at and row.operator == self._actor.operator)
        return next(mine, None)

    def start_handover(self, codes: Sequence[str] | None = None, *, leavers: bool = True) -> int:
        """Begin a walk over these accounts, or all that are ready to revoke (None). Returns its number.

        Without `leavers` those who have no new record are left for later, to be taken in again.
        Raises NotFound for unknown codes, Refused for those that are not ready, or when nobody is.
        """
        olds = self._ready(codes)
        if not olds:
            raise Refused("Nobody is ready to revoke: there is nothing to hand over.")
        at = self._now()
        with self._database.transaction() as connection:
            number = handovers.start(connection, self._actor.operator, at, olds)
            audit.append(
                connection, self._actor, at, "hand-over begun", subject=f"hand-over {number}",
                detail={"accounts": len(olds)},
            )  # fmt: skip
        if not leavers:
            alone = [account.code for account in self.handover(number).of(Standing.NOBODY)]
            self.leave_for_later(number, alone)
        return number

    def _ready(self, codes: Sequence[str] | None) -> list[int]:
        """The row ids of these accounts, or of all that are ready to revoke. Raises NotFound, Refused."""
        if codes is None:
            ready = listing.listed(self._database, tab="ready_to_revoke", user_type=UserType.CONTACT)
            return [person >> 2 for person in ready]
        known = facts.persons_of(self._database, codes)
        if unknown := [code for code in dict.fromkeys(codes) if code not in known]:
            raise NotFound(f"No contact has the code {join_and([clean(code) for code in unknown], most=5)}.")
        found = facts.gather(self._database, list(known.values()))
        others = [account.code for account in found.values() if account.status is not Status.READY_TO_REVOKE]
        if others:
            raise Refused(
                f"Not ready to revoke: {join_and(others, most=5)}.",
                means="Only accounts that are ready to revoke are handed over. Nothing was begun.",
            )
        return [person >> 2 for person in known.values()]

    def go_to(self, number: int, step: Step, place: str = "") -> None:
        """Remember at which step and on which account the walk is."""
        with self._database.transaction() as connection:
            handovers.set_place(connection, number, step, place)

    def end_handover(self, number: int) -> None:
        """The walk is over; what was decided stays."""
        at = self._now()
        with self._database.transaction() as connection:
            handovers.end(connection, number, at)
            audit.append(connection, self._actor, at, "hand-over ended", subject=f"hand-over {number}")

    def handover(self, number: int) -> Handover:
        """A walk as it stands. Raises NotFound."""
        row = handovers.one(self._database, number)
        return self._in_order(row, self._accounts(number, handovers.members(self._database, number)))

    def _in_order(self, row: HandoverRow, found: Sequence[HandoverAccount]) -> Handover:
        by_code = {account.code: account for account in found}
        families = rules.families((account.code, sorted(account.children)) for account in found)
        ordered = tuple(by_code[code] for family in families for code in family)
        return Handover(row, ordered, tuple(map(tuple, families)))

    def with_account(self, walk: Handover, code: str) -> Handover:
        """The walk with one account read anew, after something was decided about it."""
        fresh = self._member(walk.number, code)
        return replace(walk, accounts=tuple(fresh if one.code == code else one for one in walk.accounts))

    def _accounts(self, number: int, members: Sequence[MemberRow]) -> list[HandoverAccount]:
        kept = pairs.of_old(self._database, [member.old for member in members])
        persons = {member.old * 4 for member in members} | {pair.new * 4 for rows in kept.values() for pair in rows}
        gathered = facts.gather(self._database, sorted(persons))
        also = pairs.accepted_olds(self._database)
        revoked = handovers.acted(self._database, number, Verb.REVOKE)
        welcomed = handovers.acted(self._database, number, Verb.WELCOME)
        welcomed |= handovers.welcomed_since_accepted(self._database)
        return [
            self._account(
                member,
                gathered,
                [
                    as_pair(row, gathered[row.new * 4], also.get(row.new, ()), gathered[member.old * 4].code)
                    for row in kept.get(member.old, ())
                ],
                revoked.get(member.old),
                {row.code: row.new for row in kept.get(member.old, ())},
                welcomed,
            )
            for member in members
        ]

    def _account(
        self,
        member: MemberRow,
        gathered: Mapping[int, AccountFacts],
        candidates: Sequence[Pair],
        revoked: Acted | None,
        ids: Mapping[str, int],
        welcomed: Mapping[int, Acted],
    ) -> HandoverAccount:
        account = gathered[member.old * 4]
        accepted = next((pair for pair in candidates if pair.verdict == "accepted"), None)
        if revoked is None and accepted is not None and not account.has_account:
            revoked = Acted(0, "done", "revoked before")
        if revoked is not None and (revoked.is_done or revoked.state == "requested"):
            standing = Standing.ACCEPTED if accepted else Standing.NOBODY
        else:
            standing = rules.standing_of(
                candidates,
                is_ready=account.status is Status.READY_TO_REVOKE,
                held=account.hold(Verb.REVOKE) is not None,
                later=member.later,
            )
        new = accepted.code if accepted is not None and standing is Standing.ACCEPTED else ""
        new_facts = gathered[ids[new] * 4] if new else None
        counts = self.settings.accounts.future_students_count
        first = next((pair for pair in candidates if pair.rank == 1), None)
        proposed = first is not None and first.decision != "none" and not first.is_rejected
        cause = first.cause if first is not None and (proposed or accepted is not None) else NOBODY
        if new and (first is None or first.code != new):
            cause = BY_HAND
        return HandoverAccount(
            id=member.old,
            facts=account,
            pairs=tuple(candidates),
            standing=standing,
            cause=cause,
            new=new,
            new_facts=new_facts,
            to_revoke=revoke_gate(account, reason="", future_counts=counts),
            to_welcome=mail_gate(new_facts, future_counts=counts) if new_facts is not None else None,
            revoked=revoked,
            welcomed=welcomed.get(ids[new]) if new else None,
            revoke_answer=member.revoke_answer,
            welcome_answer=member.welcome_answer,
            greeting=member.greeting,
        )

    # -- choosing --------------------------------------------------------------------------------------------------

    def leave_for_later(self, number: int, codes: Iterable[str], *, later: bool = True) -> None:
        """Leave these accounts of a walk for another time, or take them in again."""
        olds = [person >> 2 for person in facts.persons_of(self._database, codes).values()]
        with self._database.transaction() as connection:
            handovers.set_later(connection, number, olds, later)

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _now(self) -> str:
        return self._clock().isoformat()

    def _member(self, number: int, code: str) -> HandoverAccount:
        """One account of a walk. Raises NotFound."""
        person = facts.person_of(self._database, code)
        members = handovers.members(self._database, number, person >> 2) if person is not None else []
        if not members:
            raise NotFound(f"{clean(code)} is not in hand-over {number}.", means="Nothing was changed.")
        return self._accounts(number, members)[0]

    def _ids(self, old: str, new: str) -> tuple[int, int]:
        known = facts.persons_of(self._database, [old, new])
        if missing := [code for code in (old, new) if code not in known]:
            raise NotFound(f"No contact has the code {join_and([clean(code) for code in missing])}.")
        if old == new:
            raise Refused(f"{old} is the old record itself.", means="Nothing was changed.")
        return known[old] >> 2, known[new] >> 2


def is_eligible(account: AccountFacts) -> bool:
    return account.status in (Status.READY_TO_PROVISION, Status.ACTIVE)


def others_than(olds: Iterable[str], old: str) -> tuple[str, ...]:
    return tuple(code for code in olds if code != old)


def as_pair(row: pairs.PairRow, new: AccountFacts, also: Iterable[str], old: str) -> Pair:
    return Pair(
        code=row.code, name=new.name, rank=row.rank, decision=row.decision, rule=row.rule, cause=row.cause,
        confidence=row.confidence, margin=row.margin, evidence=row.evidence, eligible=is_eligible(new),
        has_account=new.has_account, sexes_contradict=row.sexes_contradict, verdict=row.verdict, found=row.found,
        by=row.by, at=row.at, is_stale=row.is_stale, also=others_than(also, old),
    )  # fmt: skip
