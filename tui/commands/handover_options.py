"""What `handover` takes: its options, and what of them goes together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

CAUSES = {
    "code-change": "code change",
    "name-change": "name change",
    "family-split": "family split",
    "wrong-record": "username on the wrong record",
    "by-hand": "chosen by hand",
    "nobody": "nobody",
}
ACTIONS = (
    "list_walks", "pairs", "preview", "summary", "revoke", "welcome", "run", "go_on", "worklist", "plan", "apply",
    "end",
)  # fmt: skip
_DECISIONS = ("accept", "accept_certain", "no_match", "take_back", "later", "answer", "greet", "take_in")
DOING = ("revoke", "welcome", "run", "go_on")


@dataclass(frozen=True)
class Asked:
    """The options as they were given."""

    names: tuple[str, ...]
    codes: Path | None
    cause: tuple[str, ...]
    with_leavers: bool
    walk: int | None
    form: str
    out: Path | None
    list_walks: bool
    pairs: bool
    preview: str
    summary: bool
    accept: tuple[str, ...]
    sure: bool
    accept_certain: bool
    no_match: tuple[str, ...]
    take_back: tuple[str, ...]
    later: tuple[str, ...]
    answer: tuple[str, ...]
    greet: tuple[str, ...]
    take_in: bool
    revoke: bool
    welcome: bool
    run: bool
    go_on: bool
    worklist: bool
    plan: Path | None
    apply: Path | None
    end: bool
    dry_run: bool
    yes: bool
    override_guard: int | None
    reason: str

    @property
    def action(self) -> str:
        """The one thing to do or to show, "" for none."""
        return next((name for name in ACTIONS if getattr(self, name)), "")

    @property
    def decides(self) -> bool:
        return any(getattr(self, name) for name in _DECISIONS)

    @property
    def names_accounts(self) -> bool:
        """Whether a decision names accounts one by one."""
        return bool(self.accept or self.no_match or self.take_back or self.later or self.answer or self.greet)

    def check(self) -> None:
        """Raise UsageError for options that don't go together."""
        given = [name for name in ACTIONS if getattr(self, name)]
        doing = self.action in DOING or self.action == "apply"
        said = {"list_walks": "list"}
        for wrong, why in (
            (len(given) > 1, f"One at a time: {' and '.join('--' + said.get(n, n).replace('_', '-') for n in given)}."),
            (self.sure and len(self.accept) != 1, "--sure goes with one --accept: it is said of one pair."),
            (self.dry_run and not doing, "--dry-run goes with --revoke, --welcome, --run, --go-on or --apply."),
            (self.dry_run and self.decides, "--dry-run does nothing, so nothing can be decided with it."),
            (self.override_guard is not None and not doing, "--override-guard goes with what revokes."),
            (self.out is not None and (doing or self.decides), "--out goes with what is shown, not with what is done."),
            (
                self.action == "apply" and any(getattr(self, n) for n in _DECISIONS if n != "answer"),
                "--apply acts on what was decided before; of the decisions only --answer goes with it.",
            ),
            (
                self.action == "apply" and bool(self.walk or self.names or self.codes or self.cause),
                "--apply begins a walk of its own, over the accounts of the file.",
            ),
        ):
            if wrong:
                raise click.UsageError(why)


_OPTIONS = (
    click.argument("names", nargs=-1, metavar="[CODE...]"),
    click.option(
        "--codes", type=click.Path(path_type=Path), metavar="FILE", help="Only these: one code a line, or a CSV."
    ),
    click.option("--cause", multiple=True, type=click.Choice(list(CAUSES)), help="Only of this cause; more than once."),
    click.option("--with-leavers", is_flag=True, help="Act on those without a new record too."),
    click.option("--walk", type=int, metavar="N", help="Which hand-over, instead of yours that is open."),
    click.option(
        "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How to print it."
    ),
    click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a new file instead."),
    click.option("--list", "list_walks", is_flag=True, help="Show all hand-overs so far."),
    click.option("--pairs", is_flag=True, help="Show each account with its candidates and the evidence."),
    click.option("--preview", default="", metavar="CODE", help="Show the very email that would be sent."),
    click.option("--summary", is_flag=True, help="Show what became of each, and what to tell whom."),
    click.option("--accept", multiple=True, metavar="OLD=NEW", help="Accept a new record; more than once."),
    click.option("--sure", is_flag=True, help="With one --accept: in spite of the doubts that were said."),
    click.option("--accept-certain", is_flag=True, help="List those that are certain, ask, and accept them."),
    click.option("--no-match", multiple=True, metavar="OLD", help="None of its candidates is the same person."),
    click.option("--take-back", multiple=True, metavar="OLD", help="Forget what was decided about it."),
    click.option("--later", multiple=True, metavar="OLD", help="Leave it for another time."),
    click.option("--answer", multiple=True, metavar="CODE", help="Say yes to the question about this one account."),
    click.option("--greet", multiple=True, metavar="OLD=LINE", help="Begin its welcome email with another line."),
    click.option("--take-in", is_flag=True, help="Add accounts that have become ready since it began."),
    click.option("--revoke", is_flag=True, help="Revoke the old accounts."),
    click.option("--welcome", is_flag=True, help="Welcome the new records whose old account is gone."),
    click.option("--run", is_flag=True, help="Both: revoke, then welcome."),
    click.option("--go-on", is_flag=True, help="Finish what was begun; revokes nothing new."),
    click.option("--worklist", is_flag=True, help="Write its list, to be carried out by hand, again."),
    click.option(
        "--plan", type=click.Path(path_type=Path), metavar="FILE", help="Save what --run would do to a new file."
    ),
    click.option("--apply", type=click.Path(path_type=Path), metavar="FILE", help="Carry a saved plan out."),
    click.option("--end", is_flag=True, help="End the hand-over; what was decided stays."),
    click.option("--dry-run", is_flag=True, help="Show the plan and what the guard says, do nothing."),
    click.option("--yes", is_flag=True, help="Confirm beforehand. Answers no question, never passes the guard."),
    click.option("--override-guard", type=int, metavar="COUNT", help="Pass the guard once, for exactly this many."),
    click.option("--reason", default="", metavar="TEXT", help="Why; needed to pass the guard."),
)


def handover_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `handover`, in the order in which help lists them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
