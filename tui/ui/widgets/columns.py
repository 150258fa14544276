"""The columns of the account table: which are shown at a width, and how wide each is."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tui.domain.reasons import REASON_LABELS, Reason
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.manager.views import TAB_LABELS, Row, Tab
from tui.text import say_date
from tui.ui.drawing import width_of

GAP = 2


class Column(NamedTuple):
    """A column: `sort` is its name in the manager, `least` the width below which it is left out."""

    sort: str
    title: str
    least: int
    most: int
    cell: Callable[[Row], str]


def reason_cell(row: Row) -> str:
    """The leading reason; what is held or already requested says so first."""
    label = REASON_LABELS[Reason(row.reason)] if row.reason else TAB_LABELS[Tab(row.status)]
    return f"Requested: {label}" if row.requested else f"Held: {label}" if row.held else label


def _name(row: Row) -> str:
    # Where the reason says so it is not said twice.
    return f"[held] {row.name}" if row.held and row.status is not Status.READY_TO_REVOKE else row.name


def _type(row: Row) -> str:
    if row.user_type is UserType.STAFF:
        return "Staff"
    return f"Student {row.contact_type}".rstrip() if row.user_type is UserType.STUDENT else row.contact_type


def _last_login(row: Row) -> str:
    if not row.username:
        return ""
    return "unknown" if row.last_login is None else say_date(row.last_login) if row.last_login else "never"


_ALL = (
    Column("code", "Code", 7, 14, lambda row: row.code),
    Column("name", "Name", 20, 34, _name),
    Column("reason", "Reason", 19, 30, reason_cell),
    Column("students", "Students", 15, 40, lambda row: row.students),
    Column("last_login", "Last login", 11, 11, _last_login),
    Column("type", "Type", 10, 16, _type),
    Column("email", "Email", 18, 40, lambda row: row.email),
    Column("username", "Username", 10, 36, lambda row: row.username),
)
COLUMNS: Mapping[str, Column] = {column.sort: column for column in _ALL}

# The order in which columns are given room: the last is the first to go.
_PRIORITY = {
    Tab.READY_TO_REVOKE: ("code", "name", "reason", "students", "type", "last_login", "email", "username"),
    Tab.READY_TO_PROVISION: ("code", "name", "email", "students", "type"),
    Tab.ACTIVE: ("code", "name", "students", "last_login", "email", "username", "type"),
    Tab.NEVER_LOGGED_IN: ("code", "name", "email", "students", "username", "type"),
    Tab.NO_ACCESS: ("code", "name", "students", "type", "email"),
    Tab.ALL: ("code", "name", "reason", "students", "type", "email", "last_login", "username"),
}
# What a user type never has.
_WITHOUT = {UserType.STUDENT: {"students"}, UserType.STAFF: {"students"}}
_ORDER = ("code", "name", "type", "email", "username", "reason", "students", "last_login")


class Placed(NamedTuple):
    """A column with the cells it has."""

    column: Column
    width: int


def sorts(tab: Tab) -> tuple[str, ...]:
    """What a tab can be sorted by, in the order of its columns."""
    return tuple(name for name in _ORDER if name in _PRIORITY[tab])


def pages(tab: Tab, rows: Sequence[Row], width: int) -> list[list[Placed]]:
    """The columns in pages of `width` cells, wide enough for `rows` where there is room.

    The first page has what matters most on the tab; each further one code and name again, and what was not shown yet.
    """
    types = {row.user_type for row in rows} or set(UserType)
    without = set.intersection(*(_WITHOUT.get(user_type, set()) for user_type in types))
    left = [name for name in (*_PRIORITY[tab], *(n for n in _ORDER if n not in _PRIORITY[tab])) if name not in without]
    longest = {name: _longest(COLUMNS[name], rows) for name in left}
    found: list[list[Placed]] = []
    kept = left[:2]
    while left:
        page = _page([*kept, *(name for name in left if name not in kept)], longest, width)
        shown = {placed.column.sort for placed in page}
        if found and shown <= set(kept):
            break  # too narrow for anything beside them
        found.append(page)
        left = [name for name in left if name not in shown]
    return found


def _longest(column: Column, rows: Sequence[Row]) -> int:
    if column.least == column.most:
        return column.most
    return max((width_of(column.cell(row)) for row in rows), default=0)


def _page(names: Sequence[str], longest: Mapping[str, int], width: int) -> list[Placed]:
    ideal = {}
    for name in names:
        column = COLUMNS[name]
        # Room for the sign of a sorted column beside the title.
        ideal[name] = max(min(longest[name], column.most), column.least, len(column.title) + 2)
    chosen: dict[str, int] = {}
    left = width
    for name in names:
        least = min(COLUMNS[name].least, ideal[name])
        if chosen and left < least + GAP:
            break
        chosen[name] = least
        left -= least + (GAP if len(chosen) > 1 else 0)
    # What is left goes to the columns in the order of their weight, each up to what its content needs.
    for name in chosen:
        more = max(0, min(ideal[name] - chosen[name], left))
        chosen[name] += more
        left -= more
    return [Placed(COLUMNS[name], chosen[name]) for name in _ORDER if name in chosen]
