"""demo and init: the demo keeps to a register of its own; the config is asked for and written for one pair of eyes."""

import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.running import Run
from tests.school import SchoolFiles
from tests.terminal import AtTerminal
from tui.errors import ExitCode


@pytest.fixture
def demo(cli: Run, state: Path) -> Path:
    assert cli("demo", "--no-screen").code == 0
    return state / "demo.sqlite3"


def test_the_demo_has_every_status_and_reason(cli: Run, demo: Path, register: Path) -> None:
    status = cli("status", "--register", demo, "--json").json()
    assert status["demo"] is True
    assert status["service"] == "embedded"
    assert all(status["counts"].values())
    assert any(group["answer"] == "" for group in status["groups"])
    for reason in ("misplaced-username", "access-flag-changed", "no-current-student"):
        assert cli("list", "--register", demo, "--reason", reason, "--format", "json").json(), reason
    assert "DEMO" in cli("demo", "--no-screen").out
    assert not register.exists()


def test_the_demo_refuses_a_school(cli: Run, demo: Path, school: SchoolFiles, tmp_path: Path) -> None:
    before = cli("status", "--register", demo, "--json").json()
    result = cli("import", school.write(tmp_path / "extract"), "--register", demo)
    assert result.code == ExitCode.REFUSED
    assert "demo" in result.err
    assert cli("status", "--register", demo, "--json").json() == before


@pytest.mark.parametrize("options", [[], ["--reset"]])
def test_a_schools_register_is_not_made_a_demo(
    cli: Run, imported: SchoolFiles, register: Path, options: list[str]
) -> None:
    before = cli("list", "--format", "json").out
    result = cli("demo", "--no-screen", "--register", register, *options)
    assert result.code == ExitCode.REFUSED
    assert "school's register" in result.err
    assert cli("list", "--format", "json").out == before


def test_the_demo_is_kept_until_it_is_reset(cli: Run, demo: Path) -> None:
    first = cli("list", "--register", demo, "--status", "ready-to-revoke", "--format", "json").json()
    ready = first[0]["code"]
    assert cli("hold", ready, "--note", "kept", "--register", demo).code == 0
    assert cli("demo", "--no-screen").code == 0
    assert "kept" in cli("why", ready, "--register", demo).out
    assert cli("demo", "--no-screen", "--reset").code == 0
    assert "kept" not in cli("why", ready, "--register", demo).out
    again = cli("list", "--register", demo, "--status", "ready-to-revoke", "--format", "json").json()
    assert [row["code"] for row in again] == [row["code"] for row in first]


def test_the_config_does_not_point_the_demo_at_the_portal(cli: Run, demo: Path, configure: object) -> None:
    assert callable(configure)
    configure('[portal]\nurl = "https://portal.school.example"\n[accounts]\nservice = "worklist"\n')
    assert cli("status", "--register", demo, "--json").json()["service"] == "embedded"
    plan = cli("revoke", "--all-ready", "--dry-run", "--register", demo)
    assert "the demo school" in plan.out
    assert plan.code == ExitCode.GUARD_STOPPED, "its flag group is undecided"


def test_a_half_made_demo_is_not_in_the_way(cli: Run, demo: Path) -> None:
    half = demo.with_name(".demo.sqlite3.half")
    half.mkdir()
    demo.rename(half / demo.name)
    assert cli("demo", "--no-screen").code == 0
    assert cli("status", "--register", demo).code == 0


def test_two_that_make_the_demo_at_once_share_it(home: Path, state: Path) -> None:
    line = [sys.executable, "-m", "tui", "demo", "--no-screen"]
    made = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in made]
    assert [process.returncode for process in made] == [0, 0, 0], said
    assert all("DEMO" in out for out, _ in said)


# -- init --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def config(home: Path) -> Path:
    return home / "config" / "engage-accounts" / "config.toml"


def test_init_by_options(cli: Run, config: Path, register: Path) -> None:
    result = cli(
        "init", "--portal-url", "https://portal.school.example", "--school", "Example School",
        "--help-contact", "the office, 5550 0100", "--system", "The Portal", "--service", "embedded",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert str(config) in result.out
    assert str(register) in result.out
    assert "leads nowhere" not in result.out
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    written = tomllib.loads(config.read_text(encoding="utf-8"))
    assert written["portal"] == {"url": "https://portal.school.example", "system": "The Portal"}
    assert written["school"] == {"name": "Example School", "help_contact": "the office, 5550 0100"}
    assert written["accounts"] == {"service": "embedded"}


def test_without_a_terminal_the_defaults_are_written(cli: Run, config: Path) -> None:
    result = cli("init")
    assert result.code == 0
    assert "portal.url is blank: until it is set there, the link in a welcome email written here leads" in result.out
    written = tomllib.loads(config.read_text(encoding="utf-8"))
    assert written["accounts"]["service"] == "worklist"
    assert written["portal"]["system"] == "SEQTA Engage"


def test_init_does_not_write_over_a_config(cli: Run, config: Path) -> None:
    assert cli("init", "--school", "First School").code == 0
    result = cli("init", "--school", "Second School")
    assert result.code == ExitCode.REFUSED
    assert "left as it is" in result.err
    assert "First School" in config.read_text(encoding="utf-8")
    assert cli("init", "--school", "Second School", "--force").code == 0
    assert "Second School" in config.read_text(encoding="utf-8")


@pytest.mark.parametrize("url", ["portal.school.example", "http://portal.school.example", "https://user:word@portal"])
def test_init_refuses_what_no_portal_has(cli: Run, config: Path, url: str) -> None:
    result = cli("init", "--portal-url", url)
    assert result.code == ExitCode.CONFIG
    assert "portal.url" in result.err
    assert "word" not in result.err.replace("password", "")
    assert not config.exists()


def test_init_asks_at_a_terminal(config: Path, cli: Run, at_terminal: AtTerminal) -> None:
    terminal = at_terminal("init")
    for question, answer in (
        ("Where do parents log in", "https://portal.school.example"),
        ("What is the portal called", ""),
        ("The school's name", "Example School"),
        ("Whom parents ring", "the office"),
    ):
        terminal.reads(question)
        terminal.press(f"{answer}\r")
    assert terminal.ends() == 0, terminal.output
    written = tomllib.loads(config.read_text(encoding="utf-8"))
    assert written["portal"] == {"url": "https://portal.school.example", "system": "SEQTA Engage"}
    assert written["school"]["name"] == "Example School"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert cli("init").code == ExitCode.REFUSED


def test_what_is_asked_may_be_left_blank(config: Path, at_terminal: AtTerminal) -> None:
    terminal = at_terminal("init")
    for question in ("Where do parents log in", "What is the portal called", "The school's name", "Whom parents ring"):
        terminal.reads(question)
        terminal.press("\r")
    assert terminal.ends() == 0, terminal.output
    assert "leads nowhere" in terminal.output
    assert tomllib.loads(config.read_text(encoding="utf-8"))["school"]["name"] == ""


def test_a_portal_url_loses_the_blanks_around_it(cli: Run, config: Path) -> None:
    assert cli("init", "--portal-url", " https://portal.school.example ").code == 0
    assert tomllib.loads(config.read_text(encoding="utf-8"))["portal"]["url"] == "https://portal.school.example"


def test_init_at_a_place_of_ones_own(cli: Run, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "own.toml"
    assert cli("init", "--config", path, "--school", "Example School").code == 0
    assert path.exists()
    assert not (home / "config").exists()
