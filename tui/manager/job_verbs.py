"""What the manager does with jobs: plan, run, go on, pause, cancel, take back, attest; and what became of them."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.overdue import Overdue, Request, find_overdue
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.errors import EngageError, NotFound, Refused
from tui.manager.saying import JobStanding
from tui.register import facts, journal, listing, requests
from tui.register.database import Database
from tui.services.service import AccountService
from tui.settings import Settings
from tui.text import clean

if TYPE_CHECKING:
    from tui.jobs.plan import Confirmation, JobReport, Plan, Progress
    from tui.jobs.runner import Runner

# Those whom a verb without codes is for.
_READY = {
    Verb.REVOKE: Status.READY_TO_REVOKE,
    Verb.WELCOME: Status.READY_TO_PROVISION,
    Verb.RESET: Status.ACTIVE,
}


class JobVerbs:
    """The part of AccountManager that carries plans out."""

    settings: Settings
    service: AccountService
    path: Path
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def _not_found(self, codes: Sequence[str], user_type: UserType = UserType.CONTACT) -> NotFound:
        raise NotImplementedError

    def _end_holds(self) -> None:
        raise NotImplementedError

    def _with_list(self, report: "JobReport") -> "JobReport":
        raise NotImplementedError

    def plan(
        self,
        verb: Verb,
        codes: Sequence[str] = (),
        *,
        all_ready: bool = False,
        reason: str = "",
        only_reason: str | None = None,
    ) -> "Plan":
        """A plan for these contacts, or for all that are ready. Changes nothing. Raises NotFound for unknown codes.

        `only_reason` narrows all that are ready to those for whom this reason leads.
        One code by itself is *singly*: only then are questions asked, and only then may an active account be revoked,
        with a reason. A restore is planned from the job that it takes back: see `restore_plan`.
        """
        self._end_holds()
        if all_ready:
            ready = listing.listed(
                self._database, tab=_READY[verb], user_type=UserType.CONTACT, reason=only_reason or ""
            )
            # The leading reason counts: a leaver's parent who is in an undecided flag group too waits for its answer,
            # and the guard, which such a one would call, lets the genuine leavers through.
            found = listing.rows(self._database, ready) if only_reason else ()
            persons = [row.person for row in found if row.reason == only_reason] if only_reason else list(ready)
        else:
            known = facts.persons_of(self._database, codes)
            unknown = [code for code in dict.fromkeys(codes) if code not in known]
            if unknown:
                raise self._not_found(unknown)
            persons = [known[code] for code in dict.fromkeys(codes)]
        from tui.jobs.planning import make_plan

        return make_plan(
            self._database,
            self.service,
            self.settings,
            verb,
            persons,
            singly=not all_ready and len(persons) == 1,
            reason=clean(reason),
            now=self._clock(),
        )

    def restore_plan(self, job: int, codes: Sequence[str] = (), *, reason: str = "") -> "Plan":
        """A plan to take back what a job revoked, all of it or these codes. Raises NotFound, Refused."""
        from tui.jobs.planning import make_restore_plan

        return make_restore_plan(self._database, self.service, job, codes, reason=clean(reason), now=self._clock())

    def retry_plan(self, job: int) -> "Plan":
        """A plan for what failed in a job, made afresh. Raises NotFound, Refused."""
        row = journal.one_job(self._database, job)
        codes = [item.code for item in journal.items(self._database, job, ("failed", "cancelled"))]
        if not codes:
            raise Refused(f"Nothing has failed or was cancelled in job {job}.")
        if row.verb == Verb.RESTORE:
            return self.restore_plan(row.of_job or 0, codes, reason=row.reason)
        return self.plan(Verb(row.verb), codes, reason=row.reason)

    def run(
        self,
        plan: "Plan",
        confirmation: "Confirmation",
        *,
        progress: Callable[["Progress"], None] | None = None,
        stop: threading.Event | None = None,
    ) -> "JobReport":
        """Start a plan and run it to its end, or until `stop` is set. Raises GuardStopped, Declined, Refused."""
        runner = self._runner()
        report = runner.run(runner.start(plan, confirmation), progress, stop)
        if plan.verb.mails and not report.stopped:
            # Whatever runs next sends what was put off; what becomes of that stands in its own jobs.
            with suppress(EngageError):
                runner.flush(None, stop)
        return self._with_list(report)

    def resume(
        self,
        job: int,
        *,
        progress: Callable[["Progress"], None] | None = None,
        stop: threading.Event | None = None,
    ) -> "JobReport":
        """Go on with a stopped job, or with messages that were put off. Raises NotFound, Refused."""
        row = journal.one_job(self._database, job)
        if not row.is_open and not row.counts.get("deferred"):
            raise Refused(f"Job {job} is {row.state}; there is nothing to go on with.")
        self._end_holds()
        return self._with_list(self._runner().run(job, progress, stop))

    def pause(self, job: int) -> None:
        """Ask whoever runs a job to pause after the current item. Raises NotFound, Refused when nobody does."""
        self._runner().pause(job)

    def cancel(self, job: int) -> bool:
        """Call off what a job has not reached; False when another session runs it and was asked to. Raises NotFound,
        Refused."""
        return self._runner().cancel(job)

    def attest(self, job: int, codes: Sequence[str] = ()) -> int:
        """A person says that the requests of a worklist were carried out."""
        from tui.jobs.attesting import attest

        future_counts = self.settings.accounts.future_students_count
        at = self._clock().isoformat()
        return attest(self._database, self._actor, job, codes, at, future_counts=future_counts)

    def take_back_word(self, job: int, codes: Sequence[str] = ()) -> int:
        """What a person attested was not carried out after all: what no import has verified, or these codes."""
        from tui.jobs.attesting import take_back

        future_counts = self.settings.accounts.future_students_count
        at = self._clock().isoformat()
        return take_back(self._database, self._actor, job, codes, at, future_counts=future_counts)

    def withdraw(self, job: int, codes: Sequence[str] = (), *, reason: str = "") -> int:
        """A person says that requests of a worklist will not be carried out: all that wait, or these codes."""
        from tui.jobs.attesting import withdraw

        return withdraw(self._database, self._actor, job, codes, self._clock().isoformat(), reason=clean(reason))

    def waiting_requests(self, persons: Sequence[int]) -> list[Request]:
        """The requests on worklists that wait to be carried out for these people, in the order of their jobs."""
        return requests.waiting(self._database, persons=persons)

    def said_requests(self, persons: Sequence[int] | None = None, *, job: int | None = None) -> list[Request]:
        """The requests that a person attested and no import has verified, of these people or of a job."""
        return requests.said(self._database, job=job, persons=persons)

    def overdue(self, job: int | None = None) -> tuple[Overdue, ...]:
        """The requests on worklists, of all jobs or of one, that have waited too long (`schedule.overdue_days`)."""
        waiting = requests.waiting(self._database, job=job)
        return find_overdue(waiting, self._clock(), days=self.settings.schedule.overdue_days)

    def jobs(self) -> list[journal.JobRow]:
        """All jobs, newest first."""
        return journal.jobs(self._database)

    def stopped_jobs(self) -> list[journal.JobRow]:
        """The jobs that are not at their end and that nobody runs."""
        return [job for job in journal.jobs(self._database, is_open=True) if self.is_free(job.id)]

    def job_standings(self) -> list[JobStanding]:
        """All jobs, newest first, with who is at them."""
        rows = journal.jobs(self._database)
        busy = [job.id for job in rows if job.is_open and not self.is_free(job.id)]
        late: dict[int, list[Overdue]] = {}
        for one in self.overdue():
            late.setdefault(one.job, []).append(one)
        return [
            JobStanding(
                job,
                journal.lease_of(self._database, job.id)[0] if job.id in busy else "",
                tuple(late.get(job.id, ())),
            )
            for job in rows
        ]

    def is_free(self, job: int) -> bool:
        """Whether nobody is running this job."""
        from tui.jobs.lease import is_free

        return is_free(self._database, job, self._clock())

    def report(self, job: int) -> "JobReport":
        """What became of a job. Raises NotFound."""
        return self._runner().report(job)

    def _runner(self) -> "Runner":
        from tui.jobs.runner import Runner
        from tui.mail.open_transport import open_transport

        transport = open_transport(self.settings, self.path)
        return Runner(self._database, self.service, transport, self.settings, self._actor, self._clock)
