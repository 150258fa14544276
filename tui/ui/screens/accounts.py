"""The accounts screen: what is done to the marked accounts, and the menus that lead there.

Every act goes the same way: a plan, made in a thread; the confirm; the job, in a thread of its own; its result.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.gates import Verb
from tui.domain.overdue import Request
from tui.domain.status import Status
from tui.errors import EngageError, Refused
from tui.text import plural, say_time
from tui.ui.drawing import BLANK, Para
from tui.ui.editing import LineEdit
from tui.ui.holding import ask_hold
from tui.ui.job import RunningJob
from tui.ui.screens.acting import ActingScreen
from tui.ui.screens.attesting import by_job
from tui.ui.screens.base import Prompt
from tui.ui.screens.marking import MarkingScreen

if TYPE_CHECKING:
    from tui.jobs.plan import JobReport
    from tui.register.handovers import HandoverRow


class AccountsScreen(MarkingScreen, ActingScreen):
    """The list with its acts."""

    def started(self) -> None:
        super().started()
        if self.overview.stopped_jobs:
            self._offer_resume()
        self.engage.flush()

    # -- revoke, welcome, reset --------------------------------------------------------------------------------------

    def targets(self) -> list[int]:
        """The marked, or who is under the cursor."""
        if len(self.marks):
            return list(self.marks.contacts())
        return [self.table.person] if self.table.person is not None else []

    def do_revoke(self) -> None:
        persons = self.targets()
        rows = self.manager.rows(persons) if len(persons) == 1 else []
        if rows and rows[0].status is Status.ACTIVE:
            code = rows[0].code
            self.ask(
                Prompt(
                    f"{code} is active. Reason to revoke it: ", entered=lambda reason: self._reasoned(persons, reason)
                )
            )
        else:
            self._plan_for(Verb.REVOKE, persons)

    def _reasoned(self, persons: Sequence[int], reason: str) -> None:
        if reason:
            self._plan_for(Verb.REVOKE, persons, reason)
        else:
            self.say("Without a reason an active account is not revoked.")

    def do_welcome(self) -> None:
        self._plan_for(Verb.WELCOME, self.targets())

    def do_reset(self) -> None:
        self._plan_for(Verb.RESET, self.targets())

    def _plan_for(self, verb: Verb, persons: Sequence[int], reason: str = "") -> None:
        marked, hidden = len(self.marks), self.marks.hidden
        where = "hidden by the filter" if self.is_narrowed else "on other tabs"
        self.plan(
            f"Planning for {plural(len(persons), 'account')} ...",
            lambda: self.manager.plan(verb, self.manager.codes(persons), reason=reason),
            f"{marked:,} marked, {hidden:,} of them {where}." if hidden else "",
        )

    def job_ended(self, job: RunningJob, watched: bool) -> None:
        """A job came to its end: who was done is unmarked, who failed stays marked, counts and table follow."""
        if job.report is not None:
            self._settle(job, job.report)
        self.reload()
        if watched and self.is_on_top and self.prompt is None:
            self._show_result(job)
        elif job.error is not None and self.is_on_top:
            self.engage.show_error(job.error)
        elif job.report is not None and self.is_on_top:
            self.say(
                f"Job {job.number} {job.standing}. {self.engage.keymap.first('jobs')} shows it: {job.report.sentence}"
            )

    def _settle(self, job: RunningJob, report: "JobReport") -> None:
        states = {outcome.code: outcome.state for outcome in report.outcomes}
        marked = self.marks.contacts()
        done = [
            person
            for person, code in zip(marked, self.manager.codes(marked), strict=True)
            if states.get(code) in ("done", "requested", "skipped")
        ]
        self.marks.settle(done, [item.person for item in job.items if states.get(item.code) == "failed"])

    def _show_result(self, job: RunningJob) -> None:
        if job.is_open:
            self.engage.show_progress()
        elif job.error is not None:
            self.engage.show_error(job.error)
        elif job.report is not None:
            self.show_report(job.report, f"Job {job.number}: {job.title}", marked=True)

    def _offer_resume(self) -> None:
        from tui.ui import wording
        from tui.ui.widgets.panel import Choice, Panel

        job = self.overview.stopped_jobs[0]
        choices = [Choice("r", "resume", "resume")] if not self.manager.read_only else []
        choices.append(Choice("l", "leave it", None))

        def answered(answer: str | None) -> None:
            if answer:
                self.engage.resume_job(job.job, job.total)
            else:
                self.say(f"Job {job.job} was left as it is. {self.engage.keymap.first('jobs')} lists the jobs.")

        title = f"Job {job.job} stopped at {job.done:,} of {job.total:,}"
        more = len(self.overview.stopped_jobs) - 1
        body = wording.stopped(job)
        if more:
            body.append(Para(f"Stopped besides: {plural(more, 'job')}. {self.engage.keymap.first('jobs')} lists them."))
        self.engage.open_panel(Panel[str](title, body, choices=choices), answered)

    # -- a worklist ------------------------------------------------------------------------------------------------

    def do_attest(self) -> None:
        """Ask about the requests that wait for the marked, or for who is under the cursor; where none does, about the
        words that were given on them."""
        persons = self.targets()

        def found(both: tuple[Sequence[Request], Sequence[Request]]) -> None:
            waiting, said = both
            if waiting:
                self.ask_attest(by_job(waiting))
            elif said:
                self.ask_take_back(by_job(said))
            else:
                self.say(self._none_waits())

        def look() -> tuple[Sequence[Request], Sequence[Request]]:
            waiting = self.manager.waiting_requests(persons)
            return waiting, () if waiting else self.manager.said_requests(persons)

        self.engage.in_background("attest", look, found)

    def do_withdraw(self) -> None:
        persons = self.targets()

        def found(waiting: Sequence[Request]) -> None:
            if waiting:
                self.ask_withdraw(by_job(waiting))
            else:
                self.say(self._none_waits())

        self.engage.in_background("attest", lambda: self.manager.waiting_requests(persons), found)

    def _none_waits(self) -> str:
        return f"{'None of the marked' if len(self.marks) else 'Nothing here'} waits on a worklist."

    # -- holds, files --------------------------------------------------------------------------------------------

    def do_hold(self) -> None:
        self._hold_or_release("revoke")

    def do_hold_mail(self) -> None:
        self._hold_or_release("mail")

    def _hold_or_release(self, kind: str) -> None:
        row = self.table.row
        if row is None:
            return
        code = row.code
        held = self.manager.why(code).facts.hold(kind) if row.held else None
        if held is None:
            ask_hold(
                self, f"Never {kind} {code}", self.manager.today(),
                lambda note, until: self._hold(code, kind, note, until),
            )  # fmt: skip
            return
        from tui.ui.widgets.panel import Choice, Panel

        choices = [Choice("y", "release", "y"), Choice("n", "No", None)]
        body = [
            Para(f"{row.name} is held {held.said}"),
            BLANK,
            Para(f"Released, it can be {'mailed' if kind == 'mail' else 'revoked'} again."),
        ]
        self.engage.open_panel(
            Panel[str](f"Release {code}?", body, choices=choices),
            lambda answer: self._release(code, kind) if answer else None,
        )

    def _hold(self, code: str, kind: str, note: str, until: str) -> None:
        try:
            self.manager.hold(code, note, kind=kind, until=until)
        except EngageError as error:
            self.engage.show_error(error)
            return
        self.reload()
        held = self.manager.why(code).facts.hold(kind)
        end = held.until_said if held is not None and held.until else " until it is released"
        self.say(f"{code} is held: never {'mailed' if kind == 'mail' else 'revoked'}{end}.")

    def _release(self, code: str, kind: str) -> None:
        try:
            self.manager.release(code, kind=kind)
        except EngageError as error:
            self.engage.show_error(error)
            return
        self.reload()
        self.say(f"{code} is released.")

    def do_import(self) -> None:
        from tui.ui.screens.import_ import ImportScreen

        self.engage.open_screen(ImportScreen(self.manager))

    def do_export(self) -> None:
        name = f"{'marked' if self.only_marked else self.tab}-{date.today().isoformat()}.csv"  # noqa: DTZ011 - theirs
        self.ask(Prompt("Export to: ", entered=self._export, edit=LineEdit(str(Path.cwd() / name))))

    def _export(self, name: str) -> None:
        if not name:
            return
        path, persons = Path(name).expanduser(), self.table.persons
        self.engage.in_background(
            "export",
            lambda: self.manager.export(persons, path),
            lambda count: self.say(f"{plural(count, 'row')} written to {path}"),
        )

    def do_copy(self) -> None:
        if self.pane.active:
            self.engage.copy(self.pane.text)
            self.say("Copied the detail.")
        elif len(self.marks):
            codes = self.manager.codes(self.marks.persons())
            self.engage.copy("\n".join(codes))
            self.say(f"Copied {plural(len(codes), 'code')}.")
        elif self.table.row is not None:
            row = self.table.row
            self.engage.copy("\t".join((row.code, row.name, row.email, row.username)))
            self.say(f"Copied {row.code} with name, email and username.")

    # -- menus ---------------------------------------------------------------------------------------------------

    def menu_title(self) -> str:
        count, row = len(self.marks), self.table.row
        return f"Actions on {f'the {count:,} marked' if count else row.name if row else 'nobody'}"

    # -- the hand-over -------------------------------------------------------------------------------------------

    def do_handover(self) -> None:
        """Go on with the hand-over that is open, or begin one over the marked or all who are ready."""
        going_on = self.manager.open_handover()
        persons = self.marks.contacts()
        since = self.manager.became_ready(going_on.id) if going_on is not None else []
        if going_on is None:
            self._begin_handover(persons)
        elif len(persons) or since:
            self._ask_how(going_on, persons, since)
        else:
            self._walk(going_on.id)

    def _ask_how(self, going_on: "HandoverRow", persons: Sequence[int], since: Sequence[str]) -> None:
        """One is open already, and some are marked, or have become ready in an import since it began."""
        from tui.ui.widgets.panel import Choice, Panel

        at = f"at step {going_on.step.number}, {going_on.step}"
        body = [Para(f"Hand-over {going_on.id} of {say_time(going_on.started_at)} is {at}.")]
        choices = [Choice("g", "go on with it", "on")]
        if since:
            body.append(Para(f"Became ready in an import since, and not in it: {plural(len(since), 'account')}."))
            choices.append(Choice("t", "take them in and go on", "in"))
        choices.append(
            Choice("n", f"a new one with the {len(persons):,} marked" if len(persons) else "a new one", "new")
        )
        body.append(Para("Begun anew, this one is ended; what was decided about pairs is kept."))

        def chosen(answer: str | None) -> None:
            if answer == "new":
                self.manager.end_handover(going_on.id)
                self._begin_handover(persons)
            elif answer:
                if answer == "in":
                    self.manager.take_in(going_on.id, since)
                self._walk(going_on.id)

        self.engage.open_panel(Panel[str]("A hand-over is open", body, choices=choices), chosen)

    def _begin_handover(self, persons: Sequence[int]) -> None:
        """Begin with these, of whom only those who are ready come along; with nobody: all who are ready."""

        def work() -> int:
            ready = [row.code for row in self.manager.rows(persons) if row.status is Status.READY_TO_REVOKE]
            if len(persons) and not ready:
                raise Refused("None of the marked is ready to revoke: there is nothing to hand over.")
            return self.manager.start_handover(ready or None, leavers=bool(ready))

        self.engage.in_background("handover", work, self._walk)

    def _walk(self, number: int) -> None:
        from tui.ui.screens.handover import HandoverScreen

        self.engage.open_screen(HandoverScreen(self.manager, number))
