"""Measuring: work in a child process of its own, A and B by turns, medians, and one line for each claim."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Measured(NamedTuple):
    """What a child process reports: seconds of its work, the most memory it ever had, and a count to compare."""

    seconds: float
    peak_kb: int
    rows: int


def in_child(module: str, *arguments: object) -> Measured:
    """Run `python -m MODULE ARGUMENTS` and read what it prints; see `report`."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}")
    return Measured(*json.loads(done.stdout))


@contextmanager
def served(module: str, *arguments: object) -> Iterator[int]:
    """A server in a process of its own, which prints its port and ends with its standard input; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def report(work: Callable[[], int]) -> None:
    """In the child: do the work, which returns a count of rows, and print what it took."""
    start = time.perf_counter()
    rows = work()
    print(json.dumps(Measured(time.perf_counter() - start, peak_kb(), rows)))


def peak_kb() -> int:
    """The most memory that this process has ever held.

    Linux hands the maximum of the process that started this one on through ru_maxrss; VmHWM is this one's own.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def by_turns(runs: int, ours: Callable[[], float], baseline: Callable[[], float]) -> tuple[list[float], list[float]]:
    """`runs` measurements of each, A B A B, so that a busy minute of the machine hits both."""
    pairs = [(ours(), baseline()) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compile_all() -> None:
    """Compile what is about to be started, so that the first start is like every other."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "tui", "tests/benchmarks"], cwd=ROOT, check=True)


def print_ratio(name: str, ours: list[float], against: str, baseline: list[float], target: float = 0) -> None:
    """Print a claim with its medians, and whether it meets the target, if it has one."""
    a, b = statistics.median(ours), statistics.median(baseline)
    ratio = a / b
    spread = sorted(x / y for x, y in zip(ours, baseline, strict=True))
    print(
        f"{name}: {a:.3f} s; {against}: {b:.3f} s; ratio {ratio:.2f}"
        f" ({spread[0]:.2f} to {spread[-1]:.2f} in {len(ours)})"
        + (f", target {target:g}: {met(ratio <= target)}" if target else ""),
        flush=True,
    )


def print_memory(name: str, large: int, against: str, small: int, target: float) -> None:
    """Print a claim about memory: how the peak grows with the file."""
    print(
        f"{name}: {large / 1024:.0f} MB; {against}: {small / 1024:.0f} MB; ratio {large / small:.2f},"
        f" target {target:g}: {met(large <= target * small)}",
        flush=True,
    )


def met(is_met: bool) -> str:
    """How a target is said to be met or not."""
    return "met" if is_met else "NOT MET"
