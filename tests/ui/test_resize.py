"""The window becomes another size while the program runs: what was done stays; what can't be seen is not acted on."""

import pytest

from tests.terminal import AtTerminal, Terminal
from tests.ui.reading import cursor_code, marked_codes
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty

WORD = "no_current"
ROOM = "60 columns by 15 lines"


def resize(terminal: Terminal, columns: int, rows: int, *whats: str) -> None:
    """Another size; then the screen says this, and whatever is drawn from now on is inside the window."""
    since = len(terminal.raw)
    terminal.resize(columns, rows)
    terminal.sees(lambda: len(terminal.raw) > since, *whats)
    terminal.read(0.3)  # what was still on its way for the size of before
    terminal.screen.overdrawn.clear()


def fills(terminal: Terminal) -> bool:
    """Whether the bottom line is at the bottom, and so for the size that the window has."""
    return "filter" in terminal.lines()[-1] and " shown" in terminal.lines()[-2]


def test_what_was_done_survives_every_size(at_terminal: AtTerminal, demo: AccountManager) -> None:
    found = demo.view(Tab.READY_TO_REVOKE, text=WORD)
    total, codes = demo.counts()[Tab.READY_TO_REVOKE], demo.codes(found.persons)
    status = f"3 marked (1 hidden by the filter) · {len(codes)} of {total} shown"
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown")
    other = next(code for code in demo.codes(demo.view(Tab.READY_TO_REVOKE).persons) if code not in codes)
    terminal.press(f"+{other}\r/{WORD}\r")
    terminal.sees(f"1 marked (1 hidden by the filter) · {len(codes)} of {total} shown")
    terminal.press("jj  j")
    terminal.sees(status)

    def is_as_it_was() -> bool:
        return (
            fills(terminal)
            and any(line.startswith(status) for line in terminal.lines())
            and cursor_code(terminal) == codes[5]
            and marked_codes(terminal) == codes[2:4]
        )

    terminal.sees(is_as_it_was)
    for columns, rows in ((60, 15), (59, 14), (300, 90), (80, 14), (110, 20), (80, 30), (80, 24)):
        if columns < 60 or rows < 15:
            resize(terminal, columns, rows, "needs more room", ROOM)
            assert other not in terminal.text()
        else:
            resize(terminal, columns, rows)
            terminal.sees(is_as_it_was, *([f"/{WORD}"] if columns > 60 else []))
        terminal.press("gG" if columns < 60 or rows < 15 else "jk")
        terminal.read(0.2)
        assert terminal.screen.overdrawn == []
    terminal.sees(is_as_it_was)
    terminal.press("\t")
    terminal.sees(f"Why: {codes[5]}")


def test_nothing_is_acted_on_while_the_window_is_too_small(at_terminal: AtTerminal, demo: AccountManager) -> None:
    total = demo.counts()[Tab.READY_TO_REVOKE]
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown")
    terminal.press(f"/{WORD}\r ")
    terminal.sees("1 marked")
    resize(terminal, 59, 14, "needs more room")
    terminal.press("R")
    terminal.press("y")
    terminal.press("u6/x")
    terminal.read(0.5)
    terminal.sees("needs more room")
    resize(terminal, 80, 24)
    terminal.sees("1 marked", f"/{WORD}", lambda: fills(terminal))
    assert terminal.copied() == []
    assert demo.counts()[Tab.READY_TO_REVOKE] == total
    resize(terminal, 40, 10, "needs more room")
    terminal.press("q")
    assert terminal.ends() == 0


@pytest.mark.parametrize("size", [(40, 10), (12, 3), (1, 1)], ids=str)
def test_a_question_that_can_not_be_read_is_not_answered(
    at_terminal: AtTerminal, demo: AccountManager, size: tuple[int, int]
) -> None:
    total = demo.counts()[Tab.READY_TO_REVOKE]
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown")
    terminal.press(f"/{WORD}\r ")
    terminal.sees("1 marked")
    terminal.press("R")
    question = "Revoke access of 1 contact in the demo school"
    terminal.sees(question)
    resize(terminal, *size, *(["needs more room"] if size[0] > 20 else []))
    terminal.misses("Revoke access of")
    terminal.press("y")
    terminal.press("\t\r")
    terminal.read(0.5)
    assert demo.counts()[Tab.READY_TO_REVOKE] == total
    resize(terminal, 80, 24)
    terminal.sees(question)
    terminal.press("y")
    terminal.sees("1 account revoked")


def test_panels_follow_the_size(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo", columns=120, rows=40)
    terminal.sees("shown")
    terminal.press("?")
    terminal.sees("Help", "To the top")
    for columns, rows in ((60, 15), (300, 90), (80, 24)):
        resize(terminal, columns, rows)
        terminal.sees("Help", "To the top", lambda: "└" in terminal.lines()[-1])
    terminal.press("q")
    terminal.sees(lambda: fills(terminal))
