"""The program with its SQL statements counted: `python -m tests.benchmarks.counted FILE ARGUMENTS`.

The count stands in FILE, eight bytes, and is up to date at every moment. Every connection that the program opens is
traced, whoever in it opens it; what a trigger or the full-text index runs on its own is left out.
"""

import mmap
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

_SIZE = 8


def read(file: Path) -> int:
    """How many statements were run so far."""
    return int.from_bytes(file.read_bytes(), "little")


def count_into(file: Path) -> None:
    """Count every statement of this process in `file`."""
    file.write_bytes(bytes(_SIZE))
    with file.open("r+b") as opened:
        counter = mmap.mmap(opened.fileno(), _SIZE)
    lock = threading.Lock()
    connect = sqlite3.connect

    def one_more(statement: str) -> None:
        if not statement.startswith("--"):
            with lock:
                counter[:] = (int.from_bytes(counter[:], "little") + 1).to_bytes(_SIZE, "little")

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(one_more)
        return connection

    setattr(sqlite3, "connect", traced)  # noqa: B010 - to a type checker it is a constant


if __name__ == "__main__":
    count_into(Path(sys.argv.pop(1)))

    from tui.cli import main

    main()
