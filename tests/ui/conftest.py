"""Registers for the tests of the screen: the demo school, made once and copied, and small schools made to measure."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.school import FIRST, SchoolFiles
from tui.feeds import open_feed
from tui.manager.demo import open_demo
from tui.manager.manager import AccountManager
from tui.settings import AccountSettings, SchoolSettings, Settings

SETTINGS = Settings(school=SchoolSettings(name="Example School"), accounts=AccountSettings(service="embedded"))


@pytest.fixture(scope="session")
def demo_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    open_demo(path, Settings()).close()
    return path


@pytest.fixture
def demo(demo_register: Path, tmp_path: Path) -> Iterator[AccountManager]:
    """The demo school, this test's own."""
    manager = AccountManager(Settings(), Path(shutil.copy(demo_register, tmp_path / "demo.sqlite3")))
    yield manager
    manager.close()


@pytest.fixture
def open_school(tmp_path: Path) -> Iterator[Callable[..., AccountManager]]:
    """Open a register with a school in it."""
    opened: list[AccountManager] = []

    def open_it(
        school: SchoolFiles | None, settings: Settings = SETTINGS, *, read_only: bool = False
    ) -> AccountManager:
        path = tmp_path / "register.sqlite3"
        manager = AccountManager(settings, path, create=True)
        if school is not None:
            manager.import_roster(open_feed(school.write(tmp_path / "extract", FIRST)))
        if read_only:
            manager.close()
            manager = AccountManager(settings, path, read_only=True)
        opened.append(manager)
        return manager

    yield open_it
    for manager in opened:
        manager.close()


def leavers(count: int, stayers: int = 100) -> SchoolFiles:
    """A school of parents P0001... whose children have left, after whom come those whose children are here."""
    school = SchoolFiles()
    for number in range(1, count + stayers + 1):
        student, _ = school.family(number)
        if number <= count:
            school.leave(student)
    return school
