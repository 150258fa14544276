"""The causes: why accounts are ready to revoke, seen over all of them.

One change of a flag is told from the leavers, and dealt with at once: marked, held, listed alone, left out of the list,
or answered for. Marks and narrowed lists are the account list's.
"""

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.domain.causes import Cause, say_cause
from tui.domain.flag_groups import Answer
from tui.domain.holds import parse_until
from tui.errors import EngageError
from tui.manager.masks import only
from tui.manager.views import Causes
from tui.text import plural, say_date
from tui.ui import wording_causes
from tui.ui.actions import State
from tui.ui.drawing import BLANK, Line, Para, spread
from tui.ui.editing import LineEdit
from tui.ui.holding import ask_hold
from tui.ui.lens import Narrowing
from tui.ui.screens.board import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.manager.manager import AccountManager

_NOTHING = Causes("", 0, 0, ())


class CausesScreen(Board):
    """The causes with what can be done to one as a whole."""

    SCOPE = "causes"
    NAME = "causes"
    DEFAULT_CSS = "CausesScreen.-beside #pane { width: 40%; }"

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.found = _NOTHING
        self.people: Mapping[str, array[int]] = {}
        self._is_read = False

    # -- what is shown -------------------------------------------------------------------------------------------

    def started(self) -> None:
        self.read()

    def read(self, message: str = "") -> None:
        """Read the causes, in the background; then say this."""

        def work() -> "tuple[Causes, Mapping[str, array[int]]] | EngageError":
            try:
                return self.manager.causes(), self.manager.people_by_cause()
            except EngageError as error:
                return error

        def then(found: "tuple[Causes, Mapping[str, array[int]]] | EngageError") -> None:
            self._is_read = True
            if isinstance(found, EngageError):
                self.forget_typed_ahead()
                self.engage.show_error(found)
                return
            self.found, self.people = found
            self.fill()
            if message:
                self.say(message)
            self.act_on_typed_ahead()

        self.engage.in_background("causes", work, then)

    @property
    def is_unfinished(self) -> bool:
        return not self._is_read

    @property
    def cause(self) -> Cause | None:
        """The cause under the cursor."""
        return next((cause for cause in self.found.causes if str(cause.key) == self.key), None)

    def _people(self, cause: Cause) -> "array[int]":
        return self.people.get(str(cause.key), array("q"))

    def _is_marked(self, cause: Cause) -> bool:
        people = self._people(cause)
        return bool(people) and len(only(people, self.engage.accounts.marks.mask)) == len(people)

    def fill(self) -> None:
        marked = [self._is_marked(cause) for cause in self.found.causes]
        entries = wording_causes.entries(self.found, marked, self.table.size.width, self.engage.look)
        self.show_entries(entries, ("Nobody is ready to revoke.",) if self._is_read else ())

    def headline(self) -> str:
        if not self._is_read:
            return "Causes"
        return f"Causes: {self.found.ready:,} ready to revoke, {self.found.left:,} left to work"

    def right(self) -> str:
        return self.engage.accounts.overview.school

    def detail(self) -> "Sequence[Para]":
        cause = self.cause
        if cause is None:
            return ()
        rows = self.manager.rows(self._people(cause)[: wording_causes.FIRST_PEOPLE])
        return wording_causes.detail(cause, self.found.ready, rows, self.engage.look)

    def status_line(self, width: int) -> Line:
        look, marks = self.engage.look, len(self.engage.accounts.marks)
        at = next((n for n, cause in enumerate(self.found.causes, 1) if str(cause.key) == self.key), 0)
        left = f"{marks:,} marked" if marks else plural(len(self.found.causes), "cause")
        right = f"{at:,}/{len(self.found.causes):,}" if at else ""
        return spread(((left, look.marked if marks else None),), ((right, look.dim),), width)

    def hints(self) -> "Sequence[tuple[str, str]]":
        return [
            ("cause_only", "only these"), ("cause_without", "without"), ("cause_mark", "mark"), ("cause_hold", "hold"),
            ("cause_answer", "answer"), ("menu", "actions"), ("help", "help"), ("back", "back"),
        ]  # fmt: skip

    def state(self) -> State:
        cause = self.cause
        return State(
            read_only=self.manager.read_only,
            marked=len(self.engage.accounts.marks),
            cause=cause,
            can_copy=cause is not None,
        )

    def menu_title(self) -> str:
        cause = self.cause
        return f"Actions on {cause.short}" if cause is not None else "Actions"

    def do_refresh(self) -> None:
        self.read("Read again.")

    def do_causes(self) -> None:
        """The key that came here leads back."""
        self.do_back()

    # -- on the account list -------------------------------------------------------------------------------------

    def do_cause_only(self) -> None:
        self._narrow(keep=True)

    def do_cause_without(self) -> None:
        self._narrow(keep=False)

    def _narrow(self, *, keep: bool) -> None:
        cause = self.cause
        if cause is not None:
            key = str(cause.key)
            narrowing = Narrowing(
                f"{'only' if keep else 'without'} {cause.short}", lambda: self.manager.cause_persons(key), keep
            )
            self.engage.to_accounts().narrow(narrowing)

    def do_cause_mark(self) -> None:
        cause = self.cause
        if cause is None:
            return
        people, accounts = self._people(cause), self.engage.accounts
        if self._is_marked(cause):
            said = f"{accounts.unmark_persons(people):,} unmarked."
        else:
            said = f"{accounts.mark_persons(people):,} more marked."
        self.table.move("down")
        self.fill()
        self.say(said)

    # -- holds ---------------------------------------------------------------------------------------------------

    def do_cause_hold(self) -> None:
        cause = self.cause
        if cause is None:
            return
        free = cause.size - cause.held
        if not cause.together:
            self._ask_note(cause, free)
            return
        from tui.ui.widgets.panel import Choice, Panel

        body = [Para(say_cause(cause, self.found.ready)), BLANK]
        body.append(Para(f"Held as a whole: {cause.together:,}. Released, they can be revoked again."))
        choices = [Choice("y", "release them", "release"), Choice("n", "No", None)]
        if free:
            body.append(Para(f"Not held: {free:,}."))
            choices.insert(1, Choice("h", "hold the others too", "hold"))
        self.engage.open_panel(
            Panel[str](f"Release {plural(cause.together, 'account')}?", body, choices=choices),
            lambda answer: self._release(cause) if answer == "release" else self._ask_note(cause, free, answer),
        )

    def _ask_note(self, cause: Cause, free: int, answer: str | None = "hold") -> None:
        if answer:
            who = f"all {free:,}" if free > 1 else "this one"
            ask_hold(
                self, f"Never revoke {who}", self.manager.today(), lambda note, until: self._hold(cause, note, until)
            )

    def _hold(self, cause: Cause, note: str, until: str) -> None:
        end = f"until {say_date(parse_until(until, self.manager.today()))}" if until else "until released"
        self._change(
            lambda: self.manager.hold_cause(str(cause.key), note, until=until),
            lambda count: f"{plural(count, 'account')} held: never revoked {end}.",
        )

    def _release(self, cause: Cause) -> None:
        self._change(
            lambda: self.manager.release_cause(str(cause.key)), lambda count: f"{plural(count, 'account')} released."
        )

    def _change(self, work: "Callable[[], int]", say: "Callable[[int], str]") -> None:
        """Change something of a whole cause in the background, and read everything anew."""

        def then(count: int) -> None:
            self.engage.accounts.reload()
            self.read(say(count))

        self.engage.in_background("change", work, then)

    # -- answers -------------------------------------------------------------------------------------------------

    def do_cause_answer(self) -> None:
        from tui.ui.widgets.panel import Choice, Panel

        cause = self.cause
        if cause is None or cause.group is None:
            return
        body = [Para(say_cause(cause, self.found.ready)), BLANK, *wording_causes.answers(self.engage.look)]
        choices = [Choice("m", "mistake", Answer.MISTAKE), Choice("i", "intended", Answer.INTENDED)]
        self.engage.open_panel(
            Panel[Answer](f"Flag group {cause.group.key}", body, choices=choices),
            lambda answer: self._ask_reason(answer) if answer else None,
        )

    def do_cause_mistake(self) -> None:
        self._ask_reason(Answer.MISTAKE)

    def do_cause_intended(self) -> None:
        self._ask_reason(Answer.INTENDED)

    def _ask_reason(self, answer: Answer) -> None:
        from tui.ui.widgets.panel import Ask, Field

        cause = self.cause
        if cause is None or cause.group is None:
            return
        key = cause.group.key

        def given(values: tuple[str, ...] | None) -> None:
            if values:
                self._answer(key, answer, values[0])

        means = wording_causes.KEPT_APART if answer is Answer.MISTAKE else wording_causes.LET_GO
        body = [
            Para(say_cause(cause, self.found.ready)),
            BLANK,
            Para(means, None, f"{answer.capitalize()}: ", self.engage.look.key),
            Para("Why? The reason is kept with the answer, for whoever asks later."),
        ]
        self.engage.open_panel(Ask(f"{key}: {answer}", body, [Field("Reason:", LineEdit())]), given)

    def _answer(self, key: str, answer: Answer, reason: str) -> None:
        try:
            self.manager.answer_group(key, answer, reason)
        except EngageError as error:
            self.engage.show_error(error)
            return
        self.engage.accounts.reload()
        self.read(f"{key}: {answer}.")
