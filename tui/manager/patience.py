"""A limit on what may take for ever: a regular expression can look at one name until the term is over."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from tui.domain.query import QueryError


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give up after so long, by a QueryError. Only the main thread can be interrupted; in others nothing is limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def enough(number: int, frame: FrameType | None) -> None:
        raise QueryError("the expression takes too long; two repetitions inside each other do that, as in (a+)+")

    # Python's matching engine looks for signals as it goes, so that this ends it in the middle of a row.
    before = signal.signal(signal.SIGALRM, enough)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
