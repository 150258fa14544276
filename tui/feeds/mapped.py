"""A roster through a mapping profile: from a folder of files as an admin system exports them, or from queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tui.domain.problems import Problems
from tui.domain.records import RecordKind, RosterDescription
from tui.errors import InputRefused
from tui.feeds.csv_files import SHAPES
from tui.feeds.folders import size_of, taken_at
from tui.feeds.mapping import Lookup, MappedRows, Seen, say_varied, sync_rule, with_meanings
from tui.feeds.profile_model import Profile, TableSource
from tui.feeds.rows import Rows, Shape
from tui.feeds.table_feed import TableFeed
from tui.feeds.tables import Meter, Table, open_table
from tui.text import clean, join_and

_REMEMBERED = 10_000
"""The problems that are compared with later ones; a file of rubbish fills no memory."""


@dataclass
class ToldOnce(Problems):
    """The problems of tables that several parts read: the same one is told once."""

    _told: set[tuple[str, int, str, str]] = field(default_factory=set)

    def add(self, file: str, line: int, column: str, message: str, also: Iterable[int] = ()) -> None:
        if (file, line, column, message) in self._told:
            return
        if len(self._told) < _REMEMBERED:
            self._told.add((file, line, column, message))
        super().add(file, line, column, message, also)


class MappedParts:
    """What each kind of record comes from, by a profile; columns are checked at once, rows read later."""

    def __init__(self, profile: Profile, tables: Mapping[str, Rows], absent: Callable[[str], InputRefused]) -> None:
        """`absent` says what is wrong where a table is needed that is not in `tables`. Raises InputRefused."""
        self.profile = profile
        self._contact_types: dict[str, str] = {}
        lookups: dict[tuple[str, str], Lookup] = {}
        read_as_records = {part.from_ for shape in SHAPES for part in profile.parts(shape.kind)}

        def rows_of(table: str) -> Rows:
            if table not in tables:
                raise absent(table)
            return tables[table]

        def lookup(table: str, key: str) -> Lookup:
            if (table, key) not in lookups:
                lookups[table, key] = Lookup(rows_of(table), key, profile.name, counted=table in read_as_records)
            return lookups[table, key]

        self._seen = {shape.kind: Seen(shape.kind) for shape in SHAPES}
        self.parts: dict[RecordKind, list[MappedRows]] = {
            shape.kind: [
                MappedRows(
                    profile, shape, part, rows_of(part.from_), lookup, self._seen[shape.kind], self._contact_types
                )
                for part in profile.parts(shape.kind)
            ]
            for shape in SHAPES
            if profile.parts(shape.kind)
        }

    def feed(
        self,
        name: str,
        source: str,
        taken: datetime,
        problems: Problems,
        *,
        paths: tuple[Path, ...] = (),
        share: Callable[[], float | None] = lambda: None,
        close: Callable[[], None] = lambda: None,
    ) -> TableFeed:
        """The roster over these parts."""
        files = {kind: join_and(list(dict.fromkeys(rows.file for rows in parts))) for kind, parts in self.parts.items()}
        rule = self.profile.access
        needs_types = rule is not None and rule.by == "contact_type"
        shapes: Mapping[RecordKind, Shape[Any]] = {shape.kind: with_meanings(shape, self.profile) for shape in SHAPES}
        seen = self._seen[RecordKind.CONTACTS]

        def notes() -> Sequence[str]:
            return [say_varied(seen, files[RecordKind.CONTACTS])]

        return TableFeed(
            RosterDescription(
                feed=name,
                source=source,
                taken_at=taken,
                files=files,
                # In our own names: another profile then loses a column only where it fills a field no more.
                columns={kind: frozenset(parts[0].columns) for kind, parts in self.parts.items()},
                sync_rule=sync_rule(self.profile),
                paths=paths,
                spelt={kind: _spelt(parts, shapes[kind]) for kind, parts in self.parts.items()},
            ),
            self.parts,
            shapes,
            problems,
            share=share,
            notes=notes,
            contact_types=self._contact_types if needs_types else None,
            close=close,
        )


def _spelt(parts: Sequence[MappedRows], shape: Shape[Any]) -> dict[str, str]:
    """What the columns of codes are called; parts may take one from several."""
    codes = [field.name for field in shape.fields if field.filled]
    return {name: " or ".join(dict.fromkeys(rows.told(name) for rows in parts)) for name in codes}


def holds(folder: Path, profile: Profile) -> bool:
    """Whether the folder has a file for every table of the profile."""
    try:
        names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError:
        return False
    tables = [table for table in profile.tables.values() if table.file]
    return bool(tables) and all(_matching(names, table) for table in tables)


def takes(profile: Profile, name: str) -> bool:
    """Whether a file of this name is one of the profile's tables."""
    return any(_matching([name], table) for table in profile.tables.values() if table.file)


def open_mapped(folder: Path, profile: Profile) -> TableFeed:
    """The roster in a folder of files, by a profile. Raises InputRefused."""
    shown = clean(str(folder))
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        raise InputRefused(
            f"The folder {shown} can't be read: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Give the folder that holds the export's files, and check that you may read it.",
        ) from error
    found: dict[str, Path] = {}
    for table, said in profile.tables.items():
        matching = _matching(names, said) if said.file else []
        if len(matching) > 1:
            raise InputRefused(
                f"The folder holds {join_and([clean(name) for name in matching], most=4)}, and the mapping profile "
                f"{profile.name} reads one {clean(said.file)}.",
                means="There is no telling which of them is meant. Nothing was imported.",
                todo="Take the older one away.",
            )
        if matching:
            found[table] = folder / matching[0]

    def absent(table: str) -> InputRefused:
        pattern = profile.tables[table].file
        return InputRefused(
            f"The folder {shown} has no "
            + (f"{clean(pattern)}" if pattern else f"file for the table {clean(table)}")
            + f", which the mapping profile {profile.name} reads.",
            means="Nothing was imported.",
            todo="Export it into the same folder, or name the right file in a profile of your own.",
        )

    otherwise = "" if profile.encoding == "utf-8" else profile.encoding
    meter = Meter()
    tables: dict[str, Table] = {name: replace(open_table(path, otherwise), meter=meter) for name, path in found.items()}
    parts = MappedParts(profile, tables, absent)
    reads = [part.from_ for shape in SHAPES for part in profile.parts(shape.kind)]
    reads += {join.table for shape in SHAPES for part in profile.parts(shape.kind) for join in part.join}
    meter.total = sum(size_of([found[name]]) for name in reads)
    used = dict.fromkeys(found[name] for name in reads)
    dating = [
        found[part.from_]
        for kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS)
        for part in profile.parts(kind)
    ]
    return parts.feed(
        "csv",
        str(folder.absolute()),
        taken_at(dating),
        ToldOnce(),
        paths=tuple(used),
        share=lambda: meter.share,
    )


def _matching(names: Sequence[str], table: TableSource) -> list[str]:
    """The names that a table's pattern takes, in any case of letters."""
    return [
        name
        for name in names
        if fnmatchcase(name.lower(), table.file.lower())
        and not (table.but_not and fnmatchcase(name.lower(), table.but_not.lower()))
    ]
