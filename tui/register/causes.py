"""The causes: the accounts ready to revoke by reason, contact type and the import that brought it about.

A person belongs to exactly one cause. Whoever is in a flag group belongs to that, as its question comes first;
everybody else to the leading reason. One statement decides it, for the counts as for the people of one cause.
"""

from array import array

from tui.domain.causes import DROPPED_OUT, Cause, CauseKey
from tui.domain.facts import ImportRef
from tui.domain.flag_groups import GROUP_FROM
from tui.domain.reasons import Reason
from tui.register import standing
from tui.register.database import Connection, Database
from tui.text import day_of

# When a student's leaving was reported: by the first status or absence since the student was last seen here. One who
# had left when first seen has no such change, and is dated with that import.
_LEFT = """
    events AS MATERIALIZED (
        SELECT id, student_code, snapshot_id, field = 'status' AND new <> 'left' AS back FROM changes
        WHERE kind = 'student' AND field IN ('status', '') AND (field = 'status' OR new = 'gone')
    ),
    came_back AS (SELECT student_code, max(id) AS id FROM events WHERE back GROUP BY 1),
    left_in AS MATERIALIZED (
        SELECT e.student_code AS code, min(e.snapshot_id) AS number FROM events AS e
        LEFT JOIN came_back AS b USING (student_code) WHERE NOT e.back AND e.id > coalesce(b.id, 0) GROUP BY 1
    ),
    leavers AS MATERIALIZED (
        SELECT d.person, max(coalesce(e.number, t.first_snapshot)) AS number, max(t.exit_date) AS exit_date
        FROM directory AS d INDEXED BY directory_ready CROSS JOIN links AS l ON l.contact_id = d.person / 4
        CROSS JOIN students AS t ON t.id = l.student_id LEFT JOIN left_in AS e ON e.code = t.code
        WHERE d.user_type = 'contact' AND d.status = 'ready_to_revoke' AND d.reason = 'no_current_student'
            AND t.status = 'left' GROUP BY 1
    )
"""
_SORTED = f"""
    WITH {_LEFT},
    grouped AS MATERIALIZED (
        SELECT contact_type, flag_snapshot AS number FROM directory WHERE flag_snapshot IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) >= {GROUP_FROM}
        UNION SELECT contact_type, snapshot_id FROM flag_answers
    ),
    sorted AS (
        SELECT d.person, d.sort_name, d.contact_type, v.exit_date,
            CASE WHEN g.number IS NOT NULL THEN '{Reason.ACCESS_FLAG_CHANGED}'
                WHEN d.reason = '{Reason.ACCESS_FLAG_CHANGED}' AND d.flag_snapshot IS NULL THEN '{DROPPED_OUT}'
                ELSE d.reason END AS kind,
            CASE WHEN g.number IS NOT NULL OR d.reason = '{Reason.ACCESS_FLAG_CHANGED}' THEN coalesce(d.flag_snapshot,
                    (SELECT gone_snapshot FROM contacts WHERE id = d.person / 4))
                WHEN d.reason = '{Reason.NO_CURRENT_STUDENT}' THEN
                    CASE WHEN v.number = (SELECT min(id) FROM snapshots) THEN 0 ELSE v.number END
                END AS number
        FROM directory AS d INDEXED BY directory_ready LEFT JOIN leavers AS v ON v.person = d.person
        LEFT JOIN grouped AS g ON g.contact_type = d.contact_type AND g.number = d.flag_snapshot
        WHERE d.user_type = 'contact' AND d.status = 'ready_to_revoke'
    )
"""
_ONE = " FROM sorted AS s WHERE s.kind = ? AND s.contact_type = ? AND s.number IS ?"


def causes(database: Database) -> list[Cause]:
    """Every cause with its counts, in no order; and those that only holds are left of."""
    days = {number: day_of(taken_at) for number, taken_at in database.read("SELECT id, taken_at FROM snapshots")}
    days[0] = days[min(days)] if days else ""
    groups = {(group.contact_type, group.import_number): group for group in standing.groups(database)}
    together = {
        CauseKey.parse(key): (count, ready)
        for key, count, ready in database.read(
            "SELECT h.cause, count(*), count(d.person) FROM holds AS h LEFT JOIN directory AS d"
            " ON d.person = h.person AND d.status = 'ready_to_revoke'"
            " WHERE h.cause <> '' AND h.released_at = '' GROUP BY 1"
        )
    }
    found = []
    for kind, contact_type, number, size, held, requested, untouched, first_exit, last_exit in database.read(
        f"{_SORTED}, requests AS MATERIALIZED (SELECT DISTINCT person FROM items WHERE state = 'requested')"
        " SELECT s.kind, s.contact_type, s.number, count(*), count(h.id), count(r.person),"
        " sum(h.id IS NULL AND r.person IS NULL), min(nullif(s.exit_date, '')), max(s.exit_date)"
        " FROM sorted AS s LEFT JOIN requests AS r ON r.person = s.person"
        " LEFT JOIN holds AS h ON h.person = s.person AND h.kind = 'revoke' AND h.released_at = ''"
        " GROUP BY 1, 2, 3"
    ):
        key = CauseKey(kind, contact_type, number)
        held_as_one, ready = together.pop(key, (0, 0))
        found.append(
            Cause(
                key,
                _import(number, days),
                size,
                held=held,
                requested=requested,
                untouched=untouched,
                exits=(first_exit or "", last_exit or ""),
                group=groups.get((contact_type, number)) if kind == Reason.ACCESS_FLAG_CHANGED else None,
                together=held_as_one,
                settled=held_as_one - ready,
            )
        )
    for key, (held_as_one, ready) in together.items():
        import_ = _import(key.number, days)
        found.append(Cause(key, import_, 0, together=held_as_one, settled=held_as_one - ready))
    return found


def _import(number: int | None, days: dict[int, str]) -> ImportRef | None:
    return None if number is None else ImportRef(number, days.get(number, ""))


def persons(database: Database, key: CauseKey) -> "array[int]":
    """The person numbers of a cause, by name."""
    sql = f"{_SORTED} SELECT s.person{_ONE} ORDER BY s.sort_name, s.person"
    with database.errors():
        return array("q", (row[0] for row in database.connection.execute(sql, key)))


def people(database: Database) -> dict[CauseKey, "array[int]"]:
    """The person numbers of every cause, by name."""
    found: dict[CauseKey, array[int]] = {}
    for kind, contact_type, number, person in database.read(
        f"{_SORTED} SELECT kind, contact_type, number, person FROM sorted ORDER BY sort_name, person"
    ):
        found.setdefault(CauseKey(kind, contact_type, number), array("q")).append(person)
    return found


def free(connection: Connection, key: CauseKey) -> list[tuple[int, str]]:
    """The people of a cause who are not held, with their codes: read inside the transaction that holds them."""
    return connection.execute(
        f"{_SORTED} SELECT s.person, (SELECT code FROM contacts WHERE id = s.person / 4){_ONE}"
        " AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.person = s.person AND h.kind = 'revoke'"
        " AND h.released_at = '') ORDER BY s.sort_name, s.person",
        key,
    ).fetchall()


def held_together(connection: Connection, key: CauseKey) -> list[tuple[int, str]]:
    """Whoever is held because the cause was held as a whole, whether or not still in it."""
    return connection.execute(
        "SELECT h.person, c.code FROM holds AS h JOIN contacts AS c ON c.id = h.person / 4"
        " WHERE h.cause = ? AND h.released_at = '' ORDER BY c.code",
        (str(key),),
    ).fetchall()
