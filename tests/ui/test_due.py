"""The header says when revoking is due: by the days in the first frame, and what changed since soon after."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.school import FIRST, families
from tests.ui.conftest import leavers
from tests.ui.driving import Person, at_the_screen
from tui.domain.due import Due
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.settings import SchoolSettings, Settings
from tui.ui.app import EngageApp

Open = Callable[..., AccountManager]


async def test_a_rollover_is_said_once_the_first_frame_is_out(open_school: Open, tmp_path: Path) -> None:
    school = families(100)
    manager = open_school(school)
    school.leave(*(f"S{number:04}" for number in range(1, 13)))
    manager.import_roster(open_feed(school.write(tmp_path / "later", FIRST + timedelta(days=94))))
    quick = manager.overview(quick=True).due
    assert quick is not None
    assert quick.short == "due: never run"
    app = EngageApp(manager, manager.overview(quick=True))
    async with app.run_test(size=(80, 24)) as pilot:
        person = Person(app, pilot)
        await person.sees("due: never run, rollover 3 Feb")
        assert person.lines()[0].endswith("due: never run, rollover 3 Feb")
        await person.press("r")
        assert person.lines()[0].endswith("due: never run, rollover 3 Feb"), "and it does not flicker"


async def test_the_first_frame_does_not_ask_what_changed(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    import tui.register.due as reading

    def asked(*args: object) -> int:
        raise AssertionError("this takes a look at every change of a student")

    manager = open_school(leavers(3))
    monkeypatch.setattr(reading, "_rollover", asked)
    monkeypatch.setattr(reading, "_leavers", asked)
    assert manager.overview(quick=True).due is not None
    with pytest.raises(AssertionError):
        manager.due()


async def test_where_there_is_little_room_due_alone_is_said(open_school: Open) -> None:
    name = "The College of Saint Someone of the Long Names"
    manager = open_school(leavers(3), Settings(school=SchoolSettings(name=name)))
    async with at_the_screen(manager, 100) as person:
        assert person.lines()[0].endswith(" due: never run") or person.lines()[0].endswith(" due")
    async with at_the_screen(manager, 94) as person:
        assert person.lines()[0].rstrip().endswith("  due")


async def test_it_is_read_again_after_a_revoke(open_school: Open) -> None:
    manager = open_school(leavers(1))
    async with at_the_screen(manager) as person:
        await person.sees("due: never run")
        await person.press("R")
        await person.sees("Revoke access of")
        await person.press("y")
        await person.sees("last run ")
        found: Due | None = manager.due()
        assert found is not None
        assert not found.is_due
