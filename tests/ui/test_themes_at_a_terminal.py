"""Every theme at a real terminal: what is sent, what an emulator makes of it, and how many bytes a key costs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import command
from tests.terminal import Terminal
from tui.manager.manager import AccountManager
from tui.ui.theme import THEMES

pytestmark = pytest.mark.pty
SIXTEEN = {
    "default", "black", "red", "green", "brown", "blue", "magenta", "cyan", "white",
    *(f"bright{name}" for name in ("black", "red", "green", "brown", "yellow", "blue", "magenta", "cyan", "white")),
}  # fmt: skip

Start = Callable[..., Terminal]


@pytest.fixture
def start(demo: AccountManager, configure: Callable[[str], Path]) -> Iterator[Start]:
    """Open the demo school in a theme."""
    started: list[Terminal] = []

    def start_in(theme: str, **environment: str) -> Terminal:
        configure(f'[ui]\ntheme = "{theme}"\n')
        started.append(Terminal(command("--register", demo.path, "demo"), 80, 24, **environment))
        started[-1].sees("shown")
        started[-1].read(0.6)
        return started[-1]

    yield start_in
    for terminal in started:
        terminal.close()


def colours_sent(terminal: Terminal) -> set[str]:
    """What stands in the SGR sequences that were sent, but for bold, underline, reverse and the reset."""
    found = re.findall(rb"\x1b\[([\d;:]*)m", terminal.raw)
    return {part.decode() for sequence in found for part in sequence.split(b";")} - {"0", "", "1", "4", "7"}


def tour(terminal: Terminal) -> None:
    """Mark one, and open what has a frame, a bottom line, or warns."""
    terminal.press(" ")
    terminal.sees("1 marked")
    terminal.press("?")
    terminal.sees("Help")
    terminal.press("q")
    terminal.sees(lambda: "Help" not in terminal.text())
    terminal.press("R")
    terminal.sees("Revoke access of 1 contact")
    terminal.press("\x1b")
    terminal.sees(lambda: "Revoke access of" not in terminal.text())


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.ends() == 0


def cursor_and_mark_are_seen(terminal: Terminal) -> None:
    display, buffer = terminal.screen.display, terminal.screen.buffer
    assert display[3].startswith(" * ")
    assert buffer[3][1].bold
    assert buffer[3][8].bold
    assert display[4].startswith(">  ")
    assert buffer[4][8].reverse


@pytest.mark.parametrize("theme", THEMES)
def test_keys_send_little_in_every_theme(start: Start, theme: str) -> None:
    terminal = start(theme)
    for keys, most in (("j", 400), (" ", 450), ("\x1b[6~", 4000)):
        terminal.press(keys)
        assert 0 < terminal.read(0.5) <= most, keys
    leave(terminal)


@pytest.mark.parametrize("theme", ["terminal", "dark"])
def test_no_color_sends_no_colours_and_no_greys(start: Start, theme: str) -> None:
    terminal = start(theme, NO_COLOR="1")
    tour(terminal)
    cursor_and_mark_are_seen(terminal)
    leave(terminal)
    assert colours_sent(terminal) == set()


@pytest.mark.parametrize("term", ["linux", "screen"])
@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast"])
def test_a_terminal_of_sixteen_colours_gets_no_others(start: Start, theme: str, term: str) -> None:
    terminal = start(theme, TERM=term)
    tour(terminal)
    cursor_and_mark_are_seen(terminal)
    cells = [cell for row in terminal.screen.buffer.values() for cell in row.values()]
    leave(terminal)
    assert {"38", "48"}.isdisjoint(colours_sent(terminal))
    assert colours_sent(terminal), "some colour was expected"
    assert {cell.fg for cell in cells} | {cell.bg for cell in cells} <= SIXTEEN
    assert not [cell for cell in cells if cell.data != " " and cell.bg == "default" and cell.fg in ("black", "blue")]


def test_256_colours_are_used_where_there_are(start: Start) -> None:
    terminal = start("dark")
    assert terminal.screen.buffer[3][8].fg == "87d7ff"
    assert terminal.screen.buffer[3][8].reverse
    assert terminal.screen.buffer[3][8].bg == "default"
    leave(terminal)
