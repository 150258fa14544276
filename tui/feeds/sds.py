"""Microsoft School Data Sync v2.1: a folder with users.csv, roles.csv and relationships.csv.

Columns are those of Microsoft's description of the format (learn.microsoft.com, "SDS V2.1 CSV file format"):
relationships.csv names a student, a contact of theirs, and the role that the contact has for them. What it does not say
is decided here:

* A student has the role `student` in roles.csv; whoever has another role there is staff; a contact is whoever
  relationships.csv puts beside a student. Rows that stand the other way round are turned.
* Roles are those of Microsoft's lists, and anything else is a bad row: a misspelt one would make staff of a child, or a
  parent without access of one who has it. A relationship that the sync rule names is taken whatever it is.
* Links carry no access flag: the sync rule gives portal access by the relationship's role, and where that is blank the
  access is not known. A contact's type is the role that gives access, where several differ.
* users.csv has the username of a Microsoft account, which is not the portal's: nothing is said of accounts.
* Absent means gone: Microsoft wants the whole set each time, and so does this feed.
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
)
from tui.errors import InputRefused
from tui.feeds.folders import find_files, size_of, taken_at
from tui.feeds.tables import Meter, Table, is_blank, open_table
from tui.text import clean, join_and, plural

FILES = ("users.csv", "roles.csv", "relationships.csv")
_REQUIRED = {
    "users.csv": ("sourcedId", "givenName", "familyName"),
    "roles.csv": ("userSourcedId", "role"),
    "relationships.csv": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
}
_OPTIONAL = {
    "users.csv": ("email", "phone", "sms"),
    "roles.csv": ("grade",),
    "relationships.csv": (),
}
# Known, and of no use here.
_UNUSED = {
    "users.csv": ("username", "password", "activeDirectoryMatchId"),
    "roles.csv": ("orgSourcedId", "sessionSourcedId", "isPrimary", "roleStartDate", "roleEndDate"),
    "relationships.csv": (),
}
_STUDENT = "student"
# learn.microsoft.com/schooldatasync/default-list-of-values, “Organization user roles”.
_ROLES = frozenset((
    "principal", "chair", "professor", "researcher", "adjunct", "affiliate", "occupationaltherapist",
    "physicaltherapist", "speechtherapist", "visiontherapist", "paraprofessional", "specialservices", "advisor",
    "proctor", "nurse", "officestaff", "lecturer", "itadmin", "administrator", "teacher", "faculty", "staff",
    "teacherassistant", "assistant", "instructor", "substitute", "coach", "alumni", _STUDENT, "other",
))  # fmt: skip
# There, “Contact relationship roles”. `child` is in what they become (Microsoft Graph's contactRelationship), it and
# `administrator` in the format before (“Parent and Guardian Sync File Format”), which systems still write.
_RELATIONSHIPS = ("parent", "guardian", "relative", "aide", "doctor", "other", "child", "administrator")
_KNOWN = join_and(list(_RELATIONSHIPS))
_PERSON = ("given_name", "surname", "email")
_FILLED = {
    RecordKind.CONTACTS: frozenset((*_PERSON, "mobile", "contact_type")),
    RecordKind.STUDENTS: frozenset((*_PERSON, "year_level", "status")),
    RecordKind.LINKS: frozenset(("portal_access",)),
    RecordKind.STAFF: frozenset((*_PERSON, "employed")),
}
_SPELT = {
    **{kind: {"code": "sourcedId"} for kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.STAFF)},
    RecordKind.LINKS: {"student_code": "userSourcedId", "contact_code": "relationshipUserSourcedId"},
}
# Of a pair's several roles the one that keeps an account goes first.
_RANK = {True: 2, None: 1, False: 0}
_OF_USERS = (RecordKind.CONTACTS.value, RecordKind.STUDENTS.value, RecordKind.STAFF.value)


class SdsFeed:
    """A Roster read from School Data Sync files. Headers are checked at once, rows as they are asked for (once).

    Who has which role, and who is whose contact, is kept in memory while it is read.
    """

    def __init__(self, folder: Path, *, access_roles: Collection[str] = ("parent", "guardian")) -> None:
        found = find_files(folder, FILES) if folder.is_dir() else {}
        missing = [name for name in FILES if name not in found]
        if missing:
            raise InputRefused(
                f"{clean(str(folder))} has no {join_and(missing)}.",
                means="Without it nobody's role or nobody's children are known. Nothing was imported.",
                todo=f"Give the folder of a School Data Sync v2.1 export with {join_and(list(FILES))}.",
            )
        self._access = frozenset(role.strip().lower() for role in access_roles)
        self.problems = Problems()
        self._meter = Meter(3 * size_of([found["users.csv"]]) + size_of([found[name] for name in FILES[1:]]))
        self._tables: dict[str, Table] = {}
        self.ignored_columns: dict[str, tuple[str, ...]] = {}
        for name in FILES:
            spelt = {column.lower(): column for column in (*_REQUIRED[name], *_OPTIONAL[name], *_UNUSED[name])}
            required = tuple(column.lower() for column in _REQUIRED[name])
            table = replace(open_table(found[name]), meter=self._meter).require(required, spelt, spelt)
            self._tables[name] = table
            if ignored := table.ignored(spelt):
                self.ignored_columns[table.file] = ignored
        self._students: dict[str, str] | None = None
        self._staff: set[str] = set()
        self._bad: set[str] = set()
        """Codes of whom rows of roles.csv say something that can't be taken."""
        self._roles_unread = False
        """Whether it can't be read whose role a row of roles.csv is: it may be anybody's."""
        self._unsure: set[str] = set()
        """Codes that may be contacts by rows that can't be taken."""
        self._users_seen: set[str] = set()
        self._links: dict[tuple[str, str], tuple[int, str]] = {}
        self._types: dict[str, str] = {}
        self._users_unread = False
        """Whether rows of users.csv were left out: who is not in it may be in one of these."""
        self._strangers = 0
        users = self._tables["users.csv"].file
        self.description = RosterDescription(
            feed="sds",
            source=str(folder.absolute()),
            paths=tuple(table.path for table in self._tables.values()),
            taken_at=taken_at([table.path for table in self._tables.values()]),
            files={
                RecordKind.CONTACTS: users,
                RecordKind.STUDENTS: users,
                RecordKind.LINKS: self._tables["relationships.csv"].file,
                RecordKind.STAFF: users,
            },
            columns={
                RecordKind.CONTACTS: self._columns("users.csv"),
                RecordKind.STUDENTS: self._columns("users.csv") | self._columns("roles.csv"),
                RecordKind.LINKS: self._columns("relationships.csv"),
                RecordKind.STAFF: self._columns("users.csv"),
            },
            sync_rule="School Data Sync links carry no access flag; the sync rule gives portal access by the "
            f"relationship {join_and(sorted(self._access))}."
            if self._access
            else "School Data Sync links carry no access flag; the sync rule gives portal access to no relationship.",
            fields=_FILLED,
            spelt=_SPELT,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        said = ["School Data Sync does not say who has an account in the portal."]
        if self._strangers:
            said.append(
                f"{plural(self._strangers, 'row')} of relationships.csv {'names' if self._strangers == 1 else 'name'} "
                "nobody in users.csv or no student; no links were made of them, and a parent left without a link looks "
                "like one without a child."
            )
        return tuple(said)

    @property
    def share(self) -> float:
        return self._meter.share

    def contacts(self) -> Iterator[ContactRecord]:
        self._survey()
        # The first of the three goes through everybody, and notes what is wrong with their rows.
        for line, code, row, cell in self._users(self.problems):
            self._users_seen.add(code)
            if code in self._types:
                yield ContactRecord(
                    line,
                    code,
                    given_name=cell(row, "givenname"),
                    surname=cell(row, "familyname"),
                    email=cell(row, "email"),
                    mobile=cell(row, "sms") or cell(row, "phone"),
                    contact_type=_say(self._types[code]),
                )

    def students(self) -> Iterator[StudentRecord]:
        students = self._survey()
        for line, code, row, cell in self._users(Problems()):
            if code in students:
                yield StudentRecord(
                    line,
                    code,
                    given_name=cell(row, "givenname"),
                    surname=cell(row, "familyname"),
                    year_level=students[code],
                    email=cell(row, "email"),
                )

    def staff(self) -> Iterator[StaffRecord]:
        self._survey()
        for line, code, row, cell in self._users(Problems()):
            if code in self._staff:
                yield StaffRecord(
                    line,
                    code,
                    given_name=cell(row, "givenname"),
                    surname=cell(row, "familyname"),
                    email=cell(row, "email"),
                )

    def links(self) -> Iterator[LinkRecord]:
        """Each pair once. Where one pair has several roles, the one that gives access is told."""
        self._survey()
        for (student, contact), (line, role) in self._links.items():
            if student in self._users_seen and contact in self._users_seen:
                yield LinkRecord(line, student, contact, _say(role), portal_access=self._gives_access(role))
            elif self._users_unread:
                self.problems.skip(RecordKind.LINKS.value, (clean(student), clean(contact), _say(role)))
            else:
                self._strangers += 1

    def link_history(self) -> Iterator[LinkHistoryRecord]:
        return iter(())

    def _survey(self) -> dict[str, str]:
        """The students with their year levels; who is staff, and who is whose contact."""
        if self._students is None:
            self._students = {}
            self._read_roles(self._students)
            self._read_relationships(self._students)
            for code in self._unsure.difference(self._types):
                for kind in _OF_USERS:
                    self.problems.skip(kind, (clean(code),))
        return self._students

    def _read_roles(self, students: dict[str, str]) -> None:
        table = self._tables["roles.csv"]
        at_user, at_role, at_grade = map(table.index, ("usersourcedid", "role", "grade"))
        assert at_user is not None  # noqa: S101  just required
        assert at_role is not None  # noqa: S101
        for starts, rows in table.batches(self.problems, _OF_USERS):
            for line, row in zip(starts, rows, strict=True):
                code, role = row[at_user].strip(), row[at_role].strip().lower()
                if is_blank(row):
                    continue
                if not code or not role:
                    column = "role" if code else "userSourcedId"
                    self.problems.add(table.file, line, column, "the cell is blank, so nobody gets a role by this row")
                elif role not in _ROLES:
                    said = "is no role of School Data Sync, such as student, teacher or other"
                    self.problems.add(table.file, line, "role", f"{quoted(row[at_role])} {said}")
                if not code or role not in _ROLES:
                    self._bad.update([code] if code else [])
                    for kind in _OF_USERS:
                        self.problems.skip(kind, (clean(code),) if code else None)
                elif role == _STUDENT:
                    grade = "" if at_grade is None else row[at_grade].strip()
                    students[code] = students.get(code) or grade
                else:
                    self._staff.add(code)
        self._roles_unread = RecordKind.STUDENTS.value in self.problems.keyless

    def _read_relationships(self, students: dict[str, str]) -> None:
        table = self._tables["relationships.csv"]
        names = ("usersourcedid", "relationshipusersourcedid", "relationshiprole")
        at_student, at_contact, at_role = map(table.index, names)
        assert at_student is not None  # noqa: S101  just required
        assert at_contact is not None  # noqa: S101
        assert at_role is not None  # noqa: S101
        of_links = (RecordKind.LINKS.value, RecordKind.CONTACTS.value)
        for starts, rows in table.batches(self.problems, of_links):
            for line, row in zip(starts, rows, strict=True):
                if is_blank(row):
                    continue
                student, contact, role = row[at_student].strip(), row[at_contact].strip(), row[at_role].strip().lower()
                if not student or not contact:
                    column = "userSourcedId" if contact else "relationshipUserSourcedId"
                    self.problems.add(table.file, line, column, "the cell is blank, so the row links nobody")
                    for kind in of_links:
                        self.problems.skip(kind, None)
                    continue
                if student not in students and contact in students:
                    student, contact = contact, student
                is_known = not role or role in _RELATIONSHIPS or role in self._access
                if not is_known:
                    said = f"{quoted(row[at_role])} is no relationship of School Data Sync, which knows {_KNOWN}"
                    self.problems.add(table.file, line, "relationshipRole", said)
                if student not in students and self._may_be_student(student, contact):
                    self._leave_out(student, contact, role)
                elif student not in students or contact in students:
                    self._strangers += 1
                elif not is_known:
                    self._leave_out(student, contact, role)
                else:
                    self._link(line, student, contact, role)

    def _link(self, line: int, student: str, contact: str, role: str) -> None:
        before = self._links.get((student, contact))
        if before is None or _RANK[self._gives_access(role)] > _RANK[self._gives_access(before[1])]:
            self._links[student, contact] = (line, role)
        known = self._types.setdefault(contact, role)
        if not known or (role in self._access and known not in self._access):
            self._types[contact] = role

    def _may_be_student(self, *codes: str) -> bool:
        """Whether one of two who stand beside each other may be a student by a row of roles.csv that was left out."""
        return self._roles_unread or not self._bad.isdisjoint(codes)

    def _leave_out(self, student: str, contact: str, role: str) -> None:
        """A row of relationships.csv can't be taken, or it can't be told between whom it stands."""
        self.problems.skip(RecordKind.LINKS.value, (clean(student), clean(contact), _say(role)))
        self.problems.skip(RecordKind.LINKS.value, (clean(contact), clean(student), _say(role)))
        self._unsure |= {student, contact}

    def _gives_access(self, role: str) -> bool | None:
        return role in self._access if role else None

    def _users(self, problems: Problems) -> Iterator[tuple[int, str, list[str], "_Cell"]]:
        table = self._tables["users.csv"]
        at_code = table.index("sourcedid")
        assert at_code is not None  # noqa: S101  just required
        cell = _Cell(table)
        before = problems.count
        for starts, rows in table.batches(problems, _OF_USERS):
            for line, row in zip(starts, rows, strict=True):
                if code := row[at_code].strip():
                    yield line, code, row, cell
                elif not is_blank(row):
                    problems.add(table.file, line, "sourcedId", "the cell is blank, so the row belongs to nobody")
                    for kind in _OF_USERS:
                        problems.skip(kind, None)
        self._users_unread = problems.count > before

    def _columns(self, name: str) -> frozenset[str]:
        wanted = (*_REQUIRED[name], *_OPTIONAL[name])
        return frozenset(column for column in wanted if column.lower() in self._tables[name].columns)


class _Cell:
    """A row's cell by the name of its column, "" where there is no such column."""

    def __init__(self, table: Table) -> None:
        self._at = {column: at for at, column in enumerate(table.columns)}

    def __call__(self, row: list[str], column: str) -> str:
        at = self._at.get(column)
        return "" if at is None else row[at].strip()


def _say(role: str) -> str:
    return role[:1].upper() + role[1:]
