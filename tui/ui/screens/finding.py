"""Finding one's way in the list: tabs, filter, matches, sort, user type, and why an account is where it is."""

from tui.domain.query import QueryError, parse
from tui.domain.records import UserType
from tui.errors import Refused
from tui.manager.roll import Search
from tui.manager.views import Explanation, Tab
from tui.ui.editing import LineEdit
from tui.ui.screens.base import Prompt
from tui.ui.screens.listing import TABS, ListScreen
from tui.ui.widgets.masthead import TYPE_LABELS

TYPES = (*UserType, None)


class FindingScreen(ListScreen):
    """The list with its ways of looking at it."""

    def show_tab(self, tab: Tab) -> None:
        """Go to a tab, as it was left."""
        self.remember()
        self.tab, self.only_marked = tab, False
        self.change_list()

    def do_tab_1(self) -> None:
        self.show_tab(TABS[0])

    def do_tab_2(self) -> None:
        self.show_tab(TABS[1])

    def do_tab_3(self) -> None:
        self.show_tab(TABS[2])

    def do_tab_4(self) -> None:
        self.show_tab(TABS[3])

    def do_tab_5(self) -> None:
        self.show_tab(TABS[4])

    def do_tab_6(self) -> None:
        self.show_tab(TABS[5])

    def do_next_tab(self) -> None:
        self.show_tab(TABS[(TABS.index(self.tab) + 1) % len(TABS)])

    def do_previous_tab(self) -> None:
        self.show_tab(TABS[(TABS.index(self.tab) - 1) % len(TABS)])

    def do_why(self) -> None:
        row = self.table.row
        if row is not None:
            code, user_type = row.code, row.user_type
            self.engage.in_background("why-panel", lambda: self.manager.why(code, user_type), self._show_why)

    def _show_why(self, found: Explanation) -> None:
        from tui.ui import wording
        from tui.ui.widgets.panel import Panel

        body = wording.why(found, self.engage.look)
        self.engage.open_panel(Panel[None](f"Why: {found.facts.code}", body, tall=True))

    def do_focus(self) -> None:
        if not self.has_pane:
            self.do_why()
            return
        self.pane.active = not self.pane.active
        self.pane.paint()

    def do_filter(self) -> None:
        before = self.lens.text
        self.ask(
            Prompt(
                "/",
                entered=self._keep_filter,
                changed=self.filter_by,
                left=lambda: self.filter_by(""),
                edit=LineEdit(before),
            )
        )

    def filter_by(self, text: str) -> None:
        """Show only those whom `text` finds; see tui.domain.query."""
        if text == self.lens.text:
            return
        self.remember()
        self.lens.text = text
        self._waits = False
        self.load()
        if not self.problem:
            self.searched = text.strip() or self.searched
        self.list_changed()

    def _keep_filter(self, text: str) -> None:
        self.filter_by(text)
        if self.problem:
            # Not let go of: what is wrong is said above, and can be mended.
            self.do_filter()

    def do_next_match(self) -> None:
        self.once_read(lambda: self._to_match(1))

    def do_previous_match(self) -> None:
        self.once_read(lambda: self._to_match(-1))

    def _to_match(self, step: int) -> None:
        persons, cursor = self.table.persons, self.table.cursor
        hits = self.matching(self.searched).mask
        for distance in range(1, len(persons) + 1):
            index = (cursor + step * distance) % len(persons)
            if hits[persons[index]]:
                self.table.go(index)
                return
        self.say(f"Nothing here matches “{self.searched}”.")

    def matching(self, text: str) -> Search:
        """Whom `text` finds among those listed; all must be read. Raises Refused."""
        if self._matches is None or (self._matches.query.text, self._matches.roll) != (text, self.roll):
            try:
                self._matches = Search(self.roll, Tab.ALL, parse(text)).to_the_end()
            except QueryError as error:
                raise Refused(f"Nothing can be found by “{text}”: {error}.") from error
        return self._matches

    _matches: Search | None = None

    def do_columns_right(self) -> None:
        self.table.turn(1)

    def do_columns_left(self) -> None:
        self.table.turn(-1)

    def do_sort(self) -> None:
        from tui.ui.widgets.columns import COLUMNS, sorts
        from tui.ui.widgets.menu import Item, Menu

        lens, names = self.lens, sorts(Tab.ALL if self.only_marked else self.tab)
        items: list[Item] = []
        for name in names:
            key = next((letter for letter in name if letter not in "jk" and all(letter != i.key for i in items)), "")
            note = (
                f"sorted so, {'descending' if lens.descending else 'ascending'}; again reverses"
                if name == lens.sort
                else ""
            )
            items.append(Item(name, key, COLUMNS[name].title, note))
        at = names.index(lens.sort) if lens.sort in names else 0
        self.engage.open_panel(Menu("Sort by", items, at=at), self._sort_by)

    def _sort_by(self, name: str | None) -> None:
        if name is not None:
            lens = self.lens
            self.remember()
            lens.sort, lens.descending = name, not lens.descending if name == lens.sort else False
            self.change_list()

    def do_user_type(self) -> None:
        self.remember()
        self.user_type = TYPES[(TYPES.index(self.user_type) + 1) % len(TYPES)]
        self.only_marked = False
        self.change_type()
        self.say(f"User type: {TYPE_LABELS[self.user_type]}.")

    def do_refresh(self) -> None:
        self.reload()
        self.say("Read again.")
