"""The why-pane: what is known of the account under the cursor, beside the table or below it. It scrolls."""

from collections.abc import Sequence
from typing import ClassVar

from tui.ui.drawing import Line, Para, Scroller, fit_line, plain, wrap
from tui.ui.theme import Look
from tui.ui.widgets.lines import Lines


class ReasonPane(Lines):
    """Shows paragraphs. `below`: a rule on top, which has its name, parts it from the table, else one at its side."""

    TITLE: ClassVar[str] = "why"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = look
        self.below = False
        self.active = False
        self.heading = self.TITLE
        self._paragraphs: Sequence[Para] = ()
        self._scroller = Scroller()

    def say(self, paragraphs: Sequence[Para]) -> None:
        """Show another account."""
        self._paragraphs = paragraphs
        self._scroller.top = 0
        self.lay_out()

    @property
    def text(self) -> str:
        """All of it as text, for copying."""
        return plain(self._scroller.lines)

    def resized(self) -> None:
        self.lay_out()

    def move(self, action: str) -> bool:
        """Scroll by the name of an action; False when it is no move."""
        moved = self._scroller.move(action)
        if moved:
            self.paint()
        return moved

    def lay_out(self) -> None:
        """Break the paragraphs anew and draw."""
        width, height = self.room
        if width:
            self._scroller.fill(self.laid_out(max(width - (1 if self.below else 3), 8)), height - self.below)
            self.paint()

    def laid_out(self, width: int) -> Sequence[Line]:
        """The paragraphs as lines of at most `width` cells."""
        return wrap(self._paragraphs, width)

    def paint(self) -> None:
        """Draw the window."""
        frame = self.look.frame if self.active else self.look.dim
        where = self._scroller.where
        body = self._scroller.visible()
        if not self.below:
            self.show([(("│ ", frame), *line) for line in body])
            return
        words = f"─ {self.heading} {f'({where}) ' if where else ''}"
        rule: Line = ((words + "─" * max(self.room.width - len(words), 0), frame),)
        self.show([fit_line(rule, self.room.width), *body])
