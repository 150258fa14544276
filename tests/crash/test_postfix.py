"""Killed while it mails through Postfix itself, an instance of its own: each message arrives once at most."""

import random
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
from tests.mail import postfix as postfix_instance

pytestmark = [pytest.mark.usefixtures("survived"), postfix_instance.WANTED]

ALSO = """\
virtual_mailbox_maps = static:all/
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
    with postfix_instance.running(ALSO) as instance:
        yield Postfix(*instance)


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
