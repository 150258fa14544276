"""Letters over one SMTP connection, against a bare smtplib loop over the same connection to the same server.

Ours composes each letter, text and HTML, for a person of its own, reads it back and hands it over. The baseline has its
messages made beforehand, of the same text and HTML, and calls `send_message` for each: what one would write without us.
The server is a process of its own.
"""

import smtplib
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from tests.benchmarks import measuring
from tui.mail.letters import Letter, Templates, compose, opened
from tui.mail.smtp import Server, SmtpTransport

TARGET = 1.3
NOW = datetime(2026, 11, 20, 20, 5, tzinfo=UTC)


def letter(number: int) -> Letter:
    """A letter to one of many parents, every third with letters beyond ASCII in the name."""
    name = f"Zoë Ångström {number}" if number % 3 == 0 else f"Mary Jones {number}"
    return Letter(
        to_address=f"parent{number}@families.example",
        to_name=name,
        salutation=name,
        school_name="Example College",
        portal_system="SEQTA Engage",
        sender="Example College <office@school.example>",
        link=f"https://portal.school.example/welcome#{number:043}",
        expires_at=NOW + timedelta(days=7),
        help_contact="the office on 03 5550 0100",
        username="",
        key=f"welcome-{number}-0a1b2c3d4e5f6071",
        written_at=NOW,
    )


def ours(port: int, count: int) -> float:
    """Seconds to compose and deliver."""
    templates = Templates.load(None)
    transport = SmtpTransport(Server("127.0.0.1", port, "none"))
    start = time.perf_counter()
    for number in range(count):
        transport.deliver(compose(letter(number), templates))
    taken = time.perf_counter() - start
    transport.close()
    return taken


def bare(port: int, messages: list[EmailMessage]) -> float:
    """Seconds of a loop over `send_message`."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        start = time.perf_counter()
        for message in messages:
            client.send_message(message)
        return time.perf_counter() - start


def ready_made(count: int) -> list[EmailMessage]:
    """The same letters as the email package has them, made beforehand."""
    made = []
    for number in range(count):
        read = opened(compose(letter(number)))
        text, html = read.get_body(("plain",)), read.get_body(("html",))
        assert isinstance(text, EmailMessage)
        assert isinstance(html, EmailMessage)
        message = EmailMessage(policy=SMTP)
        for name in ("From", "To", "Subject", "Date", "Message-ID"):
            message[name] = str(read[name])
        message.set_content(text.get_content())
        message.add_alternative(html.get_content(), subtype="html")
        made.append(message)
    return made


def benchmark(folder: Path, messages: int, runs: int) -> None:
    """Deliver `messages` in turns and print the ratio."""
    prepared = ready_made(messages)
    with measuring.served("tests.benchmarks.mail_server") as port:
        a, b = measuring.by_turns(runs, lambda: ours(port, messages), lambda: bare(port, prepared))
    measuring.print_ratio(
        f"{messages:,} letters composed and delivered over one SMTP connection", a, "a bare smtplib loop", b, TARGET
    )
