"""The audit: who did what to whom and when, the newest first; filtered as it is typed, exported, its chain walked."""

import threading
from array import array
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from tui.domain.audit_chain import Verdict
from tui.errors import Declined, EngageError
from tui.register.audit_reading import AuditFilter
from tui.text import clean, plural
from tui.ui import wording_audit
from tui.ui.actions import State
from tui.ui.drawing import Line, Span, crop, line_width, spread
from tui.ui.editing import LineEdit
from tui.ui.screens.base import BaseScreen, Prompt
from tui.ui.widgets.audit_list import AuditList
from tui.ui.widgets.keyboard import LEAST
from tui.ui.widgets.lines import Holder, Lines

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager


class AuditScreen(BaseScreen):
    """The events with what can be done about them. Numbers are gathered in the background, a window at a time."""

    SCOPE = "audit"
    NAME = "audit"
    DEFAULT_CSS = """
    AuditScreen { layout: vertical; }
    AuditScreen #head { height: 1; }
    AuditScreen #foot { height: 2; }
    AuditScreen #main { height: 1fr; }
    AuditScreen.-small #main, AuditScreen.-small #foot { display: none; }
    """

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.text = ""
        self._stop = threading.Event()  # of what is gathered now
        self._verifying: threading.Event | None = None
        self._is_reading = True

    def compose(self) -> ComposeResult:
        self.head = Lines(id="head")
        self.table = AuditList(self.manager.audit_window, self.engage.look, self.draw_foot, id="table")
        self.foot = Lines(id="foot")
        self.set_class(self.is_small, "-small")
        self.draw()
        yield self.head
        with Holder(id="main"):
            yield self.table
        yield self.foot

    def on_mount(self) -> None:
        self.call_after_refresh(self.read)

    def on_unmount(self) -> None:
        self._stop.set()
        if self._verifying is not None:
            self._verifying.set()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.is_small, "-small")
        self.call_after_refresh(self.draw)

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> AuditFilter:
        """What is filtered for."""
        return AuditFilter(words=tuple(self.text.split()))

    def read(self) -> None:
        """Gather the numbers of the events wanted: the first window is shown at once, the others as they come."""
        self._stop.set()
        stop = self._stop = threading.Event()
        wanted, self._is_reading = self.wanted, True

        def work() -> None:
            is_first = True
            for numbers in self.manager.audit_numbers(wanted):
                if stop.is_set():
                    return
                # A window without a hit shows nothing new, but the first clears what was there.
                if numbers or is_first:
                    self.app.call_later(self._came, stop, numbers, is_first)
                is_first = False
            self.app.call_later(self._all_came, stop, is_first)

        def then(_: None) -> None:
            return

        self.engage.in_background("audit", work, then)

    def _came(self, stop: threading.Event, numbers: "array[int]", is_first: bool) -> None:
        if stop.is_set():
            return
        if is_first:
            self.table.fill(numbers, ("Looking ...",))
        else:
            self.table.extend(numbers)
        self.draw()
        self.act_on_typed_ahead()

    def _all_came(self, stop: threading.Event, is_empty: bool) -> None:
        if stop.is_set():
            return
        self._is_reading = False
        if is_empty or not self.table.numbers:
            nothing = f"Nothing here matches “{self.text}”." if self.text else "Nothing was done yet."
            self.table.fill(array("q"), (nothing,))
        self.draw()
        self.act_on_typed_ahead()

    @property
    def is_unfinished(self) -> bool:
        return self._is_reading and not self.table.numbers

    def draw(self) -> None:
        look, width = self.engage.look, self.app.size.width
        if self.is_small:
            self.head.show([((f"This needs more room: {LEAST[0]} columns by {LEAST[1]} lines.", look.warn),)])
            return
        right = self.engage.accounts.overview.school
        self.head.show([spread((("Audit: who did what to whom", look.title),), ((right, look.dim),), width)])
        self.draw_foot()

    def new_look(self) -> None:
        self.table.look = self.engage.look
        self.table.paint()
        super().new_look()

    def status_line(self, width: int) -> Line:
        look, count = self.engage.look, len(self.table.numbers)
        looking = ", looking on" if self._is_reading else ""
        checking = " · walking the chain" if self._verifying is not None else ""
        at = f"{self.table.at + 1:,}/{count:,}" if count else ""
        filtered = f"/{self.text} " if self.text and self.prompt is None else ""
        right: Line = ((filtered, look.key), (at, look.dim))
        left: Span = (f"{plural(count, 'event')}{looking}{checking}", None)
        here = self.table.event_here
        room = width - line_width((left, *right)) - 5  # the column for it is narrow
        reason = f" · {crop(here.reason, room)}" if here is not None and here.reason and room > 0 else ""
        return spread((left, (reason, look.dim)), right, width)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [
            ("audit_filter", "filter"), ("audit_detail", "detail"), ("audit_export", "export"),
            ("audit_verify", "verify"), ("audit_copy", "copy"), ("menu", "actions"), ("help", "help"),
            ("back", "back"),
        ]  # fmt: skip

    def state(self) -> State:
        has = bool(self.table.numbers)
        return State(read_only=self.manager.read_only, shown=len(self.table.numbers), can_copy=has)

    def move(self, action: str) -> bool:
        return self.table.move(action)

    # -- acts ----------------------------------------------------------------------------------------------------

    def do_audit_filter(self) -> None:
        self.ask(
            Prompt(
                "/", entered=self.filter_by, changed=self.filter_by, left=lambda: self.filter_by(""),
                edit=LineEdit(self.text),
            )
        )  # fmt: skip

    def filter_by(self, text: str) -> None:
        """Show the events in which all these words occur."""
        before, self.text = self.text.split(), text
        if before != text.split():
            self.read()
        self.draw()

    def do_audit_detail(self) -> None:
        from tui.ui.widgets.panel import Panel

        event = self.table.event_here
        if event is not None:
            body = wording_audit.detail(event, self.engage.look)
            self.engage.open_panel(Panel[None](f"Event {event.id:,}", body, tall=True))

    def do_audit_export(self) -> None:
        name = f"audit-{date.today().isoformat()}.csv"  # noqa: DTZ011 - theirs
        self.ask(Prompt("Export to: ", entered=self._export, edit=LineEdit(str(Path.cwd() / name))))

    def _export(self, name: str) -> None:
        if not name:
            return
        path, wanted = Path(name).expanduser(), self.wanted
        self.engage.in_background(
            "export",
            lambda: self.manager.export_audit(path, wanted),
            lambda count: self.say(f"{plural(count, 'event')} written to {clean(str(path))}"),
        )

    def do_audit_verify(self) -> None:
        if self._verifying is not None:
            return
        stop = self._verifying = threading.Event()

        def work() -> "Verdict | EngageError":
            try:
                return self.manager.verify_audit(stop=stop)
            except EngageError as error:
                return error

        def then(found: "Verdict | EngageError") -> None:
            self._verifying = None
            self.draw_foot()
            if isinstance(found, EngageError):
                if not isinstance(found, Declined):
                    self.engage.show_error(found)
            else:
                self._show_verdict(found)

        self.engage.in_background("verify", work, then)
        self.draw_foot()

    def _show_verdict(self, found: Verdict) -> None:
        from tui.ui.widgets.panel import Panel

        if not self.is_on_top:
            return
        title = "The audit chain holds" if found.holds else "The audit chain does not hold"
        panel = Panel[None](title, wording_audit.verdict(found, self.engage.look), alarm=not found.holds)
        self.engage.open_panel(panel)

    def do_audit_copy(self) -> None:
        event = self.table.event_here
        if event is not None:
            self.engage.copy(wording_audit.as_line(event))
            self.say(f"Copied event {event.id:,}.")

    def do_audit_head(self) -> None:
        head = self.manager.audit_head()
        if head is not None:
            self.engage.copy(str(head))
            self.say(f"Copied the head of the chain, event {head.id:,}.")

    def do_refresh(self) -> None:
        self.read()
        self.say("Read again.")

    def do_audit(self) -> None:
        """The key that came here leads back."""
        self.do_back()

    def do_back(self) -> None:
        if self.text:
            self.filter_by("")
        else:
            super().do_back()
