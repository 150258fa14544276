"""What the next newer import says of a request, in every case; and who knows of accounts, as the config says."""

import csv
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import LATER, SchoolFiles
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
BEFORE = datetime.now(UTC) - timedelta(minutes=1)


def after(days: int) -> datetime:
    return LATER + timedelta(days=days)


def status(cli: Run, code: str) -> str:
    return str(cli("why", code, "--json").json()["status"])


def outcomes(cli: Run, job: int = 1) -> dict[str, tuple[str, str]]:
    found = cli("jobs", str(job), "--json").json()["outcomes"]
    return {outcome["code"]: (outcome["state"], outcome["detail"]) for outcome in found}


def states(cli: Run, job: int = 1) -> dict[str, str]:
    return {code: state for code, (state, _) in outcomes(cli, job).items()}


def actions(cli: Run, code: str) -> list[str]:
    events = cli("audit", "--code", code, "--format", "json").json()
    return [event["action"] for event in events if "verif" in event["action"] or "withdrawn" in event["action"]]


def without_usernames(school: SchoolFiles, folder: Path, taken_at: datetime) -> Path:
    """An extract whose contacts.csv has no columns of accounts."""
    school.write(folder, taken_at)
    with (folder / "contacts.csv").open(newline="") as file:
        rows = [row[:-2] for row in csv.reader(file)]
    with (folder / "contacts.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    os.utime(folder / "contacts.csv", (taken_at.timestamp(), taken_at.timestamp()))
    return folder


@pytest.fixture
def requested(cli: Run, imported: SchoolFiles) -> SchoolFiles:
    """P0001, P0002 and P0004 are requested to be revoked, in job 1."""
    assert cli("revoke", "--all-ready", "--yes").code == 0
    return imported


# -- a revoke ----------------------------------------------------------------------------------------------------------


def test_a_list_that_was_carried_out_late_is_verified_by_the_import_after(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    """The night's import came first and found nothing done; on the next day it was."""
    take_in(requested, after(0))
    assert set(states(cli).values()) == {"failed"}
    for code in ("P0001", "P0002"):
        requested.contacts[code]["username"] = ""
    result = take_in(requested, after(1))
    assert "Requests verified: 2 done" in result.out
    assert states(cli) == {"P0001": "done", "P0002": "done", "P0004": "failed"}
    assert actions(cli, "P0001") == ["revoke verified: done", "revoke verified: not done"]
    requested.contacts["P0001"]["username"] = "user.p0001"
    assert "had been revoked and came back" in take_in(requested, after(2)).out


def test_a_corrected_extract_of_the_same_time_is_the_later_word(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    """What it shows as done is done, so that a username which comes back afterwards is told as come back; what the same
    extract says once more, the other way, gives nothing back."""
    take_in(requested, after(0))
    requested.contacts["P0001"]["username"] = ""
    assert "Requests verified: 1 done" in take_in(requested, after(0)).out
    assert states(cli) == {"P0001": "done", "P0002": "failed", "P0004": "failed"}
    requested.contacts["P0001"]["username"] = "user.p0001"
    assert "came back" not in take_in(requested, after(0)).out
    assert status(cli, "P0001") == "no_access"
    assert "had been revoked and came back" in take_in(requested, after(1)).out


def test_a_corrected_extract_older_than_a_request_says_nothing_of_it(
    cli: Run, take_in: TakeIn, imported: SchoolFiles
) -> None:
    take_in(imported, BEFORE)
    assert cli("revoke", "P0001", "--yes").code == 0
    imported.contacts["P0001"]["username"] = ""
    take_in(imported, BEFORE)
    assert states(cli) == {"P0001": "requested"}


def test_what_was_asked_for_again_is_verified_there_alone(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    take_in(requested, after(0))
    # A clock that stands before the extracts: the second request would be older than the extract that undid the first.
    assert cli("revoke", "P0001", "--yes").code == 0
    requested.contacts["P0001"]["username"] = ""
    take_in(requested, after(1))
    assert states(cli, 1)["P0001"] == "failed"
    assert states(cli, 2)["P0001"] == "done"


def test_what_was_done_after_an_import_said_not_is_attested_by_code(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    take_in(requested, after(0))
    assert cli("attest", "1").out.startswith("0 attested"), "in bulk only what still waits"
    assert cli("attest", "1", "P0001").out.startswith("1 attested")
    assert status(cli, "P0001") == "no_access"
    assert cli("revoke", "P0002", "--yes").code == 0
    assert cli("attest", "1", "P0002").code == ExitCode.REFUSED, "it waits in job 2 now"


def test_an_extract_older_than_the_one_that_verified_it_undoes_nothing(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    cli("attest", "1", "P0001")
    for code in ("P0001", "P0002", "P0004"):
        requested.contacts[code]["username"] = ""
    take_in(requested, after(2))
    for code in ("P0001", "P0002", "P0004"):
        requested.contacts[code]["username"] = f"user.{code.lower()}"
    result = take_in(requested, after(1))
    assert "came back" not in result.out
    assert {status(cli, code) for code in ("P0001", "P0002", "P0004")} == {"no_access"}


def test_what_came_back_and_was_revoked_again_has_not_come_back_any_more(
    cli: Run, take_in: TakeIn, requested: SchoolFiles, register: Path
) -> None:
    requested.contacts["P0001"]["username"] = ""
    take_in(requested, after(0))
    requested.contacts["P0001"]["username"] = "user.p0001"
    take_in(requested, after(1))
    assert cli("revoke", "P0001", "--yes").code == 0
    requested.contacts["P0001"]["username"] = ""
    take_in(requested, after(2))
    assert status(cli, "P0001") == "no_access"
    assert "lists a username again" not in cli("why", "P0001").out


def test_a_record_that_went_proves_nothing_until_it_is_attested(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    del requested.contacts["P0004"]
    requested.contacts["P0001"]["username"] = requested.contacts["P0002"]["username"] = ""
    take_in(requested, after(0))
    state, detail = outcomes(cli)["P0004"]
    assert state == "requested"
    assert detail == "the extract of 1 Jan 2126 does not have the record any more, which proves nothing of the account"
    assert "Overdue" in cli("jobs", "1").out
    cli("attest", "1", "P0004")
    assert states(cli)["P0004"] == "attested"
    take_in(requested, after(1))
    assert states(cli)["P0004"] == "done", "a person's word is all there is"


def test_a_feed_that_says_nothing_of_usernames_verifies_nothing_and_says_so(
    cli: Run, requested: SchoolFiles, tmp_path: Path
) -> None:
    cli("attest", "1", "P0002")
    for number in range(2):
        folder = without_usernames(requested, tmp_path / f"without-{number}", after(number))
        result = cli("import", folder, "--accept-shrink")
        assert "Requests verified" not in result.out
        day = f"{number + 1} Jan 2126"
        said = f"! 3 requests on a worklist not verified: the extract of {day} says nothing of usernames."
        assert said in result.out
    assert states(cli) == {"P0001": "requested", "P0002": "attested", "P0004": "requested"}
    assert outcomes(cli)["P0001"][1] == "the extract of 2 Jan 2126 says nothing of usernames"
    assert actions(cli, "P0001") == ["revoke not verified: no usernames"], "told once"
    assert outcomes(cli)["P0002"][1].startswith("attested by ")
    shown = cli("status").out
    assert "1 attested request could not be verified: the extract of 2 Jan 2126 says nothing of usernames." in shown
    assert "2 requests of job 1 (revoke) wait since" in shown, "and these are overdue"


def test_a_feed_that_speaks_again_verifies(cli: Run, take_in: TakeIn, requested: SchoolFiles, tmp_path: Path) -> None:
    cli("import", without_usernames(requested, tmp_path / "without", after(0)), "--accept-shrink")
    for code in ("P0001", "P0002", "P0004"):
        requested.contacts[code]["username"] = ""
    assert "Requests verified: 3 done" in take_in(requested, after(1)).out
    assert "overdue" not in cli("status").out.lower()


def test_two_who_share_a_username_are_verified_each_by_its_own_record(
    cli: Run, take_in: TakeIn, school: SchoolFiles
) -> None:
    school.contacts["P0001"]["username"], school.contacts["P0002"]["username"] = "Straße", "STRASSE"
    take_in(school)
    assert cli("revoke", "P0001", "P0002", "--yes").code == 0
    school.contacts["P0001"]["username"] = ""
    take_in(school, after(0))
    assert states(cli) == {"P0001": "done", "P0002": "failed"}
    assert cli("why", "P0002", "--json").json()["username"] == "STRASSE"


def test_another_username_on_the_record_is_not_done(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    requested.contacts["P0001"]["username"] = "changed"
    take_in(requested, after(0))
    assert states(cli)["P0001"] == "failed"
    assert cli("why", "P0001", "--json").json()["username"] == "changed"


def test_students_and_staff_with_the_same_numbers_are_left_alone(
    cli: Run, take_in: TakeIn, requested: SchoolFiles, tmp_path: Path
) -> None:
    """Their accounts follow the feed, and no request of a contact touches them."""

    def with_accounts(taken_at: datetime, student: str, staff: str) -> None:
        folder = requested.write(tmp_path / f"with-{taken_at:%Y%m%d}", taken_at)
        with (folder / "students.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        usernames = ["username", *(student if row[0] == "S0001" else "" for row in rows[1:])]
        with (folder / "students.csv").open("w", newline="") as file:
            csv.writer(file).writerows([*row, name] for row, name in zip(rows, usernames, strict=True))
        (folder / "staff.csv").write_text(f"code,given_name,surname,username\nP0001,Erin,Walsh,{staff}\n")
        for path in folder.iterdir():
            os.utime(path, (taken_at.timestamp(), taken_at.timestamp()))
        assert cli("import", folder).code == 0

    def username(code: str, user_type: str) -> str:
        return str(cli("why", code, "--type", user_type, "--json").json()["username"])

    requested.contacts["P0001"]["username"] = ""
    with_accounts(after(0), "child.one", "ewalsh")
    assert states(cli)["P0001"] == "done"
    assert (username("S0001", "student"), username("P0001", "staff")) == ("child.one", "ewalsh")
    with_accounts(after(1), "child.two", "")
    assert (username("S0001", "student"), username("P0001", "staff")) == ("child.two", "")
    assert username("P0001", "contact") == ""


# -- a welcome, a reset ------------------------------------------------------------------------------------------------


def test_a_welcome_to_whoever_has_a_username_is_closed_by_word_alone(
    cli: Run, take_in: TakeIn, imported: SchoolFiles
) -> None:
    assert cli("welcome", "P0010", "--yes").code == 0
    take_in(imported, after(0))
    state, detail = outcomes(cli)["P0010"]
    assert state == "requested", "a username that was there before shows nothing"
    assert detail == "no import can show that a welcome email was sent to somebody who had a username before"
    cli("attest", "1")
    assert states(cli) == {"P0010": "done"}


def test_a_reset_is_closed_by_word_alone_and_a_newer_login_is_told(
    cli: Run, take_in: TakeIn, imported: SchoolFiles
) -> None:
    imported.contacts["P0010"]["last_login"] = "2026-10-01"
    take_in(imported, BEFORE)
    result = cli("reset", "P0010", "P0011", "--yes")
    assert result.code == 0
    assert "not sent a password reset yet" in result.out
    imported.contacts["P0010"]["last_login"] = "2125-12-31T09:00:00+00:00"
    result = take_in(imported, after(0))
    assert "2 requests on a worklist not verified: no import can show a password reset" in result.out
    found = outcomes(cli)
    assert found["P0011"] == ("requested", "no import can show that a password reset was sent")
    said = "no import can show that a password reset was sent; there was a log-in since, on 31 Dec 2125"
    assert found["P0010"] == ("requested", said)
    result = cli("attest", "1", "P0010")
    assert result.out == "1 attested as done in job 1. No import can verify a password reset: your word closes it.\n"
    assert states(cli) == {"P0010": "done", "P0011": "requested"}


# -- a word taken back -------------------------------------------------------------------------------------------------


def test_a_word_that_was_given_too_soon_is_taken_back(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    before = cli("why", "P0001", "--json").json()["username"]
    cli("attest", "1")
    assert status(cli, "P0001") == "no_access"
    assert cli("attest", "1", "P0001", "P0002", "--take-back").out == "2 taken back in job 1: to be carried out.\n"
    assert states(cli) == {"P0001": "requested", "P0002": "requested", "P0004": "attested"}
    assert outcomes(cli)["P0001"][1].startswith("attested, and taken back by ")
    assert status(cli, "P0001") == "ready_to_revoke"
    assert cli("why", "P0001", "--json").json()["username"] == before
    assert "revoke attested: taken back" in cli("audit", "--code", "P0001").out
    assert "already requested in job 1" in cli("revoke", "P0001", "--yes").out
    requested.contacts["P0001"]["username"] = requested.contacts["P0004"]["username"] = ""
    assert "Requests verified: 2 done, 1 not done" in take_in(requested, after(0)).out
    assert states(cli) == {"P0001": "done", "P0002": "failed", "P0004": "done"}


def test_what_an_import_has_verified_or_nobody_attested_is_not_taken_back(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    cli("attest", "1", "P0001")
    result = cli("attest", "1", "P0002", "--take-back")
    assert result.code == ExitCode.REFUSED
    assert "Not resting on a word in job 1: P0002." in result.err
    for code in ("P0001", "P0002", "P0004"):
        requested.contacts[code]["username"] = ""
    take_in(requested, after(0))
    assert cli("attest", "1", "P0001", "--take-back").code == ExitCode.REFUSED
    assert cli("attest", "1", "--take-back").out == "0 taken back in job 1: nothing there rests on a word.\n"
    assert cli("withdraw", "1").out == "0 withdrawn from job 1: nothing waits there.\n"
    assert set(states(cli).values()) == {"done"}


def test_a_word_that_closed_a_request_is_taken_back(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    """No later extract could know better: of a reset, and of a record that went."""
    assert cli("reset", "P0010", "--yes").code == 0
    del requested.contacts["P0004"]
    cli("attest", "2")
    cli("attest", "1", "P0004")
    take_in(requested, after(0))
    assert (states(cli)["P0004"], states(cli, 2)["P0010"]) == ("done", "done")
    assert cli("attest", "2", "--take-back").out == "1 taken back in job 2: to be carried out.\n"
    assert cli("attest", "1", "P0004", "--take-back").code == 0
    assert (states(cli)["P0004"], states(cli, 2)["P0010"]) == ("requested", "requested")
    assert cli("why", "P0004", "--json").json()["username"] == "user.p0004"


def test_a_username_that_somebody_else_has_by_now_is_not_given_back(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    cli("attest", "1", "P0001", "P0002")
    requested.contacts["P0010"]["username"] = "USER.p0001"
    for code in ("P0001", "P0002"):
        del requested.contacts[code]
        requested.links = {pair: link for pair, link in requested.links.items() if code not in pair}
    take_in(requested, after(0))
    result = cli("attest", "1", "--take-back")
    assert result.code == ExitCode.REFUSED
    assert "Somebody else has the username of P0001 by now." in result.err
    assert states(cli)["P0002"] == "done", "nothing was taken back"
    assert cli("attest", "1", "P0002", "--take-back").code == 0


def test_what_was_asked_for_again_is_not_taken_back_in_the_older_job(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    take_in(requested, after(0))
    cli("attest", "1", "P0001")
    cli("attest", "1", "P0001", "--take-back")
    assert states(cli)["P0001"] == "requested"
    cli("withdraw", "1", "P0001")
    assert cli("revoke", "P0001", "--yes").code == 0
    assert cli("attest", "1", "P0001", "--take-back").code == ExitCode.REFUSED


# -- withdrawing -------------------------------------------------------------------------------------------------------


def test_a_request_is_withdrawn_and_can_be_made_again(cli: Run, requested: SchoolFiles) -> None:
    result = cli("withdraw", "1", "P0001", "--reason", "a sister comes in February")
    assert result.out.startswith("1 withdrawn from job 1.")
    state, detail = outcomes(cli)["P0001"]
    assert state == "cancelled"
    assert detail.endswith(": a sister comes in February")
    assert actions(cli, "P0001") == ["revoke withdrawn"]
    assert status(cli, "P0001") == "ready_to_revoke", "nothing was changed on the account"
    assert cli("withdraw", "1", "P0001").code == ExitCode.REFUSED
    assert cli("attest", "1", "P0001").code == ExitCode.REFUSED
    assert cli("revoke", "P0001", "--yes").code == 0
    assert cli("withdraw", "1").out.startswith("2 withdrawn")
    assert cli("status", "--json").json()["requested"] == 1


def test_what_was_withdrawn_is_not_verified(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    cli("withdraw", "1")
    requested.contacts["P0001"]["username"] = ""
    assert "Requests verified" not in take_in(requested, after(0)).out
    assert set(states(cli).values()) == {"cancelled"}


def test_what_was_not_done_is_withdrawn_by_code(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    take_in(requested, after(0))
    assert cli("withdraw", "1", "P0001", "P0002").code == 0
    assert "1 request not carried out, the portal still lists the username: P0004." in cli("status").out


def test_a_read_only_session_says_nothing(cli: Run, requested: SchoolFiles) -> None:
    for verb in (("attest",), ("attest", "--take-back"), ("withdraw",)):
        assert cli("--read-only", *verb, "1").code == ExitCode.REGISTER
    assert set(states(cli).values()) == {"requested"}


# -- overdue -----------------------------------------------------------------------------------------------------------


def grow_old(register: Path, days: int) -> None:
    """What was requested, was so many days ago."""
    with sqlite3.connect(register) as connection:
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        connection.execute("UPDATE items SET acted_at = ?", (at,))
    connection.close()


def test_what_waits_for_a_week_is_overdue_everywhere(cli: Run, requested: SchoolFiles, register: Path) -> None:
    assert cli("status", "--json").json()["overdue"] == []
    assert cli("status", "--fail-if-due").code == 0
    grow_old(register, 8)
    shown = cli("status", "--fail-if-due")
    assert shown.code == ExitCode.DUE
    (line,) = (line for line in shown.out.splitlines() if line.startswith("Overdue"))
    assert "3 requests of job 1 (revoke) wait since" in line
    assert "8 days" in line
    assert "(P0001, P0002 and P0004)" in line
    (overdue,) = cli("status", "--json").json()["overdue"]
    assert (overdue["job"], overdue["codes"], overdue["days"]) == (1, ["P0001", "P0002", "P0004"], 8)
    assert "Overdue: 3 requests of job 1" in cli("jobs").out
    assert "Overdue: 3 requests of job 1" in cli("jobs", "1").out
    assert "engage-accounts withdraw 1 CODE" in cli("jobs", "1").out
    assert len(cli("jobs", "1", "--json").json()["overdue"]) == 1
    cli("attest", "1", "P0001")
    cli("withdraw", "1")
    assert cli("status", "--json").json()["overdue"] == []


@pytest.mark.parametrize(("days", "count"), [(0, 0), (9, 0), (8, 1)])
def test_the_config_says_after_how_many_days(
    cli: Run, requested: SchoolFiles, register: Path, configure: Callable[[str], Path], days: int, count: int
) -> None:
    grow_old(register, 8)
    configure(f"[schedule]\noverdue_days = {days}\n")
    assert len(cli("status", "--json").json()["overdue"]) == count


# -- who knows of accounts ---------------------------------------------------------------------------------------------


def test_the_feed_is_believed_where_the_config_says_so(
    cli: Run, take_in: TakeIn, imported: SchoolFiles, configure: Callable[[str], Path]
) -> None:
    configure('[accounts]\nsource = "feed"\n')
    imported.contacts["P0010"]["username"] = ""
    imported.contacts["P0011"]["username"] = "another"
    take_in(imported, after(0))
    assert status(cli, "P0010") == "ready_to_provision"
    assert cli("why", "P0011", "--json").json()["username"] == "another"


def test_the_register_is_believed_where_the_config_says_so(
    cli: Run, take_in: TakeIn, imported: SchoolFiles, configure: Callable[[str], Path]
) -> None:
    configure('[accounts]\nsource = "register"\n')
    assert cli("revoke", "P0001", "P0002", "--yes").code == 0
    imported.contacts["P0010"]["username"] = ""
    imported.contacts["P0011"]["username"] = "another"
    imported.contacts["P0012"]["username"] = imported.contacts["P0012"]["username"].upper()
    imported.contacts["P0001"]["username"] = ""
    result = take_in(imported, after(0)).out
    assert status(cli, "P0010") == "active"
    assert cli("why", "P0011", "--json").json()["username"] == "user.p0011"
    assert "1 username in the feed not taken over" in result, "and one that is spelt otherwise is no other"
    assert states(cli) == {"P0001": "done", "P0002": "failed"}, "a request is verified all the same"


def test_a_feed_without_usernames_is_told_and_takes_nothing(
    cli: Run, imported: SchoolFiles, configure: Callable[[str], Path], tmp_path: Path
) -> None:
    configure('[accounts]\nsource = "feed"\n')
    before = cli("list", "--format", "json").json()
    folder = without_usernames(imported, tmp_path / "without", after(0))
    assert cli("import", folder).code == ExitCode.IMPORT_STOPPED, "it had the column before"
    said = "! accounts.source in the config says that the feed knows who has an account, but this one says nothing"
    for options in (["--dry-run"], []):
        assert said in cli("import", folder, "--accept-shrink", *options).out
    assert cli("list", "--format", "json").json() == before


def test_a_feed_is_not_believed_where_accounts_live_in_the_register(
    cli: Run, imported: SchoolFiles, configure: Callable[[str], Path]
) -> None:
    configure('[accounts]\nservice = "embedded"\nsource = "feed"\n')
    result = cli("status")
    assert result.code == ExitCode.CONFIG
    assert "accounts.source" in result.err
    configure('[accounts]\nsource = "feed"\n')
    assert cli("demo", "--no-screen").code == 0, "the demo stands for itself"
