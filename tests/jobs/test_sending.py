"""What a job does with a mail server's answers: put off, refused, unknown, nothing; and with two who write at once."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.school import families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.retrying import WELCOME_PAUSES
from tui.errors import NotFound, Refused, RegisterLocked
from tui.feeds import open_feed
from tui.jobs import mailing
from tui.jobs.plan import Confirmation, JobReport
from tui.jobs.runner import Runner
from tui.mail.transport import MailDeferred, MailError, MailRefused, MailUnavailable, MailUnknown, Message
from tui.manager.manager import AccountManager
from tui.register import audit, invitations
from tui.register.database import Connection, Database
from tui.settings import Settings

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
YES = Confirmation(yes=True)
SENT = {f"P{number:04}": "done" for number in range(1, 5)}


class Server:
    """A way out that answers for some recipients as it is told, and keeps what it took."""

    name = "mail server"
    where = None
    per_minute = 0

    def __init__(self) -> None:
        self.answers: dict[str, MailError] = {}
        self.taken: list[str] = []
        self.tried = 0

    def deliver(self, message: Message) -> None:
        self.tried += 1
        code = message.recipient.partition("@")[0].upper()
        error = self.answers.get(code) or self.answers.get("*")
        if error is not None:
            if isinstance(error, MailUnknown):
                self.taken.append(code)
            raise error
        self.taken.append(code)

    def delivered(self, key: str) -> bool | None:
        return None

    def close(self) -> None:
        pass


class Mailing:
    """A school of whom P0001 to P0004 wait to be welcomed, and a mail server."""

    def __init__(self, register: Path, folder: Path) -> None:
        self.now = NOW
        self.register = register
        self.server = Server()
        school = families(12)
        for number in range(1, 5):
            school.contacts[f"P{number:04}"]["username"] = ""
        self.manager = self.open("kim", create=True)
        self.manager.import_roster(open_feed(school.write(folder)))

    def open(self, operator: str, *, create: bool = False) -> AccountManager:
        settings = Settings()
        settings = replace(settings, accounts=replace(settings.accounts, service="embedded"))
        manager = AccountManager(
            settings, self.register, create=create, actor=Actor(operator, "local"), clock=lambda: self.now
        )

        def runner() -> Runner:
            return Runner(manager._database, manager.service, self.server, settings, manager._actor, manager._clock)

        manager._runner = runner  # type: ignore[method-assign]  # with a server that answers as told
        return manager

    def welcome(self, *codes: str) -> JobReport:
        manager = self.manager
        plan = manager.plan(Verb.WELCOME, codes) if codes else manager.plan(Verb.WELCOME, all_ready=True)
        return manager.run(plan, YES)

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        connection = sqlite3.connect(self.register)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def invitations(self) -> dict[str, str]:
        return dict(self.rows("SELECT code, state FROM invitations ORDER BY id"))

    def live(self) -> int:
        return int(self.rows("SELECT count(*) FROM invitations WHERE token_hash IS NOT NULL")[0][0])


@pytest.fixture
def school(register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailing]:
    monkeypatch.setattr(mailing, "UNAVAILABLE_PAUSES", (0.0, 0.0))
    made = Mailing(register, tmp_path / "extract")
    yield made
    made.manager.close()


def states(report: JobReport) -> dict[str, str]:
    return {outcome.code: outcome.state for outcome in report.outcomes}


def chain_holds(register: Path) -> bool:
    database = Database(register, read_only=True)
    try:
        return audit.first_broken(database) is None
    finally:
        database.close()


def test_what_was_put_off_is_sent_when_its_time_has_come(school: Mailing) -> None:
    school.server.answers["P0002"] = MailDeferred("The mail server put it off (451 greylisted).")
    report = school.welcome()
    assert states(report) == SENT | {"P0002": "deferred"}
    assert not report.stopped
    assert school.manager.jobs()[0].state == "done"
    assert "1 account put off by the mail server, to be tried again" in report.sentence
    assert school.invitations() == {"P0001": "sent", "P0002": "queued", "P0003": "sent", "P0004": "sent"}
    assert school.live() == 3, "the link of the attempt that was put off is void"
    assert school.manager.next_retry() == (NOW + WELCOME_PAUSES[0]).isoformat()
    school.server.answers.clear()
    assert school.manager.flush() == [], "not before its time"
    school.now += WELCOME_PAUSES[0]
    (flushed,) = school.manager.flush()
    assert states(flushed) == SENT
    assert sorted(school.server.taken) == sorted(SENT)
    assert school.manager.flush() == []
    assert school.manager.next_retry() == ""
    assert chain_holds(school.register)


def test_it_is_given_up_in_the_end(school: Mailing) -> None:
    school.server.answers["P0002"] = MailDeferred("The mail server put it off (451 busy).")
    school.welcome()
    for pause in WELCOME_PAUSES:
        assert school.invitations()["P0002"] == "queued"
        school.now += pause
        school.manager.flush()
    assert school.invitations()["P0002"] == "failed"
    (failed,) = school.manager.report(1).of("failed")
    assert (
        failed.detail
        == f"put off {len(WELCOME_PAUSES) + 1} times, and given up: The mail server put it off (451 busy)."
    )
    assert school.server.tried == 3 + len(WELCOME_PAUSES) + 1
    school.now += timedelta(days=1)
    assert school.manager.flush() == []


def test_asking_for_it_sends_it_before_its_time(school: Mailing) -> None:
    school.server.answers["P0002"] = MailDeferred("451")
    school.welcome()
    school.server.answers.clear()
    assert states(school.manager.resume(1)) == SENT


def test_the_next_job_sends_what_is_due(school: Mailing) -> None:
    school.server.answers["P0002"] = MailDeferred("451")
    school.welcome()
    school.server.answers.clear()
    school.now += WELCOME_PAUSES[0]
    school.manager.run(school.manager.plan(Verb.RESET, ["P0010"]), YES)
    assert school.invitations()["P0002"] == "sent"


@pytest.mark.parametrize("ground", ["hold", "revoked elsewhere", "welcomed elsewhere"])
def test_what_was_put_off_is_asked_at_the_gate_again(school: Mailing, ground: str, tmp_path: Path) -> None:
    school.server.answers["P0002"] = MailDeferred("451")
    school.welcome()
    school.server.answers.clear()
    if ground == "hold":
        school.manager.hold("P0002", "custody", kind="mail")
    elif ground == "welcomed elsewhere":
        assert states(school.welcome("P0002")) == {"P0002": "done"}
    else:
        changed = families(12)
        changed.leave("S0002")
        school.manager.import_roster(open_feed(changed.write(tmp_path / "later")))
    school.now += WELCOME_PAUSES[0]
    school.manager.flush()
    assert school.server.taken.count("P0002") == (ground == "welcomed elsewhere")
    assert school.rows("SELECT count(*) FROM invitations WHERE state IN ('queued', 'sending')") == [(0,)]
    assert states(school.manager.report(1)) == SENT | {"P0002": "skipped"}
    assert school.manager.flush() == []


def test_what_was_refused_is_final_and_grouped_by_its_cause(school: Mailing) -> None:
    for code in ("P0001", "P0003"):
        school.server.answers[code] = MailRefused("The mail server refused it for good (550 no such mailbox).")
    report = school.welcome()
    ((cause, outcomes),) = report.causes("failed")
    assert "550" in cause
    assert [outcome.code for outcome in outcomes] == ["P0001", "P0003"]
    school.now += timedelta(days=2)
    assert school.manager.flush() == []
    assert school.live() == 2
    school.server.answers.clear()
    again = school.manager.run(school.manager.retry_plan(1), YES)
    assert states(again) == {"P0001": "done", "P0003": "done"}


def test_an_unknown_one_waits_for_a_person(school: Mailing) -> None:
    school.server.answers["P0002"] = MailUnknown("The line was lost after the message was handed over.")
    report = school.welcome()
    assert states(report) == SENT | {"P0002": "unknown"}
    school.server.answers.clear()
    school.now += timedelta(hours=5)
    assert school.manager.flush() == []
    with pytest.raises(Refused):
        school.manager.resume(1)
    with pytest.raises(Refused):
        school.manager.retry_plan(1)
    bulk = school.manager.plan(Verb.WELCOME, all_ready=True)
    assert "may have been sent already" in {left.code: left.why for left in bulk.left_out}["P0002"]
    assert school.server.taken.count("P0002") == 1
    (row,) = school.manager.invitations(["unknown"])
    assert school.live() == 4, "it may have arrived: its link works"
    assert school.manager.settle(row.id, sent=True).state == "sent"
    assert states(school.manager.report(1)) == SENT
    with pytest.raises(Refused, match="not unknown"):
        school.manager.settle(row.id, sent=False)
    with pytest.raises(NotFound):
        school.manager.settle(999, sent=True)


def test_what_turned_out_not_to_be_sent_may_be_sent_again(school: Mailing) -> None:
    school.server.answers["P0002"] = MailUnknown("The line was lost.")
    school.welcome()
    school.server.answers.clear()
    (row,) = school.manager.invitations(["unknown"])
    assert school.manager.settle(row.id, sent=False).state == "failed"
    assert school.live() == 3
    assert states(school.manager.run(school.manager.retry_plan(1), YES)) == {"P0002": "done"}


def test_when_nothing_can_be_sent_the_job_stops_and_nothing_has_failed(school: Mailing) -> None:
    school.server.answers["P0003"] = MailUnavailable("The mail server can't be reached.")
    report = school.welcome()
    assert report.stopped
    assert report.stopped_why == "The mail server can't be reached."
    assert states(report) == {"P0001": "done", "P0002": "done", "P0003": "pending", "P0004": "pending"}
    assert school.server.tried == 2 + 3, "trying again is safe, and done twice"
    assert school.live() == 2
    school.server.answers.clear()
    assert states(school.manager.resume(1)) == SENT
    assert school.server.taken == sorted(SENT)


def test_of_two_plans_the_second_is_told(school: Mailing) -> None:
    other = school.open("lee")
    first, second = school.manager.plan(Verb.WELCOME, all_ready=True), other.plan(Verb.WELCOME, ["P0001"])
    assert states(school.manager.run(first, YES)) == SENT
    report = other.run(second, YES)
    assert [(one.state, one.detail) for one in report.outcomes] == [("skipped", "welcomed already by kim, in job 1")]
    assert school.server.taken.count("P0001") == 1
    other.close()


def test_who_was_sent_one_is_asked_about_and_never_in_bulk(school: Mailing) -> None:
    school.welcome()
    assert school.manager.plan(Verb.WELCOME, all_ready=True).count == 0
    plan = school.manager.plan(Verb.WELCOME, ["P0001"])
    assert plan.questions[0].sentence == (
        "A welcome email (job 1) was sent on 21 Nov 2026, and its link works until 28 Nov 2026."
    )
    assert states(school.manager.run(plan, YES)) == {"P0001": "done"}
    school.now += timedelta(days=7)
    school.open("kim").close()
    assert school.manager.plan(Verb.WELCOME, all_ready=True).count == 4, "the links have run out"


def test_a_reset_is_for_active_accounts(school: Mailing) -> None:
    plan = school.manager.plan(Verb.RESET, ["P0001", "P0010"])
    assert [item.code for item in plan.items] == ["P0010"]
    assert "send the welcome email instead" in plan.left_out[0].why
    report = school.manager.run(plan, YES)
    assert report.sentence == "1 password reset handed to the mail server."
    ((purpose, sent, expires),) = school.rows("SELECT purpose, sent_at, expires_at FROM invitations")
    assert purpose == "reset"
    assert datetime.fromisoformat(expires) - datetime.fromisoformat(sent) == timedelta(hours=1)


# -- stopping for good, and for a while --------------------------------------------------------------------------------


def stopping(count: int) -> tuple[threading.Event, Callable[[Any], None]]:
    stop = threading.Event()
    return stop, lambda progress: stop.set() if progress.done == count else None


def test_a_cancelled_job_does_no_more(school: Mailing) -> None:
    stop, progress = stopping(2)
    school.manager.run(school.manager.plan(Verb.WELCOME, all_ready=True), YES, progress=progress, stop=stop)
    assert school.manager.cancel(1) is True
    report = school.manager.report(1)
    assert states(report) == {"P0001": "done", "P0002": "done", "P0003": "cancelled", "P0004": "cancelled"}
    assert report.cancelled
    assert not report.stopped
    assert school.manager.stopped_jobs() == []
    for act in (school.manager.resume, school.manager.cancel):
        with pytest.raises(Refused):
            act(1)
    assert school.rows("SELECT subject, operator FROM audit WHERE action = 'job cancelled'") == [("job 1", "kim")]
    assert states(school.manager.run(school.manager.retry_plan(1), YES)) == {"P0003": "done", "P0004": "done"}


def test_what_waits_to_be_sent_again_can_be_cancelled(school: Mailing) -> None:
    school.server.answers["P0002"] = MailDeferred("451")
    school.welcome()
    assert school.manager.cancel(1) is True
    school.now += timedelta(days=1)
    assert school.manager.flush() == []
    assert school.invitations()["P0002"] == "failed"


@pytest.mark.parametrize("asked", ["pause", "cancel"])
def test_another_session_asks_whoever_runs_it(school: Mailing, asked: str) -> None:
    other = school.open("lee")

    def progress(progress: Any) -> None:
        if progress.done == 2:
            if asked == "pause":
                other.pause(1)
            else:
                assert other.cancel(1) is False

    report = school.manager.run(school.manager.plan(Verb.WELCOME, all_ready=True), YES, progress=progress)
    rest = "pending" if asked == "pause" else "cancelled"
    assert states(report) == {"P0001": "done", "P0002": "done", "P0003": rest, "P0004": rest}
    if asked == "pause":
        assert report.stopped
        assert report.stopped_why == "another session asked for a pause"
        assert states(school.manager.resume(1)) == SENT
        with pytest.raises(Refused, match="Nobody"):
            other.pause(1)
    other.close()


def test_two_operators_share_no_job(school: Mailing) -> None:
    other = school.open("lee")
    found: list[str] = []

    def progress(progress: Any) -> None:
        if progress.done == 1:
            # In this process it would be the same runner: another one, of another host, comes along.
            runner = other._runner()
            runner._name = "elsewhere:1:1"
            try:
                runner.run(1)
            except Refused as error:
                found.append(str(error))

    school.manager.run(school.manager.plan(Verb.WELCOME, all_ready=True), YES, progress=progress)
    assert "is being run by another session" in found[0]
    assert school.server.taken == sorted(SENT)
    other.close()


def test_who_slept_past_its_lease_does_nothing_more(school: Mailing) -> None:
    """The first session sleeps; another takes the job over and ends it; the first wakes."""
    other = school.open("lee")

    def progress(progress: Any) -> None:
        if progress.done == 2:
            school.now += timedelta(minutes=5)
            runner = other._runner()
            runner._name = "elsewhere:1:1"
            runner.run(1)

    with pytest.raises(Refused, match="taken job 1 over"):
        school.manager.run(school.manager.plan(Verb.WELCOME, all_ready=True), YES, progress=progress)
    assert sorted(school.server.taken) == sorted(SENT)
    assert states(other.report(1)) == SENT | {"P0002": states(other.report(1))["P0002"]}
    other.close()


def test_one_session_runs_a_job_once_at_a_time(school: Mailing) -> None:
    """Its threads share a name, which the lease would let by."""
    refused: list[str] = []

    def progress(progress: Any) -> None:
        if progress.done == 1:
            with pytest.raises(Refused) as error:
                school.manager.resume(1)
            refused.append(str(error.value))

    school.manager.run(school.manager.plan(Verb.WELCOME, all_ready=True), YES, progress=progress)
    assert "run by this session already" in refused[0]
    assert school.server.taken == sorted(SENT)


def test_a_fate_is_recorded_though_the_next_message_can_not_be_begun(
    school: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be recorded in the very transaction that is undone."""
    begin = invitations.begin

    def begin_unless_locked(connection: Connection, attempt: invitations.Attempt, at: str) -> int:
        if attempt.code == "P0003":  # the second of its batch
            raise RegisterLocked("The register is in use by another program.")
        return begin(connection, attempt, at)

    monkeypatch.setattr(invitations, "begin", begin_unless_locked)
    with pytest.raises(RegisterLocked):
        school.welcome()
    assert school.server.taken == ["P0001", "P0002"]
    assert states(school.manager.report(1)) == SENT | {"P0003": "pending", "P0004": "pending"}
    monkeypatch.undo()
    assert states(school.manager.resume(1)) == SENT
    assert school.server.taken == sorted(SENT)
