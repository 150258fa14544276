"""The verbs about our own mail: send again what a server put off, see a letter before it is sent."""

from typing import TYPE_CHECKING, cast

import click

from tui.commands.options import global_options, open_register
from tui.errors import ExitCode

if TYPE_CHECKING:
    from tui.mail.wording import Purpose


@click.group()
def mail() -> None:
    """Our own mail: what waits to be sent again, and what a message looks like."""


@mail.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def flush(ctx: click.Context, as_json: bool) -> None:
    """Send again what the mail server had put off, where its time has come. For cron: silent when nothing is due."""
    from tui.commands.acting import stopping
    from tui.printing import jobs as printing
    from tui.printing.plain import as_json as to_json

    reports = open_register(ctx).flush(stop=stopping())
    if as_json:
        click.echo(to_json([printing.report_values(report) for report in reports]))
    else:
        for report in reports:
            click.echo(f"Job {report.job}: {report.sentence}")
            if report.stopped_why:
                click.echo(f"  {report.stopped_why}")
    if any(report.of("failed") or report.of("unknown") or report.stopped_why for report in reports):
        ctx.exit(ExitCode.SOME_FAILED)


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
