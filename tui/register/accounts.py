"""Acts on accounts of the embedded register: revoke, attest, and the copy that a restore needs.

Each takes the connection inside the caller's transaction; derived rows and links are brought along in it.
"""

import sqlite3
from typing import NamedTuple

from tui.register import invitations
from tui.register.database import Database
from tui.register.derive import derive_contacts


class AccountState(NamedTuple):
    """What an account is, as far as an audit may say: the username, and whether there is a password."""

    username: str
    has_password: bool


def state(connection: sqlite3.Connection, person: int) -> AccountState:
    """The account of a person as it stands."""
    row = connection.execute(
        "SELECT username, password_hash IS NOT NULL FROM accounts WHERE person = ?", (person,)
    ).fetchone()
    return AccountState(str(row[0]), bool(row[1])) if row else AccountState("", False)


def revoke(
    connection: sqlite3.Connection, person: int, job: int, at: str, keep_until: str, *, future_counts: bool
) -> AccountState:
    """Remove username and password, keep what a restore needs until `keep_until`, void open links. Returns what was."""
    before = state(connection, person)
    connection.execute(
        "INSERT INTO revoked_copies (person, job_id, username, password_hash, revoked_at, keep_until)"
        " SELECT person, ?, username, password_hash, ?, ? FROM accounts WHERE person = ?",
        (job, at, keep_until, person),
    )
    clear(connection, person, job, at, "the account was revoked", future_counts=future_counts)
    return before


def clear(connection: sqlite3.Connection, person: int, job: int, at: str, why: str, *, future_counts: bool) -> None:
    """Take the account off the record: by a revoke, or by a person's word that it was done elsewhere."""
    connection.execute(
        "UPDATE accounts SET username = '', username_key = '', password_hash = NULL, acted_at = ?, revoked_at = ?,"
        # What the feed listed before the act is no word against it.
        " revoked_job = ?, feed_username = '', came_back_snapshot = NULL WHERE person = ?",
        (at, at, job, person),
    )
    invitations.void(connection, person, at, why)
    derive_contacts(connection, [person >> 2], future_counts=future_counts)


def anything_expired(database: Database, now: str) -> bool:
    """Whether a link or a copy has run out and waits to be cleared away."""
    return bool(
        database.one(
            "SELECT EXISTS (SELECT 1 FROM invitations WHERE state = 'sent' AND expires_at <= ?1)"
            " OR EXISTS (SELECT 1 FROM revoked_copies WHERE keep_until <= ?1)",
            (now,),
        )[0]
    )


def listed_after_revoke(database: Database) -> int:
    """Revoked accounts that the last feed still lists with a username."""
    row = database.one(
        "SELECT count(*) FROM accounts WHERE revoked_at <> '' AND username = '' AND feed_username <> ''"
        " AND person % 4 = 0"
    )
    return int(row[0])


def wipe_copies(connection: sqlite3.Connection, now: str) -> int:
    """Wipe the copies whose time to be restored is over."""
    return connection.execute("DELETE FROM revoked_copies WHERE keep_until <= ?", (now,)).rowcount


def total(database: Database) -> int:
    """Contacts that have an account."""
    row = database.one(
        "SELECT count(*) FROM accounts WHERE person % 4 = 0 AND (username <> '' OR password_hash IS NOT NULL)"
    )
    return int(row[0])


def doubled_usernames(database: Database) -> list[tuple[str, ...]]:
    """The contact codes that share a username, regardless of case, a tuple each."""
    rows = database.read(
        "SELECT group_concat(c.code, ' ') FROM accounts AS a JOIN contacts AS c ON c.id * 4 = a.person"
        " WHERE a.username_key <> '' GROUP BY a.username_key HAVING count(*) > 1 ORDER BY 1"
    )
    return [tuple(row[0].split(" ")) for row in rows]
