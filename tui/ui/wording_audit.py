"""Events of the audit as cells and as paragraphs, and what walking the chain found. Nothing is decided here."""

import json
from collections.abc import Iterator
from typing import Any

from tui.domain.audit_chain import Verdict, say_verdict
from tui.manager.audit_verbs import when, who
from tui.register.audit import AuditEvent
from tui.ui.drawing import BLANK, Para
from tui.ui.theme import Look
from tui.ui.widgets.entries import columns

SIGNS = 3
_WHEN, _WHO, _ACTION, _SUBJECT, _GAPS = 17, 8, 18, 11, 8
_MOST = 40  # lines of before and after
_WIDE = 30  # cells that are left for the reason from which on the others get more


def cells(event: AuditEvent, room: int) -> str:
    """An event as a line of the list."""
    return _columns(room, when(event.at), who(event), event.action, event.subject, event.reason)


def heading(room: int) -> str:
    """The line above them."""
    return _columns(room, "When", "Who", "Action", "Subject", "Reason")


def _columns(room: int, *texts: str) -> str:
    left = max(room - _WHEN - _WHO - _ACTION - _SUBJECT - _GAPS, 0)
    more = max(left - _WIDE, 0) // 4
    widths = (_WHEN, _WHO + more, _ACTION + more, _SUBJECT + more, max(left - 3 * more, 0))
    return columns(list(zip(texts, widths, strict=True)))


def detail(event: AuditEvent, look: Look) -> list[Para]:
    """All that is kept of an event."""
    said = [Para(f"Event {event.id:,}: {event.action}", look.title), BLANK]
    for name, value in (
        ("When", when(event.at)), ("Who", event.operator), ("From", event.origin), ("Subject", event.subject),
        ("Job", str(event.job_id or "")), ("Reason", event.reason),
    ):  # fmt: skip
        if value:
            said.append(Para(value, None, f"{name:<9}", look.key))
    try:
        kept = json.loads(event.detail)
    except ValueError:
        kept = event.detail
    lines = list(_lines(kept))
    if lines:
        said += [BLANK, Para("Kept with it", look.title)]
        said += [Para(text, None, f"  {name}  ", look.dim) for name, text in lines[:_MOST]]
        if len(lines) > _MOST:
            said.append(
                Para(f"... and {len(lines) - _MOST:,} more; engage-accounts audit --format json", look.dim, "  ")
            )
    return [*said, BLANK, Para(event.hash.hex(), look.dim, "Hash     ", look.key)]


def _lines(kept: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Values by where they stand, as `before.username`."""
    if isinstance(kept, dict) and kept:
        for key, value in kept.items():
            yield from _lines(value, f"{name}.{key}" if name else str(key))
    elif name or kept:
        said = kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False)
        yield name, "nothing" if kept in ("", None, {}, []) else said


def verdict(found: Verdict, look: Look) -> list[Para]:
    """What walking the chain found."""
    first, *others = say_verdict(found)
    said = [Para(first, look.good if found.holds else look.bad), *(Para(line) for line in others)]
    if found.holds and found.head is not None:
        said += [
            BLANK, Para(str(found.head), None, "Head  ", look.key), BLANK,
            Para("Kept where nobody who writes this register can write, this line proves every event up to it: "
                 "engage-accounts audit verify --head, with the line.", look.dim),
        ]  # fmt: skip
    return said


def as_line(event: AuditEvent) -> str:
    """An event as it is copied."""
    values = (str(event.id), when(event.at), who(event), event.action, event.subject, event.reason)
    return "\t".join(values)
