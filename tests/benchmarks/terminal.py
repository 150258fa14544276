"""A program at a pseudo-terminal, with somebody who types, reads the screen, and has a stopwatch.

What a program writes is stamped as it arrives, in bursts that end when it falls quiet, and only afterwards given to
the terminal emulator, whose own slowness so adds nothing. Processor time comes from the system's clock of the program's
process, all its threads together: reading it costs the program nothing, and another busy program does not count.
"""

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyte

from tests.benchmarks import measuring

LINES, COLUMNS = 24, 80
_AT_REST = 0.002  # seconds of processor time that a program may take while it does nothing
_BREATH = 0.03  # between two keys of one that is held down
_TIMEOUT = 240.0
_STATUS = re.compile(r"(?:([\d,]+) marked\b.*?)?([\d,]+) of ([\d,]+) shown")
CODE = re.compile(r"\bC\d{6,7}\b")
# The place in the list, at the end of the status line: it may follow when the cursor rests, and answers no key.
_PLACE = re.compile(r" *[\d,]+/[\d,]+ *$")


class Seen(NamedTuple):
    """What somebody reads off the screen: the status line, and the codes of the contacts from top to bottom."""

    marked: int
    shown: int
    total: int
    codes: tuple[str, ...]


class Piece(NamedTuple):
    """What came at once, with its moment and the processor time that the program had used by then."""

    moment: float
    cpu: float
    content: bytes


class First(NamedTuple):
    """What the first frame took: seconds from the start of the process, and processor time."""

    seconds: float
    cpu: float


class Answer(NamedTuple):
    """What a key took: seconds until the last byte that changed the picture, processor time, and bytes.

    `later` are the bytes that came after the picture was complete: a place that follows, a line drawn twice.
    """

    seconds: float
    cpu: float
    size: int
    later: int


Done = Callable[[Seen, Seen], bool]  # of what was seen before the key and after it


def anything(before: Seen, after: Seen) -> bool:
    """For a key that is answered by whatever comes first."""
    return True


def environment(scratch: Path) -> dict[str, str]:
    """The environment of a program that is measured: no config, no saved state, 256 colours."""
    unwanted = ("TEXTUAL", "ENGAGE_ACCOUNTS_", "XDG_", "NO_COLOR", "COLORTERM", "TMUX", "SSH_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(unwanted)},
        "TERM": "xterm-256color",
        "XDG_CONFIG_HOME": str(scratch),
        "XDG_STATE_HOME": str(scratch),
    }


class Terminal:
    """`python -m MODULE ARGUMENTS` at a terminal of 80x24. Close it, or use it as a context manager."""

    quiet_after = 0.25  # seconds without a byte: longer than anything waits that follows when the cursor rests

    def __init__(self, scratch: Path, module: str, *arguments: object) -> None:
        self._emulator = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._emulator)
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(self._leader, (LINES, COLUMNS))
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=measuring.ROOT,
            env=environment(scratch),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(follower)
        self._before = self.seen, self._picture()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the program at once."""
        self._process.kill()
        self._process.wait()
        os.close(self._leader)

    # -- what is seen --------------------------------------------------------------------------------------------

    @property
    def shown(self) -> str:
        """The screen as text."""
        return "\n".join(line.rstrip() for line in self._emulator.display)

    @property
    def seen(self) -> Seen:
        """What the screen says."""
        shown = self.shown
        found = _STATUS.search(shown)
        marked, listed, total = (int((part or "0").replace(",", "")) for part in found.groups()) if found else (0, 0, 0)
        return Seen(marked, listed, total, tuple(CODE.findall(shown)))

    def _picture(self) -> list[tuple[Any, ...]]:
        """Every cell with its colours, but for the place in the list."""
        found = []
        for number, line in enumerate(self._emulator.display):
            place = _PLACE.search(line)
            row = self._emulator.buffer[number]
            found.append(tuple(row[x] for x in range(place.start() if place else COLUMNS)))
        return found

    # -- what comes ----------------------------------------------------------------------------------------------

    def _burst(self, wait: float, quiet: float | None = None) -> list[Piece]:
        """What comes until it is quiet, stamped; nothing when nothing begins to come within `wait` seconds."""
        burst: list[Piece] = []
        quiet = self.quiet_after if quiet is None else quiet
        while select.select([self._leader], [], [], quiet if burst else wait)[0]:
            try:
                content = os.read(self._leader, 65536)
                burst.append(Piece(time.perf_counter(), self.cpu(), content))
            except OSError:  # Linux says so when the program has ended
                raise self._failed("ended") from None
        return burst

    def _failed(self, what: str) -> RuntimeError:
        return RuntimeError(f"the program {what}; the screen shows:\n{self.shown}")

    def first(self, shows: Callable[[str], bool]) -> First:
        """What it took until the screen showed what is waited for; ends when all is quiet."""
        found: First | None = None
        while found is None:
            burst = self._burst(_TIMEOUT)
            if not burst:
                raise self._failed("never showed what was waited for")
            for piece in burst:
                self._stream.feed(piece.content)
                if found is None and shows(self.shown):
                    found = First(piece.moment - self._started, piece.cpu)
        return found

    def quiet(self, seconds: float) -> int:
        """The bytes that come within so many seconds in which nobody touches a key."""
        count, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._leader], [], [], left)[0]:
                piece = os.read(self._leader, 65536)
                self._stream.feed(piece)
                count += len(piece)
        return count

    def rest(self) -> None:
        """Wait until the program does nothing any more: what it reads in the background is read."""
        before, now = -1.0, self.cpu()
        while now - before > _AT_REST:
            self.quiet(self.quiet_after)
            before, now = now, self.cpu()

    # -- what is typed -------------------------------------------------------------------------------------------

    def press(self, keys: bytes, done: Done = anything) -> Answer:
        """Press a key, which changes the picture, and wait until what is seen is `done` and all is quiet."""
        processor = self.cpu()
        start = self.type(keys)
        seconds, size, later = self.settle(done)
        return Answer(seconds - start, self.cpu() - processor, size, later)

    def type(self, keys: bytes) -> float:
        """Press a key, and give the moment; `settle` waits for what comes of it."""
        self._before = self.seen, self._picture()
        start = time.perf_counter()
        os.write(self._leader, keys)
        return start

    def settle(self, done: Done = anything) -> tuple[float, int, int]:
        """Wait until the picture has changed, what is seen is `done` and all is quiet.

        Gives the moment at which the picture was complete, the bytes until then, and those that came later.
        """
        before, picture = self._before
        answered, size, count = 0.0, 0, 0
        while not (answered and done(before, self.seen)):
            burst = self._burst(_TIMEOUT)
            if not burst:
                raise self._failed("did not do what was typed")
            for piece in burst:
                self._stream.feed(piece.content)
                count += len(piece.content)
                changed = self._picture()
                if changed != picture:
                    picture, answered, size = changed, piece.moment, count
        return answered, size, count - size

    def hold(self, keys: bytes, times: int) -> float:
        """Hold a key down, which is pressed anew as soon as it was answered; gives the processor time of one press."""
        processor = self.cpu()
        for _ in range(times):
            os.write(self._leader, keys)
            burst = self._burst(_TIMEOUT, _BREATH)
            if not burst:
                raise self._failed(f"did not answer {keys!r} when it was held down")
            for piece in burst:
                self._stream.feed(piece.content)
        return (self.cpu() - processor) / times

    # -- what it costs -------------------------------------------------------------------------------------------

    def cpu(self) -> float:
        """Seconds of processor time that the program has used so far, in itself and for itself in the system."""
        # The number that clock_getcpuclockid(3) gives on Linux.
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def memory(self) -> float:
        """The megabytes that the program holds now."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise self._failed("has ended")
