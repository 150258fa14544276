"""Causes as lines of a list and as paragraphs: counts, bars of text and sentences. Nothing is decided here."""

from collections.abc import Sequence
from typing import NamedTuple

from tui.domain.causes import Cause, next_step, say_answer, say_cause, say_counts
from tui.domain.flag_groups import Answer
from tui.manager.views import Causes, Row
from tui.text import say_date
from tui.ui.drawing import BLANK, Para, Span, width_of, wrap
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry, columns

KEPT_APART = "all are held; mend the flag or the sync rule in the admin system, then import again"
LET_GO = "the school changed who has access; they can be revoked, the reason is kept"
FIRST_PEOPLE = 8
_COUNT, _REASON, _DAY, _STATE = 6, 19, 11, 10
_LEAST_TYPE, _LEAST_BAR, _MOST = 10, 6, 24


class Widths(NamedTuple):
    """The cells of the columns that depend on the room; 0: left out."""

    bar: int
    type_: int
    day: int
    gap: int


def widths(room: int, longest: int) -> Widths:
    """The columns that fit, in a list `room` cells wide whose longest contact type has so many cells."""
    for has_bar, has_day, gap in ((True, True, 2), (True, True, 1), (False, True, 1), (False, False, 1)):
        fixed = [_COUNT, _REASON, _STATE, *([_DAY] if has_day else [])]
        left = room - sum(fixed) - gap * (len(fixed) + has_bar) - (_LEAST_BAR if has_bar else 0)
        if left >= _LEAST_TYPE:
            break
    type_ = max(_LEAST_TYPE, min(left, longest, _MOST))
    bar = min(_LEAST_BAR + left - type_, _MOST) if has_bar else 0
    return Widths(bar, type_, _DAY if has_day else 0, gap)


def entries(found: Causes, marked: Sequence[bool], room: int, look: Look) -> list[Entry]:
    """The list: what all of it comes to, and a line for each cause."""
    if not found.causes:
        return []
    longest = max(width_of(_type(cause)) for cause in found.causes)
    most = max(cause.size for cause in found.causes)
    cells = widths(room - SIGNS, longest)
    stands = any(cause.undecided for cause in found.causes)
    head = wrap([Para(found.headline, look.warn if stands else look.title, " " * SIGNS)], room)
    titles = _columns(cells, "Count", "", "Type", "Reason", "Import")
    listed = [Entry("", (*head, ((f"{' ' * SIGNS}{titles}", look.heading),)), heading=True)]
    for cause, is_marked in zip(found.causes, marked, strict=True):
        bar = "█" * max(round(cells.bar * cause.size / most), 1 if cause.size else 0) if most else ""
        line = _columns(cells, f"{cause.size:,}", bar, _type(cause), cause.label, _day(cause))
        state: Span = (_state(cause), look.warn if cause.undecided else look.dim)
        listed.append(Entry(str(cause.key), (((line, None), state),), marked=is_marked))
    return listed


def _columns(cells: Widths, count: str, bar: str, type_: str, reason: str, day: str) -> str:
    """All columns but the last, up to where that begins."""
    shown = ((count, -_COUNT), (bar, cells.bar), (type_, cells.type_), (reason, _REASON), (day, cells.day))
    return columns([cell for cell in shown if cell[1]], cells.gap) + " " * cells.gap


def _type(cause: Cause) -> str:
    return cause.key.contact_type or "(none)"


def _day(cause: Cause) -> str:
    if cause.import_ is None:
        return ""
    return say_date(cause.import_.taken_on) if cause.import_.number else "first"


def _state(cause: Cause) -> str:
    if not cause.size:
        return f"{cause.together:,} held"
    if cause.undecided:
        return "to answer"
    if cause.answer is Answer.MISTAKE:
        return "mistake"
    for count, what in ((cause.held, "held"), (cause.requested, "requested")):
        if count == cause.size:
            return what
    if cause.untouched < cause.size:
        return f"{cause.left:,} left"
    return "intended" if cause.answer else ""


def detail(cause: Cause, ready: int, people: Sequence[Row], look: Look) -> list[Para]:
    """What is said of one cause, with the first of its people."""
    title = f"{cause.key.contact_type or 'No contact type'} · {cause.label}"
    said = [Para(title, look.title), Para(say_cause(cause, ready))]
    said += [Para(sentence, look.dim) for sentence in (say_counts(cause), _answer(cause)) if sentence]
    said += [Para(next_step(cause), None, "Next   ", look.key)]
    if cause.undecided:
        said += answers(look)
    if people:
        said += [BLANK, Para("People", look.title)]
        code = max(width_of(row.code) for row in people)
        for row in people:
            state = " (held)" if row.held else " (requested)" if row.requested else ""
            children = f": {row.students}" if row.students else ""
            said.append(Para(f"{row.name}{children}{state}", None, f"{row.code:<{code}}  ", look.dim))
        if cause.size > len(people):
            said.append(Para(f"... and {cause.size - len(people):,} more", look.dim))
    said += [BLANK, Para(str(cause.key), look.dim, "Key    ", look.dim)]
    return said


def _answer(cause: Cause) -> str:
    return say_answer(cause.group) if cause.group is not None else ""


def answers(look: Look) -> list[Para]:
    """What the two answers for a flag group do."""
    return [Para(KEPT_APART, None, "Mistake:  ", look.key), Para(LET_GO, None, "Intended: ", look.key)]
