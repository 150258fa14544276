"""What a contact record says of who it is: names, sex, what the person is to a child, and whether it is two people.

Records are compared by this alone, when a person is looked for and when an old record is paired with a new one.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tui.text import fold

# An email, number or address on more records than this is an office's or a filler, and ties nobody to anybody.
CROWD = 6

_AND = re.compile(r"\s*(?:[&+/,]|\band\b)\s*", re.IGNORECASE)
_TITLES = {
    **dict.fromkeys(("mr", "mister", "master", "sir", "lord"), "M"),
    **dict.fromkeys(("mrs", "ms", "miss", "madam", "mme", "lady", "dame"), "F"),
}
_GENDERS = {"m": "M", "male": "M", "man": "M", "f": "F", "female": "F", "woman": "F"}
# What a relationship says: the sex, and what the person is to the child.
_ROLES = {
    "mother": ("F", "parent"),
    "mum": ("F", "parent"),
    "father": ("M", "parent"),
    "dad": ("M", "parent"),
    "stepmother": ("F", "step-parent"),
    "stepfather": ("M", "step-parent"),
    "stepparent": ("", "step-parent"),
    "grandmother": ("F", "grandparent"),
    "grandfather": ("M", "grandparent"),
    "grandparent": ("", "grandparent"),
    "aunt": ("F", "aunt or uncle"),
    "uncle": ("M", "aunt or uncle"),
    "sister": ("F", "sibling"),
    "brother": ("M", "sibling"),
    **dict.fromkeys(("neighbour", "neighbor"), ("", "neighbour")),
    **dict.fromkeys(("friend", "familyfriend"), ("", "friend")),
    **dict.fromkeys(("hostparent", "homestay"), ("", "host parent")),
}


class Bond(NamedTuple):
    """A link as seen from a contact: the student, what the contact is to them, and whether the link stands."""

    code: str
    name: str
    relationship: str = ""
    stands: bool = True


class Identity(NamedTuple):
    """What a contact record says of who it is: all that two records are compared by.

    `email`, `username`, `mobile` and `address` are in the form in which they are compared, and blank where they are on
    too many records to tell anything.
    """

    code: str
    title: str = ""
    given_name: str = ""
    preferred_name: str = ""
    surname: str = ""
    gender: str = ""
    email: str = ""
    username: str = ""
    mobile: str = ""
    address: str = ""
    children: tuple[Bond, ...] = ()

    @property
    def is_joint(self) -> bool:
        """Whether it is one record for two people, as "Mr & Mrs" or "John & Mary"."""
        return len(someones(self)) > 1


class Someone(NamedTuple):
    """One of those who stand on a record: the names, as letters alone, and the sexes that the record says."""

    names: frozenset[str]
    sexes: frozenset[str]


def sex_of(record: Identity) -> str:
    """`F`, `M`, or "" where the record does not say or contradicts itself."""
    sexes = {sex for someone in someones(record) for sex in someone.sexes}
    return sexes.pop() if len(sexes) == 1 else ""


def given_names(record: Identity) -> tuple[tuple[str, ...], ...]:
    """The given names of each of `someones`, as they are written."""
    given = _AND.split(record.given_name.strip())
    if len(someones(record)) == 1:
        return (tuple(filter(None, (record.given_name.strip(), record.preferred_name.strip()))),)
    return (*((name,) for name in given), *(() for _ in range(len(someones(record)) - len(given))))


def kinds(record: Identity) -> set[str]:
    """What the person is to the children, where the relationships say so: parent, step-parent, grandparent ..."""
    return {kind for bond in record.children if (kind := role(bond.relationship)[1])}


def is_initial(name: str) -> bool:
    """A letter that stands for a name; where letters have no case (Chinese, Japanese) one is a name."""
    return len(name) == 1 and name.upper() != name.lower()


@lru_cache(maxsize=4096)
def someones(record: Identity) -> tuple[Someone, ...]:
    """Who stands on a record: one person, or the two of a joint one."""
    given, titles = _AND.split(record.given_name.strip()), _AND.split(record.title.strip())
    if len(given) == len(titles) == 1:
        said = (record.title, record.gender, *(bond.relationship for bond in record.children))
        return (Someone(_names(record.given_name, record.preferred_name), _sexes(*said)),)
    if len(given) != len(titles):
        titles = [""] * len(given)  # "Mr & Mrs" John: which of the two he is, it does not say
    people = [Someone(_names(name), _sexes(title)) for name, title in zip(given, titles, strict=True)]
    return tuple(people) if len(people) > 1 else (*people, Someone(frozenset(), frozenset()))


def _names(*names: str) -> frozenset[str]:
    return frozenset(map(letters, names)) - {""}


def _sexes(title: str, gender: str = "", *relationships: str) -> frozenset[str]:
    said = {_TITLES.get(word, "") for word in fold(title).replace(".", " ").split()}
    said |= {_GENDERS.get(letters(gender), "")} | {role(relationship)[0] for relationship in relationships}
    return frozenset(said - {""})


def role(relationship: str) -> tuple[str, str]:
    """The sex and the kind that a relationship says, "" where it says none."""
    return _ROLES.get(letters(relationship), ("", ""))


@lru_cache(maxsize=4096)
def letters(value: str) -> str:
    """The letters and digits of a name, folded: what is left when spelling and punctuation do not count."""
    return "".join(character for character in fold(value) if character.isalnum())
