"""The hand-over: pairs accepted and rejected, questions answered, the two jobs, the summary written.

What is decided is in the register before the next key.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.gates import Verb
from tui.domain.handover import Pair, Standing, Step
from tui.domain.status import Status
from tui.errors import EngageError
from tui.manager.handover_views import Handover, HandoverAccount
from tui.text import plural
from tui.ui import wording_handover
from tui.ui.drawing import BLANK, Para
from tui.ui.editing import LineEdit
from tui.ui.job import RunningJob
from tui.ui.screens.base import Prompt
from tui.ui.screens.walk import WalkScreen
from tui.ui.widgets.pair_pane import flat

if TYPE_CHECKING:
    from tui.jobs.plan import Confirmation, Plan
    from tui.manager.views import Found

_MOST_FOUND = 50


class HandoverScreen(WalkScreen):
    """The walk with its acts; keys mean the same at each step."""

    # -- choosing and leaving for later --------------------------------------------------------------------------

    def do_walk_mark(self) -> None:
        account = self.account
        if self.step is Step.CHOOSE and self.walk is not None:
            accounts = wording_handover.groups(self.walk).get(self.key, [])
            taken = any(one.standing is not Standing.LATER for one in accounts)
            self.manager.leave_for_later(self.number, [one.code for one in accounts], later=taken)
            self.move("down")
            self.read()
        elif account is None:
            self.say("Nobody is under the cursor.")
        elif self.step is Step.REVIEW:
            self._accept_or_back(account)
        elif self.step in (Step.REVOKE, Step.WELCOME):
            self._answer(account)

    def _accept_or_back(self, account: HandoverAccount) -> None:
        if account.standing is Standing.ACCEPTED:
            self.do_take_back()
        elif account.proposal is not None:
            self.accept(account, account.proposal)
        else:
            self.say("There is no candidate. Someone else (/) looks one up.")

    def do_walk_later(self) -> None:
        account = self.account
        if account is not None:
            later = account.standing is not Standing.LATER
            self.manager.leave_for_later(self.number, [account.code], later=later)
            self._decided(account.code, f"{account.code} is {'left for later' if later else 'taken in again'}.")

    def _decided(self, code: str, message: str) -> None:
        """Show what was decided, and go on to the next one."""
        self.move("down")
        self.read_one(code)
        self.say(message)

    # -- pairs ---------------------------------------------------------------------------------------------------

    def do_accept_1(self) -> None:
        self._accept_rank(1)

    def do_accept_2(self) -> None:
        self._accept_rank(2)

    def do_accept_3(self) -> None:
        self._accept_rank(3)

    def _accept_rank(self, rank: int) -> None:
        account = self.account
        pair = next((pair for pair in account.pairs if pair.rank == rank), None) if account is not None else None
        if account is not None and pair is not None:
            self.accept(account, pair)

    def accept(self, account: HandoverAccount, pair: Pair) -> None:
        """Accept a pair; what speaks against that is said and asked first, and so is a pair that is not in sight."""
        from tui.ui.widgets.panel import Choice, Panel

        look = self.engage.look
        doubts = self.manager.doubts(account, pair)
        in_sight = account.proposal is not None and pair.code == account.proposal.code
        if not doubts and in_sight:
            self._accept(account.code, pair.code)
            return
        above, rows, below = self.pair_parts(account, pair)
        body = [Para(doubt, look.bad, "! ", look.bad) for doubt in doubts]
        body += [BLANK, *above] if body else list(above)
        body += flat((), rows, ())
        choices = [Choice("y", "yes, the same person", "y"), Choice("n", "No", None)]
        self.engage.open_panel(
            Panel[str](f"{account.code} → {pair.code}: the same person?", [*body, *below], choices=choices,
                       alarm=bool(doubts)),
            lambda answer: self._accept(account.code, pair.code, sure=True) if answer else None,
        )  # fmt: skip

    def _accept(self, old: str, new: str, *, sure: bool = False) -> None:
        try:
            self.manager.accept(self.number, old, new, sure=sure)
        except EngageError as error:
            self.engage.show_error(error)
        else:
            self._decided(old, f"{new} is accepted as the new record of {old}.")

    def do_no_match(self) -> None:
        account = self.account
        if account is not None:
            self.manager.reject(self.number, account.code)
            self._decided(account.code, f"No match for {account.code}: not proposed again on this evidence.")

    def do_take_back(self) -> None:
        account = self.account
        if account is not None:
            self.manager.take_back(self.number, account.code)
            self.read_one(account.code)
            self.say(f"What was decided about {account.code} is taken back.")

    def do_accept_certain(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        accounts = self.walk.of(Standing.CERTAIN) if self.walk is not None else []
        if not accounts:
            self.say("None is certain and undecided.")
            return
        codes = [account.code for account in accounts]

        def answered(answer: str | None) -> None:
            if answer:
                self.engage.in_background(
                    "accept",
                    lambda: self.manager.accept_certain(self.number, codes),
                    lambda done: self.read(lambda: self.say(f"{plural(len(done), 'pair')} accepted.")),
                )

        choices = [Choice("A", f"accept all {len(accounts):,}", "all"), Choice("n", "No", None)]
        body = wording_handover.certain(accounts, self.engage.look)
        self.engage.open_panel(
            Panel[str](f"{plural(len(accounts), 'certain pair')}", body, choices=choices, tall=True), answered
        )

    # -- someone else --------------------------------------------------------------------------------------------

    def do_someone_else(self) -> None:
        account = self.account
        if account is not None:
            self.ask(Prompt(f"Who is {account.code} now: ", entered=lambda text: self._look_up(account, text)))

    def _look_up(self, account: HandoverAccount, text: str) -> None:
        if text.strip():
            self.engage.in_background(
                "someone", lambda: self.manager.find(text), lambda found: self._choose_found(account, found)
            )

    def _choose_found(self, account: HandoverAccount, found: "Found") -> None:
        from tui.ui.widgets.menu import Item, Menu

        records = {
            record.why.facts.code: record
            for person in found.persons
            for record in person.records
            if record.why.facts.status in (Status.READY_TO_PROVISION, Status.ACTIVE)
        }
        records.pop(account.code, None)
        items = [
            Item(
                code,
                str(number) if number < 10 else "",
                f"{code}  {record.why.facts.name}  {record.why.facts.email}",
            )
            for number, (code, record) in enumerate(list(records.items())[:_MOST_FOUND], start=1)
        ]
        if not items:
            self.say(f"Nobody who could be welcomed was found for {found.text!r}.")
            return
        more = f", the first {_MOST_FOUND} of {len(records):,}" if len(records) > _MOST_FOUND else ""
        self.engage.open_panel(
            Menu(f"Who is {account.code} now{more}", items), lambda code: self._compare(account, code) if code else None
        )

    def _compare(self, account: HandoverAccount, code: str) -> None:
        self.engage.in_background(
            "someone", lambda: self.manager.compare_pair(account.code, code), lambda pair: self.accept(account, pair)
        )

    # -- questions -----------------------------------------------------------------------------------------------

    def _answer(self, account: HandoverAccount) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        answered = account.revoke_answer if self.step is Step.REVOKE else account.welcome_answer
        question, look = account.question, self.engage.look
        if not question:
            if answered and (account.waits_for_revoke or account.waits_for_welcome):
                self.manager.unanswer(self.number, account.code)
                self.read_one(account.code)
                self.say(f"The answer about {account.code} is taken back.")
            else:
                self.say("Nothing is asked about this account.")
            return
        facts = account.facts if self.step is Step.REVOKE or account.new_facts is None else account.new_facts
        what = "revoke it" if self.step is Step.REVOKE else "send it"
        body = [Para(f"{facts.name} ({facts.code})", look.title), Para(question, look.warn, "? ", look.warn)]

        def given(answer: str | None) -> None:
            if answer is None:
                self.say(f"{facts.code}: left as it is.")
                return
            try:
                self.manager.answer(self.number, account.code, question)
            except EngageError as error:
                self.engage.show_error(error)
            self._decided(account.code, f"{facts.code}: yes, {what}.")

        choices = [Choice("y", f"yes, {what}", "y"), Choice("n", "No", None)]
        self.engage.open_panel(Panel[str]("Asked for this one alone", body, choices=choices, alarm=True), given)

    def do_greeting(self) -> None:
        account = self.account
        if account is None or not account.new:
            return
        line = account.greeting or self.manager.usual_greeting(account)
        self.ask(Prompt("Greeting: ", entered=lambda text: self._greet(account, text), edit=LineEdit(line)))

    def _greet(self, account: HandoverAccount, text: str) -> None:
        usual = self.manager.usual_greeting(account)
        self.manager.greet(self.number, account.code, "" if text.strip() in ("", usual) else text)
        self.read_one(account.code)
        self.say("The email begins with this line now." if text.strip() else "The email begins as usual.")

    # -- from step to step ---------------------------------------------------------------------------------------

    def go(self, step: Step, message: str = "") -> None:
        """Go to a step, which is kept."""
        self.manager.go_to(self.number, step, self.key)
        self.table.at = 0
        self.read(lambda: self.say(message) if message else None)

    def do_walk_back(self) -> None:
        self.go(self.step.before())

    def do_walk_on(self) -> None:
        if self.walk is None:
            return
        if self.step is Step.CHOOSE:
            self.go(Step.REVIEW)
        elif self.step is Step.REVIEW:
            self.leave_review(self.walk)
        elif self.step is Step.REVOKE:
            self.carry_out(self.walk, Verb.REVOKE, Step.WELCOME)
        elif self.step is Step.WELCOME:
            self.carry_out(self.walk, Verb.WELCOME, Step.SUMMARY)
        else:
            self.do_walk_end()

    def do_handover(self) -> None:
        """The key that came here."""

    def leave_review(self, walk: Handover) -> None:
        """On to revoking; who is undecided is left for later, which is said first."""
        from tui.ui.widgets.panel import Choice, Panel

        undecided = [account for account in walk.accounts if account.standing.is_undecided]
        if not undecided:
            self.go(Step.REVOKE)
            return
        body = [Para("Undecided accounts are not touched; they can be decided another time."), BLANK]
        body += [Para(account.facts.name, None, f"{account.code}  ") for account in undecided]
        choices = [Choice("y", "go on without them", "y"), Choice("n", "No, stay", None)]
        self.engage.open_panel(
            Panel[str](f"{plural(len(undecided), 'account')} undecided", body, choices=choices),
            lambda answer: self.go(Step.REVOKE) if answer else None,
        )

    def carry_out(self, walk: Handover, verb: Verb, then: Step) -> None:
        """Show the plan of a step and carry it out; with nothing to do, go on."""
        job = self.engage.job
        if job is not None and job.is_open:
            self.say("A job is running; wait for it.")
            return
        stopped = self.manager.stopped_job_of(walk.number)
        if stopped is not None:
            report = self.manager.report(stopped)
            self.engage.resume_job(stopped, report.total)
            return
        self.engage.in_background(
            "plan", lambda: self.manager.handover_plan(walk, verb), lambda plan: self._confirm(walk, plan, then)
        )

    def _confirm(self, walk: Handover, plan: "Plan", then: Step) -> None:
        from tui.ui import wording
        from tui.ui.widgets.confirm import Confirm

        if not plan.asked_for:
            if then is Step.WELCOME and self.waits_for_attest:
                self.say(f"{len(self.waits_for_attest):,} wait to be attested (T) before their new record is welcomed.")
            self.go(then)
            return
        body = wording.plan(plan, self.engage.look)
        if plan.left_out and not plan.items:
            body.append(Para("Answer what is asked (space), or go on without them: esc, then enter once more."))

        def answered(given: "Confirmation | None") -> None:
            if given is not None and plan.items:
                self.engage.start_job(plan, given)
            elif plan.items:
                self.say("Nothing was done.")
            else:
                self._go_without(walk, then)

        self.engage.open_panel(Confirm(plan, body), answered)

    def _go_without(self, walk: Handover, then: Step) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        choices = [Choice("y", f"on to {then.value}", "y"), Choice("n", "No, stay", None)]
        body = [Para("What is asked about them was not answered, or a gate refuses; they are left for later.")]
        self.engage.open_panel(
            Panel[str]("Go on without them?", body, choices=choices), lambda answer: self.go(then) if answer else None
        )

    def job_ended(self, job: RunningJob, watched: bool) -> None:
        """The job of a step came to its end: its result is shown, and the walk goes on where nothing is left to do."""
        if not self.is_on_top:
            return

        def then() -> None:
            super(HandoverScreen, self).job_ended(job, watched)
            if job.report is not None and watched:
                self._show_report(job)

        self.read(then)

    def _show_report(self, job: RunningJob) -> None:
        from tui.ui import wording
        from tui.ui.widgets.panel import Panel

        if job.report is None:
            return
        title = f"Job {job.number}: {job.title}"
        self.engage.open_panel(
            Panel[None](title, wording.report(job.report, self.engage.look)), lambda _: self._on_after_job()
        )

    def _on_after_job(self) -> None:
        walk = self.walk
        if walk is None or self.manager.stopped_job_of(walk.number) is not None:
            return
        if self.step is Step.REVOKE and not any(one.waits_for_revoke for one in walk.accounts):
            self.go(Step.WELCOME)
        elif self.step is Step.WELCOME and not any(one.waits_for_welcome for one in walk.accounts):
            self.go(Step.SUMMARY)

    def do_attest(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        waiting = self.waits_for_attest
        here = self.account if self.account in waiting else None
        system = self.manager.service.system
        body = [Para(f"You say that these were revoked in {system}. The next import checks it."), BLANK]
        body += [Para(one.facts.name, None, f"{one.code}  ") for one in waiting]
        choices = [Choice("a", f"all {len(waiting):,} were done", "all"), Choice("n", "No", None)]
        if here is not None and len(waiting) > 1:
            choices.insert(0, Choice("t", f"only {here.code} was done", "one"))

        def given(answer: str | None) -> None:
            if answer is None:
                return
            done = [here] if answer == "one" and here is not None else waiting
            count = 0
            for job in sorted({one.revoked.job for one in done if one.revoked is not None}):
                codes = [one.code for one in done if one.revoked is not None and one.revoked.job == job]
                count += self.manager.attest(job, codes)
            self.read(lambda: self.say(f"{plural(count, 'account')} attested as revoked."))

        self.engage.open_panel(Panel[str]("Attest the worklist", body, choices=choices), given)

    # -- the summary ---------------------------------------------------------------------------------------------

    def do_walk_export(self) -> None:
        name = f"hand-over-{self.number}-{date.today().isoformat()}.csv"  # noqa: DTZ011 - the operator's day
        self.ask(Prompt("Summary to: ", entered=self._export, edit=LineEdit(str(Path.cwd() / name))))

    def _export(self, name: str) -> None:
        if name:
            path = Path(name).expanduser()
            self.engage.in_background(
                "export",
                lambda: self.manager.export_handover(self.number, path),
                lambda count: self.say(f"{plural(count, 'account')} written to {path}"),
            )

    def do_walk_plan(self) -> None:
        accounts = [account for account in self.walk.accounts if account.waits_for_revoke] if self.walk else []
        if not accounts:
            self.say("Nobody is accepted who waits to be revoked: there is nothing to save.")
            return
        name = f"hand-over-{self.number}-{date.today().isoformat()}.toml"  # noqa: DTZ011 - the operator's day
        edit = LineEdit(str(Path.cwd() / name))
        self.ask(Prompt("Plan to: ", entered=lambda text: self._save(accounts, text), edit=edit))

    def _save(self, accounts: Sequence[HandoverAccount], name: str) -> None:
        if name:
            path = Path(name).expanduser()
            self.engage.in_background(
                "export",
                lambda: self.manager.save_handover(accounts, path),
                lambda _: self.say(f"{plural(len(accounts), 'account')} saved in {path}; nothing was done."),
            )

    def do_walk_end(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        waiting = len(self.waits_for_attest)
        body = [
            Para("What was decided about pairs is kept, and the summary stays: engage-accounts handover --summary.")
        ]
        if waiting:
            body.append(
                Para(f"{plural(waiting, 'request')} not attested yet: keep it open to welcome them afterwards.")
            )
        choices = [Choice("y", "finish it", "y"), Choice("n", "No, keep it open", None)]

        def given(answer: str | None) -> None:
            if answer:
                self.manager.end_handover(self.number)
                self.engage.to_accounts().reload()

        self.engage.open_panel(Panel[str](f"Finish hand-over {self.number}?", body, choices=choices), given)
