"""The jobs on the screen: what each was and whose; going on, pausing, cancelling, trying again, taking back."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tests.ui.test_acting import SlowManager, ready, start_slow_job
from tui.domain.gates import Verb
from tui.jobs.plan import Confirmation, Progress
from tui.manager.manager import AccountManager
from tui.services.service import Acted, Order
from tui.settings import AccountSettings
from tui.ui.screens.jobs import JobsScreen

Open = Callable[..., AccountManager]


def revoke(manager: AccountManager, *codes: str, stop_at: int = 0) -> int:
    """Revoke these; gives the job's number. `stop_at`: stop after so many."""
    import threading

    stop = threading.Event()

    def told(progress: Progress) -> None:
        if progress.done == stop_at:
            stop.set()

    plan = manager.plan(Verb.REVOKE, codes)
    if stop_at:
        manager.service.batch = 1
    return manager.run(plan, Confirmation(yes=True), progress=told, stop=stop).job


async def open_jobs(person: Person) -> JobsScreen:
    await person.press("J")
    await person.sees(lambda: isinstance(person.app.screen, JobsScreen) and not person.app.screen.is_unfinished)
    assert isinstance(person.app.screen, JobsScreen)
    return person.app.screen


async def test_no_jobs_yet_and_the_key_leads_back(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(2))) as person:
        await open_jobs(person)
        assert "No jobs yet." in person.text()
        assert "no job is under the cursor" in await person.press("s")
        await person.press("J")
        assert person.app.screen is person.accounts


async def test_jobs_are_listed_newest_first_with_what_became_of_them(open_school: Open) -> None:
    manager = open_school(leavers(6))
    revoke(manager, "P0001", "P0002")
    revoke(manager, "P0003", "P0004", "P0005", stop_at=1)
    async with at_the_screen(manager) as person:
        await person.sees("Job 2 stopped at 1 of 3")
        await person.press("l")
        assert "1 job stopped: J" in person.lines()[0]
        screen = await open_jobs(person)
        assert [entry.key for entry in screen.table.entries] == ["2", "1"]
        text = person.text()
        assert "Jobs: 2, 1 stopped before the end" in text
        assert "2  revoke  stopped at 1 of 3" in text
        assert "1  revoke  done" in text
        assert "2 pending, 1 done" in text
        assert "the embedded register" in text
        assert person.app.manager._actor.operator in text


async def test_from_everywhere(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(2))) as person:
        for key in ("o", "f", "I", "w"):
            await person.press(key)
            if key == "f":
                await person.press("tab")
            await open_jobs(person)
            person.app.to_accounts()
            await person.press("escape")


async def test_what_failed_is_told_by_its_cause_and_tried_again(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = open_school(leavers(4))
    act = manager.service.revoke

    def only_the_first(orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        away = Acted("failed", "the service is away", recorded=False)
        return [act([order], going_on)[0] if order.facts.code == "P0001" else away for order in orders]

    with monkeypatch.context() as broken:
        broken.setattr(manager.service, "revoke", only_the_first)
        revoke(manager, "P0001", "P0002", "P0003", "P0004")
    async with at_the_screen(manager) as person:
        await open_jobs(person)
        await person.press("enter")
        await person.sees("Failed: 3")
        assert "3 of them: the service is away" in person.text()
        assert "they stay marked" not in person.text()
        await person.press("t")
        await person.sees("Revoke access of 3 contacts")
        await person.press("y")
        await person.sees("3 accounts revoked")
        await person.press("escape")
        await person.sees("2  revoke  done")
    assert ready(manager) == 0


async def test_a_stopped_job_is_gone_on_with(open_school: Open) -> None:
    manager = open_school(leavers(5))
    revoke(manager, "P0001", "P0002", "P0003", stop_at=1)
    async with at_the_screen(manager) as person:
        await person.press("l")
        await open_jobs(person)
        assert "it is not at its end" in await person.press("t")
        await person.press("s")
        await person.sees("3 accounts revoked")
        await person.press("escape")
        assert isinstance(person.app.screen, JobsScreen)
        await person.sees("revoke  done")
        assert "nothing left to go on with" in await person.press("s")
        assert "nobody is running it" in await person.press("p")
        assert "nothing of it is left to cancel" in await person.press("X")
        assert "nothing of it failed" in await person.press("t")
    assert ready(manager) == 2


async def test_a_batch_is_restored_right_after_it_was_revoked(open_school: Open) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager) as person:
        await person.press("a", "R")
        await person.sees("Revoke access of 3 contacts")
        await person.press("y")
        await person.sees("restore this batch")
        await person.press("b")
        await person.sees("Give access back to 3 contacts in the embedded register")
        await person.press("y")
        await person.sees("3 accounts restored")
        await person.press("escape")
        assert person.status() == "3 of 3 shown"
        await open_jobs(person)
        assert "restore of job 1" in person.text()
        assert "it revoked nothing" in await person.press("b")
        await person.press("j", "b")
        await person.sees("Nothing to do")
        await person.sees("it was restored already")
    assert manager.why("P0001").facts.username == "user.p0001"


async def test_what_cannot_be_restored_says_why(open_school: Open) -> None:
    settings = replace(SETTINGS, accounts=AccountSettings(service="embedded", restore_days=0))
    manager = open_school(leavers(2), settings)
    revoke(manager, "P0001")
    async with at_the_screen(manager) as person:
        await open_jobs(person)
        assert "restore_days is 0" in await person.press("b")


async def test_cancelling_asks_and_leaves_what_was_done(open_school: Open) -> None:
    manager = open_school(leavers(3))
    revoke(manager, "P0001", "P0002", "P0003", stop_at=1)
    async with at_the_screen(manager) as person:
        await person.press("l")
        await open_jobs(person)
        await person.press("X")
        await person.sees("2 items of 3 will not be done, for good.")
        await person.press("enter")
        assert "Nothing was cancelled." in person.text()
        await person.press("X", "y")
        await person.sees("Job 1 is cancelled; what was done before stands.")
        assert "revoke  cancelled" in person.text()
        assert "2 cancelled" in person.text()
    assert ready(manager) == 2
    assert manager.stopped_jobs() == []


async def test_a_worklist_is_attested_after_a_question(open_school: Open) -> None:
    settings = replace(SETTINGS, accounts=AccountSettings(service="worklist"))
    manager = open_school(leavers(2), settings)
    revoke(manager, "P0001", "P0002")
    async with at_the_screen(manager) as person:
        await open_jobs(person)
        assert "Requested is not revoked" in person.words()
        assert "Restore this batch: Nothing can be restored from here" in await person.press("b")
        await person.press("T")
        await person.sees("You say that 2 requests in job 1 (revoke) were carried out in SEQTA Engage.")
        await person.press("n")
        assert manager.report(1).of("requested")
        await person.press("T", "y")
        await person.sees("2 attested as done.")
        await person.sees("2 attested")
        await person.press("T")
        await person.sees("2 requests in job 1 (revoke) were attested as carried out in SEQTA Engage.")
        await person.press("y")
        await person.sees("2 taken back: to be done.")
        await person.sees("2 requested")


async def test_the_own_job_is_paused_and_gone_on_with_from_the_list(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = open_school(leavers(5))
    slow = SlowManager(manager, monkeypatch)
    async with at_the_screen(manager) as person:
        await start_slow_job(person)
        await person.press("b")
        await open_jobs(person)
        await person.sees("running here")
        assert "it is running here" in await person.press("s")
        assert "J job running: " in await person.press("g")
        assert "pauses after its current item" in await person.press("p")
        slow.go.release()
        await person.sees("stopped at 1 of 5")
        assert "it is paused already" in await person.press("p")
        await person.press("s")
        await person.sees("leave it running")
        slow.go.release(10)
        await person.sees("5 accounts revoked")
    assert ready(manager) == 0


RUN_SLOWLY = """
import sys, time
from pathlib import Path
from tui.settings import AccountSettings, Settings
from tui.domain.gates import Verb
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager

manager = AccountManager(Settings(accounts=AccountSettings(service="embedded")), Path(sys.argv[1]))
manager.service.batch = 1

def told(progress):
    print(progress.done, flush=True)
    sys.stdin.readline()

plan = manager.plan(Verb.REVOKE, ["P0001", "P0002", "P0003"])
manager.run(plan, Confirmation(yes=True), progress=told)
"""


async def test_another_sessions_job_is_paused_when_asked(open_school: Open) -> None:
    manager = open_school(leavers(3))
    command = [sys.executable, "-c", RUN_SLOWLY, str(manager.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        async with at_the_screen(manager) as person:
            await open_jobs(person)
            assert f"running at 1 of 3 (on {_host()}, process {other.pid})" in person.text()
            assert "another session is running it" in await person.press("s")
            assert "was asked to pause" in await person.press("p")
            other.stdin.close()
            other.wait(timeout=20)
            await person.press("r")
            await person.sees("stopped at 1 of 3")
            assert "another session asked for a pause" in person.words()
    assert ready(manager) == 2


def _host() -> str:
    import socket

    return socket.gethostname()


async def test_read_only_shows_and_changes_nothing(open_school: Open) -> None:
    manager = open_school(leavers(3))
    revoke(manager, "P0001", "P0002", stop_at=1)
    path = manager.path
    manager.close()
    reading = AccountManager(SETTINGS, path, read_only=True)
    async with at_the_screen(reading) as person:
        await person.sees("Job 1 stopped at 1 of 2")
        assert "resume" not in person.lines()[-4]
        await person.press("l")
        await open_jobs(person)
        for key in ("s", "p", "X", "t", "b"):
            assert "this session is read-only" in await person.press(key)
        await person.press("enter")
        await person.sees("1 account revoked")
        assert "restore this batch" not in person.text()
    reading.close()
