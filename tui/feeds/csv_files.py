"""The CSV folder: contacts.csv, students.csv and links.csv, and perhaps link_history.csv and staff.csv.

This is the program's own format, for a school that can export what it likes. The columns are documented in
docs/; here stands which of them fills which field and what its cells may say.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui.domain.problems import Problems, quoted
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.errors import InputRefused
from tui.feeds.cells import (
    parse_access,
    parse_date,
    parse_moment,
    parse_no_unless_said,
    parse_status,
    parse_whole,
    parse_yes_unless_said,
)
from tui.feeds.folders import find_files, size_of, taken_at
from tui.feeds.rows import Field, R, Shape, code, read
from tui.feeds.tables import Meter, Table, open_table
from tui.text import clean, join_and

CONTACTS = Shape(
    RecordKind.CONTACTS,
    ContactRecord,
    (
        code("code"),
        Field("title"),
        Field("salutation"),
        Field("given_name", needed=True),
        Field("preferred_name"),
        Field("surname", needed=True),
        Field("gender"),
        Field("email"),
        Field("mobile"),
        Field("address"),
        Field("suburb"),
        Field("postcode"),
        Field("contact_type"),
        Field("internally_managed", absent=False, parse=parse_no_unless_said),
        Field("username", absent=None),
        Field("last_login", absent=None, parse=parse_moment, varied=True),
    ),
)
STUDENTS = Shape(
    RecordKind.STUDENTS,
    StudentRecord,
    (
        code("code"),
        Field("given_name", needed=True),
        Field("preferred_name"),
        Field("surname", needed=True),
        Field("year_level"),
        Field("status", parse=parse_status, needed=True),
        Field("exit_date", parse=parse_date),
        Field("email"),
        Field("custody_note"),
        Field("username", absent=None),
    ),
)
LINKS = Shape(
    RecordKind.LINKS,
    LinkRecord,
    (
        code("student_code"),
        code("contact_code"),
        Field("relationship", key=True),
        Field("priority", absent=None, parse=parse_whole),
        Field("portal_access", absent=None, parse=parse_access),
    ),
)
LINK_HISTORY = Shape(
    RecordKind.LINK_HISTORY,
    LinkHistoryRecord,
    (
        code("student_code"),
        code("contact_code"),
        Field("relationship", key=True),
        Field("removed_on", parse=parse_date, needed=True),
    ),
)
STAFF = Shape(
    RecordKind.STAFF,
    StaffRecord,
    (
        code("code"),
        Field("title"),
        Field("given_name"),
        Field("surname"),
        Field("email"),
        Field("username", absent=None),
        # Not said is not "no": an account is kept until somebody says that its owner has gone.
        Field("employed", absent=True, parse=parse_yes_unless_said),
    ),
)
SHAPES: tuple[Shape[Any], ...] = (CONTACTS, STUDENTS, LINKS, LINK_HISTORY, STAFF)
REQUIRED_FILES = ("contacts.csv", "students.csv", "links.csv")
FILES = tuple(f"{shape.kind.value}.csv" for shape in SHAPES)
# Optional columns without which a great deal is not known: their absence is said, not passed over.
TELLING = (
    (RecordKind.CONTACTS, "username", "who has an account"),
    (
        RecordKind.LINKS,
        "portal_access",
        "who may have access, so accounts are kept and nobody new is ready to provision",
    ),
)
"""The kind, the column, and what a feed without it does not say."""


class CsvFeed:
    """A Roster read from a CSV folder. Headers are checked at once, rows as they are asked for (once)."""

    def __init__(self, folder: Path) -> None:
        found = find_files(folder, FILES)
        missing = [name for name in REQUIRED_FILES if name not in found]
        if missing:
            there = [found[name].name for name in FILES if name in found]
            raise InputRefused(
                f"The folder {clean(str(folder))} has no {join_and(missing)}.",
                means=(f"It has {join_and(there)}. " if there else "")
                + "Nobody's status can be told without contacts, students and links. Nothing was imported.",
                todo=f"Export {join_and(list(REQUIRED_FILES))} into one folder and give that folder.",
            )
        self.problems = Problems()
        self._tables: dict[RecordKind, Table] = {}
        self._meter = Meter(size_of(found.values()))
        self.ignored_columns: dict[str, tuple[str, ...]] = {}
        """By file name: the columns that mean nothing to this feed and were not read."""
        for shape in SHAPES:
            path = found.get(f"{shape.kind.value}.csv")
            if path is None:
                continue
            table = replace(open_table(path), meter=self._meter).require(shape.needed, shape.columns)
            self._tables[shape.kind] = table
            if ignored := table.ignored(shape.columns):
                self.ignored_columns[table.file] = ignored
        self.description = RosterDescription(
            feed="csv",
            source=str(folder.absolute()),
            paths=tuple(table.path for table in self._tables.values()),
            # Staff and link history are often exported once and kept: they don't date the extract.
            taken_at=taken_at(
                [self._tables[kind].path for kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS)]
            ),
            files={kind: table.file for kind, table in self._tables.items()},
            columns={
                shape.kind: shape.columns.intersection(self._tables[shape.kind].columns)
                for shape in SHAPES
                if shape.kind in self._tables
            },
        )

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(
            f"{table.file} has no column {column}{self._say_unread(table.file)}: it does not say {what}."
            for kind, column, what in TELLING
            if column not in (table := self._tables[kind]).columns
        )

    def _say_unread(self, file: str) -> str:
        # A column that is there under another name is the usual cause: naming what was not read shows it.
        names = [quoted(name) for name in self.ignored_columns.get(file, ())]
        return f" ({join_and(names, most=5)} {'is' if len(names) == 1 else 'are'} not read)" if names else ""

    @property
    def share(self) -> float:
        return self._meter.share

    def contacts(self) -> Iterator[ContactRecord]:
        return self._read(CONTACTS)

    def students(self) -> Iterator[StudentRecord]:
        return self._read(STUDENTS)

    def links(self) -> Iterator[LinkRecord]:
        return self._read(LINKS)

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return self._read(LINK_HISTORY)

    def staff(self) -> Iterator[StaffRecord]:
        return self._read(STAFF)

    def _read(self, shape: Shape[R]) -> Iterator[R]:
        table = self._tables.get(shape.kind)
        return read(table, shape, self.problems) if table else iter(())
