"""Deciding from the command line: accept, no match, later, the answers to questions and the greeting lines.

Each decision is kept, and said, as it is made; a code that is not in the walk is found before the first.
"""

from typing import TYPE_CHECKING

import click

from tui.commands.handover_options import Asked
from tui.commands.handover_run import Scope, confirm, member
from tui.errors import Refused
from tui.text import clean, plural

if TYPE_CHECKING:
    from tui.manager.handover_views import Handover, HandoverAccount
    from tui.manager.manager import AccountManager


def decide(manager: "AccountManager", number: int, scope: Scope, asked: Asked, *, aside: bool) -> None:
    """Make the decisions that were asked for, in this order: what undoes first, what sends last."""

    def say(text: str) -> None:
        click.echo(text, err=aside)

    if asked.take_in:
        new = manager.take_in(number, sorted(scope.codes) or None)
        say(f"{plural(len(new), 'account')} added to hand-over {number}.")
    walk = manager.handover(number)
    accepted = [_parted(walk, given, "--accept OLD=NEW") for given in asked.accept]
    greetings = [_parted(walk, given, "--greet OLD=LINE") for given in asked.greet]
    for old in (*asked.take_back, *asked.no_match, *asked.later, *asked.answer):
        member(walk, old)
    for old in asked.take_back:
        manager.take_back(number, old)
        say(f"{old}: what was decided is taken back.")
    for old in asked.no_match:
        manager.reject(number, old)
        rejected = [pair.code for pair in member(walk, old).pairs]
        what = f"not {', '.join(rejected)}" if rejected else "it had no candidate"
        say(f"{old}: no match ({what}). It is not proposed again unless its evidence changes.")
    for old, code in accepted:
        manager.accept(number, old, code.strip(), sure=asked.sure)
        _say_accepted(member(manager.handover(number), old), aside=aside)
    if asked.accept_certain:
        _accept_certain(manager, number, scope, yes=asked.yes, aside=aside)
    if asked.later:
        manager.leave_for_later(number, asked.later)
        say(f"{plural(len(asked.later), 'account')} left for later.")
    for old, line in greetings:
        manager.greet(number, old, line)
        account = member(manager.handover(number), old)
        say(f'{old}: its email begins "{account.greeting or manager.usual_greeting(account)},".')
    for name in asked.answer:
        answer(manager, number, name, aside=aside)


def _parted(walk: "Handover", given: str, form: str) -> tuple[str, str]:
    """An old code and what stands behind its `=`; a code may have such a sign in it. Raises UsageError, NotFound."""
    places = [place for place, sign in enumerate(given) if sign == "="]
    if not places:
        raise click.UsageError(f"{form}: there is no = in {clean(given)}.")
    for place in places:
        if walk.account(given[:place]):
            return given[:place], given[place + 1 :]
    member(walk, given[: places[0]])  # which is not there: says so
    raise click.UsageError(f"{form}: write the old code first.")


def _say_accepted(account: "HandoverAccount", *, aside: bool) -> None:
    from tui.printing.handover import pair_lines, said

    lines = [f"Accepted: {said(account)}"]
    pair = next((pair for pair in account.pairs if pair.code == account.new), None)
    lines += [f"  {line}" for line in (pair_lines(pair) if pair else ())]
    lines += [f"  Custody note: {note}" for note in account.custody_notes]
    click.echo("\n".join(lines), err=aside)


def _accept_certain(manager: "AccountManager", number: int, scope: Scope, *, yes: bool, aside: bool) -> None:
    """List those that are certain with their evidence, ask, and accept just those that were listed."""
    from tui.domain.handover import Standing
    from tui.printing.handover import pairs_text

    found = [account for account in manager.handover(number).of(Standing.CERTAIN) if scope.has(account)]
    if not found:
        click.echo("Nobody is certain and undecided: nothing was accepted.", err=aside)
        return
    click.echo(f"{pairs_text(found)}\n", err=aside)
    what = plural(len(found), "new record")
    click.echo(
        f"{what} to be accepted as the same person's, where each account stands above its candidates.", err=aside
    )
    confirm("Go on?", yes=yes)
    done = manager.accept_certain(number, [account.code for account in found])
    click.echo(f"{len(done):,} accepted.", err=aside)


def answer(manager: "AccountManager", number: int, code: str, *, aside: bool) -> None:
    """Say yes to the question that stands about one account, and say which that was. Raises NotFound, Refused."""
    account = member(manager.handover(number), code)
    if not account.question:
        raise Refused(
            f"Nothing is asked about {account.code} now.",
            means="Nothing was answered.",
            todo="A question is answered when it stands: before the revoke, or before the welcome.",
        )
    manager.answer(number, account.code, account.question)
    click.echo(f"{account.code}: answered yes to: {account.question}", err=aside)
