"""What a key costs at the screen, beside the same key in a DataTable app of the same rows, key by key in turn.

Each key is pressed by itself: milliseconds until the last byte that changed the picture has come, and every byte until
all is quiet, those that follow when the cursor has come to rest written apart. CPU is the program's own processor time:
of keys that somebody may hold down, for each of a row of presses; of the others, until all is quiet. It is what the
target of 5 ms is held against, for it tells the program from whatever else the machine is doing. SQL statements are
counted in a session of their own.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import counted, keys, measuring
from tests.benchmarks.registers import filled
from tests.benchmarks.terminal import COLUMNS, LINES, Answer, Terminal

CPU_TARGET = 5.0  # milliseconds a key
_FEW = 5_000
_FRAME = 1000 / 60  # milliseconds
_WINDOW = 2  # SQL statements that read the rows of a window: people and children
_ROW = 14  # presses of a key that is held down: fewer than there are lines
_PATIENCE = 20.0  # seconds that one key of one program may take in all before it is pressed no more
_IDLE = 3.0


class Cost(NamedTuple):
    """What a key costs: milliseconds of processor and until it was answered, bytes, and bytes that follow."""

    cpu: float
    milliseconds: float
    size: int
    later: int


Costs = dict[str, Cost]


class Idle(NamedTuple):
    """What a program does when nobody touches a key."""

    size: int
    cpu: float


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    measuring.compile_all()
    sizes, seconds = (min(_FEW, contacts // 2), contacts), min(_IDLE, runs)
    ours: list[Costs] = []
    statements: list[dict[str, int]] = []
    for size in sizes:
        register = filled(scratch, size)
        with (
            Terminal(scratch, "tui", "--register", register) as program,
            Terminal(scratch, "tests.benchmarks.table_app", register) as table,
        ):
            both = (program, table)
            for terminal in both:
                terminal.first(keys.shows_contacts)
            keys.to_all(both, size)
            idle = [_idle(terminal, seconds) for terminal in both]
            costs = measure(both, runs)
        statements.append(count_statements(scratch, register, size))
        ours.append(costs[0])
        print(f"A key at {COLUMNS}x{LINES} with {size:,} rows, beside a DataTable app of the same rows", flush=True)
        print_costs("this program", costs[0], "DataTable app", costs[1], statements[-1])
        print(
            f"  nothing pressed for {seconds:g} s: {idle[0].size} bytes, {idle[0].cpu * 1000:.0f} ms of CPU; DataTable"
            f" app: {idle[1].size} bytes, {idle[1].cpu * 1000:.0f} ms; target 0 bytes:"
            f" {measuring.met(idle[0].size == 0)}",
            flush=True,
        )
    print_growth(sizes, ours, statements)


def measure(terminals: Sequence[Terminal], runs: int) -> list[Costs]:
    """Press every key at every program, by turns; the median counts."""
    found: list[Costs] = [{} for _ in terminals]
    for these in keys.ROUNDS:
        pressed: list[list[list[Answer]]] = [[] for _ in terminals]
        for run in range(runs):
            # Whoever takes many seconds for a key has shown it after the first few.
            patient = [n for n, answers in enumerate(pressed) if not run or _seconds(answers) < _PATIENCE]
            those = [terminals[n] for n in patient]
            keys.prepare(those, these.before if run else (*these.once, *these.before))
            for n in patient:
                pressed[n].append([terminals[n].press(key.keys, key.done) for key in these.keys])
            keys.prepare(those, these.after)
        for terminal, answers, costs in zip(terminals, pressed, found, strict=True):
            for key, of_key in zip(these.keys, zip(*answers, strict=True), strict=True):
                held = _hold(terminal, these, _ROW if runs > 1 else 2) if key.repeats else None
                costs[key.name] = _cost(of_key, held)
    return found


def _seconds(answers: list[list[Answer]]) -> float:
    return sum(answer.seconds for part in answers for answer in part)


def _hold(terminal: Terminal, these: keys.Round, times: int) -> float:
    keys.prepare([terminal], these.before)
    cpu = terminal.hold(these.keys[0].keys, times)
    keys.prepare([terminal], these.after)
    return cpu


def _cost(answers: Sequence[Answer], held: float | None) -> Cost:
    cpu = statistics.median(answer.cpu for answer in answers) if held is None else held
    return Cost(
        cpu * 1000,
        statistics.median(answer.seconds for answer in answers) * 1000,
        round(statistics.median(answer.size for answer in answers)),
        round(statistics.median(answer.later for answer in answers)),
    )


def _idle(terminal: Terminal, seconds: float) -> Idle:
    before = terminal.cpu()
    return Idle(terminal.quiet(seconds), terminal.cpu() - before)


def count_statements(scratch: Path, register: Path, contacts: int) -> dict[str, int]:
    """The SQL statements of each key, pressed once and answered in full."""
    file = scratch / "statements"
    found: dict[str, int] = {}
    with Terminal(scratch, "tests.benchmarks.counted", file, "--register", register) as terminal:
        terminal.first(keys.shows_contacts)
        if not counted.read(file):
            raise RuntimeError("the screen was opened and no SQL statement was counted")
        keys.to_all([terminal], contacts)

        def pressed(terminal: Terminal, key: keys.Key) -> None:
            before = counted.read(file)
            terminal.press(key.keys, key.done)
            found[key.name] = counted.read(file) - before

        keys.press_each([terminal], pressed)
    return found


def print_costs(a: str, ours: Costs, b: str, theirs: Costs, statements: dict[str, int]) -> None:
    """Print a table: ours, theirs, ratios, and the targets that a key has."""
    print(f"  {'':<22}{a:^37}{b:^32}{'ratio of':^14}")
    head = f"{'CPU ms':>8}{'ms':>8}{'bytes':>13}"
    print(f"  {'':<22}{head}{'SQL':>6}  {head}   {'CPU':>6}{'bytes':>7}   targets")
    for key in (key for these in keys.ROUNDS for key in these.keys):
        mine, other = ours[key.name], theirs[key.name]
        targets = [f"{CPU_TARGET:g} ms CPU: {measuring.met(mine.cpu <= CPU_TARGET)}"]
        if key.within_a_frame:
            targets.append(f"a frame: {measuring.met(mine.milliseconds <= _FRAME)}")
        if key.most_bytes:
            targets.append(f"{key.most_bytes:,} bytes: {measuring.met(mine.size + mine.later <= key.most_bytes)}")
        print(
            f"  {key.name:<22}{_cells(mine)}{statements[key.name]:>6}  {_cells(other)}"
            f"   {mine.cpu / other.cpu:>6.2f}{(mine.size + mine.later) / (other.size + other.later):>7.2f}"
            f"   {', '.join(targets)}",
            flush=True,
        )


def _cells(cost: Cost) -> str:
    size = f"{cost.size:,}" + (f" + {cost.later:,}" if cost.later else "")
    return f"{cost.cpu:>8.1f}{cost.milliseconds:>8.1f}{size:>13}"


def print_growth(sizes: tuple[int, int], ours: list[Costs], statements: list[dict[str, int]]) -> None:
    """Print how a key's cost grows with the number of rows."""
    print(f"The same keys with {sizes[1]:,} rows against {sizes[0]:,}")
    for name, cost in ours[1].items():
        few, many = (counts[name] for counts in statements)
        constant = f"{few} at both" if few == many else f"{few} and {many} (rows that are known are not read again)"
        print(
            f"  {name:<22}CPU ratio {cost.cpu / ours[0][name].cpu:.2f}; SQL statements {constant},"
            f" target at most {_WINDOW} at any size: {measuring.met(max(few, many) <= _WINDOW)}",
            flush=True,
        )
