"""The filter as a person types it: fields, expressions, what is wrong with one, and keys that come before its end."""

from collections.abc import Callable

import pytest

from tests.ui.conftest import leavers
from tests.ui.driving import Person, at_the_screen
from tui.domain.records import UserType
from tui.manager.manager import AccountManager
from tui.manager.roll import Roll
from tui.ui.screens import people

Open = Callable[..., AccountManager]


async def test_a_field_and_an_expression(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.type("/code:p000")
        await person.press("enter")
        assert person.status() == "9 of 30 shown"
        await person.press("/", "ctrl+u")
        await person.type("/^p00[12]0$/")
        await person.press("enter")
        assert person.row_codes() == ["P0010", "P0020"]
        await person.press("escape")
        assert person.status() == "30 of 30 shown"


async def test_what_is_no_expression_is_explained_and_the_list_stays(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.type("/p001")
        assert person.status() == "10 of 30 shown"
        await person.press("ctrl+u")
        await person.type("/p00[1")
        assert "a [ is not closed" in person.text()
        assert person.status() == "30 of 30 shown"
        await person.press("enter")
        assert person.accounts.prompt is not None, "what is wrong can be mended"
        await person.type("]")
        assert "not closed" not in person.text()
        await person.press("enter")
        assert person.status() == "10 of 30 shown"
        assert person.accounts.prompt is None


async def test_an_unknown_field_is_explained(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.type("/nam:x")
        assert "there is no field nam. Did you mean name" in person.text()


async def test_keys_wait_until_everybody_was_found(open_school: Open) -> None:
    """`a` while the search goes on marks all who are found, not those found so far."""
    async with at_the_screen(open_school(leavers(1500, 10))) as person:
        roll = person.accounts.roll
        first, second = roll.pieces
        roll.pieces, roll.is_complete = [first], False  # as while the rest of the text is still being read
        for key in (*"/given", "enter", "a"):
            await person.pilot.press(key)
        assert "looking on" in person.status()
        assert not len(person.accounts.marks)
        roll.pieces, roll.is_complete = [first, second], True
        await person.sees("1,500 marked · 1,500 of 1,500 shown")
        assert not person.accounts.is_unfinished


async def half_read(person: Person, *keys: str) -> Callable[[], None]:
    """Press keys while half of the text is still being read; gives what reads the rest."""
    roll = person.accounts.roll
    first, second = roll.pieces
    roll.pieces, roll.is_complete = [first], False
    for key in keys:
        await person.pilot.press(key)
    assert not len(person.accounts.marks)

    def the_rest() -> None:
        roll.pieces, roll.is_complete = [first, second], True

    return the_rest


async def test_keys_that_waited_are_not_forgotten_however_the_search_ends(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1500, 10))) as person:
        read = await half_read(person, *"/given", "enter", "a")
        read()
        person.accounts.load()  # as when the list is read anew: the search is at its end before the next look
        await person.sees("1,500 marked · 1,500 of 1,500 shown")


async def test_keys_that_waited_are_dropped_by_esc_and_not_taken_by_the_next_search(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1500, 10))) as person:
        read = await half_read(person, *"/given", "enter", "a", "escape")
        read()
        await person.sees(lambda: person.status() == "1,500 of 1,500 shown")
        await person.type("/p001")
        await person.press("enter")
        await person.sees(lambda: person.status() == "10 of 1,500 shown")
        assert not len(person.accounts.marks)


async def test_what_is_typed_at_a_prompt_that_waited_is_typed_there(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1500, 10))) as person:
        read = await half_read(person, *"/given", "enter", "/", "ctrl+u", *"p001", "enter", "space")
        read()
        await person.sees(lambda: person.status() == "1 marked · 10 of 1,500 shown")


async def test_what_is_filtered_stays_in_sight_while_it_is_read_anew(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_AT_ONCE", 0)
    async with at_the_screen(open_school(leavers(30))) as person:
        await person.type("/p001")
        await person.press("enter")
        await person.sees("10 of 30 shown")
        await person.press("j", "j")
        await person.press("r")
        assert len(person.row_codes()) == 10
        await person.sees(lambda: not person.accounts.is_unfinished)
        assert person.accounts.table.row is not None
        assert person.accounts.table.row.code == "P0012"


async def test_a_pattern_waits_until_the_names_are_read(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(30))) as person:
        accounts = person.accounts
        accounts.roll = Roll(UserType.CONTACT)  # as in the moment after the first frame
        await person.press("+")
        await person.type("p001")
        await person.press("enter", "j", "j")
        assert person.status() == "30 of 30 shown, looking on"
        accounts.read_roll()
        await person.sees(lambda: person.status() == "10 marked · 30 of 30 shown" and accounts.table.cursor == 2)
        accounts.roll = Roll(UserType.CONTACT)
        await person.press("+", "p", "enter", "j", "escape")
        assert not accounts.is_unfinished
        accounts.read_roll()
        await person.press("k")
        await person.sees(lambda: person.status() == "10 marked · 30 of 30 shown" and accounts.table.cursor == 1)
