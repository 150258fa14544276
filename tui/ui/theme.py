"""Looks: the few styles that everything is drawn with.

The default takes the terminal's own sixteen colours and its own background: it reads the same over SSH, in tmux, on
a light and on a dark terminal, and sends few bytes. What matters never hangs on a colour alone: the cursor is reversed
and has its sign, a mark is bold and has its own, so both are there with NO_COLOR.
"""

from typing import NamedTuple

from rich.style import Style

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
_CONTRAST = _TERMINAL._replace(
    badge=Style(reverse=True, bold=True),
    heading=Style(underline=True, bold=True),
    mark=Style(bold=True),
    key=Style(bold=True),
    dim=Style(),
    good=Style(bold=True),
    warn=Style(bold=True, underline=True),
    bad=Style(bold=True, reverse=True),
    frame=Style(bold=True),
)
LOOKS = {"terminal": _TERMINAL, "high-contrast": _CONTRAST}
USUAL = "terminal"


def look_named(name: str) -> Look:
    """The look of that name, "" the usual one. Raises ConfigError."""
    found = LOOKS.get(name or USUAL)
    if found is None:
        raise ConfigError(
            f"ui.theme: there is no theme {clean(name)!r}.",
            todo=f"There are {join_and(sorted(LOOKS))}; see the palette.",
        )
    return found
