"""The audit chain: every action, import, override and setting, each row's hash covering the one before.

hash = SHA-256(previous hash + canonical JSON of the row); the first row follows 32 zero bytes. A row that is changed,
taken out or moved breaks the chain from there on.
"""

import hashlib
import json
import sqlite3
from typing import Any, NamedTuple

from tui.domain.actor import Actor
from tui.register.database import Database

START = bytes(32)


class AuditEvent(NamedTuple):
    """One row of the chain, as read."""

    id: int
    at: str
    operator: str
    origin: str
    action: str
    subject: str
    detail: str
    job_id: int | None
    reason: str
    hash: bytes


def _digest(previous: bytes, fields: tuple[Any, ...]) -> bytes:
    body = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(previous + body.encode("ascii")).digest()


def append(
    connection: sqlite3.Connection,
    actor: Actor,
    at: str,
    action: str,
    *,
    subject: str = "",
    detail: dict[str, Any] | None = None,
    job_id: int | None = None,
    reason: str = "",
) -> None:
    """Add one event, inside the caller's transaction, so that act and record stand or fall together.

    `detail` holds before and after; it must not hold a token, a link or a password hash.
    """
    # The head and not the last row: after rows that were cut off the end the chain does not close again.
    last, previous = connection.execute("SELECT id, hash FROM audit_head").fetchone()
    body = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    fields = (at, actor.operator, actor.origin, action, subject, body, job_id, reason)
    digest = _digest(previous, fields)
    connection.execute(
        "INSERT INTO audit (id, at, operator, origin, action, subject, detail, job_id, reason, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (last + 1, *fields, digest),
    )
    connection.execute("UPDATE audit_head SET id = ?, hash = ?", (last + 1, digest))


def first_broken(database: Database) -> int | None:
    """The id of the first event whose hash does not follow from the one before; None when the chain holds."""
    previous = START
    with database.errors():
        for row in database.connection.execute(
            "SELECT id, at, operator, origin, action, subject, detail, job_id, reason, hash FROM audit ORDER BY id"
        ):
            if _digest(previous, tuple(row[1:9])) != row[9]:
                return int(row[0])
            previous = row[9]
    return None


def history(database: Database, subject: str, limit: int = 50) -> list[AuditEvent]:
    """The latest events about one code, newest first."""
    rows = database.read("SELECT * FROM audit WHERE subject = ? ORDER BY id DESC LIMIT ?", (subject, limit))
    return [AuditEvent(*row) for row in rows]
