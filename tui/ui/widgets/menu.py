"""Lists to choose from: the action menu, the palette, sorting, themes. A disabled item says why."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from tui.text import fold
from tui.ui.drawing import Line, crop, fit, width_of
from tui.ui.editing import LineEdit
from tui.ui.keys import key_name
from tui.ui.widgets.panel import Field, Panel


class Item(NamedTuple):
    """One to choose. `key` chooses it at once (not in a palette); `disabled` says why it can't be."""

    result: str
    key: str
    label: str
    note: str = ""
    disabled: str = ""


class Menu(Panel[str]):
    """Gives the result of the chosen item. `search`: typing narrows the list, as a palette does."""

    def __init__(self, title: str, items: Sequence[Item], *, search: bool = False, at: int = 0) -> None:
        super().__init__(title, (), fields=[Field("Find:", LineEdit())] if search else ())
        self.items = items
        self.found = list(items)
        self.at = at

    def body_lines(self, width: int) -> Sequence[Line]:
        look = self.engage.look
        keys = max((width_of(item.key) for item in self.items), default=0)
        lines: list[Line] = []
        for number, (_, key, label, note, disabled) in enumerate(self.found):
            after = f"  ({disabled})" if disabled else f"  {note}" if note else ""
            if number == self.at:
                lines.append(((fit(f"> {fit(key, keys)}  {label}{after}", width), look.cursor),))
            elif disabled:
                lines.append(((crop(f"  {fit(key, keys)}  {label}{after}", width), look.dim),))
            else:
                room = width - keys - 4 - width_of(label)
                lines.append(((f"  {fit(key, keys)}  ", look.key), (label, None), (crop(after, room), look.dim)))
        return lines or [(("  Nothing is called that.", look.dim),)]

    def key_labels(self) -> list[tuple[str, str]]:
        move = "↓ ↑" if self.fields else "j k"
        return [(move, "move"), ("enter", "choose"), ("esc", "close")]

    def lay_out(self) -> None:
        self.tall = bool(self.fields)  # a palette that shrank as it is typed in would jump about
        super().lay_out()
        self._into_sight()

    def on_key(self, event: events.Key) -> None:
        key = key_name(event.key, event.character)
        action = self.engage.keymap.action(key)
        typing = bool(self.fields)
        own = next((n for n, item in enumerate(self.found) if item.key and key in item.key.split()), None)
        steps = {"down": 1, "up": -1, "page_down": 8, "page_up": -8, "top": -len(self.found), "bottom": len(self.found)}
        if key == "enter":
            self._choose(self.at)
        elif not typing and own is not None:
            self._choose(own)
        elif action in steps and (not typing or len(key) > 1):
            self.at = max(0, min(self.at + steps[action], len(self.found) - 1))
            self.lay_out()
        else:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()

    def typed(self, event: events.Key) -> bool:
        took = super().typed(event)
        text = fold(self.fields[0].edit.text).strip()
        words = text.split()
        found = [item for item in self.items if all(word in fold(f"{item.label} {item.note}") for word in words)]
        # What is called so comes before what merely speaks of it.
        self.found = sorted(
            found, key=lambda item: (not fold(item.label).startswith(text), text not in fold(item.label))
        )
        self.at = 0
        return took

    def _choose(self, at: int) -> None:
        if not self.found:
            return
        item = self.found[at]
        self.at = at
        if item.disabled:
            self.message = f"{item.label}: {item.disabled}."
            self.lay_out()
        else:
            self.leave(item.result)

    def _into_sight(self) -> None:
        top, height = self.scroller.top, self.scroller.height
        wanted = min(top, self.at) if self.at < top + height else self.at - height + 1
        if wanted != top:
            self.scroller.top = wanted
            self.paint()
