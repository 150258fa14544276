"""Importing a large school into a new register, against reading the same CSVs with the csv module into plain tables.

The import checks and cleans every row, compares, derives status and reason of everybody, and ends with an audit
event, in one transaction. The baseline does nothing but put every cell into SQLite: one table a file, no index, one
transaction, write-ahead log and synchronous commits as the register has them.

Pairing old records with new ones is the step after an import, and measured by itself: the larger part of it is work for
each account that is ready to revoke, whose comparison `match` measures.
"""

import sys
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.school import Size, write_school

TARGET = 4.0
MEMORY_TARGET = 1.25
_SETTINGS_OF_BOTH = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines."""
    size = Size.of(contacts)
    first = write_school(scratch / "first", size)
    later = write_school(scratch / "later", size, later=True)
    fifth = write_school(scratch / "fifth", Size.of(max(10, contacts // 5)))
    register = scratch / "register.sqlite3"
    peaks: list[int] = []

    def ours() -> float:
        _remove(register)
        measured = measuring.in_child(__name__, "ours", register, first)
        _expect(measured.rows, sum(size))
        peaks.append(measured.peak_kb)
        return measured.seconds

    def baseline() -> float:
        _remove(scratch / "raw.sqlite3")
        measured = measuring.in_child(__name__, "raw", scratch / "raw.sqlite3", first)
        _expect(measured.rows, sum(size))
        return measured.seconds

    print(f"Import of {size.contacts:,} contacts, {size.students:,} students and {size.links:,} links", flush=True)
    a, b = measuring.by_turns(runs, ours, baseline)
    measuring.print_ratio("  into a new register", a, "rows as they are into SQLite", b, TARGET)

    again: list[float] = []
    for _ in range(runs):
        ours()
        again.append(measuring.in_child(__name__, "ours", register, later).seconds)
    measuring.print_ratio("  again, with 1 % changed", again, "rows as they are into SQLite", b)

    _remove(register)
    small = measuring.in_child(__name__, "ours", register, fifth).peak_kb
    measuring.print_memory(
        f"  most memory at {contacts:,} contacts", max(peaks), "at a fifth of them", small, MEMORY_TARGET
    )
    _remove(register)
    ours()
    measuring.in_child(__name__, "ours", register, later)
    paired = measuring.in_child(__name__, "pair", register, later)
    print(
        f"  pairing afterwards: {paired.rows:,} accounts ready to revoke in {paired.seconds:.1f} s,"
        f" {paired.peak_kb // 1024:,} MB",
        flush=True,
    )


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{found:,} rows were imported, {wanted:,} were written")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _ours(register: Path, folder: Path) -> int:
    from contextlib import closing
    from datetime import UTC, datetime

    from tui.domain.actor import Actor
    from tui.domain.feed_accounts import AccountsSource
    from tui.feeds import open_feed
    from tui.register.database import Database
    from tui.register.importing import ImportOptions, import_roster

    options = ImportOptions(AccountsSource.FEED, future_counts=False, max_shrink_percent=33)
    with closing(Database(register, create=True)) as database:
        difference = import_roster(database, open_feed(folder), options, Actor("bench", "local"), datetime.now(UTC))
    return sum(count.rows for count in difference.kinds.values())


def _pair(register: Path, folder: Path) -> int:
    from contextlib import closing

    from tui.register.correlating import ensure_correlated
    from tui.register.database import Database

    with closing(Database(register)) as database:
        ensure_correlated(database, future_counts=False)
        ready = "SELECT count(*) FROM directory WHERE user_type = 'contact' AND status = 'ready_to_revoke'"
        return int(database.one(ready)[0])


def _raw(database: Path, folder: Path) -> int:
    import csv
    import sqlite3

    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in _SETTINGS_OF_BOTH:
        connection.execute(pragma)
    connection.execute("BEGIN IMMEDIATE")
    rows = 0
    for table in ("contacts", "students", "links"):
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            columns = next(reader)
            connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            cursor = connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", reader)
            rows += cursor.rowcount
    connection.execute("COMMIT")
    connection.close()
    return rows


if __name__ == "__main__":
    work = {"ours": _ours, "pair": _pair, "raw": _raw}[sys.argv[1]]
    measuring.report(lambda: work(Path(sys.argv[2]), Path(sys.argv[3])))
