"""Contacts in the form in which they are compared with each other: see tui.domain.identity."""

from collections.abc import Collection, Sequence

from tui.domain.correlation import Subject
from tui.domain.identity import Bond, Identity
from tui.register.database import Database
from tui.text import fold

HOME = "CASE WHEN m.address <> '' THEN m.address || ' ' || m.suburb || ' ' || m.postcode ELSE '' END"


def subjects(database: Database) -> list[Subject]:
    """Every contact as correlation sees it, in order of code."""
    standing = {
        person // 4: (has_account, eligible)
        for person, has_account, eligible in database.read(
            "SELECT person, status IN ('ready_to_revoke', 'active'), status IN ('active', 'ready_to_provision')"
            " FROM directory WHERE user_type = 'contact'"
        )
    }
    found = [
        Subject(record, *map(bool, standing[id_])) for id_, record in identities(database).items() if id_ in standing
    ]
    return sorted(found, key=lambda subject: subject.identity.code)


def identities(
    database: Database, ids: Sequence[int] | None = None, crowded: Collection[tuple[str, str]] = ()
) -> dict[int, Identity]:
    """Contacts as they are compared, by row id: these, or all (None). Values in `crowded` are blanked."""
    which = "TRUE" if ids is None else "{} IN (" + ", ".join("?" * len(ids)) + ")"
    values = () if ids is None else ids
    bonds: dict[int, list[Bond]] = {}
    for contact, *bond in database.read(
        "SELECT l.contact_id, t.code, coalesce(nullif(t.preferred_name, ''), t.given_name), l.relationship,"
        " l.removed_snapshot IS NULL AND l.removed_on = '' AND t.status <> 'left' FROM links AS l"
        f" JOIN students AS t ON t.id = l.student_id WHERE {which.format('l.contact_id')}"
        " ORDER BY t.code, l.relationship",
        values,
    ):
        code, name, relationship, stands = bond
        bonds.setdefault(contact, []).append(Bond(code, name, relationship, bool(stands)))

    def tie(what: str, value: str) -> str:
        value = fold(value)
        return "" if (what, value) in crowded else value

    found = {}
    for id_, *names, email, username, mobile, address in database.read(
        "SELECT m.id, m.code, m.title, m.given_name, m.preferred_name, m.surname, m.gender, m.email,"
        " coalesce(a.username, ''), phone_digits(m.mobile),"
        f" {HOME} FROM contacts AS m LEFT JOIN accounts AS a ON a.person = m.id * 4 WHERE {which.format('m.id')}",
        values,
    ):
        reached = (tie("email", email), tie("email", username), tie("mobile", mobile), tie("address", address))
        code, title, given, preferred, surname, gender = names
        found[id_] = Identity(code, title, given, preferred, surname, gender, *reached, tuple(bonds.get(id_, ())))
    return found
