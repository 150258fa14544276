"""Opening the register: modes, what is refused and left as it is, locks, threads and migrations."""

import grp
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from tui.errors import RegisterError, RegisterLocked, RegisterNewer, RegisterReadOnly
from tui.register import database as database_module
from tui.register.database import VERSION, Database

from .making import Register, families

TABLES = {
    "audit_head",
    "meta", "snapshots", "contacts", "students", "staff", "links", "accounts", "changes", "holds", "flag_answers",
    "jobs", "items", "invitations", "revoked_copies", "audit", "directory", "correlations", "pair_verdicts",
    "handovers", "handover_accounts",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "register.sqlite3"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


# -- modes -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("loose_umask")
def test_a_new_register_is_for_its_owner_alone(path: Path) -> None:
    database = Database(path)
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    beside = [file for file in path.parent.iterdir() if file != path]
    assert beside, "WAL keeps files beside it"
    assert {mode(file) for file in beside} == {0o600}
    database.close()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_group_register_is_for_owner_and_group(path: Path, umask: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may hand a file to any group")
    group = next(entry for entry in grp.getgrall() if entry.gr_gid != os.getegid())
    before = os.umask(umask)
    try:
        Database(path, group=group.gr_name).close()
    finally:
        os.umask(before)
    assert mode(path) == 0o660
    assert mode(path.parent) == 0o2770, "the others of the group must be able to make the files beside it"
    assert path.stat().st_gid == path.parent.stat().st_gid == group.gr_gid


def test_a_group_that_does_not_exist_is_named(path: Path) -> None:
    with pytest.raises(RegisterError, match="no-such-group"):
        Database(path, group="no-such-group")


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Database(tmp_path / "register.sqlite3", group="").close()
    assert mode(tmp_path) == 0o755


def test_a_register_that_everybody_could_read_is_closed_to_others(path: Path) -> None:
    Database(path).close()
    path.chmod(0o664)
    Database(path, read_only=True).close()
    assert mode(path) == 0o664, "a read-only session changes nothing"
    Database(path).close()
    assert mode(path) == 0o660


# -- what is no register ---------------------------------------------------------------------------------------------


def test_there_must_be_one_to_open(path: Path) -> None:
    for read_only, create in ((True, True), (False, False)):
        with pytest.raises(RegisterError, match="There is no register at"):
            Database(path, read_only=read_only, create=create)
    assert not path.exists()
    assert not path.parent.exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_is_refused_and_keeps_its_mode(tmp_path: Path, read_only: bool) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(RegisterError, match="is a folder, not a register"):
        Database(folder, read_only=read_only)
    assert mode(folder) == 0o755


def other_program(path: Path, *, version: int = 0, application: int = 0) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(f"PRAGMA application_id = {application}")
        connection.commit()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "kind", ["text", "binary", "sqlite", "sqlite of version 1", "sqlite of version 99", "sqlite of an application"]
)
def test_another_programs_file_is_refused_and_left_as_it_is(tmp_path: Path, kind: str, read_only: bool) -> None:
    path = tmp_path / "file"
    if kind == "text":
        path.write_text("code,given_name\nC1,One\n" * 100)
    elif kind == "binary":
        path.write_bytes(os.urandom(5000))
    else:
        number = {"sqlite of version 1": 1, "sqlite of version 99": 99}.get(kind, 0)
        other_program(path, version=number, application=7 if kind.endswith("application") else 0)
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(RegisterError) as caught:
        Database(path, read_only=read_only)
    assert "not a register of this program" in caught.value.what or "of another program" in caught.value.what
    assert str(path) in caught.value.what
    assert path.read_bytes() == before
    assert mode(path) == 0o644
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_an_empty_file_becomes_a_register(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite3"
    path.touch(0o644)
    Database(path).close()
    assert version_of(path) == VERSION
    assert mode(path) == 0o640


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_register_is_refused_and_left_as_it_is(path: Path, read_only: bool) -> None:
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(RegisterNewer, match=f"has version 99; this program knows version {VERSION}"):
        Database(path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_damaged_register_says_so(path: Path) -> None:
    Database(path).close()
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)

    def open_and_read() -> None:
        Database(path).read("SELECT * FROM audit")

    with pytest.raises(RegisterError, match="damaged"):
        open_and_read()


# -- read-only -------------------------------------------------------------------------------------------------------


def test_a_read_only_session_reads_and_writes_nothing(path: Path) -> None:
    writer = Database(path)
    with writer.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
    reader = Database(path, read_only=True)
    assert reader.meta("a") == "b"
    with pytest.raises(RegisterReadOnly, match="This session is read-only"), reader.transaction():
        pass
    with pytest.raises(RegisterReadOnly), reader.errors():
        reader.connection.execute("INSERT INTO meta VALUES ('c', 'd')")
    assert writer.meta("c") == ""
    reader.close()
    writer.close()


def test_a_read_only_session_does_not_make_a_new_version(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite3"
    path.touch()
    with pytest.raises(RegisterReadOnly, match="must first be brought to version"):
        Database(path, read_only=True)
    assert path.stat().st_size == 0


def mounted_read_only(path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script that sees the register's folder as a read-only file system."""
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or not unshare:
        pytest.skip("only root may mount, and to root no mode is read-only")
    code = f"from pathlib import Path\nfrom tui.register.database import Database\npath = Path({str(path)!r})\n"
    folder = path.parent
    shell = f'mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} || exit 77; exec "$0" "$@"'
    done = subprocess.run(
        [unshare, "-m", "sh", "-c", shell, sys.executable, "-c", code + textwrap.dedent(script)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this machine does not let mount")
    return done


def test_a_register_on_a_read_only_disk_can_be_read_and_is_not_written(path: Path) -> None:
    Database(path).close()
    done = mounted_read_only(
        path,
        """
        from tui.errors import RegisterReadOnly
        try:
            Database(path)
        except RegisterReadOnly as error:
            print("refused:", error.what)
        print("version:", Database(path, read_only=True).one("SELECT count(*) FROM snapshots")[0])
        """,
    )
    assert done.stdout.splitlines() == [f"refused: The register {path} can't be written.", "version: 0"], done.stderr


def test_no_register_can_be_made_on_a_read_only_disk(path: Path) -> None:
    path.parent.mkdir()
    done = mounted_read_only(
        path,
        """
        from tui.errors import RegisterReadOnly
        try:
            Database(path)
        except RegisterReadOnly as error:
            print(error.what)
        """,
    )
    assert done.stdout == f"The register {path} can't be made: Read-only file system.\n", done.stderr


# -- locks and threads -----------------------------------------------------------------------------------------------


def test_a_register_that_is_held_is_locked_and_nothing_is_imported(
    school_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    school_register.take(families(3))
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)
    impatient = Register(school_register.path)
    before = school_register.dump()
    with closing(sqlite3.connect(school_register.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegisterLocked, match="in use by another program"):
            impatient.take(families(4, 1))
        assert impatient.statuses() == {f"C{n}": "active" for n in (1, 2, 3)}, "it can be read all the while"
        holder.execute("ROLLBACK")
    assert school_register.dump() == before
    impatient.take(families(4, 1))
    assert len(impatient.statuses()) == 4
    impatient.manager.close()


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    database = Database(path)

    def stop_in_the_middle() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES ('a', 'b')")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        stop_in_the_middle()
    assert database.meta("a") == ""
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
    assert database.meta("a") == "b"
    database.close()


def test_threads_write_in_turn_each_on_its_own_connection(path: Path) -> None:
    database = Database(path)
    barrier = Barrier(2)

    def write(thread: int) -> int:
        barrier.wait()
        for number in range(50):
            with database.transaction() as connection:
                connection.execute("INSERT INTO meta VALUES (?, '')", (f"{thread}-{number}",))
        return id(database.connection)

    with ThreadPoolExecutor(2) as pool:
        connections = set(pool.map(write, (1, 2)))
    assert len(connections) == 2
    assert database.one("SELECT count(*) FROM meta") == (100,)
    database.close()


def test_two_may_make_the_register_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(15):
            path = tmp_path / f"{number}" / "register.sqlite3"
            barrier = Barrier(4)

            def make(path: Path = path, barrier: Barrier = barrier) -> None:
                barrier.wait()
                database = Database(path)
                assert database.one("SELECT count(*) FROM snapshots") == (0,)
                database.close()

            for made in [pool.submit(make) for _ in range(4)]:
                made.result()
            assert version_of(path) == VERSION


# -- migrations ------------------------------------------------------------------------------------------------------


def test_from_empty_to_the_newest_version(path: Path) -> None:
    database = Database(path)
    assert {row[0] for row in database.read("SELECT name FROM sqlite_master WHERE type = 'table'")} == TABLES
    assert version_of(path) == VERSION
    assert database.one("PRAGMA foreign_keys") == (1,)
    assert database.one("PRAGMA journal_mode") == ("wal",)
    assert database.one("PRAGMA synchronous") == (2,)
    assert database.read("PRAGMA foreign_key_check") == []
    database.close()
    Database(path).close()
    assert version_of(path) == VERSION


def test_a_kill_in_the_middle_of_a_migration_leaves_the_old_version(path: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from tui.register import database

        class Killed(database.Database):
            def _connect(self):
                connection = super()._connect()
                connection.set_trace_callback(
                    lambda sql: os.kill(os.getpid(), signal.SIGKILL) if "CREATE TABLE jobs" in sql else None
                )
                return connection

        Killed(Path({str(path)!r}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert version_of(path) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    Database(path).close()
    assert version_of(path) == VERSION


def test_a_migration_that_fails_leaves_the_old_version_and_no_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Half:
        def joinpath(self, name: str) -> "Half":
            return self

        def read_text(self, encoding: str) -> str:
            return "CREATE TABLE meta (key TEXT);\nCREATE TABLE broken (;\n"

    with monkeypatch.context() as patched:
        patched.setattr("tui.register.database.resources.files", lambda package: Half())
        with pytest.raises(RegisterError):
            Database(path)
    assert version_of(path) == 0
    Database(path).close()
    assert version_of(path) == VERSION


def test_a_register_of_the_first_version_is_brought_up_with_a_copy_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(database_module, "VERSION", 1)
        database = Database(path)
        with database.transaction() as connection:
            connection.execute("INSERT INTO holds (person, kind, note, by, at) VALUES (4, 'revoke', 'why', 'kim', '')")
        database.close()
        assert version_of(path) == 1
    path.chmod(0o640)
    database = Database(path)
    assert database.read("SELECT person, note, cause FROM holds") == [(4, "why", "")]
    database.close()
    assert version_of(path) == VERSION
    copy = path.with_suffix(".version-1.bak")
    assert version_of(copy) == 1
    assert mode(copy) == mode(path) == 0o640, "the copy holds the same people"
