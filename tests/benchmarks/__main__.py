"""`python -m tests.benchmarks [--small] [NAME...]`: run the benchmarks and print a ratio for each claim."""

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import deriving, first_frame, importing

BENCHMARKS = {"import": importing.benchmark, "derive": deriving.benchmark, "frame": first_frame.benchmark}
_CONTACTS = {"import": 100_000, "derive": 100_000, "frame": 5_000}
_SMALL = 300


def main() -> None:
    """Run what was named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(BENCHMARKS)}; else all")
    parser.add_argument(
        "--small", action="store_true", help="a tiny school, once: shows that it runs, measures nothing"
    )
    parser.add_argument("--runs", type=int, default=7, help="how often each is measured; the median counts (7)")
    given = parser.parse_args()
    for name in given.names or BENCHMARKS:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark is called {name}")
        with tempfile.TemporaryDirectory(prefix="engage-accounts-bench-") as scratch:
            BENCHMARKS[name](
                Path(scratch), _SMALL if given.small else _CONTACTS[name], 1 if given.small else given.runs
            )
        print(flush=True)


if __name__ == "__main__":
    main()
