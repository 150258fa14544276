"""A server in a process of its own: started, waited for, and surely stopped."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mail.servers import free_port


@contextmanager
def served(
    command: Callable[[int], Sequence[str]], says: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run `command(port)` until the block ends; gives the port once it has said a line that begins with `says`.

    What it writes to standard error goes to `log`. A port can be taken by another between the moment when it was free
    and the start of the server, so that a few are tried. Raises AssertionError with the end of the log when none works.
    """
    for _ in range(3):
        port = free_port()
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
            )
        try:
            if _heard(process, says):
                yield port
                return
        finally:
            _stop(process)
    raise AssertionError(f"{command(0)[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _heard(process: "subprocess.Popen[bytes]", says: str, seconds: float = 60) -> bool:
    """Whether the process has said it is ready; not, when it has ended or says nothing for long."""
    assert process.stdout is not None
    end = time.monotonic() + seconds
    said = b""
    while time.monotonic() < end:
        ready, _, _ = select.select([process.stdout], [], [], end - time.monotonic())
        if not ready:
            return False
        part = os.read(process.stdout.fileno(), 4096)
        if not part:
            return False
        said += part
        if any(line.startswith(says.encode()) for line in said.splitlines()):
            return True
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
