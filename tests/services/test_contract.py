"""What every service promises, asked of all three: the embedded register, a worklist, a real SCIM service."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.school import FIRST, families
from tests.servers.scim2 import TOKEN, scim2_server
from tests.services.scim_school import NOW, YES, make_school, states
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.register import facts
from tui.services.service import Order
from tui.settings import AccountSettings, Settings

LEAVERS = ("P0001", "P0002", "P0003")


@pytest.fixture(params=["embedded", "worklist", "scim"])
def manager(
    request: pytest.FixtureRequest, register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AccountManager]:
    """A school in which three are ready to revoke and P0020 is to be welcomed, its accounts in each service in turn."""
    if request.param == "scim":
        monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
        with scim2_server(tmp_path) as server:
            school = make_school(register, tmp_path / "extract", server)
            yield school.opened[0]
            school.close()
        return
    settings = replace(Settings(), accounts=AccountSettings(service=request.param))
    made = AccountManager(settings, register, create=True, actor=Actor("kim", "local"), clock=lambda: NOW)
    files = families(20)
    files.leave("S0001", "S0002", "S0003")
    files.contacts["P0020"]["username"] = ""
    made.import_roster(open_feed(files.write(tmp_path / "extract", FIRST)))
    yield made
    made.close()


def go() -> bool:
    return True


def orders(manager: AccountManager, *codes: str) -> list[Order]:
    """Orders of a job that this process holds, without its having been run."""
    import threading

    stop = threading.Event()
    stop.set()
    plan = manager.plan(Verb.REVOKE, list(codes))
    report = manager.run(plan, YES, stop=stop)
    database = manager._database
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET runner = 'here' WHERE id = ?", (report.job,))
    persons = facts.persons_of(database, codes)
    found = facts.gather(database, list(persons.values()))
    items = {code: item for item, code in database.read("SELECT id, code FROM items WHERE job_id = ?", (report.job,))}
    at = NOW.isoformat()
    return [
        Order(
            items[code],
            report.job,
            persons[code],
            found[persons[code]],
            Actor("kim", "local"),
            at,
            "",
            "here",
            database.version(),
        )
        for code in codes
    ]


def test_it_says_what_it_is(manager: AccountManager) -> None:
    service = manager.service
    assert service.system
    assert service.restores.endswith((".", "there"))
    assert service.batch >= 1
    assert service.can_restore == (service.restore_days > 0)
    assert not (service.by_hand and service.elsewhere)


def test_an_answer_for_each_order_in_their_order(manager: AccountManager) -> None:
    wanted = orders(manager, *LEAVERS)
    backwards = list(reversed(wanted))
    acted = manager.service.revoke(backwards, go)
    assert len(acted) == 3
    expected = "requested" if manager.service.by_hand else "done"
    assert [one.state for one in acted] == [expected] * 3
    assert all(one.detail for one in acted)
    # One that fails is told in its own place.
    nobody = wanted[0]._replace(facts=replace(wanted[0].facts, code="NOBODY", username="nobody.at.all"))
    if manager.service.elsewhere:
        assert [one.state for one in manager.service.revoke([wanted[1], nobody, wanted[2]], go)] == [
            "done", "failed", "done",
        ]  # fmt: skip


def test_it_acts_once_however_often_it_is_asked(manager: AccountManager) -> None:
    wanted = orders(manager, *LEAVERS)
    first = manager.service.revoke(wanted, go)
    again = manager.service.revoke(wanted, go)
    assert [one.state for one in again] == [one.state for one in first]


def test_what_was_done_is_read_back_and_nobody_else_is_touched(manager: AccountManager) -> None:
    wanted = orders(manager, *LEAVERS)
    service = manager.service
    before = service.are_revoked(wanted)
    assert before == ([None] * 3 if service.by_hand else [False] * 3)
    service.revoke(wanted[:2], go)
    assert service.are_revoked(wanted) == ([None] * 3 if service.by_hand else [True, True, False])


def test_a_job_that_is_to_stop_begins_nothing_more_elsewhere(manager: AccountManager) -> None:
    wanted = orders(manager, *LEAVERS)
    acted = manager.service.revoke(wanted, lambda: False)
    if manager.service.elsewhere:
        assert [one.state for one in acted] == ["pending"] * 3
        assert manager.service.are_revoked(wanted) == [False] * 3
    else:  # it is one transaction, or a line on a list: over before anybody could ask
        assert {one.state for one in acted} <= {"done", "requested"}


def test_a_place_for_whoever_is_welcomed(manager: AccountManager) -> None:
    report = manager.run(manager.plan(Verb.WELCOME, ["P0020"]), YES)
    assert states(report) == {"P0020": "requested" if manager.service.by_hand else "done"}
    assert manager.why("P0020").facts.username == "", "an account is there once its link was used"


def test_a_whole_job_and_what_it_says_of_restoring(manager: AccountManager) -> None:
    from tui.errors import Refused

    report = manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES)
    expected = "requested" if manager.service.by_hand else "done"
    assert states(report) == dict.fromkeys(LEAVERS, expected)
    for code in LEAVERS:
        assert bool(manager.why(code).facts.username) == manager.service.by_hand
    if not manager.service.can_restore:
        with pytest.raises(Refused):
            manager.restore_plan(1)
        return
    taken_back = manager.run(manager.restore_plan(1), YES)
    assert states(taken_back) == dict.fromkeys(LEAVERS, "done")
    assert manager.why("P0001").facts.username == "user.p0001"


def test_closed_it_can_be_used_again(manager: AccountManager) -> None:
    wanted = orders(manager, *LEAVERS)
    manager.service.close()
    manager.service.are_revoked(wanted)
    manager.service.close()
    manager.service.close()
