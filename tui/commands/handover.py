"""The verb `handover`: the hand-over without the screen. What is ready, the decisions, revoke and welcome as one unit,
saved plans, and the summary.

Its options fall into three: decisions, which are made first; at most one thing to do or to show; and what narrows it.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.handover_options import CAUSES, DOING, Asked, handover_options
from tui.commands.handover_run import Doing, Scope, member, run
from tui.commands.options import global_options, open_register
from tui.errors import EngageError, ExitCode, NotFound, Refused

if TYPE_CHECKING:
    from tui.manager.handover_plans import CheckedPlan
    from tui.manager.handover_views import Handover
    from tui.manager.manager import AccountManager


@click.command()
@handover_options
@global_options
@click.pass_context
def handover(ctx: click.Context, /, **given: Any) -> None:
    """Hand accounts over: revoke the old record, welcome the same person's new one.

    Without an option: what is ready to revoke, by cause, and the open hand-overs. Changes nothing.
    """
    asked = Asked(**given)
    asked.check()
    ctx.exit(_do(open_register(ctx), asked))


def _do(manager: "AccountManager", asked: Asked) -> ExitCode:
    if asked.apply is not None:
        return _apply(manager, asked, asked.apply)
    scope = _scope(asked)
    if asked.walk is not None and not asked.action and not asked.decides:
        asked = replace(asked, summary=True)
    begins = asked.decides or asked.action == "end" or (asked.action in DOING and not asked.dry_run)
    number = _number(manager, asked, scope, begins=begins)
    if begins and not number:
        return _nothing(asked)
    if asked.decides:
        from tui.commands.handover_deciding import decide

        _known(_walk(manager, number, scope), scope, number, takes_in=asked.take_in)
        decide(manager, number, scope, asked, aside=asked.form == "json")
    if asked.action in DOING:
        _known(_walk(manager, number, scope), scope, number)
        return _carry_out(manager, asked, number, scope)
    if asked.plan is not None:
        return _save(manager, asked.plan, number, scope)
    if asked.action == "worklist":
        if not number:
            raise NotFound(
                "No hand-over of yours is open.", todo="See engage-accounts handover --list; --walk names one."
            )
        click.echo("\n".join(["Written:", *(f"  {path}" for path in manager.write_handover_list(number))]))
    elif asked.action == "end":
        manager.end_handover(number)
        click.echo(f"Hand-over {number} is ended. What was decided stays.")
    elif asked.action == "preview":
        _preview(manager, _walk(manager, number, scope), asked.preview)
    elif asked.action or not asked.decides:
        _show(manager, asked, number, scope)
    return ExitCode.OK


def _nothing(asked: Asked) -> ExitCode:
    if asked.form == "json":
        click.echo('{"number": null, "accounts": 0, "outcomes": []}')
    elif asked.action == "go_on":
        click.echo("No hand-over of yours is open: there is nothing to go on with.")
    else:
        click.echo("Nobody is ready to revoke: nothing to do.")
    return ExitCode.OK


def _scope(asked: Asked) -> Scope:
    codes = list(asked.names)
    if asked.codes is not None:
        from tui.manager.matching import codes_in

        codes += codes_in(asked.codes)
        if not codes:
            raise Refused("The file names no code.", means="Nothing was done.")
    return Scope(frozenset(codes), frozenset(CAUSES[cause] for cause in asked.cause), asked.with_leavers)


def _number(manager: "AccountManager", asked: Asked, scope: Scope, *, begins: bool) -> int:
    """The walk that is meant: the one that was named, or the operator's open one, or (`begins`) a new one; 0 for none.
    A summary is also of one that is ended."""
    if asked.walk is not None:
        row = manager.handover(asked.walk).row
        if row.ended_at and begins:
            raise Refused(f"Hand-over {asked.walk} is ended.", means="Nothing was done.", todo="Leave --walk out.")
        return asked.walk
    row_open = manager.open_handover()
    if row_open is not None:
        return row_open.id
    if asked.action == "summary":
        ended = manager.handovers()
        if not ended:
            raise NotFound("No hand-over has begun: there is nothing to sum up.")
        return ended[0].id
    if asked.action == "end":
        raise NotFound("No hand-over of yours is open.", todo="See engage-accounts handover --list; --walk names one.")
    # In a script that runs every night, nobody being ready is the usual case and no error.
    is_empty = not asked.names_accounts and not scope.codes and not manager.ready_handover().accounts
    if not begins or asked.action == "go_on" or is_empty:
        return 0
    number = manager.start_handover(sorted(scope.codes) or None)
    count = len(manager.handover(number).accounts)
    click.echo(f"Hand-over {number} begun, of {count:,} accounts.", err=True)
    return number


def _walk(manager: "AccountManager", number: int, scope: Scope) -> "Handover":
    return manager.handover(number) if number else manager.ready_handover(sorted(scope.codes) or None)


def _known(walk: "Handover", scope: Scope, number: int, *, takes_in: bool = False) -> None:
    """Raise NotFound when codes were named that are not in the walk."""
    missing = sorted(scope.codes - {account.code for account in walk.accounts})
    if missing and not takes_in:
        from tui.text import clean, join_and

        raise NotFound(
            f"Not in hand-over {number}: {join_and([clean(code) for code in missing], most=5)}.",
            means="Nothing was done.",
            todo="--take-in adds those that are ready to revoke.",
        )


# -- doing -------------------------------------------------------------------------------------------------------------


def _carry_out(manager: "AccountManager", asked: Asked, number: int, scope: Scope) -> ExitCode:
    from tui.jobs.plan import Confirmation

    given = Confirmation(yes=asked.yes, override_count=asked.override_guard, override_reason=asked.reason)
    doing = Doing(manager, number, scope, given, asked.dry_run, asked.form == "json")
    code = run(
        doing,
        revokes=asked.revoke or asked.run,
        welcomes=asked.welcome or asked.run or asked.go_on,
    )
    _print_json(doing)
    return code


def _print_json(doing: Doing, checked: "CheckedPlan | None" = None) -> None:
    if doing.aside:
        from tui.printing.summary import done_json

        click.echo(done_json(doing.manager, None if doing.dry_run else doing.walk(), doing.plans, checked))


def _save(manager: "AccountManager", path: Path, number: int, scope: Scope) -> ExitCode:
    from tui.domain.gates import Decision
    from tui.text import clean, plural

    walk = _walk(manager, number, scope)
    _known(walk, scope, number)
    meant = [account for account in walk.accounts if account.waits_for_revoke and scope.acts_on(account)]
    refused = [account for account in meant if account.to_revoke.decision is Decision.REFUSE]
    saved = [account for account in meant if account not in refused]
    for account in refused:
        click.echo(f"Left out: {account.code}  {account.facts.name}: {account.to_revoke.sentence}")
    if not saved:
        raise Refused(
            "There is nothing to save: nobody was accepted who waits to be revoked.",
            todo="Decide first: handover --accept-certain, --accept OLD=NEW.",
        )
    manager.save_handover(saved, path)
    shown = clean(str(path))
    click.echo(
        f"Saved: {plural(len(saved), 'account')} in {shown}. Nothing was done.\n"
        f"Only you can read it. To carry it out: engage-accounts handover --apply {shown}"
    )
    return ExitCode.SOME_FAILED if refused else ExitCode.OK


def _apply(manager: "AccountManager", asked: Asked, path: Path) -> ExitCode:
    from tui.jobs.plan import Confirmation
    from tui.printing.handover import checked_text

    aside = asked.form == "json"
    checked = manager.check_handover(path)
    click.echo(checked_text(checked), err=aside)
    given = Confirmation(yes=asked.yes, override_count=asked.override_guard, override_reason=asked.reason)
    scope = Scope(frozenset(item.old for item in checked.holds))
    if not checked.holds:
        _print_json(Doing(manager, 0, scope, given, True, aside), checked)
        return ExitCode.REFUSED
    click.echo("", err=aside)
    if asked.dry_run:
        doing = Doing(manager, 0, scope, given, True, aside)
        code = run(doing, revokes=True, welcomes=False)
    else:
        doing = Doing(manager, manager.begin_saved(checked), scope, given, False, aside)
        code = _apply_now(doing, asked.answer)
    _print_json(doing, checked)
    return code if code is not ExitCode.OK or not checked.refused else ExitCode.SOME_FAILED


def _apply_now(doing: Doing, answers: tuple[str, ...]) -> ExitCode:
    """Carry out a walk that has begun for a saved plan; when nothing came of it, it is ended again."""
    from tui.commands.handover_deciding import answer

    try:
        for code in answers:
            answer(doing.manager, doing.number, code, aside=doing.aside)
        return run(doing, revokes=True, welcomes=True)
    except (EngageError, click.Abort):
        if not doing.walk().has_acted:
            doing.manager.end_handover(doing.number)
        raise


# -- showing -----------------------------------------------------------------------------------------------------------


def _show(manager: "AccountManager", asked: Asked, number: int, scope: Scope) -> None:
    from tui.manager.plan_files import write_new
    from tui.printing import handover as printing
    from tui.printing.summary import summary_csv, summary_json, summary_text

    if asked.action in ("pairs", "summary"):
        walk = _walk(manager, number, scope)
        _known(walk, scope, number)
        walk = replace(walk, accounts=tuple(account for account in walk.accounts if scope.has(account)))
    if asked.action == "pairs":
        said = {
            "table": printing.pairs_text,
            "csv": printing.pairs_csv,
            "json": printing.pairs_json,
        }[asked.form](walk.accounts)
    elif asked.action == "summary":
        said = {"table": summary_text, "csv": summary_csv, "json": summary_json}[asked.form](manager, walk)
    else:
        said = _overview(manager, asked, scope)
    if asked.out is None:
        click.echo(said.rstrip("\n"))
        return
    # A spreadsheet reads names right when the file says that it is UTF-8.
    mark = "\ufeff" if asked.form == "csv" else ""
    write_new(asked.out, mark + said.rstrip("\n") + "\n")


def _overview(manager: "AccountManager", asked: Asked, scope: Scope) -> str:
    from tui.printing import handover as printing

    rows = [row for row in manager.handovers() if asked.list_walks or not row.ended_at]
    walks = [manager.handover(row.id) for row in rows]
    if asked.list_walks:
        return {
            "table": printing.walks_text,
            "csv": printing.walks_csv,
            "json": printing.walks_json,
        }[asked.form](walks)
    ready = manager.ready_handover(sorted(scope.codes) or None)
    ready = replace(ready, accounts=tuple(account for account in ready.accounts if scope.has(account)))
    said = {"table": printing.overview_text, "csv": printing.overview_csv, "json": printing.overview_json}[asked.form]
    return said(ready, walks)


def _preview(manager: "AccountManager", walk: "Handover", code: str) -> None:
    from tui.domain.gates import Decision

    account = member(walk, code)
    if account.new_facts is None:
        raise Refused(
            f"Nobody has accepted a new record for {account.code}: there is nobody to write to.",
            todo="See its candidates: engage-accounts handover --pairs " + account.code,
        )
    click.echo(manager.welcome_email(account).rstrip("\n"))
    verdict = manager.foreseen_welcome(account, ())
    if verdict is not None and verdict.decision is not Decision.ACT:
        start = "Asked first" if verdict.decision is Decision.ASK else "It can't be sent as it is now"
        click.echo(f"\n{start}: {verdict.sentence}", err=True)
