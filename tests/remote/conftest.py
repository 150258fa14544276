"""What the tests from afar share: the demo school, a tmux and an sshd of their own, and who was revoked how often."""

import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.remote import sshd as sshd_there
from tests.remote import tmux as tmux_there
from tests.remote.processes import end, with_argument
from tests.remote.sshd import Sshd
from tests.remote.tmux import Tmux
from tests.ui.conftest import demo, demo_register  # noqa: F401 - fixtures
from tui.domain.gates import Verb
from tui.manager.manager import AccountManager
from tui.manager.views import Row, Tab
from tui.register.database import Database
from tui.settings import Settings

WORD = "no_current"


class Job(NamedTuple):
    """A bulk revoke to come: the first of those whose children have left, without those that are held."""

    marked: int
    codes: list[str]


def the_first(manager: AccountManager, count: int = 20) -> Job:
    """The first so many of the list that `/no_current` shows, and who of them can be revoked."""
    rows: list[Row] = manager.rows(manager.view(Tab.READY_TO_REVOKE, text=WORD).persons)[:count]
    plan = manager.plan(Verb.REVOKE, [row.code for row in rows])
    assert len(plan.items) > 10, "else it is not the count that is typed"
    return Job(len(rows), [item.code for item in plan.items])


def marking(job: Job) -> str:
    """The keys that mark them."""
    return f"/{WORD}\rv{'j' * (job.marked - 1)}v"


def times_revoked(register: Path) -> Counter[str]:
    """How often each account was revoked, as the audit chain has it."""
    database = Database(register, read_only=True)
    rows = database.read("SELECT subject FROM audit WHERE action = 'revoke' OR action LIKE 'revoke %'")
    database.close()
    return Counter(row[0] for row in rows)


@pytest.fixture(autouse=True)
def ended_in_order() -> Iterator[None]:
    """Whoever ends the tests by SIGTERM leaves no tmux and no sshd behind."""

    def leave(number: int, frame: object) -> None:
        pytest.exit("the tests were ended")

    before = signal.signal(signal.SIGTERM, leave)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def register(demo: AccountManager, tmp_path: Path) -> Iterator[Path]:  # noqa: F811
    """The demo school's file, and at the end nobody who still works on it."""
    yield demo.path
    for process in with_argument(str(tmp_path)):
        if process != os.getpid():
            end(process)


@pytest.fixture
def school(register: Path) -> Iterator[AccountManager]:
    """The demo school as the test looks at it from beside."""
    manager = AccountManager(Settings(), register)
    yield manager
    manager.close()


@pytest.fixture
def tmux(register: Path) -> Iterator[Tmux]:
    """A tmux; without one the test is skipped."""
    if tmux_there.TMUX is None:
        pytest.skip("tmux is not installed (Debian, Ubuntu: apt install tmux)")
    with tempfile.TemporaryDirectory(prefix="tmux") as folder:  # a socket's path must be short
        server = Tmux(Path(folder))
        yield server
        server.close()


@pytest.fixture
def sshd(register: Path, tmp_path: Path) -> Iterator[Sshd]:
    """An sshd on loopback; where there can be none the test is skipped."""
    if sshd_there.SSHD is None or sshd_there.SSH is None or sshd_there.KEYGEN is None:
        pytest.skip("sshd or ssh is not installed (Debian, Ubuntu: apt install openssh-server openssh-client)")
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TZ")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    server = Sshd(folder)
    try:
        server.start({name: os.environ[name] for name in names})
        if why_not := server.why_not():
            pytest.skip(f"nobody can log in through sshd on loopback here: {why_not}")
        yield server
    finally:
        server.close()
        shutil.rmtree(folder)
