"""A limit on how much is done a minute, kept by waiting; a wait ends at once when the job is stopped."""

import threading
import time


class Pace:
    """At most `per_minute` acts a minute, evenly spread; 0 is no limit."""

    def __init__(self, per_minute: int, stop: threading.Event | None) -> None:
        self._seconds = 60 / per_minute if per_minute else 0.0
        self._stop = stop
        self._next = time.monotonic()

    @property
    def waits(self) -> bool:
        """Whether the next act has to wait."""
        return self._seconds > 0 and self._next > time.monotonic()

    def wait(self, acts: int = 1) -> None:
        """Wait until the next acts may be done, or until the job is stopped."""
        pause = self._next - time.monotonic()
        if self._seconds and pause > 0:
            sleep(pause, self._stop)
        self._next = max(self._next, time.monotonic()) + acts * self._seconds


def sleep(seconds: float, stop: threading.Event | None) -> None:
    """Sleep, or until `stop` is set."""
    if stop is not None:
        stop.wait(seconds)
    else:
        time.sleep(seconds)
