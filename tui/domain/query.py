"""What is typed into a filter: words that must all occur, `field:word`, or `/a regular expression/`.

A person's text is one line a field, in the order of FIELDS, folded (case and diacritics off). Pure functions on text;
what is listed and in which order is not decided here.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from tui.text import clean, fold, join_and

FIELDS = ("name", "code", "email", "mobile", "username", "child", "reason", "type")
FIELD_END, ROW_END = "\n", "\x1e"
# What people also call a field.
_ALIASES = {"user": "username", "phone": "mobile", "children": "child", "student": "child", "why": "reason"}
_FEW = 40  # so many hits in a piece of text are looked up one by one; past that the piece is taken apart

Test = Callable[[str], bool]


class QueryError(Exception):
    """What was typed can't be looked for; says why in words for the person who typed it."""


class Query(NamedTuple):
    """A parsed filter. `words` must all occur somewhere; `tests` look at a whole row of text."""

    text: str
    words: tuple[bytes, ...]
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

    def hits(self, piece: bytes) -> list[int]:
        """The rows of a piece of text (rows apart by ROW_END, UTF-8) that fit, by their place in it."""
        if any(word not in piece for word in self.words):
            return []
        rarest = min(self.words, key=piece.count, default=b"")
        if rarest and piece.count(rarest) <= _FEW:
            found = _rows_with(piece, rarest)
        else:
            found = list(enumerate(piece.split(_END)))
        for word in self.words:
            found = [pair for pair in found if word in pair[1]]
        if not self.tests:
            return [number for number, _ in found]
        return [number for number, row in found if all(test(row.decode()) for test in self.tests)]


_END = ROW_END.encode()


def _rows_with(piece: bytes, word: bytes) -> list[tuple[int, bytes]]:
    found = []
    number, start = 0, 0
    at = piece.find(word)
    while at >= 0:
        number += piece.count(_END, start, at)
        first = piece.rfind(_END, 0, at) + 1
        end = piece.find(_END, at)
        end = len(piece) if end < 0 else end
        found.append((number, piece[first:end]))
        start = end
        at = piece.find(word, end)
    return found


def parse(text: str) -> Query:
    """The query of what was typed. Raises QueryError."""
    text = clean(text)
    if text.startswith("/"):
        return Query(text, (), tuple(filter(None, [_expression(text)])))
    words: list[bytes] = []
    tests: list[Test] = []
    for token in text.split():
        name, colon, rest = token.partition(":")
        if not (colon and name.isalpha()):
            words.append(fold(token).encode())
            continue
        field = _field(name)
        if not rest:
            continue  # still being typed
        folded = fold(rest)
        if rest.startswith("/"):
            expression = _expression(rest)
            tests += [_in_field(field, expression)] if expression else []
        else:
            words.append(folded.encode())
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
    return lambda row: test(row.split(FIELD_END)[field])


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
