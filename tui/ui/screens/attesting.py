"""A person's word on a worklist, given or taken back on the screen: its requests were carried out, or will not be.

The question says in which system, how many and of which jobs, and what checks the word; *No* has the focus.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.domain.feed_accounts import say_checked
from tui.domain.gates import Verb
from tui.domain.overdue import Request
from tui.text import join_and, plural
from tui.ui.drawing import BLANK, Para
from tui.ui.screens.base import BaseScreen, Prompt

_SHOWN = 5


class Waiting(NamedTuple):
    """Requests of one job that wait: how many, and their `codes`, () for all of it."""

    job: int
    verb: str
    system: str
    size: int
    codes: tuple[str, ...] = ()


def by_job(requests: Iterable[Request]) -> list[Waiting]:
    """Requests that wait, by their jobs."""
    found: dict[tuple[int, str, str], list[str]] = {}
    for request in requests:
        found.setdefault((request.job, request.verb, request.system), []).append(request.code)
    return [
        Waiting(job, verb, system, len(codes), tuple(codes)) for (job, verb, system), codes in sorted(found.items())
    ]


class AttestingScreen(BaseScreen):
    """A screen on which a worklist is attested or withdrawn, and a word that was given too soon taken back."""

    def ask_attest(self, waiting: Sequence[Waiting]) -> None:
        """Ask whether these requests were carried out, and keep the answer."""
        from tui.ui.widgets.panel import Choice, Panel

        body = [
            Para(f"You say that {_said(one)} {'was' if one.size == 1 else 'were'} carried out in {one.system}.")
            for one in waiting
        ]
        body += [BLANK, *(Para(line) for line in dict.fromkeys(say_checked(one.verb) for one in waiting))]
        body.append(Para(f"{self.engage.keymap.first('attest')} takes it back, as long as no import has verified it."))
        if any(not one.codes for one in waiting):
            body.append(Para("For some of them: mark those on the account list."))
        choices = [Choice("y", "yes, all of it was done", "y"), Choice("n", "No", None)]
        self.engage.open_panel(
            Panel[str]("Attest the worklist", body, choices=choices), lambda answer: self._attest(waiting, answer)
        )

    def _attest(self, waiting: Sequence[Waiting], answer: str | None) -> None:
        if not answer:
            self.say("Nothing was attested.")
            return

        def work() -> int:
            return sum(self.manager.attest(one.job, one.codes) for one in waiting)

        self.engage.in_background("attest", work, lambda count: self.attested(f"{count:,} attested as done."))

    def ask_take_back(self, said: Sequence[Waiting]) -> None:
        """Ask whether these requests, which were attested, were not carried out after all; keep the answer."""
        from tui.ui.widgets.panel import Choice, Panel

        body = [
            Para(f"{_said(one)} {'was' if one.size == 1 else 'were'} attested as carried out in {one.system}.")
            for one in said
        ]
        body += [BLANK, Para("Taken back, they wait again, and whom the word took the username from has it again.")]
        if any(one.verb == Verb.REVOKE for one in said):
            body.append(Para("A new record that was welcomed meanwhile stays welcomed."))
        choices = [Choice("y", "yes, it was not done", "y"), Choice("n", "No, leave it", None)]
        self.engage.open_panel(
            Panel[str]("Take the word back", body, choices=choices), lambda answer: self._take_back(said, answer)
        )

    def _take_back(self, said: Sequence[Waiting], answer: str | None) -> None:
        if not answer:
            self.say("Nothing was taken back.")
            return

        def work() -> int:
            return sum(self.manager.take_back_word(one.job, one.codes) for one in said)

        self.engage.in_background("attest", work, lambda count: self.attested(f"{count:,} taken back: to be done."))

    def ask_withdraw(self, waiting: Sequence[Waiting]) -> None:
        """Ask why these requests will not be carried out, and whether that is so; keep the answer."""
        self.ask(Prompt("Why it will not be done (kept): ", entered=lambda reason: self._ask_withdraw(waiting, reason)))

    def _ask_withdraw(self, waiting: Sequence[Waiting], reason: str) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        body = [Para(f"{_said(one)} will not be carried out in {one.system}.") for one in waiting]
        body += [
            BLANK,
            Para("No account is changed, and it can be asked for again. Strike them out on a list that was printed."),
        ]
        choices = [Choice("y", "yes, withdraw", "y"), Choice("n", "No, leave it", None)]
        self.engage.open_panel(
            Panel[str]("Withdraw from the worklist", body, choices=choices),
            lambda answer: self._withdraw(waiting, reason, answer),
        )

    def _withdraw(self, waiting: Sequence[Waiting], reason: str, answer: str | None) -> None:
        if not answer:
            self.say("Nothing was withdrawn.")
            return

        def work() -> int:
            return sum(self.manager.withdraw(one.job, one.codes, reason=reason) for one in waiting)

        self.engage.in_background("attest", work, lambda count: self.attested(f"{count:,} withdrawn."))

    def attested(self, said: str) -> None:
        """A word was given: show what has changed by it, and say this."""
        self.engage.accounts.reload()
        self.say(said)


def _said(one: Waiting) -> str:
    who = f" of {join_and(list(one.codes), most=_SHOWN)}" if one.codes else ""
    return f"{plural(one.size, 'request')}{who} in job {one.job} ({one.verb})"
