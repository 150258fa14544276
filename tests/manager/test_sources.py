"""Where a roster could be imported from: what is listed, in which order, and what is said of each."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Run
from tests.school import FIRST, LATER, SECOND, families
from tui.feeds import open_feed
from tui.manager.demo import open_demo
from tui.manager.manager import AccountManager
from tui.manager.sources import Source
from tui.settings import Settings

USERS = "role,familyName,givenName,sourcedId,agentSourcedIds\nparent,Lee,Tom,P1,\n"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AccountManager]:
    opened = AccountManager(Settings(), tmp_path / "state" / "register.sqlite3", create=True)
    yield opened
    opened.close()


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """The folder that the program was started in."""
    folder = tmp_path / "at"
    folder.mkdir()
    return folder


def listed(sources: list[Source]) -> list[tuple[str, str, str]]:
    return [(Path(source.shown).name, source.feed, source.note) for source in sources]


def test_each_is_said_what_it_is(manager: AccountManager, at: Path) -> None:
    school = families(3)
    manager.import_roster(open_feed(school.write(at / "first")))
    manager.import_roster(open_feed(school.write(at / "second", SECOND)))
    school.write(at / "between", FIRST.replace(day=2))
    school.write(at / "new", LATER)
    users = at / "oneroster" / "users.csv"
    users.parent.mkdir()
    users.write_text(USERS)
    os.utime(users, (LATER.timestamp() - 1, LATER.timestamp() - 1))
    school.write(at / "cut")
    (at / "cut" / "links.csv").unlink()
    (at / "pictures").mkdir()
    (at / "notes.csv").write_text("a,b\n")
    found = manager.sources(here=at)
    assert listed(found) == [
        ("new", "csv", ""),
        ("oneroster", "oneroster", ""),
        ("second", "csv", "imported already as no. 2"),
        ("between", "csv", "older than the last import"),
        ("first", "csv", "imported already as no. 1"),
        ("cut", "", f"The folder {at / 'cut'} has no links.csv."),
    ]
    assert found[0].files == ("contacts.csv", "students.csv", "links.csv")
    assert found[0].taken_at == LATER.isoformat()
    assert found[1].files == ("users.csv",)
    assert found[-1].wrong is not None
    assert found[-1].wrong.todo


def test_what_was_imported_before_is_listed_wherever_it_is(manager: AccountManager, at: Path, tmp_path: Path) -> None:
    away, gone = families(3).write(tmp_path / "away"), families(3).write(tmp_path / "gone", SECOND)
    for folder in (away, gone):
        manager.import_roster(open_feed(folder))
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    assert listed(manager.sources(here=at)) == [
        ("away", "csv", "imported already as no. 1"),
        ("gone", "", f"There is no file or folder {gone}."),
    ]
    families(4).write(away, LATER)
    assert listed(manager.sources(here=None))[0] == ("away", "csv", "")


def test_a_path_given_from_where_one_stood_is_found_again(
    manager: AccountManager, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    families(3).write(at / "extract")
    monkeypatch.chdir(at)
    manager.import_roster(open_feed(Path("extract")))
    monkeypatch.chdir(at.parent)
    assert [source.path for source in manager.sources()] == [at / "extract"]


def test_what_was_typed_comes_first_whatever_it_is(manager: AccountManager, at: Path) -> None:
    families(3).write(at / "good", LATER)
    (at / "notes.csv").write_text("a,b\n")
    for typed in (at / "notes.csv", at / "nowhere", Path("a\0b"), Path("x" * 5000), Path("\ud800")):
        found = manager.sources(typed, here=at)
        assert found[0].wrong is not None
        assert found[0].note
        assert [Path(source.shown).name for source in found[1:]] == ["good"]
    assert listed(manager.sources(at / "good", here=at)) == [("good", "csv", "")], "once"


def test_a_folder_with_two_feeds_is_two_sources(manager: AccountManager, at: Path) -> None:
    folder = families(3).write(at / "both")
    (folder / "users.csv").write_text(USERS)
    assert sorted(source.feed for source in manager.sources(here=at)) == ["csv", "oneroster"]
    (folder / "links.csv").unlink()
    (source,) = manager.sources(here=at)
    assert "holds two feeds" in source.note


def test_one_extract_under_two_names_is_listed_once(manager: AccountManager, at: Path) -> None:
    families(3).write(at / "extract")
    (at / "latest").symlink_to("extract")
    assert len(manager.sources(here=at)) == 1


def test_the_demo_has_no_sources(tmp_path: Path, at: Path) -> None:
    demo = open_demo(tmp_path / "demo.sqlite3", Settings())
    assert demo.sources(here=at) == []
    demo.close()


def test_the_verb_lists_them_without_a_register_too(
    cli: Run, at: Path, register: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(at)
    assert "Nothing here looks like a roster" in cli("sources").out
    families(3).write(at / "extract", LATER)
    assert str(at / "extract") in cli("sources", "--read-only").out
    assert not register.exists()
    assert cli("import", at / "extract").code == 0
    assert "imported already as no. 1" in cli("sources").out
    (source,) = cli("sources", "--json").json()
    assert source == {
        "path": str(at / "extract"),
        "where": str(at / "extract"),
        "feed": "csv",
        "files": ["contacts.csv", "students.csv", "links.csv"],
        "taken_at": LATER.isoformat(),
        "number": 1,
        "older": False,
        "wrong": "",
    }
