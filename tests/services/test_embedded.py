"""The embedded service: one transaction for account, copy, links, journal and audit; read back; restored or wiped."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import Result
from tests.school import FIRST, families
from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb
from tui.errors import LeaseLost
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.register import audit
from tui.register.database import Connection
from tui.services.service import Order
from tui.settings import Settings

TakeIn = Callable[..., Result]
NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
ACTOR = Actor("tester", "local")
YES = Confirmation(yes=True)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[..., AccountManager]


@pytest.fixture
def open_manager(register: Path, tmp_path: Path, clock: Clock) -> Iterator[Open]:
    """Open the register of a school in which P0001 and P0002 are ready to revoke; its accounts live in the register."""
    opened = []

    def open_one(restore_days: int = 14, create: bool = False) -> AccountManager:
        settings = Settings()
        settings = replace(settings, accounts=replace(settings.accounts, service="embedded", restore_days=restore_days))
        manager = AccountManager(settings, register, create=create, actor=ACTOR, clock=clock)
        opened.append(manager)
        return manager

    school = families(20)
    school.leave("S0001", "S0002")
    making = open_one(create=True)
    making.import_roster(open_feed(school.write(tmp_path / "extract", FIRST)))
    making.close()
    # A password is set by redeeming a link; here it is put there.
    connection = sqlite3.connect(register)
    with connection:
        connection.execute("UPDATE accounts SET password_hash = 'hash of ' || username WHERE person % 4 = 0")
    connection.close()
    yield open_one
    for manager in opened:
        manager.close()


def rows(register: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(register)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


ACCOUNT = "SELECT username, username_key, password_hash, revoked_at, revoked_job FROM accounts WHERE person = 4"


def revoke(manager: AccountManager, *codes: str) -> None:
    report = manager.run(manager.plan(Verb.REVOKE, codes), YES)
    assert len(report.of("done")) == len(codes)


def order_of(facts: AccountFacts) -> Order:
    """Item 1 of job 1, ordered by hand."""
    return Order(1, 1, 4, facts, ACTOR, NOW.isoformat(), "", "by hand", 0)


def lease(register: Path, runner: str) -> None:
    """Let this runner hold job 1."""
    connection = sqlite3.connect(register)
    with connection:
        connection.execute("UPDATE jobs SET runner = ? WHERE id = 1", (runner,))
    connection.close()


def test_who_lost_the_job_writes_nothing(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    stop = threading.Event()
    stop.set()
    manager.run(manager.plan(Verb.REVOKE, ["P0001"]), YES, stop=stop)
    with pytest.raises(LeaseLost):
        manager.service.revoke([order_of(manager.why("P0001").facts)], lambda: True)
    assert rows(register, ACCOUNT)[0][0] == "user.p0001"
    assert rows(register, "SELECT state FROM items") == [("pending",)]


def test_username_and_password_go_together(open_manager: Open, register: Path) -> None:
    revoke(open_manager(), "P0001")
    assert rows(register, ACCOUNT) == [("", "", None, NOW.isoformat(), 1)]
    (detail,) = (row[0] for row in rows(register, "SELECT detail FROM audit WHERE action = 'revoke'"))
    assert '"before":{"password":true,"username":"user.p0001"}' in detail
    assert '"after":{"password":false,"username":""}' in detail
    assert "hash of" not in detail
    assert rows(register, "SELECT status FROM directory WHERE person = 4") == [("no_access",)]


def test_a_password_alone_is_an_account_too(open_manager: Open, register: Path) -> None:
    connection = sqlite3.connect(register)
    with connection:
        connection.execute("UPDATE accounts SET username = '', username_key = '' WHERE person = 4")
    connection.close()
    revoke(open_manager(), "P0001")
    assert rows(register, ACCOUNT)[0][2] is None


@pytest.mark.parametrize("breaks", ["copy", "journal", "audit", "links"])
def test_it_is_all_or_nothing(open_manager: Open, register: Path, monkeypatch: pytest.MonkeyPatch, breaks: str) -> None:
    manager = open_manager()
    before = rows(register, ACCOUNT)

    class Stop(BaseException):
        pass

    def fail(*_: object, **__: object) -> None:
        raise Stop

    if breaks == "copy":
        connection = sqlite3.connect(register)
        connection.execute("CREATE TRIGGER no_copy BEFORE INSERT ON revoked_copies BEGIN SELECT RAISE(ABORT, 'x'); END")
        connection.close()
    else:
        module, name = {
            "journal": ("journal", "set_item"),
            "audit": ("audit", "append"),
            "links": ("invitations", "void"),
        }[breaks]
        plan = manager.plan(Verb.REVOKE, ["P0001"])
        runner = manager._runner()
        job = runner.start(plan, YES)
        monkeypatch.setattr(f"tui.register.{module}.{name}", fail)
        with pytest.raises(Stop):
            runner.run(job)
        monkeypatch.undo()
        assert rows(register, ACCOUNT) == before
        assert rows(register, "SELECT count(*) FROM revoked_copies") == [(0,)]
        assert rows(register, "SELECT count(*) FROM audit WHERE action = 'revoke'") == [(0,)]
        assert rows(register, "SELECT state FROM items") == [("pending",)]
        return
    from tui.errors import RegisterError

    with pytest.raises(RegisterError):
        manager.run(manager.plan(Verb.REVOKE, ["P0001"]), YES)
    assert rows(register, ACCOUNT) == before
    assert rows(register, "SELECT state FROM items") == [("pending",)]


def test_a_copy_is_kept_for_a_restore_and_wiped_when_its_time_is_over(
    open_manager: Open, register: Path, clock: Clock
) -> None:
    first = open_manager(restore_days=14)
    revoke(first, "P0001", "P0002")
    first.close()
    copies = "SELECT person, job_id, username, password_hash, keep_until FROM revoked_copies ORDER BY person"
    until = NOW + timedelta(days=14)
    kept = [
        (4, 1, "user.p0001", "hash of user.p0001", until.isoformat()),
        (8, 1, "user.p0002", "hash of user.p0002", until.isoformat()),
    ]
    assert rows(register, copies) == kept
    clock.now = until - timedelta(seconds=1)
    open_manager().close()
    assert rows(register, copies) == kept
    clock.now = until
    open_manager().close()
    assert rows(register, copies) == []
    assert b"hash of user.p0001" not in register.read_bytes(), "wiped, and not merely forgotten"
    assert b"hash of user.p0010" in register.read_bytes()


def test_without_days_to_restore_the_copy_is_gone_at_the_next_start(open_manager: Open, register: Path) -> None:
    manager = open_manager(restore_days=0)
    assert "can't be restored" in manager.plan(Verb.REVOKE, ["P0001"]).how
    revoke(manager, "P0001")
    open_manager(restore_days=0)
    assert rows(register, "SELECT count(*) FROM revoked_copies") == [(0,)]


def test_a_session_that_only_reads_wipes_nothing(open_manager: Open, register: Path, clock: Clock) -> None:
    revoke(open_manager(restore_days=1), "P0001")
    clock.now = NOW + timedelta(days=2)
    AccountManager(Settings(), register, read_only=True, clock=clock).close()
    assert rows(register, "SELECT count(*) FROM revoked_copies") == [(1,)]


def test_links_die_with_the_account(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.WELCOME, ["P0010"]), YES)
    assert rows(register, "SELECT state FROM invitations") == [("sent",)]
    manager.run(manager.plan(Verb.REVOKE, ["P0010"], reason="asked to"), YES)
    assert rows(register, "SELECT state, token_hash, ended_why FROM invitations") == [
        ("superseded", None, "the account was revoked")
    ]


def test_links_and_messages_run_out(open_manager: Open, register: Path, clock: Clock, state: Path) -> None:
    manager = open_manager()
    manager.run(manager.plan(Verb.WELCOME, ["P0010"]), YES)
    outbox = state / "outbox"
    assert len(list(outbox.glob("*.eml"))) == 1
    clock.now = NOW + timedelta(days=7)
    open_manager()
    assert rows(register, "SELECT state, token_hash FROM invitations") == [("expired", None)]
    assert list(outbox.glob("*.eml")) == []


def test_it_acts_once_however_often_it_is_asked(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    revoke(manager, "P0001")
    facts = manager.why("P0001").facts
    order = order_of(facts)
    lease(register, order.runner)
    assert [acted.detail for acted in manager.service.revoke([order], lambda: True)] == ["was done already"]
    assert manager.service.are_revoked([order]) == [True]
    assert rows(register, "SELECT count(*) FROM revoked_copies") == [(1,)]
    assert rows(register, "SELECT count(*) FROM audit WHERE action = 'revoke'") == [(1,)]


def test_it_is_read_back_afresh(open_manager: Open, register: Path) -> None:
    manager = open_manager()
    order = order_of(manager.why("P0001").facts)
    assert manager.service.are_revoked([order]) == [False]
    for username, password, gone in (("", "a hash", False), ("user", None, False), ("", None, True)):
        connection = sqlite3.connect(register)
        with connection:
            connection.execute(
                "UPDATE accounts SET username = ?, password_hash = ? WHERE person = 4", (username, password)
            )
        connection.close()
        assert manager.service.are_revoked([order]) == [gone]


def test_an_audit_event_that_was_changed_breaks_the_chain(open_manager: Open, register: Path) -> None:
    from tui.register.database import Database

    revoke(open_manager(), "P0001", "P0002")
    database = Database(register)
    assert audit.first_broken(database) is None
    changed: Connection = sqlite3.connect(register)
    with changed:
        changed.execute("UPDATE audit SET operator = 'nobody' WHERE subject = 'P0001' AND action = 'revoke'")
    changed.close()
    (number,) = (row[0] for row in rows(register, "SELECT id FROM audit WHERE operator = 'nobody'"))
    assert audit.first_broken(database) == number
    database.close()
