"""revoke: what it needs to start (yes, the count, an override with a reason), what it leaves out, what it reports."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import SchoolFiles, families, small_school
from tests.terminal import AtTerminal
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
Configure = Callable[[str], Path]
pytestmark = pytest.mark.usefixtures("embedded")


def school_with_leavers(leavers: int, stay: int = 40) -> SchoolFiles:
    school = families(leavers + stay)
    school.leave(*(f"S{number:04}" for number in range(1, leavers + 1)))
    return school


def ready(cli: Run) -> list[str]:
    return [row["code"] for row in cli("list", "--status", "ready-to-revoke", "--format", "json").json()]


def audit(register: Path, action: str) -> list[tuple[str, str]]:
    with sqlite3.connect(register) as connection:
        found = connection.execute(
            "SELECT subject, reason FROM audit WHERE action = ? ORDER BY id", (action,)
        ).fetchall()
    connection.close()
    return found


# -- confirming --------------------------------------------------------------------------------------------------------


def test_without_a_yes_and_a_terminal_nothing_is_done(cli: Run, imported: SchoolFiles) -> None:
    for line in (["revoke", "P0001"], ["revoke", "--all-ready"]):
        result = cli(*line, stdin="y\n4\n")
        assert result.code == ExitCode.DECLINED
        assert "Not confirmed." in result.err
        assert "--yes" in result.err
        assert "Revoke access of" in result.out, "the plan was shown all the same"
    assert len(ready(cli)) == 4
    assert cli("jobs", "--json").json() == []


def test_yes_revokes_and_names_the_system(cli: Run, imported: SchoolFiles, register: Path) -> None:
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == 0
    report = cli("jobs", "1", "--json").json()
    # P0003 still has a child at the school: asked singly, never in bulk.
    assert [outcome["code"] for outcome in report["outcomes"]] == ["P0001", "P0002", "P0004"]
    assert "3 accounts revoked in the embedded register." in result.out
    assert "P0003  Given0003 Surname0003: asked singly, never in bulk" in result.out
    assert ready(cli) == ["P0003"]
    assert [code for code, _ in audit(register, "revoke")] == ["P0001", "P0002", "P0004"]
    assert cli("list", "--status", "no-access", "--find", "P0001", "--format", "json").json()[0]["username"] == ""


def test_nothing_to_do(cli: Run, take_in: TakeIn) -> None:
    take_in(families(3))
    result = cli("revoke", "--all-ready", "--yes")
    assert (result.code, result.out) == (0, "Nothing to do: no account is ready.\n")
    assert cli("revoke", "--all-ready", "--yes", "--json").json()["codes"] == []


def test_all_left_out_is_refused_and_says_why(cli: Run, imported: SchoolFiles) -> None:
    result = cli("revoke", "P0005", "--yes")
    assert result.code == ExitCode.REFUSED
    assert "P0005  Given0005 Surname0005: has no account" in result.out
    values = cli("revoke", "P0005", "--yes", "--json")
    assert values.code == ExitCode.REFUSED
    assert values.json()["left_out"][0]["code"] == "P0005"


def test_some_left_out_of_those_named_is_told_by_the_exit_code(cli: Run, imported: SchoolFiles) -> None:
    result = cli("revoke", "P0001", "P0005", "P0010", "P0001", "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert "Left out, 2:" in result.out
    assert "1 account revoked" in result.out


def test_up_to_ten_a_yes_is_typed(imported: SchoolFiles, at_terminal: AtTerminal) -> None:
    for answer, code in (("n", ExitCode.DECLINED), ("", ExitCode.DECLINED), ("y", ExitCode.OK)):
        terminal = at_terminal("revoke", "P0001", "P0002")
        terminal.reads("Go on? [y/N]")
        terminal.press(f"{answer}\r")
        assert terminal.ends() == code, terminal.output
    assert "2 accounts revoked" in terminal.output


@pytest.mark.parametrize("typed", ["11", "y", "12 ", "-12", "", "yes", "\x04"])
def test_from_eleven_on_the_count_is_typed(take_in: TakeIn, cli: Run, at_terminal: AtTerminal, typed: str) -> None:
    take_in(school_with_leavers(12, 60))
    terminal = at_terminal("revoke", "--all-ready")
    terminal.reads("Type the count (12)")
    terminal.press(typed if typed == "\x04" else f"{typed}\r")
    right = typed.strip() == "12"
    assert terminal.ends() == (ExitCode.OK if right else ExitCode.DECLINED), terminal.output
    assert len(ready(cli)) == (0 if right else 12)
    assert ("12 of 12" in terminal.output) == right, "a terminal is shown how far it is"


def test_an_interrupt_at_the_prompt_leaves(imported: SchoolFiles, cli: Run, at_terminal: AtTerminal) -> None:
    terminal = at_terminal("revoke", "P0001")
    terminal.reads("Go on? [y/N]")
    # One that falls between the prompt and the reading of its answer is only heeded with the next key.
    assert terminal.presses_until_it_ends("\x03") == ExitCode.DECLINED
    assert "Traceback" not in terminal.output
    assert "P0001" in ready(cli)


# -- active accounts and questions -------------------------------------------------------------------------------------


def test_an_active_account_goes_singly_with_a_reason(cli: Run, imported: SchoolFiles, register: Path) -> None:
    assert cli("revoke", "P0010", "--yes").code == ExitCode.REFUSED
    assert cli("revoke", "P0010", "--yes", "--reason", "  ").code == ExitCode.REFUSED
    both = cli("revoke", "P0010", "P0011", "--yes", "--reason", "asked to")
    assert both.code == ExitCode.REFUSED, "not in bulk, even with a reason"
    result = cli("revoke", "P0010", "--yes", "--reason", "asked to in writing")
    assert result.code == 0
    assert "? P0010  Given0010 Surname0010: This account is active" in result.out
    assert audit(register, "revoke") == [("P0010", "asked to in writing")]


def test_a_child_at_the_school_needs_its_own_yes(cli: Run, imported: SchoolFiles) -> None:
    plan = cli("revoke", "--all-ready", "--dry-run", "--json").json()
    assert "P0003" not in plan["codes"]
    (left,) = plan["left_out"]
    assert left["code"] == "P0003"
    assert "asked singly, never in bulk" in left["why"]
    alone = cli("revoke", "P0003", "--dry-run", "--json").json()
    assert alone["codes"] == ["P0003"]
    assert "will have no access" in alone["questions"][0]["sentence"]
    assert cli("revoke", "P0003", "--yes").code == 0


# -- the guard ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(take_in: TakeIn, configure: Configure, embedded: Path) -> Configure:
    """Twelve leavers in a school of 52, where more than ten accounts stop a plan."""
    configure('[accounts]\nservice = "embedded"\n[guard]\nmax_count = 10\nmax_percent = 100\n')
    take_in(school_with_leavers(12))
    return configure


def test_the_guard_stops_before_the_first_item(cli: Run, guarded: Configure) -> None:
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == ExitCode.GUARD_STOPPED
    assert "12 of 52 accounts (23.1 %)" in result.err
    assert "more than 10" in result.err
    assert "STOPS" in result.out
    assert len(ready(cli)) == 12
    assert cli("jobs", "--json").json() == []


def test_the_size_that_stops_is_named_and_no_group_is(cli: Run, guarded: Configure) -> None:
    said = cli("revoke", "--all-ready", "--yes").err
    assert "stops this before the first item: 12 of " in said
    assert "Answer for the group" not in said


def test_a_preview_shows_the_guard(cli: Run, guarded: Configure) -> None:
    result = cli("revoke", "--all-ready", "--dry-run")
    assert result.code == ExitCode.GUARD_STOPPED
    assert "Guard: 12 of 52 accounts (23.1 %)." in result.out
    assert "STOPS: 12 accounts in 24 hours is more than 10." in result.out
    assert "and 2 more" not in result.out
    values = cli("revoke", "--all-ready", "--dry-run", "--json").json()
    assert values["guard"]["stops"] == ["12 accounts in 24 hours is more than 10."]


@pytest.mark.parametrize(
    "options",
    [
        ["--override-guard", "11", "--reason", "the school closed a campus"],
        ["--override-guard", "13", "--reason", "the school closed a campus"],
        ["--override-guard", "12"],
        ["--override-guard", "12", "--reason", " "],
        ["--reason", "the school closed a campus"],
    ],
    ids=" ".join,
)
def test_a_wrong_override_does_not_pass(cli: Run, guarded: Configure, options: list[str]) -> None:
    for yes in ([], ["--yes"]):
        assert cli("revoke", "--all-ready", *options, *yes).code == ExitCode.GUARD_STOPPED
    assert len(ready(cli)) == 12


def test_the_override_passes_once_and_is_kept(cli: Run, guarded: Configure, register: Path) -> None:
    result = cli("revoke", "--all-ready", "--override-guard", "12", "--reason", "a campus closed")
    assert result.code == 0
    assert "12 accounts revoked" in result.out
    assert audit(register, "guard override") == [("job 1", "a campus closed")]


def test_the_guard_stands_again_afterwards_and_counts_a_day(
    cli: Run, take_in: TakeIn, guarded: Configure, register: Path
) -> None:
    assert cli("revoke", "--all-ready", "--override-guard", "12", "--reason", "a campus closed").code == 0
    school = school_with_leavers(12)
    school.leave("S0020")
    take_in(school, datetime(2126, 1, 1, tzinfo=UTC))
    assert ready(cli) == ["P0020"]
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == ExitCode.GUARD_STOPPED, "one more is the thirteenth of these 24 hours"
    assert "13 of 52 accounts (25.0 %), 12 of them in the last 24 hours" in result.err
    # A day later it is one of forty.
    yesterday = (datetime.now(UTC) - timedelta(hours=24, minutes=1)).isoformat()
    with sqlite3.connect(register) as connection:
        connection.execute("UPDATE items SET acted_at = ?", (yesterday,))
    connection.close()
    assert "1 of 40 accounts (2.5 %)" in cli("revoke", "--all-ready", "--dry-run").out
    assert cli("revoke", "--all-ready", "--yes").code == 0


def test_slices_do_not_slip_under_the_guard(cli: Run, guarded: Configure) -> None:
    codes = ready(cli)
    assert cli("revoke", *codes[:5], "--yes").code == 0
    assert cli("revoke", *codes[5:10], "--yes").code == 0
    assert cli("revoke", *codes[10:], "--yes").code == ExitCode.GUARD_STOPPED
    assert cli("revoke", codes[10], "--yes").code == ExitCode.GUARD_STOPPED


def test_what_is_requested_counts_too(cli: Run, guarded: Configure) -> None:
    guarded('[accounts]\nservice = "worklist"\n[guard]\nmax_count = 10\nmax_percent = 100\n')
    codes = ready(cli)
    assert cli("revoke", *codes[:10], "--yes").code == 0
    result = cli("revoke", *codes[10:], "--yes")
    assert result.code == ExitCode.GUARD_STOPPED
    assert "12 of 52 accounts (23.1 %), 10 of them in the last 24 hours" in result.err


def test_a_share_of_accounts_stops_too(cli: Run, take_in: TakeIn) -> None:
    take_in(school_with_leavers(13, 47))
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == ExitCode.GUARD_STOPPED
    assert "13 of 60 accounts is 21.7 %, more than 20 %." in result.err


def test_a_fifth_of_the_accounts_passes(cli: Run, take_in: TakeIn) -> None:
    take_in(school_with_leavers(12, 48))
    assert cli("revoke", "--all-ready", "--yes").code == 0


def test_the_guard_is_not_passed_at_the_prompt(guarded: Configure, cli: Run, at_terminal: AtTerminal) -> None:
    terminal = at_terminal("revoke", "--all-ready")
    terminal.press("12\ry\r")
    assert terminal.ends() == ExitCode.GUARD_STOPPED
    assert len(ready(cli)) == 12


# -- output ------------------------------------------------------------------------------------------------------------


def test_json_on_stdout_is_the_report_alone(cli: Run, take_in: TakeIn) -> None:
    school = small_school()
    del school.links["S0003", "P0003"]
    take_in(school)
    result = cli("revoke", "P0001", "--yes", "--json")
    report = result.json()
    assert report["counts"] == {
        "done": 1, "attested": 0, "requested": 0, "deferred": 0, "unknown": 0, "skipped": 0, "failed": 0,
        "cancelled": 0, "pending": 0,
    }  # fmt: skip
    assert report["system"] == "the embedded register"
    assert "Revoke access of 1 contact in the embedded register:" in result.err, "the plan is for the person"


def test_the_plan_says_what_can_be_restored(cli: Run, imported: SchoolFiles, configure: Configure) -> None:
    assert "Username and password are kept aside for 14 days" in cli("revoke", "P0001", "--dry-run").out
    configure('[accounts]\nservice = "embedded"\nrestore_days = 0\n')
    assert "This can't be restored" in cli("revoke", "P0001", "--dry-run").out
    configure("")
    assert "Nothing can be restored from here" in cli("revoke", "P0001", "--dry-run").out
    assert "Until then nothing is revoked" in cli("revoke", "P0001", "--dry-run").out


def test_a_long_plan_is_shortened(cli: Run, take_in: TakeIn) -> None:
    take_in(school_with_leavers(25, 200))
    text = cli("revoke", "--all-ready", "--dry-run").out
    assert "Revoke access of 25 contacts" in text
    assert "... and 5 more" in text
    assert len(cli("revoke", "--all-ready", "--dry-run", "--json").json()["codes"]) == 25
