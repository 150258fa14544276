"""`import --watch` as a process: it stays, imports what comes, and ends cleanly at a signal."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.running import Run, command
from tests.school import SECOND, families
from tui.errors import ExitCode


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return families(20).write(tmp_path / "export")


def line_with(process: "subprocess.Popen[str]", words: str) -> str:
    """The next line with these words in it; the test's own time-out ends a wait in vain."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying: {words}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda one: one.name)
def test_it_stays_imports_and_ends_with_code_0(cli: Run, home: Path, export: Path, number: signal.Signals) -> None:
    arguments = command("import", "--watch", export, "--every", "1")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert f"Watching {export}, every 1 second." in line_with(process, "Watching")
        assert "20 contacts, 20 new" in line_with(process, "imported as no. 1")
        families(21).write(export, SECOND)
        assert "21 contacts, 1 new" in line_with(process, "imported as no. 2")
        other = cli("import", "--watch", export)
        assert other.code == ExitCode.REFUSED
        assert f"process {process.pid}" in other.err
        process.send_signal(number)
        line_with(process, "The watch has ended.")
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert cli("jobs").out == "No jobs yet.\n"
    assert cli("status").out.count("no. 2") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--watch", "--accept-shrink"], "never accepts a shrunken export"),
        (["--watch", "--dry-run"], "--dry-run does not go with --watch"),
        (["--watch", "--json"], "--json does not go with --watch"),
        (["--every", "5"], "--every goes with --watch"),
        (["--watch", "--every", "0"], "0 is not in the range"),
    ],
)
def test_what_does_not_go_together(cli: Run, export: Path, options: list[str], said: str) -> None:
    result = cli("import", export, *options)
    assert result.code == ExitCode.USAGE
    assert said in result.err
    assert cli("status").code == ExitCode.REGISTER, "nothing was made"


def test_a_lock_that_cannot_be_made_is_said(cli: Run, export: Path, register: Path) -> None:
    assert cli("import", export).code == 0
    register.with_name("register.sqlite3.watch").symlink_to(register)
    result = cli("import", "--watch", export)
    assert result.code == ExitCode.REFUSED
    assert "can't be made" in result.err


def test_the_lock_is_the_owners_alone(cli: Run, home: Path, export: Path, register: Path) -> None:
    arguments = command("import", "--watch", export, "--every", "1")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        line_with(process, "Watching")
        assert register.with_name("register.sqlite3.watch").stat().st_mode & 0o777 == 0o600
        process.kill()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        line_with(process, "imported as no. 1")  # the one that was killed stands in nobody's way
        process.terminate()
        assert process.wait(30) == 0
