"""The installed program through sshd on loopback, at 80x24: worked with, cut off in the middle of a job, resumed."""

import base64
import getpass
from pathlib import Path

import pytest

from tests.remote.conftest import marking, the_first, times_revoked
from tests.remote.processes import is_running, waits_for_the_end, with_argument
from tests.remote.sshd import ADDRESS, Sshd
from tests.running import command
from tests.slow_school import slow_school
from tests.ui.reading import cursor_code, marked_codes
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.register.database import Database

pytestmark = [pytest.mark.pty, pytest.mark.slow]


def acted_from(register: Path) -> set[tuple[str, str]]:
    """Who has revoked, and from where, as the audit chain has it."""
    database = Database(register, read_only=True)
    rows = database.read("SELECT operator, origin FROM audit WHERE action LIKE 'revoke%' OR action LIKE 'job%'")
    database.close()
    return {(row[0], row[1]) for row in rows}


def test_work_and_copy_over_ssh(sshd: Sshd, register: Path, school: AccountManager) -> None:
    ready = school.codes(school.view(Tab.READY_TO_REVOKE).persons)
    with sshd.connect(*command("--register", str(register), "demo")) as terminal:
        terminal.sees("acts on the demo school", f"{len(ready)} of {len(ready)} shown")
        terminal.press("j  ")
        terminal.sees(
            "2 marked", lambda: marked_codes(terminal) == ready[1:3], lambda: cursor_code(terminal) == ready[3]
        )
        terminal.press("y")
        terminal.sees("Copied 2 codes", lambda: bool(terminal.copied()))
        assert b"\x1b]52;c;" in terminal.raw
        copied = base64.b64decode(terminal.copied()[-1]).decode().split("\n")
        assert sorted(copied) == sorted(ready[1:3])
        terminal.resize(59, 14)
        terminal.sees("needs more room")
        terminal.resize(80, 24)
        terminal.sees("2 marked")
        terminal.press("u")
        terminal.sees("2 unmarked")
        terminal.press("q")
        assert terminal.ends() == 0
    assert terminal.screen.overdrawn == []


@pytest.mark.parametrize("how", ["the client is killed", "the terminal is closed"])
def test_a_job_that_was_cut_off_is_resumed(sshd: Sshd, register: Path, school: AccountManager, how: str) -> None:
    job = the_first(school)
    count = len(job.codes)
    with sshd.connect(*slow_school(register)) as terminal:
        terminal.sees("shown")
        there = [process for process in with_argument("slow_school.py") if process in with_argument(str(register))]
        terminal.press(marking(job))
        terminal.sees(f"{job.marked} marked")
        terminal.press("R")
        terminal.sees(f"Type {count} to go on:")
        terminal.press(f"{count}\r")
        terminal.sees(f"2 of {count}")
        if how == "the client is killed":
            terminal.process.kill()
        else:
            terminal.hang_up()
        waits_for_the_end(*there, terminal.process.pid)
    (stopped,) = school.overview().stopped_jobs
    assert 2 <= stopped.done < count
    assert len(times_revoked(register)) == stopped.done
    with sshd.connect(*command("--register", str(register), "demo")) as terminal:
        terminal.sees(f"Job {stopped.job} stopped at {stopped.done} of {count}", "resume")
        terminal.press("r")
        terminal.sees(f"{count} accounts revoked in the demo school.")
        terminal.press("q")
        terminal.misses("accounts revoked")
        terminal.press("q")
        assert terminal.ends() == 0
    assert times_revoked(register) == dict.fromkeys(job.codes, 1)
    assert acted_from(register) == {(getpass.getuser(), ADDRESS)}
    assert school.overview().stopped_jobs == ()


def test_a_line_that_is_dropped_leaves_no_program_behind(sshd: Sshd, register: Path) -> None:
    with sshd.connect(*command("--register", str(register), "demo")) as terminal:
        terminal.sees("shown")
        client = terminal.process.pid
        there = [process for process in with_argument(str(register)) if process != client]
        assert any(is_running(process) for process in there)
        terminal.process.kill()
        waits_for_the_end(*there)


def test_a_command_over_ssh_names_where_it_came_from(sshd: Sshd, register: Path, school: AccountManager) -> None:
    job = the_first(school)
    with sshd.connect(*command("--register", str(register), "revoke", job.codes[0])) as terminal:
        terminal.sees("Go on? [y/N]")
        terminal.press("y\r")
        assert terminal.ends() == 0
    assert acted_from(register) == {(getpass.getuser(), ADDRESS)}
