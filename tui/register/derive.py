"""Deriving the directory: one row a person, with status and reasons, for tables and counts.

The facts of all contacts, or of those an action touched, are read in the order of their keys by two cursors that run
side by side; domain/ decides each; the rows go back in one statement. Memory does not grow with the register.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from tui.domain.reasons import Reason, names_somebody_else, reasons_of
from tui.domain.status import ACCESS_NO, ACCESS_UNKNOWN, REMOVED_HERE, Status, link_ground, simple_status, status_of
from tui.register.database import Database, unindexed
from tui.register.invitations import void_groundless
from tui.register.snapshots import mark
from tui.text import fold

_INSERT = f"INSERT OR REPLACE INTO directory VALUES ({', '.join('?' * 8)})"
_FLAG_BITS = ACCESS_NO | REMOVED_HERE
_HAS_ACCOUNT = "a.username <> '' OR a.password_hash IS NOT NULL"

_READY = "SELECT person / 4 FROM directory WHERE user_type = 'contact' AND status = 'ready_to_revoke'"


class _Others(NamedTuple):
    """The contacts (row ids) who name somebody else, and those whose new record is proposed or accepted."""

    named: Collection[int]
    superseded: Collection[int]


_NO_OTHERS = _Others((), ())
# {0}: the contacts and links of everybody, or from a few touched ones to theirs: left to itself, SQLite reads all.
_CONTACTS = (
    "SELECT c.id, c.given_name, c.surname, c.contact_type, c.gone_snapshot IS NOT NULL,"
    f" coalesce(a.username <> '', 0), coalesce({_HAS_ACCOUNT}, 0), c.incomplete_snapshot IS NOT NULL"
    " FROM {0} LEFT JOIN accounts AS a ON a.person = c.id * 4 ORDER BY c.id"
)
_LINKS = (
    "SELECT l.contact_id, t.status, l.portal_access, l.removed_snapshot IS NOT NULL OR l.removed_on <> '',"
    " coalesce(l.removed_snapshot, l.access_off_snapshot, 0)"
    " FROM {0} JOIN students AS t ON t.id = l.student_id ORDER BY l.contact_id"
)


def derive_all(
    connection: sqlite3.Connection, *, future_counts: bool, told: Callable[[float], None] = lambda share: None
) -> None:
    """Derive the whole directory afresh, inside the caller's transaction; `told` hears how far it is, 0 to 1."""
    with unindexed(connection, "directory"):
        connection.execute("DELETE FROM directory")
        total = connection.execute("SELECT count(*) FROM contacts").fetchone()[0]
        connection.executemany(_INSERT, _counted(_contact_rows(connection, "", _NO_OTHERS, future_counts), total, told))
        _derive_others(connection)
    derive_ready(connection, future_counts=future_counts)


def derive_ready(connection: sqlite3.Connection, *, future_counts: bool) -> None:
    """Of all who are ready to revoke, derive again those whose reason lies with another record."""
    _touch(connection, _READY)
    _derive_with_others(connection, future_counts)


def ensure_derived(database: Database, now: str, future_counts: bool) -> None:
    """Derive everything again when the setting on future enrolments is not the one that the directory was made with."""
    made_with = database.meta("future_counts") or "0"
    if made_with == str(int(future_counts)):
        return
    with database.transaction() as connection:
        derive_all(connection, future_counts=future_counts)
        void_groundless(connection, now)
        mark(connection, "future_counts", str(int(future_counts)))


def derive_contacts(connection: sqlite3.Connection, contacts: Collection[int], *, future_counts: bool) -> None:
    """Derive the rows of these contacts (row ids) afresh, inside the caller's transaction."""
    _touch(connection, "")
    connection.executemany("INSERT OR IGNORE INTO temp.t_touched VALUES (?)", ((id_,) for id_ in contacts))
    # Read before writing: the two cursors must not see the rows they give rise to.
    connection.executemany(_INSERT, list(_contact_rows(connection, "t_touched", _NO_OTHERS, future_counts)))
    connection.execute(
        "DELETE FROM temp.t_touched WHERE NOT EXISTS (SELECT 1 FROM directory AS d WHERE d.person = t_touched.id * 4"
        " AND d.status = 'ready_to_revoke')"
    )
    _derive_with_others(connection, future_counts)


def _counted(rows: Iterator[tuple[Any, ...]], total: int, told: Callable[[float], None]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if not number % 1000:
            told(number / total)
        yield row


def _touch(connection: sqlite3.Connection, select: str) -> None:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS t_touched (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.t_touched")
    if select:
        connection.execute(f"INSERT INTO temp.t_touched {select}")


def _derive_with_others(connection: sqlite3.Connection, future_counts: bool) -> None:
    """Of the touched contacts, all ready to revoke, find those whose reason lies with another record, or did so before,
    and derive them again."""
    others = _Others(
        {case[0] for case in named_other_cases(connection, "t_touched") if named_how(case)},
        {
            row[0]
            for row in connection.execute(
                "SELECT x.id FROM temp.t_touched AS x JOIN proposals AS p ON p.old = x.id"
                " JOIN directory AS d ON d.person = p.new * 4 AND d.status IN ('active', 'ready_to_provision')"
            )
        },
    )
    before = {
        row[0]
        for row in connection.execute(
            "SELECT x.id FROM temp.t_touched AS x JOIN directory AS d ON d.person = x.id * 4"
            " WHERE d.reason IN ('superseded', 'misplaced_username')"
        )
    }
    again = sorted(before.union(others.named, others.superseded))
    if again:
        _touch(connection, "")
        connection.executemany("INSERT INTO temp.t_touched VALUES (?)", ((id_,) for id_ in again))
        connection.executemany(_INSERT, list(_contact_rows(connection, "t_touched", others, future_counts)))


def _contact_rows(
    connection: sqlite3.Connection, only: str, others: _Others, future_counts: bool
) -> Iterator[tuple[Any, ...]]:
    contacts = connection.cursor()
    contacts.execute(
        _CONTACTS.format(f"temp.{only} AS o CROSS JOIN contacts AS c ON c.id = o.id" if only else "contacts AS c")
    )
    links = connection.cursor()
    links.execute(
        _LINKS.format(f"temp.{only} AS o CROSS JOIN links AS l ON l.contact_id = o.id" if only else "links AS l")
    )
    next_link = iter(links).__next__
    end = (0, "", None, 0, 0)
    link = next(links, end)
    ready = Status.READY_TO_REVOKE.value
    bits: dict[tuple[Any, ...], int] = {}
    decided: dict[tuple[int, int], str] = {}  # plain text: SQLite binds an enum's member several times slower
    for id_, given, surname, contact_type, gone, has_username, has_account, incomplete in contacts:
        # What was left out may be a child at the school: not known, which keeps an account and gives none.
        ground = ACCESS_UNKNOWN if incomplete else 0
        off = 0
        while link[0] == id_:
            case = link[1:4]
            bit = bits.get(case)
            if bit is None:
                known = None if case[1] is None else bool(case[1])
                bit = bits[case] = link_ground(case[0], known, bool(case[2]), future_counts)
            ground |= bit
            if bit & _FLAG_BITS and link[4] > off:
                off = link[4]
            try:
                link = next_link()
            except StopIteration:
                link = end
        status = decided.get((ground, has_account))
        if status is None:
            status = decided[ground, has_account] = status_of(ground, bool(has_account)).value
        reason = reasons = ""
        flag: int | None = None
        if status == ready:
            found = reasons_of(
                ground,
                has_username=bool(has_username),
                names_other=id_ in others.named,
                superseded=id_ in others.superseded,
            )
            reason, reasons = found[0].value, " ".join(found)
            # A record that dropped out whole is one person's story, not a flag that went off for a group.
            if Reason.ACCESS_FLAG_CHANGED in found and not gone:
                flag = off
        yield (id_ * 4, "contact", status, fold(f"{surname} {given}"), reason, reasons, contact_type, flag)


def _derive_others(connection: sqlite3.Connection) -> None:
    """Students and staff, set by set: the four cases of the domain's rule, spelt out in SQL."""
    for table, number, user_type, belongs in (
        ("students", 1, "student", "m.status = 'enrolled'"),
        ("staff", 2, "staff", "m.employed"),
    ):
        cases = " ".join(
            f"WHEN ({belongs}) = {int(here)} AND coalesce({_HAS_ACCOUNT}, 0) = {int(has)}"
            f" THEN '{simple_status(here, has)}'"
            for here in (True, False)
            for has in (True, False)
        )
        connection.execute(
            f"INSERT INTO directory (person, user_type, status, sort_name) SELECT m.id * 4 + {number}, '{user_type}',"
            f" CASE {cases} END, fold(m.surname || ' ' || m.given_name) FROM {table} AS m"
            f" LEFT JOIN accounts AS a ON a.person = m.id * 4 + {number} ORDER BY m.id"
        )


def named_other_cases(connection: sqlite3.Connection, only: str) -> Iterator[tuple[Any, ...]]:
    """Pairs that may be a misplaced username, for the contacts whose row ids stand in the temporary table `only`.

    Yields (contact id, username, email, own names, other id, other names, other email); the other is a contact of the
    same children, or anybody whose email is the username.
    """
    names = "{0}.given_name, {0}.preferred_name, {0}.surname"
    columns = f"c.id, a.username, c.email, {names.format('c')}, o.id, {names.format('o')}, o.email"
    asked = (
        f"temp.{only} AS x CROSS JOIN accounts AS a ON a.person = x.id * 4 AND a.username <> ''"
        " CROSS JOIN contacts AS c ON c.id = x.id"
    )
    yield from connection.execute(
        f"SELECT {columns} FROM {asked}"
        " JOIN contacts AS o ON o.email = a.username COLLATE NOCASE AND o.email <> '' AND o.id <> c.id"
    )
    # Whoever's own given name stands before the @ of both is named by both: most are, and need not be compared.
    own = "(c.given_name <> '' AND instr(lower(substr({0}, 1, instr({0} || '@', '@') - 1)), lower(c.given_name)))"
    yield from connection.execute(
        f"SELECT DISTINCT {columns} FROM {asked} AND NOT ({own.format('a.username')} AND {own.format('c.email')})"
        " CROSS JOIN links AS l ON l.contact_id = c.id"
        " CROSS JOIN links AS p ON p.student_id = l.student_id AND p.contact_id <> c.id"
        " CROSS JOIN contacts AS o ON o.id = p.contact_id"
    )


def named_how(case: tuple[Any, ...]) -> str:
    """How the case's username or email names the other person; "" when it does not."""
    _, username, email, given, preferred, surname, _, other_given, other_preferred, other_surname, other_email = case
    return names_somebody_else(
        username, email, (given, preferred, surname), (other_given, other_preferred, other_surname), other_email
    )
