"""The baseline of the screen: the same list in a Textual DataTable, as one would write it in an afternoon.

The same register, tabs with counts, the columns that fit into 80 cells, marks, a filter as one types, and a status
line in the same words. It is spared what a careful author would see at once: the cursor of the input does not blink,
nothing is animated, no scrollbar lies across, and the filter looks into rows that it keeps instead of asking for them.
"""

import sqlite3
import sys
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Input, Static

TABS = (
    ("Revoke", "d.status = 'ready_to_revoke'"),
    ("Provision", "d.status = 'ready_to_provision'"),
    ("Active", "d.status = 'active'"),
    ("Never", "d.status = 'active' AND a.last_login = ''"),
    ("None", "d.status = 'no_access'"),
    ("All", "1"),
)
_TABLES = "directory AS d JOIN contacts AS c ON c.id = d.person / 4 LEFT JOIN accounts AS a ON a.person = d.person"
_COUNT = f"SELECT count(*) FROM {_TABLES} WHERE d.user_type = 'contact' AND {{condition}}"
_ROWS = f"""
SELECT c.code, trim(c.title || ' ' || coalesce(nullif(c.preferred_name, ''), c.given_name) || ' ' || c.surname),
    coalesce(nullif(d.reason, ''), d.status),
    coalesce((SELECT group_concat(CASE WHEN s.status = 'left' THEN '(' || s.given_name || ')'
        ELSE s.given_name || ' ' || s.year_level END, ', ')
        FROM links AS l JOIN students AS s ON s.id = l.student_id WHERE l.contact_id = c.id), ''),
    c.email, c.mobile, coalesce(a.username, '')
FROM {_TABLES} WHERE d.user_type = 'contact' AND {{condition}} ORDER BY d.sort_name
"""
COLUMNS = (
    ("mark", " ", 1),
    ("code", "Code", 7),
    ("name", "Name", 19),
    ("reason", "Reason", 19),
    ("students", "Students", 22),
)


class Listed(NamedTuple):
    """A contact of the tab shown, with the text that the filter looks into."""

    code: str
    cells: tuple[str, str, str, str]
    text: str


class TableApp(App[None]):
    """Accounts in a DataTable."""

    CSS = """
    #tabs, #status, #hints { height: 1; }
    DataTable { height: 1fr; overflow-x: hidden; }
    Input { height: 1; border: none; padding: 0; display: none; }
    Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j", "down", "Down"),
        ("g", "top", "Top"),
        ("space", "mark", "Mark"),
        ("a", "mark_all", "Mark all"),
        ("u", "clear_marks", "Clear marks"),
        ("slash", "filter", "Filter"),
        ("escape", "leave_filter", "Leave the filter"),
        *((str(number), f"show({number - 1})", label) for number, (label, _) in enumerate(TABS, start=1)),
    ]

    def __init__(self, register: Path) -> None:
        super().__init__()
        self.animation_level = "none"
        self.connection = sqlite3.connect(f"{register.absolute().as_uri()}?mode=ro", uri=True)
        self.listed: list[Listed] = []
        self.shown: list[Listed] = []
        self.marks: set[str] = set()

    def compose(self) -> ComposeResult:
        yield Static(id="tabs", markup=False)
        yield DataTable[str](cursor_type="row")
        yield Static(id="status", markup=False)
        filter_input = Input()
        filter_input.cursor_blink = False
        yield filter_input
        yield Static("/ filter   space mark   a all   u none   q quit", id="hints", markup=False)

    def on_mount(self) -> None:
        self.table = self.query_one(DataTable)
        self.status, self.input = self.query_one("#status", Static), self.query_one(Input)
        for key, label, width in COLUMNS:
            self.table.add_column(label, key=key, width=width)
        counts = [self.connection.execute(_COUNT.format(condition=where)).fetchone()[0] for _, where in TABS]
        self.query_one("#tabs", Static).update(
            " ".join(f"{number} {tab[0]} {counts[number - 1]:,}" for number, tab in enumerate(TABS, start=1))
        )
        self.action_show(0)
        self.table.focus()

    def action_show(self, tab: int) -> None:
        """Read a tab and show it."""
        self.listed = [
            Listed(row[0], (row[0], row[1], row[2].replace("_", " ").capitalize(), row[3]), " ".join(row).casefold())
            for row in self.connection.execute(_ROWS.format(condition=TABS[tab][1]))
        ]
        self.fill()

    def fill(self) -> None:
        """Show those of the tab in whom every word of the filter occurs."""
        words = self.input.value.casefold().split()
        self.shown = [row for row in self.listed if all(word in row.text for word in words)]
        self.table.clear()
        for row in self.shown:
            self.table.add_row("*" if row.code in self.marks else " ", *row.cells, key=row.code)
        self.say()

    def say(self) -> None:
        """Bring the status line up to date."""
        marked = f"{len(self.marks):,} marked · " if self.marks else ""
        self.status.update(f"{marked}{len(self.shown):,} of {len(self.listed):,} shown")

    def action_down(self) -> None:
        self.table.action_cursor_down()

    def action_top(self) -> None:
        self.table.move_cursor(row=0)

    def action_mark(self) -> None:
        if self.shown:
            code = self.shown[self.table.cursor_row].code
            self.marks ^= {code}
            self.table.update_cell(code, "mark", "*" if code in self.marks else " ")
            self.table.action_cursor_down()
            self.say()

    def action_mark_all(self) -> None:
        self._mark({row.code for row in self.shown}, "*")
        self.marks |= {row.code for row in self.shown}
        self.say()

    def action_clear_marks(self) -> None:
        self._mark(self.marks & {row.code for row in self.shown}, " ")
        self.marks.clear()
        self.say()

    def _mark(self, codes: set[str], sign: str) -> None:
        for code in codes:
            self.table.update_cell(code, "mark", sign)

    def action_filter(self) -> None:
        self.query_one("#hints").display = False
        self.input.display = True
        self.input.focus()

    def action_leave_filter(self) -> None:
        self.input.value = ""
        self.input.display = False
        self.query_one("#hints").display = True
        self.table.focus()

    def on_input_changed(self) -> None:
        self.fill()


if __name__ == "__main__":
    TableApp(Path(sys.argv[1])).run()
