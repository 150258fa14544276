"""The jobs, newest first: what each was, how far it is and whose; gone on with, paused, cancelled, tried again, taken
back or attested from here. Each session runs one job of its own at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.domain.gates import Verb
from tui.domain.overdue import Request, say_overdue
from tui.errors import EngageError
from tui.jobs.lease import runner_name
from tui.text import plural
from tui.ui import wording_jobs
from tui.ui.actions import State
from tui.ui.drawing import Line, Para, spread
from tui.ui.job import Phase, RunningJob
from tui.ui.screens.acting import ActingScreen
from tui.ui.screens.attesting import Waiting
from tui.ui.screens.board import Board

if TYPE_CHECKING:
    from tui.jobs.plan import JobReport
    from tui.manager.manager import AccountManager
    from tui.manager.saying import JobStanding

_ACTS = ("job_open", "job_resume", "job_pause", "job_cancel", "job_retry", "job_restore")


class JobsScreen(Board, ActingScreen):
    """The jobs with what can be done to each."""

    SCOPE = "jobs"
    NAME = "jobs"

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.jobs: Sequence[JobStanding] = ()
        self._is_read = False

    # -- what is shown -------------------------------------------------------------------------------------------

    def started(self) -> None:
        self.pane.heading = "job"
        self.read()

    def read(self, message: str = "", then: Callable[[], None] = lambda: None) -> None:
        """Read the jobs anew, in the background; then say this and do that."""

        def work() -> "list[JobStanding] | EngageError":
            try:
                return self.manager.job_standings()
            except EngageError as error:
                return error

        def done(found: "list[JobStanding] | EngageError") -> None:
            if isinstance(found, EngageError):
                self._is_read = True
                self.forget_typed_ahead()
                self.engage.show_error(found)
                return
            first, self._is_read = not self._is_read, True
            self.jobs = found
            self.fill()
            if first:
                self._to(self._here)
            if message:
                self.say(message)
            then()
            self.act_on_typed_ahead()

        self.engage.in_background("jobs", work, done)

    def _to(self, job: int) -> None:
        """Put the cursor on a job, where it is in the list."""
        at = next((number for number, entry in enumerate(self.table.entries) if entry.key == str(job)), None)
        if at is not None:
            self.table.at = at
            self.table.resized()
            self.moved()

    @property
    def is_unfinished(self) -> bool:
        return not self._is_read

    @property
    def job(self) -> "JobStanding | None":
        """The job under the cursor."""
        return next((job for job in self.jobs if str(job.row.id) == self.key), None)

    @property
    def _here(self) -> int:
        """The number of the job that this session runs or has paused, 0 for none."""
        job = self.engage.job
        if job is None or not job.is_open:
            return 0
        # Until its first item is through, only the journal knows its number.
        return job.number or next((one.row.id for one in self.jobs if one.runner == runner_name()), 0)

    def fill(self) -> None:
        found = wording_jobs.entries(self.jobs, self._here, self.table.size.width, self.engage.look)
        empty = ("No jobs yet.", "", "Whatever is revoked, sent or restored is a job, and stands here.")
        self.show_entries(found, empty if self._is_read else ())

    def headline(self) -> str:
        if not self._is_read:
            return "Jobs"
        stopped = sum(job.is_stopped for job in self.jobs)
        late = say_overdue([one for job in self.jobs for one in job.overdue])
        said = f"Jobs: {len(self.jobs):,}" + (f", {stopped:,} stopped before the end" if stopped else "")
        return f"{said}, {late}" if late else said

    def right(self) -> str:
        return f"acts on {self.manager.service.system}"

    def detail(self) -> Sequence[Para]:
        job = self.job
        if job is None:
            return ()
        why_not = self._why_not()
        can = [name for name in _ACTS if not why_not[name]] + (["attest", "withdraw"] if self._waits else [])
        return wording_jobs.detail(job, job.row.id == self._here, self.keys_for(can), self.engage.look)

    def status_line(self, width: int) -> Line:
        at = next((number for number, job in enumerate(self.jobs, 1) if str(job.row.id) == self.key), 0)
        where = f"{at:,}/{len(self.jobs):,}" if at else ""
        return spread(((plural(len(self.jobs), "job"), None),), ((where, self.engage.look.dim),), width)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [
            ("job_open", "show"), ("job_resume", "go on"), ("job_pause", "pause"), ("job_retry", "try again"),
            ("job_restore", "restore"), ("menu", "actions"), ("help", "help"), ("back", "back"),
        ]  # fmt: skip

    # -- what can be done ----------------------------------------------------------------------------------------

    def state(self) -> State:
        return State(
            read_only=self.manager.read_only,
            waits=self._waits,
            said=self._may_be_said,
            can_copy=self.job is not None,
            why_not=self._why_not(),
        )

    @property
    def _waits(self) -> bool:
        job = self.job
        return job is not None and bool(job.row.counts.get("requested")) and not self.manager.read_only

    @property
    def _may_be_said(self) -> bool:
        """Whether something in the job may rest on a person's word; which, is asked when it matters."""
        job = self.job
        if job is None or self.manager.read_only:
            return False
        return self.manager.service.by_hand and any(job.row.counts.get(state) for state in ("attested", "done"))

    def _why_not(self) -> Mapping[str, str]:
        """Why each action can't be used for the job under the cursor, "" when it can."""
        job = self.job
        if job is None:
            return dict.fromkeys(_ACTS, "no job is under the cursor")
        never = "this session is read-only" if self.manager.read_only else ""
        busy = "a job of this session is running; wait for it, or pause it" if self._here else ""
        return {
            "job_open": "",
            "job_resume": never or self._why_not_resumed(job, busy),
            "job_pause": never or self._why_not_paused(job),
            "job_cancel": never or ("" if _is_unfinished(job) else "nothing of it is left to cancel"),
            "job_retry": never or busy or _why_not_retried(job),
            "job_restore": never or busy or self._why_not_restored(job),
        }

    def _why_not_resumed(self, job: "JobStanding", busy: str) -> str:
        own = self.engage.job
        if job.row.id == self._here and own is not None:
            return "" if own.phase is Phase.PAUSED else "it is running here"
        if job.runner:
            return "another session is running it"
        return busy or ("" if _is_unfinished(job) else f"it is {job.state}; there is nothing left to go on with")

    def _why_not_paused(self, job: "JobStanding") -> str:
        own = self.engage.job
        if job.row.id == self._here and own is not None and own.phase is Phase.PAUSED:
            return "it is paused already"
        return "" if job.runner else "nobody is running it"

    def _why_not_restored(self, job: "JobStanding") -> str:
        service, row = self.manager.service, job.row
        if row.verb != Verb.REVOKE:
            return "it revoked nothing"
        if row.service != service.name:
            return f"it acted on {row.system}; this register now acts on {service.system}"
        if not service.can_restore:
            return service.restores.rstrip(".")
        return "" if row.counts.get("done") else "nothing was revoked by it"

    def menu_title(self) -> str:
        job = self.job
        return f"Actions on job {job.row.id}" if job is not None else "Actions"

    def do_jobs(self) -> None:
        """The key that came here leads back."""
        self.do_back()

    def do_refresh(self) -> None:
        self.read("Read again.")

    # -- acting --------------------------------------------------------------------------------------------------

    def do_job_open(self) -> None:
        job = self.job
        if job is None:
            return
        number = job.row.id
        if number == self._here:
            self.engage.show_progress()
            return

        def show(report: "JobReport") -> None:
            self.show_report(report, f"Job {number}: {report.verb} in {report.system}")

        self.engage.in_background("report", lambda: self.manager.report(number), show)

    def do_job_resume(self) -> None:
        job, own = self.job, self.engage.job
        if job is None:
            return
        if own is not None and job.row.id == self._here:
            own.pause()  # of a paused one: on it goes
            self.engage.show_progress()
            self.engage.watch_job()
        else:
            self.engage.resume_job(job.row.id, job.row.total)

    def do_job_pause(self) -> None:
        job, own = self.job, self.engage.job
        if job is None:
            return
        if own is not None and job.row.id == self._here:
            own.pause()
            self.say(f"Job {job.row.id} pauses after its current item.")
        else:
            self.manager.pause(job.row.id)
            self.say(f"Whoever runs job {job.row.id} was asked to pause after the current item.")

    def do_job_cancel(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        job = self.job
        if job is None:
            return
        choices = [Choice("y", "yes, cancel the rest", "y"), Choice("n", "No, leave it", None)]
        self.engage.open_panel(
            Panel[str](
                f"Cancel job {job.row.id}?", wording_jobs.cancel(job, bool(job.runner)), choices=choices, alarm=True
            ),
            lambda answer: self._cancel(job.row.id, answer),
        )

    def _cancel(self, job: int, answer: str | None) -> None:
        if answer is None:
            self.say("Nothing was cancelled.")
            return

        def then(is_done: bool) -> None:
            own = self.engage.job
            if own is not None and own.number == job and own.phase is Phase.PAUSED:
                own.stop()  # nothing is left to go on with
            self.engage.accounts.reload()
            self.read(
                f"Job {job} is cancelled; what was done before stands."
                if is_done
                else f"Whoever runs job {job} was asked to stop for good after the current item."
            )

        self.engage.in_background("cancel", lambda: self.manager.cancel(job), then)

    def do_job_retry(self) -> None:
        if self.job is not None:
            self.plan_retry(self.job.row.id)

    def do_job_restore(self) -> None:
        if self.job is not None:
            self.plan_restore(self.job.row.id)

    def do_attest(self) -> None:
        job = self.job
        if self._waits or job is None:
            self.ask_attest(self._waiting())
            return

        def found(said: Sequence[Request]) -> None:
            if said:
                self.ask_take_back([Waiting(job.row.id, job.row.verb, job.row.system, len(said))])
            else:
                self.say(f"Nothing in job {job.row.id} rests on a person's word.")

        self.engage.in_background("attest", lambda: self.manager.said_requests(job=job.row.id), found)

    def do_withdraw(self) -> None:
        self.ask_withdraw(self._waiting())

    def _waiting(self) -> list[Waiting]:
        job = self.job
        if job is None:
            return []
        return [Waiting(job.row.id, job.row.verb, job.row.system, job.row.counts.get("requested", 0))]

    def attested(self, said: str) -> None:
        super().attested(said)
        self.read(said)

    def job_ended(self, job: RunningJob, watched: bool) -> None:
        """A job came to its end or a pause: the list follows, and its report is shown to who was watching."""

        def then() -> None:
            if not self.is_on_top:
                return
            self._to(job.number)
            if watched and job.report is not None and not job.is_open:
                self.show_report(job.report, f"Job {job.number}: {job.title}", marked=True)
            else:
                super(JobsScreen, self).job_ended(job, watched)

        self.read(then=then)


def _is_unfinished(job: "JobStanding") -> bool:
    return job.row.is_open or bool(job.row.counts.get("deferred"))


def _why_not_retried(job: "JobStanding") -> str:
    if job.row.is_open:
        return "it is not at its end; go on with it, or cancel it first"
    counts = job.row.counts
    return "" if counts.get("failed") or counts.get("cancelled") else "nothing of it failed or was cancelled"
