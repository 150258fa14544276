"""Which theme is on: what was chosen at the screen, else what the config says; and the file that remembers the choice.

A choice at the screen is the operator's own and goes before the config, which may be the school's, until "as the
config says" is chosen. It is kept in the state folder, where it serves every register of this operator, the demo's too.
"""

from pathlib import Path

from tui.config import state_folder, write_whole
from tui.errors import EngageError
from tui.ui.theme import THEMES, USUAL, Colours, Look, look_named, theme_named

_MOST_BYTES = 10_000


def remembered_file() -> Path:
    """Where the choice is kept."""
    return state_folder() / "screen.toml"


class ThemeChoice:
    """The theme that is on. Raises ConfigError when the config names one that is not there.

    `chosen` is what was chosen at the screen, "" when the config has its way.
    """

    def __init__(self, configured: str, colours: Colours, *, remembers: bool) -> None:
        # Said even where a choice goes before it: a slip in the config would else come to light much later.
        theme_named(configured)
        self.configured = configured or USUAL
        self.colours = colours
        self.chosen = _remembered()
        self._remembers = remembers

    def look(self, name: str | None = None) -> Look:
        """How a theme looks here, "" the config's; without a name, the one that is on."""
        return look_named((self.chosen if name is None else name) or self.configured, self.colours)

    def choose(self, name: str) -> str:
        """Take a theme, "" the config's, and remember it; gives what to say about that."""
        self.chosen = name
        said = f"Theme: {name}" if name else f"Theme: as the config says ({self.configured})"
        if not self._remembers:
            return f"{said}, for now: this session is read-only and remembers nothing."
        try:
            _remember(name)
        except (OSError, EngageError) as error:
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            return f"{said}, for now: it can't be remembered ({why})."
        return f"{said}. It is remembered."


def _remembered() -> str:
    """The theme that was chosen, "" when none was, or the file says nothing of use: no start fails for its sake."""
    try:
        path = remembered_file()
        if not path.is_file():
            return ""
        import tomllib

        with path.open("rb") as file:
            found = tomllib.loads(file.read(_MOST_BYTES).decode()).get("theme")
    except (OSError, ValueError, RecursionError, EngageError):
        return ""
    return found if isinstance(found, str) and found in THEMES else ""


def _remember(name: str) -> None:
    path = remembered_file()
    if not name:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, f'# What was chosen at the screen of engage-accounts.\ntheme = "{name}"\n', overwrite=True)
