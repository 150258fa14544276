"""Which contact records perhaps belong to one person, and the evidence for it. Pure; it accepts no match.

A person may have several records: an old code and a new one, two surnames, a family record and one of their own. Here
they are only put beside each other for somebody to look at. The two parents of a child share children, surname,
address and often an email, so none of that is ever enough: the given name has to agree, and nothing may contradict.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from tui.domain.identity import Identity, is_initial, kinds, letters, someones
from tui.text import join_and


class Alike(NamedTuple):
    """That two records are perhaps one person: what they have in common, and what differs, in words that go with
    "same" and "another". `weak`: it rests on an initial, which gives way where it fits several; `said`: what is known
    of the two that says more than this."""

    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()
    weak: bool = False
    said: str = ""

    @property
    def sentence(self) -> str:
        """`same given name, mobile and child Noah; another surname`."""
        against = f"; another {join_and(list(self.against))}" if self.against else ""
        return f"same {join_and(list(self.evidence))}{against}"

    @property
    def in_words(self) -> str:
        """`perhaps the same person: same mobile`, or what more is known."""
        return self.said or f"perhaps the same person: {self.sentence}"


class Person(NamedTuple):
    """Records that are perhaps one person's: the one that was found first, and for the others why."""

    found: str
    beside: Mapping[str, Alike]

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.found, *self.beside)


Compare = Callable[[Identity, Identity], Alike | None]


def perhaps_same(one: Identity, other: Identity) -> Alike | None:
    """Whether two records are perhaps one person; None when they are not, or nothing but the family says so."""
    pair = _agreeing(one, other)
    if pair is None or _roles_contradict(one, other):
        return None
    name, sexes_known, initial = pair
    reached, ties = _ties(one, other)
    # With the sex unknown a child and an address are the other parent's as well, and so are they for an initial: Jane
    # and Julie of one child are two people.
    if not ties or not (reached or (sexes_known and not initial)):
        return None
    if initial and (not sexes_known or _both_stand(one, other)):
        return None
    against = [
        what
        for what, mine, theirs in (
            ("surname", letters(one.surname), letters(other.surname)),
            ("email", one.email, other.email),
            ("mobile", one.mobile, other.mobile),
        )
        if mine and theirs and mine != theirs
    ]
    # A child of theirs and a first name, and nothing else alike: two people whose names happen to meet.
    if not reached and len(against) == 3:
        return None
    return Alike((name, *ties), tuple(against), weak=initial)


def persons(found: Iterable[str], known: Mapping[str, Identity], compare: Compare = perhaps_same) -> list[Person]:
    """The people behind the records that were found, each with the records to look at beside it.

    All records of a person agree with each other, not only with the one that was found: a family record agrees with
    either parent, and gives two people, never one. `known` holds the records to choose from by code; `compare` is
    asked about pairs that have something in common, and may be a better judge than this module.
    """
    neighbours = _Neighbours(known, compare)
    made: list[Person] = []
    seen: set[frozenset[str]] = set()
    for code in found:
        for group in neighbours.groups(code):
            codes = frozenset(group)
            if not any(codes <= other for other in seen):
                seen.add(codes)
                made.append(
                    Person(code, {other: alike for other in group[1:] if (alike := neighbours.of(code)[other])})
                )
    return made


class _Neighbours:
    """Who is perhaps the same person as whom, asked only of pairs that share something."""

    def __init__(self, known: Mapping[str, Identity], compare: Compare) -> None:
        self._known = known
        self._compare = compare
        self._holders: dict[tuple[str, str], list[str]] = {}
        for code, record in known.items():
            for key in _keys(record):
                self._holders.setdefault(key, []).append(code)
        self._all = cache(self._compared)
        self.of = cache(self._of)

    def _compared(self, code: str) -> dict[str, Alike]:
        record = self._known[code]
        near = {other for key in _keys(record) for other in self._holders[key]} - {code}
        compared = {other: self._compare(record, self._known[other]) for other in sorted(near)}
        return {other: alike for other, alike in compared.items() if alike is not None}

    def _of(self, code: str) -> dict[str, Alike]:
        """The neighbours, the likest first."""
        found = {other: alike for other, alike in self._all(code).items() if not self._unsure(code, other, alike)}
        return dict(sorted(found.items(), key=lambda pair: (pair[1].weak, -len(pair[1].evidence), pair[0])))

    def _unsure(self, code: str, other: str, alike: Alike) -> bool:
        """Whether the initial that joins the two fits somebody else as well."""
        return alike.weak and any(
            rival.weak and who != there and who not in self._all(there)
            for here, there in ((code, other), (other, code))
            for who, rival in self._all(here).items()
        )

    def groups(self, code: str) -> Sequence[tuple[str, ...]]:
        """The largest groups around a record in which everybody agrees with everybody; itself alone if nobody does."""
        left = list(self.of(code))
        found: list[tuple[str, ...]] = []
        while left or not found:
            group = [code, *left[:1]]
            for other in self.of(code):
                if other not in group and all(other in self.of(member) for member in group[1:]):
                    group.append(other)
            found.append(tuple(group))
            left = [other for other in left if other not in group]
        return found


def _keys(record: Identity) -> set[tuple[str, str]]:
    keys = {("child", bond.code) for bond in record.children}
    keys |= {("email", value) for value in (record.email, record.username) if value}
    keys |= {(what, value) for what, value in (("mobile", record.mobile), ("address", record.address)) if value}
    return keys


def _agreeing(one: Identity, other: Identity) -> tuple[str, bool, bool] | None:
    """How the given names agree, where no sex contradicts: in words, whether both sexes are known, whether only an
    initial agrees."""
    mine, theirs = someones(one), someones(other)
    if len(mine) > 1 and len(theirs) > 1 and {s.names for s in mine} != {s.names for s in theirs}:
        return None
    joint = " (one of two on the joint record)" if (len(mine) > 1) != (len(theirs) > 1) else ""
    found = None
    for here in mine:
        for there in theirs:
            if any(sex != another for sex in here.sexes for another in there.sexes):
                continue
            known = bool(here.sexes and there.sexes)
            if any(not is_initial(name) for name in here.names & there.names):
                plain = letters(one.given_name) == letters(other.given_name)
                words = "given name" if plain or joint else f"given name ({one.given_name}, {other.given_name})"
                return f"{words}{joint}", known, False
            if not joint and _initial(here.names, there.names):
                found = "initial", known, True
    return found


def _initial(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return any(a[0] == b[0] and (is_initial(a) or is_initial(b)) for a in mine for b in theirs)


def _roles_contradict(one: Identity, other: Identity) -> bool:
    mine, theirs = kinds(one), kinds(other)
    return bool(mine and theirs and not mine & theirs)


def _ties(one: Identity, other: Identity) -> tuple[bool, list[str]]:
    """Whether the two are reached at the same email or number, and everything that ties them, in words."""
    ties = []
    if one.email and one.email == other.email:
        ties.append("email")
    elif (one.email and one.email == other.username) or (other.email and other.email == one.username):
        ties.append("email (as username)")
    if one.mobile and one.mobile == other.mobile:
        ties.append("mobile")
    reached = bool(ties)
    shared = {bond.code: bond.name for bond in one.children if bond.code in {b.code for b in other.children}}
    if shared:
        ties.append(f"{'child' if len(shared) == 1 else 'children'} {join_and(list(shared.values()), most=3)}")
    if one.address and one.address == other.address:
        ties.append("address")
    return reached, ties


def _both_stand(one: Identity, other: Identity) -> bool:
    """Whether both are linked to one child today, as two parents are."""
    standing = {bond.code for bond in one.children if bond.stands}
    return any(bond.stands and bond.code in standing for bond in other.children)
