"""Status and reasons of a large school, against one set-based SQL pass over the same tables.

The program decides in domain/, contact by contact, from two cursors; besides what the baseline does it looks for
usernames that name somebody else. The baseline is what one would write in SQL: the links of each contact
summed in one GROUP BY, status and reasons by CASE, into the same rows of the same table, indexes made afterwards,
students and staff too. It may call the same function for the sort name, which SQL by itself can't fold.

Before anything is timed, both must have written the very same rows.
"""

import contextlib
import hashlib
import sqlite3
import sys
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.school import Size, write_school
from tui.register.database import Connection, Database, unindexed
from tui.register.derive import derive_all

TARGET = 1.5
_REASONS = ("misplaced_username", "access_flag_changed", "no_current_student", "unexplained")

_HAS_ACCOUNT = "coalesce(a.username <> '' OR a.password_hash IS NOT NULL, 0)"
_HERE = "t.status = 'enrolled'"
_REMOVED = "(l.removed_snapshot IS NOT NULL OR l.removed_on <> '')"
# `other` is a removed link to a future enrolment: it counts as a link and gives no reason.
_CONTACTS = f"""
WITH ground AS (
    SELECT l.contact_id AS id,
        max({_HERE} AND NOT {_REMOVED} AND l.portal_access IS 1) AS yes,
        max({_HERE} AND NOT {_REMOVED} AND l.portal_access IS NULL) AS unknown,
        max({_HERE} AND ({_REMOVED} OR l.portal_access IS 0)) AS off,
        max(t.status = 'left') AS gone,
        max(NOT {_REMOVED} AND t.status <> 'left') AS linked,
        max(CASE WHEN {_HERE} AND ({_REMOVED} OR l.portal_access IS 0)
            THEN coalesce(l.removed_snapshot, l.access_off_snapshot, 0) END) AS went_off
    FROM links AS l JOIN students AS t ON t.id = l.student_id
    GROUP BY l.contact_id
),
decided AS (
    SELECT c.id, c.surname, c.given_name, c.contact_type, c.gone_snapshot, g.went_off,
        {_HAS_ACCOUNT} AS has_account,
        coalesce(g.yes OR ({_HAS_ACCOUNT} AND g.unknown), 0) AS eligible,
        coalesce(a.username <> '', 0) AND g.id IS NULL AS misplaced,
        coalesce(g.off, 0) AS off,
        coalesce(g.gone AND NOT g.linked, 0) AS childless
    FROM contacts AS c
        LEFT JOIN accounts AS a ON a.person = c.id * 4
        LEFT JOIN ground AS g ON g.id = c.id
)
INSERT INTO directory (person, user_type, status, sort_name, reason, reasons, contact_type, flag_snapshot)
SELECT id * 4, 'contact',
    CASE WHEN eligible AND has_account THEN 'active' WHEN eligible THEN 'ready_to_provision'
        WHEN has_account THEN 'ready_to_revoke' ELSE 'no_access' END,
    fold(surname || ' ' || given_name),
    CASE WHEN eligible OR NOT has_account THEN '' WHEN misplaced THEN 'misplaced_username'
        WHEN off THEN 'access_flag_changed' WHEN childless THEN 'no_current_student' ELSE 'unexplained' END,
    CASE WHEN eligible OR NOT has_account THEN ''
        WHEN NOT (misplaced OR off OR childless) THEN 'unexplained'
        ELSE substr(CASE WHEN misplaced THEN ' misplaced_username' ELSE '' END
            || CASE WHEN off THEN ' access_flag_changed' ELSE '' END
            || CASE WHEN childless THEN ' no_current_student' ELSE '' END, 2) END,
    contact_type,
    CASE WHEN has_account AND NOT eligible AND off AND gone_snapshot IS NULL THEN went_off END
FROM decided ORDER BY id
"""
_OTHERS = f"""
INSERT INTO directory (person, user_type, status, sort_name)
SELECT m.id * 4 + {{number}}, '{{user_type}}',
    CASE WHEN {{belongs}} AND {_HAS_ACCOUNT} THEN 'active' WHEN {{belongs}} THEN 'ready_to_provision'
        WHEN {_HAS_ACCOUNT} THEN 'ready_to_revoke' ELSE 'no_access' END,
    fold(m.surname || ' ' || m.given_name)
FROM {{table}} AS m LEFT JOIN accounts AS a ON a.person = m.id * 4 + {{number}} ORDER BY m.id
"""


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    register = _filled(scratch, Size.of(contacts))
    print(f"Status and reasons of {contacts:,} contacts", flush=True)

    if measuring.in_child(__name__, "same", register).rows != len(_REASONS):
        raise RuntimeError(
            "the program and the SQL pass don't agree on status or reason, or one of the reasons never occurred"
        )
    print("  both write the same rows for everybody; every fact-based reason occurs", flush=True)

    def ours() -> float:
        return measuring.in_child(__name__, "ours", register).seconds

    def baseline() -> float:
        return measuring.in_child(__name__, "sql", register).seconds

    a, b = measuring.by_turns(runs, ours, baseline)
    measuring.print_ratio("  decided in domain/", a, "one set-based SQL pass", b, TARGET)


def _filled(scratch: Path, size: Size) -> Path:
    """A register with two imports in it, so that links were removed, flags went off and contacts are gone."""
    from tui.feeds import open_feed
    from tui.manager.manager import AccountManager
    from tui.settings import Settings

    register = scratch / "register.sqlite3"
    with contextlib.closing(AccountManager(Settings(), register, create=True)) as manager:
        for name, later in (("first", False), ("later", True)):
            manager.import_roster(open_feed(write_school(scratch / name, size, later=later)))
    with contextlib.closing(sqlite3.connect(register)) as connection, connection:
        connection.execute("DELETE FROM correlations")  # who has a new record is no fact that one pass could find
    return register


def _ours(connection: Connection) -> None:
    derive_all(connection, future_counts=False)


def _sql(connection: Connection) -> None:
    with unindexed(connection, "directory"):
        connection.execute("DELETE FROM directory")
        connection.execute(_CONTACTS)
        for table, number, user_type, belongs in (
            ("students", 1, "student", "m.status = 'enrolled'"),
            ("staff", 2, "staff", "m.employed"),
        ):
            connection.execute(_OTHERS.format(table=table, number=number, user_type=user_type, belongs=belongs))


def _rows(connection: Connection) -> bytes:
    digest = hashlib.sha256()
    for row in connection.execute("SELECT * FROM directory ORDER BY person"):
        digest.update(repr(row).encode())
    return digest.digest()


def _agreed(connection: Connection) -> int:
    """0 when the two differ; else how many reasons were found among the contacts, which must be all four."""
    _ours(connection)
    found = _rows(connection)
    _sql(connection)
    if found != _rows(connection):
        return 0
    return int(connection.execute("SELECT count(DISTINCT reason) FROM directory WHERE reason <> ''").fetchone()[0])


def _timed(connection: Connection, what: str) -> int:
    (_ours if what == "ours" else _sql)(connection)
    return 1


if __name__ == "__main__":
    with contextlib.closing(Database(Path(sys.argv[2]), create=False)) as database, database.transaction() as opened:
        measuring.report(lambda: _agreed(opened) if sys.argv[1] == "same" else _timed(opened, sys.argv[1]))
