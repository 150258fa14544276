"""A generated school as CSV files: the same bytes for the same size, with columns, gaps and names as real exports have.

Two parents to a family; one in twenty students has left; one contact type has no portal access. Usernames are the
contacts' own emails, so that none of them names somebody else: the SQL baselines can't tell names apart.
"""

import csv
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

FIRST = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
SECOND = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

CONTACT_COLUMNS = (
    "code", "title", "salutation", "given_name", "preferred_name", "surname", "gender", "email", "mobile", "address",
    "suburb", "postcode", "contact_type", "internally_managed", "username", "last_login",
)  # fmt: skip
STUDENT_COLUMNS = ("code", "given_name", "surname", "year_level", "status", "exit_date", "email", "custody_note")
LINK_COLUMNS = ("student_code", "contact_code", "relationship", "priority", "portal_access")

_GIVEN_SPACED = (
    "Alison Andrew Anh Beth Bruno Carla Cheng Colin Dana David Deepa Elena Emma Fatima Frank Gina Grace Hamish "
    "Helen Ian Imran Jack Jane Julie Karen Kevin Khanh Laura Leon Linda Lucas Maria Mark Meera Nadia Neil Nina "
    "Omar Oscar Paula Peter Priya Quentin Rachel Ravi Rosa Ruth Sam Sarah Sunil Tess Thomas Tina Uma Vera Victor "
    "Wei Wendy Yusuf Zara"
)
_SURNAMES_SPACED = (
    "Adams Ahmed Baker Barnes Bell Brown Campbell Carter Chan Chen Clarke Collins Cooper Costa Davies Dixon "
    "Edwards Evans Farrell Fisher Fraser Garcia Gibson Gordon Graham Grant Gupta Hall Harris Hassan Hughes Hunter "
    "Jackson James Johnson Jones Kelly Kennedy Khan King Kumar Lee Lewis Li Lim Lopez MacDonald Martin Mason "
    "McKenzie Miller Mitchell Moore Morgan Murphy Nguyen O'Brien Owens Palmer Patel Pham Phillips Reid Roberts "
    "Rossi Ryan Scott Shah Sharma Silva Singh Smith Stewart Tan Taylor Thomas Thompson Tran Turner Walker Wang "
    "Watson White Williams Wilson Wong Wright Young"
)
_GIVEN = _GIVEN_SPACED.split()
_SURNAMES = _SURNAMES_SPACED.split()
_WITH_MARKS = ("Zoë", "Chloë", "José", "Søren", "Nguyễn", "Đặng", "Müller", "García", "Ångström", "O’Dónnell")
_SUBURBS = (("Ashfield", 2131), ("Brunswick East", 3057), ("Carindale", 4152), ("Norwood", 5067), ("Subiaco", 6008))
_STREETS = ("High Street", "Station Road", "Banksia Avenue", "Wattle Crescent", "Church Street", "Railway Parade")


class Size(NamedTuple):
    """How large a school is. Links: every student has one parent, the first of them a second one."""

    contacts: int
    students: int
    links: int

    @classmethod
    def of(cls, contacts: int) -> "Size":
        """The usual proportions."""
        return cls(contacts, contacts * 8 // 10, contacts * 14 // 10)


def write_school(folder: Path, size: Size, *, later: bool = False) -> Path:
    """Write the school's three files. `later`: the extract of three weeks on, in which about 1 % has changed."""
    folder.mkdir(parents=True)
    files = (
        ("contacts.csv", CONTACT_COLUMNS, _contacts(size, later)),
        ("students.csv", STUDENT_COLUMNS, _students(size, later)),
        ("links.csv", LINK_COLUMNS, _links(size, later)),
    )
    moment = (SECOND if later else FIRST).timestamp()
    for name, columns, rows in files:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        os.utime(folder / name, (moment, moment))
    return folder


def _name(pick: random.Random, names: list[str]) -> str:
    return pick.choice(_WITH_MARKS if pick.random() < 0.03 else names)


def _contacts(size: Size, later: bool) -> Iterator[tuple[object, ...]]:
    pick = random.Random(1)
    for number in range(size.contacts):
        given, surname = _name(pick, _GIVEN), _name(pick, _SURNAMES)
        suburb, postcode = pick.choice(_SUBURBS)
        woman = pick.random() < 0.5
        email = f"{given[:1]}.{surname}.{number}@mail.example".lower() if pick.random() < 0.95 else ""
        email = email if email.isascii() else f"family{number}@mail.example"
        has_account = pick.random() < 0.8
        login = f"2026-{pick.randint(1, 10):02}-{pick.randint(1, 28):02}T{pick.randint(7, 21):02}:05:00+11:00"
        row = (
            f"C{number:06}",
            "Ms" if woman else "Mr",
            f"{'Ms' if woman else 'Mr'} {surname}",
            given,
            given[:3] if pick.random() < 0.1 else "",
            surname,
            "F" if woman else "M",
            email.replace("@mail.", "@post.") if later and number % 100 == 7 else email,
            f"04{pick.randint(10_000_000, 99_999_999)}" if pick.random() < 0.9 else "",
            f"{pick.randint(1, 200)} {pick.choice(_STREETS)}",
            suburb,
            postcode,
            _contact_type(number),
            "no",
            (email or f"parent{number}") if has_account else "",
            login if has_account and pick.random() < 0.85 else "",
        )
        if not (later and _dropped_out(number)):
            yield row


def _dropped_out(contact: int) -> bool:
    return contact % 1000 == 13


def _contact_type(number: int) -> str:
    return "Postal" if number % 20 == 3 else "Grandparent" if number % 100 == 9 else "Residential"


def _students(size: Size, later: bool) -> Iterator[tuple[object, ...]]:
    pick = random.Random(2)
    for number in range(size.students):
        given, surname = _name(pick, _GIVEN), _name(pick, _SURNAMES)
        left = number % 20 == 11 or (later and number % 100 == 17)
        yield (
            f"S{number:06}",
            given,
            surname,
            pick.randint(0, 12),
            "left" if left else "future" if number % 40 == 5 else "enrolled",
            f"{pick.randint(1, 28)}/{pick.randint(1, 10)}/2026" if left else "",
            f"s{number}@students.example" if pick.random() < 0.9 else "",
            "Court order on file: see the registrar" if number % 200 == 50 else "",
        )


def _links(size: Size, later: bool) -> Iterator[tuple[object, ...]]:
    families = max(1, size.contacts * 49 // 100)  # the last contacts belong to no student
    for number in range(size.links):
        student, second = number % size.students, number >= size.students
        contact = 2 * (student % families) + second
        if later and (number % 250 == 31 or _dropped_out(contact)):
            continue
        contact_type = _contact_type(contact)
        access = "no" if contact_type == "Postal" else "" if number % 90 == 8 else "yes"
        if later and contact_type == "Grandparent":
            access = "no"
        yield f"S{student:06}", f"C{contact:06}", "Father" if second else "Mother", 1 + second, access
