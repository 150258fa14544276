"""The detail of a person who was found: what to make of the records, and then the records beside each other."""

from collections.abc import Sequence
from itertools import zip_longest

from tui.ui.drawing import BLANK, Line, Para, fit_line, line_width, wrap
from tui.ui.widgets.reason_pane import ReasonPane

_NARROWEST, _MOST = 44, 3  # cells of a record beside another, and how many stand in a row
_BETWEEN = " │ "


class RecordsPane(ReasonPane):
    """Shows paragraphs above, `columns` of them beside each other where there is room, and paragraphs below."""

    TITLE = "records"

    def say_records(self, above: Sequence[Para], columns: Sequence[Sequence[Para]], below: Sequence[Para]) -> None:
        """Show another person."""
        self._above, self._columns, self._below_them = above, columns, below
        self.say(in_a_row(above, columns, below))

    _above: Sequence[Para] = ()
    _columns: Sequence[Sequence[Para]] = ()
    _below_them: Sequence[Para] = ()

    def laid_out(self, width: int) -> Sequence[Line]:
        abreast = max(1, min(len(self._columns), _MOST, (width + len(_BETWEEN)) // (_NARROWEST + len(_BETWEEN))))
        if abreast == 1:
            return super().laid_out(width)
        lines = wrap(self._above, width)
        for start in range(0, len(self._columns), abreast):
            lines += [(), *self._abreast(self._columns[start : start + abreast], width)]
        return [*lines, *wrap([BLANK, *self._below_them], width)] if self._below_them else lines

    def _abreast(self, columns: Sequence[Sequence[Para]], width: int) -> list[Line]:
        room = (width + len(_BETWEEN)) // len(columns) - len(_BETWEEN)
        broken = [wrap(paragraphs, room) for paragraphs in columns]
        found: list[Line] = []
        for row in zip_longest(*broken, fillvalue=()):
            line: Line = ()
            for number, part in enumerate(row):
                part = fit_line(part, room)
                gap = room - line_width(part) if number + 1 < len(row) else 0
                between: Line = ((_BETWEEN, self.look.dim),) if number else ()
                line = (*line, *between, *part, (" " * gap, None)) if gap else (*line, *between, *part)
            found.append(line)
        return found


def in_a_row(above: Sequence[Para], columns: Sequence[Sequence[Para]], below: Sequence[Para]) -> list[Para]:
    """All of it one below the other, as a narrow pane has it and as it is copied."""
    said = list(above)
    for part in (*columns, below):
        said += [BLANK, *part] if part and said else part
    return said
