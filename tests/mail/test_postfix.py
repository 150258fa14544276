"""With Postfix itself, an instance of its own where it is installed: what it takes arrives, what it bounces is read."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.mail import postfix as postfix_instance
from tui.mail.bounces import read_bounces
from tui.mail.letters import Letter, compose
from tui.mail.smtp import Server, SmtpTransport
from tui.mail.transport import MailRefused

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
ALSO = """\
virtual_mailbox_maps = inline:{{ mary@families.example=mary/, office@school.example=office/ }}
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = check_recipient_access inline:{{ refused@families.example=reject }},
    permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {folder}/server.pem
"""

pytestmark = postfix_instance.WANTED


@pytest.fixture(scope="module")
def postfix() -> Iterator[postfix_instance.Instance]:
    with postfix_instance.running(ALSO) as instance:
        yield instance


def letter(recipient: str, key: str) -> Letter:
    return Letter(
        to_address=recipient,
        to_name="Zoë Ångström",
        salutation="Mrs Ångström",
        school_name="Example College",
        portal_system="SEQTA Engage",
        sender="Example College <office@school.example>",
        link="https://portal.school.example/welcome#" + "t" * 43,
        expires_at=NOW + timedelta(days=7),
        help_contact="",
        username="",
        key=key,
        written_at=NOW,
    )


def arrived(folder: Path, box: str, count: int = 1) -> list[Path]:
    """The messages in a mailbox, waited for."""
    for _ in range(600):
        found = list((folder / "mail" / box / "new").glob("*"))
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing arrived for {box}")


def test_a_letter_arrives_as_it_was_written_and_a_bounce_is_told_by_its_key(postfix: postfix_instance.Instance) -> None:
    port, folder = postfix
    transport = SmtpTransport(Server("localhost", port, ca_file=folder / "ca.pem", timeout=20))
    sent = compose(letter("mary@families.example", "welcome-1-0a1b2c3d"))
    with pytest.raises(MailRefused, match=r"refused it for good \(554 5\.7\.1"):
        transport.deliver(compose(letter("refused@families.example", "welcome-3-0a1b2c3d")))
    transport.deliver(compose(letter("nobody@families.example", "welcome-2-0a1b2c3d")))
    transport.deliver(sent)
    transport.close()

    (path,) = arrived(folder, "mary")
    assert path.read_bytes().endswith(sent.content.replace(b"\r\n", b"\n"))
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message["Message-ID"] == "<welcome-1-0a1b2c3d@school.example>"

    arrived(folder, "office")
    (bounce,) = read_bounces(folder / "mail" / "office")
    assert (bounce.action, bounce.status, bounce.key) == ("failed", "5.1.1", "welcome-2-0a1b2c3d")
    assert bounce.diagnostic
    assert "nobody" not in bounce.diagnostic
