"""Whether a feed has lost so much that it is more likely broken than true.

An empty or cut-off file is not "everybody left". One year group leaving is normal: in a school of four years that is
over a quarter of the students (27 % in the roster of 812 parents that the tests import): the limit stands at a third.

As many rows as before may still be others: when a spreadsheet takes the zeros off every code, everybody goes and comes.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

FEW = 10
SOME = 50
SOME_PERCENT = 50


class Shrink(NamedTuple):
    """Something of which there is less: `what` in words (`students`, `portal access flags of type Postal`)."""

    what: str
    before: int
    now: int

    def __str__(self) -> str:
        percent = 100 * (self.before - self.now) / self.before
        return f"{self.what}: {self.before:,} before, {self.now:,} now ({percent:.0f} % fewer)"


def implausible(shrink: Shrink, max_percent: int, *, rows: bool) -> bool:
    """Whether to stop. `rows`: rows of a file, of which none at all is never believed; else facts within them.

    From SOME on, `max_percent` counts; from FEW on, a half; below that only a file that lost every row.
    """
    lost = shrink.before - shrink.now
    if lost <= 0:
        return False
    if rows and shrink.now == 0:
        return True
    if shrink.before < FEW:
        return False
    return lost * 100 > (max_percent if shrink.before >= SOME else SOME_PERCENT) * shrink.before


class Turnover(NamedTuple):
    """Records that went although as many came: `what` in words, of `before` that were there so many are `gone`, `new`
    ones came. `likeness`: of so many that went the code is that of a new one, but for its prefix or leading zeros. No
    code stands in it: a watch writes it into the journal."""

    what: str
    before: int
    gone: int
    new: int
    likeness: int = 0

    def __str__(self) -> str:
        said = (
            f"{self.what}: {self.gone:,} of the {self.before:,} that were there are gone "
            f"({100 * self.gone / self.before:.0f} %), whatever came new ({self.new:,})"
        )
        if self.likeness * 2 < self.gone or not self.likeness:
            return said
        return (
            f"{said}; {self.likeness:,} of their codes are there with another prefix or other leading zeros, or "
            "without any: most likely a spreadsheet took those away, and nobody is gone"
        )


def spelt_anew(gone: Iterable[str], new: Collection[str]) -> int:
    """Of how many codes that went there is a new one which is the same but for prefix, leading zeros or capitals."""
    wholes = {form for code in new for form in _whole(code)}
    forms = {form for code in new for form in _forms(code)}
    # One of the two has to be there whole: two codes with prefixes of their own only share a number.
    return sum(not (wholes.isdisjoint(_forms(code)) and forms.isdisjoint(_whole(code))) for code in gone)


_PARTS = re.compile(r"([^0-9]*)(0*)(.*)", re.DOTALL)


def _whole(code: str) -> tuple[str, ...]:
    """A code in small letters, and without the zeros before its number."""
    prefix, zeros, rest = _split(code)
    return prefix + zeros + rest, prefix + rest


def _forms(code: str) -> tuple[str, ...]:
    """What may be left of a code, and what it may have been."""
    _, zeros, rest = _split(code)
    return (*_whole(code), *(form for form in (zeros + rest, rest) if form))


def _split(code: str) -> tuple[str, str, str]:
    found = _PARTS.fullmatch(code.casefold())
    return (found[1], found[2], found[3]) if found else ("", "", code.casefold())
