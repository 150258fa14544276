"""What operators have said that stands: holds, and answers to flag groups."""

import sqlite3

from tui.domain.flag_groups import GROUP_FROM, Answer, FlagGroup
from tui.register.database import Database
from tui.text import day_of


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


def hold(connection: sqlite3.Connection, person: int, kind: str, note: str, by: str, at: str, cause: str = "") -> None:
    """Hold an account: never to be revoked (`revoke`) or mailed (`mail`) until released. A newer note replaces.
    `cause` is the key of the cause that is held as a whole, "" for an account by itself."""
    release(connection, person, kind, by, at)
    connection.execute(
        "INSERT INTO holds (person, kind, note, by, at, cause) VALUES (?, ?, ?, ?, ?, ?)",
        (person, kind, note, by, at, cause),
    )


def release(connection: sqlite3.Connection, person: int, kind: str, by: str, at: str) -> bool:
    """Release a hold; False when there was none."""
    return bool(
        connection.execute(
            "UPDATE holds SET released_at = ?, released_by = ? WHERE person = ? AND kind = ? AND released_at = ''",
            (at, by, person, kind),
        ).rowcount
    )
