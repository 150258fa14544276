"""A line that is being typed: text and a cursor, without a widget, so that prompt and panels share it.

The cursor is drawn, not blinked: a blinking one sends bytes for as long as it is looked at.
"""

from collections.abc import Callable

from tui.text import clean
from tui.ui.drawing import Line, width_of
from tui.ui.theme import Look


class LineEdit:
    """One line of text under the keyboard. `allowed` says which characters may be typed; None: all that print."""

    def __init__(self, text: str = "", *, allowed: Callable[[str], bool] | None = None) -> None:
        self.text = text
        self.cursor = len(text)
        self._allowed = allowed

    def key(self, key: str, character: str | None) -> bool:
        """Take a key; False when it means nothing here."""
        if character is not None and character.isprintable() and len(character) == 1:
            self.insert(character)
            return True
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        if key in ("backspace", "ctrl+h"):
            self._set(before[:-1], after)
        elif key == "delete":
            self._set(before, after[1:])
        elif key == "ctrl+u":
            self._set("", after)
        elif key == "ctrl+k":
            self._set(before, "")
        elif key == "ctrl+w":
            self._set(before.rstrip().rpartition(" ")[0] + (" " if " " in before.rstrip() else ""), after)
        elif key in ("left", "right", "home", "end", "ctrl+e"):
            step = {"left": self.cursor - 1, "right": self.cursor + 1, "home": 0}.get(key, len(self.text))
            self.cursor = max(0, min(step, len(self.text)))
        else:
            return False
        return True

    def insert(self, text: str) -> None:
        """Type or paste; line breaks become spaces, control characters don't get in."""
        text = clean(text) if len(text) > 1 else text
        if self._allowed is not None:
            text = "".join(filter(self._allowed, text))
        self._set(self.text[: self.cursor] + text, self.text[self.cursor :])

    def _set(self, before: str, after: str) -> None:
        self.text, self.cursor = before + after, len(before)

    def line(self, label: str, width: int, look: Look) -> Line:
        """The line with its label and its cursor, scrolled so that the cursor is in sight."""
        before, under, after = self.text[: self.cursor], self.text[self.cursor : self.cursor + 1], ""
        after = self.text[self.cursor + 1 :]
        room = max(width - width_of(label) - 2, 4)
        while width_of(before) > room:
            before = before[1:]
        while width_of(after) > max(room - width_of(before), 0):
            after = after[:-1]
        return ((label, look.key), (before, None), (under or " ", look.cursor), (after, None))
