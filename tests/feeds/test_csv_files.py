"""The CSV folder: columns, cells, and what is said of rows that can't be taken."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    Record,
    RecordKind,
    StaffRecord,
    StudentRecord,
)
from tui.errors import InputRefused
from tui.feeds.csv_files import SHAPES, CsvFeed
from tui.feeds.tables import BATCH

Write = Callable[..., Path]


def everything(feed: CsvFeed) -> list[Record]:
    return [*feed.contacts(), *feed.students(), *feed.links(), *feed.link_history(), *feed.staff()]


def said(feed: CsvFeed) -> list[str]:
    return [str(problem) for problem in feed.problems]


def test_the_fields_of_each_shape_are_those_of_its_record() -> None:
    for shape in SHAPES:
        fields = ("line", *(field.name for field in shape.fields))
        assert (*fields, *(["named_by"] if shape.record is LinkRecord else [])) == shape.record._fields


def test_a_full_folder_is_read(write: Write) -> None:
    folder = write(
        contacts="code,title,given_name,preferred_name,surname,email,mobile,address,suburb,postcode,contact_type,username,"
        "salutation,gender,internally_managed,last_login\n"
        ' C1 ,Ms,Mai,May,Nguyễn,mai@example.org,0400 000 001,"Unit 4, 12 Long St",Preston,3072,Residential,mai,'
        "Ms Nguyễn,F,yes,2026-11-28T07:05:00+11:00\n"
        "C2,Mr,Tom,,Lee,,,,,,Postal,,,,,\n",
        students="code,given_name,surname,year_level,status,exit_date,username,email,custody_note\n"
        "S1,Ann,Lee,12,LEFT,28/11/2026,ann,ann@example.org,See the office\n",
        links="student_code,contact_code,relationship,priority,portal_access\n S1,C1 , Mother ,1,Y\nS1,C2,Father,,\n",
        link_history="student_code,contact_code,relationship,removed_on\nS1,C3,Mother,1/05/2023\n",
        staff="code,title,given_name,surname,email,username,employed\nT1,Dr,Jo,Wu,jo@example.org,jo,no\nT2,,,,,,\n",
    )
    feed = CsvFeed(folder)
    assert everything(feed) == [
        ContactRecord(
            2, "C1", "Ms", "Ms Nguyễn", "Mai", "May", "Nguyễn", "F", "mai@example.org", "0400 000 001",
            "Unit 4, 12 Long St", "Preston", "3072", "Residential", True, "mai", "2026-11-27T20:05:00+00:00",
        ),
        ContactRecord(
            3, "C2", "Mr", given_name="Tom", surname="Lee", contact_type="Postal", username="", last_login=""
        ),
        StudentRecord(
            2, "S1", "Ann", "", "Lee", "12", "left", "2026-11-28", "ann@example.org", "See the office", "ann"
        ),
        LinkRecord(2, "S1", "C1", "Mother", 1, True),
        LinkRecord(3, "S1", "C2", "Father", None, None),
        LinkHistoryRecord(2, "S1", "C3", "Mother", "2023-05-01"),
        StaffRecord(2, "T1", "Dr", "Jo", "Wu", "jo@example.org", "jo", False),
        StaffRecord(3, "T2", username="", employed=True),
    ]  # fmt: skip
    assert all(type(record) in (shape.record for shape in SHAPES) for record in everything(feed))
    assert not feed.problems


def test_absent_columns_are_unknown_not_empty(write: Write) -> None:
    feed = CsvFeed(write())
    assert everything(feed) == [
        ContactRecord(2, "C1", given_name="Mai", surname="Nguyen", username=None, last_login=None),
        StudentRecord(2, "S1", "Ann", surname="Nguyen", username=None),
        LinkRecord(2, "S1", "C1", portal_access=None),
    ]
    assert RecordKind.STAFF not in feed.description.files


def test_what_the_absence_of_a_column_leaves_unknown_is_said(write: Write) -> None:
    said_of = CsvFeed(
        write(
            contacts="code,given_name,surname,login,user id\nC1,Mai,Nguyen,mai,1\n",
            links="student_code,contact_code,portal access\nS1,C1,yes\n",
        )
    ).notes
    assert said_of == (
        "contacts.csv has no column username (“login” and “user id” are not read): it does not say who has an account.",
        "links.csv has no column portal_access (“portal access” is not read): it does not say who may have access, so "
        "accounts are kept and nobody new is ready to provision.",
    )


def test_a_missing_column_without_another_that_might_be_it(write: Write) -> None:
    (note,) = CsvFeed(write(links="student_code,contact_code,portal_access\nS1,C1,yes\n")).notes
    assert note == "contacts.csv has no column username: it does not say who has an account."


def test_a_folder_that_says_everything_needs_no_note(write: Write) -> None:
    folder = write(
        contacts="code,given_name,surname,username,colour\nC1,Mai,Nguyen,mai,red\n",
        links="student_code,contact_code,portal_access\nS1,C1,yes\n",
    )
    assert CsvFeed(folder).notes == ()


def test_columns_come_in_any_order_and_case(write: Write) -> None:
    feed = CsvFeed(write(students="\ufeffSTATUS; Surname;Given_Name;Code\nFuture;Lee;Ann;S1\n"))
    assert list(feed.students()) == [StudentRecord(2, "S1", "Ann", surname="Lee", status="future")]


def test_the_description_tells_what_was_found(write: Write) -> None:
    folder = write(
        {"links.csv": None, "Links.CSV": "Student_Code,CONTACT_CODE,Portal_Access,colour,\nS1,C1,yes,red,\n"}
    )
    for seconds, name in enumerate(("contacts.csv", "students.csv", "Links.CSV")):
        os.utime(folder / name, ns=(0, 1_700_000_000_123_456_789 + seconds * 10**9))
    feed = CsvFeed(folder)
    description = feed.description
    assert description.feed == "csv"
    assert description.source == str(folder)
    assert description.taken_at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1_700_000_000_123_456)
    assert description.files == {
        RecordKind.CONTACTS: "contacts.csv",
        RecordKind.STUDENTS: "students.csv",
        RecordKind.LINKS: "Links.CSV",
    }
    assert description.columns[RecordKind.LINKS] == {"student_code", "contact_code", "portal_access"}
    assert feed.ignored_columns == {"Links.CSV": ("colour",)}


def test_each_wrong_cell_is_named_and_the_row_left_out(write: Write) -> None:
    feed = CsvFeed(
        write(
            contacts="code,given_name,surname,internally_managed,last_login\nC1,A,B,no,\n,Mai,Nguyen,perhaps,\n,,,,\n"
            "C2\u200b,A,B,,soon\nC3,A,B,,2026-11-28\n",
            students="code,given_name,surname,status,exit_date\nS1,A,B,gone,31/02/2026\nS2,A,B,full,\n",
            links="student_code,contact_code,relationship,priority,portal_access\n"
            "S1,C1,Mother ,high,yes\nS1,C2,,1,maybe\nS1,,Father,,\nS1,C3,,,\n",
            link_history="student_code,contact_code,removed_on\nS1,C1,last year\n",
            staff="code,employed\nT1,part time\n",
        )
    )
    good = everything(feed)
    assert [(type(record), record.line) for record in good] == [
        (ContactRecord, 2),
        (ContactRecord, 6),
        (StudentRecord, 3),
        (LinkRecord, 5),
    ]
    assert said(feed) == [
        "contacts.csv, line 3, column code: the cell is blank, so the row belongs to nobody",
        "contacts.csv, line 3, column internally_managed: “perhaps” is not yes or no",
        "contacts.csv, line 5, column last_login: “soon” is not a moment such as 2026-11-28T07:05:00+11:00, nor a date",
        "link_history.csv, line 2, column removed_on: “last year” is not a date such as 2026-11-28 or 28/11/2026",
        "links.csv, line 2, column priority: “high” is not a whole number",
        "links.csv, line 3, column portal_access: “maybe” is not yes, no or unknown",
        "links.csv, line 4, column contact_code: the cell is blank, so the row belongs to nobody",
        "staff.csv, line 2, column employed: “part time” is not yes or no",
        "students.csv, line 2, column status: “gone” is not enrolled, left or future (nor FULL or LEFT)",
        "students.csv, line 2, column exit_date: “31/02/2026” is not a date such as 2026-11-28 or 28/11/2026",
    ]
    assert feed.problems.skipped_keys == {
        "contacts": {("C2\ufffd",)},
        "students": {("S1",)},
        "links": {("S1", "C1", "Mother"), ("S1", "C2", "")},
        "link_history": {("S1", "C1", "")},
        "staff": {("T1",)},
    }
    assert feed.problems.keyless == {"contacts": 1, "links": 1}


def test_one_wrong_row_among_many_costs_only_itself(write: Write) -> None:
    rows = [f"S{n},A,B,{'wrong' if n == BATCH + 5 else 'left'}" for n in range(3 * BATCH)]
    feed = CsvFeed(write(students="code,given_name,surname,status\n" + "\n".join(rows)))
    students = list(feed.students())
    assert [(s.line, s.code, s.status) for s in students] == [
        (n + 2, f"S{n}", "left") for n in range(3 * BATCH) if n != BATCH + 5
    ]
    assert feed.problems.skipped_keys == {"students": {(f"S{BATCH + 5}",)}}


def test_an_unusable_email_is_data(write: Write) -> None:
    feed = CsvFeed(write(contacts="code,given_name,surname,email\nC1,A,B,none (rings us)\n"))
    assert [contact.email for contact in feed.contacts()] == ["none (rings us)"]
    assert not feed.problems


@pytest.mark.parametrize(
    ("name", "header", "missing"),
    [
        ("contacts.csv", "kode,given_name,surname", "code"),
        ("students.csv", "code,given_name,surname,state", "status"),
        ("links.csv", "student_code,contact", "contact_code"),
        ("link_history.csv", "student_code,contact_code,removed", "removed_on"),
    ],
)
def test_a_missing_column_is_refused_at_once(write: Write, name: str, header: str, missing: str) -> None:
    with pytest.raises(InputRefused, match=f"{name} has no column {missing}.") as caught:
        CsvFeed(write({name: header + "\n"}))
    assert f"for {missing} was meant" in caught.value.means


@pytest.mark.parametrize("missing", ["contacts.csv", "students.csv", "links.csv"])
def test_a_folder_with_only_some_files_is_refused(write: Write, missing: str) -> None:
    with pytest.raises(InputRefused, match=f"has no {missing}") as caught:
        CsvFeed(write({missing: None}))
    assert "Nobody's status can be told" in caught.value.means


def test_two_files_that_differ_in_case_are_refused(write: Write) -> None:
    folder = write({"Contacts.csv": "code,given_name,surname\n"})
    if len(list(folder.glob("[cC]ontacts.csv"))) < 2:
        pytest.skip("the file system does not tell case apart")
    with pytest.raises(InputRefused, match=r"both Contacts.csv and contacts.csv"):
        CsvFeed(folder)


def test_wrong_encoding_further_down_stops_the_iteration(write: Write) -> None:
    rows = "".join(f"C{n},A,B\n" for n in range(20_000)).encode()
    feed = CsvFeed(write(contacts=b"code,given_name,surname\n" + rows + "C,Zoë,B\n".encode("cp1252")))
    with pytest.raises(InputRefused, match=r"contacts.csv, line 20,002: the text is not UTF-8"):
        list(feed.contacts())


@given(st.sampled_from([shape.kind.value for shape in SHAPES]), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_file_makes_the_feed_crash(write: Write, name: str, data: st.DataObject) -> None:
    shape = next(shape for shape in SHAPES if shape.kind.value == name)
    columns = [field.name for field in shape.fields]
    cell = st.text(max_size=4) | st.sampled_from(["yes", "left", "1", "2026-11-28", '"', "\n"])
    row = st.lists(cell, min_size=len(columns) - 1, max_size=len(columns)).map(",".join)
    rows = st.lists(row, max_size=8).map(lambda lines: "\n".join([",".join(columns), *lines]).encode(errors="replace"))
    content = data.draw(rows | st.binary())
    try:
        feed = CsvFeed(write({f"{name}.csv": content}))
        records = everything(feed)
    except InputRefused:
        return
    assert all(getattr(record, key) for record in records for key in ("code", "contact_code") if hasattr(record, key))
