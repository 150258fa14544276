"""The staging tables and the cleaning gate: where a feed's records enter the register.

Records are streamed into temporary tables (in a file, so memory does not grow with the feed), each text cleaned on
the way in; then rows that contradict each other are found with SQL: duplicate codes, links to nobody. The
tables `s_<kind>` are what importing.py compares with the register.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from tui.domain.problems import Problems, quoted
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    Roster,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.register.partial import stage_named
from tui.register.watching import CHECKING, READING, Watch
from tui.text import clean, join_and

# For each kind: the record, how many leading fields are text (after `line`), the key, the text fields in the tail.
_SHAPES: dict[RecordKind, tuple[Any, int, tuple[str, ...], tuple[str, ...]]] = {
    RecordKind.CONTACTS: (ContactRecord, 14, ("code",), ("username", "last_login")),
    RecordKind.STUDENTS: (StudentRecord, 10, ("code",), ("username",)),
    RecordKind.STAFF: (StaffRecord, 6, ("code",), ("username",)),
    RecordKind.LINKS: (LinkRecord, 4, ("student_code", "contact_code", "relationship"), ()),
    RecordKind.LINK_HISTORY: (LinkHistoryRecord, 5, ("student_code", "contact_code", "relationship"), ()),
}

_ROWS_TOGETHER = 10
_BATCH = 200  # a multiple, so that only a feed's last rows are inserted singly
_NUMBERS = 5
"""The lines of duplicates that are named: a join that lacks its condition makes thousands."""
_TRUTHS = ("internally_managed", "portal_access", "employed")


def stage(connection: sqlite3.Connection, roster: Roster, watch: Watch) -> None:
    """Read the whole roster into fresh staging tables and find the rows that can't stand.

    Bad rows end in `roster.problems`; what is in the tables afterwards is sound. Raises what the feed raises.
    """
    readers = {
        RecordKind.CONTACTS: roster.contacts,
        RecordKind.STUDENTS: roster.students,
        RecordKind.LINKS: roster.links,
        RecordKind.LINK_HISTORY: roster.link_history,
        RecordKind.STAFF: roster.staff,
    }
    connection.execute("BEGIN")
    try:
        for kind, read in readers.items():
            if file := roster.description.files.get(kind):
                watch.phase(f"Reading {file}", READING)
            shape, width, _, tail = _SHAPES[kind]
            fields = shape._fields
            connection.execute(f"DROP TABLE IF EXISTS temp.s_{kind}")
            # Without a type a column's index is of no use in a comparison with the register's TEXT.
            columns = ", ".join(f"{name} TEXT" if 0 < i < width else name for i, name in enumerate(fields))
            connection.execute(f"CREATE TEMP TABLE s_{kind} ({columns})")
            texts = frozenset((*range(1, width), *map(fields.index, tail)))
            truths = frozenset(fields.index(name) for name in _TRUTHS if name in fields)
            rows = _cleaned(_watched(read(), roster, watch), texts, truths)
            _insert(connection, f"temp.s_{kind}", len(fields), rows)
        watch.phase("Looking for rows that can't stand", CHECKING)
        for kind in readers:
            _drop_blank_keys(connection, kind, roster.description, roster.problems)
            if kind is not RecordKind.LINKS:  # resolve_links() finds those, on their short keys
                drop_duplicates(connection, kind, roster.description, roster.problems)
        stage_skipped(connection, roster.problems)
        stage_named(connection, roster)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _watched(records: Iterable[Any], roster: Roster, watch: Watch) -> Iterator[list[Any]]:
    """The records in batches, each of them told to `watch`."""
    iterator = iter(records)
    while batch := list(islice(iterator, _BATCH)):
        watch.read(len(batch), roster.share)
        yield batch


def _cleaned(batches: Iterable[list[Any]], texts: frozenset[int], truths: frozenset[int]) -> Iterator[Sequence[Any]]:
    """The records as batches of plain values, row after row, every text cleaned, every truth value an int.

    A batch is looked at column by column: nearly every column is clean already, which a few checks that run at the
    speed of C can tell for the whole batch; only the others are gone through cell by cell. (SQLite's binding is
    several times slower for a bool or a NamedTuple than for an int or a tuple.)
    """
    for batch in batches:
        columns: list[Sequence[Any]] = list(zip(*batch, strict=True))
        for index, column in enumerate(columns):
            if index in texts:
                columns[index] = _cleaned_column(column)
            elif index in truths:
                columns[index] = [value if value is None else int(value) for value in column]
        yield tuple(chain.from_iterable(zip(*columns, strict=True)))


def _insert(connection: sqlite3.Connection, table: str, width: int, batches: Iterator[Sequence[Any]]) -> None:
    """Insert batches of rows, each a flat run of values; several rows to a statement spare SQLite a quarter of the
    work."""
    row = f"({', '.join('?' * width)})"
    together = width * _ROWS_TOGETHER
    rest: list[Sequence[Any]] = []

    def whole() -> Iterator[Sequence[Any]]:
        for values in batches:
            full = len(values) - len(values) % together
            for start in range(0, full, together):
                yield values[start : start + together]
            rest.extend(values[start : start + width] for start in range(full, len(values), width))

    connection.executemany(f"INSERT INTO {table} VALUES {', '.join([row] * _ROWS_TOGETHER)}", whole())
    connection.executemany(f"INSERT INTO {table} VALUES {row}", rest)


def _cleaned_column(column: Sequence[str | None]) -> Sequence[str | None]:
    try:
        joined = "|".join(column)  # type: ignore[arg-type]  # None, an absent column, takes the slow way
    except TypeError:
        return column if not any(column) else [cell and clean(cell) for cell in column]
    if joined.isascii() and joined.isprintable() and "| " not in joined and " |" not in joined:
        return column if joined == joined.strip() else list(map(str.strip, column))  # type: ignore[arg-type]
    return [cell and clean(cell) for cell in column]


def _drop_blank_keys(
    connection: sqlite3.Connection, kind: RecordKind, description: RosterDescription, problems: Problems
) -> None:
    column = _SHAPES[kind][2][0]
    other = "contact_code" if kind in (RecordKind.LINKS, RecordKind.LINK_HISTORY) else column
    blank = f"FROM temp.s_{kind} WHERE {column} = '' OR {other} = ''"
    for (line,) in connection.execute(f"SELECT line {blank}").fetchall():
        told = description.told(kind, column)
        problems.add(description.files.get(kind, kind), line, told, "is blank once cleaned; every row needs its code")
        problems.skip(kind, None)
    connection.execute(f"DELETE {blank}")


def drop_duplicates(
    connection: sqlite3.Connection, kind: RecordKind, description: RosterDescription, problems: Problems
) -> None:
    key = _SHAPES[kind][2]
    columns = ", ".join(key)
    index = f"CREATE UNIQUE INDEX temp.s_{kind}_key ON s_{kind} ({columns})"
    connection.execute(f"DROP INDEX IF EXISTS temp.s_{kind}_key")
    try:
        connection.execute(index)
        return
    except sqlite3.IntegrityError:
        pass
    doubled = connection.execute(
        f"SELECT {columns}, group_concat(line) FROM temp.s_{kind} GROUP BY {columns} HAVING count(*) > 1"
    ).fetchall()
    told = ", ".join(dict.fromkeys(description.told(kind, column) for column in key))
    for *values, lines in doubled:
        numbers = sorted(int(line) for line in lines.split(","))
        what = " / ".join(quoted(value) for value in values if value)
        others = join_and([f"{number:,}" for number in numbers[1:]], most=_NUMBERS)
        again = f"{problems.unit}{'s' if len(numbers) > 2 else ''} {others}"
        problems.add(
            description.files.get(kind, kind),
            numbers[0],
            told,
            f"{what} stands again in {again}; which row is right can't be told, so none is taken",
            also=numbers[1:],
        )
        problems.skip(kind, tuple(values))
        same = " AND ".join(f"{name} = ?" for name in key)
        connection.execute(f"DELETE FROM temp.s_{kind} WHERE {same}", values)
    connection.execute(index)


def stage_skipped(connection: sqlite3.Connection, problems: Problems) -> None:
    """Put the keys of the rows that were left out so far into temp.s_skipped."""
    connection.execute("DROP TABLE IF EXISTS temp.s_skipped")
    connection.execute("CREATE TEMP TABLE s_skipped (kind, a, b, c, PRIMARY KEY (kind, a, b, c)) WITHOUT ROWID")
    connection.executemany(
        "INSERT OR IGNORE INTO temp.s_skipped VALUES (?, ?, ?, ?)",
        (
            (str(kind), *(clean(part) for part in key), *[""] * (3 - len(key)))
            for kind, keys in problems.skipped_keys.items()
            for key in keys
        ),
    )
