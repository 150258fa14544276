"""What a cell may say: flags, dates, moments, whole numbers.

Each `parse_*` takes a cell as it stands in the file and returns the value a record carries, or raises
BadCell with what would be right. They don't clean text (the register's gate does) and know nothing of files or lines.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from tui.domain.problems import quoted
from tui.domain.records import StudentStatus

Value = TypeVar("Value")

# Most columns have few different cells (a status, a flag, a date); where one has more, the cache must
# not grow with the file.
CACHED = 4096

_FLAGS: dict[str, bool | None] = {
    **dict.fromkeys(("yes", "y", "true", "1"), True),
    **dict.fromkeys(("no", "n", "false", "0"), False),
    **dict.fromkeys(("unknown", "u", "x", ""), None),
}
_STATUSES = {
    "enrolled": StudentStatus.ENROLLED.value,
    "full": StudentStatus.ENROLLED.value,
    "left": StudentStatus.LEFT.value,
    "future": StudentStatus.FUTURE.value,
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/. -])([0-9]{1,2}|[A-Za-z]{3})\2([0-9]{4})")
_AS_KEPT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00")
_HALF_DAY = re.compile(r"(.+ )([0-9]{1,2})(:[0-9]{2}(?::[0-9]{2})?) ([AaPp])[Mm]")
_WHOLE = re.compile(r"-?[0-9]{1,9}")


class BadCell(ValueError):
    """A cell that can't be taken; the text says what would be right."""


class Cells(dict[str, Value]):
    """A cache in front of a parser, so that a column is looked up at the speed of a dict."""

    def __init__(self, parse: Callable[[str], Value]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, cell: str) -> Value:
        value = self._parse(cell)
        if len(self) >= CACHED:
            self.clear()
        self[cell] = value
        return value


def parse_access(cell: str) -> bool | None:
    """Portal access: True, False or None for unknown (blank, U and X as well; unknown is not "no")."""
    try:
        return _FLAGS[cell.strip().lower()]
    except KeyError:
        raise BadCell(f"{quoted(cell)} is not yes, no or unknown") from None


def parse_no_unless_said(cell: str) -> bool:
    """A yes or no where a blank cell means no."""
    return _yes_or_no(cell, blank=False)


def parse_yes_unless_said(cell: str) -> bool:
    """A yes or no where a blank cell means yes."""
    return _yes_or_no(cell, blank=True)


def _yes_or_no(cell: str, *, blank: bool) -> bool:
    said = cell.strip().lower()
    if not said:
        return blank
    flag = _FLAGS.get(said)
    if flag is None:
        raise BadCell(f"{quoted(cell)} is not yes or no")
    return flag


def parse_enabled(cell: str) -> bool:
    """OneRoster's enabledUser; blank means yes, and so does -1, which is "true" in some databases."""
    return True if cell.strip() == "-1" else parse_yes_unless_said(cell)


def parse_status(cell: str) -> str:
    """A student's status, as a StudentStatus value."""
    try:
        return _STATUSES[cell.strip().lower()]
    except KeyError:
        raise BadCell(f"{quoted(cell)} is not enrolled, left or future (nor FULL or LEFT)") from None


def parse_whole(cell: str) -> int | None:
    """A whole number, None for a blank cell."""
    said = cell.strip()
    if not said:
        return None
    if not _WHOLE.fullmatch(said):
        raise BadCell(f"{quoted(cell)} is not a whole number")
    return int(said)


def parse_date(cell: str) -> str:
    """A date as ISO text, "" for a blank cell. `1/05/2023` is the first of May: days come first in Australia.

    A time after the date is dropped: databases write a date as `2026-11-28 00:00:00`, or `28/11/2026 12:00:00 AM`.
    """
    said = cell.strip()
    if not said:
        return ""
    found = _date(said) or (_moment(said) if len(said) > 10 else None)
    if found is None:
        raise BadCell(f"{quoted(cell)} is not a date such as 2026-11-28 or 28/11/2026")
    return found.isoformat()[:10]


def parse_moment(cell: str) -> str:
    """A moment as ISO text in UTC, "" for a blank cell.

    Without an offset, and for a date alone, it is taken as local time where this program runs.
    """
    said = cell.strip()
    if not said:
        return ""
    found = _moment(said)
    if found is None and (day := _date(said)) is not None:
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  made local below
    try:
        if found is not None:
            if _AS_KEPT.fullmatch(said):
                return said  # writing it anew takes ten times as long
            return found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        pass  # a year that no clock reaches, such as 0001
    raise BadCell(f"{quoted(cell)} is not a moment such as 2026-11-28T07:05:00+11:00, nor a date")


def _date(said: str) -> date | None:
    try:
        if match := _YEAR_FIRST.fullmatch(said):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DAY_FIRST.fullmatch(said):
            month = match[3].lower()
            number = _MONTHS.index(month) + 1 if month.isalpha() else int(month)
            return date(int(match[4]), number, int(match[1]))
    except ValueError:
        pass  # 31 February, or a month of no such name
    return None


def _moment(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        pass
    # `28/11/2026 7:05:00 PM`: as systems built on .NET write it.
    if (half := _HALF_DAY.fullmatch(said)) and 1 <= int(half[2]) <= 12:
        said = f"{half[1]}{int(half[2]) % 12 + (12 if half[4] in 'Pp' else 0):02}{half[3]}"
    # `28/11/2026 07:05`: the date by our own rule, the time by Python's.
    day, _, time = said.rpartition(" ")
    found = _date(day.strip())
    if found is None or ":" not in time:
        return None
    try:
        return datetime.fromisoformat(f"{found.isoformat()}T{time.zfill(5)}")
    except ValueError:
        return None
