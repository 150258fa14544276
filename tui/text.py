"""Text from outside and text for people: the cleaning gate, folding for search, dates and plurals.

Pure functions on strings; nothing here knows of contacts or screens.
"""

import re
import unicodedata
from datetime import date, datetime, tzinfo
from functools import lru_cache

_SPACES = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\u2212", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Joiners shape letters (Persian, Indic) and emoji; they are harmless and names need them.
_KEPT_FORMAT = frozenset("\u200c\u200d")


def clean(value: str) -> str:
    """The cleaning gate: `value` made safe for a terminal, a file and a message.

    Line breaks and tabs become one space (addresses have them); every other control, C1, bidi, invisible
    format, private, unassigned or lone surrogate character becomes U+FFFD, so that a reader sees that something stood
    there; outer spaces go; letters are composed (NFC), so that one name has one spelling.
    """
    if value.isascii() and value.isprintable():
        return value.strip()
    value = _SPACES.sub(" ", value)
    if not value.isprintable():
        value = "".join(map(_clean_character, value))
    return unicodedata.normalize("NFC", value).strip()


@lru_cache(maxsize=1024)
def _clean_character(character: str) -> str:
    if character.isprintable() or character in _KEPT_FORMAT:
        return character
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"


def fold(value: str) -> str:
    """`value` for comparing and searching: case folded, diacritics off ("Zoë Ångström" -> "zoe angstrom")."""
    if value.isascii():
        return value.lower()
    # Decomposed before as well: a letter of another shape (mathematical, full width) gets its case only then.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def say_date(value: date | datetime | str) -> str:
    """A date as people here read it: `28 Nov 2026`. ISO text is taken too, a moment's day in the local time zone; other
    text comes back as it is."""
    if isinstance(value, str):
        try:
            day = date.fromisoformat(day_of(value) if len(value) > 10 else value)
        except ValueError:
            return value
    else:
        day = value
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def day_of(moment: str, zone: tzinfo | None = None) -> str:
    """The ISO date of a moment in people's own time zone (or `zone`): the day they would name. "" stays ""."""
    return datetime.fromisoformat(moment).astimezone(zone).date().isoformat() if moment else ""


def say_time(value: datetime | str, zone: tzinfo | None = None) -> str:
    """A moment as people here read it, in their own time zone (or `zone`): `28 Nov 2026 07:05`."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = moment.astimezone(zone)
    return f"{say_date(local)} {local:%H:%M}"


def plural(count: int, noun: str, plural_noun: str = "") -> str:
    """`1 account`, `1,180 accounts`."""
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"


def join_and(words: list[str], most: int = 0) -> str:
    """`a, b and c`; past `most` words: `a, b and 3 more`."""
    if most and len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    return words[0] if len(words) == 1 else " and ".join([", ".join(words[:-1]), words[-1]]) if words else ""


def formula_safe(value: str) -> str:
    """`value` as a CSV cell that no spreadsheet runs: a leading formula sign is prefixed with an apostrophe.

    The rule is OWASP's for CSV injection, with the full-width forms of the signs added.
    """
    return "'" + value if value.startswith(_FORMULA_STARTS) else value
