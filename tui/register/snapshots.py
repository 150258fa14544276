"""What imports there have been, and what marks the register itself."""

import json
from typing import NamedTuple

from tui.register.database import Connection, Database


class Snapshot(NamedTuple):
    """One import."""

    number: int
    feed: str
    taken_at: str
    imported_at: str
    warnings: tuple[str, ...]


class Extract(NamedTuple):
    """What an import was made of."""

    number: int
    feed: str
    source: str
    taken_at: str


def extracts(database: Database) -> list[Extract]:
    """What was imported, the newest import first."""
    return [Extract(*row) for row in database.read("SELECT id, feed, source, taken_at FROM snapshots ORDER BY id DESC")]


def latest(database: Database) -> Snapshot | None:
    """The newest import, None when there is none."""
    row = database.one("SELECT id, feed, taken_at, imported_at, warnings FROM snapshots ORDER BY id DESC LIMIT 1")
    if row is None:
        return None
    number, feed, taken_at, imported_at, warnings = row
    return Snapshot(number, feed, taken_at, imported_at, tuple(json.loads(warnings)))


def mark(connection: Connection, key: str, value: str) -> None:
    """Set a mark of the register itself (`demo`, `school`)."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
