"""Reading the audit: the newest events first, narrowed down, a window of numbers at a time.

Nothing here goes through more events than it has to: a page is found by the number below which it begins, and what is
filtered for is looked for in windows of numbers, so that the first hits are there at once and the rest can be stopped.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tui.register.audit import AuditEvent, as_event
from tui.register.database import Database
from tui.text import fold

_WINDOW = 20_000
_TEXT = "fold(action || ' ' || subject || ' ' || operator || ' ' || reason || ' job ' || coalesce(job_id, ''))"


class AuditFilter(NamedTuple):
    """Which events: "" and None are all. `action`: a part of its words; `since` and `until`: moments, the first
    included and the second not; `words`: all must occur in action, subject, operator, reason or job."""

    subject: str = ""
    operator: str = ""
    action: str = ""
    job: int | None = None
    since: str = ""
    until: str = ""
    words: tuple[str, ...] = ()


ALL_EVENTS = AuditFilter()


def newest(database: Database) -> int:
    """The number of the newest event, 0 when there is none."""
    return int(database.one("SELECT coalesce(max(id), 0) FROM audit")[0])


def numbers(database: Database, wanted: AuditFilter) -> Iterator["array[int]"]:
    """The numbers of the events wanted, newest first, a window at a time, from all events that there are now."""
    where, parameters = _where(wanted)
    end = newest(database) + 1
    least = int(database.one("SELECT coalesce(min(id), 0) FROM audit")[0])
    while end > least:
        begin = max(end - _WINDOW, least)
        rows = database.read(
            f"SELECT id FROM audit WHERE id >= ? AND id < ?{where} ORDER BY id DESC", (begin, end, *parameters)
        )
        yield array("q", (row[0] for row in rows))
        end = begin


def events(database: Database, wanted: AuditFilter, *, limit: int = 0) -> Iterator[AuditEvent]:
    """The events wanted, newest first; `limit` 0: all of them, a thousand in memory at a time."""
    where, parameters = _where(wanted)
    # The subject has an index, and a window of numbers would only stand in its way.
    before, left = newest(database) + 1, limit
    while True:
        most = min(left, 1000) if limit else 1000
        rows = database.read(
            f"SELECT * FROM audit WHERE id < ?{where} ORDER BY id DESC LIMIT ?", (before, *parameters, most)
        )
        yield from (as_event(row) for row in rows)
        left -= len(rows)
        if len(rows) < most or (limit and not left):
            return
        before = rows[-1][0]


def oldest_first(database: Database, wanted: AuditFilter) -> Iterator[AuditEvent]:
    """The events wanted in the order of the chain, a thousand in memory at a time."""
    where, parameters = _where(wanted)
    after, last = -1, newest(database)
    while rows := database.read(
        f"SELECT * FROM audit WHERE id > ? AND id <= ?{where} ORDER BY id LIMIT 1000", (after, last, *parameters)
    ):
        yield from (as_event(row) for row in rows)
        after = rows[-1][0]


def of_numbers(database: Database, wanted: Sequence[int]) -> list[AuditEvent]:
    """The events with these numbers (a window's, not more than a few hundred), in the order given where they are."""
    marks = ", ".join("?" * len(wanted))
    found = {row[0]: as_event(row) for row in database.read(f"SELECT * FROM audit WHERE id IN ({marks})", [*wanted])}
    return [found[number] for number in wanted if number in found]


def _where(wanted: AuditFilter) -> tuple[str, list[Any]]:
    conditions: list[tuple[str, Any]] = []
    if wanted.subject:
        conditions.append(("subject <> '' AND subject = ?", wanted.subject))
    if wanted.operator:
        conditions.append(("operator = ?", wanted.operator))
    if wanted.action:
        conditions.append(("instr(fold(action), ?)", fold(wanted.action)))
    if wanted.job is not None:
        conditions.append(("job_id = ?", wanted.job))
    if wanted.since:
        conditions.append(("at >= ?", wanted.since))
    if wanted.until:
        conditions.append(("at < ?", wanted.until))
    conditions += [(f"instr({_TEXT}, ?)", fold(word)) for word in wanted.words]
    return "".join(f" AND {condition}" for condition, _ in conditions), [value for _, value in conditions]
