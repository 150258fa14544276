"""A terminal with a program in it and a person in front of it: keys in, the screen read by an emulator.

The one driver for every test and measurement at a pseudo-terminal. Waiting is for what is seen and never for time:
the patience only ends a wait that has failed.
"""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyte
from pyte.screens import Char, Margins, wcwidth

PATIENCE = 30.0
ESC = "\x1b"
What = str | Callable[[], bool]
AtTerminal = Callable[..., "Terminal"]  # the fixture: the program's arguments, then the size and the environment

_ALTERNATE = 1049  # the private mode in which programs of the whole screen draw
_COPIED = re.compile(rb"\x1b\]52;[cps0-9]*;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
_STYLED = re.compile(rb"\x1b\[([0-9;:]*)m")
_FRAMES = {ord(sign): " " for sign in "│┌┐└┘─"}


class Screen(pyte.Screen):
    """The emulator's screen, with what pyte lacks: the alternate screen and scrolling by SU and SD.

    `overdrawn` holds whatever a program drew past the right edge, or placed beyond the size that the terminal has.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self.overdrawn: list[str] = []
        self._below: dict[int, Any] | None = None  # the usual screen, while the alternate one is shown
        super().__init__(columns, lines)

    @property
    def display(self) -> list[str]:
        rows = (self.buffer[line] for line in range(self.lines))
        return ["".join([row[column].data for column in range(self.columns)]) for row in rows]

    def draw(self, data: str) -> None:
        room = self.columns - self.cursor.x
        if len(data) > room or (not data.isascii() and sum(max(wcwidth(sign), 0) for sign in data) > room):
            self.overdrawn.append(f"{data!r} at line {self.cursor.y}, column {self.cursor.x} of {self.columns}")
        super().draw(data)

    def cursor_position(self, line: int | None = None, column: int | None = None) -> None:
        if (line or 1) > self.lines or (column or 1) > self.columns:
            self.overdrawn.append(f"the cursor at line {line}, column {column} of {self.lines} by {self.columns}")
        super().cursor_position(line, column)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and _ALTERNATE in modes and self._below is None:
            self._below = dict(self.buffer)
            self.save_cursor()
            self.buffer.clear()
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and _ALTERNATE in modes and self._below is not None:
            self.buffer.clear()
            self.buffer.update(self._below)
            self._below = None
            self.restore_cursor()
        super().reset_mode(*modes, **kwargs)

    def scroll_up(self, count: int | None = None) -> None:
        """SU: the lines between the margins move up."""
        self._scroll(count or 1, (self.margins or Margins(0, self.lines - 1)).bottom, self.index)

    def scroll_down(self, count: int | None = None) -> None:
        """SD: the lines between the margins move down."""
        self._scroll(count or 1, (self.margins or Margins(0, self.lines - 1)).top, self.reverse_index)

    def _scroll(self, count: int, at: int, move: Callable[[], None]) -> None:
        before, self.cursor.y = self.cursor.y, at
        for _ in range(count):
            move()
        self.cursor.y = before


class _Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}  # noqa: RUF012 - so pyte has it


class Arrival(NamedTuple):
    """Some bytes that came, and when (`time.perf_counter`)."""

    at: float
    size: int


class Terminal:
    """A program at a pseudo-terminal of its own. To be closed: use it in a `with`, or the fixture `at_terminal`."""

    def __init__(self, line: Sequence[str], columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.screen = Screen(columns, rows)
        self.raw = b""
        self.arrivals: list[Arrival] = []
        self._lines: list[str] | None = None
        self._stream = _Stream(self.screen)
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (rows, columns))
        self.process = subprocess.Popen(
            line,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(follower)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- reading -------------------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The lines of the screen."""
        # Asked for again and again by those who wait, and slow to put together: only after something was drawn.
        if self._lines is None:
            self._lines = [line.rstrip() for line in self.screen.display]
        return self._lines

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.lines())

    def words(self) -> str:
        """What is on the screen, without frames and line breaks."""
        return " ".join(self.text().translate(_FRAMES).split())

    @property
    def output(self) -> str:
        """All that ever came, as text: what has scrolled away, too."""
        return self.raw.decode("utf-8", "replace")

    def cells(self, row: int) -> list[Char]:
        """The cells of a line, with their styles."""
        return [self.screen.buffer[row][column] for column in range(self.screen.columns)]

    def styles(self, since: int = 0) -> set[str]:
        """Every SGR sequence that was sent, its parameters as they were written."""
        return {found.decode() for found in _STYLED.findall(self.raw[since:])}

    def copied(self) -> list[bytes]:
        """What was handed over for the clipboard (OSC 52), still in base64."""
        return _COPIED.findall(self.raw)

    # -- waiting -------------------------------------------------------------------------------------------------

    def sees(self, *whats: What) -> str:
        """Wait until the screen says all of this at once; gives the screen."""
        return self._waits(lambda: [what for what in whats if not self._is_seen(what)], "on the screen")

    def misses(self, *texts: str) -> str:
        """Wait until nothing of this is on the screen any more."""
        return self._waits(lambda: [text for text in texts if self._is_seen(text)], "gone")

    def reads(self, text: str, since: int = 0) -> str:
        """Wait until this came, even if it has scrolled away; gives all that came."""
        self._waits(lambda: [] if text in self.output[since:] else [text], "printed")
        return self.output

    def _is_seen(self, what: What) -> bool:
        return what() if callable(what) else what in self.text() or what in self.words()

    def _waits(self, missing: Callable[[], Sequence[What]], how: str) -> str:
        end = time.monotonic() + PATIENCE
        while found := missing():
            more = self._read_some(0.1)
            ended = not more and self.process.poll() is not None and not self._read_some(0.1)
            if ended or time.monotonic() > end:
                found = missing()
                assert not found, f"never {how}: {found}{' (the program has ended)' if ended else ''}\n{self.text()}"
        return self.text()

    def read(self, quiet: float) -> int:
        """Read until nothing came for so many seconds; gives the number of bytes."""
        before = len(self.raw)
        while self._read_some(quiet):
            pass
        return len(self.raw) - before

    def _read_some(self, patience: float) -> int:
        try:
            if not select.select([self._leader], [], [], patience)[0]:
                return 0
            found = os.read(self._leader, 65536)
        except (OSError, ValueError):  # the other side has closed, or this one has hung up
            time.sleep(min(patience, 0.01))
            return 0
        if found:
            self.arrivals.append(Arrival(time.perf_counter(), len(found)))
            self.raw += found
            self._stream.feed(found)
            self._lines = None
        return len(found)

    def ends(self) -> int:
        """Read to the end; gives the exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it never ended\n{self.text()}"
            self._read_some(0.05)
        while self._read_some(0):
            pass
        return self.process.wait()

    # -- doing ---------------------------------------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Press keys: enter is \\r, as terminals send it."""
        os.write(self._leader, keys.encode())

    def presses_until_it_ends(self, key: str) -> int:
        """Press a key again and again until the program has ended; gives the exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.press(key)
            self.read(0.5)
        return self.ends()

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size; the kernel sends SIGWINCH."""
        self.screen.resize(rows, columns)
        self._lines = None
        termios.tcsetwinsize(self._leader, (rows, columns))

    def hang_up(self) -> None:
        """Drop the line, as a lost connection does."""
        if self._leader >= 0:
            os.close(self._leader)
            self._leader = -1

    def close(self) -> None:
        """Hang up, and end the program if that did not."""
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
