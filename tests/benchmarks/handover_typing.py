"""What happens to a record when somebody types it in a second time: other spellings, slips of the finger, gaps."""

from random import Random

from tests.benchmarks.handover_families import FILLER_EMAILS, Families, Family, Record
from tests.benchmarks.handover_names import MARKED, NICKNAMES
from tui.text import fold

_NEAR = {
    "a": "s", "b": "v", "c": "x", "d": "s", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "i", "p": "o", "q": "w", "r": "t", "s": "a", "t": "r", "u": "y", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip
_SHORT = (("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"))
_PARTICLES = ("De ", "Di ", "Del ", "de ", "van ", "bin ", "Al-", "El-", "Al ", "El ", "Te ", "St ")


def slip(rng: Random, word: str) -> str:
    """`word` with one slip of the finger, never in its first letter, where people look."""
    if len(word) < 3:
        return word + word[-1:]
    at = rng.randrange(1, len(word) - 1)
    way = rng.randrange(4)
    if way == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if way == 1:
        return word[:at] + word[at + 1 :]
    if way == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + _NEAR.get(word[at].lower(), "e") + word[at + 1 :]


def slip_in_email(rng: Random, email: str) -> str:
    local, at, domain = email.partition("@")
    return slip(rng, local) + at + domain if email else ""


def slip_in_mobile(rng: Random, mobile: str) -> str:
    """A digit wrong, or two the wrong way round."""
    if not mobile:
        return ""
    at = rng.randrange(3, len(mobile) - 1)
    if rng.random() < 0.5 and mobile[at] != mobile[at + 1]:
        return mobile[:at] + mobile[at + 1] + mobile[at] + mobile[at + 2 :]
    return mobile[:at] + str((int(mobile[at]) + rng.randrange(1, 10)) % 10) + mobile[at + 1 :]


def by_nickname(rng: Random, record: Record) -> bool:
    """Put the name that the person goes by for the given name; False where nobody calls them anything else."""
    short = NICKNAMES.get(record.given_name)
    if short:
        record.given_name, record.preferred_name = rng.choice(short), ""
    return bool(short)


def written_otherwise(rng: Random, record: Record, surname_of_partner: str) -> None:
    """The same name by another clerk: hyphens, particles, word order, marks, middle names."""
    given, surname = record.given_name, record.surname
    ways: list[tuple[str, str]] = [(surname, given), (given, surname.upper())]
    if fold(given + surname) != (given + surname).lower():
        ways += [(fold(given).title(), fold(surname).title())] * 3
    if given in MARKED or surname in MARKED:
        ways += [(MARKED.get(given, given), MARKED.get(surname, surname))] * 3
    if "-" in surname:
        first, _, last = surname.partition("-")
        ways += [(given, f"{first} {last}"), (given, first), (given, last)]
    elif surname_of_partner and surname_of_partner != surname:
        ways += [(given, f"{surname}-{surname_of_partner}"), (given, f"{surname} {surname_of_partner}")] * 2
    for particle in _PARTICLES:
        if surname.startswith(particle):
            rest = surname.removeprefix(particle)
            ways += [(given, rest), (given, particle.strip(" -") + rest.lower()), (given, f"{particle.strip()} {rest}")]
    for middle in ("Thi ", "Van "):
        if given.startswith(middle):
            rest = given.removeprefix(middle)
            ways += [(rest, surname), (rest, f"{surname} {middle.strip()}"), (f"{surname} {given}", "")]
    if "'" in surname:
        ways += [
            (given, surname.replace("'", "")),
            (given, surname.replace("'", "’")),
            (given, surname.replace("'", " ")),
        ]
    if surname.startswith(("Mc", "Mac")):
        head = "Mc" if surname.startswith("Mc") else "Mac"
        ways.append((given, f"{head} {surname.removeprefix(head)}"))
    if " " in given:
        ways += [(given.replace(" ", ""), surname), (given.replace(" ", "-"), surname), (given.split()[0], surname)]
    else:
        ways.append(
            (
                f"{given} {rng.choice({'F': ('Anne', 'Maree', 'Louise'), 'M': ('John', 'James', 'Lee')}[record.sex])}",
                surname,
            )
        )
    record.given_name, record.surname = rng.choice(ways)


def typed_again(make: Families, family: Family, old: Record, new: Record) -> None:
    """The differences that two records of one person always may have, on either of them.

    As a rule the new record of a person is a copy of the old one: the rates, in per cent, are what was thought likely
    of a school's admin system. What is rare and dangerous has cases of its own.
    """
    rng, chance = make.rng, make.chance
    if chance(18 if family.email else 8):
        new.email = make.email(new.given_name, new.surname)
    if chance(6):
        new.mobile = make.mobile()
    if chance(6):
        new.address = make.address()
    for record in (old, new):
        if chance(2):
            by_nickname(rng, record)
        if chance(0.7):
            record.given_name = slip(rng, record.given_name)
        if chance(0.7):
            record.surname = slip(rng, record.surname)
        if chance(0.5):
            record.email = slip_in_email(rng, record.email)
        if chance(0.5):
            record.mobile = slip_in_mobile(rng, record.mobile)
        if chance(0.3):
            record.given_name = record.given_name[:1]
        if chance(1.5):
            written_otherwise(rng, record, "")
        if chance(5):
            abbreviate(record)
        gaps(make, record, 2.5)
    if chance(6) and old.title in ("Mrs", "Ms", "Miss"):
        new.title = rng.choice(("Mrs", "Ms"))


def abbreviate(record: Record) -> None:
    for long, short in _SHORT:
        record.address = record.address.replace(f" {long} ", f" {short} ")


def gaps(make: Families, record: Record, percent: float) -> None:
    """Each field that may be blank is so in this many of a hundred records."""
    for name in ("title", "gender", "email", "mobile", "address"):
        if make.chance(percent):
            setattr(record, name, "")


def tied_somehow(rng: Random, old: Record, new: Record) -> None:
    """Leave two records without a child in common at least one thing by which their person could be known."""
    children = {tie.child.code for tie in old.ties}
    if any(tie.child.code in children for tie in new.ties):
        return
    for name in ("email", "mobile", "address"):
        value = getattr(new, name)
        if value and value == getattr(old, name) and value not in FILLER_EMAILS:
            return
    name = rng.choice(("email", "mobile"))
    value = getattr(old, name) or getattr(new, name) or old.mobile or old.email
    if not value:
        name, value = "address", new.address or old.address
    elif "@" not in value:
        name = "mobile"
    else:
        name = "email"
    setattr(old, name, value)
    setattr(new, name, value)
