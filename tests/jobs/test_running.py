"""Running a job: the journal before the act, gates asked again, faults of mail and service, two runners, two plans."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import Result
from tests.school import LATER, SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Declined, GuardStopped, Refused, ServiceError
from tui.jobs.plan import Confirmation, JobReport, Need, Plan, Progress
from tui.jobs.runner import Runner
from tui.mail.outbox import Outbox
from tui.mail.transport import MailError, Message, Transport
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.register import audit
from tui.register.database import Database
from tui.services.embedded import EmbeddedService
from tui.services.service import AccountService, Acted, Order
from tui.settings import Settings

TakeIn = Callable[..., Result]
YES = Confirmation(yes=True)
ACTOR = Actor("tester", "local")


def embedded_settings() -> Settings:
    from dataclasses import replace

    settings = Settings()
    return replace(settings, accounts=replace(settings.accounts, service="embedded"))


@pytest.fixture
def leavers(take_in: TakeIn, embedded: Path) -> SchoolFiles:
    """Fifty families, of which P0001 to P0005 are ready to revoke and P0011 to P0015 ready to provision."""
    school = families(50)
    school.leave(*(f"S{number:04}" for number in range(1, 6)))
    for number in range(11, 16):
        school.contacts[f"P{number:04}"]["username"] = ""
    take_in(school)
    return school


@pytest.fixture
def manager(leavers: SchoolFiles, register: Path) -> Iterator[AccountManager]:
    opened = AccountManager(embedded_settings(), register, actor=ACTOR)
    yield opened
    opened.close()


def rows(register: Path, sql: str, *parameters: object) -> list[Any]:
    connection = sqlite3.connect(register)
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()


def states(report: JobReport) -> dict[str, str]:
    return {outcome.code: outcome.state for outcome in report.outcomes}


def chain_holds(register: Path) -> bool:
    database = Database(register, read_only=True)
    try:
        return audit.first_broken(database) is None
    finally:
        database.close()


def runner_with(
    manager: AccountManager,
    register: Path,
    *,
    transport: Transport | None = None,
    service: AccountService | None = None,
) -> tuple[Runner, Database]:
    database = Database(register)
    usual = EmbeddedService(database, "the embedded register", restore_days=14, future_counts=False)
    runner = Runner(
        database,
        service or usual,
        transport or Outbox(register.parent / "outbox"),
        embedded_settings(),
        ACTOR,
        lambda: datetime.now(UTC),
    )
    return runner, database


# -- plans -------------------------------------------------------------------------------------------------------------


def test_making_a_plan_changes_nothing(manager: AccountManager, register: Path) -> None:
    before = rows(register, "SELECT count(*) FROM audit"), rows(register, "SELECT count(*) FROM jobs")
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    assert [item.code for item in plan.items] == [f"P{number:04}" for number in range(1, 6)]
    assert (rows(register, "SELECT count(*) FROM audit"), rows(register, "SELECT count(*) FROM jobs")) == before


def test_a_plan_without_its_confirmation_does_not_start(manager: AccountManager, register: Path) -> None:
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    assert plan.need is Need.YES
    for given in (Confirmation(), Confirmation(typed_count=4), Confirmation(yes=True, typed_count=6)):
        with pytest.raises(Declined):
            manager.run(plan, given)
    assert rows(register, "SELECT count(*) FROM jobs") == [(0,)]
    assert manager.run(plan, Confirmation(typed_count=5)).of("done")


def test_an_empty_plan_does_not_start(manager: AccountManager) -> None:
    plan = manager.plan(Verb.REVOKE, ["P0020"])
    assert plan.need is Need.NOTHING
    with pytest.raises(Refused):
        manager.run(plan, YES)


def test_a_plan_over_the_guard_does_not_start_however_it_is_confirmed(take_in: TakeIn, register: Path) -> None:
    school = families(60)
    school.leave(*(f"S{number:04}" for number in range(1, 20)))
    take_in(school)
    manager = AccountManager(embedded_settings(), register, actor=ACTOR)
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    assert plan.need is Need.OVERRIDE
    for given in (
        YES,
        Confirmation(yes=True, typed_count=19),
        Confirmation(override_count=18, override_reason="r"),
        Confirmation(override_count=19),
        Confirmation(yes=True, override_count=19, override_reason=" "),
    ):
        with pytest.raises(GuardStopped):
            manager.run(plan, given)
    assert manager.jobs() == []
    assert len(manager.run(plan, Confirmation(override_count=19, override_reason="r")).of("done")) == 19
    manager.close()


# -- the journal -------------------------------------------------------------------------------------------------------


class Watching(EmbeddedService):
    """Notes what another connection sees in the journal at the moment of each act."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "the embedded register", restore_days=14, future_counts=False)
        self.seen: list[list[tuple[str, str]]] = []
        self.path = database.path

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        job = orders[0].job
        self.seen.append(rows(self.path, "SELECT code, state FROM items WHERE job_id = ? ORDER BY id", job))
        return super().revoke(orders, going_on)


def test_the_journal_is_written_before_the_act(manager: AccountManager, register: Path) -> None:
    _, database = runner_with(manager, register)
    service = Watching(database)
    runner, second = runner_with(manager, register, service=service)
    job = runner.start(manager.plan(Verb.REVOKE, all_ready=True), YES)
    assert rows(register, "SELECT DISTINCT state FROM items") == [("pending",)]
    runner.run(job)
    # One at first, then two, then the rest: of some dozens each, in a large job.
    for seen, done in zip(service.seen, (0, 1, 3), strict=True):
        assert seen == [(f"P{number:04}", "done" if number <= done else "pending") for number in range(1, 6)]
    database.close()
    second.close()


def test_a_job_is_told_by_the_audit_chain(manager: AccountManager, register: Path) -> None:
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES)
    told = rows(register, "SELECT action, subject, operator, job_id FROM audit WHERE job_id IS NOT NULL ORDER BY id")
    assert told == [
        ("job", "job 1", "tester", 1),
        *(("revoke", f"P{number:04}", "tester", 1) for number in range(1, 6)),
    ]
    assert chain_holds(register)


def test_progress_is_told_item_by_item(manager: AccountManager) -> None:
    told: list[Progress] = []
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=told.append)
    assert [(progress.done, progress.total, progress.failed) for progress in told] == [(n, 5, 0) for n in range(1, 6)]


# -- stopping and going on ---------------------------------------------------------------------------------------------


def stop_after(count: int) -> tuple[threading.Event, Callable[[Progress], None]]:
    stop = threading.Event()
    return stop, lambda progress: stop.set() if progress.done == count else None


def test_a_stop_lets_the_item_finish_and_the_rest_is_done_later(manager: AccountManager, register: Path) -> None:
    stop, progress = stop_after(1)
    report = manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=progress, stop=stop)
    assert report.stopped
    assert list(states(report).values()) == ["done", "pending", "pending", "pending", "pending"]
    (stopped,) = manager.overview().stopped_jobs
    assert (stopped.job, stopped.done, stopped.total) == (1, 1, 5)
    assert "Job 1 (revoke) stopped at 1 of 5: engage-accounts resume 1" in " ".join(manager.overview().warnings)
    assert manager.report(1).stopped
    report = manager.resume(1)
    assert not report.stopped
    assert set(states(report).values()) == {"done"}
    assert manager.overview().stopped_jobs == ()
    assert rows(register, "SELECT subject, count(*) FROM audit WHERE action = 'revoke' GROUP BY 1") == [
        (f"P{number:04}", 1) for number in range(1, 6)
    ]
    with pytest.raises(Refused):
        manager.resume(1)


def test_a_worklist_is_written_when_its_job_is_through(take_in: TakeIn, leavers: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, actor=ACTOR)
    stop, progress = stop_after(2)
    report = manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=progress, stop=stop)
    assert report.files == ()
    assert not (register.parent / "worklists").exists()
    report = manager.resume(1)
    assert len(report.files) == 3
    assert Path(report.files[0]).read_text().count("revoke,P00") == 5
    manager.close()


def test_an_item_whose_facts_changed_is_skipped_and_says_so(
    manager: AccountManager, take_in: TakeIn, leavers: SchoolFiles
) -> None:
    stop, progress = stop_after(1)
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=progress, stop=stop)
    leavers.students["S0003"] |= {"status": "enrolled", "exit_date": ""}
    take_in(leavers, LATER)
    manager.hold("P0004", "asked to wait")
    report = manager.resume(1)
    assert states(report) == {"P0001": "done", "P0002": "done", "P0003": "skipped", "P0004": "skipped", "P0005": "done"}
    why = {outcome.code: outcome.detail for outcome in report.outcomes}
    assert "is active" in why["P0003"]
    assert "asked to wait" in why["P0004"]
    assert "skipped, as the facts had changed" in report.sentence
    assert manager.why("P0003").facts.username == "user.p0003"


def test_an_answer_holds_for_the_facts_it_was_given_for(
    manager: AccountManager, take_in: TakeIn, leavers: SchoolFiles
) -> None:
    """An active account is revoked singly, with a reason; what the person said yes to must still be so."""
    plan = manager.plan(Verb.REVOKE, ["P0030"], reason="asked to in writing")
    assert plan.questions
    leavers.family(99)
    leavers.link("S0099", "P0030")
    take_in(leavers, LATER)
    report = manager.run(plan, YES)
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.detail) == ("skipped", "the facts have changed since the plan")


def test_two_plans_with_the_same_account_act_once(manager: AccountManager, register: Path) -> None:
    first, second = (manager.plan(Verb.REVOKE, ["P0001", "P0002"]) for _ in range(2))
    assert set(states(manager.run(first, YES)).values()) == {"done"}
    report = manager.run(second, YES)
    assert set(states(report).values()) == {"skipped"}
    assert {outcome.detail for outcome in report.outcomes} == {"has no account: there is no username to remove"}
    assert rows(register, "SELECT count(*) FROM audit WHERE action = 'revoke'") == [(2,)]
    assert rows(register, "SELECT count(*) FROM revoked_copies") == [(2,)]


def test_two_worklists_do_not_ask_for_the_same_twice(leavers: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, actor=ACTOR)
    first, second = (manager.plan(Verb.REVOKE, ["P0001", "P0002"]) for _ in range(2))
    assert set(states(manager.run(first, YES)).values()) == {"requested"}
    assert set(states(manager.run(second, YES)).values()) == {"skipped"}
    manager.close()


# -- one runner at a time ----------------------------------------------------------------------------------------------

HOLDING = """
import sys
from pathlib import Path
from tests.jobs.test_running import ACTOR, YES, embedded_settings
from tui.domain.gates import Verb
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

def wait(progress):
    if progress.done == 1:
        print("running", flush=True)
        sys.stdin.readline()

manager = AccountManager(embedded_settings(), Path(sys.argv[1]), actor=ACTOR)
manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=wait)
"""


@pytest.fixture
def holding(leavers: SchoolFiles, register: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another session that has done the first item of job 1 and goes on when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(register)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_runner_is_refused_while_the_first_lives(
    manager: AccountManager, holding: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(Refused, match="being run by another session"):
        manager.resume(1)
    assert manager.overview().stopped_jobs == (), "a job that runs is not stopped"
    holding.communicate("go on\n", timeout=20)
    assert set(states(manager.report(1)).values()) == {"done"}


def test_a_runner_that_is_gone_holds_nothing(manager: AccountManager, holding: "subprocess.Popen[str]") -> None:
    holding.kill()
    holding.wait()
    (stopped,) = manager.overview().stopped_jobs
    assert (stopped.done, stopped.total) == (1, 5)
    assert set(states(manager.resume(1)).values()) == {"done"}


def test_a_lease_of_another_host_runs_out(manager: AccountManager, register: Path) -> None:
    stop, progress = stop_after(1)
    manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES, progress=progress, stop=stop)

    def lease(until: datetime) -> None:
        connection = sqlite3.connect(register)
        with connection:
            connection.execute(
                "UPDATE jobs SET runner = 'elsewhere:1', lease_until = ?, state = 'running'", (until.isoformat(),)
            )
        connection.close()

    lease(datetime.now(UTC) + timedelta(seconds=30))
    with pytest.raises(Refused, match="elsewhere"):
        manager.resume(1)
    lease(datetime.now(UTC) - timedelta(seconds=1))
    assert set(states(manager.resume(1)).values()) == {"done"}


# -- faults ------------------------------------------------------------------------------------------------------------


class Failing(Outbox):
    """An outbox that fails for some, before or after the message is there; or does not know what became of it."""

    def __init__(self, folder: Path, *, fail: str = "", knows: bool = True) -> None:
        super().__init__(folder)
        self._fail, self._knows = fail, knows

    def deliver(self, message: Message) -> None:
        if self._fail and self._fail in message.recipient:
            raise MailError("the server is down", means="The message was not sent.")
        super().deliver(message)

    def delivered(self, key: str) -> bool | None:  # type: ignore[override]  # an outbox always knows, others may not
        return super().delivered(key) if self._knows else None


def welcome_plan(manager: AccountManager) -> Plan:
    plan = manager.plan(Verb.WELCOME, all_ready=True)
    assert plan.count == 5
    return plan


def test_mail_that_fails_marks_its_item_and_the_others_go_on(manager: AccountManager, register: Path) -> None:
    runner, database = runner_with(manager, register, transport=Failing(register.parent / "outbox", fail="p0013@"))
    report = runner.run(runner.start(welcome_plan(manager), YES))
    assert states(report) == {
        "P0011": "done", "P0012": "done", "P0013": "failed", "P0014": "done", "P0015": "done",
    }  # fmt: skip
    assert next(outcome.detail for outcome in report.of("failed")) == "the server is down"
    assert dict(rows(register, "SELECT code, state FROM invitations")) == {
        "P0011": "sent", "P0012": "sent", "P0013": "failed", "P0014": "sent", "P0015": "sent",
    }  # fmt: skip
    assert rows(register, "SELECT action FROM audit WHERE subject = 'P0013'") == [("welcome failed",)]
    again = manager.run(manager.plan(Verb.WELCOME, ["P0013"]), YES)
    assert states(again) == {"P0013": "done"}
    assert len(list((register.parent / "outbox").glob("*.eml"))) == 5
    database.close()


def test_what_was_handed_over_is_not_called_welcomed(manager: AccountManager, register: Path) -> None:
    report = manager.run(welcome_plan(manager), YES)
    assert report.sentence == "5 welcome emails handed to the outbox."
    assert report.files == (str(register.parent / "outbox"),)
    assert "until you send them on" in report.to_send_on
    # Whatever the config says by then, it was this program that wrote them.
    manager.close()
    later = AccountManager(Settings(), register, actor=ACTOR)
    assert later.report(1).sentence == report.sentence
    later.close()


def test_what_was_not_handed_over_is_nowhere(manager: AccountManager, register: Path) -> None:
    runner, database = runner_with(manager, register, transport=Failing(register.parent / "outbox", fail="@"))
    report = runner.run(runner.start(welcome_plan(manager), YES))
    assert (report.sentence, report.files, report.to_send_on) == ("5 accounts failed.", (), "")
    database.close()


def test_a_stopped_welcome_says_where_its_messages_are(manager: AccountManager, register: Path) -> None:
    stop, progress = stop_after(2)
    report = manager.run(welcome_plan(manager), YES, progress=progress, stop=stop)
    assert report.sentence == "2 welcome emails handed to the outbox; 3 accounts not reached."
    assert report.files == (str(register.parent / "outbox"),)


def test_a_welcome_by_worklist_has_nothing_to_do_with_the_outbox(leavers: SchoolFiles, register: Path) -> None:
    manager = AccountManager(Settings(), register, actor=ACTOR)
    stop, progress = stop_after(2)
    stopped = manager.run(welcome_plan(manager), YES, progress=progress, stop=stop)
    assert stopped.files == ()
    report = manager.resume(1)
    names = [Path(file).name for file in report.files]
    assert names == ["job-1-welcome.csv", "job-1-welcome.txt", "job-1-welcome.html"]
    assert (report.handed_to, report.to_send_on) == ("", "")
    manager.close()


class Broken(EmbeddedService):
    """A service that fails for one, and whose act has no effect on another."""

    batch = 1

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        (order,) = orders
        if order.facts.code == "P0002":
            return [Acted("failed", "the portal does not answer", recorded=False)]
        if order.facts.code == "P0004":
            return [Acted("done", "said to be done", recorded=False)]
        return super().revoke(orders, going_on)


def test_what_is_read_back_decides(manager: AccountManager, register: Path) -> None:
    _, database = runner_with(manager, register)
    service = Broken(database, "the embedded register", restore_days=14, future_counts=False)
    runner, second = runner_with(manager, register, service=service)
    report = runner.run(runner.start(manager.plan(Verb.REVOKE, all_ready=True), YES))
    assert states(report) == {
        "P0001": "done", "P0002": "failed", "P0003": "done", "P0004": "failed", "P0005": "done",
    }  # fmt: skip
    details = {outcome.code: outcome.detail for outcome in report.outcomes}
    assert details["P0002"] == "the portal does not answer"
    assert details["P0004"] == "read back: the account is still there"
    assert manager.why("P0004").facts.username == "user.p0004"
    assert chain_holds(register)
    for one in (database, second):
        one.close()


def crash_between(manager: AccountManager, register: Path, *, written: bool) -> None:
    """Leave job 1 as a kill leaves it: the first item claimed, its message written or not, nothing recorded."""

    class Killed(Exception):
        pass

    class Killing(Outbox):
        def deliver(self, message: Message) -> None:
            if written:
                super().deliver(message)
            raise Killed

    runner, database = runner_with(manager, register, transport=Killing(register.parent / "outbox"))
    with pytest.raises(Killed):
        runner.run(runner.start(welcome_plan(manager), YES))
    database.close()
    assert rows(register, "SELECT state FROM items WHERE code = 'P0011'") == [("claimed",)]


@pytest.mark.parametrize("written", [True, False])
def test_a_message_is_neither_lost_nor_sent_twice(manager: AccountManager, register: Path, written: bool) -> None:
    crash_between(manager, register, written=written)
    report = manager.resume(1)
    assert set(states(report).values()) == {"done"}
    messages = [path.read_bytes() for path in (register.parent / "outbox").glob("*.eml")]
    for number in range(11, 16):
        assert sum(f"p{number:04}@families.example".encode() in message for message in messages) == 1
    sent = rows(register, "SELECT code, count(*) FROM invitations WHERE state = 'sent' GROUP BY 1")
    assert sent == [(f"P{number:04}", 1) for number in range(11, 16)]
    assert rows(register, "SELECT count(*) FROM audit WHERE action = 'welcome'") == [(5,)]
    live = rows(register, "SELECT count(*) FROM invitations WHERE token_hash IS NOT NULL")
    assert live == [(5,)], "the token of an attempt that was given up is void"


def test_a_message_whose_fate_nobody_knows_waits_for_a_person(manager: AccountManager, register: Path) -> None:
    crash_between(manager, register, written=True)
    runner, database = runner_with(manager, register, transport=Failing(register.parent / "outbox", knows=False))
    report = runner.run(1)
    assert report.outcomes[0].state == "unknown"
    assert report.outcomes[0].detail == "It may have been sent: the session ended while it was being sent."
    assert rows(register, "SELECT state FROM items WHERE code = 'P0011'") == [("unknown",)]
    assert rows(register, "SELECT state FROM invitations WHERE code = 'P0011'") == [("unknown",)]
    assert rows(register, "SELECT count(*) FROM items WHERE state = 'done'") == [(4,)]
    database.close()


def test_a_worklist_that_can_not_be_written_is_written_by_going_on(leavers: SchoolFiles, register: Path) -> None:
    (register.parent / "worklists").write_text("a file in the way")
    manager = AccountManager(Settings(), register, actor=ACTOR)
    with pytest.raises(ServiceError, match="can't be written"):
        manager.run(manager.plan(Verb.REVOKE, all_ready=True), YES)
    (register.parent / "worklists").unlink()
    report = manager.resume(1)
    assert set(states(report).values()) == {"requested"}
    assert all(Path(path).exists() for path in report.files)
    manager.close()


def test_an_outbox_of_somebody_else_does_not_stop_the_register(
    manager: AccountManager, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = register.parent / "outbox"
    folder.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(MailError):
        Outbox(folder).purge(datetime.now(UTC))
    AccountManager(embedded_settings(), register, actor=ACTOR).close()


@pytest.mark.parametrize(("verb", "code", "kind"), [(Verb.REVOKE, "P0001", "revoke"), (Verb.WELCOME, "P0011", "mail")])
def test_what_lands_between_the_gate_and_the_act_is_seen(
    manager: AccountManager, register: Path, monkeypatch: pytest.MonkeyPatch, verb: Verb, code: str, kind: str
) -> None:
    from tui.jobs import asking_again, planning

    colleague = AccountManager(embedded_settings(), register, actor=ACTOR)
    judge = planning.ask_gate

    def judged_then_held(*arguments: Any, **named: Any) -> Any:
        verdict = judge(*arguments, **named)
        colleague.hold(code, "ring first", kind=kind)
        return verdict

    plan = manager.plan(verb, [code])
    monkeypatch.setattr(asking_again, "ask_gate", judged_then_held)
    report = manager.run(plan, YES)
    assert [(outcome.code, outcome.state) for outcome in report.outcomes] == [(code, "skipped")]
    row = manager.rows(manager.view(Tab.ALL, text=code).persons)[0]
    assert row.held in ("ring first", "never mail: ring first")
    assert bool(row.username) is (verb is Verb.REVOKE)
    assert not list((register.parent / "outbox").glob("*.eml"))
    colleague.close()
