"""The first rows of a feed, as they would be imported: for a look before anything is compared."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from tui.domain.records import Record, RecordKind, Roster
from tui.text import clean

# What a record carries for the register, and what says nothing in a cell.
_INSIDE = ("line", "named_by")
_NOTHING: tuple[object, ...] = (None, "", False)


class Sample(NamedTuple):
    """The first rows of one kind: the fields that the feed fills, and the cells, cleaned."""

    kind: RecordKind
    file: str
    fields: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sample(roster: Roster, count: int) -> Iterator[Sample]:
    """At most `count` rows of each kind that the feed has. What is wrong with rows is then in `roster.problems`."""
    reads: dict[RecordKind, Callable[[], Iterator[Record]]] = {
        RecordKind.CONTACTS: roster.contacts,
        RecordKind.STUDENTS: roster.students,
        RecordKind.LINKS: roster.links,
        RecordKind.LINK_HISTORY: roster.link_history,
        RecordKind.STAFF: roster.staff,
    }
    for kind, read in reads.items():
        if kind not in roster.description.files:
            continue
        records: list[Record] = list(islice(read(), count))
        filled = roster.description.filled(kind)
        # Codes and what else the records carry stand beside the columns that a feed counts as filled.
        fields = (
            tuple(
                name
                for name in records[0]._fields
                if name in filled
                or (name not in _INSIDE and any(getattr(record, name) not in _NOTHING for record in records))
            )
            if records
            else tuple(sorted(filled))
        )
        rows = tuple(tuple(_said(getattr(record, name)) for name in fields) for record in records)
        yield Sample(kind, clean(roster.description.files[kind]), fields, rows)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else clean(str(value))
