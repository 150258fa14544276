"""The columns: as many as fit, the rest a key away, straight whatever letters stand in them."""

from collections.abc import Callable

import pytest

from tests.ui.conftest import leavers
from tests.ui.driving import at_the_screen
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.ui.drawing import width_of
from tui.ui.widgets.columns import COLUMNS, pages

Open = Callable[..., AccountManager]


@pytest.mark.parametrize("tab", Tab)
@pytest.mark.parametrize("width", [20, 57, 77, 117, 297])
def test_every_column_is_on_some_page_and_every_page_fits(demo: AccountManager, tab: Tab, width: int) -> None:
    rows = demo.rows(demo.view(tab).persons[:40])
    found = pages(tab, rows, width)
    shown = [placed.column.sort for page in found for placed in page]
    for page in found:
        assert sum(placed.width for placed in page) + 2 * (len(page) - 1) <= width or len(page) == 1
        assert page[0].column.sort == "code"
    if width >= 57:
        assert set(shown) == set(COLUMNS)
        assert all([placed.column.sort for placed in page][:2] == ["code", "name"] for page in found)
    assert len(shown) - len(set(shown)) <= 2 * (len(found) - 1), "nothing but code and name stands twice"


async def test_the_other_columns_are_a_key_away(demo: AccountManager) -> None:
    async with at_the_screen(demo) as person:
        heading = person.lines()[2]
        assert heading.startswith(" ▸ Code")
        assert "Email" not in heading
        seen = heading
        for _ in range(person.accounts.table.page_count - 1):
            heading = (await person.press("right")).splitlines()[2]
            assert heading.startswith("◂")
            seen += heading
        assert all(column.title in seen for column in COLUMNS.values())
        assert "no more columns" in await person.press("right")
        codes = person.row_codes()
        assert codes[0] in person.lines()[3], "the code stays"
        for _ in range(person.accounts.table.page_count - 1):
            await person.press("left")
        assert "first columns" in await person.press("left")
        assert person.lines()[2].startswith(" ▸ Code")


async def test_wide_and_combining_letters_keep_the_columns_straight(open_school: Open) -> None:
    school = leavers(6)
    names = ("李小龍", "e\u0301e\u0301e\u0301", "नमस्ते", "Ana" * 30, "👩‍👧 Family", "مريم")
    for number, name in enumerate(names, start=1):
        school.contacts[f"P{number:04}"]["surname"] = name
    async with at_the_screen(open_school(school)) as person:
        table = person.accounts.table
        lines = table.shown()[1:7]
        assert len({sum(width_of(text) for text, _ in line) for line in lines}) == 1
        for strip in person.app.screen._compositor.render_strips():
            assert sum(segment.cell_length for segment in strip) == 80


async def test_who_is_held_has_a_badge_on_every_tab(demo: AccountManager) -> None:
    code = demo.codes(demo.view(Tab.ACTIVE).persons[:1])[0]
    demo.hold(code, "a note")
    async with at_the_screen(demo) as person:
        await person.press("3")
        assert "[held]" in person.lines()[3]
