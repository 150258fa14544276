"""Killed while it mails through Postfix itself, an instance of its own: each message arrives once at most."""

import os
import pwd
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.crash import reader
from tests.crash.conftest import CONFIG
from tests.crash.running import Place, Programs
from tests.crash.test_kills import ROUNDS, SEED
from tests.mail.servers import free_port

POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"

pytestmark = [
    pytest.mark.usefixtures("survived"),
    pytest.mark.skipif(
        not Path(POSTFIX).exists() or os.geteuid() != 0,
        reason="Postfix is not installed, or this is not root, which it wants",
    ),
]

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
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
virtual_mailbox_domains = families.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = permit_mynetworks, reject
"""


class Postfix(NamedTuple):
    """A running one, and where its mail goes."""

    port: int
    folder: Path

    def arrived(self) -> list[reader.Delivered]:
        """What has arrived; waits until nothing is in its queue any more."""
        end = time.monotonic() + 30
        queues = [self.folder / "queue" / name for name in ("incoming", "active", "maildrop", "deferred")]
        while any(path.is_file() for queue in queues for path in queue.rglob("*")):
            assert time.monotonic() < end
            time.sleep(0.05)
        found = []
        for path in (self.folder / "mail" / "all" / "new").glob("*"):
            content = path.read_bytes()
            recipient = message_from_bytes(content, policy=default)["To"].addresses[0].addr_spec
            found += reader.delivered([(recipient, content)])
        return found

    def forget(self) -> None:
        for path in (self.folder / "mail" / "all" / "new").glob("*"):
            path.unlink()


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    owner = pwd.getpwnam("postfix")
    # Below /tmp itself: Postfix's own user must be able to walk there.
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/postfix-XXXXXX"], text=True).strip())  # noqa: S108
    folder.chmod(0o755)
    for name in ("queue", "data", "mail", "config"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    port = free_port()
    (folder / "config" / "main.cf").write_text(MAIN.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid))
    (folder / "config" / "master.cf").write_text(MASTER.format(port=port))
    command = [POSTFIX, "-c", str(folder / "config")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False, timeout=60)
    if started.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"Postfix can't be started here: {started.stderr[-300:]}")
    yield Postfix(port, folder)
    subprocess.run([*command, "stop"], capture_output=True, check=False, timeout=60)
    shutil.rmtree(folder)


def test_killed_at_random_moments(made: Place, programs: Programs, postfix: Postfix, tmp_path: Path) -> None:
    dice = random.Random(f"{SEED} postfix")
    ready = made.copy(tmp_path / "ready")
    ready.configure(CONFIG.format(transport="smtp", port=postfix.port).replace('user = "office"', 'user = ""'))
    for number in range(ROUNDS):
        place = ready.copy(tmp_path / str(number))
        postfix.forget()
        line = ("welcome", "--all-ready", "--yes")
        programs.kill_after(programs.start(place, *line), 0.05 + dice.random() * 0.3)
        for _ in range(2):
            state = reader.state_of(place.register, 1)
            if state != "done":
                ended = programs.run(place, *(("resume", "1") if state else line))
                assert ended.code in (0, 7), ended
        came = postfix.arrived()
        assert reader.state_of(place.register, 1) == "done"
        assert reader.problems(place.register, came) == []
        assert reader.dead_links(place.register, came) == 0
        states = reader.read(place.register, "SELECT state FROM items")
        assert set(states) <= {("done",), ("unknown",)}
        assert len(came) >= states.count(("done",))
