"""What imports there have been, and what marks the register itself."""

import json
from typing import NamedTuple

from tui.register.database import Connection, Database

_CONTENTS = "imported_contents"  # the mark of the register in which the digests are kept
_KEPT = 100  # of the latest imports


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


def content_of(database: Database, number: int) -> str:
    """The digest of the files that an import read, "" where it is not known (any more)."""
    return _contents(database.meta(_CONTENTS)).get(str(number), "")


def keep_content(connection: Connection, number: int, digest: str) -> None:
    """Keep the digest of the files that an import reads; belongs into the import's transaction."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_CONTENTS,)).fetchone()
    known = [*_contents(row[0] if row else None).items(), (str(number), digest)]
    mark(connection, _CONTENTS, json.dumps(dict(known[-_KEPT:])))


def _contents(kept: str | None) -> dict[str, str]:
    try:
        found = json.loads(kept or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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
