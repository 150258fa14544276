"""Watching a folder: a whole new export is imported once, everything else is told once, and nobody is ever revoked."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.school import FIRST, SchoolFiles, families, small_school
from tui.domain.actor import Actor
from tui.domain.import_steps import ImportStep
from tui.errors import Declined, Refused, RegisterReadOnly
from tui.feeds import open_feed
from tui.manager.demo import open_demo
from tui.manager.manager import AccountManager
from tui.manager.watching_folder import FolderWatch
from tui.settings import ImportSettings, Settings

NOW = FIRST + timedelta(days=30)


class Watcher:
    """Somebody's watch of a folder, with what it said."""

    def __init__(
        self,
        register: Path,
        folder: Path,
        skip_bad: bool = False,
        watch_seconds: int = 60,
        max_shrink_percent: int = 33,
    ) -> None:
        settings = Settings(imports=ImportSettings(max_shrink_percent, watch_seconds))
        actor = Actor("watcher", "local")
        self.manager = AccountManager(settings, register, create=True, actor=actor, clock=lambda: NOW)
        self.folder = folder
        self.stop = threading.Event()
        self._context = self.manager.watch_folder(
            folder, lambda path: open_feed(path, settings=settings), skip_bad=skip_bad
        )
        self.watch: FolderWatch = self._context.__enter__()

    def look(self, times: int = 1) -> list[str]:
        """What is said in so many looks, without the dates."""
        said = [line for _ in range(times) for line in self.watch.look(self.stop)]
        assert all(line.startswith("1 Dec 2026 07:05  ") for line in said)
        return [line.partition("  ")[2] for line in said]

    def close(self) -> None:
        self._context.__exit__(None, None, None)
        self.manager.close()


Start = Callable[..., Watcher]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Watcher] = []

    def go(folder: str = "export", *, skip_bad: bool = False, **imports: int) -> Watcher:
        started.append(Watcher(tmp_path / "register.sqlite3", tmp_path / folder, skip_bad, **imports))
        return started[-1]

    yield go
    for watcher in started:
        watcher.close()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "export"


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def last_import(manager: AccountManager) -> str:
    return manager.overview().last_import


def test_a_new_export_is_imported_at_the_second_look_that_finds_it_the_same(start: Start, export: Path) -> None:
    small_school().write(export)
    watcher = start()
    assert watcher.look() == []
    (said,) = watcher.look()
    assert said == (
        f"{export}: imported as no. 1, csv extract of 1 Nov 2026 07:05; 40 contacts, 40 new; 4 ready to revoke."
    )
    assert watcher.look(5) == [], "and once"


def test_what_changes_between_two_looks_is_waited_for(start: Start, export: Path) -> None:
    school = families(20)
    watcher = start()
    for number in range(3):
        school.write(export, day(number))
        assert watcher.look() == []
    assert "extract of 3 Nov" in watcher.look()[0]


def test_a_set_that_is_not_complete_is_told_once_and_taken_when_it_is(start: Start, export: Path) -> None:
    families(20).write(export)
    links = (export / "links.csv").read_bytes()
    (export / "links.csv").unlink()
    watcher = start()
    (said,) = watcher.look(5)
    assert "has no links.csv" in said
    assert said.endswith("Nothing was changed.")
    (export / "links.csv").write_bytes(links)
    os.utime(export / "links.csv", (FIRST.timestamp(), FIRST.timestamp()))
    (said,) = watcher.look(5)
    assert "imported as no. 1" in said


def test_what_is_still_being_written_is_waited_for(start: Start, export: Path) -> None:
    families(20).write(export)
    part = export / "staff.csv.part"
    part.write_text("code,given_name,surname\n")
    watcher = start()
    assert watcher.look(5) == [f"{export}: staff.csv.part is still being written."]
    part.rename(export / "staff.csv")
    assert "imported as no. 1" in watcher.look(2)[0]


def test_a_refused_export_is_told_once_remembered_and_the_next_is_taken(start: Start, export: Path) -> None:
    school = families(60)
    school.write(export)
    watcher = start()
    assert len(watcher.look(3)) == 1
    families(10).write(export, day(1))
    (said,) = watcher.look(5)
    assert (
        "was not imported: This feed has lost more than is plausible: contacts (contacts.csv): 60 before, 10 now"
        in said
    )
    assert len(said.splitlines()) == 1
    watcher.close()

    again = start()
    assert again.look(5) == [], "another watch remembers it"
    assert "no. 1" in last_import(again.manager)
    events = [event for event in again.manager.audit_events() if event.action == "import refused"]
    assert len(events) == 1
    families(59).write(export, day(2))
    assert "imported as no. 2" in again.look(2)[0]


def test_what_is_refused_for_another_reason_than_before_is_tried_again(start: Start, export: Path) -> None:
    families(60).write(export)
    watcher = start()
    watcher.look(2)
    families(20).write(export, day(1))
    assert "was not imported" in watcher.look(3)[0]
    watcher.close()
    assert "imported as no. 2" in start(max_shrink_percent=90).look(2)[0], "the operator said so in the config"


def test_bad_rows_are_told_in_counts_and_left_out_where_that_was_said(start: Start, export: Path) -> None:
    school = families(20)
    school.links["S0001", "P0001"]["portal_access"] = "a-secret-word"
    school.write(export)
    watcher = start()
    assert watcher.look(4) == [
        f"{export} was not imported: 1 row can't be taken; a dry run shows them. Nothing was changed."
    ]
    watcher.close()
    (said,) = start(skip_bad=True).look(4)
    assert "imported as no. 1" in said
    assert "1 bad row left out" in said


def test_an_export_that_is_not_newer_is_left(start: Start, export: Path) -> None:
    families(20).write(export, day(5))
    watcher = start()
    watcher.look(2)
    watcher.close()
    again = start()
    said = "is an extract of 6 Nov 2026 07:05, and the last import (no. 1) is as new; waiting for the next."
    assert again.look(4) == [f"{export} {said}"]
    families(20).write(export, day(3))
    (said,) = again.look(4)
    assert "extract of 4 Nov 2026" in said
    assert "no. 1" in last_import(again.manager)


def dated(path: Path, taken_at: datetime) -> None:
    os.utime(path, (taken_at.timestamp(), taken_at.timestamp()))


def test_what_was_imported_half_is_taken_when_it_is_whole(start: Start, export: Path) -> None:
    """An exporter that stalls: the extract is as old as its oldest file, before and after."""
    school = families(100)
    school.write(export)
    watcher = start()
    watcher.look(2)
    school.write(export, day(1))
    links = export / "links.csv"
    whole = links.read_text().splitlines(keepends=True)
    links.write_text("".join(whole[:81]))
    dated(links, day(1) + timedelta(seconds=1))
    (said,) = watcher.look(3)
    assert "imported as no. 2" in said
    assert "20 ready to revoke" in said
    links.write_text("".join(whole))
    dated(links, day(1) + timedelta(seconds=9))
    (said,) = watcher.look(4)
    assert "imported as no. 3, csv extract of 2 Nov 2026 07:05" in said
    assert "0 ready to revoke" in said
    assert watcher.look(4) == [], "and once"


def test_one_file_that_was_corrected_is_taken_whoever_imported_before(start: Start, export: Path) -> None:
    school = families(20)
    school.write(export)
    watcher = start()
    watcher.manager.import_roster(open_feed(export))
    dated(export / "links.csv", day(1))
    (said,) = watcher.look(4)
    assert said.endswith("and the last import (no. 1) is as new; waiting for the next."), "what is in it is the same"
    school.links["S0001", "P0001"]["portal_access"] = "no"
    school.write(export)
    dated(export / "links.csv", day(2))
    (said,) = watcher.look(4)
    assert "imported as no. 2" in said
    assert "1 ready to revoke" in said


def test_a_correction_that_is_older_or_lost_too_much_is_not_taken(start: Start, export: Path) -> None:
    school = families(60)
    school.write(export, day(1))
    watcher = start()
    watcher.look(2)
    lines = (export / "links.csv").read_text().splitlines(keepends=True)
    (export / "links.csv").write_text("".join(lines[:10]))
    (said,) = watcher.look(4)
    assert "was not imported: This feed has lost more than is plausible: links (links.csv): 60 before, 9 now" in said
    school.leave("S0001")
    school.write(export, day(1))
    dated(export / "contacts.csv", day(0))
    (said,) = watcher.look(4)
    assert said.endswith(
        "is an extract of 1 Nov 2026 07:05, and the last import (no. 1) is newer; waiting for the next."
    )


def test_what_an_import_read_that_nobody_remembers_is_said_so(start: Start, export: Path) -> None:
    """A register of before that was kept."""
    families(20).write(export)
    watcher = start()
    watcher.manager.import_roster(open_feed(export))
    watcher.manager._database.connection.execute("DELETE FROM meta WHERE key = 'imported_contents'")
    (said,) = watcher.look(4)
    assert "as new, and it is not known whether of the same files; waiting for the next." in said


def test_a_folder_that_is_named_as_unfinished_is_waited_for(start: Start, export: Path) -> None:
    families(20).write(export / "2026-11-27.tmp")
    watcher = start()
    assert watcher.look(4) == ["2026-11-27.tmp is still being written."]
    (export / "2026-11-27.tmp").rename(export / "2026-11-27")
    assert "2026-11-27: imported as no. 1" in watcher.look(2)[0]


def test_of_dated_folders_only_the_newest_is_taken(start: Start, export: Path) -> None:
    for number in (24, 25, 26):
        families(20).write(export / f"2026-11-{number}", day(number))
    watcher = start()
    (said,) = watcher.look(4)
    assert said.startswith("2026-11-26: imported as no. 1")
    (export / "2026-11-27").mkdir()
    assert watcher.look(3) == []
    families(20).write(export / "2026-11-27", day(27))
    (said,) = watcher.look(4)
    assert said.startswith("2026-11-27: imported as no. 2")


def test_a_folder_that_is_away_is_told_once_and_looked_for_again(start: Start, export: Path) -> None:
    watcher = start()
    (said,) = watcher.look(4)
    assert "export can't be reached (No such file or directory)" in said
    families(20).write(export)
    assert "imported as no. 1" in watcher.look(2)[0]
    export.rename(export.with_name("unmounted"))
    assert len(watcher.look(4)) == 1
    export.with_name("unmounted").rename(export)
    assert watcher.look(4) == [
        f"{export} is an extract of 1 Nov 2026 07:05, and the last import (no. 1) is as new; waiting for the next."
    ]
    export.rename(export.with_name("unmounted"))
    assert len(watcher.look(4)) == 1, "told again, as it was back in between"


def test_an_empty_folder_is_told_once(start: Start, export: Path) -> None:
    export.mkdir()
    (said,) = start().look(4)
    assert "holds no CSV file yet" in said


def test_a_register_that_somebody_writes_to_is_waited_for(
    start: Start, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    monkeypatch.setattr("tui.register.database.BUSY_SECONDS", 0.01)
    families(20).write(export)
    watcher = start()
    other = sqlite3.connect(watcher.manager.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (said,) = watcher.look(4)
    assert "is not imported yet" in said
    assert "in use by another program" in said
    other.execute("ROLLBACK")
    other.close()
    assert "imported as no. 1" in watcher.look()[0]


def test_what_changes_while_it_is_read_is_read_again(
    start: Start, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = families(20)
    school.write(export)
    watcher = start()
    real = watcher.manager.import_roster

    def changed_meanwhile(*args: object, **kwargs: object) -> object:
        school.write(export, day(1))
        return real(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(watcher.manager, "import_roster", changed_meanwhile)
        (said,) = watcher.look(2)
    assert said == f"{export} is not imported yet: It changed while it was read."
    assert last_import(watcher.manager) == ""
    assert "extract of 2 Nov" in watcher.look(2)[0]


def test_a_stop_takes_the_running_import_back(start: Start, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    families(20).write(export)
    watcher = start()
    watcher.look()
    real = watcher.manager.import_roster

    def stopped_meanwhile(*args: object, **kwargs: object) -> object:
        def progress(step: ImportStep) -> None:
            watcher.stop.set()

        return real(*args, **kwargs, progress=progress)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(watcher.manager, "import_roster", stopped_meanwhile)
    with pytest.raises(Declined):
        watcher.look()
    assert last_import(watcher.manager) == ""


def with_a_group(export: Path, watcher: Watcher, school: SchoolFiles) -> str:
    """The line of an import in which twelve of one type lost their access, and a leaver's parent became ready."""
    for number in range(1, 13):
        school.contacts[f"P{number:04}"]["contact_type"] = "Postal"
        school.contacts[f"P{number:04}"]["given_name"] = "Secret"
    school.write(export)
    watcher.look(2)
    for number in range(1, 13):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    school.leave("S0020")
    school.write(export, day(1))
    (said,) = watcher.look(2)
    return said


def test_a_flag_group_that_waits_for_an_answer_is_told_without_anybody(start: Start, export: Path) -> None:
    said = with_a_group(export, start(), families(100))
    assert "13 ready to revoke, 13 of them since this import" in said
    assert "flag group waits for an answer: Postal@2 (engage-accounts groups)" in said
    assert "Secret" not in said
    assert "example" not in said


def test_nothing_is_revoked_by_a_watch(start: Start, export: Path) -> None:
    watcher = start()
    with_a_group(export, watcher, families(100))
    assert watcher.manager.jobs() == []
    assert watcher.manager.overview().accounts == 100
    assert not list(export.parent.glob("worklists/*"))


def test_there_is_one_watch_of_a_register(start: Start, tmp_path: Path) -> None:
    first = start()
    with pytest.raises(Refused, match=f"being watched for this register already \\(process {os.getpid()}\\)"):
        start("another")
    first.close()
    start("another")


def test_a_read_only_session_and_the_demo_watch_nothing(tmp_path: Path, export: Path) -> None:
    AccountManager(Settings(), tmp_path / "register.sqlite3", create=True).close()
    reading = AccountManager(Settings(), tmp_path / "register.sqlite3", read_only=True)
    demo = open_demo(tmp_path / "demo.sqlite3", Settings())
    for manager, error in ((reading, RegisterReadOnly), (demo, Refused)):
        with pytest.raises(error, match=r"read-only|demo school"), manager.watch_folder(export, open_feed):
            pass
        manager.close()
