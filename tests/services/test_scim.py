"""The SCIM service against a real scim2-server: who is found, what a revoke leaves, what is never touched."""

from pathlib import Path
from typing import Any

import pytest

from tests.servers.scim2 import ScimServer
from tests.services.scim_school import GOOD, YES, ScimSchool, make_school, states
from tui.domain.gates import Verb
from tui.errors import Refused


def others(scim_server: ScimServer, *ids: str) -> dict[str, Any]:
    return {id_: record for id_, record in scim_server.users().items() if id_ not in ids}


def test_a_revoke_deactivates_renames_and_is_followed_by_the_register(scim_school: ScimSchool) -> None:
    leavers = [scim_school.ids[code] for code in ("P0001", "P0002", "P0003")]
    before = others(scim_school.server, *leavers)
    manager = scim_school.manager()
    report = scim_school.revoke(manager)
    assert states(report) == dict.fromkeys(("P0001", "P0002", "P0003"), "done")
    for code in ("P0001", "P0002", "P0003"):
        record = scim_school.of(code)
        assert record["active"] is False
        assert record["userName"].startswith("revoked-")
        assert record["externalId"] == code
        assert manager.why(code).facts.username == ""
    assert others(scim_school.server, *leavers) == before
    assert scim_school.rows("SELECT count(*) FROM audit WHERE action = 'revoke'") == [(3,)]


def test_it_acts_once_however_often_it_is_asked(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    scim_school.revoke(manager, "P0001")
    before = scim_school.server.users()
    # As after a crash before anything was recorded: the register still has the account.
    for sql in (
        "UPDATE accounts SET username = 'user.p0001', username_key = 'user.p0001', revoked_at = ''"
        " WHERE person = (SELECT id * 4 FROM contacts WHERE code = 'P0001')",
        "UPDATE items SET state = 'claimed'",
        "UPDATE jobs SET state = 'stopped', runner = '', lease_until = ''",
    ):
        import sqlite3

        connection = sqlite3.connect(scim_school.register)
        with connection:
            connection.execute(sql)
        connection.close()
    assert states(scim_school.manager().resume(1)) == {"P0001": "done"}
    assert scim_school.server.users() == before
    assert scim_school.manager().why("P0001").facts.username == ""


def test_many_go_in_one_request_and_are_read_back_one_by_one(
    scim_server: ScimServer, register: Path, tmp_path: Path
) -> None:
    scim_school = make_school(register, tmp_path / "extract", scim_server, size=80, leavers=15)
    before = others(scim_server, *(scim_school.ids[f"P{number:04}"] for number in range(1, 16)))
    report = scim_school.revoke(scim_school.manager())
    assert set(states(report).values()) == {"done"}
    assert others(scim_server, *(scim_school.ids[f"P{number:04}"] for number in range(1, 16))) == before
    assert "POST /v2/Bulk" in (tmp_path / "scim2-server.log").read_text()
    scim_school.close()


def test_two_records_with_one_code_are_left_alone(scim_school: ScimSchool) -> None:
    scim_school.server.put("double", "P0002")
    before = scim_school.server.users()
    report = scim_school.revoke(scim_school.manager(), "P0002")
    assert states(report) == {"P0002": "failed"}
    assert "2 records there" in report.outcomes[0].detail
    assert scim_school.server.users() == before


def test_a_record_whose_username_is_another_s_is_left_alone(scim_school: ScimSchool) -> None:
    scim_school.server.client.patch(
        f"/Users/{scim_school.ids['P0001']}",
        json={
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "userName", "value": "somebody.else"}],
        },
    )
    before = scim_school.server.users()
    report = scim_school.revoke(scim_school.manager(), "P0001")
    assert states(report) == {"P0001": "failed"}
    assert "another username there" in report.outcomes[0].detail
    assert scim_school.server.users() == before


def test_without_a_code_there_it_is_found_by_its_username(scim_school: ScimSchool) -> None:
    scim_school.server.client.delete(f"/Users/{scim_school.ids['P0001']}")
    found = scim_school.server.put("USER.p0001")
    assert states(scim_school.revoke(scim_school.manager(), "P0001")) == {"P0001": "done"}
    assert scim_school.server.user(found)["active"] is False


def test_a_username_on_a_record_of_another_code_is_left_alone(scim_school: ScimSchool) -> None:
    scim_school.server.client.delete(f"/Users/{scim_school.ids['P0001']}")
    found = scim_school.server.put("user.p0001", "Z0009")
    report = scim_school.revoke(scim_school.manager(), "P0001")
    assert states(report) == {"P0001": "failed"}
    assert "another contact's code" in report.outcomes[0].detail
    assert scim_school.server.user(found)["active"] is True


def test_nobody_there_is_not_called_revoked(scim_school: ScimSchool) -> None:
    scim_school.server.client.delete(f"/Users/{scim_school.ids['P0001']}")
    manager = scim_school.manager()
    report = scim_school.revoke(manager, "P0001")
    assert states(report) == {"P0001": "failed"}
    assert "no record" in report.outcomes[0].detail
    assert manager.why("P0001").facts.username == "user.p0001"


def test_a_service_that_is_away_stops_the_job_and_leaves_it_open(
    scim_server: ScimServer, register: Path, tmp_path: Path
) -> None:
    scim_school = make_school(register, tmp_path / "extract", scim_server, url="http://127.0.0.1:9/v2")
    report = scim_school.revoke(scim_school.manager())
    assert report.stopped
    assert "can't be reached" in report.stopped_why
    assert set(states(report).values()) == {"pending"}
    scim_school.close()


def test_a_refused_token_is_said_so(scim_school: ScimSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", "another")
    report = scim_school.revoke(scim_school.manager(), "P0001")
    assert report.stopped
    assert "refuses our token" in report.stopped_why
    assert scim_school.of("P0001")["active"] is True


def test_a_username_is_given_back(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    scim_school.revoke(manager, "P0001")
    before = others(scim_school.server, scim_school.ids["P0001"])
    report = manager.run(manager.restore_plan(1), YES)
    assert states(report) == {"P0001": "done"}
    assert (scim_school.of("P0001")["userName"], scim_school.of("P0001")["active"]) == ("user.p0001", True)
    assert manager.why("P0001").facts.username == "user.p0001"
    assert others(scim_school.server, scim_school.ids["P0001"]) == before


class Killed(BaseException):
    """Stands for a kill between the act elsewhere and its record here."""


@pytest.mark.parametrize("verb", [Verb.REVOKE, Verb.RESTORE])
def test_what_was_done_there_before_a_kill_is_recorded_when_the_job_is_cancelled(
    scim_school: ScimSchool, monkeypatch: pytest.MonkeyPatch, verb: Verb
) -> None:
    manager = scim_school.manager()
    if verb is Verb.RESTORE:
        scim_school.revoke(manager, "P0001")
        plan = manager.restore_plan(1)
    else:
        plan = manager.plan(Verb.REVOKE, ["P0001"])
    before = manager.why("P0001").facts.username

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr("tui.jobs.runner.follow", kill)
        with pytest.raises(Killed):
            manager.run(plan, YES)
    is_open = verb is Verb.RESTORE
    assert scim_school.of("P0001")["active"] is is_open
    assert manager.why("P0001").facts.username == before
    (job,) = manager.stopped_jobs()
    assert manager.cancel(job.id)
    assert manager.why("P0001").facts.username == ("user.p0001" if is_open else "")
    assert states(manager.report(job.id)) == {"P0001": "done"}


def test_a_welcome_makes_a_record_that_waits_and_the_link_opens_it(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    before = scim_school.server.users()
    report, token = scim_school.welcome(manager, "P0020")
    assert states(report) == {"P0020": "done"}
    (new,) = set(scim_school.server.users()) - set(before)
    waiting = scim_school.server.user(new)
    assert (waiting["externalId"], waiting["active"], waiting["userName"]) == (
        "P0020", False, "p0020@families.example",
    )  # fmt: skip
    assert new not in scim_school.server.with_password()
    manager.redeemer().redeem(token, "kate.new", GOOD)
    opened = scim_school.server.user(new)
    assert (opened["userName"], opened["active"]) == ("kate.new", True)
    assert new in scim_school.server.with_password()
    assert manager.why("P0020").facts.username == "kate.new"
    with pytest.raises(Refused):
        manager.redeemer().redeem(token, "kate.new", GOOD)
    assert {id_: record for id_, record in scim_school.server.users().items() if id_ != new} == before


def test_a_username_that_is_taken_there_can_t_be_chosen(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    _, token = scim_school.welcome(manager, "P0020")
    with pytest.raises(Refused, match="taken"):
        manager.redeemer().redeem(token, "Stranger", GOOD)
    manager.redeemer().redeem(token, "kate.new", GOOD)


def test_a_link_that_died_while_it_was_used_opens_nothing(
    scim_school: ScimSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = scim_school.manager()
    _, token = scim_school.welcome(manager, "P0020")
    give = manager.service.give  # type: ignore[attr-defined]  # of the SCIM service alone

    def slowly(*given: Any) -> None:
        give(*given)
        scim_school.manager().hold("P0020", "a call", kind="mail")

    monkeypatch.setattr(manager.service, "give", slowly)
    with pytest.raises(Refused):
        manager.redeemer().redeem(token, "kate.new", GOOD)
    (record,) = scim_school.server.users('externalId eq "P0020"').values()
    assert record["active"] is False
    assert record["userName"] != "kate.new"


def test_who_has_an_account_there_that_nobody_knew_is_not_welcomed(scim_school: ScimSchool) -> None:
    scim_school.server.put("kate.there", "P0020")
    report, token = scim_school.welcome(scim_school.manager(), "P0020")
    assert states(report) == {"P0020": "failed"}
    assert not token
    assert "does not know of" in report.outcomes[0].detail


def test_a_code_that_was_reused_is_not_opened_to_another(scim_school: ScimSchool) -> None:
    scim_school.server.put("old.holder", "P0020", active=False, name={"givenName": "Someone", "familyName": "Else"})
    report, token = scim_school.welcome(scim_school.manager(), "P0020")
    assert states(report) == {"P0020": "failed"}
    assert not token
    assert "reused" in report.outcomes[0].detail


def test_a_reset_goes_to_whoever_has_the_account_there(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    report = manager.run(manager.plan(Verb.RESET, ["P0005"]), YES)
    assert states(report) == {"P0005": "done"}
