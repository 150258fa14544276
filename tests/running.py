"""Running the program in tests: in process, as the installed program, and at a pseudo-terminal."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = Path(sys.executable).with_name("engage-accounts")


class Result(NamedTuple):
    """What came of one command line."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The output, which must be JSON and nothing else."""
        return json.loads(self.out)


Run = Callable[..., Result]


def command(*arguments: object) -> list[str]:
    """The command line of the installed program, or of the package where it is not installed."""
    start = [str(PROGRAM)] if PROGRAM.exists() else [sys.executable, "-m", "tui"]
    return [*start, *map(str, arguments)]


def run_program(*arguments: object, stdin: str = "", timeout: float = 60) -> Result:
    """Run the installed program to its end."""
    done = subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=timeout, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


class Terminal:
    """The installed program at a pseudo-terminal of its own, with a person (the test) who reads and types."""

    def __init__(self, *arguments: object, lines: int = 24, columns: int = 80) -> None:
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(self._leader, (lines, columns))
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            close_fds=True,
        )
        os.close(follower)
        self.seen = ""

    def read_until(self, text: str, timeout: float = 20) -> str:
        """Read until `text` was seen; returns all that was seen so far."""
        self._read(lambda: text in self.seen, timeout)
        assert text in self.seen, f"{text!r} never came: {self.seen!r}"
        return self.seen

    def type(self, keys: str) -> None:
        """Type; a line ends with \\r as the enter key sends it."""
        os.write(self._leader, keys.encode())

    def press_until_it_ends(self, key: str, times: int = 20) -> None:
        """Press a key every half second until the program has ended."""
        for _ in range(times):
            if self.process.poll() is None:
                self.type(key)
                self._read(lambda: False, 0.5)

    def finish(self, timeout: float = 20) -> int:
        """Read to the end; returns the exit code."""
        self._read(lambda: False, timeout)
        code = self.process.wait(timeout)
        self.hang_up()
        return code

    def hang_up(self) -> None:
        """Drop the line, as a lost connection does."""
        if self._leader >= 0:
            os.close(self._leader)
            self._leader = -1

    def _read(self, enough: Callable[[], bool], timeout: float) -> None:
        end = time.monotonic() + timeout
        while not enough() and time.monotonic() < end:
            ready, _, _ = select.select([self._leader], [], [], 0.1)
            if not ready:
                if self.process.poll() is not None:
                    return
                continue
            try:
                found = os.read(self._leader, 65536)
            except OSError:  # Linux says so when the other side has closed
                return
            if not found:
                return
            self.seen += found.decode("utf-8", "replace")


def stop_when(
    arguments: Sequence[object], ready: Callable[[], bool], number: signal.Signals = signal.SIGKILL, timeout: float = 30
) -> int:
    """Start the program, send it a signal as soon as `ready` says so (or never, when it ends first); the exit code."""
    process = subprocess.Popen(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < end:
        if ready():
            process.send_signal(number)
            break
        time.sleep(0.001)
    return process.wait(timeout)
