"""Marks: every way to set them, what survives what, and the status line that always says how many and how hidden."""

from collections.abc import Callable

from tests.ui.conftest import leavers
from tests.ui.driving import Person, at_the_screen
from tui.manager.manager import AccountManager

Open = Callable[..., AccountManager]


def marked(person: Person) -> list[str]:
    return sorted(person.accounts.manager.codes(person.accounts.marks.persons()))


async def test_space_marks_and_steps_down(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("space", "j", "space")
        assert marked(person) == ["P0001", "P0003"]
        assert person.status() == "2 marked · 30 of 30 shown"
        lines = person.lines()
        assert lines[3].startswith(" * P0001")
        assert lines[6].startswith(">  P0004")
        await person.press("k", "space")
        assert marked(person) == ["P0001"]


async def test_a_mark_under_the_cursor_shows_both_signs(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("space", "k")
        assert person.lines()[3].startswith(">* P0001")


async def test_all_invert_clear_and_undo(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("a")
        assert person.status() == "30 marked · 30 of 30 shown"
        await person.press("space", "*")
        assert marked(person) == ["P0001"]
        await person.press("u")
        assert person.status() == "30 of 30 shown"
        assert "nothing is marked" in await person.press("u")
        await person.press("U")
        assert marked(person) == ["P0001"]
        await person.press("U", "U", "U")
        assert marked(person) == []
        assert "there is nothing to undo" in await person.press("U")


async def test_a_range_is_kept_or_dropped(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        text = await person.press("j", "v", "j", "j")
        assert "range of 3" in text
        assert " +" in person.lines()[4][:3]
        await person.press("v")
        assert marked(person) == ["P0002", "P0003", "P0004"]
        await person.press("j", "v", "G", "escape")
        assert len(marked(person)) == 3
        await person.press("g", "v", "space")
        assert marked(person) == ["P0001", "P0002", "P0003", "P0004"]


async def test_marks_survive_filter_sort_refresh_and_tabs(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("space", "space", "space")
        await person.press("/")
        await person.type("p0001")
        await person.press("enter")
        assert person.status() == "3 marked (2 hidden by the filter) · 1 of 30 shown"
        await person.press("a")
        assert person.status() == "3 marked (2 hidden by the filter) · 1 of 30 shown"
        await person.press("u")
        assert person.status() == "1 of 30 shown"
        await person.press("U")
        assert person.status() == "3 marked (2 hidden by the filter) · 1 of 30 shown"
        await person.press("escape", "r", "s", "c", "3")
        assert person.status() == "3 marked (3 on other tabs) · 100 of 100 shown"
        await person.press("1")
        assert person.status() == "3 marked · 30 of 30 shown"
        assert marked(person) == ["P0001", "P0002", "P0003"]


async def test_marking_all_shown_leaves_the_rest_alone(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("/")
        await person.type("p001")
        await person.press("enter", "a", "escape")
        assert marked(person) == [f"P001{n}" for n in range(10)]


async def test_marks_by_pattern(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("+")
        await person.type("p002")
        await person.press("enter")
        assert len(marked(person)) == 10
        await person.press("-")
        await person.type("p0021")
        await person.press("enter")
        assert "P0021" not in marked(person)
        assert len(marked(person)) == 9
        await person.press("+", "escape")
        assert len(marked(person)) == 9


async def test_marks_by_reason(demo: AccountManager) -> None:
    async with at_the_screen(demo) as person:
        await person.press("j")
        row = person.accounts.table.row
        assert row is not None
        rows = demo.rows(demo.view(person.accounts.tab).persons)
        same = {other.person for other in rows if other.reason == row.reason}
        assert any(row.reason in other.reasons and other.person not in same for other in rows), "a reason among others"
        await person.press(",")
        assert set(person.accounts.marks.persons()) == same
        assert "has no reason" in await person.press("3", ",")


async def test_only_the_marked_are_shown_from_every_tab(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        assert "Nothing is marked" in await person.press("m")
        await person.press("space", "3", "space", "m")
        assert sorted(person.row_codes()) == ["P0001", "P0031"]
        assert person.status() == "2 marked · 2 of 2 shown"
        await person.press("g", "space")
        assert len(marked(person)) == 1
        assert person.status() == "1 marked · 1 of 1 shown"
        await person.press("escape")
        assert person.status().endswith("100 of 100 shown")
