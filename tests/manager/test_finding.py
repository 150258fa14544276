"""Finding a person: what the records come to together, in each case of the demo school and in those that hinder."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.docs.picture import NOW, demo_of_the_day
from tests.running import Result
from tests.school import SECOND, SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.persons import persons
from tui.domain.records import UserType
from tui.feeds.demo_school import DemoSchool, demo_school
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.manager.views import FoundPerson
from tui.register import finding
from tui.register.database import Database
from tui.settings import Settings

TakeIn = Callable[..., Result]
SCHOOL: DemoSchool = demo_school(date(NOW.year, NOW.month, NOW.day))
HAND_OVERS = [(old, new) for old, new in SCHOOL.truth.items() if SCHOOL.truth_causes[old] != "misplaced_username"]
MISPLACED = [(old, new) for old, new in SCHOOL.truth.items() if SCHOOL.truth_causes[old] == "misplaced_username"]


# -- the demo school ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountManager]:
    opened = demo_of_the_day(tmp_path_factory.mktemp("demo"))
    yield opened
    opened.close()


def person_with(manager: AccountManager, text: str, *codes: str) -> FoundPerson:
    """The one person who has exactly these records."""
    found = [person for person in manager.find(text).persons if codes_of(person) == set(codes)]
    assert len(found) == 1, [codes_of(person) for person in manager.find(text).persons]
    return found[0]


def codes_of(person: FoundPerson) -> set[str]:
    return {record.why.facts.code for record in person.records}


def searches(manager: AccountManager, old: str, new: str) -> list[str]:
    """What somebody who rings may say: a code, an email, a mobile, a name with a child's."""
    facts = manager.why(new).facts
    child = facts.links[0].student.name
    return [old, new, facts.email, facts.mobile, f"{facts.given_name} {child}"]


@pytest.mark.parametrize(("old", "new"), HAND_OVERS)
def test_each_hand_over_of_the_demo_is_told(demo: AccountManager, old: str, new: str) -> None:
    active = demo.why(new).facts.status == "active"
    for text in searches(demo, old, new):
        person = person_with(demo, text, old, new)
        assert f"{old} has an account, which shows nothing: " in person.summary or (
            f"logs in with {old}, which shows nothing: " in person.summary
        )
        assert f"{new} is active: has portal access to" in person.summary or not active
        assert f"{new} is ready to provision: portal access to" in person.summary or active
        assert person.next_step.startswith("If ")
        ending = f"; {new} is the one to log in with." if active else f", then welcome {new}."
        assert f": revoke {old}{ending}" in person.next_step
        assert person.say == demo.why(new).say
        assert not codes_of(person) & {other.code for other in person.others}
        beside = [record for record in person.records if record.alike]
        assert [record.alike.partition(": ")[0] for record in beside] == ["perhaps the same person"]
        assert "given name" in beside[0].alike


@pytest.mark.parametrize(("old", "new"), MISPLACED)
def test_each_misplaced_username_of_the_demo_is_told(demo: AccountManager, old: str, new: str) -> None:
    theirs, wrong = demo.why(new).facts, demo.why(old).facts
    if theirs.given_name == wrong.given_name:  # on a second record of the same person
        person = person_with(demo, theirs.email, old, new)
        assert f": revoke {old}, then welcome {new}." in person.next_step
        return
    # On the other parent's record, which is somebody else's, and is never shown as hers.
    for text in (new, theirs.email, theirs.mobile):
        person = person_with(demo, text, new)
        assert f"email is the username on {old} ({wrong.name}, another contact of the same child)" in person.summary
        assert person.next_step.startswith("Ask which username she logs in with. If it is that one: revoke ")
        assert f": revoke {old}, then welcome {new}." in person.next_step
        assert old in {other.code for other in person.others}
    assert new in person_with(demo, old, old).summary, "it says whom the username names"


def test_a_username_on_a_record_of_nobody(demo: AccountManager) -> None:
    (person,) = demo.find("geraldine ashworth").persons
    assert "never linked to any student" in person.summary
    assert len(person.records) == 1


def test_nobody_in_the_demo_is_taken_for_somebody_else(demo: AccountManager) -> None:
    """All contacts at once: whatever stands beside each other is one person's in truth, or a joint record."""
    database = Database(demo.path, read_only=True)
    ids = [row[0] for row in database.read("SELECT id FROM contacts")]
    known = {record.code: record for record in finding.known_beside(database, ids).values()}
    database.close()
    together = set()
    for person in persons(known, known):
        single = {SCHOOL.truth.get(code, code) for code in person.codes if not known[code].is_joint}
        assert len(single) <= 1, person.codes
        together |= {frozenset((person.found, code)) for code in person.beside}
    assert {frozenset(pair) for pair in HAND_OVERS} <= together


# -- small schools -----------------------------------------------------------------------------------------------------


@pytest.fixture
def school() -> SchoolFiles:
    """Kate on two records: the old one has the account and lost its student, the new one has Noah."""
    school = families(60)
    kate = {"title": "Ms", "given_name": "Kate", "mobile": "0491 570 006"}
    school.contact("OLD1", **kate, surname="Smith", username="katesmith", last_login="2026-10-20T01:02:03Z")
    school.contact("NEW1", **kate, surname="Jones", username="")
    for number, (contact, child) in enumerate((("OLD1", "Ava"), ("NEW1", "Noah")), start=1):
        school.student(f"STU{number}", given_name=child, surname="Smith")
        school.link(f"STU{number}", contact, relationship="Mother")
    school.leave("STU1")
    return school


@pytest.fixture
def manager(register: Path) -> Iterator[Callable[[], AccountManager]]:
    opened: list[AccountManager] = []

    def open_it() -> AccountManager:
        opened.append(AccountManager(Settings(), register, actor=Actor("kim", "local")))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


Open = Callable[[], AccountManager]


def kate(manager: AccountManager, text: str = "OLD1") -> FoundPerson:
    return person_with(manager, text, "OLD1", "NEW1")


def test_who_was_found_is_spoken_of_and_the_other_record_is_only_perhaps_hers(
    take_in: TakeIn, school: SchoolFiles, manager: Open
) -> None:
    take_in(school)
    assert kate(manager()).summary == (
        "She logs in with OLD1, which shows nothing: Ava Smith (STU1) left on 28 Nov 2026. NEW1 is ready to provision: "
        "portal access to Noah Smith, but no account yet."
    )
    assert kate(manager(), "NEW1").summary.startswith("OLD1 has an account, which shows nothing: Ava Smith (STU1)")


def test_a_parent_of_whom_less_is_known(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.contacts["OLD1"]["last_login"] = ""
    for code in ("OLD1", "NEW1"):
        school.contacts[code]["title"] = ""
    for link in school.links.values():
        link["relationship"] = "Parent"
    take_in(school)
    person = kate(manager())
    assert person.summary.startswith("This parent has an account on OLD1, which was never used and shows nothing: Ava")
    assert person.next_step.startswith("If both are this parent's (same given name and mobile")


def test_what_hinders_a_revoke_is_said(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    take_in(school)
    one = manager()
    one.hold("OLD1", "ring the registrar first")
    assert kate(one).next_step.endswith(
        "revoke OLD1, then welcome NEW1. OLD1 can't be revoked yet: held by kim: ring the registrar first."
    )
    one.release("OLD1")
    one.run(one.plan(Verb.REVOKE, ["OLD1"]), Confirmation(yes=True))
    assert "OLD1 can't be revoked yet: already requested in job 1" in kate(one).next_step


def test_an_undecided_flag_group_comes_first(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.students["STU1"]["status"] = "enrolled"
    take_in(school)
    for number in range(1, 12):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    school.links["STU1", "OLD1"]["portal_access"] = "no"
    take_in(school, SECOND)
    assert "OLD1 can't be revoked yet. Answer for the flag group first: 12 accounts" in kate(manager()).next_step


def test_what_hinders_a_welcome_is_said(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.contacts["NEW1"]["email"] = ""
    take_in(school)
    one = manager()
    person = kate(one)
    assert person.next_step.endswith("NEW1 can't be welcomed yet: has no usable email: there is none.")
    assert "we have no email address for you" in person.say
    (new,) = (record for record in person.records if record.why.facts.code == "NEW1")
    assert "The email can't be used: there is none." in new.wrong
    one.hold("NEW1", "letters only", kind="mail")
    assert "NEW1 can't be welcomed yet: held, not to be mailed, by kim: letters only." in kate(one).next_step
    assert new.why.next_step == "Get an email address into the admin system first."
    assert one.why("NEW1").next_step == "Nothing by email: held by kim: letters only"


def test_two_accounts_that_both_show_a_child(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.students["STU1"]["status"] = "enrolled"
    school.contacts["NEW1"]["username"] = "katejones"
    take_in(school)
    assert "OLD1 and NEW1 are both in use" in kate(manager()).next_step
    assert "Find out which one she uses before anything is revoked" in kate(manager()).next_step


def test_one_in_use_and_one_due(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.students["STU1"]["status"] = "enrolled"
    take_in(school)
    person = kate(manager())
    assert person.next_step.endswith(": OLD1 is the one to log in with; NEW1 needs no account.")
    assert "in order" in person.say
    school.contacts["OLD1"]["username"] = ""
    take_in(school, SECOND)
    assert kate(manager()).next_step.endswith(": welcome one of OLD1 and NEW1, not both.")


def test_a_record_without_access_leaves_the_step_to_the_other(
    take_in: TakeIn, school: SchoolFiles, manager: Open
) -> None:
    school.contacts["OLD1"]["username"] = ""
    take_in(school)
    person = kate(manager())
    assert person.next_step == "Send the welcome email."
    assert "OLD1 has no access: no student at the school, and no account." in person.summary


def test_a_family_email_as_username_of_an_active_parent_is_no_fault(
    take_in: TakeIn, school: SchoolFiles, manager: Open
) -> None:
    school.contacts["P0001"] |= {"username": "both@families.example", "email": "both@families.example"}
    school.contact("P0100", email="both@families.example", username="")
    school.link("S0001", "P0100")
    take_in(school)
    person = person_with(manager(), "P0100", "P0100")
    assert "username" not in person.summary
    assert person.next_step == "Send the welcome email."


def test_an_email_that_is_the_username_of_an_active_stranger(
    take_in: TakeIn, school: SchoolFiles, manager: Open
) -> None:
    school.contacts["P0002"] |= {"username": "p0001@families.example"}
    take_in(school)
    person = person_with(manager(), "P0001", "P0001")
    assert person.summary.endswith("This parent's email is the username on P0002 (Given0002 Surname0002).")
    assert person.next_step.startswith("Nothing.")


def test_her_own_records_come_before_her_username_on_somebody_elses(
    take_in: TakeIn, school: SchoolFiles, manager: Open
) -> None:
    school.contact("P0300", username="old1@families.example")
    take_in(school)
    person = kate(manager())
    assert "Her email is the username on P0300 (Given0300 Surname0300), which shows nothing." in person.summary
    assert person.next_step.startswith("If both are hers")


def test_what_is_wrong_with_an_account_in_use(take_in: TakeIn, school: SchoolFiles, manager: Open) -> None:
    school.contacts["P0001"] |= {"username": "Same.Name", "email": "p0001@"}
    school.contacts["P0002"] |= {"username": "same.name"}
    take_in(school)
    (record,) = person_with(manager(), "P0001", "P0001").records
    assert record.wrong == (
        "The email can't be used: there is nothing after the @.",
        "Nobody has ever logged in.",
        "The same username stands on P0002 as well.",
    )


def test_students_and_staff_are_found_with_where_they_stand(
    take_in: TakeIn, school: SchoolFiles, manager: Open, tmp_path: Path
) -> None:
    folder = school.write(tmp_path / "extract-202611010705")
    (folder / "staff.csv").write_text("code,given_name,surname,employed\nT1,Avan,Teach,yes\nT2,Avani,Taught,no\n")
    take_in(school)
    one = manager()
    assert [tuple(other[1:]) for other in one.find("ava").others] == [
        ("STU1", UserType.STUDENT, "Ava Smith", "year 7: left on 28 Nov 2026", ("OLD1",)),
        ("T2", UserType.STAFF, "Avani Taught", "not employed any more", ()),
        ("T1", UserType.STAFF, "Avan Teach", "employed", ()),
    ]
    assert one.find("").persons == one.find(" \x1b ").persons == ()
