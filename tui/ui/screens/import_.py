"""Importing a roster: choose where it comes from, read the difference it would make, then apply it or leave.

Reading and applying run in a thread and can be stopped until the import is committed. Nothing is imported before its
difference was read.
"""

import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tui.domain.difference import Difference
from tui.domain.import_steps import ImportStep
from tui.errors import Declined, EngageError
from tui.feeds.looking import complete, expanded, here
from tui.manager.previewing import Preview
from tui.manager.sources import Source
from tui.ui import wording_import
from tui.ui.actions import State
from tui.ui.drawing import Line, Para, spread
from tui.ui.editing import LineEdit
from tui.ui.screens.base import BaseScreen, Prompt
from tui.ui.screens.board import Board

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

Found = TypeVar("Found")
_TICK = 0.2  # seconds between two pictures of the progress
_START = ImportStep("", 0, 0.0)


class Phase(Enum):
    """Where the person is."""

    CHOOSING = auto()
    READING = auto()
    COMPARING = auto()  # the difference is on the screen
    APPLYING = auto()


_HEADS = {
    Phase.CHOOSING: "Import: where is the roster?",
    Phase.READING: "Import: reading the difference",
    Phase.COMPARING: "Import: the difference",
    Phase.APPLYING: "Import: applying the difference",
}


class ImportScreen(Board):
    """Sources to choose from, with the detail of each; then one difference over the whole screen."""

    SCOPE = "import"
    NAME = "import"
    DEFAULT_CSS = """
    ImportScreen.-whole #table { display: none; }
    ImportScreen.-whole #pane { height: 1fr; width: 1fr; }
    """

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.phase = Phase.CHOOSING
        self.sources: Sequence[Source] = ()
        self.difference: Preview | None = None
        self._typed_path: Path | None = None
        self._is_looking = True
        self._stop = threading.Event()
        self._step = _START
        self._began = 0.0
        self._is_left = False

    def on_unmount(self) -> None:
        self._is_left = True
        self._stop.set()  # whatever runs ends without an import

    # -- what is shown ---------------------------------------------------------------------------------------------

    def headline(self) -> str:
        return _HEADS[self.phase]

    def right(self) -> str:
        return self.engage.accounts.overview.school

    def detail(self) -> Sequence[Para]:
        look, keymap = self.engage.look, self.engage.keymap
        if self.phase is Phase.COMPARING and self.difference is not None:
            return wording_import.difference(self.difference, look)
        if self.is_busy:
            title = "Reading; nothing is imported by it" if self.phase is Phase.READING else "Importing"
            end = (
                "Stopping ..." if self._stop.is_set() else f"{keymap.first('back')} stops it; nothing is imported then."
            )
            return wording_import.progress(title, self._step, time.monotonic() - self._began, end, look)
        if self._is_looking:
            return ()
        return wording_import.source(self.source, look, keymap.first("import_read"), keymap.first("import_path"))

    def status_line(self, width: int) -> Line:
        look, last = self.engage.look, self.engage.accounts.overview.last_import
        left, style = "Nothing is imported yet.", None
        if self.is_busy:
            left = ""
        elif self.difference is not None:
            found = self.difference.difference
            accepting = [what for what, on in (("the loss", found.shrunk), ("bad rows", found.problem_count)) if on]
            if accepting:
                left, style = f"{left} To import it, {' and '.join(accepting)} must be accepted.", look.warn
        return spread(((left, style),), ((f"last import: {last}" if last else "", look.dim),), width)

    def hints(self) -> Sequence[tuple[str, str]]:
        if self.is_busy:
            return [("back", "stop"), ("help", "help")]
        if self.phase is Phase.COMPARING:
            return [
                ("import_apply", "import it"), ("copy", "copy"), ("import_again", "read again"), ("menu", "actions"),
                ("help", "help"), ("back", "leave it"),
            ]  # fmt: skip
        return [
            ("import_read", "read the difference"), ("import_path", "type a path"), ("import_again", "look again"),
            ("help", "help"), ("back", "back"),
        ]  # fmt: skip

    def _show(self, phase: Phase) -> None:
        self.phase = phase
        whole = phase is not Phase.CHOOSING
        self.set_class(whole, "-whole")
        self.pane.active = whole
        self._arrange()
        self.pane.heading = {Phase.CHOOSING: "source", Phase.COMPARING: "difference"}.get(phase, "progress")
        self.draw()
        self.show_detail()

    def _arrange(self) -> None:
        super()._arrange()
        if self.phase is not Phase.CHOOSING:
            self.pane.below = True

    # -- choosing --------------------------------------------------------------------------------------------------

    def started(self) -> None:
        self.pane.heading = "source"
        self.look_for_sources()

    def look_for_sources(self, *, and_read: bool = False) -> None:
        """List what could be imported, what was typed first; `and_read`: and read that at once when it can be."""
        typed = self._typed_path
        self._is_looking = True

        def work() -> Sequence[Source] | EngageError:
            try:
                return self.manager.sources(typed, here=here())
            except EngageError as error:
                return error

        def then(sources: Sequence[Source] | EngageError) -> None:
            self._is_looking = False
            if self._is_left:
                return
            if isinstance(sources, EngageError):
                self.engage.show_error(sources)
                return
            self.sources = sources
            self.fill()
            if and_read:
                self.table.move("top")
                self.show_detail()
                if sources[0].wrong is None and [source.path for source in sources].count(sources[0].path) == 1:
                    self._read(sources[0].path, sources[0].feed)
            self.act_on_typed_ahead()

        self.engage.in_background("sources", work, then)

    def fill(self) -> None:
        if not self._is_looking and self.phase is Phase.CHOOSING:
            # Not as wide as the list is: it has no width while a difference hides it.
            width = self.app.size.width // (2 if self.has_class("-beside") else 1)
            self.show_entries(wording_import.entries(self.sources, width, self.engage.look))

    @property
    def is_unfinished(self) -> bool:
        return self._is_looking

    @property
    def source(self) -> Source | None:
        """The source under the cursor; None on the entry that asks for another."""
        return next((source for source in self.sources if wording_import.key_of(source) == self.key), None)

    def do_import_path(self) -> None:
        self.ask(Prompt("Folder or file (tab completes): ", entered=self._typed_in, complete=complete))

    def _typed_in(self, text: str) -> None:
        if text:
            self._typed_path = expanded(text).absolute()
            self.look_for_sources(and_read=True)

    def do_import_again(self) -> None:
        if self.difference is not None:
            self._read(self.difference.path, self.difference.feed)
        else:
            self.look_for_sources()

    # -- reading and applying --------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or imported."""
        return self.phase in (Phase.READING, Phase.APPLYING)

    def do_import_read(self) -> None:
        source = self.source
        if source is None:
            self.do_import_path()
        else:
            self._read(source.path, source.feed)

    def _read(self, path: Path | None, feed: str) -> None:
        def work(stop: threading.Event) -> Preview:
            return self.manager.preview_import(path, feed, progress=self._told, stop=stop)

        def then(found: Preview) -> None:
            if not self._is_left:
                self.difference = found
                self._show(Phase.COMPARING)

        self._run(Phase.READING, work, then, self._choose_again)

    def _choose_again(self) -> None:
        self.difference = None
        self._show(Phase.CHOOSING)
        self.look_for_sources()

    def do_import_apply(self) -> None:
        from tui.ui.widgets.panel import Ask, Choice, Field, Panel

        if self.difference is None:
            return
        found = self.difference.difference
        title = f"Import this as no. {found.number}?"
        body = wording_import.confirm(found, self.manager.path, self.engage.look)
        if found.shrunk:
            word = wording_import.ACCEPT
            asked = Ask(
                title,
                body,
                [Field(f"Type {word} to import it all the same:", LineEdit())],
                check=lambda values: "" if values[0].lower() == word else f"Only {word} imports it; esc leaves it.",
            )
            asked.alarm = True
            self.engage.open_panel(asked, lambda values: self._apply() if values else self._leave_it())
        else:
            label = "import without the bad rows" if found.problem_count else "import it"
            choices = [Choice("y", label, "y"), Choice("n", "No", None)]
            self.engage.open_panel(
                Panel[str](title, body, choices=choices), lambda answer: self._apply() if answer else self._leave_it()
            )

    def _leave_it(self) -> None:
        self.say("Nothing was imported.")

    def _apply(self) -> None:
        read, engage = self.difference, self.engage
        if read is None:
            return
        found = read.difference

        def work(stop: threading.Event) -> Difference:
            # What was read and accepted on the screen: the import itself asks for it again.
            return self.manager.apply_import(
                read,
                skip_bad=bool(found.problem_count),
                accept_shrink=bool(found.shrunk),
                progress=self._told,
                stop=stop,
            )

        def then(done: Difference) -> None:
            if self in engage.screen_stack:
                if isinstance(engage.screen, BaseScreen) and engage.screen is not self:
                    self._choose_again()  # the person is busy on a screen that was opened over this one
                else:
                    engage.to_accounts()
            engage.accounts.reload()
            engage.accounts.say(wording_import.applied(done))

        self._run(Phase.APPLYING, work, then, lambda: self._show(Phase.COMPARING))

    def _run(
        self,
        phase: Phase,
        work: Callable[[threading.Event], Found],
        then: Callable[[Found], None],
        otherwise: Callable[[], None],
    ) -> None:
        """Do `work` in the background with its progress on the screen; `otherwise` when it failed or was stopped."""
        engage, stop = self.engage, threading.Event()
        self._stop = stop
        self._step, self._began = _START, time.monotonic()
        self._show(phase)
        timer = self.set_interval(_TICK, self.show_detail)

        def guarded() -> Found | EngageError:
            try:
                return work(stop)
            except EngageError as error:
                return error

        def ended(found: Found | EngageError) -> None:
            timer.stop()
            stopped = "Stopped. Nothing was imported."
            if not isinstance(found, EngageError):
                then(found)
            elif self._is_left:
                if phase is Phase.APPLYING:
                    engage.accounts.say(stopped)
            else:
                otherwise()
                if isinstance(found, Declined):
                    self.say(stopped)
                else:
                    engage.show_error(found)

        engage.in_background("import", guarded, ended)

    def _told(self, step: ImportStep) -> None:
        self._step = step  # in the import's thread; the next tick draws it

    # -- keys ------------------------------------------------------------------------------------------------------

    def state(self) -> State:
        job, source = self.engage.job, self.source
        return State(
            read_only=self.manager.read_only,
            is_demo=self.manager.is_demo,
            running=job is not None and job.is_open,
            importing=self.is_busy,
            has_difference=self.phase is Phase.COMPARING,
            source_wrong=source.note if source is not None and source.wrong is not None else "",
            can_copy=not self.is_busy,
        )

    def do_focus(self) -> None:
        if self.phase is Phase.CHOOSING:
            super().do_focus()

    def do_copy(self) -> None:
        super().do_copy()
        self.say("Copied.")

    def do_back(self) -> None:
        if self.is_busy:
            self._stop.set()
            self.show_detail()
        elif self.phase is Phase.COMPARING:
            self.difference = None
            self._show(Phase.CHOOSING)
            self.fill()
        else:
            super().do_back()

    def do_quit(self) -> None:
        if self.is_busy:
            self.say(f"{self.engage.keymap.first('back')} stops it first.")
        else:
            super().do_quit()
