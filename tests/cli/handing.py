"""A school with hand-overs of every kind in a few lines, and reading what became of them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.letters import text_of
from tests.running import Result, Run
from tests.school import SchoolFiles, families


def moved_school() -> SchoolFiles:
    """Sixty families, and: Kate (OLD1 -> NEW1) and Nora (OLD2 -> NEW2), who are certain; the record of two that one of
    them has left (OLD3 -> NEW3), for review; Ben (LEFT1), a leaver's parent; Tom (HERE1), who lost his access though
    his child is here; and Jill (HELD1), a leaver's parent who is held.
    """
    school = families(60)
    for number, given, surname, mobile in (("1", "Kate", "Smith", "0491570006"), ("2", "Nora", "Doyle", "0491570156")):
        person = {"title": "Ms", "given_name": given, "surname": surname, "mobile": mobile}
        school.contact(f"OLD{number}", **person, username=f"user{number}", email=f"{given.lower()}@families.example")
        school.contact(f"NEW{number}", **person, username="", email=f"{given.lower()}.new@families.example")
        child = school.student(f"KID{number}", given_name=f"Ava{number}", surname=surname)
        school.link(child, f"OLD{number}", access="no", relationship="Mother")
        school.link(child, f"NEW{number}", relationship="Mother")
    school.contact("OLD3", title="Mr & Mrs", given_name="Paul & Ruth", surname="Hall",
                   email="ruth@families.example", username="halls")  # fmt: skip
    school.contact("NEW3", title="Mrs", given_name="Ruth", surname="Hall", mobile="0491570157",
                   email="ruth@families.example", username="")  # fmt: skip
    child = school.student("KID3", given_name="Max", surname="Hall")
    school.link(child, "OLD3", access="no", relationship="Parents")
    school.link(child, "NEW3", relationship="Mother")
    for code, kid, given in (("LEFT1", "KID4", "Ben"), ("HELD1", "KID5", "Jill")):
        school.contact(code, given_name=given, surname=f"Zz{given}")
        school.link(school.student(kid, surname=f"Zz{given}"), code)
        school.leave(kid, on="2026-10-30")
    school.contact("HERE1", title="Mr", given_name="Tom", surname="Quill")
    school.link(school.student("KID6", given_name="Ivy", surname="Quill"), "HERE1", access="no", relationship="Father")
    return school


def outcomes(cli: Run, *options: object) -> dict[str, dict[str, str]]:
    """The summary by old code."""
    return {
        row["old_code"]: row for row in cli("handover", "--summary", "--format", "json", *options).json()["outcomes"]
    }


def standings(cli: Run, *options: object) -> dict[str, str]:
    """Where each account stands, by code."""
    return {row["code"]: row["standing"] for row in cli("handover", "--pairs", "--format", "json", *options).json()}


def status(cli: Run, code: str, *options: object) -> str:
    """The status of a contact in the register."""
    return str(cli("why", code, "--json", *options).json()["status"])


def mailed(outbox: Path) -> dict[str, str]:
    """The messages in an outbox: the text, by address."""
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in outbox.glob("*.eml")]
    return {
        m["To"].addresses[0].addr_spec: text_of(m).replace("\r\n", "\n") for m in found if isinstance(m, EmailMessage)
    }


def decide(cli: Run) -> Result:
    """Accept what is certain, and the one for review by itself."""
    assert cli("handover", "--accept-certain", "--yes").code == 0
    result = cli("handover", "--accept", "OLD3=NEW3")
    assert result.code == 0, result.err
    return result
