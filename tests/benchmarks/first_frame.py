"""How soon the screen is useful: from the start of the process to the first rows of accounts on a terminal.

A program counts as up when a terminal emulator that is fed its output shows the tabs and the code of a contact; the
empty Textual app, the least that could be waited for, when it shows its one word. Beside it, the DataTable app of the
same register, which opens on the same tab.
"""

from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.keys import shows_contacts
from tests.benchmarks.registers import filled
from tests.benchmarks.terminal import COLUMNS, LINES, Terminal

TARGET = 1.5  # times the empty app
GROWTH_TARGET = 1.2  # times ourselves with few contacts
_FEW = 5_000


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    measuring.compile_all()
    few = min(_FEW, contacts // 2)
    small, large = filled(scratch, few), filled(scratch, contacts)

    def seconds(shows: Callable[[str], bool], module: str, *arguments: object) -> Callable[[], float]:
        def measure() -> float:
            with Terminal(scratch, module, *arguments) as terminal:
                return terminal.first(shows)

        return measure

    print(f"First useful frame at {COLUMNS}x{LINES}, with {few:,} and {contacts:,} contacts", flush=True)
    empty, ours, table, ours_large, table_large = measuring.by_turns(
        runs,
        seconds(lambda shown: "Nothing" in shown, "tests.benchmarks.empty_app"),
        seconds(shows_contacts, "tui", "--register", small),
        seconds(shows_contacts, "tests.benchmarks.table_app", small),
        seconds(shows_contacts, "tui", "--register", large),
        seconds(shows_contacts, "tests.benchmarks.table_app", large),
    )
    measuring.print_ratio(f"  {few:,} contacts", ours, "an empty Textual app", empty, TARGET)
    measuring.print_ratio(f"  {few:,} contacts", ours, "the DataTable app", table)
    measuring.print_ratio(f"  {contacts:,} contacts", ours_large, f"{few:,} contacts", ours, GROWTH_TARGET)
    measuring.print_ratio(f"  {contacts:,} contacts", ours_large, "the DataTable app", table_large)
