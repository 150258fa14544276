"""The records that a feed hands up, and the roster that carries them.

One NamedTuple a kind, in the order of the register's staging tables. `line` is the line of the source file on which
the record starts (0 where there is none), so that an error found later can still name it. Text that a feed does
not have is "". Where absence and emptiness differ, absence is None:

    username, last_login      None: the feed has no such column (unknown); "": there is none (never logged in)
    portal_access             True yes, False no, None unknown (absent, blank, U or X)

Dates are ISO text (`2026-11-28`), moments ISO text in UTC (`2026-11-28T07:05:00+00:00`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from tui.domain.problems import Problems


class UserType(StrEnum):
    """Who an account belongs to (the Account Manager's user types)."""

    CONTACT = "contact"
    STUDENT = "student"
    STAFF = "staff"


class RecordKind(StrEnum):
    """The kinds of record in a feed; the value is also the name of the CSV file without its ending."""

    CONTACTS = "contacts"
    STUDENTS = "students"
    LINKS = "links"
    LINK_HISTORY = "link_history"
    STAFF = "staff"


class StudentStatus(StrEnum):
    """Where a student stands: only `enrolled` is at the school."""

    ENROLLED = "enrolled"
    LEFT = "left"
    FUTURE = "future"


class ContactRecord(NamedTuple):
    """A contact (parent, guardian). `code` is the sync key. `internally_managed`: True when not from the sync."""

    line: int
    code: str
    title: str = ""
    salutation: str = ""
    given_name: str = ""
    preferred_name: str = ""
    surname: str = ""
    gender: str = ""
    email: str = ""
    mobile: str = ""
    address: str = ""
    suburb: str = ""
    postcode: str = ""
    contact_type: str = ""
    internally_managed: bool = False
    username: str | None = None
    last_login: str | None = None


class StudentRecord(NamedTuple):
    """A student; `status` is a StudentStatus value, `exit_date` ISO text or ""."""

    line: int
    code: str
    given_name: str = ""
    preferred_name: str = ""
    surname: str = ""
    year_level: str = ""
    status: str = StudentStatus.ENROLLED.value
    exit_date: str = ""
    email: str = ""
    custody_note: str = ""
    username: str | None = None


class NamedBy(IntFlag):
    """Whose record names a link, where feeds have it on either: unknown is neither."""

    UNKNOWN = 0
    STUDENT = 1
    CONTACT = 2


class LinkRecord(NamedTuple):
    """A link between a student and a contact. One pair may have several, told apart by `relationship`.

    `named_by` is a NamedBy value. In a partial roster a blank `relationship` is the contact's type, whatever that is.
    """

    line: int
    student_code: str
    contact_code: str
    relationship: str = ""
    priority: int | None = None
    portal_access: bool | None = None
    named_by: int = NamedBy.UNKNOWN


class LinkHistoryRecord(NamedTuple):
    """A link that the admin system says was removed on `removed_on` (ISO date)."""

    line: int
    student_code: str
    contact_code: str
    relationship: str = ""
    removed_on: str = ""


class StaffRecord(NamedTuple):
    """A member of staff; `employed` decides whether the account is due."""

    line: int
    code: str
    title: str = ""
    given_name: str = ""
    surname: str = ""
    email: str = ""
    username: str | None = None
    employed: bool = True


class NamedCode(NamedTuple):
    """A code that a partial roster names without a record of a certain kind.

    `is_gone`: to be deleted, as a RecordKind value `kind`, "" for whatever it is. Else it has records of all three
    kinds of person, and only the one that the register knows it as is meant.
    """

    code: str
    kind: str = ""
    is_gone: bool = False


Record = ContactRecord | StudentRecord | LinkRecord | LinkHistoryRecord | StaffRecord


@dataclass(frozen=True)
class RosterDescription:
    """What a feed says of itself before its first record is read.

    `feed` is its name (`csv`, `oneroster`, `demo`); `source` the folder or file as the operator gave it; `taken_at`
    when the extract was made, in UTC (for files: the time of last change of the oldest of them); `files`
    the file name for each kind that is present; `columns` the columns found for each kind, in the feed's own
    names; `fields` the record fields that they fill, where those names are not the fields' own; `sync_rule` says in a
    sentence where portal access comes from when the links don't carry it; `paths` are the files that are read, none
    for a roster that is made. `partial`: it says only what changed since the last one, and comes from a PartialRoster;
    `access_by_type` is then the sync rule for contacts whose type it does not say. `spelt` is what the columns are
    called that fill a kind's codes, by field, where that is not the field's name.
    """

    feed: str
    source: str
    taken_at: datetime
    files: Mapping[RecordKind, str]
    columns: Mapping[RecordKind, frozenset[str]] = field(default_factory=dict)
    sync_rule: str = ""
    fields: Mapping[RecordKind, frozenset[str]] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    partial: bool = False
    access_by_type: Mapping[str, bool] = field(default_factory=dict)
    spelt: Mapping[RecordKind, Mapping[str, str]] = field(default_factory=dict)

    def filled(self, kind: RecordKind) -> frozenset[str]:
        """The fields of the records of a kind that this feed fills; the others say nothing."""
        return self.fields.get(kind, self.columns.get(kind, frozenset()))

    def told(self, kind: RecordKind, column: str) -> str:
        """What a column is called where the records come from, as problems name it."""
        return self.spelt.get(kind, {}).get(column, column)


class Roster(Protocol):
    """A feed's records, streamed: each method may be called once and reads the source as it goes.

    An iterator yields only records that passed the feed's own checks; every row that did not is in `problems` by
    the time the iterator ends. A kind that the feed does not have yields nothing and is not in `description.files`.
    """

    @property
    def description(self) -> RosterDescription: ...

    @property
    def problems(self) -> Problems: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the feed noticed and let pass, in sentences; known once everything has been read."""
        ...

    @property
    def ignored_columns(self) -> Mapping[str, tuple[str, ...]]:
        """By file name: the columns that mean nothing to this feed and are not read."""
        ...

    @property
    def share(self) -> float | None:
        """What part of its source has been read so far, 0 to 1; None where that can't be told."""
        ...

    def contacts(self) -> Iterator[ContactRecord]: ...

    def students(self) -> Iterator[StudentRecord]: ...

    def links(self) -> Iterator[LinkRecord]: ...

    def link_history(self) -> Iterator[LinkHistoryRecord]: ...

    def staff(self) -> Iterator[StaffRecord]: ...


@runtime_checkable
class PartialRoster(Roster, Protocol):
    """A roster of what changed: whoever is not in it is as before."""

    def named_codes(self) -> Iterator[NamedCode]:
        """Who is to be deleted, and who is named without saying as what."""
        ...
