"""Rows through a mapping profile: from the columns of an export to columns named as our fields.

What comes out is again rows, which tui.feeds.rows turns into records and checks like any others; a problem is told with
the column of the export. A batch is gone through column by column, as everywhere in feeds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import compress
from typing import Any

from tui.domain.problems import Problems, quoted
from tui.domain.records import RecordKind
from tui.errors import InputRefused
from tui.feeds.cells import BadCell
from tui.feeds.profile_files import RULED_BY, columns_in
from tui.feeds.profile_model import COLUMN_IN_TEXT, OTHERWISE, AccessRule, Condition, Fill, Part, Profile
from tui.feeds.rows import Field, Rows, Shape
from tui.feeds.tables import is_blank
from tui.text import clean, join_and, plural

Columns = Sequence[Sequence[str]]
Pick = Callable[[Columns, int], Sequence[str]]
MOST_JOINED = 1_000_000
"""The rows of a table that others are joined to; they are kept in memory."""
_JOINED = "joined"
"""The kind that rows of such a table are left out of; what depends on them is left out by its own key."""
# What may differ between two rows that name the same contact: where it lives, and what it is to each child.
_MAY_VARY = frozenset(("contact_type", "salutation", "address", "suburb", "postcode"))


class Lookup:
    """A table that others take columns from, by its key. It is read once, when the first row asks for it."""

    def __init__(self, rows: Rows, key: str, profile: str, *, counted: bool) -> None:
        """`counted`: its rows are read as records too, so what is wrong with them is told there."""
        self._rows = rows
        self._key = position(rows, key, profile)
        self._spelt = key
        self._counted = counted
        self._wanted: list[int] = []
        self.left_out = False
        """Whether rows were left out that can't be read: who is not found may be in one of these."""
        self._found: dict[str, tuple[str, ...]] | None = None

    def want(self, column: str, profile: str) -> int:
        """Where a column will stand in what is found."""
        at = position(self._rows, column, profile)
        if at not in self._wanted:
            self._wanted.append(at)
        return self._wanted.index(at)

    @property
    def width(self) -> int:
        """How many columns are wanted of it."""
        return len(self._wanted)

    @property
    def file(self) -> str:
        return self._rows.file

    def columns(self, keys: Sequence[str], problems: Problems) -> tuple[list[Sequence[str]], list[bool]]:
        """The wanted columns of the rows with these keys, blank where there is no such row; and where that is so for a
        key that is not blank."""
        if self._found is None:
            self._found = self._read(Problems(unit=problems.unit) if self._counted else problems)
        found, none = self._found, ("",) * len(self._wanted)
        keys = [key.strip() for key in keys]
        missed = [bool(key) and key not in found for key in keys]
        return list(zip(*(found.get(key, none) for key in keys), strict=True)), missed

    def _read(self, problems: Problems) -> dict[str, tuple[str, ...]]:
        before = problems.keyless.get(_JOINED, 0)
        found: dict[str, tuple[str, ...]] = {}
        for starts, rows in self._rows.batches(problems, (_JOINED,)):
            for number, row in zip(starts, rows, strict=True):
                key = row[self._key].strip()
                if not key:
                    continue
                if key in found:
                    raise InputRefused(
                        f"{self._rows.file}, {problems.unit} {number:,}, column {self._spelt}: {quoted(key)} stands "
                        "there twice.",
                        means="There is no telling which of the two rows is meant. Nothing was imported.",
                        todo="Correct it in the admin system, and have it read anew.",
                    )
                found[key] = tuple(row[at] for at in self._wanted)
            if len(found) > MOST_JOINED:
                raise InputRefused(
                    f"{self._rows.file} has more than {MOST_JOINED:,} rows to be joined.",
                    means="Nothing was imported.",
                    todo="Join the tables in the admin system's own report, and import that.",
                )
        self.left_out = problems.keyless.get(_JOINED, 0) > before
        return found


class Seen:
    """The records of a kind that were there before, for parts that take each once; shared by the parts of a kind."""

    def __init__(self, kind: RecordKind) -> None:
        self.varied = 0
        """Contacts whose rows differ in what may differ; the first row was taken."""
        self._may_vary = _MAY_VARY if kind is RecordKind.CONTACTS else frozenset[str]()
        self._seen: dict[tuple[str, ...], tuple[int, int]] = {}

    def is_new(self, fields: Sequence[str], key: tuple[str, ...], row: Sequence[str]) -> bool:
        """Whether to take the row: the first of its key, or one that contradicts it, which the checks then see."""
        steady = hash(tuple(cell for name, cell in zip(fields, row, strict=True) if name not in self._may_vary))
        marks = steady, hash(tuple(row))
        before = self._seen.setdefault(key, marks)
        if before is marks:
            return True
        self.varied += before != marks and before[0] == steady
        return before[0] != steady


class MappedRows:
    """The rows of one part of a profile, with our fields as columns."""

    def __init__(
        self,
        profile: Profile,
        shape: Shape[Any],
        part: Part,
        base: Rows,
        lookup: Callable[[str, str], Lookup],
        seen: Seen,
        contact_types: Mapping[str, str],
    ) -> None:
        """`lookup` gives a table to join by its name and key; `contact_types` the type of each contact, by its code."""
        self._base = base
        self._seen = seen if part.once else None
        self._profile = profile.name
        self._kind = shape.kind
        self._joined: list[tuple[int, Lookup]] = []
        self._on = [join.on for join in part.join]
        self._width = len(base.columns)
        self._places: dict[str, tuple[int, int]] = {}
        names: dict[str, Lookup] = {}
        for join in part.join:
            names[join.table] = found = lookup(join.table, join.key)
            self._joined.append((position(base, join.on, profile.name), found))
        self._names = names
        self._spelt = {name: (columns_in(fill) or [name])[0] for name, fill in part.columns.items()}
        self._conditions = [self._condition(condition) for condition in part.only_if]
        picks = {
            name: self._pick(fill, shape, name, profile.meanings(shape.kind, name))
            for name, fill in part.columns.items()
        }
        if shape.kind is RecordKind.LINKS and profile.access is not None:
            picks["portal_access"] = _ruled(profile.access, picks, contact_types)
        if shape.kind is RecordKind.LINKS:
            picks.pop(RULED_BY, None)
        self.columns = tuple(picks)
        self._picks = tuple(picks.values())
        self._keys = [self.columns.index(field.name) for field in shape.fields if field.name in picks and field.key]
        self._first = next(i for i, name in enumerate(self.columns) if name == shape.needed[0])

    @property
    def file(self) -> str:
        return self._base.file

    def index(self, column: str) -> int | None:
        return self.columns.index(column) if column in self.columns else None

    def told(self, column: str) -> str:
        return clean(self._spelt.get(column, column))

    def batches(self, problems: Problems, kinds: Sequence[str]) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        for starts, rows in self._base.batches(problems, kinds):
            wide: list[Sequence[str]] = list(zip(*rows, strict=True))
            missed: list[list[bool]] = []
            for at, lookup in self._joined:
                columns, not_found = lookup.columns(wide[at], problems)
                wide.extend(columns)
                missed.append(not_found)
            offsets = self._offsets()
            count = len(rows)
            # By the table whose columns decide: the base, then the joined ones.
            keep = [[True] * count for _ in offsets]
            for (table, at), holds in self._conditions:
                cells = wide[offsets[table] + at]
                keep[table] = [kept and holds(cell) for kept, cell in zip(keep[table], cells, strict=True)]
            if not all(map(str.strip, self._picks[self._first](wide, count))):
                # Constants would fill the row that Excel leaves behind.
                keep[0] = [kept and not is_blank(row) for kept, row in zip(keep[0], rows, strict=True)]
            for number, not_found in enumerate(missed):
                if any(not_found):
                    lost = self._lost(number, not_found, keep)
                    self._leave_out(number, lost, starts, wide, problems)
                    keep[0] = [kept and not gone for kept, gone in zip(keep[0], lost, strict=True)]
            kept_rows = list(map(all, zip(*keep, strict=True)))
            if not all(kept_rows):
                starts = list(compress(starts, kept_rows))
                wide = [list(compress(column, kept_rows)) for column in wide]
                count = len(starts)
            if not count:
                continue
            made = list(map(list, zip(*(pick(wide, count) for pick in self._picks), strict=True)))
            if self._seen is not None:
                starts, made = self._once(starts, made, self._seen)
            if made:
                yield starts, made

    def _lost(self, join: int, not_found: Sequence[bool], keep: Sequence[Sequence[bool]]) -> list[bool]:
        """Which of the rows that a joined table has nothing of are not to be taken.

        Where rows of that table were left out, any of them: the missing one may be among those. Else a link that hangs
        on it, which is a link to nobody; to other kinds the conditions are a filter, and what is not there is blank.
        """
        left_out = self._joined[join][1].left_out
        hangs = self._kind is RecordKind.LINKS
        return [
            gone and wanted and (left_out or (hangs and not passes))
            for gone, wanted, passes in zip(not_found, keep[0], keep[join + 1], strict=True)
        ]

    def _leave_out(
        self, join: int, lost: Sequence[bool], starts: Sequence[int], wide: Columns, problems: Problems
    ) -> None:
        """Note rows as left out by their keys; as bad ones, where it is not for a row of the joined table that is."""
        if not any(lost):
            return
        at, lookup = self._joined[join]
        some = [list(compress(column, lost)) for column in wide]
        lines = list(compress(starts, lost))
        if not lookup.left_out:
            for line, cell in zip(lines, some[at], strict=True):
                problems.add(self.file, line, clean(self._on[join]), f"{quoted(cell)} is not in {lookup.file}")
        for cells in zip(*(self._picks[at](some, len(lines)) for at in self._keys), strict=True):
            key = tuple(map(clean, cells))
            problems.skip(self._kind.value, key if all(key[:1]) else None)

    def _once(self, starts: Sequence[int], rows: list[list[str]], seen: Seen) -> tuple[Sequence[int], list[list[str]]]:
        new = [seen.is_new(self.columns, tuple(row[at].strip() for at in self._keys), row) for row in rows]
        return list(compress(starts, new)), list(compress(rows, new))

    def _offsets(self) -> list[int]:
        """Where the columns of the base and of each joined table begin."""
        offsets, width = [0], self._width
        for _, lookup in self._joined:
            offsets.append(width)
            width += lookup.width
        return offsets

    def _place(self, column: str) -> tuple[int, int]:
        """A column as (table, position): 0 is the base, then the joined ones in their order."""
        if (at := self._base.index(column.lower())) is not None:
            return 0, at
        table, dot, rest = column.partition(".")
        if dot and table in self._names:
            return 1 + list(self._names).index(table), self._names[table].want(rest, self._profile)
        return 0, position(self._base, column, self._profile)

    def _condition(self, condition: Condition) -> tuple[tuple[int, int], Callable[[str], bool]]:
        place = self._place(condition.column)
        if condition.filled is not None:
            wanted = condition.filled
            return place, lambda cell: bool(cell.strip()) is wanted
        words = {word.strip().casefold() for word in (condition.is_ or condition.not_ or ())}
        inside = condition.is_ is not None
        return place, lambda cell: (cell.strip().casefold() in words) is inside

    def _pick(self, fill: str | Fill, shape: Shape[Any], name: str, meanings: Mapping[str, str]) -> Pick:
        field = next((field for field in shape.fields if field.name == name), None)
        if isinstance(fill, Fill) and fill.constant is not None:
            constant = fill.constant
            return lambda wide, count: [constant] * count
        if isinstance(fill, Fill):
            pick = self._text(fill.text or "", is_code=field is not None and field.filled)
        else:
            pick = self._column(fill)
        if not meanings or field is None or field.parse:
            return pick  # where cells are parsed, that is where they get their meaning
        known, otherwise = _folded(meanings), meanings.get(OTHERWISE)

        def renamed(cell: str) -> str:
            said = cell.strip()
            return known.get(said.casefold(), otherwise if otherwise is not None and said else cell)

        return lambda wide, count: list(map(renamed, pick(wide, count)))

    def _column(self, column: str) -> Pick:
        table, at = self._place(column)
        if table == 0:
            return lambda wide, count: wide[at]
        return lambda wide, count: wide[self._offsets()[table] + at]

    def _text(self, text: str, *, is_code: bool) -> Pick:
        """Text with columns in it. A code with any of them blank is blank: half a code would name somebody else."""
        pieces = COLUMN_IN_TEXT.split(text)
        picks = [self._column(name) for name in pieces[1::2]]
        between = pieces[::2]

        def made(cells: tuple[str, ...]) -> str:
            stripped = [cell.strip() for cell in cells]
            if is_code and not all(stripped):
                return ""
            parts = [between[0]]
            for cell, after in zip(stripped, between[1:], strict=True):
                parts += (cell, after)
            return "".join(parts).strip() if any(stripped) else ""

        return lambda wide, count: list(map(made, zip(*(pick(wide, count) for pick in picks), strict=True)))


def _ruled(rule: AccessRule, picks: Mapping[str, Pick], contact_types: Mapping[str, str]) -> Pick:
    """Portal access by the sync rule: yes, no, or blank for unknown."""
    said = {**{_fold(word): "yes" for word in rule.yes}, **{_fold(word): "no" for word in rule.no}}
    if rule.by in picks:
        by = picks[rule.by]
        return lambda wide, count: [said.get(_fold(cell), "") for cell in by(wide, count)]
    codes = picks["contact_code"]
    return lambda wide, count: [said.get(_fold(contact_types.get(code.strip(), "")), "") for code in codes(wide, count)]


def sync_rule(profile: Profile) -> str:
    """The sync rule in a sentence, "" when the links carry their own access."""
    rule = profile.access
    if rule is None:
        return ""
    by = "contact type" if rule.by == "contact_type" else "relationship"
    gives = f"gives portal access to {by} {_listed(rule.yes)}" if rule.yes else f"gives portal access to no {by}"
    takes = f", none to {_listed(rule.no)}" if rule.no else ""
    return (
        f"The links carry no access flag; the sync rule of profile {profile.name} {gives}{takes}; "
        "of all others it is not known."
    )


def _listed(words: Sequence[str]) -> str:
    return join_and([clean(word) for word in words], most=8)


def with_meanings(shape: Shape[Any], profile: Profile) -> Shape[Any]:
    """The shape of a kind whose cells are read through the profile's values."""

    def meant(field: Field) -> Field:
        meanings = profile.meanings(shape.kind, field.name)
        return (
            field._replace(parse=_meaning(field.parse, meanings, profile.name)) if meanings and field.parse else field
        )

    return Shape(shape.kind, shape.record, tuple(map(meant, shape.fields)))


def _meaning(parse: Callable[[str], object], meanings: Mapping[str, str], profile: str) -> Callable[[str], object]:
    known = {cell: parse(meaning) for cell, meaning in _folded(meanings).items()}
    names = join_and([clean(cell) or "blank" for cell in meanings if cell != OTHERWISE], most=8)
    other = (parse(meanings[OTHERWISE]),) if OTHERWISE in meanings else ()

    def read(cell: str) -> object:
        said = _fold(cell)
        if said in known:
            return known[said]
        if not said:
            return parse(cell)
        if other:
            return other[0]
        raise BadCell(f"{quoted(cell)} means nothing to profile {profile}, which knows {names}")

    return read


def _folded(meanings: Mapping[str, str]) -> dict[str, str]:
    return {_fold(cell): meaning for cell, meaning in meanings.items() if cell != OTHERWISE}


def _fold(cell: str) -> str:
    return cell.strip().casefold()


def position(rows: Rows, column: str, profile: str) -> int:
    """Where a column of the export stands. Raises InputRefused with the nearest name when it is not there."""
    if (at := rows.index(column.lower())) is not None:
        return at
    near = get_close_matches(column.lower(), [name for name in rows.columns if name], n=1)
    raise InputRefused(
        f"{rows.file} has no column {clean(column)}, which the mapping profile {profile} reads.",
        means=(f"Perhaps {quoted(near[0])} was meant. " if near else "") + "Nothing was imported.",
        todo="Add the column to the export, or name the right one in a profile of your own: see docs/profiles.md.",
    )


def say_varied(seen: Seen, file: str) -> str:
    """That rows of the same contacts differed, "" when none did."""
    if not seen.varied:
        return ""
    rows = plural(seen.varied, "row")
    return (
        f"{file}: {rows} of a contact that stands there before with another type or address; the first one was taken."
    )
