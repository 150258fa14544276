"""Themes by the numbers: what can be read on which background, with 256 colours, with sixteen and with none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from tui.ui.theme import THEMES, USUAL, Colours, Look, colours_of, look_named

READABLE, STRONG = 4.5, 7.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.6, for text of any size
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# The backgrounds that people have: black to the greys and blues of usual dark settings, white to paper.
DARK = [BLACK, (0x1E, 0x1E, 0x1E), (0x28, 0x2C, 0x34), (0x00, 0x2B, 0x36), (0x30, 0x0A, 0x24), (0x30, 0x30, 0x30)]
LIGHT = [WHITE, (0xFA, 0xFA, 0xFA), (0xFD, 0xF6, 0xE3), (0xEE, 0xEE, 0xEE)]
GROUNDS = {"dark": DARK, "light": LIGHT, "high-contrast": [BLACK, WHITE], "no-colour": [BLACK, WHITE]}
# The sixteen colours as the Linux console has them and as xterm has them.
CONSOLE = TerminalTheme(
    BLACK, (170, 170, 170),
    [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)],
    [(85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255), WHITE],
)  # fmt: skip
XTERM = TerminalTheme(
    BLACK, (229, 229, 229),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
    [(127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), WHITE],
)  # fmt: skip

Ground = tuple[int, int, int]


def luminance(colour: Ground | ColorTriplet) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Ground | ColorTriplet, other: Ground | ColorTriplet) -> float:
    """Contrast ratio, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def parts(look: Look) -> Iterator[tuple[str, Style]]:
    return zip(look._fields, look, strict=True)


def pair(style: Style, ground: Ground, palette: TerminalTheme = XTERM) -> tuple[ColorTriplet, ColorTriplet]:
    """Letters and background of a style on a terminal; what it leaves open is the ground, or what reads on that."""
    text = WHITE if luminance(ground) < 0.2 else BLACK
    front = ColorTriplet(*text) if style.color is None else style.color.get_truecolor(palette)
    back = ColorTriplet(*ground) if style.bgcolor is None else style.bgcolor.get_truecolor(palette)
    return front, back


def test_the_formula_gives_the_ratios_that_are_known() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast((0x77, 0x77, 0x77), WHITE) == pytest.approx(4.48, abs=0.005)
    assert contrast((255, 0, 0), WHITE) == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("name", [name for name in THEMES if name != USUAL])
def test_everything_can_be_read_on_the_backgrounds_that_a_theme_is_for(name: str) -> None:
    """`terminal` is left out: its colours are the terminal's own."""
    least = STRONG if name == "high-contrast" else READABLE
    for part, style in parts(THEMES[name].look):
        for ground in GROUNDS[name]:
            # Reversed the two change places, which is the same contrast.
            assert contrast(*pair(style, ground)) >= least, f"{part} on {ground}"


@pytest.mark.parametrize("name", [name for name in THEMES if name != USUAL])
def test_colours_are_of_the_fixed_part_of_the_256_and_nothing_is_dimmed(name: str) -> None:
    for part, style in parts(THEMES[name].look):
        colours = [colour for colour in (style.color, style.bgcolor) if colour is not None]
        assert all(colour.number is not None and colour.number >= 16 for colour in colours), part
        assert not style.dim, f"{part}: how dim is the terminal's affair, so nobody knows whether it can be read"


def test_the_usual_theme_has_no_colours_but_the_sixteen() -> None:
    for part, style in parts(THEMES[USUAL].look):
        for colour in (style.color, style.bgcolor):
            assert colour is None or (colour.number is not None and colour.number < 16), part


@pytest.mark.parametrize("palette", [CONSOLE, XTERM], ids=["console", "xterm"])
@pytest.mark.parametrize("name", [name for name in THEMES if name != USUAL])
def test_everything_can_be_read_in_sixteen_colours(name: str, palette: TerminalTheme) -> None:
    def nearest(colour: Color | None) -> Color | None:
        return None if colour is None else colour.downgrade(ColorSystem.STANDARD)

    for part, style in parts(look_named(name, Colours.SIXTEEN)):
        drawn = Style(color=nearest(style.color), bgcolor=nearest(style.bgcolor))
        # A terminal with sixteen colours is most often a console, and that is black.
        for ground in [BLACK] if name == "dark" else [BLACK, WHITE]:
            assert contrast(*pair(drawn, ground, palette)) >= READABLE, f"{part} on {ground}"


@pytest.mark.parametrize("name", THEMES)
def test_cursor_and_marks_are_there_without_any_colour(name: str) -> None:
    for look in (look_named(name, colours) for colours in Colours):
        assert look.cursor.reverse
        assert look.marked_cursor.reverse
        assert look.marked_cursor.bold
        assert look.mark.bold
        assert look.marked.bold
        assert look.tab_on.reverse


@pytest.mark.parametrize("name", THEMES)
def test_without_colours_there_are_no_colours_and_no_greys(name: str) -> None:
    for part, style in parts(look_named(name, Colours.NONE)):
        assert style.color is None, part
        assert style.bgcolor is None, part
        assert not style.dim, part


@pytest.mark.parametrize(
    ("system", "environment", "colours"),
    [
        ("truecolor", {}, Colours.MANY),
        ("256", {}, Colours.MANY),
        ("standard", {}, Colours.SIXTEEN),
        (None, {}, Colours.NONE),
        ("256", {"NO_COLOR": "1"}, Colours.NONE),
        ("standard", {"NO_COLOR": "0"}, Colours.NONE),
        ("256", {"NO_COLOR": ""}, Colours.MANY),
    ],
)
def test_what_a_terminal_may_be_sent(system: str | None, environment: dict[str, str], colours: Colours) -> None:
    assert colours_of(system, environment) is colours


def test_styles_are_made_in_the_themes_alone() -> None:
    """Else what stands above would measure a part of what is drawn."""
    folder = Path(__file__).parents[2] / "tui" / "ui"
    found = [
        f"{path.relative_to(folder)}:{node.lineno}"
        for path in sorted(folder.rglob("*.py"))
        if path != folder / "theme.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and re.search(r"\bStyle\b", ast.unparse(node.func))
    ]
    assert not found
