"""Themes: the few styles that everything is drawn with, and which of them a terminal can show.

All take the terminal's own background, since one painted behind every cell would be sent with every row, and its own
letters for most of the text. What matters never hangs on a colour alone: the cursor is reversed and has its sign, a
mark is bold and has its own, so both are there with NO_COLOR.

`terminal` takes the terminal's own sixteen colours, whatever they are set to. The others take theirs from the fixed
part of the 256 (16 to 255), where a number is the same colour everywhere; more can't be counted on over SSH.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

from tui.errors import ConfigError
from tui.text import clean, join_and


class Look(NamedTuple):
    """The styles by what they are for."""

    title: Style
    badge: Style
    tab_on: Style
    heading: Style
    cursor: Style
    mark: Style
    marked: Style
    marked_cursor: Style
    key: Style
    dim: Style
    good: Style
    warn: Style
    bad: Style
    frame: Style


class Theme(NamedTuple):
    """A look with what it is for. `with_16` stands in for it where there are sixteen colours; None: the nearest do."""

    about: str
    look: Look
    with_16: Look | None = None


class Colours(IntEnum):
    """How many colours the screen may use."""

    NONE = 0
    SIXTEEN = 16
    MANY = 256


def _fixed(number: int) -> Color:
    return Color.from_ansi(number)


_TERMINAL = Look(
    title=Style(bold=True),
    badge=Style(color="black", bgcolor="yellow"),
    tab_on=Style(reverse=True, bold=True),
    heading=Style(underline=True, dim=True),
    cursor=Style(reverse=True),
    mark=Style(color="yellow", bold=True),
    marked=Style(bold=True),
    marked_cursor=Style(reverse=True, bold=True),
    key=Style(color="cyan"),
    dim=Style(dim=True),
    good=Style(color="green"),
    warn=Style(color="yellow"),
    bad=Style(color="red", bold=True),
    frame=Style(color="cyan"),
)
_NO_COLOUR = _TERMINAL._replace(
    badge=Style(reverse=True, bold=True),
    heading=Style(underline=True, bold=True),
    mark=Style(bold=True),
    key=Style(bold=True),
    dim=Style(),  # the terminal would draw it grey
    good=Style(bold=True),
    warn=Style(bold=True, underline=True),
    bad=Style(bold=True, reverse=True),
    frame=Style(bold=True),
)
# Every colour brings its own background, so that it reads the same on a dark terminal and on a light one.
_CONTRAST = _NO_COLOUR._replace(
    badge=Style(color=_fixed(16), bgcolor=_fixed(226), bold=True),
    mark=Style(color=_fixed(16), bgcolor=_fixed(226), bold=True),
    warn=Style(color=_fixed(16), bgcolor=_fixed(226)),
    bad=Style(color=_fixed(231), bgcolor=_fixed(88), bold=True),
)
_DARK = Look(
    title=Style(bold=True),
    badge=Style(color=_fixed(16), bgcolor=_fixed(214)),
    tab_on=Style(reverse=True, bold=True, color=_fixed(117)),
    heading=Style(underline=True, color=_fixed(110)),
    cursor=Style(reverse=True, color=_fixed(117)),
    mark=Style(bold=True, color=_fixed(220)),
    marked=Style(bold=True, color=_fixed(229)),
    marked_cursor=Style(reverse=True, bold=True, color=_fixed(220)),
    key=Style(color=_fixed(117)),
    dim=Style(color=_fixed(248)),
    good=Style(color=_fixed(114)),
    warn=Style(color=_fixed(215)),
    bad=Style(bold=True, color=_fixed(210)),
    frame=Style(color=_fixed(110)),
)
_LIGHT = Look(
    title=Style(bold=True),
    badge=Style(color=_fixed(16), bgcolor=_fixed(214)),
    tab_on=Style(reverse=True, bold=True, color=_fixed(24)),
    heading=Style(underline=True, color=_fixed(24)),
    cursor=Style(reverse=True, color=_fixed(24)),
    mark=Style(bold=True, color=_fixed(90)),
    marked=Style(bold=True, color=_fixed(90)),
    marked_cursor=Style(reverse=True, bold=True, color=_fixed(90)),
    key=Style(color=_fixed(25)),
    dim=Style(color=_fixed(240)),
    good=Style(color=_fixed(22)),
    warn=Style(color=_fixed(94)),
    bad=Style(bold=True, color=_fixed(124)),
    frame=Style(color=_fixed(24)),
)

USUAL = "terminal"
THEMES: Mapping[str, Theme] = {
    "terminal": Theme("the terminal's own sixteen colours; the usual one", _TERMINAL),
    "dark": Theme("for a dark background, in 256 colours", _DARK),
    # The nearest of sixteen to its colours would be dark letters where the console is black after all.
    "light": Theme("for a light background, in 256 colours", _LIGHT, with_16=_CONTRAST),
    "high-contrast": Theme("the strongest contrast on any background, no greys", _CONTRAST),
    "no-colour": Theme("bold, underlined and reversed only", _NO_COLOUR),
}


def theme_named(name: str) -> Theme:
    """The theme of that name, "" the usual one. Raises ConfigError."""
    found = THEMES.get(name or USUAL)
    if found is None:
        raise ConfigError(
            f"ui.theme: there is no theme {clean(name)!r}.", todo=f"There are {join_and(sorted(THEMES))}."
        )
    return found


def look_named(name: str, colours: Colours = Colours.MANY) -> Look:
    """How that theme looks with so many colours. Raises ConfigError."""
    theme = theme_named(name)
    if colours is Colours.NONE:
        return _NO_COLOUR
    return theme.with_16 if colours is Colours.SIXTEEN and theme.with_16 is not None else theme.look


def colours_of(system: str | None, environment: Mapping[str, str]) -> Colours:
    """The colours that may be used, from what Rich takes the terminal for and what the person wants.

    NO_COLOR counts when it is not empty, as https://no-color.org has it.
    """
    if environment.get("NO_COLOR") or system is None:
        return Colours.NONE
    return Colours.MANY if system in ("256", "truecolor") else Colours.SIXTEEN


class Unsaid(LineFilter):
    """Leaves out colours that say "as the terminal has it": saying nothing is the same, and sends less.

    Textual puts them into every span that it draws anew behind a panel.
    """

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:
        return [Segment(text, None if style is None else _unsaid(style), control) for text, style, control in segments]


@lru_cache(256)
def _unsaid(style: Style) -> Style | None:
    color, bgcolor = (found if found and not found.is_default else None for found in (style.color, style.bgcolor))
    return (style.without_color + Style(color=color, bgcolor=bgcolor)) or None
