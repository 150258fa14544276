"""handover --plan and --apply: a plan is saved, read as text, and applied only as far as its facts still stand."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.handing import decide, mailed, moved_school, outcomes, standings, status
from tests.running import Result, Run
from tests.school import LATER, SchoolFiles
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")


@pytest.fixture
def outbox(state: Path) -> Path:
    """Where the messages are."""
    return state / "outbox"


@pytest.fixture
def school(cli: Run, take_in: TakeIn) -> SchoolFiles:
    """The school of hand-overs, with three that are accepted."""
    school = moved_school()
    take_in(school)
    decide(cli)
    return school


@pytest.fixture
def plan(cli: Run, school: SchoolFiles, tmp_path: Path) -> Path:
    """The plan for those three, saved; the walk in which it was made is ended."""
    path = tmp_path / "plan.toml"
    result = cli("handover", "--plan", path)
    assert result.code == ExitCode.OK, result.err
    assert "Saved: 3 accounts in" in result.out
    assert cli("handover", "--end").code == 0
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def acted(cli: Run) -> set[str]:
    return {code for code in ("OLD1", "OLD2", "OLD3") if status(cli, code) == "no_access"}


def test_a_plan_is_text_that_a_colleague_can_read(cli: Run, plan: Path) -> None:
    assert plan.stat().st_mode & 0o777 == 0o600
    text = plan.read_text("utf-8")
    head = text[: text.index("\nplan = ")]
    assert "# School    Example School\n# Acts on   the embedded register (embedded)\n" in head
    assert re.search(
        r"# Saved     \d+ \w+ \d{4} \d\d:\d\d by \w+\n# Accounts  3: 3 with a new record, 0 without\n", head
    )
    found = {account["old"]: account for account in tomllib.loads(text)["account"]}
    kate = found["OLD1"]
    assert (kate["name"], kate["new"], kate["new_name"]) == ("Ms Kate Smith", "NEW1", "Ms Kate Smith")
    assert (kate["cause"], kate["email"]) == ("code change", "kate.new@families.example")
    assert kate["greeting"] == "Dear Ms Kate Smith"
    assert "+ same mobile, which nobody else has" in kate["evidence"]
    assert kate["questions"] == []
    assert kate["facts"]["old"]["username"] == "user1"
    assert kate["facts"]["new"]["children"] == ["KID1 Ava1 Smith, year 7, enrolled, portal access yes"]
    assert found["OLD3"]["questions"] == [
        "before the welcome: The match with the old record OLD3 was up for review.",
    ]
    again = cli("handover", "--plan", plan)
    assert again.code == ExitCode.REFUSED
    assert plan.read_text("utf-8") == text
    assert acted(cli) == set()


def test_there_has_to_be_something_to_save(cli: Run, take_in: TakeIn, tmp_path: Path) -> None:
    take_in(moved_school())
    assert cli("handover", "--plan", tmp_path / "plan.toml").code == ExitCode.REFUSED
    assert not (tmp_path / "plan.toml").exists()
    assert cli("handover", "--plan", tmp_path / "plan.toml", "--with-leavers").code == ExitCode.OK
    found = tomllib.loads((tmp_path / "plan.toml").read_text("utf-8"))["account"]
    assert {account["old"] for account in found} == {"LEFT1", "HERE1", "HELD1"}
    assert all("new" not in account["facts"] for account in found)


def test_a_plan_is_applied_by_a_colleague(cli: Run, plan: Path, outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "kim")
    declined = cli("handover", "--apply", plan)
    assert declined.code == ExitCode.DECLINED
    assert "3 of 3 in the file still hold." in declined.out
    dry = cli("handover", "--apply", plan, "--dry-run")
    assert dry.code == ExitCode.OK
    assert "Revoke access of 3 contacts" in dry.out
    assert acted(cli) == set()
    assert all(walk["ended"] for walk in cli("handover", "--list", "--format", "json").json())
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.SOME_FAILED, "a question is put to whoever applies it"
    assert "? OLD3: The match with the old record OLD3 was up for review." in result.out
    assert acted(cli) == {"OLD1", "OLD2", "OLD3"}
    assert set(mailed(outbox)) == {"kate.new@families.example", "nora.new@families.example"}
    assert cli("handover", "--answer", "OLD3", "--go-on", "--yes").code == ExitCode.OK
    assert "ruth@families.example" in mailed(outbox)
    again = cli("handover", "--apply", plan, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "status of OLD1 was ready to revoke, is no access" in again.out
    assert len(mailed(outbox)) == 3


def test_what_has_changed_is_refused_item_by_item(
    cli: Run, plan: Path, school: SchoolFiles, take_in: TakeIn, outbox: Path
) -> None:
    school.contacts["NEW1"]["email"] = "kate.smith@elsewhere.example"
    take_in(school, LATER)
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert "2 of 3 in the file still hold." in result.out
    again = cli("handover", "--apply", plan, "--format", "json").json()
    why = {refused["code"]: refused["why"] for refused in again["refused"]}
    assert "email of NEW1 was kate.new@families.example, is kate.smith@elsewhere.example" in why["OLD1"]
    assert "email of NEW1 was kate.new@families.example, is kate.smith@elsewhere.example" in result.out
    assert acted(cli) == {"OLD2", "OLD3"}
    assert set(mailed(outbox)) == {"nora.new@families.example"}


def test_a_new_hold_a_rejected_pair_and_another_new_record_are_refused(cli: Run, plan: Path, outbox: Path) -> None:
    assert cli("hold", "OLD1", "--note", "Ring the registrar").code == 0
    assert cli("handover", "--no-match", "OLD2").code == 0
    assert cli("handover", "--accept", "OLD3=P0001", "--sure").code == 0
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.REFUSED
    assert "held since by" in result.out
    assert "Ring the registrar" in result.out
    assert "the match with NEW2 is no longer accepted: rejected by" in result.out
    assert "the new record was NEW3, is P0001, accepted by" in result.out
    assert acted(cli) == set()
    assert not outbox.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.students["KID1"].update(custody_note="Court order"), "children of NEW1: was"),
        (
            lambda s: s.contacts["OLD1"].update(email="k@families.example"),
            "email of OLD1 was kate@families.example, is k@",
        ),
        (lambda s: s.links["KID1", "OLD1"].update(portal_access="yes"), "status of OLD1 was ready to revoke, is"),
        (lambda s: s.contacts["NEW1"].update(surname="Jones"), "name of NEW1 was Ms Kate Smith, is Ms Kate Jones"),
        (
            lambda s: s.contacts["P0001"].update(email="kate.new@families.example"),
            "with the same email of NEW1: was none",
        ),
        (
            lambda s: s.contacts["NEW1"].update(username="kate", last_login="2026-11-20"),
            "username of NEW1 was none, is kate",
        ),
    ],
    ids=["custody note", "old email", "active again", "name", "email of another", "in use"],
)
def test_every_fact_that_was_shown_counts(
    cli: Run, plan: Path, school: SchoolFiles, take_in: TakeIn, change: Callable[[SchoolFiles], Any], says: str
) -> None:
    change(school)
    take_in(school, LATER)
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert says in result.out
    assert acted(cli) == {"OLD2", "OLD3"}


def test_that_the_new_record_was_used_once_more_is_no_change(
    cli: Run, take_in: TakeIn, tmp_path: Path, outbox: Path
) -> None:
    school = moved_school()
    school.contacts["NEW1"] |= {"username": "kate", "last_login": "2026-10-01"}
    take_in(school)
    cli("handover", "--accept", "OLD1=NEW1")
    assert cli("handover", "--plan", tmp_path / "plan.toml").code == 0
    school.contacts["NEW1"]["last_login"] = "2026-11-11"
    take_in(school, LATER)
    result = cli("handover", "--apply", tmp_path / "plan.toml", "--yes")
    assert result.code == ExitCode.OK, result
    assert acted(cli) == {"OLD1"}
    assert not outbox.exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('email = "kate.new@families.example"\ngr', 'email = "x@evil.example"\ngr', "contradicts itself: email"),
        ('"kate.new@families.example"', '"x@evil.example"', "email of NEW1 was x@evil.example, is kate.new@"),
        ('new = "NEW1"', 'new = "NEW2"', "the new record was NEW2, is NEW1"),
        ('new_name = "Ms Kate Smith"', 'new_name = "Ms Nora Doyle"', "contradicts itself: new_name"),
        ('cause = "code change"', 'cause = "name change"', "cause was name change, is code change"),
        ("up for review.", "up for nothing.", "what is asked was"),
        ('name = "Ms Kate Smith"\nnew', 'name = "Ms \\u202e Kate"\nnew', "contradicts itself: name"),
        ('"+ same mobile, which nobody else has"', '"+ I know her"', "evidence was"),
    ],
)
def test_a_text_that_was_edited_is_refused(cli: Run, plan: Path, old: str, new: str, says: str) -> None:
    edit(plan, old, new)
    result = cli("handover", "--apply", plan, "--dry-run")
    assert result.code in (ExitCode.SOME_FAILED, ExitCode.REFUSED)
    assert says in result.out
    assert "\u202e" not in result.out


def test_accounts_may_be_taken_out_and_the_greeting_changed(cli: Run, plan: Path, outbox: Path) -> None:
    text = plan.read_text("utf-8")
    head, *accounts = text.split("\n[[account]]\n")
    kept = [account for account in accounts if '"OLD1"' in account]
    plan.write_text("\n[[account]]\n".join([head, *kept]), "utf-8")
    edit(plan, '"Dear Ms Kate Smith"', '"Dear Kate\\u001b[2J"')
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.OK
    assert "The file has 1 of the 3 that it was saved with." in result.out
    assert "\x1b" not in result.out + result.err
    assert acted(cli) == {"OLD1"}
    (text,) = mailed(outbox).values()
    assert text.startswith("Dear Kate\N{REPLACEMENT CHARACTER}[2J,\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: "", "is no plan of this program"),
        (lambda t: "[accounts]\n", "is no plan of this program"),
        (lambda t: t.replace('old = "OLD1"', "old = OLD1"), "is not valid TOML (line "),
        (lambda t: t[:-30], "is not valid TOML ("),
        (lambda t: t.replace("version = 1", "version = 2"), "made by a newer engage-accounts; this one reads 1"),
        (lambda t: t.replace("version = 1", 'version = "1"'), "version must be a whole number"),
        (lambda t: t.replace('cause = "code change"', "cause = 7", 1), "): cause: must be text in quotes"),
        (lambda t: t.replace("evidence = [", "proof = [", 1), "): evidence: is missing"),
        (lambda t: t.replace('cause = "code', 'because = "x"\ncause = "code', 1), "): because: there is no such field"),
        (lambda t: t.replace("holds = []", "holds = [7]", 1), "facts.old.holds: must be a list of texts"),
        (lambda t: t.replace('"OLD2"', '"OLD1"'), "(OLD1): stands twice"),
        (lambda t: re.sub(r'register = "\w+"', 'register = "0123456789abcdef"', t), "from another register"),
        (lambda t: t.replace('service = "embedded"', 'service = "worklist"'), "saved to act on the embedded register"),
        (lambda t: "a = " + "[" * 5000, "is not valid TOML"),
    ],
)
def test_what_is_no_plan_is_refused_clearly(cli: Run, plan: Path, change: Callable[[str], str], says: str) -> None:
    plan.write_text(change(plan.read_text("utf-8")), "utf-8")
    result = cli("handover", "--apply", plan, "--yes")
    assert result.code == ExitCode.REFUSED
    assert says in result.err
    assert "Kate" not in result.err
    assert acted(cli) == set()


def test_a_file_that_can_not_be_read_is_refused(cli: Run, plan: Path, tmp_path: Path) -> None:
    plan.write_bytes(b"# \xff\n")
    assert "is not UTF-8 text (line 1)" in cli("handover", "--apply", plan).err
    assert "can't be read" in cli("handover", "--apply", tmp_path / "missing").err
    assert "can't be read" in cli("handover", "--apply", tmp_path).err


def test_a_plan_of_another_demo_is_refused(program: Run, tmp_path: Path) -> None:
    one, two = (("--register", tmp_path / name / "demo.sqlite3") for name in ("one", "two"))
    for here in (one, two):
        assert program("demo", "--no-screen", *here).code == 0
        assert program("handover", "--accept-certain", "--yes", *here).code == 0
    assert program("handover", "--plan", tmp_path / "plan.toml", *one).code == 0
    other = program("handover", "--apply", tmp_path / "plan.toml", "--yes", *two)
    assert other.code == ExitCode.REFUSED
    assert "from another register" in other.err
    assert program("handover", "--apply", tmp_path / "plan.toml", "--dry-run", *one).code == 0


def test_a_plan_goes_through_a_worklist_too(
    cli: Run, take_in: TakeIn, configure: Callable[[str], Path], tmp_path: Path
) -> None:
    configure("")
    take_in(moved_school())
    cli("handover", "--accept-certain", "--yes", "--plan", tmp_path / "plan.toml")
    assert cli("handover", "--apply", tmp_path / "plan.toml", "--yes").code == ExitCode.OK
    assert cli("attest", "1").code == 0
    assert cli("handover", "--go-on", "--yes").code == ExitCode.OK
    rows = outcomes(cli)
    assert {rows[code]["welcomed"] for code in ("OLD1", "OLD2")} == {"requested"}
    assert standings(cli, "--walk", "1")["OLD3"] == "review"
