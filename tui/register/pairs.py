"""Pairs of an old record and a new one: what correlation found, and what operators said of it.

Contacts are named by their row ids here. A verdict holds on the evidence that it was given on: see `digest`.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.register.database import Database
from tui.text import say_date

_PART = 400


class PairRow(NamedTuple):
    """A candidate of an old account. `rank` 1 to 3, or 0 for one that a person chose; `decision`, `rule`, `cause` and
    `margin` (bits) stand on rank 1 and are of the account. `verdict`: `accepted` or `rejected`, "" for none, `by` and
    `at`; `found`: what correlation had said then; `is_stale`: the evidence has changed since."""

    old: int
    new: int
    code: str
    rank: int
    decision: str
    rule: str
    cause: str
    confidence: float
    margin: float
    sexes_contradict: bool
    evidence: tuple[str, ...]
    digest: str
    verdict: str
    found: str
    by: str
    at: str
    is_stale: bool


def of_old(database: Database, olds: Sequence[int]) -> dict[int, list[PairRow]]:
    """The candidates of these accounts: by rank, what a person chose last."""
    found: dict[int, list[PairRow]] = {}
    for start in range(0, len(olds), _PART):
        part = olds[start : start + _PART]
        for row in database.read(
            "SELECT k.old, k.new, c.code, k.rank, k.decision, k.rule, k.cause, k.confidence, k.margin,"
            " k.sexes_contradict, k.evidence, k.digest, coalesce(v.verdict, ''), coalesce(v.found, ''),"
            " coalesce(v.by, ''), coalesce(v.at, ''), v.digest IS NOT NULL AND v.digest <> k.digest"
            " FROM correlations AS k JOIN contacts AS c ON c.id = k.new"
            " LEFT JOIN pair_verdicts AS v ON v.old = k.old AND v.new = k.new"
            f" WHERE k.old IN ({', '.join('?' * len(part))}) ORDER BY k.old, k.rank = 0, k.rank, c.code",
            part,
        ):
            values = list(row)
            values[9], values[10], values[16] = bool(row[9]), tuple(json.loads(row[10])), bool(row[16])
            found.setdefault(row[0], []).append(PairRow(*values))
    return found


def between(database: Database, ids: Sequence[int]) -> dict[tuple[str, str], PairRow]:
    """What is found and said of pairs among these contacts, by the codes of the old record and the new."""
    wanted = set(ids)
    codes = {old: code for old, code in _codes(database, ids)}
    return {
        (codes[old], row.code): row
        for old, rows in of_old(database, ids).items()
        for row in rows
        if row.new in wanted and (row.rank == 1 or row.verdict)
    }


def _codes(database: Database, ids: Sequence[int]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        found += database.read(f"SELECT id, code FROM contacts WHERE id IN ({', '.join('?' * len(part))})", part)
    return found


def accepted_olds(database: Database) -> dict[int, list[str]]:
    """By new record, the codes of the old ones that were accepted as the same person's."""
    found: dict[int, list[str]] = {}
    for new, code in database.read(
        "SELECT v.new, c.code FROM pair_verdicts AS v JOIN contacts AS c ON c.id = v.old"
        " WHERE v.verdict = 'accepted' ORDER BY 1, 2"
    ):
        found.setdefault(new, []).append(code)
    return found


def sides(database: Database, old: int, new: int) -> list[tuple[str, str, str]]:
    """Two records beside each other: (what, of the old one, of the new one)."""
    one, other = (_said(database, contact) for contact in (old, new))
    return [(what, value, other[what]) for what, value in one.items()]


def _said(database: Database, contact: int) -> dict[str, str]:
    row = database.one(
        "SELECT c.code, c.title, c.given_name, c.preferred_name, c.surname, c.gender, c.email,"
        " coalesce(a.username, ''), c.mobile, trim(c.address || ' ' || c.suburb || ' ' || c.postcode), c.contact_type,"
        " a.last_login FROM contacts AS c LEFT JOIN accounts AS a ON a.person = c.id * 4 WHERE c.id = ?",
        (contact,),
    )
    code, title, given, preferred, surname, gender, email, username, mobile, address, type_, login = row
    children = [
        f"{name} {'(left)' if status == 'left' else '(link removed)' if removed else year}".strip()
        for name, year, status, removed in database.read(
            "SELECT DISTINCT coalesce(nullif(t.preferred_name, ''), t.given_name) || ' ' || t.surname, t.year_level,"
            " t.status, l.removed_snapshot IS NOT NULL OR l.removed_on <> '' FROM links AS l"
            " JOIN students AS t ON t.id = l.student_id WHERE l.contact_id = ? ORDER BY t.status = 'left', 1",
            (contact,),
        )
    ]
    roles = [
        str(role)
        for (role,) in database.read(
            "SELECT DISTINCT relationship FROM links WHERE contact_id = ? AND relationship <> '' ORDER BY 1", (contact,)
        )
    ]
    return {
        "Code": code,
        "Title": title,
        "Given name": f"{given} ({preferred})" if preferred and preferred != given else given,
        "Surname": surname,
        "Gender": gender,
        "Email": email,
        "Mobile": mobile,
        "Address": address,
        "Children": ", ".join(dict.fromkeys(children)),
        "Is their": ", ".join(roles),
        "Type": type_,
        "Username": username,
        "Last login": say_date(login) if login else "never" if login == "" else "",
    }


def accept(connection: sqlite3.Connection, old: int, new: int, found: str, by: str, at: str) -> None:
    """Accept a pair that is kept, on its evidence; an earlier acceptance of the old record gives way."""
    connection.execute("DELETE FROM pair_verdicts WHERE old = ? AND verdict = 'accepted'", (old,))
    _say(connection, old, new, "accepted", found, by, at)


def reject(connection: sqlite3.Connection, old: int, news: Iterable[int], found: str, by: str, at: str) -> None:
    """Reject these pairs, on their evidence."""
    connection.execute("DELETE FROM pair_verdicts WHERE old = ? AND verdict = 'accepted'", (old,))
    for new in news:
        _say(connection, old, new, "rejected", found, by, at)


def take_back(connection: sqlite3.Connection, old: int) -> int:
    """Forget what was said of an old record's pairs. Returns how many verdicts there were."""
    return connection.execute("DELETE FROM pair_verdicts WHERE old = ?", (old,)).rowcount


def _say(connection: sqlite3.Connection, old: int, new: int, verdict: str, found: str, by: str, at: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO pair_verdicts (old, new, verdict, found, digest, by, at)"
        " SELECT old, new, ?, ?, digest, ?, ? FROM correlations WHERE old = ? AND new = ?",
        (verdict, found, by, at, old, new),
    )
