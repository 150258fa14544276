"""audit: who did what to whom, and whether that is as it was written."""

import csv
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import Run
from tests.school import SchoolFiles
from tui.errors import ExitCode


@pytest.fixture(autouse=True)
def acts(embedded: Path, imported: SchoolFiles, cli: Run) -> None:
    """Held, released and revoked."""
    assert cli("hold", "P0001", "--note", "=ring first").code == 0
    assert cli("release", "P0001").code == 0
    assert cli("revoke", "P0002", "--yes").code == 0


def actions(cli: Run, *options: object) -> list[str]:
    return [event["action"] for event in cli("audit", "--format", "json", *options).json()]


def tamper(register: Path, sql: str) -> None:
    with closing(sqlite3.connect(register)) as connection, connection:
        connection.execute(sql)


def test_the_newest_come_first(cli: Run) -> None:
    found = cli("audit", "--format", "json").json()
    numbers = [event["id"] for event in found]
    assert numbers == sorted(numbers, reverse=True)
    assert {"import", "hold revoke", "release revoke", "revoke"} <= {event["action"] for event in found}
    revoked = next(event for event in found if event["action"] == "revoke")
    assert revoked["subject"] == "P0002"
    assert revoked["detail"]["before"]["username"] == "user.p0002"
    text = cli("audit").out
    assert "=ring first" in text
    assert text.rstrip().endswith(f"{len(found)} events")


def test_they_are_narrowed_down(cli: Run) -> None:
    assert actions(cli, "--code", "P0001") == ["release revoke", "hold revoke"]
    assert actions(cli, "--code", "P0001", "--limit", 1) == ["release revoke"]
    assert actions(cli, "--action", "HOLD") == ["hold revoke"]
    assert "revoke" in actions(cli, "--job", 1)
    assert "hold revoke" not in actions(cli, "--job", 1)
    assert actions(cli, "--operator", "nobody") == []
    assert actions(cli, "--since", "2126-01-01") == []
    assert actions(cli, "--until", "2026-01-01") == []
    assert len(actions(cli, "--since", "2026-01-01", "--until", "2126-01-01")) == len(actions(cli))
    assert cli("audit", "--since", "yesterday").code == ExitCode.USAGE


def test_as_csv_no_cell_is_a_formula(cli: Run) -> None:
    rows = list(csv.DictReader(cli("audit", "--format", "csv").out.splitlines()))
    assert next(row["reason"] for row in rows if row["action"] == "hold revoke") == "'=ring first"
    assert all(len(row["hash"]) == 64 for row in rows)


def test_the_chain_is_walked_and_its_head_printed(cli: Run) -> None:
    head = cli("audit", "head").out.strip()
    result = cli("audit", "verify", "--head", head, "--head", head.partition(":")[2])
    assert result.code == 0
    assert "The audit chain holds" in result.out
    assert result.out.rstrip().endswith(head)
    told = cli("audit", "verify", "--json").json()
    assert (told["holds"], told["head"], told["broken"]) == (True, head, None)


def test_what_was_changed_is_named(cli: Run, register: Path) -> None:
    number = next(event["id"] for event in cli("audit", "--format", "json").json() if event["action"] == "hold revoke")
    tamper(register, f"UPDATE audit SET operator = 'somebody' WHERE id = {number}")
    result = cli("audit", "verify")
    assert result.code == ExitCode.TAMPERED
    assert "does not hold" in result.out
    assert f"Event {number} was changed" in result.out
    told = cli("audit", "verify", "--json")
    assert told.code == ExitCode.TAMPERED
    assert told.json()["broken"]["event"] == number


def test_another_head_than_was_kept(cli: Run) -> None:
    result = cli("audit", "verify", "--head", f"2:{'ab' * 32}")
    assert result.code == ExitCode.TAMPERED
    assert "not that of event 2" in result.out
    assert cli("audit", "verify", "--head", "2:ab").code == ExitCode.USAGE


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET at = 'x' || char(27) || '[2J'", "UPDATE audit SET detail = 'no json'",
        "UPDATE audit SET subject = x'00ff'", "UPDATE audit SET hash = 'text'", "UPDATE audit SET job_id = 'many'",
        "DELETE FROM audit_head", "DELETE FROM audit",
    ],
)  # fmt: skip
def test_what_somebody_wrote_into_it_is_still_shown_and_found(
    cli: Run, register: Path, tmp_path: Path, change: str
) -> None:
    tamper(register, change)
    for form in ("table", "csv", "json"):
        result = cli("audit", "--format", form)
        assert result.code == 0, result.err
    assert "\x1b" not in cli("audit").out
    assert cli("audit", "verify").code == ExitCode.TAMPERED
    assert cli("audit", "head").code in (ExitCode.OK, ExitCode.REGISTER)
    assert cli("--read-only", "audit", "export", tmp_path / "audit.csv").code == 0


def test_an_export_is_private_new_and_audited(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    count = len(actions(cli))
    result = cli("audit", "export", path)
    assert result.out == f"{count} events written to {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [int(row["id"]) for row in rows] == list(range(1, count + 1))
    assert "'=ring first" in [row["reason"] for row in rows]
    assert cli("audit", "export", path).code == ExitCode.REFUSED
    assert cli("audit", "export", tmp_path / "no" / "audit.csv").code == ExitCode.REFUSED
    assert actions(cli)[0] == "audit export"
    lines = tmp_path / "audit.jsonl"
    assert cli("--read-only", "audit", "export", lines, "--format", "json", "--since", "2126-01-01").code == 0
    assert lines.read_text(encoding="utf-8") == ""
    assert cli("audit", "export", tmp_path / "all.jsonl", "--format", "json").code == 0
    told = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    assert told[-1]["action"] == "audit export"


def test_options_of_the_list_don_t_pass_for_those_of_a_verb(cli: Run, tmp_path: Path) -> None:
    result = cli("audit", "--since", "2126-01-01", "export", tmp_path / "audit.csv")
    assert result.code == ExitCode.USAGE
    assert "after audit export" in result.err
    assert not (tmp_path / "audit.csv").exists()
