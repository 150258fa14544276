"""The account list: tabs with counts, cursor, filter, sort, user types, and the window that is read."""

from collections.abc import Callable, Sequence

import pytest

from tests.school import SchoolFiles
from tests.ui.conftest import leavers
from tests.ui.driving import at_the_screen
from tui.domain.records import UserType
from tui.manager.manager import AccountManager
from tui.manager.views import Row, Tab
from tui.text import clean

Open = Callable[..., AccountManager]


async def test_header_tabs_and_first_rows(demo: AccountManager) -> None:
    counts = demo.counts()
    async with at_the_screen(demo, 160, 24) as person:
        lines = person.lines()
        assert "Banksia Ridge College · acts on the demo school" in lines[0]
        assert "DEMO" in lines[0]
        assert "never run" in lines[0]
        for number, (tab, label) in enumerate(
            zip(
                Tab,
                ("Ready to revoke", "Ready to provision", "Active", "Never logged in", "No access", "All"),
                strict=True,
            ),
            start=1,
        ):
            assert f"{number} {label} {counts[tab]:,}" in lines[1]
        assert lines[2][3:].split()[:3] == ["Code", "Name", "▴"]
        assert lines[3].startswith(">  ")
        assert person.status() == f"{counts[Tab.READY_TO_REVOKE]} of {counts[Tab.READY_TO_REVOKE]} shown"


async def test_each_tab_shows_its_people_and_keeps_its_cursor(demo: AccountManager) -> None:
    counts = demo.counts()
    async with at_the_screen(demo) as person:
        await person.press("j", "j", "j")
        stood = person.accounts.table.person
        for number, tab in enumerate(Tab, start=1):
            await person.press(str(number))
            assert person.status() == f"{counts[tab]:,} of {counts[tab]:,} shown"
            assert {row.status for row in demo.rows(person.accounts.table.persons[:20])} <= {
                Tab.READY_TO_REVOKE: {"ready_to_revoke"},
                Tab.READY_TO_PROVISION: {"ready_to_provision"},
                Tab.ACTIVE: {"active"},
                Tab.NEVER_LOGGED_IN: {"active"},
                Tab.NO_ACCESS: {"no_access"},
            }.get(tab, {"ready_to_revoke", "ready_to_provision", "active", "no_access"})
        await person.press("]")
        assert person.accounts.tab is Tab.READY_TO_REVOKE
        assert person.accounts.table.person == stood
        await person.press("[")
        assert person.status() == f"{counts[Tab.ALL]:,} of {counts[Tab.ALL]:,} shown"


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["j", "down", "k"], 1),
        (["G"], 190),
        (["G", "g"], 0),
        (["pagedown"], 18),
        (["pagedown", "pagedown", "pageup"], 18),
        (["ctrl+d"], 9),
        (["ctrl+d", "ctrl+d", "ctrl+u"], 9),
        (["k"], 0),
        (["G", "j"], 190),
    ],
)
async def test_the_cursor_moves(open_school: Open, keys: list[str], index: int) -> None:
    async with at_the_screen(open_school(leavers(191, 0))) as person:
        assert person.accounts.table.height == 19
        await person.press(*keys)
        assert person.accounts.table.cursor == index
        cursors = [line for line in person.lines()[3:-2] if line.startswith(">")]
        assert len(cursors) == 1
        assert f"P{index + 1:04}" in cursors[0]


async def test_the_filter_narrows_as_it_is_typed_and_esc_clears_it(open_school: Open) -> None:
    school = leavers(30)
    school.contacts["P0007"] |= {"given_name": "Zoë", "surname": "Ångström"}
    async with at_the_screen(open_school(school)) as person:
        await person.press("/")
        await person.type("angst")
        assert person.row_codes() == ["P0007"]
        assert person.lines()[-1] == "/angst"
        await person.press("backspace", "backspace", "backspace", "backspace", "backspace")
        assert person.status() == "30 of 30 shown"
        await person.type("zoe p0007")
        await person.press("enter")
        assert person.status() == "1 of 30 shown"
        assert "/zoe p0007" in person.lines()[-2]
        await person.press("escape")
        assert person.status() == "30 of 30 shown"
        row = person.accounts.table.row
        assert row is not None
        assert row.code == "P0007", "the cursor stays with the person"


async def test_a_filter_that_nothing_matches_says_so(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("/")
        text = await person.type("[/]")
        assert "Nothing here matches “[/]”." in text
        await person.press("enter")
        assert "No row" not in await person.press("R")
        assert "Revoke access: nothing is marked, and no row is under the cursor." in person.text()


async def test_matches_are_gone_through_with_n(open_school: Open) -> None:
    school = leavers(30)
    for code in ("P0005", "P0020"):
        school.contacts[code]["given_name"] = "Marigold"
    async with at_the_screen(open_school(school)) as person:
        assert "nothing was filtered for yet" in await person.press("n")
        await person.press("/")
        await person.type("marigold")
        await person.press("escape")
        cursors = []
        for key in ("n", "n", "n", "N"):
            await person.press(key)
            row = person.accounts.table.row
            cursors.append(row.code if row else "")
        assert sorted(set(cursors)) == ["P0005", "P0020"]
        assert cursors[0] == cursors[2] != cursors[1] == cursors[3]


async def test_sorting_by_a_column_and_back(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(12))) as person:
        text = await person.press("s")
        assert "Sort by" in text
        await person.press("c")
        assert person.row_codes()[0] == "P0001"
        assert "Code ▴" in person.text()
        await person.press("s", "c")
        assert person.row_codes()[0] == "P0012"
        assert "Code ▾" in person.text()
        await person.press("2", "1")
        assert person.row_codes()[0] == "P0012", "a tab keeps its sort"


async def test_user_types_have_lists_of_their_own(demo: AccountManager) -> None:
    async with at_the_screen(demo) as person:
        for user_type, label in ((UserType.STUDENT, "Students"), (UserType.STAFF, "Staff")):
            text = await person.press("t", "6")
            assert label in person.lines()[0]
            assert (
                person.status() == f"{demo.counts(user_type)[Tab.ALL]:,} of {demo.counts(user_type)[Tab.ALL]:,} shown"
            )
            text = await person.press("R")
            assert "only contacts are acted on here" in text
        await person.press("t", "6")
        assert "All users" in person.lines()[0]
        everybody = sum(demo.counts(user_type)[Tab.ALL] for user_type in UserType)
        assert person.status() == f"{everybody:,} of {everybody:,} shown"
        await person.press("t")
        assert person.accounts.user_type is UserType.CONTACT


async def test_a_key_reads_one_window_at_most(demo: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_the_screen(demo) as person:
        read: list[int] = []
        views: list[object] = []

        def rows(persons: Sequence[int], rows: Callable[[Sequence[int]], list[Row]] = demo.rows) -> list[Row]:
            read.append(len(persons))
            return rows(persons)

        monkeypatch.setattr(person.accounts.table, "_fetch", rows)
        monkeypatch.setattr(demo, "view", lambda *a, **k: views.append(a))
        for key in ("j", "space", "pagedown", "G", "k", "g"):
            before = len(read)
            await person.press(key)
            assert len(read) - before <= 1
        assert max(read) <= 3 * person.accounts.table.height
        assert not views


async def test_an_empty_register_says_what_to_do(open_school: Open) -> None:
    async with at_the_screen(open_school(None)) as person:
        text = person.text()
        assert "This register is empty." in text
        assert "engage-accounts import" in text
        assert "engage-accounts demo" in text
        for key in ("j", "space", "R", "enter", "a", "G", "x"):
            await person.press(key)


async def test_refresh_reads_what_others_did(open_school: Open, school: SchoolFiles) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("j")
        manager.hold("P0002", "ring first")
        assert "Held" not in person.text()
        assert "Held: No current student" in await person.press("r")
        row = person.accounts.table.row
        assert row is not None
        assert row.code == "P0002"


HOSTILE = (
    "[/]",
    "[bold]x[/bold]",
    "[",
    "\\[x",
    "[@click=app.quit]here[/]",
    "Bobby \x1b[31mTables",
    "ｗｉｄｅ 名前 한국어",
    "a\u0301\u0323b",
    "\u202eabc",
)


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_are_shown_as_they_are(open_school: Open, name: str) -> None:
    school = leavers(3)
    school.contacts["P0002"]["surname"] = name
    school.students["S0002"]["surname"] = name
    async with at_the_screen(open_school(school), 120, 40) as person:
        await person.press("/", *"p0002", "enter")
        text = await person.sees("Next   ")
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert clean(name) in text
        await person.press("enter")
        await person.sees("Why: P0002")
        await person.press("q", "x", "escape", "R")
        await person.sees("Revoke access of 1 contact")
        await person.press("y")
        await person.sees("1 account revoked")
