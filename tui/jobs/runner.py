"""Running a job: each open item is asked at the gate again, acted on, read back and recorded; a stop loses nothing.

The journal decides what is still to do, so starting again and going on are the same thing.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.restoring import KeptCopy
from tui.errors import EngageError, LeaseLost, Refused, ServiceError
from tui.jobs.asking_again import Asking, why_not
from tui.jobs.following import follow
from tui.jobs.lease import alone_here, is_free, is_gone, runner_name
from tui.jobs.pace import Pace
from tui.jobs.plan import Confirmation, JobReport, Plan, Progress
from tui.jobs.reporting import handed_to, report, write_worklist
from tui.jobs.starting import guard_again, start
from tui.mail.transport import Transport
from tui.register import accounts, audit, facts, invitations, journal
from tui.register.database import Connection, Database
from tui.services.service import AccountService, Acted, Order
from tui.settings import Settings

if TYPE_CHECKING:
    from tui.jobs.mailing import Mailer, ToSend  # brings the email package, which a revoke has no use for

_RENEW_SECONDS = 20
# How long a job waits for another program's write (an import, a backup) before it stops where it is.
PATIENCE_SECONDS = 60.0
_BATCH = 50


@dataclass
class _Run:
    """One run of a job. `alone`: whoever ran it before is gone for sure; `only`: just these items, None for all."""

    row: journal.JobRow
    verb: Verb
    progress: Callable[[Progress], None] | None
    stop: threading.Event
    alone: bool
    states: tuple[str, ...]
    only: set[int] | None
    done: int
    failed: int
    began: float
    renewed: float
    cancel: bool = False
    halted: bool = False
    why: str = ""

    def count(self, state: str) -> None:
        """One more item is through."""
        self.done += 1
        self.failed += state in ("failed", "unknown")
        if self.progress is not None:
            seconds = time.monotonic() - self.began
            self.progress(Progress(self.row.id, self.done, self.row.total, self.failed, seconds))


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
        self._name = runner_name()

    def start(self, plan: Plan, confirmation: Confirmation) -> int:
        """Check the confirmation and write the plan down as a job. Raises GuardStopped, Declined or Refused."""
        with self._database.patiently(PATIENCE_SECONDS):
            return start(self._database, self._settings, self._actor, self._name, plan, confirmation, self._clock())

    # -- running ---------------------------------------------------------------------------------------------------

    def run(
        self,
        job: int,
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> JobReport:
        """Do all that is still open in a job, or until `stop` is set; the current item is always finished.

        Messages that were put off are tried again too: somebody asks for it.
        """
        return self._run(job, progress, stop, journal.WAITING_STATES, None)

    def flush(
        self, progress: Callable[[Progress], None] | None = None, stop: threading.Event | None = None
    ) -> list[JobReport]:
        """Send what was put off and is due now, of every job that nobody runs."""
        reports = []
        for job in invitations.due_jobs(self._database, self._clock().isoformat()):
            if stop is not None and stop.is_set():
                break
            if not is_free(self._database, job, self._clock()):
                continue
            due = invitations.due_items(self._database, job, self._clock().isoformat())
            # Another session may take it in the same moment, or do it: then it is done.
            with suppress(LeaseLost):
                reports.append(self._run(job, progress, stop, ("claimed", "deferred"), due))
        return reports

    def _run(
        self,
        job: int,
        progress: Callable[[Progress], None] | None,
        stop: threading.Event | None,
        states: tuple[str, ...],
        only: set[int] | None,
    ) -> JobReport:
        row = journal.one_job(self._database, job)
        if row.service != self._service.name:
            raise Refused(
                f"Job {job} was planned for the {row.service} service; this register now acts through "
                f"{self._service.name}.",
                means="Nothing was done.",
                todo="Set accounts.service back, or leave the job and plan anew.",
            )
        if row.verb == Verb.REVOKE and not row.overridden:
            guard_again(self._database, self._settings, self._actor, job, row.open, self._clock())
        with alone_here(self._database, job, self._name), self._database.patiently(PATIENCE_SECONDS):
            now = time.monotonic()
            open_ = sum(row.counts.get(state, 0) for state in states)
            run = _Run(
                row,
                Verb(row.verb),
                progress,
                stop or threading.Event(),
                self._take_lease(job),
                states,
                only,
                done=row.total - open_,
                failed=row.counts.get("failed", 0) + row.counts.get("unknown", 0),
                began=now,
                renewed=now,
            )
            try:
                self._carry_on(run)
            except ServiceError as error:
                # Nothing can be done at all just now: what is open stays so.
                run.why = error.what
            except LeaseLost:
                raise
            except EngageError as error:
                with suppress(EngageError):
                    self._end(run, why=error.what)
                raise
            return self._end(run, why=run.why)

    def _take_lease(self, job: int) -> bool:
        """Take or renew the lease. True when whoever had it before is gone for sure."""
        holder, _ = journal.lease_of(self._database, job)
        gone = not holder or holder == self._name or is_gone(holder)
        with self._database.transaction() as connection:
            journal.lease(connection, job, self._name, self._clock(), dead=[holder] if gone and holder else [])
        return gone

    def _carry_on(self, run: _Run) -> None:
        job = run.row.id
        mailer = self._mailer(run) if run.verb.mails and not self._service.sends_own_mail else None
        per_minute = self._settings.accounts.per_minute
        # A limit of some a minute is not kept by doing fifty at once and then waiting.
        batch = min(self._service.batch, max(1, per_minute // 60)) if per_minute else self._service.batch
        pace = Pace(0 if mailer else per_minute, run.stop)
        after = journal.first_item(self._database, job) - 1
        most, size = _BATCH if mailer else batch, 1
        try:
            while items := journal.next_items(self._database, job, run.states, after, size):
                # One, then two, then four: a small job can be stopped after its first.
                after, size = items[-1].id, min(2 * size, most)
                wanted = [item for item in items if run.only is None or item.id in run.only or item.state == "claimed"]
                if self._stops(run):
                    return
                if mailer is not None:
                    for state in self._mail(run, mailer, wanted):
                        run.count(state)
                elif wanted:
                    pace.wait(len(wanted))
                    if self._stops(run):
                        return
                    for state in self._act(run, wanted):
                        run.count(state)
                if self._stops(run):
                    return
        finally:
            self._transport.close()
            self._service.close()

    def _going_on(self, run: _Run) -> Callable[[], bool]:
        return lambda: not self._stops(run)

    def _stops(self, run: _Run) -> bool:
        """Whether to stop here: told to by a signal or a key of this session, or asked to by another. Renews the lease
        from time to time."""
        if time.monotonic() - run.renewed > _RENEW_SECONDS:
            with self._database.transaction() as connection:
                journal.must_hold(connection, run.row.id, self._name)
                journal.lease(connection, run.row.id, self._name, self._clock())
            run.renewed = time.monotonic()
        if run.stop.is_set() or run.halted:
            return True
        asked = journal.asked(self._database, run.row.id)
        if asked:
            run.cancel = asked == "cancel"
            run.why = "" if run.cancel else "another session asked for a pause"
        return bool(asked)

    def _orders(
        self, run: _Run, items: Sequence[journal.ItemRow], copies: Mapping[int, KeptCopy] = MappingProxyType({})
    ) -> Iterator[tuple[journal.ItemRow, Order]]:
        as_of = self._database.version()  # before the facts are read: what comes between is noticed
        found = facts.gather(self._database, [item.person for item in items])
        at = self._clock().isoformat()
        for item in items:
            account, copy = found[item.person], copies.get(item.person)
            yield item, Order(
                item.id, item.job_id, item.person, account, self._actor, at, run.row.reason, self._name, as_of,
                run.row.of_job, copy.username if copy else "",
            )  # fmt: skip

    def _asking(self, run: _Run, copies: Mapping[int, KeptCopy] = MappingProxyType({})) -> Asking:
        counts = self._settings.accounts.future_students_count
        return Asking(run.row, self._clock().isoformat(), counts, copies)

    # -- accounts --------------------------------------------------------------------------------------------------

    def _act(self, run: _Run, items: Sequence[journal.ItemRow]) -> Iterator[str]:
        """Revoke, restore or request a batch; gives the state of each item."""
        copies = self._copies(run, items)
        orders_of = {item.id: (item, order) for item, order in self._orders(run, items, copies)}
        begun = [order for item, order in orders_of.values() if item.state == "claimed"]
        came = self._came_of(run.verb, begun)
        found = {item: acted for item, acted in came.items() if acted.state == "done"}
        orders: list[Order] = []
        asking = self._asking(run, copies)
        for item, order in orders_of.values():
            if item.id in found:
                continue
            if why := why_not(self._database, asking, item, order.facts):
                found[item.id] = Acted("skipped", _with_half(why, came.get(item.id)), recorded=False)
            else:
                orders.append(order)
        if orders:
            found.update(zip([order.item for order in orders], self._carry_out(run, orders), strict=True))
        open_ = [order for item, order in orders_of.values() if not found[item.id].recorded]
        if open_:
            with self._database.transaction() as connection:
                journal.must_hold(connection, run.row.id, self._name)
                for order in open_:
                    self._record(connection, run.verb, order, found[order.item])
        for item in items:
            if found[item.id].state in journal.OPEN_STATES:
                run.halted = True
                run.why = run.why or found[item.id].detail
            else:
                yield found[item.id].state

    def _copies(self, run: _Run, items: Sequence[journal.ItemRow]) -> dict[int, KeptCopy]:
        """What is kept of the accounts that a restore gives back."""
        if run.verb is not Verb.RESTORE:
            return {}
        return accounts.copies(self._database, run.row.of_job or 0, [item.person for item in items])

    def _came_of(self, verb: Verb, begun: Sequence[Order]) -> dict[int, Acted]:
        """What a run that was cut off had done elsewhere already, or half done (`claimed`), whatever a gate would say
        of it by now."""
        if not self._service.elsewhere or not begun:
            return {}
        came = self._service.came_of(verb, begun)
        return {order.item: acted for order, acted in zip(begun, came, strict=True) if acted is not None}

    def _carry_out(self, run: _Run, orders: Sequence[Order]) -> list[Acted]:
        """Hand a batch to the service. One that can't act at all leaves it as it was, and the job stops."""
        if self._service.elsewhere:
            with self._database.transaction() as connection:
                journal.must_hold(connection, run.row.id, self._name)
                journal.claim(connection, [order.item for order in orders])
        try:
            if run.verb is Verb.RESTORE:
                return self._service.restore(orders, self._going_on(run))
            if run.verb.mails:  # this service writes to parents itself
                return self._service.prepare(orders, run.verb, self._going_on(run))
            acted = self._service.revoke(orders, self._going_on(run))
        except ServiceError as error:
            return [Acted("pending", error.what, recorded=False) for _ in orders]
        if self._service.elsewhere:
            return acted  # which was read back before it was called done
        there = self._service.are_revoked(orders)
        return [
            Acted("failed", "read back: the account is still there", recorded=False)
            if revoked is False and one.state == "done"
            else one
            for one, revoked in zip(acted, there, strict=True)
        ]

    def _record(self, connection: Connection, verb: Verb, order: Order, acted: Acted) -> None:
        follow(
            connection, self._service, verb, order, acted,
            future_counts=self._settings.accounts.future_students_count,
        )  # fmt: skip

    # -- messages --------------------------------------------------------------------------------------------------

    def _mailer(self, run: _Run) -> "Mailer":
        from tui.jobs.mailing import Mailer

        return Mailer(
            self._database, self._transport, self._settings, self._actor, self._clock, verb=run.verb, stop=run.stop
        )

    def _mail(self, run: _Run, mailer: "Mailer", items: Sequence[journal.ItemRow]) -> Iterator[str]:
        """Send the messages of these items; gives the state of each as it is through."""
        from tui.jobs.mailing import ToSend

        wanted: list[ToSend] = []
        skipped: list[tuple[Order, Acted]] = []
        settled: list[str] = []
        asking = self._asking(run)
        for item, order in self._orders(run, items):
            if item.state == "claimed" and (sent := mailer.settle(order, alone=run.alone)) is not None:
                settled.append(sent.state)
            elif why := why_not(self._database, asking, item, order.facts):
                skipped.append((order, Acted("skipped", why, recorded=False)))
            else:
                wanted.append(ToSend(order, item.greeting))
        yield from settled
        if wanted and self._service.elsewhere:
            wanted, unready = self._prepared(run, wanted)
            skipped += unready
        if skipped:
            with self._database.transaction() as connection:
                journal.must_hold(connection, run.row.id, self._name)
                for order, acted in skipped:
                    self._record(connection, run.verb, order, acted)
                    invitations.end_item(connection, order.item, order.at, acted.detail)
        yield from (acted.state for _, acted in skipped)
        for sent in mailer.send(wanted, lambda: self._stops(run)):
            yield sent.state

    def _prepared(self, run: _Run, wanted: "list[ToSend]") -> "tuple[list[ToSend], list[tuple[Order, Acted]]]":
        """Those whose account, or the place for one, is there elsewhere; and those of whom that can't be had."""
        ready: list[ToSend] = []
        unready: list[tuple[Order, Acted]] = []
        acted = self._service.prepare([one.order for one in wanted], run.verb, self._going_on(run))
        for one, what in zip(wanted, acted, strict=True):
            if what.state == "done":
                ready.append(one)
            elif what.state == "failed":
                unready.append((one.order, what))
            else:
                run.halted = True
                run.why = run.why or what.detail
        return ready, unready

    # -- ending ----------------------------------------------------------------------------------------------------

    def _end(self, run: _Run, *, why: str) -> JobReport:
        job = run.row.id
        now = self._clock().isoformat()
        # Whoever stops for a reason of its own may not have heard yet what another session asked for.
        if run.cancel or journal.asked(self._database, job) == "cancel":
            try:
                self._called_off(run.row, alone=run.alone)
            except LeaseLost:
                raise
            except EngageError as error:
                why = f"it was to be cancelled, and what was begun can't be looked at: {error.what} Cancel it again."
            else:
                return self.report(job)
        row = journal.one_job(self._database, job)
        files: list[Path] | None = None
        if not row.open and self._service.by_hand:
            files = write_worklist(self._database, self._service, job, run.verb, now)
        elif self._transport.where is not None and handed_to(self._database, row):
            files = [self._transport.where]
        with self._database.transaction() as connection:
            journal.must_hold(connection, job, self._name)
            paths = None if files is None else [str(path) for path in files]
            journal.end(connection, job, "stopped" if row.open else "done", now, paths, why if row.open else "")
        return self.report(job)

    def report(self, job: int) -> JobReport:
        """What became of a job, from the journal. Raises NotFound."""
        return report(self._database, self._service, job, self._clock())

    def cancel(self, job: int) -> bool:
        """Call off what a job has not reached. False when another session runs it: that one was asked to, and does so
        after its current item. Raises NotFound, Refused."""
        row = journal.one_job(self._database, job)
        waiting = row.counts.get("deferred", 0)
        if not row.is_open and not waiting:
            raise Refused(f"Job {job} is {row.state}; there is nothing left to cancel.")
        with self._database.patiently(PATIENCE_SECONDS):
            if not is_free(self._database, job, self._clock()):
                with self._database.transaction() as connection:
                    journal.ask(connection, job, "cancel")
                return False
            alone = self._take_lease(job)
            try:
                self._called_off(row, alone=alone)
            except LeaseLost:
                raise
            except EngageError:
                with self._database.transaction() as connection:
                    journal.end(connection, job, "stopped", self._clock().isoformat(), why=row.stopped_why)
                raise
        return True

    def _called_off(self, row: journal.JobRow, *, alone: bool) -> None:
        half = self._settle_begun(row, alone)
        with self._database.transaction() as connection:
            journal.must_hold(connection, row.id, self._name)
            self._call_off(connection, row.id, self._clock().isoformat(), half)

    def _settle_begun(self, row: journal.JobRow, alone: bool) -> dict[int, Acted]:
        """What a stopped run had begun is looked at before the rest is called off: it may have gone out. Returns what
        is half done."""
        begun = journal.items(self._database, row.id, ("claimed",))
        if not begun:
            return {}
        stop = threading.Event()
        run = _Run(row, Verb(row.verb), None, stop, alone, ("claimed",), None, 0, 0, 0.0, 0.0)
        if not run.verb.mails or self._service.sends_own_mail:
            orders = [order for _, order in self._orders(run, begun, self._copies(run, begun))]
            try:
                came = self._came_of(run.verb, orders)
            finally:
                self._service.close()
            with self._database.transaction() as connection:
                journal.must_hold(connection, row.id, self._name)
                for order in orders:
                    if order.item in came and came[order.item].state == "done":
                        self._record(connection, run.verb, order, came[order.item])
            return {item: acted for item, acted in came.items() if acted.state != "done"}
        mailer = self._mailer(run)
        for _, order in self._orders(run, begun):
            mailer.settle(order, alone=alone)
        return {}

    def _call_off(self, connection: Connection, job: int, at: str, half: Mapping[int, Acted]) -> None:
        why = f"cancelled by {self._actor.operator}"
        count = journal.cancel(connection, job, at, why)
        for item, acted in half.items():
            journal.set_item(connection, item, "cancelled", at, _with_half(why, acted))
        invitations.drop(connection, job, at, why)
        journal.end(connection, job, "cancelled", at)
        audit.append(
            connection, self._actor, at, "job cancelled", subject=f"job {job}", detail={"items": count}, job_id=job
        )

    def pause(self, job: int) -> None:
        """Ask whoever runs a job to pause after the current item. Raises NotFound, Refused when nobody does."""
        journal.one_job(self._database, job)
        if is_free(self._database, job, self._clock()):
            raise Refused(f"Nobody is running job {job}.", means="Nothing was changed.")
        with self._database.transaction() as connection:
            journal.ask(connection, job, "pause")


def _with_half(why: str, half: Acted | None) -> str:
    """Why an item ends undone, and what of it was done elsewhere all the same."""
    return why if half is None else f"{why}; {half.detail}"
