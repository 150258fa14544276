"""Causes: what brought the accounts ready to revoke there, seen over all of them, and said in sentences.

A cause is a reason, a contact type and the import that brought it about. A thousand accounts of one cause are one
change; the few that are left have each their own story and are the ones to work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tui.domain.facts import ImportRef
from tui.domain.flag_groups import MEND, Answer, FlagGroup, say_group, say_off, say_type
from tui.domain.reasons import NEXT_STEPS, REASON_LABELS, Reason, say_import
from tui.text import plural, say_date

# Access that went because the whole record dropped out of the feed is no flag that went off: a kind of its own.
DROPPED_OUT = "dropped_out"
_DATED = (Reason.NO_CURRENT_STUDENT, Reason.ACCESS_FLAG_CHANGED, DROPPED_OUT)
_SAID = {
    Reason.SUPERSEDED: "another record of the same person has the access now",
    Reason.MISPLACED_USERNAME: "the username names somebody else, or stands on a record never linked to a student",
    Reason.UNEXPLAINED: "nothing recorded explains it",
}
_SHORT = {
    Reason.SUPERSEDED: "superseded",
    Reason.MISPLACED_USERNAME: "misplaced",
    Reason.ACCESS_FLAG_CHANGED: "flag off",
    Reason.NO_CURRENT_STUDENT: "left",
    Reason.UNEXPLAINED: "unexplained",
    DROPPED_OUT: "dropped out",
}


class CauseKey(NamedTuple):
    """How a cause is named. `kind` is a reason or DROPPED_OUT; `number` the import, 0: as of the first one, None: of no
    import."""

    kind: str
    contact_type: str
    number: int | None

    def __str__(self) -> str:
        """As it is typed: `no-current-student/Residential@3`."""
        at = "" if self.number is None else f"@{self.number}"
        return f"{self.kind.replace('_', '-')}/{self.contact_type}{at}"

    @classmethod
    def parse(cls, text: str) -> "CauseKey":
        """A key from how it is typed, hyphens or underscores. Raises ValueError."""
        kind, slash, rest = text.partition("/")
        kind = kind.strip().lower().replace("-", "_")
        if not slash or (kind != DROPPED_OUT and kind not in set(Reason)):
            raise ValueError(text)
        if kind not in _DATED:
            return cls(kind, rest, None)
        contact_type, _, number = rest.rpartition("@")
        return cls(kind, contact_type, int(number))


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause with the accounts it has now.

    `held` are held, by themselves or with the cause; `requested` stand on a worklist; `untouched` are neither.
    `exits` are the first and the last exit date of leavers. `group` is the flag group that the cause is.
    `together` are held because the cause was held as a whole, `settled` those of them that are not ready any more.
    """

    key: CauseKey
    import_: ImportRef | None
    size: int
    held: int = 0
    requested: int = 0
    untouched: int = 0
    exits: tuple[str, str] = ("", "")
    group: FlagGroup | None = None
    together: int = 0
    settled: int = 0

    @property
    def label(self) -> str:
        """The reason in words."""
        return "Dropped out" if self.key.kind == DROPPED_OUT else REASON_LABELS[Reason(self.key.kind)]

    @property
    def answer(self) -> Answer:
        """What the operator said of the flag group; undecided when there is none."""
        return self.group.answer if self.group is not None else Answer.UNDECIDED

    @property
    def undecided(self) -> bool:
        """Whether this is a flag group that nobody has answered for."""
        return self.group is not None and self.group.undecided

    @property
    def left(self) -> int:
        """The accounts that are left to work: neither held nor requested, nor waiting for an answer or a flag."""
        return 0 if self.undecided or self.answer is Answer.MISTAKE else self.untouched

    @property
    def short(self) -> str:
        """The cause in a few words, for a status line: `Postal, flag off, 20 Nov 2026`."""
        day = say_date(self.import_.taken_on) if self.import_ and self.import_.taken_on else ""
        return ", ".join(filter(None, (self.key.contact_type or "no type", _SHORT[self.key.kind], day)))


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """In the order in which to look at them: flag groups to be answered first, then the largest."""
    return sorted(causes, key=lambda cause: (not cause.undecided, -cause.size, cause.key.kind, cause.key[1:2]))


def headline(causes: Sequence[Cause]) -> str:
    """All of them in a sentence or two: one change or many leavers, and how many are left to work."""
    ready = sum(cause.size for cause in causes)
    if not ready:
        return "Nobody is ready to revoke."
    left = sum(cause.left for cause in causes)
    groups = [cause.group for cause in causes if cause.group is not None and cause.group.undecided]
    if groups:
        return f"{_changes(groups, ready)}, not {ready:,} leavers. {_say_left(left, 'Nobody else')}"
    mistaken = sum(cause.untouched for cause in causes if cause.answer is Answer.MISTAKE)
    counts = (
        (mistaken, "waiting for a flag to be mended"),
        (sum(cause.held for cause in causes), "held"),
        (sum(cause.requested for cause in causes), "requested"),
    )
    parts = "".join(f", {count:,} {what}" for count, what in counts if count)
    standing = plural(sum(1 for cause in causes if cause.size), "cause")
    return f"{plural(ready, 'account')} ready to revoke, from {standing}{parts}. {_say_left(left, 'Nobody')}"


def _changes(groups: Sequence[FlagGroup], ready: int) -> str:
    size, largest = sum(group.size for group in groups), groups[0]
    of = f"All {ready:,}" if size == ready else f"{size:,} of {ready:,}"
    kind = say_type(largest.contact_type)
    if len(groups) > 1:
        return f"{of} are in {len(groups)} flag groups, the largest {kind}: {len(groups)} changes"
    off = say_off(largest.import_number, largest.taken_on, numbered=False)
    return f"{of} are {kind}; the portal access flag {off}: one change"


def _say_left(count: int, nobody: str) -> str:
    return f"{f'{count:,}' if count else nobody} {'are' if count > 1 else 'is'} left to work."


def say_cause(cause: Cause, ready: int) -> str:
    """One cause in a sentence, with `ready`, the number of accounts ready to revoke, beside it."""
    if not cause.size:
        return f"{plural(cause.together, 'account')} held for this cause, and nobody is in it any more."
    if cause.group is not None:
        return say_group(cause.group, ready)
    verb = "is" if cause.size == 1 else "are"
    who = f"{cause.size:,} of {plural(ready, 'account')} ready to revoke {verb} {say_type(cause.key.contact_type)}"
    return f"{who}; {_what(cause.key.kind, cause.import_, cause.exits)}."


def _what(kind: str, import_: ImportRef | None, exits: tuple[str, str]) -> str:
    if import_ is None:
        return _SAID[Reason(kind)]
    if kind == DROPPED_OUT:
        return f"the records dropped out of the feed in {say_import(import_)}, though a student is still here"
    if kind == Reason.ACCESS_FLAG_CHANGED:
        return f"portal access {say_off(import_.number, import_.taken_on)}; fewer than ten are no group"
    first, last = (say_date(day) for day in exits)
    when = f" (exit date {first})" if first and first == last else f" (exit dates {first} to {last})" if first else ""
    if import_.number:
        return f"the last student has left{when}, first reported in {say_import(import_)}"
    since = f", {say_date(import_.taken_on)}" if import_.taken_on else ""
    return f"the last student had left{when} by the first import{since}"


def say_counts(cause: Cause) -> str:
    """Who of a cause is not left to work: `12 held, 3 requested.`; "" when nobody is."""
    found = [
        f"{count:,} {what}"
        for count, what in (
            (cause.held, "held"),
            (cause.requested, "requested"),
            (cause.settled, "held, but not ready to revoke any more"),
        )
        if count and (cause.size or what != "held")
    ]
    return f"{', '.join(found)}." if found else ""


def say_answer(group: FlagGroup) -> str:
    """What was said of a flag group, by whom and why; "" while nobody has."""
    if group.undecided:
        return ""
    when = f" on {say_date(group.answered_at)}" if group.answered_at else ""
    return f"Answered {group.answer} by {group.answered_by}{when}: {group.answer_reason}"


def next_step(cause: Cause) -> str:
    """What to do about a cause."""
    if not cause.size:
        return "Release them, unless they are still not to be revoked."
    if cause.held == cause.size:
        return "Nothing: all of them are held."
    if cause.undecided:
        return "Was that intended? Answer once for all of them; until then the guard stands in the way."
    if cause.answer is Answer.MISTAKE:
        return MEND
    if cause.answer is Answer.INTENDED:
        return "Revoke them: the school changed who has access."
    if cause.key.kind == DROPPED_OUT:
        return NEXT_STEPS[Reason.ACCESS_FLAG_CHANGED]
    return NEXT_STEPS[Reason(cause.key.kind)]
