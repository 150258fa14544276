"""The invitations on the screen: by state, sent again, settled, bounced; and what a mail server put off sent again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.mail.servers import Scripted, Step, real_server
from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tui.domain.gates import Verb
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.settings import MailSettings, Settings, SmtpSettings
from tui.ui.screens.accounts import AccountsScreen
from tui.ui.screens.invitations import InvitationsScreen
from tui.ui.screens.jobs import JobsScreen

Open = Callable[..., AccountManager]


def by_server(port: int) -> Settings:
    """Settings that send by a mail server on this host."""
    return replace(
        SETTINGS,
        mail=MailSettings(sender="office@school.example", transport="smtp"),
        smtp=SmtpSettings(host="localhost", port=port, security="none", timeout_seconds=5),
    )


def reset(manager: AccountManager, *codes: str) -> None:
    """Send these a password reset."""
    manager.run(manager.plan(Verb.RESET, codes), Confirmation(yes=True))


@contextmanager
def scripted(*scripts: dict[str, Step]) -> Iterator[Scripted]:
    server = Scripted(*scripts)
    try:
        yield server
    finally:
        server.close()


async def open_invitations(person: Person) -> InvitationsScreen:
    await person.press("M")
    await person.sees(lambda: isinstance(person.app.screen, InvitationsScreen) and not person.app.screen.is_unfinished)
    assert isinstance(person.app.screen, InvitationsScreen)
    return person.app.screen


def shown(screen: InvitationsScreen) -> list[str]:
    return [row.code for row in screen.shown]


async def test_none_yet_and_the_key_leads_back(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1))) as person:
        await open_invitations(person)
        assert "No invitations yet." in person.text()
        for key in ("s", "!", "l", "enter"):
            assert "under the cursor" in await person.press(key)
        await person.press("M")
        assert person.app.screen is person.accounts


async def test_they_stand_by_state_with_counts_and_are_filtered(open_school: Open) -> None:
    with real_server() as (inbox, port):
        inbox.say_to_recipient["p0003@families.example"] = "550 5.1.1 nobody of that name"
        manager = open_school(leavers(1), by_server(port))
        reset(manager, "P0002", "P0003", "P0004")
    async with at_the_screen(manager) as person:
        screen = await open_invitations(person)
        assert person.lines()[1].startswith("All 3")
        assert "Failed 1" in person.lines()[1]
        assert shown(screen) == ["P0004", "P0003", "P0002"]
        await person.press("]", "]")
        assert shown(screen) == ["P0003"]
        assert "nobody of that name" in person.words()
        assert "It did not arrive, and its link is void." in person.text()
        await person.press("[")
        assert "Unknown: none." in person.text()
        await person.press("[", "/")
        await person.type("0004 sent")
        assert shown(screen) == ["P0004"]
        await person.press("enter")
        assert "1 of 3 shown" in person.text()
        await person.press("escape")
        assert len(shown(screen)) == 3
        await person.press("enter")
        await person.sees("Invitation 3")
        assert "p0004@families.example" in person.text()
        await person.press("escape", "l")
        assert person.app.screen is person.accounts
        assert person.accounts.table.row is not None
        assert person.accounts.table.row.code == "P0004"


async def test_of_those_sent_the_first_to_run_out_stand_on_top(open_school: Open) -> None:
    school = leavers(1)
    school.contacts["P0005"]["username"] = ""
    manager = open_school(school)
    reset(manager, "P0002")
    manager.run(manager.plan(Verb.WELCOME, ["P0005"]), Confirmation(yes=True))
    reset(manager, "P0003")
    async with at_the_screen(manager) as person:
        screen = await open_invitations(person)
        assert shown(screen) == ["P0003", "P0005", "P0002"]
        await person.press("]", "]", "]", "]")
        assert shown(screen) == ["P0002", "P0003", "P0005"]
        assert "Its link runs out soon" in person.text()
        await person.press("G")
        assert "Its link runs out soon" not in person.text()


async def test_one_is_sent_again_with_its_purpose(open_school: Open) -> None:
    manager = open_school(leavers(1))
    reset(manager, "P0002", "P0003")
    async with at_the_screen(manager) as person:
        screen = await open_invitations(person)
        assert "only those that failed or expired" in await person.press("S")
        await person.press("s")
        await person.sees("Send a password reset to 1 contact")
        await person.press("y")
        await person.sees("1 password reset handed to the outbox")
        await person.press("escape")
        await person.sees("Superseded 1")
        assert shown(screen) == ["P0003", "P0003", "P0002"]
    assert manager.invitation_counts() == {"sent": 2, "superseded": 1}


async def test_all_that_failed_are_sent_again_together(open_school: Open) -> None:
    with real_server() as (inbox, port):
        manager = open_school(leavers(1, stayers=20), by_server(port))
        for number in range(2, 14):
            inbox.say_to_recipient[f"p{number:04}@families.example"] = "550 no"
        reset(manager, *(f"P{number:04}" for number in range(2, 16)))
        inbox.say_to_recipient.clear()
        async with at_the_screen(manager) as person:
            await open_invitations(person)
            await person.press("]", "]", "S")
            await person.sees("Send a password reset to 12 contacts")
            await person.type("12")
            await person.press("enter")
            await person.sees("12 password resets handed to")
    assert manager.invitation_counts() == {"failed": 12, "sent": 14}


@pytest.mark.parametrize(("key", "state"), [("s", "sent"), ("n", "failed")])
async def test_what_nobody_knows_is_settled_by_a_person(open_school: Open, key: str, state: str) -> None:
    with scripted({"text": "drop"}) as server:
        manager = open_school(leavers(1), by_server(server.port))
        reset(manager, "P0002")
    assert manager.invitation_counts() == {"unknown": 1}
    async with at_the_screen(manager) as person:
        assert "1 message unknown: M" in person.lines()[0]
        await open_invitations(person)
        assert "It is never sent again by itself." in person.words()
        assert "first say whether it was sent" in await person.press("s")
        await person.press("!", "l")
        assert "It stays unknown." in person.text()
        await person.press("!", key)
        await person.sees(f"The reset to P0002 is {state} now.")
        assert "what became of it is known" in await person.press("!")
    assert manager.invitation_counts() == {state: 1}


async def test_bounces_are_read_from_a_path(open_school: Open, tmp_path: Path) -> None:
    (tmp_path / "bounces").mkdir()
    manager = open_school(leavers(1))
    reset(manager, "P0002")
    async with at_the_screen(manager) as person:
        await open_invitations(person)
        await person.press("B")
        await person.paste(str(tmp_path / "nowhere"))
        await person.press("enter")
        await person.sees("That did not work")
        await person.press("escape", "B")
        await person.paste(str(tmp_path / "bounces"))
        await person.press("enter")
        await person.sees("0 messages came back and failed.")


def put_off(open_school: Open, port: int) -> AccountManager:
    """A school with a reset that the server has put off."""
    manager = open_school(leavers(1), by_server(port))
    reset(manager, "P0002")
    assert manager.next_retry()
    return manager


def later(manager: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "_clock", lambda: datetime.now(UTC) + timedelta(minutes=4))


async def test_what_was_put_off_is_sent_when_the_screen_opens(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted({"RCPT": "451 4.7.1 later\r\n"}, {}) as server:
        manager = put_off(open_school, server.port)
        later(manager, monkeypatch)
        async with at_the_screen(manager) as person:
            await person.sees("1 message tried again. Job 1: 1 password reset handed to")
        assert len(server.texts) == 1
    assert manager.invitation_counts() == {"sent": 1}


async def test_nothing_is_said_or_sent_when_nothing_is_due(open_school: Open) -> None:
    with scripted({"RCPT": "451 4.7.1 later\r\n"}, {}) as server:
        manager = put_off(open_school, server.port)
        async with at_the_screen(manager) as person:
            person.app.flush()
            await person.sees(lambda: not person.app.flushing.is_busy)
            assert person.accounts.message == ""
            await open_invitations(person)
            assert "Queued 1" in person.lines()[1]
            assert "it is still to be sent" in await person.press("s")
            await person.press("F")
            await person.sees("Nothing is sent: the next that was put off is due")
        assert server.connections == 1


async def test_one_that_is_due_is_sent_on_demand_and_the_list_follows(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted({"RCPT": "451 4.7.1 later\r\n"}, {}) as server:
        manager = put_off(open_school, server.port)
        async with at_the_screen(manager) as person:
            await open_invitations(person)
            later(manager, monkeypatch)
            await person.press("F")
            await person.sees("1 message tried again.")
            await person.sees("Sent 1")


async def test_a_read_only_session_sends_nothing(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted({"RCPT": "451 4.7.1 later\r\n"}, {}) as server:
        manager = put_off(open_school, server.port)
        path, settings = manager.path, manager.settings
        manager.close()
        reading = AccountManager(settings, path, read_only=True)
        later(reading, monkeypatch)
        async with at_the_screen(reading) as person:
            await open_invitations(person)
            for key in ("s", "S", "B", "F", "!"):
                assert "this session is read-only" in await person.press(key)
        reading.close()
        assert server.connections == 1


async def test_a_job_waits_until_the_flush_has_stopped(open_school: Open) -> None:
    manager = open_school(leavers(2))
    async with at_the_screen(manager) as person:
        person.app.flushing.begin()  # as when a server takes its time over a message
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        await person.press("y")
        await person.sees("starting")
        assert manager.jobs() == []
        person.app.flushing.work()
        await person.sees("1 account revoked")


async def test_jobs_and_invitations_lead_to_each_other(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1))) as person:
        await open_invitations(person)
        await person.press("J")
        assert isinstance(person.app.screen, JobsScreen)
        await person.press("M")
        assert isinstance(person.app.screen, InvitationsScreen)
        await person.press("escape", "escape", "escape")
        assert isinstance(person.app.screen, AccountsScreen)
