"""Which people the account list shows: the tab, from the roll in memory, in its order, filtered and narrowed down.

A filter is looked for in slices, so that keys are answered in between; whatever acts on the list waits for its end.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.domain.query import QueryError, parse
from tui.domain.records import UserType
from tui.errors import EngageError
from tui.manager.masks import Mask, mask_of, only
from tui.manager.roll import Roll, Search
from tui.manager.views import Overview, Tab
from tui.ui.lens import Lens
from tui.ui.screens.base import BaseScreen
from tui.ui.selection import Marks
from tui.ui.widgets.account_table import AccountTable

if TYPE_CHECKING:
    from array import array

    from textual.timer import Timer

    from tui.manager.manager import AccountManager

_AT_ONCE = 2000  # a roll of so many is read between two keys
_FIRST_LOOK = 0.016  # seconds of looking at a filter's key before it is answered: a frame
_LOOK, _BETWEEN_LOOKS = 0.008, 0.001  # and of each further slice, with time for keys in between
_UNTIL_MORE = 0.03  # when all that is read was looked through, and more is still being read


class PeopleScreen(BaseScreen):
    """The people of the list; how they are drawn is ListScreen's affair."""

    table: AccountTable

    def __init__(self, manager: "AccountManager", overview: Overview) -> None:
        super().__init__(manager)
        self.overview = overview
        self.tab = Tab.READY_TO_REVOKE
        self.user_type: UserType | None = UserType.CONTACT
        self.only_marked = False
        self.total = 0
        self.marks = Marks()
        self.roll = Roll(self.user_type)
        self.problem = ""  # why what is typed can't be filtered for
        self._search: Search | None = None
        self._searching: Timer | None = None
        self._waits = False
        self._awaiting: list[Callable[[], None]] = []
        self._shown: Mask | None = None
        self._lenses: dict[tuple[UserType | None, Tab | None], Lens] = {}

    def on_unmount(self) -> None:
        self.roll.stop()  # the program ends when its threads have

    def nothing(self) -> Sequence[str]:
        """What stands where nobody is shown."""
        return ()

    def follow(self) -> None:
        """The cursor may stand on somebody else."""

    def list_changed(self) -> None:
        """The list is another one: the place in it is shown with it, and only the pane waits for the cursor's rest."""

    @property
    def lens(self) -> Lens:
        """How the list shown now is looked at."""
        return self._lenses.setdefault((self.user_type, None if self.only_marked else self.tab), Lens())

    def remember(self) -> None:
        """Remember who the cursor is on, for when this list is shown again."""
        if self.table.person is not None:
            self.lens.person, self.lens.at = self.table.person, self.table.cursor

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows fewer than its tab has."""
        return bool(self.lens.text or self.lens.narrowings)

    @property
    def list_tab(self) -> Tab:
        """The tab whose people are listed; the marked are looked for among all."""
        return Tab.ALL if self.only_marked else self.tab

    def load(self, *, at: int = 0) -> None:
        """Make the list anew; the cursor stays with the person it was on, else it goes to `at`."""
        lens = self.lens
        self._look_for(lens.text)
        if self._search is not None and self._waits and not self._search.is_done:
            return  # what was found before stays in sight until it is found anew
        if self._search is not None and (lens.sort, lens.descending) == ("name", False):
            persons, count = self._search.found, self.overview.counts.get(self.list_tab, 0)
        else:
            persons = self._ordered()
            count = len(persons)
            if self._search is not None:
                persons = only(persons, self._search.mask)
        self.total = len(self.marks) if self.only_marked else count
        persons = lens.narrow_down(persons, self.roll.size)
        if self.only_marked:
            persons = only(persons, self.marks.mask)
        if lens.at < len(persons) and persons[lens.at] == lens.person:
            at = lens.at  # as a rule; else everybody is looked at
        elif lens.person is not None:
            with suppress(ValueError):
                at = persons.index(lens.person)
        self.table.marks = self.marks
        self.table.load(persons, self.list_tab, (lens.sort, lens.descending), self.nothing(), at)
        self._shown = None
        if len(self.marks):
            self.marks.count_hidden(self.shown)
        if not self.is_unfinished:
            # Here, because a search ends in more than one way: looked through, read anew, given up.
            self.act_on_typed_ahead()

    def _ordered(self) -> "array[int]":
        """Everybody of the tab, in the order of the lens. From the roll once it is read, until then by a query."""
        lens, tab = self.lens, self.list_tab
        if not self.roll.is_listed:
            view = self.manager.view(tab, user_type=self.user_type, sort=lens.sort, descending=lens.descending)
            return view.persons
        if (lens.sort, lens.descending) == ("name", False):
            return self.roll.listed(tab)
        persons = self.manager.order(self.roll, lens.sort, lens.descending)
        return persons if tab is Tab.ALL else only(persons, self.roll.mask(tab))

    @property
    def shown(self) -> Mask:
        """Those shown, as a set."""
        if self._shown is None:
            whole = self.roll.is_listed and len(self.table.persons) == self.total and not self.only_marked
            self._shown = self.roll.mask(self.tab) if whole else mask_of(self.table.persons, self.roll.size)
        return self._shown

    def read_roll(self) -> None:
        """Read the roll of the user type, in the background where that takes its time."""
        self.roll.stop()
        self.table.forget()
        roll = self.roll = Roll(self.user_type)
        if self.total_of_all <= _AT_ONCE:
            self.manager.read_roll(roll)
            self._roll_listed(roll)
            self._roll_read(roll)
        else:
            self.engage.in_background(
                "roll",
                lambda: self.manager.read_roll(roll, lambda: self._listed_in_thread(roll)),
                lambda _: self._roll_read(roll),
                quietly=True,
            )

    def _listed_in_thread(self, roll: Roll) -> None:
        self.app.call_later(self._roll_listed, roll)

    @property
    def total_of_all(self) -> int:
        """How many there are of the user type."""
        return self.overview.counts[Tab.ALL]

    def _roll_listed(self, roll: Roll) -> None:
        if roll is self.roll:
            self.overview = replace(self.overview, counts=roll.counts())
            self.remember()
            self.load(at=self.table.cursor)
            self.draw()

    def _roll_read(self, roll: Roll) -> None:
        if roll is not self.roll or not self._awaiting:
            return
        awaiting, self._awaiting = self._awaiting, []
        for then in awaiting:
            try:
                then()
            except EngageError as error:
                self.engage.show_error(error)
        self.draw_foot()
        if not self.is_unfinished:
            self.act_on_typed_ahead()

    def once_read(self, then: Callable[[], None]) -> None:
        """Do it once the text of everybody is read; the keys wait for it."""
        if self.roll.is_complete:
            then()
        else:
            self._awaiting.append(then)

    def forget_typed_ahead(self) -> None:
        super().forget_typed_ahead()
        self._awaiting.clear()

    # -- the filter ----------------------------------------------------------------------------------------------

    def _look_for(self, text: str) -> None:
        """Begin to look for what is typed, unless that is under way; the first hits are there at once."""
        self.problem = ""
        try:
            query = parse(text)
        except QueryError as error:
            self.problem = str(error)  # the list stays as it is
            return
        before = self._search
        same = before is not None and before.roll is self.roll and before.tab is self.list_tab
        if query.is_empty:
            self._search = None
        elif before is None or not same or before.query.text != query.text:
            wider = before if same else None
            while wider is not None and not query.narrows(wider.query):
                wider = wider.within  # what was typed before, and is again when a letter is taken back
            if wider is not None and wider.query.text == query.text and wider.is_done:
                self._search = wider
            else:
                self._search = Search(self.roll, self.list_tab, query, wider)
                self._look_on(_FIRST_LOOK)

    @property
    def is_unfinished(self) -> bool:
        return bool(self._awaiting) or (self._search is not None and not self._search.is_done)

    def _look_on(self, seconds: float) -> None:
        search = self._search
        if search is None or search.is_done:
            return
        try:
            done = search.step(seconds)
        except QueryError as error:
            self.problem, self._search = str(error), None
            return
        if not done and self._searching is None:
            self._searching = self.set_timer(
                _UNTIL_MORE if search.is_up_to_date else _BETWEEN_LOOKS, self._look_further
            )

    def _look_further(self) -> None:
        """Look through the next slice; the screen follows when it makes a difference."""
        self._searching = None
        search = self._search
        if search is None or search.is_done:
            return
        in_sight = len(search.found)
        self._look_on(_LOOK)
        if self._search is None or in_sight < self.table.height or (search.is_done and not self._stands(search)):
            self.load(at=self.table.cursor)
        elif not search.is_done:
            return
        self._shown = None
        if len(self.marks):
            self.marks.count_hidden(self.shown)
        self.list_changed()
        self.draw_foot()
        if not self.is_unfinished:
            self.act_on_typed_ahead()

    def _stands(self, search: Search) -> bool:
        """Whether the table shows what was found, which has grown below what is in sight, and the cursor stays."""
        person = self.lens.person
        return self.table.persons is search.found and (
            person in (None, self.table.person) or person not in search.found
        )
