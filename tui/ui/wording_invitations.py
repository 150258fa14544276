"""What the screen of invitations says: tabs by state, a line for each, and the detail of the one under the cursor."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tui.manager.saying import told
from tui.register.invitations import InvitationRow
from tui.text import fold, say_time
from tui.ui.drawing import BLANK, Line, Para, Span, crop, line_width
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry, columns

_TOLD = 28  # the cells of `link until 26 Nov 2026 03:32`
MOST = 2000  # so many are listed; who looks for an older one filters


class StateTab(NamedTuple):
    """A tab: its name, in short, and the states in it (none: all)."""

    label: str
    short: str
    states: tuple[str, ...]


# First what somebody has to look at.
TABS = (
    StateTab("All", "All", ()),
    StateTab("Unknown", "Unkn.", ("unknown",)),
    StateTab("Failed", "Failed", ("failed",)),
    StateTab("Queued", "Queue", ("queued", "sending")),
    StateTab("Sent", "Sent", ("sent",)),
    StateTab("Accepted", "Acc.", ("accepted",)),
    StateTab("Expired", "Exp.", ("expired",)),
    StateTab("Superseded", "Sup.", ("superseded",)),
)
_MEANS: Mapping[str, str] = {
    "queued": "It is still to be sent.",
    "sending": "It is being sent just now, or was when a session broke off; going on with its job finds out.",
    "sent": "It was handed over, and its link is open.",
    "accepted": "The parent has used the link.",
    "expired": "Its link ran out before it was used.",
    "superseded": "Its link is void: a newer one was sent, or what it rested on is gone.",
    "failed": "It did not arrive, and its link is void.",
    "unknown": "It may have been sent: the line broke at the wrong moment. It is never sent again by itself.",
}


def tab_line(counts: Mapping[str, int], current: int, width: int, look: Look) -> Line:
    """The tabs with their counts, in words as long as fit."""
    sizes = [sum(counts.get(state, 0) for state in tab.states or counts) for tab in TABS]
    for gap, short in ((3, False), (2, False), (1, False), (2, True), (1, True)):
        line = _tabs([tab.short if short else tab.label for tab in TABS], sizes, current, gap, look)
        if line_width(line) <= width:
            return line
    return _tabs([tab.label if number == current else "" for number, tab in enumerate(TABS)], sizes, current, 2, look)


def _tabs(labels: Sequence[str], sizes: Sequence[int], current: int, gap: int, look: Look) -> Line:
    found: list[Span] = []
    for number, (label, size) in enumerate(zip(labels, sizes, strict=True)):
        found += [(" " * gap, None)] if found else []
        is_wrong = size and TABS[number].label in ("Unknown", "Failed")
        if number == current:
            found.append((f"{label} {size:,}", look.tab_on))
        else:
            found += [(f"{label} " if label else "", look.warn if is_wrong else None), (f"{size:,}", look.dim)]
    return tuple(span for span in found if span[0])


def shown(rows: Sequence[InvitationRow], tab: StateTab, text: str) -> list[InvitationRow]:
    """The rows of a tab in which all words of `text` occur; of those sent, the ones that run out first on top."""
    words = fold(text).split()
    found = [row for row in rows if not tab.states or row.state in tab.states]
    if words:
        found = [row for row in found if all(word in _text(row) for word in words)]
    if tab.states == ("sent",):
        found.sort(key=lambda row: row.expires_at)
    return found


def _text(row: InvitationRow) -> str:
    return fold(f"{row.code} {row.name} {row.email} {row.purpose} {row.state} {row.why}")


def entries(rows: Sequence[InvitationRow], soon: frozenset[int], width: int, look: Look) -> list[Entry]:
    """A line for each; `soon` are the numbers of those whose link runs out within two days."""
    listed = rows[:MOST]
    code = max((len(row.code) for row in listed), default=0)
    name = max(12, min(24, width - SIGNS - code - 25 - _TOLD))
    return [_entry(row, row.id in soon, code, name, width - SIGNS, look) for row in listed]


def _entry(row: InvitationRow, is_soon: bool, code: int, name: int, width: int, look: Look) -> Entry:
    before = columns([(row.code, code), (row.name, name), (row.purpose, 7)]) + "  "
    state = f"{row.state:<10}  "
    left = width - len(before) - len(state)
    is_wrong = row.state in ("unknown", "failed")
    return Entry(
        str(row.id),
        (
            (
                (before, None),
                (state, look.warn if is_wrong else None),
                (crop(told(row), max(left, 0)), look.warn if is_soon else look.dim),
            ),
        ),
    )


def detail(row: InvitationRow, is_soon: bool, can: Sequence[tuple[str, str]], look: Look) -> list[Para]:
    """All that is known of one; `can` are the keys that do something for it now, with what they do."""
    said = [
        Para(f"{row.name or row.code}: {row.purpose}, {row.state}", look.title),
        Para(_MEANS.get(row.state, ""), look.warn if row.state in ("unknown", "failed") else None),
    ]
    if row.why:
        said.append(Para(f"{row.why[:1].upper()}{row.why[1:]}."))
    if is_soon:
        said.append(Para(f"Its link runs out soon: {_time(row.expires_at)}.", look.warn))
    if row.state == "queued" and not row.retry_at:
        said.append(Para(f"Its job has stopped; going on with job {row.job} sends it."))
    if row.state == "unknown":
        said.append(Para("Look in the mail server's log, or ask the parent; then say what you found."))
    facts: Sequence[tuple[str, str]] = [
        ("Code", row.code),
        ("To", row.email),
        ("Job", str(row.job or "")),
        ("By", row.transport),
        ("Made", _time(row.created_at)),
        ("Sent", _time(row.sent_at)),
        ("Link", f"until {_time(row.expires_at)}" if row.state in ("sent", "unknown") and row.expires_at else ""),
        ("Put off", f"{row.tries:,} times" if row.tries > 1 else "once" if row.tries else ""),
        ("Again", f"from {_time(row.retry_at)}" if row.retry_at else ""),
        ("Ended", _time(row.ended_at)),
    ]
    # What can be done comes first: at 80x24 the rest is a scroll away, and enter shows it all.
    said += [Para(label, None, f"{key:<7}", look.key) for key, label in can]
    said += [BLANK, *(Para(text, None, f"{label:<9}", look.dim) for label, text in facts if text)]
    return said


def _time(moment: str) -> str:
    return say_time(moment) if moment else ""
