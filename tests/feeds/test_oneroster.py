"""OneRoster 1.1 and 1.2 as real systems write it."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.domain.records import ContactRecord, LinkRecord, NamedCode, RecordKind, StaffRecord, StudentRecord
from tui.errors import InputRefused
from tui.feeds.oneroster_files import OneRosterFeed

HEADER = "sourcedId,status,enabledUser,role,username,givenName,familyName,email,sms,phone,agentSourcedIds,grades"


def folder(tmp_path: Path, *rows: str, header: str = HEADER, **others: str) -> Path:
    (tmp_path / "users.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    for name, text in others.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def person(code: str, role: str, agents: str = "", *, status: str = "", enabled: str = "true") -> str:
    return f'{code},{status},{enabled},{role},u{code},G{code},F{code},{code}@example.org,,,"{agents}",'


def pairs(feed: OneRosterFeed) -> list[tuple[str, str]]:
    return [(link.student_code, link.contact_code) for link in feed.links()]


def said(feed: OneRosterFeed) -> list[str]:
    return [str(problem) for problem in feed.problems]


def test_everybody_becomes_what_the_role_says(tmp_path: Path) -> None:
    feed = OneRosterFeed(
        folder(
            tmp_path,
            "P1,,true,parent,mai,Mai,Nguyễn,mai@example.org,,9000 0000,,",
            "G1,,TRUE,Guardian,tom,Tom,Lee,tom@example.org,0400 000 001,9000 0000,,",
            "R1,,0,relative,gran,Jo,Lee,,,,,",
            'S1,,1,student,ann,Ann,Lee,ann@example.org,,,"P1,G1,R1,T1",09',
            "S2,,false,student,,Bob,Lee,,,,,12",
            "T1,,true,teacher,wu,Jo,Wu,wu@example.org,,,,",
            "A1,,false,administrator,,Al,Ng,,,,,",
        )
    )
    assert list(feed.contacts()) == [
        ContactRecord(
            2, "P1", given_name="Mai", surname="Nguyễn", email="mai@example.org", mobile="9000 0000",
            contact_type="Parent", username="mai",
        ),
        ContactRecord(
            3, "G1", given_name="Tom", surname="Lee", email="tom@example.org", mobile="0400 000 001",
            contact_type="Guardian", username="tom",
        ),
        ContactRecord(4, "R1", given_name="Jo", surname="Lee", contact_type="Relative", username=""),
    ]  # fmt: skip
    assert list(feed.students()) == [
        StudentRecord(5, "S1", "Ann", "", "Lee", "09", "enrolled", "", "ann@example.org", "", "ann"),
        StudentRecord(6, "S2", "Bob", "", "Lee", "12", "left", "", "", "", ""),
    ]
    assert list(feed.staff()) == [
        StaffRecord(7, "T1", "", "Jo", "Wu", "wu@example.org", "wu", True),
        StaffRecord(8, "A1", "", "Al", "Ng", "", "", False),
    ]
    assert list(feed.links()) == [
        LinkRecord(5, "S1", "P1", "Parent", None, True, 1),
        LinkRecord(5, "S1", "G1", "Guardian", None, True, 1),
        LinkRecord(5, "S1", "R1", "Relative", None, False, 1),
    ]
    assert list(feed.link_history()) == []
    assert not feed.problems
    assert feed.dropped_agents == 0


@pytest.mark.parametrize(
    "rows",
    [
        (
            person("S1", "student", "P1, P2,P1"),
            person("S2", "student", "P1"),
            person("P1", "parent"),
            person("P2", "parent"),
        ),
        (
            person("P1", "parent", "S1,S2"),
            person("P2", "parent", "S1"),
            person("S1", "student"),
            person("S2", "student"),
        ),
        (
            person("P1", "parent", "S1"),
            person("P2", "parent"),
            person("S1", "student", "P2"),
            person("S2", "student", "P1"),
        ),
        (
            person("P1", "parent", "S1,S2,P2"),
            person("P2", "parent", "S1"),
            person("S1", "student", "P1;P2,S2,S1"),
            person("S2", "student", "P1"),
        ),
    ],
    ids=["students name", "parents name", "some of either", "both name"],
)
def test_links_are_the_union_of_both_directions_each_once(tmp_path: Path, rows: tuple[str, ...]) -> None:
    feed = OneRosterFeed(folder(tmp_path, *rows))
    assert sorted(pairs(feed)) == [("S1", "P1"), ("S1", "P2"), ("S2", "P1")]
    assert feed.dropped_agents == 0
    assert not feed.problems


def test_agents_who_are_nobody_here_are_dropped_and_counted(tmp_path: Path) -> None:
    feed = OneRosterFeed(
        folder(
            tmp_path,
            person("S1", "student", "P1,T1,gone,X1,X2"),
            person("P1", "parent", "S1,S9"),
            person("T1", "teacher", "S1,X3"),
            person("gone", "parent", status="tobedeleted"),
        )
    )
    assert pairs(feed) == [("S1", "P1")]
    assert feed.dropped_agents == 3
    assert feed.notes[0].startswith("3 entries of agentSourcedIds name nobody in the file;")
    feed.dropped_agents = 1
    assert feed.notes[0].startswith("1 entry of agentSourcedIds names nobody in the file;")


def test_a_teacher_who_is_a_parent_too_keeps_the_links(tmp_path: Path) -> None:
    for rows in ([person("X", "teacher"), person("X", "parent")], [person("X", "parent"), person("X", "teacher")]):
        feed = OneRosterFeed(folder(tmp_path, *rows, person("S1", "student", "X")))
        assert pairs(feed) == [("S1", "X")]


def test_the_sync_rule_says_who_has_access(tmp_path: Path) -> None:
    rows = (
        person("P", "parent", "S"),
        person("G", "guardian", "S"),
        person("R", "relative", "S"),
        person("S", "student"),
    )
    feed = OneRosterFeed(folder(tmp_path, *rows), access_roles=["Relative", "guardian"])
    assert [link.portal_access for link in feed.links()] == [False, True, True]
    assert feed.description.sync_rule == (
        "OneRoster links carry no access flag; the sync rule gives portal access to contacts with the role "
        "guardian and relative."
    )
    nobody = OneRosterFeed(tmp_path, access_roles=[])
    assert nobody.description.sync_rule.endswith("portal access to no role.")
    assert [link.portal_access for link in nobody.links()] == [False] * 3


def test_dirt_is_read(tmp_path: Path) -> None:
    (tmp_path / "USERS.csv").write_bytes(
        "\ufeffROLE,AgentSourcedIDs,dateLastModified,FamilyName,givenname,sourcedid,EnabledUser,favouriteColour\r\n"
        'Student,"P1",1/05/2023,Lee,Ann, S1 ,-1,red\r\n'
        "PARENT,,1/05/2023,Lee,Tom,P1,,\r\n".encode()
    )
    feed = OneRosterFeed(tmp_path)
    assert list(feed.students()) == [StudentRecord(2, "S1", "Ann", surname="Lee", username=None)]
    assert list(feed.contacts()) == [
        ContactRecord(3, "P1", given_name="Tom", surname="Lee", contact_type="Parent", username=None)
    ]
    assert pairs(feed) == [("S1", "P1")]
    assert feed.description.columns[RecordKind.CONTACTS] == {
        "role", "familyName", "givenName", "sourcedId", "enabledUser",
    }  # fmt: skip
    assert feed.ignored_columns == {"USERS.csv": ("favouritecolour",)}


def test_the_description_tells_what_was_found(tmp_path: Path) -> None:
    feed = OneRosterFeed(folder(tmp_path, person("S1", "student")))
    assert feed.description.feed == "oneroster"
    assert feed.description.columns[RecordKind.LINKS] == frozenset({"agentSourcedIds"})
    assert "grades" in feed.description.columns[RecordKind.STUDENTS]
    assert "grades" not in feed.description.columns[RecordKind.CONTACTS]
    assert set(feed.description.files) == set(RecordKind) - {RecordKind.LINK_HISTORY}
    assert feed.ignored_columns == {}


def test_rows_to_be_deleted_are_absent_whatever_else_they_say(tmp_path: Path) -> None:
    feed = OneRosterFeed(
        folder(
            tmp_path,
            person("P1", "parent", status="ToBeDeleted"),
            person("P2", "nonsense", status="tobedeleted"),
            person("P3", "parent", status="active"),
        )
    )
    assert [contact.code for contact in feed.contacts()] == ["P3"]
    assert not feed.problems


def test_each_wrong_cell_is_named_once_and_the_row_left_out(tmp_path: Path) -> None:
    feed = OneRosterFeed(
        folder(
            tmp_path,
            person("P1", "parnet", enabled="perhaps"),
            person("P2", "parent", "S1", status="inactive"),
            person("", "student"),
            person("T1", "teacher", enabled="2"),
            "P5,too,short",
            ",,,,,,,,,,,",
            person("S1", "student", "P1,P2"),
        )
    )
    assert list(feed.contacts()) == []
    assert [student.code for student in feed.students()] == ["S1"]
    assert pairs(feed) == []
    assert feed.dropped_agents == 0  # they are in the file, only left out
    assert said(feed) == [
        "users.csv, line 2, column role: “parnet” is no role of OneRoster, such as student, parent or teacher",
        "users.csv, line 2, column enabledUser: “perhaps” is not yes or no",
        "users.csv, line 3, column status: “inactive” is not active or tobedeleted, nor blank",
        "users.csv, line 4, column sourcedId: the cell is blank, so the row belongs to nobody",
        "users.csv, line 5, column enabledUser: “2” is not yes or no",
        "users.csv, line 6: the row has 3 cells, the header 12; perhaps the file was cut short",
    ]
    assert feed.problems.skipped_keys == {
        "contacts": {("P1",), ("P2",)},
        "students": {("P1",)},
        "staff": {("P1",), ("T1",)},
    }
    assert feed.problems.keyless == {"contacts": 1, "students": 2, "links": 4, "staff": 1}


@pytest.mark.parametrize("missing", ["sourcedId", "role", "givenName", "familyName", "agentSourcedIds"])
def test_a_missing_column_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(InputRefused, match=f"users.csv has no column {missing}."):
        OneRosterFeed(folder(tmp_path, header=HEADER.replace(missing, f"old{missing}")))


@pytest.mark.parametrize(
    ("line", "partial"),
    [
        ("file.users,delta", True),
        ("processingMode,Delta", True),
        ("file.users,bulk", False),
        ("file.enrollments,delta", False),
        ("oneroster.version,1.1", False),
    ],
)
def test_the_manifest_says_whether_it_is_everybody(tmp_path: Path, line: str, partial: bool) -> None:
    path = folder(tmp_path, person("P1", "parent"), manifest=f"PropertyName, value\nmanifest.version,1.0\n{line}\n")
    for given_ in (path, path / "users.csv"):
        feed = OneRosterFeed(given_)
        assert feed.description.partial is partial
        assert len(list(feed.contacts())) == 1


USERS_12 = "sourcedId,status,enabledUser,username,givenName,familyName,agentSourcedIds"
ROLES = "sourcedId,status,userSourcedId,roleType,role,orgSourcedId\n"


def test_in_12_the_roles_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        "P1,,true,mai,Mai,Lee,S1",
        "P2,,true,tom,Tom,Lee,S1",
        "S1,,true,ann,Ann,Lee,",
        "N1,,true,no,No,Body,",
        header=USERS_12,
        roles=ROLES
        + "1,,P1,secondary,parent,o\n2,,P1,primary,teacher,o\n3,,S1,primary,student,o\n4,,P2,primary,guardian,o\n"
        + "5,tobedeleted,P2,secondary,parent,o\n",
    )
    feed = OneRosterFeed(path)
    assert [(one.code, one.contact_type) for one in feed.contacts()] == [("P1", "Parent"), ("P2", "Guardian")]
    assert [one.code for one in feed.students()] == ["S1"]
    assert [one.code for one in feed.staff()] == ["P1"]
    assert pairs(feed) == [("S1", "P1"), ("S1", "P2")]
    assert feed.notes == ("1 user of users.csv without a role in roles.csv: passed over.",)
    assert not feed.problems


def test_a_bad_role_leaves_the_user_out(tmp_path: Path) -> None:
    path = folder(
        tmp_path, "P1,,true,mai,Mai,Lee,S1", header=USERS_12, roles=ROLES + "1,,P1,primary,parnet,o\n2,,,x,parent,o\n"
    )
    feed = OneRosterFeed(path)
    assert list(feed.contacts()) == []
    assert said(feed) == [
        "roles.csv, line 2, column role: “parnet” is no role of OneRoster, such as student, parent or teacher",
        "roles.csv, line 3, column userSourcedId: is blank, so the role is nobody's",
    ]
    assert feed.problems.skipped_keys["contacts"] == {("P1",)}


def test_the_portals_username_is_that_of_its_profile(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        "P1,,true,school-mai,Mai,Lee,",
        "P2,,true,school-tom,Tom,Lee,",
        header=USERS_12,
        roles=ROLES + "1,,P1,primary,parent,o\n2,,P2,primary,parent,o\n",
        userprofiles="sourcedId,userSourcedId,profileType,applicationId,username\n1,P1,login,Portal,mai\n2,P2,x,other,tom\n",
    )
    feed = OneRosterFeed(path, portal_profile="portal")
    assert [one.username for one in feed.contacts()] == ["mai", ""]
    assert [one.username for one in OneRosterFeed(path).contacts()] == ["school-mai", "school-tom"]
    (path / "userprofiles.csv").unlink()
    with pytest.raises(InputRefused, match=r"no userProfiles\.csv"):
        OneRosterFeed(path, portal_profile="portal")


def test_a_delta_names_who_goes_and_whose_role_it_does_not_say(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        "P1,active,true,mai,Mai,Lee,S1",
        "P2,tobedeleted,true,tom,Tom,Lee,",
        header=USERS_12,
        roles=ROLES,
        manifest="propertyName,value\nfile.users,delta\nfile.roles,delta\n",
    )
    feed = OneRosterFeed(path)
    assert sorted(feed.named_codes()) == [NamedCode("P1"), NamedCode("P2", is_gone=True)]
    assert [one.code for one in feed.contacts()] == [one.code for one in feed.students()] == ["P1"]
    assert [(one.student_code, one.contact_code, one.relationship, one.named_by) for one in feed.links()] == [
        ("P1", "S1", "", 1),
        ("S1", "P1", "", 2),
    ]


def test_a_delta_of_roles_beside_all_users_is_refused(tmp_path: Path) -> None:
    path = folder(
        tmp_path, header=USERS_12, roles=ROLES, manifest="propertyName,value\nfile.users,bulk\nfile.roles,delta\n"
    )
    with pytest.raises(InputRefused, match=r"roles\.csv is a delta"):
        OneRosterFeed(path)


def test_the_real_file_is_read_whole(real_users: Path) -> None:
    feed = OneRosterFeed(real_users)
    contacts, students, links = list(feed.contacts()), list(feed.students()), list(feed.links())
    assert not feed.problems
    assert (len(contacts), len(students), list(feed.staff())) == (812, 1187, [])
    assert Counter(student.year_level for student in students) == {"09": 278, "10": 279, "11": 322, "12": 308}
    assert {student.status for student in students} == {"enrolled"}
    assert {contact.contact_type for contact in contacts} == {"Parent"}
    assert {link.contact_code for link in links} == {contact.code for contact in contacts}
    assert {link.portal_access for link in links} == {True}
    assert feed.dropped_agents == 0


def test_the_real_file_agrees_with_a_plain_reading(real_users: Path) -> None:
    with real_users.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    feed = OneRosterFeed(real_users)
    assert [(c.line, c.code, c.username) for c in feed.contacts()] == [
        (line, row["sourcedId"], row["username"]) for line, row in enumerate(rows, 2) if row["role"] == "parent"
    ]
    assert set(pairs(feed)) == {
        (row["sourcedId"], agent.strip()) for row in rows for agent in row["agentSourcedIds"].split(",") if agent
    }


CODES = st.sampled_from(["A", "B", "C", "D", "E"])
PEOPLE = st.lists(
    st.tuples(CODES, st.sampled_from(["student", "parent", "guardian", "teacher"]), st.lists(CODES, max_size=4)),
    unique_by=lambda row: row[0],
)


@given(PEOPLE)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_link_stands_between_a_student_and_a_contact_who_name_each_other(
    tmp_path: Path, people: list[tuple[str, str, list[str]]]
) -> None:
    feed = OneRosterFeed(folder(tmp_path, *(person(code, role, ",".join(agents)) for code, role, agents in people)))
    roles = {code: role for code, role, _ in people}
    named = {frozenset((code, agent)) for code, _, agents in people for agent in agents}
    expected = {
        (student, contact)
        for student in roles
        for contact in roles
        if roles[student] == "student"
        and roles[contact] in ("parent", "guardian")
        and frozenset((student, contact)) in named
    }
    got = pairs(feed)
    assert sorted(got) == sorted(expected)


@given(st.binary() | st.text("SPstudenparent,\n\"'10;", max_size=80).map(lambda text: f"{HEADER}\n{text}".encode()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_bytes_make_the_feed_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes(content)
    try:
        feed = OneRosterFeed(path)
        assert all(record.code for records in (feed.contacts(), feed.students(), feed.staff()) for record in records)
        list(feed.links())
    except InputRefused:
        return


def test_its_first_rows_show_whose_they_are(tmp_path: Path) -> None:
    from tui.feeds.sampling import sample

    feed = OneRosterFeed(folder(tmp_path, person("S1", "student", "P1"), person("P1", "parent")))
    shown = {one.kind: dict(zip(one.fields, one.rows[0], strict=True)) for one in sample(feed, 1) if one.rows}
    assert shown[RecordKind.LINKS] == {
        "student_code": "S1", "contact_code": "P1", "relationship": "Parent", "portal_access": "yes",
    }  # fmt: skip
    assert (shown[RecordKind.CONTACTS]["code"], shown[RecordKind.CONTACTS]["username"]) == ("P1", "uP1")
