"""The verbs about our own mail."""

from typing import TYPE_CHECKING, cast

import click

from tui.commands.options import global_options, open_register

if TYPE_CHECKING:
    from tui.mail.wording import Purpose


@click.group()
def mail() -> None:
    """Our own mail: see a letter before it is sent."""


@mail.command()
@click.argument("code")
@click.option("--purpose", type=click.Choice(["welcome", "reset"]), default="welcome", help="Which letter.")
@click.option("--html", is_flag=True, help="Its HTML, as it is written, instead of its text.")
@global_options
@click.pass_context
def preview(ctx: click.Context, code: str, purpose: str, html: bool) -> None:
    """Print the very letter that a contact would get now; its link is made when it is sent."""
    from tui.printing.mail import letter_text

    letter = open_register(ctx).preview_letter(code, cast("Purpose", purpose))
    click.echo(letter_text(letter, html=html))
