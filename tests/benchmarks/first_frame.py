"""How soon the screen is useful: 5,000 contacts, from the start of the process to the first rows on a terminal.

The program counts as up when a terminal emulator that is fed its output shows the tabs and the code of a contact; the
baseline, an empty Textual app, when it shows its one word. What comes over the pseudo-terminal is stamped as it
arrives and only afterwards given to the emulator, whose own slowness so adds nothing.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyte

from tests.benchmarks import measuring
from tests.benchmarks.school import Size, write_school

TARGET = 1.5
_LINES, _COLUMNS = 24, 80
_QUIET = 0.4
_TIMEOUT = 60.0


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "tui", "tests/benchmarks"], cwd=measuring.ROOT, check=True
    )
    register = _filled(scratch, contacts)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "ENGAGE_ACCOUNTS_"))},
        "TERM": "xterm-256color",
        "XDG_CONFIG_HOME": str(scratch),
        "XDG_STATE_HOME": str(scratch),
    }

    def ours() -> float:
        return _seconds_until(_shows_contacts, environment, "tui", "--register", register)

    def baseline() -> float:
        return _seconds_until(lambda shown: "Nothing" in shown, environment, "tests.benchmarks.empty_app")

    print(f"First useful frame with {contacts:,} contacts, at {_COLUMNS}x{_LINES}", flush=True)
    a, b = measuring.by_turns(runs, ours, baseline)
    measuring.print_ratio("  the list of accounts", a, "an empty Textual app", b, TARGET)


def _filled(scratch: Path, contacts: int) -> Path:
    from tui.config import Settings
    from tui.feeds import open_feed
    from tui.manager.manager import AccountManager

    register = scratch / "register.sqlite3"
    with contextlib.closing(AccountManager(Settings(), register, create=True)) as manager:
        manager.import_roster(open_feed(write_school(scratch / "school", Size.of(contacts))))
    return register


def _shows_contacts(shown: str) -> bool:
    return "evoke" in shown and re.search(r"\bC\d{6}\b", shown) is not None


def _seconds_until(shows: Callable[[str], bool], environment: dict[str, str], module: str, *arguments: object) -> float:
    start = time.perf_counter()
    emulator = pyte.Screen(_COLUMNS, _LINES)
    stream = pyte.ByteStream(emulator)
    for burst in _bursts([sys.executable, "-m", module, *map(str, arguments)], environment):
        for moment, piece in burst:
            stream.feed(piece)
            if shows("\n".join(emulator.display)):
                return moment - start
    shown = "\n".join(line.rstrip() for line in emulator.display)
    raise RuntimeError(f"{module} never showed what was waited for, but:\n{shown}")


def _bursts(command: Sequence[str], environment: dict[str, str]) -> Iterator[list[tuple[float, bytes]]]:
    """What a program writes to its terminal, stamped, in bursts that end when it falls quiet."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (_LINES, _COLUMNS))
    process = subprocess.Popen(
        command,
        cwd=measuring.ROOT,
        env=environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(follower)
    try:
        end = time.monotonic() + _TIMEOUT
        burst: list[tuple[float, bytes]] = []
        while time.monotonic() < end:
            if select.select([leader], [], [], _QUIET)[0]:
                try:
                    piece = os.read(leader, 65536)
                except OSError:  # Linux says so when the program has ended
                    break
                burst.append((time.perf_counter(), piece))
            elif burst:
                yield burst
                burst = []
        yield burst
    finally:
        process.kill()
        process.wait()
        os.close(leader)
