"""A widget that shows lines and repaints only those that changed: on a slow link every byte is seen.

Everything on the screen is drawn through this one class.
"""

from collections.abc import Sequence
from itertools import zip_longest

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.drawing import Line, strip_of


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
            self.refresh(*(Region(0, y, width, 1) for y in changed))

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
