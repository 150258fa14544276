"""Feeds in a zip, and archives that are none."""

import gc
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.errors import InputRefused
from tui.feeds import archives, open_feed

USERS = "Role,familyName,givenName,SOURCEDID,agentSourcedIds\nparent,Lee,Tom,P1,\n"
Entries = list[tuple[str | zipfile.ZipInfo, str]]


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zipped(tmp_path: Path, entries: Entries, name: str = "set.zip") -> Path:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, text in entries:
            archive.writestr(entry, text)
    return path


def linked(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize("folder", ["", "export/"])
def test_a_zip_is_read_and_goes_away_with_the_feed(tmp_path: Path, private: Path, folder: str) -> None:
    path = zipped(
        tmp_path, [(f"{folder}users.csv", USERS), (f"{folder}read/me.txt", "x"), ("__MACOSX/._users.csv", "x")]
    )
    feed = open_feed(path)
    assert [contact.code for contact in feed.contacts()] == ["P1"]
    assert (feed.description.feed, feed.description.source) == ("oneroster", str(path))
    assert feed.description.paths == (path,)
    (unpacked,) = private.iterdir()
    assert stat.S_IMODE(unpacked.stat().st_mode) == 0o700
    del feed
    gc.collect()
    assert not list(private.iterdir())


def test_backslashes_part_folders_as_well(tmp_path: Path) -> None:
    """Older programs on Windows write them."""
    feed = open_feed(zipped(tmp_path, [("export\\", ""), ("export\\users.csv", USERS), ("export\\read\\me.txt", "")]))
    assert [contact.code for contact in feed.contacts()] == ["P1"]


def test_a_csv_folder_may_be_zipped(tmp_path: Path) -> None:
    from .conftest import GOOD

    feed = open_feed(zipped(tmp_path, list(GOOD.items())))
    assert feed.description.feed == "csv"
    assert [contact.code for contact in feed.contacts()] == ["C1"]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([("../users.csv", USERS)], "outside"),
        ([("/users.csv", USERS)], "outside"),
        ([("C:users.csv", USERS)], "outside"),
        ([("..\\users.csv", USERS)], "outside"),
        ([("a\\..\\..\\users.csv", USERS)], "outside"),
        ([("\\users.csv", USERS)], "outside"),
        ([("\\\\host\\share\\users.csv", USERS)], "outside"),
        ([("C:\\users.csv", USERS)], "outside"),
        ([("a/..\\users.csv", USERS)], "outside"),
        ([("a\\users.csv", USERS), ("a/users.csv", USERS)], "twice"),
        ([("a\\b\\users.csv", USERS)], "deeper"),
        ([("a/../users.csv", USERS)], "outside"),
        ([(linked("users.csv"), "/etc/passwd")], "link"),
        ([("users.csv", USERS), ("USERS.csv", USERS)], "twice"),
        ([("users.csv", USERS), ("a/users.csv", USERS)], "twice"),
        ([("a/users.csv", USERS), ("b/roles.csv", USERS)], "several folders"),
        ([("a/b/users.csv", USERS)], "deeper"),
        ([("users.csv", "0" * 5_000_000)], "200 times"),
        ([("users.csv", USERS), ("other.bin", "0" * 5_000_000)], "200 times"),
        ([(f"{n}.txt", "") for n in range(1001)], "1,001 entries"),
        ([("notes.txt", "x")], "set.zip holds no CSV file, but “notes.txt”."),
        ([("export.zip", "x")], "set.zip holds no CSV file, but “export.zip”."),
        ([("[Content_Types].xml", "x"), ("xl/workbook.xml", "x")], "set.zip is an Excel workbook"),
        ([("a/", ""), ("__MACOSX/._a", "x")], "set.zip is empty"),
        ([("contacts.csv", "code,given_name,surname\n")], "set.zip has no students.csv and links.csv"),
        ([("other.csv", "x\n")], "set.zip holds no file that a feed knows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tricks_and_bombs_are_refused(tmp_path: Path, private: Path, entries: Entries, why: str) -> None:
    path = zipped(tmp_path, entries)
    with pytest.raises(InputRefused) as caught:
        open_feed(path)
    assert why in caught.value.what
    assert "The folder" not in str(caught.value)
    assert str(private) not in str(caught.value)
    assert caught.value.todo
    assert not list(private.iterdir())


def test_more_than_is_plausible_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    with pytest.raises(InputRefused, match="unpacks to more than"):
        open_feed(zipped(tmp_path, [("users.csv", USERS)]))


def damaged(content: bytes) -> bytes:
    return content[:40] + b"\xff" * 10 + content[50:]


def shortened(content: bytes) -> bytes:
    return content[:-30]


def understated(content: bytes) -> bytes:
    """The sizes that the archive's directory gives are smaller than what comes out."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + (5).to_bytes(4, "little") + content[at + 4 :]


@pytest.mark.parametrize("harm", [damaged, shortened, understated])
def test_a_damaged_zip_is_refused(tmp_path: Path, private: Path, harm: Callable[[bytes], bytes]) -> None:
    path = zipped(tmp_path, [("users.csv", USERS)])
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(InputRefused):
        open_feed(path)
    assert not list(private.iterdir())
