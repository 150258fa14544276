"""A school in a few lines, for tests: records kept by code, changed at will, written as a folder of CSV files.

Nobody in it exists: people are called after their number.
"""

import csv
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

FIRST = datetime(2026, 11, 1, 7, 5, tzinfo=UTC)
SECOND = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
LATER = datetime(2126, 1, 1, tzinfo=UTC)  # newer than anything that is done while a test runs

CONTACT_COLUMNS = (
    "code", "title", "given_name", "preferred_name", "surname", "email", "mobile", "contact_type", "username",
    "last_login",
)  # fmt: skip
STUDENT_COLUMNS = ("code", "given_name", "surname", "year_level", "status", "exit_date", "custody_note")
LINK_COLUMNS = ("student_code", "contact_code", "relationship", "priority", "portal_access")


@dataclass
class SchoolFiles:
    """The records of a school. Each is a dictionary of columns, so that a test changes what it is about."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    students: dict[str, dict[str, str]] = field(default_factory=dict)
    links: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def contact(self, code: str, **columns: str) -> str:
        """Add a contact with an account and an email of its own, unless said otherwise."""
        digits = "".join(character for character in code if character.isdigit())
        usual = {
            "code": code,
            "given_name": f"Given{digits}",
            "surname": f"Surname{digits}",
            "email": f"{code.lower()}@families.example",
            "contact_type": "Parent",
            "username": f"user.{code.lower()}",
        }
        self.contacts[code] = usual | columns
        return code

    def student(self, code: str, **columns: str) -> str:
        """Add a student at the school."""
        digits = "".join(character for character in code if character.isdigit())
        usual = {
            "code": code,
            "given_name": f"Child{digits}",
            "surname": f"Surname{digits}",
            "year_level": "7",
            "status": "enrolled",
        }
        self.students[code] = usual | columns
        return code

    def link(self, student: str, contact: str, access: str = "yes", **columns: str) -> None:
        """Link a student and a contact."""
        usual = {
            "student_code": student,
            "contact_code": contact,
            "relationship": "Parent",
            "portal_access": access,
        }
        self.links[student, contact] = usual | columns

    def family(self, number: int, **contact: str) -> tuple[str, str]:
        """Add a student S<number> and a parent P<number> with an account; returns both codes."""
        student, parent = self.student(f"S{number:04}"), self.contact(f"P{number:04}", **contact)
        self.link(student, parent)
        return student, parent

    def leave(self, *students: str, on: str = "2026-11-28") -> None:
        """Let students leave."""
        for code in students:
            self.students[code] |= {"status": "left", "exit_date": on}

    def write(self, folder: Path, taken_at: datetime = FIRST) -> Path:
        """Write the files, dated `taken_at`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, columns, rows in (
            ("contacts", CONTACT_COLUMNS, self.contacts.values()),
            ("students", STUDENT_COLUMNS, self.students.values()),
            ("links", LINK_COLUMNS, self.links.values()),
        ):
            path = folder / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
            os.utime(path, (taken_at.timestamp(), taken_at.timestamp()))
        return folder


def families(count: int) -> SchoolFiles:
    """A school of `count` families, one parent and one student each, everybody active."""
    school = SchoolFiles()
    for number in range(1, count + 1):
        school.family(number)
    return school


def small_school() -> SchoolFiles:
    """Forty families, and one of each that matters: after its import P0001 to P0004 are ready to revoke.

    P0001 and P0002 have lost their only student, P0003's link has no access, P0004 was never linked; P0005 is ready to
    provision, P0006 ready to provision without an email, P0007 has neither access nor account.
    """
    school = families(40)
    school.leave("S0001", "S0002", on="2026-10-30")
    school.links["S0003", "P0003"]["portal_access"] = "no"
    del school.links["S0004", "P0004"]
    for code in ("P0005", "P0006"):
        school.contacts[code]["username"] = ""
    school.contacts["P0006"]["email"] = ""
    school.contacts["P0007"]["username"] = ""
    school.links["S0007", "P0007"]["portal_access"] = "no"
    return school
