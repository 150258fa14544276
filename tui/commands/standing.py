"""The verbs with which an operator says what stands: answers to flag groups, and holds on accounts and causes."""

import click

from tui.commands.options import global_options, open_register


@click.command()
@click.argument("key", required=False)
@click.option("--answer", type=click.Choice(["mistake", "intended"]), help="What the change was.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the answer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def groups(ctx: click.Context, key: str | None, answer: str | None, reason: str, as_json: bool) -> None:
    """Flag groups: accounts that lost their portal access together. Answer for one: mistake or intended."""
    from tui.domain.flag_groups import Answer
    from tui.printing import plain as printing

    manager = open_register(ctx)
    if bool(key) != bool(answer):
        raise click.UsageError("To answer, give the group's KEY and --answer.")
    if key and answer:
        manager.answer_group(key, Answer(answer), reason)
    found = manager.groups()
    click.echo(
        printing.as_json([printing.group_values(group) for group in found]) if as_json else printing.groups_text(found)
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def causes(ctx: click.Context, as_json: bool) -> None:
    """Why accounts are ready to revoke, seen over all of them: by reason, contact type and import."""
    from tui.printing import plain as printing

    found = open_register(ctx).causes()
    click.echo(printing.as_json(printing.causes_values(found)) if as_json else printing.causes_text(found))


@click.command()
@click.argument("code", required=False)
@click.option("--note", required=True, metavar="TEXT", help="Why; shown wherever the account is.")
@click.option("--cause", metavar="KEY", help="Hold everybody of this cause who is not held yet, instead of one.")
@click.option("--mail", is_flag=True, help="Never mail this one, instead of never revoke.")
@click.option(
    "--until", default="", metavar="DATE", help="The last day of the hold, as 2026-12-31; else until released."
)
@global_options
@click.pass_context
def hold(ctx: click.Context, code: str | None, note: str, cause: str | None, mail: bool, until: str) -> None:
    """Hold an account, or a whole cause: never revoked (or mailed) until released, or through a day."""
    from tui.domain.holds import parse_until
    from tui.text import plural, say_date

    _code_or_cause(code, cause, mail)
    manager = open_register(ctx)
    never = f"never {'mail' if mail else 'revoke'}"
    if cause:
        count = manager.hold_cause(cause, note, until=until)
    elif code:
        manager.hold(code, note, kind="mail" if mail else "revoke", until=until)
    end = f" until {say_date(parse_until(until, manager.today()))}" if until.strip() else ""
    if cause:
        click.echo(
            f"{cause}: " + (f"{plural(count, 'account')} held: {never}{end}." if count else "all are held already.")
        )
    else:
        click.echo(f"{code} is held: {never}{end}.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def holds(ctx: click.Context, as_json: bool) -> None:
    """The holds that are open: on whom, why, by whom and until when."""
    from tui.printing import holds as printing
    from tui.printing.plain import as_json as in_json

    found = open_register(ctx).holds()
    click.echo(in_json(printing.holds_values(found)) if as_json else printing.holds_text(found))


@click.command()
@click.argument("code", required=False)
@click.option("--cause", metavar="KEY", help="Release whoever was held with this cause, instead of one.")
@click.option("--mail", is_flag=True, help="Release the hold on mail.")
@global_options
@click.pass_context
def release(ctx: click.Context, code: str | None, cause: str | None, mail: bool) -> None:
    """Release a held account, or a whole cause."""
    from tui.text import plural

    _code_or_cause(code, cause, mail)
    manager = open_register(ctx)
    if cause:
        click.echo(f"{cause}: {plural(manager.release_cause(cause), 'account')} released.")
    elif code:
        manager.release(code, kind="mail" if mail else "revoke")
        click.echo(f"{code} is released.")


def _code_or_cause(code: str | None, cause: str | None, mail: bool) -> None:
    if bool(code) == bool(cause):
        raise click.UsageError("Give a code, or --cause, and not both.")
    if cause and mail:
        raise click.UsageError("--mail goes with a code.")
