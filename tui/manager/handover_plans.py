"""What the manager does with saved hand-overs: save one, say what of it still holds, begin the walk that applies it."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verb, Verdict
from tui.domain.handover import Standing, Step
from tui.domain.handover_plan import changed, ground, said_change, same_question, welcome_after
from tui.domain.status import Status
from tui.errors import Refused
from tui.manager.handover import HandoverVerbs
from tui.manager.handover_views import Handover, HandoverAccount
from tui.manager.plan_files import PlanItem, SavedPlan, plan_as_text, read_plan, write_new
from tui.register import audit, facts, handovers, listing, snapshots
from tui.register.handovers import HandoverRow, MemberRow
from tui.text import say_date

_REGISTER = "id"
_SAID = {"match": "certain", "review": "up for review", "none": "not proposed"}


class RefusedItem(NamedTuple):
    """An account of a saved plan that is not acted on, with what differs, a sentence each."""

    item: PlanItem
    why: tuple[str, ...]


class CheckedPlan(NamedTuple):
    """A saved plan against the register as it is: what still holds, as a walk that has not begun, and what doesn't."""

    plan: SavedPlan
    walk: Handover
    holds: tuple[PlanItem, ...]
    refused: tuple[RefusedItem, ...]


class HandoverPlanVerbs(HandoverVerbs):
    """The part of AccountManager that saves hand-overs and applies them; and walks that have not begun."""

    def ready_handover(self, codes: Sequence[str] | None = None) -> Handover:
        """What a walk over these accounts, or all that are ready, would begin with. Changes nothing.

        Raises NotFound, and Refused for those that are not ready.
        """
        members = [MemberRow(old, False, "", "", "") for old in self._ready(codes)]
        return self._unbegun(self._accounts(0, members))

    def _unbegun(self, accounts: Sequence[HandoverAccount]) -> Handover:
        return self._in_order(HandoverRow(0, self._actor.operator, self._now(), Step.CHOOSE, "", ""), accounts)

    def take_in(self, number: int, codes: Sequence[str] | None = None) -> list[str]:
        """Take accounts that are ready and not in a walk into it: these, or all (None). Returns their codes."""
        row = handovers.one(self._database, number)
        if row.ended_at:
            raise Refused(f"Hand-over {number} is ended.", means="Nothing was taken in.")
        there = {member.old for member in handovers.members(self._database, number)}
        new = [old for old in self._ready(codes) if old not in there]
        with self._database.transaction() as connection:
            handovers.add(connection, number, new)
            if new:
                audit.append(
                    connection, self._actor, self._now(), "hand-over enlarged", subject=f"hand-over {number}",
                    detail={"accounts": len(new)},
                )  # fmt: skip
        return listing.codes(self._database, [old * 4 for old in new])

    def became_ready(self, number: int) -> list[str]:
        """The codes of those who are ready and not in the walk, when an import came since it began; else nobody: who
        was not chosen then stays out."""
        row, last = handovers.one(self._database, number), snapshots.latest(self._database)
        if last is None or last.imported_at <= row.started_at:
            return []
        there = {member.old for member in handovers.members(self._database, number)}
        return listing.codes(self._database, [old * 4 for old in self._ready(None) if old not in there])

    def foreseen_welcome(self, account: HandoverAccount, gone: Collection[str]) -> Verdict | None:
        """What the mail gate will say of the new record once these old accounts are gone; None without one."""
        if account.new_facts is None:
            return None
        counts = self.settings.accounts.future_students_count
        return welcome_after(account.new_facts, {account.code, *gone}, future_counts=counts)

    # -- saving ----------------------------------------------------------------------------------------------------

    def save_handover(self, accounts: Sequence[HandoverAccount], path: Path) -> None:
        """Save the plan for these accounts to a new file, which only its owner can read. Raises Refused."""
        plan = SavedPlan(
            register=self._register_id(),
            school=self.settings.school.name,
            system=self.service.system,
            service=self.service.name,
            saved_by=self._actor.operator,
            saved_at=self._now(),
            accounts=len(accounts),
            items=tuple(self._item(account, {other.code for other in accounts}) for account in accounts),
        )
        text = plan_as_text(plan)
        with self._database.transaction() as connection:  # no file without its audit, nor the other way round
            audit.append(
                connection, self._actor, plan.saved_at, "hand-over plan saved", detail={"accounts": len(accounts)}
            )
            write_new(path, text)

    def _register_id(self) -> str:
        """What names this register and no other; made when it is first needed."""
        found = self._database.meta(_REGISTER)
        if found:
            return found
        with self._database.transaction() as connection:
            if not self._database.meta(_REGISTER):
                snapshots.mark(connection, _REGISTER, secrets.token_hex(8))
        return self._database.meta(_REGISTER)

    def _item(self, account: HandoverAccount, gone: Collection[str]) -> PlanItem:
        """An account as a plan has it, if these old accounts are revoked together."""
        new, proposal = account.new_facts, account.proposal
        decided = ""
        if account.new and proposal is not None:
            decided = f"by {proposal.by} on {say_date(proposal.at)}, {_SAID.get(proposal.found, 'chosen by hand')}"
        questions = []
        if account.to_revoke.decision is Decision.ASK:
            questions.append(f"before it is revoked: {account.to_revoke.sentence}")
        verdict = self.foreseen_welcome(account, gone)
        if verdict is not None and verdict.decision is Decision.ASK:
            questions.append(f"before the welcome: {verdict.sentence}")
        elif verdict is not None and verdict.decision is Decision.REFUSE:
            questions.append(f"no welcome: {verdict.sentence}")
        return PlanItem(
            old=account.code,
            name=account.facts.name,
            new=account.new,
            new_name=new.name if new else "",
            cause=account.cause,
            decided=decided,
            evidence=proposal.evidence if account.new and proposal is not None else (),
            email=new.email if new else "",
            questions=tuple(questions),
            greeting=(account.greeting or self.usual_greeting(account)) if new else "",
            old_facts=ground(account.facts),
            new_facts=ground(new) if new else {},
        )

    # -- applying --------------------------------------------------------------------------------------------------

    def check_handover(self, path: Path) -> CheckedPlan:
        """A saved plan against the facts as they are now. Changes nothing. Raises Refused for one that is not of this
        register, or that was made for another system."""
        plan = read_plan(path)
        if plan.register != self._database.meta(_REGISTER):
            raise Refused(
                "This plan was saved from another register.",
                means="The same codes may be other people there. Nothing was done.",
                todo="Name the register it was saved from with --register, or save a plan of this one.",
            )
        if (plan.service, plan.system) != (self.service.name, self.service.system):
            raise Refused(
                f"This plan was saved to act on {plan.system} ({plan.service}); this register now acts on "
                f"{self.service.system} ({self.service.name}).",
                means="Nothing was done.",
                todo="Save the plan anew.",
            )
        known = facts.persons_of(self._database, [code for item in plan.items for code in (item.old, item.new)])
        gathered = {found.code: found for found in facts.gather(self._database, list(known.values())).values()}
        olds = [gathered[item.old] for item in plan.items if item.old in gathered]
        ready = [found.code for found in olds if found.status is Status.READY_TO_REVOKE]
        now = {account.code: account for account in self.ready_handover(ready).accounts}
        holds, refused = [], []
        for item in plan.items:
            why = _changed(item, gathered)
            if item.old in now:
                why += self._differs(item, now[item.old], set(ready))
            if why:
                refused.append(RefusedItem(item, tuple(why)))
            else:
                holds.append(item)
        kept = [now[item.old] for item in holds]
        return CheckedPlan(plan, self._unbegun(kept), tuple(holds), tuple(refused))

    def _differs(self, item: PlanItem, account: HandoverAccount, gone: Collection[str]) -> list[str]:
        """What was decided, said or asked and is not so any more, or what the file says against itself."""
        now = self._item(account, gone)
        if account.new != item.new:
            return [_decided_otherwise(item, account)]
        found = [
            f"{what} {said_change('; '.join(was), '; '.join(is_))}"
            for what, was, is_ in (
                ("cause", (item.cause,), (now.cause,)),
                ("accepted", (item.decided,), (now.decided,)),
                ("evidence", item.evidence, now.evidence),
            )
            if was != is_
        ]
        if not same_question("\n".join(item.questions), "\n".join(now.questions)):
            found.append(f"what is asked {said_change('; '.join(item.questions), '; '.join(now.questions))}")
        twice = (
            ("name", item.name, item.old_facts.get("name", "")),
            ("new_name", item.new_name, item.new_facts.get("name", "")),
            ("email", item.email, item.new_facts.get("email", "")),
        )
        found += [
            f'the file contradicts itself: {field} is "{said}", among the facts "{fact}"'
            for field, said, fact in twice
            if said != fact
        ]
        if account.to_revoke.decision is Decision.REFUSE:
            found.append(f"it can't be revoked: {account.to_revoke.sentence}")
        return found

    def begin_saved(self, checked: CheckedPlan) -> int:
        """Begin the walk that applies what still holds of a saved plan. Returns its number."""
        number = self.start_handover([item.old for item in checked.holds])
        for item in checked.holds:
            account = checked.walk.account(item.old)
            if account is not None and item.new and item.greeting != self.usual_greeting(account):
                self.greet(number, item.old, item.greeting)
        with self._database.transaction() as connection:
            audit.append(
                connection, self._actor, self._now(), "hand-over plan applied", subject=f"hand-over {number}",
                detail={
                    "saved_by": checked.plan.saved_by, "saved_at": checked.plan.saved_at,
                    "accounts": len(checked.holds), "refused": [refused.item.old for refused in checked.refused],
                },
            )  # fmt: skip
        return number


def _changed(item: PlanItem, now: Mapping[str, AccountFacts]) -> list[str]:
    """What has changed in the two records, or that one is not there or not ready any more."""
    found = []
    for code, before, in_use in ((item.old, item.old_facts, False), (item.new, item.new_facts, True)):
        if code and code not in now:
            found.append(f"no contact has the code {code}")
        elif code:
            found += changed(code, before, ground(now[code]), in_use=in_use)
    if item.old in now and now[item.old].status is not Status.READY_TO_REVOKE and not found:
        found.append(f"{item.old} is not ready to revoke")
    return found


def _decided_otherwise(item: PlanItem, account: HandoverAccount) -> str:
    """Why the new record is not the one that was saved."""
    if account.standing is Standing.HELD and (hold := account.facts.hold(Verb.REVOKE)):
        return f"held since by {hold.by}: {hold.note}"
    if account.new:
        accepted = account.proposal
        by = f", accepted by {accepted.by} on {say_date(accepted.at)}" if accepted else ""
        return f"the new record was {item.new or 'nobody'}, is {account.new}{by}"
    pair = next((pair for pair in account.pairs if pair.code == item.new), None)
    if pair is not None and pair.verdict:
        return f"the match with {item.new} is no longer accepted: {pair.said_before}"
    if item.new:
        return f"the match with {item.new} is no longer accepted: it was taken back"
    first = account.proposal
    return f"a new record was found since: {first.code if first else 'see --pairs'}, which nobody has accepted"
