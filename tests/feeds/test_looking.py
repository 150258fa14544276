"""Looking for feeds near by, and completing a path: what is found, what is passed over, and that it ends."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.feeds import looking
from tui.feeds.looking import complete, expanded, here, likely

Write = Callable[..., Path]


def folder(parent: Path, name: str, *files: str) -> Path:
    made = parent / name
    made.mkdir()
    for file in files:
        (made / file).write_text("code\n")
    return made


def test_the_folder_and_its_sub_folders_are_found_the_newest_first(tmp_path: Path) -> None:
    csv, users = folder(tmp_path, "nightly", "Contacts.CSV"), folder(tmp_path, "OneRoster", "users.csv", "orgs.csv")
    folder(tmp_path, "photos", "me.png")
    folder(tmp_path, ".cache", "contacts.csv")
    folder(folder(tmp_path, "deep"), "deeper", "contacts.csv")
    os.utime(csv, (1, 1))
    assert likely(tmp_path, 50) == [users, csv]
    (tmp_path / "links.csv").write_text("")
    (tmp_path / "export.csv").write_text("")
    assert likely(tmp_path, 50) == [tmp_path, users, csv], "a CSV file in a folder that is a feed belongs to it"


def test_a_lone_csv_file_may_be_a_feed(tmp_path: Path) -> None:
    (tmp_path / "export.CSV").write_text("a\n")
    (tmp_path / "notes.txt").write_text("a\n")
    os.mkfifo(tmp_path / "pipe.csv")
    assert likely(tmp_path, 50) == [tmp_path / "export.CSV"]


def test_no_more_is_looked_at_than_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        made = folder(tmp_path, f"f{number:02}", "contacts.csv")
        os.utime(made, (number, number))
    assert likely(tmp_path, 6) == [tmp_path / f"f{number}" for number in (29, 28, 27, 26, 25)]
    assert likely(tmp_path, 0) == []
    monkeypatch.setattr(looking, "NAMES_READ", 3)
    assert len(likely(tmp_path, 50)) == 3


def test_what_can_not_be_looked_into_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = folder(tmp_path, "good", "users.csv")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling.csv").symlink_to("nowhere")
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    locked = folder(tmp_path, "locked", "contacts.csv")

    def scandir(path: Path) -> object:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied")
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    assert likely(tmp_path, 50) == [good]
    for odd in (tmp_path / "nowhere", tmp_path / "loop", Path("a\0b"), Path("x" * 5000), Path("\ud800")):
        assert likely(odd, 50) == []


def test_a_path_is_completed_as_far_as_all_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "export-2026", "users.csv", "users2.csv", "readme.txt")
    folder(tmp_path, "export-2025")
    folder(tmp_path, ".hidden")
    at = f"{tmp_path}/"
    assert complete(f"{at}e") == f"{at}export-202"
    assert complete(f"{at}export-2026") == f"{at}export-2026/"
    assert complete(f"{at}export-2026/") == f"{at}export-2026/users"
    assert complete(f"{at}export-2026/users.") == f"{at}export-2026/users.csv"
    assert complete(f"{at}export-2026/r") == f"{at}export-2026/r"
    assert complete(at) == f"{at}export-202", "hidden ones only when asked for"
    assert complete(f"{at}.h") == f"{at}.hidden/"
    assert complete(f"{at}nothing/x") == f"{at}nothing/x"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert complete("~/export-2025") == "~/export-2025/"
    monkeypatch.chdir(tmp_path)
    assert complete("export-2025") == "export-2025/"
    for odd in ("~nobody-of-that-name/", "a\0b/", "x" * 5000 + "/"):
        assert complete(odd) == odd


def test_home_is_meant_by_its_sign_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/a") == tmp_path / "a"
    assert expanded("~nobody-of-that-name/a") == Path("~nobody-of-that-name/a")


def test_a_folder_that_is_gone_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert here() == gone
    gone.rmdir()
    assert here() is None


def test_how_much_was_read_is_told_up_to_all(write: Write, tmp_path: Path) -> None:
    from tui.feeds import open_feed

    feed = open_feed(write(students="code,given_name,surname,status\n" + "S1,Ann,Nguyen,enrolled\n" * 20000))
    assert feed.share == 0.0
    shares = []
    for read in (feed.contacts, feed.students, feed.links, feed.staff):
        for number, _ in enumerate(read()):
            if number % 5000 == 0:
                shares.append(feed.share)
    assert shares == sorted(shares)
    assert 0.2 < shares[2] < 0.9, "it grows within a file"
    assert feed.share == 1.0
    folder = tmp_path / "oneroster"
    folder.mkdir()
    (folder / "users.csv").write_text("role,familyName,givenName,sourcedId,agentSourcedIds\nparent,Lee,Tom,P1,\n")
    feed = open_feed(folder)
    for read in (feed.contacts, feed.students, feed.links):
        list(read())
    assert feed.share == 0.8, "four of the five times that the file is gone through"
    list(feed.staff())
    assert feed.share == 1.0
