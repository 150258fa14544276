"""Acts on accounts of the embedded register: revoke, attest, restore from a kept copy, and what a parent chose.

Each takes the connection inside the caller's transaction; derived rows and links are brought along in it.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from tui.domain.drift import Ours
from tui.domain.holders import Holder
from tui.domain.restoring import KeptCopy
from tui.register import invitations
from tui.register.database import Database
from tui.register.derive import derive_contacts

_PART = 400
_IS_OVER = (
    "keep_until <= ?1 AND NOT EXISTS (SELECT 1 FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
    " WHERE i.person = revoked_copies.person AND i.state = 'claimed' AND j.verb = 'restore'"
    " AND j.of_job = revoked_copies.job_id)"
)


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
    connection: sqlite3.Connection, persons: Sequence[int], job: int, at: str, keep_until: str, *, future_counts: bool
) -> dict[int, AccountState]:
    """Remove usernames and passwords, keep what a restore needs until `keep_until` ("": nothing), void open links.
    Returns what was."""
    before = {person: state(connection, person) for person in persons}
    if keep_until:
        connection.executemany(
            "INSERT INTO revoked_copies (person, job_id, username, password_hash, revoked_at, keep_until)"
            " SELECT person, ?, username, password_hash, ?, ? FROM accounts WHERE person = ?",
            ((job, at, keep_until, person) for person in persons),
        )
    clear(connection, persons, job, at, "the account was revoked", future_counts=future_counts)
    return before


def clear(
    connection: sqlite3.Connection, persons: Sequence[int], job: int, at: str, why: str, *, future_counts: bool
) -> None:
    """Take accounts off their records: by a revoke, or by a person's word that it was done elsewhere."""
    connection.executemany(
        "UPDATE accounts SET username = '', username_key = '', password_hash = NULL, acted_at = ?, revoked_at = ?,"
        # What the feed listed before the act is no word against it.
        " revoked_job = ?, feed_username = '', came_back_snapshot = NULL WHERE person = ?",
        ((at, at, job, person) for person in persons),
    )
    for person in persons:
        invitations.void(connection, person, at, why)
    _derive(connection, persons, future_counts=future_counts)


def restore(
    connection: sqlite3.Connection, persons: Sequence[int], of_job: int, at: str, *, future_counts: bool
) -> dict[int, AccountState]:
    """Give back what the revokes of a job removed, and wipe the copies. Returns what is there again."""
    for person in persons:
        connection.execute(
            "UPDATE accounts SET (username, username_key, password_hash) = (SELECT k.username, casefold(k.username),"
            " k.password_hash FROM revoked_copies AS k WHERE k.person = accounts.person AND k.job_id = ?),"
            " acted_at = ?, revoked_at = '', revoked_job = NULL WHERE person = ?",
            (of_job, at, person),
        )
        connection.execute("DELETE FROM revoked_copies WHERE person = ? AND job_id = ?", (person, of_job))
        connection.execute("UPDATE items SET restored_at = ? WHERE person = ? AND job_id = ?", (at, person, of_job))
    _derive(connection, persons, future_counts=future_counts)
    return {person: state(connection, person) for person in persons}


def _derive(connection: sqlite3.Connection, persons: Sequence[int], *, future_counts: bool) -> None:
    """Derive these people's rows, and those of the old records that may be theirs: where portal access is unknown,
    whoever loses the account is not eligible any more, and supersedes nobody."""
    contacts = [person >> 2 for person in persons]
    places = ", ".join("?" * len(contacts))
    old = connection.execute(
        f"SELECT old FROM correlations WHERE new IN ({places}) UNION SELECT old FROM pair_verdicts"
        f" WHERE new IN ({places})",
        contacts * 2,
    ).fetchall()
    derive_contacts(connection, {*contacts, *(row[0] for row in old)}, future_counts=future_counts)


def copies(database: Database, of_job: int, persons: Sequence[int]) -> dict[int, KeptCopy]:
    """What is kept of the accounts that a job revoked, by person number, with who stands in a restore's way."""
    found: dict[int, KeptCopy] = {}
    for start in range(0, len(persons), _PART):
        part = persons[start : start + _PART]
        places = ", ".join("?" * len(part))
        taken: dict[int, list[str]] = {}
        for person, code in database.read(
            "SELECT k.person, coalesce(c.code, s.code, f.code) FROM revoked_copies AS k"
            " JOIN accounts AS a ON a.username_key = casefold(k.username) AND a.username_key <> ''"
            " AND a.person <> k.person LEFT JOIN contacts AS c ON a.person % 4 = 0 AND c.id = a.person / 4"
            " LEFT JOIN students AS s ON a.person % 4 = 1 AND s.id = a.person / 4"
            " LEFT JOIN staff AS f ON a.person % 4 = 2 AND f.id = a.person / 4"
            f" WHERE k.job_id = ? AND k.person IN ({places}) ORDER BY 2",
            (of_job, *part),
        ):
            taken.setdefault(person, []).append(code)
        welcomed: dict[int, list[str]] = {}
        for person, code in database.read(
            # The record itself, and the one that was accepted as the same person's.
            "WITH records AS (SELECT k.person, k.revoked_at, k.person AS other FROM revoked_copies AS k"
            f" WHERE k.job_id = ?1 AND k.person IN ({places}) UNION ALL"
            " SELECT k.person, k.revoked_at, v.new * 4 FROM revoked_copies AS k JOIN pair_verdicts AS v"
            f" ON v.old * 4 = k.person AND v.verdict = 'accepted' WHERE k.job_id = ?1 AND k.person IN ({places}))"
            " SELECT r.person, c.code FROM records AS r JOIN contacts AS c ON c.id * 4 = r.other"
            " WHERE EXISTS (SELECT 1 FROM invitations AS i WHERE i.person = r.other AND i.created_at >= r.revoked_at"
            " AND i.state IN ('queued', 'sending', 'sent', 'unknown', 'accepted'))"
            " OR EXISTS (SELECT 1 FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE i.person = r.other"
            " AND j.verb = 'welcome' AND i.acted_at >= r.revoked_at AND i.state IN ('requested', 'attested'))"
            " OR (r.other <> r.person AND EXISTS (SELECT 1 FROM accounts AS a WHERE a.person = r.other"
            " AND (a.username <> '' OR a.password_hash IS NOT NULL))) ORDER BY 2",
            (of_job, *part, *part),
        ):
            welcomed.setdefault(person, []).append(code)
        for person, username, has_password, revoked_at, keep_until in database.read(
            "SELECT person, username, password_hash IS NOT NULL, revoked_at, keep_until FROM revoked_copies"
            f" WHERE job_id = ? AND person IN ({places})",
            (of_job, *part),
        ):
            found[person] = KeptCopy(
                username,
                bool(has_password),
                revoked_at,
                keep_until,
                tuple(taken.get(person, ())),
                tuple(welcomed.get(person, ())),
            )
    return found


def holder_of(connection: sqlite3.Connection, username: str) -> int | None:
    """Who has this username, regardless of case; None: nobody. The lowest of those who share it."""
    row = connection.execute(
        "SELECT min(person) FROM accounts WHERE username_key = ? AND username_key <> ''", (username.casefold(),)
    ).fetchone()
    return None if row[0] is None else int(row[0])


def set_credentials(
    connection: sqlite3.Connection,
    person: int,
    username: str,
    password_hash: str | None,
    at: str,
    *,
    future_counts: bool,
) -> None:
    """The username and the hash of the password that a parent has chosen; None where the password is kept elsewhere."""
    connection.execute(
        "INSERT INTO accounts (person, username, username_key, password_hash, acted_at)"
        " VALUES (?1, ?2, casefold(?2), ?3, ?4) ON CONFLICT (person) DO UPDATE SET username = ?2,"
        " username_key = casefold(?2), password_hash = ?3, acted_at = ?4, revoked_at = '', revoked_job = NULL,"
        " came_back_snapshot = NULL",
        (person, username, password_hash, at),
    )
    _derive(connection, [person], future_counts=future_counts)


def set_username(connection: sqlite3.Connection, person: int, username: str, at: str, *, future_counts: bool) -> None:
    """The username of an account that lives elsewhere, "" for none any more."""
    connection.execute(
        "INSERT INTO accounts (person, username, username_key, acted_at) VALUES (?1, ?2, casefold(?2), ?3)"
        " ON CONFLICT (person) DO UPDATE SET username = ?2, username_key = casefold(?2), acted_at = ?3,"
        " revoked_at = CASE WHEN ?2 = '' THEN revoked_at ELSE '' END,"
        " revoked_job = CASE WHEN ?2 = '' THEN revoked_job END, came_back_snapshot = NULL",
        (person, username, at),
    )
    _derive(connection, [person], future_counts=future_counts)


def known(database: Database) -> list[Ours]:
    """The account of every contact, as the register has it."""
    return [
        Ours(code, username, bool(revoked), Holder(given_name, surname, (email,)))
        for code, username, revoked, given_name, surname, email in database.read(
            "SELECT c.code, coalesce(a.username, ''), coalesce(a.revoked_at, '') <> '', c.given_name, c.surname,"
            " c.email FROM contacts AS c LEFT JOIN accounts AS a ON a.person = c.id * 4"
        )
    ]


def take_over(
    connection: sqlite3.Connection, code: str, ours: str, theirs: str, at: str, *, future_counts: bool
) -> bool:
    """Have what the service says of a contact's account, "" for none there: a feed that still lists it is then only
    reported. False, and nothing done, when the register's username is not `ours` any more."""
    (contact,) = connection.execute("SELECT id FROM contacts WHERE code = ?", (code,)).fetchone()
    if state(connection, contact * 4).username != ours:
        return False
    set_username(connection, contact * 4, theirs, at, future_counts=future_counts)
    if not theirs:
        connection.execute("UPDATE accounts SET revoked_at = ?, revoked_job = NULL WHERE person = ?", (at, contact * 4))
    return True


def anything_expired(database: Database, now: str) -> bool:
    """Whether a link or a copy has run out and waits to be cleared away."""
    return bool(
        database.one(
            "SELECT EXISTS (SELECT 1 FROM invitations WHERE state = 'sent' AND expires_at <= ?1)"
            f" OR EXISTS (SELECT 1 FROM revoked_copies WHERE {_IS_OVER})",
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
    """Wipe the copies whose time to be restored is over, but not those that a restore has begun to give back."""
    return connection.execute(f"DELETE FROM revoked_copies WHERE {_IS_OVER}", (now,)).rowcount


def total(database: Database) -> int:
    """Contacts that have an account."""
    row = database.one(
        "SELECT count(*) FROM accounts WHERE person % 4 = 0 AND (username <> '' OR password_hash IS NOT NULL)"
    )
    return int(row[0])


DOUBLED = (
    "SELECT group_concat(c.code, ' ') FROM accounts AS a JOIN contacts AS c ON c.id * 4 = a.person"
    " WHERE a.username_key <> '' GROUP BY a.username_key HAVING count(*) > 1"
)
"""The contact codes that share a username, a row for each username."""


def doubled_usernames(database: Database) -> list[tuple[str, ...]]:
    """The contact codes that share a username, regardless of case, a tuple each."""
    return [tuple(row[0].split(" ")) for row in database.read(f"{DOUBLED} ORDER BY 1")]
