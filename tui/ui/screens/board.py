"""A full screen with a list of entries, the detail of the one under the cursor, and the house's head and foot.

Causes, people found and imports are boards. The detail stands beside the list or below it, as wide as the terminal
lets it; `tab` gives the keys that move to it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from tui.ui.drawing import Line, Para, plain, spread, wrap
from tui.ui.screens.base import BaseScreen
from tui.ui.widgets.entries import Entry, EntryList
from tui.ui.widgets.keyboard import LEAST
from tui.ui.widgets.lines import Holder, Lines
from tui.ui.widgets.reason_pane import ReasonPane

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

BESIDE_FROM = 110


class Board(BaseScreen):
    """A board: fill `table` with entries (call `show_entries`), say what `detail` is, and draw."""

    DEFAULT_CSS = """
    Board { layout: vertical; }
    Board #head { height: 1; }
    Board #foot { height: 2; }
    Board #main { height: 1fr; layout: vertical; }
    Board #pane { height: 50%; }
    Board.-beside #main { layout: horizontal; }
    Board.-beside #pane { height: 1fr; width: 50%; }
    Board.-small #main, Board.-small #foot { display: none; }
    """

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.entries: Sequence[Entry] = ()
        self.empty: Sequence[str] = ()

    # -- what a board adds -----------------------------------------------------------------------------------------

    def headline(self) -> str:
        """The left of the head."""
        return self.NAME.capitalize()

    def right(self) -> str:
        """The right of the head, where there is room."""
        return ""

    def detail(self) -> Sequence[Para]:
        """What is said of the entry under the cursor."""
        return ()

    def started(self) -> None:
        """The board is on the screen: read what it shows, in the background where that may take longer."""

    # -- layout ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        look = self.engage.look
        self.head = Lines(id="head")
        self.table = EntryList(look, self.moved, id="table")
        self.pane = self.make_pane()
        self.foot = Lines(id="foot")
        self._arrange()
        self.draw()
        yield self.head
        with Holder(id="main"):
            yield self.table
            yield self.pane
        yield self.foot

    def on_mount(self) -> None:
        self.call_after_refresh(self.started)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self.call_after_refresh(self.draw)
        self.call_after_refresh(self.fill)

    def _arrange(self) -> None:
        beside = self.app.size.width >= BESIDE_FROM
        self.pane.below = not beside
        self.set_class(beside, "-beside")
        self.set_class(self.is_small, "-small")

    def make_pane(self) -> ReasonPane:
        """The pane for the detail."""
        return ReasonPane(self.engage.look, id="pane")

    @property
    def key(self) -> str:
        """The key of the entry under the cursor, "" for none."""
        return self.table.entry.key if self.table.entry is not None else ""

    def fill(self) -> None:
        """Show the entries anew, at the width that there is now and in the look that it is now."""

    def show_entries(self, entries: Sequence[Entry], empty: Sequence[str] = ()) -> None:
        """Show these; the cursor stays where it was when that entry is still there."""
        self.table.fill(entries, empty)
        self.draw()
        self.show_detail()

    def show_detail(self) -> None:
        """Show the detail anew."""
        self.pane.say(self.detail())

    def moved(self) -> None:
        """The cursor stands on another entry."""
        self.show_detail()
        self.draw_foot()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        look, width = self.engage.look, self.app.size.width
        if self.is_small:
            self.head.show([((f"This needs more room: {LEAST[0]} columns by {LEAST[1]} lines.", look.warn),)])
            return
        self.head.show([spread(((self.headline(), look.title),), ((self.right(), look.dim),), width)])
        self.draw_foot()

    def new_look(self) -> None:
        self.table.look = self.pane.look = self.engage.look
        self.table.paint()
        self.show_detail()
        super().new_look()
        self.fill()

    def status_line(self, width: int) -> Line:
        return ()

    # -- keys ------------------------------------------------------------------------------------------------------

    def move(self, action: str) -> bool:
        if self.pane.active and self.pane.move(action):
            return True
        return self.table.move(action)

    @property
    def detail_has_keys(self) -> bool:
        return self.pane.active

    def do_focus(self) -> None:
        self.pane.active = not self.pane.active
        self.pane.paint()

    def do_copy(self) -> None:
        self.engage.copy(plain(wrap(self.detail(), 100)))
        self.say("Copied the detail.")

    def do_back(self) -> None:
        if self.pane.active:
            self.do_focus()
        else:
            super().do_back()
