"""What a service may answer that a real one doesn't when it is asked to: nobody else's account is touched by it, and
what was not done is not told as done."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.letters import token_in
from tests.school import FIRST, families
from tests.servers.odd_scim import NOT_THERE, OddServer
from tests.services.odd_school import Make
from tests.services.scim_school import GOOD, NOW, PASSWORD, YES, states
from tui.domain.drift import Drift
from tui.domain.gates import Verb
from tui.errors import LeaseLost, Refused, ServiceError
from tui.feeds import open_feed
from tui.jobs.plan import JobReport


def detail(report: JobReport) -> str:
    (outcome,) = report.outcomes
    return outcome.detail


# -- passwords ---------------------------------------------------------------------------------------------------------


def test_a_password_that_is_refused_is_not_told_to_the_parent_as_set(make: Make, odd: OddServer) -> None:
    school = make()
    manager = school.manager()
    _, token = school.welcome(manager, "P0020")
    odd.takes_passwords = False
    with pytest.raises(Refused, match="does not take this username or password"):
        manager.redeemer().redeem(token, "kate.new", GOOD)
    assert odd.of_code("P0020")["active"] is False, "active without a password it would offer a first login"
    odd.takes_passwords = True
    manager.redeemer().redeem(token, "kate.new", GOOD)
    record = odd.of_code("P0020")
    assert (record["active"], record["userName"], odd.passwords[record["id"]]) == (True, "kate.new", GOOD)


def test_neither_is_one_of_a_reset(make: Make, odd: OddServer) -> None:
    school = make()
    manager = school.manager()
    manager.run(manager.plan(Verb.RESET, ["P0005"]), YES)
    token = token_in(school.outbox()[0], "reset")
    odd.takes_passwords = False
    with pytest.raises(Refused, match="does not take"):
        manager.redeemer().redeem(token, "", GOOD)
    assert odd.passwords[school.ids["P0005"]] == PASSWORD


# -- whose record it is ------------------------------------------------------------------------------------------------


def test_a_code_that_was_reused_is_taken_over_by_name_only(make: Make, odd: OddServer) -> None:
    school = make()
    name = {"givenName": "Someone", "familyName": "Else"}
    old = odd.put("old.holder", "P0020", password="old", name=name, emails=[{"value": "someone@else.example"}])
    manager = school.manager()
    found = manager.reconcile()
    assert [one.kind for one in found.drift if one.code == "P0020"] == [Drift.REUSED]
    assert manager.take_over(found) == 0
    assert manager.take_over(found, ["P0020"]) == 1
    report = manager.run(manager.plan(Verb.RESET, ["P0020"]), YES)
    assert "another name and email" in detail(report)
    assert not school.outbox()
    assert odd.passwords[old] == "old"


def test_of_a_familys_email_each_parent_has_their_own_record(make: Make, odd: OddServer) -> None:
    odd.keeps_codes = False
    files = families(6)
    for code, name in (("P0005", "Maria"), ("P0006", "Peter")):
        files.contacts[code] |= {"username": "", "email": "family@home.example", "given_name": name}
    school = make(files)
    manager = school.manager()
    first, token = school.welcome(manager, "P0005")
    second, none = school.welcome(manager, "P0006")
    assert (states(first), states(second), none) == ({"P0005": "done"}, {"P0006": "failed"}, "")
    manager.redeemer().redeem(token, "maria", GOOD)
    (record,) = [one for one in odd.store.values() if one["userName"] == "maria"]
    assert record["name"]["givenName"] == "Maria"


def test_who_shares_a_username_is_not_deactivated_for_the_other(make: Make, odd: OddServer) -> None:
    odd.keeps_codes = False
    files = families(6)
    files.contacts["P0001"]["username"], files.contacts["P0002"]["username"] = "smith", "Smith"
    files.leave("S0001")
    school = make(files)
    del odd.store[school.ids["P0001"]]
    report = school.revoke(school.manager(), "P0001")
    assert "P0002 has it here too" in detail(report)
    assert school.of("P0002")["active"] is True


@pytest.mark.parametrize("code", [9009, "Z0009\u00a0", "Z" * 501])
def test_a_code_that_can_not_be_read_is_not_taken_for_none(make: Make, odd: OddServer, code: object) -> None:
    school = make()
    del odd.store[school.ids["P0001"]]
    other = odd.put("user.p0001", "Z")
    odd.store[other]["externalId"] = code
    assert states(school.revoke(school.manager(), "P0001")) == {"P0001": "failed"}
    assert odd.store[other]["active"] is True


@pytest.mark.parametrize("username", ["user.p0001\u200b", 17])
def test_of_two_records_with_one_code_the_odd_one_counts(make: Make, odd: OddServer, username: Any) -> None:
    school = make()
    other = odd.put("x", "P0001")
    odd.store[other]["userName"] = username
    if not isinstance(username, str):
        odd.filters = False
    assert states(school.revoke(school.manager(), "P0001")) == {"P0001": "failed"}
    assert school.of("P0001")["active"] is True


def test_revoked_under_the_code_is_not_revoked_where_another_record_has_the_username(
    make: Make, odd: OddServer
) -> None:
    school = make()
    odd.store[school.ids["P0001"]] |= {"userName": "revoked-0123", "active": False}
    live = odd.put("user.p0001", password="x")
    report = school.revoke(school.manager(), "P0001")
    assert "another one has the username" in detail(report)
    assert odd.store[live]["active"] is True


def test_a_username_that_is_revoked_a_second_time_leaves_a_name_of_its_own(
    make: Make, odd: OddServer, tmp_path: Path
) -> None:
    odd.keeps_codes = False
    files = families(6)
    files.leave("S0001")
    now = [NOW - timedelta(days=10)]
    school = make(files)
    manager = school.manager(clock=lambda: now[0])
    assert states(school.revoke(manager, "P0001")) == {"P0001": "done"}
    files.students["S0001"] |= {"status": "enrolled", "exit_date": ""}
    files.contacts["P0001"]["username"] = ""
    now[0] += timedelta(days=1)
    manager.import_roster(open_feed(files.write(tmp_path / "second", FIRST + timedelta(days=11))))
    _, token = school.welcome(manager, "P0001")
    manager.redeemer().redeem(token, "user.p0001", GOOD)
    files.leave("S0001")
    now[0] += timedelta(days=2)
    manager.import_roster(open_feed(files.write(tmp_path / "third", FIRST + timedelta(days=13))))
    assert states(school.revoke(manager, "P0001")) == {"P0001": "done"}
    left = sorted(one["userName"] for one in odd.store.values() if one["active"] is False)
    assert len(left) == 2
    assert left[1] == f"{left[0]}-1"
    report = manager.run(manager.restore_plan(max(job.id for job in manager.jobs())), YES)
    assert states(report) == {"P0001": "done"}
    (open_again,) = [one for one in odd.store.values() if one["userName"] == "user.p0001"]
    assert open_again["active"] is True
    assert [one["userName"] for one in odd.store.values() if one["active"] is False] == [left[0]]


# -- who writes to parents itself --------------------------------------------------------------------------------------


def test_a_service_that_writes_itself_is_not_said_to_have_written_where_it_made_nothing(
    make: Make, odd: OddServer
) -> None:
    school = make(sends_own_mail=True)
    manager = school.manager()
    name = {"givenName": "Given0020", "familyName": "Surname0020"}
    waiting = odd.put("revoked-aa", "P0020", active=False, name=name)
    for code in ("P0005", "P0020"):
        report = manager.run(manager.plan(Verb.WELCOME, [code]), YES)
        assert "the service writes only when it makes one" in detail(report)
    assert not odd.writes
    assert odd.store[waiting]["active"] is False


# -- what goes wrong on the way ----------------------------------------------------------------------------------------


def test_a_gateway_that_knows_nobody_for_a_moment_fails_nobody(make: Make, odd: OddServer) -> None:
    odd.filters = False
    school = make()
    odd.before = lambda method, path, _: NOT_THERE if method == "GET" and path.startswith("/v2/Users/") else None
    assert set(states(school.revoke(school.manager())).values()) == {"done"}


def test_half_a_letter_and_a_date_of_no_time_stop_no_job(make: Make, odd: OddServer) -> None:
    odd.patch = False
    school = make()
    odd.store[school.ids["P0001"]]["displayName"] = "Given \ud83d"
    assert states(school.revoke(school.manager(), "P0001")) == {"P0001": "done"}
    late = {"Retry-After": "Mon, 01 Jan 2027 00:00:00 +99999999999999999999"}
    odd.before = lambda method, *_: (503, {}, late) if method == "PUT" else None
    assert states(school.revoke(school.manager(), "P0002")) == {"P0002": "failed"}


def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = make()
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", "geheim-ü-token")
    with pytest.raises(ServiceError, match="no header can carry") as caught:
        school.manager().service.check()  # type: ignore[attr-defined]  # of SCIM alone
    assert "geheim" not in repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__)


def test_a_filter_that_never_ends_is_not_believed(make: Make, odd: OddServer) -> None:
    school = make()
    asked = [0]
    usual = odd._list

    def endless(query: dict[str, list[str]]) -> Any:
        if "filter" not in query:
            return usual(query)
        asked[0] += 1
        record = {"id": f"{asked[0]}", "userName": f"u{asked[0]}", "externalId": "P0001"}
        return 200, {"totalResults": 10**9, "Resources": [record]}, {}

    odd._list = endless  # type: ignore[method-assign]  # this once it is another server
    assert states(school.revoke(school.manager(), "P0001")) == {"P0001": "done"}
    assert asked[0] < 100


def test_a_job_that_was_taken_over_leaves_the_line_to_be_closed(make: Make) -> None:
    service = make().manager().service

    def lost() -> bool:
        raise LeaseLost("Another session has the job.")

    with pytest.raises(LeaseLost):
        service.revoke([], lost)
    service.accounts()  # type: ignore[attr-defined]  # of SCIM alone
    service.close()
    assert service._web is None  # type: ignore[attr-defined]  # of SCIM alone


def test_links_are_served_for_days_by_whoever_looks_anew(make: Make, odd: OddServer) -> None:
    odd.filters = False
    school = make()
    portal, desk = school.manager(), school.manager()
    _, first = school.welcome(desk, "P0020")
    portal.redeemer().redeem(first, "kate.new", GOOD)
    del odd.store[school.ids["P0010"]]
    desk.take_over(desk.reconcile(), ["P0010"])
    _, second = school.welcome(desk, "P0010")
    portal.redeemer().redeem(second, "ten.new", GOOD)
    assert odd.of_code("P0010")["userName"] == "ten.new"


# -- comparing ---------------------------------------------------------------------------------------------------------


def test_what_is_taken_over_as_none_is_not_adopted_again_from_an_old_feed(
    make: Make, odd: OddServer, tmp_path: Path
) -> None:
    school = make()
    del odd.store[school.ids["P0010"]]
    manager = school.manager()
    assert manager.take_over(manager.reconcile(), ["P0010"]) == 1
    manager.import_roster(open_feed(school.files.write(tmp_path / "next", NOW + timedelta(hours=20))))
    assert manager.why("P0010").facts.username == ""


def test_what_was_changed_since_the_comparison_is_left_alone(make: Make, odd: OddServer) -> None:
    school = make()
    manager = school.manager()
    odd.store[school.ids["P0001"]]["userName"] = "renamed.there"
    found = manager.reconcile()
    odd.store[school.ids["P0001"]]["userName"] = "user.p0001"
    school.revoke(school.manager(), "P0001")
    assert manager.take_over(found, ["P0001"]) == 0
    assert manager.why("P0001").facts.username == ""


def test_a_comparison_says_what_an_act_would_meet(make: Make, odd: OddServer) -> None:
    school = make()
    odd.put("revoked-abc", "P0001", active=False)
    odd.store[school.ids["P0002"]]["userName"] = " user.p0002"
    odd.store[school.ids["P0010"]] |= {"userName": "revoked-abd", "active": False}
    manager = school.manager()
    kinds = {one.code: one.kind for one in manager.reconcile().drift}
    assert kinds == {"P0001": Drift.DOUBLED, "P0010": Drift.INACTIVE_THERE, "X0001": Drift.UNKNOWN_CODE}
    assert states(school.revoke(manager, "P0001")) == {"P0001": "failed"}
    assert states(school.revoke(manager, "P0002")) == {"P0002": "done"}


def test_where_usernames_are_kept_who_is_closed_there_is_told(make: Make, odd: OddServer) -> None:
    school = make(keeps_usernames=True)
    odd.store[school.ids["P0010"]]["active"] = False
    (first, *_) = school.manager().reconcile().drift
    assert (first.kind, first.code) == (Drift.INACTIVE_THERE, "P0010")
