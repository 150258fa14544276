"""The program under test, told to die: `python -m tests.crash.child` runs command lines in children, as it is asked.

It has everything imported and forks, so that a run costs no start of Python and hundreds of kills are affordable. A
*point* is a moment just before a statement of the register is executed, and before and after each step that makes a
file of the outbox; they are counted, and at the one that was asked for the child kills itself by SIGKILL. The product
has no hooks for this: what it calls is wrapped here.

Asked by lines of JSON on standard input (see tests/crash/running.py), answered by lines of JSON.
"""

import functools
import gc
import json
import mmap
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Asked = dict[str, Any]
_READS = ("SELECT", "PRAGMA", "WITH", "CREATE TEMP", "--")


class Points:
    """Counts the points of a run in memory that outlives it, and dies at the one it was told."""

    def __init__(self, shared: mmap.mmap, at: int, *, writes_only: bool) -> None:
        self._shared = shared
        self._at = at
        self._writes_only = writes_only
        self.count = 0

    def reached(self) -> None:
        self.count += 1
        self._shared[:8] = self.count.to_bytes(8, "little")
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, sql: str) -> None:
        if not (self._writes_only and sql.lstrip().startswith(_READS)):
            self.reached()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, with a point before and one after."""

        def wrapped(*arguments: Any, **named: Any) -> Any:
            self.reached()
            result = call(*arguments, **named)
            self.reached()
            return result

        return wrapped


def install(points: Points) -> None:
    """Wrap what the register and the outbox call."""
    connect = sqlite3.connect

    def traced(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **named)
        connection.set_trace_callback(points.statement)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]  # the one function that every connection comes from
    os.fsync = points.around(os.fsync)
    os.rename = points.around(os.rename)
    open_ = os.open

    def opened(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & os.O_CREAT and "dir_fd" in named:
            return int(points.around(open_)(path, flags, *arguments, **named))
        return open_(path, flags, *arguments, **named)

    os.open = opened


def shorten(lease: float) -> None:
    """Leases of so many seconds, renewed as often as they are asked for."""
    from tui.jobs import runner
    from tui.register import journal

    journal.LEASE = timedelta(seconds=lease)
    runner._RENEW_SECONDS = 0


def turn(clock: list[tuple[int, float]]) -> None:
    """A clock that is off: from the n-th time it is read on, by so many seconds."""
    from tui.manager.manager import AccountManager

    read = 0

    def now() -> datetime:
        nonlocal read
        read += 1
        off = [seconds for from_, seconds in clock if read >= from_]
        return datetime.now(UTC) + timedelta(seconds=off[-1] if off else 0)

    begin = AccountManager.__init__

    def begun(self: AccountManager, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **{"clock": now} | named)

    AccountManager.__init__ = begun  # type: ignore[method-assign]  # the real program, on another clock


def slow(seconds: float) -> None:
    """A service and a transport that take their time, so that there is a middle to be stopped in."""
    from tui.mail.smtp import SmtpTransport
    from tui.services.embedded import EmbeddedService

    EmbeddedService.batch = 1
    of: Any
    for of, name in ((EmbeddedService, "revoke"), (SmtpTransport, "deliver")):
        usual = getattr(of, name)

        def slowly(*arguments: Any, _usual: Any = usual) -> Any:
            time.sleep(seconds)
            return _usual(*arguments)

        setattr(of, name, slowly)


def run(asked: Asked, shared: mmap.mmap) -> int:
    """In the child: the command line, to its end or to its death."""
    os.environ.update(asked["environment"])
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    if asked.get("lease"):
        shorten(asked["lease"])
    if asked.get("clock"):
        turn(asked["clock"])
    if asked.get("slow"):
        slow(asked["slow"])
    if "patience" in asked:
        from tui.jobs import runner
        from tui.register import database

        runner.PATIENCE_SECONDS = asked["patience"]
        database.BUSY_SECONDS = 0.2
    points = Points(shared, asked.get("at", 0), writes_only=asked.get("writes_only", False))
    install(points)
    from tui.cli import run as run_line

    code = int(run_line(asked["arguments"]))
    sys.stdout.flush()
    sys.stderr.flush()
    points.reached()
    return code


def imports() -> None:
    """All that a run would import."""
    import importlib

    for name in (
        "tui.cli", "tui.manager.manager", "tui.jobs.runner", "tui.jobs.mailing", "tui.jobs.planning", "tui.mail.smtp",
        "tui.mail.outbox", "tui.mail.letters", "tui.services.embedded", "tui.printing.plain", "tui.printing.jobs",
        "tui.printing.invitations", "rapidfuzz.fuzz",
    ):  # fmt: skip
        importlib.import_module(name)
    import pydantic

    from tui.config import load_settings

    # What checks a config takes longer to build than a whole run.
    cached = functools.cache(pydantic.TypeAdapter)
    pydantic.TypeAdapter = cached  # type: ignore[assignment,misc]  # a class, called as a function by all
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.toml")
        config.write_text('[school]\nname = "x"\n', encoding="utf-8")
        load_settings(config)
    gc.freeze()


def main() -> None:
    """Do what is asked until nobody asks any more: `run` starts a child, `wait` waits for its end."""
    imports()
    running: dict[int, mmap.mmap] = {}
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            _, status = os.waitpid(asked["wait"], 0)
            shared = running.pop(asked["wait"])
            count = int.from_bytes(shared[:8], "little")
            print(json.dumps({"code": os.waitstatus_to_exitcode(status), "points": count}), flush=True)
            continue
        shared = mmap.mmap(-1, 8)
        pid = os.fork()
        if not pid:
            code = 70
            try:
                code = run(asked, shared)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(code)
        running[pid] = shared
        print(json.dumps({"pid": pid}), flush=True)


if __name__ == "__main__":
    main()
