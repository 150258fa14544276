"""Imports: what a snapshot changes, logs and dates, and what stops one before anything has changed."""

from collections.abc import Callable
from typing import Any

import pytest

from tui.domain.difference import Difference
from tui.domain.gates import Verb
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    StaffRecord,
    StudentRecord,
    UserType,
)
from tui.errors import ImportStopped, InputRefused, Refused
from tui.feeds.in_memory import InMemoryRoster

from .making import Register, contact, day, families, link, roster, student

Numbers = range(1, 4)


def kinds(difference: Difference) -> dict[str, tuple[int, int, int, int, int]]:
    return {str(kind): tuple(count) for kind, count in difference.kinds.items()}  # type: ignore[misc]


# -- the first import ------------------------------------------------------------------------------------------------


def test_the_first_import_takes_everything_and_logs_nothing(school_register: Register) -> None:
    difference = school_register.take(
        roster(
            0,
            [contact(1), contact(2, username=""), contact(3, given_name="Otto"), contact(4, username="", email="")],
            [student(1), student(2, "left", exit_date="2025-12-12"), student(3, "future")],
            [link(1, 1), link(1, 2), link(2, 3), link(3, 4), LinkRecord(1, "S1", "C3", "Aunt", 2, False)],
            staff=[StaffRecord(1, "T1", "Dr", "Given", "Staff", "t1@school.example", "staff1", True),
                   StaffRecord(2, "T2", "Mr", "Given", "Gone", "", "staff2", False)],
        )
    )  # fmt: skip
    assert kinds(difference) == {
        "contacts": (4, 4, 0, 0, 0), "students": (3, 3, 0, 0, 0), "links": (5, 5, 0, 0, 0), "staff": (2, 2, 0, 0, 0),
    }  # fmt: skip
    assert (difference.number, difference.feed, difference.source) == (1, "csv", "/exports/latest")
    assert difference.before == {}
    assert difference.after == {"active": 1, "ready_to_provision": 1, "ready_to_revoke": 1, "no_access": 1}
    assert school_register.statuses() == {
        "C1": "active", "C2": "ready_to_provision", "C3": "ready_to_revoke", "C4": "no_access",
    }  # fmt: skip
    assert school_register.read("SELECT count(*) FROM changes") == [(0,)]
    assert school_register.usernames() == {"C1": "user1", "C3": "user3"}
    assert school_register.read(
        "SELECT user_type, status, count(*) FROM directory WHERE user_type <> 'contact' GROUP BY 1, 2"
    ) == [("staff", "active", 1), ("staff", "ready_to_revoke", 1), ("student", "no_access", 2),
          ("student", "ready_to_provision", 1)]  # fmt: skip
    assert school_register.evidence("C3") == {
        "access_flag_changed": [
            "Child1 Family1 (S1) is still at the school, but the link has no portal access "
            "(as of the import of 28 Jan 2026 (no. 1))."
        ]
    }


def test_students_and_staff_are_explained_by_their_own_standing(school_register: Register) -> None:
    school_register.take(
        roster(
            0,
            students=[student(1, "left", username="one"), student(2, username="two"), student(3, "future")],
            staff=[StaffRecord(1, "T1", username="t1", employed=False), StaffRecord(1, "T2", username="t2")],
        )
    )
    why = school_register.manager.why
    assert [why(code, UserType.STUDENT).headline for code in ("S1", "S2", "S3")] == [
        "Ready to revoke: has left.",
        "Active: is at the school.",
        "No access: has not started yet.",
    ]
    assert [why(code, UserType.STAFF).headline for code in ("T1", "T2")] == [
        "Ready to revoke: is not employed any more.",
        "Active: is employed.",
    ]
    assert why("S1", UserType.STUDENT).reasons == why("T1", UserType.STAFF).reasons == ()


def test_future_enrolments_count_where_the_setting_says_so(tmp_path: Any) -> None:
    register = Register(tmp_path / "future.sqlite3", future=True)
    register.take(roster(0, [contact(1)], [student(1, "future")], [link(1, 1)]))
    assert register.statuses() == {"C1": "active"}
    register.manager.close()


def test_a_first_import_without_any_rows_is_refused(school_register: Register) -> None:
    with pytest.raises(InputRefused):
        school_register.take(roster(0))


# -- the difference --------------------------------------------------------------------------------------------------


def test_a_first_import_in_which_nobody_is_linked_is_stopped(school_register: Register) -> None:
    made = roster(0, [contact(n) for n in (1, 2)], [student(n) for n in (1, 2, 3)])
    with pytest.raises(ImportStopped, match="links: not one, for 2 contacts and 3 students"):
        school_register.take(made)
    assert school_register.read("SELECT count(*) FROM snapshots") == [(0,)]
    school_register.take(made, accept_shrink=True)
    assert set(school_register.statuses().values()) == {"ready_to_revoke"}


def test_one_link_is_enough_for_a_first_import(school_register: Register) -> None:
    school_register.take(roster(0, [contact(1), contact(2)], [student(1)], [link(1, 1)]))
    assert school_register.statuses() == {"C1": "active", "C2": "ready_to_revoke"}


def test_the_second_import_logs_what_is_old_and_new_and_in_which_import(school_register: Register) -> None:
    staff = [StaffRecord(1, f"T{n}", "Dr", "Given", f"Staff{n}", "", f"staff{n}", True) for n in (1, 2)]
    school_register.take(
        roster(
            0, [contact(n) for n in Numbers], [student(n) for n in Numbers], [link(n, n) for n in Numbers], staff=staff
        )
    )
    difference = school_register.take(
        roster(
            10,
            [contact(1, email="new@home.example", surname="Renamed"), contact(2), contact(4)],
            [student(1, year_level="8"), student(2), student(4)],
            [link(1, 1, False), link(2, 2, priority=2), link(4, 4)],
            staff=[staff[0]._replace(title="Prof")],
        )
    )
    assert kinds(difference) == {
        "contacts": (3, 1, 1, 1, 0), "students": (3, 1, 1, 1, 0), "links": (3, 1, 2, 1, 0), "staff": (1, 0, 1, 1, 0),
    }  # fmt: skip
    assert school_register.changes(1) == set()
    assert school_register.changes(2) == {
        ("contact", "C1", "", "email", "c1@home.example", "new@home.example"),
        ("contact", "C1", "", "surname", "Family1", "Renamed"),
        ("contact", "C3", "", "", None, "gone"),
        ("contact", "C4", "", "", None, "added"),
        ("student", "", "S1", "year_level", "7", "8"),
        ("student", "", "S3", "", None, "gone"),
        ("student", "", "S4", "", None, "added"),
        ("flag", "C1", "S1", "portal_access", "1", "0"),
        ("link", "C2", "S2", "priority", None, "2"),
        ("link", "C3", "S3", "", None, "removed"),
        ("link", "C4", "S4", "", None, "added"),
        ("staff", "T1", "", "title", "Dr", "Prof"),
        ("staff", "T2", "", "", None, "gone"),
    }
    assert [tuple(moved) for moved in difference.flags] == [("Residential", 1, 0, 0)]
    assert difference.before == {"active": 3}
    assert difference.after == {"active": 2, "ready_to_revoke": 2}


def test_the_same_again_changes_nothing(school_register: Register) -> None:
    school_register.take(families(3))
    before = school_register.read("SELECT * FROM directory ORDER BY person")
    difference = school_register.take(families(3, 1))
    assert kinds(difference) == {name: (3, 0, 0, 0, 0) for name in ("contacts", "students", "links")}
    assert school_register.changes(2) == set()
    assert school_register.read("SELECT * FROM directory ORDER BY person") == before


def test_who_comes_back_is_the_same_record_as_before(school_register: Register) -> None:
    staff = [StaffRecord(1, f"T{n}", "", "Given", f"Staff{n}", "", f"staff{n}", True) for n in (1, 2)]

    def everybody(taken: float) -> InMemoryRoster:
        numbers = [contact(n) for n in Numbers], [student(n) for n in Numbers], [link(n, n) for n in Numbers]
        return roster(taken, *numbers, staff=staff)

    school_register.take(everybody(0))
    school_register.take(
        roster(1, [contact(1), contact(2)], [student(1), student(2)], [link(1, 1), link(2, 2)], staff=staff[:1])
    )
    assert school_register.statuses()["C3"] == "ready_to_revoke"
    difference = school_register.take(everybody(2))
    # A student who left and is back has another status than before: changed, besides being back.
    assert {name: count[3:] for name, count in kinds(difference).items()} == dict.fromkeys(
        ("contacts", "students", "links", "staff"), (0, 1)
    )
    assert {name: count[1] for name, count in kinds(difference).items()} == dict.fromkeys(
        ("contacts", "students", "links", "staff"), 0
    )
    assert {
        ("contact", "C3", "", "", "gone", "returned"),
        ("student", "", "S3", "", "gone", "returned"),
        ("link", "C3", "S3", "", "removed", "returned"),
        ("staff", "T2", "", "", "gone", "returned"),
    } <= school_register.changes(3)
    assert school_register.statuses() == dict.fromkeys(("C1", "C2", "C3"), "active")
    for table in ("contacts", "students", "staff"):
        assert school_register.read(f"SELECT count(*) FROM {table} WHERE gone_snapshot IS NOT NULL") == [(0,)]
    assert school_register.read("SELECT count(*) FROM links WHERE removed_snapshot IS NOT NULL") == [(0,)]
    assert school_register.read("SELECT count(*) FROM contacts") == [(3,)]


def test_a_file_that_comes_later_is_not_a_thousand_additions(school_register: Register) -> None:
    school_register.take(families(2))
    staff = [StaffRecord(1, "T1", "", "Given", "Staff", "", "staff1", True)]
    difference = school_register.take(
        roster(1, [contact(1), contact(2)], [student(1), student(2)], [link(1, 1), link(2, 2)], staff=staff)
    )
    assert kinds(difference)["staff"] == (1, 1, 0, 0, 0)
    assert school_register.read("SELECT status FROM directory WHERE user_type = 'staff'") == [("active",)]


# -- nobody vanishes -------------------------------------------------------------------------------------------------


def test_a_contact_that_drops_out_is_kept_and_listed_as_gone(school_register: Register) -> None:
    school_register.take(families(3))
    school_register.take(roster(10, [contact(1), contact(2)], [student(n) for n in Numbers], [link(1, 1), link(2, 2)]))
    assert school_register.statuses() == {"C1": "active", "C2": "active", "C3": "ready_to_revoke"}
    assert school_register.usernames()["C3"] == "user3"
    assert school_register.evidence("C3") == {
        "access_flag_changed": [
            "Child3 Family3 (S3) is still at the school, but this record dropped out of the feed in "
            "the import of 7 Feb 2026 (no. 2), and its link with it."
        ]
    }
    assert (
        "dropped out of the feed in the import of 7 Feb 2026 (no. 2)" in school_register.manager.why("C3").warnings[0]
    )
    # One record that dropped out is no flag that went off.
    assert school_register.read("SELECT flag_snapshot FROM directory WHERE reasons <> ''") == [(None,)]


def test_a_student_who_is_absent_has_left_as_of_that_import(school_register: Register) -> None:
    school_register.take(families(3))
    school_register.take(roster(10, [contact(n) for n in Numbers], [student(1), student(2)], [link(1, 1), link(2, 2)]))
    assert school_register.read("SELECT status, gone_snapshot FROM students WHERE code = 'S3'") == [("left", 2)]
    assert school_register.evidence("C3") == {
        "no_current_student": [
            "Child3 Family3 (S3) has left: absent from the feed since the import of 7 Feb 2026 (no. 2)."
        ]
    }
    # The link went with the student; it is not one that was taken away.
    assert school_register.read("SELECT count(*) FROM links WHERE removed_snapshot IS NOT NULL") == [(0,)]
    later = roster(20, [contact(n) for n in Numbers], [student(1), student(2)], [link(1, 1), link(2, 2)])
    school_register.take(later)
    assert "(no. 2)" in school_register.evidence("C3")["no_current_student"][0], (
        "the first absence is the one that tells"
    )


def test_a_parent_with_another_child_here_stays(school_register: Register) -> None:
    both = [link(1, 1), link(2, 1)]
    school_register.take(roster(0, [contact(1)], [student(1), student(2)], both))
    school_register.take(roster(1, [contact(1)], [student(1)], [link(1, 1)]))
    assert school_register.statuses() == {"C1": "active"}


def test_a_link_that_is_absent_was_removed_then(school_register: Register) -> None:
    school_register.take(families(3))
    school_register.take(
        roster(10, [contact(n) for n in Numbers], [student(n) for n in Numbers], [link(1, 1), link(2, 2)])
    )
    assert school_register.evidence("C3") == {
        "access_flag_changed": [
            "Child3 Family3 (S3) is still at the school, but the link was removed in the import of 7 Feb 2026 (no. 2)."
        ]
    }
    assert ("link", "C3", "S3", "", None, "removed") in school_register.changes(2)


def test_a_flag_that_goes_off_is_dated_with_that_import(school_register: Register) -> None:
    def extract(taken: float, access: bool | None) -> InMemoryRoster:
        links = [link(1, 1), link(2, 2), link(3, 3, access)]
        return roster(taken, [contact(n) for n in Numbers], [student(n) for n in Numbers], links)

    school_register.take(extract(0, True))
    school_register.take(extract(10, True))
    school_register.take(extract(20, False))
    school_register.take(extract(30, False))
    assert school_register.evidence("C3") == {
        "access_flag_changed": [
            "Child3 Family3 (S3) is still at the school, but portal access on the link went off in "
            "the import of 17 Feb 2026 (no. 3)."
        ]
    }
    school_register.take(extract(40, True))
    assert school_register.statuses()["C3"] == "active"
    assert school_register.read("SELECT access_off_snapshot FROM links") == [(None,)] * 3
    school_register.take(extract(50, None))
    assert school_register.statuses()["C3"] == "active", "unknown keeps an account"


def test_ten_flags_of_one_type_in_one_import_are_a_group(school_register: Register) -> None:
    def extract(taken: float, off: range, type_: str = "Postal") -> InMemoryRoster:
        return roster(
            taken,
            [contact(n, contact_type=type_ if n <= 20 else "Residential") for n in range(1, 41)],
            [student(n) for n in range(1, 41)],
            [link(n, n, n not in off) for n in range(1, 41)],
        )

    school_register.take(extract(0, range(0)))
    school_register.take(extract(10, range(12, 22)))  # nine of Postal, one of Residential
    assert school_register.manager.groups() == []
    difference = school_register.take(extract(20, range(1, 22)))  # eleven more of Postal
    group = next(iter(school_register.manager.groups()))
    assert (group.key, group.size, group.taken_on, group.undecided) == ("Postal@3", 11, "2026-02-17", True)
    assert len(school_register.manager.groups()) == 1
    assert any("11 accounts of contact type Postal" in warning for warning in difference.warnings)
    assert any("11 of 21 accounts" in warning for warning in school_register.manager.overview().warnings)


def test_flags_off_from_the_first_import_on_are_a_group_of_that(school_register: Register) -> None:
    school_register.take(
        roster(
            0, [contact(n) for n in range(12)], [student(n) for n in range(12)], [link(n, n, False) for n in range(12)]
        )
    )
    (group,) = school_register.manager.groups()
    assert (group.key, group.size, group.taken_on) == ("Residential@0", 12, "2026-01-28")


def test_link_history_dates_a_link_that_was_never_seen(school_register: Register) -> None:
    history = [
        LinkHistoryRecord(1, "S1", "C2", "Mother", "2025-06-30"),
        LinkHistoryRecord(2, "S1", "C1", "Mother", "2024-01-01"),  # it is there again
        LinkHistoryRecord(3, "S9", "C2", "Mother", "2024-01-01"),
    ]  # of nobody that is known
    people = [contact(1), contact(2, given_name="Ottilie")]
    school_register.take(roster(0, people, [student(1)], [link(1, 1)], history))
    assert school_register.statuses() == {"C1": "active", "C2": "ready_to_revoke"}
    assert school_register.evidence("C2") == {
        "access_flag_changed": ["Child1 Family1 (S1) is still at the school, but the link was removed on 30 Jun 2025."]
    }
    # Once it is gone from the history the link stays removed; when it is in the feed again, it is back.
    school_register.take(roster(1, [contact(1), contact(2)], [student(1)], [link(1, 1)]))
    assert school_register.statuses()["C2"] == "ready_to_revoke"
    school_register.take(roster(2, [contact(1), contact(2)], [student(1)], [link(1, 1), link(1, 2)], history))
    assert school_register.statuses()["C2"] == "active"


def test_link_history_is_more_exact_than_the_absence_of_a_link(school_register: Register) -> None:
    school_register.take(families(2))
    history = [LinkHistoryRecord(1, "S2", "C2", "Mother", "2026-02-01")]
    school_register.take(roster(10, [contact(1), contact(2)], [student(1), student(2)], [link(1, 1)], history))
    assert "removed on 1 Feb 2026" in school_register.evidence("C2")["access_flag_changed"][0]


def test_a_relationship_that_is_renamed_with_the_flag_off_says_in_which_import(school_register: Register) -> None:
    school_register.take(roster(0, [contact(1)], [student(1)], [link(1, 1, True, relationship="Mother")]))
    school_register.take(roster(10, [contact(1)], [student(1)], [link(1, 1, False, relationship="Parent")]))
    (sentence,) = school_register.evidence("C1")["access_flag_changed"]
    assert "(no. 2)" in sentence
    assert "(no. 1)" not in sentence


def test_a_relationship_that_is_renamed_changes_no_status(school_register: Register) -> None:
    school_register.take(roster(0, [contact(1)], [student(1)], [link(1, 1, True, relationship="Mother")]))
    school_register.take(roster(10, [contact(1)], [student(1)], [link(1, 1, True, relationship="Parent")]))
    assert school_register.statuses() == {"C1": "active"}
    assert len(school_register.manager.why("C1").children) == 1


# -- what stops an import --------------------------------------------------------------------------------------------

ALL = range(1, 61)


def school(taken: float, **more: Any) -> InMemoryRoster:
    """Sixty families, and staff."""
    values: dict[str, Any] = {
        "contacts": [contact(n) for n in ALL],
        "students": [student(n) for n in ALL],
        "links": [link(n, n) for n in ALL],
        "staff": [StaffRecord(1, f"T{n}", "", "Given", f"Staff{n}", "", f"staff{n}", True) for n in range(12)],
    } | more
    return roster(taken, **values)


def lost(kind: RecordKind, name: str, records: list[Any]) -> dict[str, Any]:
    """A roster's argument without one column."""
    blank = {"username": None, "portal_access": None}.get(name, "")
    fields = frozenset(records[0]._fields) - {"line", name}
    return {str(kind): [record._replace(**{name: blank}) for record in records], "columns": {kind: fields}}


CONTACTS = [contact(n) for n in ALL]
LINKS = [link(n, n) for n in ALL]
STOPPED = [
    (lost(RecordKind.CONTACTS, "username", CONTACTS), "contacts: the column username is missing"),
    (lost(RecordKind.CONTACTS, "email", CONTACTS), "contacts: the column email is missing"),
    (lost(RecordKind.LINKS, "portal_access", LINKS), "links: the column portal_access is missing"),
    ({"staff": None}, "staff: the whole file is missing"),
    ({"students": [], "links": [], "without": [RecordKind.STUDENTS]}, "students: the whole file is missing"),
    ({"contacts": [], "links": []}, "contacts (contacts.csv): 60 before, 0 now"),
    ({"students": [], "links": []}, "students (students.csv): 60 before, 0 now"),
    ({"links": []}, "links (links.csv): 60 before, 0 now"),
    ({"staff": []}, "staff (staff.csv): 12 before, 0 now"),
    ({"contacts": CONTACTS[:39], "links": LINKS[:39]}, "contacts (contacts.csv): 60 before, 39 now"),
    ({"students": [student(n) for n in ALL[:39]], "links": LINKS[:39]}, "students (students.csv): 60 before, 39 now"),
    ({"links": LINKS[:39]}, "links (links.csv): 60 before, 39 now (35 % fewer)"),
    ({"students": [student(n, "enrolled" if n < 40 else "left") for n in ALL]},
     "students at the school: 60 before, 39 now"),
    ({"links": [link(n, n, n < 40) for n in ALL]}, "links with portal access: 60 before, 39 now"),
    ({"links": [link(n, n, True if n < 40 else None) for n in ALL]}, "links with portal access: 60 before, 39 now"),
    ({"contacts": [contact(n, username=f"user{n}" if n < 40 else "") for n in ALL]},
     "contacts with a username: 60 before, 39 now"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "says"), STOPPED, ids=[says for _, says in STOPPED])
def test_what_shrank_stops_the_import_before_anything_changes(
    school_register: Register, changes: dict[str, Any], says: str
) -> None:
    school_register.take(school(0))
    before = school_register.dump()
    for options in ({}, {"dry_run": True}, {"skip_bad": True}):
        with pytest.raises(ImportStopped) as caught:
            school_register.take(school(10, **changes), **options)
        assert says in caught.value.what
        assert "Nothing was imported" in caught.value.means
        assert school_register.dump() == before
    difference = school_register.take(school(10, **changes), accept_shrink=True)
    assert any("Accepted although it shrank" in warning and says in warning for warning in difference.warnings)
    assert school_register.read("SELECT id, accepted_shrink FROM snapshots") == [(1, 0), (2, 1)]


@pytest.mark.parametrize("change", [41, 60])
def test_a_loss_that_is_plausible_passes(school_register: Register, change: int) -> None:
    school_register.take(school(0))
    school_register.take(school(10, students=[student(n, "enrolled" if n <= change else "left") for n in ALL]))
    assert school_register.read("SELECT count(*) FROM directory WHERE reason = 'no_current_student'") == [
        (60 - change,)
    ]


def test_lost_flags_are_said_by_contact_type(school_register: Register) -> None:
    people = [contact(n, contact_type="Postal" if n > 30 else "Residential") for n in ALL]
    school_register.take(school(0, contacts=people))
    with pytest.raises(ImportStopped, match="portal access of contact type Postal: 30 went off"):
        school_register.take(school(10, contacts=people, links=[link(n, n, n <= 30) for n in ALL]))


def test_accepting_keeps_the_old_values_of_a_lost_column(school_register: Register) -> None:
    school_register.take(school(0))
    school_register.take(school(10, **lost(RecordKind.CONTACTS, "email", CONTACTS)), accept_shrink=True)
    assert school_register.read("SELECT count(*) FROM contacts WHERE email = ''") == [(0,)]
    assert school_register.changes(2) == set()
    school_register.take(school(20, **lost(RecordKind.CONTACTS, "username", CONTACTS)), accept_shrink=True)
    assert len(school_register.usernames()) == 60


def test_a_column_that_stays_lost_keeps_its_old_values_in_later_imports_too(school_register: Register) -> None:
    school_register.take(school(0))
    without_email = lost(RecordKind.CONTACTS, "email", CONTACTS)
    school_register.take(school(10, **without_email), accept_shrink=True)
    school_register.take(school(20, **without_email))
    assert school_register.read("SELECT count(*) FROM contacts WHERE email = ''") == [(0,)]


def test_what_was_accepted_is_the_new_measure(school_register: Register) -> None:
    school_register.take(school(0))
    few = {"students": [student(n, "enrolled" if n < 30 else "left") for n in ALL]}
    school_register.take(school(10, **few), accept_shrink=True)
    school_register.take(school(20, **few))


def a_year(number: int, per_year: int = 30) -> InMemoryRoster:
    """A school of four years in its so-manieth year: each year one year group leaves and another comes."""
    here = range(number * per_year, (number + 4) * per_year)
    return roster(
        365 * number,
        [contact(n) for n in range((number + 4) * per_year)],
        [student(n) for n in here],
        [link(n, n) for n in here],
    )


def test_a_school_that_only_renews_itself_is_never_stopped(school_register: Register) -> None:
    for year in range(5):
        school_register.take(a_year(year))


def test_a_demo_register_takes_no_real_records(school_register: Register) -> None:
    school_register.manager.make_demo("Demo", "", "")
    before = school_register.dump()
    with pytest.raises(Refused, match="demo school"):
        school_register.take(families(3))
    assert school_register.dump() == before


# -- dry runs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False])
def test_a_dry_run_says_the_same_and_changes_nothing(school_register: Register, first: bool) -> None:
    if not first:
        school_register.take(school(0))
    changed = school(10, contacts=CONTACTS[:50], links=[link(n, n, n < 45) for n in ALL[:50]])
    before = school_register.dump()
    dry = school_register.take(changed, dry_run=True)
    assert dry.dry_run
    assert school_register.dump() == before
    real = school_register.take(changed)
    real.dry_run = True
    assert dry == real
    assert school_register.dump() != before


# -- rows that can't be taken ----------------------------------------------------------------------------------------

BAD: list[tuple[Callable[[], InMemoryRoster], str]] = [
    (
        lambda: roster(1, [contact(1), contact(1)], [student(1)]),
        "contacts.csv, line 1, column code: “C1” stands again in line 1; which row is right can't be told",
    ),
    (
        lambda: roster(1, [contact(1)], [student(1), student(1)]),
        "students.csv, line 1, column code: “S1” stands again",
    ),
    (
        lambda: roster(1, [contact(1)], [student(1)], [link(1, 1), link(1, 1)]),
        "links.csv, line 1, column student_code, contact_code, relationship: “S1” / “C1” / “Mother” stands again",
    ),
    (
        lambda: roster(1, [contact(1)], [student(1)], [link(9, 1)]),
        "links.csv, line 1, column student_code: “S9” is not in students.csv",
    ),
    (
        lambda: roster(1, [contact(1)], [student(1)], [link(1, 9)]),
        "links.csv, line 1, column contact_code: “C9” is not in contacts.csv",
    ),
    (
        lambda: roster(1, [contact(1), ContactRecord(7, "\u2028")], [student(1)]),
        "contacts.csv, line 7, column code: is blank",
    ),
    (
        lambda: roster(1, [contact(1)], [student(1)], [LinkRecord(7, "S1", "\t")]),
        "links.csv, line 7, column student_code: is blank",
    ),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=[says for _, says in BAD])
def test_a_row_that_cannot_stand_refuses_the_whole(
    school_register: Register, make: Callable[[], InMemoryRoster], says: str
) -> None:
    for first in (True, False):
        before = school_register.dump()
        with pytest.raises(InputRefused) as caught:
            school_register.take(make())
        assert says in caught.value.what
        assert "Nothing was imported" in caught.value.means
        assert school_register.dump() == before
        if first:
            school_register.take(roster(0, [contact(1)], [student(1)], [link(1, 1)]))


def test_all_bad_rows_are_said_at_once(school_register: Register) -> None:
    links = [LinkRecord(n, f"S{n}", "C1") for n in range(2, 200)]
    with pytest.raises(InputRefused) as caught:
        school_register.take(roster(0, [contact(1)], [student(1)], links))
    assert caught.value.what.startswith("198 rows can't be taken:")
    assert "line 2," in caught.value.what
    assert "and 148 more" in caught.value.what


def test_one_pair_may_have_several_relationships(school_register: Register) -> None:
    links = [link(1, 1, False, relationship="Postal"), link(1, 1, True, relationship="Mother")]
    school_register.take(roster(0, [contact(1)], [student(1)], links))
    assert school_register.statuses() == {"C1": "active"}


def bad_cell(made: InMemoryRoster, kind: RecordKind, key: tuple[str, ...] | None) -> InMemoryRoster:
    """The roster with a row that its feed could not take."""
    made.problems.add(f"{kind}.csv", 5, "x", "is wrong")
    made.problems.skip(kind, key)
    return made


def test_a_skipped_record_keeps_what_the_register_has(school_register: Register) -> None:
    school_register.take(families(3))
    two = roster(1, [contact(1), contact(2)], [student(1), student(2)], [link(n, n) for n in (1, 2)])
    bad_cell(two, RecordKind.CONTACTS, ("C3",))
    bad_cell(two, RecordKind.STUDENTS, ("S3",))
    bad_cell(two, RecordKind.LINKS, ("S3", "C3", "Mother"))
    with pytest.raises(InputRefused):
        school_register.take(two)
    difference = school_register.take(two, skip_bad=True)
    assert difference.skipped == 3
    assert [problem.line for problem in difference.problems] == [5, 5, 5]
    assert "3 bad rows left out." in difference.warnings
    assert school_register.statuses() == dict.fromkeys(("C1", "C2", "C3"), "active")
    assert school_register.changes(2) == set()


@pytest.mark.parametrize("kind", [RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS, RecordKind.STAFF])
def test_a_bad_row_of_nobody_knows_whom_takes_nothing_of_its_kind_as_gone(
    school_register: Register, kind: RecordKind
) -> None:
    staff = [StaffRecord(1, f"T{n}", "", "Given", f"Staff{n}", "", f"staff{n}", True) for n in Numbers]
    school_register.take(
        roster(
            0, [contact(n) for n in Numbers], [student(n) for n in Numbers], [link(n, n) for n in Numbers], staff=staff
        )
    )
    all_kinds: dict[RecordKind, list[Any]] = {
        RecordKind.CONTACTS: [contact(n) for n in Numbers],
        RecordKind.STUDENTS: [student(n) for n in Numbers],
        RecordKind.LINKS: [link(n, n) for n in Numbers],
        RecordKind.STAFF: staff,
    }
    all_kinds[kind] = all_kinds[kind][:2]
    given: dict[str, Any] = {str(name): records for name, records in all_kinds.items()}
    made = bad_cell(roster(1, **given), kind, None)
    difference = school_register.take(made, skip_bad=True)
    assert difference.kinds[kind].gone == 0
    assert school_register.changes(2) == set()
    assert school_register.statuses() == dict.fromkeys(("C1", "C2", "C3"), "active")


def test_a_link_to_a_row_that_was_left_out_is_no_second_problem(school_register: Register) -> None:
    made = bad_cell(roster(0, [contact(1)], [student(1)], [link(1, 1), link(1, 2)]), RecordKind.CONTACTS, ("C2",))
    difference = school_register.take(made, skip_bad=True)
    assert difference.skipped == 1
    assert school_register.statuses() == {"C1": "active"}


def test_skipping_a_duplicate_keeps_the_record_as_it_was(school_register: Register) -> None:
    school_register.take(families(2))
    doubled = roster(
        1,
        [contact(1), contact(2, email="a@home.example"), contact(2, email="b@home.example")],
        [student(1), student(2)],
        [link(1, 1), link(2, 2), link(2, 2, False)],
    )
    school_register.take(doubled, skip_bad=True)
    assert school_register.read("SELECT email FROM contacts") == [("c1@home.example",), ("c2@home.example",)]
    assert school_register.statuses() == dict.fromkeys(("C1", "C2"), "active")


# -- usernames -------------------------------------------------------------------------------------------------------


def test_doubled_usernames_are_taken_flagged_and_shown(school_register: Register) -> None:
    people = [
        contact(1, username="Family"),
        contact(2, username="fAMILY"),
        contact(3, username="straße"),
        contact(4, username="STRASSE"),
        contact(5),
    ]
    numbers = range(1, 6)
    school_register.take(
        roster(0, people, [student(n) for n in numbers], [link(n, n) for n in numbers])
    )  # fmt: skip
    assert school_register.usernames()["C1"] == "Family"
    (warning,) = [w for w in school_register.manager.overview().warnings if "more than one contact" in w]
    assert warning.startswith("2 usernames on more than one contact (regardless of case):")
    assert "C1 and C2" in warning
    assert "C3 and C4" in warning
    assert any("C2" in said for said in school_register.manager.why("C1").warnings)
    plan = school_register.manager.plan(Verb.WELCOME, ["C1", "C5"])
    assert [item.code for item in plan.items] == ["C5"]
    assert plan.left_out[0].why == "its username is also on C2: put that right first"


def test_a_student_may_not_share_a_contacts_username_unseen(school_register: Register) -> None:
    school_register.take(
        roster(
            0,
            [contact(1, username="one")],
            [StudentRecord(1, "S1", "Child", "", "Family", username="ONE")],
            [link(1, 1)],
        )
    )
    assert "S1" in " ".join(school_register.manager.why("C1").warnings)


def test_a_changed_email_is_logged_and_taken(school_register: Register) -> None:
    school_register.take(families(1))
    school_register.take(families(1, 1, email="new@home.example"))
    assert school_register.read("SELECT email FROM contacts") == [("new@home.example",)]


def test_an_older_extract_is_taken_with_a_warning(school_register: Register) -> None:
    school_register.take(families(2, 10))
    difference = school_register.take(families(2, 5))
    assert any("before the one already imported" in warning for warning in difference.warnings)
    assert school_register.read("SELECT taken_at FROM snapshots") == [(day(10).isoformat(),), (day(5).isoformat(),)]
