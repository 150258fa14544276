"""Status: who should have portal access, who has an account, and what follows. Derived here and nowhere else.

A contact's links are first summed into a *ground*: a set of bits, one for each kind of link that matters. Status and
reasons then depend on the ground and the account alone, so a hundred thousand contacts can be decided in one pass, and
the same functions decide a single one.

The rules are those of the Account Manager: `eligible` is at least one link with portal access to a student at the
school. Unknown access to a student at the school keeps an account that exists, but never gives one.
"""

from collections.abc import Iterable
from enum import StrEnum

from tui.domain.records import StudentStatus


class Status(StrEnum):
    """The four statuses; they partition the contacts."""

    READY_TO_REVOKE = "ready_to_revoke"
    READY_TO_PROVISION = "ready_to_provision"
    ACTIVE = "active"
    NO_ACCESS = "no_access"


# The ground: what a contact's links come to. Plain ints, as IntFlag is ten times slower to combine.
ACCESS_YES = 1  # portal access to a student who counts
ACCESS_UNKNOWN = 2  # a link to a student who counts, whether it has access is not known
ACCESS_NO = 4  # a link to a student who counts, without access
FUTURE = 8  # a link to a future enrolment, where the setting says those don't count
LEFT = 16  # a link, removed or not, to a student who has left
REMOVED_HERE = 32  # a link that was removed although the student counts
REMOVED = 64  # a link that was removed, to a future enrolment

LINKED = ACCESS_YES | ACCESS_UNKNOWN | ACCESS_NO | FUTURE | LEFT
CHILD_HERE = ACCESS_YES | ACCESS_UNKNOWN | ACCESS_NO | REMOVED_HERE


def student_counts(status: str, future_counts: bool) -> bool:
    """Whether a student makes a parent eligible: at the school, or a future enrolment when the setting says so."""
    return status == StudentStatus.ENROLLED or (future_counts and status == StudentStatus.FUTURE)


def link_ground(student_status: str, portal_access: bool | None, removed: bool, future_counts: bool) -> int:
    """The bit that one link adds to the ground."""
    counts = student_counts(student_status, future_counts)
    if removed and student_status != StudentStatus.LEFT:
        return REMOVED_HERE if counts else REMOVED
    if not counts:
        return FUTURE if student_status == StudentStatus.FUTURE else LEFT
    if portal_access is None:
        return ACCESS_UNKNOWN
    return ACCESS_YES if portal_access else ACCESS_NO


def ground_of(links: Iterable[tuple[str, bool | None, bool]], future_counts: bool) -> int:
    """The ground of (student status, portal access, removed) links."""
    ground = 0
    for student_status, portal_access, removed in links:
        ground |= link_ground(student_status, portal_access, removed, future_counts)
    return ground


def is_eligible(ground: int, has_account: bool) -> bool:
    """Whether the contact may have portal access. Unknown access keeps an account but gives none."""
    return bool(ground & (ACCESS_YES | ACCESS_UNKNOWN if has_account else ACCESS_YES))


def status_of(ground: int, has_account: bool) -> Status:
    """The status of a contact."""
    if is_eligible(ground, has_account):
        return Status.ACTIVE if has_account else Status.READY_TO_PROVISION
    return Status.READY_TO_REVOKE if has_account else Status.NO_ACCESS


def simple_status(belongs: bool, has_account: bool) -> Status:
    """The status of a student (belongs: at the school) or a member of staff (belongs: employed)."""
    return status_of(ACCESS_YES if belongs else 0, has_account)
