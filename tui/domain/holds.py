"""Until when an account is held: reading the day that a person typed.

A hold stands through its day and ends by itself once that is over.
"""

import re
from datetime import date

from tui.text import say_date

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "sept",
)  # fmt: skip


def parse_until(text: str, today: date) -> str:
    """The ISO date in `2026-12-31`, `31 Dec 2026`, `31 December 2026` or `31/12/2026` (the day first, as here); "" for
    blank, which is until released. Raises ValueError with a sentence for what is no day, or not after `today`."""
    text = text.strip()
    if not text:
        return ""
    day = _day(text)
    if day is None:
        raise ValueError("That is no date. Type it as 31 Dec 2026 or 2026-12-31.")
    if day <= today:
        raise ValueError(f"{say_date(day)} is not in the future. Give a later day, or none to hold until released.")
    return day.isoformat()


def _day(text: str) -> date | None:
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text, re.ASCII):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text, re.ASCII):
        day, month, year = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})[ -]([A-Za-z]+)\.?[ -](\d{4})", text, re.ASCII):
        day, name, year = int(found[1]), found[2].lower(), int(found[3])
        month = _MONTHS.get(name[:3], 0) if name in _NAMES or name in _MONTHS else 0
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
