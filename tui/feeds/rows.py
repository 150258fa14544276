"""From rows of a table to records: which column fills which field, and what its cells may say.

Rows are turned into records a batch at a time, column by column, so that a good file runs at about the speed
of the csv module. A batch with anything wrong in it is gone through again row by row, to name each such cell.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

from tui.domain.problems import Problems
from tui.domain.records import Record, RecordKind
from tui.feeds.cells import BadCell, Cells
from tui.feeds.tables import is_blank
from tui.text import clean

R = TypeVar("R", bound=Record)


class Rows(Protocol):
    """Rows with named columns, wherever they come from: a file, a query, or either of them through a mapping."""

    @property
    def file(self) -> str:
        """What problems call it: `links.csv`, `links query`."""
        ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def index(self, column: str) -> int | None:
        """Where a column stands, None when there is none of that name."""
        ...

    def told(self, column: str) -> str:
        """What a column is called where the rows come from."""
        ...

    def batches(self, problems: Problems, kinds: Sequence[str]) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The rows, as (number of each, rows of one width); what can't be read goes to `problems`, for `kinds`."""
        ...


class Field(NamedTuple):
    """A field of a record and the column of the same name that fills it.

    `absent` is the value when the file has no such column; `needed`: without the column the file is refused;
    `key`: part of the record's key; `filled`: the cell may not be blank; `varied`: hardly two cells are
    alike, so that a cache would only cost.
    """

    name: str
    absent: object = ""
    parse: Callable[[str], object] | None = None
    needed: bool = False
    key: bool = False
    filled: bool = False
    varied: bool = False


def code(name: str) -> Field:
    """A code that names a record: needed, part of the key and never blank."""
    return Field(name, needed=True, key=True, filled=True)


@dataclass(frozen=True)
class Shape(Generic[R]):
    """A kind of record: its type and its fields, in the type's order after `line`."""

    kind: RecordKind
    record: type[R]
    fields: tuple[Field, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.needed)

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)

    @property
    def rest(self) -> tuple[object, ...]:
        """What stands in the type's last fields, which no column fills."""
        usual = self.record._field_defaults
        return tuple(usual[name] for name in self.record._fields[1 + len(self.fields) :])


def read(table: Rows, shape: Shape[R], problems: Problems) -> Iterator[R]:
    """The records of a table, streamed; rows that can't be taken are in `problems` when the iterator ends."""
    return chain.from_iterable(_batches(table, shape, problems))


def _batches(table: Rows, shape: Shape[R], problems: Problems) -> Iterator[Iterator[R]]:
    plan = [(field, table.index(field.name), _lookup(field)) for field in shape.fields]
    for starts, rows in table.batches(problems, (shape.kind.value,)):
        by_column = list(zip(*rows, strict=True))
        values: list[Iterable[object]] = [starts]
        try:
            for field, at, lookup in plan:
                if at is None:
                    values.append(repeat(field.absent))
                elif lookup:
                    values.append(list(map(lookup, by_column[at])))
                elif field.key:
                    stripped = list(map(str.strip, by_column[at]))
                    if field.filled and not all(stripped):
                        raise BadCell
                    values.append(stripped)
                else:
                    values.append(by_column[at])
        except BadCell:
            yield _one_by_one(table, shape, starts, rows, problems)
        else:
            values.extend(map(repeat, shape.rest))
            yield _make(shape.record, zip(*values))  # noqa: B905  repeat() has no end


def _lookup(field: Field) -> Callable[[str], object] | None:
    return field.parse if field.varied or not field.parse else Cells(field.parse).__getitem__


def _one_by_one(
    table: Rows,
    shape: Shape[R],
    starts: Sequence[int],
    rows: list[list[str]],
    problems: Problems,
) -> Iterator[R]:
    good: list[list[object]] = []
    for line, row in zip(starts, rows, strict=True):
        if is_blank(row):
            continue
        values: list[object] = [line]
        key: tuple[str, ...] | None = ()
        bad = False
        for field in shape.fields:
            at = table.index(field.name)
            cell = "" if at is None else row[at]
            value: object = cell
            if at is None:
                value = field.absent
            elif field.parse:
                try:
                    value = field.parse(cell)
                except BadCell as error:
                    problems.add(table.file, line, table.told(field.name), str(error))
                    bad = True
            elif field.key:
                value = cell.strip()
            values.append(value)
            if field.key:
                # Cleaned, because the register compares the key with what passed its gate.
                key = None if key is None or (field.filled and not value) else (*key, clean(cell))
            if field.filled and not value:
                problems.add(
                    table.file, line, table.told(field.name), "the cell is blank, so the row belongs to nobody"
                )
                bad = True
        if bad:
            problems.skip(shape.kind.value, key)
        else:
            good.append([*values, *shape.rest])
    return _make(shape.record, good)


def _make(record: type[R], values: Iterable[Iterable[object]]) -> Iterator[R]:
    """What a NamedTuple's own _make does, less a call into Python for every record."""
    new = cast("Callable[[type[R], Iterable[object]], R]", tuple.__new__)
    return map(new, repeat(record), values)
