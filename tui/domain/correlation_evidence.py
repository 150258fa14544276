"""What correlation found, in words: the evidence for and against a pair, and what became of the person's record."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from tui.domain import reasons
from tui.domain.correlation import Candidate, Correlation, Decision
from tui.domain.correlation_levels import TRAITS, Levels
from tui.domain.identity import Identity
from tui.domain.names import Agreement
from tui.text import join_and

_LITTLE = 0.1  # bits: what weighs less says nothing


class Cause(StrEnum):
    """Why a person has an old record and a new one."""

    CODE_CHANGE = "code change"
    NAME_CHANGE = "name change"
    FAMILY_SPLIT = "family split"
    MISPLACED = reasons.MISPLACED
    NOBODY = "nobody"


def cause_of(old: Identity, new: Identity | None, correlation: Correlation) -> Cause:
    """The cause of a pair that is proposed; NOBODY where none is."""
    if new is None or correlation.decision is Decision.NONE:
        return Cause.NOBODY
    if old.is_joint != new.is_joint:
        return Cause.FAMILY_SPLIT
    if not old.children:
        return Cause.MISPLACED
    surname = correlation.candidates[0].levels.surname
    return Cause.NAME_CHANGE if surname in (Agreement.DIFFERENT, Agreement.PART) else Cause.CODE_CHANGE


def evidence(old: Identity, new: Identity, candidate: Candidate) -> tuple[str, ...]:
    """Each trait that says something, what speaks most for the pair first: `+ same address`, `- another mobile`."""
    found = []
    for trait, weight in candidate.weights:
        words = _WORDS[trait].get(candidate.levels.level(trait), "")
        if words and abs(weight) >= _LITTLE:
            sign = "+" if weight > 0 else "-"
            found.append(f"{sign} {_filled(words, old, new, candidate)}")
    return tuple(found)


def digest_of(levels: Levels) -> str:
    """Names the evidence of a pair: the same as long as the two agree in the same way, trait by trait.

    What was said of a pair holds on this evidence. How common a name is has no part in it: that changes every day.
    """
    said = " ".join(f"{trait}={levels.level(trait)}" for trait in TRAITS)
    children = ",".join(sorted({bond.code for bond in levels.shared}))
    return hashlib.sha256(f"{said} {children}".encode()).hexdigest()[:16]


def _filled(words: str, old: Identity, new: Identity, candidate: Candidate) -> str:
    names = [bond.name for bond in candidate.levels.shared]
    return words.format(
        old=old,
        new=new,
        children=join_and(list(dict.fromkeys(names)), most=3),
        old_said=old.title or old.gender or "one sex",
        new_said=new.title or new.gender or "the other",
    )


_SPELT = {
    "different": "{what} {{old.{field}}} against {{new.{field}}}",
    "initial": "initial of the {what} agrees ({{old.{field}}}, {{new.{field}}})",
    "close": "{what} a little like the other ({{old.{field}}}, {{new.{field}}})",
    "near": "{what} spelt nearly the same ({{old.{field}}}, {{new.{field}}})",
    "part": "part of the {what} is the same ({{old.{field}}}, {{new.{field}}})",
    "nickname": "{what} said for the other ({{old.{field}}}, {{new.{field}}})",
    "same": "same {what} {{new.{field}}}",
}


def _spelt(what: str, field: str) -> Mapping[str, str]:
    return {level: words.format(what=what, field=field) for level, words in _SPELT.items()}


_WORDS: Mapping[str, Mapping[str, str]] = {
    "given": _spelt("given name", "given_name"),
    "surname": _spelt("surname", "surname"),
    "sex": {"agree": "same sex", "contradict": "{old_said} against {new_said}"},
    "email": {
        "own": "same email, which nobody else has",
        "family": "same email, which others have too",
        "alike": "emails are alike",
        "different": "another email",
    },
    "mobile": {
        "own": "same mobile, which nobody else has",
        "family": "same mobile, which others have too",
        "near": "mobiles differ by one slip of a digit",
        "different": "another mobile",
    },
    "address": {"same": "same address", "different": "another address"},
    "children": {"all": "shares {children}", "some": "shares {children}, but not all", "none": "no child in common"},
    "role": {"same": "the same to the children", "contradict": "not the same to the children"},
}
