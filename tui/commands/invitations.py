"""The verbs for messages that were sent: what became of each, what nobody knows, what came back, sending again."""

from pathlib import Path

import click

from tui.commands.options import global_options, open_register
from tui.errors import ExitCode, Refused

STATES = ("queued", "sending", "sent", "accepted", "expired", "superseded", "failed", "unknown")


@click.group(invoke_without_command=True)
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; more than once.")
@click.option("--code", default="", metavar="CODE", help="Only those of this contact.")
@click.option("--expiring", is_flag=True, help="Only those whose link runs out within two days.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def invitations(ctx: click.Context, states: tuple[str, ...], code: str, expiring: bool, as_json: bool) -> None:
    """Welcome emails and password resets so far, with what became of each."""
    if ctx.invoked_subcommand is not None:
        return
    from tui.printing import invitations as printing
    from tui.printing.plain import as_json as to_json

    found = open_register(ctx).invitations(states, code=code, expiring=expiring)
    click.echo(to_json([printing.values(row) for row in found]) if as_json else printing.text(found))


@invitations.command()
@click.argument("number", type=int)
@click.option("--sent/--not-sent", "sent", default=None, help="What you found: in the server's log, or by asking.")
@global_options
@click.pass_context
def settle(ctx: click.Context, number: int, sent: bool | None) -> None:
    """Say whether a message whose fate is unknown was sent. Its number is in the list."""
    if sent is None:
        raise click.UsageError("Say --sent or --not-sent.")
    row = open_register(ctx).settle(number, sent=sent)
    then = "" if sent else f" Send it again with: engage-accounts {row.purpose} {row.code}"
    click.echo(f"{row.code}: the {row.purpose} counts as {'sent' if sent else 'not sent'}.{then}")


@invitations.command()
@click.argument("codes", nargs=-1, metavar="CODE...", required=True)
@click.option("--yes", is_flag=True, help="Confirm beforehand.")
@click.option("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def resend(ctx: click.Context, codes: tuple[str, ...], yes: bool, dry_run: bool, as_json: bool) -> None:
    """Send these contacts their newest message again; the earlier link is void."""
    from tui.commands.acting import carry_out
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    manager = open_register(ctx)
    by_purpose: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        newest = next(iter(manager.invitations(code=code)), None)
        if newest is None:
            raise Refused(
                f"{code} was never sent anything.", means="Nothing was done.", todo=f"engage-accounts welcome {code}"
            )
        by_purpose.setdefault(newest.purpose, []).append(code)
    results = []
    for purpose, wanted in by_purpose.items():
        plan = manager.plan(Verb(purpose), wanted)
        given = Confirmation(yes=yes)
        results.append(carry_out(manager, plan, given, dry_run=dry_run, as_json=as_json, named=True))
    ctx.exit(next((code for code in results if code is not ExitCode.OK), ExitCode.OK))


@invitations.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def bounces(ctx: click.Context, path: Path, as_json: bool) -> None:
    """Read what came back: a mailbox folder (Maildir), an mbox, or files with delivery reports."""
    from tui.printing import invitations as printing
    from tui.printing.plain import as_json as to_json

    found = open_register(ctx).take_bounces(path)
    click.echo(to_json(found._asdict()) if as_json else printing.bounced_text(found))
    ctx.exit(ExitCode.SOME_FAILED if found.unreadable else ExitCode.OK)
