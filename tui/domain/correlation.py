"""Correlation: which other record is the same person's, for an account that is ready to revoke. Pure and explainable.

Two records are weighed as Fellegi and Sunter (1969) do, but with four classes instead of two: the same person, somebody
else of the same family, an unrelated person, and a namesake. With two, whatever a family shares would speak for the
ex-partner. The weights of a query's candidates are then normalised together with "nobody", for at most one is right.

What is certain enough is decided by rules that a person can read, and never by weight alone: records whose sexes
contradict are never paired, a match needs a given name that agrees and one tie, and what has ever paired a parent with
an ex-partner goes to a person for review.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from tui.domain.correlation_levels import TRAITS, Levels, Prepared, Records
from tui.domain.correlation_weights import CLASSES, NOBODY, PRIORS, WEIGHTS
from tui.domain.identity import Identity, given_names, letters
from tui.domain.names import Agreement, words_of
from tui.domain.phones import is_of_a_house

MOST = 3  # candidates that are named
_PROPOSE = -1.0  # log2 of the odds from which on a candidate is proposed at all
_SURE = 1.0  # and from which on it may be a match without a person's look
_BLOCK = 60  # records that share a value: more tell nobody from anybody
# How common a name is, before this register has said anything: as if it had been seen so.
_SEEN, _COMMON = 500.0, 0.002
_SHIFT = 1e-9


class Decision(StrEnum):
    """What is to become of a pair: accepted as certain, looked at by a person, or nothing."""

    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


class Subject(NamedTuple):
    """A contact as correlation sees it: the record, whether it has an account, and whether it is eligible for one."""

    identity: Identity
    has_account: bool
    eligible: bool

    @property
    def is_old(self) -> bool:
        """Whether it is ready to revoke."""
        return self.has_account and not self.eligible


class Candidate(NamedTuple):
    """Another record that may be the same person's. `bits`: log2 of how much likelier the pair is if it is than if it
    is not; `confidence`: the share that it has among all candidates and nobody, 0 to 1."""

    code: str
    bits: float
    confidence: float
    levels: Levels
    weights: tuple[tuple[str, float], ...]  # of each trait by itself, in bits; what speaks most comes first


class Correlation(NamedTuple):
    """What was found for an account: the decision with the rule that made it, and up to MOST candidates by rank.

    `margin`: bits between the first and what comes next, another candidate or nobody.
    """

    code: str
    decision: Decision
    rule: str
    margin: float
    candidates: tuple[Candidate, ...]


class _Weighed(NamedTuple):
    """A record that was compared with another: see Candidate."""

    code: str
    bits: float
    levels: Levels


class Correlator:
    """Pairs the accounts of one register that are ready to revoke with the records that may be the same person's."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.subjects = {subject.identity.code: subject for subject in subjects}
        self._records = Records(subject.identity for subject in self.subjects.values())
        self._total = len(self.subjects)
        self._blocks: dict[tuple[str, str], list[str]] = {}
        for code in sorted(self.subjects):
            if self.subjects[code].eligible:
                for key in _keys(self.subjects[code].identity, self._records.telling):
                    self._blocks.setdefault(key, []).append(code)

    def all(self) -> list[Correlation]:
        """Every account that is ready to revoke, in order of code.

        Where two old accounts lead to one new record, neither is a match by itself: a person looks at both.
        """
        found = [self.of(code) for code in sorted(self.subjects) if self.subjects[code].is_old]
        led = Counter(one.candidates[0].code for one in found if one.decision is Decision.MATCH)
        return [
            one._replace(decision=Decision.REVIEW, rule="another old account leads to the same record")
            if one.decision is Decision.MATCH and led[one.candidates[0].code] > 1
            else one
            for one in found
        ]

    def pair(self, code: str, other: str) -> Candidate:
        """Two records that a person has put beside each other; the confidence is against nobody alone."""
        old = self._records.prepared(code)
        weighed = self._weigh(old, other, self._records.compare(old, self._records.prepared(other)))
        confidence = 2.0**weighed.bits / (NOBODY + 2.0**weighed.bits)
        return Candidate(other, round(weighed.bits, 6), round(confidence, 6), weighed.levels, _weights(weighed.levels))

    def compared(self, code: str) -> list[tuple[str, Levels]]:
        """The records that have something in common with one, and how they agree with it; in order of code."""
        old = self._records.prepared(code)
        near: set[str] = set()
        for key in _keys(self.subjects[code].identity, self._records.telling):
            block = self._blocks.get(key, ())
            if len(block) <= _BLOCK:
                near.update(block)
        near.discard(code)
        return [(other, self._records.compare(old, self._records.prepared(other))) for other in sorted(near)]

    def of(self, code: str) -> Correlation:
        """What is found for one record."""
        old = self._records.prepared(code)
        weighed = [self._weigh(old, other, levels) for other, levels in self.compared(code)]
        total = NOBODY + sum(2.0**one.bits for one in weighed)
        ranked = sorted(weighed, key=lambda one: (-round(one.bits, 6), one.code))
        candidates = tuple(
            Candidate(
                one.code,
                round(one.bits, 6),
                round(2.0**one.bits / total, 6),
                one.levels,
                _weights(one.levels),
            )
            for one in ranked[:MOST]
        )
        if not candidates:
            return Correlation(code, Decision.NONE, "nobody has anything in common", 0.0, ())
        first = candidates[0]
        rest = total - 2.0**first.bits
        odds = first.bits - math.log2(max(rest, _SHIFT))
        decision, rule = self._decide(old, first, odds, self._has_other_parent(first, weighed))
        return Correlation(code, decision, rule, round(odds, 6), candidates)

    # -- weighing --------------------------------------------------------------------------------------------------

    def _weigh(self, old: Prepared, other: str, levels: Levels) -> _Weighed:
        logs = {name: sum(self._logs(name, levels, old)) for name in CLASSES}
        others = [_PRIOR_LOGS[name] + logs[name] for name in CLASSES if name != "same"]
        return _Weighed(other, logs["same"] - _log_sum(others), levels)

    def _logs(self, name: str, levels: Levels, old: Prepared) -> list[float]:
        """log2 of how likely each trait's level is in a class, in the order of TRAITS."""
        found = [table[level] for table, level in zip(_LOGS[name], levels.places, strict=True)]
        # Among people who have nothing to do with each other a name agrees as often as it is common.
        if name == "unrelated":
            if levels.given >= Agreement.PART:
                found[_GIVEN] = math.log2(self._common_given(old))
            if levels.surname >= Agreement.PART:
                found[_SURNAME] = math.log2(self._common_surname(old))
        return found

    def _common_given(self, old: Prepared) -> float:
        counts = self._records.given_counts
        seen = max((counts[words[0]] for names in old.givens for name in names if (words := words_of(name))), default=0)
        return (seen + _SEEN * _COMMON) / (self._total + _SEEN)

    def _common_surname(self, old: Prepared) -> float:
        counts = self._records.surname_counts
        seen = max((counts[word] for word in words_of(old.record.surname)), default=0)
        return (seen + _SEEN * _COMMON) / (self._total + _SEEN)

    # -- deciding --------------------------------------------------------------------------------------------------

    @staticmethod
    def _has_other_parent(first: Candidate, weighed: Iterable[_Weighed]) -> bool:
        """Whether a third record shares a child with the old one, under another given name: the other parent's, as a
        rule, which the candidate then is not."""
        return any(
            one.code != first.code
            and one.levels.given == Agreement.DIFFERENT
            and one.levels.level("children") in ("some", "all")
            for one in weighed
        )

    def _decide(self, old: Prepared, first: Candidate, odds: float, other_parent: bool) -> tuple[Decision, str]:
        levels, new = first.levels, self._records.prepared(first.code)
        pair = _Pair(old.record, new.record, levels, other_parent)
        if levels.level("sex") == "contradict":
            return Decision.NONE, "the sexes contradict"
        if odds < _PROPOSE:
            return Decision.NONE, "nobody is likely enough"
        if not pair.ties:
            return Decision.NONE, "nothing ties the two but the name"
        joint = len(old.givens) > 1 or len(new.givens) > 1
        if levels.given < Agreement.CLOSE and not (
            pair.has_both
            or (levels.given == Agreement.INITIAL and (pair.is_reached or levels.level("sex") == "agree"))
            or (joint and levels.given == Agreement.UNKNOWN and pair.is_reached)
        ):
            return Decision.NONE, "the given names do not agree"
        doubt = self._doubt(pair, odds)
        if joint:
            doubt = "a joint record"  # two people: which of them goes on with the account, a person says
        if doubt:
            return Decision.REVIEW, doubt
        return Decision.MATCH, "given name and ties agree, and nothing contradicts"

    def _doubt(self, pair: "_Pair", odds: float) -> str:
        """Why a person has to look; "" when nobody has to."""
        levels = pair.levels
        if levels.given == Agreement.INITIAL and not pair.initial_is_enough:
            return "only an initial agrees"
        if levels.given < Agreement.INITIAL:
            return "the given names do not agree"
        if levels.level("role") == "contradict":
            return "the two are not the same to the children"
        if self.subjects[pair.new.code].has_account and not pair.is_reached:
            return "the other is in use already, and shares neither email nor mobile"
        if levels.level("sex") != "agree" and not pair.is_named:
            return "the sex is not known"
        if not pair.is_certain:
            return "too little ties the two but the name"
        if odds < _SURE and not (pair.own_email or pair.own_mobile):
            return "not certain enough"
        return ""


class _Pair(NamedTuple):
    """Two records, and what ties them."""

    old: Identity
    new: Identity
    levels: Levels
    other_parent: bool  # is seen beside them

    @property
    def has_child(self) -> bool:
        return self.levels.level("children") in ("some", "all")

    @property
    def same_email(self) -> bool:
        """The same email stands as the email of both: not only as the username of one."""
        return bool(self.old.email) and self.old.email == self.new.email

    @property
    def own_email(self) -> bool:
        """The same email, nobody else has it, and the person's name is in it: a family's would be in nobody's."""
        return self.same_email and self.levels.level("email") == "own" and names_its_owner(self.new)

    @property
    def same_mobile(self) -> bool:
        return self.levels.level("mobile") in ("family", "own")

    @property
    def own_mobile(self) -> bool:
        """The same number, nobody else has it, and it is no number of a house."""
        return self.levels.level("mobile") == "own" and not is_of_a_house(self.new.mobile)

    @property
    def same_address(self) -> bool:
        return self.levels.level("address") == "same"

    @property
    def is_reached(self) -> bool:
        """Whether the two are reached at one email or number."""
        return self.same_mobile or self.levels.level("email") in ("family", "own")

    @property
    def has_both(self) -> bool:
        """Whether email and mobile are both theirs alone, and the surname and the sex agree."""
        agree = self.levels.level("sex") == "agree" and self.levels.surname == Agreement.SAME
        return self.own_email and self.own_mobile and agree

    @property
    def nothing_differs(self) -> bool:
        """Whether email and mobile are alike or not known, the address too or else the surname the same, and the two
        are the same to the child."""
        differs = any(self.levels.level(trait) == "different" for trait in ("email", "mobile"))
        differs = differs or (self.levels.level("address") == "different" and self.levels.surname != Agreement.SAME)
        return not differs and self.levels.level("role") == "same" and self.levels.level("sex") == "agree"

    @property
    def initial_is_enough(self) -> bool:
        """Whether an initial can be nobody else's: the sex is known, and email and mobile are the person's own, or one
        of them is and the other parent is somebody else."""
        if self.levels.level("sex") != "agree" or self.levels.surname != Agreement.SAME:
            return False
        return self.own_email + self.own_mobile + self.other_parent >= 2

    @property
    def is_named(self) -> bool:
        """Whether the name alone tells the two from each other's partners, where no sex does."""
        surname = self.levels.surname == Agreement.SAME
        if self.levels.given != Agreement.SAME:
            return surname and self.levels.given == Agreement.NICKNAME and self.own_email and self.own_mobile
        return self.own_email or self.own_mobile or (self.other_parent and surname)

    @property
    def ties(self) -> bool:
        return self.has_child or self.is_reached or self.same_address

    @property
    def is_certain(self) -> bool:
        """Whether what ties the two can't be a family's alone, as the given name agrees.

        Of two people with one given name (a new partner, a father and a son, a cousin) each has an email and a number.
        A like name is worth less than the same one: two mothers may be Jan and Jane.
        """
        if self.own_email or self.own_mobile:
            return True
        if not self.has_child:
            return False
        if self.levels.given == Agreement.SAME:
            return self.same_email or self.same_mobile or self.nothing_differs
        return self.other_parent and self.levels.surname == Agreement.SAME and (self.same_email or self.same_mobile)


def names_its_owner(record: Identity) -> bool:
    """Whether a given name stands in the email's local part, or the initial with the surname."""
    local = letters(record.email.partition("@")[0]).rstrip("0123456789")
    given = [letters(name) for names in given_names(record) for name in names]
    words = [word for names in given_names(record) for name in names for word in words_of(name)]
    if any(len(name) > 2 and name in local for name in (*given, *words)):
        return True
    surname = letters(record.surname)
    initials = {name[0] for name in given if name}
    # An s behind the name is its plural as a rule: "the Taumuas", not Semisi Taumua.
    return bool(surname) and any(
        local.startswith(f"{initial}{surname}") or (local == f"{surname}{initial}" and initial != "s")
        for initial in initials
    )


def _keys(record: Identity, telling: Callable[[str], str]) -> Iterable[tuple[str, str]]:
    """What a record is looked up by: each value that ties, and the name. `telling` blanks what too many have."""
    keys = [("child", bond.code) for bond in record.children]
    keys += [("email", value) for value in (record.email, record.username) if "@" in value and telling(value)]
    keys += [(what, value) for what, value in (("mobile", record.mobile), ("address", record.address)) if value]
    surname = words_of(record.surname)
    if surname:
        for name in (record.given_name, record.preferred_name):
            if words := words_of(name):
                keys.append(("name", f"{words[0][:3]} {surname[-1]}"))
    return dict.fromkeys(keys)


def _weights(levels: Levels) -> tuple[tuple[str, float], ...]:
    """What each trait says by itself: log2 of how much likelier its level is of one person than of two."""
    found = [(trait, _ALONE[trait][place]) for trait, place in zip(TRAITS, levels.places, strict=True)]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))


def _log_sum(logs: Iterable[float]) -> float:
    """log2 of the sum of what the logarithms stand for."""
    values = list(logs)
    most = max(values)
    return most + math.log2(sum(2.0 ** (value - most) for value in values))


_LOGS: Mapping[str, tuple[tuple[float, ...], ...]] = {
    name: tuple(tuple(math.log2(p) for p in WEIGHTS[name][trait]) for trait in TRAITS) for name in CLASSES
}
_PRIOR_LOGS: Mapping[str, float] = {name: math.log2(PRIORS[name]) for name in CLASSES if name != "same"}
_ALONE: Mapping[str, tuple[float, ...]] = {
    trait: tuple(
        round(math.log2(same / sum(prior * WEIGHTS[name][trait][place] for name, prior in PRIORS.items())), 3)
        for place, same in enumerate(WEIGHTS["same"][trait])
    )
    for trait in TRAITS
}
_GIVEN, _SURNAME = list(TRAITS).index("given"), list(TRAITS).index("surname")
