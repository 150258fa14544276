"""Progress of the running job: a bar of text that is repainted five times a second at most, and only where it moved."""

from collections.abc import Sequence

from textual import events

from tui.ui.drawing import Line, Para, wrap
from tui.ui.job import Phase, RunningJob
from tui.ui.keys import key_name
from tui.ui.widgets.panel import Panel


class ProgressPanel(Panel[str]):
    """Shows the job; gives `background` when it is left running there, None when the job ended."""

    def __init__(self, job: RunningJob) -> None:
        super().__init__(job.title, ())
        self.job = job

    def body_lines(self, width: int) -> Sequence[Line]:
        standing = self.job.standing
        return [
            ((self.job.bar, None),),
            ((self.job.pace, None),),
            *wrap([Para(standing.capitalize() if standing else "", self.engage.look.warn)], width),
        ]

    def key_labels(self) -> list[tuple[str, str]]:
        pause = "go on" if self.job.phase is Phase.PAUSED else "pause"
        return [("p", pause), ("c", "stop after this one"), ("b", "leave it running")]

    def refresh_job(self) -> None:
        """Draw where the job is now."""
        self.lay_out()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        key = key_name(event.key, event.character)
        if key == "p":
            self.job.pause()
            self.engage.watch_job()
        elif key == "c":
            self.job.stop()
            if not self.job.is_busy:
                self.engage.job_over(self.job)
        elif key in ("b", "escape", "q"):
            self.leave("background")
            return
        self.lay_out()
