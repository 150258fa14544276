"""handover: what is ready by cause, the pairs, and the decisions: certain ones together, the others one by one."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.handing import decide, moved_school, standings
from tests.running import Result, Run
from tests.school import LATER, SECOND, SchoolFiles
from tests.terminal import AtTerminal
from tests.test_architecture import HEAVY, packages_after
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")


@pytest.fixture
def school(cli: Run, take_in: TakeIn) -> SchoolFiles:
    """The school of hand-overs, imported; HELD1 is held."""
    school = moved_school()
    take_in(school)
    assert cli("hold", "HELD1", "--note", "Ask first").code == 0
    return school


def causes(cli: Run, *options: str) -> dict[str, dict[str, int]]:
    return {row.pop("cause"): row for row in cli("handover", "--format", "json", *options).json()["causes"]}


# -- showing -----------------------------------------------------------------------------------------------------------


def test_what_is_ready_is_counted_by_cause_and_held_ones_stay_out(cli: Run, school: SchoolFiles) -> None:
    found = causes(cli)
    assert found["code change"]["certain"] == 2
    assert found["family split"] | {"accounts": 1, "review": 1} == found["family split"]
    assert found["nobody"] | {"accounts": 3, "nobody": 2, "held": 1} == found["nobody"]
    text = cli("handover").out
    assert "6 accounts ready to revoke" in text
    assert "1 account is held and stays out." in text
    rows = list(csv.DictReader(io.StringIO(cli("handover", "--format", "csv").out)))
    assert {row["cause"]: row["accounts"] for row in rows} == {"code change": "2", "family split": "1", "nobody": "3"}


@pytest.mark.parametrize("line", [[], ["--pairs"], ["--list"], ["--run", "--dry-run"], ["--format", "csv"]])
def test_showing_changes_nothing(cli: Run, school: SchoolFiles, line: list[str]) -> None:
    result = cli("handover", *line, "--read-only")
    assert result.code == ExitCode.OK, result.err
    assert cli("handover", "--list", "--format", "json").json() == []


def test_nobody_is_ready(cli: Run, take_in: TakeIn) -> None:
    school = moved_school()
    for code in ("OLD1", "OLD2", "OLD3", "LEFT1", "HELD1", "HERE1"):
        school.contacts[code]["username"] = ""
    take_in(school)
    assert cli("handover").out.startswith("Nobody is ready to revoke")
    assert (result := cli("handover", "--take-in", "--accept-certain", "--run", "--yes")).code == ExitCode.OK
    assert result.out == "Nobody is ready to revoke: nothing to do.\n"
    assert cli("handover", "--run", "--format", "json").json()["outcomes"] == []
    assert cli("handover", "--go-on", "--yes").code == ExitCode.OK
    assert cli("handover", "--accept", "OLD1=NEW1").code == ExitCode.REFUSED
    assert cli("handover", "--summary").code == ExitCode.NOT_FOUND


def test_codes_and_causes_narrow(cli: Run, school: SchoolFiles, tmp_path: Path) -> None:
    (tmp_path / "codes").write_text("OLD1\nLEFT1\n", "utf-8")
    assert set(standings(cli, "--codes", tmp_path / "codes")) == {"OLD1", "LEFT1"}
    assert set(standings(cli, "OLD3")) == {"OLD3"}
    assert set(standings(cli, "--cause", "family-split", "--cause", "code-change")) == {"OLD1", "OLD2", "OLD3"}
    assert set(causes(cli, "OLD1")) == {"code change"}
    assert cli("handover", "--pairs", "P0001").code == ExitCode.REFUSED
    assert cli("handover", "--pairs", "P9999").code == ExitCode.NOT_FOUND


def test_pairs_have_their_evidence(cli: Run, school: SchoolFiles) -> None:
    text = cli("handover", "--pairs").out
    assert "OLD1  Ms Kate Smith: certain, code change" in text
    assert "  1. NEW1  Ms Kate Smith" in text
    assert "+ same mobile, which nobody else has" in text
    assert "review: a joint record" in text
    assert "Held by" in text
    rows = list(csv.DictReader(io.StringIO(cli("handover", "--pairs", "--format", "csv").out)))
    first = next(row for row in rows if row["old_code"] == "OLD1")
    assert (first["new_code"], first["rank"], first["decision"], first["verdict"]) == ("NEW1", "1", "match", "")
    (leaver,) = (row for row in rows if row["old_code"] == "LEFT1")
    assert (leaver["standing"], leaver["new_code"]) == ("nobody", "")


def test_custody_notes_are_shown_with_the_pair(cli: Run, take_in: TakeIn) -> None:
    school = moved_school()
    school.students["KID1"]["custody_note"] = "Court order of 3 May: mother only"
    take_in(school)
    assert "Custody note: Ava1 Smith (KID1): Court order of 3 May" in cli("handover", "--pairs", "OLD1").out
    decide(cli)
    assert "Custody notes:\n  Ava1 Smith (KID1): Court order" in cli("handover", "--run", "--dry-run").out


# -- accepting ---------------------------------------------------------------------------------------------------------


def test_certain_ones_are_accepted_after_they_were_listed(cli: Run, school: SchoolFiles) -> None:
    refused = cli("handover", "--accept-certain")
    assert refused.code == ExitCode.DECLINED
    assert "OLD1  Ms Kate Smith: certain" in refused.out, "listed all the same"
    assert standings(cli)["OLD1"] == "certain"
    result = cli("handover", "--accept-certain", "--yes")
    assert (result.code, result.out.splitlines()[-1]) == (0, "2 accepted.")
    assert result.out.index("+ same mobile") < result.out.index("2 accepted.")
    assert standings(cli) == {
        "OLD1": "accepted", "OLD2": "accepted", "OLD3": "review", "LEFT1": "nobody", "HERE1": "nobody", "HELD1": "held",
    }  # fmt: skip


def test_what_is_for_review_is_never_accepted_in_bulk(cli: Run, school: SchoolFiles) -> None:
    result = cli("handover", "--accept-certain", "--cause", "family-split", "--yes")
    assert "Nobody is certain" in result.out
    result = cli("handover", "OLD3", "--accept-certain", "--yes")
    assert "Nobody is certain" in result.out
    assert standings(cli)["OLD3"] == "review"
    accepted = cli("handover", "--accept", "OLD3=NEW3")
    assert accepted.code == 0
    assert "Accepted: OLD3  Mr & Mrs Paul & Ruth Hall -> NEW3  Mrs Ruth Hall" in accepted.out
    assert "+ same email" in accepted.out


def test_the_terminal_asks_after_the_list(school: SchoolFiles, at_terminal: AtTerminal, cli: Run) -> None:
    terminal = at_terminal("handover", "--accept-certain", rows=60)
    terminal.sees("OLD1  Ms Kate Smith: certain", "Go on? [y/N]")
    terminal.press("\r")
    assert terminal.ends() == ExitCode.DECLINED
    terminal = at_terminal("handover", "--accept-certain", rows=60)
    terminal.sees("Go on? [y/N]")
    terminal.press("y\r")
    assert terminal.ends() == ExitCode.OK
    assert standings(cli)["OLD2"] == "accepted"


def test_doubts_are_refused_unless_one_is_sure(cli: Run, school: SchoolFiles) -> None:
    assert cli("handover", "--accept", "OLD1=NEW1").code == 0
    doubted = cli("handover", "--accept", "OLD2=NEW1")
    assert doubted.code == ExitCode.REFUSED
    assert "NEW1 was already accepted as the new record of OLD1: two old accounts, one new." in doubted.err
    assert "--sure" in doubted.err
    assert standings(cli)["OLD2"] == "certain"
    for line in (["--sure"], ["--sure", "--accept", "OLD2=NEW1", "--accept", "OLD3=NEW3"]):
        assert cli("handover", *line).code == ExitCode.USAGE
    assert cli("handover", "--accept", "OLD2=NEW1", "--sure").code == 0
    assert standings(cli)["OLD2"] == "accepted"
    plan = cli("handover", "--run", "--dry-run").out
    assert "Two old accounts lead to one new record, which is written to once:\n  OLD1 and OLD2 -> NEW1" in plan


def test_nobody_is_accepted_who_is_not_eligible(cli: Run, school: SchoolFiles) -> None:
    refused = cli("handover", "--accept", "OLD1=LEFT1")
    assert refused.code == ExitCode.REFUSED
    assert cli("handover", "--accept", "OLD1=P9999").code == ExitCode.NOT_FOUND
    assert cli("handover", "--accept", "P9999=NEW1").code == ExitCode.NOT_FOUND
    assert cli("handover", "--accept", "OLD1").code == ExitCode.USAGE
    assert standings(cli)["OLD1"] == "certain"


def test_an_unknown_code_is_found_before_the_first_decision(cli: Run, school: SchoolFiles) -> None:
    for line in (["--no-match", "P9999"], ["--later", "P9999"], ["--answer", "P9999"], ["--greet", "P9999=Dear"]):
        assert cli("handover", "--accept", "OLD1=NEW1", *line).code == ExitCode.NOT_FOUND
        assert standings(cli)["OLD1"] == "certain"


def test_a_code_may_have_an_equals_sign(cli: Run, take_in: TakeIn) -> None:
    school = moved_school()
    school.contacts["=OLD=1"] = school.contacts.pop("OLD1") | {"code": "=OLD=1"}
    school.links["KID1", "=OLD=1"] = school.links.pop(("KID1", "OLD1")) | {"contact_code": "=OLD=1"}
    take_in(school)
    assert "Accepted: =OLD=1" in cli("handover", "--accept", "=OLD=1=NEW1").out
    out = cli("handover", "--pairs", "--format", "csv").out
    assert "\n'=OLD=1," in out, "no spreadsheet runs it"


# -- rejecting ---------------------------------------------------------------------------------------------------------


def test_a_rejected_pair_is_not_proposed_again_unless_its_evidence_changes(
    cli: Run, school: SchoolFiles, take_in: TakeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "kim")
    result = cli("handover", "--no-match", "OLD1")
    assert "OLD1: no match (not NEW1" in result.out
    assert standings(cli)["OLD1"] == "nobody"
    assert "rejected by kim on" in cli("handover", "--pairs", "OLD1").out
    assert cli("handover", "--accept-certain", "--yes").out.endswith("1 accepted.\n")
    take_in(school, SECOND)
    assert standings(cli, "--walk", "1")["OLD1"] == "nobody", "a new import on the same evidence proposes nothing"
    school.contacts["NEW1"]["mobile"] = "0491570999"
    take_in(school, LATER)
    assert standings(cli)["OLD1"] == "review", "what was rejected once is never certain again"
    assert "rejected by kim on" in (text := cli("handover", "--pairs", "OLD1").out)
    assert "the evidence has changed since" in text


def test_what_was_decided_is_taken_back(cli: Run, school: SchoolFiles) -> None:
    cli("handover", "--no-match", "OLD1")
    assert cli("handover", "--take-back", "OLD1").code == 0
    assert standings(cli)["OLD1"] == "certain"
    assert cli("handover", "--later", "OLD1", "--later", "OLD3").out == "2 accounts left for later.\n"
    assert standings(cli) | {"OLD1": "later", "OLD3": "later"} == standings(cli)
    assert cli("handover", "--take-back", "OLD1", "--accept", "OLD1=NEW1").code == 0
    assert standings(cli)["OLD1"] == "accepted"


# -- walks -------------------------------------------------------------------------------------------------------------


def test_a_walk_over_some_takes_others_in(cli: Run, school: SchoolFiles) -> None:
    assert "Hand-over 1 begun, of 1 accounts." in cli("handover", "OLD1", "--accept-certain", "--yes").err
    missing = cli("handover", "--pairs", "OLD2")
    assert missing.code == ExitCode.NOT_FOUND
    assert "--take-in" in missing.err
    assert cli("handover", "OLD2", "--take-in").out == "1 account added to hand-over 1.\n"
    assert set(standings(cli)) == {"OLD1", "OLD2"}
    assert cli("handover", "--take-in").out == "4 accounts added to hand-over 1.\n"


def test_a_walk_is_ended_and_another_begins(cli: Run, school: SchoolFiles) -> None:
    assert cli("handover", "--end").code == ExitCode.NOT_FOUND
    cli("handover", "--accept", "OLD1=NEW1")
    assert cli("handover", "--end").out == "Hand-over 1 is ended. What was decided stays.\n"
    assert cli("handover", "--walk", "1", "--accept", "OLD2=NEW2").code == ExitCode.REFUSED
    assert cli("handover", "--walk", "9", "--pairs").code == ExitCode.NOT_FOUND
    assert cli("handover", "--accept", "OLD2=NEW2").code == 0
    assert standings(cli)["OLD1"] == "accepted"
    assert [walk["number"] for walk in cli("handover", "--list", "--format", "json").json()] == [2, 1]
    assert "ended" in cli("handover", "--list").out


@pytest.mark.parametrize(
    "line",
    [
        ["--run", "--summary"],
        ["--dry-run"],
        ["--accept-certain", "--dry-run", "--run"],
        ["--override-guard", "3"],
        ["--run", "--out", "file"],
        ["--apply", "file", "--accept", "OLD1=NEW1"],
        ["--apply", "file", "OLD1"],
        ["--greet", "OLD1"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together(cli: Run, school: SchoolFiles, line: list[str]) -> None:
    assert cli("handover", *line).code == ExitCode.USAGE


def test_the_email_is_previewed_to_the_letter(cli: Run, school: SchoolFiles) -> None:
    refused = cli("handover", "--preview", "OLD1")
    assert refused.code == ExitCode.REFUSED
    assert "Nobody has accepted a new record for OLD1" in refused.err
    decide(cli)
    assert cli("handover", "--greet", "OLD1=Dear Kate,").out == 'OLD1: its email begins "Dear Kate,".\n'
    shown = cli("handover", "--preview", "OLD1")
    assert "To: Ms Kate Smith <kate.new@families.example>" in shown.out
    assert "\n\nDear Kate,\n\n" in shown.out
    assert "Asked first" not in shown.err
    shown = cli("handover", "--preview", "NEW3")
    assert "To: Mrs Ruth Hall <ruth@families.example>" in shown.out
    assert "Asked first: The match with the old record OLD3 was up for review." in shown.err
    assert cli("handover", "--greet", "OLD1=").out == 'OLD1: its email begins "Dear Ms Kate Smith,".\n'


def test_json_is_json_alone(cli: Run, school: SchoolFiles) -> None:
    result = cli("handover", "--accept-certain", "--run", "--yes", "--format", "json")
    assert json.loads(result.out)["counts"] == {"done": 2, "waiting": 0, "failed": 0, "later": 3, "held": 1}
    assert "Revoke access of 2 contacts" in result.err


def test_no_name_gets_into_an_error(cli: Run, school: SchoolFiles) -> None:
    decide(cli)
    for line in (
        ["--accept", "OLD1=NEW2"],
        ["--answer", "OLD1"],
        ["--preview", "OLD2", "--walk", "7"],
        ["--accept", "P0001=NEW1"],
        ["--greet", "P0001=Dear Kate Smith"],
    ):
        result = cli("handover", *line)
        assert result.code in (ExitCode.REFUSED, ExitCode.NOT_FOUND)
        assert "Kate" not in result.err
        assert "Smith" not in result.err


@pytest.mark.parametrize("line", [[], ["--accept-certain", "--run", "--yes"], ["--plan", "plan.toml"]], ids=" ".join)
def test_it_imports_no_screen_and_no_network(school: SchoolFiles, line: list[str], tmp_path: Path, cli: Run) -> None:
    decide(cli)
    here = f"import os; os.chdir({str(tmp_path)!r})"
    run = "from tui.cli import run; import contextlib, io; out = io.StringIO()"
    code = f"with contextlib.redirect_stdout(out):\n    code = run({['handover', *line]!r})"
    assert not packages_after(run, here, code, "assert code in (0, 7), code").intersection(HEAVY)
