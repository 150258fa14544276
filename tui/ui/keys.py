"""Keys: how they are named, which can be relied on, and which action each stands for on which screen."""

from collections.abc import Iterator, Mapping

from tui.errors import ConfigError
from tui.text import clean, join_and
from tui.ui.actions import ACTIONS, SCOPES, Action, of_scope

# What terminals and multiplexers take for something else, or never send.
_NEVER = frozenset({"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+@", "ctrl+space", "shift+space", "ctrl+a", "ctrl+b",
                    "ctrl+c", "ctrl+q", "ctrl+s", "ctrl+z"})  # fmt: skip
_ALIASES = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", " ": "space", "ctrl+[": "escape",
    "comma": ",", "slash": "/", "plus": "+", "minus": "-", "colon": ":",
}  # fmt: skip
_SHOWN = {
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "↓",
    "up": "↑",
    "right": "→",
    "left": "←",
    "home": "Home",
    "end": "End",
}
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
        self._actions = {scope: self._of(scope) for scope in SCOPES}

    def _of(self, scope: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in of_scope(scope):
            for key in self.keys[name]:
                other = found.setdefault(key, name)
                if other != name:
                    raise ConfigError(
                        f"ui.keys: the key {shown(key)} is given to both {other} and {name}.",
                        todo=f'Remap one of the two: {other} = "..." or {name} = "..." under [ui.keys].',
                    )
        return found

    def action(self, key: str, scope: str = "accounts") -> str:
        """The action of a key on a screen, "" when it has none there."""
        return self._actions[scope].get(key, "")

    def shown(self, name: str) -> str:
        """The keys of an action, as help and menu write them."""
        return " ".join(shown(key) for key in self.keys[name])

    def first(self, name: str) -> str:
        """The first key of an action, as hints write it."""
        return next((shown(key) for key in self.keys[name]), "")

    def menu(self, scope: str = "accounts") -> Iterator[Action]:
        """The actions of a screen's action menu."""
        return (action for action in of_scope(scope).values() if action.menu)


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
