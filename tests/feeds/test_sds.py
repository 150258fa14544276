"""Microsoft School Data Sync v2.1."""

from pathlib import Path

import pytest

from tui.domain.records import ContactRecord, LinkRecord, RecordKind, StaffRecord, StudentRecord
from tui.errors import InputRefused
from tui.feeds import open_feed
from tui.feeds.sds import SdsFeed
from tui.settings import SdsSettings, Settings

USERS = """sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms
S1,ann@school.example,Ann,Lee,,,ann@school.example,,
S2,bob@school.example,Bob,Lee,,,,,
P1,,Mai,Nguyễn,,,mai@home.example,9000 0000,0400 000 001
P2,,Tom,Lee,,,tom@home.example,9000 0000,
D1,,Doc,Tor,,,doc@home.example,,
T1,wu@school.example,Jo,Wu,,,wu@school.example,,
X1,,No,Body,,,,,
"""
ROLES = """userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary
S1,1,student,,7,true
S2,1,Student,,09,true
T1,1,teacher,,,true
P1,1,teacher,,,true
"""
RELATIONSHIPS = """userSourcedId,relationshipUserSourcedId,relationshipRole
S1,P1,parent
S2,P1,other
P2,S2,guardian
S1,D1,doctor
S1,gone,parent
T1,P1,parent
"""


def folder(tmp_path: Path, *, users: str = USERS, roles: str = ROLES, relationships: str = RELATIONSHIPS) -> Path:
    for name, text in (("users", users), ("roles", roles), ("relationships", relationships)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "orgs.csv").write_text("sourcedId,name,type\n1,Kew,school\n", encoding="utf-8")
    return tmp_path


def test_everybody_becomes_what_roles_and_relationships_say(tmp_path: Path) -> None:
    feed = open_feed(folder(tmp_path))
    assert feed.description.feed == "sds"
    assert list(feed.contacts()) == [
        ContactRecord(4, "P1", given_name="Mai", surname="Nguyễn", email="mai@home.example", mobile="0400 000 001",
                      contact_type="Parent"),
        ContactRecord(5, "P2", given_name="Tom", surname="Lee", email="tom@home.example", mobile="9000 0000",
                      contact_type="Guardian"),
        ContactRecord(6, "D1", given_name="Doc", surname="Tor", email="doc@home.example", contact_type="Doctor"),
    ]  # fmt: skip
    assert list(feed.students()) == [
        StudentRecord(2, "S1", "Ann", surname="Lee", year_level="7", email="ann@school.example"),
        StudentRecord(3, "S2", "Bob", surname="Lee", year_level="09"),
    ]
    assert list(feed.links()) == [
        LinkRecord(2, "S1", "P1", "Parent", None, True),
        LinkRecord(3, "S2", "P1", "Other", None, False),
        LinkRecord(4, "S2", "P2", "Guardian", None, True),
        LinkRecord(5, "S1", "D1", "Doctor", None, False),
    ]
    assert list(feed.staff()) == [
        StaffRecord(4, "P1", "", "Mai", "Nguyễn", "mai@home.example"),
        StaffRecord(7, "T1", "", "Jo", "Wu", "wu@school.example"),
    ]
    assert not feed.problems
    assert "2 rows of relationships.csv" in feed.notes[1]
    assert "username" not in feed.description.filled(RecordKind.CONTACTS)


def test_the_sync_rule_goes_by_the_relationship(tmp_path: Path) -> None:
    settings = Settings(sds=SdsSettings(("doctor", "other")))
    feed = open_feed(folder(tmp_path), "sds", settings=settings)
    assert [contact.contact_type for contact in feed.contacts()] == ["Other", "Guardian", "Doctor"]
    assert [link.portal_access for link in feed.links()] == [False, True, False, True]
    assert feed.description.sync_rule.endswith("by the relationship doctor and other.")


def test_roles_are_those_of_the_lists_or_named_by_the_rule(tmp_path: Path) -> None:
    roles = ROLES + "X1,1,itAdmin,,,\nX1,1,studnet,,,\n"
    relationships = RELATIONSHIPS + "S2,D1,Mother\n"
    settings = Settings(sds=SdsSettings(("mother",)))
    for given, told in ((settings, 1), (Settings(), 2)):
        feed = open_feed(folder(tmp_path, roles=roles, relationships=relationships), "sds", settings=given)
        contacts, links = list(feed.contacts()), list(feed.links())
        said = [str(problem) for problem in feed.problems]
        assert said[-1].startswith("roles.csv, line 7, column role: “studnet” is no role of School Data Sync, such as")
        assert feed.problems.rows == told
    assert said[0] == (
        "relationships.csv, line 8, column relationshipRole: “Mother” is no relationship of School Data Sync, which "
        "knows parent, guardian, relative, aide, doctor, other, child and administrator"
    )
    assert [one.contact_type for one in contacts] == ["Parent", "Guardian", "Doctor"]
    assert ("S2", "D1") not in {(one.student_code, one.contact_code) for one in links}


def test_blank_codes_are_bad_rows(tmp_path: Path) -> None:
    feed = SdsFeed(
        folder(
            tmp_path,
            users=USERS + ",,A,B,,,,,\n",
            roles=ROLES + "S9,1,,,,\n",
            relationships=RELATIONSHIPS + "S1,,parent\n",
        )
    )
    for read in (feed.contacts, feed.students, feed.links, feed.staff):
        list(read())
    assert [str(problem) for problem in feed.problems] == [
        "relationships.csv, line 8, column relationshipUserSourcedId: the cell is blank, so the row links nobody",
        "roles.csv, line 6, column role: the cell is blank, so nobody gets a role by this row",
        "users.csv, line 9, column sourcedId: the cell is blank, so the row belongs to nobody",
    ]
    assert feed.problems.keyless == dict.fromkeys(("contacts", "students", "staff", "links"), 1) | {"contacts": 2}


@pytest.mark.parametrize("missing", ["roles.csv", "relationships.csv"])
def test_a_part_of_the_set_is_refused(tmp_path: Path, missing: str) -> None:
    (folder(tmp_path) / missing).unlink()
    with pytest.raises(InputRefused, match=f"has no {missing}"):
        open_feed(tmp_path, "sds")
