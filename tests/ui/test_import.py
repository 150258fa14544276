"""Importing on the screen: choose a source, read the difference, apply it or leave; and what stands in the way."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.school import FIRST, LATER, SECOND, SchoolFiles, families, small_school
from tests.school_database import sqlite_school
from tests.ui.conftest import SETTINGS
from tests.ui.driving import Person, at_the_screen
from tui.domain.import_steps import ImportStep
from tui.feeds import open_feed
from tui.jobs.plan import JobReport
from tui.manager.manager import AccountManager
from tui.ui.screens.import_ import ImportScreen

Open = Callable[..., AccountManager]
_PATIENCE = 20.0


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the program was started in."""
    folder = tmp_path / "at"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def school(open_school: Open, at: Path) -> AccountManager:
    """A register with the small school in it; the folder has its next extract."""
    manager = open_school(small_school())
    next_extract().write(at / "nightly", SECOND)
    return manager


def next_extract() -> SchoolFiles:
    """The small school later: two leave, one is new, one dropped out, one has another email, one lost its flag."""
    school = small_school()
    school.leave("S0010", "S0011")
    school.family(41)
    del school.contacts["P0040"], school.links["S0040", "P0040"]
    school.contacts["P0039"]["email"] = "new@families.example"
    school.links["S0012", "P0012"]["portal_access"] = "no"
    return school


def last(manager: AccountManager) -> str:
    return manager.overview().last_import


def screen(person: Person) -> ImportScreen:
    found = person.app.screen
    assert isinstance(found, ImportScreen)
    return found


async def choose(person: Person) -> str:
    await person.press("I")
    return await person.sees("Another folder or file")


async def read(person: Person) -> str:
    """The difference of the first source, read."""
    await choose(person)
    await person.press("enter")
    return await person.sees("Import: the difference")


async def apply(person: Person) -> None:
    """Import the difference that is on the screen."""
    await person.press("A")
    await person.sees("Import this as no. 2?")
    await person.press("y")


# -- the way through ---------------------------------------------------------------------------------------------------


async def test_an_empty_register_points_the_way(open_school: Open, at: Path) -> None:
    manager = open_school(None)
    small_school().write(at / "first")
    async with at_the_screen(manager) as person:
        assert "I imports a roster" in await person.sees("This register is empty.")
        text = await read(person)
        assert "Ready to revoke               0          4         +4" in text
        await person.press("A")
        await person.sees("Import this as no. 1?")
        await person.press("y")
        await person.sees("Imported as no. 1: ready to revoke 0 -> 4; contacts 40 new.")
        assert person.status() == "4 of 4 shown"
        assert "1 Revoke 4" in person.lines()[1]
    assert "no. 1," in last(manager)


async def test_a_database_that_the_config_names_is_imported_as_well(
    open_school: Open, at: Path, tmp_path: Path
) -> None:
    sql = sqlite_school(next_extract(), tmp_path / "sis.sqlite3")
    manager = open_school(small_school(), replace(SETTINGS, sql=sql))
    async with at_the_screen(manager, 110, 50) as person:
        await choose(person)
        assert str(tmp_path / "sis.sqlite3")[-40:] in person.lines()[1]
        await person.sees("SQL, as the config says. It is not reached before it")
        await person.press("enter")
        text = await person.sees("Import: the difference")
        assert "SQL, extract of" in text
        await apply(person)
        await person.sees("Imported as no. 2: ready to revoke 4 -> 8")
    assert "no. 2," in last(manager)


async def test_a_database_that_gives_other_records_the_second_time_is_not_imported(
    open_school: Open, at: Path, tmp_path: Path
) -> None:
    sql = sqlite_school(next_extract(), tmp_path / "sis.sqlite3")
    manager = open_school(small_school(), replace(SETTINGS, sql=sql))
    async with at_the_screen(manager, 110, 50) as person:
        await read(person)
        sqlite_school(small_school(), tmp_path / "sis.sqlite3")
        await apply(person)
        await person.sees("Read the difference again.")
    assert "no. 1," in last(manager)


async def test_the_difference_is_read_then_applied(school: AccountManager, at: Path) -> None:
    async with at_the_screen(school, 80, 50) as person:
        await choose(person)
        assert person.lines()[1].endswith(str(at / "nightly")[-40:])
        assert "CSV folder · extract of 21 Nov 2026 07:05" in person.lines()[2]
        assert "imported already as no. 1" in person.words()
        await person.press("enter")
        text = await person.sees("Import: the difference")
        order = [
            "Contacts                 before      after",
            "Ready to revoke               4          8         +4",
            "Ready to provision            2          2\n",
            "Active                       33         30         -3",
            "Become ready to revoke: 4",
            "2  Access flag changed: P0012 Given0012 Surname0012, P0040 Given0040",
            "2  No current student: P0010 Given0010 Surname0010, P0011 Given0011",
            "Portal access that moved, by contact type",
            "Parent: 1 went off",
            "contacts            40         1         1         1         0",
            "changed: email 1",
            "new:     P0041 Given0041 Surname0041",
            "gone:    P0040 Given0040 Surname0040",
            "students            41         1         2         0         0",
            "changed: exit date 2, status 2",
            "Nothing is imported yet.",
        ]
        places = [text.index(words) for words in order]
        assert places == sorted(places)
        assert "no. 1," in last(school)
        await person.press("A")
        await person.sees("Import this as no. 2?")
        assert "Only the register is changed, " in person.words()
        assert "Nobody is revoked and nobody is mailed by it." in person.words()
        await person.press("y")
        await person.sees("Imported as no. 2: ready to revoke 4 -> 8; contacts 1 new, 1 changed, 1 gone.")
        assert person.status() == "8 of 8 shown"
    assert "no. 2," in last(school)


@pytest.mark.parametrize("keys", [["n"], ["escape"], ["enter"], ["q"]])
async def test_no_is_the_answer_until_yes_is_said(school: AccountManager, keys: list[str]) -> None:
    async with at_the_screen(school) as person:
        await read(person)
        await person.press("A")
        await person.sees("Import this as no. 2?")
        await person.press(*keys)
        await person.sees("Nothing was imported.")
        assert "Import: the difference" in person.text()
    assert "no. 1," in last(school)


async def test_leaving_goes_back_step_by_step(school: AccountManager, at: Path) -> None:
    async with at_the_screen(school) as person:
        await read(person)
        await person.press("escape")
        await person.sees(lambda: "nightly" in person.lines()[1])
        assert "where is the roster?" in person.lines()[0]
        await person.press("escape")
        await person.sees("4 of 4 shown")
    assert "no. 1," in last(school)


async def test_marks_and_the_place_in_the_list_are_kept(school: AccountManager) -> None:
    async with at_the_screen(school) as person:
        await person.press("space", "j")
        await read(person)
        await apply(person)
        await person.sees("Imported as no. 2")
        assert person.status() == "1 marked · 8 of 8 shown"
        assert person.accounts.table.row is not None
        assert person.accounts.table.row.code == "P0003"


async def test_it_scrolls_and_copies(school: AccountManager) -> None:
    async with at_the_screen(school) as person:
        await read(person)
        assert "(1-20 of " in person.text()
        assert "students " not in person.text()
        await person.press("G")
        assert "students " in person.text()
        await person.press("tab", "g", "y")
        assert "Copied." in await person.sees("(1-20 of ")
        text = person.app.clipboard
    assert text.startswith("CSV folder, extract of 21 Nov 2026 07:05\n")
    assert "new:     P0041 Given0041 Surname0041" in text


async def test_a_wide_screen_shows_source_and_detail_side_by_side(school: AccountManager) -> None:
    async with at_the_screen(school, 120, 40) as person:
        await choose(person)
        assert "│ CSV folder: contacts.csv, students.csv and links.csv" in person.text()
        await person.press("enter")
        await person.sees("Import: the difference")
        assert person.lines()[2].startswith("CSV folder, extract of"), "over the whole width"
        await person.pilot.resize_terminal(70, 15)
        await person.sees("(1-11 of ")
        await person.pilot.pause()
        await person.press("escape")
        await person.sees(lambda: person.lines()[1].endswith("/at/nightly"))
        assert person.lines()[1].startswith(">  …"), "the end of a path is what tells it from others"
        assert len(person.lines()[1]) == 70, "and as much of it as there is room for now"
        await person.press("enter")
        await person.sees("Import: the difference")
        await person.pilot.resize_terminal(300, 90)
        await person.sees("links ")
        await person.press("escape")
        await person.sees("│ CSV folder: contacts.csv")


# -- sources -----------------------------------------------------------------------------------------------------------


async def test_a_source_says_what_is_wrong_with_it(school: AccountManager, at: Path) -> None:
    cut = families(3).write(at / "cut")
    (cut / "links.csv").unlink()
    families(3).write(at / "old", FIRST.replace(day=1, hour=1))
    async with at_the_screen(school) as person:
        await choose(person)
        text = person.text()
        assert "older than the last import" in text
        assert "has no links.csv." in text
        while "has no links.csv" not in (screen(person).source or screen(person).sources[0]).note:
            await person.press("j")
        await person.sees("into one folder and give that folder.")
        assert "Read the difference: The folder" in await person.press("enter")
        assert "where is the roster?" in person.text()


async def test_a_path_is_typed_and_completed(school: AccountManager, at: Path) -> None:
    next_extract().write(at.parent / "away" / "weekly", LATER)
    async with at_the_screen(school) as person:
        await choose(person)
        await person.press("G", "enter")
        await person.sees("Folder or file (tab completes):")
        await person.type("../aw")
        assert "completes): ../away/" in await person.press("tab")
        assert "completes): ../away/weekly/" in await person.press("tab")
        await person.press("enter")
        assert "extract of 1 Jan 2126" in await person.sees("Import: the difference")
        await person.press("escape", "p")
        await person.type("nowhere")
        await person.press("enter")
        await person.sees("There is no file or folder")
        assert screen(person).sources[0].path == at / "nowhere"
        assert "Check the spelling of the path." in person.text()
        await person.press("p", "escape")
        assert "where is the roster?" in person.text()


async def test_two_feeds_in_one_folder_are_told_apart(school: AccountManager, at: Path) -> None:
    (at / "nightly" / "users.csv").write_text(
        "role,familyName,givenName,sourcedId,agentSourcedIds\nparent,Lee,Tom,L1,\nstudent,Lee,Ann,L2,L1\n"
    )
    async with at_the_screen(school) as person:
        text = await choose(person)
        assert "OneRoster · extract" in text
        assert "CSV folder · extract of 21 Nov 2026" in text
        await person.press("p")
        await person.type("nightly")
        await person.press("enter")
        await person.sees(lambda: screen(person).prompt is None and not screen(person).is_unfinished)
        assert "where is the roster?" in person.text(), "which of the two is asked, not guessed"
        await person.press(*(["j"] if screen(person).source == screen(person).sources[1] else []), "enter")
        await person.sees("Import: the difference")


async def test_what_is_looked_for_again_is_found(school: AccountManager, at: Path) -> None:
    async with at_the_screen(school) as person:
        await choose(person)
        families(3).write(at / "fresh", LATER)
        await person.press("r")
        await person.sees("extract of 1 Jan 2126")


async def test_odd_names_are_shown_as_they_are_and_move_no_cursor(school: AccountManager, at: Path) -> None:
    odd = next_extract()
    odd.contacts["P0012"]["contact_type"] = "[red]x[/"
    odd.links["S0013", "P0013"]["portal_access"] = "no"
    odd.write(at / "[b]\x1b[31m].[", LATER)
    async with at_the_screen(school, 100, 40) as person:
        await choose(person)
        assert "[b]\ufffd[31m" in person.text()
        await person.press("enter")
        await person.sees("Import: the difference")
        assert "\x1b" not in person.text()


# -- what needs accepting ----------------------------------------------------------------------------------------------


async def test_bad_rows_are_named_and_left_out_only_when_that_is_accepted(school: AccountManager, at: Path) -> None:
    bad = next_extract()
    bad.students["S0020"]["status"] = "perhaps"
    bad.write(at / "nightly", SECOND)
    async with at_the_screen(school, 80, 60) as person:
        text = await read(person)
        assert "! 1 bad row can't be taken; see below." in text
        assert "students.csv, line 21, column status" in text
        assert "To import it, bad rows must be accepted." in text
        await person.press("A")
        await person.sees("1 bad row will be left out.")
        assert "What the register has of them stays as it was." in person.text()
        await person.press("n")
        await person.sees("Nothing was imported.")
        assert "no. 1," in last(school)
        await person.press("A")
        await person.sees("y import without the bad rows")
        await person.press("y")
        await person.sees("Imported as no. 2")
    assert "no. 2," in last(school)


async def test_a_shrunken_feed_takes_a_typed_word(school: AccountManager, at: Path) -> None:
    shrunk = small_school()
    for number in range(12, 41):
        del shrunk.students[f"S{number:04}"], shrunk.links[f"S{number:04}", f"P{number:04}"]
    shrunk.write(at / "nightly", SECOND)
    async with at_the_screen(school, 80, 40) as person:
        text = await read(person)
        assert "! This feed has lost more than is plausible; see below." in text
        assert "students (students.csv): 40 before, 11 now (72 % fewer)" in text
        assert "To import it, the loss must be accepted." in text
        await person.press("A")
        await person.sees("Type accept to import it all the same:")
        assert "Who is missing is taken as gone" in person.words()
        await person.type("yes")
        assert "Only accept imports it; esc leaves it." in await person.press("enter")
        await person.press("escape")
        await person.sees("Nothing was imported.")
        assert "no. 1," in last(school)
        await person.press("A")
        await person.sees("Type accept")
        await person.type("accept")
        await person.press("enter")
        await person.sees("Imported as no. 2")
    assert "no. 2," in last(school)


# -- while it runs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def held(school: AccountManager, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading and applying stand still in the middle until they are told to stop, or this is set."""
    go_on = threading.Event()

    def slowly(verb: str) -> Callable[..., Any]:
        real = getattr(school, verb)

        def run(*given: Any, progress: Callable[[ImportStep], None], stop: threading.Event, **more: Any) -> Any:
            def told(step: ImportStep) -> None:
                progress(step)
                if step.words == "Comparing links":
                    for _ in range(int(_PATIENCE / 0.01)):
                        if stop.wait(0.01) or go_on.is_set():
                            return

            return real(*given, progress=told, stop=stop, **more)

        return run

    for verb in ("preview_import", "apply_import"):
        monkeypatch.setattr(school, verb, slowly(verb))
    yield go_on
    go_on.set()


async def test_reading_shows_how_far_it_is_and_is_stopped(school: AccountManager, held: threading.Event) -> None:
    async with at_the_screen(school) as person:
        await choose(person)
        await person.press("enter")
        text = await person.sees("Comparing links")
        assert "[██████████████░░░░░░░░░░░░░░░░] 48%" in text
        assert "120 rows read" in text
        assert "Import: reading the difference" in text
        for key, why in (("A", "something is being read or imported"), ("enter", "something is being read"),
                         ("q", "esc stops it first.")):  # fmt: skip
            assert why in await person.press(key)
        await person.press("escape")
        await person.sees("Stopped. Nothing was imported.")
        assert "where is the roster?" in person.lines()[0]
        held.set()
        await person.press("enter")
        await person.sees("Import: the difference")


async def test_applying_is_stopped_with_the_difference_still_there(
    school: AccountManager, held: threading.Event
) -> None:
    async with at_the_screen(school) as person:
        held.set()
        await read(person)
        held.clear()
        await apply(person)
        await person.sees("Import: applying the difference")
        await person.sees("Comparing links")
        await person.press("escape")
        await person.sees("Stopped. Nothing was imported.")
        assert "Import: the difference" in person.text()
        assert "no. 1," in last(school)
        held.set()
        await apply(person)
        await person.sees("Imported as no. 2")


async def test_another_screen_may_be_looked_at_meanwhile(school: AccountManager, held: threading.Event) -> None:
    async with at_the_screen(school) as person:
        held.set()
        await read(person)
        held.clear()
        await apply(person)
        await person.sees("Comparing links")
        await person.press("o")
        await person.sees("Causes: 4 ready to revoke")
        held.set()
        await person.sees(lambda: "no. 2," in person.accounts.overview.last_import)
        assert "Causes:" in person.text()
        await person.press("escape")
        await person.sees("where is the roster?")
        await person.press("escape")
        await person.sees("8 of 8 shown")


async def test_going_to_the_list_over_it_stops_what_is_imported(school: AccountManager, held: threading.Event) -> None:
    async with at_the_screen(school) as person:
        held.set()
        await read(person)
        held.clear()
        await apply(person)
        await person.sees("Comparing links")
        await person.press("o")
        await person.sees("Causes: 4 ready to revoke")
        await person.press("enter")
        await person.sees("Stopped. Nothing was imported.")
        assert person.app.screen is person.accounts
    assert "no. 1," in last(school)


async def test_leaving_the_program_stops_what_is_read(school: AccountManager, held: threading.Event) -> None:
    async with at_the_screen(school) as person:
        await choose(person)
        await person.press("enter")
        await person.sees("Comparing links")
        stop = screen(person)._stop
    assert stop.is_set()
    assert "no. 1," in last(school)


async def test_what_changed_since_it_was_read_is_refused_and_read_again(school: AccountManager, at: Path) -> None:
    async with at_the_screen(school) as person:
        await read(person)
        os.utime(at / "nightly" / "links.csv", (LATER.timestamp(), LATER.timestamp()))
        await apply(person)
        await person.sees("links.csv changed since the difference was read.")
        await person.press("escape")
        assert "Import: the difference" in person.text()
        assert "no. 1," in last(school)
        await person.press("r")
        await person.sees("Import: the difference")
        await apply(person)
        await person.sees("Imported as no. 2")


async def test_another_import_in_between_is_said(school: AccountManager, at: Path) -> None:
    async with at_the_screen(school) as person:
        await read(person)
        other = AccountManager(SETTINGS, school.path)
        other.import_roster(open_feed(small_school().write(at.parent / "other", FIRST.replace(day=3))))
        other.close()
        await apply(person)
        await person.sees("Another import came in between: no. 2")
    assert "no. 2," in last(school)


async def test_what_can_not_be_read_to_its_end_is_said(school: AccountManager, at: Path) -> None:
    with (at / "nightly" / "links.csv").open("ab") as file:
        file.write(b"\n" * 100_000 + b"S0001,P0002,caf\xe9,1,yes\n")
    async with at_the_screen(school) as person:
        await choose(person)
        await person.press("enter")
        await person.sees("the text is not UTF-8.")
        await person.press("escape")
        await person.sees("where is the roster?")


# -- where it is not allowed -------------------------------------------------------------------------------------------


async def test_a_read_only_session_says_so(open_school: Open, at: Path) -> None:
    async with at_the_screen(open_school(small_school(), read_only=True)) as person:
        assert "Import a roster: this session is read-only." in await person.press("I")


async def test_the_demo_takes_no_other_records(demo: AccountManager) -> None:
    async with at_the_screen(demo) as person:
        assert "Import a roster: the demo school takes no other records" in await person.press("I")
        await person.press("colon")
        await person.type("import")
        assert "Import a roster  (the demo school takes no other records" in person.text()


async def test_not_while_a_job_runs(school: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
    started, go_on = threading.Event(), threading.Event()
    real = school.run

    def run(*given: Any, **more: Any) -> JobReport:
        started.set()
        go_on.wait(_PATIENCE)
        return real(*given, **more)

    monkeypatch.setattr(school, "run", run)
    async with at_the_screen(school) as person:
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        await person.press("y")
        await person.sees(started.is_set)
        await person.press("b")
        assert "Import a roster: a job is running" in await person.press("I")
        go_on.set()
        await person.sees("Job 1")


# -- a roster that nobody here wrote -----------------------------------------------------------------------------------


async def test_the_real_roster(real_users: Path, open_school: Open, at: Path) -> None:
    manager = open_school(None)
    async with at_the_screen(manager) as person:
        await choose(person)
        await person.press("p")
        await person.paste(str(real_users))
        await person.press("enter")
        text = await person.sees("Import: the difference")
        assert "OneRoster, extract of" in text
        assert "contacts           812       812" in text
        assert (
            "the sync rule gives portal access to contacts with the role" in (await person.press("G")) + person.words()
        )
        await person.press("A")
        await person.sees("Import this as no. 1?")
        await person.press("y")
        await person.sees("contacts 812 new.")
        await person.press("6")
        await person.sees("812 of 812 shown")
