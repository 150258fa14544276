"""Marks on the account list: by row, range, pattern and reason; undone, counted, and shown alone."""

from collections.abc import Iterable

from tui.manager.masks import both, mask_of
from tui.ui.screens.base import Prompt
from tui.ui.screens.finding import FindingScreen


class MarkingScreen(FindingScreen):
    """The list with marks. Marks are kept by person, so filter, sort, refresh and tabs leave them alone."""

    def changed(self, *, recount: bool = False) -> None:
        """The marks changed. Only `recount` when some that are not shown may have changed too."""
        if self.only_marked:
            self.remember()
            self.load(at=self.table.cursor)
        elif recount:
            self.marks.count_hidden(self.shown)
        self.table.paint()
        self.draw_foot()

    def do_mark(self) -> None:
        if self.table.range_from is not None:
            self.do_range()
            return
        if self.table.person is not None:
            self.marks.toggle(self.table.person)
            if self.only_marked:
                self.changed()
                return
            # The step paints the row that was left and the one that was reached; the mark goes with the first.
            self.table.move("down")
            self.changed()

    def mark_persons(self, persons: Iterable[int]) -> int:
        """Mark these people, shown or not; gives how many were not marked before."""
        added = self.marks.add(mask_of(persons))
        self.changed(recount=True)
        return added

    def unmark_persons(self, persons: Iterable[int]) -> int:
        """Unmark these people, shown or not; gives how many were marked."""
        removed = self.marks.remove(mask_of(persons))
        self.changed(recount=True)
        return removed

    def do_range(self) -> None:
        if self.table.range_from is None:
            self.table.range_from = self.table.cursor
        else:
            self.marks.add(mask_of(self.table.range_persons()))
            self.table.range_from = None
        self.changed()

    def drop_range(self) -> bool:
        """Drop a range that was begun; False when there is none."""
        if self.table.range_from is None:
            return False
        self.table.range_from = None
        self.changed()
        return True

    def do_mark_all(self) -> None:
        added = self.marks.add(self.shown)
        self.changed()
        self.say(f"{added:,} more marked." if added else "All shown were marked already.")

    def do_invert(self) -> None:
        self.marks.toggle_all(self.shown)
        self.changed()

    def do_clear_marks(self) -> None:
        count = len(self.marks)
        self.marks.clear()
        self.changed(recount=True)
        self.say(f"{count:,} unmarked. {self.engage.keymap.first('undo_marks')} brings them back.")

    def do_undo_marks(self) -> None:
        self.marks.undo()
        self.changed(recount=True)

    def do_mark_pattern(self) -> None:
        self.ask(Prompt("Mark those with: ", entered=lambda text: self._asked_for(text, mark=True)))

    def do_unmark_pattern(self) -> None:
        self.ask(Prompt("Unmark those with: ", entered=lambda text: self._asked_for(text, mark=False)))

    def _asked_for(self, text: str, *, mark: bool) -> None:
        if text:
            self.once_read(lambda: self._by_pattern(text, mark=mark))

    def _by_pattern(self, text: str, *, mark: bool) -> None:
        found = both(self.shown, self.matching(text).mask)
        count = self.marks.add(found) if mark else self.marks.remove(found)
        self.changed()
        self.say(f"{count:,} {'marked' if mark else 'unmarked'} by “{text}”.")

    def do_mark_reason(self) -> None:
        row = self.table.row
        if row is not None and row.reason:
            # The reason that leads, as the rows show it: who has it among others is in another cause.
            count = self.marks.add(both(self.shown, mask_of(self.manager.led_by(row.reason))))
            self.changed()
            self.say(f"{count:,} more marked with this reason.")

    def do_only_marked(self) -> None:
        self.remember()
        if not self.only_marked and not len(self.marks):
            self.say("Nothing is marked.")
            return
        self.only_marked = not self.only_marked
        self.change_list()

    def do_back(self) -> None:
        if self.drop_range():
            return
        if self.pane.active:
            self.do_focus()
        elif self.only_marked:
            self.do_only_marked()
        elif self.lens.text:
            self.filter_by("")
            self.draw_foot()
        elif self.lens.narrowings:
            self.remember()
            self.lens.narrowings = []
            self.change_list()
