"""A list of entries of one line or more each, with a cursor: what the screens beside the account list are made of."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tui.ui.drawing import Line, fit, line_width
from tui.ui.theme import Look
from tui.ui.widgets.lines import Lines

SIGNS = 3  # the cells before an entry: cursor, mark, space


class Entry(NamedTuple):
    """An entry: what it is known by, its lines, and whether it has the sign of a mark. A heading can't be stood on."""

    key: str
    lines: tuple[Line, ...]
    marked: bool = False
    heading: bool = False


class EntryList(Lines):
    """Shows entries; the cursor stands on one of them. `moved` is called when it has gone to another."""

    def __init__(self, look: Look, moved: Callable[[], None], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = look
        self._moved = moved
        self.entries: Sequence[Entry] = ()
        self.empty: Sequence[str] = ()
        self.at = 0
        self.top = 0  # the first line in sight
        self._starts: list[int] = []

    def fill(self, entries: Sequence[Entry], empty: Sequence[str] = ()) -> None:
        """Show other entries; the cursor stays with the one it was on where that is still there."""
        key = self.entry.key if self.entry is not None else None
        self.entries, self.empty = entries, empty
        self._starts, line = [], 0
        for entry in entries:
            self._starts.append(line)
            line += len(entry.lines)
        same = next((n for n, entry in enumerate(entries) if entry.key == key and not entry.heading), None)
        self.at = self._standable(self.at if same is None else same, 1)
        self._into_sight()
        self.paint()

    @property
    def entry(self) -> Entry | None:
        """The entry under the cursor."""
        return self.entries[self.at] if self.at < len(self.entries) and not self.entries[self.at].heading else None

    def move(self, action: str) -> bool:
        """Move by the name of an action; False when it is no move."""
        last = len(self.entries) - 1
        page = max(1, self.room.height // max(1, len(self.entries[self.at].lines) if self.entries else 1) - 1)
        targets = {
            "down": self.at + 1, "up": self.at - 1, "top": 0, "bottom": last, "page_down": self.at + page,
            "page_up": self.at - page, "half_down": self.at + (page + 1) // 2, "half_up": self.at - (page + 1) // 2,
        }  # fmt: skip
        if action not in targets:
            return False
        before, wanted = self.at, targets[action]
        self.at = self._standable(wanted, 1 if wanted > before else -1)
        self._into_sight()
        self.paint()
        if self.at != before:
            self._moved()
        return True

    def _standable(self, index: int, step: int) -> int:
        """The nearest entry to `index` that is no heading, looked for in the direction of `step` first."""
        index = max(0, min(index, len(self.entries) - 1))
        for way in (step, -step):
            at = index
            while 0 <= at < len(self.entries):
                if not self.entries[at].heading:
                    return at
                at += way
        return index

    def _into_sight(self) -> None:
        if not self.entries:
            self.top = 0
            return
        height = max(self.room.height, 1)
        first, end = self._starts[self.at], self._starts[self.at] + len(self.entries[self.at].lines)
        if self.at and all(entry.heading for entry in self.entries[: self.at]):
            first = 0  # the first one brings its headings along
        self.top = min(self.top, first) if first < self.top else max(self.top, min(first, end - height))
        self.top = max(0, min(self.top, self._starts[-1] + len(self.entries[-1].lines) - height))

    def resized(self) -> None:
        self._into_sight()
        self.paint()

    def paint(self) -> None:
        """Draw what is in sight."""
        width = self.room.width
        if not width:
            return
        if not self.entries:
            self.show([(), *(((f"   {text}", None if n else self.look.title),) for n, text in enumerate(self.empty))])
            return
        lines: list[Line] = []
        for number, entry in enumerate(self.entries):
            start = self._starts[number]
            if start + len(entry.lines) <= self.top or start >= self.top + self.room.height:
                continue
            lines += [self._line(number, entry, row) for row in range(len(entry.lines))]
        first = next((s for s, e in zip(self._starts, self.entries, strict=True) if s + len(e.lines) > self.top), 0)
        self.show(lines[self.top - first :][: self.room.height])

    def _line(self, number: int, entry: Entry, row: int) -> Line:
        line, width = entry.lines[row], self.room.width
        if entry.heading:
            return line
        sign = "*" if entry.marked and not row else " "
        if number == self.at:
            text = f"{'>' if not row else ' '}{sign} " + "".join(text for text, _ in line)
            return ((fit(text, width), self.look.marked_cursor if entry.marked else self.look.cursor),)
        if entry.marked and not row:
            return ((f" {sign} ", self.look.mark), *((text, style or self.look.marked) for text, style in line))
        return ((" " * SIGNS, None), *line)


def columns(cells: Sequence[tuple[str, int]], gap: int = 2) -> str:
    """Cells of a fixed width as text; a negative width sets to the right."""
    return (" " * gap).join(fit(text, abs(width), right=width < 0) for text, width in cells)


def room_left(line: Line, width: int) -> int:
    """The cells that are left of `width` beside the signs and `line`."""
    return max(0, width - SIGNS - line_width(line))
