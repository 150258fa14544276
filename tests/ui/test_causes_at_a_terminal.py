"""The causes overview of the installed program at a terminal: a flag group told from the leavers, held, left out."""

import pytest

from tests.terminal import ESC, AtTerminal, Terminal
from tests.ui.reading import marked_codes
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty


def under_the_cursor(terminal: Terminal) -> str:
    """What stands reversed, to the end of the list, in the line that has the sign of the cursor."""
    rows = [row for row, line in enumerate(terminal.lines()) if line.startswith(">")]
    return "".join(cell.data for cell in terminal.cells(rows[0]) if cell.reverse) if rows else ""


@pytest.mark.parametrize(
    ("columns", "rows", "environment"),
    [(80, 24, {}), (80, 24, {"NO_COLOR": "1"}), (60, 15, {"TERM": "linux"}), (120, 40, {"TERM": "screen"})],
    ids=["80x24", "no colour", "60x15", "120x40"],
)
def test_a_flag_group_is_set_aside_and_the_leavers_are_worked(
    at_terminal: AtTerminal, demo: AccountManager, columns: int, rows: int, environment: dict[str, str]
) -> None:
    found = demo.causes()
    group, leavers = found.causes[:2]
    ready, others = found.ready, found.ready - group.size
    terminal = at_terminal("--register", demo.path, "demo", columns=columns, rows=rows, **environment)
    terminal.sees(f"{ready} of {ready} shown")

    terminal.press("o")
    terminal.sees(f"Causes: {ready} ready to revoke", found.headline[:40], "Was that intended?")
    terminal.sees(lambda: under_the_cursor(terminal).split()[1:2] == [str(group.size)])
    assert "to answer" in under_the_cursor(terminal)
    assert ("█" in terminal.text()) is (columns >= 80)

    terminal.press("-")
    terminal.sees(f"{others} of {ready} shown", "without Postal")

    terminal.press("oj ")
    terminal.sees(f"{leavers.size:,} more marked.", f"{leavers.size:,} marked")
    terminal.press(ESC)
    terminal.sees(f"{leavers.size:,} marked · {others} of {ready} shown")
    assert marked_codes(terminal)

    terminal.press("oh")
    terminal.sees(f"Never revoke all {group.size}. Why:")
    terminal.press("the registrar is asked\r")
    terminal.sees("Until, as 31 Dec 2026 (blank: until released):")
    terminal.press("\r")
    terminal.sees(f"{group.size} accounts held: never revoked until released.")
    assert demo.causes().causes[0].held == group.size

    terminal.press("!")
    terminal.sees("Flag group Postal@2", "Mistake:", "Intended:")
    terminal.press("i")
    terminal.sees("Reason:")
    terminal.press("the school changed it\r")
    terminal.sees("Postal@2: intended.")
    terminal.press("hy")
    terminal.sees(f"{group.size} accounts released.")

    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.screen.overdrawn == []
    assert demo.groups()[0].answer_reason == "the school changed it"
    assert demo.counts()[Tab.READY_TO_REVOKE] == ready


def test_idle_it_sends_nothing(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown")
    terminal.press("o")
    terminal.sees("Causes: ", "to answer")
    terminal.read(1.0)
    assert terminal.read(1.5) == 0
