"""Without a terminal the screen does not open: it would draw into a file and wait for keys that never come."""

from pathlib import Path

from tests.running import Run
from tui.errors import ExitCode


def test_the_screen_needs_a_terminal(program: Run, state: Path) -> None:
    result = program()
    assert result.code == ExitCode.USAGE
    assert result.out == ""
    assert "needs a terminal" in result.err
    assert not list(state.glob("*.sqlite3")), "nor does it leave a register behind"
