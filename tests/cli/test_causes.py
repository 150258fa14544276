"""causes, and holding, releasing and listing by cause."""

from collections.abc import Callable

import pytest

from tests.running import Result, Run
from tests.school import FIRST, SchoolFiles, families
from tui.domain.causes import DROPPED_OUT
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")

POSTAL = "access-flag-changed/Postal@2"
LEAVERS = "no-current-student/Parent@2"
FLAGGED, LEFT = 1142, 38
SECOND = FIRST.replace(day=20)


@pytest.fixture
def rollover(take_in: TakeIn) -> SchoolFiles:
    """Of 3,600 families 1,142 are of type Postal and lose the flag in the import of 20 Nov 2026; 38 others leave."""
    school = families(3600)
    for number in range(1, FLAGGED + 1):
        school.contacts[f"P{number:04}"]["contact_type"] = "Postal"
    take_in(school)
    for number in range(1, FLAGGED + 1):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    school.leave(*(f"S{number:04}" for number in range(FLAGGED + 1, FLAGGED + LEFT + 1)), on="2026-11-18")
    take_in(school, SECOND)
    return school


def test_one_change_is_told_from_the_leavers(cli: Run, rollover: SchoolFiles) -> None:
    text = cli("causes").out
    assert text.startswith(
        "1,142 of 1,180 are contact type Postal; the portal access flag went off in the import of 20 Nov 2026: "
        "one change, not 1,180 leavers. 38 are left to work.\n"
    )
    assert f"{POSTAL}  1,142     0     0          0     undecided" in text
    assert "engage-accounts groups Postal@2 --answer mistake --reason TEXT" in text
    found = cli("causes", "--json").json()
    assert found["headline"] == text.splitlines()[0]
    assert (found["ready"], found["left"]) == (1180, 38)
    postal, leavers = found["causes"]
    assert next(iter(postal)) == "key"
    assert (postal["key"], postal["size"], postal["left"], postal["group"]["key"]) == (POSTAL, 1142, 0, "Postal@2")
    assert (leavers["key"], leavers["size"], leavers["left"], leavers["group"]) == (LEAVERS, 38, 38, None)
    assert (leavers["reason"], leavers["import_taken_on"]) == ("no_current_student", "2026-11-20")
    assert leavers["sentence"] == (
        "38 of 1,180 accounts ready to revoke are contact type Parent; the last student has left (exit date "
        "18 Nov 2026), first reported in the import of 20 Nov 2026 (no. 2)."
    )

    without = cli("list", "--status", "ready-to-revoke", "--not-cause", POSTAL, "--format", "json").json()
    assert [row["code"] for row in without] == [f"P{number:04}" for number in range(1143, 1181)]
    only = cli("list", "--cause", "access_flag_changed/Postal@2", "--format", "json").json()
    assert len(only) == 1142
    assert {row["contact_type"] for row in only} == {"Postal"}

    assert cli("hold", "--cause", POSTAL, "--note", "asked the registrar").out == (
        f"{POSTAL}: 1,142 accounts held: never revoke.\n"
    )
    assert cli("hold", "--cause", POSTAL, "--note", "again").out == f"{POSTAL}: all are held already.\n"
    revoked = cli("revoke", "--all-ready", "--yes", "--json")
    assert revoked.code == 0, revoked.err
    assert revoked.json()["counts"]["done"] == 38
    assert "1,142 held." in cli("causes").out
    assert cli("release", "--cause", POSTAL).out == f"{POSTAL}: 1,142 accounts released.\n"
    assert cli("release", "--cause", POSTAL).code == ExitCode.REFUSED


def test_an_answer_stands_with_its_cause(cli: Run, rollover: SchoolFiles) -> None:
    assert cli("groups", "Postal@2", "--answer", "mistake", "--reason", "the sync rule was switched off").code == 0
    text = cli("causes").out
    assert text.startswith(
        "1,180 accounts ready to revoke, from 2 causes, 1,142 waiting for a flag to be mended. 38 are left to work.\n"
    )
    assert ": the sync rule was switched off\n" in text
    assert "Next: Mend the flag or the sync rule in the admin system, then import again." in text
    assert "--answer" not in text


def test_nobody_ready_is_said(cli: Run, take_in: TakeIn) -> None:
    take_in(families(3))
    assert cli("causes").out == "Nobody is ready to revoke.\n"
    assert cli("causes", "--json").json() == {
        "headline": "Nobody is ready to revoke.",
        "ready": 0,
        "left": 0,
        "causes": [],
    }


def test_a_record_that_dropped_out_has_a_kind_of_its_own(cli: Run, take_in: TakeIn) -> None:
    school = families(30)
    take_in(school)
    del school.contacts["P0001"], school.links["S0001", "P0001"]
    take_in(school, SECOND)
    (cause,) = cli("causes", "--json").json()["causes"]
    assert (cause["key"], cause["reason"]) == ("dropped-out/Parent@2", DROPPED_OUT)


def test_what_a_slip_in_a_key_does(cli: Run, imported: SchoolFiles) -> None:
    for line in (["list", "--cause"], ["list", "--not-cause"], ["hold", "--note", "n", "--cause"]):
        for key in ("no-current-student/Parnt@0", "no-current-student", "Postal@2"):
            result = cli(*line, key)
            assert result.code == ExitCode.NOT_FOUND
            assert f"There is no cause {key}." in result.err
            assert result.out == ""


@pytest.mark.parametrize(
    "line",
    [
        ["hold", "--note", "n"],
        ["hold", "P0001", "--note", "n", "--cause", "no-current-student/Parent@0"],
        ["hold", "--mail", "--note", "n", "--cause", "no-current-student/Parent@0"],
        ["release"],
        ["release", "P0001", "--cause", "no-current-student/Parent@0"],
        ["release", "--mail", "--cause", "no-current-student/Parent@0"],
    ],
    ids=" ".join,
)
def test_an_account_or_a_cause_and_not_both(cli: Run, imported: SchoolFiles, line: list[str]) -> None:
    assert cli(*line).code == ExitCode.USAGE
    assert "held" not in cli("list", "--find", "P0001").out
