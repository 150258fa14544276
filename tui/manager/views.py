"""What the manager hands to screen and command line: plain values, ready to be shown, nothing to be decided."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tui.domain.causes import Cause
from tui.domain.due import Due
from tui.domain.facts import AccountFacts
from tui.domain.flag_groups import FlagGroup
from tui.domain.overdue import Overdue
from tui.domain.reasons import Explained
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.text import join_and


class Tab(StrEnum):
    """The tabs of the account list; the first four statuses, a filter on active, and all."""

    READY_TO_REVOKE = "ready_to_revoke"
    READY_TO_PROVISION = "ready_to_provision"
    ACTIVE = "active"
    NEVER_LOGGED_IN = "never_logged_in"
    NO_ACCESS = "no_access"
    ALL = "all"


TAB_LABELS = {
    Tab.READY_TO_REVOKE: "Ready to revoke",
    Tab.READY_TO_PROVISION: "Ready to provision",
    Tab.ACTIVE: "Active",
    Tab.NEVER_LOGGED_IN: "Never logged in",
    Tab.NO_ACCESS: "No access",
    Tab.ALL: "All",
}


class Row(NamedTuple):
    """One row of the account list. `last_login`: None unknown, "" never, else ISO text. `held` says "" or the
    note, with the hold's end."""

    person: int
    code: str
    user_type: UserType
    name: str
    contact_type: str
    email: str
    username: str
    status: Status
    reason: str
    reasons: tuple[str, ...]
    students: str
    last_login: str | None
    held: str
    requested: str


@dataclass(frozen=True)
class View:
    """An ordered list of people: person numbers only, eight bytes each; ask `rows` for the ones on screen."""

    persons: "array[int]"
    total: int

    def __len__(self) -> int:
        return len(self.persons)


@dataclass(frozen=True)
class Overview:
    """The register at a glance. `counts` by tab for the user type asked for; what was not counted is not there.
    `due`: None before the first import."""

    school: str
    system: str
    service: str
    is_demo: bool
    read_only: bool
    register: str
    counts: Mapping[Tab, int]
    accounts: int
    last_import: str
    due: Due | None
    warnings: tuple[str, ...]
    groups: tuple[FlagGroup, ...]
    stopped_jobs: tuple["StoppedJob", ...]
    requested: int
    unknown: int  # messages whose fate a person has to find out
    overdue: tuple[Overdue, ...] = ()  # requests on worklists that have waited too long

    @property
    def is_due(self) -> bool:
        """Whether somebody has to do something now: revoke, or see to a worklist that was left lying."""
        return bool(self.overdue) or (self.due is not None and self.due.is_due)


class StoppedJob(NamedTuple):
    """A job that was stopped before its end: `Job 12 stopped at 340 of 900`."""

    job: int
    verb: str
    done: int
    total: int


@dataclass(frozen=True)
class Causes:
    """The accounts ready to revoke by what brought them there, in the order in which to look at them.

    `ready` are all of them, `left` those that are left to work; `headline` says it in a sentence or two.
    """

    headline: str
    ready: int
    left: int
    causes: tuple[Cause, ...]


class Relative(NamedTuple):
    """Another contact of the same children."""

    code: str
    name: str
    relationship: str
    status: str
    shares: str


@dataclass(frozen=True)
class Explanation:
    """Everything the why-pane and `why CODE` say of one account, in sentences."""

    facts: AccountFacts
    headline: str
    reasons: tuple[Explained, ...]
    children: tuple[str, ...]
    relatives: tuple[Relative, ...]
    sees: str
    next_step: str
    say: str
    history: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FoundRecord:
    """One contact record of a person who was found. `why` is without history and family; `alike` says why the record
    stands beside the one that was found ("" for that one): it is not known to be the same person's."""

    person: int
    why: Explanation
    alike: str
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class FoundPerson:
    """The records that are perhaps one person's, the one that was found first; and what to make of them together.

    `others` are the other contacts of the same children, the other parent among them: not this person.
    """

    records: tuple[FoundRecord, ...]
    summary: str
    next_step: str
    say: str
    others: tuple[Relative, ...]


class FoundOther(NamedTuple):
    """A student, with the codes of the contacts, or a member of staff."""

    person: int
    code: str
    user_type: UserType
    name: str
    standing: str
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Who was found. `more`: the user types of which there are more than the `limit` that were looked at."""

    text: str
    persons: tuple[FoundPerson, ...]
    others: tuple[FoundOther, ...]
    more: tuple[UserType, ...]
    limit: int

    @property
    def too_many(self) -> str:
        """What to say of those who are not among these, "" when all are."""
        kinds = {UserType.CONTACT: "contacts", UserType.STUDENT: "students", UserType.STAFF: "members of staff"}
        return (
            f"More than {self.limit} {join_and([kinds[kind] for kind in self.more])}: add a word." if self.more else ""
        )
