"""The verbs that only read: status, list, why, jobs; their formats, the global options, and what they never print."""

import csv
import io
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Result, Run, command
from tests.school import SchoolFiles, families
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
READY = ["P0001", "P0002", "P0003", "P0004"]


def codes(result: Result) -> list[str]:
    assert result.code == 0, result.err
    return [row["code"] for row in result.json()]


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_counts(cli: Run, imported: SchoolFiles) -> None:
    counts = cli("status", "--json").json()["counts"]
    assert counts == {
        "ready_to_revoke": 4,
        "ready_to_provision": 2,
        "active": 33,
        "never_logged_in": 33,
        "no_access": 1,
        "all": 40,
    }
    text = cli("status").out
    assert "Ready to revoke            4   of 37 accounts" in text
    assert "extract of 1 Nov 2026 07:05" in text
    assert "SEQTA Engage (worklist)" in text


def test_an_unknown_last_login_is_not_never(cli: Run, take_in: TakeIn, school: SchoolFiles, tmp_path: Path) -> None:
    folder = school.write(tmp_path / "without")
    with (folder / "contacts.csv").open(newline="") as file:
        rows = [row[:-1] for row in csv.reader(file)]
    with (folder / "contacts.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert cli("import", folder).code == 0
    assert cli("status", "--json").json()["counts"]["never_logged_in"] == 0
    assert {row["last_login"] for row in cli("list", "--format", "json").json()} == {None}


def test_without_a_register_status_says_what_to_do(cli: Run, register: Path) -> None:
    result = cli("status")
    assert (result.code, result.out) == (ExitCode.REGISTER, "")
    assert "engage-accounts import" in result.err
    assert not register.exists(), "looking must not make one"


# -- list --------------------------------------------------------------------------------------------------------------


def test_list_is_narrowed_by_status_and_reason(cli: Run, imported: SchoolFiles) -> None:
    assert codes(cli("list", "--status", "ready-to-revoke", "--format", "json")) == READY
    assert codes(cli("list", "--status", "ready_to_revoke", "--format", "json")) == READY
    leavers = cli("list", "--status", "ready-to-revoke", "--reason", "no-current-student", "--format", "json")
    assert codes(leavers) == READY[:2]
    assert codes(cli("list", "--reason", "access_flag_changed", "--format", "json")) == ["P0003"]
    assert codes(cli("list", "--reason", "MISPLACED-USERNAME", "--format", "json")) == ["P0004"]
    assert codes(cli("list", "--status", "ready-to-provision", "--format", "json")) == ["P0005", "P0006"]
    assert codes(cli("list", "--status", "no-access", "--format", "json")) == ["P0007"]
    assert len(codes(cli("list", "--format", "json"))) == 40


def test_list_finds_words(cli: Run, imported: SchoolFiles) -> None:
    assert codes(cli("list", "--find", "p0003@families given3", "--format", "json")) == []
    assert codes(cli("list", "--find", "p0003@families given0003", "--format", "json")) == ["P0003"]


def test_list_as_json_has_the_code_first(cli: Run, imported: SchoolFiles) -> None:
    row = cli("list", "--status", "ready-to-revoke", "--format", "json").json()[0]
    assert next(iter(row)) == "code"
    assert row["reasons"] == ["no_current_student"]
    assert row["last_login"] == ""
    assert row["students"] == "(Child0001)"


def test_list_as_csv_has_the_code_first(cli: Run, imported: SchoolFiles) -> None:
    result = cli("list", "--status", "ready-to-revoke", "--format", "csv")
    rows = list(csv.reader(io.StringIO(result.out)))
    assert rows[0][:2] == ["code", "name"]
    assert [row[0] for row in rows[1:]] == READY
    assert {len(row) for row in rows} == {len(rows[0])}


def test_list_as_a_table_has_the_code_first(cli: Run, imported: SchoolFiles) -> None:
    lines = cli("list", "--status", "ready-to-revoke").out.splitlines()
    assert lines[0].startswith("Code")
    assert [line.split()[0] for line in lines[1:5]] == READY
    assert lines[-1] == "4 records"


def test_formulas_are_made_harmless(cli: Run, take_in: TakeIn) -> None:
    school = families(3)
    school.contacts["P0001"] |= {"surname": "=HYPERLINK(1)", "email": "+1@families.example", "given_name": ""}
    school.contacts["P0001"]["given_name"] = "@SUM"
    school.contacts["P0002"]["contact_type"] = "-1+1"
    take_in(school)
    rows = {row["code"]: row for row in csv.DictReader(io.StringIO(cli("list", "--format", "csv").out))}
    assert rows["P0001"]["name"] == "'@SUM =HYPERLINK(1)"
    assert rows["P0001"]["email"] == "'+1@families.example"
    assert rows["P0002"]["contact_type"] == "'-1+1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows.values() for cell in row.values())


@pytest.mark.parametrize("user_type", ["student", "staff"])
def test_other_user_types_are_listed(cli: Run, imported: SchoolFiles, user_type: str) -> None:
    found = codes(cli("list", "--type", user_type, "--format", "json"))
    assert len(found) == (40 if user_type == "student" else 0)


# -- why ---------------------------------------------------------------------------------------------------------------


def test_why_tells_reasons_with_evidence(cli: Run, imported: SchoolFiles) -> None:
    text = cli("why", "P0001").out
    assert "Child0001 Surname0001 (S0001) left on 30 Oct 2026." in text
    assert "Reason: No current student" in text
    why = cli("why", "P0001", "--json").json()
    assert next(iter(why)) == "code"
    assert why["reasons"][0]["evidence"][0]["codes"] == ["S0001"]


@pytest.mark.parametrize(("asked", "near"), [("p0001", "P0001"), ("P0099", "P0009"), ("PO012", "P0012")])
def test_an_unknown_code_is_answered_with_near_ones(cli: Run, imported: SchoolFiles, asked: str, near: str) -> None:
    for line in (
        ["why", asked],
        ["revoke", asked, "--yes"],
        ["welcome", asked, "--yes"],
        ["hold", asked, "--note", "n"],
    ):
        result = cli(*line)
        assert (result.code, result.out) == (ExitCode.NOT_FOUND, "")
        assert f"No contact has the code {asked}." in result.err
        assert near in result.err


def test_an_unknown_code_among_known_ones_stops_them_all(cli: Run, imported: SchoolFiles) -> None:
    result = cli("revoke", "P0001", "P9999", "--yes")
    assert result.code == ExitCode.NOT_FOUND
    assert "P9999" in result.err
    assert cli("jobs", "--json").json() == []


def test_an_unknown_student_is_no_contact(cli: Run, imported: SchoolFiles) -> None:
    result = cli("why", "P0001", "--type", "student")
    assert result.code == ExitCode.NOT_FOUND
    assert "No student has the code P0001." in result.err
    assert cli("why", "S0001", "--type", "student").code == 0


def test_an_unknown_job_or_group(cli: Run, imported: SchoolFiles) -> None:
    for line in (["jobs", "7"], ["resume", "7"], ["attest", "7"]):
        assert cli(*line).code == ExitCode.NOT_FOUND
    result = cli("groups", "Parent@9", "--answer", "mistake", "--reason", "r")
    assert result.code == ExitCode.NOT_FOUND


# -- usage and global options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ["nonsense"],
        ["list", "--status", "gone"],
        ["list", "--reason", "whim"],
        ["revoke"],
        ["revoke", "P0001", "--all-ready"],
        ["revoke", "P0001", "--only-reason", "superseded"],
        ["revoke", "--all-ready", "--override-guard", "many"],
        ["welcome"],
        ["why"],
        ["groups", "Parent@1"],
        ["groups", "--answer", "mistake"],
        ["hold", "P0001"],
        ["import"],
        ["resume", "one"],
    ],
    ids=" ".join,
)
def test_wrong_usage(cli: Run, imported: SchoolFiles, line: list[str]) -> None:
    result = cli(*line)
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert "Usage:" in result.err


def test_global_options_stand_before_or_after_the_verb(cli: Run, school: SchoolFiles, tmp_path: Path) -> None:
    other, folder = tmp_path / "other.sqlite3", school.write(tmp_path / "extract")
    assert cli("--register", other, "import", folder).code == 0
    assert cli("--register", other, "status", "--json").json()["register"] == str(other)
    assert cli("status", "--json", "--register", other).json()["register"] == str(other)
    assert cli("status").code == ExitCode.REGISTER, "the usual register is another one"
    config = tmp_path / "config.toml"
    config.write_text('[school]\nname = "Other School"\n')
    assert "Other School" in cli("--config", config, "--register", other, "status").out
    assert "Other School" in cli("status", "--config", config, "--register", other).out


WRITES = [
    ["revoke", "P0001", "--yes"],
    ["revoke", "--all-ready", "--yes"],
    ["welcome", "P0005", "--yes"],
    ["hold", "P0001", "--note", "a reason"],
    ["release", "P0002"],
    ["attest", "1"],
    ["init", "--school", "Example School", "--config", "new.toml"],
    ["demo", "--no-screen"],
    ["demo", "--no-screen", "--reset"],
]


@pytest.mark.parametrize("line", WRITES, ids=" ".join)
def test_read_only_refuses_to_write(
    cli: Run, imported: SchoolFiles, register: Path, line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("hold", "P0002", "--note", "held before").code == 0
    assert cli("revoke", "P0004", "--yes").code == 0

    def all_that_is_kept() -> list[tuple[Path, bytes]]:
        # SQLite itself makes -wal and -shm, which hold nothing, to read.
        files = (path for path in register.parent.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
        return sorted((path, path.read_bytes()) for path in files if path.stat().st_size)

    before = all_that_is_kept()
    result = cli("--read-only", *line)
    assert result.code == ExitCode.REGISTER, result
    assert all_that_is_kept() == before
    assert not (tmp_path / "new.toml").exists()


def test_read_only_refuses_an_import_and_a_resume(
    cli: Run, imported: SchoolFiles, register: Path, tmp_path: Path
) -> None:
    cli("revoke", "P0001", "--yes")
    with sqlite3.connect(register) as connection:
        connection.execute("UPDATE jobs SET state = 'stopped'")
        connection.execute("UPDATE items SET state = 'pending'")
    connection.close()
    assert cli("--read-only", "import", tmp_path / "extract-202611010705").code == ExitCode.REGISTER
    assert cli("resume", "1", "--read-only").code == ExitCode.REGISTER


def test_read_only_still_reads(cli: Run, imported: SchoolFiles) -> None:
    assert codes(cli("--read-only", "list", "--status", "ready-to-revoke", "--format", "json")) == READY
    assert "(read-only)" in cli("status", "--read-only").out
    assert cli("--read-only", "why", "P0001").code == 0
    assert cli("--read-only", "revoke", "--all-ready", "--dry-run").code == 0


def test_a_config_that_is_not_there(cli: Run, tmp_path: Path) -> None:
    result = cli("status", "--config", tmp_path / "none.toml")
    assert (result.code, result.out) == (ExitCode.CONFIG, "")
    assert str(tmp_path / "none.toml") in result.err


@pytest.mark.parametrize(
    "toml", ['[school]\nnam = "x"\n', "[guard]\nmax_percent = 0\n", "not toml", "[nonsense]\na = 1\n"]
)
def test_a_config_with_a_mistake(cli: Run, imported: SchoolFiles, configure: Callable[[str], Path], toml: str) -> None:
    path = configure(toml)
    result = cli("status")
    assert (result.code, result.out) == (ExitCode.CONFIG, "")
    assert str(path) in result.err


def test_a_register_of_a_newer_version(cli: Run, imported: SchoolFiles, register: Path) -> None:
    with sqlite3.connect(register) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for options in ([], ["--read-only"]):
        result = cli("status", *options)
        assert (result.code, result.out) == (ExitCode.REGISTER, "")
        assert "version 99" in result.err
        assert "newer" in result.err


def test_a_file_that_is_no_register(cli: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    other.write_text("this is text and no database, and long enough to be looked at as one")
    assert cli("status", "--register", other).code == ExitCode.REGISTER
    with sqlite3.connect(tmp_path / "of-others.sqlite3") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    result = cli("status", "--register", tmp_path / "of-others.sqlite3")
    assert result.code == ExitCode.REGISTER
    assert cli("status", "--register", tmp_path).code == ExitCode.REGISTER


def test_version_and_help(cli: Run, program: Run) -> None:
    from tui import __version__

    assert cli("--version").out == f"engage-accounts {__version__}\n"
    assert program("--version") == Result(0, f"engage-accounts {__version__}\n", "")
    assert cli("--help").code == 0
    assert cli("-h").out == cli("--help").out


# -- what is never printed ---------------------------------------------------------------------------------------------

HOSTILE = "\x1b[31m\u202eevil\x07\x9b2J\u2066"
FORBIDDEN = "\x1b\x07\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_nothing_that_moves_a_cursor_is_printed(cli: Run, take_in: TakeIn) -> None:
    school = families(12)
    for code in ("P0001", "P0002", "P0003"):
        school.contacts[code] |= dict.fromkeys(("title", "given_name", "surname", "contact_type", "mobile"), HOSTILE)
        school.contacts[code]["username"] = f"u{code}{HOSTILE}"
    school.contacts["P0002"]["email"] = f"{HOSTILE}@families.example"
    school.students["S0001"] |= {"surname": HOSTILE, "year_level": HOSTILE, "custody_note": HOSTILE}
    school.links["S0001", "P0001"]["relationship"] = HOSTILE
    school.leave("S0001", "S0002")
    school.contacts["P0003"]["username"] = ""
    result = take_in(school)
    printed = [result]
    printed += [cli(*line) for line in (
        ["status"], ["status", "--json"], ["list"], ["list", "--format", "csv"], ["list", "--format", "json"],
        ["why", "P0001"], ["why", "P0001", "--json"], ["why", HOSTILE], ["hold", "P0004", "--note", HOSTILE],
        ["why", "P0004"], ["release", "P0004"], ["revoke", "--all-ready", "--dry-run"],
        ["revoke", "--all-ready", "--yes"],
        ["jobs"], ["jobs", "1"], ["jobs", "--json"], ["revoke", "P0004", "--reason", HOSTILE, "--yes"], ["jobs", "2"],
        ["groups"], ["groups", HOSTILE, "--answer", "mistake", "--reason", HOSTILE], ["list", "--find", HOSTILE],
        ["find", HOSTILE], ["find", "P0001"], ["find", "P0001", "--json"], ["find", "S0001"],
        ["welcome", "P0003", "--yes"], ["why", "P0003"],
    )]  # fmt: skip
    for one in printed:
        assert not set(one.out + one.err) & set(FORBIDDEN), one
    assert "\ufffd" in printed[3].out


def test_a_reader_that_has_gone_is_no_error(imported: SchoolFiles) -> None:
    for line in (["list"], ["list", "--format", "json"], ["status"], ["why", "P0001"], ["--help"]):
        reading, writing = os.pipe()
        process = subprocess.Popen(command(*line), stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        os.close(reading)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, b"")


def test_a_plan_that_nobody_reads_is_not_carried_out(imported: SchoolFiles, cli: Run) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(command("revoke", "--all-ready", "--yes"), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    os.close(reading)
    _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.DECLINED
    assert b"Nothing was done" in err
    assert b"Traceback" not in err
    assert cli("jobs", "--json").json() == []


def test_names_beyond_the_terminals_letters_do_not_end_the_program(
    imported: SchoolFiles, program: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    result = program("why", "P0001")
    assert (result.code, result.err) == (0, "")
    assert "On the phone: ?The account" in result.out


def test_a_crash_prints_nobodys_data(cli: Run, imported: SchoolFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.manager.manager import AccountManager

    def fail(self: AccountManager) -> None:
        name = "Given0001 Surname0001"
        raise RuntimeError(f"{name} p0001@families.example")

    monkeypatch.setattr(AccountManager, "overview", fail)
    result = cli("status")
    assert (result.code, result.out) == (ExitCode.CRASH, "")
    assert "RuntimeError" in result.err
    assert "fail" in result.err, "it says where"
    assert not any(word in result.err for word in ("Given0001", "Surname0001", "families.example"))


def test_an_interrupt_is_no_crash(cli: Run, imported: SchoolFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.manager.manager import AccountManager

    monkeypatch.setattr(AccountManager, "overview", lambda self: signal.raise_signal(signal.SIGINT))
    result = cli("status")
    assert result.code == ExitCode.DECLINED
    assert "Traceback" not in result.err
