"""One piece of work on every kind of terminal: what a person does in a morning, and what the screen must look like.

What is promised is checked at each step on the screen itself: the signs and styles of cursor and marks, the counts of
the status line, the tab that is shown. At the end: no other colours than allowed, and nothing outside the window.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.terminal import ESC, AtTerminal, Terminal
from tests.ui.reading import FIRST_ROW, HEADER, HEADING, cursor_code, marked_codes, reversed_words, tab_shown
from tui.manager.manager import AccountManager
from tui.manager.views import Row, Tab

pytestmark = pytest.mark.pty

REVOKE = Tab.READY_TO_REVOKE
WORD = "no_current"  # a reason's name, which more than a screen and not all of those ready to revoke have
# Where truecolour is offered, it must not be taken.
KINDS: Mapping[str, Mapping[str, str]] = {
    "xterm-256color": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "screen": {"TERM": "screen"},
    "linux": {"TERM": "linux"},
    "no colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
}


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_morning_at_the_terminal(
    at_terminal: AtTerminal, demo: AccountManager, tmp_path: Path, kind: str, columns: int, rows: int
) -> None:
    environment = KINDS[kind]
    terminal = at_terminal("--register", demo.path, "demo", columns=columns, rows=rows, **environment)
    comes_up(terminal, demo)
    looks_round(terminal, demo)
    filters(terminal, demo)
    marks(terminal, demo)
    sorts(terminal, demo)
    asks_why(terminal, demo)
    opens_menus(terminal)
    exports(terminal, demo, tmp_path / "shown.csv")
    free = [row for row in listed(demo) if row.reason == "no_current_student" and not row.held]
    holds_and_releases(terminal, free[0])
    revokes(terminal, demo, free[1:3])
    terminal.press("q")
    assert terminal.ends() == 0
    assert not terminal.text().strip(), "the screen of before is back"
    assert not terminal.screen.cursor.hidden
    assert terminal.screen.overdrawn == []
    assert sorted(forbidden(terminal.styles(), colours="NO_COLOR" not in environment)) == []


# -- the work ----------------------------------------------------------------------------------------------------------


def listed(demo: AccountManager, tab: Tab = REVOKE, text: str = "") -> list[Row]:
    return demo.rows(demo.view(tab, text=text).persons)


def shown(count: int, total: int) -> str:
    return f"{count:,} of {total:,} shown"


def comes_up(terminal: Terminal, demo: AccountManager) -> None:
    ready = listed(demo)
    terminal.sees(shown(len(ready), len(ready)), lambda: cursor_code(terminal) == ready[0].code)
    assert "acts on the demo school" in terminal.lines()[HEADER]
    assert terminal.lines()[HEADING][3:].split()[:1] == ["Code"]
    assert "Name" in terminal.lines()[HEADING]
    assert tab_shown(terminal).startswith("1 ")


def looks_round(terminal: Terminal, demo: AccountManager) -> None:
    counts = demo.counts()

    def goes(key: str, number: int) -> None:
        count = counts[list(Tab)[number - 1]]
        terminal.press(key)
        terminal.sees(
            shown(count, count),
            lambda: tab_shown(terminal).startswith(f"{number} ") and tab_shown(terminal).endswith(f" {count:,}"),
        )

    for number in range(2, 7):
        goes(str(number), number)
    goes("]", 1)
    goes("[", 6)
    goes("1", 1)
    ready = [row.code for row in listed(demo)]
    terminal.press("jjk")
    terminal.sees(lambda: cursor_code(terminal) == ready[1])
    terminal.press("G")
    terminal.sees(lambda: cursor_code(terminal) == ready[-1])
    terminal.press("g")
    terminal.sees(lambda: cursor_code(terminal) == ready[0])


def filters(terminal: Terminal, demo: AccountManager) -> None:
    total, found = len(listed(demo)), listed(demo, text=WORD)
    assert terminal.screen.lines < len(found) < total
    terminal.press(f"/{WORD[:4]}")
    terminal.sees(f"/{WORD[:4]}", shown(len(listed(demo, text=WORD[:4])), total))
    terminal.press(f"{WORD[4:]}\r")
    terminal.sees(f"/{WORD}", shown(len(found), total), lambda: cursor_code(terminal) == found[0].code)
    terminal.press("/\x15nobody-is-called-so")
    terminal.sees(shown(0, total), "Nothing here matches")
    terminal.press(ESC)
    terminal.sees(shown(total, total))
    terminal.misses("nobody-is-called-so")


def marks(terminal: Terminal, demo: AccountManager) -> None:
    ready = listed(demo)
    codes, total = [row.code for row in ready], len(ready)
    everybody = shown(total, total)

    def sees(marked: int, then: Iterable[str], at: int) -> None:
        status = f"{marked:,} marked · {everybody}" if marked else everybody
        expected = list(then)
        terminal.sees(
            lambda: any(line.startswith(status) for line in terminal.lines()),
            lambda: cursor_code(terminal) == codes[at],
            lambda: marked_codes(terminal)[: len(expected)] == expected and (marked > 0 or not marked_codes(terminal)),
        )

    terminal.press("g ")
    sees(1, codes[:1], at=1)
    terminal.press("jvjj")
    terminal.sees("range of 3")
    terminal.press("v")
    sees(4, [codes[0], *codes[2:5]], at=4)
    terminal.press("v")
    terminal.sees("range of 1")
    terminal.press(ESC)
    terminal.misses("range of")
    terminal.press("U")
    sees(1, codes[:1], at=4)
    terminal.press("a")
    sees(total, codes[:5], at=4)
    terminal.press("u")
    sees(0, [], at=4)
    terminal.press("U*")
    sees(0, [], at=4)
    terminal.press("g *")
    sees(total - 1, codes[1:6], at=1)
    terminal.press("u,")
    same = [row.code for row in ready if row.reason == ready[1].reason]
    sees(len(same), [], at=1)
    terminal.press("u+")
    terminal.sees("Mark those with:")
    terminal.press(f"{codes[6]}\r")
    sees(1, [codes[6]], at=1)
    hidden_is_counted(terminal, demo, codes[6])
    terminal.press("m")
    terminal.sees(f"1 marked · {shown(1, 1)}", lambda: cursor_code(terminal) == codes[6])
    terminal.press("m")
    sees(1, [codes[6]], at=1)
    terminal.press("-")
    terminal.sees("Unmark those with:")
    terminal.press(f"{codes[6]}\r")
    sees(0, [], at=1)


def hidden_is_counted(terminal: Terminal, demo: AccountManager, marked: str) -> None:
    total = len(listed(demo))
    other = next(row.code for row in listed(demo) if marked not in (row.code, *row.students.split()))
    terminal.press(f"/{other}\r")
    terminal.sees(f"1 marked (1 hidden by the filter) · {shown(1, total)}", lambda: cursor_code(terminal) == other)
    terminal.press("/")
    terminal.press(ESC)
    terminal.sees(f"1 marked · {shown(total, total)}")
    terminal.press("gj")


def sorts(terminal: Terminal, demo: AccountManager) -> None:
    by_name = [row.code for row in listed(demo)]
    by_code = sorted(by_name)
    for choice, order in (("\r", by_name[::-1]), ("\r", by_name), ("c", by_code), ("\r", by_code[::-1])):
        terminal.press("s")
        terminal.sees("Sort by")
        terminal.press(choice)
        terminal.misses("Sort by")
        terminal.press("g")
        terminal.sees(lambda order=order: cursor_code(terminal) == order[0])  # type: ignore[misc]
    assert re.search(r"Code \S", terminal.lines()[HEADING]), "the heading says by which column"
    terminal.press("s")
    terminal.sees("Sort by")
    terminal.press("n")
    terminal.misses("Sort by")
    terminal.press("g")
    terminal.sees(lambda: cursor_code(terminal) == by_name[0])


def asks_why(terminal: Terminal, demo: AccountManager) -> None:
    row = listed(demo)[1]
    headline = demo.why(row.code).next_step
    terminal.press("j")
    if terminal.screen.columns >= 110:
        # The pane follows the cursor; its text is broken beside the table, so it is read there alone.
        first = headline.split()[0]
        terminal.sees(lambda: cursor_code(terminal) == row.code, lambda: f"Next   {first}" in terminal.text())
        terminal.press("\t")
        terminal.press("G")
        terminal.press("\t")
    terminal.press("\r")
    terminal.sees(f"Why: {row.code}", row.name)
    terminal.press("G")
    terminal.press("g")
    terminal.sees(row.name)
    terminal.press("q")
    terminal.misses(f"Why: {row.code}")
    # Waited for: the panel's heading goes with the first bytes, what it covered comes back with the last.
    terminal.sees(lambda: cursor_code(terminal) == row.code)


def opens_menus(terminal: Terminal) -> None:
    terminal.press("x")
    terminal.sees("Actions on", "Revoke access", lambda: any("Why" in words for words in reversed_words(terminal)))
    terminal.press("q")
    terminal.misses("Actions on")
    terminal.press(":")
    terminal.sees("Every action")
    terminal.press("only the mark")
    terminal.sees("Show only the marked")
    terminal.press(ESC)
    terminal.misses("Every action")
    terminal.press("?")
    terminal.sees("Help", "To the top")
    terminal.press("G")
    terminal.sees("ui.keys")
    terminal.press("q")
    terminal.misses("ui.keys")
    terminal.press("y")
    terminal.sees("Copied")
    assert len(terminal.copied()) == 1


def exports(terminal: Terminal, demo: AccountManager, path: Path) -> None:
    terminal.press("e")
    terminal.sees("Export to:")
    terminal.press(f"\x15{path}\r")
    terminal.sees("rows written to")
    assert len(path.read_text().splitlines()) == len(listed(demo)) + 1


def holds_and_releases(terminal: Terminal, row: Row) -> None:
    terminal.press(f"/{row.code}\r")
    terminal.sees(lambda: cursor_code(terminal) == row.code)
    terminal.press("h")
    terminal.sees(f"Never revoke {row.code}")
    terminal.press("the parents rang\r")
    terminal.sees("Until, as 31 Dec 2026")
    terminal.press("\r")
    terminal.sees(f"{row.code} is held", lambda: "Held" in terminal.lines()[FIRST_ROW])
    terminal.press("h")
    terminal.sees(f"Release {row.code}?", "the parents rang")
    terminal.press("y")
    terminal.sees(f"{row.code} is released", lambda: "Held" not in terminal.lines()[FIRST_ROW])
    terminal.press("/")
    terminal.press(ESC)
    terminal.misses(f"/{row.code}")


def revokes(terminal: Terminal, demo: AccountManager, rows: list[Row]) -> None:
    total = len(listed(demo))
    for number, row in enumerate(rows, start=1):
        terminal.press("+")
        terminal.sees("Mark those with:")
        terminal.press(f"{row.code}\r")
        terminal.sees(f"{number} marked · {shown(total, total)}")
    terminal.press("R")
    question = f"Revoke access of {len(rows)} contacts in the demo school"
    terminal.sees(question, rows[0].code, lambda: any(words == "No" for words in reversed_words(terminal)))
    terminal.press("n")
    terminal.misses(question)
    assert len(listed(demo)) == total
    terminal.press("R")
    terminal.sees(question)
    terminal.press("y")
    terminal.sees(f"{len(rows)} accounts revoked in the demo school.")
    terminal.press("q")
    terminal.misses("accounts revoked")
    left = shown(total - len(rows), total - len(rows))
    terminal.sees(lambda: any(line.startswith(left) for line in terminal.lines()), lambda: not marked_codes(terminal))
    assert not {row.code for row in rows} & {row.code for row in listed(demo)}


# -- colours -----------------------------------------------------------------------------------------------------------

_PLAIN = {"", "0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29", "39", "49"}
_SIXTEEN = {str(tens + colour) for tens in (30, 40, 90, 100) for colour in range(8)}


def forbidden(styles: Iterable[str], *, colours: bool) -> set[str]:
    """The styles that ask for more than the terminal's own sixteen colours, or for any where there are to be none."""
    allowed = _PLAIN | _SIXTEEN if colours else _PLAIN
    return {style for style in styles if not set(style.split(";")) <= allowed}


def test_the_check_of_colours_sees_what_it_is_to_see() -> None:
    assert forbidden({"1;33", "0"}, colours=True) == set()
    assert forbidden({"1;33", "38;2;9;9;9", "38;5;200", "48:2::1:2:3", "5"}, colours=True) == {
        "38;2;9;9;9", "38;5;200", "48:2::1:2:3", "5",
    }  # fmt: skip
    assert forbidden({"2;39;49", "33", "97"}, colours=False) == {"33", "97"}
