"""Running a job: each open item is asked at the gate again, acted on, read back and recorded; a stop loses nothing.

The journal decides what is still to do, so starting again and going on are the same thing.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tui.config import Settings
from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verb
from tui.domain.records import UserType
from tui.errors import EngageError, GuardStopped, Refused, RegisterError
from tui.jobs import welcoming
from tui.jobs.plan import Confirmation, JobReport, Outcome, Plan, Progress
from tui.jobs.planning import ask_gate, fingerprint, judge_now
from tui.mail.letters import compose
from tui.mail.open_transport import open_templates
from tui.mail.transport import Transport
from tui.register import accounts, audit, facts, invitations, journal, listing
from tui.register.database import Connection, Database
from tui.services.service import AccountService, FactsChanged, Listed, Order

_RENEW_SECONDS = 20


class Runner:
    """Runs jobs on one register through one service. `clock` gives the time in UTC."""

    def __init__(
        self,
        database: Database,
        service: AccountService,
        transport: Transport,
        settings: Settings,
        actor: Actor,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._service = service
        self._transport = transport
        self._settings = settings
        self._actor = actor
        self._clock = clock
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def start(self, plan: Plan, confirmation: Confirmation) -> int:
        """Check the confirmation and write the plan down as a job. Raises GuardStopped, Declined or Refused."""
        plan.check(confirmation)
        if not plan.items:
            raise Refused("There is nothing to do: every account was left out.", means=_left_out(plan))
        now = self._clock()
        guard = plan.guard
        overridden = bool(guard and guard.stopped)
        with self._database.transaction() as connection:
            if guard is not None and not overridden:
                # Judged again where nobody can come between: of two plans made side by side, the second sees the first.
                touched = {item.group for item in plan.items if item.group}
                fresh = judge_now(self._database, self._settings, plan.count, touched, now)
                replace(plan, guard=fresh).check(confirmation)
            job = journal.add_job(
                connection,
                verb=plan.verb,
                service=plan.service,
                system=plan.system,
                singly=plan.singly,
                reason=plan.reason,
                guard=" ".join(guard.causes) if guard else "",
                override_reason=confirmation.override_reason if overridden else "",
                actor=self._actor,
                at=now.isoformat(),
                items=(
                    (item.person, item.code, item.fingerprint, item.group is not None, item.answered, item.greeting)
                    for item in plan.items
                ),
                handover=plan.handover,
            )
            journal.lease(connection, job, self._name, now)
            audit.append(
                connection,
                self._actor,
                now.isoformat(),
                "job",
                subject=f"job {job}",
                detail={
                    "verb": plan.verb,
                    "system": plan.system,
                    "count": plan.count,
                    "left_out": len(plan.left_out),
                    "answered": [question.code for question in plan.questions]
                    + [item.code for item in plan.items if item.answered],
                },
                job_id=job,
                reason=plan.reason,
            )
            if overridden and guard:
                audit.append(
                    connection,
                    self._actor,
                    now.isoformat(),
                    "guard override",
                    subject=f"job {job}",
                    detail={"causes": list(guard.causes), "count": plan.count},
                    job_id=job,
                    reason=confirmation.override_reason,
                )
        return job

    def run(
        self,
        job: int,
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> JobReport:
        """Do all that is still open in a job, or until `stop` is set; the current item is always finished."""
        row = journal.one_job(self._database, job)
        if row.service != self._service.name:
            raise Refused(
                f"Job {job} was planned for the {row.service} service; this register now acts through "
                f"{self._service.name}.",
                means="Nothing was done.",
                todo="Set accounts.service back, or leave the job and plan anew.",
            )
        if row.verb == Verb.REVOKE and not row.overridden:
            self._guard_again(job, row.open)
        self._take_lease(job)
        started = renewed = time.monotonic()
        verb = Verb(row.verb)
        open_items = journal.items(self._database, job, journal.OPEN_STATES)
        done = row.total - len(open_items)
        failed = row.counts.get("failed", 0)
        stopped = False
        for item in open_items:
            if stop is not None and stop.is_set():
                stopped = True
                break
            if time.monotonic() - renewed > _RENEW_SECONDS:
                self._take_lease(job)
                renewed = time.monotonic()
            failed += not self._one(item, verb, singly=row.singly, reason=row.reason)
            done += 1
            if progress is not None:
                progress(Progress(job, done, row.total, failed, time.monotonic() - started))
        return self._end(job, verb, stopped)

    def _guard_again(self, job: int, planned: int) -> None:
        verdict = judge_now(self._database, self._settings, planned, set(), self._clock(), job=job)
        if verdict.stopped:
            raise GuardStopped(
                f"The guard stops job {job} before its next item: {verdict.measure}.\n"
                + "\n".join(f"  {cause}" for cause in verdict.causes),
                means="Nothing more was done.",
                todo="Leave the job, and plan anew what is still to be done; that plan can be overridden.",
            )

    def _take_lease(self, job: int) -> None:
        holder, _ = journal.lease_of(self._database, job)
        dead = [holder] if holder and holder != self._name and _is_dead(holder) else []
        with self._database.transaction() as connection:
            journal.lease(connection, job, self._name, self._clock(), dead=dead)

    def _one(self, item: journal.ItemRow, verb: Verb, *, singly: bool, reason: str) -> bool:
        """Carry one item out. False when it failed; a skipped one did not."""
        account = facts.gather(self._database, [item.person])[item.person]
        at = self._clock().isoformat()
        if item.state == "claimed" and self._settle_claimed(item, account, at):
            return True
        verdict = ask_gate(
            verb,
            account,
            reason=reason if singly else "",
            future_counts=self._settings.accounts.future_students_count,
            covered=bool(item.covered),
        )
        changed = fingerprint(account) != item.facts
        # What was shown and agreed to was this account as it was then; and a question was only ever asked singly.
        asked = singly or bool(item.answered)
        if verdict.decision is Decision.REFUSE or changed or (verdict.decision is Decision.ASK and not asked):
            why = "the facts have changed since the plan" if changed else verdict.sentence
            self._record(item, "skipped", at, verdict.sentence if verdict.decision is Decision.REFUSE else why)
            return True
        order = Order(item.id, item.job_id, item.person, account, self._actor, at, reason)
        try:
            if verb is Verb.REVOKE:
                self._revoke(order)
            else:
                self._welcome(order, item.greeting)
        except RegisterError:
            raise
        except FactsChanged as error:
            self._record(item, "skipped", at, error.what)
        except EngageError as error:
            self._record(item, "failed", at, error.what)
            return False
        return True

    def _revoke(self, order: Order) -> None:
        acted = self._service.revoke(order)
        if not acted.recorded:
            with self._database.transaction() as connection:
                journal.set_item(connection, order.item, acted.state, order.at, acted.detail)
                self._audit(connection, order, f"revoke {acted.state}", acted.detail)
        if self._service.is_revoked(order) is False:
            raise Refused("read back: the account is still there")

    def _welcome(self, order: Order, greeting: str) -> None:
        if self._service.sends_own_mail:
            detail = f"on the worklist of job {order.job}"
            with self._database.transaction() as connection:
                journal.set_item(connection, order.item, "requested", order.at, detail)
                self._audit(connection, order, "welcome requested", detail)
            return
        now = self._clock()
        token, token_hash = welcoming.mint()
        expires = welcoming.expiry(now).isoformat()
        with self._database.transaction() as connection:
            if facts.gather(self._database, [order.person])[order.person] != order.facts:
                raise FactsChanged("the facts have changed just now")
            if journal.item_state(connection, order.item) not in journal.OPEN_STATES:
                return  # this session slept past its lease, and another has done it
            journal.set_item(connection, order.item, "claimed", order.at)
            invitation = invitations.queue(
                connection, order.person, order.facts.code, order.facts.email, order.job, order.at
            )
            invitations.start_attempt(connection, invitation, token_hash, expires)
        key = welcoming.key_of(invitation, token_hash)
        try:
            letter = welcoming.letter(self._settings, order.facts, key, token, now, greeting)
            self._transport.deliver(compose(letter, open_templates(self._settings)))
        except EngageError as error:
            with self._database.transaction() as connection:
                invitations.finish(connection, invitation, "failed", order.at, error.what)
            raise
        self._sent(order, invitation)

    def _sent(self, order: Order, invitation: int) -> None:
        detail = f"welcome email handed to the {self._transport.name}"
        with self._database.transaction() as connection:
            invitations.finish(connection, invitation, "sent", order.at)
            journal.set_item(connection, order.item, "done", order.at, detail)
            self._audit(connection, order, "welcome", detail)

    def _settle_claimed(self, item: journal.ItemRow, account: AccountFacts, at: str) -> bool:
        """An item that a stopped run had begun: True when it is settled, False when it must be done again."""
        found = invitations.open_of_item(self._database.connection, item.job_id, item.person)
        if found is None:
            return False
        invitation, state, token_hash = found
        if state not in ("sending", "sent"):
            return False
        delivered = self._transport.delivered(welcoming.key_of(invitation, token_hash))
        order = Order(item.id, item.job_id, item.person, account, self._actor, at, "")
        if delivered is None:
            with self._database.transaction() as connection:
                invitations.finish(connection, invitation, "unknown", at, "the session ended while it was being sent")
                journal.set_item(connection, item.id, "unknown", at, "may have been sent; a person must look")
                self._audit(connection, order, "welcome unknown", "the session ended while it was being sent")
            return True
        if delivered:
            self._sent(order, invitation)
        return delivered

    def _record(self, item: journal.ItemRow, state: str, at: str, detail: str) -> None:
        with self._database.transaction() as connection:
            journal.set_item(connection, item.id, state, at, detail)
            audit.append(
                connection,
                self._actor,
                at,
                f"item {state}",
                subject=item.code,
                detail={"why": detail},
                job_id=item.job_id,
            )

    def _audit(self, connection: Connection, order: Order, action: str, detail: str) -> None:
        audit.append(
            connection,
            self._actor,
            order.at,
            action,
            subject=order.facts.code,
            detail={"system": self._service.system, "status": order.facts.status, "what": detail},
            job_id=order.job,
            reason=order.reason,
        )

    def _end(self, job: int, verb: Verb, stopped: bool) -> JobReport:
        files: list[Path] = []
        now = self._clock().isoformat()
        if not stopped and self._service.by_hand:
            files = self._write_worklist(job, verb, now)
        elif self._transport.where is not None and self._handed_to(job, verb):
            files = [self._transport.where]
        with self._database.transaction() as connection:
            journal.end(connection, job, "stopped" if stopped else "done", now, [str(path) for path in files])
        return self.report(job, stopped=stopped)

    def _write_worklist(self, job: int, verb: Verb, at: str) -> list[Path]:
        wanted = [item for item in journal.items(self._database, job) if item.state in ("requested", "attested")]
        listed = self._listed([item.person for item in wanted], {item.code: "" for item in wanted})
        left: list[Listed] = []
        if verb is Verb.REVOKE:
            taken = {item.person for item in wanted}
            others = [
                person
                for person in listing.listed(self._database, tab="ready_to_revoke", user_type=UserType.CONTACT)
                if person not in taken
            ]
            if len(others) < len(listed):
                left = self._listed(others, {})
        return self._service.finish(job, verb, listed, left, at)

    def _listed(self, persons: Sequence[int], why: dict[str, str]) -> list[Listed]:
        return [
            Listed(
                row.code,
                row.surname_first,
                row.email,
                row.username,
                why.get(row.code, row.held or ("already requested" if row.requested else "not in this job")),
                row.status,
            )
            for row in listing.rows(self._database, persons)
        ]

    def report(self, job: int, *, stopped: bool = False) -> JobReport:
        """What became of a job, from the journal."""
        row = journal.one_job(self._database, job)
        found = journal.items(self._database, job)
        names = {listed.code: listed.name for listed in listing.rows(self._database, [item.person for item in found])}
        states = {"claimed": "pending", "unknown": "failed", "not_done": "failed"}
        return JobReport(
            job=job,
            verb=Verb(row.verb),
            system=row.system,
            service=row.service,
            total=row.total,
            outcomes=tuple(
                Outcome(item.code, names.get(item.code, ""), states.get(item.state, item.state), item.detail)
                for item in found
            ),
            files=row.files,
            stopped=stopped or (row.state != "done" and is_free(self._database, job, self._clock())),
            how=self._service.restores if row.verb == Verb.REVOKE else "",
            handed_to=self._handed_to(job, Verb(row.verb)),
        )

    def _handed_to(self, job: int, verb: Verb) -> str:
        # Asked of the job and not of the service, which the config may have changed since.
        if verb is not Verb.WELCOME or not invitations.of_job(self._database, job):
            return ""
        return self._transport.name if journal.items(self._database, job, ("done",)) else ""

    def attest(self, job: int, codes: Sequence[str]) -> int:
        """A person says that requests of a job were carried out: all of them, or these codes. Returns how many."""
        row = journal.one_job(self._database, job)
        found = [item for item in journal.items(self._database, job, ("requested",)) if not codes or item.code in codes]
        unknown = sorted(set(codes) - {item.code for item in found})
        if unknown:
            raise Refused(
                f"Not waiting in job {job}: {', '.join(unknown[:10])}.", means="Nothing was attested.",
                todo=f"See engage-accounts jobs {job}",
            )  # fmt: skip
        at = self._clock().isoformat()
        for item in found:
            with self._database.transaction() as connection:
                if journal.item_state(connection, item.id) != "requested":
                    continue
                before = accounts.state(connection, item.person)
                journal.set_item(connection, item.id, "attested", at, f"attested by {self._actor.operator}")
                if row.verb == Verb.REVOKE:
                    accounts.clear(
                        connection,
                        item.person,
                        job,
                        at,
                        "the account was revoked",
                        future_counts=self._settings.accounts.future_students_count,
                    )
                audit.append(
                    connection,
                    self._actor,
                    at,
                    f"{row.verb} attested",
                    subject=item.code,
                    detail={"system": row.system, "before": before._asdict()},
                    job_id=job,
                )
        return len(found)


def is_free(database: Database, job: int, now: datetime) -> bool:
    """Whether nobody is running this job: its lease ran out, was given back, or its holder is gone."""
    holder, until = journal.lease_of(database, job)
    return not holder or until <= now.isoformat() or _is_dead(holder)


def _is_dead(runner: str) -> bool:
    """Whether a runner of this host is gone; of another host nobody knows."""
    host, _, pid = runner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _left_out(plan: Plan) -> str:
    shown = [f"  {left.code}: {left.why}" for left in plan.left_out[:20]]
    more = len(plan.left_out) - len(shown)
    return "\n".join(shown + ([f"  ... and {more:,} more"] if more > 0 else []))
