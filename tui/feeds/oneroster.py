"""OneRoster 1.1 in bulk: a folder with users.csv, or users.csv by itself, as real systems write it.

One file holds everybody; the role tells contacts, students and staff apart. What the format does not say is decided
here:

* A contact is a parent, guardian or relative. `agentSourcedIds` is filled from either end (students name their
  contacts, contacts their students, or both): links are the union, turned the right way round by role.
* Links carry no access flag: the sync rule gives portal access by the contact's role.
* users.csv has no enrolment status. A student who is in it is enrolled, unless `enabledUser` is false: systems
  that keep leavers in the file mark them so, and to count them as being at the school would keep their parents'
  accounts for ever. A contact with `enabledUser` false has no account.
* Absent means gone; so does a row marked `tobedeleted`.

Passwords, birth dates and organisations are not read. The file is gone through once for the roles (that much is
kept in memory: an id and a role for each person) and once more for each kind of record.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from tui.domain.problems import Problems, quoted
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
    StudentStatus,
)
from tui.errors import InputRefused
from tui.feeds.cells import BadCell, Cells, parse_enabled
from tui.feeds.folders import find_files, size_of, taken_at
from tui.feeds.tables import Meter, Table, is_blank, open_table
from tui.text import clean, join_and, plural

CONTACT_ROLES = ("parent", "guardian", "relative")
# Those of 1.1, and those that systems write all the same (most are 1.2's).
_STAFF_ROLES = (
    "administrator", "aide", "proctor", "teacher", "counselor", "counsellor", "districtadministrator", "employee",
    "principal", "siteadministrator", "staff", "sysadmin", "systemadministrator",
)  # fmt: skip
_STUDENT = "student"
_OTHER = ""
"""In the table of roles: staff, and rows that are left out. Nothing is linked to them."""

_USED_BY_ALL = ("sourcedId", "status", "enabledUser", "role", "givenName", "familyName", "email", "username")
_COLUMNS: dict[RecordKind, frozenset[str]] = {
    RecordKind.CONTACTS: frozenset((*_USED_BY_ALL, "sms", "phone")),
    RecordKind.STUDENTS: frozenset((*_USED_BY_ALL, "grades")),
    RecordKind.LINKS: frozenset(("agentSourcedIds",)),
    RecordKind.STAFF: frozenset(_USED_BY_ALL),
}
_PERSON = ("given_name", "surname", "email")
_FILLED = {
    RecordKind.CONTACTS: frozenset((*_PERSON, "mobile", "contact_type")),
    RecordKind.STUDENTS: frozenset((*_PERSON, "year_level", "status")),
    RecordKind.LINKS: frozenset(("portal_access",)),
    RecordKind.STAFF: frozenset((*_PERSON, "employed")),
}
_UNUSED = ("dateLastModified", "orgSourcedIds", "userIds", "middleName", "identifier", "password")
_SPELT = {name.lower(): name for name in (*frozenset().union(*_COLUMNS.values()), *_UNUSED)}
_REQUIRED = ("sourcedid", "role", "givenname", "familyname", "agentsourcedids")
_KINDS = tuple(kind.value for kind in _COLUMNS)
_PASSES = 1 + len(_COLUMNS)  # once for the roles, then once a kind


class OneRosterFeed:
    """A Roster read from OneRoster 1.1. The header is checked at once, rows as they are asked for (once)."""

    def __init__(self, path: Path, *, access_roles: Collection[str] = ("parent", "guardian")) -> None:
        users, others = _find(path)
        if "manifest.csv" in others:
            _refuse_delta(others["manifest.csv"], users.name)
        self._meter = Meter(_PASSES * size_of([users]))
        self._table = replace(_open_users(users, others), meter=self._meter)
        self._access = frozenset(role.strip().lower() for role in access_roles)
        self._roles: dict[str, str] | None = None
        self._both_ways = False
        self._index = {name: self._table.index(name.lower()) for name in _SPELT.values()}
        self.problems = Problems()
        self.dropped_agents = 0
        """How many entries of agentSourcedIds name nobody in the file; known when the links have been read."""
        ignored = self._table.ignored(_SPELT)
        self.ignored_columns = {self._table.file: ignored} if ignored else {}
        """By file name: the columns that OneRoster 1.1 does not have and that were not read."""
        found = frozenset(_SPELT[column] for column in self._table.columns if column in _SPELT)
        self.description = RosterDescription(
            feed="oneroster",
            source=str(path.absolute()),
            paths=(users,),
            taken_at=taken_at([users]),
            files=dict.fromkeys(_COLUMNS, self._table.file),
            columns={kind: columns & found for kind, columns in _COLUMNS.items()},
            sync_rule=self._sync_rule(),
            fields=_FILLED,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.dropped_agents:
            return ()
        return (
            f"{plural(self.dropped_agents, 'entry', 'entries')} of agentSourcedIds name nobody in the file; no links "
            "were made of them, and a parent left without a link looks like one without a child.",
        )

    @property
    def share(self) -> float:
        return self._meter.share

    def contacts(self) -> Iterator[ContactRecord]:
        self._survey()
        for line, role, enabled, row in self._rows(Problems()):
            if role in CONTACT_ROLES:
                yield ContactRecord(
                    line,
                    row[self._at("sourcedId")].strip(),
                    given_name=self._cell(row, "givenName"),
                    surname=self._cell(row, "familyName"),
                    email=self._cell(row, "email"),
                    mobile=self._cell(row, "sms") or self._cell(row, "phone"),
                    contact_type=role.capitalize(),
                    username=self._username(row) if enabled or self._index["username"] is None else "",
                )

    def students(self) -> Iterator[StudentRecord]:
        self._survey()
        for line, role, enabled, row in self._rows(Problems()):
            if role == _STUDENT:
                status = StudentStatus.ENROLLED if enabled else StudentStatus.LEFT
                yield StudentRecord(
                    line,
                    row[self._at("sourcedId")].strip(),
                    given_name=self._cell(row, "givenName"),
                    surname=self._cell(row, "familyName"),
                    year_level=self._cell(row, "grades"),
                    status=status.value,
                    email=self._cell(row, "email"),
                    username=self._username(row),
                )

    def links(self) -> Iterator[LinkRecord]:
        """The union of both directions, each pair once.

        Only where both ends name each other are the pairs kept in memory, to know those already told.
        """
        roles = self._survey()
        told: set[str] = set()
        self.dropped_agents = 0
        for line, role, _, row in self._rows(Problems()):
            if role != _STUDENT and role not in CONTACT_ROLES:
                continue
            own = row[self._at("sourcedId")].strip()
            for agent in _agents(row[self._at("agentSourcedIds")]):
                agent_role = roles.get(agent)
                if agent_role is None:
                    self.dropped_agents += 1
                elif agent_role != _OTHER and (role == _STUDENT) != (agent_role == _STUDENT):
                    student, contact, by = (own, agent, agent_role) if role == _STUDENT else (agent, own, role)
                    if self._both_ways:
                        pair = f"{student}\n{contact}"
                        if pair in told:
                            continue
                        told.add(pair)
                    yield LinkRecord(line, student, contact, by.capitalize(), portal_access=by in self._access)

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return iter(())

    def staff(self) -> Iterator[StaffRecord]:
        self._survey()
        for line, role, enabled, row in self._rows(Problems()):
            if role in _STAFF_ROLES:
                yield StaffRecord(
                    line,
                    row[self._at("sourcedId")].strip(),
                    given_name=self._cell(row, "givenName"),
                    surname=self._cell(row, "familyName"),
                    email=self._cell(row, "email"),
                    username=self._username(row),
                    employed=enabled,
                )

    def _survey(self) -> dict[str, str]:
        """Everybody's role; the first pass, which also notes what is wrong with the rows."""
        if self._roles is None:
            roles: dict[str, str] = {}
            naming: set[bool] = set()
            for _, role, _, row in self._rows(self.problems, roles):
                code = row[self._at("sourcedId")].strip()
                linked = role if role == _STUDENT or role in CONTACT_ROLES else _OTHER
                # One person may stand there twice, as a teacher and as a parent: the parent has the links.
                if linked and roles.get(code, _OTHER) == _OTHER:
                    roles[code] = linked
                roles.setdefault(code, linked)
                if linked and row[self._at("agentSourcedIds")].strip():
                    naming.add(role == _STUDENT)
            self._both_ways = len(naming) == 2
            self._roles = roles
        return self._roles

    def _rows(
        self, problems: Problems, left_out: dict[str, str] | None = None
    ) -> Iterator[tuple[int, str, bool, list[str]]]:
        """The rows that hold: line, role, whether the user is enabled, cells.

        Codes of other rows are noted in `left_out`, so that naming them is not taken for naming nobody.
        """
        at_code, at_role = self._at("sourcedId"), self._at("role")
        at_status, at_enabled = self._index["status"], self._index["enabledUser"]
        roles, present, enabled = Cells(_parse_role), Cells(_parse_status), Cells(parse_enabled)
        for starts, rows in self._table.batches(problems, _KINDS):
            for line, row in zip(starts, rows, strict=True):
                try:
                    here = at_status is None or present[row[at_status]]
                    if here and row[at_code].strip():
                        yield line, roles[row[at_role]], at_enabled is None or enabled[row[at_enabled]], row
                        continue
                except BadCell:
                    here = True
                if left_out is not None:
                    left_out.setdefault(row[at_code].strip(), _OTHER)
                if here and not is_blank(row):
                    self._note(line, row, problems)

    def _note(self, line: int, row: list[str], problems: Problems) -> None:
        """Note each wrong cell of a row, and the row as left out."""
        kinds: tuple[str, ...] = _KINDS
        for column, parse in (("role", _parse_role), ("status", _parse_status), ("enabledUser", parse_enabled)):
            at = self._index[column]
            try:
                said = parse(row[at]) if at is not None else ""
            except BadCell as error:
                problems.add(self._table.file, line, column, str(error))
            else:
                if column == "role":
                    kinds = (_kind_of(str(said)).value,)
        code = clean(row[self._at("sourcedId")])
        if not code:
            problems.add(self._table.file, line, "sourcedId", "the cell is blank, so the row belongs to nobody")
        for kind in kinds:
            problems.skip(kind, (code,) if code and kind != RecordKind.LINKS.value else None)
        if RecordKind.STAFF.value not in kinds:
            # Which links are left out with the row can't be told: the other end may name them too.
            problems.skip(RecordKind.LINKS.value, None)

    def _at(self, column: str) -> int:
        at = self._index[column]
        assert at is not None, column  # noqa: S101  only asked for required columns
        return at

    def _cell(self, row: list[str], column: str) -> str:
        at = self._index[column]
        return "" if at is None else row[at].strip()

    def _username(self, row: list[str]) -> str | None:
        at = self._index["username"]
        return None if at is None else row[at].strip()

    def _sync_rule(self) -> str:
        given = [role for role in CONTACT_ROLES if role in self._access]
        if not given:
            return "OneRoster links carry no access flag; the sync rule gives portal access to no role."
        return (
            "OneRoster links carry no access flag; the sync rule gives portal access to contacts with the role "
            f"{join_and(given)}."
        )


def _find(path: Path) -> tuple[Path, dict[str, Path]]:
    """users.csv, and the other files of the set that tell how to read it."""
    if not path.is_dir():
        return path, {}
    others = find_files(path, ("users.csv", "manifest.csv", "roles.csv", "relationships.csv"))
    users = others.pop("users.csv", None)
    if users is None:
        raise InputRefused(
            f"The folder {clean(str(path))} has no users.csv.",
            means="In OneRoster 1.1 that file holds contacts, students and staff. Nothing was imported.",
            todo="Give the folder of a OneRoster 1.1 bulk export, or its users.csv.",
        )
    return users, others


def _refuse_delta(manifest: Path, users: str) -> None:
    table = open_table(manifest).require(("propertyname", "value"), (), {"propertyname": "propertyName"})
    name, value = table.index("propertyname"), table.index("value")
    assert name is not None  # noqa: S101  just required
    assert value is not None  # noqa: S101
    for _, rows in table.batches(Problems(), ()):
        for row in rows:
            said = (row[name].strip().lower(), row[value].strip().lower())
            if said in {("file.users", "delta"), ("processingmode", "delta")}:
                raise InputRefused(
                    f"{manifest.name} says that {users} is a delta: only what changed since the last export.",
                    means="Whoever is absent from a delta has not left. Only bulk exports can be imported.",
                    todo="Export the whole set again in bulk mode.",
                )
            if said[0] == "oneroster.version" and said[1].startswith("1.2"):
                raise _version_12(f"{manifest.name} says that this is OneRoster {said[1]}.")


def _open_users(users: Path, others: Collection[str]) -> Table:
    table = open_table(users)
    if "role" not in table.columns and "sourcedid" in table.columns:
        if "relationships.csv" in others:
            raise InputRefused(
                f"{table.file} and relationships.csv look like Microsoft School Data Sync, not OneRoster 1.1.",
                means="That format is not read yet. Nothing was imported.",
                todo="Export OneRoster 1.1, or the CSV folder described in the documentation.",
            )
        if "roles.csv" in others:
            raise _version_12(f"{table.file} has no column role; roles.csv beside it is of OneRoster 1.2.")
    return table.require(_REQUIRED, _SPELT, _SPELT)


def _version_12(what: str) -> InputRefused:
    return InputRefused(
        what,
        means="OneRoster 1.2 is not read yet. Nothing was imported.",
        todo="Export OneRoster 1.1 in bulk mode; most systems offer both.",
    )


def _agents(cell: str) -> Iterator[str]:
    """The ids in a cell of agentSourcedIds, each once."""
    return iter(dict.fromkeys(agent for part in cell.replace(";", ",").split(",") if (agent := part.strip())))


def _kind_of(role: str) -> RecordKind:
    if role == _STUDENT:
        return RecordKind.STUDENTS
    return RecordKind.CONTACTS if role in CONTACT_ROLES else RecordKind.STAFF


def _parse_role(cell: str) -> str:
    role = cell.strip().lower()
    if role == _STUDENT or role in CONTACT_ROLES or role in _STAFF_ROLES:
        return role
    raise BadCell(f"{quoted(cell)} is no role of OneRoster 1.1, such as student, parent or teacher")


def _parse_status(cell: str) -> bool:
    """Whether the person is there. Bulk files leave the cell blank; some say active all the same."""
    status = cell.strip().lower()
    if status in ("", "active"):
        return True
    if status == "tobedeleted":
        return False
    raise BadCell(f"{quoted(cell)} is not active or tobedeleted, nor blank")
