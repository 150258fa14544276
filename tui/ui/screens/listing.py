"""The account list as a screen: header, tabs, table, why-pane, status and the line that is typed in at the bottom.

Lists and moves; marks are added in `marking`, acts in `accounts`. Reads of a window are made directly, whatever may
take longer in a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size

from tui.domain.due import Due
from tui.domain.records import UserType
from tui.manager.views import TAB_LABELS, Explanation, Overview, Tab
from tui.ui.actions import State
from tui.ui.drawing import Line, Span, fit_line, line_width, spread
from tui.ui.lens import Narrowing, forget, labels
from tui.ui.screens.people import PeopleScreen
from tui.ui.widgets.account_table import AccountTable
from tui.ui.widgets.keyboard import LEAST, too_small
from tui.ui.widgets.lines import Holder, Lines
from tui.ui.widgets.masthead import TYPE_LABELS, header, tab_line
from tui.ui.widgets.reason_pane import ReasonPane

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

BESIDE_FROM = 110
BELOW_FROM = (80, 30)
_REST = 0.12  # seconds that the cursor rests before the pane follows
TABS = tuple(Tab)


class ListScreen(PeopleScreen):
    """The list, without what changes anything."""

    DEFAULT_CSS = """
    ListScreen { layout: vertical; }
    ListScreen #masthead, ListScreen #foot { height: 2; }
    ListScreen #main { height: 1fr; layout: horizontal; }
    ListScreen #pane { display: none; }
    ListScreen.-beside #pane { display: block; width: 44%; }
    ListScreen.-below #main { layout: vertical; }
    ListScreen.-below #pane { display: block; height: 36%; }
    ListScreen.-small #main, ListScreen.-small #foot { display: none; }
    """

    def __init__(self, manager: "AccountManager", overview: Overview) -> None:
        super().__init__(manager, overview)
        self.searched = ""  # what was filtered for last
        self._rest: asyncio.TimerHandle | None = None  # runs while the cursor may move on
        self._moved_at = 0.0
        self._explained: tuple[str, Explanation] | None = None

    # -- layout --------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        look = self.engage.look
        self.masthead = Lines(id="masthead")
        self.table = AccountTable(self.manager.rows, look, self.follow, id="table")
        self.pane = ReasonPane(look, id="pane")
        self.foot = Lines(id="foot")
        self._arrange(self.app.size.width, self.app.size.height)
        self.load()
        self.draw()
        yield self.masthead
        with Holder(id="main"):
            yield self.table
            yield self.pane
        yield self.foot

    def on_mount(self) -> None:
        self.call_after_refresh(self.started)

    def started(self) -> None:
        """The first frame is out: what it did not need comes now."""
        self.read_roll()
        self.read_due()
        self.rested()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size.width, event.size.height)
        self.call_after_refresh(self.draw)
        self.follow()

    def _arrange(self, width: int, height: int) -> None:
        small = too_small(Size(width, height))
        beside = not small and width >= BESIDE_FROM
        below = not small and not beside and width >= BELOW_FROM[0] and height >= BELOW_FROM[1]
        self.pane.below = below
        for name, on in (("-small", small), ("-beside", beside), ("-below", below)):
            self.set_class(on, name)

    @property
    def has_pane(self) -> bool:
        """Whether there is room for the why-pane."""
        return self.has_class("-beside") or self.has_class("-below")

    # -- lists ---------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read counts and list again."""
        self.remember()
        self._read_overview()
        self._explained = None
        forget(self._lenses.values())
        self._waits = bool(self.lens.text)
        self.read_roll()
        self.load(at=self.table.cursor)
        self.draw()
        self.rested()

    def _read_overview(self) -> None:
        """Read counts again; the header keeps saying what is due until that was read again too."""
        before = self.overview.due
        self.overview = self.manager.overview(self.user_type, quick=True)
        if before is not None:
            self.overview = replace(self.overview, due=before)
        self.read_due()

    def read_due(self) -> None:
        """Find out what changed since the last run, which takes a look at every change of a student."""

        def found(due: Due | None) -> None:
            if due != self.overview.due:
                self.overview = replace(self.overview, due=due)
                self.draw()

        self.engage.in_background("due", self.manager.due, found, quietly=True)

    def change_list(self) -> None:
        """Another tab, filter or sort was chosen."""
        self._waits = False
        self.load()
        self.list_changed()
        self.draw()

    def change_type(self) -> None:
        """Another user type was chosen."""
        if self.roll.user_type is not self.user_type:
            self._read_overview()
            self.read_roll()
        self.change_list()

    def narrow(self, narrowing: Narrowing, tab: Tab = Tab.READY_TO_REVOKE) -> None:
        """Show a list of contacts with only some people, or without some; esc takes it back."""
        self.remember()
        self.user_type, self.tab, self.only_marked = UserType.CONTACT, tab, False
        self.lens.narrow(narrowing)
        self.change_type()

    def show_person(self, person: int, user_type: UserType = UserType.CONTACT) -> None:
        """Put the cursor on this one: on the tab shown when the list has it, else among all."""
        self.remember()
        if user_type is not self.user_type or person not in self.table.persons:
            self.user_type, self.tab, self.only_marked = user_type, Tab.ALL, False
            self.lens.text, self.lens.narrowings = "", []
            self.change_type()
        self.lens.person = person
        self.change_list()

    def nothing(self) -> Sequence[str]:
        if not self.overview.last_import:
            return (
                "This register is empty.",
                "",
                f"{self.engage.keymap.first('import')} imports a roster: read the difference, then apply it.",
                "",
                "From the shell it is    engage-accounts import FOLDER",
                "A school that was       engage-accounts demo",
                "made up, to look at:",
                "",
                f"Then {self.engage.keymap.first('refresh')} reads the register again.",
            )
        if self.lens.text:
            return (
                f"Nothing here matches “{self.lens.text}”.",
                "",
                "esc clears the filter; 6 looks among all accounts.",
            )
        if self.lens.narrowings:
            return ("Nobody is left here.", "", "esc shows the others again.")
        if self.only_marked:
            return ("Nothing is marked.", "", f"{self.engage.keymap.first('only_marked')} comes back to the tab.")
        who = TYPE_LABELS[self.user_type].lower()
        return (f"{TAB_LABELS[self.tab]}: none of the {who}." if self.tab is not Tab.ALL else f"There are no {who}.",)

    # -- drawing -------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw header, tabs and foot anew; what did not change is not sent."""
        width, look = self.app.size.width, self.engage.look
        if self.has_class("-small"):
            self.masthead.show(
                [(("This needs more room:", look.warn),), ((f"{LEAST[0]} columns by {LEAST[1]} lines.", None),)]
            )
            return
        current = None if self.only_marked else self.tab
        self.masthead.show(
            [
                header(self.overview, self.user_type, width, look, self.engage.keymap.first),
                tab_line(self.overview.counts, current, width, look),
            ]
        )
        self.draw_foot()

    def status(self) -> str:
        """`12 marked (3 hidden by the filter) · 248 of 903 shown`."""
        searching = ", looking on" if self.is_unfinished else ""
        marks, shown = self.marks, f"{len(self.table.persons):,} of {self.total:,} shown{searching}"
        if not len(marks):
            return shown
        why = "hidden by the filter" if self.is_narrowed else "on other tabs"
        hidden = f" ({marks.hidden:,} {why})" if marks.hidden else ""
        return f"{len(marks):,} marked{hidden} · {shown}"

    def status_line(self, width: int) -> Line:
        look = self.engage.look
        ranged = len(self.table.range_persons())
        left: list[Span] = [(self.status(), look.marked if len(self.marks) else None)]
        if ranged:
            left.append((f" · range of {ranged:,}: v keeps it, esc drops it", look.key))
        if self.problem:
            return fit_line(((self.problem, look.bad),), width)
        right: list[Span] = []
        if self.only_marked:
            right.append(("only the marked ", look.key))
        if self.lens.text and self.prompt is None:
            right.append((f"/{self.lens.text} ", look.key))
        if self.table.persons:
            right.append((f"{self._shown_at + 1:,}/{len(self.table.persons):,}", look.dim))
        if self.lens.narrowings:
            room = width - line_width((*left, *right)) - 3
            right.insert(0, (f"{labels(self.lens.narrowings, room)} ", look.key))
        return spread(tuple(left), tuple(right), width)

    @property
    def _shown_at(self) -> int:
        # The place in the list follows with the pane, so that a step of the cursor sends two lines and no more.
        return self.table.cursor if self._rest is None else self._last_at

    _last_at = 0

    def hints(self) -> list[tuple[str, str]]:
        """The keys to name at the bottom, the most wanted first."""
        return [
            ("filter", "filter"), ("mark", "mark"), ("why", "why"), ("revoke", "revoke"), ("welcome", "welcome"),
            ("menu", "actions"), ("help", "help"), ("quit", "quit"), ("sort", "sort"), ("causes", "causes"),
        ]  # fmt: skip

    # -- the cursor and its pane ---------------------------------------------------------------------------------

    def list_changed(self) -> None:
        self._last_at = self.table.cursor
        if self.has_pane:
            self.follow()

    def follow(self) -> None:
        self._moved_at = monotonic()
        if self._rest is None:
            self._last_at = self.table.cursor
            self._look_again(_REST)

    def _look_again(self, seconds: float) -> None:
        # One for many keys, and asyncio's: a timer of Textual's at every key is a good part of what a key costs.
        self._rest = asyncio.get_running_loop().call_later(seconds, self._perhaps_rested)

    def _perhaps_rested(self) -> None:
        left = self._moved_at + _REST - monotonic()
        if left > 0.01:
            self._look_again(left)
        else:
            self.call_later(self.rested)

    def rested(self) -> None:
        """The cursor rests: the place in the list and the pane follow."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if not self.has_class("-small"):
            self.draw_foot()
        row = self.table.row
        if not self.has_pane:
            return
        if row is None:
            self.pane.say(())
        elif self._explained is not None and self._explained[0] == row.code:
            self._explain(row.code, self._explained[1])
        else:
            code, user_type = row.code, row.user_type
            self.engage.in_background(
                "why", lambda: self.manager.why(code, user_type), lambda found: self._explain(code, found), quietly=True
            )

    def _explain(self, code: str, found: Explanation) -> None:
        from tui.ui import wording

        row = self.table.row
        if row is not None and row.code == code:
            self._explained = code, found
            self.pane.say(wording.why(found, self.engage.look))

    # -- keys ----------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """What decides which actions can be used."""
        job = self.engage.job
        return State(
            tab=self.tab,
            others=len(self.marks) - self.marks.contact_count,
            shown=len(self.table.persons),
            marked=len(self.marks),
            row=self.table.row,
            read_only=self.manager.read_only,
            running=job is not None and job.is_open,
            can_undo=self.marks.can_undo,
            searched=bool(self.searched),
            column_page=self.table.page,
            column_pages=self.table.page_count,
            can_copy=bool(len(self.marks) or self.table.persons),
            is_demo=self.manager.is_demo,
            # Whether any of the marked waits is asked when it matters: that takes a look at all of them.
            waits=bool(len(self.marks) or (self.table.row and self.table.row.requested)) and not self.manager.read_only,
            said=self._may_be_said,
        )

    @property
    def _may_be_said(self) -> bool:
        """Whether a person's word may have taken the account under the cursor off its record."""
        row = self.table.row
        by_hand = self.manager.service.by_hand and not self.manager.read_only
        return by_hand and row is not None and not row.username

    def move(self, action: str) -> bool:
        if self.pane.active and self.pane.move(action):
            return True
        moved = self.table.move(action)
        if moved and self.table.range_from is not None:
            self.draw_foot()
        return moved

    @property
    def detail_has_keys(self) -> bool:
        return self.pane.active

    def new_look(self) -> None:
        self.table.look = self.pane.look = self.engage.look
        self.table.paint()
        self.draw()
        self.rested()
