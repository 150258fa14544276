"""Running the program in tests, as it is installed; at a terminal: tests.terminal."""

import json
import signal
import subprocess
import sys
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
