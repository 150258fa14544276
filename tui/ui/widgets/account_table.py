"""The account table: any number of people at the same cost per key, with marks and a cursor.

It holds person numbers only and asks for the rows of a small window as that moves. It knows nothing of keys or of the
register: the screen tells it what to show and where the cursor goes.
"""

from array import array
from collections.abc import Callable, Sequence

from tui.manager.views import Row, Tab
from tui.ui.drawing import Line, Span, fit
from tui.ui.selection import Marks
from tui.ui.theme import Look
from tui.ui.widgets.columns import GAP, Placed, pages
from tui.ui.widgets.lines import Lines

SIGNS = 3  # the cells before the first column: cursor, mark, space
_HEAD = 1
_KEPT = 8  # screenfuls of rows that are remembered


class AccountTable(Lines):
    """Rows of a list of people.

    `fetch` reads rows by person number, `look` says how it is drawn, `moved` is called when the cursor has gone to
    another row.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[int]], list[Row]],
        look: Look,
        moved: Callable[[], None],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._fetch = fetch
        self._moved = moved
        self.look = look
        self.tab = Tab.READY_TO_REVOKE
        self.persons: array[int] = array("q")
        self.marks = Marks()
        self.cursor = 0
        self.top = 0
        self.range_from: int | None = None  # where a range began
        self.sorted_by = ("name", False)
        self.empty: Sequence[str] = ()
        self._rows: dict[int, Row | None] = {}  # by person: what was read, of this list and of the one before
        self.page = 0  # of columns
        self._pages: list[list[Placed]] = []
        self._cells: dict[int, str] = {}

    # -- what is shown -------------------------------------------------------------------------------------------

    def load(self, persons: "array[int]", tab: Tab, sorted_by: tuple[str, bool], empty: Sequence[str], at: int) -> None:
        """Show another list, with the cursor at index `at`."""
        self.persons, self.tab, self.sorted_by, self.empty = persons, tab, sorted_by, empty
        self.range_from = None
        self.cursor = max(0, min(at, len(persons) - 1))
        if not self.top <= self.cursor < self.top + self.height:
            self.top = self.cursor - self.height // 2
        self._into_sight()
        self._place()
        self.paint()

    def forget(self) -> None:
        """The register may have changed: rows are read anew."""
        self._rows = {}

    @property
    def height(self) -> int:
        """Rows in sight."""
        return max(self.room.height - _HEAD, 1)

    @property
    def person(self) -> int | None:
        """Who is under the cursor."""
        return self.persons[self.cursor] if self.persons else None

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._row(self.cursor) if self.persons else None

    def range_persons(self) -> "array[int]":
        """The people from where the range began to the cursor."""
        if self.range_from is None:
            return array("q")
        return self.persons[min(self.range_from, self.cursor) : max(self.range_from, self.cursor) + 1]

    # -- the cursor ----------------------------------------------------------------------------------------------

    def move(self, action: str) -> bool:
        """Move by the name of an action; False when it is no move."""
        page, last = max(self.height - 1, 1), len(self.persons) - 1
        targets = {
            "down": self.cursor + 1, "up": self.cursor - 1, "top": 0, "bottom": last,
            "page_down": self.cursor + page, "page_up": self.cursor - page,
            "half_down": self.cursor + self.height // 2, "half_up": self.cursor - self.height // 2,
        }  # fmt: skip
        if action not in targets:
            return False
        self.go(targets[action])
        return True

    def go(self, index: int) -> None:
        """Put the cursor on a row."""
        index = max(0, min(index, len(self.persons) - 1))
        if index == self.cursor:
            return
        self.cursor = index
        self._into_sight()
        self.paint()
        self._moved()

    def _into_sight(self) -> None:
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.height:
            self.top = self.cursor - self.height + 1
        self.top = max(0, min(self.top, len(self.persons) - self.height))

    # -- drawing -------------------------------------------------------------------------------------------------

    def resized(self) -> None:
        self._into_sight()
        self._place()
        self.paint()

    def _place(self) -> None:
        first = self.top
        rows = [row for row in (self._row(i) for i in range(first, min(first + self.height, len(self.persons)))) if row]
        self._pages = pages(self.tab, rows, self.room.width - SIGNS)
        self.page = min(self.page, max(len(self._pages) - 1, 0))
        self._cells = {}

    @property
    def page_count(self) -> int:
        """Pages of columns."""
        return len(self._pages)

    def turn(self, step: int) -> None:
        """Show the columns to the right or left that did not fit."""
        self.page = max(0, min(self.page + step, len(self._pages) - 1))
        self._cells = {}
        self.paint()

    @property
    def _columns(self) -> list[Placed]:
        return self._pages[self.page] if self._pages else []

    def _row(self, index: int) -> Row | None:
        person = self.persons[index]
        if person not in self._rows:
            self._read(index)
        return self._rows[person]

    def _read(self, index: int) -> None:
        """Read a screenful of rows from `index` on in the direction of travel, but for those that are known."""
        height, persons = self.height, self.persons
        if len(self._rows) > _KEPT * height:
            near = persons[max(0, index - 2 * height) : index + 2 * height]
            self._rows = {person: self._rows[person] for person in near if person in self._rows}
            self._cells = {}
        goes_up = index + 1 < len(persons) and persons[index + 1] in self._rows
        first = max(0, index - height + 1) if goes_up else index
        wanted = [person for person in persons[first : first + height] if person not in self._rows]
        # Somebody else's import may have taken a person away since the list was read.
        self._rows |= dict.fromkeys(wanted) | {row.person: row for row in self._fetch(wanted)}

    def paint(self) -> None:
        """Draw what is in sight; only lines that changed are sent."""
        if not self.room.width:
            return
        if not self.persons:
            self.show(
                [(), (), *(((f"   {text}", self.look.title if not n else None),) for n, text in enumerate(self.empty))]
            )
            return
        last = min(self.top + self.height, len(self.persons))
        self.show([self._heading(), *(self._line(index) for index in range(self.top, last))])

    def _heading(self) -> Line:
        sort, descending = self.sorted_by
        before, after = self.page > 0, self.page + 1 < len(self._pages)
        signs = f"{'◂' if before else ' '}{'▸' if after else ' '} "  # there are more columns that way
        found: list[Span] = [(signs, self.look.key if before or after else None)]
        for number, (column, width) in enumerate(self._columns):
            sign = (" ▾" if descending else " ▴") if column.sort == sort else ""
            found += [(" " * GAP, None)] if number else []
            found.append((fit(column.title + sign, width), self.look.heading))
        return tuple(found)

    def _line(self, index: int) -> Line:
        text = self._cells.get(index)
        if text is None:
            row = self._row(index)
            cells = [fit(column.cell(row), width) for column, width in self._columns] if row else ["(gone: refresh)"]
            text = self._cells[index] = fit((" " * GAP).join(cells), self.room.width - SIGNS)
        start = self.range_from
        ranged = start is not None and min(start, self.cursor) <= index <= max(start, self.cursor)
        marked = self.persons[index] in self.marks
        sign = "*" if marked else "+" if ranged else " "
        if index == self.cursor:
            return ((f">{sign} {text}", self.look.marked_cursor if marked else self.look.cursor),)
        if marked or ranged:
            return ((f" {sign} ", self.look.mark), (text, self.look.marked))
        return ((f"   {text}", None),)
