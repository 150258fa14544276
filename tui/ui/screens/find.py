"""Find a person who rings: words at the bottom, people as they are typed, and the records beside each other.

The register is looked through in the background, one search at a time: what is typed meanwhile is looked for next.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events

from tui.errors import EngageError
from tui.manager.views import Explanation, Found, FoundOther, FoundPerson
from tui.ui import wording_found
from tui.ui.actions import State
from tui.ui.drawing import BLANK, Line, Para, spread
from tui.ui.editing import LineEdit
from tui.ui.screens.base import Prompt
from tui.ui.screens.board import Board
from tui.ui.widgets.records_pane import RecordsPane, in_a_row

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

_NOBODY_YET = Found("", (), (), (), 0)


class FindScreen(Board):
    """Who was found for the words that are typed."""

    SCOPE = "find"
    NAME = "find a person"
    DEFAULT_CSS = "FindScreen #pane { height: 70%; }"

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.found = _NOBODY_YET
        self.text = ""
        self._is_looking = False
        # There from the first key on: what is typed ahead belongs into it.
        self.prompt = self._line()

    def make_pane(self) -> RecordsPane:
        self.records = RecordsPane(self.engage.look, id="pane")
        return self.records

    def _arrange(self) -> None:
        super()._arrange()
        # The records need the width: the list is above them at every size.
        self.pane.below = True
        self.remove_class("-beside")

    # -- the words -----------------------------------------------------------------------------------------------

    def _line(self) -> Prompt:
        return Prompt("Find: ", entered=self.look_for, changed=self.look_for, left=self._left, edit=LineEdit(self.text))

    def started(self) -> None:
        self.fill()

    def do_words(self) -> None:
        self.ask(self._line())

    def do_find(self) -> None:
        """The key that came here begins anew, for the next who rings."""
        self.look_for("")
        self.do_words()

    def _left(self) -> None:
        if not self.text:
            self.do_back()

    def _typed(self, prompt: Prompt, event: events.Key) -> None:
        if event.key == "tab":
            self.prompt = None
            self.draw_foot()
        else:
            super()._typed(prompt, event)

    def look_for(self, text: str) -> None:
        """Look for these words; while a search is under way, after that."""
        self.text = text
        if not self._is_looking and text.split() != self.found.text.split():
            self._look()

    def _look(self) -> None:
        text, self._is_looking = self.text, True

        def work() -> "Found | EngageError":
            try:
                return self.manager.find(text)
            except EngageError as error:
                return error

        def then(found: "Found | EngageError") -> None:
            self._is_looking = False
            if isinstance(found, EngageError):
                self.engage.show_error(found)
                return
            if found.text.split() != self.found.text.split():
                self.table.fill(())  # other words: the likest is looked at first
            self.found = found
            if self.text.split() != text.split():
                self._look()
            self.fill()
            if not self.is_unfinished:
                self.act_on_typed_ahead()

        self.engage.in_background("find", work, then)

    @property
    def is_unfinished(self) -> bool:
        return self._is_looking

    def do_refresh(self) -> None:
        if self.text.split():
            self._look()

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def one(self) -> FoundPerson | FoundOther | None:
        """Who is under the cursor."""
        everybody: tuple[FoundPerson | FoundOther, ...] = (*self.found.persons, *self.found.others)
        return next((one for one in everybody if wording_found.key_of(one) == self.key), None)

    def fill(self) -> None:
        empty = wording_found.NOBODY if self.found.text.split() else wording_found.HOW
        self.show_entries(wording_found.entries(self.found, self.table.size.width, self.engage.look), empty)

    def headline(self) -> str:
        return f"Find a person: {self.text}" if self.text.split() else "Find a person"

    def right(self) -> str:
        return self.engage.accounts.overview.school

    def _parts(self) -> tuple[Sequence[Para], Sequence[Sequence[Para]], Sequence[Para]]:
        one, look = self.one, self.engage.look
        if isinstance(one, FoundPerson):
            records = [wording_found.record(record, look) for record in one.records]
            return wording_found.above(one, look), records, wording_found.below(one, look)
        return (wording_found.other(one, look) if one is not None else ()), (), ()

    def show_detail(self) -> None:
        self.records.say_records(*self._parts())

    def detail(self) -> Sequence[Para]:
        return in_a_row(*self._parts())

    def status_line(self, width: int) -> Line:
        look = self.engage.look
        if not self.found.text.split():
            return ()
        style = look.warn if self.found.more else None
        count = len(self.table.entries)
        at = f"{self.table.at + 1:,}/{count:,}" if count else ""
        return spread(((wording_found.status(self.found), style),), ((at, look.dim),), width)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [
            ("words", "other words"), ("whole_why", "why"), ("in_list", "in the list"), ("focus", "records"),
            ("copy", "copy"), ("help", "help"), ("back", "back"), ("menu", "actions"),
        ]  # fmt: skip

    def state(self) -> State:
        found = self.one is not None
        return State(read_only=self.manager.read_only, found=found, can_copy=found)

    def menu_title(self) -> str:
        one = self.one
        if isinstance(one, FoundPerson):
            return f"Actions on {one.records[0].why.facts.name}"
        return f"Actions on {one.name}" if one is not None else "Actions"

    # -- acts ----------------------------------------------------------------------------------------------------

    def do_whole_why(self) -> None:
        one = self.one
        if one is None:
            return
        if isinstance(one, FoundPerson):
            wanted = [(record.why.facts.code, record.why.facts.user_type) for record in one.records]
        else:
            wanted = [(one.code, one.user_type)]
        self.engage.in_background(
            "why-panel", lambda: [self.manager.why(code, user_type) for code, user_type in wanted], self._show_why
        )

    def _show_why(self, found: Sequence[Explanation]) -> None:
        from tui.ui import wording
        from tui.ui.widgets.panel import Panel

        body: list[Para] = []
        for why in found:
            body += [*([BLANK, BLANK] if body else []), *wording.why(why, self.engage.look)]
        codes = ", ".join(why.facts.code for why in found)
        self.engage.open_panel(Panel[None](f"Why: {codes}", body, tall=True))

    def do_in_list(self) -> None:
        one = self.one
        if isinstance(one, FoundOther):
            self.engage.to_accounts().show_person(one.person, one.user_type)
        elif one is not None and len(one.records) == 1:
            self._go(str(one.records[0].person))
        elif one is not None:
            from tui.ui.widgets.menu import Item, Menu

            items = [
                Item(str(record.person), str(number), f"{record.why.facts.code}  {record.why.facts.name}")
                for number, record in enumerate(one.records, start=1)
            ]
            self.engage.open_panel(Menu("Show which record", items), self._go)

    def _go(self, person: str | None) -> None:
        if person is not None:
            self.engage.to_accounts().show_person(int(person))
