"""The verb that says what is wrong with this installation, and whether mail arrives."""

import click

from tui.commands.options import global_options, open_register, settings_of
from tui.config import register_path
from tui.errors import ConfigError, ExitCode, RegisterError


@click.command()
@click.option("--send-test", "address", metavar="ADDRESS", help="Then send one test message there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def doctor(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Look at register, config, templates and mail server, and say how to mend what is wrong."""
    from tui.manager.doctoring import Check, Examined, Health, examine, failed
    from tui.printing.mail import checks_text
    from tui.printing.plain import as_json as to_json

    sent = ""
    try:
        settings = settings_of(ctx)
    except ConfigError as error:
        checks = [failed("config", error)]
    else:
        try:
            manager = open_register(ctx)
        except RegisterError as error:
            path = ctx.ensure_object(dict).get("register") or register_path(settings)
            by_hand = settings.accounts.service == "worklist"
            checks = [failed("register", error), *examine(Examined(settings, path, None, by_hand))]
        else:
            checks = manager.doctor()
            if address and not any(check.name == "mail" and check.health is Health.WRONG for check in checks):
                sent = manager.send_test(address)
    if address and not sent:
        checks.append(Check("test message", Health.WRONG, "It was not sent: what is wrong comes first."))
    if as_json:
        click.echo(to_json({"checks": [check._asdict() for check in checks], "test_message": sent}))
    else:
        click.echo("\n\n".join(filter(None, (checks_text(checks), sent))))
    if any(check.health is Health.WRONG for check in checks):
        ctx.exit(ExitCode.SOME_FAILED)
