"""Importing at a real terminal by keys alone, from an empty register to the list; and what it sends while idle."""

from pathlib import Path

import pytest

from tests.school import SECOND, small_school
from tests.terminal import AtTerminal
from tui.manager.manager import AccountManager
from tui.settings import Settings

pytestmark = pytest.mark.pty


def test_two_imports_at_80_by_24(
    at_terminal: AtTerminal, register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    school = small_school()
    school.write(tmp_path / "nightly")
    terminal = at_terminal()
    terminal.sees("This register is empty.", "I imports a roster")
    # On a slow line keys arrive together; each waits for what it is meant for.
    terminal.press("I\r")
    terminal.sees("Import: the difference", "Ready to revoke               0          4         +4")
    terminal.press("A")
    terminal.sees("Import this as no. 1?")
    terminal.press("y")
    terminal.sees("Imported as no. 1: ready to revoke 0 -> 4", "4 of 4 shown")

    school.leave("S0010", "S0011")
    school.students["S0020"]["status"] = "perhaps"
    school.write(tmp_path / "nightly", SECOND)
    terminal.press(" I")
    terminal.sees("CSV folder · extract of 21 Nov 2026 07:05", "last import: no. 1")
    terminal.press("\r")
    terminal.sees("Become ready to revoke: 2", "(1-20 of ")
    terminal.press("G")
    terminal.sees("students.csv, line 21, column status")
    terminal.read(0.6)
    assert terminal.read(1.0) == 0, "nothing moves, so nothing is sent"
    terminal.press("y")
    terminal.sees("Copied.")
    assert len(terminal.copied()) == 1
    terminal.press("A")
    terminal.sees("1 bad row will be left out.")
    terminal.press("n")
    terminal.sees("Nothing was imported.")
    terminal.press("A")
    terminal.sees("y import without the bad rows")
    terminal.press("y")
    terminal.sees("Imported as no. 2: ready to revoke 4 -> 6; contacts unchanged.")
    terminal.sees("1 marked · 6 of 6 shown")
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.screen.overdrawn == []
    manager = AccountManager(Settings(), register, read_only=True)
    assert "no. 2," in manager.overview().last_import
    manager.close()


def test_a_dropped_line_imports_nothing(
    at_terminal: AtTerminal, register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small_school().write(tmp_path / "nightly")
    terminal = at_terminal()
    terminal.sees("This register is empty.")
    terminal.press("I\r")
    terminal.sees("Import: the difference")
    terminal.press("A")
    terminal.sees("Import this as no. 1?")
    terminal.hang_up()
    terminal.ends()
    manager = AccountManager(Settings(), register, read_only=True)
    assert manager.overview().last_import == ""
    manager.close()
