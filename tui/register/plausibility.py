"""What an import would lose, counted before it changes anything: lost files and columns, shrunken rows and flags."""

import json
import sqlite3

from tui.domain.difference import KindCount
from tui.domain.records import RecordKind, RosterDescription
from tui.domain.shrink import Shrink, Turnover, implausible, spelt_anew

_ROWS = {
    RecordKind.CONTACTS: "SELECT count(*) FROM contacts WHERE gone_snapshot IS NULL",
    RecordKind.STUDENTS: "SELECT count(*) FROM students WHERE gone_snapshot IS NULL",
    RecordKind.STAFF: "SELECT count(*) FROM staff WHERE gone_snapshot IS NULL",
    # The links of a student who dropped out of the feed stay, as a leaver's; no feed will have them again.
    RecordKind.LINKS: "SELECT count(*) FROM links AS l JOIN students AS t ON t.id = l.student_id"
    " WHERE l.removed_snapshot IS NULL AND l.removed_on = '' AND t.gone_snapshot IS NULL",
}
_WORDS = {
    RecordKind.CONTACTS: "contacts",
    RecordKind.STUDENTS: "students",
    RecordKind.STAFF: "staff",
    RecordKind.LINKS: "links",
    RecordKind.LINK_HISTORY: "link history",
}


def lost_columns(connection: sqlite3.Connection, description: RosterDescription) -> dict[str, list[str]]:
    """The columns by kind (a lost file: an empty list) that the last import of this feed had and this one lacks."""
    row = connection.execute(
        "SELECT columns FROM snapshots WHERE feed = ? ORDER BY id DESC LIMIT 1", (description.feed,)
    ).fetchone()
    lost: dict[str, list[str]] = {}
    for kind, names in (json.loads(row[0]) if row else {}).items():
        if RecordKind(kind) not in description.files:
            if kind != RecordKind.LINK_HISTORY:  # it only ever adds: without it nothing is taken back
                lost[kind] = []
        else:
            gone = sorted(set(names) - set(description.columns.get(RecordKind(kind), names)))
            if gone:
                lost[kind] = gone
    return lost


def shrunk_rows(connection: sqlite3.Connection, max_percent: int, description: RosterDescription) -> list[Shrink]:
    """The files that lost more rows than is plausible, and the students; to be asked before anything is applied."""
    found = []
    for kind, sql in _ROWS.items():
        if kind in description.files or kind is not RecordKind.STAFF:
            name = description.files.get(kind, "")
            what = _WORDS[kind] + (f" ({name})" if name else "")
            now = _count(connection, f"SELECT count(*) FROM temp.s_{kind}")
            found.append((Shrink(what, _count(connection, sql), now), True))
    enrolled = "SELECT count(*) FROM {} WHERE status = 'enrolled'"
    before, now = (_count(connection, enrolled.format(table)) for table in ("students", "temp.s_students"))
    found.append((Shrink("students at the school", before, now), False))
    return [shrink for shrink, rows in found if implausible(shrink, max_percent, rows=rows)]


def shrunk_facts(connection: sqlite3.Connection, max_percent: int) -> list[Shrink]:
    """The flags and usernames that went from records which are still there; needs temp.t_links."""
    found = []
    # Only links that both have: those of leavers are judged as rows.
    before, now = connection.execute(
        "SELECT count(*), sum(n.portal_access IS 1) FROM links AS l JOIN temp.t_links AS n"
        " ON n.contact_id = l.contact_id AND n.student_id = l.student_id AND n.relationship = l.relationship"
        " WHERE l.portal_access = 1 AND l.removed_snapshot IS NULL"
    ).fetchone()
    found.append(Shrink("links with portal access", before, now or 0))
    # A column of usernames that ran empty would otherwise prove every request done.
    before, now = connection.execute(
        "SELECT count(*), sum(s.username <> '') FROM accounts AS a JOIN contacts AS c ON a.person = c.id * 4"
        " JOIN temp.s_contacts AS s ON s.code = c.code WHERE a.username <> '' AND s.username IS NOT NULL"
        " AND a.person NOT IN (SELECT person FROM items WHERE state IN ('requested', 'attested'))"
    ).fetchone()
    found.append(Shrink("contacts with a username", before, now or 0))
    return [shrink for shrink in found if implausible(shrink, max_percent, rows=False)]


def turned_over(connection: sqlite3.Connection, snapshot: int, count: KindCount, max_percent: int) -> list[Turnover]:
    """The contacts that went in this import, or those of them who have an account, where that is more than is plausible
    although as many came; to be asked when the contacts were applied. `count` is of the contacts."""
    there = _count(connection, _ROWS[RecordKind.CONTACTS])
    before = there - count.new - count.returned + count.gone
    if implausible(Shrink("contacts", before, there), max_percent, rows=True):
        return []  # which is said of the file
    with_account = (
        " FROM contacts AS c JOIN accounts AS a ON a.person = c.id * 4"
        " WHERE (a.username <> '' OR a.password_hash IS NOT NULL) AND c.first_snapshot < :now"
    )
    held, lost = connection.execute(
        f"SELECT count(*), coalesce(sum(c.gone_snapshot IS :now), 0){with_account}"
        " AND (c.gone_snapshot IS NULL OR c.gone_snapshot = :now)",
        {"now": snapshot},
    ).fetchone()
    for what, had, gone, rows in (
        ("contacts", before, count.gone, True),
        ("contacts with an account", held, lost, False),
    ):
        if implausible(Shrink(what, had, had - gone), max_percent, rows=rows):
            like = spelt_anew(
                _codes(connection, "gone_snapshot = ?", snapshot), _codes(connection, "first_snapshot = ?", snapshot)
            )
            return [Turnover(what, had, gone, count.new, min(like, gone))]
    return []


def _codes(connection: sqlite3.Connection, where: str, snapshot: int) -> list[str]:
    return [code for (code,) in connection.execute(f"SELECT code FROM contacts WHERE {where} ORDER BY id", (snapshot,))]


def _count(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0] or 0)


def say_lost(lost: dict[str, list[str]]) -> list[str]:
    """The lost files and columns, a sentence each."""
    return [
        f"{_WORDS[RecordKind(kind)]}: the column{'s' if len(names) > 1 else ''} {', '.join(names)}"
        f" {'are' if len(names) > 1 else 'is'} missing; the last import had {'them' if len(names) > 1 else 'it'}"
        if names
        else f"{_WORDS[RecordKind(kind)]}: the whole file is missing; the last import had it"
        for kind, names in lost.items()
    ]
