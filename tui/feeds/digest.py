"""Whether two readings of a feed gave the same records, for feeds that have no files to compare."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from tui.domain.problems import Problems
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    Record,
    Roster,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.feeds.rows import R

_BITS = 256


class Digested:
    """A roster that is handed through, with a digest of all that passed; the order in which it came does not count."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._sum = 0

    @property
    def digest(self) -> str:
        """Of every record and every problem so far."""
        problems = sorted(map(str, self.roster.problems))
        return hashlib.sha256(f"{self._sum:x} {problems!r}".encode()).hexdigest()

    @property
    def description(self) -> RosterDescription:
        return self.roster.description

    @property
    def problems(self) -> Problems:
        return self.roster.problems

    @property
    def notes(self) -> tuple[str, ...]:
        return self.roster.notes

    @property
    def ignored_columns(self) -> Mapping[str, tuple[str, ...]]:
        return self.roster.ignored_columns

    @property
    def share(self) -> float | None:
        return self.roster.share

    def contacts(self) -> Iterator[ContactRecord]:
        return self._passing(self.roster.contacts())

    def students(self) -> Iterator[StudentRecord]:
        return self._passing(self.roster.students())

    def links(self) -> Iterator[LinkRecord]:
        return self._passing(self.roster.links())

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return self._passing(self.roster.link_history())

    def staff(self) -> Iterator[StaffRecord]:
        return self._passing(self.roster.staff())

    def _passing(self, records: Iterable[R]) -> Iterator[R]:
        for record in records:
            # A sum, because a database may give the same rows in another order; the row's number is left out.
            self._sum = (self._sum + _number(record)) % (1 << _BITS)
            yield record


def _number(record: Record) -> int:
    said = repr((type(record).__name__, *record[1:])).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(said).digest(), "big")
