"""Acting from the screen: plan, confirm, job, result; what is refused, what is left out, what stays marked."""

import threading
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from textual import events

from tests.school import families
from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tui.domain.gates import Verb
from tui.jobs.plan import JobReport, Plan
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.settings import AccountSettings

Open = Callable[..., AccountManager]


def ready(manager: AccountManager) -> int:
    return manager.counts()[Tab.READY_TO_REVOKE]


async def test_one_is_revoked_with_y(open_school: Open) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("j", "R")
        text = await person.sees("Revoke access of 1 contact in the embedded register")
        assert "P0002" in text
        assert "are kept aside for 14 days: until then this can be taken back" in person.words()
        assert "No" in text
        await person.press("y")
        assert "1 account revoked in the embedded register." in await person.sees("Job 1")
        await person.press("escape")
        assert person.status() == "2 of 2 shown"
        assert "1 Revoke 2 " in person.lines()[1]
    assert manager.why("P0002").facts.has_account is False


@pytest.mark.parametrize("keys", [["n"], ["escape"], ["enter"], ["right", "left", "enter"], ["q"]])
async def test_no_is_what_enter_and_esc_say(open_school: Open, keys: list[str]) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        await person.press(*keys)
        await person.sees("Nothing was done.")
    assert ready(manager) == 3


async def test_a_key_typed_ahead_does_not_answer_the_question(open_school: Open) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        person.accounts.post_message(events.Key("y", "y"))  # as it arrives late at the screen that is covered by now
        await person.press("tab")
        await person.sees("Revoke access of 1 contact")
        await person.press("n")
        await person.sees("Nothing was done.")
    assert ready(manager) == 3


async def test_yes_can_be_reached_and_entered(open_school: Open) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("R")
        await person.sees("Revoke access of 1 contact")
        await person.press("tab", "enter")
        await person.sees("1 account revoked")


async def test_more_than_ten_take_the_count(open_school: Open) -> None:
    manager = open_school(leavers(12))
    async with at_the_screen(manager) as person:
        await person.press("a", "R")
        text = await person.sees("Revoke access of 12 contacts in the embedded register")
        assert "... and 7 more" in text
        await person.press("y", "enter")
        await person.sees("Nothing was done.")
        assert ready(manager) == 12

        await person.press("R")
        await person.sees("Type 12 to go on:")
        await person.press("1", "3", "enter")
        await person.sees("13 was typed; the plan acts on 12. Nothing was done.")
        assert ready(manager) == 12
        await person.press("backspace", "2", "enter")
        await person.sees("12 accounts revoked")
        await person.press("escape")
        assert person.status() == "0 of 0 shown"
        assert "Ready to revoke: none of the contacts." in person.text()
    assert ready(manager) == 0


async def test_the_guard_takes_count_and_reason(open_school: Open) -> None:
    manager = open_school(leavers(40))
    async with at_the_screen(manager) as person:
        await person.press("a", "R")
        text = await person.sees("The guard stands in the way: 40 of 140 accounts")
        assert "more than 20 %" in text
        await person.press("4", "0", "enter", "enter")
        await person.sees("only overridden with a reason")
        await person.press("up", "backspace", "1", "tab")
        await person.type("rollover, checked")
        await person.press("enter")
        await person.sees("41 was typed")
        assert ready(manager) == 40
        await person.press("backspace", "0", "enter", "enter")
        await person.sees("40 accounts revoked")
    assert ready(manager) == 0


async def test_an_undecided_group_is_to_be_answered_first(open_school: Open) -> None:
    school = families(100)
    for number in range(1, 13):
        school.contacts[f"P{number:04}"]["contact_type"] = "Postal"
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    async with at_the_screen(open_school(school)) as person:
        await person.press("R")
        for said in ("The guard stands in the way.", "one change, not 12 leavers", "group first: esc, then o."):
            await person.sees(said)
        await person.press("escape", "o")
        await person.sees("Postal")


async def test_the_hidden_and_the_left_out_are_named_before(open_school: Open) -> None:
    manager = open_school(leavers(4))
    manager.hold("P0003", "ring the registrar first")
    async with at_the_screen(manager) as person:
        await person.press("a", "/")
        await person.type("p0001")
        await person.press("enter", "R")
        text = await person.sees("Revoke access of 3 contacts")
        assert "4 marked, 3 of them hidden by the filter." in text
        assert "Left out: 1" in text
        assert "ring the registrar first" in text
        await person.press("y")
        await person.sees("3 accounts revoked")
        await person.press("escape")
        assert person.status() == "1 marked (1 hidden by the filter) · 0 of 1 shown"


async def test_nothing_to_do_says_why(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(2))) as person:
        await person.press("1", "W")
        text = await person.sees("Nothing to do: every account was left out.")
        assert "is not eligible" in text
        await person.press("y")
        assert "Copied." in person.text()
        await person.press("escape")


async def test_an_active_account_takes_a_reason_of_its_own(open_school: Open) -> None:
    manager = open_school(leavers(1))
    async with at_the_screen(manager) as person:
        text = await person.press("3", "R")
        assert "P0002 is active. Reason to revoke it:" in text
        await person.press("enter")
        await person.sees("Without a reason")
        await person.press("R")
        await person.type("court order")
        await person.press("enter")
        text = await person.sees("Revoke access of 1 contact")
        assert "will lose access" in person.words()
        assert "Reason: court order" in text
        await person.press("y")
        await person.sees("1 account revoked")
    assert not manager.why("P0002").facts.has_account


async def test_the_demo_is_revoked_until_the_register_says_so(demo: AccountManager) -> None:
    for group in demo.groups():
        demo.answer_group(group.key, type(group.answer)("intended"), "the school changed it")
    before = ready(demo)
    plan = demo.plan(Verb.REVOKE, all_ready=True)
    async with at_the_screen(demo) as person:
        await person.press("a", "R")
        await person.sees(f"Revoke access of {plan.count} contacts in the demo school")
        await person.press(*str(plan.count), "enter")
        await person.sees(f"{plan.count} accounts revoked in the demo school.")
        await person.press("escape")
    assert ready(demo) == before - plan.count


async def test_a_welcome_writes_the_message(open_school: Open, tmp_path: Path) -> None:
    school = leavers(1)
    school.contacts["P0005"]["username"] = ""
    settings = replace(SETTINGS, portal=replace(SETTINGS.portal, url="https://portal.school.example"))
    async with at_the_screen(open_school(school, settings)) as person:
        await person.press("2", "W")
        await person.sees("Send a welcome email to 1 contact")
        await person.press("y")
        await person.sees("1 welcome email handed to the outbox")
        await person.sees("nothing is sent until you send them on")
    written = list((tmp_path / "outbox").glob("*.eml"))  # beside the register
    assert len(written) == 1
    assert (
        message_from_bytes(written[0].read_bytes(), policy=default)["To"].addresses[0].addr_spec
        == "p0005@families.example"
    )


async def test_a_password_reset_is_sent_to_active_accounts_alone(open_school: Open) -> None:
    manager = open_school(leavers(2, stayers=12))
    async with at_the_screen(manager) as person:
        text = await person.press("3", "a", "1", "a", "P")
        text = await person.sees("Send a password reset to 12 contacts")
        assert "with a link that is valid for one hour" in person.words()
        assert "Left out: 2" in text
        await person.type("12")
        await person.press("enter")
        await person.sees("12 password resets handed to the outbox")
    assert manager.invitation_counts() == {"sent": 12}


async def test_nobody_gets_a_reset_who_is_not_active(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(2))) as person:
        await person.press("1", "P")
        await person.sees("Nothing to do: every account was left out.")


async def test_by_worklist_nothing_is_called_revoked(open_school: Open) -> None:
    settings = replace(SETTINGS, accounts=AccountSettings(service="worklist"))
    manager = open_school(leavers(2), settings)
    async with at_the_screen(manager) as person:
        assert "acts on SEQTA Engage by worklist" in person.lines()[0]
        await person.press("a", "R")
        await person.sees("Revoke access of 2 contacts in SEQTA Engage")
        await person.press("y")
        text = await person.sees("Written")
        assert "not revoked yet" in text
        assert "job-1-revoke.csv" in text
        await person.press("escape")
        assert "Requested: No current" in person.text()
        assert person.status() == "2 of 2 shown"


async def test_what_failed_stays_marked(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = open_school(leavers(4))
    monkeypatch.setattr(
        manager.service, "are_revoked", lambda orders: [order.facts.code != "P0002" for order in orders]
    )
    async with at_the_screen(manager) as person:
        await person.press("a", "R")
        await person.sees("Revoke access of 4 contacts")
        await person.press("y")
        text = await person.sees("Failed (they stay marked): 1")
        assert "P0002" in text
        await person.press("escape")
        assert manager.codes(person.accounts.marks.persons()) == ["P0002"]


class SlowManager:
    """Lets a job go on only item by item."""

    def __init__(self, manager: AccountManager, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Semaphore(0)
        run, resume = manager.run, manager.resume

        def slowly(act: Callable[..., JobReport]) -> Callable[..., JobReport]:
            def acting(*given: object, progress: Callable[..., None], stop: threading.Event) -> JobReport:
                def step(done: object) -> None:
                    progress(done)
                    assert self.go.acquire(timeout=20)

                return act(*given, progress=step, stop=stop)

            return acting

        monkeypatch.setattr(manager, "run", slowly(run))
        monkeypatch.setattr(manager, "resume", slowly(resume))


async def start_slow_job(person: Person) -> None:
    await person.press("a", "R")
    await person.sees("Revoke access of 5 contacts")
    await person.press("y")
    await person.sees("1 of 5")


async def test_a_job_is_paused_and_goes_on(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = open_school(leavers(5))
    slow = SlowManager(manager, monkeypatch)
    async with at_the_screen(manager) as person:
        await start_slow_job(person)
        text = await person.press("p")
        assert "Pausing after this one" in text
        slow.go.release()
        await person.sees("Paused")
        assert ready(manager) == 4
        await person.press("p")
        slow.go.release(10)
        await person.sees("5 accounts revoked")
    assert ready(manager) == 0


async def test_a_job_is_stopped_and_resumed_next_time(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = open_school(leavers(5))
    slow = SlowManager(manager, monkeypatch)
    async with at_the_screen(manager) as person:
        await start_slow_job(person)
        await person.press("c")
        slow.go.release()
        text = await person.sees("Stopped before the end.")
        assert "1 account revoked" in text
        assert "4 accounts not reached" in text
        await person.press("escape")
        assert person.status() == "4 marked · 4 of 4 shown"
    async with at_the_screen(manager) as person:
        await person.sees("Job 1 stopped at 1 of 5")
        slow.go.release(10)
        await person.press("r")
        await person.sees("5 accounts revoked")


async def test_the_table_is_usable_while_a_job_runs(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = open_school(leavers(5))
    slow = SlowManager(manager, monkeypatch)
    async with at_the_screen(manager) as person:
        await start_slow_job(person)
        await person.press("b", "j", "j")
        assert person.accounts.table.cursor == 2
        assert "1 of 5" in person.lines()[-1]
        assert "a job is running" in await person.press("R")
        await person.press("q")
        await person.sees("A job is running")
        await person.press("n", "J")
        await person.sees("running here")
        await person.press("enter")
        await person.sees("leave it running")
        await person.press("b", "J", "/")
        slow.go.release(10)
        await person.sees(lambda: ready(manager) == 0)
        assert person.lines()[-1].startswith("/"), "a result does not take the keys of what is being typed"
        await person.press("escape")
        await person.sees(lambda: not person.app.job or not person.app.job.is_open)
        await person.press("J")
        await person.sees("5 done")
        await person.press("enter")
        await person.sees("5 accounts revoked")


async def test_quitting_while_a_job_runs_finishes_the_item(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = open_school(leavers(5))
    slow = SlowManager(manager, monkeypatch)
    async with at_the_screen(manager) as person:
        await start_slow_job(person)
        await person.press("b", "q", "s")
        slow.go.release()
        await person.sees(lambda: person.app._exit)
        assert person.app.return_value == 0
    assert ready(manager) == 4
    assert manager.overview().stopped_jobs[0].done == 1


async def test_hold_and_release(open_school: Open) -> None:
    manager = open_school(leavers(2))
    async with at_the_screen(manager) as person:
        assert "Never revoke P0001. Why:" in await person.press("h")
        await person.press("enter")
        assert "needs a note" in person.text()
        await person.press("h")
        await person.type("ring first")
        await person.press("enter", "enter")
        assert "Held: No current student" in person.text()
        assert "never revoked until it is released." in person.text()
        assert manager.why("P0001").facts.hold("revoke") is not None
        assert "ring first" in await person.press("h")
        await person.press("n", "h", "y")
        await person.sees("P0001 is released.")
        assert "Held" not in person.text()


async def test_a_hold_until_a_day_and_one_on_mail(open_school: Open) -> None:
    manager = open_school(leavers(2))
    async with at_the_screen(manager) as person:
        await person.press("h")
        await person.type("ring first")
        assert "Until, as 31 Dec 2026 (blank: until released):" in await person.press("enter")
        await person.type("30 Feb 2126")
        assert "Not a day to come" in await person.press("enter")
        assert manager.holds() == [], "and what was typed stands there, to be mended"
        await person.press("ctrl+u")
        await person.type("28 Feb 2126")
        assert "P0001 is held: never revoked until 28 Feb 2126." in await person.press("enter")
        assert "Never mail P0001. Why:" in await person.press("H")
        await person.type("moving house")
        await person.press("enter")
        assert "P0001 is held: never mailed until it is released." in await person.press("enter")
        assert [(hold.kind, hold.until) for hold in manager.holds()] == [("revoke", "2126-02-28"), ("mail", "")]
        assert "until 28 Feb 2126: ring first" in await person.press("h")
        await person.press("n")
        await person.press("H", "y")
        await person.sees("P0001 is released.")
        assert [hold.kind for hold in manager.holds()] == ["revoke"]


async def test_export_writes_what_is_shown(open_school: Open, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    async with at_the_screen(open_school(leavers(12))) as person:
        await person.press("/")
        await person.type("p000")
        await person.press("enter", "e", "ctrl+u")
        await person.paste(str(path))
        await person.press("enter")
        await person.sees("9 rows written")
        await person.press("e", "ctrl+u")
        await person.paste(str(path))
        await person.press("enter")
        assert "already there" in await person.sees("That did not work")
    assert len(path.read_text("utf-8-sig").splitlines()) == 10


async def test_copying_over_osc_52(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        await person.press("y")
        assert person.app.clipboard.startswith("P0001\tGiven0001 Surname0001\t")
        await person.press("a", "y")
        assert person.app.clipboard == "P0001\nP0002\nP0003"
        await person.press("enter")
        await person.sees("Why: P0001")
        await person.press("y")
        assert "No current student" in person.app.clipboard


async def test_read_only_changes_nothing_and_says_so(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(2), read_only=True)) as person:
        assert "READ-ONLY" in person.lines()[0]
        for key in ("R", "W", "h"):
            assert "this session is read-only" in await person.press(key)
        await person.press("a", "enter")
        await person.sees("Why: P0001")


async def test_what_goes_wrong_below_is_shown_and_survived(open_school: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.errors import RegisterLocked

    manager = open_school(leavers(2))

    def locked(*args: object, **more: object) -> Plan:
        raise RegisterLocked(
            "The register is locked by [another] program.", means="Nothing was done.", todo="Try again later."
        )

    async with at_the_screen(manager) as person:
        for name, key in (("plan", "R"), ("order", "s c"), ("why", "enter"), ("overview", "r"), ("hold", "h")):
            with monkeypatch.context() as broken:
                broken.setattr(manager, name, locked)
                await person.press(*key.split())
                if key == "h":
                    await person.type("note")
                    await person.press("enter", "enter")
                text = await person.sees("That did not work")
            for part in ("locked by [another] program.", "Nothing was done.", "Try again later."):
                assert part in text
            await person.press("y")
            assert "Try again later." in person.app.clipboard
            await person.press("escape")
        await person.press("j")
