"""A full disk, a register that another process holds, a folder that can't be written: the job says so, and goes on.

The small disk is a tmpfs of its own, which only the superuser may mount; elsewhere those tests are left out.
"""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import reader
from tests.crash.mail_server import Post
from tests.crash.running import Place, Programs, until

pytestmark = [
    pytest.mark.usefixtures("survived"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),
]

REVOKE = ("revoke", "--all-ready", "--yes")
WELCOME = ("welcome", "--all-ready", "--yes")
both = pytest.mark.parametrize("line", [REVOKE, WELCOME], ids=["revoke", "welcome"])


@pytest.fixture
def small(made: Place, tmp_path: Path) -> Iterator[Place]:
    """The place on a disk of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    try:
        yield made.copy(disk / "home")
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(place: Place, leave: int = 0) -> Path:
    """Fill the disk up to so many bytes."""
    filler = place.home / "filler"
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(place.home)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - leave)))
    return filler


def done(place: Place) -> int:
    return len(reader.read(place.register, "SELECT 1 FROM items WHERE state = 'done'"))


def goes_on(programs: Programs, place: Place, post: Post, line: tuple[str, ...]) -> None:
    """To its end, and count."""
    arguments = ("resume", "1") if reader.state_of(place.register, 1) else line
    ended = programs.run(place, *arguments)
    assert ended.code in (0, 7), ended
    came = reader.delivered(post.received)
    assert reader.state_of(place.register, 1) == "done"
    assert reader.problems(place.register, came) == []
    assert reader.dead_links(place.register, came) == 0
    assert set(reader.read(place.register, "SELECT state FROM items")) <= {("done",), ("unknown",)}


@both
def test_a_disk_that_is_full_in_the_middle(small: Place, programs: Programs, post: Post, line: tuple[str, ...]) -> None:
    pid = programs.start(small, *line, slow=0.1)
    until(lambda: done(small) >= 1)
    filler = fill(small)
    ended = programs.wait(pid)
    assert ended.code == 8
    # What it said would have gone to the full disk too.
    filler.unlink()
    behind, total = reader.reached(small.register, 1)
    assert 1 <= behind < total
    assert f"stopped at {behind} of {total}" in programs.run(small, "status").out
    goes_on(programs, small, post, line)


@both
@pytest.mark.parametrize("leave", [8_000, 40_000, 80_000, 120_000])
def test_a_disk_that_is_nearly_full(
    small: Place, programs: Programs, post: Post, line: tuple[str, ...], leave: int
) -> None:
    filler = fill(small, leave)
    out, err_file = (small.home.parents[1] / name for name in ("out", "err"))
    ended = programs.run(small, *line, out=str(out), err=str(err_file))
    err = err_file.read_text("utf-8")
    assert ended.code in (0, 8), err
    if ended.code:
        assert "is full" in err, err
        assert "Make room" in err
    filler.unlink()
    if ended.code:
        goes_on(programs, small, post, line)


def held_for(place: Place, seconds: float) -> Callable[[], None]:
    """Another process's long write: hold the lock from now on for some seconds; returns what waits for its end."""
    locked = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(place.register, timeout=20, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            locked.set()
            time.sleep(seconds)
            connection.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(20)
    return thread.join


@both
def test_a_job_waits_for_somebody_elses_write(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...]
) -> None:
    pid = programs.start(place, *line, slow=0.1)
    until(lambda: done(place) >= 1)
    over = held_for(place, 6.5)  # longer than any statement waits by itself
    ended = programs.wait(pid)
    over()
    assert ended.code == 0, ended
    came = reader.delivered(post.received)
    assert reader.problems(place.register, came) == []
    assert set(reader.read(place.register, "SELECT state FROM items")) == {("done",)}


@both
def test_a_write_that_takes_too_long_stops_the_job(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...]
) -> None:
    pid = programs.start(place, *line, slow=0.1, patience=0.2)
    until(lambda: done(place) >= 1)
    over = held_for(place, 4)
    ended = programs.wait(pid)
    over()
    assert ended.code == 8, ended
    assert "is in use by another program" in ended.err
    assert "engage-accounts resume 1" in programs.run(place, "status").out
    goes_on(programs, place, post, line)


@both
def test_a_register_that_can_not_be_written_any_more(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...]
) -> None:
    if os.geteuid() == 0:
        # No mode keeps the superuser out, but a disk that was mounted read-only does.
        read_only = subprocess.run(
            ["mount", "--bind", place.state, place.state], capture_output=True, text=True, check=False
        )
        if read_only.returncode:
            pytest.skip(f"nothing can be mounted here: {read_only.stderr.strip()}")
        subprocess.run(["mount", "-o", "remount,ro,bind", place.state], check=True)
    else:
        place.register.chmod(0o400)
        place.state.chmod(0o500)
    try:
        ended = programs.run(place, *line)
        assert ended.code == 8, ended
        assert "can't be written" in ended.err or "can't be read" in ended.err
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", place.state], check=True)
        else:
            place.state.chmod(0o700)
            place.register.chmod(0o600)
    assert post.received == []
    goes_on(programs, place, post, line)
