"""A difference is read, then applied: what it carries, and that only what was read is ever imported."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.school import FIRST, SECOND, SchoolFiles, families, small_school
from tui.domain.import_steps import ImportStep
from tui.errors import Declined, ImportStopped, InputRefused, Refused
from tui.feeds import open_feed
from tui.manager.demo import open_demo
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.settings import AccountSettings, Settings


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AccountManager]:
    """A register with the small school in it."""
    settings = Settings(accounts=AccountSettings(service="embedded"))
    opened = AccountManager(settings, tmp_path / "state" / "register.sqlite3", create=True)
    opened.import_roster(open_feed(small_school().write(tmp_path / "first")))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The next extract: two more leave, one is new, one drops out, one has another email."""
    school = small_school()
    school.leave("S0010", "S0011")
    school.family(41)
    del school.contacts["P0040"], school.links["S0040", "P0040"]
    school.contacts["P0039"]["email"] = "new@families.example"
    school.links["S0012", "P0012"]["portal_access"] = "no"
    return school.write(tmp_path / "second", SECOND)


def last(manager: AccountManager) -> str:
    return manager.overview().last_import


def test_the_difference_carries_what_is_read(manager: AccountManager, folder: Path) -> None:
    before = last(manager)
    difference = manager.preview_import(folder).difference
    assert last(manager) == before
    assert difference.dry_run
    assert (difference.before["active"], difference.after["active"]) == (33, 30)
    assert [(found.reason, found.size) for found in difference.ready] == [
        ("access_flag_changed", 2), ("no_current_student", 2),
    ]  # fmt: skip
    assert difference.ready[1].some == (("P0010", "Given0010 Surname0010"), ("P0011", "Given0011 Surname0011"))
    assert difference.no_longer_ready == 0
    assert difference.fields == {"student": {"exit_date": 2, "status": 2}, "contact": {"email": 1}}
    assert difference.some["contacts"] == {
        "added": [("P0041", "Given0041 Surname0041")],
        "gone": [("P0040", "Given0040 Surname0040")],
    }
    assert [(move.contact_type, move.went_off) for move in difference.flags] == [("Parent", 1)]
    assert (difference.shrunk, difference.skipped, difference.noticed) == ([], 0, [])
    applied = manager.apply_import(manager.preview_import(folder))
    assert not applied.dry_run
    assert (applied.before, applied.after, applied.ready) == (difference.before, difference.after, difference.ready)
    assert manager.counts()[Tab.READY_TO_REVOKE] == 8


def test_only_the_first_few_are_named(manager: AccountManager, tmp_path: Path) -> None:
    school = small_school()
    school.leave(*(f"S{number:04}" for number in range(10, 19)))
    (ready,) = manager.preview_import(school.write(tmp_path / "second", SECOND)).difference.ready
    assert ready.size == 9
    assert [code for code, _ in ready.some] == [f"P{number:04}" for number in range(10, 15)]


def test_who_is_not_ready_any_more_is_counted(manager: AccountManager, tmp_path: Path) -> None:
    school = small_school()
    school.students["S0001"]["status"] = "enrolled"
    difference = manager.preview_import(school.write(tmp_path / "second", SECOND)).difference
    assert (difference.ready, difference.no_longer_ready) == ([], 1)


def test_bad_rows_don_t_hide_the_difference_and_are_not_applied_unasked(manager: AccountManager, folder: Path) -> None:
    with (folder / "links.csv").open("a") as file:
        file.write("S0020,P0020,Aunt,,sometimes\n")
    read = manager.preview_import(folder)
    assert read.difference.skipped == 1
    (problem,) = read.difference.problems
    assert (problem.file, problem.line, problem.column) == ("links.csv", 41, "portal_access")
    assert "sometimes" in problem.message
    with pytest.raises(InputRefused, match="1 row can't be taken"):
        manager.apply_import(read)
    assert manager.apply_import(read, skip_bad=True).skipped == 1


def test_a_shrunken_feed_doesn_t_hide_the_difference_and_is_not_applied_unasked(
    manager: AccountManager, tmp_path: Path
) -> None:
    school = small_school()
    for number in range(12, 41):
        del school.students[f"S{number:04}"], school.links[f"S{number:04}", f"P{number:04}"]
    read = manager.preview_import(school.write(tmp_path / "second", SECOND))
    assert [line.split(":")[0] for line in read.difference.shrunk] == ["students (students.csv)", "links (links.csv)",
                                                                       "students at the school"]  # fmt: skip
    assert not read.difference.noticed
    assert any("Accepted although it shrank" in warning for warning in read.difference.warnings)
    with pytest.raises(ImportStopped):
        manager.apply_import(read)
    assert manager.apply_import(read, accept_shrink=True).number == 2


@pytest.mark.parametrize("how", ["written again", "touched", "as old and large as before", "a file more", "gone"])
def test_what_changed_since_it_was_read_is_not_imported(manager: AccountManager, folder: Path, how: str) -> None:
    read, before = manager.preview_import(folder), last(manager)
    path = folder / "students.csv"
    status = path.stat()
    if how == "written again":
        path.write_bytes(path.read_bytes() + b"S0999,A,B,7,enrolled,,\n")
    elif how == "touched":
        os.utime(path)
    elif how == "as old and large as before":
        path.write_bytes(path.read_bytes().replace(b"Child0020", b"Child0021"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif how == "a file more":
        path = folder / "staff.csv"
        path.write_text("code\nT1\n")
    else:
        path.unlink()
    with pytest.raises((Refused, InputRefused)) as caught:
        manager.apply_import(read)
    assert path.name in caught.value.what
    assert "Nothing was imported." in caught.value.means
    if how != "gone":
        assert "since the difference was read" in caught.value.what
        assert "read the difference again" in caught.value.todo
    assert last(manager) == before


@pytest.mark.parametrize("applying", [False, True])
def test_what_changes_while_it_is_read_is_not_imported(manager: AccountManager, folder: Path, applying: bool) -> None:
    read = manager.preview_import(folder) if applying else None

    def told(step: ImportStep) -> None:
        if step.words == "Reading links.csv":
            os.utime(folder / "contacts.csv")

    with pytest.raises(Refused, match=r"contacts\.csv changed"):
        manager.apply_import(read, progress=told) if read else manager.preview_import(folder, progress=told)
    assert "no. 1," in last(manager)


def test_another_import_in_between_is_said(manager: AccountManager, folder: Path, tmp_path: Path) -> None:
    read = manager.preview_import(folder)
    manager.import_roster(open_feed(small_school().write(tmp_path / "other", FIRST + timedelta(days=1))))
    with pytest.raises(Refused) as caught:
        manager.apply_import(read)
    assert caught.value.what.startswith("Another import came in between: no. 2 by ")
    assert "Nothing was imported." in caught.value.means
    assert "no. 2," in last(manager)
    assert manager.apply_import(manager.preview_import(folder)).number == 3


@pytest.mark.parametrize("applying", [False, True])
def test_it_can_be_stopped(manager: AccountManager, folder: Path, applying: bool) -> None:
    read, before, stop = manager.preview_import(folder), last(manager), threading.Event()
    steps: list[ImportStep] = []

    def told(step: ImportStep) -> None:
        steps.append(step)
        if step.words.startswith("Working out"):
            stop.set()

    given: dict[str, Any] = {"progress": told, "stop": stop}
    with pytest.raises(Declined):
        manager.apply_import(read, **given) if applying else manager.preview_import(folder, **given)
    assert steps
    assert last(manager) == before


def test_what_the_feed_says_of_itself_is_noted(manager: AccountManager, folder: Path) -> None:
    path = folder / "links.csv"
    path.write_text(path.read_text().replace("portal_access", "portal acess"))
    notes = manager.preview_import(folder).notes
    assert notes == ("1 column of links.csv not known to this feed and not read: portal acess.",)


def test_one_of_two_feeds_in_a_folder_is_meant(tmp_path: Path) -> None:
    manager = AccountManager(Settings(), tmp_path / "register.sqlite3", create=True)
    folder = families(3).write(tmp_path / "both")
    (folder / "users.csv").write_text(
        "role,familyName,givenName,sourcedId,agentSourcedIds\nparent,Lee,Tom,P1,\nstudent,Lee,Ann,S1,P1\n"
    )
    read = manager.preview_import(folder, "oneroster")
    assert read.difference.feed == "oneroster"
    assert "the sync rule gives portal access to contacts with the role parent and guardian" in read.notes[0]
    assert manager.apply_import(read).feed == "oneroster"
    manager.close()


def test_the_demo_reads_no_other_records(tmp_path: Path) -> None:
    demo = open_demo(tmp_path / "demo.sqlite3", Settings())
    with pytest.raises(Refused, match="demo school"):
        demo.preview_import(families(3).write(tmp_path / "extract"))
    demo.close()


def test_an_empty_register_can_read_a_difference_too(tmp_path: Path) -> None:
    manager = AccountManager(Settings(), tmp_path / "register.sqlite3", create=True)
    school = SchoolFiles()
    school.leave(school.family(1)[0])
    school.family(2)
    read = manager.preview_import(school.write(tmp_path / "extract"))
    assert (read.difference.number, read.difference.before) == (1, {})
    assert [(found.reason, found.size) for found in read.difference.ready] == [("no_current_student", 1)]
    assert manager.apply_import(read).number == 1
    manager.close()
