"""Comparing the register with a real SCIM service: what is told, what is taken over, and that nothing changes there."""

import pytest

from tests.services.scim_school import ScimSchool
from tui.domain.drift import Drift
from tui.errors import Refused
from tui.manager.doctoring import Health


def test_what_differs_is_told_and_nothing_is_changed(scim_school: ScimSchool) -> None:
    server, manager = scim_school.server, scim_school.manager()
    server.client.delete(f"/Users/{scim_school.ids['P0005']}")
    server.put("kate.there", "P0020")
    server.put("second", "P0006")
    before = server.users()
    assert any("Nobody has compared" in warning for warning in manager.overview().warnings)
    found = manager.reconcile()
    assert {(one.kind, one.code) for one in found.drift} == {
        (Drift.NOT_THERE, "P0005"),
        (Drift.NOT_HERE, "P0020"),
        (Drift.DOUBLED, "P0006"),
        (Drift.UNKNOWN_CODE, "X0001"),
    }
    assert server.users() == before
    assert manager.why("P0005").facts.username == "user.p0005"
    assert not any("Nobody has compared" in warning for warning in manager.overview().warnings)


def test_what_a_person_names_is_taken_over(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    scim_school.server.put("kate.there", "P0020")
    scim_school.server.client.delete(f"/Users/{scim_school.ids['P0005']}")
    found = manager.reconcile()
    assert manager.take_over(found) == 1
    assert manager.why("P0020").facts.username == "kate.there"
    assert manager.why("P0005").facts.username == "user.p0005", "what is gone is taken over by name only"
    assert manager.take_over(found, ["P0005"]) == 1
    assert manager.why("P0005").facts.username == ""
    assert scim_school.rows("SELECT subject FROM audit WHERE action = 'account taken over'") == [("P0020",), ("P0005",)]
    assert [one.kind for one in manager.reconcile().drift] == [Drift.UNKNOWN_CODE]
    with pytest.raises(Refused, match="nothing to take over for P0001"):
        manager.take_over(found, ["P0001"])


def test_a_revoked_account_that_is_opened_there_again_is_told(scim_school: ScimSchool) -> None:
    manager = scim_school.manager()
    scim_school.revoke(manager, "P0001")
    assert Drift.CAME_BACK not in {one.kind for one in manager.reconcile().drift}
    scim_school.server.client.patch(
        f"/Users/{scim_school.ids['P0001']}",
        json={
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [
                {"op": "replace", "path": "active", "value": True},
                {"op": "replace", "path": "userName", "value": "user.p0001"},
            ],
        },
    )
    assert (Drift.CAME_BACK, "P0001") in {(one.kind, one.code) for one in manager.reconcile().drift}


def test_the_doctor_tries_the_service_and_changes_nothing(
    scim_school: ScimSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scim_school.server.users()
    (service,) = [check for check in scim_school.manager().doctor() if check.name == "service"]
    assert service.health is Health.OK
    assert "Kew IdM answers; it has 20 records" in service.sentence
    assert scim_school.server.users() == before
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", "another")
    (wrong,) = [check for check in scim_school.manager().doctor() if check.name == "service"]
    assert wrong.health is Health.WRONG
    assert "refuses our token" in wrong.sentence
    assert "services.scim" in wrong.todo
    monkeypatch.delenv("ENGAGE_ACCOUNTS_SCIM_TOKEN")
    (missing,) = [check for check in scim_school.manager().doctor() if check.name == "service"]
    assert "ENGAGE_ACCOUNTS_SCIM_TOKEN" in missing.todo
