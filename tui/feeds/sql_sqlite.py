"""Reading an SQLite file of somebody else's: opened read-only, allowed to read and nothing else, within a time."""

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.errors import InputRefused
from tui.feeds.sql_source import FETCHED, LONGEST_CELL, QueryFailed, Undecodable
from tui.text import clean, plural

# What a statement may do. Everything else is denied: writing, attaching, pragmas, loading extensions.
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE)
_DENIED_FUNCTIONS = ("load_extension", "fts3_tokenizer")
_RENAMED = re.compile(r":[0-9]+$")
_STEPS = 20_000  # of SQLite's machine between two looks at the clock: some milliseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteSource:
    """An SQLite file, read in one transaction."""

    def __init__(self, path: Path, timeout_seconds: int) -> None:
        """Raises InputRefused when it can't be opened or is no SQLite file."""
        self._seconds = timeout_seconds
        self._until = 0.0
        self.shown = clean(str(path))
        self.taken_at = _changed_at(path, self.shown)
        try:
            # Another thread may close it: the one that collects what nobody uses any more.
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=min(timeout_seconds, 10),
                isolation_level=None,
                check_same_thread=False,
            )
            self._begin()
        except sqlite3.Error as error:
            raise InputRefused(
                f"{self.shown} can't be read as an SQLite database: {_why(error)}.",
                means="Nothing was imported.",
                todo="Check feeds.sql.database. A database that another program writes in WAL mode needs its -wal and "
                "-shm files beside it.",
            ) from error

    def _begin(self) -> None:
        connection = self._connection
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * LONGEST_CELL)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only now is there a snapshot
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() > self._until, _STEPS)

    def columns(self, query: str) -> tuple[str, ...]:
        self._until = time.monotonic() + self._seconds
        try:
            wrapped = f"SELECT * FROM ({query}\n) LIMIT 0"  # noqa: S608  the operator's own statement, from the config
            described = self._connection.execute(wrapped).description
        except sqlite3.Error as error:
            raise self._failed(error, prepared=True) from None
        # Of two columns of one name SQLite calls the second `code:1` here; told as it is, the two are seen.
        names = [name for name, *_ in described]
        known = set(map(str.lower, names))
        return tuple(bare if (bare := _RENAMED.sub("", name)).lower() in known else name for name in names)

    def rows(self, query: str) -> Iterator[Sequence[Sequence[object]]]:
        left = float(self._seconds)
        try:
            # The time of whoever takes the rows does not count.
            started = time.monotonic()
            self._until = started + left
            cursor = self._connection.execute(query)
            while rows := cursor.fetchmany(FETCHED):
                left -= time.monotonic() - started
                yield rows
                started = time.monotonic()
                self._until = started + left
        except sqlite3.Error as error:
            raise self._failed(error, prepared=False) from None

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()

    def _failed(self, error: sqlite3.Error, *, prepared: bool) -> QueryFailed:
        code = getattr(error, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_INTERRUPT:
            return QueryFailed(
                f"it took longer than {plural(self._seconds, 'second')}",
                todo="Ask for less, or raise feeds.sql.timeout_seconds.",
            )
        if code == sqlite3.SQLITE_AUTH or "not authorized" in str(error) or "prohibited" in str(error):
            return QueryFailed("it does more than read, which is refused", todo="Write it as a SELECT of tables.")
        # While a statement is prepared no row was read, so the message has only what the statement says itself.
        return QueryFailed(clean(str(error)) if prepared else _why(error))


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _DENIED_FUNCTIONS else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _text(raw: bytes) -> object:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Undecodable()  # the module's own error would show the text


def _why(error: sqlite3.Error) -> str:
    """An error in words without the message, which may hold values."""
    name = getattr(error, "sqlite_errorname", "") or ""
    for begins, words in _WORDS.items():
        if name.startswith(begins):
            return words
    return f"the database refuses it ({name or 'no code'})"


_WORDS = {
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_LOCKED": "another program holds it",
    "SQLITE_CANTOPEN": "it is not there, or you may not read it or its folder",
    "SQLITE_PERM": "you may not read it",
    "SQLITE_NOTADB": "it is no SQLite database, or an encrypted one",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_TOOBIG": "a value in it is too long",
    "SQLITE_IOERR": "the system can't read it",
    "SQLITE_READONLY": "it needs to be recovered by the program that writes it",
    "SQLITE_NOMEM": "there is not enough memory",
}


def _changed_at(path: Path, shown: str) -> datetime:
    """When the file was last changed: a copy that was made last week is an extract of last week."""
    changed = []
    for file in (path, path.with_name(path.name + "-wal")):
        with suppress(FileNotFoundError, ValueError):
            try:
                status = file.stat()
            except PermissionError:
                continue
            if file is path or status.st_size:
                changed.append(status.st_mtime_ns)
    if not changed or not path.is_file():
        raise InputRefused(
            f"There is no file {shown}.", means="Nothing was imported.", todo="Check feeds.sql.database in the config."
        )
    return _EPOCH + timedelta(microseconds=max(changed) // 1000)
