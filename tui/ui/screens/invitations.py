"""The messages with a one-time link, by what became of them: sent again, settled where nobody knows, bounces read, and
what a mail server has put off sent now.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tui.domain.gates import Verb
from tui.errors import EngageError
from tui.feeds.looking import complete, expanded
from tui.manager import saying
from tui.text import plural
from tui.ui import wording_invitations
from tui.ui.actions import State
from tui.ui.drawing import Line, Para, Span, spread
from tui.ui.editing import LineEdit
from tui.ui.screens.acting import ActingScreen
from tui.ui.screens.base import Prompt
from tui.ui.screens.board import Board
from tui.ui.wording_invitations import MOST, TABS

if TYPE_CHECKING:
    from tui.manager.mail_verbs import Bounced
    from tui.manager.manager import AccountManager
    from tui.register.invitations import InvitationRow
    from tui.ui.job import RunningJob

_FOR_ONE = ("send_again", "settle", "in_list")


class InvitationsScreen(Board, ActingScreen):
    """The invitations with what can be done about each."""

    SCOPE = "invitations"
    NAME = "invitations"
    DEFAULT_CSS = "InvitationsScreen #head { height: 2; }"

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.rows: Sequence[InvitationRow] = ()
        self.shown: Sequence[InvitationRow] = ()
        self.tab = 0
        self.text = ""
        self._soon: frozenset[int] = frozenset()
        self._is_read = False

    # -- what is shown -------------------------------------------------------------------------------------------

    def started(self) -> None:
        self.pane.heading = "invitation"
        self.read()

    def read(self, message: str = "") -> None:
        """Read the invitations anew, in the background; then say this."""

        def work() -> "tuple[list[InvitationRow], list[InvitationRow]] | EngageError":
            try:
                return self.manager.invitations(), self.manager.invitations(expiring=True)
            except EngageError as error:
                return error

        def done(found: "tuple[list[InvitationRow], list[InvitationRow]] | EngageError") -> None:
            self._is_read = True
            if isinstance(found, EngageError):
                self.forget_typed_ahead()
                self.engage.show_error(found)
                return
            self.rows, self._soon = found[0], frozenset(row.id for row in found[1])
            self.fill()
            if message:
                self.say(message)
            self.act_on_typed_ahead()

        self.engage.in_background("invitations", work, done)

    @property
    def is_unfinished(self) -> bool:
        return not self._is_read

    @property
    def row(self) -> "InvitationRow | None":
        """The invitation under the cursor."""
        return next((row for row in self.shown if str(row.id) == self.key), None)

    def fill(self) -> None:
        self.shown = wording_invitations.shown(self.rows, TABS[self.tab], self.text)
        found = wording_invitations.entries(self.shown, self._soon, self.table.size.width, self.engage.look)
        self.show_entries(found, self._nothing() if self._is_read else ())

    def _nothing(self) -> Sequence[str]:
        if not self.rows:
            return ("No invitations yet.", "", "A welcome email or a password reset is one, and stands here.")
        if self.text:
            return (f"Nothing here matches “{self.text}”.", "", "esc clears the filter.")
        return (f"{TABS[self.tab].label}: none.",)

    def draw(self) -> None:
        if self.is_small:
            super().draw()
            return
        look, width = self.engage.look, self.app.size.width
        counts = Counter(row.state for row in self.rows)
        self.head.show(
            [
                spread(((self.headline(), look.title),), ((self.right(), look.dim),), width),
                wording_invitations.tab_line(counts, self.tab, width, look),
            ]
        )
        self.draw_foot()

    def headline(self) -> str:
        return f"Invitations: {len(self.rows):,}" if self._is_read else "Invitations"

    def right(self) -> str:
        service, mail = self.manager.service, self.manager.settings.mail
        if service.sends_own_mail:
            return f"{service.system} sends its own mail"
        return f"by {self.manager.settings.smtp.host}" if mail.transport == "smtp" else "to the outbox"

    def detail(self) -> Sequence[Para]:
        row = self.row
        if row is None:
            return ()
        why_not = self._why_not()
        can = [name for name in _FOR_ONE if not why_not.get(name)]
        return wording_invitations.detail(row, row.id in self._soon, self.keys_for(can), self.engage.look)

    def status_line(self, width: int) -> Line:
        look = self.engage.look
        at = next((number for number, row in enumerate(self.shown, 1) if str(row.id) == self.key), 0)
        left = f"{len(self.shown):,} of {len(self.rows):,} shown"
        if len(self.shown) > MOST:
            left = f"the first {MOST:,} of {len(self.shown):,}: filter for the others"
        right: list[Span] = []
        if self.text and self.prompt is None:
            right.append((f"/{self.text} ", look.key))
        if at:
            right.append((f"{at:,}/{len(self.shown):,}", look.dim))
        return spread(((left, None),), tuple(right), width)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [
            ("next_tab", "tab"), ("filter", "filter"), ("send_again", "send again"), ("settle", "settle"),
            ("bounces", "bounces"), ("flush", "flush"), ("menu", "actions"), ("help", "help"), ("back", "back"),
        ]  # fmt: skip

    # -- what can be done ----------------------------------------------------------------------------------------

    def state(self) -> State:
        row = self.row
        return State(
            read_only=self.manager.read_only,
            found=row is not None,
            can_copy=row is not None,
            why_not=self._why_not(),
        )

    def _why_not(self) -> Mapping[str, str]:
        row, job = self.row, self.engage.job
        never = "this session is read-only" if self.manager.read_only else ""
        is_running = job is not None and job.is_open
        busy = never or ("a job is running; wait for it, or stop it (J)" if is_running else "")
        nothing = "" if row is not None else "no invitation is under the cursor"
        return {
            "invitation_open": nothing,
            "send_again": busy or nothing or (_why_not_again(row) if row is not None else ""),
            "send_all_again": busy or self._why_not_all(),
            "settle": never
            or nothing
            or ("" if row is not None and row.state == "unknown" else "what became of it is known"),
            "flush": busy,
        }

    def _why_not_all(self) -> str:
        if not self.shown:
            return "nothing is shown"
        if any(row.state not in ("failed", "expired") for row in self.shown):
            return "only those that failed or expired are sent again together; take their tab, or filter"
        if len({row.purpose for row in self.shown}) > 1:
            return "welcome emails and password resets are shown; filter for one of them"
        return ""

    def menu_title(self) -> str:
        row = self.row
        return f"Actions on the {row.purpose} to {row.name or row.code}" if row is not None else "Actions"

    def do_invitations(self) -> None:
        """The key that came here leads back."""
        self.do_back()

    def do_refresh(self) -> None:
        self.read("Read again.")

    # -- looking -------------------------------------------------------------------------------------------------

    def do_next_tab(self) -> None:
        self._turn(1)

    def do_previous_tab(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        self.tab = (self.tab + step) % len(TABS)
        self.fill()

    def do_filter(self) -> None:
        self.ask(Prompt("/", entered=self._filter, changed=self._filter, left=self._clear, edit=LineEdit(self.text)))

    def _filter(self, text: str) -> None:
        self.text = text
        self.fill()

    def _clear(self) -> None:
        self._filter("")

    def do_invitation_open(self) -> None:
        from tui.ui.widgets.panel import Panel

        row = self.row
        if row is not None:
            self.engage.open_panel(Panel[None](f"Invitation {row.id}", self.detail(), tall=True))

    def do_in_list(self) -> None:
        if self.row is not None:
            self.engage.to_accounts().show_person(self.row.person)

    def do_back(self) -> None:
        if self.text and not self.pane.active:
            self._clear()
        else:
            super().do_back()

    # -- acting --------------------------------------------------------------------------------------------------

    def do_send_again(self) -> None:
        row = self.row
        if row is not None:
            self._send_again([row])

    def do_send_all_again(self) -> None:
        self._send_again(self.shown)

    def _send_again(self, rows: "Sequence[InvitationRow]") -> None:
        verb, codes = Verb(rows[0].purpose), list(dict.fromkeys(row.code for row in rows))
        self.plan(f"Planning for {plural(len(codes), 'account')} ...", lambda: self.manager.plan(verb, codes))

    def do_settle(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        row = self.row
        if row is None:
            return
        body = [
            Para(f"The {row.purpose} to {row.name or row.code} ({row.email})."),
            Para("Look in the mail server's log, or ask the parent."),
            Para("Sent: its link stays open. Not sent: its link is void, and it can be sent again."),
        ]
        choices = [
            Choice("s", "it was sent", "sent"),
            Choice("n", "it was not sent", "not"),
            Choice("l", "leave it", None),
        ]
        self.engage.open_panel(
            Panel[str]("Was it sent?", body, choices=choices), lambda answer: self._settle(row.id, answer)
        )

    def _settle(self, invitation: int, answer: str | None) -> None:
        if answer is None:
            self.say("It stays unknown.")
            return
        try:
            row = self.manager.settle(invitation, sent=answer == "sent")
        except EngageError as error:
            self.engage.show_error(error)
            return
        self.engage.accounts.reload()  # its header counts the unknown
        self.read(f"The {row.purpose} to {row.code} is {row.state} now.")

    def do_bounces(self) -> None:
        self.ask(Prompt("Mailbox folder or file (tab completes): ", entered=self._take_bounces, complete=complete))

    def _take_bounces(self, text: str) -> None:
        from tui.ui.widgets.panel import Panel

        if not text:
            return

        def then(found: "Bounced") -> None:
            self.engage.accounts.reload()
            self.read()
            body = [Para(sentence) for sentence in saying.bounced(found)]
            self.engage.open_panel(Panel[None]("Bounces", body))

        path = expanded(text).absolute()
        self.say("Reading bounces ...")
        self.engage.in_background("bounces", lambda: self.manager.take_bounces(path), then)

    def do_flush(self) -> None:
        if self.engage.flushing.is_busy:
            self.say("What was put off is being sent again just now.")
        else:
            self.say("Sending what is due ...")
            self.engage.flush(asked=True)

    def flushed(self, said: str) -> None:
        self.read(said if self.is_on_top else "")

    def attested(self, said: str) -> None:
        super().attested(said)
        self.read(said)

    def job_ended(self, job: "RunningJob", watched: bool) -> None:
        """What was sent again stands in the list; its report is shown to who was watching."""
        self.read()
        if watched and self.is_on_top and job.report is not None and not job.is_open:
            self.show_report(job.report, f"Job {job.number}: {job.title}")
        else:
            super().job_ended(job, watched)


def _why_not_again(row: "InvitationRow") -> str:
    if row.state == "unknown":
        return "first say whether it was sent: !"
    if row.state in ("queued", "sending"):
        return "it is still to be sent"
    return "the parent has used its link" if row.state == "accepted" else ""
