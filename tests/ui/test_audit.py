"""The audit on the screen: the newest first, filtered as typed, its detail, an export, the chain walked, any length."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.school import families
from tests.ui.driving import Person, at_the_screen
from tui.manager.manager import AccountManager
from tui.register import audit, audit_reading
from tui.register.audit import AuditEvent
from tui.ui.actions import of_scope
from tui.ui.screens.audit import AuditScreen

Open = Callable[..., AccountManager]


@pytest.fixture
def worked(open_school: Open) -> AccountManager:
    """Settings, an import, two holds and a release."""
    manager = open_school(families(5))
    manager.hold("P0001", "ring first")
    manager.hold("P0002", "a court date is pending")
    manager.release("P0001")
    return manager


async def opened(person: Person) -> AuditScreen:
    await person.press("L")
    await person.sees(lambda: isinstance(person.app.screen, AuditScreen))
    screen = person.app.screen
    assert isinstance(screen, AuditScreen)
    await person.sees(lambda: bool(screen.table.numbers) and "looking on" not in person.text())
    return screen


async def test_the_newest_come_first(worked: AccountManager) -> None:
    async with at_the_screen(worked) as person:
        await opened(person)
        lines = person.lines()
        assert lines[0].startswith("Audit: who did what to whom")
        assert lines[1].split() == ["When", "Who", "Action", "Subject", "Reason"]
        assert lines[2].startswith(">  ")
        assert "release revoke" in lines[2]
        assert "a court date" in lines[3]
        assert [line for line in lines if "import " in line and "snapshot 1" in line]
        assert lines[-2].startswith("5 events")
        assert all(len(line) <= 80 for line in lines)
        await person.press("j")
        assert "a court date is pending" in person.lines()[-2], "whole, where the column is too narrow"
        await person.press("L")
        await person.sees("shown")


async def test_it_is_filtered_as_it_is_typed(worked: AccountManager) -> None:
    async with at_the_screen(worked) as person:
        screen = await opened(person)
        await person.press("/")
        await person.type("HOLD p000")
        await person.sees(lambda: len(screen.table.numbers) == 2)
        await person.type("2")
        await person.sees(lambda: len(screen.table.numbers) == 1)
        assert "a court date" in person.lines()[2]
        await person.press("enter")
        assert "/HOLD p0002" in person.lines()[-2]
        await person.press("/")
        await person.type("x")
        await person.sees("Nothing here matches")
        await person.press("escape")
        await person.sees(lambda: len(screen.table.numbers) == 5)


async def test_its_detail_says_before_and_after(worked: AccountManager) -> None:
    async with at_the_screen(worked) as person:
        screen = await opened(person)
        event = screen.table.event_here
        assert event is not None
        text = await person.press("enter")
        assert f"Event {event.id}: release revoke" in text
        assert "before.note ring first" in person.words()
        assert event.hash.hex() in text
        await person.press("escape", "y")
        assert person.app.clipboard.split("\t")[3:5] == ["release revoke", "P0001"]
        await person.press("Y")
        assert person.app.clipboard == str(worked.audit_head())


async def test_what_is_shown_is_exported(worked: AccountManager, tmp_path: Path) -> None:
    async with at_the_screen(worked) as person:
        await opened(person)
        await person.press("/")
        await person.type("P0001")
        await person.press("enter", "e")
        await person.press("ctrl+u")
        await person.type(str(tmp_path / "audit.csv"))
        await person.press("enter")
        await person.sees("2 events written to")
        assert len((tmp_path / "audit.csv").read_text("utf-8").splitlines()) == 3


async def test_the_chain_is_walked_and_what_was_changed_is_named(worked: AccountManager) -> None:
    async with at_the_screen(worked) as person:
        await opened(person)
        await person.press("V")
        await person.sees("The audit chain holds: 5 events.")
        assert str(worked.audit_head())[:40] in person.words()
        await person.press("escape")
        with closing(sqlite3.connect(worked.path)) as connection, connection:
            connection.execute("UPDATE audit SET reason = 'never said' WHERE id = 3")
        await person.press("V")
        await person.sees("The audit chain does not hold")
        assert "Event 3 was changed" in person.words()


async def test_any_number_of_events(worked: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of numbers come one after the other, and only events in sight are read."""
    monkeypatch.setattr(audit_reading, "_WINDOW", 100)
    with worked._database.transaction() as connection:
        for number in range(1000):
            audit.append(connection, worked._actor, "2026-11-28T07:05:00+00:00", "export", reason=f"no {number}")
    read: list[int] = []
    fetch = worked.audit_window

    def counted(numbers: Sequence[int]) -> list[AuditEvent]:
        read.extend(numbers)
        return fetch(numbers)

    monkeypatch.setattr(worked, "audit_window", counted)
    async with at_the_screen(worked) as person:
        screen = await opened(person)
        assert len(screen.table.numbers) == 1005
        assert "no 999" in person.lines()[2]
        await person.press("G")
        assert "1,005/1,005" in person.lines()[-2]
        assert "settings" in person.lines()[-3]
        await person.press("g")
        assert "no 999" in person.lines()[2]
        assert len(read) < 100


async def test_help_and_a_session_that_only_looks(open_school: Open) -> None:
    async with at_the_screen(open_school(families(3), read_only=True)) as person:
        await opened(person)
        await person.press("?")
        help_ = await person.sees("Help: audit") + await person.press("G")
        assert all(action.label in help_ for action in of_scope("audit").values() if action.name.startswith("audit_"))
        await person.press("escape", "escape")
        await person.sees("shown")


@pytest.mark.parametrize(("columns", "rows"), [(60, 15), (80, 24), (160, 40)])
async def test_it_fits_every_size(worked: AccountManager, columns: int, rows: int) -> None:
    async with at_the_screen(worked, columns, rows) as person:
        await opened(person)
        assert "release revoke" in person.text()
        assert all(len(line) <= columns for line in person.lines())
