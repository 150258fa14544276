"""The detail of a pair: what to make of it, the two records beside each other line by line, and the evidence."""

from collections.abc import Sequence
from itertools import zip_longest

from tui.ui.drawing import BLANK, Line, Para, fit, wrap
from tui.ui.widgets.reason_pane import ReasonPane

_LABEL = 11
_DIFFERS = "≠ "


class PairPane(ReasonPane):
    """Shows paragraphs above, rows of (what, of the old record, of the new one), of which the first is their heading,
    and paragraphs below."""

    TITLE = "pair"

    _rows: Sequence[tuple[str, str, str]] = ()
    _under: Sequence[Para] = ()

    def say_pair(self, above: Sequence[Para], rows: Sequence[tuple[str, str, str]], below: Sequence[Para]) -> None:
        """Show another pair, or anything else without rows."""
        self._rows, self._under = rows, below
        self.say(above)

    def laid_out(self, width: int) -> Sequence[Line]:
        lines = wrap(self._paragraphs, width)
        side = (width - _LABEL - len(_DIFFERS) - 2) // 2
        for number, (what, old, new) in enumerate(self._rows):
            heading = self.look.title if not number else None
            differs = bool(old and new) and old.casefold() != new.casefold() and heading is None
            style = self.look.warn if differs else None
            broken = [wrap([Para(value)], side) for value in (old, new)]
            for row, (left, right) in enumerate(zip_longest(*broken, fillvalue=(("", None),))):
                label = fit(what if not row else "", _LABEL)
                sign = _DIFFERS if differs and not row else "  "
                one, other = ("".join(text for text, _ in part) for part in (left, right))
                lines.append(
                    ((label, self.look.dim), (sign, self.look.warn), (fit(one, side), heading or style), ("  ", None),
                     (other, heading or style))
                )  # fmt: skip
        return [*lines, *wrap(self._under, width)] if self._under else lines


def flat(above: Sequence[Para], rows: Sequence[tuple[str, str, str]], below: Sequence[Para]) -> list[Para]:
    """All of it one below the other, as it is copied."""
    said = [Para(f"{old or '-'} | {new or '-'}", None, f"{what:<{_LABEL}}") for what, old, new in rows]
    return [*above, BLANK, *said, *below]
