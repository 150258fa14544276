"""A worklist attested and taken back on the screen, for the marked, the row under the cursor or a job; overdue."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.school import FIRST
from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tui.domain.gates import Verb
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.settings import AccountSettings
from tui.ui.screens.jobs import JobsScreen

BY_HAND = replace(SETTINGS, accounts=AccountSettings(service="worklist"))


@pytest.fixture
def open_by_hand(tmp_path: Path) -> Iterator[Callable[..., AccountManager]]:
    """Open a register whose accounts are changed by hand, with so many parents to revoke; its clock is `days` ahead."""
    opened: list[AccountManager] = []

    def open_it(count: int = 4, days: int = 0) -> AccountManager:
        path = tmp_path / "register.sqlite3"
        manager = AccountManager(BY_HAND, path, create=True, clock=lambda: datetime.now(UTC) + timedelta(days=days))
        if not opened:
            manager.import_roster(open_feed(leavers(count).write(tmp_path / "extract", FIRST)))
        opened.append(manager)
        return manager

    yield open_it
    for manager in opened:
        manager.close()


Open = Callable[..., AccountManager]


def request(manager: AccountManager, verb: Verb, *codes: str) -> None:
    manager.run(manager.plan(verb, codes), Confirmation(yes=True))


def states(manager: AccountManager, job: int = 1) -> dict[str, str]:
    return {outcome.code: outcome.state for outcome in manager.report(job).outcomes}


async def open_jobs(person: Person) -> None:
    await person.press("J")
    await person.sees(lambda: isinstance(person.app.screen, JobsScreen) and not person.app.screen.is_unfinished)


async def test_the_row_under_the_cursor_is_attested_after_a_question(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    async with at_the_screen(manager) as person:
        await person.press("T")
        await person.sees("You say that 1 request of P0001 in job 1 (revoke) was carried out in SEQTA Engage.")
        await person.sees("The next newer import verifies it.")
        await person.press("enter")
        assert "Nothing was attested." in person.text(), "no has the focus"
        assert states(manager)["P0001"] == "requested"
        await person.press("T", "y")
        await person.sees("1 attested as done.")
        assert states(manager) == {"P0001": "attested", "P0002": "requested"}
        await person.sees(lambda: person.row_codes()[0] == "P0002")


async def test_the_marked_are_attested_by_their_jobs_and_others_are_left_alone(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    request(manager, Verb.REVOKE, "P0003")
    async with at_the_screen(manager) as person:
        await person.press("a", "T")  # P0004 is marked too and waits for nothing
        await person.sees("2 requests of P0001 and P0002 in job 1 (revoke) were carried out")
        await person.sees("1 request of P0003 in job 2 (revoke) was carried out")
        await person.press("y")
        await person.sees("3 attested as done.")
    assert states(manager) == {"P0001": "attested", "P0002": "attested"}
    assert states(manager, 2) == {"P0003": "attested"}
    assert manager.why("P0004").facts.username


async def test_a_word_that_was_given_too_soon_is_taken_back(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    async with at_the_screen(manager) as person:
        await person.press("a", "T", "y")
        await person.sees("2 attested as done.")
        await person.press("T")  # the marks stay
        await person.sees("2 requests of P0001 and P0002 in job 1 (revoke) were attested as carried out")
        await person.sees("A new record that was welcomed meanwhile stays welcomed.")
        await person.press("enter")
        assert "Nothing was taken back." in person.text(), "no has the focus"
        assert set(states(manager).values()) == {"attested"}
        await person.press("T", "y")
        await person.sees("2 taken back: to be done.")
        assert set(states(manager).values()) == {"requested"}
        assert manager.why("P0001").facts.username
        await person.press("T")
        await person.sees("You say that 2 requests")


async def test_the_word_on_one_account_is_taken_back_where_it_stands(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    manager.attest(1)
    async with at_the_screen(manager) as person:
        await person.press("5", "slash")
        await person.type("P0001")
        await person.press("enter")
        await person.sees(lambda: person.row_codes() == ["P0001"])
        await person.press("T")
        await person.sees("1 request of P0001 in job 1 (revoke) was attested as carried out")
        await person.press("y")
        await person.sees("1 taken back: to be done.")
    assert states(manager) == {"P0001": "requested", "P0002": "attested"}


async def test_who_waits_for_nothing_is_told(open_by_hand: Open) -> None:
    manager = open_by_hand()
    async with at_the_screen(manager) as person:
        assert "Attest the worklist: nothing waits to be attested." in await person.press("T")
        assert "Withdraw from the worklist: nothing waits to be carried out." in await person.press("Z")
        await person.press("a", "T")
        await person.sees("None of the marked waits on a worklist.")


async def test_by_menu_and_palette(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001")
    async with at_the_screen(manager) as person:
        await person.press("x")
        await person.sees("Attest the worklist")
        await person.press("T")
        await person.sees("You say that 1 request")
        await person.press("n", "colon")
        await person.type("withdraw from")
        await person.press("enter")
        await person.sees("Why it will not be done")


async def test_a_request_is_withdrawn_with_a_reason(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    async with at_the_screen(manager) as person:
        await person.press("Z")
        await person.type("a sister comes")
        await person.press("enter")
        await person.sees("1 request of P0001 in job 1 (revoke) will not be carried out in SEQTA Engage.")
        await person.press("enter")
        assert "Nothing was withdrawn." in person.text()
        await person.press("Z", "escape")
        assert states(manager)["P0001"] == "requested"
        await person.press("Z")
        await person.type("a sister comes")
        await person.press("enter", "y")
        await person.sees("1 withdrawn.")
    assert states(manager) == {"P0001": "cancelled", "P0002": "requested"}
    assert manager.report(1).outcomes[0].detail.endswith(": a sister comes")
    assert manager.why("P0001").facts.username


async def test_a_whole_job_is_withdrawn_from_the_list_of_jobs(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001", "P0002")
    async with at_the_screen(manager) as person:
        await open_jobs(person)
        await person.press("Z", "enter")
        await person.sees("2 requests in job 1 (revoke) will not be carried out in SEQTA Engage.")
        await person.press("y")
        await person.sees("2 withdrawn.")
        await person.sees("2 cancelled")
        assert "nothing waits to be carried out" in await person.press("Z")


async def test_right_after_a_job_its_report_takes_the_word(open_by_hand: Open) -> None:
    manager = open_by_hand()
    async with at_the_screen(manager) as person:
        await person.press("a", "R")
        await person.sees("Revoke access of 4 contacts")
        await person.press("y")
        await person.sees("withdraw it")
        await person.press("T")
        await person.sees("4 requests in job 1 (revoke) were carried out")
        await person.press("y")
        await person.sees("4 attested as done.")
    assert set(states(manager).values()) == {"attested"}


async def test_a_reset_says_that_the_word_closes_it(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.RESET, "P0005")
    async with at_the_screen(manager) as person:
        await open_jobs(person)
        await person.press("T")
        await person.sees("No import can verify a password reset: your word closes it.")
        await person.press("y")
        await person.sees("1 attested as done.")
    assert states(manager) == {"P0005": "done"}


async def test_a_read_only_session_gives_no_word(open_by_hand: Open) -> None:
    manager = open_by_hand()
    request(manager, Verb.REVOKE, "P0001")
    reading = AccountManager(BY_HAND, manager.path, read_only=True)
    async with at_the_screen(reading) as person:
        for key in ("T", "Z"):
            assert "nothing waits" in await person.press(key)
    reading.close()


async def test_what_is_overdue_stands_in_the_header_and_among_the_jobs(open_by_hand: Open) -> None:
    request(open_by_hand(), Verb.REVOKE, "P0001", "P0002")
    later = open_by_hand(days=8)
    async with at_the_screen(later, columns=120) as person:
        assert "2 requests overdue: J" in person.lines()[0]
        await open_jobs(person)
        assert "Jobs: 1, 2 requests overdue" in person.text()
        await person.sees("Overdue: 2 requests of job 1 (revoke) wait since")
        await person.press("T", "y")
        await person.sees("2 attested as done.")
        await person.press("escape")
        await person.sees(lambda: "overdue" not in person.lines()[0])
