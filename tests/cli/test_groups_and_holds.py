"""groups, hold and release: what operators say of accounts, and that plans heed it."""

from collections.abc import Callable

import pytest

from tests.running import Result, Run
from tests.school import LATER, SchoolFiles, families
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")

KEY = "Postal@2"


@pytest.fixture
def flagged(cli: Run, take_in: TakeIn) -> SchoolFiles:
    """P0001 to P0012, of type Postal, lose their access in the second import; S0013 and S0014 leave in it."""
    school = families(100)
    for number in range(1, 13):
        school.contacts[f"P{number:04}"]["contact_type"] = "Postal"
    take_in(school)
    for number in range(1, 13):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    school.leave("S0013", "S0014")
    take_in(school, LATER)
    return school


def ready(cli: Run) -> int:
    return int(cli("status", "--json").json()["counts"]["ready_to_revoke"])


def test_flags_that_went_off_together_are_a_group(cli: Run, flagged: SchoolFiles) -> None:
    (group,) = cli("groups", "--json").json()
    assert next(iter(group)) == "key"
    assert (group["key"], group["size"], group["answer"]) == (KEY, 12, "")
    text = cli("groups").out
    assert "Postal@2  12        1 Jan 2126  undecided" in text
    warnings = cli("status", "--json").json()["warnings"]
    assert any("12 of 14 accounts ready to revoke are contact type Postal" in warning for warning in warnings)


def test_nine_are_no_group(cli: Run, take_in: TakeIn) -> None:
    school = families(30)
    take_in(school)
    for number in range(1, 10):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    take_in(school, LATER)
    assert cli("groups", "--json").json() == []
    assert "No flag groups" in cli("groups").out


def test_an_undecided_group_stops_everything_in_bulk(cli: Run, flagged: SchoolFiles) -> None:
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == ExitCode.GUARD_STOPPED
    assert "one change, not 12 leavers" in result.err
    assert "Nobody has said yet whether that was intended." in result.err
    assert "stops this before the first item.\n" in result.err, "it is not the size that stops it"
    assert "Answer for the group first: engage-accounts groups.\n" in result.err
    assert cli("revoke", "P0001", "--yes").code == ExitCode.GUARD_STOPPED, "nor one of them alone"
    assert "Answer for the flag group first" in cli("why", "P0001", "--json").json()["next"]


def test_genuine_leavers_stay_workable(cli: Run, flagged: SchoolFiles) -> None:
    result = cli("revoke", "--all-ready", "--only-reason", "no-current-student", "--yes", "--json")
    assert result.code == 0, result.err
    assert [outcome["code"] for outcome in result.json()["outcomes"]] == ["P0013", "P0014"]
    assert ready(cli) == 12


def test_a_leaver_who_is_in_the_group_too_does_not_stop_the_others(
    cli: Run, take_in: TakeIn, flagged: SchoolFiles
) -> None:
    """P0001's other child has left as well; the group's question comes first for her, and for nobody else."""
    for number in range(1, 13):
        flagged.contact(f"Q{number:04}")
        flagged.link(f"S{number:04}", f"Q{number:04}")
        del flagged.links[f"S{number:04}", f"P{number:04}"]
    flagged.student("S0500", status="left", exit_date="2126-01-01")
    flagged.link("S0500", "P0001")
    take_in(flagged, LATER)
    holds = cli("list", "--reason", "no-current-student", "--format", "json").json()
    assert [row["code"] for row in holds] == ["P0001", "P0013", "P0014"]
    result = cli("revoke", "--all-ready", "--only-reason", "no-current-student", "--yes", "--json")
    assert result.code == 0, result.err
    assert [outcome["code"] for outcome in result.json()["outcomes"]] == ["P0013", "P0014"]


def test_a_mistake_holds_the_whole_group(cli: Run, flagged: SchoolFiles) -> None:
    answered = cli("groups", KEY, "--answer", "mistake", "--reason", "the sync rule was switched off")
    assert answered.code == 0
    assert "mistake" in answered.out
    result = cli("revoke", "--all-ready", "--yes", "--json").json()
    assert [outcome["code"] for outcome in result["outcomes"]] == ["P0013", "P0014"]
    alone = cli("revoke", "P0001", "--yes", "--json")
    assert alone.code == ExitCode.REFUSED
    assert "held with its flag group (Postal)" in alone.json()["left_out"][0]["why"]
    rows = cli("list", "--find", "P0001", "--format", "json").json()
    assert "the sync rule was switched off" in rows[0]["held"]
    assert "Mend the flag" in cli("why", "P0001", "--json").json()["next"]


def test_an_intended_change_can_be_revoked_in_bulk(cli: Run, flagged: SchoolFiles) -> None:
    assert cli("groups", KEY, "--answer", "intended", "--reason", "postal contacts lose access").code == 0
    result = cli("revoke", "--all-ready", "--yes", "--json")
    assert result.code == 0, result.err
    assert result.json()["counts"]["done"] == 14
    assert ready(cli) == 0


def test_an_answer_can_be_changed_and_needs_a_reason(cli: Run, flagged: SchoolFiles) -> None:
    assert cli("groups", KEY, "--answer", "intended").code == ExitCode.REFUSED
    assert cli("groups", KEY, "--answer", "intended", "--reason", " ").code == ExitCode.REFUSED
    assert cli("groups", "--json").json()[0]["answer"] == ""
    assert cli("groups", KEY, "--answer", "intended", "--reason", "one").code == 0
    assert cli("groups", KEY, "--answer", "mistake", "--reason", "two").code == 0
    (group,) = cli("groups", "--json").json()
    assert (group["answer"], group["answer_reason"]) == ("mistake", "two")
    assert cli("revoke", "P0001", "--yes").code == ExitCode.REFUSED


def test_an_intended_answer_stands_for_the_last_of_the_group(cli: Run, flagged: SchoolFiles) -> None:
    """Below ten nothing is a group, but one that was answered stays one: the last must not be asked for again."""
    assert cli("groups", KEY, "--answer", "intended", "--reason", "postal contacts lose access").code == 0
    first = [f"P{number:04}" for number in range(1, 9)]
    assert cli("revoke", *first, "--yes").code == 0
    (group,) = cli("groups", "--json").json()
    assert (group["size"], group["answer"]) == (4, "intended")
    result = cli("revoke", "P0009", "P0010", "P0011", "P0012", "--yes", "--json")
    assert result.code == 0, result.err
    assert result.json()["counts"]["done"] == 4


def test_a_held_account_is_never_revoked(cli: Run, imported: SchoolFiles) -> None:
    assert cli("hold", "P0001", "--note", "a court date is pending").out == "P0001 is held: never revoke.\n"
    result = cli("revoke", "P0001", "P0002", "--yes", "--json")
    assert result.code == ExitCode.SOME_FAILED
    assert [outcome["code"] for outcome in result.json()["outcomes"]] == ["P0002"]
    assert "P0001" not in cli("revoke", "--all-ready", "--dry-run", "--json").json()["codes"]
    assert "a court date is pending" in cli("why", "P0001").out
    assert "held" in cli("list", "--find", "P0001").out
    assert cli("release", "P0001").code == 0
    assert cli("revoke", "P0001", "--yes").code == 0


def test_a_hold_needs_a_note_and_a_release_a_hold(cli: Run, imported: SchoolFiles) -> None:
    assert cli("hold", "P0001", "--note", "  ").code == ExitCode.REFUSED
    assert cli("release", "P0001").code == ExitCode.REFUSED
    assert cli("hold", "P0001", "--mail", "--note", "n").code == 0
    assert cli("release", "P0001").code == ExitCode.REFUSED, "the other hold is another"
    assert cli("release", "P0001", "--mail").code == 0


def test_a_hold_outlasts_an_import(cli: Run, take_in: TakeIn, imported: SchoolFiles) -> None:
    assert cli("hold", "P0001", "--note", "first").code == 0
    assert cli("hold", "P0001", "--note", "second").code == 0
    take_in(imported, LATER)
    (left,) = cli("revoke", "P0001", "--yes", "--json").json()["left_out"]
    assert "second" in left["why"]


def test_a_hold_until_a_day_is_listed(cli: Run, imported: SchoolFiles) -> None:
    assert cli("holds").out == "Nobody is held.\n"
    held = cli("hold", "P0001", "--note", "a court date", "--until", "31/12/2126")
    assert held.out == "P0001 is held: never revoke until 31 Dec 2126.\n"
    assert cli("hold", "P0002", "--mail", "--note", "moving house").code == 0
    first, second = cli("holds", "--json").json()
    assert (first["code"], first["kind"], first["until"], first["note"]) == (
        "P0001",
        "revoke",
        "2126-12-31",
        "a court date",
    )
    assert (second["code"], second["kind"], second["until"]) == ("P0002", "mail", "")
    assert "never revoke  31 Dec 2126" in cli("holds").out
    assert cli("hold", "P0003", "--note", "n", "--until", "yesterday").code == ExitCode.REFUSED
    assert len(cli("holds", "--json").json()) == 2


def test_a_cause_is_held_until_a_day(cli: Run, imported: SchoolFiles) -> None:
    key = next(cause["key"] for cause in cli("causes", "--json").json()["causes"] if cause["size"] > 1)
    held = cli("hold", "--cause", key, "--note", "asked the registrar", "--until", "2126-12-31")
    assert held.out == f"{key}: 2 accounts held: never revoke until 31 Dec 2126.\n"
    assert {hold["until"] for hold in cli("holds", "--json").json()} == {"2126-12-31"}
