"""The themes to choose from: each is shown while the cursor stands on it, and esc goes back to the one before."""

from collections.abc import Callable

from tui.ui.remembered import ThemeChoice
from tui.ui.theme import THEMES, Colours, Look
from tui.ui.widgets.menu import Item, Menu

_FEWER = {
    Colours.NONE: "No theme has colours here: NO_COLOR is set, or TERM says that there are none.",
    Colours.SIXTEEN: "TERM says sixteen colours: dark and light make do with those.",
}


class ThemeMenu(Menu):
    """Gives the name of the chosen theme, "" for the config's. `show` draws the screen behind in a look."""

    def __init__(self, themes: ThemeChoice, show: Callable[[Look], None]) -> None:
        items = [Item(name, "", name, theme.about) for name, theme in THEMES.items()]
        items.append(Item("", "", "as the config says", themes.configured))
        names = [item.result for item in items]
        super().__init__("Theme", items, at=names.index(themes.chosen))
        self.message = _FEWER.get(themes.colours, "")
        self._themes = themes
        self._show = show
        self._shown = themes.chosen

    def lay_out(self) -> None:
        self._show_now(self.items[self.at].result)
        super().lay_out()

    def leave(self, result: str | None) -> None:
        if result is None and self.is_current:
            self._show_now(self._themes.chosen)
        super().leave(result)

    def _show_now(self, name: str) -> None:
        if name != self._shown:
            self._shown = name
            self._show(self._themes.look(name))
