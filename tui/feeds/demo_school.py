"""The demo school: an invented school in two snapshots with a rollover between them, to try everything on.

Every status and every reason occurs, and so does each thing that makes the job hard: an undecided flag group, records
replaced by others, shared emails, usernames on the wrong record, a hold. It is the same school for the same day and
seed: nothing is read, and no clock is asked. The emails are on domains that reach nobody.

demo_names has the names, demo_people the workbench, demo_families the school as it stands, demo_changes and
demo_handovers what goes on in it; this module makes records of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from tui.domain.records import (
    ContactRecord,
    LinkRecord,
    Roster,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.feeds.demo_changes import Picker, things_happen
from tui.feeds.demo_families import FamilyBuilder
from tui.feeds.demo_handovers import records_change_hands
from tui.feeds.demo_names import draw_origin
from tui.feeds.demo_people import SCHOOL_DOMAIN, Access, Adult, Child, DemoHold, Makers, School
from tui.feeds.in_memory import InMemoryRoster

__all__ = ["DemoHold", "DemoSchool", "demo_school"]

_STAFF = 60
_STAFF_GONE = 4


@dataclass(frozen=True)
class DemoSchool:
    """The demo school as the manager takes it in.

    `truth` says for an old contact code which record the person behind the account is on now, and `truth_causes` why:
    `code_change`, `name_change`, `family_split` (the parent whose email the joint record had) or `misplaced_username`
    (the username is that person's). No feed tells it; it is there to test matching against.
    """

    name: str
    help_contact: str
    portal_url: str
    rosters: tuple[Roster, Roster]
    holds: tuple[DemoHold, ...]
    truth: Mapping[str, str]
    truth_causes: Mapping[str, str]


def demo_school(today: date, seed: int = 2026) -> DemoSchool:
    """The demo school as of `today`: snapshots of five weeks and of three days before."""
    make = Makers(today, seed)
    school = School(make)
    FamilyBuilder(school).build()
    pick = Picker(school)
    records_change_hands(school, pick)
    things_happen(school, pick)
    staff = _staff(make)
    return DemoSchool(
        name="Banksia Ridge College",
        help_contact="the college office on (08) 7010 0142",
        portal_url="https://engage.example",
        rosters=(_roster(school, staff, 0), _roster(school, staff, 1)),
        holds=tuple(school.holds),
        truth=MappingProxyType(school.truth),
        truth_causes=MappingProxyType(school.causes),
    )


def _roster(school: School, staff: list[StaffRecord], snapshot: int) -> Roster:
    """The school as the admin system exports it in one snapshot: each kind in order of its codes."""
    adults = [*school.strangers, *(a for f in school.families for a in (*f.parents, *f.others))]
    children = [child for family in school.families for child in family.children]
    ties = [tie for family in school.families for tie in family.ties]
    links = (
        LinkRecord(
            0,
            tie.child.code,
            tie.adult.code,
            tie.relationship,
            tie.priority,
            None if tie.access[snapshot] is Access.UNKNOWN else tie.access[snapshot] is Access.YES,
        )
        for tie in ties
        if tie.child.status[snapshot] is not None
        and tie.adult.present[snapshot]
        and tie.access[snapshot] is not Access.ABSENT
    )
    contacts = (_contact(adult, snapshot) for adult in adults if adult.present[snapshot])
    students = (_student(child, snapshot) for child in children)
    return InMemoryRoster(
        RosterDescription("demo", "demo school", school.make.taken[snapshot], files={}),
        contacts=sorted(contacts, key=lambda contact: contact.code),
        students=sorted((s for s in students if s is not None), key=lambda student: student.code),
        links=sorted(links, key=lambda link: (link.student_code, link.contact_code, link.relationship)),
        link_history=school.history[snapshot],
        # Those who are no longer employed left with the year: in the older snapshot they still were.
        staff=[record._replace(employed=True) for record in staff] if snapshot == 0 else staff,
    )


def _contact(adult: Adult, snapshot: int) -> ContactRecord:
    address, suburb, postcode = adult.address
    return ContactRecord(
        line=0,
        code=adult.code,
        title=adult.title,
        salutation=adult.salutation,
        given_name=adult.given_name,
        preferred_name=adult.preferred_name,
        surname=adult.surname,
        gender=adult.sex,
        email=adult.email,
        mobile=adult.mobile,
        address=address,
        suburb=suburb,
        postcode=postcode,
        contact_type=adult.contact_type,
        internally_managed=adult.internally_managed,
        username=adult.username[snapshot],
        last_login=adult.last_login[snapshot],
    )


def _student(child: Child, snapshot: int) -> StudentRecord | None:
    status, username = child.status[snapshot], child.username[snapshot]
    if status is None:
        return None
    return StudentRecord(
        line=0,
        code=child.code,
        given_name=child.given_name,
        preferred_name=child.preferred_name,
        surname=child.surname,
        year_level=child.level[snapshot],
        status=status.value,
        # An exit date that is still to come when the snapshot is taken is not in it.
        exit_date=child.exit_date if status.value == "left" else "",
        email=f"{username}@{SCHOOL_DOMAIN}" if username else "",
        custody_note=child.custody_note,
        username=username,
    )


def _staff(make: Makers) -> list[StaffRecord]:
    records = []
    for number in range(_STAFF):
        origin = draw_origin(make.rng)
        sex = make.rng.choice("FFFMM")
        given, surname = origin.adult(make.rng, sex), origin.surname(make.rng)
        email = make.school_email(given, surname)
        records.append(
            StaffRecord(
                line=0,
                code=make.code(surname, given),
                title=make.rng.choice(("Ms", "Mrs", "Ms", "Dr") if sex == "F" else ("Mr", "Mr", "Mr", "Dr")),
                given_name=given,
                surname=surname,
                email=email,
                username=email.partition("@")[0],
                employed=number >= _STAFF_GONE,
            )
        )
    return sorted(records, key=lambda record: record.code)
