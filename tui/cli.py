"""The command line: one verb each, and no verb opens the screen.

Output for a person goes to stdout, errors to stderr; exit codes are tui.errors.ExitCode. Nothing here imports textual
or httpx but the screen itself, so that `--help` and `status` answer at once.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui import __version__
from tui.commands import acts, audit, doctor, handover, invitations, jobs, mail, reconcile, standing
from tui.commands.acting import drop_output, showing_import
from tui.commands.importing import first_rows
from tui.commands.options import REASONS
from tui.commands.options import Word as _Word
from tui.commands.options import global_options as _globals
from tui.commands.options import open_or_pretend as _open_or_pretend
from tui.commands.options import open_register as _open
from tui.commands.options import settings_of as _settings
from tui.config import default_config_path, demo_register_path, own_profile, register_path, write_settings
from tui.errors import EngageError, ExitCode, Refused, RegisterReadOnly
from tui.settings import Settings

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

_STATUSES = ("ready-to-revoke", "ready-to-provision", "active", "never-logged-in", "no-access", "all")
_TYPES = ("contact", "student", "staff")


def _print(text: str) -> None:
    click.echo(text)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message="engage-accounts %(version)s")
@_globals
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Keep parents' portal accounts right: see which are to be revoked and why, revoke them, welcome the new.

    Without a verb the screen opens.
    """
    if ctx.invoked_subcommand is None:
        _need_terminal()
        ctx.exit(_screen(_open(ctx, create=not ctx.ensure_object(dict).get("read_only"))))


for verb in (
    acts.revoke, acts.welcome, acts.reset, jobs.jobs, jobs.resume, jobs.pause, jobs.cancel, jobs.restore, jobs.retry,
    jobs.attest, jobs.withdraw, standing.groups, standing.causes, standing.hold, standing.release, standing.holds,
    handover.handover, invitations.invitations, mail.mail, doctor.doctor, audit.audit, reconcile.reconcile,
):  # fmt: skip
    cli.add_command(verb)


def _need_terminal() -> None:
    """Raise UsageError without a terminal: the screen would draw into a file, and wait there for keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The screen needs a terminal. In a script, give a verb: engage-accounts status")


def _screen(manager: "AccountManager") -> int:
    from tui.ui.app import run_screen

    return run_screen(manager, click.get_current_context().ensure_object(dict).get("config"))


@cli.command("import")
@click.argument("source", metavar="[DIR_OR_CSV]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--feed",
    type=click.Choice(["csv", "oneroster", "sds", "sql", "oneroster-rest"]),
    help="What it is; found out when left out.",
)
@click.option("--profile", metavar="NAME", help="Read the columns by this mapping profile.")
@click.option("--rows", type=click.IntRange(1, 100), metavar="N", help="Show the first rows as read, import nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would change, import nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of refusing the whole.")
@click.option("--accept-shrink", is_flag=True, help="Import although it has lost a lot.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--watch", is_flag=True, help="Stay, and import each new export in the folder when it is whole.")
@click.option("--every", type=click.IntRange(1, 86400), metavar="SECONDS", help="With --watch: how often to look.")
@_globals
@click.pass_context
def import_(
    ctx: click.Context,
    source: Path | None,
    feed: str | None,
    profile: str | None,
    rows: int | None,
    dry_run: bool,
    skip_bad: bool,
    accept_shrink: bool,
    as_json: bool,
    watch: bool,
    every: int | None,
) -> None:
    """Import a roster: a folder of CSV files, OneRoster, School Data Sync, a zip of one, or what the config names."""
    from tui.feeds import CONFIGURED, open_feed, reading
    from tui.printing import plain as printing

    own = own_profile(profile or "", ctx.ensure_object(dict).get("config"))
    if watch:
        from tui.commands.watching import check_options, stay

        check_options(accept_shrink=accept_shrink, dry_run=dry_run, as_json=as_json)
        if source is None or rows:
            raise click.UsageError("--watch needs the folder to watch, and shows no rows.")
        manager = _open(ctx, create=True)
        settings = manager.settings
        stay(manager, source, lambda path: open_feed(path, feed, settings=settings, profile=own), skip_bad, every)
        return
    if every is not None:
        raise click.UsageError("--every goes with --watch.")
    if source is None and feed not in CONFIGURED:
        raise click.UsageError(
            f"Give a folder or file to import, or --feed {' or --feed '.join(CONFIGURED)} for what the config names."
        )
    if rows:
        with reading(open_feed(source, feed, settings=_settings(ctx), profile=own)) as roster:
            _print(first_rows(roster, rows, as_json=as_json))
        return
    manager = _open_or_pretend(ctx) if dry_run else _open(ctx, create=True)
    with (
        reading(open_feed(source, feed, settings=manager.settings, profile=own)) as roster,
        showing_import() as progress,
    ):
        difference = manager.import_roster(
            roster, dry_run=dry_run, skip_bad=skip_bad, accept_shrink=accept_shrink, progress=progress
        )
    values = printing.difference_values(difference)
    _print(printing.as_json(values) if as_json else printing.difference_text(difference))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_globals
@click.pass_context
def sources(ctx: click.Context, as_json: bool) -> None:
    """Where a roster could be imported from: what lies here, and what was imported before."""
    from tui.feeds.looking import here
    from tui.manager.sources import as_values
    from tui.printing import plain as printing

    found = _open_or_pretend(ctx).sources(here=here())
    _print(printing.as_json(as_values(found)) if as_json else printing.sources_text(found))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--fail-if-due", is_flag=True, help="End with exit code 12 when revoking or a worklist is due; for cron.")
@_globals
@click.pass_context
def status(ctx: click.Context, as_json: bool, fail_if_due: bool) -> None:
    """Counts by status, when revoking is due, and what needs attention."""
    from tui.printing import plain as printing

    overview = _open(ctx).overview()
    _print(printing.as_json(printing.overview_values(overview)) if as_json else printing.overview_text(overview))
    if fail_if_due and overview.is_due:
        ctx.exit(ExitCode.DUE)


@cli.command("list")
@click.option("--status", "tab", type=_Word(_STATUSES), default="all", help="Which status; all when left out.")
@click.option("--reason", type=_Word(REASONS), help="Only accounts for which this reason holds.")
@click.option("--type", "user_type", type=click.Choice(_TYPES), default="contact", help="The user type.")
@click.option("--find", "text", default="", metavar="WORDS", help="Only records in which all these words occur.")
@click.option("--cause", "only", multiple=True, metavar="KEY", help="Only accounts of this cause; more than once.")
@click.option("--not-cause", "without", multiple=True, metavar="KEY", help="Without this cause; more than once.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How to print.")
@_globals
@click.pass_context
def list_(
    ctx: click.Context,
    tab: str,
    reason: str | None,
    user_type: str,
    text: str,
    only: tuple[str, ...],
    without: tuple[str, ...],
    form: str,
) -> None:
    """List accounts by status and reason. The first column, and the first key of JSON, is the code."""
    from tui.domain.records import UserType
    from tui.manager.views import Tab
    from tui.printing import plain as printing

    manager = _open(ctx)
    view = manager.view(
        Tab(tab), user_type=UserType(user_type), text=text, reason=reason, only_causes=only, not_causes=without
    )
    rows = manager.rows(view.persons)
    if form == "json":
        _print(printing.as_json([printing.row_values(row) for row in rows]))
    elif form == "csv":
        click.echo(printing.as_csv(rows), nl=False)
    else:
        _print(printing.list_table(rows, to_terminal=sys.stdout.isatty()))


@cli.command()
@click.argument("code")
@click.option("--type", "user_type", type=click.Choice(_TYPES), default="contact", help="The user type.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_globals
@click.pass_context
def why(ctx: click.Context, code: str, user_type: str, as_json: bool) -> None:
    """Why an account is as it is: reasons with evidence, family, what the parent sees, what to do."""
    from tui.domain.records import UserType
    from tui.printing import plain as printing

    found = _open(ctx).why(code, UserType(user_type))
    _print(printing.as_json(printing.explanation_values(found)) if as_json else printing.explanation_text(found))


@cli.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_globals
@click.pass_context
def find(ctx: click.Context, words: tuple[str, ...], as_json: bool) -> None:
    """Find a person who rings, by any part of a name, email, number, code or child: what is wrong, what to say.

    Every record that is perhaps theirs, beside each other.
    """
    from tui.printing.found import found_text, found_values
    from tui.printing.plain import as_json as to_json

    found = _open(ctx).find(" ".join(words))
    _print(to_json(found_values(found)) if as_json else found_text(found))


@cli.command()
@click.option("--codes", type=click.Path(path_type=Path), metavar="FILE", help="Only these: one code a line, or a CSV.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How to print it.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a new file instead.")
@_globals
@click.pass_context
def match(ctx: click.Context, codes: Path | None, form: str, out: Path | None) -> None:
    """For accounts that are ready to revoke: the same person's new record, with the evidence. Changes nothing."""
    from tui.config import write_whole
    from tui.manager.matching import codes_in
    from tui.printing import matched as printing_matched

    found = _open(ctx).match(codes_in(codes) if codes else None)
    said = {
        "csv": printing_matched.matched_csv,
        "json": printing_matched.matched_json,
        "table": printing_matched.matched_text,
    }[form](found)
    if out is None:
        _print(said.rstrip("\n"))
        return
    try:
        written = write_whole(out, said.rstrip("\n") + "\n", overwrite=False)
    except OSError as error:
        raise Refused(f"{out} can't be written: {error.strerror}.", todo="Give another place.") from error
    if not written:
        raise Refused(f"{out} is already there; it is not overwritten.", todo="Give another name.")


@cli.command()
@click.option("--reset", is_flag=True, help="Make the demo anew.")
@click.option("--no-screen", is_flag=True, help="Make it and print its status, without opening the screen.")
@_globals
@click.pass_context
def demo(ctx: click.Context, reset: bool, no_screen: bool) -> None:
    """Open the account manager on a demo school, in a register of its own."""
    from tui.manager.demo import open_demo
    from tui.printing import plain as printing

    given = ctx.ensure_object(dict)
    path = given.get("register") or demo_register_path()
    manager = open_demo(path, _settings(ctx), reset=reset, read_only=bool(given.get("read_only")))
    ctx.call_on_close(manager.close)
    if no_screen or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _print(printing.overview_text(manager.overview()))
        return
    ctx.exit(_screen(manager))


@cli.command()
@click.option("--portal-url", metavar="URL", help="Where parents log in.")
@click.option("--school", metavar="NAME", help="The school's name, as parents know it.")
@click.option("--help-contact", metavar="TEXT", help="Whom parents ring, with the number.")
@click.option("--system", metavar="NAME", help="What the portal is called, such as SEQTA Engage.")
@click.option("--service", type=click.Choice(["worklist", "embedded"]), help="Where accounts live.")
@click.option("--force", is_flag=True, help="Write over a config that is there.")
@_globals
@click.pass_context
def init(
    ctx: click.Context,
    portal_url: str | None,
    school: str | None,
    help_contact: str | None,
    system: str | None,
    service: str | None,
    force: bool,
) -> None:
    """Ask where parents log in, and write the config."""
    if ctx.ensure_object(dict).get("read_only"):
        raise RegisterReadOnly("This session is read-only.", means="No config was written.")
    path = ctx.ensure_object(dict).get("config") or default_config_path()
    if path.exists() and not force:
        raise Refused(f"{path} is already there.", means="It was left as it is.", todo="Edit it, or add --force.")
    basis = Settings()

    def ask(given: str | None, question: str, default: str) -> str:
        if given is not None:
            return given
        return (
            str(click.prompt(question, default=default, show_default=bool(default))) if sys.stdin.isatty() else default
        )

    url = ask(portal_url, "Where do parents log in (https://...)", "").strip()
    settings = replace(
        basis,
        portal=replace(basis.portal, url=url, system=ask(system, "What is the portal called", basis.portal.system)),
        school=replace(
            basis.school,
            name=ask(school, "The school's name", ""),
            help_contact=ask(help_contact, "Whom parents ring for help, with the number", ""),
        ),
        accounts=replace(
            basis.accounts,
            service="embedded" if service == "embedded" else "worklist",
        ),
    )
    write_settings(path, settings, overwrite=force)
    _print(f"Written: {path}\nThe register will be {register_path(settings)}")
    if not url:
        _print("portal.url is blank: until it is set there, the link in a welcome email written here leads nowhere.")
    _print("Next: engage-accounts import DIR")


def main() -> None:
    """Run the command line; the process's exit code is an ExitCode."""
    for stream in (sys.stdout, sys.stderr):
        # A name that a terminal of another encoding can't show must not end the program.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but the exit code escapes."""
    try:
        code = cli.main(list(arguments), prog_name="engage-accounts", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.OK
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except click.Abort:
        click.echo("Left; nothing more was done.", err=True)
        return ExitCode.DECLINED
    except (BrokenPipeError, SystemExit) as error:
        # The reader (head, less) has gone, its business and no error of ours; click makes a SystemExit of it, as it
        # does at the end of a shell's completion.
        if isinstance(error, SystemExit) and "_ENGAGE_ACCOUNTS_COMPLETE" in os.environ:
            raise
        drop_output()
        return ExitCode.OK
    except EngageError as error:
        click.echo(f"engage-accounts: {error}", err=True)
        return error.exit_code
    except Exception as error:
        click.echo(crash_text(error), err=True)
        return ExitCode.CRASH


def crash_text(error: BaseException) -> str:
    """A crash without anybody's data: where it happened and of what kind, but no message and no variables."""
    frames = [
        f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join(
        [
            f"engage-accounts {__version__} stopped at an error of its own ({type(error).__name__}).",
            "Whatever was not finished is undone; a job goes on with: engage-accounts jobs",
            "Please report these lines; they hold nobody's data:",
            *frames,
        ]
    )
