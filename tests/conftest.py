"""What all tests share: an empty home, so that none touches the real config or state, and ways to run the program."""

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import Result, Run, command, run_program
from tests.school import FIRST, SECOND, SchoolFiles, small_school
from tests.terminal import AtTerminal, Terminal

if TYPE_CHECKING:
    from tests.servers.scim2 import ScimServer
    from tests.services.scim_school import ScimSchool

# Data that nobody here wrote lies beside the project, on a developer's machine as in CI.
REAL_USERS = Path(__file__).parents[1].parent / "shared" / "data" / "oneroster-mocker" / "users.csv"

# What a developer's own terminal says of itself.
_OF_THE_TERMINAL = ("SSH_CONNECTION", "NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX")
_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)

# Under nohup, or behind a shell's &, they are ignored, and whatever is started here would inherit that: dropped lines
# and interrupts are part of what is tested.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many kills and faults the tests' jobs have survived; here, where the workers' reports come together."""
    reports = [report for of_kind in terminalreporter.stats.values() for report in of_kind]
    ends = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    told = [value for report in ends for value in report.user_properties]
    for what in ("kills survived", "faults survived"):
        count = sum(int(str(value)) for name, value in told if name == what)
        if count:
            terminalreporter.write_line(f"{count:,} {what}")


@pytest.fixture
def scim_server(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["ScimServer"]:
    """A real scim2-server with nobody in it, and its token where the program looks for one."""
    from tests.servers.scim2 import TOKEN, scim2_server

    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
    with scim2_server(tmp_path) as running:
        yield running


@pytest.fixture
def scim_school(scim_server: "ScimServer", register: Path, tmp_path: Path) -> Iterator["ScimSchool"]:
    """A school whose accounts live in that server: three are ready to revoke, P0020 is to be welcomed."""
    from tests.services.scim_school import make_school

    made = make_school(register, tmp_path / "extract", scim_server)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home of this test's own: no config, no register, no terminal settings, times in UTC."""
    folder = tmp_path_factory.mktemp("home")
    for name in set(os.environ) - {"TEXTUAL_SNAPSHOT_TEMPDIR"}:  # the snapshot plugin's own, set when pytest starts
        if name.startswith(("TEXTUAL", "XDG_", "ENGAGE_ACCOUNTS_")) or name in _OF_THE_TERMINAL:
            monkeypatch.delenv(name)
    for name, value in (
        ("HOME", folder),
        ("XDG_CONFIG_HOME", folder / "config"),
        ("XDG_STATE_HOME", folder / "state"),
        ("XDG_DATA_HOME", folder / "data"),
        ("XDG_CACHE_HOME", folder / "cache"),
        ("TZ", "UTC"),
        ("TERM", "xterm-256color"),
    ):
        monkeypatch.setenv(name, str(value))
    time.tzset()
    yield folder
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def state(home: Path) -> Path:
    """Where the register, the worklists and the outbox of this test are."""
    return home / "state" / "engage-accounts"


@pytest.fixture
def register(state: Path) -> Path:
    """The register's file."""
    return state / "register.sqlite3"


@pytest.fixture
def configure(home: Path) -> Callable[[str], Path]:
    """Write the config file."""

    def write(toml: str) -> Path:
        path = home / "config" / "engage-accounts" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(toml, encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def embedded(configure: Callable[[str], Path]) -> Path:
    """A config under which accounts live in the register."""
    return configure('[accounts]\nservice = "embedded"\n[school]\nname = "Example School"\n')


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command line in process; standard input is no terminal."""
    from tui.cli import run

    handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def run_line(*arguments: object, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return Result(int(code), *capsys.readouterr())

    yield run_line
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def program(home: Path) -> Run:
    """Run the installed program in a process of its own."""
    return run_program


@pytest.fixture
def at_terminal(home: Path) -> Iterator[AtTerminal]:
    """Start the installed program at a terminal of its own; all are closed at the end."""
    started: list[Terminal] = []

    def start(*arguments: object, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
        started.append(Terminal(command(*arguments), columns, rows, **environment))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


@pytest.fixture
def school() -> SchoolFiles:
    """A small school; see tests.school.small_school."""
    return small_school()


@pytest.fixture
def take_in(cli: Run, tmp_path: Path) -> Callable[..., Result]:
    """Import a school's files as an extract of a given moment."""

    def import_files(school: SchoolFiles, taken_at: datetime = FIRST, *options: str) -> Result:
        folder = school.write(tmp_path / f"extract-{taken_at:%Y%m%d%H%M}", taken_at)
        result = cli("import", folder, *options)
        assert result.code == 0, result.err
        return result

    return import_files


@pytest.fixture
def imported(take_in: Callable[..., Result], school: SchoolFiles) -> SchoolFiles:
    """The small school, imported."""
    take_in(school)
    return school


@pytest.fixture
def second() -> datetime:
    """When the second extract was made."""
    return SECOND


@pytest.fixture
def real_users() -> Path:
    """A OneRoster file that nobody here wrote: 812 parents and 1,187 students."""
    if not REAL_USERS.is_file():
        pytest.skip(f"the real OneRoster file is not there: {REAL_USERS}")
    return REAL_USERS
