"""Correlation: which other record is the same person's, for an account that is ready to revoke. Pure and explainable.

Two records are weighed as Fellegi and Sunter (1969) do, but with four classes instead of two: the same person, somebody
else of the same family, an unrelated person, and a namesake. With two, whatever a family shares would speak for the
ex-partner. The weights of a query's candidates are then normalised together with "nobody", for at most one is right.

What is certain enough is decided by rules that a person can read, and never by weight alone: see correlation_rules.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tui.domain.correlation_levels import TRAITS, Levels, Prepared, Records
from tui.domain.correlation_rules import Beside, Pair, decide, ruled_out
from tui.domain.correlation_rules import Decision as Decision
from tui.domain.correlation_weights import CLASSES, NOBODY, PRIORS, WEIGHTS
from tui.domain.identity import Identity
from tui.domain.names import Agreement, words_of

MOST = 3  # candidates that are named
_BLOCK = 60  # records that share a value: more tell nobody from anybody
# How common a name is, before this register has said anything: as if it had been seen so.
_SEEN, _COMMON = 500.0, 0.002
_SHIFT = 1e-9


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


class Weighed(NamedTuple):
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
        self._of_child: dict[str, list[str]] = {}
        for code in sorted(self.subjects):
            for bond in self.subjects[code].identity.children:
                self._of_child.setdefault(bond.code, []).append(code)
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
        decision, rule = self._decide(old, first, odds)
        return Correlation(code, decision, rule, round(odds, 6), candidates)

    # -- weighing --------------------------------------------------------------------------------------------------

    def _weigh(self, old: Prepared, other: str, levels: Levels) -> Weighed:
        logs = {name: sum(self._logs(name, levels, old)) for name in CLASSES}
        others = [_PRIOR_LOGS[name] + logs[name] for name in CLASSES if name != "same"]
        return Weighed(other, logs["same"] - _log_sum(others), levels)

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

    def _decide(self, old: Prepared, first: Candidate, odds: float) -> tuple[Decision, str]:
        new = self._records.prepared(first.code)
        if hopeless := ruled_out(first.levels, odds):
            return Decision.NONE, hopeless
        return decide(Pair(old, new, first.levels, self.subjects[first.code].has_account, self._beside(old, new)), odds)

    def _beside(self, old: Prepared, new: Prepared) -> tuple[Beside, ...]:
        """The other records of the children of either, in order of code."""
        codes = {code for child in old.children | new.children for code in self._of_child[child]}
        found = []
        for code in sorted(codes - {old.record.code, new.record.code}):
            subject, other = self.subjects[code], self._records.prepared(code)
            to_old, to_new = self._records.compare(old, other), self._records.compare(new, other)
            found.append(Beside(other, subject.eligible, subject.is_old, to_old, to_new))
        return tuple(found)


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
