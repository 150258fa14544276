"""OneRoster's users as a roster: who is a contact, a student or staff, and how agents become links.

Files and the REST interface hand up the same users; what the standard does not say is decided here, once for both:

* A contact is a parent, guardian or relative. Agents are named from either end (students name their contacts, contacts
  their students, or both): links are the union, turned the right way round by role.
* Links carry no access flag: the sync rule gives portal access by the contact's role.
* There is no enrolment status. A student who is in the set is enrolled, unless `enabledUser` is false: systems that
  keep leavers mark them so, and to count them as being at the school would keep their parents' accounts for ever. A
  contact with `enabledUser` false has no account.
* A role's begin and end dates are not read: an end date that passes in the holidays, before the new year's role stands
  in the set, would make leavers of everybody.
* Absent means gone, and so does `tobedeleted`; but in a delta only what is named (tui.register.partial).

The users are gone through once for the roles (that much is kept in memory: an id and a role for each person) and once
more for each kind of record.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tui.domain.problems import Problems, quoted
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    NamedBy,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
    StudentStatus,
)
from tui.feeds.cells import BadCell
from tui.text import join_and, plural

CONTACT_ROLES = ("parent", "guardian", "relative")
# Those of 1.1 and 1.2, and those that systems write all the same.
STAFF_ROLES = (
    "administrator", "aide", "proctor", "teacher", "counselor", "counsellor", "districtadministrator", "employee",
    "principal", "siteadministrator", "staff", "sysadmin", "systemadministrator",
)  # fmt: skip
STUDENT = "student"
OTHER = ""
"""In the table of roles: staff, and rows that are left out. Nothing is linked to them."""
UNTOLD = "?"
"""In the table of roles of a delta: somebody whose role stands in no row of it."""

_PERSON = ("given_name", "surname", "email")
FILLED = {
    RecordKind.CONTACTS: frozenset((*_PERSON, "mobile", "contact_type")),
    RecordKind.STUDENTS: frozenset((*_PERSON, "year_level", "status")),
    RecordKind.LINKS: frozenset(("portal_access",)),
    RecordKind.STAFF: frozenset((*_PERSON, "employed")),
}
SPELT = {
    **{kind: {"code": "sourcedId"} for kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.STAFF)},
    RecordKind.LINKS: dict.fromkeys(("student_code", "contact_code"), "agentSourcedIds"),
}
KINDS = tuple(kind.value for kind in FILLED)
PASSES = 1 + len(FILLED)
"""How often the users are gone through: once for the roles, then once a kind."""


class User(NamedTuple):
    """A user who is there. `roles` are lower-case and known ones, none where a delta does not say; `username` None: not
    said. `agents` are ids, each once."""

    line: int
    code: str
    roles: tuple[str, ...]
    enabled: bool = True
    given_name: str = ""
    surname: str = ""
    email: str = ""
    mobile: str = ""
    grades: str = ""
    username: str | None = None
    agents: tuple[str, ...] = ()


class OneRosterUsers:
    """A Roster over users; how they are read is told by whoever derives from it.

    Derived classes set `description` and give `_users`.
    """

    description: RosterDescription
    names_accounts = True
    """Whether the source says who has an account: then a contact who is not enabled has none."""

    def __init__(self, access_roles: Collection[str]) -> None:
        self._access = frozenset(role.strip().lower() for role in access_roles)
        self._roles: dict[str, str] | None = None
        self._naming: set[bool] = set()
        self.problems = Problems()
        self.dropped_agents = 0
        """How many agents name nobody in the set; known when the links have been read."""

    def _users(self, problems: Problems, left_out: dict[str, str] | None = None) -> Iterator[User]:
        """The users that hold. Codes of the others are noted in `left_out`, so that naming them is not taken for naming
        nobody."""
        raise NotImplementedError

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.dropped_agents:
            return ()
        return (
            f"{plural(self.dropped_agents, 'entry', 'entries')} of agentSourcedIds "
            f"{'names' if self.dropped_agents == 1 else 'name'} nobody in the file; no links were made of them, and a "
            "parent left without a link looks like one without a child.",
        )

    def contacts(self) -> Iterator[ContactRecord]:
        self._survey()
        for user in self._users(Problems()):
            role = self._contact_role(user)
            if role or not user.roles:
                yield ContactRecord(
                    user.line,
                    user.code,
                    given_name=user.given_name,
                    surname=user.surname,
                    email=user.email,
                    mobile=user.mobile,
                    contact_type=role.capitalize(),
                    username=user.username if user.enabled or not self.names_accounts else "",
                )

    def students(self) -> Iterator[StudentRecord]:
        self._survey()
        for user in self._users(Problems()):
            if STUDENT in user.roles or not user.roles:
                yield StudentRecord(
                    user.line,
                    user.code,
                    given_name=user.given_name,
                    surname=user.surname,
                    year_level=user.grades,
                    status=(StudentStatus.ENROLLED if user.enabled else StudentStatus.LEFT).value,
                    email=user.email,
                    username=user.username,
                )

    def staff(self) -> Iterator[StaffRecord]:
        self._survey()
        for user in self._users(Problems()):
            if not user.roles or not set(user.roles).isdisjoint(STAFF_ROLES):
                yield StaffRecord(
                    user.line,
                    user.code,
                    given_name=user.given_name,
                    surname=user.surname,
                    email=user.email,
                    username=user.username,
                    employed=user.enabled,
                )

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return iter(())

    def links(self) -> Iterator[LinkRecord]:
        """The union of both directions, each pair once, and which end names it.

        Only where both ends name each other, and in a delta, are the pairs kept in memory, to know both of them.
        """
        self._survey()
        self.dropped_agents = 0
        if len(self._naming) < 2 and not self.description.partial:
            yield from self._named_links()
            return
        found: dict[tuple[str, str], LinkRecord] = {}
        for link in self._named_links():
            pair = (link.student_code, link.contact_code)
            before = found.get(pair)
            found[pair] = link if before is None else before._replace(named_by=before.named_by | link.named_by)
        yield from found.values()

    def _named_links(self) -> Iterator[LinkRecord]:
        roles = self._survey()
        partial = self.description.partial
        for user in self._users(Problems()):
            own = self._linked_role(user)
            if own == OTHER:
                continue
            for agent in user.agents:
                theirs = roles.get(agent)
                if theirs is None:
                    if not partial:
                        self.dropped_agents += 1
                        continue
                    theirs = UNTOLD
                if own in (STUDENT, UNTOLD) and (theirs == UNTOLD or theirs in CONTACT_ROLES):
                    yield self._link(user.line, user.code, agent, theirs, NamedBy.STUDENT)
                if (own == UNTOLD or own in CONTACT_ROLES) and theirs in (STUDENT, UNTOLD):
                    yield self._link(user.line, agent, user.code, own, NamedBy.CONTACT)

    def _link(self, line: int, student: str, contact: str, role: str, named_by: NamedBy) -> LinkRecord:
        if role == UNTOLD:
            return LinkRecord(line, student, contact, named_by=named_by)  # the register knows the contact's role
        return LinkRecord(
            line, student, contact, role.capitalize(), portal_access=role in self._access, named_by=named_by
        )

    def _survey(self) -> dict[str, str]:
        """Everybody's role; the first pass, which also notes what is wrong."""
        if self._roles is None:
            roles: dict[str, str] = {}
            for user in self._users(self.problems, roles):
                linked = self._linked_role(user)
                # One person may stand there twice, as a teacher and as a parent: the parent has the links.
                if linked and roles.get(user.code, OTHER) == OTHER:
                    roles[user.code] = linked
                roles.setdefault(user.code, linked)
                if linked and user.agents:
                    self._naming.add(linked == STUDENT)
            self._roles = roles
        return self._roles

    def _linked_role(self, user: User) -> str:
        if not user.roles:
            return UNTOLD
        return STUDENT if STUDENT in user.roles else self._contact_role(user)

    def _contact_role(self, user: User) -> str:
        """The role that this person is a contact by; of several one that gives access, else the first."""
        roles = user.roles
        if len(roles) == 1:
            return roles[0] if roles[0] in CONTACT_ROLES else OTHER
        mine = [role for role in roles if role in CONTACT_ROLES]
        return next((role for role in mine if role in self._access), mine[0] if mine else OTHER)

    def _sync_rule(self) -> str:
        given = [role for role in CONTACT_ROLES if role in self._access]
        if not given:
            return "OneRoster links carry no access flag; the sync rule gives portal access to no role."
        return (
            "OneRoster links carry no access flag; the sync rule gives portal access to contacts with the role "
            f"{join_and(given)}."
        )

    def _access_by_type(self) -> Mapping[str, bool]:
        return {role.capitalize(): role in self._access for role in CONTACT_ROLES}


def agents_in(cell: str) -> tuple[str, ...]:
    """The ids in a cell of agentSourcedIds, each once."""
    if not cell or cell.isspace():
        return ()
    return tuple(dict.fromkeys(agent for part in cell.replace(";", ",").split(",") if (agent := part.strip())))


def kind_of(role: str) -> RecordKind:
    """What a role makes somebody."""
    if role == STUDENT:
        return RecordKind.STUDENTS
    return RecordKind.CONTACTS if role in CONTACT_ROLES else RecordKind.STAFF


def parse_role(cell: str) -> str:
    """A role of OneRoster, in lower case."""
    role = cell.strip().lower()
    if role == STUDENT or role in CONTACT_ROLES or role in STAFF_ROLES:
        return role
    raise BadCell(f"{quoted(cell)} is no role of OneRoster, such as student, parent or teacher")


def parse_status(cell: str) -> bool:
    """Whether somebody is there. Bulk files leave the cell blank; some say active all the same."""
    status = cell.strip().lower()
    if status in ("", "active"):
        return True
    if status == "tobedeleted":
        return False
    raise BadCell(f"{quoted(cell)} is not active or tobedeleted, nor blank")
