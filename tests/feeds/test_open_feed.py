"""Telling a feed by its files, and refusing what is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tui.errors import InputRefused
from tui.feeds import open_feed
from tui.settings import OneRosterSettings, Settings

Write = Callable[..., Path]
USERS = "Role,familyName,givenName,SOURCEDID,agentSourcedIds\nparent,Lee,Tom,P1,\n"


def refusal(path: Path, name: str | None = None) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        open_feed(path, name)
    assert caught.value.what
    assert caught.value.todo
    return caught.value


@pytest.mark.parametrize("name", [None, "csv"])
def test_a_folder_with_contacts_is_the_csv_feed(write: Write, name: str | None) -> None:
    assert open_feed(write(), name).description.feed == "csv"


@pytest.mark.parametrize("name", [None, "oneroster"])
def test_a_folder_or_a_file_of_users_is_oneroster(tmp_path: Path, name: str | None) -> None:
    for file in ("Users.csv", "export of 28 Nov.csv"):
        (tmp_path / file).write_text(USERS, encoding="utf-8")
        assert open_feed(tmp_path / file, name).description.feed == "oneroster"
    feed = open_feed(tmp_path, name, settings=Settings(oneroster=OneRosterSettings(portal_access_roles=("guardian",))))
    assert feed.description.feed == "oneroster"
    assert "role guardian." in feed.description.sync_rule


def test_a_folder_with_both_asks_which(write: Write) -> None:
    folder = write(users=USERS)
    assert "two feeds" in refusal(folder).what
    assert open_feed(folder, "csv").description.feed == "csv"
    assert open_feed(folder, "oneroster").description.feed == "oneroster"


@pytest.mark.parametrize("missing", ["contacts.csv", "students.csv", "links.csv"])
def test_part_of_a_folder_is_refused(write: Write, missing: str) -> None:
    assert f"has no {missing}" in refusal(write({missing: None})).what


@pytest.mark.parametrize("name", [None, "csv"])
def test_a_lone_contacts_file_is_refused_with_the_folder_to_give(write: Write, name: str | None) -> None:
    folder = write()
    error = refusal(folder / "contacts.csv", name)
    assert "contacts.csv by itself is not a feed" in error.what
    assert f"Give the folder that holds it: {folder}" in error.todo
    (folder / "links.csv").unlink()
    assert "into one folder" in refusal(folder / "contacts.csv", name).todo


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert f"There is no file or folder {tmp_path / 'nowhere'}" in refusal(tmp_path / "nowhere").what
    assert "There is no file or folder" in refusal(Path("a\0b")).what
    assert "can't be reached" in refusal(Path("x" * 5000)).what


def test_a_path_is_cleaned_before_it_is_shown(tmp_path: Path) -> None:
    assert "\x1b" not in str(refusal(tmp_path / "\x1b[31m"))


@pytest.mark.parametrize("name", [None, "csv", "oneroster"])
def test_an_empty_folder_is_refused(tmp_path: Path, name: str | None) -> None:
    assert ("is empty" if name is None else "has no") in refusal(tmp_path, name).what


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("code,name\n", encoding="utf-8")
    assert "no file that a feed knows" in refusal(tmp_path).what
    assert "is not a feed" in refusal(tmp_path / "notes.txt").what
    (tmp_path / "users.csv").write_text("sourcedId,givenName,familyName,agentSourcedIds\n", encoding="utf-8")
    assert "has no column role" in refusal(tmp_path / "users.csv").what


def test_a_feed_of_another_name_is_refused(write: Write) -> None:
    assert "no feed called sif" in refusal(write(), "sif").what
