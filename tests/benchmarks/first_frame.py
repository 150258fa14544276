"""How soon the screen is useful: from the start of the process to the first rows of accounts on a terminal.

A program counts as up when a terminal emulator that is fed its output shows the tabs and the code of a contact; the
empty Textual app, the least that could be waited for, when it shows its one word. Beside it, the DataTable app of the
same register, which opens on the same tab. The targets are for the time that somebody waits; processor time is printed
too, since other work on the machine changes it less.
"""

from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import measuring
from tests.benchmarks.keys import shows_contacts
from tests.benchmarks.registers import filled
from tests.benchmarks.terminal import COLUMNS, LINES, First, Terminal

TARGET = 1.5  # times the empty app
GROWTH_TARGET = 1.2  # times ourselves with few contacts
_FEW = 5_000


class Start(NamedTuple):
    """A program to start: its module and the register it opens."""

    module: str
    register: Path | None = None

    def measure(self, scratch: Path) -> First:
        """Start it, wait until it is up, and end it."""
        if self.register is None:
            arguments: list[object] = []
        elif self.module == "tui":
            arguments = ["--register", self.register]
        else:
            arguments = [self.register]
        with Terminal(scratch, self.module, *arguments) as terminal:
            return terminal.first(shows_contacts if self.register else lambda shown: "Nothing" in shown)


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    measuring.compile_all()
    few = min(_FEW, contacts // 2)
    small, large = filled(scratch, few), filled(scratch, contacts)
    print(f"First useful frame at {COLUMNS}x{LINES}, with {few:,} and {contacts:,} contacts", flush=True)
    empty, ours, table, ours_large, table_large = by_turns(
        scratch,
        runs,
        Start("tests.benchmarks.empty_app"),
        Start("tui", small),
        Start("tests.benchmarks.table_app", small),
        Start("tui", large),
        Start("tests.benchmarks.table_app", large),
    )
    print_first(f"{few:,} contacts", ours, "an empty Textual app", empty, TARGET)
    print_first(f"{few:,} contacts", ours, "the DataTable app", table)
    print_first(f"{contacts:,} contacts", ours_large, f"{few:,} contacts", ours, GROWTH_TARGET)
    print_first(f"{contacts:,} contacts", ours_large, "the DataTable app", table_large)


def by_turns(scratch: Path, runs: int, *starts: Start) -> list[list[First]]:
    """`runs` starts of each, A B A B."""
    rounds = [[start.measure(scratch) for start in starts] for _ in range(runs)]
    return [list(of_one) for of_one in zip(*rounds, strict=True)]


def print_first(name: str, ours: list[First], against: str, baseline: list[First], target: float = 0) -> None:
    """Print a claim, as time that was waited and as processor time."""
    measuring.print_ratio(f"  {name}", [a.seconds for a in ours], against, [b.seconds for b in baseline], target)
    measuring.print_ratio("    of processor time", [a.cpu for a in ours], against, [b.cpu for b in baseline])
