"""The memory that the screen holds with a large school: at its first frame, when all is quiet, and after every key.

Resident memory as Linux counts it, the interpreter and what it shares with others included. Beside it, the DataTable
app of the same rows.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import keys, measuring
from tests.benchmarks.registers import filled
from tests.benchmarks.terminal import Terminal

TARGET_MB = 90


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines; memory is the same every time, so `runs` does not matter."""
    measuring.compile_all()
    register = filled(scratch, contacts)
    print(f"Memory of the screen with {contacts:,} contacts", flush=True)
    with (
        Terminal(scratch, "tui", "--register", register) as program,
        Terminal(scratch, "tests.benchmarks.table_app", register) as table,
    ):
        ours, other = held((program, table), (contacts, contacts))
    print_held(ours, "the DataTable app", other, TARGET_MB)


def held(terminals: Sequence[Terminal], contacts: Sequence[int]) -> list[dict[str, float]]:
    """The megabytes that each program holds, by moment."""
    found: list[dict[str, float]] = [{} for _ in terminals]

    def look(moment: str) -> None:
        for terminal, megabytes in zip(terminals, found, strict=True):
            megabytes[moment] = terminal.memory()

    def pressed(terminal: Terminal, key: keys.Key) -> None:
        terminal.press(key.keys, key.done)

    for terminal in terminals:
        terminal.first(keys.shows_contacts)
    look("at the first frame")
    for terminal, count in zip(terminals, contacts, strict=True):
        keys.to_all([terminal], count)
    look("all listed")
    keys.press_each(terminals, pressed)
    look("after every key")
    return found


def print_held(ours: dict[str, float], against: str, other: dict[str, float], target: float) -> None:
    """Print both, moment by moment; the target is for the most that was held."""
    for moment, megabytes in ours.items():
        print(
            f"  {moment}: {megabytes:.0f} MB; {against}: {other[moment]:.0f} MB;"
            f" ratio {megabytes / other[moment]:.2f}, target {target:g} MB: {measuring.met(megabytes <= target)}",
            flush=True,
        )
