"""How a hold is asked for at the bottom line: why, then until when."""

from collections.abc import Callable
from datetime import date

from tui.domain.holds import parse_until
from tui.ui.editing import LineEdit
from tui.ui.screens.base import BaseScreen, Prompt

_UNTIL = "Until, as 31 Dec 2026 (blank: until released): "


def ask_hold(screen: BaseScreen, who: str, today: date, then: Callable[[str, str], None]) -> None:
    """Ask for the note and the last day; `then` gets both. `who`: `Never revoke P0001`."""

    def noted(note: str) -> None:
        if note:
            ask_until(note, "", _UNTIL)
        else:
            screen.say("A hold needs a note that says why. Nothing was done.")

    def ask_until(note: str, typed: str, label: str) -> None:
        screen.ask(Prompt(label, entered=lambda until: dated(note, until), edit=LineEdit(typed)))

    def dated(note: str, until: str) -> None:
        try:
            parse_until(until, today)
        except ValueError:
            # What was typed stays, to be mended; the note is not lost.
            ask_until(note, until, "Not a day to come, as 31 Dec 2026 (blank: until released): ")
        else:
            then(note, until)

    screen.ask(Prompt(f"{who}. Why: ", entered=noted))
