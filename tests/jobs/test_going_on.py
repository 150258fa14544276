"""Going on with a job after the world has changed: what was agreed to is done, and nothing else.

Each begins a job that is stopped before its first item, lets an import bring something new, and goes on.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Result
from tests.school import LATER, SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import GuardStopped
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager

from .test_running import embedded_settings

TakeIn = Callable[..., Result]


@pytest.fixture
def school(take_in: TakeIn, embedded: Path) -> SchoolFiles:
    """A hundred families: P0001 to P0030 are ready to revoke, P0041 to P0045 ready to provision."""
    made = families(100)
    made.leave(*(f"S{number:04}" for number in range(1, 31)))
    for number in range(41, 46):
        made.contacts[f"P{number:04}"]["username"] = ""
    take_in(made)
    return made


@pytest.fixture
def manager(school: SchoolFiles, register: Path) -> Iterator[AccountManager]:
    opened = AccountManager(embedded_settings(), register, actor=Actor("tester", "local"))
    yield opened
    opened.close()


def begun(manager: AccountManager, verb: Verb, codes: list[str]) -> int:
    """A job that was agreed to and stopped before its first item."""
    plan = manager.plan(verb, codes)
    assert plan.count == len(codes)
    stop = threading.Event()
    stop.set()
    return manager.run(plan, Confirmation(yes=True), stop=stop).job


def states(manager: AccountManager, job: int) -> dict[str, str]:
    return {outcome.code: outcome.state for outcome in manager.resume(job).outcomes}


def test_a_question_that_arose_since_stops_the_mail(
    manager: AccountManager, school: SchoolFiles, take_in: TakeIn
) -> None:
    job = begun(manager, Verb.WELCOME, ["P0041", "P0042", "P0043"])
    school.students["S0041"]["custody_note"] = "court order"
    school.contacts["P0099"]["email"] = school.contacts["P0042"]["email"]
    take_in(school, LATER)
    assert states(manager, job) == {"P0041": "skipped", "P0042": "skipped", "P0043": "done"}


def test_another_address_than_the_one_agreed_to_gets_nothing(
    manager: AccountManager, school: SchoolFiles, take_in: TakeIn
) -> None:
    job = begun(manager, Verb.WELCOME, ["P0041", "P0042"])
    school.contacts["P0041"].update(given_name="Someone", surname="Else", email="other@school.example")
    take_in(school, LATER)
    assert states(manager, job) == {"P0041": "skipped", "P0042": "done"}


def test_a_flag_group_that_appeared_since_is_not_revoked(
    manager: AccountManager, school: SchoolFiles, take_in: TakeIn
) -> None:
    codes = [f"P{number:04}" for number in range(1, 16)]
    job = begun(manager, Verb.REVOKE, codes)
    for code in codes:
        student = code.replace("P", "S")
        school.students[student].update(status="enrolled", exit_date="")
        school.links[student, code]["portal_access"] = "no"
    take_in(school, LATER)
    assert [group.size for group in manager.groups()] == [15]
    assert set(states(manager, job).values()) == {"skipped"}


def test_plans_made_side_by_side_do_not_pass_the_guard_in_slices(manager: AccountManager) -> None:
    first = manager.plan(Verb.REVOKE, [f"P{number:04}" for number in range(1, 16)])
    second = manager.plan(Verb.REVOKE, [f"P{number:04}" for number in range(16, 31)])
    assert not first.guard_stopped
    assert not second.guard_stopped
    manager.run(first, Confirmation(yes=True))
    with pytest.raises(GuardStopped):
        manager.run(second, Confirmation(yes=True))
    assert len(manager.jobs()) == 1


def test_a_job_begun_and_not_finished_counts_for_the_guard(manager: AccountManager) -> None:
    begun(manager, Verb.REVOKE, [f"P{number:04}" for number in range(1, 16)])
    assert manager.plan(Verb.REVOKE, [f"P{number:04}" for number in range(16, 31)]).guard_stopped


def test_a_row_that_was_left_out_never_makes_a_parent_ready(cli: Callable[..., Result], take_in: TakeIn) -> None:
    made = families(20)
    made.students["S0001"]["exit_date"] = "no date"
    made.students["S0002"]["status"] = "perhaps"
    result = take_in(made, LATER, "--skip-bad")
    assert "! Rows that may be about the children of 2 contacts were left out" in result.out
    listed = cli("list", "--status", "ready-to-revoke", "--format", "json").json()
    assert listed == []
    assert "left out" in cli("why", "P0001").out
    assert cli("revoke", "P0001", "--yes").code != 0
