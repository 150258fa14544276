"""The audit chain: every action, import, override and setting, each row's hash covering the one before.

The rule is tui.domain.audit_chain. A row that is changed, taken out or moved breaks the chain from there on; rows cut
off its end are missed by the head that is kept beside it.
"""

import json
import sqlite3
from typing import Any, NamedTuple

from tui.domain.actor import Actor
from tui.domain.audit_chain import digest
from tui.errors import RegisterError
from tui.register.database import Database


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


def as_event(row: Any) -> AuditEvent:
    """A row as an event. Somebody may have written into the file: what is no text then is made one, to be shown."""
    number, at, operator, origin, action, subject, detail, job, reason, made = row
    return AuditEvent(
        number, str(at), str(operator), str(origin), str(action), str(subject), str(detail),
        job if isinstance(job, int) else None, str(reason), made if isinstance(made, bytes) else b"",
    )  # fmt: skip


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
    head = connection.execute("SELECT id, hash FROM audit_head").fetchone()
    if head is None:
        raise RegisterError(
            "The head of the audit chain is missing: somebody wrote into the register without this program.",
            means="Nothing was done: what can't be recorded is not done.",
            todo="See engage-accounts audit verify --read-only, and compare with a backup.",
        )
    last, previous = head
    body = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    fields = (at, actor.operator, actor.origin, action, subject, body, job_id, reason)
    made = digest(previous, fields)
    connection.execute(
        "INSERT INTO audit (id, at, operator, origin, action, subject, detail, job_id, reason, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (last + 1, *fields, made),
    )
    connection.execute("UPDATE audit_head SET id = ?, hash = ?", (last + 1, made))


def first_broken(database: Database) -> int | None:
    """The number of the first event that is wrong, that of the head when the end is missing; None: the chain holds."""
    from tui.register.audit_chain import verify

    verdict = verify(database)
    if verdict.broken is not None:
        return verdict.broken.id
    return None if verdict.holds else (verdict.head.id if verdict.head else 0)


def history(database: Database, subject: str, limit: int = 50) -> list[AuditEvent]:
    """The latest events about one code, newest first."""
    rows = database.read(
        # The second condition is what lets the index be used, which has no rows without a subject.
        "SELECT * FROM audit WHERE subject = ? AND subject <> '' ORDER BY id DESC LIMIT ?",
        (subject, limit),
    )
    return [as_event(row) for row in rows]
