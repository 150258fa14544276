"""Which export a watched folder holds: its own files, or the newest dated folder or zip; and what is unfinished."""

import os
from pathlib import Path

import pytest

from tui.feeds.exports import find_export


def write(path: Path, text: str = "code\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_with_csv_files_is_the_export(tmp_path: Path) -> None:
    for name in ("contacts.csv", "Links.CSV", "readme.txt", ".hidden.csv", "2026-11-27/contacts.csv"):
        write(tmp_path / name)
    found = find_export(tmp_path)
    assert found is not None
    assert (found.path, sorted(found.files), found.unfinished) == (tmp_path, ["Links.CSV", "contacts.csv"], "")


def test_a_change_of_size_or_time_is_another_state(tmp_path: Path) -> None:
    path = write(tmp_path / "contacts.csv")
    before = find_export(tmp_path)
    assert find_export(tmp_path) == before
    os.utime(path, (1, 1))
    later = find_export(tmp_path)
    assert later != before
    path.write_text("code\nA\n")
    os.utime(path, (1, 1))
    assert find_export(tmp_path) != later


@pytest.mark.parametrize(
    "names",
    [
        ["2026-11-25", "2026-11-26", "2026-2-1", "latest"],
        ["20261125", "20261126"],
        ["export_2026-11-25_0230", "export_2026-11-26_0230"],
        ["2026-11-26_0230", "2026-11-26_1845"],
        ["seqta-2026-11-26T023000", "seqta-2026-11-26T023005"],
        ["2026.11.25", "2026-11-26"],
    ],
)
def test_of_dated_folders_the_newest_is_taken(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write(tmp_path / name / "contacts.csv")
    newest = [name for name in names if name[0] != "l" and "-2-" not in name][-1]
    found = find_export(tmp_path)
    assert found is not None
    assert found.path == tmp_path / newest


def test_of_dated_zips_the_newest_is_taken_folders_among_them(tmp_path: Path) -> None:
    write(tmp_path / "2026-11-25" / "contacts.csv")
    write(tmp_path / "roster-2026-11-26.zip")
    write(tmp_path / "roster-2026-11-27.zip.part")
    write(tmp_path / "other.zip")
    found = find_export(tmp_path)
    assert found is not None
    assert found.path == tmp_path / "roster-2026-11-26.zip"
    write(tmp_path / "2026-11-28" / "export.ZIP")
    found = find_export(tmp_path)
    assert found is not None
    assert found.path == tmp_path / "2026-11-28" / "export.ZIP"


def test_a_folder_that_was_just_made_has_no_files_yet(tmp_path: Path) -> None:
    write(tmp_path / "2026-11-25" / "contacts.csv")
    (tmp_path / "2026-11-26").mkdir()
    found = find_export(tmp_path)
    assert found is not None
    assert (found.path.name, dict(found.files)) == ("2026-11-26", {})


@pytest.mark.parametrize(
    "name", ["links.csv.part", "links.tmp", "links.csv.filepart", "x.CRDOWNLOAD", ".links.csv.Xa81Qf"]
)
def test_what_is_being_written_is_seen(tmp_path: Path, name: str) -> None:
    write(tmp_path / "contacts.csv")
    write(tmp_path / name)
    found = find_export(tmp_path)
    assert found is not None
    assert found.unfinished == name


def test_a_dated_folder_that_is_named_as_unfinished_is_none_yet(tmp_path: Path) -> None:
    write(tmp_path / "2026-11-27.tmp" / "contacts.csv")
    assert find_export(tmp_path) == (tmp_path / "2026-11-27.tmp", {}, "2026-11-27.tmp")
    write(tmp_path / "2026-11-26" / "contacts.csv")
    found = find_export(tmp_path)
    assert found is not None
    assert (found.path.name, found.unfinished) == ("2026-11-26", "")


def test_a_zip_beside_which_something_is_being_written_is_waited_for(tmp_path: Path) -> None:
    write(tmp_path / "2026-11-27" / "export.zip")
    write(tmp_path / "2026-11-27" / "staff.zip.part")
    found = find_export(tmp_path)
    assert found is not None
    assert found.unfinished == "staff.zip.part"


def test_nothing_to_take_and_nothing_there(tmp_path: Path) -> None:
    assert find_export(tmp_path) is None
    write(tmp_path / "older" / "contacts.csv")
    write(tmp_path / "2026-13-40" / "contacts.csv")
    assert find_export(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        find_export(tmp_path / "away")


def test_a_file_by_itself_is_an_export(tmp_path: Path) -> None:
    found = find_export(write(tmp_path / "users.csv"))
    assert found is not None
    assert list(found.files) == ["users.csv"]
