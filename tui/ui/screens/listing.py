"""The account list as a screen: header, tabs, table, why-pane, status and the line that is typed in at the bottom.

Lists and moves; marks are added in `marking`, acts in `accounts`. Reads of a window are made directly, whatever may
take longer in a thread.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen

from tui.domain.records import UserType
from tui.errors import EngageError
from tui.manager.views import TAB_LABELS, Explanation, Overview, Tab
from tui.ui.drawing import Line, Span, fit_line, line_width, spread
from tui.ui.editing import LineEdit
from tui.ui.keys import ACTIONS, State, key_name
from tui.ui.selection import Marks
from tui.ui.widgets.account_table import AccountTable
from tui.ui.widgets.keyboard import LEAST, Keyboard, too_small
from tui.ui.widgets.lines import Lines
from tui.ui.widgets.masthead import TYPE_LABELS, header, tab_line
from tui.ui.widgets.reason_pane import ReasonPane

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.manager.manager import AccountManager
    from tui.ui.app import EngageApp

BESIDE_FROM = 110
BELOW_FROM = (80, 30)
_REST = 0.12  # seconds that the cursor rests before the pane follows
TABS = tuple(Tab)


@dataclass
class Lens:
    """How a tab is looked at: its own filter, sort and cursor."""

    text: str = ""
    sort: str = "name"
    descending: bool = False
    person: int | None = None


@dataclass
class Prompt:
    """A line that is being typed at the bottom."""

    label: str
    entered: Callable[[str], None]
    changed: Callable[[str], None] | None = None
    left: Callable[[], None] | None = None
    edit: LineEdit = field(default_factory=LineEdit)


class ListScreen(Keyboard, Screen[None], inherit_bindings=False):
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
        super().__init__()
        self.manager = manager
        self.overview = overview
        self.tab = Tab.READY_TO_REVOKE
        self.user_type = UserType.CONTACT
        self.only_marked = False
        self.total = 0
        self.message = ""
        self.prompt: Prompt | None = None
        self.search = ""
        self._lenses: dict[tuple[UserType, Tab | None], Lens] = {}
        self._marks: dict[UserType, Marks] = {}
        self._rest: Timer | None = None
        self._explained: tuple[str, Explanation] | None = None

    @property
    def engage(self) -> "EngageApp":
        return cast("EngageApp", self.app)

    @property
    def lens(self) -> Lens:
        """How the list shown now is looked at."""
        return self._lenses.setdefault((self.user_type, None if self.only_marked else self.tab), Lens())

    @property
    def marks(self) -> Marks:
        """The marks of the user type shown now."""
        return self._marks.setdefault(self.user_type, Marks())

    # -- layout --------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        look = self.engage.look
        self.masthead = Lines(id="masthead")
        self.table = AccountTable(self.manager.rows, look, id="table")
        self.pane = ReasonPane(look, id="pane")
        self.foot = Lines(id="foot")
        self._arrange(self.app.size.width, self.app.size.height)
        self.load()
        self.draw()
        yield self.masthead
        with Container(id="main"):
            yield self.table
            yield self.pane
        yield self.foot

    def on_mount(self) -> None:
        self.call_after_refresh(self.started)

    def started(self) -> None:
        """The first frame is out: what it did not need comes now."""
        self.rested()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size.width, event.size.height)
        self.call_after_refresh(self.draw)
        self._follow()

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

    def load(self, *, at: int = 0) -> None:
        """Read the list anew; the cursor stays with the person it was on, else it goes to `at`."""
        lens = self.lens
        tab = Tab.ALL if self.only_marked else self.tab
        view = self.manager.view(
            tab, user_type=self.user_type, text=lens.text, sort=lens.sort, descending=lens.descending
        )
        persons, self.total = view.persons, view.total
        if self.only_marked:
            persons, self.total = array("q", filter(self.marks.persons.__contains__, persons)), len(self.marks)
        if lens.person is not None and lens.person in persons:
            at = persons.index(lens.person)
        self.marks.count_hidden(persons)
        self.table.marks = self.marks
        self.table.load(persons, tab, (lens.sort, lens.descending), self._nothing(), at)

    def reload(self) -> None:
        """Read counts and list again."""
        self.remember()
        self.overview = self.manager.overview(self.user_type)
        self._explained = None
        self.load(at=self.table.cursor)
        self.draw()
        self.rested()

    def change_list(self) -> None:
        """Another tab, filter or sort was chosen."""
        self.load()
        self.draw()
        self._follow()

    def remember(self) -> None:
        """Remember who the cursor is on, for when this list is shown again."""
        self.lens.person = self.table.person

    def _nothing(self) -> Sequence[str]:
        if not self.overview.last_import:
            return (
                "This register is empty.",
                "",
                "Import a roster:        engage-accounts import FOLDER",
                "Or look at a school     engage-accounts demo",
                "that was made up:",
                "",
                f"Then {self.engage.keymap.first('refresh')} reads the register again.",
            )
        if self.lens.text:
            return (
                f"Nothing here matches “{self.lens.text}”.",
                "",
                "esc clears the filter; 6 looks among all accounts.",
            )
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
        groups = self.engage.keymap.first("groups")
        self.masthead.show(
            [
                header(self.overview, self.user_type, width, look, groups),
                tab_line(self.overview.counts, current, width, look),
            ]
        )
        self.draw_foot()

    def draw_foot(self) -> None:
        """Draw the status and the bottom line."""
        width = self.app.size.width
        self.foot.show([self._status(width), self._bottom(width)])

    def status(self) -> str:
        """`12 marked (3 hidden by the filter) · 248 of 903 shown`."""
        marks, shown = self.marks, f"{len(self.table.persons):,} of {self.total:,} shown"
        if not len(marks):
            return shown
        why = "hidden by the filter" if self.lens.text else "on other tabs"
        hidden = f" ({marks.hidden:,} {why})" if marks.hidden else ""
        return f"{len(marks):,} marked{hidden} · {shown}"

    def _status(self, width: int) -> Line:
        look = self.engage.look
        ranged = len(self.table.range_persons())
        left: list[Span] = [(self.status(), look.marked if len(self.marks) else None)]
        if ranged:
            left.append((f" · range of {ranged:,}: v keeps it, esc drops it", look.key))
        right: list[Span] = []
        if self.only_marked:
            right.append(("only the marked ", look.key))
        if self.lens.text and self.prompt is None:
            right.append((f"/{self.lens.text} ", look.key))
        if self.table.persons:
            right.append((f"{self._shown_at + 1:,}/{len(self.table.persons):,}", look.dim))
        return spread(tuple(left), tuple(right), width)

    @property
    def _shown_at(self) -> int:
        # The place in the list follows with the pane, so that a step of the cursor sends two lines and no more.
        return self.table.cursor if self._rest is None else self._last_at

    _last_at = 0

    def _bottom(self, width: int) -> Line:
        look = self.engage.look
        if self.prompt is not None:
            return self.prompt.edit.line(self.prompt.label, width, look)
        if self.message:
            return fit_line(((self.message, look.key),), width)
        job = self.engage.job
        if job is not None and job.is_open:
            key = self.engage.keymap.first("job")
            state = job.standing or "running"
            return fit_line(((key, look.key), (f" job {state}: {job.bar}, {job.pace}", None)), width)
        spans: list[Span] = []
        for name, words in self.hints():
            hint: Line = ((self.engage.keymap.first(name), look.key), (f" {words}   ", look.dim))
            if line_width((*spans, *hint)) <= width + 3:
                spans += hint
        return fit_line(tuple(spans), width)

    def hints(self) -> list[tuple[str, str]]:
        """The keys to name at the bottom, the most wanted first."""
        return [
            ("filter", "filter"), ("mark", "mark"), ("why", "why"), ("revoke", "revoke"), ("welcome", "welcome"),
            ("menu", "actions"), ("help", "help"), ("quit", "quit"), ("sort", "sort"), ("groups", "groups"),
        ]  # fmt: skip

    def say(self, message: str) -> None:
        """Say something at the bottom, until the next key."""
        self.message = message
        self.draw_foot()

    # -- the cursor and its pane ---------------------------------------------------------------------------------

    def on_account_table_moved(self, event: AccountTable.Moved) -> None:
        self._follow()

    def _follow(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        else:
            self._last_at = self.table.cursor
        self._rest = self.set_timer(_REST, self.rested)

    def rested(self) -> None:
        """The cursor rests: the place in the list and the pane follow."""
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
            code, user_type = row.code, self.user_type
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
            user_type=self.user_type,
            shown=len(self.table.persons),
            marked=len(self.marks),
            row=self.table.row,
            read_only=self.manager.read_only,
            running=job is not None and job.is_open,
            has_job=job is not None,
            groups=len(self.overview.groups),
            can_undo=self.marks.can_undo,
            searched=bool(self.search),
        )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self.has_class("-small"):
            # What can't be seen is not acted on; leaving is.
            if self.engage.keymap.action(key_name(event.key, event.character)) == "quit":
                self.act("quit")
            return
        try:
            if self.prompt is not None:
                self._typed(self.prompt, event)
                return
            if self.message:
                self.say("")
            action = self.engage.keymap.action(key_name(event.key, event.character))
            if not action:
                if event.key == "ctrl+c":
                    self.say(f"{self.engage.keymap.first('quit')} quits.")
                return
            if self.pane.active and self.pane.move(action):
                return
            if not self.table.move(action):
                self.act(action)
            elif self.table.range_from is not None:
                self.draw_foot()
        except EngageError as error:
            self.engage.show_error(error)

    def act(self, name: str) -> None:
        """Carry an action out, or say why it can't be."""
        action = ACTIONS[name]
        why_not = action.enabled(self.state())
        if why_not:
            self.say(f"{action.label}: {why_not}.")
        else:
            getattr(self, f"do_{name}")()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.prompt is not None:
            self.prompt.edit.insert(event.text)
            self._changed(self.prompt)

    def ask(self, prompt: Prompt) -> None:
        """Ask for a line at the bottom."""
        self.prompt = prompt
        self.draw_foot()

    def _typed(self, prompt: Prompt, event: events.Key) -> None:
        if event.key == "escape":
            self.prompt = None
            if prompt.left is not None:
                prompt.left()
        elif event.key == "enter":
            self.prompt = None
            prompt.entered(prompt.edit.text.strip())
        elif prompt.edit.key(event.key, event.character):
            self._changed(prompt)
        elif len(event.key) > 1 and self.table.move(self.engage.keymap.action(event.key)):
            return
        self.draw_foot()

    def _changed(self, prompt: Prompt) -> None:
        if prompt.changed is not None:
            prompt.changed(prompt.edit.text)
        self.draw_foot()
