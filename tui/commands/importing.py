"""A look at the first rows of a feed, before anything of it is imported."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.domain.records import Roster


def first_rows(roster: "Roster", count: int, *, as_json: bool) -> str:
    """The first rows of each kind as they would be imported, and what is wrong with those that were read for it."""
    from tui.feeds.sampling import sample
    from tui.printing.plain import as_json as to_json
    from tui.printing.rows import rows_text, rows_values

    samples = list(sample(roster, count))
    if as_json:
        return to_json(rows_values(samples, roster))
    return rows_text(samples, roster)
