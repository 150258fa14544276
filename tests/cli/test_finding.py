"""`find`: for a parent who rings, as text for a person and as JSON for a program."""

from collections.abc import Callable

import pytest

from tests.running import Result, Run
from tests.school import SchoolFiles, families
from tui.errors import ExitCode

TakeIn = Callable[..., Result]


@pytest.fixture
def school(take_in: TakeIn) -> SchoolFiles:
    """Kate, whose old record lost its last student; her new record; Tom, the other parent; and forty families more."""
    school = families(40)
    kate = {"title": "Ms", "given_name": "Kate", "mobile": "+61 491 570 006"}
    school.contact("SMI0042", **kate, surname="Smith", username="katesmith", email="kate@families.example")
    school.contact("JON0117", **kate, surname="Jones", username="", email="kate.jones@families.example")
    school.contact("SMI0043", title="Mr", given_name="Tom", surname="Smith")
    school.student("STU1", given_name="Ava", surname="Smith", year_level="12")
    school.student("STU2", given_name="Noah", surname="Smith")
    for student, contact, relationship in (
        ("STU1", "SMI0042", "Mother"),
        ("STU2", "JON0117", "Mother"),
        ("STU1", "SMI0043", "Father"),
        ("STU2", "SMI0043", "Father"),
    ):
        school.link(student, contact, relationship=relationship)
    school.leave("STU1", on="2026-11-28")
    take_in(school)
    return school


def test_a_caller_is_told_what_to_do(cli: Run, school: SchoolFiles) -> None:
    result = cli("find", "kate", "0491", "570")
    assert (result.code, result.err) == (ExitCode.OK, "")
    assert result.out.splitlines()[:5] == [
        "JON0117  Ms Kate Jones  perhaps also SMI0042",
        "SMI0042 has an account, which shows nothing: Ava Smith (STU1) left on 28 Nov 2026. JON0117 is ready to "
        "provision: portal access to Noah Smith, but no account yet.",
        "Next: If both are hers (same given name and mobile; another surname and email): revoke SMI0042, then welcome "
        "JON0117.",
        "On the phone: “You are entitled to an account. We will send you a welcome email; its link is valid for one "
        "week.”",
        "",
    ]
    assert "    perhaps the same person: same given name and mobile; another surname and email" in result.out
    assert "    Username katesmith · email kate@families.example · mobile +61 491 570 006" in result.out
    assert "    Child: Ava Smith (STU1), year 12: left on 28 Nov 2026; portal access, Mother" in result.out
    assert "    ! Nothing: there is no account to log in with." in result.out
    assert (
        "  Other contacts of these children, not this person:\n    SMI0043  Mr Tom Smith, Father (active)" in result.out
    )


def test_json_has_every_record_with_what_is_wrong(cli: Run, school: SchoolFiles) -> None:
    found = cli("find", "noah smith", "--json").json()
    assert [[record["code"] for record in person["records"]] for person in found["persons"]] == [
        ["JON0117", "SMI0042"],
        ["SMI0043"],
    ]
    kate = found["persons"][0]
    new, old = kate["records"]
    assert (new["status"], new["alike"], new["next"]) == ("ready_to_provision", "", "Send the welcome email.")
    assert (old["status"], old["username"]) == ("ready_to_revoke", "katesmith")
    assert old["wrong"] == ["The log-in still works, but there is nothing to see: no child is shown."]
    assert [other["code"] for other in kate["family"]] == ["SMI0043"]
    assert [other["code"] for other in found["students_and_staff"]] == ["STU2"]
    assert found["students_and_staff"][0]["contacts"] == ["JON0117", "SMI0043"]
    assert (found["more"], found["limit"]) == ([], 100)


def test_the_name_of_a_child_leads_to_the_contacts_and_shows_the_child(cli: Run, school: SchoolFiles) -> None:
    lines = cli("find", "ava", "smith").out.splitlines()
    assert "Student STU1  Ava Smith, year 12: left on 28 Nov 2026; contacts: SMI0042 and SMI0043" in lines
    assert "SMI0042  Ms Kate Smith  perhaps also JON0117" in lines
    assert "SMI0043  Mr Tom Smith" in lines


def test_nobody_and_too_many(cli: Run, take_in: TakeIn) -> None:
    take_in(families(120))
    assert cli("find", "nobody-like-that").out.startswith("Nobody was found. Try less")
    shown = cli("find", "surname").out
    assert "More than 100 contacts and students: add a word." in shown
    assert cli("find", "surname", "--json").json()["more"] == ["contact", "student"]
    assert len(cli("find", "surname", "--json").json()["persons"]) == 100


def test_without_words_it_says_how(cli: Run) -> None:
    result = cli("find")
    assert result.code == ExitCode.USAGE
    assert "WORDS..." in result.err


def test_looking_changes_nothing(cli: Run, school: SchoolFiles) -> None:
    assert cli("find", "kate", "--read-only").out == cli("find", "kate").out
