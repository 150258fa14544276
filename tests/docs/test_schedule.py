"""The lines for cron and systemd: every command in them exists, and the morning's speaks up only when it is due."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs import pages
from tests.running import Run
from tests.school import SchoolFiles, families
from tui.cli import cli as program

PAGE = pages.text("schedule.md")
FIELD = r"(?:\*|\*/\d+|\d+(?:-\d+)?)"
CRON = [line for block in pages.fences(PAGE, "crontab") for line in block.splitlines() if re.match(r"[\d*]", line)]


def commands() -> Iterator[str]:
    """Every call of the program on the page, without what the shell does with it."""
    units = "\n".join(pages.fences(PAGE, "systemd"))
    table = re.findall(r"`(/\S*engage-accounts [^`]+)`", PAGE)
    for line in [*CRON, *re.findall(r"^ExecStart=(.+)$", units, flags=re.M), *table]:
        (call,) = re.findall(r"engage-accounts ([^>|)`]*)", line)
        yield call.strip()


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_on_the_page_exists(line: str) -> None:
    command: click.Command = program
    context = command.make_context("engage-accounts", shlex.split(line))
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        _, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, found.make_context(found.name, arguments, parent=context)


def test_the_page_has_all_four_for_both() -> None:
    found = list(commands())
    for line in ("import /srv/export", "status --fail-if-due", "mail flush", "audit head"):
        assert found.count(line) == 2


@pytest.mark.parametrize("line", CRON)
def test_the_lines_for_cron_have_five_fields(line: str) -> None:
    assert re.match(rf"(?:{FIELD}\s+){{5}}\S", line)
    assert "%" not in line, "which cron takes for the end of the line"


def test_the_line_of_the_morning_prints_only_when_it_is_due(cli: Run, tmp_path: Path) -> None:
    (line,) = (line for line in CRON if "--fail-if-due" in line)
    shell = re.sub(rf"^(?:{FIELD}\s+){{5}}", "", line)
    program_here = shlex.join([sys.executable, "-m", "tui"])
    shell = shell.replace("engage-accounts", program_here)
    root = Path(__file__).parents[2]

    def run() -> str:
        return subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True, cwd=root).stdout

    school: SchoolFiles = families(30)
    assert cli("import", school.write(tmp_path / "one")).code == 0
    assert run() == ""
    school.leave("S0001")
    assert cli("import", school.write(tmp_path / "two")).code == 0
    assert "Revoking     due: never run; 1 account waits" in run()


# -- units of systemd -------------------------------------------------------------------------------------------------


def units() -> dict[str, str]:
    """The units on the page by the name in their first line."""
    found = {}
    for block in pages.fences(PAGE, "systemd"):
        name, _, body = block.partition("\n")
        found[name.removeprefix("# ")] = body
    return found


def test_what_starts_a_service_has_one_on_the_page() -> None:
    found = units()
    assert set(found) == {
        "engage-accounts-import.service",
        "engage-accounts-import.timer",
        "engage-accounts-import.path",
        "engage-accounts-watch.service",
    }
    for name in found:
        assert f"{name.rpartition('.')[0]}.service" in found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name, body in units().items():
        # The program is not where the page has it; what systemd makes of the rest is asked.
        (tmp_path / name).write_text(body.replace("/usr/local/bin/engage-accounts", "/bin/true"))
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *paths], capture_output=True, text=True, check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "engage-accounts" in line]
    assert not said


def test_the_folder_that_is_watched_is_the_one_that_is_imported(cli: Run, tmp_path: Path) -> None:
    (line,) = (line for line in commands() if "--watch" in line)
    folder = line.rpartition(" ")[2]
    assert folder in units()["engage-accounts-import.path"]
    export = families(10).write(tmp_path / "export")
    root = Path(__file__).parents[2]
    words = [str(export) if word == folder else word for word in shlex.split(line)]
    with subprocess.Popen(
        [sys.executable, "-m", "tui", *words, "--every", "1"], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        assert any("imported as no. 1" in said for said in process.stdout)
        process.terminate()
        assert process.wait(30) == 0
