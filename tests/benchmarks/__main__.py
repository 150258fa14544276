"""`python -m tests.benchmarks [--small] [NAME...]`: run the benchmarks and print a ratio for each claim."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import (
    correlation,
    deriving,
    febrl,
    first_frame,
    importing,
    mailing,
    mailing_job,
    memory,
    million,
    resuming,
    revoking,
    scim,
    screen_keys,
)
from tests.benchmarks.terminal import Terminal


class Benchmark(NamedTuple):
    """A benchmark, how many contacts it takes, how many at `--small`, and whether it runs without being named."""

    run: Callable[[Path, int, int], None]
    contacts: int = 100_000
    small: int = 300
    unnamed: bool = True


BENCHMARKS = {
    "import": Benchmark(importing.benchmark),
    "derive": Benchmark(deriving.benchmark),
    "match": Benchmark(correlation.benchmark, contacts=50_000, small=3_000),
    "febrl": Benchmark(febrl.benchmark, contacts=5_000, small=5_000, unnamed=False),
    "frame": Benchmark(first_frame.benchmark),
    "mail": Benchmark(mailing.benchmark, contacts=1_000, small=20),
    "revoking": Benchmark(revoking.benchmark, contacts=10_000, small=60),
    "mailing": Benchmark(mailing_job.benchmark, contacts=1_000, small=20),
    "scim": Benchmark(scim.benchmark, contacts=2_000, small=20),
    "resuming": Benchmark(resuming.benchmark),
    "keys": Benchmark(screen_keys.benchmark, small=800),
    "memory": Benchmark(memory.benchmark, small=800),
    "million": Benchmark(million.benchmark, contacts=1_000_000, small=800, unnamed=False),
}
_SHARING = {"frame", "keys", "memory", "million"}  # they open registers, which are made once


def main() -> None:
    """Run what was named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one or more of {', '.join(BENCHMARKS)}; else all but million, which takes many minutes, and febrl,"
        " which needs its files",
    )
    parser.add_argument(
        "--small", action="store_true", help="a tiny school, once: shows that it runs, measures nothing"
    )
    parser.add_argument("--runs", type=int, default=7, help="how often each is measured; the median counts (7)")
    parser.add_argument(
        "--registers",
        type=Path,
        metavar="FOLDER",
        help="keep the registers that the screen is opened on in this folder, and take them from there the next time",
    )
    given = parser.parse_args()
    for name in given.names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark is called {name}")
    if given.small:
        Terminal.quiet_after = 0.05  # what follows late goes to the next key's account, which nobody looks at
    with tempfile.TemporaryDirectory(prefix="engage-accounts-bench-") as scratch:
        shared = given.registers or Path(scratch, "registers")
        shared.mkdir(parents=True, exist_ok=True)
        for name in given.names or [name for name, benchmark in BENCHMARKS.items() if benchmark.unnamed]:
            benchmark = BENCHMARKS[name]
            folder = shared if name in _SHARING else Path(scratch, name)
            folder.mkdir(exist_ok=True)
            contacts, runs = (benchmark.small, 1) if given.small else (benchmark.contacts, given.runs)
            benchmark.run(folder, contacts, runs)
            print(flush=True)


if __name__ == "__main__":
    main()
