"""Who runs a job: this process, told apart from any other, and whether another one is still alive.

A runner is `host:pid:start`, with the time at which the process started as the kernel counts it: a number that was
given to another process since does not pass for the one that is gone.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tui.errors import LeaseLost
from tui.register import journal
from tui.register.database import Database

_lock = threading.Lock()
_running: set[tuple[str, int, str]] = set()


def runner_name() -> str:
    """The name of this process as a runner."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


@contextmanager
def alone_here(database: Database, job: int, runner: str) -> Iterator[None]:
    """One run of a job at a time within this process: its threads have one name, which the lease would let by. Raises
    LeaseLost."""
    key = (str(database.path), job, runner)
    with _lock:
        if key in _running:
            raise LeaseLost(f"Job {job} is being run by this session already.", means="Nothing was done here.")
        _running.add(key)
    try:
        yield
    finally:
        with _lock:
            _running.discard(key)


def is_free(database: Database, job: int, now: datetime) -> bool:
    """Whether nobody is running this job: its lease ran out, was given back, or its holder is gone."""
    holder, until = journal.lease_of(database, job)
    if holder == runner_name():
        with _lock:
            return (str(database.path), job, holder) not in _running
    valid = now.isoformat() < until <= (now + 2 * journal.LEASE).isoformat()
    return not holder or not valid or is_gone(holder)


def is_gone(runner: str) -> bool:
    """Whether a runner of this host is gone for sure; of another host nobody knows."""
    host, _, rest = runner.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    fields = _fields(int(pid))
    # One that has ended, and whose parent has not looked yet, still has its number.
    return bool(fields) and (fields[0] in "ZX" or (bool(started) and fields[19] != started))


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks since boot; "" where that can't be known."""
    fields = _fields(pid)
    return fields[19] if fields else ""


def _fields(pid: int) -> list[str]:
    """What the kernel tells of a process after its name (proc(5)): state first, start time as the 20th; [] for none."""
    try:
        # The name, in brackets, may have anything in it.
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
    return fields if len(fields) > 19 else []
