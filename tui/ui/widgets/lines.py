"""A widget that shows lines and repaints only those that changed: on a slow link every byte is seen.

Everything on the screen is drawn through this one class.
"""

from collections.abc import Sequence

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
        self._drawn_at = Size(0, 0)
        self._drawing = False

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from the top, repainting those that differ from what is there."""
        before, self._lines = self._lines, list(lines)
        width = self.size.width
        if not width or self._drawing:
            return
        changed = [
            Region(0, y, width, 1)
            for y in range(max(len(before), len(lines)))
            if (before[y] if y < len(before) else ()) != (lines[y] if y < len(lines) else ())
        ]
        if changed:
            self.refresh(*changed)

    def resized(self) -> None:
        """The size is another one: a place for those whose lines depend on it to `show` them anew."""

    def shown(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def render_line(self, y: int) -> Strip:
        """Textual asks for one line, and only for those that changed; at a new size for all of them."""
        if self._drawn_at != self.size:
            # Laid out here and not by an event later, so that the first frame at a size is the right one.
            self._drawn_at, self._drawing = self.size, True
            try:
                self.resized()
            finally:
                self._drawing = False
        return strip_of(self._lines[y] if y < len(self._lines) else (), self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region. Textual's own way asks its style sheet at every line for borders, padding and colours
        that these lines never have, and takes longer over that than over all the rest of a key."""
        filters, (_, background) = self.get_line_filters(), self.background_colors
        left, right = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip if (left, right) == (0, strip.cell_length) else strip.crop(left, right))
        return strips

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as there is room: lines are cut, not measured."""
        return self.size.width
