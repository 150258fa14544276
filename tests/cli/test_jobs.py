"""jobs, cancel, pause, retry, restore and reset from the command line."""

import sqlite3
from pathlib import Path

import pytest

from tests.running import Run
from tests.school import SchoolFiles
from tui.errors import ExitCode

pytestmark = pytest.mark.usefixtures("embedded")


def stop_it(register: Path, reached: int) -> None:
    """Leave job 1 as a power cut leaves it, with so many of its items done."""
    connection = sqlite3.connect(register)
    with connection:
        connection.execute("UPDATE jobs SET state = 'running', finished_at = '', runner = 'elsewhere:1:1'")
        connection.execute("UPDATE items SET state = 'pending', acted_at = '' WHERE id > ?", (reached,))
    connection.close()


def test_a_job_that_stopped_is_gone_on_with_or_left(cli: Run, imported: SchoolFiles, register: Path) -> None:
    cli("revoke", "P0001", "P0002", "--yes")
    stop_it(register, 1)
    assert "Job 1 (revoke) stopped at 1 of 2: engage-accounts resume 1, or leave it." in cli("status").out
    shown = cli("jobs").out
    assert "stopped" in shown
    assert "Go on with resume N, or leave the rest for good with cancel N." in shown
    assert cli("cancel", "1").out.startswith("Job 1 is cancelled.")
    assert "stopped" not in cli("status").out
    assert "1 account cancelled" in cli("jobs", "1").out
    assert cli("cancel", "1").code == ExitCode.REFUSED
    assert cli("resume", "1").code == ExitCode.REFUSED
    assert cli("pause", "1").code == ExitCode.REFUSED
    assert cli("cancel", "9").code == ExitCode.NOT_FOUND


def test_a_revoke_is_taken_back(cli: Run, imported: SchoolFiles) -> None:
    before = cli("list", "--format", "csv").out
    assert cli("revoke", "P0001", "P0002", "--yes").code == 0
    shown = cli("restore", "1", "--dry-run")
    assert "Give access back to 2 contacts in the embedded register:" in shown.out
    assert cli("restore", "1").code == ExitCode.DECLINED
    result = cli("restore", "1", "P0001", "--yes", "--reason", "by mistake")
    assert "Job 2: 1 account restored in the embedded register." in result.out
    assert "revoke" in cli("jobs").out
    assert "restore of job 1" in cli("jobs").out
    result = cli("restore", "1", "--yes")
    assert "Left out, 1:" in result.out
    assert cli("list", "--format", "csv").out == before
    assert cli("restore", "1", "--yes").code == ExitCode.REFUSED
    assert cli("restore", "2").code == ExitCode.REFUSED


def test_nothing_to_retry(cli: Run, imported: SchoolFiles) -> None:
    cli("revoke", "P0001", "--yes")
    assert cli("retry", "1").code == ExitCode.REFUSED


def test_a_reset_goes_to_an_active_account(cli: Run, imported: SchoolFiles, state: Path) -> None:
    result = cli("reset", "P0010", "--yes")
    assert "Send a password reset to 1 contact" in result.out
    assert "a link that is valid for one hour" in result.out
    assert "1 password reset handed to the outbox" in result.out
    assert len(list((state / "outbox").glob("*.eml"))) == 1
    assert cli("reset", "P0001", "--yes").code == ExitCode.REFUSED
