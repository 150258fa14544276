"""handover --run and its steps: the old account first, then the welcome; questions one by one; stops; worklists."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.handing import decide, mailed, moved_school, outcomes, status
from tests.running import Result, Run, stop_when
from tests.school import LATER, SchoolFiles, families
from tests.terminal import AtTerminal
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
Configure = Callable[[str], Path]


@pytest.fixture
def outbox(state: Path) -> Path:
    """Where the messages are."""
    return state / "outbox"


@pytest.fixture
def school(embedded: Path, cli: Run, take_in: TakeIn) -> SchoolFiles:
    """The school of hand-overs, imported into a register in which accounts live; HELD1 is held."""
    school = moved_school()
    take_in(school)
    assert cli("hold", "HELD1", "--note", "Ask first").code == 0
    return school


@pytest.fixture
def by_hand(configure: Configure, cli: Run, take_in: TakeIn) -> SchoolFiles:
    """The same, through a worklist, with what is certain accepted."""
    school = moved_school()
    take_in(school)
    assert cli("handover", "--accept-certain", "--yes").code == 0
    return school


def jobs(cli: Run) -> list[tuple[str, int]]:
    """Verb and size of each job, the first first."""
    return [(job["verb"], sum(job["counts"].values())) for job in reversed(cli("jobs", "--json").json())]


# -- the whole walk ----------------------------------------------------------------------------------------------------


def test_the_whole_walk_on_the_demo_school(program: Run, state: Path) -> None:
    here = ("--register", state / "demo.sqlite3")
    assert program("demo", "--no-screen", *here).code == 0

    def run(*line: object) -> Result:
        return program("handover", *line, *here)

    before = run("--pairs", "--format", "json").json()
    certain = {row["code"]: row["pairs"][0]["code"] for row in before if row["standing"] == "certain"}
    doubtful = next(row for row in before if row["standing"] == "review")
    held = next(row["code"] for row in before if row["standing"] == "held")
    assert len(certain) > 10
    assert run("--accept-certain", "--yes").code == ExitCode.OK
    pair = f"{doubtful['code']}={doubtful['pairs'][0]['code']}"
    assert run("--accept", pair).code == ExitCode.OK
    done = run("--run", "--yes")
    assert done.code == ExitCode.SOME_FAILED, "the one that was up for review is asked about"
    assert f"Revoke access of {len(certain) + 1} contacts in the demo school" in done.out
    assert f"engage-accounts handover --answer {doubtful['code']}" in done.out
    assert run("--answer", doubtful["code"], "--go-on", "--yes").code == ExitCode.OK

    rows = {row["old_code"]: row for row in run("--summary", "--format", "json").json()["outcomes"]}
    acted = {code for code, row in rows.items() if row["revoked"]}
    assert acted == {*certain, doubtful["code"]}, "nobody else: neither the held one nor the leavers"
    assert rows[held]["part"] == "held"
    assert {status(program, code, *here) for code in acted} == {"no_access"}
    assert {status(program, row["code"], *here) for row in before if row["code"] not in acted} == {"ready_to_revoke"}
    written = {row["new_code"] for row in rows.values() if row["welcomed"]}
    spared = {row["new_code"] for row in rows.values() if "is in use already" in row["outcome"]}
    assert written | spared == {*certain.values(), doubtful["pairs"][0]["code"]}
    assert not written & spared
    emails = {program("why", code, "--json", *here).json()["email"] for code in written}
    assert set(mailed(state / "demo-outbox")) == emails
    assert len(list((state / "demo-outbox").glob("*.eml"))) == len(written)
    told = run("--summary").out
    assert "What to tell whom" in told
    assert told.count("the old log-in is closed") == len(acted)


def test_nothing_is_done_without_a_yes(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    decide(cli)
    declined = cli("handover", "--run")
    assert declined.code == ExitCode.DECLINED
    assert "Revoke access of 3 contacts in the embedded register:" in declined.out, "the plan was shown all the same"
    dry = cli("handover", "--run", "--dry-run")
    assert dry.code == ExitCode.OK
    assert "Then, once the old account is gone, a welcome email to 2:" in dry.out
    assert "OLD1  Ms Kate Smith -> NEW1  Ms Kate Smith, kate.new@families.example" in dry.out
    assert "Asked first, one by one, before the welcome:\n  OLD3  " in dry.out
    values = cli("handover", "--run", "--dry-run", "--format", "json").json()
    assert values["revoke"]["codes"] == ["OLD2", "OLD3", "OLD1"]
    assert jobs(cli) == []
    assert not outbox.exists()


def test_only_what_was_accepted_is_acted_on(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    assert cli("handover", "--accept", "OLD1=NEW1").code == 0
    result = cli("handover", "--run", "--yes")
    assert result.code == ExitCode.OK
    assert "2 accounts wait for a decision" in result.out
    assert "2 accounts have no new record and were left alone: --with-leavers" in result.out
    assert jobs(cli) == [("revoke", 1), ("welcome", 1)]
    assert set(mailed(outbox)) == {"kate.new@families.example"}
    assert [status(cli, code) for code in ("OLD1", "OLD2", "LEFT1")] == [
        "no_access",
        "ready_to_revoke",
        "ready_to_revoke",
    ]
    again = cli("handover", "--run", "--yes")
    assert (again.code, again.out.splitlines()[0]) == (ExitCode.OK, "Nothing to do.")


def test_leavers_are_revoked_when_asked_for_and_the_child_here_is_a_question(
    cli: Run, school: SchoolFiles, outbox: Path
) -> None:
    result = cli("handover", "--run", "--with-leavers", "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert jobs(cli) == [("revoke", 1)]
    assert [status(cli, code) for code in ("LEFT1", "HERE1", "HELD1")] == [
        "no_access", "ready_to_revoke", "ready_to_revoke",
    ]  # fmt: skip
    assert "? HERE1: This person still has a child at the school" in result.out
    bulk = cli("handover", "--run", "HERE1", "--yes")
    assert bulk.code == ExitCode.REFUSED, "--yes answers no question"
    answered = cli("handover", "--answer", "HERE1", "--run", "--yes")
    assert "HERE1: answered yes to: This person still has a child at the school" in answered.out
    assert answered.code == ExitCode.OK
    assert status(cli, "HERE1") == "no_access"
    assert "tell them before they ring" in outcomes(cli)["HERE1"]["tell"]
    assert not outbox.exists()
    assert cli("handover", "--answer", "HERE1").code == ExitCode.REFUSED, "nothing is asked any more"


@pytest.mark.parametrize("line", [["--cause", "nobody"], ["LEFT1"]], ids=" ".join)
def test_naming_leavers_is_asking_for_them(cli: Run, school: SchoolFiles, line: list[str]) -> None:
    cli("handover", "--run", *line, "--yes")
    assert status(cli, "LEFT1") == "no_access"


def test_one_that_was_looked_at_and_has_no_match_is_revoked_and_not_welcomed(
    cli: Run, school: SchoolFiles, outbox: Path
) -> None:
    cli("handover", "--no-match", "OLD3")
    result = cli("handover", "--run", "--yes")
    assert (
        "? OLD3: This person still has a child at the school, Max Hall (KID3), and no accepted new record" in result.out
    )
    assert status(cli, "OLD3") == "ready_to_revoke"
    assert cli("handover", "--answer", "OLD3", "--run", "--yes").code == ExitCode.OK
    assert status(cli, "OLD3") == "no_access"
    assert not outbox.exists()


# -- the order ---------------------------------------------------------------------------------------------------------


def test_nobody_is_welcomed_before_the_old_account_is_gone(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    decide(cli)
    for line in (["--welcome"], ["--go-on"]):
        result = cli("handover", *line, "--yes")
        assert (result.code, result.out.splitlines()[0]) == (ExitCode.OK, "Nothing to do.")
    alone = cli("welcome", "NEW1", "--yes")
    assert alone.code == ExitCode.REFUSED
    assert "the old account OLD1 is not revoked yet" in alone.out
    assert not outbox.exists()
    assert cli("handover", "--revoke", "OLD1", "--yes").code == ExitCode.OK
    assert cli("handover", "--welcome", "--yes").code == ExitCode.OK
    assert set(mailed(outbox)) == {"kate.new@families.example"}
    assert jobs(cli) == [("revoke", 1), ("welcome", 1)]


def test_two_old_accounts_of_one_new_record_get_one_email_when_both_are_gone(
    cli: Run, school: SchoolFiles, outbox: Path
) -> None:
    cli("handover", "--accept", "OLD1=NEW1")
    cli("handover", "--accept", "OLD2=NEW1", "--sure")
    half = cli("handover", "OLD1", "--run", "--yes")
    assert "the old account OLD2 is not revoked yet" in half.out
    assert not outbox.exists()
    both = cli("handover", "--run", "--yes")
    assert both.code == ExitCode.SOME_FAILED, "a second old account is a doubt: asked"
    assert "OLD1 and OLD2 -> NEW1" in both.out
    assert not outbox.exists()
    assert cli("handover", "--answer", "OLD1", "--go-on", "--yes").code == ExitCode.OK
    assert set(mailed(outbox)) == {"kate.new@families.example"}
    assert len(list(outbox.glob("*.eml"))) == 1


def test_no_email_is_said_before_anything_is_revoked(cli: Run, embedded: Path, take_in: TakeIn) -> None:
    school = moved_school()
    school.contacts["NEW1"]["email"] = ""
    take_in(school)
    cli("handover", "--accept-certain", "--yes")
    result = cli("handover", "--run", "--yes")
    at = result.out.index("Can't be welcomed as it is now:\n  OLD1  Ms Kate Smith -> NEW1")
    assert at < result.out.index("Job 1:")
    assert result.code == ExitCode.SOME_FAILED
    assert outcomes(cli)["OLD1"]["part"] == "waiting"


def test_who_uses_the_new_record_already_is_not_written_to(
    cli: Run, embedded: Path, take_in: TakeIn, outbox: Path
) -> None:
    school = moved_school()
    school.contacts["NEW1"] |= {"username": "kate", "last_login": "2026-10-01"}
    take_in(school)
    cli("handover", "--accept", "OLD1=NEW1")
    result = cli("handover", "--run", "--yes")
    assert result.code == ExitCode.OK, result
    assert "1 new record is in use already and not written to: NEW1." in result.out
    assert not outbox.exists()
    assert outcomes(cli)["OLD1"]["part"] == "done"
    assert cli("handover", "--answer", "OLD1", "--go-on", "--yes").code == ExitCode.OK
    assert set(mailed(outbox)) == {"kate.new@families.example"}


def test_what_was_welcomed_by_another_way_is_not_welcomed_again(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    cli("handover", "--accept", "OLD1=NEW1")
    assert cli("revoke", "OLD1", "--yes").code == 0
    assert cli("welcome", "NEW1", "--yes").code == 0
    result = cli("handover", "--go-on", "--yes")
    assert result.out.splitlines()[0] == "Nothing to do."
    assert len(list(outbox.glob("*.eml"))) == 1
    assert outcomes(cli)["OLD1"]["part"] == "done"


def test_a_welcome_of_before_the_decision_is_no_hand_over(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    cli("handover", "--no-match", "OLD1")
    assert cli("welcome", "NEW1", "--yes").code == 0
    cli("handover", "--take-back", "OLD1", "--accept", "OLD1=NEW1")
    result = cli("handover", "--run", "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert "A welcome email (job 1) was sent on" in result.out, "its link works: another is asked about"
    assert len(list(outbox.glob("*.eml"))) == 1
    assert cli("handover", "--answer", "OLD1", "--go-on", "--yes").code == ExitCode.OK
    assert len(list(outbox.glob("*.eml"))) == 2, "the parent is written to when the old log-in is closed"


def test_the_greeting_is_the_first_line_of_the_email(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    cli("handover", "--accept-certain", "--yes")
    cli("handover", "--greet", "OLD1=Dear Kate, hello again")
    result = cli("handover", "--run", "--yes")
    assert 'NEW1: "Dear Kate, hello again,"' in result.out
    sent = mailed(outbox)
    assert sent["kate.new@families.example"].startswith("Dear Kate, hello again,\n")
    assert sent["nora.new@families.example"].startswith("Dear Ms Nora Doyle,\n")


# -- questions at a terminal -------------------------------------------------------------------------------------------


def test_questions_are_put_one_by_one_and_no_is_the_default(
    cli: Run, school: SchoolFiles, at_terminal: AtTerminal, outbox: Path
) -> None:
    decide(cli)
    terminal = at_terminal("handover", "--run", "--with-leavers", rows=70, columns=120)
    terminal.sees("Question 1 of 1:", "HERE1  Mr Tom Quill", "Revoke all the same? [y/N]")
    terminal.press("\r")
    terminal.sees("Left out, 1:", "Revoke access of 4 contacts", "Go on? [y/N]")
    terminal.press("y\r")
    terminal.sees("Question 1 of 1:", "OLD3  Mr & Mrs Paul & Ruth Hall", "Send the welcome email? [y/N]")
    terminal.press("y\r")
    terminal.reads("Send a welcome email to 3 contacts")
    terminal.press("y\r")
    assert terminal.ends() == ExitCode.SOME_FAILED, "one was left out"
    assert status(cli, "HERE1") == "ready_to_revoke"
    assert set(mailed(outbox)) == {
        "kate.new@families.example", "nora.new@families.example", "ruth@families.example",
    }  # fmt: skip


def test_the_welcome_is_confirmed_by_itself(
    cli: Run, school: SchoolFiles, at_terminal: AtTerminal, outbox: Path
) -> None:
    cli("handover", "--accept-certain", "--yes")
    terminal = at_terminal("handover", "--run", rows=70, columns=120)
    terminal.sees("Revoke access of 2 contacts", "Go on? [y/N]")
    terminal.press("y\r")
    terminal.sees("Send a welcome email to 2 contacts", "nora.new@families.example")
    terminal.press("\r")
    assert terminal.ends() == ExitCode.DECLINED
    assert not outbox.exists()
    assert {status(cli, code) for code in ("OLD1", "OLD2")} == {"no_access"}
    assert cli("handover", "--go-on", "--yes").code == ExitCode.OK
    assert len(mailed(outbox)) == 2


def test_a_custody_note_is_asked_about_before_the_email(
    cli: Run, embedded: Path, take_in: TakeIn, outbox: Path
) -> None:
    school = moved_school()
    school.students["KID1"]["custody_note"] = "Court order of 3 May"
    take_in(school)
    cli("handover", "--accept-certain", "--yes")
    result = cli("handover", "--run", "--yes")
    assert result.out.index("Custody note on Ava1 Smith (KID1): Court order of 3 May") < result.out.index("Job 1")
    assert set(mailed(outbox)) == {"nora.new@families.example"}
    answered = cli("handover", "--answer", "NEW1", "--go-on", "--yes")
    assert "OLD1: answered yes to: Custody note on Ava1 Smith (KID1): Court order of 3 May" in answered.out
    assert set(mailed(outbox)) == {"kate.new@families.example", "nora.new@families.example"}


# -- the guard and stops -----------------------------------------------------------------------------------------------


def test_the_guard_stops_it_and_is_passed_once_with_the_count_and_a_reason(
    cli: Run, configure: Configure, take_in: TakeIn, outbox: Path
) -> None:
    configure('[accounts]\nservice = "embedded"\n[guard]\nmax_count = 1\n')
    take_in(moved_school())
    cli("handover", "--accept-certain", "--yes")
    assert cli("handover", "--run", "--dry-run").code == ExitCode.GUARD_STOPPED
    assert cli("handover", "--run", "--yes").code == ExitCode.GUARD_STOPPED
    assert not outbox.exists()
    assert status(cli, "OLD1") == "ready_to_revoke"
    passed = cli("handover", "--run", "--yes", "--override-guard", "2", "--reason", "Rollover, agreed with the office")
    assert passed.code == ExitCode.OK
    assert len(mailed(outbox)) == 2


def many_moved(count: int) -> SchoolFiles:
    """A school in which many parents were re-coded, each surely the same person."""
    given = (
        "Ada", "Beth", "Cora", "Dora", "Edda", "Faye", "Gwen", "Hope", "Iris", "June", "Kaye", "Lily", "Mona", "Nell",
        "Olga", "Page", "Rosa", "Suki", "Thea", "Vera",
    )  # fmt: skip
    school = families(count * 6)
    for number in range(count):
        person = {
            "title": "Ms", "given_name": given[number % 20], "surname": f"Fam{chr(65 + number // 20)}{number}",
            "mobile": f"04915{70000 + number}",
        }  # fmt: skip
        school.contact(f"OLD{number}", **person, email=f"a{number}@families.example")
        school.contact(f"NEW{number}", **person, username="", email=f"b{number}@families.example")
        child = school.student(f"KID{number}", surname=person["surname"])
        school.link(child, f"OLD{number}", access="no", relationship="Mother")
        school.link(child, f"NEW{number}", relationship="Mother")
    return school


def count_of(register: Path, sql: str) -> int:
    with sqlite3.connect(register) as connection:
        found = int(connection.execute(sql).fetchone()[0])
    connection.close()
    return found


@pytest.mark.parametrize(
    ("when", "least"),
    [
        ("SELECT count(*) FROM items WHERE state = 'done'", 5),
        ("SELECT count(*) FROM jobs WHERE verb = 'revoke' AND state = 'done'", 1),
        ("SELECT count(*) FROM invitations", 3),
    ],
    ids=["while revoking", "in between", "while welcoming"],
)
def test_a_kill_loses_nothing_and_sends_nothing_twice(
    cli: Run, configure: Configure, take_in: TakeIn, register: Path, outbox: Path, when: str, least: int
) -> None:
    configure('[accounts]\nservice = "embedded"\n[guard]\nmax_percent = 90\n')
    take_in(many_moved(40))
    cli("groups", "Parent@0", "--answer", "intended", "--reason", "re-coded")
    assert cli("handover", "--accept-certain", "--yes").out.endswith("40 accepted.\n")
    stopped = stop_when(["handover", "--run", "--yes"], lambda: count_of(register, when) >= least)
    assert stopped == -9, "it was killed before its end"
    result = cli("handover", "--go-on", "--yes")
    assert result.code == ExitCode.OK, result
    assert "was stopped before its end; it goes on." in result.out or "Job 1" not in result.out
    assert {row["part"] for row in outcomes(cli).values()} == {"done"}
    assert set(mailed(outbox)) == {f"b{number}@families.example" for number in range(40)}
    assert len(list(outbox.glob("*.eml"))) == 40
    assert cli("handover", "--go-on", "--yes").out.splitlines()[0] == "Nothing to do."


def test_going_on_revokes_nothing_new(cli: Run, school: SchoolFiles, outbox: Path) -> None:
    cli("handover", "--accept-certain", "--yes")
    assert cli("handover", "OLD1", "--revoke", "--yes").code == ExitCode.OK
    assert not outbox.exists()
    assert cli("handover", "--go-on", "--yes").code == ExitCode.OK
    assert set(mailed(outbox)) == {"kate.new@families.example"}
    assert status(cli, "OLD2") == "ready_to_revoke"


# -- through a worklist ------------------------------------------------------------------------------------------------


def test_through_a_worklist_the_welcome_waits_for_the_attest(cli: Run, by_hand: SchoolFiles, outbox: Path) -> None:
    result = cli("handover", "--run", "--yes")
    assert result.code == ExitCode.OK, result
    assert "2 accounts requested, to be done by hand in SEQTA Engage: not revoked yet." in result.out
    assert "engage-accounts attest 1" in result.out
    assert "engage-accounts handover --go-on" in result.out
    assert jobs(cli) == [("revoke", 2)]
    early = cli("handover", "--go-on", "--yes")
    assert (early.code, early.out.splitlines()[0]) == (ExitCode.OK, "Nothing to do.")
    assert "attest 1" in early.out
    assert outcomes(cli)["OLD1"]["part"] == "waiting"
    assert cli("attest", "1", "OLD1").code == 0
    gone_on = cli("handover", "--go-on", "--yes")
    assert gone_on.code == ExitCode.OK
    assert jobs(cli) == [("revoke", 2), ("welcome", 1)]
    assert "SEQTA Engage sends its own welcome email" in gone_on.out
    assert not outbox.exists(), "the portal writes, not we"
    rows = outcomes(cli)
    assert (rows["OLD1"]["revoked"], rows["OLD1"]["welcomed"]) == ("attested", "requested")
    assert (rows["OLD2"]["revoked"], rows["OLD2"]["welcomed"]) == ("requested", "")
    assert "On the worklist: Send welcome email" in cli("handover", "--preview", "OLD2").out


def test_an_import_that_shows_it_done_lets_the_welcome_through(cli: Run, by_hand: SchoolFiles, take_in: TakeIn) -> None:
    cli("handover", "--run", "--yes")
    by_hand.contacts["OLD1"]["username"] = ""
    take_in(by_hand, LATER)
    assert status(cli, "OLD2") == "ready_to_revoke"
    result = cli("handover", "--go-on", "--yes")
    assert result.code == ExitCode.OK, result
    assert jobs(cli) == [("revoke", 2), ("welcome", 1)]
    assert outcomes(cli)["OLD1"]["welcomed"] == "requested"


# -- the summary -------------------------------------------------------------------------------------------------------


def test_the_summary_is_exported_without_formulas_and_read_by_nobody_else(
    cli: Run, embedded: Path, take_in: TakeIn, tmp_path: Path
) -> None:
    school = moved_school()
    school.contacts["LEFT1"] |= {"given_name": "=1+1", "surname": ""}
    take_in(school)
    cli("handover", "--accept-certain", "--run", "--yes")
    out = tmp_path / "summary.csv"
    assert cli("handover", "--summary", "--format", "csv", "--out", out).code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    text = out.read_text("utf-8-sig")
    assert "LEFT1,'=1+1," in text
    assert "OLD1,Ms Kate Smith,accepted,code change,NEW1,Ms Kate Smith," in text
    assert cli("handover", "--summary", "--out", out).code == ExitCode.REFUSED
    said = cli("handover", "--summary").out
    assert said.index("Done: 2") < said.index("Left for later: 4") < said.index("What to tell whom")
    assert "Look for an email to kate.new@families.example: its link is valid for one week" in said
    only = json.loads(cli("handover", "--summary", "OLD1", "--format", "json").out)
    assert [row["old_code"] for row in only["outcomes"]] == ["OLD1"]
