"""Invitations: who was sent a one-time link, and which links still live. Only a token's hash is ever stored."""

import sqlite3

from tui.register.database import Database

OPEN = ("queued", "sending", "sent", "unknown")
_OPEN = "state IN ('queued', 'sending', 'sent', 'unknown')"


def void(connection: sqlite3.Connection, person: int, at: str, why: str) -> int:
    """Void the open links of a person, in the transaction that takes their ground away. Returns how many."""
    return connection.execute(
        f"UPDATE invitations SET state = 'superseded', token_hash = NULL, ended_at = ?, ended_why = ?"
        f" WHERE person = ? AND {_OPEN}",
        (at, why, person),
    ).rowcount


def of_job(database: Database, job: int) -> bool:
    """Whether a job writes its messages itself, and does not ask the portal to send them."""
    return database.one("SELECT 1 FROM invitations WHERE job_id = ? LIMIT 1", (job,)) is not None


def void_groundless(connection: sqlite3.Connection, at: str) -> int:
    """Void every open link whose person is not eligible any more, or whose email is another now."""
    voided = 0
    for why, condition in (
        ("no longer eligible", "d.status NOT IN ('active', 'ready_to_provision')"),
        ("the email changed", "c.email <> i.email COLLATE NOCASE"),
    ):
        voided += connection.execute(
            f"UPDATE invitations AS i SET state = 'superseded', token_hash = NULL, ended_at = ?, ended_why = ?"
            f" FROM directory AS d JOIN contacts AS c ON c.id * 4 = d.person"
            f" WHERE d.person = i.person AND i.{_OPEN} AND {condition}",
            (at, why),
        ).rowcount
    return voided


def queue(connection: sqlite3.Connection, person: int, code: str, email: str, job_id: int, at: str) -> int:
    """Store the intent to send before anything is sent; an earlier open one of the person is superseded."""
    void(connection, person, at, "a newer one was sent")
    cursor = connection.execute(
        "INSERT INTO invitations (person, code, purpose, email, state, job_id, created_at)"
        " VALUES (?, ?, 'welcome', ?, 'queued', ?, ?)",
        (person, code, email, job_id, at),
    )
    return int(cursor.lastrowid or 0)


def start_attempt(connection: sqlite3.Connection, invitation: int, token_hash: bytes, expires_at: str) -> None:
    """A new attempt with a new token; the earlier attempt's token dies here."""
    connection.execute(
        "UPDATE invitations SET state = 'sending', token_hash = ?, expires_at = ?, attempt = attempt + 1 WHERE id = ?",
        (token_hash, expires_at, invitation),
    )


def finish(connection: sqlite3.Connection, invitation: int, state: str, at: str, why: str = "") -> None:
    """The outcome of an attempt: sent, failed or unknown."""
    sent_at = at if state == "sent" else ""
    ended = "" if state in OPEN else at
    connection.execute(
        "UPDATE invitations SET state = ?, sent_at = ?, ended_at = ?, ended_why = ?"
        # What was voided while it was on its way stays void.
        " WHERE id = ? AND state = 'sending'",
        (state, sent_at, ended, why, invitation),
    )


def open_of_item(connection: sqlite3.Connection, job_id: int, person: int) -> tuple[int, str, bytes] | None:
    """The newest invitation of a job's item: (id, state, hash of its token or nothing)."""
    row = connection.execute(
        "SELECT id, state, token_hash FROM invitations WHERE job_id = ? AND person = ? ORDER BY id DESC LIMIT 1",
        (job_id, person),
    ).fetchone()
    return (int(row[0]), str(row[1]), row[2] or b"") if row else None


def expire(connection: sqlite3.Connection, now: str) -> int:
    """Mark sent invitations whose link has run out."""
    return connection.execute(
        "UPDATE invitations SET state = 'expired', token_hash = NULL, ended_at = ?"
        " WHERE state = 'sent' AND expires_at <> '' AND expires_at <= ?",
        (now, now),
    ).rowcount
