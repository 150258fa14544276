"""Which way out the settings name for our mail, made ready; nothing is opened until the first message."""

from functools import partial
from pathlib import Path

from tui.config import expanded, outbox_folder, secret_variable
from tui.errors import ConfigError
from tui.mail.transport import Transport
from tui.mail.wording import Templates
from tui.secret import SecretSource, read_secret
from tui.settings import Settings

PASSWORD_VARIABLE = secret_variable("mail.smtp.password")


def open_transport(settings: Settings, register: Path) -> Transport:
    """The transport for the mail of a register. Raises ConfigError."""
    if settings.mail.transport == "smtp":
        from tui.mail.smtp import Server, SmtpTransport

        smtp = settings.smtp
        if not (smtp.host and settings.mail.sender):
            raise ConfigError(
                "Mail is to leave by SMTP, but the server or the sender is missing.",
                todo="Set mail.smtp.host and mail.sender in the config.",
            )
        server = Server(
            smtp.host,
            smtp.port,
            smtp.security,
            smtp.user,
            expanded(smtp.ca_file) if smtp.ca_file else None,
            smtp.timeout_seconds,
        )
        return SmtpTransport(
            server, partial(read_secret, password_source(settings)), per_minute=settings.mail.per_minute
        )
    from tui.mail.outbox import Outbox

    # Beside the register: the demo's messages never lie among those that are to be sent, and in a team whoever
    # resumes a colleague's job sees what went out already.
    return Outbox(outbox_folder(settings, register), group=settings.register.group)


def open_templates(settings: Settings) -> Templates:
    """The wording of our letters: the school's own where the settings name a folder. Raises ConfigError."""
    return Templates.load(expanded(settings.mail.templates) if settings.mail.templates else None)


def password_source(settings: Settings) -> SecretSource:
    """Where the mail server's password may come from."""
    file = settings.smtp.password_file
    return SecretSource(
        "mail server's password",
        "mail.smtp.password",
        PASSWORD_VARIABLE,
        settings.smtp.password_command,
        expanded(file) if file else None,
    )
