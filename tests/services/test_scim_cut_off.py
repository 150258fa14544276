"""A line to a SCIM service that is cut, or a program that is killed, in the middle: what was done there is known again
afterwards, and what was half done is said."""

import sqlite3
import time
from pathlib import Path

import pytest

from tests.servers.odd_scim import INVALID, OddServer
from tests.services.odd_school import Make
from tests.services.scim_school import GOOD, NOW, YES, ScimSchool, states
from tui.domain.gates import Verb
from tui.errors import ServiceError
from tui.feeds import open_feed
from tui.register import accounts
from tui.services.scim_records import Operation, ScimUser
from tui.services.scim_wire import ScimWire, Wrote


class Killed(BaseException):
    """As after kill -9: nothing of the run goes on."""


def go_away(odd: OddServer, *, after: str) -> None:
    """It is away once it has carried out a request of this method."""

    def then(method: str, path: str, body: object) -> None:
        odd.is_away = odd.is_away or method == after

    odd.after = then


def come_back(odd: OddServer) -> None:
    odd.after, odd.is_away = None, False


def killed_at_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program dies before it sends a password by itself."""
    usual = ScimWire.change

    async def change(wire: ScimWire, user: ScimUser, operations: list[Operation]) -> Wrote:
        if [operation["path"] for operation in operations] == ["password"]:
            raise Killed
        return await usual(wire, user, operations)

    monkeypatch.setattr(ScimWire, "change", change)


def killed_before_it_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr("tui.jobs.runner.follow", kill)


def half_revoked(school: ScimSchool, odd: OddServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """P0001 is deactivated there, and the program is killed."""
    odd.all_at_once = False
    manager = school.manager()
    with monkeypatch.context() as until:
        killed_at_the_password(until)
        with pytest.raises(Killed):
            school.revoke(manager, "P0001")
    assert school.of("P0001")["active"] is False


# -- a revoke ----------------------------------------------------------------------------------------------------------


def test_one_after_the_other_what_was_sent_is_not_told_as_untouched(make: Make, odd: OddServer) -> None:
    school = make()
    odd.all_at_once = False
    go_away(odd, after="PATCH")
    school.revoke(school.manager(), "P0001")
    assert school.rows("SELECT state FROM items") == [("claimed",)]
    come_back(odd)
    manager = school.manager()
    assert states(manager.resume(1)) == {"P0001": "done"}


def test_half_done_and_then_not_to_be_done_it_says_what_was(
    make: Make, odd: OddServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    school = make()
    half_revoked(school, odd, monkeypatch)
    school.files.students["S0001"] |= {"status": "enrolled", "exit_date": ""}
    manager = school.manager()
    manager.import_roster(open_feed(school.files.write(tmp_path / "next", NOW)))
    report = manager.resume(1)
    assert states(report) == {"P0001": "skipped"}
    assert report.outcomes[0].detail.endswith("; its record there is deactivated")


def test_half_done_and_then_cancelled_it_says_what_was(
    make: Make, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = make()
    half_revoked(school, odd, monkeypatch)
    manager = school.manager()
    manager.cancel(1)
    (outcome,) = manager.report(1).outcomes
    assert (outcome.state, outcome.detail) == ("cancelled", "cancelled by kim; its record there is deactivated")


@pytest.mark.parametrize("late", [True, False])
def test_to_be_cancelled_while_the_service_is_away_it_stays_to_be_looked_at(
    make: Make, odd: OddServer, *, late: bool
) -> None:
    """Another session asks for it while a revoke is on its way: before and after this one looks for such a word."""
    school = make()
    manager = school.manager()

    def asked(method: str, path: str, body: object) -> None:
        if method == "PATCH":
            odd.is_away = True
            with sqlite3.connect(school.register, timeout=10) as connection:
                connection.execute("UPDATE jobs SET asked = 'cancel'")
            connection.close()
            time.sleep(0 if late else 2.5)

    odd.after = asked
    report = school.revoke(manager, "P0001")
    assert school.rows("SELECT state FROM items") == [("claimed",)]
    assert "it was to be cancelled" in report.stopped_why
    with pytest.raises(ServiceError):
        manager.cancel(1)
    assert school.rows("SELECT state, runner FROM jobs") == [("stopped", "")], "whoever comes next may try again"
    come_back(odd)
    manager.cancel(1)
    assert states(manager.report(1)) == {"P0001": "done"}, "it had been done"
    assert manager.why("P0001").facts.username == ""


def test_a_token_that_is_refused_in_the_middle_loses_nothing(
    make: Make, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_CLIENT_SECRET", "s")
    school = make(parallel=1, token_url=f"{odd.url}/token", client_id="c")
    refuses = [0]

    def token(method: str, path: str, body: object) -> tuple[int, object, dict[str, str]] | None:
        if path == "/v2/token":
            said = {"error": "unauthorized_client"} if refuses[0] >= 2 else {"access_token": "a", "expires_in": 3600}
            return (400 if refuses[0] >= 2 else 200), said, {}
        return (401, {}, {}) if refuses[0] >= 2 else None

    def count(method: str, path: str, body: object) -> None:
        refuses[0] += method == "PATCH"

    odd.before, odd.after = token, count
    school.revoke(school.manager())
    untouched = [code for code, state in school.rows("SELECT code, state FROM items") if state == "pending"]
    assert untouched
    assert all(school.of(code)["active"] for code in untouched)
    odd.before = lambda method, path, _: (200, {"access_token": "a"}, {}) if path == "/v2/token" else None
    manager = school.manager()
    manager.resume(1)
    assert all(not manager.why(code).facts.username for code in ("P0001", "P0002", "P0003"))


# -- a restore ---------------------------------------------------------------------------------------------------------


def test_a_restore_that_was_half_done_is_gone_on_with(
    make: Make, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = make()
    school.revoke(school.manager(), "P0001")
    odd.all_at_once = False
    usual = ScimWire.change

    async def change(wire: ScimWire, user: ScimUser, operations: list[Operation]) -> Wrote:
        if [operation["path"] for operation in operations] == ["active"]:
            raise Killed
        return await usual(wire, user, operations)

    manager = school.manager()
    plan = manager.restore_plan(1)
    with monkeypatch.context() as until:
        until.setattr(ScimWire, "change", change)
        with pytest.raises(Killed):
            manager.run(plan, YES)
    record = school.of("P0001")
    assert (record["active"], record["userName"]) == (False, "user.p0001")
    manager = school.manager()
    assert states(manager.resume(2)) == {"P0001": "done"}
    assert school.of("P0001")["active"] is True
    assert manager.why("P0001").facts.username == "user.p0001"


def test_a_restore_that_was_half_refused_can_be_done_again(make: Make, odd: OddServer) -> None:
    school = make()
    manager = school.manager()
    school.revoke(manager, "P0001")
    odd.all_at_once = False

    def refuse(method: str, path: str, body: object) -> tuple[int, object, dict[str, str]] | None:
        paths = [one["path"] for one in body["Operations"]] if method == "PATCH" and isinstance(body, dict) else []
        return INVALID if paths == ["active"] else None

    odd.before = refuse
    assert states(manager.run(manager.restore_plan(1), YES)) == {"P0001": "failed"}
    odd.before = None
    assert states(manager.run(manager.restore_plan(1), YES)) == {"P0001": "done"}
    assert school.of("P0001")["active"] is True


def test_what_a_restore_has_begun_to_give_back_is_kept_beyond_its_days(
    make: Make, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = make()
    manager = school.manager()
    school.revoke(manager, "P0001")
    plan = manager.restore_plan(1)
    with monkeypatch.context() as until:
        killed_before_it_is_recorded(until)
        with pytest.raises(Killed):
            manager.run(plan, YES)
    with sqlite3.connect(school.register) as connection:
        assert accounts.wipe_copies(connection, "2027-01-01") == 0
    connection.close()
    manager = school.manager()
    assert states(manager.resume(2)) == {"P0001": "done"}
    assert manager.why("P0001").facts.username == "user.p0001"
    assert not school.rows("SELECT * FROM revoked_copies")


# -- what a parent chose, and a record that is made --------------------------------------------------------------------


@pytest.mark.parametrize("keeps_codes", [True, False])
def test_what_a_parent_chose_and_was_set_is_taken_again(make: Make, odd: OddServer, *, keeps_codes: bool) -> None:
    odd.keeps_codes = keeps_codes
    school = make()
    manager = school.manager()
    _, token = school.welcome(manager, "P0020")
    go_away(odd, after="PATCH")
    with pytest.raises(ServiceError):
        manager.redeemer().redeem(token, "kate.new", GOOD)
    come_back(odd)
    manager.redeemer().redeem(token, "kate.new", GOOD)
    assert manager.why("P0020").facts.username == "kate.new"
    (record,) = [one for one in odd.store.values() if one["userName"] == "kate.new"]
    assert odd.passwords[record["id"]] == GOOD


def test_a_record_that_was_made_before_the_line_was_cut_is_ours(make: Make, odd: OddServer) -> None:
    school = make(sends_own_mail=True)
    manager = school.manager()
    go_away(odd, after="POST")
    manager.run(manager.plan(Verb.WELCOME, ["P0020"]), YES)
    come_back(odd)
    manager = school.manager()
    assert states(manager.resume(1)) == {"P0020": "done"}
    assert manager.why("P0020").facts.username == odd.of_code("P0020")["userName"]
