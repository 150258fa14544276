"""What `audit` prints: events as a table, CSV or JSON, and what walking the chain found."""

import csv
import io
import json
import shutil
from collections.abc import Iterable
from typing import Any

from tui.domain.audit_chain import Verdict, say_verdict
from tui.manager.audit_verbs import COLUMNS, event_cells, event_values, when, who
from tui.printing.plain import as_json, table
from tui.register.audit import AuditEvent
from tui.text import clean, plural


def events_table(events: Iterable[AuditEvent], *, to_terminal: bool) -> str:
    """Events for a person."""
    cells = [
        (
            str(event.id),
            when(event.at),
            *map(clean, (who(event), event.action, event.subject)),
            str(event.job_id or ""),
            clean(event.reason),
        )
        for event in events
    ]
    most = shutil.get_terminal_size((80, 24)).columns if to_terminal else 0
    headings = ("Event", "When", "Who", "Action", "Subject", "Job", "Reason")
    return f"{table(headings, cells, most=most)}\n\n{plural(len(cells), 'event')}"


def events_csv(events: Iterable[AuditEvent]) -> str:
    """Events as CSV with a header, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(event_cells(event) for event in events)
    return out.getvalue()


def events_json(events: Iterable[AuditEvent]) -> str:
    """Events as JSON: `detail` read, with before and after where there are any."""
    return as_json([{**event_values(event), "detail": _read(event.detail)} for event in events])


def _read(detail: str) -> Any:
    try:
        return json.loads(detail)
    except ValueError:
        return detail  # tampered with: `audit verify` says so


def verdict_text(verdict: Verdict) -> str:
    """`audit verify`, for a person."""
    lines = say_verdict(verdict)
    if verdict.head is not None and verdict.broken is None:
        lines.append(f"Head  {verdict.head}")
    return "\n".join(lines)


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """`audit verify --json`."""
    broken = verdict.broken
    return {
        "holds": verdict.holds,
        "events": verdict.events,
        "head": str(verdict.head) if verdict.head else None,
        "broken": {"event": broken.id, "what": broken.what} if broken else None,
        "beside": verdict.beside,
        "not_found": [str(head) for head in verdict.kept],
        "said": say_verdict(verdict),
    }
