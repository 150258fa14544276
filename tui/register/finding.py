"""Finding people by any part of a name, email, number, code or child; and the records that may be theirs as well.

The longest word goes once through each column, where that is narrowest, which is an index as a rule; the other words
are looked for only in whom that finds. The names in the directory are folded already; of the rest, nearly all plain
ASCII, only what is not is folded one by one.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tui.domain.facts import ImportRef, StudentFact
from tui.domain.identity import CROWD, Identity
from tui.domain.phones import phone_digits
from tui.domain.records import UserType
from tui.register.database import Database
from tui.register.identities import HOME, identities
from tui.register.people import TABLES, TYPES
from tui.text import day_of, fold

_PHONE = re.compile(r"[+(]?[0-9()+./-]*[0-9][0-9()+./-]*")
_FEWEST_DIGITS = 3  # of a number: fewer are in everybody's
_SHORT = 3  # letters: with fewer, a word is the beginning of a name

# What phone_digits makes of a number, without asking it where the number is written in one of the usual ways.
_DIGITS = (
    "CASE WHEN m.mobile = '' THEN '' WHEN length(m.mobile) = 10 AND m.mobile NOT GLOB '*[^0-9]*' THEN m.mobile"
    " WHEN m.mobile GLOB '0[0-9][0-9][0-9] [0-9][0-9][0-9] [0-9][0-9][0-9]' THEN replace(m.mobile, ' ', '')"
    " ELSE phone_digits(m.mobile) END"
)


class Words(NamedTuple):
    """Words that must all occur; or, where they are digits, `number` must, as one telephone number."""

    words: tuple[str, ...]
    number: str = ""

    @property
    def longest(self) -> str:
        return max(self.words, key=len)


class Hits(NamedTuple):
    """Row ids by user type, in order, and the types of which there are more than were asked for."""

    ids: dict[UserType, list[int]]
    more: frozenset[UserType]


def parse(text: str) -> list[Words]:
    """What to look for. Words of digits that stand together are one number as well as words of their own."""
    found: list[Words] = []
    run: list[str] = []
    for word in [*text.split(), ""]:
        if _PHONE.fullmatch(word):
            run.append(word)
            continue
        if run:
            number = phone_digits("".join(run))
            found.append(Words(tuple(run), number if len(number) >= _FEWEST_DIGITS else ""))
            run = []
        if word:
            found.append(Words((fold(word),)))
    return found


def search(database: Database, text: str, limit: int) -> Hits:
    """The people in whom all of `text` occurs, at most `limit` of a type: exact codes and emails first, then those
    whose names begin so."""
    wanted = parse(text)
    if not wanted:
        return Hits({}, frozenset())
    # Whoever has the longest word, or the number it is part of, is looked at for everything else.
    first = max(wanted, key=lambda words: len(words.number or words.longest))
    _gather(database, first)
    ids = {kind: [row[0] for row in database.read(*_statement(kind, wanted, first, limit + 1))] for kind in TYPES}
    more = frozenset(kind for kind, found in ids.items() if len(found) > limit)
    return Hits({kind: found[:limit] for kind, found in ids.items()}, more)


def _gather(database: Database, first: Words) -> None:
    """Put the person numbers of those into a temporary table who have the longest word of `first` or its number, or
    whose linked child has the word in name or code."""
    word = first.longest
    short = len(word) < _SHORT
    values = {"first": word, "like": _like(word), "number": first.number}
    with database.errors():
        run = database.connection.execute
        for table in ("t_having", "t_children"):
            run(f"CREATE TEMP TABLE IF NOT EXISTS {table} (person INTEGER PRIMARY KEY)")
            run(f"DELETE FROM temp.{table}")
        for table, select in (("t_children", _children(short)), *(("t_having", part) for part in _parts(short))):
            run(f"INSERT OR IGNORE INTO temp.{table} {select}", values)
        if first.number:
            numbered = f"SELECT m.id * 4 FROM contacts AS m WHERE instr({_DIGITS}, :number)"
            run(f"INSERT OR IGNORE INTO temp.t_having {numbered}", values)


def _children(short: bool) -> str:
    """Students by names and code, as a child's name and code lead to the contacts."""
    contains = _begins if short else _contains
    return (
        f"SELECT person FROM directory WHERE user_type = 'student' AND {_named(short)}"
        f" UNION ALL SELECT id * 4 + 1 FROM students WHERE {contains('code')} OR {contains('preferred_name')}"
    )


def _parts(short: bool) -> list[str]:
    """What is gone through for the first word. A short one is the beginning of a name, title or code: a letter or two
    are in everybody's email."""
    contains = _begins if short else _contains
    title = contains("title")
    parts = [
        "SELECT person FROM temp.t_children",
        "SELECT l.contact_id * 4 FROM temp.t_children AS t CROSS JOIN links AS l ON l.student_id = t.person / 4",
        f"SELECT person FROM directory WHERE user_type = 'contact' AND {_named(short)}",
        f"SELECT person FROM directory WHERE user_type = 'staff' AND {_named(short)}",
        f"SELECT id * 4 FROM contacts WHERE {contains('code')}",
        f"SELECT id * 4 FROM contacts WHERE {title} OR {contains('preferred_name')}",
        f"SELECT id * 4 + 2 FROM staff WHERE {contains('code')} OR {title}",
    ]
    if not short:
        parts += [
            f"SELECT id * 4 FROM contacts WHERE email <> '' AND {contains('email')}",
            f"SELECT id * 4 + 1 FROM students WHERE email <> '' AND {contains('email')}",
            f"SELECT id * 4 + 2 FROM staff WHERE email <> '' AND {contains('email')}",
            f"SELECT person FROM accounts WHERE username_key <> '' AND {contains('username_key')}",
        ]
    return parts


def _statement(user_type: UserType, wanted: Sequence[Words], first: Words, limit: int) -> tuple[str, dict[str, Any]]:
    """Of those gathered the people of one type who have all the other words too, in order."""
    parameters: dict[str, Any] = {"limit": limit}
    conditions, starts = [], ["TRUE"]
    for at, words in enumerate(wanted):
        number = f"instr({_DIGITS}, :n{at})" if words.number and user_type is UserType.CONTACT else ""
        each: list[str] = []
        for word in words.words:
            place = f"{at}_{len(each)}"
            parameters[f"w{place}"] = word
            each.append(_has_word(user_type, place, short=len(word) < _SHORT))
            if not number:
                starts.append(f"instr(' ' || d.sort_name, ' ' || :w{place}) > 0")
        if words is first and len(words.words) == 1:
            continue  # that is what was gathered
        if number:
            parameters[f"n{at}"] = words.number
        conditions.append(f"({number} OR ({' AND '.join(each)}))" if number else " AND ".join(each))
    # A single word may be the whole code or email of somebody, who then comes first.
    exact = "FALSE" if len(wanted) > 1 else "m.code = :w0_0 COLLATE NOCASE OR m.email = :w0_0 COLLATE NOCASE"
    return (
        "SELECT m.id FROM temp.t_having AS h CROSS JOIN directory AS d ON d.person = h.person"
        f" CROSS JOIN {TABLES[user_type]} AS m ON m.id = h.person / 4"
        f" WHERE h.person % 4 = {TYPES.index(user_type)}{''.join(f' AND {c}' for c in conditions)}"
        f" ORDER BY ({exact}) DESC, ({' AND '.join(starts)}) DESC, d.sort_name, m.id LIMIT :limit",
        parameters,
    )


def _named(short: bool) -> str:
    return "instr(' ' || sort_name, ' ' || :first)" if short else "instr(sort_name, :first)"


def _contains(column: str) -> str:
    """The condition that the word `first` occurs in a column, whatever its case and diacritics."""
    is_ascii = f"length({column}) = length(CAST({column} AS BLOB))"
    return f"({column} LIKE :like ESCAPE '\\' OR (NOT {is_ascii} AND instr(fold({column}), :first)))"


def _begins(column: str) -> str:
    """The condition that a word of the column begins with the word `first`."""
    return f"({column} <> '' AND instr(' ' || fold({column}), ' ' || :first))"


def _has_word(user_type: UserType, place: str, *, short: bool) -> str:
    """The same as a condition on one row: that a person, or a linked child's name or code, has the word."""
    preferred = "''" if user_type is UserType.STAFF else "m.preferred_name"
    title = "''" if user_type is UserType.STUDENT else "m.title"
    text = f"m.code || ' ' || {title} || ' ' || m.given_name || ' ' || {preferred} || ' ' || m.surname"
    if user_type is UserType.CONTACT:
        text += (
            " || ' ' || coalesce((SELECT group_concat(t.code || ' ' || t.given_name || ' ' || t.preferred_name || ' '"
            " || t.surname, ' ') FROM links AS l JOIN students AS t ON t.id = l.student_id"
            " WHERE l.contact_id = m.id), '')"
        )
    if short:
        return f"instr(' ' || fold({text}), ' ' || :w{place})"
    username = "coalesce((SELECT a.username FROM accounts AS a WHERE a.person = d.person), '')"
    return f"instr(fold({text} || ' ' || m.email || ' ' || {username}), :w{place})"


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def known_beside(database: Database, contacts: Sequence[int]) -> dict[int, Identity]:
    """These contacts and all that share a child, email, number or address with any of them, as they are compared."""
    if not contacts:
        return {}
    places = _places(contacts)
    reached = _reached(database, contacts, places)
    crowded = {key for key, holders in reached.items() if len(holders) > CROWD}
    ids = {*contacts, *(id_ for key, holders in reached.items() if key not in crowded for id_ in holders)}
    ids.update(
        row[0]
        for row in database.read(
            "SELECT DISTINCT p.contact_id FROM links AS l JOIN links AS p ON p.student_id = l.student_id"
            f" WHERE l.contact_id IN ({places})",
            contacts,
        )
    )
    return identities(database, sorted(ids), crowded)


def _reached(database: Database, contacts: Sequence[int], places: str) -> dict[tuple[str, str], set[int]]:
    """Who is reached at the emails, numbers and addresses of these contacts, by what it is and its value."""
    found: dict[tuple[str, str], set[int]] = {}
    emails: set[str] = set()
    mobiles: set[str] = set()
    streets: set[str] = set()
    homes: set[str] = set()
    for email, username, mobile, street, home in database.read(
        f"SELECT m.email, coalesce(a.username, ''), phone_digits(m.mobile), m.address, {HOME} FROM contacts AS m"
        f" LEFT JOIN accounts AS a ON a.person = m.id * 4 WHERE m.id IN ({places})",
        contacts,
    ):
        emails |= {email.casefold(), username.casefold()} - {""}
        mobiles |= {mobile} - {""}
        streets |= {street} - {""}
        homes |= {fold(home)} - {""}
    for what, sql, values in (
        ("email", "SELECT id, email FROM contacts WHERE email <> '' AND email COLLATE NOCASE IN ({})", emails),
        (
            "email",
            "SELECT person / 4, username FROM accounts WHERE username_key <> '' AND username_key IN ({})"
            " AND person % 4 = 0",
            emails,
        ),
    ):
        for id_, value in database.read(sql.format(_places(values)), list(values)):
            found.setdefault((what, fold(value)), set()).add(id_)
    for id_, mobile, home in database.read(
        f"SELECT m.id, {_DIGITS} AS digits, {HOME} FROM contacts AS m"
        f" WHERE digits IN ({_places(mobiles)}) OR m.address IN ({_places(streets)})",
        [*mobiles, *streets],
    ):
        if mobile in mobiles:
            found.setdefault(("mobile", mobile), set()).add(id_)
        if fold(home) in homes:
            found.setdefault(("address", fold(home)), set()).add(id_)
    return found


def students(database: Database, ids: Sequence[int]) -> list[tuple[StudentFact, tuple[str, ...]]]:
    """These students, in the order given, each with the codes of the contacts."""
    places = _places(ids)
    contacts: dict[int, list[str]] = {}
    for id_, code in database.read(
        "SELECT DISTINCT l.student_id, c.code FROM links AS l JOIN contacts AS c ON c.id = l.contact_id"
        f" WHERE l.student_id IN ({places}) ORDER BY c.surname, c.given_name, c.code",
        ids,
    ):
        contacts.setdefault(id_, []).append(code)
    found = {}
    for id_, code, given, preferred, surname, year, status, exit_date, gone, taken_at, note in database.read(
        "SELECT t.id, t.code, t.given_name, t.preferred_name, t.surname, t.year_level, t.status, t.exit_date,"
        " t.gone_snapshot, s.taken_at, t.custody_note FROM students AS t"
        f" LEFT JOIN snapshots AS s ON s.id = t.gone_snapshot WHERE t.id IN ({places})",
        ids,
    ):
        import_ = ImportRef(gone, day_of(taken_at)) if gone else None
        name = f"{preferred or given} {surname}".strip()
        found[id_] = (StudentFact(code, name, year, status, exit_date, import_, note), tuple(contacts.get(id_, ())))
    return [found[id_] for id_ in ids]


def _places(values: Iterable[Any]) -> str:
    return ", ".join("?" for _ in values)
