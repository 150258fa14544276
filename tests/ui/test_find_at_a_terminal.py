"""Finding a person with the installed program at a real terminal of 80 by 24: what is typed, read and sent."""

import pytest

from tests.terminal import ESC, AtTerminal
from tests.ui.reading import cursor_code
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty


def test_a_call_from_a_parent_at_80_by_24(at_terminal: AtTerminal, demo: AccountManager) -> None:
    """By the name of a child: the joint record, whose account shows nothing, and each parent's own; apart."""
    joint = next(row for row in demo.rows(demo.view(Tab.READY_TO_REVOKE).persons) if "&" in row.name and row.students)
    child = demo.why(joint.code).facts.links[0].student
    people = demo.find(child.name).persons
    mother = next(person for person in people if len(person.records) > 1)
    first = mother.records[0].why.facts
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown", lambda: bool(cursor_code(terminal)))
    terminal.press("f" + child.name)
    terminal.sees(f"Find a person: {child.name}", f"{first.code}  {first.name}"[:20], "records (1-")
    terminal.sees(f"The joint record {joint.code} has an account, which shows nothing:", "Next ", "Say ")
    terminal.press("\t\tG")
    terminal.sees("Other contacts of these children: not this person")
    terminal.press("\t\r")
    terminal.sees(f"Why: {first.code}, ")
    terminal.press("q")
    terminal.misses("Why: ")
    terminal.press("l1")
    terminal.sees("shown", lambda: cursor_code(terminal) == first.code)
    terminal.press("f")
    terminal.sees("Who is it?")
    terminal.press(ESC)
    terminal.sees("shown", lambda: bool(cursor_code(terminal)))
    terminal.press("q")
    assert terminal.ends() == 0


def test_while_somebody_reads_nothing_is_sent(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    terminal.sees("shown", lambda: bool(cursor_code(terminal)))
    terminal.press("fsmith")
    terminal.sees("Find a person: smith", "people on")
    terminal.read(0.6)
    assert terminal.read(1.0) == 0
    terminal.press("\r")
    terminal.sees("other words")
    terminal.read(0.6)
    assert terminal.read(1.0) == 0
