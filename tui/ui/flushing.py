"""Sending again what a mail server has put off, in the background and never beside a job of this session.

One session is one runner to the journal: it could not keep two of its own threads from the same job.
"""

import threading
from typing import TYPE_CHECKING

from tui.errors import EngageError
from tui.text import plural, say_time

if TYPE_CHECKING:
    from tui.jobs.plan import Progress
    from tui.manager.manager import AccountManager


class Flushing:
    """The flush of this session, one at a time."""

    def __init__(self, manager: "AccountManager") -> None:
        self._manager = manager
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._idle.set()

    @property
    def is_busy(self) -> bool:
        """Whether messages are being sent again just now."""
        return not self._idle.is_set()

    def begin(self) -> None:
        """From now on it is busy; `work` follows, in a thread."""
        self._idle.clear()
        self._stop.clear()

    def work(self) -> str | EngageError:
        """Send what is due; gives what there is to say of it, "" when nothing was due."""
        tried: list[Progress] = []
        try:
            reports = self._manager.flush(progress=tried.append, stop=self._stop)
        except EngageError as error:
            return error
        finally:
            self._idle.set()
        if not tried:
            # The server can't be reached, say: what waits goes on waiting, and nobody is disturbed every time.
            return ""
        said = " ".join(f"Job {report.job}: {report.sentence}" for report in reports)
        return f"{plural(len(tried), 'message')} tried again. {said}"

    def nothing_due(self) -> str:
        """What to tell whoever asked when nothing was sent."""
        due = self._manager.next_retry()
        return f"Nothing is sent: the next that was put off is due {say_time(due)}." if due else "Nothing was put off."

    def stop(self) -> None:
        """Stop after the current message."""
        self._stop.set()

    def finish(self) -> None:
        """Stop after the current message, and wait until that is done."""
        self._stop.set()
        self._idle.wait()
