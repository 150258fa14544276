"""Keys that are pressed at both programs, and what the screen must say before the next one: see `ROUNDS`.

Everything happens on the tab of all contacts, which has as many rows as there are contacts. What a key is meant to do
is read off the screen each time, so that nothing is measured that did not happen.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tests.benchmarks.terminal import CODE, Done, Seen, Terminal, anything

TAB_OF_ALL = b"6"
PAGE_DOWN = b"\x1b[6~"
BACKSPACE = b"\x7f"
ESCAPE = b"\x1b"
_PAST_THE_EDGE = 30  # more steps than there are lines


class Key(NamedTuple):
    """A key, what the screen says when it is done, and the most bytes it may send (0: no target)."""

    name: str
    keys: bytes
    done: Done = anything
    most_bytes: int = 0
    repeats: bool = False  # somebody may hold it down
    within_a_frame: bool = False  # has that for a target as well


class Round(NamedTuple):
    """Keys that are measured one after the other, and what is pressed `once`, and `before` and `after` each time."""

    keys: tuple[Key, ...]
    once: tuple[Key, ...] = ()
    before: tuple[Key, ...] = ()
    after: tuple[Key, ...] = ()


def _other_rows(before: Seen, after: Seen) -> bool:
    return after.codes != before.codes


def _one_more_marked(before: Seen, after: Seen) -> bool:
    return after.marked == before.marked + 1


def _all_marked(before: Seen, after: Seen) -> bool:
    return after.marked == after.shown


def _none_marked(before: Seen, after: Seen) -> bool:
    return after.marked == 0


def _other_tab(before: Seen, after: Seen) -> bool:
    return after.total != before.total and after.shown == after.total


def _other_hits(before: Seen, after: Seen) -> bool:
    return 0 < after.shown != before.shown and after.shown < after.total


def _no_filter(before: Seen, after: Seen) -> bool:
    return after.shown == after.total


_CLEAR = Key("clear all marks", b"u", _none_marked)
_TOP = Key("to the top", b"g")
_FAR_TO_THE_TOP = Key("to the top", b"g", _other_rows)

# Every key here changes the picture where it is pressed, or it would be waited for in vain.
ROUNDS = (
    Round((Key("cursor step", b"j", anything, 400, repeats=True),), after=(_TOP,)),
    Round(
        (Key("scroll", b"j", _other_rows, 4000, repeats=True),),
        once=(Key("past the edge", b"j" * _PAST_THE_EDGE, _other_rows),),
    ),
    Round((Key("page", PAGE_DOWN, _other_rows, 4000, repeats=True),)),
    Round(
        (Key("mark with step", b" ", _one_more_marked, 450, repeats=True),),
        once=(_FAR_TO_THE_TOP,),
        after=(_CLEAR, _TOP),
    ),
    Round((Key("mark all", b"a", _all_marked),), after=(_CLEAR,)),
    Round((Key("tab change", b"3", _other_tab),), after=(Key("back to all", TAB_OF_ALL, _other_tab),)),
    Round(
        (
            Key("filter, first letter", b"w", _other_hits, within_a_frame=True),
            Key("filter, second letter", b"i", _other_hits, within_a_frame=True),
            Key("filter, backspace", BACKSPACE, _other_hits, within_a_frame=True),
        ),
        before=(Key("filter", b"/"),),
        after=(Key("leave the filter", ESCAPE, _no_filter),),
    ),
)


def shows_contacts(shown: str) -> bool:
    """Whether the screen is of use: the tabs, and at least one contact."""
    return "evoke" in shown and CODE.search(shown) is not None


def to_all(terminals: Sequence[Terminal], contacts: int) -> None:
    """Go from the tab that a program opens with to the tab of all contacts, and wait until it is at rest there."""
    prepare(terminals, (Key("all", TAB_OF_ALL, lambda before, after: after.shown == after.total == contacts),))
    for terminal in terminals:
        terminal.rest()


def prepare(terminals: Sequence[Terminal], keys: Iterable[Key]) -> None:
    """Press what is not measured, at all of them at once."""
    for key in keys:
        for terminal in terminals:
            terminal.type(key.keys)
        for terminal in terminals:
            terminal.settle(key.done)


def press_each(terminals: Sequence[Terminal], pressed: Callable[[Terminal, Key], None]) -> None:
    """Press every key of `ROUNDS` once; `pressed` presses it, and measures whatever it likes."""
    for these in ROUNDS:
        prepare(terminals, (*these.once, *these.before))
        for key in these.keys:
            for terminal in terminals:
                pressed(terminal, key)
        prepare(terminals, these.after)
