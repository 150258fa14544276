"""The installed program at a real terminal: keys in, the screen read by an emulator, waiting on what it says."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.slow_school import slow_school
from tests.terminal import ESC, AtTerminal, Terminal
from tests.ui.conftest import leavers
from tests.ui.reading import cursor_code, marked_codes
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty


def test_the_whole_job_at_80_by_24(at_terminal: AtTerminal, demo: AccountManager) -> None:
    ready = demo.counts()[Tab.READY_TO_REVOKE]
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees(f"{ready} of {ready} shown", "acts on the demo school", lambda: bool(cursor_code(terminal)))
    terminal.press("/no_current\r")
    terminal.sees("/no_current")
    terminal.press("jj v")
    terminal.press("jjv")
    terminal.sees("4 marked")
    terminal.press("R")
    # One of them may have a new record: that one is handed over, or asked about by itself.
    terminal.sees("Revoke access of 3 contacts in the demo school", "Left out: 1", "is probably the same person")
    terminal.press("y")
    terminal.sees("3 accounts revoked in the demo school.")
    terminal.press("q")
    terminal.misses("accounts revoked")
    terminal.sees(f"of {ready - 3} shown")
    terminal.press("q")
    assert terminal.ends() == 0
    assert demo.counts()[Tab.READY_TO_REVOKE] == ready - 3


@pytest.mark.parametrize("keys", ["?q", "xq", "s\r", ":help\rq"], ids=["help", "menu", "sort", "palette"])
def test_keys_typed_ahead_go_where_they_are_meant_to(at_terminal: AtTerminal, demo: AccountManager, keys: str) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown", lambda: bool(cursor_code(terminal)))
    code = cursor_code(terminal)
    terminal.press(f"{keys}/{code}\r ")
    terminal.sees("1 marked · 1 of ", lambda: marked_codes(terminal) == [code])
    terminal.press("q")
    assert terminal.ends() == 0


def test_what_a_key_sends_and_that_idle_sends_nothing(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown")
    terminal.read(0.6)
    for keys, most in (("j", 400), (" ", 450), ("\x1b[6~", 4000)):
        terminal.press(keys)
        assert 0 < terminal.read(0.5) <= most, keys
    assert terminal.read(1.5) == 0


@pytest.mark.parametrize(
    ("keys", "seen", "columns"),
    [
        ("", "shown", 120),
        ("\r", "Why:", 80),
        ("?", "Help", 120),
        ("/smith", "/smith", 80),
        (":", "Every action", 80),
        ("R", "Revoke access of", 80),
    ],
    ids=["pane", "why", "help", "filter", "palette", "confirm"],
)
def test_an_open_panel_or_prompt_sends_nothing_when_idle(
    at_terminal: AtTerminal, demo: AccountManager, keys: str, seen: str, columns: int
) -> None:
    terminal = at_terminal("--register", demo.path, "demo", columns=columns)
    terminal.sees("shown")
    terminal.press(keys)
    terminal.sees(seen)
    terminal.read(0.6)
    assert terminal.read(1.0) == 0


@pytest.mark.parametrize("how", ["hang up", "SIGTERM"])
def test_a_dropped_line_lets_the_item_finish(demo: AccountManager, how: str) -> None:
    for group in demo.groups():
        demo.answer_group(group.key, type(group.answer)("intended"), "the school changed it")
    terminal = Terminal(slow_school(demo.path))
    try:
        terminal.sees("shown")
        terminal.press("/no_current\ra")
        terminal.sees("110 marked")
        terminal.press("R")
        terminal.sees("Type 100 to go on:")
        terminal.press("100\r")
        terminal.sees("2 of 100")
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
    assert 2 <= stopped[0].done < 100
    assert {outcome.state for outcome in demo.report(stopped[0].job).outcomes} == {"done", "pending"}


CRASHING = """
import sys
from pathlib import Path
from tui.settings import Settings
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
        terminal.read(0.3)
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
    at_terminal: AtTerminal, open_school: Callable[..., AccountManager]
) -> None:
    school = leavers(2)
    school.contacts["P0001"]["surname"] = f"{ESC}]0;owned\x07{ESC}[2J\x9b31m"
    manager = open_school(school)
    terminal = at_terminal("--register", manager.path)
    terminal.sees("2 of 2 shown")
    terminal.press("G\r")
    terminal.sees("Why: P0001")
    assert b"]0;owned\x07" not in terminal.raw
    assert b"\x1b[2J" not in terminal.raw
    assert "\x9b" not in terminal.raw.decode("utf-8", "replace")
    terminal.press("q")
    terminal.misses("Why:")
    terminal.press("q")
    assert terminal.ends() == 0
