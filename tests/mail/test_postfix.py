"""With Postfix itself, an instance of its own where it is installed: what it takes arrives, what it bounces is read."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import trustme

from tests.mail.servers import free_port
from tui.mail.bounces import read_bounces
from tui.mail.letters import Letter, compose
from tui.mail.smtp import Server, SmtpTransport
from tui.mail.transport import MailRefused

POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"
NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not Path(POSTFIX).exists() or os.geteuid() != 0,
    reason="Postfix is not installed, or this is not root, which it wants",
)

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
myhostname = mail.school.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = school.example, families.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ mary@families.example=mary/, office@school.example=office/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = check_recipient_access inline:{{ refused@families.example=reject }},
    permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {folder}/server.pem
"""


@pytest.fixture(scope="module")
def postfix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    owner = pwd.getpwnam("postfix")
    # Below /tmp itself: Postfix's own user must be able to walk there.
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/postfix-XXXXXX"], text=True).strip())  # noqa: S108
    folder.chmod(0o755)
    for name in ("queue", "data", "mail", "config"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    port = free_port()
    (folder / "config" / "main.cf").write_text(MAIN.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid))
    (folder / "config" / "master.cf").write_text(MASTER.format(port=port))
    command = [POSTFIX, "-c", str(folder / "config")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False, timeout=60)
    if started.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"Postfix can't be started here: {started.stderr[-300:]}")
    yield port, folder
    subprocess.run([*command, "stop"], capture_output=True, check=False, timeout=60)
    shutil.rmtree(folder)


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


def test_a_letter_arrives_as_it_was_written_and_a_bounce_is_told_by_its_key(postfix: tuple[int, Path]) -> None:
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
