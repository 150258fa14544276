"""Menus, palette, help, the why-pane, and the screen at every size."""

from collections.abc import Callable

import pytest

from tests.ui.conftest import leavers
from tests.ui.driving import at_the_screen
from tui.manager.manager import AccountManager

Open = Callable[..., AccountManager]


async def test_the_menu_acts_by_key_and_by_enter(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        text = await person.press("space", "x")
        assert "Actions on the 1 marked" in text
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        await person.press("n", "x", "j", "enter")
        await person.sees("2 more marked.")


async def test_a_disabled_item_says_why_and_stays(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("x")
        text = await person.press("P")
        assert "Send password reset: password reset is not built yet." in text
        assert "Actions on" in text
        await person.press("escape")
        assert "not built yet" in await person.press("P")


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_finds_actions_by_name(open_school: Open, key: str) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press(key)
        await person.type("mark all sh")
        text = await person.sees("> a ")
        assert "Mark all shown" in text
        assert "Send welcome" not in text
        await person.press("enter")
        assert person.status() == "3 marked · 3 of 3 shown"
        await person.press(key)
        await person.type("to the end")
        await person.press("enter")
        assert person.accounts.table.cursor == 2
        await person.press(key)
        await person.type("zzz")
        await person.sees("Nothing is called that.")
        await person.press("enter", "escape")


async def test_help_lists_every_action_with_its_keys(open_school: Open) -> None:
    from tui.ui.actions import of_scope

    async with at_the_screen(open_school(leavers(1)), 100, 60) as person:
        seen = await person.press("?") + await person.press("G")
        for action in of_scope("accounts").values():
            assert action.label in seen
        assert "Help: accounts" in seen


async def test_the_pane_follows_the_cursor_and_scrolls(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30)), 120, 24) as person:
        await person.sees("│ P0001 · Parent · Ready to revoke")
        await person.press("j")
        await person.sees("│ P0002 · Parent · Ready to revoke")
        await person.sees("Child0002 Surname0002 (S0002) left on")
        await person.press("tab", "j", "j")
        assert person.accounts.table.cursor == 1
        assert "P0002 · Parent" not in person.text()
        await person.press("tab", "j")
        assert person.accounts.table.cursor == 2


async def test_enter_shows_why_at_full_height(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("enter")
        text = await person.sees("Why: P0001")
        for part in ("No current student", "Next ", "Sees ", "Say ", "Children"):
            assert part in text
        await person.press("q")
        assert "Why: P0001" not in person.text()


@pytest.mark.parametrize(
    ("columns", "rows", "pane"),
    [
        (80, 24, False),
        (80, 30, True),
        (109, 29, False),
        (110, 24, True),
        (120, 40, True),
        (300, 90, True),
        (60, 15, False),
    ],
)
async def test_every_size_has_its_layout(demo: AccountManager, columns: int, rows: int, pane: bool) -> None:
    async with at_the_screen(demo, columns, rows) as person:
        if pane:
            await person.sees("· Ready to revoke")
        lines = person.lines()
        assert len(lines) == rows
        assert all(len(line) <= columns for line in lines)
        assert "acts on the demo school" in lines[0]
        assert person.accounts.has_pane is pane
        row = person.accounts.table.row
        assert row is not None
        assert row.code in lines[3]
        assert "shown" in lines[-2]
        for key in ("?", "x", ":", "R"):
            await person.press(key)
            await person.pilot.pause()
            assert all(len(line) <= columns for line in person.lines())
            await person.press("escape")


async def test_too_small_says_so_and_comes_back(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("space")
        await person.pilot.resize_terminal(59, 24)
        await person.sees("This needs more room:")
        assert "60 columns by 15 lines." in person.text()
        await person.press("a", "R", "x")
        await person.pilot.resize_terminal(80, 14)
        await person.sees("This needs more room:")
        await person.pilot.resize_terminal(80, 24)
        await person.sees("1 marked · 3 of 3 shown")
        assert person.lines()[3].startswith(" * P0001")


async def test_an_open_panel_is_laid_out_anew(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.press("a", "R")
        await person.sees("Revoke access of 30 contacts")
        await person.pilot.resize_terminal(60, 15)
        await person.sees(lambda: len(person.lines()) == 15)
        await person.sees("Type 30 to go on:")
        assert all(len(line) <= 60 for line in person.lines())
        await person.pilot.resize_terminal(120, 40)
        await person.sees("Type 30 to go on:")


PICTURE = """\
Example School · acts on the embedded register                    due: never run
1 Revoke 3 2 Provision 0 3 Active 100 4 Never in 100 5 No access 0 6 All 103
 ▸ Code     Name ▴                 Reason               Students
>  P0001    Given0001 Surname0001  No current student   (Child0001)
 * P0002    Given0002 Surname0002  No current student   (Child0002)
   P0003    Given0003 Surname0003  No current student   (Child0003)
"""


async def test_the_picture_at_80_by_24(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("j", "space", "k", "k")
        text = await person.sees("1/3")
        assert text.startswith(PICTURE), text
        foot = person.lines()[-2:]
        assert foot[0] == "1 marked · 3 of 3 shown" + "1/3".rjust(57)
        assert foot[1] == "/ filter   space mark   enter why   R revoke   W welcome   x actions   ? help"


async def test_help_is_for_what_has_the_keys(demo: AccountManager) -> None:
    async with at_the_screen(demo, 120, 40) as person:
        await person.press("tab", "?")
        text = await person.sees("The detail, which has the keys now")
        assert text.index("The detail") < text.index("Lists")
        await person.press("escape", "tab", "enter")
        await person.sees("Why: ")
        await person.press("?")
        text = await person.sees("Help: Why")
        assert "Copy the text" in text
        await person.press("escape")
        assert "Help" not in person.text()
        await person.press("escape")


async def test_the_detail_is_copied_when_it_has_the_keys(demo: AccountManager) -> None:
    async with at_the_screen(demo, 120, 40) as person:
        await person.sees("Superseded")
        await person.press("tab", "y")
        assert "Copied the detail." in person.text()
        assert "Username" in person.app.clipboard
