"""What `holds` prints."""

from collections.abc import Sequence
from typing import Any

from tui.printing.plain import table
from tui.register.standing import Held
from tui.text import plural, say_date, say_time


def holds_text(holds: Sequence[Held]) -> str:
    """The open holds, for a person."""
    if not holds:
        return "Nobody is held."
    cells = [
        (
            hold.code,
            hold.name,
            f"never {hold.kind}",
            say_date(hold.until) if hold.until else "released",
            hold.by,
            say_time(hold.at),
            hold.note + (f" (with {hold.cause})" if hold.cause else ""),
        )
        for hold in holds
    ]
    return f"{table(('Code', 'Name', 'Held', 'Until', 'By', 'Since', 'Note'), cells)}\n\n{plural(len(holds), 'hold')}"


def holds_values(holds: Sequence[Held]) -> list[dict[str, Any]]:
    """`holds --json`."""
    return [hold._asdict() for hold in holds]
