"""The page on the screen has every action with its keys, and no others."""

import re
import tomllib

from tests.docs import pages
from tui.ui.actions import ACTIONS
from tui.ui.keys import Keymap, shown
from tui.ui.theme import THEMES


def test_every_action_is_on_the_page_with_its_keys() -> None:
    rows = re.findall(r"^\| (.*?) ?\| .+ \| `(\w+)` \|$", pages.text("screen.md"), flags=re.M)
    described = {name: re.findall(r"`(.+?)`", keys) for keys, name in rows}
    assert described == {action.name: [shown(key) for key in action.keys] for action in ACTIONS.values()}


def test_the_example_of_a_remap_is_taken() -> None:
    (block,) = pages.fences(pages.sections("screen.md")["Keys of your own"], "toml")
    Keymap(tomllib.loads(block)["ui"]["keys"])


def test_every_theme_is_named() -> None:
    colours = pages.sections("screen.md")["Colours"]
    assert all(f"`{name}`" in colours for name in THEMES)
