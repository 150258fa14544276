"""Taking a revoke back: as it was, once, while a copy is kept; and what stands in its way."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.school import families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.settings import Settings

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
YES = Confirmation(yes=True)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[..., AccountManager]


@pytest.fixture
def open_manager(register: Path, tmp_path: Path, clock: Clock) -> Iterator[Open]:
    """A school in which P0001 to P0004 are ready to revoke; its accounts, with passwords, live in the register."""
    opened = []

    def open_one(service: Literal["embedded", "worklist"] = "embedded", create: bool = False) -> AccountManager:
        settings = Settings()
        settings = replace(settings, accounts=replace(settings.accounts, service=service))
        manager = AccountManager(settings, register, create=create, actor=Actor("kim", "local"), clock=clock)
        opened.append(manager)
        return manager

    school = families(20)
    school.leave("S0001", "S0002", "S0003", "S0004")
    open_one(create=True).import_roster(open_feed(school.write(tmp_path / "extract")))
    change(register, "UPDATE accounts SET password_hash = 'hash of ' || username WHERE person % 4 = 0")
    yield open_one
    for manager in opened:
        manager.close()


def change(register: Path, sql: str, *parameters: object) -> None:
    connection = sqlite3.connect(register)
    with connection:
        connection.execute(sql, parameters)
    connection.close()


def rows(register: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(register)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


ACCOUNTS = "SELECT person, username, username_key, password_hash FROM accounts WHERE person % 4 = 0 ORDER BY person"


def test_everything_is_as_it_was(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    before = rows(register, ACCOUNTS)
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES)
    assert rows(register, ACCOUNTS) != before
    plan = manager.restore_plan(1)
    assert plan.title == "Give access back to 4 contacts in the embedded register"
    report = manager.run(plan, YES)
    assert report.sentence == "4 accounts restored in the embedded register."
    assert rows(register, ACCOUNTS) == before
    assert rows(register, "SELECT count(*) FROM revoked_copies") == [(0,)], "wiped: it could not be restored twice"
    assert manager.report(1).taken_back == 4
    assert "4 accounts of them restored since" in manager.report(1).sentence
    assert {row.status for row in manager.rows([4, 8, 12, 16])} == {"ready_to_revoke"}
    told = rows(register, "SELECT subject, detail FROM audit WHERE action = 'restore' ORDER BY id")
    assert [code for code, _ in told] == ["P0001", "P0002", "P0003", "P0004"]
    assert '"after":{"password":true,"username":"user.p0001"}' in told[0][1]
    assert "hash of" not in str(told)


def test_what_was_taken_back_counts_for_the_guard_no_more(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES)
    manager.run(manager.restore_plan(1), YES)
    guard = manager.plan(Verb.REVOKE, all_ready=True).guard
    assert guard is not None
    assert guard.measure == "4 of 20 accounts (20.0 %)"


def test_it_is_taken_back_once(open_manager: Open) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.REVOKE, ["P0001", "P0002"]), YES)
    first, second = manager.restore_plan(1, ["P0001"]), manager.restore_plan(1)
    manager.run(first, YES)
    report = manager.run(second, YES)
    assert {one.code: one.state for one in report.outcomes} == {"P0001": "skipped", "P0002": "done"}
    assert report.of("skipped")[0].detail == "restored already by kim, in job 2"
    assert manager.restore_plan(1).left_out[0].why.startswith("nothing is kept of it")


def test_after_its_days_it_is_over(open_manager: Open, clock: Clock) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.REVOKE, ["P0001"]), YES)
    clock.now = NOW + timedelta(days=13, hours=23)
    plan = manager.restore_plan(1)
    assert plan.count == 1
    clock.now = NOW + timedelta(days=14)
    assert manager.run(plan, YES).outcomes[0].detail == "it could be restored until 5 Dec 2026"
    open_manager()
    assert "nothing is kept" in manager.restore_plan(1).left_out[0].why


def test_a_username_that_was_taken_is_not_given_twice(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.REVOKE, ["P0001", "P0002"]), YES)
    plan = manager.restore_plan(1)
    change(register, "UPDATE accounts SET username = 'USER.p0001', username_key = 'user.p0001' WHERE person = 40")
    report = manager.run(plan, YES)
    assert {one.code: one.state for one in report.outcomes} == {"P0001": "skipped", "P0002": "done"}
    assert report.outcomes[0].detail == "its username has been taken by P0010"


def test_of_two_who_shared_a_username_one_gets_it_back(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    change(register, "UPDATE accounts SET username = 'same', username_key = 'same' WHERE person IN (4, 8)")
    revoked = manager.run(manager.plan(Verb.REVOKE, ["P0001", "P0002"]), YES)
    assert len(revoked.of("done")) == 2
    report = manager.run(manager.restore_plan(1), YES)
    assert [one.state for one in report.outcomes] == ["done", "skipped"]
    assert report.outcomes[1].detail == "its username has been taken by P0001"


def test_whoever_was_welcomed_since_is_not_given_a_second_way_in(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.REVOKE, ["P0001", "P0002"]), YES)
    # P0001's person was found again as P0010, and P0010 was sent a welcome email.
    change(
        register,
        "INSERT INTO pair_verdicts (old, new, verdict, found, digest, by, at)"
        " VALUES (1, 10, 'accepted', 'match', '', '', ?)",
        NOW.isoformat(),
    )
    change(register, "UPDATE accounts SET username = '', username_key = '', password_hash = NULL WHERE person = 40")
    assert manager.restore_plan(1).count == 2, "nobody was welcomed yet"
    manager.run(manager.plan(Verb.RESET, ["P0011"]), YES)
    change(register, "UPDATE invitations SET person = 40, code = 'P0010'")
    plan = manager.restore_plan(1)
    assert [item.code for item in plan.items] == ["P0002"]
    assert "was welcomed since, on P0010" in plan.left_out[0].why


def test_a_worklist_restores_nothing(open_manager: Open) -> None:
    manager = open_manager("worklist")
    manager.run(manager.plan(Verb.REVOKE, ["P0001"]), YES)
    with pytest.raises(Refused, match="undone there"):
        manager.restore_plan(1)


def test_only_a_revoke_is_taken_back(open_manager: Open) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.RESET, ["P0010"]), YES)
    with pytest.raises(Refused, match="revoked nothing"):
        manager.restore_plan(1)
    manager.run(manager.plan(Verb.REVOKE, ["P0001"]), YES)
    with pytest.raises(Refused, match="P0002"):
        manager.restore_plan(2, ["P0002"])
