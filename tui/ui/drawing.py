"""Drawing in lines: every cell that the screen shows is made here, from plain text and a style.

A *line* is a tuple of spans, a span a text with its style (None: as the terminal has it). Text from outside is never
parsed as markup and never reaches the terminal with a control character in it. Widths are counted in terminal cells,
so that wide and combining letters keep the columns straight.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.text import clean

Span = tuple[str, Style | None]
Line = tuple[Span, ...]
ELLIPSIS = "…"


class Para(NamedTuple):
    """A paragraph of a panel or pane: `lead` stands before its first line, the others are indented as far."""

    text: str
    style: Style | None = None
    lead: str = ""
    lead_style: Style | None = None


BLANK = Para("")


def safe(text: str) -> str:
    """`text` without anything that a terminal would take as an order (the gate has done it for what is imported)."""
    return text if text.isprintable() else clean(text)


def width_of(text: str) -> int:
    """Terminal cells."""
    return len(text) if text.isascii() else cell_len(text)


def crop(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something was cut."""
    text = safe(text)
    if width_of(text) <= width:
        return text
    return "" if width < 1 else set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells."""
    text = crop(text, width)
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def line_width(line: Line) -> int:
    """The cells of a line."""
    return sum(width_of(text) for text, _ in line)


def fit_line(line: Line, width: int) -> Line:
    """A line cropped to `width` cells; padding is the widget's affair."""
    if line_width(line) <= width:
        return line
    found: list[Span] = []
    for text, style in line:
        text = crop(text, width)
        found.append((text, style))
        width -= width_of(text)
        if width <= 0:
            break
    return tuple(found)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` and `right` at the two ends of a line; where both don't fit, `right` goes."""
    gap = width - line_width(left) - line_width(right)
    if not right or gap < 2:
        return fit_line(left, width)
    return (*left, (" " * gap, None), *right)


def strip_of(line: Line, width: int) -> Strip:
    """A line as Textual draws it, padded to `width` cells."""
    gap = width - line_width(line)
    if gap < 0:
        line, gap = fit_line(line, width), 0
        gap = width - line_width(line)
    segments = [Segment(text, style) for text, style in line if text]
    if gap > 0:
        segments.append(Segment(" " * gap))
    return Strip(segments, width)


def wrap(paragraphs: Iterable[Para], width: int) -> list[Line]:
    """Paragraphs as lines of at most `width` cells."""
    lines: list[Line] = []
    for text, style, lead, lead_style in paragraphs:
        indent = " " * width_of(lead)
        room = max(width - len(indent), 8)
        for number, part in enumerate(_broken(safe(text), room)):
            before: Line = ((indent if number else lead, None if number else lead_style),) if lead else ()
            lines.append((*before, (part, style)))
    return lines


def _broken(text: str, room: int) -> list[str]:
    """`text` broken between words; a word longer than a line is broken where the line ends."""
    if width_of(text) <= room:
        return [text]
    parts: list[str] = []
    current, used = "", 0
    for word in text.split(" "):
        size = width_of(word)
        if current and used + 1 + size > room:
            parts.append(current)
            current, used = "", 0
        while size > room:
            head = set_cell_size(word, room).rstrip()
            parts.append(head)
            word = word[len(head) :]
            size = width_of(word)
        current, used = (f"{current} {word}", used + 1 + size) if current else (word, size)
    return [*parts, current]


def plain(lines: Iterable[Line]) -> str:
    """Lines as text, for copying."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


class Scroller:
    """A window on lines that are more than fit: the pane and every panel scroll the same way."""

    def __init__(self) -> None:
        self.lines: Sequence[Line] = ()
        self.height = 1
        self.top = 0

    def fill(self, lines: Sequence[Line], height: int) -> None:
        """New lines, or another height; what was on top stays there where it can."""
        self.lines, self.height = lines, max(height, 1)
        self.top = max(0, min(self.top, self.last_top))

    @property
    def last_top(self) -> int:
        return max(0, len(self.lines) - self.height)

    @property
    def scrolls(self) -> bool:
        return self.last_top > 0

    def visible(self) -> list[Line]:
        """The lines in the window, filled up with empty ones."""
        found = list(self.lines[self.top : self.top + self.height])
        return found + [()] * (self.height - len(found))

    def move(self, action: str) -> bool:
        """Carry out a move by its action name; False when it is none."""
        page = max(self.height - 1, 1)
        steps = {
            "down": 1, "up": -1, "page_down": page, "page_up": -page, "half_down": page // 2 + 1,
            "half_up": -(page // 2 + 1), "top": -len(self.lines), "bottom": len(self.lines),
        }  # fmt: skip
        if action not in steps:
            return False
        self.top = max(0, min(self.top + steps[action], self.last_top))
        return True

    @property
    def where(self) -> str:
        """Where the window is, for a corner: `1-14 of 40`, or nothing when all is shown."""
        if not self.scrolls:
            return ""
        return f"{self.top + 1}-{min(self.top + self.height, len(self.lines))} of {len(self.lines)}"
