"""Opening the register and talking to it: connections, transactions, migrations, file modes, and errors in words."""

import contextlib
import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from tui.domain.phones import phone_digits
from tui.errors import RegisterError, RegisterLocked, RegisterNewer, RegisterReadOnly
from tui.text import fold

Connection = sqlite3.Connection  # for those above who pass one on and must not import sqlite3

VERSION = 5
BUSY_SECONDS = 5.0
_APPLICATION_ID = 0x454E4741  # "ENGA": an unrelated SQLite file is not taken for a register


class Database:
    """An open register. One connection a thread, WAL, foreign keys on, every commit synchronous.

    Raises RegisterNewer, RegisterReadOnly, RegisterLocked or RegisterError when it can't be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False, create: bool = True, group: str = "") -> None:
        self.path = path
        self.read_only = read_only
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        exists = path.exists()
        if not exists and (read_only or not create):
            raise RegisterError(
                f"There is no register at {path}.",
                todo="Import a roster first (engage-accounts import DIR), or open the demo (engage-accounts demo).",
            )
        if path.is_dir():
            raise RegisterError(f"{path} is a folder, not a register.", todo="Name the file itself with --register.")
        if not exists:
            _make_file(path, group)
        try:
            with self.errors():
                self._migrate()
        except BaseException:
            self.close()
            raise
        self.was_open = exists and not read_only and _close_to_others(path)
        """Whether others on this host could read or write it until it was opened here."""

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            with self._lock:
                self._all.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        mode = "mode=ro" if self.read_only else "mode=rw"
        if self.read_only and os.statvfs(self.path).f_flag & os.ST_RDONLY and not Path(f"{self.path}-wal").exists():
            mode = "immutable=1"  # on a disk that nobody can write, SQLite can't make the files it reads WAL with
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # only so that close() may close them all
        )
        try:
            # Before anything is set: another program's file must stay as it is, to the byte.
            self._refuse_foreign(connection)
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.create_function("phone_digits", 1, phone_digits, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("PRAGMA cache_size = -8000")
        if not self.read_only:
            _to_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            # What is wiped (copies for a restore, dead tokens) must be gone from the file; not every build sees to it.
            connection.execute("PRAGMA secure_delete = ON")

    def forget(self) -> None:
        """Close this thread's connection, and with it, at once, whatever it had in temporary tables."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            with self._lock:
                self._all.remove(connection)
            self._local.connection = None
            connection.close()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn SQLite's errors into the register's own."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: sqlite3.Error) -> RegisterError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return RegisterLocked(
                f"The register {self.path} is in use by another program.",
                means="Nothing was changed.",
                todo="Wait until the other session has finished its import or job, then try again.",
            )
        if self.read_only and name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY_")):
            return RegisterReadOnly(
                f"The register {self.path} can't be read.",
                means="Reading it needs the right to read the file and to write in its folder.",
                todo="Ask whoever owns it for that, or read a copy.",
            )
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return RegisterReadOnly(
                f"The register {self.path} can't be written.",
                means="Nothing was changed.",
                todo="Check that you own the file and its folder, or open it with --read-only.",
            )
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")):  # the latter: no room for the log's index
            return RegisterError(
                f"The disk that holds {self.path} is full.",
                means="The last step was undone; everything before it is kept.",
                todo="Make room and start again: a job goes on where it stopped.",
            )
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return RegisterError(
                f"{self.path} is not a register of this program, or it is damaged.",
                means="Nothing was changed.",
                todo="Name the right file with --register, or bring the file back from a backup.",
            )
        return RegisterError(f"The register {self.path} reported an error ({name or type(error).__name__}).")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it or none. Raises RegisterReadOnly in a read-only session."""
        if self.read_only:
            raise RegisterReadOnly(
                "This session is read-only.",
                means="Nothing was changed.",
                todo="Start again without --read-only to change something.",
            )
        with self.errors():
            connection = self.connection
            self._begin(connection)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _begin(self, connection: sqlite3.Connection) -> None:
        until = time.monotonic() + getattr(self._local, "patience", 0.0)
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise

    @contextlib.contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        """In this thread, wait so long for another program's write before RegisterLocked: nothing was begun when it is
        raised, so that trying again is safe."""
        self._local.patience = seconds
        try:
            yield
        finally:
            self._local.patience = 0.0

    def version(self) -> int:
        """A number that changes when anybody but this thread's connection has changed the register."""
        return int(self.one("PRAGMA data_version")[0])

    def read(self, sql: str, parameters: Any = ()) -> list[Any]:
        """All rows of a SELECT."""
        with self.errors():
            return self.connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Any = ()) -> Any:
        """The first row of a SELECT, or None."""
        with self.errors():
            return self.connection.execute(sql, parameters).fetchone()

    def meta(self, key: str) -> str:
        """A value of the register itself (`demo`, `school`), "" when it has none."""
        row = self.one("SELECT value FROM meta WHERE key = ?", (key,))
        return str(row[0]) if row else ""

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")  # one look: another session may be making the register just now
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        connection.execute("ROLLBACK")
        if version == 0 and tables:
            raise RegisterError(
                f"{self.path} is an SQLite file, but not a register of this program.",
                means="Nothing was changed.",
                todo="Name the right file with --register.",
            )
        if version and application != _APPLICATION_ID:
            raise RegisterError(
                f"{self.path} is an SQLite file of another program.",
                means="Nothing was changed.",
                todo="Name the right file with --register.",
            )

    def _migrate(self) -> None:
        connection = self.connection
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise RegisterNewer(
                f"The register {self.path} has version {version}; this program knows version {VERSION}.",
                means="It was made by a newer engage-accounts. Nothing was changed.",
                todo="Install the newer version, or name another register with --register.",
            )
        if version == VERSION:
            return
        if self.read_only:
            raise RegisterReadOnly(
                f"The register {self.path} has version {version} and must first be brought to version {VERSION}.",
                todo="Start once without --read-only.",
            )
        if version:
            _keep_copy(connection, self.path, self.path.with_suffix(f".version-{version}.bak"))
        for number in range(version + 1, VERSION + 1):
            script = resources.files("tui.register.migrations").joinpath(f"{number:04}.sql").read_text("utf-8")
            _apply(connection, number, script)


def _keep_copy(connection: sqlite3.Connection, path: Path, copy_path: Path) -> None:
    """Keep the register as it is before it is brought to a newer version, for the same eyes as the register."""
    os.close(os.open(copy_path, os.O_CREAT | os.O_RDWR, 0o600))
    shutil.copymode(path, copy_path)
    with contextlib.closing(sqlite3.connect(copy_path)) as copy:
        connection.backup(copy)


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    """Apply one migration as one transaction: a kill in the middle leaves the old version."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another session may have done it while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. While another session is switching, SQLite says busy at once instead of waiting."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _statements(script: str) -> Iterator[str]:
    """The statements of a migration, each of which ends at the end of a line (executescript() would commit first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def unindexed(connection: Connection, table: str) -> Iterator[None]:
    """Without the table's own indexes while it is filled: filling first and indexing afterwards is several times
    quicker. Raises sqlite3.IntegrityError at the end when a unique index can't be made."""
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        connection.execute(sql)


def _make_file(path: Path, group: str) -> None:
    """Make the file, and its folder where there is none, with private modes or the group's."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if group:
                shutil.chown(path.parent, group=group)
                path.parent.chmod(0o2770)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if group:
            shutil.chown(path, group=group)
            path.chmod(0o660)
    except FileExistsError:
        pass
    except LookupError:
        raise RegisterError(
            f"There is no group “{group}” on this machine.", todo="Correct register.group in the config."
        ) from None
    except OSError as error:
        raise RegisterReadOnly(
            f"The register {path} can't be made: {error.strerror or type(error).__name__}.",
            todo="Name a place you may write with --register, or correct register.path in the config.",
        ) from error


def _close_to_others(path: Path) -> bool:
    """Parents' data: nobody outside owner and group may read it, whatever the umask was. Whether somebody could."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o007 or path.stat().st_uid != os.geteuid():
        return False
    path.chmod(mode & ~0o007)
    return True
