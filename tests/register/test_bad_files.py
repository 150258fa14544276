"""Files that can't be taken, end to end: the exit code, a message with file and line, and a register as it was."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import Run
from tui.errors import ExitCode

from .making import write_csv

CONTACTS = ["code,given_name,surname,email,username", "C1,Given,Family,c1@home.example,user1"]
STUDENTS = ["code,given_name,surname,status,exit_date", "S1,Child,Family,enrolled,"]
LINKS = ["student_code,contact_code,relationship,portal_access", "S1,C1,Mother,yes"]

Lines = list[str]


def text(lines: Lines) -> str:
    return "".join(f"{line}\n" for line in lines)


def dump(register: Path) -> Lines:
    with closing(sqlite3.connect(register)) as connection:
        # But for what the audit keeps of the refusal.
        kept = ('INSERT INTO "audit"', 'INSERT INTO "audit_head"')
        return [line for line in connection.iterdump() if not line.startswith(kept)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "extract", contacts=CONTACTS, students=STUDENTS, links=LINKS)


@pytest.fixture
def imported(cli: Run, folder: Path, register: Path) -> Path:
    """The register with the good folder imported."""
    assert cli("import", folder).code == ExitCode.OK
    assert register.is_file()
    return register


REFUSED: dict[str, tuple[dict[str, str | bytes | Lines | None], tuple[str, ...]]] = {
    "UTF-16": ({"contacts": text(CONTACTS).encode("utf-16")}, ("contacts.csv, line 1", "UTF-16")),
    "UTF-16 without a mark": ({"students": text(STUDENTS).encode("utf-16-le")}, ("students.csv, line 1", "UTF-16")),
    "cp1252": (
        {"contacts": text([*CONTACTS, "C2,Zoë,O’Brien,,"]).encode("cp1252")}, ("contacts.csv, line 3", "not UTF-8"),
    ),
    "cp1252 far down": (
        {"contacts": text([*CONTACTS, *("C2,Given,Family,,",) * 2998, "C3,Zoë,Family,,"]).encode("cp1252")},
        ("contacts.csv, line 3,001", "not UTF-8"),
    ),
    "a row too short": ({"contacts": [*CONTACTS, "C2,Given"]}, ("contacts.csv, line 3", "has 2 cells, the header 5")),
    "a row too long": ({"links": [*LINKS, "S1,C1,Aunt,no,x"]}, ("links.csv, line 3", "has 5 cells, the header 4")),
    "a huge cell": (
        {"contacts": [*CONTACTS, f"C2,{'x' * 200_000},Family,,"]}, ("contacts.csv, line 3", "longer than"),
    ),
    "a quotation mark never closed": (
        {"contacts": [*CONTACTS, 'C2,"Given,Family,,']}, ("contacts.csv, line 3", "never closed"),
    ),
    "a date that is none": (
        {"students": [STUDENTS[0], "S1,Child,Family,left,31/02/2026"]},
        ("students.csv, line 2, column exit_date", "“31/02/2026” is not a date"),
    ),
    "a status that is none": (
        {"students": [*STUDENTS, "S2,Child,Family,here,"]}, ("students.csv, line 3, column status", "“here”"),
    ),
    "access that is none": (
        {"links": [LINKS[0], "S1,C1,Mother,perhaps"]}, ("links.csv, line 2, column portal_access", "“perhaps”"),
    ),
    "a blank code": ({"contacts": [*CONTACTS, " ,Given,Family,,"]}, ("contacts.csv, line 3, column code", "blank")),
    "a doubled code": ({"contacts": [*CONTACTS, CONTACTS[1]]}, ("contacts.csv, line 2, column code", "line 3")),
    "a link to nobody": ({"links": [*LINKS, "S9,C1,Mother,yes"]}, ("links.csv, line 3, column student_code", "“S9”")),
    "no header": ({"contacts": [CONTACTS[1]]}, ("contacts.csv has no column code",)),
    "an empty file": ({"contacts": b""}, ("contacts.csv is empty",)),
    "a missing file": ({"links": None}, ("has no links.csv",)),
    "a workbook": ({"contacts": b"PK\x03\x04" + bytes(range(256)) * 20}, ("contacts.csv is a zip archive",)),
    "an old workbook": ({"contacts": b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 20}, ("contacts.csv is a zip archive",)),
    "a picture": ({"contacts": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20}, ("contacts.csv",)),
    "nothing but NUL": ({"contacts": b"\0" * 5000}, ("contacts.csv",)),
}  # fmt: skip


@pytest.mark.parametrize(("files", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_taken_is_refused_and_changes_nothing(
    cli: Run, imported: Path, folder: Path, files: dict[str, str | bytes | Lines | None], says: tuple[str, ...]
) -> None:
    before = dump(imported)
    write_csv(folder, 1, **files)
    result = cli("import", folder)
    assert result.code == ExitCode.INPUT_REFUSED, result
    assert result.out == ""
    assert result.err.startswith("engage-accounts: ")
    for piece in says:
        assert piece in result.err
    assert "Nothing was imported." in result.err or "failed export" in result.err
    assert "Traceback" not in result.err
    assert dump(imported) == before
    assert cli("import", folder, "--dry-run").code == ExitCode.INPUT_REFUSED
    assert dump(imported) == before


@pytest.mark.parametrize(("files", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_first_import_leaves_an_empty_register(
    cli: Run, register: Path, folder: Path, files: dict[str, str | bytes | Lines | None], says: tuple[str, ...]
) -> None:
    write_csv(folder, 1, **files)
    assert cli("import", folder).code == ExitCode.INPUT_REFUSED
    with closing(sqlite3.connect(register)) as connection:
        for table in ("snapshots", "contacts", "students", "links", "accounts", "directory"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


SKIPPABLE = (
    "a row too short",
    "a huge cell",
    "a date that is none",
    "a doubled code",
    "a link to nobody",
    "a blank code",
)


@pytest.mark.parametrize("kind", SKIPPABLE)
def test_bad_rows_may_be_left_out_and_nobody_is_lost_by_it(cli: Run, imported: Path, folder: Path, kind: str) -> None:
    write_csv(folder, 1, **REFUSED[kind][0])
    result = cli("import", folder, "--skip-bad", "--accept-shrink")
    assert result.code == ExitCode.OK, result.err
    assert cli("list", "--format", "json").json()[0]["status"] == "active"
    with closing(sqlite3.connect(imported)) as connection:
        assert connection.execute("SELECT count(*) FROM contacts WHERE gone_snapshot IS NOT NULL").fetchone() == (0,)


@pytest.mark.parametrize(
    "kind",
    [
        *SKIPPABLE[:4],
        "a link to nobody",
    ],
)
def test_a_snapshot_knows_how_many_rows_it_left_out(cli: Run, imported: Path, folder: Path, kind: str) -> None:
    write_csv(folder, 1, **REFUSED[kind][0])
    assert cli("import", folder, "--skip-bad", "--accept-shrink").code == ExitCode.OK
    with closing(sqlite3.connect(imported)) as connection:
        # Of a doubled code neither row is taken.
        rows = 2 if kind == "a doubled code" else 1
        assert connection.execute("SELECT skipped FROM snapshots WHERE id = 2").fetchone() == (rows,)


TAKEN: dict[str, Callable[[], dict[str, bytes]]] = {
    "BOM": lambda: {"contacts": text(CONTACTS).encode("utf-8-sig"), "links": text(LINKS).encode("utf-8-sig")},
    "CRLF": lambda: {"contacts": text(CONTACTS).replace("\n", "\r\n").encode()},
    "CR": lambda: {"contacts": text(CONTACTS).replace("\n", "\r").encode()},
    "semicolons": lambda: {"contacts": text(CONTACTS).replace(",", ";").encode()},
    "tabs": lambda: {"contacts": text(CONTACTS).replace(",", "\t").encode()},
    "blank rows": lambda: {"contacts": (text(CONTACTS) + "\n,,,,\n\n").encode()},
    "no last line end": lambda: {"contacts": text(CONTACTS).rstrip().encode()},
    "NUL in a cell": lambda: {"contacts": text(CONTACTS).replace("Given", "Gi\0ven").encode()},
    "cells over lines": lambda: {"contacts": text(CONTACTS).replace("Given", '"Gi\nven"').encode()},
    "capitals": lambda: {"contacts": text(CONTACTS).replace("code,given_name", "CODE,Given_Name").encode()},
}


@pytest.mark.parametrize("make", TAKEN.values(), ids=TAKEN.keys())
def test_what_spreadsheets_write_is_taken(
    cli: Run, register: Path, folder: Path, make: Callable[[], dict[str, bytes]]
) -> None:
    write_csv(folder, 0, **make())
    result = cli("import", folder)
    assert result.code == ExitCode.OK, result.err
    (row,) = cli("list", "--format", "json").json()
    assert (row["code"], row["email"], row["username"], row["status"]) == ("C1", "c1@home.example", "user1", "active")
    assert row["name"].replace("\ufffd", "").replace(" ", "") == "GivenFamily"


def test_a_shrunk_folder_stops_with_its_own_exit_code(cli: Run, imported: Path, folder: Path) -> None:
    before = dump(imported)
    write_csv(folder, 1, contacts=CONTACTS[:1], links=LINKS[:1])
    result = cli("import", folder)
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "contacts (contacts.csv): 1 before, 0 now (100 % fewer)" in result.err
    assert "--accept-shrink" in result.err
    write_csv(folder, 1, contacts=["code,given_name,surname,email", "C1,Given,Family,c1@home.example"], links=LINKS)
    result = cli("import", folder)
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "the column username is missing" in result.err
    assert dump(imported) == before


def test_a_folder_that_lost_a_file_or_its_flags_stops(cli: Run, register: Path, folder: Path) -> None:
    staff = ["code,title,given_name,surname,email,username,employed", "T1,Dr,Given,Staff,,staff1,yes"]
    history = ["student_code,contact_code,relationship,removed_on", "S1,C1,Aunt,30/06/2025"]
    write_csv(folder, 0, staff=staff, link_history=history)
    assert cli("import", folder).code == ExitCode.OK
    before = dump(register)
    write_csv(folder, 1, staff=None)
    result = cli("import", folder)
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "staff: the whole file is missing; the last import had it" in result.err
    write_csv(folder, 1, staff=staff, links=["student_code,contact_code,relationship", "S1,C1,Mother"])
    result = cli("import", folder)
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "links: the column portal_access is missing; the last import had it" in result.err
    assert dump(register) == before
    # The history only ever adds: without it nothing is taken back.
    write_csv(folder, 1, staff=staff, links=LINKS, link_history=None)
    assert cli("import", folder).code == ExitCode.OK
    write_csv(folder, 2, staff=None)
    assert cli("import", folder, "--accept-shrink").code == ExitCode.OK
    assert cli("list", "--type", "staff", "--format", "json").json()[0]["status"] == "ready_to_revoke"


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("no database"),
        lambda path: path.mkdir(),
        lambda path: sqlite3.connect(path).executescript("CREATE TABLE t (a); PRAGMA user_version = 99"),
    ],
    ids=["text", "folder", "other program"],
)
def test_a_register_that_is_none(cli: Run, folder: Path, tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "other"
    make(path)
    for line in (("import", folder), ("status",), ("list",)):
        result = cli(*line, "--register", path)
        assert result.code == ExitCode.REGISTER
        assert str(path) in result.err
        assert "Traceback" not in result.err


def test_a_read_only_session_imports_nothing(cli: Run, imported: Path, folder: Path) -> None:
    before = dump(imported)
    result = cli("import", folder, "--read-only")
    assert result.code == ExitCode.REGISTER
    assert "read-only" in result.err
    assert dump(imported) == before


def test_a_locked_register_says_so(cli: Run, imported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("status").code == ExitCode.OK
    monkeypatch.setattr("tui.register.database.BUSY_SECONDS", 0.05)
    before = dump(imported)
    with closing(sqlite3.connect(imported, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        result = cli("import", folder)
        assert cli("list").code == ExitCode.OK
    assert result.code == ExitCode.REGISTER
    assert "in use by another program" in result.err
    assert dump(imported) == before


def test_after_its_first_import_a_register_can_be_read_while_it_is_held(
    cli: Run, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.register.database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(imported, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert cli("list").code == ExitCode.OK
