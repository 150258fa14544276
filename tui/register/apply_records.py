"""From the staging tables into the register: records compared set by set, every change logged.

Each function takes the connection inside the import's transaction and the number of the snapshot. Absent
records are marked as gone, never deleted; a row that was skipped as bad keeps what the register has.
"""

import sqlite3
from collections.abc import Collection

from tui.domain.difference import KindCount, Moved
from tui.domain.problems import Problems, quoted
from tui.domain.records import RecordKind, RosterDescription
from tui.register.database import unindexed
from tui.register.staging import drop_duplicates

CONTACT_FIELDS = (
    "title", "salutation", "given_name", "preferred_name", "surname", "gender", "email", "mobile",
    "address", "suburb", "postcode", "contact_type", "internally_managed",
)  # fmt: skip
STUDENT_FIELDS = (
    "given_name", "preferred_name", "surname", "year_level", "status", "exit_date", "email", "custody_note",
)  # fmt: skip
STAFF_FIELDS = ("title", "given_name", "surname", "email", "employed")

FIELDS = {
    RecordKind.CONTACTS: CONTACT_FIELDS,
    RecordKind.STUDENTS: STUDENT_FIELDS,
    RecordKind.STAFF: STAFF_FIELDS,
}
_PERSONS = {
    RecordKind.CONTACTS: (CONTACT_FIELDS, "contact", "contact_code"),
    RecordKind.STUDENTS: (STUDENT_FIELDS, "student", "student_code"),
    # A member of staff has neither kind of code; the log names them as a contact would be, its kind tells.
    RecordKind.STAFF: (STAFF_FIELDS, "staff", "contact_code"),
}


def apply_persons(
    connection: sqlite3.Connection, kind: RecordKind, snapshot: int, *, keep: Collection[str], complete: bool
) -> KindCount:
    """Bring contacts, students or staff up to the staged rows.

    `keep` names fields that the feed lost and whose old values stay. `complete` False: rows were left out whose code
    can't be read, so nobody may be taken as gone.
    """
    all_fields, logged_as, code_column = _PERSONS[kind]
    fields = [name for name in all_fields if name not in keep]
    first = connection.execute(f"SELECT 1 FROM {kind} LIMIT 1").fetchone() is None
    rows = connection.execute(f"SELECT count(*) FROM temp.s_{kind}").fetchone()[0]
    new_columns = ", ".join(("code", *all_fields))
    staged_columns = ", ".join(f"s.{name}" for name in ("code", *all_fields))
    if first:
        with unindexed(connection, str(kind)):
            connection.execute(
                f"INSERT INTO {kind} ({new_columns}, first_snapshot)"
                f" SELECT {staged_columns}, ? FROM temp.s_{kind} AS s",
                (snapshot,),
            )
        return KindCount(rows, rows, 0, 0, 0)

    log = f"INSERT INTO changes (snapshot_id, kind, {code_column}, field, old, new) SELECT ?, '{logged_as}', "
    ours = ", ".join(f"m.{name}" for name in fields)
    theirs = ", ".join(f"s.{name}" for name in fields)
    connection.execute("DROP TABLE IF EXISTS temp.t_changed")
    connection.execute("CREATE TEMP TABLE t_changed (id INTEGER PRIMARY KEY, staged INTEGER)")
    connection.execute(
        f"INSERT INTO temp.t_changed SELECT m.id, s.rowid FROM {kind} AS m"
        f" JOIN temp.s_{kind} AS s ON s.code = m.code WHERE ({ours}) IS NOT ({theirs})"
    )
    pairs = f"FROM temp.t_changed AS t JOIN {kind} AS m ON m.id = t.id JOIN temp.s_{kind} AS s ON s.rowid = t.staged"
    for name in fields:
        connection.execute(
            f"{log} m.code, '{name}', m.{name}, s.{name} {pairs} WHERE m.{name} IS NOT s.{name}", (snapshot,)
        )
    changed = connection.execute(
        f"UPDATE {kind} AS m SET {', '.join(f'{name} = s.{name}' for name in fields)}"
        f" FROM temp.t_changed AS t JOIN temp.s_{kind} AS s ON s.rowid = t.staged WHERE m.id = t.id"
    ).rowcount

    back = f"FROM {kind} AS m WHERE gone_snapshot IS NOT NULL AND code IN (SELECT code FROM temp.s_{kind})"
    returned = connection.execute(f"{log} m.code, '', 'gone', 'returned' {back}", (snapshot,)).rowcount
    connection.execute(f"UPDATE {kind} AS m SET gone_snapshot = NULL {back[back.index('WHERE') :]}")

    added = f"FROM temp.s_{kind} AS s WHERE NOT EXISTS (SELECT 1 FROM {kind} AS m WHERE m.code = s.code)"
    connection.execute(f"{log} s.code, '', NULL, 'added' {added}", (snapshot,))
    new = connection.execute(
        f"INSERT INTO {kind} ({new_columns}, first_snapshot) SELECT {staged_columns}, ? {added}", (snapshot,)
    ).rowcount

    gone = 0
    if complete:
        where = (
            f"WHERE gone_snapshot IS NULL AND NOT EXISTS (SELECT 1 FROM temp.s_{kind} AS s WHERE s.code = m.code)"
            f" AND NOT EXISTS (SELECT 1 FROM temp.s_skipped AS x WHERE x.kind = '{kind}' AND x.a = m.code)"
        )
        gone = connection.execute(f"{log} m.code, '', NULL, 'gone' FROM {kind} AS m {where}", (snapshot,)).rowcount
        # A student absent from a full feed has left, as of this import; staff are no longer employed.
        left = {RecordKind.STUDENTS: ", status = 'left'", RecordKind.STAFF: ", employed = 0"}.get(kind, "")
        connection.execute(f"UPDATE {kind} AS m SET gone_snapshot = ?{left} {where}", (snapshot,))
    return KindCount(rows, new, changed, gone, returned)


def resolve_links(
    connection: sqlite3.Connection, description: RosterDescription, problems: Problems, snapshot: int
) -> None:
    """Put the staged links into temp.t_links under the row ids of their contacts and students.

    A link to a code that the feed does not have, or one that stands twice, is a problem and left out. When the
    register has no links yet there is nothing to compare them with: they go straight to their place.
    """
    links = description.files.get(RecordKind.LINKS, "links")
    columns = "contact_id, student_id, relationship, priority, portal_access, named_by"
    connection.execute("DROP TABLE IF EXISTS temp.t_links")
    connection.execute(
        "CREATE TEMP TABLE t_links (contact_id INTEGER, student_id INTEGER, relationship TEXT, priority, portal_access,"
        " named_by, PRIMARY KEY (contact_id, student_id, relationship)) WITHOUT ROWID"
    )
    first = connection.execute("SELECT 1 FROM links LIMIT 1").fetchone() is None
    into = f"links ({columns}, first_snapshot)" if first else f"temp.t_links ({columns})"
    # Codes are looked up in their indexes alone, unless somebody is gone whose code a link could still name.
    here = ["", ""]
    for number, kind in enumerate((RecordKind.CONTACTS, RecordKind.STUDENTS)):
        if connection.execute(f"SELECT 1 FROM {kind} WHERE gone_snapshot IS NOT NULL LIMIT 1").fetchone():
            here[number] = f" AND {'ct'[number]}.gone_snapshot IS NULL"
    resolved = (
        f"INSERT INTO {into} SELECT c.id, t.id, l.relationship, l.priority, l.portal_access, l.named_by"
        f"{f', {snapshot}' if first else ''} FROM temp.s_links AS l"
        f" JOIN contacts AS c ON c.code = l.contact_code{here[0]}"
        f" JOIN students AS t ON t.code = l.student_code{here[1]} ORDER BY 1, 2, 3"
    )

    def resolve() -> int:
        if not first:
            return connection.execute(resolved).rowcount
        with unindexed(connection, "links"):
            return connection.execute(resolved).rowcount

    connection.execute("SAVEPOINT resolving")
    try:
        taken = resolve()
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK TO resolving")
        drop_duplicates(connection, RecordKind.LINKS, description, problems)
        taken = resolve()
    connection.execute("RELEASE resolving")
    if taken == connection.execute("SELECT count(*) FROM temp.s_links").fetchone()[0]:
        return
    for column, kind in (("student_code", RecordKind.STUDENTS), ("contact_code", RecordKind.CONTACTS)):
        where = description.files.get(kind, kind)
        lost = connection.execute(
            f"SELECT line, student_code, contact_code, relationship, {column} FROM temp.s_links AS l"
            f" WHERE NOT EXISTS (SELECT 1 FROM {kind} AS k WHERE k.code = l.{column} AND k.gone_snapshot IS NULL)"
            # A link to a row that was left out as bad is not an error of its own.
            f" AND NOT EXISTS (SELECT 1 FROM temp.s_skipped AS x WHERE x.kind = '{kind}' AND x.a = l.{column})"
        ).fetchall()
        for line, student, contact, relationship, code in lost:
            problems.add(links, line, description.told(RecordKind.LINKS, column), f"{quoted(code)} is not in {where}")
            problems.skip(RecordKind.LINKS, (student, contact, relationship))


_SAME = "n.contact_id = l.contact_id AND n.student_id = l.student_id AND n.relationship = l.relationship"
_CODES = "(SELECT code FROM contacts WHERE id = l.contact_id), (SELECT code FROM students WHERE id = l.student_id)"


def flags_moved(connection: sqlite3.Connection) -> list[Moved]:
    """How portal access moves, by contact type, on links that both the register and the staged feed have."""
    rows = connection.execute(
        "SELECT c.contact_type, sum(l.portal_access IS 1 AND n.portal_access IS 0),"
        " sum(l.portal_access IS NOT 1 AND n.portal_access IS 1),"
        " sum(l.portal_access IS NOT NULL AND n.portal_access IS NULL)"
        f" FROM links AS l JOIN temp.t_links AS n ON {_SAME} JOIN contacts AS c ON c.id = l.contact_id"
        " WHERE l.portal_access IS NOT n.portal_access AND l.removed_snapshot IS NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return [Moved(*row) for row in rows if any(row[1:])]


def mark_incomplete(connection: sqlite3.Connection, problems: Problems, snapshot: int, *, partial: bool) -> None:
    """Mark the contacts of whom a left-out row may speak: until a clean import, nobody of them is ready to revoke.

    A link or a student whose row was left out is not a link less. Where it can't be read whose row it was, it may be
    anybody's. What is not in a `partial` roster takes no mark away.
    """
    if not partial:
        connection.execute("UPDATE contacts SET incomplete_snapshot = NULL WHERE incomplete_snapshot IS NOT NULL")
    if not problems:
        return
    if problems.keyless.get(RecordKind.LINKS) or problems.keyless.get(RecordKind.STUDENTS):
        connection.execute("UPDATE contacts SET incomplete_snapshot = ?", (snapshot,))
        return
    connection.execute(
        # A link to a student who has left gives no access, whatever its row would say.
        "UPDATE contacts SET incomplete_snapshot = ? WHERE code IN (SELECT x.b FROM temp.s_skipped AS x"
        "  LEFT JOIN students AS t ON t.code = x.a WHERE x.kind = 'links' AND coalesce(t.status, '') <> 'left'"
        " UNION SELECT l.contact_code FROM temp.s_links AS l JOIN temp.s_skipped AS x"
        " ON x.kind = 'students' AND x.a = l.student_code) OR id IN (SELECT x.contact_id"
        "  FROM temp.t_spared AS x JOIN students AS t ON t.id = x.student_id WHERE x.of_any OR t.status <> 'left')",
        (snapshot,),
    )


def spare_links(connection: sqlite3.Connection) -> None:
    """Put into temp.t_spared the links that a left-out row may be: those between the two that it names, and where one
    of its codes is nobody's, all of the other one's, since it can't be told which of them was meant (`of_any`, where it
    is the student's)."""
    links = "links AS l ON {} AND l.removed_snapshot IS NULL AND l.removed_on = ''"
    unknown = "NOT EXISTS (SELECT 1 FROM {} AS k WHERE k.code = x.{} AND k.gone_snapshot IS NULL)"
    skipped = "SELECT l.contact_id, l.student_id, {} FROM temp.s_skipped AS x JOIN"
    connection.execute("DROP TABLE IF EXISTS temp.t_spared")
    connection.execute(
        "CREATE TEMP TABLE t_spared (contact_id INTEGER, student_id INTEGER, of_any INTEGER,"
        " PRIMARY KEY (contact_id, student_id)) WITHOUT ROWID"
    )
    connection.execute(
        f"INSERT OR IGNORE INTO temp.t_spared {skipped.format(1)} contacts AS c ON c.code = x.b"
        f" JOIN {links.format('l.contact_id = c.id')} WHERE x.kind = 'links' AND {unknown.format('students', 'a')}"
        f" UNION ALL {skipped.format(0)} students AS t ON t.code = x.a JOIN contacts AS c ON c.code = x.b"
        f" JOIN {links.format('l.contact_id = c.id AND l.student_id = t.id')} WHERE x.kind = 'links'"
        f" UNION ALL {skipped.format(0)} students AS t ON t.code = x.a JOIN {links.format('l.student_id = t.id')}"
        f" WHERE x.kind = 'links' AND {unknown.format('contacts', 'b')}"
    )


def keep_access(connection: sqlite3.Connection) -> None:
    """Give the staged links the portal access that the register knows: the feed has no such column."""
    connection.execute(
        "UPDATE temp.t_links AS n SET portal_access = l.portal_access FROM links AS l"
        f" WHERE {_SAME} AND l.removed_snapshot IS NULL AND l.removed_on = ''"
    )


def apply_links(connection: sqlite3.Connection, snapshot: int, *, complete: bool) -> KindCount:
    """Bring the links up to the staged ones; flags that move and links that go are dated with this snapshot."""
    rows = connection.execute("SELECT count(*) FROM temp.t_links").fetchone()[0]
    columns = "contact_id, student_id, relationship, priority, portal_access, named_by"
    if not connection.execute("SELECT 1 FROM links WHERE first_snapshot <> ? LIMIT 1", (snapshot,)).fetchone():
        rows = connection.execute("SELECT count(*) FROM links").fetchone()[0]
        return KindCount(rows, rows, 0, 0, 0)
    log = "INSERT INTO changes (snapshot_id, kind, contact_code, student_code, field, old, new) SELECT ?, "
    connection.execute("DROP TABLE IF EXISTS temp.t_moved")
    connection.execute(
        "CREATE TEMP TABLE t_moved AS SELECT n.*, l.portal_access AS old_portal_access, l.priority AS old_priority,"
        " l.removed_snapshot IS NOT NULL OR l.removed_on <> '' AS was_removed"
        f" FROM temp.t_links AS n CROSS JOIN links AS l ON {_SAME} WHERE l.portal_access IS NOT n.portal_access"
        " OR l.priority IS NOT n.priority OR l.removed_snapshot IS NOT NULL OR l.removed_on <> ''"
    )
    changed = 0
    for field, kind in (("portal_access", "flag"), ("priority", "link")):
        changed += connection.execute(
            f"{log} '{kind}', {_CODES}, '{field}', l.old_{field}, l.{field} FROM temp.t_moved AS l"
            f" WHERE l.old_{field} IS NOT l.{field}",
            (snapshot,),
        ).rowcount
    returned = connection.execute(
        f"{log} 'link', {_CODES}, '', 'removed', 'returned' FROM temp.t_moved AS l WHERE l.was_removed", (snapshot,)
    ).rowcount
    connection.execute(
        "UPDATE links AS l SET access_off_snapshot = CASE WHEN n.portal_access IS 0 AND l.portal_access IS NOT 0"
        " THEN ? WHEN n.portal_access IS 0 THEN l.access_off_snapshot END, portal_access = n.portal_access,"
        f" priority = n.priority, removed_snapshot = NULL, removed_on = '' FROM temp.t_moved AS n WHERE {_SAME}",
        (snapshot,),
    )
    connection.execute(
        f"UPDATE links AS l SET named_by = n.named_by FROM temp.t_links AS n WHERE {_SAME} AND l.named_by <> n.named_by"
    )
    absent = f"NOT EXISTS (SELECT 1 FROM links AS l WHERE {_SAME})"
    connection.execute(
        f"{log} 'link', (SELECT code FROM contacts WHERE id = n.contact_id),"
        " (SELECT code FROM students WHERE id = n.student_id), '', NULL, 'added'"
        f" FROM temp.t_links AS n WHERE {absent}",
        (snapshot,),
    )
    new = connection.execute(
        # One that comes without access is dated as well: it has none since this import.
        f"INSERT INTO links ({columns}, first_snapshot, access_off_snapshot)"
        f" SELECT {columns}, ?1, CASE WHEN portal_access = 0 THEN ?1 END FROM temp.t_links AS n WHERE {absent}",
        (snapshot,),
    ).rowcount
    gone = 0
    if complete:
        where = (
            f"WHERE l.removed_snapshot IS NULL AND l.removed_on = ''"
            f" AND NOT EXISTS (SELECT 1 FROM temp.t_links AS n WHERE {_SAME})"
            # A student who dropped out of the feed took the links along: they are a leaver's, not removed ones.
            " AND NOT EXISTS (SELECT 1 FROM students AS t WHERE t.id = l.student_id AND t.gone_snapshot IS NOT NULL"
            " AND l.contact_id IN (SELECT id FROM contacts WHERE gone_snapshot IS NULL))"
            " AND NOT EXISTS (SELECT 1 FROM temp.t_spared AS x WHERE x.contact_id = l.contact_id"
            " AND x.student_id = l.student_id)"
        )
        gone = connection.execute(
            f"{log} 'link', {_CODES}, '', NULL, 'removed' FROM links AS l {where}", (snapshot,)
        ).rowcount
        connection.execute(f"UPDATE links AS l SET removed_snapshot = ? {where}", (snapshot,))
    return KindCount(rows, new, changed, gone, returned)


def apply_link_history(connection: sqlite3.Connection, snapshot: int) -> int:
    """Take over when links were removed, where the feed does not have the link any more. Returns the rows taken."""
    rows = (
        "FROM temp.s_link_history AS h JOIN contacts AS c ON c.code = h.contact_code"
        " JOIN students AS t ON t.code = h.student_code"
        " WHERE NOT EXISTS (SELECT 1 FROM links AS n WHERE n.contact_id = c.id AND n.student_id = t.id"
        " AND n.removed_snapshot IS NULL AND n.removed_on = '')"
    )
    return connection.execute(
        # What a first import tells of the past is not this import's doing, and is not dated with it.
        "INSERT INTO links (contact_id, student_id, relationship, first_snapshot, removed_snapshot, removed_on)"
        f" SELECT c.id, t.id, h.relationship, ?1, (SELECT ?1 FROM snapshots WHERE id < ?1 LIMIT 1),"
        f" coalesce(nullif(h.removed_on, ''), 'unknown') {rows}"
        " ON CONFLICT (contact_id, student_id, relationship) DO UPDATE SET removed_on = excluded.removed_on"
        " WHERE removed_on <> excluded.removed_on",
        (snapshot,),
    ).rowcount
