"""Reading a PostgreSQL database of somebody else's: one read-only transaction, within a time, checked by TLS.

psycopg is an extra and is imported here alone. What a server says of a statement is passed on only while the statement
is planned, before any row was read; after that an error is told by its code, for its message may hold values.
"""

import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tui.config import expanded
from tui.config_values import LOCAL_HOSTS
from tui.errors import ConfigError, InputRefused
from tui.feeds.sql_source import FETCHED, QueryFailed
from tui.secret import Secret
from tui.settings import SqlSettings
from tui.text import clean, plural

if TYPE_CHECKING:
    import psycopg

_CURSOR = "engage_accounts"
_DECLARED = len(f'DECLARE "{_CURSOR}" CURSOR FOR ')
"""What psycopg puts in front of a statement; positions are counted from there."""
_GRACE = 15
"""Seconds beyond the server's own time-out after which a server that does not even say so is given up."""
_CONNECT_SECONDS = 15
_IDLE_MINUTES = 15


class PostgresSource:
    """A PostgreSQL database, read in one transaction."""

    def __init__(self, settings: SqlSettings, password: Secret | None) -> None:
        """Raises InputRefused when it can't be reached, ConfigError when psycopg is missing."""
        psycopg = _psycopg()
        self.shown = shown(settings.database)
        self._errors: type[Exception] = psycopg.Error
        self._seconds = settings.timeout_seconds
        given = parameters(settings)
        if password is not None:
            given["password"] = password.reveal()
        try:
            self._connection = _connection_type(psycopg, self._seconds + _GRACE).connect(**given)
        except (psycopg.Error, UnicodeError, ValueError) as error:
            raise _unreachable(self.shown, error, password) from None
        finally:
            given.pop("password", None)
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            _load_as_text(self._connection)
            (moment,) = self._connection.execute(
                "SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
            ).fetchone() or ("",)
            self.taken_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        except psycopg.Error as error:
            self.close()
            raise _unreachable(self.shown, error, password) from None

    def columns(self, query: str) -> tuple[str, ...]:
        try:
            # Declaring plans the statement without running it, and takes no more than one.
            with self._connection.cursor(name=_CURSOR) as cursor:
                cursor.execute(query.encode())
                return tuple(column.name for column in cursor.description or ())
        except self._errors as error:
            raise self._failed(error, planned=True) from None

    def rows(self, query: str) -> Iterator[Sequence[Sequence[object]]]:
        spent, planned = 0.0, True
        try:
            started = time.monotonic()
            with self._connection.cursor(name=_CURSOR) as cursor:
                cursor.execute(query.encode())
                planned = False
                while rows := cursor.fetchmany(FETCHED):
                    # The server bounds each fetch; what they take together is bounded here.
                    spent += time.monotonic() - started
                    if spent > self._seconds:
                        raise self._late()
                    yield rows
                    started = time.monotonic()
        except UnicodeDecodeError:
            raise QueryFailed("it gives text that is not UTF-8", todo="Convert the database's text to UTF-8.") from None
        except self._errors as error:
            raise self._failed(error, planned=planned) from None

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()

    def _late(self) -> QueryFailed:
        return QueryFailed(
            f"it took longer than {plural(self._seconds, 'second')}",
            todo="Ask for less, or raise feeds.sql.timeout_seconds.",
        )

    def _failed(self, error: Exception, *, planned: bool) -> QueryFailed:
        code = getattr(error, "sqlstate", None) or ""
        diagnosis = getattr(error, "diag", None)
        if code == "57014" or "_WaitTimeout" in type(error).__name__:
            return self._late()
        if code == "25006" or (code == "0A000" and planned):
            return QueryFailed("it does more than read, which is refused", todo="Write it as a SELECT of tables.")
        gone = not code or code.startswith(("08", "57"))
        if planned and not gone and diagnosis is not None and diagnosis.message_primary:
            position = int(diagnosis.statement_position or 0) - _DECLARED
            return QueryFailed(clean(diagnosis.message_primary)[:300], max(position, 0))
        if not code:
            return QueryFailed("the connection was lost", todo="Try again; the server or the way to it may be down.")
        words = next((words for begins, words in _WORDS.items() if code.startswith(begins)), "the server refuses it")
        return QueryFailed(f"{words} (code {clean(code)})")


_WORDS = {
    "22": "a value in its rows can't be converted or calculated with",
    "08": "the connection was lost",
    "42501": "the user may not read a table in it",
    "53": "the server has no room for it",
    "57": "the server was stopped",
    "55P03": "another program holds a table in it",
    "40": "the server gave up on it because of what others changed",
}


def shown(database: str) -> str:
    """A database's address as it may be shown: a password that somebody put into it does not stand there."""
    parts = urlsplit(database)
    host = parts.hostname or "(local socket)"
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return clean(f"{parts.scheme}://{unquote(host)}{port}{parts.path}")


def parameters(settings: SqlSettings) -> dict[str, Any]:
    """How to connect, without the password: what the config leaves out is not left to the environment either."""
    parts = urlsplit(settings.database)
    host = unquote(parts.hostname or "")
    is_local = not host or host.startswith("/") or host in LOCAL_HOSTS
    mode = settings.sslmode or ("prefer" if is_local else "verify-full")
    milliseconds = settings.timeout_seconds * 1000
    options = {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": _IDLE_MINUTES * 60_000,
        "datestyle": "ISO",
        "extra_float_digits": 1,
    }
    found: dict[str, Any] = {
        "host": host,
        "dbname": unquote(parts.path.removeprefix("/")),
        "sslmode": mode,
        "connect_timeout": _CONNECT_SECONDS,
        "client_encoding": "UTF8",
        "application_name": "engage-accounts",
        "keepalives_idle": 20,
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        "gssencmode": "disable",
    }
    if parts.port:
        found["port"] = parts.port
    if parts.username:
        found["user"] = unquote(parts.username)
    if mode.startswith("verify"):
        found["sslrootcert"] = str(expanded(settings.ca_file)) if settings.ca_file else _trusted()
    return found


def _trusted() -> str:
    """The authorities that this host trusts: the driver brings a TLS library of its own, which may look elsewhere."""
    usual = ssl.get_default_verify_paths()
    return next((path for path in (usual.cafile, usual.openssl_cafile) if path and Path(path).is_file()), "system")


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL can't be read: the library psycopg is not installed.",
            means="It comes with the extra postgres. Nothing was imported.",
            todo="Run: pip install 'engage-accounts[postgres]'",
        ) from error
    return psycopg


def _connection_type(psycopg: Any, seconds: float) -> Any:
    """psycopg's connection, which gives up on a server that stopped answering."""

    class Patient(psycopg.Connection):  # type: ignore[misc]  # psycopg is imported where it is used
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            return super().wait(gen, interval, seconds if timeout is None else timeout)

    return Patient


def _load_as_text(connection: "psycopg.Connection[Any]") -> None:
    """Take every value as the server writes it, as a CSV export would; only true and false are put into our words."""
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class YesNo(Loader):
        def load(self, data: Any) -> str:
            return "yes" if bytes(data) == b"t" else "no"

    for kind in connection.adapters.types:
        for oid in (kind.oid, kind.array_oid):
            if oid:
                connection.adapters.register_loader(
                    oid, YesNo if kind.name == "bool" and oid == kind.oid else TextLoader
                )


def _unreachable(where: str, error: Exception, password: Secret | None) -> InputRefused:
    said = clean(re.sub(r"\s+", " ", str(error)))
    if password is not None:
        said = said.replace(password.reveal(), "(the password)")
    return InputRefused(
        f"The database {where} can't be reached: {said[:400].rstrip('. ') or 'it refuses'}.",
        means="Nothing was imported.",
        todo="Check [feeds.sql] in the config, and that the database lets this host and user in.",
    )
