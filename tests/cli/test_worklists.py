"""Worklists: requested is not revoked; a person attests it, a newer extract verifies it, an older one does neither."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import LATER, SECOND, SchoolFiles, families
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
BEFORE = datetime.now(UTC) - timedelta(minutes=1)
LATEST = LATER + timedelta(days=1)


def status(cli: Run, code: str) -> str:
    return str(cli("why", code, "--json").json()["status"])


def states(cli: Run, job: int = 1) -> dict[str, str]:
    return {outcome["code"]: outcome["state"] for outcome in cli("jobs", str(job), "--json").json()["outcomes"]}


@pytest.fixture
def requested(cli: Run, imported: SchoolFiles) -> SchoolFiles:
    """P0001, P0002 and P0004 are requested to be revoked, in job 1."""
    result = cli("revoke", "--all-ready", "--yes")
    assert result.code == 0
    assert "3 accounts requested, to be done by hand in SEQTA Engage: not revoked yet." in result.out
    assert "engage-accounts attest 1" in result.out
    return imported


def done_in_portal(school: SchoolFiles, *codes: str) -> SchoolFiles:
    for code in codes:
        school.contacts[code]["username"] = ""
    return school


def test_requested_is_not_revoked(cli: Run, requested: SchoolFiles, state: Path) -> None:
    assert status(cli, "P0001") == "ready_to_revoke"
    assert states(cli) == {"P0001": "requested", "P0002": "requested", "P0004": "requested"}
    assert cli("status", "--json").json()["requested"] == 3
    assert "3 requests on worklists" in cli("status").out
    assert "requested" in cli("list", "--find", "P0001").out
    again = cli("revoke", "P0001", "--yes", "--json")
    assert again.code == ExitCode.REFUSED
    assert "already requested in job 1" in again.json()["left_out"][0]["why"]


def test_a_person_attests_some_then_all(cli: Run, requested: SchoolFiles) -> None:
    result = cli("attest", "1", "P0001")
    assert (result.code, result.out.split(".")[0]) == (0, "1 attested as done in job 1")
    assert status(cli, "P0001") == "no_access"
    assert status(cli, "P0002") == "ready_to_revoke"
    for code in ("P0001", "P0010", "P9999"):
        refused = cli("attest", "1", code)
        assert refused.code == ExitCode.REFUSED
        assert code in refused.err
    assert cli("attest", "1").out.startswith("2 attested")
    assert cli("status", "--json").json()["requested"] == 0


def test_attested_is_neither_requested_nor_done(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    cli("attest", "1", "P0001")
    assert states(cli) == {"P0001": "attested", "P0002": "requested", "P0004": "requested"}
    shown = cli("jobs", "1").out
    assert "1 account attested as revoked in SEQTA Engage, to be verified by the next import" in shown
    assert "2 accounts requested, to be done by hand in SEQTA Engage: not revoked yet." in shown
    waits = "  P0002  Given0002 Surname0002\n  P0004  Given0004 Surname0004\n"
    assert f"\nRequested, still to be carried out:\n{waits}\nAttested, not verified yet:\n  P0001  " in shown
    assert cli("jobs", "1", "--json").json()["counts"]["attested"] == 1
    assert "! 1 revoke attested, not verified by an import yet." in cli("status").out
    cli("attest", "1")
    assert "Carry the list out" not in cli("jobs", "1").out, "it was"
    take_in(done_in_portal(requested, "P0001", "P0002", "P0004"), LATER)
    assert "attested" not in cli("status").out
    assert "3 accounts revoked in SEQTA Engage." in cli("jobs", "1").out


def test_of_many_who_wait_the_first_are_shown(cli: Run, take_in: TakeIn) -> None:
    school = families(300)
    take_in(school)
    school.leave(*(f"S{number:04}" for number in range(1, 26)))
    take_in(school, SECOND)
    assert cli("revoke", "--all-ready", "--yes").code == 0
    shown = cli("jobs", "1").out
    assert "  P0020  Given0020 Surname0020\n  ... and 5 more\n" in shown
    assert "P0021" not in shown


def test_what_was_not_done_is_told_until_it_is_asked_for_again(
    cli: Run, take_in: TakeIn, requested: SchoolFiles
) -> None:
    take_in(done_in_portal(requested, "P0002"), LATER)
    told = "2 requests not carried out, the portal still lists the username: P0001 and P0004."
    assert told in cli("status").out
    shown = cli("jobs", "1").out
    assert "2 of them: the extract of 1 Jan 2126 still lists the username" in shown
    assert "P0001  Given0001 Surname0001" in shown
    assert cli("hold", "P0004", "--note", "ring first").code == 0
    assert "1 request not carried out, the portal still lists the username: P0001." in cli("status").out
    assert cli("revoke", "P0001", "--yes").code == 0
    assert "not carried out" not in cli("status").out


def test_a_newer_extract_verifies_what_was_done(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    cli("attest", "1", "P0001")
    result = take_in(done_in_portal(requested, "P0001", "P0002", "P0004"), LATER)
    assert "Requests verified: 3 done" in result.out
    assert {status(cli, code) for code in ("P0001", "P0002", "P0004")} == {"no_access"}
    assert set(states(cli).values()) == {"done"}
    assert cli("status", "--json").json()["requested"] == 0


def test_what_was_not_done_is_ready_again(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    result = take_in(done_in_portal(requested, "P0002"), LATER)
    assert "1 done" in result.out
    assert "2 not done" in result.out
    assert "requested but not done" in result.out
    assert status(cli, "P0001") == "ready_to_revoke"
    assert states(cli) == {"P0001": "failed", "P0002": "done", "P0004": "failed"}
    again = cli("revoke", "--all-ready", "--yes", "--json").json()
    assert [outcome["code"] for outcome in again["outcomes"]] == ["P0001", "P0004"]


def test_what_was_attested_and_is_still_there_is_ready_again(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    assert cli("attest", "1").code == 0
    take_in(done_in_portal(requested, "P0002", "P0004"), LATER)
    assert status(cli, "P0001") == "ready_to_revoke"
    assert states(cli)["P0001"] == "failed"
    assert "still lists the username: not done" in cli("why", "P0001").out
    assert cli("revoke", "P0001", "--yes").code == 0


def test_what_was_attested_and_never_went_has_not_come_back(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    assert cli("attest", "1").code == 0
    result = take_in(done_in_portal(requested, "P0002", "P0004"), LATER, "--json").json()
    assert result["verified"] == {"done": 2, "not_done": 1}


def test_what_came_back_after_it_was_verified_is_told(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    take_in(done_in_portal(requested, "P0001", "P0002", "P0004"), LATER)
    requested.contacts["P0001"]["username"] = "user.p0001"
    result = take_in(requested, LATEST)
    assert "had been revoked and came back" in result.out
    assert status(cli, "P0001") == "ready_to_revoke"
    assert "had been revoked, but the extract of 2 Jan 2126 lists a username again" in cli("why", "P0001").out


def test_an_older_extract_proves_nothing(cli: Run, take_in: TakeIn, requested: SchoolFiles) -> None:
    cli("attest", "1", "P0001")
    result = take_in(requested, BEFORE)
    assert "Requests verified" not in result.out
    assert status(cli, "P0001") == "no_access", "it was made before the act, so it can't undo it"
    assert status(cli, "P0002") == "ready_to_revoke"
    assert states(cli)["P0002"] == "requested"
    take_in(done_in_portal(requested, "P0002"), BEFORE + timedelta(seconds=1))
    assert states(cli)["P0002"] == "requested", "nor can it verify it"


def test_an_extract_that_says_nothing_of_usernames_verifies_nothing(
    cli: Run, requested: SchoolFiles, tmp_path: Path
) -> None:
    folder = requested.write(tmp_path / "without", LATER)
    with (folder / "contacts.csv").open(newline="") as file:
        rows = [row[:-2] for row in csv.reader(file)]
    with (folder / "contacts.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert cli("import", folder).code == ExitCode.IMPORT_STOPPED
    assert cli("import", folder, "--accept-shrink").code == 0
    assert set(states(cli).values()) == {"requested"}


def test_a_welcome_is_requested_and_not_sent(cli: Run, take_in: TakeIn, imported: SchoolFiles, state: Path) -> None:
    result = cli("welcome", "--all-ready", "--yes", "--json")
    assert [(o["code"], o["state"]) for o in result.json()["outcomes"]] == [("P0005", "requested")]
    assert not (state / "outbox").exists(), "the portal sends its own"
    assert "SEQTA Engage sends its own welcome email" in result.err
    assert cli("welcome", "P0005", "--yes").code == ExitCode.REFUSED
    take_in(imported, LATER)
    assert states(cli) == {"P0005": "requested"}, "a parent answers in their own time"
    imported.contacts["P0005"]["username"] = "user.p0005"
    take_in(imported, LATEST)
    assert states(cli) == {"P0005": "done"}
    assert status(cli, "P0005") == "active"


def test_a_job_is_shown_with_what_became_of_it(cli: Run, requested: SchoolFiles) -> None:
    (job,) = cli("jobs", "--json").json()
    assert (job["id"], job["verb"], job["service"], job["state"]) == (1, "revoke", "worklist", "done")
    assert job["counts"] == {"requested": 3}
    assert "3 requested" in cli("jobs").out
    assert cli("resume", "1").code == ExitCode.REFUSED, "it is done"


def test_a_job_of_the_other_service_is_not_gone_on_with(
    cli: Run, requested: SchoolFiles, configure: Callable[[str], Path], register: Path
) -> None:
    import sqlite3

    with sqlite3.connect(register) as connection:
        connection.execute("UPDATE jobs SET state = 'stopped'")
        connection.execute("UPDATE items SET state = 'pending'")
    connection.close()
    configure('[accounts]\nservice = "embedded"\n')
    result = cli("resume", "1")
    assert result.code == ExitCode.REFUSED
    assert "planned for the worklist service" in result.err
    assert status(cli, "P0001") == "ready_to_revoke"


def test_a_request_that_became_wrong_is_called_back(cli: Run, requested: SchoolFiles) -> None:
    assert "Do not revoke" not in cli("status").out
    assert cli("hold", "P0001", "--note", "ring first").code == 0
    assert "Do not revoke any more, though a worklist still says so: P0001 (job 1)" in cli("status").out
