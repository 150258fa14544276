"""Which processes run, and ending those that a test has started."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.terminal import PATIENCE

_PROC = Path("/proc")


def descendants(process: int) -> list[int]:
    """The processes that this one has started, and theirs."""
    found = [process]
    for parent in found:
        for tasks in (_PROC / str(parent) / "task").glob("*/children"):
            with suppress(OSError):
                found += map(int, tasks.read_text().split())
    return found[1:]


def with_argument(text: str) -> list[int]:
    """The processes in whose command line this occurs: a path of this test alone names those that it started."""
    found = []
    for line in _PROC.glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if text.encode() in line.read_bytes():
                found.append(int(line.parent.name))
    return found


def is_running(process: int) -> bool:
    """Whether it still runs; what has ended and is not yet waited for does not."""
    try:
        return (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def waits_for_the_end(*processes: int) -> None:
    """Wait until all these have ended."""
    until = time.monotonic() + PATIENCE
    while left := [process for process in processes if is_running(process)]:
        assert time.monotonic() < until, f"still running: {left}"
        time.sleep(0.02)


def end(process: int) -> None:
    """End it, if it has not."""
    if is_running(process):
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
