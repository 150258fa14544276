"""Find a person on the screen: words are typed, people appear, and their records stand beside each other."""

from collections.abc import Callable
from threading import Event

import pytest

from tests.school import SchoolFiles, families
from tests.ui.driving import Person, at_the_screen
from tui.domain.records import UserType
from tui.errors import RegisterLocked
from tui.manager.manager import AccountManager
from tui.manager.views import Found
from tui.ui.screens.accounts import AccountsScreen
from tui.ui.screens.causes import CausesScreen
from tui.ui.screens.find import FindScreen

Open = Callable[..., AccountManager]


def small() -> SchoolFiles:
    """Kate on two records and Tom, the other parent, among thirty families."""
    school = families(30)
    kate = {"title": "Ms", "given_name": "Kate", "mobile": "+61 491 570 006"}
    school.contact("SMI0042", **kate, surname="Smith", username="katesmith")
    school.contact("JON0117", **kate, surname="Jones", username="")
    school.contact("SMI0043", title="Mr", given_name="Tom [/] Ångström", surname="Smith")
    for student, name in (("STU1", "Ava"), ("STU2", "Noah")):
        school.student(student, given_name=name, surname="Smith")
        school.link(student, "SMI0043", relationship="Father")
    school.link("STU1", "SMI0042", relationship="Mother")
    school.link("STU2", "JON0117", relationship="Mother")
    school.leave("STU1")
    return school


@pytest.fixture
def manager(open_school: Open) -> AccountManager:
    return open_school(small())


def screen(person: Person) -> FindScreen:
    found = person.app.screen
    assert isinstance(found, FindScreen)
    return found


async def find(person: Person, text: str) -> FindScreen:
    """Open the screen, type, and wait for what is found."""
    await person.press("f")
    await person.type(text)
    await person.sees(lambda: screen(person).found.text == text and not screen(person).is_unfinished)
    return screen(person)


def people(person: Person) -> list[str]:
    """The keys of the entries in the list."""
    return [entry.key for entry in screen(person).table.entries]


async def test_people_appear_as_they_are_typed(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await person.press("f")
        await person.sees("Who is it?")
        await person.type("smith")
        await person.sees("Find a person: smith")
        await person.sees("2 people on 3 records, 2 students")
        assert people(person) == ["SMI0042 JON0117", "SMI0043", "student:STU1", "student:STU2"]
        await person.type(" 0491 570")
        await person.sees("1 person on 2 records")
        assert people(person) == ["SMI0042 JON0117"]
        assert (
            "She has an account on SMI0042, which was never used and shows nothing: Ava Smith (STU1) left on 28 Nov "
            "2026. JON0117 is ready to provision: portal access to Noah Smith, but no account yet. "
            "Next If both are hers (same given name and mobile; another surname and email): revoke SMI0042, then "
            "welcome JON0117. Say “You are entitled to an account."
        ) in person.words()


async def test_records_stand_beside_each_other_where_there_is_room(manager: AccountManager) -> None:
    async with at_the_screen(manager, 120, 40) as person:
        await find(person, "kate smith")
        beside = next(line for line in person.lines() if line.startswith("SMI0042  Ms Kate Smith (Parent)"))
        assert beside.endswith(" │ JON0117  Ms Kate Jones (Parent)")
        assert " │ Perhaps the same person: same given name and mobile;" in person.text()
        assert (
            "Other contacts of these children: not this person SMI0043 Mr Tom [/] Ångström Smith, Father: active"
            in (person.words())
        )
        await person.pilot.resize_terminal(80, 40)
        await person.sees(lambda: any(line == "JON0117  Ms Kate Jones (Parent)" for line in person.lines()))
        lines = person.lines()
        assert lines.index("SMI0042  Ms Kate Smith (Parent)") < lines.index("JON0117  Ms Kate Jones (Parent)")


async def test_the_keys_of_the_list_while_typing_and_after(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        board = await find(person, "smith")
        first = board.key
        await person.press("down")
        second = board.key
        assert second != first
        assert board.prompt is not None, "still typing"
        await person.press("backspace")
        await person.sees(lambda: board.found.text == "smit")
        assert second in people(person)
        assert board.key == people(person)[0], "other words: the cursor is on the likest"
        await person.type("h")
        await person.sees(lambda: board.found.text == "smith")
        await person.press("tab")
        assert board.prompt is None
        await person.press("j")
        assert board.key == second
        await person.press("tab", "j")
        assert board.pane.active
        assert board.key == second, "the records scroll"
        await person.press("escape", "slash")
        assert "Find: smith" in person.lines()[-1]
        await person.press("enter", "G")
        assert board.key.startswith("student:")


async def test_enter_says_all_that_is_known_of_each_record(manager: AccountManager) -> None:
    manager.hold("SMI0042", "ring the registrar first")
    async with at_the_screen(manager, 80, 60) as person:
        await find(person, "kate smith")
        await person.press("enter", "enter")
        await person.sees("Why: SMI0042, JON0117")
        assert "Never revoke: held by" in person.words()
        assert "History - " in person.words()
        assert "Ready to provision" in person.text()
        await person.press("escape", "G", "enter")
        await person.sees("Why: SMI0042, JON0117")


async def test_a_student_is_shown_with_the_contacts(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        board = await find(person, "noah smith")
        await person.press("tab", "G")
        assert board.key == "student:STU2"
        assert "STU2 Noah Smith Student: year 7: at the school Contacts JON0117 and SMI0043" in person.words()
        await person.press("enter")
        await person.sees("Why: STU2")
        await person.press("escape", "l")
        await person.sees("STU2")
        assert isinstance(person.app.screen, AccountsScreen)
        assert person.accounts.user_type is UserType.STUDENT
        assert person.accounts.table.row is not None
        assert person.accounts.table.row.code == "STU2"


@pytest.mark.parametrize(("keys", "code"), [(("1",), "SMI0042"), (("j", "enter"), "JON0117")])
async def test_of_several_records_it_asks_which_to_show_in_the_list(
    manager: AccountManager, keys: tuple[str, ...], code: str
) -> None:
    async with at_the_screen(manager) as person:
        await find(person, "kate smith")
        await person.press("tab", "l")
        await person.sees("Show which record")
        await person.press(*keys)
        await person.sees("shown")
        row = person.accounts.table.row
        assert isinstance(person.app.screen, AccountsScreen)
        assert row is not None
        assert row.code == code


async def test_the_only_record_is_shown_at_once_and_no_choice_stays(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await find(person, "kate smith")
        await person.press("tab", "l", "escape")
        assert screen(person).key == "SMI0042 JON0117", "nothing was chosen"
        await person.press("f")
        await person.type("p0017")
        await person.sees("1 person on 1 record")
        await person.press("enter", "l")
        await person.sees("shown")
        assert person.accounts.table.row is not None
        assert person.accounts.table.row.code == "P0017"


async def test_what_is_copied_is_one_below_the_other(manager: AccountManager) -> None:
    async with at_the_screen(manager, 160, 40) as person:
        await find(person, "kate smith")
        await person.press("tab", "y")
        await person.sees("Copied the detail.")
        copied = person.app.clipboard
        assert copied.startswith("She has an account on SMI0042")
        assert "\nJON0117  Ms Kate Jones (Parent)\nPerhaps the same person" in copied
        assert "│" not in copied


async def test_esc_leaves_the_line_and_then_the_screen(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await person.press("f", "escape")
        assert isinstance(person.app.screen, AccountsScreen), "nothing was typed"
        board = await find(person, "kate")
        await person.press("escape")
        assert screen(person) is board
        assert "SMI0042" in person.text()
        await person.press("escape")
        assert isinstance(person.app.screen, AccountsScreen)


async def test_it_is_reached_from_everywhere(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await person.press("o", "f")
        await person.sees("Who is it?")
        await person.press("escape")
        assert isinstance(person.app.screen, CausesScreen)
        await person.press("escape", "enter")
        await person.sees("Why: ")
        await person.press("f")
        await person.sees("Who is it?")
        await person.press("escape", "question_mark")
        await person.sees("Help: accounts")
        await person.press("f")
        await person.sees("Who is it?")
        await person.press("escape", "x")
        await person.sees("Find a person")
        await person.press("escape", "colon")
        await person.type("find a person")
        await person.press("enter")
        await person.sees("Who is it?")
        await person.press("escape", "slash")
        await person.type("f")
        assert isinstance(person.app.screen, AccountsScreen), "typed into the filter"
        await person.press("escape", "h")
        await person.type("f")
        assert isinstance(person.app.screen, AccountsScreen), "typed into a note"


async def test_the_key_begins_anew_for_the_next_who_rings(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        board = await find(person, "kate")
        await person.press("enter", "f")
        await person.sees("Who is it?")
        assert board.prompt is not None
        assert people(person) == []
        await person.type("tom")
        await person.sees("1 person on 1 record")


async def test_keys_typed_ahead_are_kept(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await person.pilot.press("f", "k", "a", "t", "e", "space", "s", "m", "i", "enter", "enter")
        await person.sees("Why: SMI0042, JON0117")


async def test_keys_wait_for_the_people_that_they_are_meant_for(
    manager: AccountManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, go = manager.find, Event()

    def slowly(text: str) -> Found:
        go.wait(20)
        return looked(text)

    monkeypatch.setattr(manager, "find", slowly)
    async with at_the_screen(manager) as person:
        await person.press("f")
        await person.type("tom")
        await person.press("enter", "enter")
        assert "nobody is under the cursor" not in person.text()
        go.set()
        await person.sees("Why: SMI0043")


async def test_newer_words_replace_older_ones(manager: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    looked, go = manager.find, Event()

    def slowly(text: str) -> Found:
        asked.append(text)
        if len(asked) == 1:
            go.wait(20)
        return looked(text)

    monkeypatch.setattr(manager, "find", slowly)
    async with at_the_screen(manager) as person:
        await person.press("f")
        await person.type("kate smith")
        assert asked == ["k"]
        go.set()
        await person.sees(lambda: screen(person).found.text == "kate smith")
        assert people(person) == ["SMI0042 JON0117"]
        assert len(asked) <= 3, "what was typed meanwhile is looked for at once, and not letter by letter"


async def test_nobody_and_too_many(open_school: Open) -> None:
    async with at_the_screen(open_school(families(120))) as person:
        await find(person, "zzz")
        assert "Nobody was found." in person.text()
        await person.press("enter")
        for key in ("enter", "l"):
            assert "nobody is under the cursor" in await person.press(key)
        assert "nothing to copy" in await person.press("y")
        await person.press("r", "f")
        await person.type("surname")
        await person.sees("More than 100 contacts and students: add a word.")
        assert "1/200" in person.lines()[-2]


async def test_what_goes_wrong_is_shown_and_looked_for_again(
    manager: AccountManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(text: str) -> Found:
        raise RegisterLocked("The register is locked by [another] program.", means="Nothing was done.")

    async with at_the_screen(manager) as person:
        with monkeypatch.context() as broken:
            broken.setattr(manager, "find", locked)
            await person.press("f")
            await person.type("k")
            await person.sees("locked by [another] program.")
        await person.press("escape")
        await person.type("ate smith")
        await person.sees("1 person on 2 records")


async def test_refresh_looks_again(manager: AccountManager) -> None:
    async with at_the_screen(manager, 80, 40) as person:
        await find(person, "kate smith")
        assert "held" not in person.text()
        manager.hold("SMI0042", "ring the registrar first")
        await person.press("enter", "r")
        await person.sees("SMI0042 can't be revoked yet: held by")


async def test_a_read_only_session_finds_too(open_school: Open) -> None:
    async with at_the_screen(open_school(small(), read_only=True)) as person:
        await find(person, "kate smith")
        assert "revoke SMI0042, then welcome JON0117" in person.words()


async def test_another_look_draws_it_anew(manager: AccountManager) -> None:
    async with at_the_screen(manager) as person:
        await find(person, "kate")
        await person.press("enter", "question_mark")
        await person.sees("Help: find a person")
        await person.press("escape", "colon")
        await person.type("theme")
        await person.press("enter", "down", "enter")
        await person.sees("SMI0042")
        assert screen(person).pane.look == person.app.look


@pytest.mark.parametrize(("columns", "rows"), [(60, 15), (80, 24), (120, 40), (300, 90)])
async def test_it_fits_every_size(manager: AccountManager, columns: int, rows: int) -> None:
    async with at_the_screen(manager, columns, rows) as person:
        await find(person, "smith")
        assert person.lines()[1].startswith(">  ")
        assert "student" in person.lines()[-2]
        await person.press("enter", "G", "k", "k")
        assert "Tom [/] Ångs" in person.text() or "Kate" in person.text()
        await person.pilot.resize_terminal(50, 10)
        await person.sees("This needs more room")
        await person.pilot.resize_terminal(100, 30)
        await person.sees("SMI0042")
