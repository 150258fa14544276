"""The hand-over: revoke the old record, welcome the same person's new one, as one unit. What stands where, in words.

Pure. A pair is proposed by correlation and accepted, or rejected, by a person; only what was accepted is welcomed, and
only after the old account is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from tui.text import say_date


class Step(StrEnum):
    """The steps of the walk, in order."""

    CHOOSE = "choose"
    REVIEW = "review"
    REVOKE = "revoke"
    WELCOME = "welcome"
    SUMMARY = "summary"

    @property
    def number(self) -> int:
        return list(Step).index(self) + 1

    def next(self) -> "Step":
        """The step after this one; the last stays."""
        return list(Step)[min(self.number, len(Step) - 1)]

    def before(self) -> "Step":
        """The step before this one; the first stays."""
        return list(Step)[max(self.number - 2, 0)]


class Standing(StrEnum):
    """What is to become of one account of a hand-over."""

    CERTAIN = "certain"  # correlation is sure, nobody has agreed yet
    REVIEW = "review"  # a person has to look
    ACCEPTED = "accepted"  # a new record was accepted
    NOBODY = "nobody"  # no new record: revoked and nothing else
    LATER = "later"  # left for another time
    HELD = "held"  # never to be revoked, until it is released
    OUT = "out"  # not ready to revoke any more, by other ways than this hand-over

    @property
    def is_undecided(self) -> bool:
        return self in (Standing.CERTAIN, Standing.REVIEW)

    @property
    def is_revoked(self) -> bool:
        """Whether the account is among those that the hand-over revokes."""
        return self in (Standing.ACCEPTED, Standing.NOBODY)


class Pair(NamedTuple):
    """A candidate for an old account. `rank` 1 to 3, or 0 for a record that a person looked up; `decision`, `rule`,
    `cause` and `margin` (bits) stand on rank 1. `verdict`: `accepted`, `rejected` or "", by whom and when; `is_stale`:
    the evidence has changed since. `has_account`: the new record has one already; `also`: other old records that were
    accepted as the same person's as this new one."""

    code: str
    name: str
    rank: int
    decision: str
    rule: str
    cause: str
    confidence: float
    margin: float
    evidence: tuple[str, ...]
    eligible: bool
    has_account: bool
    sexes_contradict: bool
    verdict: str = ""
    found: str = ""
    by: str = ""
    at: str = ""
    is_stale: bool = False
    also: tuple[str, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether it was accepted and the ground of that still stands."""
        return self.verdict == "accepted" and not self.is_stale and self.eligible

    @property
    def is_rejected(self) -> bool:
        return self.verdict == "rejected" and not self.is_stale

    @property
    def said_before(self) -> str:
        """Who said what of it and when; "" when nobody did."""
        if not self.verdict:
            return ""
        stale = "; the evidence has changed since" if self.is_stale else ""
        return f"{self.verdict} by {self.by} on {say_date(self.at)}{stale}"


class Acted(NamedTuple):
    """What became of an account in a job: the job's number, the item's state, and the detail."""

    job: int
    state: str
    detail: str

    @property
    def is_done(self) -> bool:
        """Done and read back, or attested."""
        return self.state in ("done", "attested")


def standing_of(pairs: Sequence[Pair], *, is_ready: bool, held: bool, later: bool) -> Standing:
    """Where an account stands that the hand-over has not acted on yet."""
    if not is_ready:
        return Standing.OUT
    if held:
        return Standing.HELD
    if later:
        return Standing.LATER
    if any(pair.is_accepted for pair in pairs):
        return Standing.ACCEPTED
    if any(pair.verdict == "accepted" for pair in pairs):
        return Standing.REVIEW  # the ground has changed: somebody looks again
    first = next((pair for pair in pairs if pair.rank == 1), None)
    if first is None or first.is_rejected or first.decision == "none":
        return Standing.NOBODY
    # What was rejected once is never certain again, whatever the evidence is now.
    certain = first.decision == "match" and not first.verdict and not first.also
    return Standing.CERTAIN if certain else Standing.REVIEW


def families(accounts: Iterable[tuple[str, Iterable[str]]]) -> list[list[str]]:
    """Codes as they are looked at: those who have a child in common together, directly or by a third.

    `accounts` are (code, codes of the children); the order of the families, and within one, is the order given.
    """
    given = [(code, set(children)) for code, children in accounts]
    of_child: dict[str, list[int]] = {}
    for place, (_, children) in enumerate(given):
        for child in children:
            of_child.setdefault(child, []).append(place)
    found: list[list[str]] = []
    seen: set[int] = set()
    for start in range(len(given)):
        if start in seen:
            continue
        family, look = set(), [start]
        while look:
            place = look.pop()
            if place in seen:
                continue
            seen.add(place)
            family.add(place)
            look += [other for child in given[place][1] for other in of_child[child] if other not in seen]
        found.append([given[place][0] for place in sorted(family)])
    return found


def doubled(accepted: Mapping[str, str]) -> dict[str, list[str]]:
    """The new records to which more than one old account leads, with those: said before anything is done."""
    olds: dict[str, list[str]] = {}
    for old, new in accepted.items():
        olds.setdefault(new, []).append(old)
    return {new: sorted(codes) for new, codes in sorted(olds.items()) if len(codes) > 1}


def outcome(
    standing: Standing, new: str, revoked: Acted | None, welcomed: Acted | None, hindrance: str, *, in_use: bool
) -> str:
    """What became of one account, in a sentence. `hindrance`: why it was not acted on, where that is known; `in_use`:
    the new record has an account that is used."""
    why = f": {hindrance.rstrip('.')}" if hindrance else ""
    if revoked is None:
        if standing is Standing.HELD:
            return f"Left as it is, held{why}."
        if standing is Standing.OUT:
            return f"Left as it is: not ready to revoke any more{why}."
        return f"Left for later{why or ': nothing was decided'}."
    if revoked.state == "requested":
        return f"Revoke requested in job {revoked.job}, to be done by hand and attested; then {new or 'nothing more'}."
    if not revoked.is_done:
        return f"Not revoked ({revoked.state}): {revoked.detail}."
    if not new:
        return "Revoked."
    if welcomed is None and in_use:
        return f"Revoked; {new} is in use already, and was not written to."
    if welcomed is None:
        return f"Revoked; {new} is not welcomed yet{why}."
    if welcomed.is_done:
        return f"Revoked, and {new} welcomed: {welcomed.detail}."
    if welcomed.state == "requested":
        return f"Revoked; the welcome email of {new} is requested in job {welcomed.job}, to be sent by hand."
    return f"Revoked, but {new} is not welcomed ({welcomed.state}): {welcomed.detail}."


def tell(
    name: str, new: str, email: str, revoked: Acted | None, welcomed: Acted | None, *, in_use: bool, child_here: bool
) -> str:
    """What to tell the person; "" when there is nothing to tell."""
    if revoked is None or revoked.state not in ("done", "attested"):
        return ""
    if new and welcomed is not None and welcomed.is_done:
        return f"{name}: the old log-in is closed. Look for an email to {email}: its link is valid for one week."
    if new and welcomed is not None and welcomed.state == "requested":
        return f"{name}: the old log-in is closed. The portal's own email for the new one comes to {email}."
    if new and in_use:
        return f"{name}: the old log-in is closed; the newer one, which is in use, goes on as before."
    if new:
        return f"{name}: the old log-in is closed, and the email for the new one has not been sent yet."
    if child_here:
        return f"{name} has a child here and no access any more: tell them before they ring."
    return ""
