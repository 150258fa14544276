"""The journal: jobs and their items, written before anything is acted on.

Item states: pending, claimed, then done, requested, skipped, failed, unknown, deferred or cancelled; a request becomes
attested by a person, or done or not_done by a newer import. One runner holds a job at a time, by a lease that runs out;
whoever lost it writes nothing more.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tui.domain.actor import Actor
from tui.errors import LeaseLost, NotFound
from tui.register.database import Database

LEASE = timedelta(seconds=60)
OPEN_STATES = ("pending", "claimed")
WAITING_STATES = (*OPEN_STATES, "deferred")


class JobRow(NamedTuple):
    """One job, with its counts by item state."""

    id: int
    verb: str
    service: str
    system: str
    state: str
    singly: bool
    reason: str
    operator: str
    created_at: str
    finished_at: str
    overridden: bool
    files: tuple[str, ...]
    of_job: int | None
    stopped_why: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_open(self) -> bool:
        """Whether it has neither come to its end nor been cancelled."""
        return self.state not in ("done", "cancelled")

    @property
    def open(self) -> int:
        """Items not reached yet."""
        return sum(self.counts.get(state, 0) for state in OPEN_STATES)


class ItemRow(NamedTuple):
    """One item of a job."""

    id: int
    job_id: int
    person: int
    code: str
    state: str
    facts: str
    detail: str
    acted_at: str
    verified: str
    covered: int
    answered: int
    greeting: str


def add_job(
    connection: sqlite3.Connection,
    *,
    verb: str,
    service: str,
    system: str,
    singly: bool,
    reason: str,
    guard: str,
    override_reason: str,
    actor: Actor,
    at: str,
    items: Iterable[tuple[int, str, str, bool, bool, str]],
    handover: int | None = None,
    of_job: int | None = None,
) -> int:
    """Write a plan down as a job of (person, code, fingerprint, covered, answered, greeting) items, all pending.
    Returns its number."""
    cursor = connection.execute(
        "INSERT INTO jobs (verb, service, system, state, singly, reason, guard, override_reason, operator, created_at,"
        " handover, of_job) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)",
        (verb, service, system, int(singly), reason, guard, override_reason, actor.operator, at, handover, of_job),
    )
    job = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO items (job_id, person, code, state, facts, covered, answered, greeting)"
        " VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)",
        ((job, *item) for item in items),
    )
    return job


def lease(connection: sqlite3.Connection, job: int, runner: str, now: datetime, *, dead: Sequence[str] = ()) -> None:
    """Take or renew the lease of a job. Raises LeaseLost while another living runner holds it; `dead` names runners
    that are known to be gone."""
    row = connection.execute("SELECT runner, lease_until FROM jobs WHERE id = ?", (job,)).fetchone()
    if row is None:
        raise NotFound(f"There is no job {job}.", todo="See engage-accounts jobs.")
    holder, until = row
    # A lease that reaches further than a lease can was taken while the clock stood elsewhere.
    valid = now.isoformat() < until <= (now + 2 * LEASE).isoformat()
    if holder not in ("", runner, *dead) and valid:
        raise LeaseLost(
            f"Job {job} is being run by another session ({holder}).",
            means="Nothing was done here.",
            todo="Wait until it has finished.",
        )
    connection.execute(
        "UPDATE jobs SET asked = CASE WHEN runner = ?1 THEN asked ELSE '' END, runner = ?1, lease_until = ?2,"
        " state = 'running', stopped_why = '' WHERE id = ?3",
        (runner, (now + LEASE).isoformat(), job),
    )


def must_hold(connection: sqlite3.Connection, job: int, runner: str) -> None:
    """Raise LeaseLost unless this runner still holds the job, inside the transaction in which it would write: a session
    that slept past its lease must not do what another has taken over."""
    row = connection.execute("SELECT runner FROM jobs WHERE id = ?", (job,)).fetchone()
    if row is None or row[0] != runner:
        raise LeaseLost(
            f"Another session has taken job {job} over.",
            means="What was done here before is recorded; the other session does the rest.",
        )


def asked(database: Database, job: int) -> str:
    """What somebody asked of whoever runs this job: `pause`, `cancel` or ""."""
    return str(database.one("SELECT asked FROM jobs WHERE id = ?", (job,))[0])


def ask(connection: sqlite3.Connection, job: int, what: str) -> None:
    """Ask something of whoever runs a job; "" takes it back."""
    connection.execute("UPDATE jobs SET asked = ? WHERE id = ?", (what, job))


def cancel(connection: sqlite3.Connection, job: int, at: str, why: str) -> int:
    """Call off what is still open or deferred in a job. Returns how many items."""
    return connection.execute(
        "UPDATE items SET state = 'cancelled', acted_at = ?, detail = ? WHERE job_id = ?"
        " AND state IN ('pending', 'claimed', 'deferred')",
        (at, why, job),
    ).rowcount


def lease_of(database: Database, job: int) -> tuple[str, str]:
    """Who holds a job's lease and until when, "" when nobody does."""
    row = database.one("SELECT runner, lease_until FROM jobs WHERE id = ?", (job,))
    return (str(row[0]), str(row[1])) if row else ("", "")


def end(
    connection: sqlite3.Connection, job: int, state: str, at: str, files: Sequence[str] | None = None, why: str = ""
) -> None:
    """Give the lease back and say how the run ended: `done`, `cancelled` or `stopped`, and then why. `files` None:
    those that were written before stand."""
    connection.execute(
        "UPDATE jobs SET state = ?, finished_at = ?, files = coalesce(?, files), runner = '', lease_until = '',"
        " asked = '', stopped_why = ? WHERE id = ?",
        (state, "" if state == "stopped" else at, None if files is None else json.dumps(list(files)), why, job),
    )


def set_item(connection: sqlite3.Connection, item: int, state: str, at: str, detail: str = "") -> None:
    """Record what became of an item."""
    connection.execute("UPDATE items SET state = ?, acted_at = ?, detail = ? WHERE id = ?", (state, at, detail, item))


def claim(connection: sqlite3.Connection, items: Sequence[int]) -> None:
    """Say of items, before they go out to another system, that they are begun."""
    connection.executemany("UPDATE items SET state = 'claimed' WHERE id = ?", ((item,) for item in items))


def item_state(connection: sqlite3.Connection, item: int) -> str:
    """The state of an item, read inside the transaction that is going to change it."""
    return str(connection.execute("SELECT state FROM items WHERE id = ?", (item,)).fetchone()[0])


_ITEM = (
    "SELECT id, job_id, person, code, state, facts, detail, acted_at, verified, covered, answered, greeting FROM items"
)


def items(database: Database, job: int, states: Sequence[str] = ()) -> list[ItemRow]:
    """The items of a job in their order, all or those in the given states."""
    condition = f" AND state IN ({', '.join('?' * len(states))})" if states else ""
    rows = database.read(f"{_ITEM} WHERE job_id = ?{condition} ORDER BY id", (job, *states))
    return [ItemRow(*row) for row in rows]


def next_items(database: Database, job: int, states: Sequence[str], after: int, most: int) -> list[ItemRow]:
    """The next items of a job in these states, those with a number above `after`: a job of 100,000 items begins with
    the first of them, and not with reading all."""
    rows = database.read(
        # By number and not by state: the index on both would sort all that are left to give the first.
        f"{_ITEM} WHERE +job_id = ? AND id > ? AND +state IN ({', '.join('?' * len(states))}) ORDER BY id LIMIT ?",
        (job, after, *states, most),
    )
    return [ItemRow(*row) for row in rows]


def first_item(database: Database, job: int) -> int:
    """The number of a job's first item."""
    return int(database.one("SELECT coalesce(min(id), 1) FROM items WHERE job_id = ?", (job,))[0])


def states_of(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, str]:
    """The states of items, read inside the transaction that is going to change them."""
    places = ", ".join("?" * len(items))
    return dict(connection.execute(f"SELECT id, state FROM items WHERE id IN ({places})", list(items)).fetchall())


def done_elsewhere(database: Database, person: int, verb: str, job: int) -> tuple[int, str] | None:
    """The newest other job that did this to a person, with its operator: so that whoever comes second is told."""
    row = database.one(
        "SELECT j.id, j.operator FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE i.person = ?1 AND j.verb = ?2"
        " AND j.id <> ?3 AND i.state IN ('done', 'requested', 'attested') AND i.restored_at = ''"
        " AND i.acted_at >= (SELECT created_at FROM jobs WHERE id = ?3) ORDER BY i.id DESC LIMIT 1",
        (person, verb, job),
    )
    return (int(row[0]), str(row[1])) if row else None


def free_again(database: Database, job: int) -> int:
    """How many revokes of a job were taken back."""
    return int(database.one("SELECT count(*) FROM items WHERE job_id = ? AND restored_at <> ''", (job,))[0])


def waiting(database: Database) -> list[ItemRow]:
    """The requests that nobody has attested and no import has verified."""
    return [ItemRow(*row) for row in database.read(f"{_ITEM} WHERE state = 'requested' ORDER BY id")]


def jobs(database: Database, only: int | None = None, *, is_open: bool = False) -> list[JobRow]:
    """All jobs, newest first, or one, or those that are not at their end."""
    counts: dict[int, dict[str, int]] = {}
    condition, parameters = (" WHERE job_id = ?", (only,)) if only is not None else ("", ())
    if is_open:
        condition = " WHERE job_id IN (SELECT id FROM jobs WHERE state NOT IN ('done', 'cancelled'))"
    for job, state, count in database.read(
        f"SELECT job_id, state, count(*) FROM items{condition} GROUP BY 1, 2", parameters
    ):
        counts.setdefault(job, {})[state] = count
    condition = " WHERE id = ?" if only is not None else ""
    if is_open:
        condition = " WHERE state NOT IN ('done', 'cancelled')"
    return [
        JobRow(id_, verb, service, system, state, bool(singly), reason, operator, created, finished,
               bool(override), tuple(json.loads(files)), of_job, why, counts.get(id_, {}))
        for id_, verb, service, system, state, singly, reason, operator, created, finished, override, files, of_job, why
        in database.read(
            "SELECT id, verb, service, system, state, singly, reason, operator, created_at, finished_at,"
            " override_reason, files, of_job, stopped_why"
            f" FROM jobs{condition} ORDER BY id DESC",
            parameters,
        )
    ]  # fmt: skip


def one_job(database: Database, job: int) -> JobRow:
    """A job. Raises NotFound."""
    found = jobs(database, job)
    if not found:
        raise NotFound(f"There is no job {job}.", todo="See engage-accounts jobs.")
    return found[0]


def recent_revokes(database: Database, since: str, job: int | None = None) -> int:
    """Accounts revoked or requested since a moment, by anybody: what the guard counts. What jobs of that time other
    than `job` have not reached yet counts as well, so that plans made side by side don't pass it in slices."""
    row = database.one(
        "SELECT count(DISTINCT i.person) FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE j.verb = 'revoke'"
        " AND (i.acted_at >= ?1 AND i.state IN ('done', 'requested', 'attested') AND i.restored_at = ''"
        " OR j.created_at >= ?1 AND j.id IS NOT ?2 AND i.state IN ('pending', 'claimed'))",
        (since, job),
    )
    return int(row[0])


def recent_gone(database: Database, since: str) -> int:
    """Of those, the accounts that are gone by now: they were there when the guard's 24 hours began."""
    row = database.one(
        "SELECT count(DISTINCT i.person) FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE j.verb = 'revoke'"
        " AND i.acted_at >= ? AND i.state IN ('done', 'attested') AND i.restored_at = ''",
        (since,),
    )
    return int(row[0])


def last_run(database: Database, verb: str) -> str:
    """When this verb was last carried out or requested for anybody, "" for never."""
    row = database.one(
        "SELECT max(i.acted_at) FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE j.verb = ?"
        " AND i.state IN ('done', 'requested', 'attested', 'not_done')",
        (verb,),
    )
    return str(row[0] or "")


def unverified(database: Database) -> int:
    """Revokes that a person attested and no import has verified yet."""
    row = database.one(
        "SELECT count(*) FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
        " WHERE i.state = 'attested' AND j.verb = 'revoke'"
    )
    return int(row[0])


# A bulk revoke of somebody who is held, or not ready now; one that was asked for singly stands whatever the status.
_NOT_WANTED = (
    "j.singly = 0 AND (d.status <> 'ready_to_revoke' OR EXISTS (SELECT 1 FROM holds AS h WHERE h.person = i.person"
    " AND h.kind = 'revoke' AND h.released_at = ''))"
)


def not_done(database: Database) -> list[str]:
    """The codes whose latest request for a revoke an import showed as not carried out, and which still wait for it."""
    rows = database.read(
        "SELECT i.code FROM items AS i JOIN jobs AS j ON j.id = i.job_id JOIN directory AS d ON d.person = i.person"
        " JOIN accounts AS a ON a.person = i.person"
        f" WHERE j.verb = 'revoke' AND i.state = 'not_done' AND a.username <> '' AND NOT ({_NOT_WANTED})"
        " AND NOT EXISTS (SELECT 1 FROM items AS n JOIN jobs AS k ON k.id = n.job_id WHERE n.person = i.person"
        " AND k.verb = 'revoke' AND n.id > i.id AND n.state <> 'skipped') ORDER BY i.code"
    )
    return [str(row[0]) for row in rows]


def withdrawn(database: Database) -> list[tuple[int, str]]:
    """Requested revokes that should not be carried out any more: (job, code) of those held, or not ready now."""
    return [
        (int(job), str(code))
        for job, code in database.read(
            "SELECT i.job_id, i.code FROM items AS i JOIN jobs AS j ON j.id = i.job_id JOIN directory AS d"
            f" ON d.person = i.person WHERE i.state = 'requested' AND j.verb = 'revoke' AND {_NOT_WANTED} ORDER BY 1, 2"
        )
    ]
