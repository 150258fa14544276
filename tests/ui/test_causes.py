"""The causes on the screen: one change told from the leavers, and dealt with as a whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.school import SECOND, SchoolFiles, families
from tests.ui.conftest import SETTINGS
from tests.ui.driving import Person, at_the_screen
from tui.errors import RegisterLocked
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.ui.actions import of_scope
from tui.ui.screens.causes import CausesScreen

Open = Callable[..., AccountManager]
POSTAL = "access-flag-changed/Postal@2"
LEAVERS = "no-current-student/Parent@2"


def flagged(count: int, off: int, left: int) -> tuple[SchoolFiles, SchoolFiles]:
    """A school twice: the first `off` are Postal and lose the flag in the second extract, the next `left` leave."""
    schools = families(count), families(count)
    for school in schools:
        for number in range(1, off + 1):
            school.contacts[f"P{number:04}"]["contact_type"] = "Postal"
    for number in range(1, off + 1):
        schools[1].links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    schools[1].leave(*(f"S{number:04}" for number in range(off + 1, off + left + 1)), on="2026-11-18")
    return schools


def mend(manager: AccountManager, folder: Path) -> None:
    """Import a third extract, in which the twelve of such a school have their access again."""
    school = flagged(100, 12, 2)[1]
    for number in range(1, 13):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "yes"
    manager.import_roster(open_feed(school.write(folder, SECOND.replace(day=24))))


@pytest.fixture
def twice(open_school: Open, tmp_path: Path) -> Callable[..., AccountManager]:
    """Open a register that such a school was imported into twice."""

    def open_it(count: int = 100, off: int = 12, left: int = 2, *, read_only: bool = False) -> AccountManager:
        first, second = flagged(count, off, left)
        manager = open_school(first)
        manager.import_roster(open_feed(second.write(tmp_path / "second", SECOND)))
        if read_only:
            manager.close()
            return AccountManager(SETTINGS, manager.path, read_only=True)
        return manager

    return open_it


def causes(person: Person) -> CausesScreen:
    screen = person.app.screen
    assert isinstance(screen, CausesScreen)
    return screen


async def overview(person: Person) -> CausesScreen:
    await person.press("o")
    await person.sees("Causes: ")
    return causes(person)


async def test_one_change_is_told_from_the_leavers(twice: Callable[..., AccountManager]) -> None:
    manager = twice(3600, 1142, 38)
    async with at_the_screen(manager) as person:
        await person.press("o")
        await person.sees("Causes: 1,180 ready to revoke, 38 left to work")
        assert (
            "1,142 of 1,180 are contact type Postal; the portal access flag went off in the import of 21 Nov 2026: "
            "one change, not 1,180 leavers. 38 are left to work."
        ) in person.words()
        postal, leavers = person.lines()[5:7]
        assert postal.startswith(">   1,142  ████████")
        assert postal.endswith("Postal      Access flag changed  21 Nov 2026  to answer")
        assert leavers.split() == ["38", "█", "Parent", "No", "current", "student", "21", "Nov", "2026"]
        assert "Was that intended?" in person.words()
        await person.press("minus")
        await person.sees("38 of 1,180 shown")
        assert "without Postal, flag off, 21 Nov 2026" in person.text()
        assert person.row_codes()[0] == "P1143"
        await person.press("a", "R")
        await person.sees("Revoke access of 38 contacts in the embedded register")
        assert "stands in the way" not in person.words()


async def test_only_one_cause_is_listed_and_the_others_come_back(twice: Callable[..., AccountManager]) -> None:
    async with at_the_screen(twice()) as person:
        await overview(person)
        await person.press("enter")
        await person.sees("12 of 14 shown")
        assert "only Postal, flag off, 21 Nov 2026" in person.lines()[-2]
        await person.press("o", "minus")
        await person.sees("2 of 14 shown")
        assert person.row_codes() == ["P0013", "P0014"]
        await person.press("o", "j", "minus")
        await person.sees("0 of 14 shown")
        assert "Nobody is left here." in person.text()
        await person.press("escape")
        await person.sees("14 of 14 shown")
        assert "flag off" not in person.lines()[-2]


async def test_a_narrowed_list_follows_the_register(twice: Callable[..., AccountManager], tmp_path: Path) -> None:
    manager = twice()
    async with at_the_screen(manager) as person:
        await overview(person)
        await person.press("minus")
        await person.sees("2 of 14 shown")
        mend(manager, tmp_path / "third")
        again = flagged(100, 12, 2)[1]
        manager.import_roster(open_feed(again.write(tmp_path / "fourth", SECOND.replace(day=25))))
        await person.press("r")
        await person.sees("14 of 14 shown")  # the flags went off in another import: another cause


async def test_a_label_that_does_not_fit_is_cut_and_never_left_out(twice: Callable[..., AccountManager]) -> None:
    async with at_the_screen(twice(), 60, 24) as person:
        await overview(person)
        await person.press("space", "k", "enter")
        await person.sees("12 of 14 shown")
        assert "only Post" in person.lines()[-2]


async def test_marks_carry_to_the_account_list_and_back(twice: Callable[..., AccountManager]) -> None:
    async with at_the_screen(twice()) as person:
        board = await overview(person)
        await person.press("space")
        await person.sees("12 more marked.")
        assert board.key == LEAVERS, "a mark steps down"
        assert person.lines()[4].startswith(" * ")
        assert "12 marked" in person.lines()[-2]
        await person.press("escape")
        assert person.status().startswith("12 marked · 14 of 14 shown")
        await person.press("g", "space")  # P0001 is unmarked
        board = await overview(person)
        await person.sees("11 marked")
        assert not person.lines()[4].startswith((" *", ">*")), "one of them is not marked"
        await person.press("k", "space")
        await person.sees("1 more marked.")
        await person.press("k", "space")
        await person.sees("12 unmarked.")
        assert not len(person.accounts.marks)


async def test_a_cause_is_held_and_released_as_a_whole(twice: Callable[..., AccountManager]) -> None:
    manager = twice()
    manager.hold("P0001", "ring first")
    async with at_the_screen(manager) as person:
        await overview(person)
        assert "Never revoke all 11. Why:" in await person.press("h")
        await person.press("enter")
        assert "needs a note" in person.text()
        await person.press("h")
        await person.type("asked the registrar")
        await person.press("enter", "enter")
        await person.sees("11 accounts held: never revoked until released.")
        assert "12 held." in person.text()
        assert person.lines()[4].endswith("to answer")
        assert manager.why("P0002").facts.holds[0].note == "asked the registrar"
        await person.press("escape")
        assert "Held" in person.lines()[4], "the account list knows it too"
        await overview(person)
        await person.press("h")
        await person.sees("Release 11 accounts?")
        await person.press("n", "h", "y")
        await person.sees("11 accounts released.")
        assert "1 held." in person.text()
        await person.press("escape")
        await person.sees("14 of 14 shown")
        assert "Held" in person.lines()[3]
        assert "Held" not in person.lines()[4]


async def test_what_only_holds_are_left_of_is_released(twice: Callable[..., AccountManager], tmp_path: Path) -> None:
    manager = twice()
    manager.hold_cause(POSTAL, "asked the registrar")
    mend(manager, tmp_path / "third")
    async with at_the_screen(manager) as person:
        board = await overview(person)
        await person.press("G")
        assert board.key == POSTAL
        assert "nobody is in it any more" in person.words()
        for key in ("enter", "minus", "space"):
            assert "nobody is in this cause any more" in await person.press(key)
        await person.press("h", "y")
        await person.sees("12 accounts released.")
        assert [str(cause.key) for cause in manager.causes().causes] == [LEAVERS]


async def test_a_flag_group_is_answered(demo: AccountManager) -> None:
    group = demo.groups()[0]
    async with at_the_screen(demo) as person:
        assert "1 group to answer: o" in person.lines()[0]
        await overview(person)
        assert "one change, not" in person.words()
        await person.press("!")
        await person.sees(f"Flag group {group.key}")
        assert "mend the flag or the sync rule" in person.words()
        await person.press("m")
        await person.sees("Reason:")
        await person.press("enter")
        await person.sees("Something is to be typed here.")
        await person.type("a slip in the sync rule")
        await person.press("enter")
        await person.sees(f"{group.key}: mistake.")
        await person.sees("waiting for a flag to be mended")
        await person.press("i")
        await person.type("the school changed it")
        await person.press("enter")
        await person.sees(f"{group.key}: intended.")
        await person.press("escape")
        await person.sees("shown")
        assert "to answer" not in person.lines()[0]
    answered = demo.groups()[0]
    assert (answered.answer, answered.answer_reason) == ("intended", "the school changed it")


async def test_what_can_not_be_done_says_why(twice: Callable[..., AccountManager]) -> None:
    manager = twice()
    for code in ("P0013", "P0014"):
        manager.hold(code, "ring first")
    async with at_the_screen(manager, 80, 40) as person:
        await overview(person)
        await person.press("j")
        assert "this is no flag group" in await person.press("m")
        assert "held by themselves" in await person.press("h")
        await person.press("x")
        await person.sees("Actions on Parent, left, 21 Nov 2026")
        assert "this is no flag group" in person.text()
        await person.press("escape", "?")
        help_ = await person.sees("Help: causes") + await person.press("G")
        assert all(action.label in help_ for action in of_scope("causes").values())


async def test_a_read_only_session_looks_and_marks(twice: Callable[..., AccountManager]) -> None:
    manager = twice(read_only=True)
    async with at_the_screen(manager) as person:
        await overview(person)
        for key in ("h", "!", "m", "i"):
            assert "this session is read-only" in await person.press(key)
        await person.press("space", "k", "enter")
        await person.sees("12 marked · 12 of 14 shown")
    manager.close()


async def test_nobody_ready_and_the_key_leads_back(open_school: Open) -> None:
    async with at_the_screen(open_school(families(3))) as person:
        await person.press("o")
        await person.sees("Nobody is ready to revoke.")
        for key in ("enter", "minus", "space", "h", "!", "y"):
            assert "no cause is under the cursor" in await person.press(key) or "nothing to copy" in person.text()
        await person.press("o")
        await person.sees("0 of 0 shown")


async def test_what_goes_wrong_below_is_shown_and_read_again(
    twice: Callable[..., AccountManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = twice()

    def locked(*args: object, **more: object) -> object:
        raise RegisterLocked("The register is locked by [another] program.", means="Nothing was done.")

    async with at_the_screen(manager) as person:
        with monkeypatch.context() as broken:
            broken.setattr(manager, "causes", locked)
            await person.press("o")
            await person.sees("locked by [another] program.")
        await person.press("escape", "r")
        await person.sees("14 ready to revoke")
        with monkeypatch.context() as broken:
            broken.setattr(manager, "hold_cause", locked)
            await person.press("h")
            await person.type("why")
            await person.press("enter", "enter")
            await person.sees("That did not work")
        await person.press("escape")
        await person.sees("14 ready to revoke")


async def test_copying_says_what_the_detail_says(twice: Callable[..., AccountManager]) -> None:
    async with at_the_screen(twice()) as person:
        await overview(person)
        await person.press("y")
        assert person.app.clipboard.startswith("Postal · Access flag changed\n12 of 14 accounts ready to revoke are")
        assert POSTAL in person.app.clipboard


@pytest.mark.parametrize(("columns", "rows"), [(60, 15), (80, 24), (110, 30), (300, 90)])
async def test_it_fits_every_size(twice: Callable[..., AccountManager], columns: int, rows: int) -> None:
    async with at_the_screen(twice(), columns, rows) as person:
        board = await overview(person)
        await person.sees("to answer")
        table = "\n".join("".join(span[0] for span in line) for line in board.table.shown())
        for words in ("Postal", "Access flag changed", "to answer", "Parent", "No current student"):
            assert words in table
        assert ("█" in table) is (columns != 60 and columns != 110)
        await person.pilot.resize_terminal(100, 30)
        await person.sees("█")


async def test_typed_ahead_it_is_the_cause_that_is_meant(
    twice: Callable[..., AccountManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that come while the causes are being read wait for them."""
    from threading import Event

    manager = twice()
    read, go = manager.causes, Event()

    def slowly() -> object:
        go.wait(20)
        return read()

    monkeypatch.setattr(manager, "causes", slowly)
    async with at_the_screen(manager) as person:
        await person.press("o", "j", "minus")
        assert isinstance(person.app.screen, CausesScreen)
        go.set()
        await person.sees("12 of 14 shown")
        assert "without Parent, left" in person.text()
