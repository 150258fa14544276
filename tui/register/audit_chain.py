"""Walking over the audit chain: whether it holds, where it breaks and how, and whether heads kept elsewhere are in it.

One look at the register, a few thousand events in memory at a time. Whoever can write the register can also write it
anew with right hashes: only a head that was kept elsewhere finds that.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tui.domain.audit_chain import START, Broken, Head, Verdict, digest
from tui.errors import Declined, RegisterError
from tui.register.database import Database

_CHUNK = 2000
_ALL = "SELECT id, at, operator, origin, action, subject, detail, job_id, reason, hash FROM audit ORDER BY id"


def verify(database: Database, heads: Sequence[Head] = (), stop: threading.Event | None = None) -> Verdict:
    """Walk the chain and look for `heads` in it. Raises Declined once `stop` is set, RegisterError."""
    with database.errors(), _one_look(database.connection) as connection:
        events, last = connection.execute(
            "SELECT count(*), (SELECT id FROM audit ORDER BY id DESC LIMIT 1) FROM audit"
        ).fetchone()
        broken, head = _walked(connection, stop or threading.Event())
        beside = _beside(connection, last or 0)
        missed = tuple(kept for kept in heads if not _is_there(connection, kept))
    return Verdict(events, head, broken, beside, missed)


def head_of(database: Database) -> Head | None:
    """The last event as it stands, without looking whether the chain holds; None when there is none. Raises
    RegisterError when its hash is none any more."""
    row = database.one("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
    if row and not (isinstance(row[1], bytes) and len(row[1]) == len(START)):
        raise RegisterError(
            f"Event {row[0]:,} of the audit has no hash any more.", todo="See engage-accounts audit verify."
        )
    return Head(*row) if row else None


@contextmanager
def _one_look(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """What is written meanwhile is not seen."""
    before = connection.text_factory
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")
        connection.text_factory = before


def _walked(connection: sqlite3.Connection, stop: threading.Event) -> tuple[Broken | None, Head | None]:
    try:
        return _walk(connection, stop)
    except sqlite3.OperationalError:
        # Somebody has put into a column what is no text: read so that it is not choked on, which takes longer.
        connection.text_factory = lambda value: value.decode("utf-8", "surrogateescape")
        return _walk(connection, stop)


def _walk(connection: sqlite3.Connection, stop: threading.Event) -> tuple[Broken | None, Head | None]:
    """The first event that is wrong, and the last one up to there that is right; of a chain that holds its head."""
    previous, last = START, 0
    cursor = connection.execute(_ALL)
    while rows := cursor.fetchmany(_CHUNK):
        if stop.is_set():
            raise Declined("The audit chain was not looked through to its end.")
        for number, row in enumerate(rows):
            if row[0] != last + 1 or not _follows(previous, row):
                following = rows[number + 1] if number + 1 < len(rows) else cursor.fetchone()
                return Broken(row[0], _wrong(connection, previous, last, row, following)), _head(last, previous)
            previous, last = row[9], row[0]
    return None, _head(last, previous)


def _head(last: int, digest_: bytes) -> Head | None:
    return Head(last, digest_) if last else None


def _follows(previous: Any, row: Any) -> bool:
    """Whether a row's hash is what follows from the one before; what is no event's value follows from nothing."""
    try:
        return bool(digest(previous, tuple(row[1:9])) == row[9])
    except TypeError:
        return False


def _wrong(connection: sqlite3.Connection, previous: bytes, last: int, row: Any, following: Any) -> str:
    """What is wrong with the first row that is wrong, as far as the chain itself can tell."""
    if row[0] > last + 1:
        gone = f"event {last + 1:,} is" if row[0] == last + 2 else f"events {last + 1:,} to {row[0] - 1:,} are"
        return f"comes after event {last:,}: {gone} missing"
    if row[0] <= last:
        return "has a number that no event has: it was put in"
    # Where it does belong: right after the event, if any, whose hash it follows from.
    true_place = next((at for at, before in _hashes(connection) if before != previous and _follows(before, row)), None)
    if true_place is not None:
        return (
            f"stands in another's place: it follows from event {true_place:,} and not from event {last:,}. Events were "
            "moved or put in"
            if true_place
            else "stands in another's place: it was the first event"
        )
    if following is not None and not _follows(row[9], following):
        return "was changed, and so was its hash or the event after it"
    return "was changed, or one before it is missing"


def _hashes(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    yield 0, START
    yield from connection.execute("SELECT id, hash FROM audit ORDER BY id")


def _beside(connection: sqlite3.Connection, last: int) -> str:
    """What is wrong with the head beside the chain."""
    rows = connection.execute("SELECT id, hash FROM audit_head").fetchall()
    if len(rows) != 1:
        return "The head beside the chain is missing: whether events were cut off the end can't be told."
    number, kept = rows[0]
    if not isinstance(number, int) or number < 0:
        return "The head beside the chain was changed."
    if number > last:
        gone = f"event {number:,} is" if number == last + 1 else f"events {last + 1:,} to {number:,} are"
        return f"The chain was cut off: {gone} missing at its end."
    row = connection.execute("SELECT hash FROM audit WHERE id = ?", (number,)).fetchone()
    if (row[0] if row else START) != kept or (number == 0 and last):
        return "The head beside the chain is not the hash of its last event: one of the two was changed."
    if number < last:
        return f"Events after {number:,} were added without this program."
    return ""


def _is_there(connection: sqlite3.Connection, head: Head) -> bool:
    """Whether an event has this hash: the very one, where the head has a number."""
    sql = "SELECT 1 FROM audit WHERE id = ? AND hash = ?" if head.id else "SELECT 1 FROM audit WHERE hash = ?"
    return connection.execute(sql, head if head.id else (head.hash,)).fetchone() is not None
