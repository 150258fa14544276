"""Invitations: who was sent a one-time link, and which links still live. Only a token's hash is ever stored.

States: queued (to be sent, perhaps again), sending, sent, accepted, expired, superseded, failed, unknown (it may have
been sent; a person has to look).
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from tui.register.database import Database

OPEN = ("queued", "sending", "sent", "unknown")
_OPEN = "state IN ('queued', 'sending', 'sent', 'unknown')"
# Whether an unknown one was sent is still for a person to say; its link is void all the same.
_VOID = (
    "state = CASE state WHEN 'unknown' THEN 'unknown' ELSE 'superseded' END, token_hash = NULL, ended_at = ?,"
    " ended_why = ?"
)


class InvitationRow(NamedTuple):
    """One invitation. Times are ISO text, "" for not (yet); `why` says how it ended, or why it waits."""

    id: int
    person: int
    code: str
    name: str
    purpose: str
    email: str
    state: str
    job: int | None
    item: int | None
    transport: str
    tries: int
    created_at: str
    sent_at: str
    expires_at: str
    retry_at: str
    ended_at: str
    why: str
    key: str


_ROW = (
    "SELECT i.id, i.person, i.code, trim(coalesce(nullif(c.preferred_name, ''), c.given_name, '') || ' ' ||"
    " coalesce(c.surname, '')), i.purpose, i.email, i.state, i.job_id, i.item_id, i.transport, i.tries, i.created_at,"
    " i.sent_at, i.expires_at, i.retry_at, i.ended_at, i.ended_why, i.attempt_key FROM invitations AS i"
    " LEFT JOIN contacts AS c ON i.person % 4 = 0 AND c.id = i.person / 4"
)


def listed(
    database: Database, *, states: Sequence[str] = (), code: str = "", expiring_by: str = "", most: int = 0
) -> list[InvitationRow]:
    """Invitations, newest first: those in these states (none: all), of one code, whose link runs out by a moment."""
    conditions, parameters = ["1"], list[object]()
    if states:
        conditions.append(f"i.state IN ({', '.join('?' * len(states))})")
        parameters += states
    if code:
        conditions.append("i.code = ?")
        parameters.append(code)
    if expiring_by:
        conditions.append("i.state = 'sent' AND i.expires_at <= ?")
        parameters.append(expiring_by)
    limit = f" LIMIT {most}" if most else ""
    rows = database.read(f"{_ROW} WHERE {' AND '.join(conditions)} ORDER BY i.id DESC{limit}", parameters)
    return [InvitationRow(*row) for row in rows]


def one(database: Database, invitation: int) -> InvitationRow | None:
    """One invitation."""
    row = database.one(f"{_ROW} WHERE i.id = ?", (invitation,))
    return InvitationRow(*row) if row else None


def of_key(database: Database, key: str) -> InvitationRow | None:
    """The invitation whose newest attempt went out under this key."""
    row = database.one(f"{_ROW} WHERE i.attempt_key = ? AND i.attempt_key <> ''", (key,))
    return InvitationRow(*row) if row else None


def counts(database: Database) -> dict[str, int]:
    """How many invitations are in each state."""
    return dict(database.read("SELECT state, count(*) FROM invitations GROUP BY 1"))


def void(connection: sqlite3.Connection, person: int, at: str, why: str) -> int:
    """Void the open links of a person, in the transaction that takes their ground away. Returns how many."""
    return connection.execute(
        f"UPDATE invitations SET {_VOID} WHERE person = ? AND {_OPEN}",
        (at, why, person),
    ).rowcount


def of_job(database: Database, job: int) -> str:
    """The transport that a job's messages were handed to, "" when it sends none itself."""
    row = database.one("SELECT max(transport) FROM invitations WHERE job_id = ?", (job,))
    return str(row[0] or "")


def void_groundless(connection: sqlite3.Connection, at: str) -> int:
    """Void every open link whose person is not eligible any more, or whose email is another now."""
    voided = 0
    for why, condition in (
        ("no longer eligible", "d.status NOT IN ('active', 'ready_to_provision')"),
        ("the email changed", "c.email <> i.email COLLATE NOCASE"),
    ):
        voided += connection.execute(
            f"UPDATE invitations AS i SET {_VOID}"
            f" FROM directory AS d JOIN contacts AS c ON c.id * 4 = d.person"
            f" WHERE d.person = i.person AND i.{_OPEN} AND {condition}",
            (at, why),
        ).rowcount
    return voided


class Attempt(NamedTuple):
    """One attempt to send: what is stored before anything is sent. `expires_at` is ISO text."""

    person: int
    code: str
    purpose: str
    email: str
    greeting: str
    job: int
    item: int
    key: str
    token_hash: bytes
    expires_at: str
    transport: str


def begin(connection: sqlite3.Connection, attempt: Attempt, at: str) -> int:
    """Store that this attempt is being made, and return the invitation's number.

    The item's own invitation is gone on with, its earlier token dies here; whatever else is open is superseded.
    """
    row = connection.execute(
        "SELECT id FROM invitations WHERE item_id = ? AND state IN ('queued', 'sending') ORDER BY id DESC LIMIT 1",
        (attempt.item,),
    ).fetchone()
    connection.execute(
        f"UPDATE invitations SET {_VOID} WHERE person = ? AND id IS NOT ? AND {_OPEN}",
        (at, "a newer one was sent", attempt.person, row[0] if row else None),
    )
    if row:
        connection.execute(
            "UPDATE invitations SET state = 'sending', email = ?, token_hash = ?, expires_at = ?, attempt_key = ?,"
            " transport = ?, attempt = attempt + 1, retry_at = '', ended_why = '' WHERE id = ?",
            (attempt.email, attempt.token_hash, attempt.expires_at, attempt.key, attempt.transport, row[0]),
        )
        return int(row[0])
    cursor = connection.execute(
        "INSERT INTO invitations (person, code, purpose, email, greeting, state, job_id, item_id, attempt_key,"
        " token_hash, expires_at, transport, attempt, created_at)"
        " VALUES (?, ?, ?, ?, ?, 'sending', ?, ?, ?, ?, ?, ?, 1, ?)",
        (
            attempt.person,
            attempt.code,
            attempt.purpose,
            attempt.email,
            attempt.greeting,
            attempt.job,
            attempt.item,
            attempt.key,
            attempt.token_hash,
            attempt.expires_at,
            attempt.transport,
            at,
        ),
    )
    return int(cursor.lastrowid or 0)


def finish(connection: sqlite3.Connection, invitation: int, state: str, at: str, why: str = "", key: str = "") -> bool:
    """The outcome of an attempt: sent, failed or unknown. False when it was voided on its way: it stays void.

    With `key`, whoever made that attempt knows better than who found it begun and called it unknown.
    """
    sent_at = at if state == "sent" else ""
    ended = "" if state in OPEN else at
    return bool(
        connection.execute(
            "UPDATE invitations SET state = ?1, sent_at = ?2, ended_at = ?3, ended_why = ?4, retry_at = '',"
            " token_hash = CASE WHEN ?1 = 'failed' THEN NULL ELSE token_hash END"
            " WHERE id = ?5 AND (state = 'sending' OR (state = 'unknown' AND attempt_key = ?6))",
            (state, sent_at, ended, why, invitation, key),
        ).rowcount
    )


def call_unknown(connection: sqlite3.Connection, invitation: int, why: str) -> None:
    """One that was voided while it may have been on its way: whether it was sent is for a person to say."""
    connection.execute(
        "UPDATE invitations SET state = 'unknown', ended_why = ? WHERE id = ? AND state = 'superseded'",
        (why, invitation),
    )


def defer(connection: sqlite3.Connection, invitation: int, retry_at: str, why: str) -> None:
    """The server put the message off: its token dies, another attempt follows at `retry_at`."""
    connection.execute(
        "UPDATE invitations SET state = 'queued', token_hash = NULL, tries = tries + 1, retry_at = ?, ended_why = ?"
        " WHERE id = ? AND state = 'sending'",
        (retry_at, why, invitation),
    )


def put_back(connection: sqlite3.Connection, invitation: int) -> None:
    """Nothing could be sent at all: it waits for the job to go on, its token dies."""
    connection.execute(
        "UPDATE invitations SET state = 'queued', token_hash = NULL WHERE id = ? AND state = 'sending'", (invitation,)
    )


def end_item(connection: sqlite3.Connection, item: int, at: str, why: str) -> None:
    """What an item still had to send is not sent: what it rested on is gone."""
    connection.execute(
        "UPDATE invitations SET state = 'failed', token_hash = NULL, ended_at = ?, ended_why = ?, retry_at = ''"
        " WHERE item_id = ? AND state IN ('queued', 'sending')",
        (at, why, item),
    )


def drop(connection: sqlite3.Connection, job: int, at: str, why: str) -> None:
    """What a job still had queued is not sent."""
    connection.execute(
        "UPDATE invitations SET state = 'failed', ended_at = ?, ended_why = ?, retry_at = ''"
        " WHERE job_id = ? AND state = 'queued'",
        (at, why, job),
    )


def settle(connection: sqlite3.Connection, invitation: int, *, sent: bool, at: str, why: str) -> bool:
    """A person says whether an unknown one was sent. False when it is not unknown (any more)."""
    return bool(
        connection.execute(
            # One whose link was voided meanwhile was sent, and its link stays void.
            "UPDATE invitations SET state = CASE WHEN ?1 = 'sent' AND token_hash IS NULL THEN 'superseded' ELSE ?1 END,"
            " sent_at = ?2, ended_at = ?3, ended_why = ?4, token_hash = CASE WHEN ?1 = 'failed' THEN NULL ELSE"
            " token_hash END WHERE id = ?5 AND state = 'unknown'",
            ("sent" if sent else "failed", at if sent else "", "" if sent else at, why, invitation),
        ).rowcount
    )


def bounce(connection: sqlite3.Connection, invitation: int, at: str, why: str) -> bool:
    """The message came back: it has failed, and its link with it. False when that changes nothing."""
    return bool(
        connection.execute(
            "UPDATE invitations SET state = 'failed', token_hash = NULL, ended_at = ?, ended_why = ?"
            " WHERE id = ? AND state IN ('sent', 'unknown', 'expired')",
            (at, why, invitation),
        ).rowcount
    )


def of_item(connection: sqlite3.Connection, item: int) -> tuple[int, str, str, int] | None:
    """The newest invitation of a job's item: (number, state, key of its newest attempt, how often it was put off)."""
    row = connection.execute(
        "SELECT id, state, attempt_key, tries FROM invitations WHERE item_id = ? ORDER BY id DESC LIMIT 1", (item,)
    ).fetchone()
    return (int(row[0]), str(row[1]), str(row[2]), int(row[3])) if row else None


_DUE = (
    "items AS i WHERE i.state = 'deferred' AND NOT EXISTS (SELECT 1 FROM invitations AS v WHERE v.item_id = i.id"
    " AND v.state = 'queued' AND v.retry_at > ?)"
)


def due_jobs(database: Database, now: str) -> list[int]:
    """The jobs with a message that was put off and is to be tried again by now, or whose ground is gone since."""
    rows = database.read(f"SELECT DISTINCT i.job_id FROM {_DUE} ORDER BY 1", (now,))
    return [int(row[0]) for row in rows]


def due_items(database: Database, job: int, now: str) -> set[int]:
    """The items of a job that are due so."""
    return {int(row[0]) for row in database.read(f"SELECT i.id FROM {_DUE} AND i.job_id = ?", (now, job))}


def next_retry(database: Database) -> str:
    """When the next message that was put off is to be tried again, "" for never."""
    row = database.one("SELECT min(retry_at) FROM invitations WHERE state = 'queued' AND retry_at <> ''")
    return str(row[0] or "")


class Link(NamedTuple):
    """An invitation as found by its token."""

    id: int
    person: int
    code: str
    purpose: str
    state: str
    email: str
    expires_at: str
    token_hash: bytes


def of_token(connection: sqlite3.Connection, token_hash: bytes) -> Link | None:
    """The invitation with this token."""
    row = connection.execute(
        "SELECT id, person, code, purpose, state, email, expires_at, token_hash FROM invitations WHERE token_hash = ?",
        (token_hash,),
    ).fetchone()
    return Link(*row) if row else None


def accept(connection: sqlite3.Connection, invitation: int, at: str) -> bool:
    """The parent has used the link: its token dies. False when it was not open any more."""
    return bool(
        connection.execute(
            "UPDATE invitations SET state = 'accepted', token_hash = NULL, ended_at = ?"
            " WHERE id = ? AND state IN ('sent', 'unknown') AND token_hash IS NOT NULL",
            (at, invitation),
        ).rowcount
    )


def expire(connection: sqlite3.Connection, now: str) -> int:
    """Mark sent invitations whose link has run out."""
    return connection.execute(
        "UPDATE invitations SET state = 'expired', token_hash = NULL, ended_at = ?"
        " WHERE state = 'sent' AND expires_at <> '' AND expires_at <= ?",
        (now, now),
    ).rowcount
