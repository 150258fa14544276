"""The job that this screen runs: one at a time, in a thread of its own, with a stop that lets the current item finish.

The journal is the truth: pausing is stopping, going on is resuming. Nothing here is needed for a job to survive.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from tui.errors import EngageError
from tui.ui.crash import write_report

if TYPE_CHECKING:
    from tui.jobs.plan import Confirmation, JobReport, Plan, PlannedItem, Progress
    from tui.manager.manager import AccountManager

_BAR = 24


class Phase(Enum):
    """Where the job is."""

    RUNNING = auto()
    PAUSING = auto()
    PAUSED = auto()
    STOPPING = auto()
    ENDED = auto()


class RunningJob:
    """One job of this session. `ended` is called in the job's thread when it has come to an end or a pause; `before` is
    called there before anything is done."""

    def __init__(
        self,
        manager: "AccountManager",
        title: str,
        total: int,
        ended: Callable[["RunningJob"], None],
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.title = title
        self.total = total
        self.items: tuple[PlannedItem, ...] = ()
        self.number = 0
        self.phase = Phase.RUNNING
        self.progress: Progress | None = None
        self.report: JobReport | None = None
        self.error: EngageError | None = None
        self._manager = manager
        self._ended = ended
        self._before = before
        self._base: int | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, plan: "Plan", confirmation: "Confirmation") -> None:
        """Carry a plan out."""
        self.items = plan.items
        self._go(lambda: self._manager.run(plan, confirmation, progress=self._took, stop=self._stop))

    def resume(self, job: int) -> None:
        """Go on with a job that was stopped, in this session or another."""
        self.number, self._base = job, None
        self._stop.clear()
        self.phase = Phase.RUNNING
        self._go(lambda: self._manager.resume(job, progress=self._took, stop=self._stop))

    def pause(self) -> None:
        """Pause after the current item, or go on."""
        if self.phase is Phase.RUNNING:
            self.phase = Phase.PAUSING
            self._stop.set()
        elif self.phase is Phase.PAUSED and self.number:
            self.resume(self.number)

    def stop(self) -> None:
        """Stop after the current item."""
        if self.phase is Phase.PAUSED:
            self.phase = Phase.ENDED
        elif self.phase is not Phase.ENDED:
            self.phase = Phase.STOPPING
            self._stop.set()

    @property
    def is_open(self) -> bool:
        """Whether it still runs or is paused."""
        return self.phase is not Phase.ENDED

    @property
    def is_busy(self) -> bool:
        """Whether its thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the current item is finished."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _took(self, progress: "Progress") -> None:
        if self._base is None:
            self._base = progress.done - 1
        self.number = progress.job
        self.progress = progress

    def _go(self, work: Callable[[], "JobReport"]) -> None:
        # Not a daemon: the item at hand is finished even when the program leaves first.
        self._thread = threading.Thread(target=self._run, args=(work,), name="job")
        self._thread.start()

    def _run(self, work: Callable[[], "JobReport"]) -> None:
        try:
            self._before()
            self.report = work()
            self.number = self.report.job
        except EngageError as error:
            self.error = error
        except Exception as fault:
            self.error = EngageError(
                "The job was stopped by a fault of the program.",
                means="What was done is in the journal; nothing is done twice.",
                todo=f"Open the program again: it offers to resume. The fault is described in {write_report(fault)}",
            )
        paused = self.phase is Phase.PAUSING and self.report is not None and self.report.stopped
        self.phase = Phase.PAUSED if paused else Phase.ENDED
        self._ended(self)

    # -- in words --------------------------------------------------------------------------------------------------

    @property
    def bar(self) -> str:
        """`[██████░░░░░░░░░░░░░░░░░░] 340 of 900`: determinate, so that an idle line stays idle."""
        done = self.progress.done if self.progress else 0
        filled = _BAR * done // self.total if self.total else 0
        return f"[{'█' * filled}{'░' * (_BAR - filled)}] {done:,} of {self.total:,}"

    @property
    def pace(self) -> str:
        """`12 a second, about 45 s left, 2 failed`."""
        progress = self.progress
        if progress is None or self._base is None:
            return "starting"
        parts = []
        if progress.seconds > 0.5:
            rate = (progress.done - self._base) / progress.seconds
            parts.append(f"{rate:,.0f} a second" if rate >= 2 else f"{rate * 60:,.0f} a minute")
            left = (progress.total - progress.done) / rate if rate else 0
            if progress.done < progress.total:
                parts.append(f"about {left / 60:,.0f} min left" if left > 90 else f"about {left:,.0f} s left")
        parts.append(f"{progress.failed:,} failed" if progress.failed else "none failed")
        return ", ".join(parts)

    @property
    def standing(self) -> str:
        """The phase in a word or two."""
        return {
            Phase.RUNNING: "",
            Phase.PAUSING: "pausing after this one",
            Phase.PAUSED: "paused",
            Phase.STOPPING: "stopping after this one",
            Phase.ENDED: "ended",
        }[self.phase]
