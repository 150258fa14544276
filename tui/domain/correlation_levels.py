"""How two contact records agree, trait by trait: what correlation weighs. Pure; it decides nothing.

Each trait has a few levels, of which exactly one holds for a pair. An email or number is told apart by how many records
have it: one that a third record has too is the family's and not a person's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from tui.domain.identity import CROWD, Bond, Identity, given_names, kinds, someones
from tui.domain.names import Agreement, compare_given, compare_surnames, words_of

_LIKE = 0.92  # Jaro-Winkler of two local parts
_LOCAL = 5  # letters: shorter local parts are alike by chance

TRAITS: Mapping[str, tuple[str, ...]] = {
    "given": ("unknown", "different", "initial", "close", "near", "part", "nickname", "same"),
    "surname": ("unknown", "different", "initial", "close", "near", "part", "nickname", "same"),
    "sex": ("unknown", "contradict", "agree"),
    "email": ("unknown", "different", "alike", "family", "own"),
    "mobile": ("unknown", "different", "near", "family", "own"),
    "address": ("unknown", "different", "same"),
    "children": ("unknown", "none", "some", "all"),
    "role": ("unknown", "contradict", "same"),
}


class Levels(NamedTuple):
    """The level of each trait, by its place in TRAITS; and the values that agree, to be quoted."""

    given: int
    surname: int
    sex: int
    email: int
    mobile: int
    address: int
    children: int
    role: int
    shared: tuple[Bond, ...] = ()
    at: str = ""  # the email that both have

    @property
    def places(self) -> tuple[int, ...]:
        """The levels alone, in the order of TRAITS."""
        return self[: len(TRAITS)]  # type: ignore[return-value]  # the fields before the values

    def level(self, trait: str) -> str:
        """The name of a trait's level."""
        place: int = getattr(self, trait)
        return TRAITS[trait][place]


class Prepared(NamedTuple):
    """A record with what is compared of it, worked out once."""

    record: Identity
    givens: tuple[tuple[str, ...], ...]
    sexes: tuple[frozenset[str], ...]
    emails: frozenset[str]
    children: frozenset[str]
    kinds: frozenset[str]


class Records:
    """All records of a register: who has which email and number, and how common each name is."""

    def __init__(self, records: Iterable[Identity]) -> None:
        self.records = {record.code: record for record in records}
        values: Counter[str] = Counter()
        self._homes: Counter[str] = Counter()
        self.given_counts: Counter[str] = Counter()
        self.surname_counts: Counter[str] = Counter()
        for record in self.records.values():
            values.update({record.email, record.username, record.mobile} - {""})
            self._homes[record.address] += 1
            self.given_counts.update(
                {words[0] for name in (record.given_name, record.preferred_name) if (words := words_of(name))}
            )
            self.surname_counts.update(set(words_of(record.surname)))
        self.holders = values
        self._prepared: dict[str, Prepared] = {}

    def prepared(self, code: str) -> Prepared:
        """A record, ready to be compared."""
        found = self._prepared.get(code)
        if found is None:
            found = self._prepared[code] = self._prepare(self.records[code])
        return found

    def _prepare(self, record: Identity) -> Prepared:
        record = record._replace(
            email=self.telling(record.email),
            mobile=self.telling(record.mobile),
            address=record.address if self._homes[record.address] <= CROWD else "",
        )
        emails = frozenset(value for value in (record.email, self.telling(record.username)) if "@" in value)
        return Prepared(
            record,
            given_names(record),
            tuple(someone.sexes for someone in someones(record)),
            emails,
            frozenset(bond.code for bond in record.children),
            frozenset(kinds(record)),
        )

    def telling(self, value: str) -> str:
        """An email, username or number, or "" where too many records have it to tell anything."""
        return value if self.holders[value] <= CROWD else ""

    def compare(self, one: Prepared, other: Prepared) -> Levels:
        """The levels of a pair."""
        given, sex = _people(one, other)
        surname = compare_surnames(one.record.surname, other.record.surname)
        if given < Agreement.PART and surname < Agreement.PART and _swapped(one.record, other.record):
            given = surname = Agreement.SAME
        email, at = self._email(one, other)
        shared = one.children & other.children
        return Levels(
            given,
            surname,
            sex,
            email,
            self._mobile(one.record.mobile, other.record.mobile),
            _address(one.record.address, other.record.address),
            _children(one, other, shared),
            _role(one, other, shared),
            tuple(bond for bond in one.record.children if bond.code in shared),
            at,
        )

    def _email(self, one: Prepared, other: Prepared) -> tuple[int, str]:
        both = one.emails & other.emails
        if both:
            at = min(both, key=lambda value: (self.holders[value], value))
            return (4 if self.holders[at] <= 2 else 3), at
        if not one.emails or not other.emails:
            return 0, ""
        return (2 if any(_alike(mine, theirs) for mine in one.emails for theirs in other.emails) else 1), ""

    def _mobile(self, mine: str, theirs: str) -> int:
        if not mine or not theirs:
            return 0
        if mine == theirs:
            return 4 if self.holders[mine] <= 2 else 3
        return 2 if one_slip(mine, theirs) else 1


def _people(one: Prepared, other: Prepared) -> tuple[int, int]:
    """The best agreement of given names between two who stand on the records and whose sexes do not contradict; and the
    level of sex: it contradicts only where every two do."""
    given, sex = -1, 1
    for names, mine in zip(one.givens, one.sexes, strict=True):
        for others, theirs in zip(other.givens, other.sexes, strict=True):
            if any(a != b for a in mine for b in theirs):
                continue
            agreement = compare_given(names, others)
            known = 2 if mine and theirs else 0
            if (agreement, known) > (given, sex if sex != 1 else -1):
                given, sex = int(agreement), known
    if given < 0:
        best = max(compare_given(a, b) for a in one.givens for b in other.givens)
        return int(best), 1
    return given, sex


def _swapped(one: Identity, other: Identity) -> bool:
    mine = sorted((*words_of(one.given_name), *words_of(one.surname)))
    return len(mine) > 1 and mine == sorted((*words_of(other.given_name), *words_of(other.surname)))


def _alike(one: str, other: str) -> bool:
    mine, theirs = one.partition("@")[0], other.partition("@")[0]
    if min(len(mine), len(theirs)) < _LOCAL:
        return False
    return JaroWinkler.similarity(mine, theirs) >= _LIKE


def one_slip(one: str, other: str) -> bool:
    """Whether one digit is another, or two neighbours have changed places."""
    if len(one) != len(other):
        return False
    differing = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) == 1:
        return True
    return (
        len(differing) == 2
        and differing[1] == differing[0] + 1
        and one[differing[0]] == other[differing[1]]
        and one[differing[1]] == other[differing[0]]
    )


def _address(mine: str, theirs: str) -> int:
    return 0 if not mine or not theirs else 2 if mine == theirs else 1


def _children(one: Prepared, other: Prepared, shared: frozenset[str]) -> int:
    if not one.children or not other.children:
        return 0
    if not shared:
        return 1
    return 3 if shared in (one.children, other.children) else 2


def _role(one: Prepared, other: Prepared, shared: frozenset[str]) -> int:
    """What the two are to the children: the kinds contradict, or the relationship to a shared child is the same."""
    if one.kinds and other.kinds and not one.kinds & other.kinds:
        return 1
    mine = {(bond.code, bond.relationship) for bond in one.record.children if bond.code in shared}
    theirs = {(bond.code, bond.relationship) for bond in other.record.children if bond.code in shared}
    return 2 if mine & theirs else 0
