"""A roster that is already in memory: what the demo school makes, and what tests write by hand.

Nothing is read, checked or cleaned here; whoever makes the records answers for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tui.domain.problems import Problems
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    Record,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)

_RECORD_TYPES: dict[RecordKind, type[Record]] = {
    RecordKind.CONTACTS: ContactRecord,
    RecordKind.STUDENTS: StudentRecord,
    RecordKind.LINKS: LinkRecord,
    RecordKind.LINK_HISTORY: LinkHistoryRecord,
    RecordKind.STAFF: StaffRecord,
}
# In these columns None means that the feed has no such column, so None in every record takes the column away.
_ABSENT_WHEN_NONE = ("username", "last_login")


class InMemoryRoster:
    """A Roster over records held as tuples.

    `description.files` and `description.columns` may be left empty: each kind that has records is then
    present, under its own name, with all the columns of its kind (less `username`, `last_login` where every
    record has None there). To say that a kind is present but has no rows, name it in `description.files`.
    """

    def __init__(
        self,
        description: RosterDescription,
        *,
        contacts: Iterable[ContactRecord] = (),
        students: Iterable[StudentRecord] = (),
        links: Iterable[LinkRecord] = (),
        link_history: Iterable[LinkHistoryRecord] = (),
        staff: Iterable[StaffRecord] = (),
    ) -> None:
        self._contacts = tuple(contacts)
        self._students = tuple(students)
        self._links = tuple(links)
        self._link_history = tuple(link_history)
        self._staff = tuple(staff)
        self._problems = Problems()
        given: dict[RecordKind, Sequence[Record]] = {
            RecordKind.CONTACTS: self._contacts,
            RecordKind.STUDENTS: self._students,
            RecordKind.LINKS: self._links,
            RecordKind.LINK_HISTORY: self._link_history,
            RecordKind.STAFF: self._staff,
        }
        files = {kind: kind.value for kind, records in given.items() if records} | dict(description.files)
        columns = {kind: columns_of(kind, given[kind]) for kind in files} | dict(description.columns)
        self._description = replace(description, files=files, columns=columns)

    @property
    def description(self) -> RosterDescription:
        return self._description

    @property
    def problems(self) -> Problems:
        return self._problems

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    @property
    def share(self) -> None:
        return None

    @property
    def ignored_columns(self) -> dict[str, tuple[str, ...]]:
        return {}

    def contacts(self) -> Iterator[ContactRecord]:
        return iter(self._contacts)

    def students(self) -> Iterator[StudentRecord]:
        return iter(self._students)

    def links(self) -> Iterator[LinkRecord]:
        return iter(self._links)

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return iter(self._link_history)

    def staff(self) -> Iterator[StaffRecord]:
        return iter(self._staff)


def columns_of(kind: RecordKind, records: Sequence[Record]) -> frozenset[str]:
    """The columns that `records` of `kind` carry, as field names."""
    columns = set(_RECORD_TYPES[kind]._fields) - {"line", "named_by"}
    for name in _ABSENT_WHEN_NONE:
        if name in columns and records and all(getattr(record, name) is None for record in records):
            columns.discard(name)
    return frozenset(columns)
