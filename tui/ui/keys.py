"""Every action of the screen, once: from these rows come the keys, the action menu, the palette and the help.

A disabled action says why. Keys can be remapped in the config by the action's name. An action is carried out by the
method `do_<name>` of the screen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tui.domain.records import UserType
from tui.errors import ConfigError
from tui.manager.views import Row, Tab
from tui.text import clean, join_and


@dataclass(frozen=True, slots=True)
class State:
    """What decides whether an action can be used now."""

    tab: Tab = Tab.READY_TO_REVOKE
    user_type: UserType = UserType.CONTACT
    shown: int = 0
    marked: int = 0
    row: Row | None = None
    read_only: bool = False
    running: bool = False
    has_job: bool = False
    groups: int = 0
    can_undo: bool = False
    searched: bool = False


def _always(state: State) -> str:
    return ""


def _some_row(state: State) -> str:
    return "" if state.row else "no row is under the cursor"


def _some_shown(state: State) -> str:
    return "" if state.shown else "nothing is shown"


def _writes(state: State) -> str:
    return "this session is read-only" if state.read_only else ""


def _acts(state: State) -> str:
    if state.user_type is not UserType.CONTACT:
        return "only contacts are acted on here; students and staff follow their own system"
    if state.running:
        return "a job is running; wait for it, or stop it (J)"
    if not state.marked and state.row is None:
        return "nothing is marked, and no row is under the cursor"
    return _writes(state)


def _holds(state: State) -> str:
    if state.user_type is not UserType.CONTACT:
        return "only contacts are held"
    if state.row is not None and state.row.held.startswith("flag group: "):
        return "held with its flag group; the answer is given there (o)"
    return _some_row(state) or _writes(state)


def _same_reason(state: State) -> str:
    return _some_row(state) or (
        "" if state.row and state.row.reason else "this account has no reason: it is not ready to revoke"
    )


def _searched(state: State) -> str:
    return "" if state.searched else "nothing was filtered for yet"


def _any_marked(state: State) -> str:
    return "" if state.marked else "nothing is marked"


def _when(test: Callable[[State], bool], why: str) -> Callable[[State], str]:
    return lambda state: "" if test(state) else why


class Action(NamedTuple):
    """One action. `label` is for menu and palette, `help` for the help; `menu` puts it into the action menu."""

    name: str
    keys: tuple[str, ...]
    label: str
    help: str = ""
    enabled: Callable[[State], str] = _always
    menu: bool = False


MOVES = (
    Action("down", ("j", "down"), "Down"),
    Action("up", ("k", "up"), "Up"),
    Action("top", ("g", "home"), "To the top"),
    Action("bottom", ("G", "end"), "To the end"),
    Action("page_down", ("pagedown",), "A page down"),
    Action("page_up", ("pageup",), "A page up"),
    Action("half_down", ("ctrl+d",), "Half a page down"),
    Action("half_up", ("ctrl+u",), "Half a page up"),
)
LISTS = (
    Action("tab_1", ("1",), "Show those ready to revoke"),
    Action("tab_2", ("2",), "Show those ready to provision"),
    Action("tab_3", ("3",), "Show the active"),
    Action("tab_4", ("4",), "Show those who never logged in", "active accounts, where that is known"),
    Action("tab_5", ("5",), "Show those without access"),
    Action("tab_6", ("6",), "Show all"),
    Action("next_tab", ("]",), "Next tab"),
    Action("previous_tab", ("[",), "Previous tab"),
    Action("why", ("enter",), "Why: all that is known", "evidence, family, history, what to say", _some_row, True),
    Action("focus", ("tab",), "Between table and detail", "the keys then scroll the detail; again comes back"),
    Action("filter", ("/",), "Filter", "as you type, all words must occur; enter keeps it, esc clears it"),
    Action("next_match", ("n",), "Next match", "of what was filtered for last", _searched),
    Action("previous_match", ("N",), "Previous match", "", _searched),
    Action("sort", ("s",), "Sort by a column", "the same column again reverses"),
    Action("user_type", ("t",), "User type: Contacts, Students, Staff"),
    Action("refresh", ("r",), "Refresh", "reads the register again"),
)  # fmt: skip
MARKING = (
    Action("mark", ("space",), "Mark or unmark, and step down", "", _some_row),
    Action("range", ("v",), "Start a range", "move, then v or space keeps it and esc drops it", _some_row),
    Action("mark_all", ("a",), "Mark all shown", "", _some_shown, True),
    Action("invert", ("*",), "Invert the marks of those shown", "", _some_shown),
    Action("clear_marks", ("u",), "Clear all marks", "hidden ones too", _any_marked),
    Action("mark_pattern", ("+",), "Mark by pattern", "words as in the filter", _some_shown),
    Action("unmark_pattern", ("-",), "Unmark by pattern", "", _any_marked),
    Action("mark_reason", (",",), "Mark all with the same reason", "among those shown", _same_reason, True),
    Action("only_marked", ("m",), "Show only the marked", "of every tab; again comes back"),
    Action("undo_marks", ("U",), "Undo the last change of marks", "",
           _when(lambda s: s.can_undo, "there is nothing to undo")),
)  # fmt: skip
ACTS = (
    Action("revoke", ("R",), "Revoke access", "of the marked, or of the row under the cursor", _acts, True),
    Action("welcome", ("W",), "Send welcome email", "to the marked, or to the row under the cursor", _acts, True),
    Action("reset", ("P",), "Send password reset", "", lambda s: "password reset is not built yet", True),
    Action("handover", ("w",), "Hand-over wizard", "", lambda s: "the hand-over wizard is not built yet", True),
    Action("hold", ("h",), "Hold (never revoke), or release", "with a note that says why", _holds, True),
    Action("groups", ("o",), "Flag groups", "accounts that lost their access together: mistake or intended",
           _when(lambda s: s.groups > 0, "no ten accounts of one contact type lost their access in one import"), True),
    Action("export", ("e",), "Export what is shown", "as CSV", _some_shown, True),
    Action("copy", ("y",), "Copy", "the marked codes, or this row; works over SSH",
           _when(lambda s: bool(s.row or s.marked), "nothing to copy"), True),
    Action("job", ("J",), "The job", "progress while it runs, its result afterwards",
           _when(lambda s: s.has_job, "no job was run in this session"), True),
)  # fmt: skip
OTHERS = (
    Action("find", ("f",), "Find a person", "", lambda s: "not built yet; / finds any name, code, email or child"),
    Action("menu", ("x",), "Action menu"),
    Action("palette", (":", "ctrl+p"), "Palette: every action by name"),
    Action("theme", (), "Theme"),
    Action("help", ("?",), "Help"),
    Action("back", ("escape",), "Back", "drops a range, leaves the marked, clears the filter"),
    Action("quit", ("q",), "Quit"),
)
GROUPS: Mapping[str, tuple[Action, ...]] = {
    "Move": MOVES, "Lists": LISTS, "Marks": MARKING, "Actions": ACTS, "Everything else": OTHERS,
}  # fmt: skip
PALETTE = (ACTS, LISTS, MARKING, OTHERS, MOVES)
ACTIONS: Mapping[str, Action] = {action.name: action for group in GROUPS.values() for action in group}

# What terminals and multiplexers take for something else, or never send.
_NEVER = frozenset({"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+@", "ctrl+space", "shift+space", "ctrl+a", "ctrl+b",
                    "ctrl+c", "ctrl+q", "ctrl+s", "ctrl+z"})  # fmt: skip
_ALIASES = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", " ": "space", "ctrl+[": "escape",
    "comma": ",", "slash": "/", "plus": "+", "minus": "-", "colon": ":",
}  # fmt: skip
_SHOWN = {"escape": "esc", "pagedown": "PgDn", "pageup": "PgUp", "down": "↓", "up": "↑", "home": "Home", "end": "End"}
_NAMED = frozenset({"escape", "enter", "tab", "space", "backspace", "delete", "insert", "up", "down", "left", "right",
                    "home", "end", "pageup", "pagedown"})  # fmt: skip


def key_name(key: str, character: str | None) -> str:
    """A key as actions name it: the character where one is printed, else Textual's name of it."""
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        return character
    return key


class Keymap:
    """Which key does what. Raises ConfigError for a remap that can't be."""

    def __init__(self, remapped: Mapping[str, str]) -> None:
        self.keys: dict[str, tuple[str, ...]] = {action.name: action.keys for action in ACTIONS.values()}
        for name, text in remapped.items():
            if name not in ACTIONS:
                raise ConfigError(
                    f"ui.keys.{clean(name)}: there is no such action.{_nearest(name)}", todo="Help (?) lists them."
                )
            self.keys[name] = tuple(_key(name, part) for part in (text.split() or [""]))
        self._actions: dict[str, str] = {}
        for name, keys in self.keys.items():
            for key in keys:
                other = self._actions.setdefault(key, name)
                if other != name:
                    raise ConfigError(
                        f"ui.keys: the key {shown(key)} is given to both {other} and {name}.",
                        todo=f'Remap one of the two: {other} = "..." or {name} = "..." under [ui.keys].',
                    )

    def action(self, key: str) -> str:
        """The action of a key, "" when it has none."""
        return self._actions.get(key, "")

    def shown(self, name: str) -> str:
        """The keys of an action, as help and menu write them."""
        return " ".join(shown(key) for key in self.keys[name])

    def first(self, name: str) -> str:
        """The first key of an action, as hints write it."""
        return next((shown(key) for key in self.keys[name]), "")

    def menu(self) -> Iterator[Action]:
        """The actions of the action menu."""
        return (action for action in ACTIONS.values() if action.menu)


def shown(key: str) -> str:
    """A key as people write it."""
    return _SHOWN.get(key, key)


def _key(name: str, text: str) -> str:
    key = text if len(text) == 1 else _ALIASES.get(text.lower(), text.lower())
    key = _ALIASES.get(key, key)
    if key in _NEVER or key.startswith(("alt+", "super+", "meta+")) or (key[:1] == "f" and key[1:].isdigit()):
        raise ConfigError(
            f"ui.keys.{name}: {clean(text)} can't be relied on: terminals or multiplexers keep it or send another.",
            todo="Take a letter, a sign, or ctrl with a letter that is free.",
        )
    is_ctrl = key.startswith("ctrl+") and len(key) == 6 and key[5].isalpha()
    if not (is_ctrl or key in _NAMED or (len(key) == 1 and key.isprintable())):
        raise ConfigError(
            f"ui.keys.{name}: {clean(text)!r} is no key.",
            todo="Write keys as D, ctrl+r, space or pgdn; several apart by spaces.",
        )
    return key


def _nearest(name: str) -> str:
    from rapidfuzz import fuzz

    near = sorted(ACTIONS, key=lambda known: -fuzz.ratio(name, known))[:2]
    return f" Did you mean {join_and(near).replace(' and ', ' or ')}?" if fuzz.ratio(name, near[0]) > 60 else ""
