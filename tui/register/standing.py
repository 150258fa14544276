"""What operators have said that stands: holds, and answers to flag groups."""

import sqlite3
from datetime import date
from typing import NamedTuple

from tui.domain.actor import Actor
from tui.domain.facts import HoldFact
from tui.domain.flag_groups import GROUP_FROM, Answer, FlagGroup
from tui.register import audit
from tui.register.database import Database
from tui.text import day_of

ITS_DATE = "(its date)"  # who released a hold that ended by itself


def groups(database: Database) -> list[FlagGroup]:
    """The flag groups, largest first: those of ten or more, and those that were answered while any is left."""
    rows = database.read(
        "SELECT d.contact_type, d.flag_snapshot,"
        " coalesce(s.taken_at, (SELECT taken_at FROM snapshots ORDER BY id LIMIT 1), ''), count(*),"
        " coalesce(g.answer, ''), coalesce(g.reason, ''), coalesce(g.by, ''), coalesce(g.at, '')"
        " FROM directory AS d LEFT JOIN snapshots AS s ON s.id = d.flag_snapshot"
        " LEFT JOIN flag_answers AS g ON g.contact_type = d.contact_type AND g.snapshot_id = d.flag_snapshot"
        " WHERE d.flag_snapshot IS NOT NULL GROUP BY 1, 2 HAVING count(*) >= ? OR g.answer IS NOT NULL"
        " ORDER BY 4 DESC, 1, 2",
        (GROUP_FROM,),
    )
    return [
        FlagGroup(contact_type, number, day_of(taken_at), size, Answer(answer), reason, by, at)
        for contact_type, number, taken_at, size, answer, reason, by, at in rows
    ]


def answer_group(
    connection: sqlite3.Connection, contact_type: str, number: int, answer: str, reason: str, by: str, at: str
) -> None:
    """Keep the operator's answer for a group; the newest stands."""
    connection.execute(
        "INSERT INTO flag_answers (contact_type, snapshot_id, answer, reason, by, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET answer = excluded.answer, reason = excluded.reason, by = excluded.by,"
        " at = excluded.at",
        (contact_type, number, answer, reason, by, at),
    )


class Held(NamedTuple):
    """A hold that is open, with whom it is on. `until`: ISO date, "" for until released. `cause`: the key of the one
    that was held as a whole, "" for an account by itself."""

    code: str
    name: str
    kind: str
    note: str
    by: str
    at: str
    until: str
    cause: str


def holds(database: Database) -> list[Held]:
    """All open holds, those that end first, then the newest."""
    rows = database.read(
        "SELECT c.code, c.title, coalesce(nullif(c.preferred_name, ''), c.given_name), c.surname, h.kind, h.note, h.by,"
        " h.at, h.until, h.cause FROM holds AS h JOIN contacts AS c ON c.id = h.person / 4 WHERE h.released_at = ''"
        " ORDER BY h.until = '', h.until, h.at DESC, c.code, h.kind"
    )
    return [Held(row[0], " ".join(filter(None, row[1:4])), *row[4:]) for row in rows]


def hold(
    connection: sqlite3.Connection,
    person: int,
    kind: str,
    note: str,
    by: str,
    at: str,
    *,
    cause: str = "",
    until: str = "",
) -> HoldFact | None:
    """Hold an account: never to be revoked (`revoke`) or mailed (`mail`), through the day `until` (ISO date) or, with
    "", until released. A newer hold replaces one, which is given back. `cause` is the key of the cause that is held as
    a whole, "" for an account by itself."""
    before = release(connection, person, kind, by, at)
    connection.execute(
        "INSERT INTO holds (person, kind, note, by, at, cause, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person, kind, note, by, at, cause, until),
    )
    return before


def release(connection: sqlite3.Connection, person: int, kind: str, by: str, at: str) -> HoldFact | None:
    """Release a hold; gives what it was, None when there was none."""
    row = connection.execute(
        "SELECT id, kind, note, by, at, until FROM holds WHERE person = ? AND kind = ? AND released_at = ''",
        (person, kind),
    ).fetchone()
    if row is None:
        return None
    connection.execute("UPDATE holds SET released_at = ?, released_by = ? WHERE id = ?", (at, by, row[0]))
    return HoldFact(*row[1:])


_OVER = "released_at = '' AND until <> '' AND until < ?"


def any_over(database: Database, today: date) -> bool:
    """Whether a hold is open whose day is over."""
    return database.one(f"SELECT 1 FROM holds WHERE {_OVER} LIMIT 1", (today.isoformat(),)) is not None


def end_holds(connection: sqlite3.Connection, today: date, actor: Actor, at: str) -> int:
    """Release every hold whose day is over, as its date and nobody has done it, with an audit event each; gives how
    many. A hold stands through its day, `today` being the operator's own date."""
    over = connection.execute(
        "SELECT h.id, c.code, h.kind, h.note, h.by, h.at, h.until FROM holds AS h JOIN contacts AS c"
        f" ON c.id = h.person / 4 WHERE {_OVER} ORDER BY h.until, h.id",
        (today.isoformat(),),
    ).fetchall()
    for id_, code, *held in over:
        connection.execute("UPDATE holds SET released_at = ?, released_by = ? WHERE id = ?", (at, ITS_DATE, id_))
        before = HoldFact(*held)
        detail = {"kind": before.kind, "before": as_detail(before), "after": {}}
        audit.append(connection, actor, at, "hold ended", subject=code, detail=detail, reason="its day is over")
    return len(over)


def as_detail(held: HoldFact | None) -> dict[str, str]:
    """A hold as the audit keeps it before or after a change; {} for none."""
    return {"note": held.note, "by": held.by, "at": held.at, "until": held.until} if held else {}
