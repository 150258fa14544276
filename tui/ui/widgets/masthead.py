"""The two lines at the top: whose accounts, which system is acted on, what mode; and the tabs with their counts."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from tui.domain.overdue import say_overdue
from tui.domain.records import UserType
from tui.manager.views import TAB_LABELS, Overview, Tab
from tui.text import plural
from tui.ui.drawing import Line, Span, line_width, spread
from tui.ui.theme import Look

TYPE_LABELS: Mapping[UserType | None, str] = {
    UserType.CONTACT: "Contacts", UserType.STUDENT: "Students", UserType.STAFF: "Staff", None: "All users",
}  # fmt: skip
_SHORT = {
    Tab.READY_TO_REVOKE: "Revoke",
    Tab.READY_TO_PROVISION: "Provision",
    Tab.ACTIVE: "Active",
    Tab.NEVER_LOGGED_IN: "Never in",
    Tab.NO_ACCESS: "No access",
    Tab.ALL: "All",
}
_LABELS = (TAB_LABELS, _SHORT, {**_SHORT, Tab.NEVER_LOGGED_IN: "Never", Tab.NO_ACCESS: "None"})


def header(overview: Overview, user_type: UserType | None, width: int, look: Look, keys: Callable[[str], str]) -> Line:
    """`Example School · acts on SEQTA Engage by worklist [READ-ONLY] ... due: 34 days`; `keys`: an action's key."""
    how = " by worklist" if overview.service == "worklist" else ""
    left: list[Span] = []
    if overview.school:
        left += [(overview.school, look.title), (" · ", look.dim)]
    left.append((f"acts on {overview.system}{how}", None))
    if user_type is not UserType.CONTACT:
        left += [(" · ", look.dim), (TYPE_LABELS[user_type], look.title)]
    for on, badge in ((overview.is_demo, " DEMO "), (overview.read_only, " READ-ONLY ")):
        if on:
            left += [(" ", None), (badge, look.badge)]
    is_due = overview.due is not None and overview.due.is_due
    due: Line = ((overview.due.short, look.warn if is_due else look.dim),) if overview.due else ()
    # What makes it due gives way before the groups do: `status` says it all.
    only: Line = (("due", look.warn),) if is_due else ()
    undecided = sum(group.undecided for group in overview.groups)
    groups: Line = ((f"{plural(undecided, 'group')} to answer: {keys('causes')}", look.warn),) if undecided else ()
    # What somebody has to look at, the most pressing first; where not all fit, the last give way.
    notices = [
        *(
            [((f"{plural(overview.unknown, 'message')} unknown: {keys('invitations')}", look.warn),)]
            if overview.unknown
            else []
        ),
        *(
            [((f"{plural(len(overview.stopped_jobs), 'job')} stopped: {keys('jobs')}", look.warn),)]
            if overview.stopped_jobs
            else []
        ),
        *([groups] if groups else []),
        *([((f"{late}: {keys('jobs')}", look.warn),)] if (late := say_overdue(overview.overdue)) else []),
    ]
    room = width - line_width(tuple(left)) - 2
    shown = [
        _joined((*([first] if first else []), *notices[:count]), look)
        for count in range(len(notices), 0, -1)
        for first in (due, only, ())
    ]
    right: Line = next((line for line in (*shown, due, only) if line and line_width(line) <= room), ())
    return spread(tuple(left), right, width)


def _joined(parts: Sequence[Line], look: Look) -> Line:
    """Parts of the right side with a dot between them."""
    found: list[Span] = []
    for part in parts:
        found += [(" · ", look.dim)] if found else []
        found += part
    return tuple(found)


def tab_line(counts: Mapping[Tab, int], current: Tab | None, width: int, look: Look) -> Line:
    """The tabs with their counts, in words as long as fit."""
    # Digits and separators alone decide, so that a change of tab finds what fits as it was left.
    fits = _that_fit(tuple(f"{counts[tab]:,}" if tab in counts else "…" for tab in Tab), width)
    if fits is not None:
        labels, gap = fits
        return _tabs(counts, _LABELS[labels], current, gap, look)
    only = {tab: label if tab is current else "" for tab, label in TAB_LABELS.items()}
    return _tabs(counts, only, current, 2, look)


@lru_cache(8)
def _that_fit(counts: tuple[str, ...], width: int) -> tuple[int, int] | None:
    """The longest of _LABELS and the widest gap that fit."""
    for number, labels in enumerate(_LABELS):
        words = sum(
            len(f"{place} {labels[tab]} {count}") for place, (tab, count) in enumerate(zip(Tab, counts, strict=True), 1)
        )
        for gap in (3, 2, 1):
            if words + gap * (len(Tab) - 1) <= width:
                return number, gap
    return None


def _tabs(counts: Mapping[Tab, int], labels: Mapping[Tab, str], current: Tab | None, gap: int, look: Look) -> Line:
    found: list[Span] = []
    for number, tab in enumerate(Tab, start=1):
        label = f"{labels[tab]} " if labels[tab] else ""
        count = f"{counts[tab]:,}" if tab in counts else "…"  # not counted yet
        found += [(" " * gap, None)] if found else []
        if tab is current:
            found.append((f"{number} {label}{count}", look.tab_on))
        else:
            found += [(f"{number} ", look.key), (label, None), (count, look.dim)]
    return tuple(span for span in found if span[0])
