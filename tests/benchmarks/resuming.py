"""Going on with a large job that was stopped in its middle: how long from the start of the program to the first item.

The time is taken by another process that waits for the first item to be acted on, at the same priority as the program
itself. Beside it stands `status`, which opens the same register and acts on nothing.
"""

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.job_registers import copied, made, opened
from tests.benchmarks.terminal import environment

TARGET = 1.0
_ACTED = "SELECT 1 FROM items WHERE id = ? AND state = 'done'"


def benchmark(scratch: Path, accounts: int, runs: int) -> None:
    """Resume a job of `accounts` items whose first half is done; print the seconds to the first item."""
    register = made(scratch, accounts, leave=True)
    half = _stop_in_the_middle(register)
    here = environment(scratch)
    config = Path(here["XDG_CONFIG_HOME"], "engage-accounts", "config.toml")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[accounts]\nservice = "embedded"\n')
    measuring.compile_all()

    def resume() -> float:
        return _until_first(copied(register, "resumed"), half, here)

    def status() -> float:
        start = time.perf_counter()
        subprocess.run(_program(register, "status"), env=here, cwd=measuring.ROOT, capture_output=True, check=True)
        return time.perf_counter() - start

    a, b = measuring.by_turns(runs, resume, status)
    measuring.print_ratio(f"resuming a job of {accounts:,} items, to its first item", a, "status alone", b)
    longest = statistics.median(a)
    print(f"  {longest:.2f} s, target under {TARGET:g} s: {measuring.met(longest < TARGET)}", flush=True)


def _program(register: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui", "--register", str(register), *arguments]


def _stop_in_the_middle(register: Path) -> int:
    """Plan all and leave the job as a kill in its middle leaves it; the number of the last item that is done."""
    import threading

    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    stop = threading.Event()
    stop.set()
    manager = opened(register)
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    given = Confirmation(yes=True, override_count=plan.count, override_reason="a benchmark")
    manager.run(plan, given, stop=stop)
    manager.close()
    with closing(sqlite3.connect(register)) as connection, connection:
        half = plan.count // 2
        # Acting on the first half would take longer than all that is measured.
        connection.execute(
            "UPDATE items SET state = 'done', acted_at = '2026-11-20T20:05:00+00:00' WHERE id <= ?", (half,)
        )
    return half


def _until_first(register: Path, half: int, here: dict[str, str]) -> float:
    start = time.perf_counter()
    program = subprocess.Popen(
        _program(register, "resume", "1"),
        env=here,
        cwd=measuring.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        with closing(sqlite3.connect(f"file:{register}?mode=ro", uri=True)) as connection:
            while not connection.execute(_ACTED, (half + 1,)).fetchone():
                if program.poll() is not None:
                    raise RuntimeError("the job was not gone on with: " + program.communicate()[1].decode())
                time.sleep(0.005)
        return time.perf_counter() - start
    finally:
        os.kill(program.pid, signal.SIGKILL)
        program.communicate()
