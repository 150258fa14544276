"""What is typed into a filter: words that must all occur, `field:word`, or `/a regular expression/`.

A person's text is one line a field, in the order of FIELDS, folded (case and diacritics off). Pure functions on text;
what is listed and in which order is not decided here.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import compress, repeat
from operator import contains
from typing import NamedTuple

from tui.text import clean, fold, join_and

FIELDS = ("name", "code", "email", "mobile", "username", "child", "reason", "type")
FIELD_END = "\n"
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
SAME = "="  # stands in the username's line when it is the email
_EMAIL, _USERNAME = FIELDS.index("email"), FIELDS.index("username")
# What people also call a field.
_ALIASES = {"user": "username", "phone": "mobile", "children": "child", "student": "child", "why": "reason"}

Test = Callable[[str], bool]


class QueryError(Exception):
    """What was typed can't be looked for; says why in words for the person who typed it."""


class Query(NamedTuple):
    """A parsed filter. `words` must all occur somewhere; `tests` look at a whole row of text."""

    text: str
    words: tuple[str, ...]
    tests: tuple[Test, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.tests)

    def narrows(self, other: "Query") -> bool:
        """Whether everybody that this finds is among those that `other` found: more was typed behind it."""
        return (
            not other.is_empty
            and not other.tests
            and self.text.startswith(other.text)
            and len(self.words) >= len(other.words)
            and all(mine.startswith(theirs) for mine, theirs in zip(self.words, other.words, strict=False))
        )

    @property
    def letters(self) -> frozenset[str]:
        """Those of LETTERS that occur in every row that fits."""
        return LETTERS.intersection("".join(self.words))

    @property
    def is_letters(self) -> bool:
        """Whether a row that has these letters fits, whatever else is in it."""
        return not self.tests and LETTERS.issuperset(self.words)

    def fits(self, rows: Sequence[str], among: bytes) -> bytes:
        """For each row of text 1 when it fits, else 0; only those are looked at that are 1 in `among`."""
        numbers = list(compress(range(len(rows)), among))
        # The longest word is the rarest as a rule, and leaves little to look at.
        for word in sorted(self.words, key=len, reverse=True):
            numbers = list(compress(numbers, map(contains, map(rows.__getitem__, numbers), repeat(word))))
        for test in self.tests:
            numbers = [number for number in numbers if test(rows[number])]
        found = bytearray(len(rows))
        for number in numbers:
            found[number] = 1
        return bytes(found)


def parse(text: str) -> Query:
    """The query of what was typed. Raises QueryError."""
    text = clean(text)
    if text.startswith("/"):
        return Query(text, (), tuple(filter(None, [_expression(text)])))
    words: list[str] = []
    tests: list[Test] = []
    for token in text.split():
        name, colon, rest = token.partition(":")
        if not (colon and name.isalpha()):
            words.append(fold(token))
            continue
        field = _field(name)
        if not rest:
            continue  # still being typed
        folded = fold(rest)
        if rest.startswith("/"):
            expression = _expression(rest)
            tests += [_in_field(field, expression)] if expression else []
        else:
            words.append(folded)
            tests.append(_in_field(field, _containing(folded)))
    return Query(text, tuple(words), tuple(tests))


def _field(name: str) -> int:
    name = name.lower()
    name = _ALIASES.get(name, name)
    if name not in FIELDS:
        near = [field for field in FIELDS if field.startswith(name[:1])]
        hint = f"Did you mean {near[0]}: ? " if near else ""
        raise QueryError(f"there is no field {name}. {hint}Fields are {join_and(list(FIELDS))}")
    return FIELDS.index(name)


def _containing(wanted: str) -> Test:
    return lambda value: wanted in value


def _in_field(field: int, test: Test) -> Test:
    return lambda row: test(_value(row, field))


def _value(row: str, field: int) -> str:
    values = row.split(FIELD_END)
    return values[_EMAIL] if field == _USERNAME and values[field] == SAME else values[field]


def _expression(text: str) -> Test | None:
    """`/.../`, the last slash may still be missing; None when there is nothing in it yet."""
    pattern = text[1:]
    if pattern.endswith("/") and not pattern.endswith("\\/"):
        pattern = pattern[:-1]
    if not pattern:
        return None
    # Rows have no diacritics; an expression's own letters lose theirs too, while its escapes keep their case.
    plain = "".join(c for c in unicodedata.normalize("NFKD", pattern) if not unicodedata.combining(c))
    try:
        found = re.compile(plain, re.IGNORECASE | re.MULTILINE)
    except re.error as error:
        raise QueryError(_say(pattern, error)) from error
    except (OverflowError, RecursionError) as error:
        raise QueryError("the expression is too large") from error
    return lambda row: found.search(row) is not None


def _say(pattern: str, error: re.error) -> str:
    meaning = {
        "unterminated character set": "a [ is not closed; write \\[ for the sign itself",
        "missing ), unterminated subpattern": "a ( is not closed; write \\( for the sign itself",
        "unbalanced parenthesis": "a ) closes nothing; write \\) for the sign itself",
        "nothing to repeat": "there is nothing before it to repeat; write \\* or \\+ for the sign itself",
        "multiple repeat": "two signs of repetition follow each other",
    }.get(error.msg, error.msg)
    at = (error.pos or 0) + 1
    if "bad escape" in error.msg:
        meaning = f"{error.msg.removeprefix('bad escape ')} means nothing"
    return f"not a regular expression, at character {min(at, len(pattern))}: {meaning}"
