"""Watching an import: telling where it is, a few times a second at most, and stopping it before it is committed.

Looking up costs next to nothing: once for some hundred rows that are read, and from time to time within a long
statement, so that a large school can be stopped at once too.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tui.domain.import_steps import ImportStep
from tui.errors import Declined

_EVERY = 0.1  # seconds between two tellings
_OPERATIONS = 100_000  # of SQLite's machine, between two looks at whether to stop: some milliseconds


class Phase(NamedTuple):
    """A part of an import: from where to where it brings the whole, 0 to 1."""

    start: float
    end: float


# As measured on a school of 100,000 contacts: half of a first import, a third of a later one is reading and comparing.
READING = Phase(0.0, 0.3)
CHECKING = Phase(0.3, 0.34)
CONTACTS = Phase(0.34, 0.42)
STUDENTS = Phase(0.42, 0.47)
STAFF = Phase(0.47, 0.48)
LINKS = Phase(0.48, 0.58)
ACCOUNTS = Phase(0.58, 0.64)
STATUSES = Phase(0.64, 0.94)
WRITING = Phase(0.94, 1.0)


class Watch:
    """Tells `told` where the import is; once `stop` is set the import leaves with Declined."""

    def __init__(self, told: Callable[[ImportStep], None] | None = None, stop: threading.Event | None = None) -> None:
        self._told = told
        self._stop = stop
        self._words = ""
        self._rows = 0
        self._phase = READING
        self._share = 0.0
        self._last = 0.0

    def phase(self, words: str, phase: Phase) -> None:
        """Something else is done from now on."""
        self.check()
        self._words, self._phase = words, phase
        self._share = max(self._share, phase.start)
        self._tell()

    def read(self, rows: int, share: float | None) -> None:
        """So many more rows were read; `share` of the source is behind us, where that is known."""
        self._rows += rows
        self.part(share or 0.0)

    def part(self, share: float) -> None:
        """So much of this phase is behind us, 0 to 1."""
        self.check()
        start, end = self._phase
        self._share = max(self._share, start + (end - start) * share)
        if self._told is not None and time.monotonic() - self._last >= _EVERY:
            self._tell()

    def _tell(self) -> None:
        if self._told is not None:
            self._last = time.monotonic()
            self._told(ImportStep(self._words, self._rows, self._share))

    def check(self) -> None:
        """Raise Declined when the import is to stop."""
        if self._is_stopped():
            raise Declined("The import was stopped.", means="Nothing was imported.")

    def _is_stopped(self) -> bool:
        return self._stop is not None and self._stop.is_set()

    @contextmanager
    def over(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Watch what the connection does, long statements too; when it ends nothing was stopped."""
        if self._stop is not None:
            connection.set_progress_handler(self._is_stopped, _OPERATIONS)
        try:
            yield
            self.check()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                self.check()
            raise
        finally:
            connection.set_progress_handler(None, 0)
