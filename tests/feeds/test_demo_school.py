"""The demo school: the same for the same day and seed, sound as a feed, and everything that it promises is in it.

What is in it is read here from the two rosters alone, by plain rules written for these tests.
"""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest

from tui.domain.records import ContactRecord, LinkRecord, Record, RecordKind, Roster, StudentRecord
from tui.feeds.demo_school import DemoSchool, demo_school
from tui.text import clean

TODAY = date(2026, 11, 23)
SEEDS = (2026, 1, 7, 99)
RESERVED = ("example.com", "example.org", "example.net", ".example")

LinkKey = tuple[str, str, str]


def records(roster: Roster) -> list[Record]:
    return [
        *roster.contacts(),
        *roster.students(),
        *roster.links(),
        *roster.link_history(),
        *roster.staff(),
    ]


@dataclass
class Reading:
    """The two rosters as an import of both would leave them, read by the plainest rules."""

    school: DemoSchool
    contacts: dict[str, ContactRecord] = field(default_factory=dict)
    students: dict[str, StudentRecord] = field(default_factory=dict)
    at_school: set[str] = field(default_factory=set)
    before: dict[LinkKey, LinkRecord] = field(default_factory=dict)
    now: dict[LinkKey, LinkRecord] = field(default_factory=dict)
    told_removed: set[LinkKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        older, newer = self.school.rosters
        self.contacts = {c.code: c for c in chain(older.contacts(), newer.contacts())}
        self.students = {s.code: s for s in chain(older.students(), newer.students())}
        self.at_school = {s.code for s in newer.students() if s.status == "enrolled"}
        self.before = {(x.student_code, x.contact_code, x.relationship): x for x in older.links()}
        self.now = {(x.student_code, x.contact_code, x.relationship): x for x in newer.links()}
        self.told_removed = {(x.student_code, x.contact_code, x.relationship) for x in newer.link_history()}
        self.links_of: dict[str, list[LinkRecord]] = defaultdict(list)
        for link in self.now.values():
            self.links_of[link.contact_code].append(link)
        self.removed_of: dict[str, list[LinkKey]] = defaultdict(list)
        for key in sorted({*self.before, *self.told_removed} - self.now.keys()):
            self.removed_of[key[1]].append(key)

    def status(self, code: str) -> str:
        here = [x.portal_access for x in self.links_of[code] if x.student_code in self.at_school]
        if self.contacts[code].username:
            return "active" if any(access is not False for access in here) else "ready_to_revoke"
        return "ready_to_provision" if True in here else "no_access"

    def of_status(self, status: str) -> list[ContactRecord]:
        return [contact for code, contact in self.contacts.items() if self.status(code) == status]

    def lost_access(self) -> dict[str, tuple[str, int]]:
        """Accounts without access to a child who is here: code -> contact type and the import that shows it first."""
        found = {}
        for contact in self.of_status("ready_to_revoke"):
            off = [x for x in self.links_of[contact.code] if x.student_code in self.at_school]
            removed = [key for key in self.removed_of[contact.code] if key[0] in self.at_school]
            if off or removed:
                had = any(x.portal_access for key, x in self.before.items() if key[1] == contact.code)
                found[contact.code] = (contact.contact_type, 2 if had else 1)
        return found

    def leavers(self) -> list[ContactRecord]:
        return [
            contact
            for contact in self.of_status("ready_to_revoke")
            if (links := self.links_of[contact.code])
            and all(self.students[x.student_code].status == "left" for x in links)
        ]


@pytest.fixture(scope="module", params=SEEDS)
def read(request: pytest.FixtureRequest) -> Reading:
    return Reading(demo_school(TODAY, seed=request.param))


# -- the same every time -----------------------------------------------------------------------------------------------


def test_same_day_and_seed_make_the_same_school() -> None:
    first, second = demo_school(TODAY), demo_school(TODAY)
    for one, other in zip(first.rosters, second.rosters, strict=True):
        assert records(one) == records(other)
        assert one.description == other.description
    assert (first.holds, first.truth, first.truth_causes) == (second.holds, second.truth, second.truth_causes)


def test_another_seed_makes_another_school() -> None:
    assert records(demo_school(TODAY, 1).rosters[1]) != records(demo_school(TODAY, 2).rosters[1])


def test_hash_order_plays_no_part() -> None:
    program = (
        "from datetime import date; from hashlib import sha256; from tui.feeds.demo_school import demo_school; "
        "s = demo_school(date(2026, 11, 23)); "
        "print(sha256(repr([[*r.contacts(), *r.students(), *r.links(), *r.link_history(), *r.staff()] "
        "for r in s.rosters] + [list(s.truth.items()), s.holds]).encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_another_day_shifts_the_dates_and_nothing_else() -> None:
    now, later = demo_school(TODAY), demo_school(TODAY + timedelta(weeks=10))
    for one, other in zip(now.rosters, later.rosters, strict=True):
        assert other.description.taken_at - one.description.taken_at == timedelta(weeks=10)
        for a, b in zip(one.students(), other.students(), strict=True):
            assert a._replace(exit_date="") == b._replace(exit_date="")
            if a.exit_date:
                shift = date.fromisoformat(b.exit_date) - date.fromisoformat(a.exit_date)
                assert shift == timedelta(weeks=10)
        for c, d in zip(one.contacts(), other.contacts(), strict=True):
            assert c._replace(last_login="") == d._replace(last_login="")
            assert bool(c.last_login) == bool(d.last_login)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31), date(2027, 3, 6)])
def test_dates_hang_together_on_any_day(today: date) -> None:
    older, newer = demo_school(today).rosters
    assert today - older.description.taken_at.date() == timedelta(days=35)
    assert today - newer.description.taken_at.date() == timedelta(days=3)
    for roster in (older, newer):
        taken = roster.description.taken_at
        assert taken.tzinfo is UTC
        for contact in roster.contacts():
            if contact.last_login:
                assert contact.username
                assert datetime.fromisoformat(contact.last_login) < taken
        for student in roster.students():
            assert bool(student.exit_date) == (student.status == "left")
            assert not student.exit_date or date.fromisoformat(student.exit_date) < taken.date()
        for row in roster.link_history():
            assert date.fromisoformat(row.removed_on) < taken.date()


@pytest.mark.parametrize("seed", range(100, 108))
def test_no_seed_lacks_what_is_promised(seed: int) -> None:
    school = demo_school(TODAY, seed)
    assert Counter(school.truth_causes.values()) == {
        "code_change": 12,
        "name_change": 8,
        "family_split": 6,
        "misplaced_username": 5,
    }


# -- sound as a feed ---------------------------------------------------------------------------------------------------


def test_rosters_describe_themselves(read: Reading) -> None:
    for roster in read.school.rosters:
        assert (roster.description.feed, roster.description.source) == ("demo", "demo school")
        assert set(roster.description.files) == set(RecordKind)
        assert {"username", "last_login", "code"} <= roster.description.columns[RecordKind.CONTACTS]
        assert not any("line" in columns for columns in roster.description.columns.values())
        assert not roster.problems


def test_codes_are_unique_and_of_the_usual_form(read: Reading) -> None:
    for roster in read.school.rosters:
        codes = [c.code for c in roster.contacts()]
        codes += [s.code for s in roster.students()]
        codes += [s.code for s in roster.staff()]
        assert len(codes) == len(set(codes))
        assert all(re.fullmatch(r"(OLD_)?[A-Z]{3}[0-9]{4}", code) for code in codes)


def test_links_refer_to_records_of_their_snapshot(read: Reading) -> None:
    for roster in read.school.rosters:
        contacts, students = {c.code for c in roster.contacts()}, {s.code for s in roster.students()}
        keys = [(x.student_code, x.contact_code, x.relationship) for x in roster.links()]
        assert len(keys) == len(set(keys))
        for student_code, contact_code, _ in keys:
            assert student_code in students
            assert contact_code in contacts
        for row in roster.link_history():
            assert row.student_code in students
            assert row.contact_code in contacts


def test_every_string_is_clean_and_no_line_is_named(read: Reading) -> None:
    for record in chain(*(records(roster) for roster in read.school.rosters)):
        assert record.line == 0
        for value in record:
            if isinstance(value, str):
                assert clean(value) == value


def test_nobody_real_can_be_reached(read: Reading) -> None:
    for roster in read.school.rosters:
        for email in chain(
            (c.email for c in roster.contacts()),
            (c.username or "" for c in roster.contacts()),
            (s.email for s in roster.students()),
            (s.email for s in roster.staff()),
        ):
            domain = email.rpartition("@")[2] if "@" in email else ""
            assert not domain or domain.endswith(RESERVED), email
        for contact in roster.contacts():
            assert re.fullmatch(r"(\+61|0)49157[0-9]{4}", contact.mobile.replace(" ", ""))


def test_between_the_snapshots_little_enough_is_lost(read: Reading) -> None:
    older, newer = read.school.rosters
    for one, other in (
        ({c.code for c in older.contacts()}, {c.code for c in newer.contacts()}),
        ({s.code for s in older.students()}, {s.code for s in newer.students()}),
        (read.before.keys(), read.now.keys()),
        (
            {key for key, x in read.before.items() if x.portal_access},
            {key for key, x in read.now.items() if x.portal_access},
        ),
    ):
        assert 0 < len(one - other) < len(one) / 10


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_statuses_are_in_proportion(read: Reading) -> None:
    count = Counter(read.status(code) for code in read.contacts)
    assert 1230 <= count["active"] <= 1450
    assert 120 <= count["ready_to_provision"] <= 210
    assert 200 <= count["no_access"] <= 320
    assert 170 <= count["ready_to_revoke"] <= 225
    assert 1850 <= len(read.contacts) <= 2100
    never = [c for c in read.of_status("active") if c.last_login == ""]
    assert 80 <= len(never) <= 260


def test_students_roll_over(read: Reading) -> None:
    older, newer = ({s.code: s for s in roster.students()} for roster in read.school.rosters)
    assert 1130 <= len(newer) <= 1240
    assert 40 <= sum(s.status == "future" for s in newer.values()) <= 60
    enrolled = Counter(s.year_level for s in newer.values() if s.status == "enrolled")
    assert set(enrolled) == {"7", "8", "9", "10", "11", "12"}
    for code, before in older.items():
        if before.status == "enrolled" and code in newer:
            after = newer[code]
            if before.year_level == "12":
                assert after.status == "left"
            elif after.status == "enrolled":
                assert int(after.year_level) == int(before.year_level) + 1
    assert older.keys() - newer.keys(), "a student who drops out of the feed"


def test_leavers_are_ready_to_revoke(read: Reading) -> None:
    leavers = read.leavers()
    assert 90 <= len(leavers) <= 140
    exits = Counter(read.students[x.student_code].exit_date for c in leavers for x in read.links_of[c.code])
    assert exits.most_common(1)[0][1] > 80, "most leave on the last day of the school year"
    assert len(exits) > 2, "some left before"


def test_one_flag_group_and_only_one(read: Reading) -> None:
    sizes = Counter(read.lost_access().values())
    assert sizes.pop(("Postal", 2)) == 45
    assert max(sizes.values()) < 10
    for code, (contact_type, _) in read.lost_access().items():
        if contact_type == "Postal":
            assert all(x.portal_access is False for x in read.links_of[code])
            assert any(x.portal_access for key, x in read.before.items() if key[1] == code)


def test_single_flags_and_removed_links(read: Reading) -> None:
    odd = [c for c, (kind, _) in read.lost_access().items() if kind != "Postal" and c not in read.school.truth]
    flags = [code for code in odd if read.links_of[code]]
    removed = [code for code in odd if not read.links_of[code]]
    told = [code for code in removed if any(key in read.told_removed for key in read.removed_of[code])]
    assert 3 <= len(flags) <= 5
    assert len(removed) == 5
    assert len(told) == 2


def test_misplaced_usernames(read: Reading) -> None:
    never_linked = [
        c for c in read.of_status("ready_to_revoke") if not read.links_of[c.code] and not read.removed_of[c.code]
    ]
    assert sum(not c.code.startswith("OLD_") for c in never_linked) == 5
    others = [code for code, cause in read.school.truth_causes.items() if cause == "misplaced_username"]
    of_other_parent = [code for code in others if read.links_of[code]]
    assert len(of_other_parent) == 3
    for code in of_other_parent:
        other = read.contacts[read.school.truth[code]]
        assert read.contacts[code].username == other.email != read.contacts[code].email
        children = {x.student_code for x in read.links_of[code]}
        assert children == {x.student_code for x in read.links_of[other.code]}
        assert read.status(other.code) == "ready_to_provision"


def test_some_are_linked_to_a_future_student_only(read: Reading) -> None:
    early = [
        c
        for c in read.of_status("ready_to_revoke")
        if (links := read.links_of[c.code]) and all(read.students[x.student_code].status == "future" for x in links)
    ]
    assert len(early) == 2


def test_every_account_on_an_old_record_is_ready_and_its_person_is_not(read: Reading) -> None:
    truth = read.school.truth
    assert truth.keys() == read.school.truth_causes.keys()
    assert len(set(truth.values())) == len(truth)
    for old, new in truth.items():
        assert read.status(old) == "ready_to_revoke"
        assert read.status(new) in ("ready_to_provision", "active")
        assert read.contacts[old].username != read.contacts[new].username
    assert {read.status(new) for new in truth.values()} == {"ready_to_provision", "active"}


def test_old_records_end_in_every_way(read: Reading) -> None:
    newer = {c.code for c in read.school.rosters[1].contacts()}
    old = [code for code, cause in read.school.truth_causes.items() if cause != "misplaced_username"]
    left = {c.code for c in read.leavers()}
    assert sum(code.startswith("OLD_") for code in old) == 3
    assert sum(code not in newer for code in old) == 5
    assert sum(code in left for code in old) == 9
    assert sum(code in newer and not read.links_of[code] for code in old) == 7
    assert sum(bool(read.links_of[code]) and code not in left for code in old) == 5


def test_name_changes_keep_mobile_and_given_name(read: Reading) -> None:
    for old, new in read.school.truth.items():
        if read.school.truth_causes[old] == "name_change":
            before, after = read.contacts[old], read.contacts[new]
            assert before.surname != after.surname
            assert (before.given_name, before.mobile) == (after.given_name, after.mobile)


def test_family_splits_leave_two_records(read: Reading) -> None:
    for old, new in read.school.truth.items():
        if read.school.truth_causes[old] == "family_split":
            joint, mother = read.contacts[old], read.contacts[new]
            assert "&" in joint.title
            assert "&" in joint.given_name
            assert joint.email == mother.email
            children = {x.student_code for x in read.links_of[new]}
            partners = {
                x.contact_code for x in read.now.values() if x.student_code in children and x.relationship == "Father"
            }
            assert len(partners - {old, new}) == 1


def test_two_usernames_differ_in_case_only(read: Reading) -> None:
    names = defaultdict(set)
    for contact in read.school.rosters[1].contacts():
        if contact.username:
            names[contact.username.lower()].add((contact.username, contact.code))
    doubles = [pair for pair in names.values() if len(pair) > 1]
    assert len(doubles) == 1
    assert len({name for name, _ in doubles[0]}) == 2
    assert all(read.status(code) == "active" for _, code in doubles[0])


def test_some_who_are_due_an_account_cannot_be_written_to(read: Reading) -> None:
    due = read.of_status("ready_to_provision")
    assert sum(c.email == "" for c in due) == 2
    usable = r"[a-z0-9._]+@[a-z.]+"
    assert sum(c.email != "" and not re.fullmatch(usable, c.email) for c in due) == 4
    emails = Counter(c.email for c in read.contacts.values() if c.email)
    assert sum(emails[c.email] > 1 for c in due if c.code not in read.school.truth.values()) >= 4


def test_households_of_every_kind(read: Reading) -> None:
    types = Counter(c.contact_type for c in read.contacts.values())
    assert {"Residential", "Non-residential", "Postal", "Grandparent", "Emergency", "Guardian"} <= types.keys()
    assert max(len(links) for links in read.links_of.values()) == 5
    relations = {x.relationship for x in read.now.values()}
    assert {"Mother", "Father", "Step-father", "Grandmother", "Parents", "Host parent"} <= relations
    assert any(
        len({read.students[x.student_code].year_level for x in links}) < len(links) for links in read.links_of.values()
    ), "twins"
    notes = [s for s in read.students.values() if s.custody_note]
    assert len(notes) >= 5
    assert any(x.portal_access is None for x in read.now.values())


def test_names_are_those_of_a_suburb(read: Reading) -> None:
    surnames = {c.surname for c in read.contacts.values()}
    assert any("'" in name for name in surnames)
    assert any("-" in name for name in surnames)
    assert any(not name.isascii() for name in surnames)
    assert any(" " in name for name in surnames)
    assert any(name in surnames for name in ("Ng", "Li", "Le", "Wu", "Xu", "Ho", "Vo"))
    assert any(c.given_name.startswith("Thi ") for c in read.contacts.values())


def test_holds(read: Reading) -> None:
    revoke, mail = read.school.holds
    assert (revoke.kind, mail.kind) == ("revoke", "mail")
    assert read.status(revoke.contact_code) == "ready_to_revoke"
    assert read.status(mail.contact_code) == "ready_to_provision"
    assert revoke.note
    assert mail.note


def test_staff_and_students_have_accounts_too(read: Reading) -> None:
    staff = list(read.school.rosters[1].staff())
    assert len(staff) == 60
    assert sum(not person.employed for person in staff) == 4
    assert all(person.username for person in staff)
    students = list(read.school.rosters[1].students())
    assert all(s.username for s in students if s.status == "enrolled")
    assert any(s.username for s in students if s.status == "left")
    names = [s.username for s in students if s.username] + [person.username for person in staff]
    assert len(names) == len(set(names))
