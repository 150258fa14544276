"""The installed program at a real terminal: keys in, the screen read by an emulator, waiting on what it says."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyte
import pytest

from tests.running import command
from tests.ui.conftest import leavers
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty
_PATIENCE = 30.0
ESC = "\x1b"


class Terminal:
    """A terminal with a program in it and a person in front of it."""

    def __init__(self, line: Sequence[str], columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (rows, columns))
        self.process = subprocess.Popen(
            line,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(follower)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def sees(self, what: str | Callable[[], bool]) -> str:
        """Wait until the screen says this."""
        end = time.monotonic() + _PATIENCE
        while not (what() if callable(what) else what in self.text()):
            assert time.monotonic() < end, f"never seen: {what}\n{self.text()}"
            self.read(0.05)
        return self.text()

    def read(self, patience: float) -> int:
        """Read what comes until nothing came for so long; gives the bytes."""
        count = 0
        while select.select([self._leader], [], [], patience)[0]:
            try:
                found = os.read(self._leader, 65536)
            except OSError:
                return count
            if not found:
                return count
            count += len(found)
            self.raw += found
            self.stream.feed(found)
        return count

    def ends(self) -> int:
        """Read to the end; gives the exit code."""
        end = time.monotonic() + _PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0.1)
        return self.process.wait(1)

    def hang_up(self) -> None:
        if self._leader >= 0:
            os.close(self._leader)
            self._leader = -1

    def close(self) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def start() -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def start_it(*arguments: object, **more: object) -> Terminal:
        started.append(Terminal(command(*arguments), **more))  # type: ignore[arg-type]
        return started[-1]

    yield start_it
    for terminal in started:
        terminal.close()


Start = Callable[..., Terminal]


def test_the_whole_job_at_80_by_24(start: Start, demo: AccountManager) -> None:
    ready = demo.counts()[Tab.READY_TO_REVOKE]
    terminal = start("--register", demo.path, "demo")
    text = terminal.sees(f"{ready} of {ready} shown")
    assert "acts on the demo school" in text
    assert terminal.screen.display[3].startswith(">")
    terminal.press("/no_current\r")
    terminal.sees("/no_current")
    terminal.press("jj v")
    terminal.press("jjv")
    terminal.sees("4 marked")
    terminal.press("R")
    terminal.sees("Revoke access of 4 contacts in the demo school")
    terminal.press("y")
    terminal.sees("4 accounts revoked in the demo school.")
    terminal.press("q")
    terminal.sees(lambda: "accounts revoked" not in terminal.text())
    assert f"of {ready - 4} shown" in terminal.text()
    terminal.press("q")
    assert terminal.ends() == 0
    assert demo.counts()[Tab.READY_TO_REVOKE] == ready - 4


@pytest.mark.parametrize(
    ("columns", "rows", "environment"),
    [
        (80, 24, {"TERM": "screen"}),
        (80, 24, {"TERM": "linux"}),
        (80, 24, {"NO_COLOR": "1"}),
        (120, 40, {"TERM": "xterm-256color"}),
    ],
    ids=["screen", "linux", "no colour", "large"],
)
def test_cursor_and_mark_are_seen_on_every_terminal(
    start: Start, demo: AccountManager, columns: int, rows: int, environment: dict[str, str]
) -> None:
    terminal = start("--register", demo.path, "demo", columns=columns, rows=rows, **environment)
    terminal.sees("shown")
    terminal.press(" ")
    terminal.sees("1 marked")
    display, buffer = terminal.screen.display, terminal.screen.buffer
    assert display[3].startswith(" * ")
    assert buffer[3][8].bold
    assert display[4].startswith(">  ")
    assert buffer[4][8].reverse
    if environment.get("NO_COLOR"):
        assert {cell.fg for row in buffer.values() for cell in row.values()} == {"default"}
    terminal.press("q")
    assert terminal.ends() == 0


def test_what_a_key_sends_and_that_idle_sends_nothing(start: Start, demo: AccountManager) -> None:
    terminal = start("--register", demo.path, "demo")
    terminal.sees("shown")
    terminal.read(0.6)
    for keys, most in (("j", 400), (" ", 450), ("\x1b[6~", 4000)):
        terminal.press(keys)
        assert 0 < terminal.read(0.5) <= most, keys
    assert terminal.read(1.5) == 0


SLOW = """
import sys, threading, time
from pathlib import Path
from tui.config import Settings
from tui.manager.manager import AccountManager
from tui.ui.app import run_screen
from tui.services.embedded import EmbeddedService
manager = AccountManager(Settings(), Path(sys.argv[1]))
revoke = manager.service.revoke
def slowly(order):
    time.sleep(0.3)
    return revoke(order)
manager.service.revoke = slowly
sys.exit(run_screen(manager))
"""


@pytest.mark.parametrize("how", ["hang up", "SIGTERM"])
def test_a_dropped_line_lets_the_item_finish(demo: AccountManager, how: str) -> None:
    for group in demo.groups():
        demo.answer_group(group.key, type(group.answer)("intended"), "the school changed it")
    terminal = Terminal([sys.executable, "-c", SLOW, str(demo.path)])
    try:
        terminal.sees("shown")
        terminal.press("/no_current\ra")
        terminal.sees("110 marked")
        terminal.press("R")
        terminal.sees("Type 109 to go on:")
        terminal.press("109\r")
        terminal.sees("2 of 109")
        if how == "hang up":
            terminal.hang_up()
            code = terminal.process.wait(20)
        else:
            terminal.process.send_signal(signal.SIGTERM)
            code = terminal.ends()
        assert code == 128 + (signal.SIGHUP if how == "hang up" else signal.SIGTERM)
    finally:
        terminal.close()
    stopped = demo.overview().stopped_jobs
    assert len(stopped) == 1
    assert 2 <= stopped[0].done < 109
    assert {outcome.state for outcome in demo.report(stopped[0].job).outcomes} == {"done", "pending"}


CRASHING = """
import sys
from pathlib import Path
from tui.config import Settings
from tui.manager.manager import AccountManager
from tui.ui.app import run_screen
from tui.ui.screens.accounts import AccountsScreen
def broken(self):
    child = "Persephone Quartermaine"
    raise ValueError(f"can't show {child}")
def in_thread(code, user_type=None):
    child = "Persephone Quartermaine"
    raise KeyError(child)
manager = AccountManager(Settings(), Path(sys.argv[1]))
AccountsScreen.do_refresh = broken
manager.why = in_thread
sys.exit(run_screen(manager))
"""


@pytest.mark.parametrize("key", ["r", "\r"], ids=["on a key", "in a thread"])
def test_a_crash_shows_and_writes_no_data(demo: AccountManager, state: Path, key: str) -> None:
    # Too narrow for the pane, which would ask why by itself and crash before the key.
    terminal = Terminal([sys.executable, "-c", CRASHING, str(demo.path)], columns=80)
    try:
        terminal.sees("shown")
        before = len(terminal.raw)
        terminal.press(key)
        assert terminal.ends() == 1
    finally:
        terminal.close()
    after = terminal.raw[before:].decode()
    assert "engage-accounts has crashed" in after
    reports = list(state.glob("crash-*.txt"))
    assert len(reports) == 1
    assert reports[0].name in after.replace("\r\n", "")
    assert reports[0].stat().st_mode & 0o777 == 0o600
    report = reports[0].read_text()
    for text in (after, report):
        assert "Persephone" not in text
        assert "Quartermaine" not in text
        assert "child" not in text
    assert "in broken" in report or "in in_thread" in report
    assert "ValueError" in report or "KeyError" in report


def test_an_escape_sequence_in_a_name_never_reaches_the_terminal(
    start: Start, open_school: Callable[..., AccountManager]
) -> None:
    school = leavers(2)
    school.contacts["P0001"]["surname"] = f"{ESC}]0;owned\x07{ESC}[2J\x9b31m"
    manager = open_school(school)
    terminal = start("--register", manager.path)
    terminal.sees("2 of 2 shown")
    terminal.press("G\r")
    terminal.sees("Why: P0001")
    assert b"]0;owned\x07" not in terminal.raw
    assert b"\x1b[2J" not in terminal.raw
    assert "\x9b" not in terminal.raw.decode("utf-8", "replace")
    terminal.press("q")
    terminal.sees(lambda: "Why:" not in terminal.text())
    terminal.press("q")
    assert terminal.ends() == 0
