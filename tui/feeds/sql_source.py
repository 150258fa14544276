"""What a feed by SQL asks of a database, whichever it is; and how values become the text that a CSV cell would be."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol
from uuid import UUID

FETCHED = 2048
"""The rows that are fetched at once: a round trip for each few would take most of the time."""
LONGEST_CELL = 131_072
"""As in a CSV file."""


class Source(Protocol):
    """A database that is read in one transaction, opened for reading alone."""

    @property
    def shown(self) -> str:
        """Where it is, without anything secret."""
        ...

    @property
    def taken_at(self) -> datetime:
        """The moment that its content is true of, in UTC."""
        ...

    def columns(self, query: str) -> tuple[str, ...]:
        """The columns that a statement gives, without running it. Raises QueryFailed."""
        ...

    def rows(self, query: str) -> Iterator[Sequence[Sequence[object]]]:
        """The rows of a statement, many at a time. Raises QueryFailed."""
        ...

    def close(self) -> None: ...


class QueryFailed(Exception):
    """A statement failed: why in words without a value of any row, and where in it (counted from one, 0: nowhere)."""

    def __init__(self, why: str, position: int = 0, todo: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.position = position
        self.todo = todo


class NoText(ValueError):
    """A value that no cell could hold; says in words what it is."""


class Undecodable:
    """Text of a database that is not UTF-8."""


def as_text(value: object) -> str:
    """A value as the text of a CSV cell: nothing is blank, dates are ISO, true is yes. Raises NoText."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | UUID):
        return str(value)
    if isinstance(value, float):
        # A code in a column without a type often comes as 123.0.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Undecodable):
        raise NoText("text that is not UTF-8")
    raise NoText("bytes, not text" if isinstance(value, bytes | bytearray | memoryview) else "no plain value")
