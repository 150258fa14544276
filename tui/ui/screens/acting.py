"""What every screen that acts shares: a plan made in a thread, the confirm, the job; and the report of a job, from
which it is gone on with, tried again, taken back or attested.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.domain.gates import Verb
from tui.ui.actions import ACTIONS
from tui.ui.screens.attesting import AttestingScreen, Waiting

if TYPE_CHECKING:
    from tui.jobs.plan import Confirmation, JobReport, Plan
    from tui.ui.widgets.panel import Choice


class ActingScreen(AttestingScreen):
    """A screen from which plans are carried out."""

    def plan(self, saying: str, make: Callable[[], "Plan"], hidden: str = "") -> None:
        """Make a plan in the background and put it to the person; `hidden` says who of those meant is not in sight."""
        self.say(saying)
        self.engage.in_background("plan", make, lambda plan: self._confirm(plan, hidden))

    def _confirm(self, plan: "Plan", hidden: str) -> None:
        from tui.ui import wording
        from tui.ui.widgets.confirm import Confirm

        self.say("")

        def answered(given: "Confirmation | None") -> None:
            if given is not None:
                self.engage.start_job(plan, given)
            elif plan.items:
                self.say("Nothing was done.")

        self.engage.open_panel(Confirm(plan, wording.plan(plan, self.engage.look, hidden=hidden)), answered)

    def keys_for(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """The first keys of these actions, with what they do."""
        return [(self.engage.keymap.first(name), ACTIONS[name].label) for name in names]

    # -- of a job ------------------------------------------------------------------------------------------------

    def plan_retry(self, job: int) -> None:
        """Plan what failed or was cancelled in a job afresh."""
        self.plan(f"Planning job {job} again ...", lambda: self.manager.retry_plan(job))

    def plan_restore(self, job: int) -> None:
        """Plan to take back what a job revoked."""
        self.plan(f"Planning to take job {job} back ...", lambda: self.manager.restore_plan(job))

    def show_report(self, report: "JobReport", title: str, *, marked: bool = False) -> None:
        """What became of a job, with what can be done about it. `marked`: what failed is still marked."""
        from tui.ui import wording
        from tui.ui.widgets.panel import Panel

        body = wording.report(report, self.engage.look, marked=marked)
        self.engage.open_panel(
            Panel[str](title, body, choices=self._choices(report)), lambda answer: self._chosen(report, answer)
        )

    def _choices(self, report: "JobReport") -> "Sequence[Choice]":
        from tui.ui.widgets.panel import Choice

        job, service = self.engage.job, self.manager.service
        if self.manager.read_only or (job is not None and job.is_open):
            return ()
        found = []
        if report.stopped or report.of("deferred"):
            found.append(Choice("s", "go on with it", "resume"))
        if report.stopped:
            return found
        if report.of("failed") or report.of("cancelled"):
            found.append(Choice("t", "try again", "retry"))
        if report.of("requested"):
            found += [Choice("T", "attest it", "attest"), Choice("Z", "withdraw it", "withdraw")]
        left = len(report.of("done")) - report.taken_back
        if report.verb is Verb.REVOKE and left > 0 and service.can_restore and service.name == report.service:
            found.append(Choice("b", "restore this batch", "restore"))
        return found

    def _chosen(self, report: "JobReport", answer: str | None) -> None:
        if answer == "resume":
            self.engage.resume_job(report.job, report.total)
        elif answer == "retry":
            self.plan_retry(report.job)
        elif answer == "restore":
            self.plan_restore(report.job)
        elif answer in ("attest", "withdraw"):
            waiting = [Waiting(report.job, str(report.verb), report.system, len(report.of("requested")))]
            if answer == "attest":
                self.ask_attest(waiting)
            else:
                self.ask_withdraw(waiting)
