"""A million contacts at the screen, beside a tenth of them: first frame, keys and memory. The import takes minutes.

The DataTable app is left out: it would take many minutes to show the first row, and gigabytes.
"""

from pathlib import Path

from tests.benchmarks import first_frame, keys, measuring, memory, screen_keys
from tests.benchmarks.registers import filled
from tests.benchmarks.terminal import COLUMNS, LINES, Terminal

TARGET_MB = 250
_FEWER = 100_000


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    measuring.compile_all()
    sizes = (min(_FEWER, contacts // 2), contacts)
    fewer, many = (filled(scratch, size) for size in sizes)
    print(f"{contacts:,} contacts at {COLUMNS}x{LINES}, beside {sizes[0]:,}", flush=True)

    a, b = first_frame.by_turns(scratch, runs, first_frame.Start("tui", many), first_frame.Start("tui", fewer))
    first_frame.print_first("first useful frame", a, f"with {sizes[0]:,}", b, first_frame.GROWTH_TARGET)

    with (
        Terminal(scratch, "tui", "--register", many) as large,
        Terminal(scratch, "tui", "--register", fewer) as small,
    ):
        for terminal, size in ((large, contacts), (small, sizes[0])):
            terminal.first(keys.shows_contacts)
            keys.to_all([terminal], size)
        costs = screen_keys.measure((large, small), runs)
    statements = screen_keys.count_statements(scratch, many, contacts)
    screen_keys.print_costs(f"{contacts:,}", costs[0], f"{sizes[0]:,}", costs[1], statements)

    with (
        Terminal(scratch, "tui", "--register", many) as large,
        Terminal(scratch, "tui", "--register", fewer) as small,
    ):
        held, other = memory.held((large, small), (contacts, sizes[0]))
    memory.print_held(held, f"with {sizes[0]:,}", other, TARGET_MB)
