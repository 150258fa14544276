"""People who were found as lines of a list and as paragraphs. Nothing is decided here."""

from tui.domain.records import UserType
from tui.manager.views import TAB_LABELS, Found, FoundOther, FoundPerson, FoundRecord, Tab
from tui.text import join_and, plural
from tui.ui.drawing import Para, width_of
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry, columns

HOW = (
    "Who is it?",
    "Any part of a name, email, username, mobile or code,",
    "or of a child's name. All words must occur. Digits that",
    "stand together are one number: 0412 345 finds",
    "+61 412 345 678.",
)
NOBODY = ("Nobody was found.", "", "Try less: part of a name, an email or a number, or a child's name.")
_LEAST_NAME, _MOST_NAME, _REST, _MORE = 18, 32, 40, 3


def entries(found: Found, room: int, look: Look) -> list[Entry]:
    """A line for each person, then one for each student and member of staff."""
    codes = [person.records[0].why.facts.code for person in found.persons] + [other.code for other in found.others]
    code = min(max(map(width_of, codes), default=0), 16)
    name = max(_LEAST_NAME, min(_MOST_NAME, room - SIGNS - code - _REST))
    listed = [Entry(key_of(person), (_person(person, code, name, look),)) for person in found.persons]
    for other in found.others:
        cells = columns(((other.code, code), (other.name, name), ("", _MORE)))
        about = f"{other.user_type.capitalize()}, {other.standing}"
        listed.append(Entry(key_of(other), (((f"{cells}  ", None), (about, look.dim)),)))
    return listed


def key_of(one: FoundPerson | FoundOther) -> str:
    """What a person is known by in the list: the records, as one record may stand beside two people."""
    if isinstance(one, FoundPerson):
        return " ".join(record.why.facts.code for record in one.records)
    return f"{one.user_type}:{one.code}"


def _person(person: FoundPerson, code: int, name: int, look: Look) -> tuple[tuple[str, None], ...]:
    facts = person.records[0].why.facts
    more = f"+{len(person.records) - 1}" if len(person.records) > 1 else ""
    shown = columns(((facts.code, code), (facts.name, name), (more, _MORE)))
    statuses = dict.fromkeys(TAB_LABELS[Tab(record.why.facts.status)] for record in person.records)
    children = dict.fromkeys(link.student.name for record in person.records for link in record.why.facts.links)
    about = f"{' · '.join(statuses)}{': ' if children else ''}{', '.join(children)}"
    return ((f"{shown}  {about}", None),)


def status(found: Found) -> str:
    """`3 people on 5 records, 2 students`, or that there are more than can be shown."""
    records = sum(len(person.records) for person in found.persons)
    kinds = [other.user_type for other in found.others]
    counts = (
        (len(found.persons), f"{plural(len(found.persons), 'person', 'people')} on {plural(records, 'record')}"),
        (kinds.count(UserType.STUDENT), plural(kinds.count(UserType.STUDENT), "student")),
        (kinds.count(UserType.STAFF), plural(kinds.count(UserType.STAFF), "member of staff", "members of staff")),
    )
    return found.too_many or ", ".join(said for count, said in counts if count)


def above(person: FoundPerson, look: Look) -> list[Para]:
    """What the records come to together, what to do and what to say."""
    said = [Para(person.summary), Para(person.next_step, None, "Next   ", look.key)]
    return [*said, Para(person.say, None, "Say    ", look.key)] if person.say else said


def record(found: FoundRecord, look: Look) -> list[Para]:
    """One record, as it stands beside the others."""
    facts = found.why.facts
    kind = f" ({facts.contact_type})" if facts.contact_type else ""
    said = [Para(f"{facts.code}  {facts.name}{kind}", look.title)]
    if found.alike:
        said.append(Para(f"{found.alike[0].upper()}{found.alike[1:]}.", look.key))
    said.append(Para(found.why.headline))
    said += [Para(wrong, look.warn, "! ", look.warn) for wrong in found.wrong]
    for name, value in (("Username", facts.username), ("Email", facts.email), ("Mobile", facts.mobile)):
        said.append(Para(value or "none", None if value else look.dim, f"{name:<9}", look.dim))
    return [*said, *(Para(child, None, "- ") for child in found.why.children)]


def below(person: FoundPerson, look: Look) -> list[Para]:
    """The other contacts of the children, the other parent among them."""
    if not person.others:
        return []
    said = [Para("Other contacts of these children: not this person", look.title)]
    for other in person.others:
        role = f", {other.relationship}" if other.relationship else ""
        about = f"{other.name}{role}: {other.status.replace('_', ' ')}; {other.shares}"
        said.append(Para(about, None, f"{other.code}  ", look.dim))
    return said


def other(found: FoundOther, look: Look) -> list[Para]:
    """A student or a member of staff."""
    said = [Para(f"{found.code}  {found.name}", look.title)]
    said.append(Para(f"{found.user_type.capitalize()}: {found.standing}"))
    if found.contacts:
        said.append(Para(join_and(list(found.contacts)), None, "Contacts  ", look.key))
    return said
