"""Requests on worklists, seen over all jobs: which wait, since when, and what the last newer import said of each."""

import json
from collections.abc import Sequence

from tui.domain.overdue import Request
from tui.register.database import Connection, Database
from tui.register.journal import ItemRow

_PART = 400
_ITEM = (
    "SELECT i.id, i.job_id, i.person, i.code, i.state, i.facts, i.detail, i.acted_at, i.verified, i.covered,"
    " i.answered, i.greeting FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
)
_NOT_ASKED_AGAIN = (
    "NOT EXISTS (SELECT 1 FROM items AS n JOIN jobs AS k ON k.id = n.job_id WHERE n.person = i.person"
    " AND k.verb = j.verb AND n.id > i.id AND n.state NOT IN ('skipped', 'cancelled'))"
)
_BY_WORD = (
    "(i.state = 'attested' OR i.state = 'done' AND j.service = 'worklist' AND i.verified NOT IN ('done', 'came_back'))"
    f" AND {_NOT_ASKED_AGAIN}"
)


def waiting(database: Database, *, job: int | None = None, persons: Sequence[int] | None = None) -> list[Request]:
    """The requests that wait, of all jobs, of one, or of these people."""
    return _found(database, "i.state = 'requested'", job, persons)


def said(database: Database, *, job: int | None = None, persons: Sequence[int] | None = None) -> list[Request]:
    """The requests that a person said were carried out and no import has verified, of all jobs, of one, or of these
    people."""
    return _found(database, _BY_WORD, job, persons)


def by_word(database: Database, job: int) -> list[ItemRow]:
    """The same, as the items of their job."""
    return [ItemRow(*row) for row in database.read(f"{_ITEM} WHERE i.job_id = ? AND {_BY_WORD} ORDER BY i.id", (job,))]


def word(verb: str) -> str:
    """What the audit calls a person's word that a request was carried out."""
    return f"{verb} attested"


def username_before(connection: Connection, code: str, job: int) -> str:
    """The username that the latest word on a revoke took off a record, as the audit has it; "" for none."""
    row = connection.execute(
        "SELECT detail FROM audit WHERE subject = ? AND subject <> '' AND action = ? AND job_id = ?"
        " ORDER BY id DESC LIMIT 1",
        (code, word("revoke"), job),
    ).fetchone()
    return str(json.loads(row[0])["before"]["username"]) if row else ""


def wait_again(connection: Connection, item: int, at: str, detail: str) -> None:
    """Have a request wait from now on, as if no import had looked at it yet."""
    connection.execute(
        "UPDATE items SET state = 'requested', acted_at = ?, detail = ?, verified = '', verified_snapshot = NULL"
        " WHERE id = ?",
        (at, detail, item),
    )


def _found(database: Database, which: str, job: int | None, persons: Sequence[int] | None) -> list[Request]:
    if persons is None:
        return _part(database, which, job, None)
    parts = [persons[start : start + _PART] for start in range(0, len(persons), _PART)]
    found = [one for part in parts for one in _part(database, which, job, part)]
    return sorted(found, key=lambda one: one.item)


def _part(database: Database, which: str, job: int | None, persons: Sequence[int] | None) -> list[Request]:
    conditions, parameters = [which], list[int]()
    if job is not None:
        conditions.append("i.job_id = ?")
        parameters.append(job)
    if persons is not None:
        conditions.append(f"i.person IN ({', '.join('?' * len(persons))})")
        parameters += persons
    rows = database.read(
        "SELECT i.id, i.job_id, j.verb, j.system, i.person, i.code, i.acted_at, i.verified,"
        " coalesce(s.taken_at, '') FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
        f" LEFT JOIN snapshots AS s ON s.id = i.verified_snapshot WHERE {' AND '.join(conditions)} ORDER BY i.id",
        parameters,
    )
    return [Request(*row) for row in rows]


def unverified_words(database: Database) -> list[tuple[str, str, int]]:
    """What was attested and the last newer import could not verify: (outcome, when that extract was made, how many)."""
    return [
        (str(verified), str(taken_at), int(count))
        for verified, taken_at, count in database.read(
            "SELECT i.verified, s.taken_at, count(*) FROM items AS i JOIN snapshots AS s ON s.id = i.verified_snapshot"
            " WHERE i.state = 'attested' AND i.verified <> '' GROUP BY 1, 2 ORDER BY 2, 1"
        )
    ]


def shown_undone(database: Database, job: int) -> list[ItemRow]:
    """The requests of a job that an import showed as not carried out, and that nobody has asked for again since."""
    rows = database.read(
        f"{_ITEM} WHERE i.job_id = ? AND i.state = 'not_done' AND {_NOT_ASKED_AGAIN} ORDER BY i.id", (job,)
    )
    return [ItemRow(*row) for row in rows]


def walk_of(database: Database, job: int) -> int | None:
    """The hand-over that a job is of, None for none."""
    row = database.one("SELECT handover FROM jobs WHERE id = ?", (job,))
    return None if row is None or row[0] is None else int(row[0])


def add_files(connection: Connection, job: int, paths: Sequence[str]) -> None:
    """Name more files that belong to a job."""
    (known,) = connection.execute("SELECT files FROM jobs WHERE id = ?", (job,)).fetchone()
    files = json.loads(known)
    files += [path for path in paths if path not in files]
    connection.execute("UPDATE jobs SET files = ? WHERE id = ?", (json.dumps(files), job))
