"""Jobs in any order: planned, run, killed, gone on with, taken back, by two operators, while imports and clocks move.

Whatever was done, the journal, the audit, the accounts and what arrived must fit together. Few examples by default;
ENGAGE_ACCOUNTS_MACHINE_EXAMPLES says how many.
"""

import itertools
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.crash import reader
from tests.jobs.machine import ANSWERS, Death, DrawnServer, Killed, dying
from tests.jobs.test_running import embedded_settings
from tests.school import families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.guard import WINDOW_HOURS
from tui.errors import EngageError
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation, Progress
from tui.manager.manager import AccountManager
from tui.register import journal

EXAMPLES = int(os.environ.get("ENGAGE_ACCOUNTS_MACHINE_EXAMPLES", "8"))
CODES = [f"P{number:04}" for number in range(1, 9)]
who = st.lists(st.sampled_from(CODES), min_size=1, max_size=5, unique=True)
answers = st.lists(st.sampled_from(ANSWERS), max_size=5)
# Most runs are not killed; else anywhere from opening the register to the last item.
deaths = st.one_of(st.just(0), st.just(0), st.integers(1, 200))
operators = st.sampled_from([0, 1])
picks = st.integers(0, 3)


class Jobs(RuleBasedStateMachine):
    """Two operators, each with a session of their own that may die, on one register."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="job-machine-"))
        self.register = self.folder / "register.sqlite3"
        self.now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
        self.death = Death()
        self.server = DrawnServer(self.register, self.death)
        self.school = families(8)
        self.school.leave("S0001", "S0002", "S0003")
        for code in CODES[4:6]:
            self.school.contacts[code]["username"] = ""
        self.extracts = 0
        names = (f"{os.uname().nodename}:{os.getpid()}:{number}" for number in itertools.count(1))
        self.patches: list[Any] = [
            mock.patch("tui.mail.open_transport.open_transport", return_value=self.server),
            # Each session is a process of its own to the others, and gone as soon as it is not the one that asks.
            mock.patch("tui.jobs.runner.runner_name", side_effect=names),
            mock.patch("tui.jobs.mailing.UNAVAILABLE_PAUSES", ()),
        ]
        for patch in self.patches:
            patch.start()
        self.sessions: list[AccountManager | None] = [None, None]

    def teardown(self) -> None:
        self.death.next(0)
        for session in self.sessions:
            if session is not None:
                session.close()
        for patch in self.patches:
            patch.stop()
        shutil.rmtree(self.folder)

    # -- sessions --------------------------------------------------------------------------------------------------

    def session(self, operator: int) -> AccountManager:
        """The session of an operator; opened anew after a death."""
        found = self.sessions[operator]
        if found is None:
            usual = embedded_settings()
            chosen = replace(usual, guard=replace(usual.guard, max_percent=100))
            with dying(self.death):
                found = AccountManager(
                    chosen, self.register, create=True, actor=Actor(f"operator{operator}", "local"),
                    clock=lambda: self.now,
                )  # fmt: skip
            self.sessions[operator] = found
        return found

    def do(self, operator: int, act: Callable[[AccountManager], object], at: int = 0) -> None:
        """Do something in a session, which may be killed at a statement, or refused."""
        session = self.session(operator)
        self.death.next(at)
        try:
            with suppress(EngageError):
                act(session)
        except Killed:
            # The power is gone for both. A process that is no more has let go of the file, and nothing else.
            for one in filter(None, self.sessions):
                one.close()
            self.sessions = [None, None]
        finally:
            self.death.next(0)

    @initialize()
    def begin(self) -> None:
        self.take_in()

    def take_in(self) -> None:
        self.extracts += 1
        folder = self.school.write(self.folder / f"extract-{self.extracts}", self.now)
        self.do(0, lambda manager: manager.import_roster(open_feed(folder)))
        shutil.rmtree(folder)

    # -- jobs ------------------------------------------------------------------------------------------------------

    @rule(
        operator=operators, verb=st.sampled_from([Verb.REVOKE, Verb.WELCOME, Verb.RESET]), codes=who, said=answers,
        at=deaths, stop_after=st.integers(0, 5), takes_over=st.booleans(),
    )  # fmt: skip
    def run(
        self, operator: int, verb: Verb, codes: list[str], said: list[str], at: int, stop_after: int, takes_over: bool
    ) -> None:
        """Plan and run; perhaps stopped after some items, perhaps taken over by the other in the middle."""
        self.server.answers = list(said)
        stop = threading.Event()

        def progress(told: Progress) -> None:
            if told.done == stop_after:
                if takes_over and self.sessions[1 - operator] is not None:
                    other = self.sessions[1 - operator]
                    assert other is not None
                    with suppress(EngageError):
                        other.resume(told.job)
                else:
                    stop.set()

        def act(manager: AccountManager) -> None:
            plan = manager.plan(verb, codes, reason="asked to")
            given = Confirmation(yes=True, override_count=plan.count, override_reason="a reason")
            manager.run(plan, given, progress=progress, stop=stop)

        self.do(operator, act, at)

    @rule(operator=operators, pick=picks, said=answers, at=deaths)
    def resume(self, operator: int, pick: int, said: list[str], at: int) -> None:
        self.server.answers = list(said)
        self.do(operator, lambda manager: manager.resume(self.job(pick)), at)

    @rule(operator=operators, said=answers, at=deaths)
    def flush(self, operator: int, said: list[str], at: int) -> None:
        self.server.answers = list(said)
        self.do(operator, lambda manager: manager.flush(), at)

    @rule(operator=operators, pick=picks, at=deaths)
    def cancel(self, operator: int, pick: int, at: int) -> None:
        self.do(operator, lambda manager: manager.cancel(self.job(pick)), at)

    @rule(operator=operators, pick=picks)
    def pause(self, operator: int, pick: int) -> None:
        self.do(operator, lambda manager: manager.pause(self.job(pick)))

    @rule(operator=operators, pick=picks, at=deaths)
    def restore(self, operator: int, pick: int, at: int) -> None:
        def act(manager: AccountManager) -> None:
            manager.run(manager.restore_plan(self.job(pick)), Confirmation(yes=True))

        self.do(operator, act, at)

    @rule(operator=operators, sent=st.booleans())
    def settle(self, operator: int, sent: bool) -> None:
        def act(manager: AccountManager) -> None:
            for unknown in manager.invitations(["unknown"])[:1]:
                # A person says what was so.
                arrived = bool(self.server.arrived[unknown.item or 0])
                manager.settle(unknown.id, sent=arrived)

        self.do(operator, act)

    def job(self, pick: int) -> int:
        jobs = reader.read(self.register, "SELECT id FROM jobs ORDER BY id DESC")
        return int(jobs[pick % len(jobs)][0]) if jobs else 1

    # -- the world -------------------------------------------------------------------------------------------------

    @rule(code=st.sampled_from(CODES), kind=st.sampled_from(["revoke", "mail"]))
    def hold(self, code: str, kind: str) -> None:
        def act(manager: AccountManager) -> None:
            try:
                manager.release(code, kind=kind)
            except EngageError:
                manager.hold(code, "a note", kind=kind)

        self.do(0, act)

    @rule(kind=st.sampled_from(["revoke", "mail"]))
    def hold_everybody_for_a_moment(self, kind: str) -> None:
        """What was void in between does not come to life again."""

        def act(manager: AccountManager) -> None:
            for code in CODES:
                with suppress(EngageError):
                    manager.hold(code, "a note", kind=kind)
                    manager.release(code, kind=kind)

        self.do(0, act)

    @rule(number=st.integers(1, 8), change=st.sampled_from(["leaves", "comes back", "email"]))
    def another_import(self, number: int, change: str) -> None:
        student, contact = f"S{number:04}", f"P{number:04}"
        if change == "email":
            self.school.contacts[contact]["email"] = f"new{self.extracts}.{contact.lower()}@families.example"
        elif change == "leaves":
            self.school.leave(student)
        else:
            self.school.students[student] |= {"status": "enrolled", "exit_date": ""}
        self.now += timedelta(minutes=1)
        self.take_in()

    @rule(minutes=st.sampled_from([1, 6, 90, 1500, -30, -1500]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # -- what must hold --------------------------------------------------------------------------------------------

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        return reader.read(self.register, sql, *parameters)

    @invariant()
    def the_audit_holds(self) -> None:
        assert reader.chain_problem(self.register) == ""

    @invariant()
    def nothing_is_revoked_twice(self) -> None:
        state = Counter[object]()
        for action, subject in self.rows("SELECT action, subject FROM audit WHERE action IN ('revoke', 'restore')"
                                         " ORDER BY id"):  # fmt: skip
            state[subject] += 1 if action == "revoke" else -1
            assert state[subject] in (0, 1), subject
        gone: dict[Any, Any] = dict(
            self.rows("SELECT c.code, a.username FROM accounts AS a JOIN contacts AS c ON c.id * 4 = a.person")
        )
        assert all(not gone[code] for code, count in state.items() if count)

    @invariant()
    def what_is_done_was_told(self) -> None:
        told = Counter(self.rows("SELECT job_id, subject, action FROM audit WHERE job_id IS NOT NULL"))
        for job, code, verb in self.rows(
            "SELECT i.job_id, i.code, j.verb FROM items AS i JOIN jobs AS j ON j.id = i.job_id WHERE i.state = 'done'"
        ):
            assert told[job, code, verb] == 1 or told[job, code, f"{verb} settled"] == 1

    @invariant()
    def nothing_arrives_twice(self) -> None:
        assert all(count == 1 for count in self.server.arrived.values()), self.server.arrived

    @invariant()
    def one_link_lives_and_only_one_that_may_be_somewhere(self) -> None:
        twice = (
            "SELECT person FROM invitations WHERE token_hash IS NOT NULL GROUP BY person, purpose HAVING count(*) > 1"
        )
        assert self.rows(twice) == []
        # Of an unknown one the link may have been voided since; a person still has to say what became of it.
        for state, token in self.rows("SELECT state, token_hash FROM invitations WHERE state <> 'unknown'"):
            assert (token is not None) == (state in ("sent", "sending")), state
            assert state != "sent" or token in self.server.tokens

    @invariant()
    def items_and_invitations_agree(self) -> None:
        for item, invitation, retry in self.rows(
            "SELECT i.state, v.state, v.retry_at FROM items AS i JOIN invitations AS v ON v.item_id = i.id"
            " WHERE v.state IN ('queued', 'sending')"
        ):
            assert (item, bool(retry)) in {
                ("deferred", True), ("pending", False), ("claimed", invitation == "queued"), ("claimed", False)
            }, (item, invitation, retry)  # fmt: skip

    @invariant()
    def the_counts_add_up(self) -> None:
        session = self.session(0)
        for job in session.jobs():
            assert job.total == len(self.rows("SELECT 1 FROM items WHERE job_id = ?", job.id))
            assert (job.state == "done") <= (job.open == 0)
        since = (self.now - timedelta(hours=WINDOW_HOURS)).isoformat()
        assert journal.recent_revokes(session._database, since) == reader.revoked_of_late(self.register, since)

    @invariant()
    def whoever_is_held_is_left_alone(self) -> None:
        told = {(number, code) for number, code in self.rows("SELECT id, subject FROM audit WHERE action = 'revoke'")}
        held: set[object] = set()
        for number, action, code in self.rows("SELECT id, action, subject FROM audit ORDER BY id"):
            if action == "hold revoke":
                held.add(code)
            elif action == "release revoke":
                held.discard(code)
            assert not ((number, code) in told and code in held)


TestJobs = Jobs.TestCase
TestJobs.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
