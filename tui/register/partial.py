"""A roster of what changed only: the staging tables are filled up with what the register has of everybody else.

After that it is an import like any other, held against the same limits. What a delta means, where its format leaves it
open, is decided so that nobody becomes ready to revoke by something that was not said:

* Whoever is not named stays as they were. To be deleted is gone: a student has left.
* A record of somebody tells all the links that it names itself. A link that it names no more goes only when the other
  end does not name it either, as far as its last record said (`links.named_by`); where that is not known, the
  other end is taken to name it still until its own record comes.
* A link to a student who is back, that the student's record does not name, may have gone meanwhile: its access is
  unknown, which keeps an account and gives none.
* A contact who is new or back, and is linked to nobody in the delta, may be named by records that are not in it: that
  is not known, and they are not ready to revoke until a whole roster has come.

Staged rows of line 0 are those that were filled in. `temp.s_named` has the codes of tui.domain.records.NamedCode.
"""

import sqlite3
from collections.abc import Mapping

from tui.domain.records import NamedBy, PartialRoster, RecordKind, Roster, RosterDescription
from tui.errors import InputRefused
from tui.text import clean, plural, say_time

_PERSONS = (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.STAFF)


def stage_named(connection: sqlite3.Connection, roster: Roster) -> None:
    """Stage what a partial roster names without a record; of another it is nothing."""
    connection.execute("DROP TABLE IF EXISTS temp.s_named")
    connection.execute(
        "CREATE TEMP TABLE s_named (code TEXT, kind TEXT, is_gone, PRIMARY KEY (code, kind, is_gone)) WITHOUT ROWID"
    )
    if roster.description.partial and isinstance(roster, PartialRoster):
        connection.executemany(
            "INSERT OR IGNORE INTO temp.s_named VALUES (?, ?, ?)",
            ((clean(named.code), named.kind, int(named.is_gone)) for named in roster.named_codes()),
        )


def refuse_groundless(connection: sqlite3.Connection, description: RosterDescription, taken_at: str) -> None:
    """Raise InputRefused unless the last import was of the same feed, and not made after this one."""
    row = connection.execute("SELECT id, feed, taken_at FROM snapshots ORDER BY id DESC LIMIT 1").fetchone()
    source = clean(description.source)
    if row is None or row[1] != description.feed:
        raise InputRefused(
            f"{source} is a delta: only what changed since the last export.",
            means="The last import was of another feed. Nothing was imported."
            if row
            else "There is nothing yet that it could change. Nothing was imported.",
            todo="Import a whole (bulk) export of this feed first.",
        )
    if taken_at < row[2]:
        raise InputRefused(
            f"{source} is a delta of {say_time(taken_at)}, made before the last import (no. {row[0]:,}, "
            f"{say_time(row[2])}).",
            means="Deltas are taken in the order in which they were made. Nothing was imported.",
            todo="Import the newer deltas, or a whole (bulk) export.",
        )


def fill_up(
    connection: sqlite3.Connection, fields: Mapping[RecordKind, tuple[str, ...]], rule: Mapping[str, bool]
) -> list[str]:
    """Fill the staging tables up with what the register has; returns what is to be known of it, in sentences.

    `fields` are the columns that a kind of person has in the register, `rule` is the sync rule by contact type.
    """
    nobody = _settle_kinds(connection)
    for kind in _PERSONS:
        columns = ", ".join(("code", *fields[kind]))
        connection.execute(
            f"INSERT INTO temp.s_{kind} (line, {columns}) SELECT 0, {columns} FROM {kind} AS m"
            f" WHERE m.gone_snapshot IS NULL AND NOT EXISTS (SELECT 1 FROM temp.s_{kind} AS s WHERE s.code = m.code)"
            " AND NOT EXISTS (SELECT 1 FROM temp.s_named AS n WHERE n.code = m.code AND n.is_gone"
            f" AND n.kind IN ('', '{kind}'))"
        )
    _fill_links(connection, rule)
    connection.execute(
        "CREATE TEMP TABLE s_unlinked AS SELECT s.code FROM temp.s_contacts AS s WHERE s.line > 0"
        " AND NOT EXISTS (SELECT 1 FROM contacts AS m WHERE m.code = s.code AND m.gone_snapshot IS NULL)"
        " AND s.code NOT IN (SELECT contact_code FROM temp.s_links)"
    )
    if not nobody:
        return []
    return [
        f"{plural(nobody, 'user')} of the delta {'has' if nobody == 1 else 'have'} no role in it and no record in the "
        "register: passed over until a whole (bulk) export is imported."
    ]


def mark_unknown(connection: sqlite3.Connection, snapshot: int) -> None:
    """Mark the contacts that a delta brings (new or back) without a link: records that are not in it may name them."""
    connection.execute(
        "UPDATE contacts SET incomplete_snapshot = ? WHERE code IN (SELECT code FROM temp.s_unlinked)", (snapshot,)
    )


def _settle_kinds(connection: sqlite3.Connection) -> int:
    """Of records whose kind is not said keep the one that the register knows; how many it does not know at all."""
    untold = "SELECT code FROM temp.s_named WHERE NOT is_gone"
    known = " UNION ALL ".join(f"SELECT code FROM {kind} WHERE gone_snapshot IS NULL" for kind in _PERSONS)
    (nobody,) = connection.execute(
        f"SELECT count(*) FROM temp.s_named WHERE NOT is_gone AND code NOT IN ({known})"
    ).fetchone()
    for kind in _PERSONS:
        connection.execute(
            f"DELETE FROM temp.s_{kind} WHERE code IN ({untold})"
            f" AND code NOT IN (SELECT code FROM {kind} WHERE gone_snapshot IS NULL)"
        )
    connection.execute(
        "UPDATE temp.s_contacts AS s SET contact_type = m.contact_type FROM contacts AS m"
        f" WHERE m.code = s.code AND s.code IN ({untold})"
    )
    return int(nobody)


def _fill_links(connection: sqlite3.Connection, rule: Mapping[str, bool]) -> None:
    connection.execute("DROP TABLE IF EXISTS temp.s_rule")
    connection.execute("CREATE TEMP TABLE s_rule (type TEXT PRIMARY KEY, access) WITHOUT ROWID")
    connection.executemany("INSERT INTO temp.s_rule VALUES (?, ?)", ((type_, int(on)) for type_, on in rule.items()))
    # An id in a delta may be anybody's: a link is only between a student and a contact.
    for column, kind in (("student_code", RecordKind.STUDENTS), ("contact_code", RecordKind.CONTACTS)):
        connection.execute(f"DELETE FROM temp.s_links WHERE {column} NOT IN (SELECT code FROM temp.s_{kind})")
    connection.execute(
        "UPDATE temp.s_links AS l SET relationship = s.contact_type,"
        " portal_access = (SELECT access FROM temp.s_rule WHERE type = s.contact_type)"
        " FROM temp.s_contacts AS s WHERE s.code = l.contact_code AND l.relationship = ''"
    )
    # What the ends that the delta has no record of were last known to name; unknown is taken for "both".
    connection.execute("DROP TABLE IF EXISTS temp.s_standing")
    connection.execute(
        "CREATE TEMP TABLE s_standing AS SELECT t.code AS student_code, c.code AS contact_code, l.priority,"
        " CASE WHEN sc.line > 0 THEN sc.contact_type ELSE l.relationship END AS relationship,"
        " CASE WHEN t.gone_snapshot IS NOT NULL THEN NULL"
        " WHEN sc.line > 0 THEN (SELECT access FROM temp.s_rule WHERE type = sc.contact_type)"
        " ELSE l.portal_access END AS portal_access,"
        f" (CASE WHEN l.named_by = 0 THEN {NamedBy.STUDENT + NamedBy.CONTACT} ELSE l.named_by END)"
        f" & ((CASE WHEN st.line > 0 THEN 0 ELSE {NamedBy.STUDENT + 0} END)"
        f" | (CASE WHEN sc.line > 0 THEN 0 ELSE {NamedBy.CONTACT + 0} END)) AS named_by"
        " FROM links AS l JOIN students AS t ON t.id = l.student_id JOIN contacts AS c ON c.id = l.contact_id"
        " JOIN temp.s_students AS st ON st.code = t.code JOIN temp.s_contacts AS sc ON sc.code = c.code"
        " WHERE l.removed_snapshot IS NULL AND l.removed_on = ''"
    )
    connection.execute(
        "UPDATE temp.s_links AS n SET named_by = n.named_by | o.named_by FROM temp.s_standing AS o"
        " WHERE o.student_code = n.student_code AND o.contact_code = n.contact_code"
    )
    connection.execute(
        "INSERT INTO temp.s_links (line, student_code, contact_code, relationship, priority, portal_access, named_by)"
        " SELECT 0, student_code, contact_code, relationship, priority, portal_access, named_by FROM temp.s_standing"
        " WHERE named_by <> 0 AND (student_code, contact_code) NOT IN (SELECT student_code, contact_code"
        " FROM temp.s_links)"
    )
