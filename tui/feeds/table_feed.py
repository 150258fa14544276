"""A roster whose kinds each come from rows that are already columns of ours: mapped files, queries, mapped queries.

What is told of them, and what is held open while they are read, is the same for all three.
"""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from tui.domain.problems import Problems
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.feeds.csv_files import TELLING
from tui.feeds.rows import R, Rows, Shape, read


class TableFeed:
    """A Roster over rows, by kind; a kind may have several parts, read one after another."""

    def __init__(
        self,
        description: RosterDescription,
        parts: Mapping[RecordKind, Sequence[Rows]],
        shapes: Mapping[RecordKind, Shape[Any]],
        problems: Problems,
        *,
        ignored_columns: Mapping[str, tuple[str, ...]] | None = None,
        share: Callable[[], float | None] = lambda: None,
        notes: Callable[[], Sequence[str]] = lambda: (),
        contact_types: dict[str, str] | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """`contact_types` is filled from the contacts where the links need it; `close` lets go of what is held open."""
        self.description = description
        self.problems = problems
        self.ignored_columns: Mapping[str, tuple[str, ...]] = ignored_columns or {}
        self._parts = parts
        self._shapes = shapes
        self._share = share
        self._notes = notes
        self._contact_types = contact_types
        self._types_known = False
        self._left = set(RecordKind)
        self._closing = weakref.finalize(self, close)

    @property
    def notes(self) -> tuple[str, ...]:
        absent = [
            f"{', '.join(dict.fromkeys(rows.file for rows in self._parts[kind]))} does not say {what}: no column for "
            f"{column}."
            for kind, column, what in TELLING
            if column not in self.description.filled(kind)
        ]
        return (*absent, *filter(None, self._notes()))

    @property
    def share(self) -> float | None:
        return self._share()

    def close(self) -> None:
        """Let go of the database, where one is held open; done by itself once everything was read."""
        self._closing()

    def contacts(self) -> Iterator[ContactRecord]:
        shape: Shape[ContactRecord] = self._shapes[RecordKind.CONTACTS]
        records = self._read(shape)
        return records if self._contact_types is None else self._remembering(records, self._contact_types)

    def students(self) -> Iterator[StudentRecord]:
        shape: Shape[StudentRecord] = self._shapes[RecordKind.STUDENTS]
        return self._read(shape)

    def links(self) -> Iterator[LinkRecord]:
        shape: Shape[LinkRecord] = self._shapes[RecordKind.LINKS]
        if self._contact_types is not None and not self._types_known:
            self._learn_types(self._contact_types)
        return self._read(shape)

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        shape: Shape[LinkHistoryRecord] = self._shapes[RecordKind.LINK_HISTORY]
        return self._read(shape)

    def staff(self) -> Iterator[StaffRecord]:
        shape: Shape[StaffRecord] = self._shapes[RecordKind.STAFF]
        return self._read(shape)

    def _read(self, shape: Shape[R]) -> Iterator[R]:
        def parts() -> Iterator[Iterator[R]]:
            for rows in self._parts.get(shape.kind, ()):
                yield read(rows, shape, self.problems)
            self._left.discard(shape.kind)
            if not self._left:
                self.close()

        return chain.from_iterable(parts())

    def _remembering(self, records: Iterator[ContactRecord], types: dict[str, str]) -> Iterator[ContactRecord]:
        for record in records:
            types[record.code] = record.contact_type
            yield record
        self._types_known = True

    def _learn_types(self, types: dict[str, str]) -> None:
        """For links that are read before every contact was; what is wrong with contacts is told when they are read."""
        for rows in self._parts[RecordKind.CONTACTS]:
            shape: Shape[ContactRecord] = self._shapes[RecordKind.CONTACTS]
            types.update((record.code, record.contact_type) for record in read(rows, shape, Problems()))
        self._types_known = True
