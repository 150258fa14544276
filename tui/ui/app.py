"""The screen's program: one Textual app around the account list, with what every screen needs of it.

Errors end in a panel, a crash in a report without data, a dropped line in a job that finished its current item.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from rich.text import Text
from textual.app import App
from textual.filter import LineFilter, NoColor
from textual.worker import get_current_worker

from tui.errors import EngageError, ExitCode
from tui.ui.flushing import Flushing
from tui.ui.job import Phase, RunningJob
from tui.ui.keys import Keymap
from tui.ui.remembered import ThemeChoice
from tui.ui.screens.accounts import AccountsScreen
from tui.ui.screens.base import BaseScreen
from tui.ui.theme import Look, colours_of

if TYPE_CHECKING:
    from pathlib import Path

    from textual.screen import Screen
    from textual.timer import Timer

    from tui.jobs.plan import Confirmation, Plan
    from tui.manager.manager import AccountManager
    from tui.manager.views import Overview
    from tui.ui.widgets.panel import Panel

Found = TypeVar("Found")
_TICK = 0.2  # seconds between two pictures of a running job
_FLUSH_EVERY = 300.0  # seconds between two looks at what a mail server put off


def run_screen(manager: "AccountManager", config: "Path | None" = None) -> int:
    """Open the screen and stay until it is left; gives the exit code. Raises what reading the register raises.

    `config`: the file that was named for the settings, None for the usual one.
    """
    app = EngageApp(manager, manager.overview(quick=True), config)
    # A screenful of lines is some thousand objects; at Python's own threshold they are gone through at every key.
    gc.set_threshold(50_000, 20, 50)
    # Without the mouse: the terminal keeps selecting and copying, and nothing is sent when the pointer moves.
    result = app.run(mouse=False)
    if app.return_code:
        return app.return_code
    return int(ExitCode.OK) if result is None else result


class EngageApp(App[int], inherit_bindings=False):
    """The account manager. Raises ConfigError for keys or a theme that can't be."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "engage-accounts"
    CSS = "Screen { overflow: hidden; }"

    def __init__(self, manager: "AccountManager", overview: "Overview", config: "Path | None" = None) -> None:
        # The terminal's own colours, whatever Textual's theme says.
        super().__init__(ansi_color=True)
        self.animation_level = "none"
        self.manager = manager
        self.keymap = Keymap(manager.settings.ui.keys)
        colours = colours_of(self.console.color_system, os.environ)
        self.themes = ThemeChoice(manager.settings.ui.theme, colours, remembers=not manager.read_only)
        self.look = self.themes.look()
        self.job: RunningJob | None = None
        self.flushing = Flushing(manager)
        self._config = config
        self.accounts = AccountsScreen(manager, overview)
        self._job_timer: Timer | None = None
        self._crashed = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        # With NO_COLOR the look has no colours; Textual's filter would still put the default ones into every span.
        return [found for found in super().get_line_filters() if not isinstance(found, NoColor)]

    def get_default_screen(self) -> "Screen[None]":
        return self.accounts

    def on_mount(self) -> None:
        self.set_interval(_FLUSH_EVERY, self.flush)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            # What nohup ignores stays ignored; in a thread that is not the main one there are no handlers.
            with suppress(ValueError, RuntimeError, NotImplementedError):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    loop.add_signal_handler(number, self._signalled, number)

    # -- work that would hold the keys up ------------------------------------------------------------------------

    def in_background(
        self, group: str, work: Callable[[], Found], then: Callable[[Found], None], *, quietly: bool = False
    ) -> None:
        """Do `work` in a thread and hand the result to `then`; a newer call in the same group replaces it."""

        def run() -> None:
            worker = get_current_worker()
            try:
                found = work()
            except EngageError as error:
                if not worker.is_cancelled and not quietly:
                    self.call_later(self.show_error, error)
            else:
                if not worker.is_cancelled:
                    self.call_later(then, found)

        self.run_worker(run, thread=True, group=group, exclusive=True)

    def show_error(self, error: EngageError) -> None:
        """Show what went wrong in a panel that scrolls and copies."""
        from tui.ui import wording
        from tui.ui.widgets.panel import Panel

        if isinstance(self.screen, BaseScreen):
            self.screen.say("")
        self.open_panel(Panel[None]("That did not work", wording.error(error, self.look), alarm=True))

    def copy(self, text: str) -> None:
        """Copy by OSC 52: the terminal at the person's end takes it, over SSH too."""
        self.copy_to_clipboard(text)

    def open_panel(self, panel: "Panel[Found]", then: Callable[[Found | None], None] | None = None) -> None:
        """Open a panel over the table; `then` gets its result."""
        self.push_screen(panel, then)

    # -- full screens --------------------------------------------------------------------------------------------

    def open_screen(self, screen: BaseScreen) -> None:
        """Open a full screen over this one; opened from itself it stays as it is."""
        if type(self.screen) is not type(screen):
            self.push_screen(screen)

    def find_person(self) -> None:
        """Find a person: reached from everywhere."""
        if isinstance(self.screen, BaseScreen):
            self.screen.act("find")
        else:
            self.call_later(self.find_person)  # the panel that asked for it is still closing

    def to_accounts(self) -> AccountsScreen:
        """Go back to the account list, whatever lies over it."""
        while len(self.screen_stack) > 1 and self.screen is not self.accounts:
            self.pop_screen()
        return self.accounts

    def use_look(self, look: Look) -> None:
        """Draw everything in another look."""
        self.look = look
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.new_look()

    # -- the job -------------------------------------------------------------------------------------------------

    def start_job(self, plan: "Plan", confirmation: "Confirmation") -> None:
        """Carry a confirmed plan out."""
        self.job = RunningJob(self.manager, plan.title, plan.count, self._job_ended, self.flushing.finish)
        self.job.start(plan, confirmation)
        self.show_progress()
        self.watch_job()

    def resume_job(self, job: int, total: int) -> None:
        """Go on with a job that another session left."""
        self.job = RunningJob(self.manager, f"Job {job}, resumed", total, self._job_ended, self.flushing.finish)
        self.job.resume(job)
        self.show_progress()
        self.watch_job()

    def show_progress(self) -> None:
        """Show the running job."""
        from tui.ui.widgets.progress import ProgressPanel

        if self.job is not None:
            self.open_panel(ProgressPanel(self.job), lambda _: self._draw_foot())

    def _draw_foot(self) -> None:
        if isinstance(self.screen, BaseScreen):
            self.screen.draw_foot()

    def watch_job(self) -> None:
        """Look at the job from time to time, as long as it runs: a picture more often than that floods slow links."""
        if self._job_timer is None:
            self._job_timer = self.set_interval(_TICK, self._tick)

    def _tick(self) -> None:
        from tui.ui.widgets.progress import ProgressPanel

        if self.job is None or not self.job.is_busy:
            self._stop_watching()
        if isinstance(self.screen, ProgressPanel):
            self.screen.refresh_job()
        elif isinstance(self.screen, BaseScreen):
            self.screen.draw_foot()

    def _stop_watching(self) -> None:
        if self._job_timer is not None:
            self._job_timer.stop()
            self._job_timer = None

    def _job_ended(self, job: RunningJob) -> None:
        self.call_later(self.job_over, job)  # from the job's thread

    def job_over(self, job: RunningJob) -> None:
        """The job has come to an end, or to a pause."""
        from tui.ui.widgets.progress import ProgressPanel

        watched = isinstance(self.screen, ProgressPanel)
        if job.phase is Phase.PAUSED and watched:
            self._tick()
            return
        if job.phase is Phase.ENDED:
            self._stop_watching()
            if isinstance(self.screen, ProgressPanel):
                self.screen.leave(None)
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                self.call_later(screen.job_ended, job, watched)

    @property
    def config_file(self) -> "Path":
        """The file that the settings stand in, or would."""
        from tui.config import default_config_path

        return self._config or default_config_path()

    # -- messages that were put off ------------------------------------------------------------------------------

    def flush(self, *, asked: bool = False) -> None:
        """Send what a mail server had put off, where its time has come. Nothing is shown when nothing is due, unless
        somebody `asked`."""
        if self.manager.read_only or self.flushing.is_busy or (self.job is not None and self.job.is_busy):
            return
        self.flushing.begin()

        def then(said: str | EngageError) -> None:
            if isinstance(said, EngageError):
                if asked:
                    self.show_error(said)
            elif said or asked:
                if said:
                    self.accounts.reload()
                for screen in self.screen_stack:
                    if isinstance(screen, BaseScreen):
                        screen.flushed(said or self.flushing.nothing_due())

        self.in_background("flush", self.flushing.work, then)

    # -- leaving -------------------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Leave; a running job is asked about first."""
        if self.job is not None and self.job.is_busy:
            from tui.ui.drawing import Para
            from tui.ui.widgets.panel import Choice, Panel

            body = [
                Para(f"{self.job.title}: {self.job.bar}."),
                Para("Stopping lets the current item finish; the rest can be resumed."),
            ]
            choices = [Choice("s", "stop after this one and quit", "stop"), Choice("n", "No, stay", None)]
            self.open_panel(Panel[str]("A job is running", body, choices=choices), self._stop_and_leave)
        else:
            self.flushing.stop()
            self.exit(int(ExitCode.OK))

    def _stop_and_leave(self, answer: str | None) -> None:
        if answer == "stop":
            self.run_worker(self._leave_after_job(int(ExitCode.OK)), group="leave")

    async def _leave_after_job(self, code: int) -> None:
        self.flushing.stop()
        if self.job is not None:
            self.job.stop()
            await asyncio.to_thread(self.job.wait)
        self.exit(code)

    def _signalled(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and not self.is_headless:
            # The terminal has gone: what is still drawn must go nowhere instead of blocking or failing.
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_RDWR)
                for descriptor in (0, 1, 2):
                    os.dup2(nowhere, descriptor)
        self.run_worker(self._leave_after_job(128 + number), group="leave")

    # -- crashes -------------------------------------------------------------------------------------------------

    def _handle_exception(self, error: Exception) -> None:
        # What went wrong with the register or a service is no crash, wherever it surfaces.
        if isinstance(error, EngageError) and self.is_running and self.screen_stack:
            self.call_later(self.show_error, error)
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End with a message and a report; nothing that was on the screen is shown or written."""
        self._return_code = int(ExitCode.CRASH)
        if self.job is not None:
            self.job.stop()
        if not self._crashed:
            self._crashed = True
            from tui.ui.crash import write_report

            path = write_report(sys.exc_info()[1] or self._exception)
            message = "engage-accounts has crashed; this is a fault of the program. What was done is in the journal.\n"
            self._exit_renderables.append(Text(f"{message}A report without names or other data is in {path}"))
        self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """Textual's own way to give up: ours instead, which shows no data."""
        if sys.exc_info()[1] is None and self._exception is None:
            # The thread that reads the keys ended: the line was dropped, and its signal is on the way or was lost.
            self._signalled(signal.SIGHUP)
        else:
            self._fatal_error()

    def _print_error_renderables(self) -> None:
        for renderable in self._exit_renderables[:1]:
            self.error_console.print(renderable, soft_wrap=True)
        self._exit_renderables.clear()
