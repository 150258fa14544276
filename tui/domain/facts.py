"""The facts about one account that decisions and sentences rest on. Gathered by the register, judged elsewhere.

Dates are ISO text; "" stands for none. Nothing here decides anything.
"""

from dataclasses import dataclass, field

from tui.domain.holders import Holder
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.text import say_date


@dataclass(frozen=True, slots=True)
class ImportRef:
    """Which import a fact comes from: its number and the day the extract was made (ISO date)."""

    number: int
    taken_on: str


@dataclass(frozen=True, slots=True)
class StudentFact:
    """A student as seen from a contact. `gone` is the import in which the student was first absent."""

    code: str
    name: str
    year_level: str
    status: str
    exit_date: str = ""
    gone: ImportRef | None = None
    custody_note: str = ""


@dataclass(frozen=True, slots=True)
class LinkFact:
    """One link of a contact. `access_off` is the import in which its portal access last went from yes to no (None:
    it was so from the first import); `removed` the import in which it was first absent, `removed_on` the day the
    admin system says it was removed."""

    student: StudentFact
    relationship: str
    portal_access: bool | None
    access_off: ImportRef | None = None
    removed: ImportRef | None = None
    removed_on: str = ""

    @property
    def is_removed(self) -> bool:
        return self.removed is not None or bool(self.removed_on)


@dataclass(frozen=True, slots=True)
class NamedOther:
    """Somebody else whom this account's username or email names; `how` says it in words."""

    code: str
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class Correlated:
    """An eligible record that may be the same person's. `decision`: `accepted` by an operator (`by`, `at`), else what
    correlation says, `match` or `review`. `cause` names what became of the record."""

    code: str
    name: str
    decision: str
    eligible: bool
    evidence: tuple[str, ...]
    cause: str = ""
    by: str = ""
    at: str = ""
    has_account: bool = False


@dataclass(frozen=True, slots=True)
class OldRecord:
    """An old record that may be this person's, as seen from the new one; `decision` as in Correlated.

    `has_account`: it was not revoked yet, and read back (or attested); `doubted`: the match was up for review, was a
    person's own choice, or its evidence has changed since it was accepted.
    """

    code: str
    name: str
    decision: str
    has_account: bool
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class GroupFact:
    """The flag group an account belongs to. `answer` is "", `mistake` or `intended`; `import_` None: the first one."""

    contact_type: str
    import_: ImportRef | None
    size: int
    answer: str = ""
    answer_reason: str = ""


@dataclass(frozen=True, slots=True)
class HoldFact:
    """An account that must not be revoked (`kind` revoke) or mailed (`kind` mail), through the day `until` (ISO date)
    or, when that is "", until it is released."""

    kind: str
    note: str
    by: str
    at: str
    until: str = ""

    @property
    def until_said(self) -> str:
        """` until 31 Dec 2026`, "" for until released."""
        return f" until {say_date(self.until)}" if self.until else ""

    @property
    def said(self) -> str:
        """Who holds it, until when and why, for after "held"."""
        return f"by {self.by}{self.until_said}: {self.note}"


@dataclass(frozen=True, slots=True)
class InvitationFact:
    """A message with a one-time link that was, or is to be, sent to this person. `purpose` is welcome or reset, `state`
    one of the invitation's states, `job` the job that sends it; times are ISO text, "" for not (yet)."""

    id: int
    purpose: str
    state: str
    job: int | None
    sent_at: str
    expires_at: str

    @property
    def is_open(self) -> bool:
        """Whether its link works, or will once it is sent."""
        return self.state in ("queued", "sending", "sent", "unknown")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Everything about one account that the why-pane, the gates and the reasons need."""

    code: str
    user_type: UserType
    name: str
    given_name: str
    contact_type: str
    email: str
    mobile: str
    username: str
    has_password: bool
    last_login: str | None
    status: Status
    gone: ImportRef | None = None
    links: tuple[LinkFact, ...] = ()
    named_others: tuple[NamedOther, ...] = ()
    correlated: tuple[Correlated, ...] = ()
    old_records: tuple[OldRecord, ...] = ()
    group: GroupFact | None = None
    holds: tuple[HoldFact, ...] = ()
    email_shared_with: tuple[str, ...] = ()
    username_shared_with: tuple[str, ...] = ()
    requested_job: int | None = None
    requested_verb: str = ""
    came_back: str = ""
    not_done: str = ""
    incomplete: ImportRef | None = None
    employed: bool = True
    own_status: str = ""
    invitations: tuple[InvitationFact, ...] = ()  # the newest first
    first_import: ImportRef | None = field(default=None)
    surname: str = ""

    @property
    def has_account(self) -> bool:
        """Whether the record carries a username or a password."""
        return bool(self.username) or self.has_password

    @property
    def holder(self) -> Holder:
        """Whose it is, to be compared with a record elsewhere."""
        return Holder(self.given_name, self.surname, (self.email,))

    def hold(self, kind: str) -> HoldFact | None:
        """The hold of this kind, if there is one."""
        return next((hold for hold in self.holds if hold.kind == kind), None)
