"""Reading the roll: everyone of a user type in order of name, with status, and with the text that a filter looks at.

What is read once for a whole school goes by in one pass each, in the order of the names; see tui.manager.roll for what
is made of it.
"""

from collections.abc import Callable, Iterator

from tui.domain.query import FIELD_END, SAME
from tui.domain.reasons import REASON_LABELS
from tui.domain.records import UserType
from tui.register.database import Database
from tui.register.people import TABLES

PIECE = 1000  # people to a piece of text
_FETCH = 250


def statuses(database: Database, user_type: UserType | None) -> Iterator[tuple[int, str, int]]:
    """(person, status, whether never logged in) of everybody (None: of every user type), in order of name."""
    where, parameters = ("d.user_type = ?", (user_type,)) if user_type else ("1", ())
    sql = (
        "SELECT d.person, d.status, d.status = 'active' AND coalesce(a.last_login = '', 0)"
        f" FROM directory AS d LEFT JOIN accounts AS a ON a.person = d.person WHERE {where}"
        " ORDER BY d.sort_name, d.person"
    )
    with database.errors():
        # What a walk from end to end keeps in memory is of no use to anybody.
        database.connection.execute("PRAGMA cache_size = -1000")
        yield from database.connection.execute(sql, parameters)


def texts(database: Database, user_type: UserType | None, stop: Callable[[], bool]) -> Iterator[list[str]]:
    """The folded text of everybody, PIECE people at a time, in order of name; ends early when `stop` says so."""
    parts = [_text(kind, number) for number, kind in enumerate(UserType) if user_type in (None, kind)]
    sql = f"SELECT text FROM ({' UNION ALL '.join(parts)}) ORDER BY sort_name, person"
    piece: list[str] = []
    with database.errors():
        cursor = database.connection.execute(sql)
        # In small helpings: between two of them the screen's thread gets its turn.
        while rows := cursor.fetchmany(_FETCH):
            piece += [row[0] for row in rows]
            if len(piece) >= PIECE:
                yield piece
                piece = []
            if stop():
                return
    if piece:
        yield piece


def _text(kind: UserType, number: int) -> str:
    """A SELECT of sort_name, person and text; the text has the fields of tui.domain.query in their order."""
    is_contact = kind is UserType.CONTACT
    preferred = "''" if kind is UserType.STAFF else "m.preferred_name"
    names = f"trim(m.given_name || ' ' || {preferred}) || ' ' || m.surname"
    username = f"CASE WHEN a.username IS NULL THEN '' WHEN a.username = m.email THEN '{SAME}' ELSE a.username END"
    mobile = "m.mobile || CASE WHEN instr(m.mobile, ' ') THEN ' ' || replace(m.mobile, ' ', '') ELSE '' END"
    children = (
        "coalesce((SELECT group_concat(t.given_name || ' ' || t.preferred_name || ' ' || t.surname, ' ')"
        " FROM links AS l JOIN students AS t ON t.id = l.student_id WHERE l.contact_id = m.id), '')"
    )
    labels = " ".join(f"WHEN '{reason}' THEN ' {label}'" for reason, label in REASON_LABELS.items())
    reason = f"d.reasons || CASE d.reason {labels} ELSE '' END"
    own_type = {UserType.CONTACT: "m.contact_type", UserType.STUDENT: "'student ' || m.year_level"}.get(kind, "'staff'")
    fields = (
        names, "m.code", "m.email", mobile if is_contact else "''", username,
        children if is_contact else "''", reason, own_type,
    )  # fmt: skip
    joined = f" || '{FIELD_END}' || ".join(fields)
    return (
        f"SELECT d.sort_name, d.person, fold({joined}) AS text FROM directory AS d"
        f" JOIN {TABLES[kind]} AS m ON m.id = d.person / 4 LEFT JOIN accounts AS a ON a.person = d.person"
        f" WHERE d.user_type = '{kind}'"
    )
