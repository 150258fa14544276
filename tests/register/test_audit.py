"""The audit chain: it holds over everything that is done, and breaks where a row was touched."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tui.register import audit
from tui.register.database import Database

from .making import ACTOR, Register, families

Touch = Callable[[sqlite3.Connection], object]


@pytest.fixture
def register(school_register: Register) -> Register:
    """A register with a few events: the settings, an import, holds and their release."""
    school_register.take(families(3))
    for number in (1, 2, 3):
        school_register.manager.hold(f"C{number}", "asked to wait — “später”")
    for number in (1, 2, 3):
        school_register.manager.release(f"C{number}")
    return school_register


def broken(register: Register) -> int | None:
    database = Database(register.path, read_only=True)
    try:
        return audit.first_broken(database)
    finally:
        database.close()


def test_a_chain_that_nobody_touched_holds(register: Register) -> None:
    assert register.read("SELECT count(*) FROM audit") == [(8,)]
    assert broken(register) is None


def test_an_empty_chain_holds(school_register: Register) -> None:
    assert broken(school_register) is None


@pytest.mark.parametrize(
    ("touch", "found_at"),
    [
        ("UPDATE audit SET reason = 'never said' WHERE id = 3", 3),
        ("UPDATE audit SET operator = 'somebody' WHERE id = 1", 1),
        ("UPDATE audit SET at = '2026-01-01T00:00:00+00:00' WHERE id = 7", 7),
        ("UPDATE audit SET subject = 'C3' WHERE id = 2", 2),
        ("UPDATE audit SET detail = '{}' WHERE id = 1", 1),
        ("UPDATE audit SET job_id = 9 WHERE id = 4", 4),
        ("UPDATE audit SET origin = '' WHERE id = 5", 5),
        ("UPDATE audit SET action = 'release revoke' WHERE id = 2", 2),
        ("UPDATE audit SET hash = zeroblob(32) WHERE id = 4", 4),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 4", 5),
        ("DELETE FROM audit WHERE id IN (3, 4, 5)", 6),
        # Two rows in each other's place, with their hashes.
        ("UPDATE audit SET id = CASE id WHEN 3 THEN -4 WHEN 4 THEN -3 ELSE id END; UPDATE audit SET id = abs(id)", 3),
        # A row put in between, its hash copied.
        ("INSERT INTO audit SELECT 9, at, operator, origin, action, subject, detail, job_id, reason, hash FROM audit"
         " WHERE id = 8", 9),
    ],
)  # fmt: skip
def test_a_touched_row_is_found(register: Register, touch: str, found_at: int) -> None:
    with closing(sqlite3.connect(register.path)) as connection:
        connection.executescript(touch)
    assert broken(register) == found_at


def test_an_event_falls_with_its_act(register: Register) -> None:
    database = Database(register.path)

    def stop_in_the_middle() -> None:
        with database.transaction() as connection:
            audit.append(connection, ACTOR, "2026-11-28T07:05:00+00:00", "revoke", subject="C1")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        stop_in_the_middle()
    assert len(audit.history(database, "C1")) == 2
    assert audit.first_broken(database) is None
    database.close()


def test_the_history_of_a_code_is_its_own_newest_first(register: Register) -> None:
    database = Database(register.path, read_only=True)
    assert [(event.action, event.subject) for event in audit.history(database, "C2")] == [
        ("release revoke", "C2"),
        ("hold revoke", "C2"),
    ]
    assert len(audit.history(database, "C2", limit=1)) == 1
    database.close()


def test_every_kind_of_act_keeps_the_chain(register: Register) -> None:
    register.take(families(2, 1))
    register.revoke("C3", reason="")
    register.revoke("C1", reason="left the country")
    register.welcome("C1")
    with pytest.raises(Exception, match="lost more"):
        register.take(families(0, 2))
    assert broken(register) is None
    actions = {action for (action,) in register.read("SELECT action FROM audit")}
    assert {"import", "hold revoke", "release revoke", "job", "revoke", "welcome"} <= actions
