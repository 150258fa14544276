"""The account list: counts by tab, ordered lists of people, and the rows of the window on screen.

A list is an array of person numbers, eight bytes each; names, emails and the rest are read only for the few rows that
are shown. Nothing here costs more per key with more rows than a list of numbers does.
"""

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from tui.domain.records import UserType
from tui.register.database import Database
from tui.register.people import TABLES
from tui.text import say_date

NEVER = "never_logged_in"
ALL = "all"
_CHILDREN_SHOWN = 4

# Where each column of the list comes from: m is the person's own table, a the account, d the directory. Whoever is
# alike in it is in order of name.
_SORTS = {
    "name": "d.sort_name",
    "code": "m.code",
    "type": "d.contact_type",
    "email": "m.email COLLATE NOCASE",
    "username": "a.username_key",
    "reason": "d.reason",
    "last_login": "a.last_login",
    "students": "(SELECT min(t.surname || t.given_name) FROM links AS l JOIN students AS t ON t.id = l.student_id"
    " WHERE l.contact_id = m.id)",
    "status": "d.status",
}
SORTS = tuple(_SORTS)


class ListedRow(NamedTuple):
    """A row as the register has it; see tui.manager.views.Row for the meanings."""

    person: int
    code: str
    user_type: str
    name: str
    contact_type: str
    email: str
    username: str
    status: str
    reason: str
    reasons: str
    students: str
    last_login: str | None
    held: str
    requested: str
    surname_first: str


def counts(database: Database, user_type: UserType | None, *, quick: bool = False) -> dict[str, int]:
    """People by status, with `never_logged_in` and `all` beside the four; None is everybody of every user type.

    `quick` leaves out `never_logged_in`, which takes a look at every account.
    """
    where, parameters = _of_type(user_type)
    found = dict(
        database.read(f"SELECT status, count(*) FROM directory AS d WHERE {where} GROUP BY status", parameters)
    )
    found[ALL] = sum(found.values())
    if not quick:
        row = database.one(
            "SELECT count(*) FROM directory AS d JOIN accounts AS a ON a.person = d.person"
            f" WHERE {where} AND {_condition(NEVER)}",
            parameters,
        )
        found[NEVER] = int(row[0])
    return found


def listed(
    database: Database,
    *,
    tab: str,
    user_type: UserType | None,
    reason: str = "",
    sort: str = "name",
    descending: bool = False,
) -> "array[int]":
    """The person numbers of a tab (a status, `never_logged_in` or `all`), in order, narrowed to a reason."""
    if user_type is None and sort != "name":
        parts = [_select(kind, tab, reason, sort) for kind in UserType]
        sql = (
            f"SELECT person FROM ({' UNION ALL '.join(parts)}) ORDER BY {_order('k', 'sort_name', descending)}, person"
        )
        parameters: list[Any] = [f"% {reason} %"] * len(parts) if reason else []
    else:
        where, parameters = _of_type(user_type)
        conditions = [where, _condition(tab)]
        if reason:
            conditions.append("' ' || d.reasons || ' ' LIKE ?")
            parameters.append(f"% {reason} %")
        # What the first frame asks is one walk along an index; only what needs more joins more.
        plain = user_type is None or (sort == "name" and tab != NEVER)
        tables = _DIRECTORY if user_type is None or plain else _from(user_type)
        order = _order(_SORTS[sort], "d.sort_name", descending)
        sql = f"SELECT d.person {tables} WHERE {' AND '.join(conditions)} ORDER BY {order}, d.person"
    with database.errors():
        return array("q", (row[0] for row in database.connection.execute(sql, parameters)))


def led_by(database: Database, reason: str) -> "array[int]":
    """The contacts ready to revoke for whom this reason leads, in no order."""
    found = database.read(
        "SELECT person FROM directory WHERE user_type = 'contact' AND status = 'ready_to_revoke' AND reason = ?",
        (reason,),
    )
    return array("q", (row[0] for row in found))


def rows(database: Database, persons: Sequence[int]) -> list[ListedRow]:
    """The rows of these people, in the order given."""
    found: dict[int, ListedRow] = {}
    for user_type in TABLES:
        wanted = [person for person in persons if person & 3 == list(TABLES).index(user_type)]
        for start in range(0, len(wanted), 500):
            found.update(_rows(database, user_type, wanted[start : start + 500]))
    return [found[person] for person in persons if person in found]


def codes(database: Database, persons: Sequence[int]) -> list[str]:
    """The codes of these people, in the order given."""
    found: dict[int, str] = {}
    for number, table in enumerate(TABLES.values()):
        wanted = [person for person in persons if person & 3 == number]
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            places = ", ".join("?" * len(part))
            found.update(
                database.read(
                    f"SELECT id * 4 + {number}, code FROM {table} WHERE id IN ({places})",
                    [person >> 2 for person in part],
                )
            )
    return [found[person] for person in persons]


_DIRECTORY = "FROM directory AS d LEFT JOIN accounts AS a ON a.person = d.person"


def _of_type(user_type: UserType | None) -> tuple[str, list[Any]]:
    return ("d.user_type = ?", [user_type]) if user_type else ("1", [])


def _from(user_type: UserType) -> str:
    return (
        f"FROM directory AS d JOIN {TABLES[user_type]} AS m ON m.id = d.person / 4"
        " LEFT JOIN accounts AS a ON a.person = d.person"
    )


def _select(user_type: UserType, tab: str, reason: str, sort: str) -> str:
    key = "''" if sort == "students" and user_type is not UserType.CONTACT else _SORTS[sort]
    narrowed = " AND ' ' || d.reasons || ' ' LIKE ?" if reason else ""
    return (
        f"SELECT d.person AS person, d.sort_name AS sort_name, {key} AS k {_from(user_type)}"
        f" WHERE d.user_type = '{user_type}' AND {_condition(tab)}{narrowed}"
    )


def _order(key: str, name: str, descending: bool) -> str:
    first = f"{key} DESC" if descending else key
    return first if key == name else f"{first}, {name}"


def _condition(tab: str) -> str:
    if tab == ALL:
        return "1"
    if tab == NEVER:
        # An absent column is unknown (NULL), not never.
        return "d.status = 'active' AND a.last_login = ''"
    return f"d.status = '{tab}'"


def _rows(database: Database, user_type: UserType, persons: Sequence[int]) -> dict[int, ListedRow]:
    if not persons:
        return {}
    places = ", ".join("?" * len(persons))
    preferred = "''" if user_type is UserType.STAFF else "m.preferred_name"
    title = "''" if user_type is UserType.STUDENT else "m.title"
    kind = {UserType.CONTACT: "m.contact_type", UserType.STUDENT: "m.year_level", UserType.STAFF: "''"}[user_type]
    found = database.read(
        f"SELECT d.person, m.code, d.user_type, {title}, m.given_name, {preferred}, m.surname, {kind}, m.email,"
        " coalesce(a.username, ''), d.status, d.reason, d.reasons,"
        " CASE WHEN a.username <> '' THEN a.last_login END,"
        " (SELECT h.kind || '|' || h.until || '|' || h.note FROM holds AS h WHERE h.person = d.person"
        "  AND h.released_at = '' ORDER BY h.kind DESC),"
        " (SELECT g.reason FROM flag_answers AS g WHERE g.answer = 'mistake' AND g.contact_type = d.contact_type"
        "  AND g.snapshot_id = d.flag_snapshot),"
        " (SELECT i.acted_at FROM items AS i WHERE i.person = d.person AND i.state = 'requested' ORDER BY i.id DESC)"
        f" {_from(user_type)} WHERE d.person IN ({places})",
        persons,
    )
    children = _children(database, persons) if user_type is UserType.CONTACT else {}
    listed_rows = {}
    for person, code, type_, title_, given, preferred_, surname, kind_, email, username, *rest in found:
        status, reason, reasons, last_login, held, mistake, requested = rest
        listed_rows[person] = ListedRow(
            person,
            code,
            type_,
            " ".join(filter(None, (title_, preferred_ or given, surname))),
            kind_,
            email,
            username,
            status,
            reason,
            reasons,
            children.get(person, ""),
            last_login,
            _held(held) if held else f"flag group: {mistake}" if mistake is not None else "",
            requested or "",
            ", ".join(filter(None, (surname, preferred_ or given))),
        )
    return listed_rows


def _held(hold: str) -> str:
    """A hold's note as the list has it, with the kind that is not meant by "held" alone, and its end."""
    kind, until, note = hold.split("|", 2)
    end = f" (until {say_date(until)})" if until else ""
    return f"{'never mail: ' if kind == 'mail' else ''}{note}{end}"


def _children(database: Database, persons: Sequence[int]) -> dict[int, str]:
    """Who is at the school first; who has left in brackets; more than four are counted."""
    places = ", ".join("?" * len(persons))
    names: dict[int, list[str]] = {}
    for person, given, year, status in database.read(
        "SELECT l.contact_id * 4, coalesce(nullif(t.preferred_name, ''), t.given_name), t.year_level, t.status"
        " FROM links AS l JOIN students AS t ON t.id = l.student_id"
        f" WHERE l.contact_id IN ({places}) AND (l.removed_snapshot IS NULL AND l.removed_on = '' OR t.status = 'left')"
        " GROUP BY l.contact_id, t.id ORDER BY l.contact_id, t.status = 'left', t.status, t.given_name",
        [person >> 2 for person in persons],
    ):
        shown = f"({given})" if status == "left" else f"{given} {year}".strip()
        names.setdefault(person, []).append(shown)
    return {
        person: ", ".join(
            found if len(found) <= _CHILDREN_SHOWN else [*found[: _CHILDREN_SHOWN - 1], f"+{len(found) - 3}"]
        )
        for person, found in names.items()
    }
