"""Panels: a box over the table with a title, text that scrolls and copies, perhaps lines to type in, and its keys.

Errors, results, plans, help and the full-height why are all panels. A panel is left with esc, or q where nothing is
typed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.filter import LineFilter
from textual.screen import ModalScreen

from tui.ui.actions import MOVES
from tui.ui.drawing import Line, Para, Scroller, Span, crop, fit_line, line_width, plain, width_of, wrap
from tui.ui.editing import LineEdit
from tui.ui.keys import key_name
from tui.ui.theme import Unsaid
from tui.ui.widgets.keyboard import Keyboard, too_small
from tui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from tui.ui.app import EngageApp

Result = TypeVar("Result")
_WIDEST = 100


class Field(NamedTuple):
    """A line to type in."""

    label: str
    edit: LineEdit


class Choice(NamedTuple):
    """A key that leaves the panel with `result`."""

    key: str
    label: str
    result: object


class Panel(Keyboard, ModalScreen[Result | None], Generic[Result]):
    """A panel. `tall`: as high as the screen; else as high as its text."""

    DEFAULT_CSS = """
    Panel { align: center middle; }
    Panel > Lines { width: 1; height: 1; }
    Panel.-small > Lines { display: none; }
    """

    def __init__(
        self,
        title: str,
        body: Sequence[Para],
        *,
        choices: Sequence[Choice] = (),
        fields: Sequence[Field] = (),
        tall: bool = False,
        alarm: bool = False,
    ) -> None:
        super().__init__()
        self.heading = title
        self.body = body
        self.choices = choices
        self.fields = fields
        self.field = 0
        self.tall = tall
        self.alarm = alarm
        self.message = ""
        self._laid_out = (0, 0)
        self.box = Lines()
        self.scroller = Scroller()

    @property
    def engage(self) -> "EngageApp":
        return cast("EngageApp", self.app)

    def compose(self) -> ComposeResult:
        self.lay_out()
        yield self.box

    def on_resize(self, event: events.Resize) -> None:
        self.lay_out()

    # -- drawing -------------------------------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), Unsaid()]

    def lay_out(self) -> None:
        """Make the box as large as its text needs and the screen allows, and draw it."""
        # Where there is no room, the screen below says so.
        self.set_class(too_small(self.app.size), "-small")
        screen = self.app.size.height
        width = self.box_width
        lines = self.body_lines(width - 4)
        needed = len(lines) + 2 + len(self.foot(width - 4))
        height = screen if self.tall else min(needed, screen - 1)
        if self._laid_out != (width, height):
            # Only then: a style that is set, even to what it is, lays the screen out and draws it anew.
            self._laid_out = width, height
            self.box.styles.width, self.box.styles.height = width, height
        self.scroller.fill(lines, height - 2 - len(self.foot(width - 4)))
        self.paint()

    @property
    def box_width(self) -> int:
        """The cells from edge to edge."""
        return max(min(self.app.size.width - (0 if self.tall else 2), _WIDEST), 20)

    def body_lines(self, width: int) -> Sequence[Line]:
        """The text, broken."""
        return wrap(self.body, width)

    def foot(self, width: int) -> list[Line]:
        """Below the text: the fields, what is to be said of them, the keys."""
        look = self.engage.look
        # What is to be said stands in the empty line above, so that the box does not jump.
        found: list[Line] = [((crop(self.message, width), look.bad if self.fields else look.key),)]
        for number, field in enumerate(self.fields):
            on = number == self.field
            label = f"{field.label} "
            found.append(field.edit.line(label, width, look) if on else ((label, look.dim), (field.edit.text, None)))
        return [*found, fit_line(self.keys_line(), width)]

    def keys_line(self) -> Line:
        """The keys of this panel."""
        look = self.engage.look
        spans: list[Span] = []
        for key, label in self.key_labels():
            spans += [(key, look.key), (f" {label}   ", None)]
        return tuple(spans)

    def key_labels(self) -> list[tuple[str, str]]:
        """What `keys_line` names."""
        scroll = [("j k", "scroll")] if self.scroller.scrolls and not self.fields else []
        copy = [] if self.fields or any(choice.key == "y" for choice in self.choices) else [("y", "copy")]
        return [*((choice.key, choice.label) for choice in self.choices), *scroll, *copy, ("esc", "close")]

    def help_text(self) -> Sequence[Para]:
        """What the keys do here."""
        look, keymap = self.engage.look, self.engage.keymap
        keys = [(choice.key, choice.label.capitalize()) for choice in self.choices]
        keys += [(keymap.shown(action.name), action.label) for action in MOVES]
        keys += [(keymap.shown("copy"), "Copy the text; works over SSH"), (keymap.shown("find"), "Find a person")]
        keys += [(f"{keymap.shown('back')} {keymap.shown('quit')}", "Close")]
        return [Para(label, None, f"{key:<12}", look.key) for key, label in keys]

    def paint(self) -> None:
        """Draw the box."""
        look = self.engage.look
        frame = look.bad if self.alarm else look.frame
        width = self.box_width
        foot = self.foot(width - 4)
        where = f" {self.scroller.where} " if self.scroller.where else ""
        title = f" {crop(self.heading, width - 8 - len(where))} "
        top: Line = (
            ("┌─", frame), (title, look.title), ("─" * (width - 4 - width_of(title) - len(where)), frame),
            (where, look.dim), ("─┐", frame),
        )  # fmt: skip
        inside = [*self.scroller.visible(), *foot]
        lines = [top, *(self._framed(line, width, frame) for line in inside), (("└" + "─" * (width - 2) + "┘", frame),)]
        self.box.show(lines)

    def _framed(self, line: Line, width: int, frame: object) -> Line:
        from rich.style import Style

        line = fit_line(line, width - 4)
        style = cast(Style, frame)
        return (("│ ", style), *line, (" " * (width - 4 - line_width(line)), None), (" │", style))

    # -- keys ----------------------------------------------------------------------------------------------------

    def heeds(self, event: events.Key | events.Paste) -> bool:
        # What can't be seen is not answered; leaving is.
        leaves = isinstance(event, events.Key) and (event.key == "escape" or (event.key == "q" and not self.fields))
        return leaves or not too_small(self.app.size)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        key = key_name(event.key, event.character)
        action = self.engage.keymap.action(key)
        if key == "escape" or (action == "back" and not self.fields):
            self.leave(None)
        elif self.fields and self.typed(event):
            self.lay_out()
        elif self.fields and key == "enter":
            self.entered()
        elif self.fields and key in ("tab", "down", "up", "shift+tab") and len(self.fields) > 1:
            self.field = (self.field + (-1 if key in ("up", "shift+tab") else 1)) % len(self.fields)
            self.paint()
        elif not self.fields and self.chosen(key):
            pass
        elif self.scroller.move(action if not self.fields or len(key) > 1 else ""):
            self.paint()
        elif not self.fields and action == "copy":
            self.engage.copy(plain(self.scroller.lines))
            self.message = "Copied."
            self.lay_out()
        elif not self.fields and action == "help":
            self.engage.open_panel(PanelHelp(f"Help: {self.heading}", self.help_text(), tall=False))
        elif not self.fields and action == "find":
            self.leave(None)
            self.engage.find_person()
        elif not self.fields and (action == "quit" or key == "enter"):
            self.leave(None)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.fields:
            self.fields[self.field].edit.insert(event.text)
            self.lay_out()

    def typed(self, event: events.Key) -> bool:
        """Give a key to the field that is typed in."""
        self.message = ""
        return self.fields[self.field].edit.key(event.key, event.character)

    def chosen(self, key: str) -> bool:
        """Leave by a choice."""
        for choice in self.choices:
            if choice.key == key:
                self.leave(cast(Result, choice.result))
                return True
        return False

    def entered(self) -> None:
        """Enter in a field: on to the next, and at the last one done."""
        if self.field + 1 < len(self.fields):
            self.field += 1
            self.paint()
        else:
            self.submit()

    def submit(self) -> None:
        """All is typed."""
        self.leave(None)

    def leave(self, result: Result | None) -> None:
        """Close, once: a key that was typed ahead may come after."""
        if self.is_current:
            self.dismiss(result)


class PanelHelp(Panel[None]):
    """The help of another panel; has none of its own."""

    def help_text(self) -> Sequence[Para]:
        return self.body


class Ask(Panel[tuple[str, ...]]):
    """Asks for a line or more; `check` says "" or what is wrong with them."""

    def __init__(
        self,
        title: str,
        body: Sequence[Para],
        fields: Sequence[Field],
        *,
        check: Callable[[tuple[str, ...]], str] = lambda values: (
            "" if all(values) else "Something is to be typed here."
        ),
    ) -> None:
        super().__init__(title, body, fields=fields)
        self._check = check

    def key_labels(self) -> list[tuple[str, str]]:
        return [("enter", "goes on"), ("esc", "leaves it")]

    def submit(self) -> None:
        values = tuple(field.edit.text.strip() for field in self.fields)
        self.message = self._check(values)
        if self.message:
            self.lay_out()
        else:
            self.leave(values)
