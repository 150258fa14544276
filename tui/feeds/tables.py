"""The reader that every CSV feed shares: one file, its header checked, its rows streamed in batches.

It takes what spreadsheets and databases write (UTF-8 with or without BOM; commas, semicolons or tabs; any
line ends; quoted cells over several lines) and refuses what would damage names (other encodings). Rows that
can't be read become problems with their line. It knows nothing of contacts and students, and holds one batch
at a time: memory does not grow with the file.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from tui.domain.problems import Problems, quoted
from tui.errors import InputRefused
from tui.text import clean, join_and, plural

BATCH = 256
UTF_8 = "utf-8-sig"
LONGEST_LINE = 4 * 1024 * 1024
_SAMPLE = 64 * 1024
_DELIMITERS = (",", ";", "\t")
_SAYS_DELIMITER = re.compile(r"sep=([,;\t])\s*", re.IGNORECASE)

_SAVE_AS_UTF8 = "In Excel: File > Save As > “CSV UTF-8 (Comma delimited)”. Elsewhere: export as UTF-8."
_WOULD_DAMAGE = "Read with the wrong encoding, names with accents would be damaged. Nothing was imported."


@dataclass
class Meter:
    """How many bytes of a feed's files were read, of how many that are to be read (a file gone through twice counts
    twice)."""

    total: int = 0
    done: int = 0

    @property
    def share(self) -> float:
        """What part is behind us, 0 to 1; a file that grew meanwhile does not make it more than all."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class Table:
    """A CSV file whose header has been read. `columns` are lower-cased; a column without a name is "".

    `encoding` is how its text is to be decoded.
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    meter: Meter = field(default_factory=Meter, compare=False)
    encoding: str = UTF_8

    @property
    def file(self) -> str:
        """The file's name, as problems quote it."""
        return clean(self.path.name)

    def index(self, column: str) -> int | None:
        """Where a column stands, None when the file has none of that name."""
        return self.columns.index(column) if column in self.columns else None

    def told(self, column: str) -> str:
        """A column as messages write it: as it is."""
        return column

    def ignored(self, known: Collection[str]) -> tuple[str, ...]:
        """The columns that nobody asked for, in the order of the file."""
        return tuple(column for column in self.columns if column and column not in known)

    def require(
        self, required: Collection[str], known: Collection[str], spelt: Mapping[str, str] | None = None
    ) -> "Table":
        """Refuse the file unless it has every required column.

        A near name is looked for among the columns that are not `known`; `spelt` is how messages write names.
        """
        missing = [column for column in required if column not in self.columns]
        if not missing:
            return self
        spelt = spelt or {}
        others = self.ignored(known)
        guesses = [
            f"{quoted(near[0])} for {spelt.get(column, column)}"
            for column in missing
            if (near := get_close_matches(column, others, n=1))
        ]
        raise InputRefused(
            f"{self.file} has no column {join_and([spelt.get(column, column) for column in missing])}.",
            means=(f"Perhaps {join_and(guesses)} was meant. " if guesses else "")
            + "The first line of the file must name its columns. Nothing was imported.",
            todo="Correct the names in the first line, or add the missing column to the export.",
        )

    def batches(self, problems: Problems, kinds: Sequence[str]) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The rows, as (line on which each starts, rows as wide as the header); blank rows are left out.

        Rows that can't be read are noted in `problems` and skipped, without a key, for each of `kinds`.
        """
        with _opened(self.path, self.meter, self.encoding) as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            _header(reader)
            end = reader.line_num
            while True:
                rows: list[list[str]] = []
                failure = ""
                try:
                    rows.extend(islice(reader, BATCH))  # keeps what came before a failure
                except csv.Error as error:
                    failure = _say(error)
                if not rows and not failure:
                    return
                starts: Sequence[int] = range(end + 1, end + 1 + len(rows))
                if failure or reader.line_num - end != len(rows):
                    starts, next_start = _count_lines(end + 1, rows)
                    if failure:
                        # The reader starts afresh on the line after the one where it gave up.
                        problems.add(self.file, next_start, "", failure)
                        _skip(problems, kinds)
                end = reader.line_num
                if set(map(len, rows)) != {len(self.columns)}:
                    starts, rows = self._even(starts, rows, problems, kinds)
                if rows:
                    yield starts, rows

    def _even(
        self, starts: Sequence[int], rows: list[list[str]], problems: Problems, kinds: Sequence[str]
    ) -> tuple[list[int], list[list[str]]]:
        """The rows as wide as the header; ragged ones are problems, blank ones nothing at all."""
        width = len(self.columns)
        kept: list[tuple[int, list[str]]] = []
        for line, row in zip(starts, rows, strict=True):
            if len(row) == width:
                kept.append((line, row))
            elif not is_blank(row):
                hint = (
                    "perhaps a cell that holds a comma stands without quotation marks"
                    if len(row) > width
                    else "perhaps the file was cut short"
                )
                has = plural(len(row), "cell")
                problems.add(self.file, line, "", f"the row has {has}, the header {width:,}; {hint}")
                _skip(problems, kinds)
        return [line for line, _ in kept], [row for _, row in kept]


def is_blank(row: Sequence[str]) -> bool:
    """Whether a row says nothing: an empty line, or the `,,,` that Excel leaves behind."""
    return not any(cell.strip() for cell in row)


def open_table(path: Path, otherwise: str = "") -> Table:
    """Check a file's encoding and read its header; InputRefused when that can't be done.

    `otherwise`: the encoding of a file that is not UTF-8, where that is known; without it such a file is refused.
    """
    with _system_errors(path), path.open("rb") as file:
        sample = file.read(_SAMPLE)
    _refuse_binary(path, sample)
    delimiter = _delimiter(sample)
    encoding = otherwise if otherwise and not _is_utf8(path) else UTF_8
    with _opened(path, encoding=encoding) as lines:
        try:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            header = _header(reader)
        except csv.Error as error:
            raise InputRefused(
                f"The header of {clean(path.name)} can't be read: {_say(error)}.",
                means="The first line must name the columns. Nothing was imported.",
                todo="Correct the first line, or export the file again.",
            ) from error
    if header is None:
        raise InputRefused(
            f"{clean(path.name)} is empty.",
            means="It has not even a header line. That is a failed export, not a school without families.",
            todo="Export it again and look into the file before the import.",
        )
    columns = tuple(cell.replace("\ufeff", "").strip().lower() for cell in header)
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise InputRefused(
            f"{clean(path.name)} names the column {join_and([quoted(column) for column in twice], most=3)} twice.",
            means="There is no telling which of the two is meant. Nothing was imported.",
            todo="Remove or rename one of them in the first line.",
        )
    return Table(path, columns, delimiter, encoding=encoding)


class _BoundedLines(io.FileIO):
    """A file that refuses to hand over a line without end, which would fill memory before any row is seen."""

    _run = 0
    meter: Meter | None = None

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        if count:
            if self.meter is not None:
                self.meter.done += count
            piece = bytes(memoryview(buffer)[:count])
            last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            self._run = self._run + count if last < 0 else count - 1 - last
            if self._run > LONGEST_LINE:
                raise InputRefused(
                    f"{Path(str(self.name)).name} has a line of more than {LONGEST_LINE // 1024**2} MB.",
                    means="It is hardly a CSV file. Nothing was imported.",
                    todo="Look into the file, and export it again.",
                )
        return count


@contextmanager
def _opened(path: Path, meter: Meter | None = None, encoding: str = UTF_8) -> Iterator[io.TextIOWrapper]:
    """A file as text, whose failures to be read or decoded are refusals that name it."""
    with (
        _system_errors(path),
        _BoundedLines(path) as raw,
        io.TextIOWrapper(io.BufferedReader(raw), encoding=encoding, newline="") as lines,
    ):
        raw.meter = meter
        try:
            yield lines
        except UnicodeDecodeError as error:
            raise InputRefused(
                f"{clean(path.name)}, line {_undecodable_line(path, encoding):,}: the text is "
                + ("not UTF-8." if encoding == UTF_8 else f"neither UTF-8 nor {encoding}."),
                means=_WOULD_DAMAGE,
                todo=_SAVE_AS_UTF8,
            ) from error


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputRefused(
            f"{clean(path.name)} can't be read: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check that the file is there and that you may read it.",
        ) from error


def _refuse_binary(path: Path, sample: bytes) -> None:
    if sample.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputRefused(
            f"{clean(path.name)} is a zip archive or an Excel workbook, not a CSV file.",
            means="Nothing was imported.",
            todo="Unpack it, or save each sheet as “CSV UTF-8 (Comma delimited)”.",
        )
    # Every other byte of UTF-16 is NUL where the text is English; a BOM is not always there.
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or sample.count(0) * 5 > len(sample) > 0:
        raise InputRefused(
            f"{clean(path.name)}, line 1: the text is not UTF-8; it looks like UTF-16 (“Unicode text”).",
            means=_WOULD_DAMAGE,
            todo=_SAVE_AS_UTF8,
        )


def _delimiter(sample: bytes) -> str:
    text = sample.decode("utf-8-sig", errors="replace")
    first = next((line for line in re.split(r"\r\n|\r|\n", text) if line.strip()), "")
    if said := _SAYS_DELIMITER.fullmatch(first):
        return said[1]
    return max(_DELIMITERS, key=first.count)  # the first of equals: a comma


def _header(reader: Iterator[list[str]]) -> list[str] | None:
    """The first row that says anything, but for the `sep=,` that is there for Excel alone."""
    rows = (row for row in reader if not is_blank(row))
    first = next(rows, None)
    return next(rows, None) if first and first[0].lower() == "sep=" and is_blank(first[1:]) else first


def _count_lines(first: int, rows: list[list[str]]) -> tuple[list[int], int]:
    """The line on which each row starts, and the one after them, when some cells run over several lines."""
    starts = []
    for row in rows:
        starts.append(first)
        first += 1
        for cell in row:
            first += cell.count("\n") + cell.count("\r") - cell.count("\r\n")
    return starts, first


def _skip(problems: Problems, kinds: Sequence[str]) -> None:
    for kind in kinds:
        problems.skip(kind, None)


def _say(error: csv.Error) -> str:
    """The csv module's errors in words that help with a spreadsheet."""
    text = str(error)
    if "field limit" in text:
        limit = csv.field_size_limit()
        return f"a cell is longer than {limit:,} characters; perhaps a closing quotation mark is missing"
    if "unexpected end" in text:
        return "a quotation mark is opened here and never closed"
    if "expected after" in text:
        return "a quotation mark within a cell is not doubled, or a closing one is missing before this line"
    return f"the row can't be read as CSV ({clean(text)})"


def _is_utf8(path: Path) -> bool:
    """Whether the whole file is UTF-8: text in an older encoding with one letter beyond ASCII hardly ever is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _system_errors(path), path.open("rb") as file:
        try:
            while piece := file.read(_SAMPLE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _undecodable_line(path: Path, encoding: str) -> int:
    """The first line that is not of this encoding; only looked for once there is one."""
    line = 1
    with _BoundedLines(path) as raw, io.BufferedReader(raw) as file:
        for piece in file:
            try:
                piece.decode(encoding)
            except UnicodeDecodeError as error:
                return line + piece[: error.start].count(b"\r")
            line += 1 + piece.count(b"\r") - piece.count(b"\r\n")
    return line
