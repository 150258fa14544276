"""The verb that compares the register with the service that holds the accounts."""

import click

from tui.commands.handover_run import confirm
from tui.commands.options import global_options, open_register


@click.command()
@click.option("--take", "codes", multiple=True, metavar="CODE", help="Take over what the service says of this one.")
@click.option("--take-new", is_flag=True, help="Take over every account that this register does not know of.")
@click.option("--yes", is_flag=True, help="Confirm beforehand.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def reconcile(ctx: click.Context, codes: tuple[str, ...], take_new: bool, yes: bool, as_json: bool) -> None:
    """Compare this register with the service that holds the accounts, and list where they differ.

    Nothing is changed there, ever; here only what --take or --take-new names.
    """
    from tui.printing.plain import as_json as to_json
    from tui.printing.reconciled import reconciled_text, reconciled_values
    from tui.text import plural

    if codes and take_new:
        raise click.UsageError("Give either --take or --take-new.")
    manager = open_register(ctx)
    found = manager.reconcile()
    click.echo(to_json(reconciled_values(found)) if as_json else reconciled_text(found))
    if codes or take_new:
        confirm("Take this over into the register?", yes=yes)
        taken = manager.take_over(found, codes)
        click.echo(f"{plural(taken, 'account')} taken over; {found.system} was not changed.", err=as_json)
