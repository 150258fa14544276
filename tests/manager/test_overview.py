"""The register at a glance: when revoking is due, and what needs attention."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Result
from tests.school import SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.records import UserType
from tui.errors import RegisterError, RegisterReadOnly
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.manager.views import Overview, Tab
from tui.settings import Settings

TakeIn = Callable[..., Result]
NOW = datetime(2026, 11, 28, 7, 5, tzinfo=UTC)


def overview(register: Path, days: int = 0, user_type: UserType = UserType.CONTACT) -> Overview:
    manager = AccountManager(
        Settings(), register, read_only=True, actor=Actor("tester", "local"), clock=lambda: NOW + timedelta(days=days)
    )
    try:
        return manager.overview(user_type)
    finally:
        manager.close()


def test_before_and_after_the_first_import(register: Path, take_in: TakeIn) -> None:
    AccountManager(Settings(), register, create=True).close()
    empty = overview(register)
    assert (empty.last_import, empty.due, empty.accounts) == ("", None, 0)
    assert set(empty.counts.values()) == {0}
    take_in(families(3))
    first = overview(register)
    assert first.last_import == "no. 1, extract of 1 Nov 2026 07:05"
    assert first.due is not None
    assert first.due.sentence == "never run", "and nobody waits"
    assert first.warnings == ()


def test_a_run_that_was_stopped_counts_as_one(imported: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"), clock=lambda: NOW)
    stop = threading.Event()
    report = manager.run(
        manager.plan(Verb.REVOKE, all_ready=True), Confirmation(yes=True), progress=lambda _: stop.set(), stop=stop
    )
    manager.close()
    assert report.stopped
    due = overview(register).due
    assert due is not None
    assert due.short == "last run 28 Nov 2026"


def test_a_run_that_came_to_nothing_is_none(imported: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"), clock=lambda: NOW)
    plan = manager.plan(Verb.REVOKE, ["P0001"])
    manager.hold("P0001", "ring first")
    assert manager.run(plan, Confirmation(yes=True)).of("skipped")
    manager.close()
    due = overview(register).due
    assert due is not None
    assert due.last_run == ""


def test_usernames_that_differ_in_case_alone_are_told(take_in: TakeIn, register: Path) -> None:
    school = families(4)
    school.contacts["P0001"]["username"], school.contacts["P0002"]["username"] = "Straße", "STRASSE"
    take_in(school)
    (warning,) = overview(register).warnings
    assert warning == "1 username on more than one contact (regardless of case): P0001 and P0002."


def test_it_names_the_system_and_says_when_it_only_reads(imported: SchoolFiles, register: Path) -> None:
    found = overview(register)
    assert (found.system, found.service, found.read_only, found.is_demo) == ("SEQTA Engage", "worklist", True, False)
    assert found.register == str(register)


def test_counts_of_another_user_type(imported: SchoolFiles, register: Path) -> None:
    assert overview(register, user_type=UserType.STUDENT).counts[Tab.ALL] == 40
    assert overview(register, user_type=UserType.STAFF).counts[Tab.ALL] == 0


def test_what_is_not_there_is_not_made(register: Path) -> None:
    for read_only in (True, False):
        with pytest.raises(RegisterError, match="There is no register"):
            AccountManager(Settings(), register, read_only=read_only)
    assert not register.exists()


def test_a_session_that_only_reads_changes_nothing(imported: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, read_only=True)
    plan = manager.plan(Verb.REVOKE, ["P0001"])
    for act in (
        lambda: manager.run(plan, Confirmation(yes=True)),
        lambda: manager.hold("P0001", "a note"),
        lambda: manager.release("P0001"),
    ):
        with pytest.raises(RegisterReadOnly):
            act()
    manager.close()
