"""Where an import is, as whoever waits for it is told."""

from typing import NamedTuple


class ImportStep(NamedTuple):
    """What is being done, in words; the rows read so far; how much of the whole is behind us, 0 to 1."""

    words: str
    rows: int
    share: float
