"""The house as architecture.md draws it: what may import what, what lies where, and how large a file may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import SchoolFiles

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for path in (ROOT / "tui").rglob("*.py"))
MOST_LINES = 500
TOP_LEVEL = {
    "tui", "tests", "docs", "Makefile", "pyproject.toml", "config.example.toml", "README.md", "CHANGELOG.md", "LICENSE",
}  # fmt: skip
MADE = (".egg-info", ".lock")  # by the set-up: ignored by git, or a lock file
HEAVY = ("textual", "rich", "httpx", "psycopg")


def packages_after(*statement: str) -> set[str]:
    """The packages that a Python process has imported after a statement, by their first names."""
    code = "\n".join([*statement, "import sys", "print('\\n'.join({n.partition('.')[0] for n in sys.modules}))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_check_itself_sees_what_is_imported() -> None:
    assert "httpx" in packages_after("import httpx")


def test_the_manager_needs_no_screen_and_no_network() -> None:
    assert not packages_after("import tui.manager.manager").intersection(HEAVY)


@pytest.mark.parametrize(
    "line",
    [
        ["--help"],
        ["revoke", "--help"],
        ["status"],
        ["list", "--status", "ready-to-revoke", "--format", "json"],
        ["why", "P0001"],
        ["find", "P0001"],
        ["revoke", "--all-ready", "--dry-run"],
        ["revoke", "P0001", "--yes"],
        ["welcome", "P0005", "--yes"],
        ["jobs"],
        ["groups"],
        ["causes"],
    ],
    ids=" ".join,
)
def test_a_verb_imports_no_screen_and_no_network(imported_register: Path, line: list[str]) -> None:
    run = (
        "import contextlib, io",
        "from tui.cli import run",
        "with contextlib.redirect_stdout(io.StringIO()):",
        f"    code = run({line!r})",
        "assert code == 0, code",
    )
    assert not packages_after(*run).intersection(HEAVY)


@pytest.fixture
def imported_register(register: Path, imported: SchoolFiles) -> Path:
    return register


def test_the_import_contracts_hold() -> None:
    assert (ROOT / "tui" / "ui" / "app.py").exists(), "the screen is not there, so nothing holds it"
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sql_is_written_in_the_register_alone() -> None:
    """The contract forbids importing sqlite3; a statement handed to the register's connection would slip past it.

    The readers of the SQL feed speak to databases of somebody else's, and never see the register.
    """
    verbs = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path.relative_to(ROOT).parts[1] != "register" and path.name not in ("sql_postgres.py", "sql_sqlite.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lstrip().startswith(verbs)
    ]
    assert not found


def test_the_top_level_holds_nothing_else() -> None:
    ignored = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--directory"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    made = {line.rstrip("/") for line in ignored.stdout.splitlines()}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in made}
    assert {name for name in found if not name.endswith(MADE)} == TOP_LEVEL


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring that says what the file is for"
    assert len(text.splitlines()) <= MOST_LINES


def test_help_names_every_verb(program: Run) -> None:
    from tui.cli import cli

    shown: Result = program("--help")
    assert shown.code == 0
    for verb, described in cli.commands.items():
        assert verb in shown.out
        assert described.help, f"{verb} says nothing of itself"
