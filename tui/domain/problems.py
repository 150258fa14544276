"""What is wrong with rows of a feed, collected so that the operator sees all of it at once.

A problem names the file, the line, the column and what would be right; it quotes at most a short, cleaned piece
of the cell. Rows are counted without end but kept only up to a limit, so that a file of rubbish fills no memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tui.text import clean

KEPT = 1000
QUOTED = 40
USERNAMES = "usernames"
"""What rows that say only who has an account are left out of: the person is there, their username is not said."""


class Problem(NamedTuple):
    """One thing wrong with one row. `column` may be "" when the whole row is meant, `line` 0 when the file is.

    `unit` is what `line` counts: the lines of a file, or the rows of a query.
    """

    file: str
    line: int
    column: str
    message: str
    unit: str = "line"

    def __str__(self) -> str:
        place = self.file + (f", {self.unit} {self.line:,}" if self.line else "")
        return f"{place}, column {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


@dataclass
class Problems:
    """The problems of one import: `count` of them, in `rows` rows; a row counts once, whatever is wrong with it.

    `skipped_keys` holds the keys of what was left out, by kind: (code,) or (student, contact, relationship). A record
    whose row was skipped keeps what the register has, it is not taken as gone. `keyless` counts by kind the skipped
    rows whose key can't be read: nothing of that kind may then be taken as gone. A kind is that of a record, or
    USERNAMES. `unit` is what their lines count, as in Problem.
    """

    count: int = 0
    rows: int = 0
    kept: list[Problem] = field(default_factory=list)
    skipped_keys: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    keyless: dict[str, int] = field(default_factory=dict)
    unit: str = "line"
    # A bit for each line of a file: exact, and small however much is wrong with it.
    _lines: dict[str, bytearray] = field(default_factory=dict, repr=False)

    def add(self, file: str, line: int, column: str, message: str, also: Iterable[int] = ()) -> None:
        """Note a problem of a row, or of that row and `also` those lines together; past KEPT only the count grows."""
        self.count += 1
        for number in (line, *also):
            self._count_row(file, number)
        if len(self.kept) < KEPT:
            self.kept.append(Problem(file, line, column, message, self.unit))

    def skip(self, kind: str, key: tuple[str, ...] | None) -> None:
        """Note that what a row says of a kind was left out; `key` is None when it can't be read."""
        if key is None:
            self.keyless[kind] = self.keyless.get(kind, 0) + 1
        else:
            self.skipped_keys.setdefault(kind, set()).add(key)

    def _count_row(self, file: str, line: int) -> None:
        lines = self._lines.setdefault(file, bytearray())
        at, bit = line >> 3, 1 << (line & 7)
        if at >= len(lines):
            lines.extend(bytes(at + 1 - len(lines)))
        if not lines[at] & bit:
            lines[at] |= bit
            self.rows += 1

    def __bool__(self) -> bool:
        return self.count > 0

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.kept, key=lambda p: (p.file, p.line)))


def quoted(cell: str) -> str:
    """A cell as an error message may show it: cleaned, short, in quotation marks."""
    cell = clean(cell)
    return f"“{cell[:QUOTED]}…”" if len(cell) > QUOTED else f"“{cell}”"
