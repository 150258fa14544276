"""Reading the account list off a terminal as a person does: where the cursor is, what is marked, which tab is shown."""

from tests.terminal import Terminal

HEADER, TABS, HEADING, FIRST_ROW = range(4)
_SIGNS = 3  # the cells before the first column: cursor, mark, space


def code_at(terminal: Terminal, row: int) -> str:
    """The code in a line of the table."""
    return terminal.lines()[row][_SIGNS:].partition(" ")[0]


def cursor_code(terminal: Terminal) -> str:
    """The code of the row that has the sign of the cursor and is reversed; "" when there is not one such row."""
    rows = [row for row, line in enumerate(terminal.lines()) if row >= FIRST_ROW and line.startswith(">")]
    if len(rows) != 1 or not all(cell.reverse for cell in terminal.cells(rows[0])[: _SIGNS + 4]):
        return ""
    return code_at(terminal, rows[0])


def marked_codes(terminal: Terminal) -> list[str]:
    """The codes of the rows in sight that have the sign of a mark and are bold."""
    found = [row for row, line in enumerate(terminal.lines()) if row >= FIRST_ROW and line[1:2] == "*"]
    return [
        code_at(terminal, row) for row in found if all(cell.bold for cell in terminal.cells(row)[_SIGNS : _SIGNS + 4])
    ]


def tab_shown(terminal: Terminal) -> str:
    """The tab that stands out: its number, name and count."""
    return "".join(cell.data for cell in terminal.cells(TABS) if cell.reverse and cell.bold)


def reversed_words(terminal: Terminal) -> list[str]:
    """What stands reversed on the screen, line by line."""
    lines = ["".join(c.data for c in terminal.cells(row) if c.reverse) for row in range(terminal.screen.lines)]
    return [line.strip() for line in lines if line.strip()]
