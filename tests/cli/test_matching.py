"""`match`: the new record of the same person, as CSV, JSON and for a person; files of codes; what is refused."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import SECOND, SchoolFiles, families
from tui.errors import ExitCode


@pytest.fixture
def school(take_in: Callable[..., Result]) -> SchoolFiles:
    """Kate, who married and was re-coded; Tom, the father, who stays; a leaver's parent; and forty families more."""
    school = families(40)
    kate = {"title": "Ms", "given_name": "Kate", "mobile": "0491 570 006"}
    school.contact("SMI0042", **kate, surname="Smith", username="katesmith", email="kate@families.example")
    school.contact("JON0117", **kate, surname="Jones", username="", email="kate.jones@families.example")
    school.contact("SMI0043", title="Mr", given_name="Tom", surname="Smith")
    school.contact("=HYP(1)", title="Mr", given_name="Ben", surname="Hall")
    school.student("STU1", given_name="Ava", surname="Smith")
    school.student("STU2", given_name="Max", surname="Hall")
    school.link("STU1", "SMI0042", access="no", relationship="Mother")
    school.link("STU1", "JON0117", relationship="Mother")
    school.link("STU1", "SMI0043", relationship="Father")
    school.link("STU2", "=HYP(1)", relationship="Father")
    school.leave("STU2")
    take_in(school)
    return school


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_match_is_the_persons_and_nobody_elses(cli: Run, school: SchoolFiles) -> None:
    found = rows(cli("match", "--format", "csv").out)
    first = next(row for row in found if row["old_code"] == "SMI0042")
    assert (first["new_code"], first["rank"], first["decision"]) == ("JON0117", "1", "match")
    assert first["cause"] == "name change"
    assert "+ same mobile, which nobody else has" in first["evidence"]
    assert "- surname Smith against Jones" in first["evidence"]
    others = [row for row in found if row["old_code"] == "SMI0042" and row["rank"] != "1"]
    assert [(row["new_code"], row["decision"]) for row in others] == [("SMI0043", "")]


def test_who_has_nobody_has_one_row_and_no_formula(cli: Run, school: SchoolFiles) -> None:
    found = rows(cli("match", "--format", "csv").out)
    (leaver,) = (row for row in found if "HYP" in row["old_code"])
    assert leaver["old_code"] == "'=HYP(1)"
    assert (leaver["new_code"], leaver["decision"], leaver["cause"]) == ("", "none", "nobody")


def test_a_second_old_account_is_seen_whoever_is_asked_for(
    cli: Run, school: SchoolFiles, take_in: Callable[..., Result], tmp_path: Path
) -> None:
    school.contact("SMI0041", title="Ms", given_name="Kate", surname="Smith", username="kate2", mobile="0491 570 110",
                   email="kate.jones@families.example")  # fmt: skip
    school.link("STU1", "SMI0041", access="no", relationship="Mother")
    take_in(school, SECOND)
    (tmp_path / "codes").write_text("SMI0042\n")
    asked = rows(cli("match", "--codes", tmp_path / "codes", "--format", "csv").out)
    of_all = [row for row in rows(cli("match", "--format", "csv").out) if row["old_code"] == "SMI0042"]
    assert asked == of_all
    assert asked[0]["decision"] == "review"
    assert asked[0]["evidence"].startswith("another old account leads to the same record")


def test_json_and_the_table_say_the_same(cli: Run, school: SchoolFiles) -> None:
    values = json.loads(cli("match", "--format", "json").out)
    assert [value["old_code"] for value in values if value["rank"] == 1] == ["=HYP(1)", "SMI0042"]
    text = cli("match").out
    assert "SMI0042  match, name change\n  1. JON0117" in text
    assert "=HYP(1)  nobody" in text


@pytest.mark.parametrize("content", ["SMI0042\n", "\ufeffname,old_code\nKate,SMI0042\n", "old_code\r\nSMI0042\r\n\r\n"])
def test_only_the_codes_of_a_file(cli: Run, school: SchoolFiles, tmp_path: Path, content: str) -> None:
    (tmp_path / "codes.csv").write_text(content, "utf-8")
    found = rows(cli("match", "--format", "csv", "--codes", tmp_path / "codes.csv").out)
    assert {row["old_code"] for row in found} == {"SMI0042"}


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        ("NOBODY\n", ExitCode.NOT_FOUND, "1 code, NOBODY: no contact has that code."),
        ("SMI0043\n", ExitCode.REFUSED, "1 code, SMI0043: not ready to revoke."),
        ("name,code\nKate,SMI0042\n", ExitCode.REFUSED, "line 1: there is no column old_code."),
    ],
)
def test_what_can_not_be_matched_is_refused(
    cli: Run, school: SchoolFiles, tmp_path: Path, content: str, code: ExitCode, says: str
) -> None:
    (tmp_path / "codes").write_text(content, "utf-8")
    result = cli("match", "--codes", tmp_path / "codes")
    assert result.code == code
    assert says in result.err
    assert not result.out


def test_a_file_is_written_once_and_read_by_nobody_else(cli: Run, school: SchoolFiles, tmp_path: Path) -> None:
    out = tmp_path / "matches.csv"
    assert cli("match", "--format", "csv", "--out", out).code == ExitCode.OK
    assert out.stat().st_mode & 0o777 == 0o600
    assert rows(out.read_text("utf-8"))
    again = cli("match", "--out", out)
    assert again.code == ExitCode.REFUSED
    assert "already there" in again.err
    nowhere = cli("match", "--out", tmp_path / "missing" / "matches.csv")
    assert nowhere.code == ExitCode.REFUSED
    assert "can't be written" in nowhere.err
