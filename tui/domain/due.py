"""When revoking is due again, why, and what changed since it was last done.

Due is only what can be settled: by revoking, or, when no import came since, by importing and finding nobody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tui.domain.flag_groups import FlagGroup, say_off, say_type
from tui.text import plural, say_date

# An import is a rollover when so many of the students left or changed year level in it. Below ten of them it is none:
# in a small school two leavers are soon five per cent.
ROLLOVER_PERCENT = 5
ROLLOVER_FROM = 10


class Rollover(NamedTuple):
    """A rollover: the import in which `moved` of `students` left or changed year level; `taken_on` ISO date."""

    number: int
    taken_on: str
    moved: int
    students: int


@dataclass(frozen=True, slots=True)
class Since:
    """What came since the last run; since the first import when there was none.

    `imports` came, the newest of them `newest` (ISO date); `leavers` are the accounts that became ready because a
    student left; `groups` are the flag groups that appeared; `rollover` is the newest.
    """

    imports: int = 0
    newest: str = ""
    leavers: int = 0
    groups: tuple[FlagGroup, ...] = ()
    rollover: Rollover | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Whether revoking is due. `last_run`: a moment as ISO text, "" for never; `days` since then, None for never.
    `waiting` are the accounts that are ready and neither held nor requested; `why` says what makes it due, `since`
    what changed since, a sentence each."""

    is_due: bool
    last_run: str
    days: int | None
    every_days: int
    waiting: int
    why: tuple[str, ...]
    since: tuple[str, ...]
    rollover: Rollover | None = None

    @property
    def short(self) -> str:
        """For a header: `due: 34 days, rollover 3 Feb`."""
        if not self.is_due:
            return f"last run {say_date(self.last_run)}" if self.last_run else "never run"
        parts = []
        if self.days is None:
            parts.append("never run")
        elif self.days >= self.every_days or self.rollover is None:
            parts.append(plural(self.days, "day"))
        if self.rollover is not None:
            parts.append(f"rollover {say_date(self.rollover.taken_on).rpartition(' ')[0]}")
        return f"due: {', '.join(parts)}"

    @property
    def sentence(self) -> str:
        """In a line: `due: last run 3 Jan 2027, 34 days ago; 12 accounts wait`."""
        return f"{'due: ' if self.is_due else ''}{'; '.join((self._last(), *self.why))}"

    def _last(self) -> str:
        if self.days is None:
            return "never run"
        ago = f"{plural(self.days, 'day')} ago" if self.days else "today"
        return f"last run {say_date(self.last_run)}, {ago}"


def is_rollover(moved: int, students: int) -> bool:
    """Whether an import in which `moved` of `students` left or changed year level is a rollover."""
    return moved >= ROLLOVER_FROM and moved * 100 >= ROLLOVER_PERCENT * students


def judge(last_run: str, now: datetime, *, every_days: int, waiting: int, since: Since) -> Due:
    """Whether it is due: somebody waits, and it was never run, or not for `every_days`, or a rollover came since; or
    it was not run for `every_days` and no import came that could say who waits. `last_run`: a moment as ISO text, ""
    for never."""
    days = max((now - datetime.fromisoformat(last_run)).days, 0) if last_run else None
    stale = days is not None and days >= every_days
    no_import = stale and not since.imports
    is_due = no_import or (waiting > 0 and (days is None or stale or since.rollover is not None))
    why = []
    if is_due and since.rollover is not None and waiting:
        why.append(f"a rollover came in the import of {say_date(since.rollover.taken_on)}")
    if waiting:
        why.append(f"{plural(waiting, 'account')} {'waits' if waiting == 1 else 'wait'}")
    if no_import:
        why.append("no import came since")
    return Due(
        is_due=is_due,
        last_run=last_run,
        days=days,
        every_days=every_days,
        waiting=waiting,
        why=tuple(why),
        since=_changes(since, never=days is None),
        rollover=since.rollover if waiting else None,
    )


def _changes(since: Since, *, never: bool) -> tuple[str, ...]:
    found = []
    if since.rollover is not None:
        moved = since.rollover
        found.append(
            f"Rollover in the import of {say_date(moved.taken_on)} (no. {moved.number}): {moved.moved:,} of "
            f"{plural(moved.students, 'student')} left or changed year level."
        )
    for group in since.groups:
        off = say_off(group.import_number, group.taken_on)
        answer = "nobody has answered for it" if group.undecided else f"answered: {group.answer}"
        kind = f"{'of ' if group.contact_type else ''}{say_type(group.contact_type)}"
        found.append(f"The portal access of {plural(group.size, 'account')} {kind} {off}; {answer}.")
    if since.leavers and not never:
        found.append(
            f"{plural(since.leavers, 'account')} {'is' if since.leavers == 1 else 'are'} ready because a student left "
            "since then."
        )
    if since.imports and not never:
        count = plural(since.imports, "import")
        found.append(f"{count} since then, the newest of an extract of {say_date(since.newest)}.")
    return tuple(found)
