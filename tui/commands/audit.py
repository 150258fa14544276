"""The verbs about the audit: who did what to whom and when, whether that record is as it was written, and its head."""

import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tui.commands.options import global_options, open_register
from tui.errors import ExitCode

if TYPE_CHECKING:
    from tui.domain.audit_chain import Head
    from tui.register.audit_reading import AuditFilter

_DAY = click.DateTime(["%Y-%m-%d"])


class _HeadType(click.ParamType["Head"]):
    """A head of the chain as `audit head` printed it."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Head":
        from tui.domain.audit_chain import Head

        try:
            return Head.parse(str(value))
        except ValueError:
            self.fail("A head is N:HEX, or its HEX alone: 64 digits, as audit head printed it.", param, ctx)


@click.group(invoke_without_command=True)
@click.option("--code", default="", metavar="CODE", help="Only what was done to this one.")
@click.option("--operator", default="", metavar="NAME", help="Only what this person did.")
@click.option("--action", default="", metavar="WORD", help="Only actions with this word in them.")
@click.option("--job", type=int, metavar="N", help="Only what this job did.")
@click.option("--since", type=_DAY, metavar="DATE", help="From this day on, as 2026-11-28.")
@click.option("--until", type=_DAY, metavar="DATE", help="Up to this day, which is included.")
@click.option("--limit", type=click.IntRange(min=1), default=50, metavar="N", help="How many at most; 50 if left out.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How to print.")
@global_options
@click.pass_context
def audit(
    ctx: click.Context,
    code: str,
    operator: str,
    action: str,
    job: int | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    form: str,
) -> None:
    """Who did what to whom and when, the newest first; whether that is as it was written; its head, to keep elsewhere.

    Without one of the verbs below it lists.
    """
    from tui.printing import audit as printing

    if ctx.invoked_subcommand is not None:
        own = ("code", "operator", "action", "job", "since", "until", "limit", "form")
        if any(ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in own):
            raise click.UsageError(f"Put the options after audit {ctx.invoked_subcommand}; it has its own.")
        return
    wanted = _filter(since, until)._replace(subject=code, operator=operator, action=action, job=job)
    events = open_register(ctx).audit_events(wanted, limit=limit)
    if form == "csv":
        click.echo(printing.events_csv(events), nl=False)
    elif form == "json":
        click.echo(printing.events_json(events))
    else:
        click.echo(printing.events_table(events, to_terminal=sys.stdout.isatty()))


def _filter(since: datetime | None, until: datetime | None) -> "AuditFilter":
    """Days of the people here as moments in the register."""
    from datetime import UTC

    from tui.register.audit_reading import AuditFilter

    def begins(day: datetime) -> str:
        # Without the offset, which is that of UTC: a moment with fractions of a second stands after it as text, too.
        return datetime.combine(day.date(), time()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    return AuditFilter(since=begins(since) if since else "", until=begins(until + timedelta(days=1)) if until else "")


@audit.command()
@click.option("--head", "heads", type=_HeadType(), multiple=True, metavar="HEAD", help="One kept elsewhere; or more.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def verify(ctx: click.Context, heads: tuple["Head", ...], as_json: bool) -> None:
    """Walk the whole chain: nothing was changed, taken out, moved, put in or cut off. Exit code 13 when it was."""
    from tui.printing import audit as printing
    from tui.printing.plain import as_json as to_json

    verdict = open_register(ctx).verify_audit(heads)
    click.echo(to_json(printing.verdict_values(verdict)) if as_json else printing.verdict_text(verdict))
    ctx.exit(ExitCode.OK if verdict.holds else ExitCode.TAMPERED)


@audit.command()
@global_options
@click.pass_context
def head(ctx: click.Context) -> None:
    """Print the chain's head alone, N:HEX, to be kept where nobody who writes this register can write."""
    found = open_register(ctx).audit_head()
    if found is not None:
        click.echo(str(found))


@audit.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", type=_DAY, metavar="DATE", help="From this day on.")
@click.option("--until", type=_DAY, metavar="DATE", help="Up to this day, which is included.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", help="CSV, or a JSON a line.")
@global_options
@click.pass_context
def export(ctx: click.Context, file: Path, since: datetime | None, until: datetime | None, form: str) -> None:
    """Write the audit to a new file that only you can read, the oldest event first, with each one's hash."""
    from tui.text import clean, plural

    count = open_register(ctx).export_audit(file, _filter(since, until), "json" if form == "json" else "csv")
    click.echo(f"{plural(count, 'event')} written to {clean(str(file))}")
