"""What the manager does with hand-overs: begin a walk, decide about pairs, plan the two jobs, say what became of each.

Every decision is in the register before the call returns: a walk that is dropped goes on where it was.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.config import Settings
from tui.domain import handover as rules
from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb, children_here, mail_gate, revoke_gate
from tui.domain.handover import Acted, Pair, Standing, Step
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.errors import NotFound, Refused
from tui.manager.handover_summary import Told, as_csv, as_text, is_listed
from tui.manager.handover_views import BY_HAND, NOBODY, Handover, HandoverAccount
from tui.manager.plan_files import write_new
from tui.register import audit, facts, handovers, listing, pairs
from tui.register.database import Connection, Database
from tui.register.derive import derive_contacts
from tui.register.handovers import HandoverRow, MemberRow
from tui.services.service import AccountService
from tui.text import clean, join_and

if TYPE_CHECKING:
    from tui.jobs.plan import Plan


class HandoverVerbs:
    """The part of AccountManager that hands accounts over."""

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
                    _pair(row, gathered[row.new * 4], also.get(row.new, ()), gathered[member.old * 4].code)
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

    # -- deciding --------------------------------------------------------------------------------------------------

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
            return _pair(kept[new_id], found[new_id * 4], also, old)
        correlator = Correlator(subjects(self._database))
        candidate = correlator.pair(old, new)
        said = evidence(correlator.subjects[old].identity, correlator.subjects[new].identity, candidate)
        return Pair(
            code=new, name=found[new_id * 4].name, rank=0, decision="", rule="", cause=BY_HAND,
            confidence=candidate.confidence, margin=0.0, evidence=said, eligible=_is_eligible(found[new_id * 4]),
            has_account=found[new_id * 4].has_account,
            sexes_contradict=candidate.levels.level("sex") == "contradict", also=_others(also, old),
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
        if account.standing is Standing.NOBODY and pair.rank:
            found.append("Correlation did not think this likely enough to propose.")
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

        with self._deciding(number, account, "match accepted", {"new": new, "found": found, "doubts": doubts}) as say:
            pairs.accept(say, old_id, new_id, found, self._actor.operator, self._now())

    def accept_certain(self, number: int, codes: Sequence[str]) -> list[str]:
        """Accept what correlation is certain of, for these accounts as they were shown. Returns the codes accepted: one
        that is not certain any more is left out."""
        done = []
        for code in codes:
            account = self._member(number, code)
            if account.standing is Standing.CERTAIN and account.proposal is not None:
                self.accept(number, code, account.proposal.code)
                done.append(code)
        return done

    def reject(self, number: int, old: str) -> None:
        """No match: none of the candidates shown is the same person."""
        account = self._member(number, old)
        rows = pairs.of_old(self._database, [account.id]).get(account.id, [])
        first = next((row.decision for row in rows if row.rank == 1), "none")

        said = {"new": [row.code for row in rows], "found": first}
        with self._deciding(number, account, "match rejected", said) as say:
            pairs.reject(say, account.id, [row.new for row in rows], first, self._actor.operator, self._now())

    def take_back(self, number: int, old: str) -> None:
        """Forget what was decided about an account of the walk."""
        account = self._member(number, old)

        with self._deciding(number, account, "match taken back", {}) as say:
            pairs.take_back(say, account.id)
            handovers.set_answer(say, number, account.id, Verb.REVOKE, "")

    @contextmanager
    def _deciding(
        self, number: int, account: HandoverAccount, action: str, detail: dict[str, Any]
    ) -> Iterator[Connection]:
        """A transaction in which something is decided about an account: with its audit, and its reason afterwards."""
        if account.is_revoked or account.is_requested:
            raise Refused(
                f"{account.code} was revoked already, or that is requested: what was decided about it stays.",
                means="Nothing was changed.",
            )
        with self._database.transaction() as connection:
            yield connection
            handovers.set_later(connection, number, [account.id], False)
            audit.append(
                connection, self._actor, self._now(), action, subject=account.code,
                detail={"hand-over": number, **detail},
            )  # fmt: skip
            counts = self.settings.accounts.future_students_count
            derive_contacts(connection, [account.id], future_counts=counts)

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

    # -- answering -------------------------------------------------------------------------------------------------

    def answer(self, number: int, old: str, question: str) -> None:
        """Say yes to the question that was shown of this account, for itself. Raises Refused when it is another now."""
        account = self._member(number, old)
        if not question or account.question != question:
            raise Refused(
                "What is asked about this account has changed meanwhile.", means="Nothing was answered.",
                todo="Read the question again.",
            )  # fmt: skip
        verb = Verb.REVOKE if account.waits_for_revoke else Verb.WELCOME
        at = self._now()
        with self._database.transaction() as connection:
            handovers.set_answer(connection, number, account.id, verb, question)
            audit.append(
                connection, self._actor, at, f"{verb} question answered yes",
                subject=account.code if verb is Verb.REVOKE else account.new,
                detail={"hand-over": number, "question": question},
            )  # fmt: skip

    def unanswer(self, number: int, old: str) -> None:
        """Take back the yes to the question of the step that comes next for this account."""
        account = self._member(number, old)
        verb = Verb.REVOKE if account.waits_for_revoke else Verb.WELCOME
        with self._database.transaction() as connection:
            handovers.set_answer(connection, number, account.id, verb, "")

    def greet(self, number: int, old: str, greeting: str) -> None:
        """The line that this person's welcome email begins with; "" for the usual one."""
        account = self._member(number, old)
        with self._database.transaction() as connection:
            handovers.set_greeting(connection, number, account.id, clean(greeting).rstrip(",").strip())

    # -- doing -----------------------------------------------------------------------------------------------------

    def handover_plan(self, walk: Handover, verb: Verb, only: Collection[str] | None = None) -> "Plan":
        """What of a walk would be revoked, or welcomed, now. `only`: for these old accounts. Changes nothing.

        A new record is welcomed only after its old one was revoked and read back, or attested.
        """
        from tui.jobs.planning import OfWalk, make_plan

        wanted = [account for account in walk.accounts if only is None or account.code in only]
        if verb is Verb.REVOKE:
            acted = {account.id * 4: account for account in wanted if account.waits_for_revoke}
        else:
            ready = [account for account in wanted if account.waits_for_welcome and account.is_revoked]
            ids = facts.persons_of(self._database, [account.new for account in ready])
            acted = {}
            for account in ready:
                # Of two old accounts that lead to one new record, the yes that was said of one is the record's.
                if ids[account.new] not in acted or account.welcome_answer:
                    acted[ids[account.new]] = account
        answer = attrgetter("revoke_answer" if verb is Verb.REVOKE else "welcome_answer")
        return make_plan(
            self._database,
            self.service,
            self.settings,
            verb,
            list(acted),
            singly=False,
            reason="",
            now=self._clock(),
            of_walk=OfWalk(
                walk.number,
                {person: answer(account) for person, account in acted.items()},
                {person: account.greeting for person, account in acted.items()},
            ),
        )

    def stopped_job_of(self, number: int) -> int | None:
        """The job of a walk that was stopped before its end; it is gone on with before anything else is planned."""
        return handovers.open_job(self._database, number)

    def welcome_email(self, account: HandoverAccount) -> str:
        """The email that the new record would be sent, to the letter but for the link, which is made when it is sent.

        Where the portal sends its own, what the worklist would say. Raises MailError when it can't be written.
        """
        new = account.new_facts
        if new is None:
            return ""
        if self.service.sends_own_mail:
            return (
                f"{self.service.system} sends its own email. On the worklist: Send welcome email to {new.name} "
                f"({new.code}), {new.email or 'no email'}."
            )
        from tui.jobs import welcoming
        from tui.mail.welcome import compose_welcome

        letter = welcoming.letter(
            self.settings, new, "preview", "the-one-time-link-is-made-when-it-is-sent", self._clock(), account.greeting
        )
        message = compose_welcome(letter)
        headers = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject"))
        return f"{headers}\n\n{message.get_content()}"

    def usual_greeting(self, account: HandoverAccount) -> str:
        """The line that the welcome email begins with, when nobody has written another."""
        return f"Dear {account.new_facts.name if account.new_facts else account.facts.name}"

    def sides(self, old: str, new: str) -> list[tuple[str, str, str]]:
        """Two records beside each other: (what, of the old one, of the new one)."""
        return pairs.sides(self._database, *self._ids(old, new))

    def told(self, account: HandoverAccount) -> tuple[str, str]:
        """What became of an account, and what to tell the person."""
        new = account.new_facts
        here = bool(children_here(account.facts, self.settings.accounts.future_students_count))
        name, email = (new.name, new.email) if new else (account.facts.name, account.facts.email)
        hindrance = account.hindrance
        in_use = bool(new and new.has_account and new.last_login)
        if account.standing is Standing.HELD and (hold := account.facts.hold(Verb.REVOKE)):
            hindrance = f"by {hold.by}: {hold.note}"
        if account.standing is Standing.LATER and not hindrance:
            hindrance = "left out"
        return (
            rules.outcome(account.standing, account.new, account.revoked, account.welcomed, hindrance, in_use=in_use),
            rules.tell(name, account.new, email, account.revoked, account.welcomed, in_use=in_use, child_here=here),
        )

    def handover_summary(self, walk: Handover) -> list[Told]:
        """What became of the accounts of a walk, of all that were chosen."""
        return [Told(account, *self.told(account)) for account in walk.accounts if is_listed(account)]

    def export_handover(self, number: int, path: Path) -> int:
        """Write the summary to a new file, mode 0600: text to print where its name ends in .txt, else CSV. Returns how
        many accounts are in it. Raises Refused."""
        walk = self.handover(number)
        told = self.handover_summary(walk)
        is_text = path.suffix.lower() == ".txt"
        said = as_text(walk, told, self.service.system, self.settings.school.name) if is_text else as_csv(told)
        write_new(path, said)
        return len(told)

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


def _is_eligible(account: AccountFacts) -> bool:
    return account.status in (Status.READY_TO_PROVISION, Status.ACTIVE)


def _others(olds: Iterable[str], old: str) -> tuple[str, ...]:
    return tuple(code for code in olds if code != old)


def _pair(row: pairs.PairRow, new: AccountFacts, also: Iterable[str], old: str) -> Pair:
    return Pair(
        code=row.code, name=new.name, rank=row.rank, decision=row.decision, rule=row.rule, cause=row.cause,
        confidence=row.confidence, margin=row.margin, evidence=row.evidence, eligible=_is_eligible(new),
        has_account=new.has_account, sexes_contradict=row.sexes_contradict, verdict=row.verdict, found=row.found,
        by=row.by, at=row.at, is_stale=row.is_stale, also=_others(also, old),
    )  # fmt: skip
