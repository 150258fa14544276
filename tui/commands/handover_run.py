"""Doing a hand-over from the command line: which accounts, the questions one by one, revoke, then welcome.

What may be done is decided by the gates and the plan; here it is only shown, asked for at the terminal and started.
"""

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from tui.errors import Declined, ExitCode, NotFound

if TYPE_CHECKING:
    from tui.jobs.plan import Confirmation, Plan
    from tui.manager.handover_views import Handover, HandoverAccount
    from tui.manager.manager import AccountManager


@dataclass(frozen=True)
class Scope:
    """Which accounts of a walk are meant: these codes and causes (empty: all), and whether those without a new record
    are acted on too. Naming their codes, or the cause nobody, is asking for them."""

    codes: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()
    leavers: bool = False

    def has(self, account: "HandoverAccount") -> bool:
        """Whether this account is meant."""
        return (not self.codes or account.code in self.codes) and (not self.causes or account.cause in self.causes)

    def acts_on(self, account: "HandoverAccount") -> bool:
        """Whether this account is meant to be acted on: a leaver, whom nobody has looked at, only when asked for."""
        decided = bool(account.new) or bool(account.revoke_answer) or any(pair.is_rejected for pair in account.pairs)
        return self.has(account) and (decided or self.leavers or bool(self.codes) or "nobody" in self.causes)


@dataclass(frozen=True)
class Doing:
    """What is to be done: in which walk (0: none has begun, so only to be shown), to whom, and what was given for it.
    `aside`: what is said on the way goes to stderr, as stdout is kept for JSON. `plans`: those that were made, by verb.
    """

    manager: "AccountManager"
    number: int
    scope: Scope
    given: "Confirmation"
    dry_run: bool
    aside: bool
    plans: "dict[str, Plan]" = field(default_factory=dict)

    def walk(self) -> "Handover":
        """The walk as it is now."""
        return self.manager.handover(self.number) if self.number else self.manager.ready_handover()

    def say(self, text: str) -> None:
        """Say something on the way."""
        click.echo(text, err=self.aside)


def run(doing: Doing, *, revokes: bool, welcomes: bool) -> ExitCode:
    """Revoke, then welcome, or one of the two.

    A job that was stopped is gone on with first: it was confirmed already.
    """
    manager = doing.manager
    codes: list[ExitCode | None] = []
    stopped = manager.stopped_job_of(doing.number) if doing.number else None
    if stopped is not None and not doing.dry_run:
        from tui.commands.acting import finish

        doing.say(f"Job {stopped} was stopped before its end; it goes on.")
        codes.append(
            finish(
                lambda progress, stop: manager.resume(stopped, progress=progress, stop=stop),
                as_json=False, aside=doing.aside,
            )
        )  # fmt: skip
        doing.say("")
    elif stopped is not None:
        doing.say(f"Job {stopped} was stopped before its end; without --dry-run it would go on first.\n")
    if revokes and not _is_stopped(doing):
        codes.append(_revoke(doing))
    if welcomes and not _is_stopped(doing):
        codes.append(_welcome(doing))
    if not any(code is not None for code in codes):
        doing.say("Nothing to do.")
    if not doing.dry_run:
        _say_what_is_left(doing)
    return _worst([code for code in codes if code is not None])


def _is_stopped(doing: Doing) -> bool:
    return bool(doing.number) and not doing.dry_run and doing.manager.stopped_job_of(doing.number) is not None


def _worst(codes: list[ExitCode]) -> ExitCode:
    """One exit code for what was done in several steps: a step that was left out as a whole is a part that failed."""
    if not codes:
        return ExitCode.OK
    if len(set(codes)) == 1:
        return codes[0]
    return ExitCode.GUARD_STOPPED if ExitCode.GUARD_STOPPED in codes else ExitCode.SOME_FAILED


def _revoke(doing: Doing) -> ExitCode | None:
    from tui.commands.acting import carry_out
    from tui.domain.gates import Verb
    from tui.printing.handover import foreseen_text

    def waiting(walk: "Handover") -> "list[HandoverAccount]":
        return [account for account in walk.accounts if account.waits_for_revoke and doing.scope.acts_on(account)]

    walk = doing.walk()
    if not waiting(walk):
        return None
    _put_questions(doing, waiting(walk), "Revoke all the same?")
    walk = doing.walk()
    plan = doing.manager.handover_plan(walk, Verb.REVOKE, {account.code for account in waiting(walk)})
    doing.plans[plan.verb.value] = plan
    planned = {item.code for item in plan.items}
    also = foreseen_text(doing.manager, walk, [account for account in walk.accounts if account.code in planned])
    return carry_out(
        doing.manager, plan, doing.given,
        dry_run=doing.dry_run, as_json=False, named=True, also=also, aside=doing.aside,
    )  # fmt: skip


def _welcome(doing: Doing) -> ExitCode | None:
    from tui.commands.acting import carry_out
    from tui.domain.gates import Verb
    from tui.printing.handover import welcome_notes

    def waiting(walk: "Handover") -> "list[HandoverAccount]":
        ready = [a for a in walk.accounts if a.waits_for_welcome and a.is_revoked and doing.scope.has(a)]
        # Who uses the new record already needs no email: written to only when somebody says so of this one.
        return [account for account in ready if not account.new_in_use or not account.question]

    walk = doing.walk()
    if not waiting(walk):
        return None
    doing.say("")
    _put_questions(doing, waiting(walk), "Send the welcome email?")
    walk = doing.walk()
    plan = doing.manager.handover_plan(walk, Verb.WELCOME, {account.code for account in waiting(walk)})
    doing.plans[plan.verb.value] = plan
    planned = {item.code for item in plan.items}
    also = welcome_notes(walk, [account for account in waiting(walk) if account.new in planned])
    given = doing.given._replace(override_count=None, override_reason="")
    return carry_out(
        doing.manager, plan, given, dry_run=doing.dry_run, as_json=False, named=True, also=also, aside=doing.aside
    )


def _put_questions(doing: Doing, accounts: "list[HandoverAccount]", ask: str) -> None:
    """At a terminal, put the question of each account by itself; no is the default. Nothing else answers them: not
    --yes, and nobody where there is no terminal."""
    from tui.printing.handover import account_lines

    if doing.dry_run or not sys.stdin.isatty():
        return
    asked = [account for account in accounts if account.question]
    for count, account in enumerate(asked, start=1):
        doing.say(f"Question {count} of {len(asked)}:")
        doing.say("\n".join(f"  {line}" for line in account_lines(account)))
        if click.confirm(f"  {ask}", default=False, err=True):
            doing.manager.answer(doing.number, account.code, account.question)
        doing.say("")


def _say_what_is_left(doing: Doing) -> None:
    """What a person has to do next, below what was done."""
    from tui.domain.handover import Standing
    from tui.text import join_and, plural

    walk = doing.walk()
    meant = [account for account in walk.accounts if doing.scope.has(account)]
    notes = []
    jobs = sorted({account.revoked.job for account in meant if account.revoked and account.is_requested})
    if jobs:
        attest = join_and([f"engage-accounts attest {job}" for job in jobs])
        notes.append(
            f"Requested is not revoked: carry the list out in {doing.manager.service.system}, then {attest}; after "
            "that the new records are welcomed with: engage-accounts handover --go-on"
        )
    for account in meant:
        acts = doing.scope.acts_on(account)
        if account.question and acts and not (account.is_revoked and account.new_in_use):
            then = "--go-on" if account.is_revoked else "--run"
            notes.append(
                f"? {account.code}: {account.question}\n"
                f"  To say yes to just this one: engage-accounts handover --answer {account.code} {then}"
            )
    in_use = [account for account in meant if account.is_revoked and account.new_in_use and account.waits_for_welcome]
    if in_use:
        notes.append(
            f"{plural(len(in_use), 'new record is', 'new records are')} in use already and not written to: "
            f"{join_and([account.new for account in in_use], most=10)}."
        )
    undecided = sum(account.standing.is_undecided for account in meant)
    if undecided:
        notes.append(f"{plural(undecided, 'account waits', 'accounts wait')} for a decision: handover --pairs")
    leavers = sum(a.standing is Standing.NOBODY and a.revoked is None and not doing.scope.acts_on(a) for a in meant)
    if leavers:
        notes.append(
            f"{plural(leavers, 'account has', 'accounts have')} no new record and {'was' if leavers == 1 else 'were'} "
            "left alone: --with-leavers revokes them too."
        )
    if not doing.scope.codes:
        there = {account.code for account in walk.accounts}
        others = sum(account.code not in there for account in doing.manager.ready_handover().accounts)
        if others:
            notes.append(
                f"{plural(others, 'account that is', 'accounts that are')} ready to revoke "
                f"{'is' if others == 1 else 'are'} not in hand-over {walk.number}: --take-in adds them."
            )
    if notes:
        doing.say("\n" + "\n".join(notes))


def member(walk: "Handover", code: str) -> "HandoverAccount":
    """The account with this old code, or this new one. Raises NotFound."""
    found = walk.account(code) or next((account for account in walk.accounts if account.new == code), None)
    if found is None:
        from tui.text import clean

        where = f"hand-over {walk.number}" if walk.number else "what is ready to revoke"
        raise NotFound(f"{clean(code)} is not in {where}.", means="Nothing was done.")
    return found


def confirm(question: str, *, yes: bool) -> None:
    """Ask at the terminal, unless it was confirmed beforehand. Raises Declined."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Declined("Not confirmed.", means="Nothing was done.", todo="Add --yes to confirm beforehand.")
    if not click.confirm(question, default=False, err=True):
        raise Declined("Not confirmed.", means="Nothing was done.")
