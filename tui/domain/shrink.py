"""Whether a feed has lost so much that it is more likely broken than true.

An empty or cut-off file is not "everybody left". One year group leaving is normal: in a school of four years that is
over a quarter of the students (27 % in the roster of 812 parents that the tests import): the limit stands at a third.
"""

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
