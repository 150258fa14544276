"""A small school for the tests of the hand-over: old accounts whose person has a new record. All invented."""

from collections.abc import Sequence
from typing import Any

from tests.register.making import roster, student
from tui.domain.records import ContactRecord, LinkRecord
from tui.feeds.in_memory import InMemoryRoster

_PEOPLE = (
    # code, given name, surname, title, email, mobile, username
    ("OLDK", "Katherine", "Smith", "Mrs", "kate@home.example", "0400000001", "ksmith"),
    ("NEWK", "Katherine", "Jones", "Mrs", "kate@home.example", "0400000001", ""),
    ("OLDJ", "Anna & Bob", "Brown", "Mrs & Mr", "browns@home.example", "", "browns"),
    ("NEWA", "Anna", "Brown", "Mrs", "browns@home.example", "0400000002", ""),
    ("NEWB", "Bob", "Brown", "Mr", "bob@home.example", "0400000003", ""),
    ("OLDL", "Lars", "Olsen", "Mr", "lars@home.example", "0400000004", "lars"),
    ("OLDM", "Mark", "Hill", "Mr", "mark@home.example", "0400000005", "mark"),
    ("FREE", "Petra", "Novak", "Ms", "petra@home.example", "0400000006", ""),
)
_LINKS = (
    # student, contact, relationship, portal access
    ("S1", "NEWK", "Mother", True),
    ("S2", "NEWA", "Mother", True),
    ("S2", "NEWB", "Father", True),
    ("S3", "OLDL", "Father", True),
    ("S4", "OLDM", "Father", False),
    ("S5", "FREE", "Mother", True),
    ("S8", "OLDK", "Mother", True),
    ("S9", "OLDJ", "Parents", True),
)


def school(
    taken: float = 0,
    children: dict[str, dict[str, Any]] | None = None,
    unlinked: Sequence[str] = (),
    **people: Any,
) -> InMemoryRoster:
    """Four old accounts and their new records.

    OLDK is on NEWK now, under another surname: certain. OLDJ is a joint record of two who are on NEWA and NEWB: to
    review. OLDL is a leaver's father, with nobody. OLDM has a child here and no access. FREE has no account, and
    nothing to do with any of them. `people` and `children` are other columns by code; `unlinked` have no links.
    """
    contacts = [
        ContactRecord(
            1, code, title=title, given_name=given, surname=surname, email=email, mobile=mobile,
            contact_type="Residential", username=username,
        )._replace(**people.get(code, {}))
        for code, given, surname, title, email, mobile, username in _PEOPLE
    ]  # fmt: skip
    pupils = [student(n, status="left" if n in (3, 8, 9) else "enrolled") for n in (1, 2, 3, 4, 5, 8, 9)]
    pupils = [one._replace(**(children or {}).get(one.code, {})) for one in pupils]
    links = [
        LinkRecord(1, child, parent, relationship, None, access)
        for child, parent, relationship, access in _LINKS
        if parent not in unlinked
    ]
    return roster(taken, contacts, pupils, links)
