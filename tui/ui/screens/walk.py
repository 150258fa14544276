"""What a walk through the hand-over shows: a list for each of the five steps, and the detail of the one under the
cursor.

What is done there is HandoverScreen's affair.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.domain.handover import Pair, Step
from tui.errors import EngageError
from tui.manager.handover_summary import Told
from tui.manager.handover_views import Handover, HandoverAccount
from tui.ui import wording_handover
from tui.ui.actions import State
from tui.ui.drawing import BLANK, Line, Para, fit_line, plain, spread, wrap
from tui.ui.screens.board import Board
from tui.ui.widgets.pair_pane import PairPane, flat

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager
    from tui.ui.widgets.entries import Entry


class WalkScreen(Board):
    """A walk as it is shown; `number` is the register's."""

    SCOPE = "handover"
    NAME = "hand-over"
    DEFAULT_CSS = """
    WalkScreen #head { height: 2; }
    WalkScreen #pane { height: 70%; }
    WalkScreen.-beside #pane { height: 1fr; width: 58%; }
    """

    def __init__(self, manager: "AccountManager", number: int) -> None:
        super().__init__(manager)
        self.number = number
        self.walk: Handover | None = None
        self.told: Sequence[Told] = ()
        self._sides: dict[tuple[str, str], list[tuple[str, str, str]]] = {}

    def make_pane(self) -> PairPane:
        self.pair_pane = PairPane(self.engage.look, id="pane")
        return self.pair_pane

    # -- reading -------------------------------------------------------------------------------------------------

    def started(self) -> None:
        self.read()

    def read(self, then: Callable[[], None] = lambda: None) -> None:
        """Read the walk anew, in the background; then do this."""

        def work() -> "Handover | EngageError":
            try:
                return self.manager.handover(self.number)
            except EngageError as error:
                return error

        def done(found: "Handover | EngageError") -> None:
            if isinstance(found, EngageError):
                self.forget_typed_ahead()
                self.engage.show_error(found)
                return
            first = self.walk is None
            self.walk = found
            self.fill()
            if first:
                self._find_place(found.row.place)
            then()
            self.act_on_typed_ahead()

        self._sides.clear()
        self.engage.in_background("walk", work, done)

    def read_one(self, code: str) -> None:
        """Read one account anew, after something was decided about it."""
        if self.walk is not None:
            self.walk = self.manager.with_account(self.walk, code)
            self.fill()
            self.keep_place()

    def _find_place(self, code: str) -> None:
        place = next((n for n, entry in enumerate(self.table.entries) if entry.key == code), None)
        if place is not None:
            self.table.at = place
            self.table.resized()
            self.moved()

    @property
    def is_unfinished(self) -> bool:
        return self.walk is None

    @property
    def step(self) -> Step:
        return self.walk.row.step if self.walk is not None else Step.CHOOSE

    @property
    def account(self) -> HandoverAccount | None:
        """The account under the cursor."""
        return self.walk.account(self.key) if self.walk is not None else None

    def keep_place(self) -> None:
        """Remember the step and the account under the cursor, for whoever comes back."""
        if self.walk is not None and not self.walk.row.ended_at and not self.manager.read_only:
            self.manager.go_to(self.number, self.step, self.key)

    def on_unmount(self) -> None:
        try:
            self.keep_place()
        except EngageError:
            return  # the register is closed or locked: the decisions are there, only the place is an older one

    # -- what is shown -------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Show the step."""
        walk, look, room = self.walk, self.engage.look, self.table.size.width
        if walk is None:
            return
        entries: Sequence[Entry]
        if self.step is Step.CHOOSE:
            entries = wording_handover.choose_entries(walk, look)
        elif self.step is Step.REVIEW:
            entries = wording_handover.review_entries(walk, room, look)
        elif self.step is Step.SUMMARY:
            self.told = self.manager.handover_summary(walk)
            entries = wording_handover.summary_entries(self.told, room, look)
        else:
            entries = wording_handover.act_entries(self.of_step(), self.step, room, look)
        self.show_entries(entries, ("Nobody is left at this step.", "", "enter goes on."))

    def of_step(self) -> list[HandoverAccount]:
        """The accounts that the step acts on, those already done among them."""
        if self.walk is None:
            return []
        if self.step is Step.WELCOME:
            return [account for account in self.walk.accounts if account.new]
        return [account for account in self.walk.accounts if account.standing.is_revoked or account.revoked]

    def headline(self) -> str:
        return f"Hand-over {self.number}, in {self.manager.service.system}"

    def right(self) -> str:
        return self.engage.accounts.overview.school

    def draw(self) -> None:
        super().draw()
        if not self.is_small:
            look, width = self.engage.look, self.app.size.width
            title = spread(((self.headline(), look.title),), ((self.right(), look.dim),), width)
            self.head.show([title, fit_line(wording_handover.step_line(self.step, look), width)])

    def sides(self, old: str, new: str) -> list[tuple[str, str, str]]:
        """The two records beside each other."""
        if (old, new) not in self._sides:
            self._sides[old, new] = self.manager.sides(old, new)
        return self._sides[old, new]

    def _parts(self) -> tuple[Sequence[Para], Sequence[tuple[str, str, str]], Sequence[Para]]:
        walk, account, look = self.walk, self.account, self.engage.look
        if walk is None:
            return (), (), ()
        if self.step is Step.CHOOSE:
            return wording_handover.choose_detail(walk, self.key, look), (), ()
        if account is None:
            return (), (), ()
        if self.step is Step.REVIEW:
            return self.pair_parts(account, account.proposal or next(iter(account.pairs), None))
        outcome, tell = self.manager.told(account)
        if self.step is Step.REVOKE:
            return wording_handover.revoke_detail(account, outcome, look), (), ()
        if self.step is Step.WELCOME:
            try:
                email = self.manager.welcome_email(account)
            except EngageError as error:
                email = str(error)
            return wording_handover.welcome_detail(account, email, outcome, look), (), ()
        return wording_handover.summary_detail(account, outcome, tell, look), (), ()

    def pair_parts(
        self, account: HandoverAccount, pair: Pair | None
    ) -> tuple[Sequence[Para], Sequence[tuple[str, str, str]], Sequence[Para]]:
        """A pair, as the review shows it."""
        look = self.engage.look
        above = wording_handover.pair_above(account, pair, look)
        if pair is None:
            return above, (), ()
        rows = wording_handover.beside(self.sides(account.code, pair.code), pair)
        return above, rows, wording_handover.pair_below(pair, look)

    def show_detail(self) -> None:
        self.pair_pane.heading = wording_handover.PANES[self.step]
        try:
            self.pair_pane.say_pair(*self._parts())
        except EngageError as error:
            self.pair_pane.say_pair([Para(line) for line in str(error).splitlines()], (), ())

    def detail(self) -> Sequence[Para]:
        return flat(*self._parts())

    def do_copy(self) -> None:
        self.engage.copy(plain(wrap(self.detail(), 100)))
        self.say("Copied the detail.")

    def status_line(self, width: int) -> Line:
        look, walk = self.engage.look, self.walk
        if walk is None:
            return ()
        if self.step in (Step.CHOOSE, Step.REVIEW):
            said, style = wording_handover.in_brief(walk.accounts), None
            if walk.doubled:
                new, olds = next(iter(walk.doubled.items()))
                said, style = f"{' and '.join(olds)} both lead to {new}. {said}", look.warn
        else:
            asked = sum(bool(account.question) for account in self.of_step())
            waits = self._waiting()
            said = f"{waits:,} to {'revoke' if self.step is Step.REVOKE else 'welcome'}" if waits else "nothing to do"
            said = f"{len(self.told):,} accounts" if self.step is Step.SUMMARY else said
            said, style = (f"{said}, {asked:,} asked one by one", look.warn) if asked else (said, None)
            if self.waits_for_attest:
                said, style = f"{said}; {len(self.waits_for_attest):,} wait to be attested", look.warn
        people = [entry.key for entry in self.table.entries if not entry.heading]
        at = f"{people.index(self.key) + 1:,}/{len(people):,}" if self.key in people else ""
        return spread(((said, style),), ((at, look.dim),), width)

    def _waiting(self) -> int:
        accounts = self.of_step()
        if self.step is Step.WELCOME:
            return sum(account.waits_for_welcome for account in accounts)
        return sum(account.waits_for_revoke for account in accounts)

    @property
    def waits_for_attest(self) -> list[HandoverAccount]:
        """Those whose revoke was requested, and nobody has said yet that it was done."""
        return [account for account in self.walk.accounts if account.is_requested] if self.walk is not None else []

    def hints(self) -> Sequence[tuple[str, str]]:
        acts = self.step in (Step.REVOKE, Step.WELCOME) and self._waiting()
        on = ("walk_on", self.step.value if acts else self.step.next().value)
        back = ("walk_back", "back a step")
        by_step: dict[Step, list[tuple[str, str]]] = {
            Step.CHOOSE: [("walk_mark", "take along"), on],
            Step.REVIEW: [
                ("accept_1", "accept"), ("no_match", "no match"), ("someone_else", "someone else"),
                ("walk_later", "later"), ("accept_certain", "all certain"), on, back,
            ],
            Step.REVOKE: [("walk_mark", "answer"), on, ("attest", "attest"), back],
            Step.WELCOME: [("walk_mark", "answer"), ("greeting", "greeting"), on],
            Step.SUMMARY: [("walk_export", "export"), ("attest", "attest"), ("walk_end", "finish"), back],
        }  # fmt: skip
        return [*by_step[self.step], ("focus", "detail"), ("help", "help"), ("back", "leave")]

    def state(self) -> State:
        account = self.account
        decided = "nobody is under the cursor"
        if account is not None:
            acted = account.is_revoked or account.is_requested
            decided = "it was revoked already, or that is requested" if acted else ""
        return State(
            read_only=self.manager.read_only,
            running=self.engage.job is not None and self.engage.job.is_open,
            step=self.step.value,
            walk_acted=self.walk is not None and self.walk.has_acted,
            waits=bool(self.waits_for_attest),
            decides=decided,
            candidates=sum(bool(pair.rank) for pair in account.pairs) if account is not None else 0,
            can_copy=bool(self.key),
        )

    def menu_title(self) -> str:
        account = self.account
        return f"Actions on {account.facts.name}" if account is not None else "Hand-over"

    def help_text(self) -> Sequence[Para]:
        return [Para(wording_handover.HELP[self.step]), BLANK]

    def do_refresh(self) -> None:
        self.read(lambda: self.say("Read again."))
