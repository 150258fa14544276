"""The registry of actions: keys, remaps that are refused with both names, and one method for each."""

import importlib
from pathlib import Path

import pytest

import tui.ui.screens
from tests.running import Run
from tui.errors import ConfigError
from tui.manager.views import Tab
from tui.ui.actions import ACTIONS, MOVES, SCOPES, State, of_scope
from tui.ui.keys import Keymap, key_name
from tui.ui.screens.accounts import AccountsScreen
from tui.ui.screens.audit import AuditScreen
from tui.ui.screens.base import BaseScreen
from tui.ui.screens.board import Board

UX = {
    "j": "down", "k": "up", "g": "top", "G": "bottom", "ctrl+d": "half_down", "ctrl+u": "half_up", "1": "tab_1",
    "6": "tab_6", "[": "previous_tab", "]": "next_tab", "tab": "focus", "enter": "why",
    "/": "filter", "n": "next_match",
    "N": "previous_match", "space": "mark", "v": "range", "a": "mark_all", "*": "invert", "u": "clear_marks",
    "+": "mark_pattern", "-": "unmark_pattern", ",": "mark_reason", "m": "only_marked", "U": "undo_marks", "s": "sort",
    "t": "user_type", "x": "menu", "R": "revoke", "W": "welcome", "P": "reset", "w": "handover", "o": "causes",
    "I": "import", "L": "audit", "f": "find",
    "h": "hold", "e": "export", "y": "copy", "r": "refresh", "?": "help", ":": "palette",
    "ctrl+p": "palette", "escape": "back", "q": "quit",
}  # fmt: skip


def test_the_keys_are_those_that_were_promised() -> None:
    keymap = Keymap({})
    assert {key: keymap.action(key) for key in UX} == UX


def screens() -> dict[str, type[BaseScreen]]:
    """Every full screen by its scope."""
    for path in Path(tui.ui.screens.__file__).parent.glob("*.py"):
        importlib.import_module(f"tui.ui.screens.{path.stem}")
    found: dict[str, type[BaseScreen]] = {"accounts": AccountsScreen}
    boards: list[type[BaseScreen]] = [*Board.__subclasses__(), AuditScreen]
    for screen in boards:
        last = next(iter(screen.__subclasses__()), screen)  # what a screen shows and does may stand in two rooms
        found[last.SCOPE] = last
    return found


def test_every_action_has_a_method_on_its_screen_and_stands_once() -> None:
    assert screens().keys() == SCOPES.keys()
    moves = {action.name for action in MOVES}
    for scope, screen in screens().items():
        for name in of_scope(scope):
            assert name in moves or callable(getattr(screen, f"do_{name}")), (scope, name)
        assert len(of_scope(scope)) == sum(map(len, SCOPES[scope].values()))
    names = [action for groups in SCOPES.values() for group in groups.values() for action in group]
    assert len({action.name for action in names}) == len(set(names)), "two actions have one name"


@pytest.mark.parametrize("key", ["ctrl+h", "ctrl+i", "ctrl+m", "ctrl+a", "ctrl+b", "ctrl+@", "f1", "alt+x"])
def test_no_key_is_one_that_terminals_keep(key: str) -> None:
    assert Keymap({}).action(key) == ""
    with pytest.raises(ConfigError, match="can't be relied on"):
        Keymap({"revoke": key})


def test_a_key_is_remapped() -> None:
    keymap = Keymap({"revoke": "D", "only_marked": "Y ctrl+o", "page_down": "pgdn ctrl+f"})
    assert keymap.action("D") == "revoke"
    assert keymap.action("R") == ""
    assert keymap.action("ctrl+o") == "only_marked"
    assert keymap.action("pagedown") == "page_down"
    assert keymap.first("revoke") == "D"


def test_a_conflict_is_refused_with_both_names() -> None:
    with pytest.raises(ConfigError) as caught:
        Keymap({"revoke": "W"})
    assert "revoke" in caught.value.what
    assert "welcome" in caught.value.what
    assert "W" in caught.value.what
    Keymap({"revoke": "W", "welcome": "R"})


def test_an_unknown_action_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"ui\.keys\.revok: there is no such action\. Did you mean revoke"):
        Keymap({"revok": "D"})


@pytest.mark.parametrize("key", ["", "DD", "hyper+x", "ctrl+!", "\x1b"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigError):
        Keymap({"revoke": key})


def test_the_command_line_says_what_is_wrong_with_the_keys(cli: Run, configure: object, demo_register: Path) -> None:
    assert callable(configure)
    configure('[ui.keys]\nrevoke = "W"\n')
    from tui.config import load_settings
    from tui.manager.manager import AccountManager
    from tui.ui.app import run_screen

    manager = AccountManager(load_settings(None), demo_register, read_only=True)
    with pytest.raises(ConfigError, match="both"):
        run_screen(manager)
    manager.close()


def test_a_theme_that_is_not_there_is_refused() -> None:
    from tui.ui.theme import look_named

    with pytest.raises(ConfigError, match="no theme 'darkest'"):
        look_named("darkest")


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("slash", "/", "/"),
        ("space", " ", "space"),
        ("R", "R", "R"),
        ("ctrl+d", "\x04", "ctrl+d"),
        ("enter", "\r", "enter"),
    ],
)
def test_keys_are_named_by_what_they_print(key: str, character: str, name: str) -> None:
    assert key_name(key, character) == name


def test_a_disabled_action_says_why() -> None:
    nothing = State(tab=Tab.READY_TO_REVOKE)
    assert ACTIONS["revoke"].enabled(nothing) == "nothing is marked, and no row is under the cursor"
    assert "read-only" in ACTIONS["revoke"].enabled(State(marked=1, read_only=True))
    assert ACTIONS["revoke"].enabled(State(marked=1)) == ""
