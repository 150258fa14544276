"""A widget that shows lines and repaints only those that changed: on a slow link every byte is seen.

Everything on the screen is drawn through this one class; what lies under it is empty ground.
"""

from collections.abc import Sequence
from functools import cache
from itertools import zip_longest

from textual.containers import Container
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.drawing import Line, strip_of


class Ground(Widget):
    """For what only holds others: it shows nothing, and takes no time over it at every key as Textual's own does."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Empty lines."""
        return [_empty(crop.width)] * crop.height


class Holder(Ground, Container):
    """Holds widgets beside or above each other, which fill it."""


@cache
def _empty(width: int) -> Strip:
    return strip_of((), width)


class Lines(Widget):
    """Shows the lines given to `show`; never laid out anew by it."""

    DEFAULT_CSS = "Lines { width: 1fr; height: 1fr; }"
    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}  # by line, for as long as it stays the same
        self._made_for: object = None
        self.room = Size(0, 0)  # the size it was laid out for; asking Textual for it at every line takes its time
        self._drawing = False

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from the top, repainting those that differ from what is there."""
        before, self._lines = self._lines, list(lines)
        width = self.room.width
        if not width or self._drawing:
            return
        changed = [y for y, (old, new) in enumerate(zip_longest(before, lines, fillvalue=())) if old != new]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            # Lines that follow each other as one region, for Textual takes its time over each.
            starts = [y for n, y in enumerate(changed) if not n or changed[n - 1] != y - 1]
            ends = [y + 1 for n, y in enumerate(changed) if n + 1 == len(changed) or changed[n + 1] != y + 1]
            self.refresh(*(Region(0, y, width, end - y) for y, end in zip(starts, ends, strict=True)))

    def check_idle(self) -> None:
        """Tell the screen at once that there is something to paint. Textual's way is a message to the widget itself and
        a turn of its task first, for each widget that a key paints."""
        if self.is_mounted:
            self._check_refresh()
        else:
            super().check_idle()

    def resized(self) -> None:
        """The size is another one: a place for those whose lines depend on it to `show` them anew."""

    def shown(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region. Textual asks for all that a widget has, whichever of them changed.

        Its own way asks its style sheet at every line for borders, padding and colours that these lines never have, and
        takes longer over that than over all the rest of a key.
        """
        size = self.size
        if self.room != size:
            # Laid out here and not by an event later, so that the first frame at a size is the right one.
            self.room, self._drawing = size, True
            try:
                self.resized()
            finally:
                self._drawing = False
        filters, background = self.get_line_filters(), self.background_colors[1]
        if self._made_for != (size.width, filters, background):
            self._made_for = size.width, filters, background
            self._strips.clear()
        strips = []
        for y in crop.line_range:
            strip = self._strips.get(y)
            if strip is None:
                strip = strip_of(self._lines[y] if y < len(self._lines) else (), size.width)
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, background)
                self._strips[y] = strip
            strips.append(strip)
        return strips if crop.column_span == (0, size.width) else [strip.crop(*crop.column_span) for strip in strips]

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as there is room: lines are cut, not measured."""
        return self.size.width
