"""Stopped in other ways than by a kill: signals, a session that sleeps past its lease, clocks that jump, a number that
another process has now. Whatever it was, nothing is done twice and the job goes on."""

import os
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.crash import reader
from tests.crash.mail_server import Post
from tests.crash.running import Place, Programs, codes, until

pytestmark = [
    pytest.mark.usefixtures("survived"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),
]

REVOKE = ("revoke", "--all-ready", "--yes")
WELCOME = ("welcome", "--all-ready", "--yes")
YEAR = 365 * 86400.0


def done(place: Place, count: int) -> bool:
    return len(reader.read(place.register, "SELECT 1 FROM items WHERE state = 'done'")) >= count


def all_done(place: Place, post: Post, job: int = 1) -> None:
    assert reader.state_of(place.register, job) == "done"
    states = reader.read(place.register, "SELECT DISTINCT state FROM items WHERE job_id = ?", job)
    assert states == [("done",)]
    came = reader.delivered(post.received)
    assert reader.problems(place.register, came) == []
    assert reader.dead_links(place.register, came) == 0


def fall_asleep(pid: int, place: Place) -> None:
    """Stop a process where it does not hold the register's lock, which would keep everybody out until it wakes."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with closing(sqlite3.connect(place.register, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.01)
            else:
                connection.execute("ROLLBACK")
                return


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("line", [REVOKE, WELCOME], ids=["revoke", "welcome"])
def test_a_signal_lets_the_item_finish(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...], number: signal.Signals
) -> None:
    pid = programs.start(place, *line, slow=0.1)
    until(lambda: done(place, 1))
    os.kill(pid, number)
    ended = programs.wait(pid)
    assert ended.code == 7, ended
    assert "engage-accounts resume 1" in ended.out
    assert reader.read(place.register, "SELECT 1 FROM items WHERE state = 'claimed'") == []
    behind, total = reader.reached(place.register, 1)
    assert 1 <= behind < total
    assert programs.run(place, "resume", "1").code == 0
    all_done(place, post)


@pytest.mark.parametrize("line", [REVOKE, WELCOME], ids=["revoke", "welcome"])
def test_a_session_that_slept_past_its_lease_does_nothing_more(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...]
) -> None:
    pid = programs.start(place, *line, slow=0.15, lease=1)
    until(lambda: done(place, 1))
    fall_asleep(pid, place)
    try:
        time.sleep(1.2)
        took_over = programs.run(place, "resume", "1", lease=1)
        assert took_over.code in (0, 7), took_over
        assert reader.state_of(place.register, 1) == "done"
    finally:
        os.kill(pid, signal.SIGCONT)
    woken = programs.wait(pid)
    assert woken.code == 5, woken
    assert "Another session has taken job 1 over." in woken.err
    came = reader.delivered(post.received)
    assert reader.problems(place.register, came) == []
    assert reader.dead_links(place.register, came) == 0
    # What was on its way is told by the one that sent it, though another had to call it unknown meanwhile.
    assert set(reader.read(place.register, "SELECT state FROM items")) == {("done",)}


def test_a_living_session_keeps_its_job(place: Place, programs: Programs, post: Post) -> None:
    pid = programs.start(place, *REVOKE, slow=0.2)
    until(lambda: done(place, 1))
    refused = programs.run(place, "resume", "1")
    assert refused.code == 5
    assert "is being run by another session" in refused.err
    assert "stopped at" not in programs.run(place, "status").out
    assert programs.wait(pid).code == 0
    all_done(place, post)


def test_two_operators_revoke_the_same_accounts_at_once(place: Place, programs: Programs, post: Post) -> None:
    first = programs.start(place, *REVOKE, slow=0.05)
    second = programs.start(place, *REVOKE, slow=0.05)
    ended = programs.wait(first), programs.wait(second)
    assert {one.code for one in ended} <= {0, 6, 7}, ended
    assert reader.problems(place.register, []) == []
    told = reader.read(place.register, "SELECT subject, count(*) FROM audit WHERE action = 'revoke' GROUP BY 1")
    assert told == [(code, 1) for code in codes(1, 6)]


@pytest.mark.parametrize("at", [0, 8, 14, 20])
@pytest.mark.parametrize("line", [REVOKE, WELCOME], ids=["revoke", "welcome"])
@pytest.mark.parametrize("jump", [YEAR, -86400.0], ids=["a-year-on", "a-day-back"])
def test_a_clock_that_jumps_in_the_middle(
    place: Place, programs: Programs, post: Post, line: tuple[str, ...], jump: float, at: int
) -> None:
    ended = programs.run(place, *line, clock=[(at, jump)])
    assert ended.code == 0, ended
    all_done(place, post)


@pytest.mark.parametrize("jump", [YEAR, -86400.0], ids=["a-year-on", "a-day-back"])
def test_a_job_killed_under_another_clock_goes_on(place: Place, programs: Programs, post: Post, jump: float) -> None:
    whole = programs.run(place.copy(place.home.with_name("counted")), *REVOKE).points
    for at in range(whole - 60, whole, 12):
        this = place.copy(place.home.with_name(str(at)))
        assert programs.run(this, *REVOKE, at=at, clock=[(0, jump)]).killed
        assert f"of {6}: engage-accounts resume 1" in programs.run(this, "status").out
        ended = programs.run(this, "resume", "1")
        assert ended.code == 0, ended
        all_done(this, post)


def test_links_and_copies_run_out_by_the_clock(place: Place, programs: Programs, post: Post) -> None:
    assert programs.run(place, *REVOKE).code == 0
    assert programs.run(place, *WELCOME).code == 0
    # A clock that stood a day back for a while: nothing runs out early, nothing lives longer for it.
    assert programs.run(place, "status", clock=[(0, -86400.0)]).code == 0
    assert reader.dead_links(place.register, reader.delivered(post.received)) == 0
    assert programs.run(place, "status", clock=[(0, 8 * 86400.0)]).code == 0
    assert reader.read(place.register, "SELECT DISTINCT state FROM invitations") == [("expired",)]
    assert reader.read(place.register, "SELECT count(*) FROM revoked_copies") == [(6,)]
    assert programs.run(place, "status", clock=[(0, 15 * 86400.0)]).code == 0
    assert reader.read(place.register, "SELECT count(*) FROM revoked_copies") == [(0,)]
    assert programs.run(place, "restore", "1", "--yes", clock=[(0, 15 * 86400.0)]).code == 5
    assert reader.chain_problem(place.register) == ""


def test_a_number_that_another_process_has_now_holds_nothing(place: Place, programs: Programs, post: Post) -> None:
    whole = programs.run(place.copy(place.home.with_name("counted")), *REVOKE).points
    assert programs.run(place, *REVOKE, at=whole - 20).killed
    (runner,) = reader.read(place.register, "SELECT runner FROM jobs")[0]
    host, _, started = runner.split(":")
    with closing(sqlite3.connect(place.register)) as connection, connection:
        # The one who died had this number; this process has it now, and began at another time.
        connection.execute("UPDATE jobs SET runner = ?", (f"{host}:{os.getpid()}:{int(started) - 1}",))
    assert "engage-accounts resume 1" in programs.run(place, "status").out
    assert programs.run(place, "resume", "1").code == 0
    all_done(place, post)
