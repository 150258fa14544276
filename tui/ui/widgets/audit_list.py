"""The list of events: numbers only, of which those in sight are read, so that a million cost what fifty do."""

from array import array
from collections.abc import Callable, Sequence

from tui.register.audit import AuditEvent
from tui.ui.drawing import Line, fit
from tui.ui.theme import Look
from tui.ui.widgets.lines import Lines
from tui.ui.wording_audit import SIGNS, cells, heading

_KEPT = 2000  # events that are remembered


class AuditList(Lines):
    """Shows events, the newest first. `fetch` reads some by number; `moved` is called when the cursor has moved."""

    def __init__(
        self,
        fetch: Callable[[Sequence[int]], list[AuditEvent]],
        look: Look,
        moved: Callable[[], None],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._fetch, self._moved, self.look = fetch, moved, look
        self.numbers: array[int] = array("q")
        self.empty: Sequence[str] = ()
        self.at = self.top = 0
        self._read: dict[int, AuditEvent] = {}

    def fill(self, numbers: "array[int]", empty: Sequence[str]) -> None:
        """Show other events; the cursor stays on the event where that is among them, else goes to the newest."""
        before = self.number
        self.numbers, self.empty = numbers, empty
        self.at = self._index(before) if before is not None else 0
        self._into_sight()
        self.paint()

    def extend(self, numbers: "array[int]") -> None:
        """More events, older than those shown."""
        self.numbers.extend(numbers)
        self.paint()

    def _index(self, number: int) -> int:
        low, high = 0, len(self.numbers)
        while low < high:  # from the newest to the oldest
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.numbers[middle] > number else (low, middle)
        return low if low < len(self.numbers) and self.numbers[low] == number else 0

    @property
    def height(self) -> int:
        """Events in sight."""
        return max(self.room.height - 1, 1)

    @property
    def number(self) -> int | None:
        """The number of the event under the cursor."""
        return self.numbers[self.at] if self.numbers else None

    @property
    def event_here(self) -> AuditEvent | None:
        """The event under the cursor."""
        return self._of([self.number])[0] if self.number is not None else None

    def move(self, action: str) -> bool:
        """Move by the name of an action; False when it is no move."""
        page, last = max(self.height - 1, 1), len(self.numbers) - 1
        targets = {
            "down": self.at + 1, "up": self.at - 1, "top": 0, "bottom": last, "page_down": self.at + page,
            "page_up": self.at - page, "half_down": self.at + self.height // 2, "half_up": self.at - self.height // 2,
        }  # fmt: skip
        if action not in targets:
            return False
        before, self.at = self.at, max(0, min(targets[action], last))
        if self.at != before:
            self._into_sight()
            self.paint()
            self._moved()
        return True

    def _into_sight(self) -> None:
        self.top = max(self.at - self.height + 1, min(self.top, self.at))
        self.top = max(0, min(self.top, len(self.numbers) - self.height))

    def _of(self, numbers: Sequence[int]) -> list[AuditEvent | None]:
        wanted = [number for number in numbers if number not in self._read]
        if wanted:
            if len(self._read) > _KEPT:
                self._read.clear()
                wanted = list(numbers)
            self._read |= {event.id: event for event in self._fetch(wanted)}
        return [self._read.get(number) for number in numbers]

    def resized(self) -> None:
        self._into_sight()
        self.paint()

    def paint(self) -> None:
        """Draw what is in sight."""
        width = self.room.width
        if not width:
            return
        if not self.numbers:
            self.show([(), *(((f"   {text}", None if n else self.look.title),) for n, text in enumerate(self.empty))])
            return
        lines: list[Line] = [((" " * SIGNS + heading(width - SIGNS), self.look.heading),)]
        shown = self._of(self.numbers[self.top : self.top + self.height])
        for index, event in enumerate(shown, start=self.top):
            text = fit(cells(event, width - SIGNS) if event is not None else "(gone: refresh)", width - SIGNS)
            here = index == self.at
            lines.append(((f"{'>' if here else ' '}{' ' * (SIGNS - 1)}{text}", self.look.cursor if here else None),))
        self.show(lines)
