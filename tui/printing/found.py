"""What `find` prints: the people that were found, each with the records beside each other, as plain text and JSON."""

from typing import Any

from tui.manager.views import Found, FoundOther, FoundPerson
from tui.printing.plain import relative_text
from tui.text import join_and


def found_text(found: Found) -> str:
    """`find WORDS`, for a person: each person with the records beside each other, one below the other."""
    parts = [_person_text(person) for person in found.persons]
    if found.others:
        parts.append("\n".join(_other_text(other) for other in found.others))
    if not parts:
        parts = ["Nobody was found. Try less: part of a name, an email or a number, or a child's name."]
    parts += [found.too_many] if found.too_many else []
    return "\n\n".join(parts)


def _person_text(person: FoundPerson) -> str:
    found, *beside = (record.why.facts for record in person.records)
    perhaps = f"  perhaps also {join_and([facts.code for facts in beside])}" if beside else ""
    lines = [f"{found.code}  {found.name}{perhaps}", person.summary]
    lines += [f"Next: {person.next_step}", f"On the phone: {person.say}"]
    for record in person.records:
        facts = record.why.facts
        lines += ["", f"  {facts.code}  {facts.name}{f' ({facts.contact_type})' if facts.contact_type else ''}"]
        lines += [f"    {record.alike}"] if record.alike else []
        lines += [
            f"    {record.why.headline}",
            f"    Username {facts.username or '(none)'} · email {facts.email or '(none)'} · mobile"
            f" {facts.mobile or '(none)'}",
        ]
        lines += [f"    Child: {child}" for child in record.why.children]
        lines += [f"    ! {wrong}" for wrong in record.wrong]
    if person.others:
        lines += ["", "  Other contacts of these children, not this person:"]
        lines += [f"    {relative_text(other)}" for other in person.others]
    return "\n".join(lines)


def _other_text(other: FoundOther) -> str:
    contacts = f"; contacts: {join_and(list(other.contacts), most=8)}" if other.contacts else ""
    return f"{other.user_type.capitalize()} {other.code}  {other.name}, {other.standing}{contacts}"


def found_values(found: Found) -> dict[str, Any]:
    """`find WORDS --json`."""
    return {
        "persons": [
            {
                "summary": person.summary,
                "next": person.next_step,
                "say": person.say,
                "records": [
                    {
                        "code": (facts := record.why.facts).code,
                        "name": facts.name,
                        "contact_type": facts.contact_type,
                        "status": facts.status,
                        "username": facts.username,
                        "email": facts.email,
                        "mobile": facts.mobile,
                        "children": list(record.why.children),
                        "alike": record.alike,
                        "headline": record.why.headline,
                        "sees": record.why.sees,
                        "wrong": list(record.wrong),
                        "next": record.why.next_step,
                        "say": record.why.say,
                    }
                    for record in person.records
                ],
                "family": [other._asdict() for other in person.others],
            }
            for person in found.persons
        ],
        "students_and_staff": [
            {name: value for name, value in other._asdict().items() if name != "person"} for other in found.others
        ],
        "more": list(found.more),
        "limit": found.limit,
    }
