"""How two names agree: the same, said for each other, spelt nearly so, an initial, or not at all.

Case, diacritics, hyphens and the order of words are nothing. The steps of nearness are Winkler's (1990), with the
bounds that matched best on school registers: .92 and .88 of the Jaro-Winkler similarity.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from tui.domain.identity import is_initial
from tui.domain.nicknames import said_for_each_other
from tui.text import fold

_NEAR, _CLOSE = 0.92, 0.88
_CUT = 3  # letters: what is left of a name that was cut short
_SHORTEST = 4  # letters: of shorter names one letter is another name
# What stands between the names of a person and is written or left out.
_WRITTEN_OR_NOT = "thi van de da di la le der den von bin binti bint al el ibn abu st o mc mac dos del della"
_PARTICLES = frozenset(_WRITTEN_OR_NOT.split())


class Agreement(IntEnum):
    """How two names agree, from least to most."""

    UNKNOWN = 0
    DIFFERENT = 1
    INITIAL = 2
    CLOSE = 3
    NEAR = 4
    PART = 5  # of a double name one is the same
    NICKNAME = 6
    SAME = 7


@lru_cache(maxsize=65536)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded; particles left out where something else is left."""
    words = tuple("".join(filter(str.isalnum, word)) for word in fold(name).replace("-", " ").replace("'", "").split())
    words = tuple(filter(None, words))
    return tuple(word for word in words if word not in _PARTICLES) or words


def compare_given(mine: Iterable[str], theirs: Iterable[str]) -> Agreement:
    """How the given names of two records agree, at their best: each may have a given name and then a preferred one.

    That two are called alike is worth no more than a nickname: Anne and Anna may both be Annie.
    """
    others = list(enumerate(theirs))
    return max(
        (
            min(_given(one, other), Agreement.NICKNAME) if at and place else _given(one, other)
            for at, one in enumerate(mine)
            for place, other in others
        ),
        default=Agreement.UNKNOWN,
    )


@lru_cache(maxsize=65536)
def _given(one: str, other: str) -> Agreement:
    mine, theirs = words_of(one), words_of(other)
    if not mine or not theirs:
        return Agreement.UNKNOWN
    if mine == theirs or "".join(mine) == "".join(theirs) or sorted(mine) == sorted(theirs):
        return Agreement.SAME
    first, second = mine[0], theirs[0]
    if not (is_initial(first) or is_initial(second)):
        shortest = min(len(mine), len(theirs))
        if mine[:shortest] == theirs[:shortest]:
            return Agreement.SAME  # a second name that one record leaves out
        if said_for_each_other(first, second):
            return Agreement.NICKNAME
        if not set(mine).isdisjoint(theirs):
            return Agreement.PART
    elif first[0] == second[0]:
        return Agreement.INITIAL
    return _spelt("".join(mine), "".join(theirs)) if len(mine) > 1 and len(theirs) > 1 else _spelt(first, second)


@lru_cache(maxsize=65536)
def compare_surnames(one: str, other: str) -> Agreement:
    """How two surnames agree."""
    mine, theirs = words_of(one), words_of(other)
    if not mine or not theirs:
        return Agreement.UNKNOWN
    if "".join(sorted(mine)) == "".join(sorted(theirs)) or "".join(mine) == "".join(theirs):
        return Agreement.SAME
    if not set(mine).isdisjoint(theirs):
        return Agreement.PART
    return _spelt("".join(mine), "".join(theirs))


def _spelt(one: str, other: str) -> Agreement:
    if min(len(one), len(other)) < _SHORTEST:
        # One letter is the least that can be wrong, and of a short name it is much.
        return Agreement.CLOSE if OSA.distance(one, other) == 1 or _begins(one, other) else Agreement.DIFFERENT
    similarity = JaroWinkler.similarity(one, other)
    if similarity >= _NEAR:
        return Agreement.NEAR
    return Agreement.CLOSE if similarity >= _CLOSE or _begins(one, other) else Agreement.DIFFERENT


def _begins(one: str, other: str) -> bool:
    """Whether one is the other cut short at either end: Raj and Rajesh, Preet and Harpreet."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _CUT and (long.startswith(short) or long.endswith(short))
