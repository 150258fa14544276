"""OneRoster 1.1 and 1.2 as files: a folder with users.csv, or users.csv by itself, as real systems write it.

In 1.1 users.csv has the role; in 1.2 roles.csv has it, and userProfiles.csv may have the portal's usernames.
manifest.csv says whether the set is everybody (bulk) or only what changed (delta). Passwords, birth dates and
organisations are not read. What users mean is told by tui.feeds.oneroster.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tui.domain.problems import USERNAMES, Problems
from tui.domain.records import NamedCode, RecordKind, RosterDescription
from tui.errors import InputRefused
from tui.feeds.cells import BadCell, Cells, parse_enabled
from tui.feeds.folders import find_files, size_of, taken_at
from tui.feeds.oneroster import (
    FILLED,
    KINDS,
    OTHER,
    PASSES,
    SPELT,
    OneRosterUsers,
    User,
    agents_in,
    kind_of,
    parse_role,
    parse_status,
)
from tui.feeds.tables import Meter, Table, is_blank, open_table
from tui.text import clean, plural

_USED_BY_ALL = ("sourcedId", "status", "enabledUser", "role", "givenName", "familyName", "email", "username")
_COLUMNS: dict[RecordKind, frozenset[str]] = {
    RecordKind.CONTACTS: frozenset((*_USED_BY_ALL, "sms", "phone")),
    RecordKind.STUDENTS: frozenset((*_USED_BY_ALL, "grades")),
    RecordKind.LINKS: frozenset(("agentSourcedIds",)),
    RecordKind.STAFF: frozenset(_USED_BY_ALL),
}
_UNUSED = (
    "dateLastModified", "orgSourcedIds", "userIds", "middleName", "identifier", "password", "userMasterIdentifier",
    "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId",
    "pronouns",
)  # fmt: skip
_SPELT = {name.lower(): name for name in (*frozenset().union(*_COLUMNS.values()), *_UNUSED)}
_REQUIRED = ("sourcedid", "role", "givenname", "familyname", "agentsourcedids")
_FILES = ("users.csv", "manifest.csv", "roles.csv", "userprofiles.csv")
_ROLES = {"usersourcedid": "userSourcedId", "role": "role"}
_PROFILES = {"usersourcedid": "userSourcedId", "username": "username"}
_NAMING_A_PROFILE = ("profiletype", "vendorid", "applicationid")


@dataclass(frozen=True)
class _Manifest:
    """What manifest.csv says of the files that are read: `bulk`, `delta`, `absent`, or "" where it does not say."""

    users: str = ""
    roles: str = ""
    profiles: str = ""


class OneRosterFeed(OneRosterUsers):
    """A Roster read from OneRoster files. Headers are checked at once, rows as they are asked for (once)."""

    def __init__(
        self, path: Path, *, access_roles: Collection[str] = ("parent", "guardian"), portal_profile: str = ""
    ) -> None:
        super().__init__(access_roles)
        files = _find(path)
        manifest = _read_manifest(files["manifest.csv"]) if "manifest.csv" in files else _Manifest()
        self._partial = manifest.users == "delta"
        users = open_table(files["users.csv"])
        has_role = "role" in users.columns or "roles.csv" not in files
        required = _REQUIRED if has_role else tuple(name for name in _REQUIRED if name != "role")
        users.require((*required, "status") if self._partial else required, _SPELT, _SPELT)
        self._roles_table = None if has_role else open_table(files["roles.csv"]).require(tuple(_ROLES), (), _ROLES)
        self._profile = portal_profile.strip().lower()
        self._profiles_table = _open_profiles(files, path) if self._profile else None
        if not self._partial:
            _refuse_mixed(manifest, with_roles=not has_role, with_profiles=bool(self._profile))

        beside = [table.path for table in (self._roles_table, self._profiles_table) if table is not None]
        read = (users.path, *beside)
        self._meter = Meter(PASSES * size_of([users.path]) + size_of(beside))
        self._table = replace(users, meter=self._meter)
        self._index = {name: users.index(name.lower()) for name in _SPELT.values()}
        self._roles_of: dict[str, tuple[str, ...]] | None = None
        self._usernames: dict[str, str] = {}
        self._untold: set[str] = set()
        self._bad: set[str] = set()
        self._named: list[NamedCode] = []
        self._without_role = 0
        self.names_accounts = self._profiles_table is not None or self._index["username"] is not None
        ignored = users.ignored(_SPELT)
        self.ignored_columns = {self._table.file: ignored} if ignored else {}
        """By file name: the columns that OneRoster does not have and that were not read."""
        found = frozenset(_SPELT[column] for column in users.columns if column in _SPELT) | {"role"}
        if self._profiles_table is not None:
            found |= {"username"}
        self.description = RosterDescription(
            feed="oneroster",
            source=str(path.absolute()),
            paths=(*read, *([files["manifest.csv"]] if "manifest.csv" in files else [])),
            taken_at=taken_at(read),
            files=dict.fromkeys(_COLUMNS, self._table.file),
            columns={kind: columns & found for kind, columns in _COLUMNS.items()},
            sync_rule=self._sync_rule(),
            fields=FILLED,
            partial=self._partial,
            access_by_type=self._access_by_type(),
            spelt=SPELT,
        )

    @property
    def share(self) -> float:
        return self._meter.share

    @property
    def notes(self) -> tuple[str, ...]:
        if not self._without_role:
            return super().notes
        return (
            *super().notes,
            f"{plural(self._without_role, 'user')} of {self._table.file} without a role in roles.csv: passed over.",
        )

    def named_codes(self) -> Iterator[NamedCode]:
        """In a delta: who is to be deleted, and whose row says no role."""
        self._survey()
        return iter(self._named)

    def _survey(self) -> dict[str, str]:
        if self._roles_of is None:
            self._roles_of = {}
            if self._roles_table is not None:
                self._read_roles(replace(self._roles_table, meter=self._meter), self._roles_of)
            if self._profiles_table is not None:
                self._read_profiles(replace(self._profiles_table, meter=self._meter))
        return super()._survey()

    def _read_roles(self, table: Table, roles_of: dict[str, tuple[str, ...]]) -> None:
        """Everybody's roles, the primary one first."""
        at_user, at_role, at_type, at_status = map(table.index, ("usersourcedid", "role", "roletype", "status"))
        assert at_user is not None  # noqa: S101  just required
        assert at_role is not None  # noqa: S101
        roles, present = Cells(parse_role), Cells(parse_status)
        for starts, rows in table.batches(self.problems, KINDS):
            for line, row in zip(starts, rows, strict=True):
                code, role = row[at_user].strip(), ""
                try:
                    if is_blank(row) or (at_status is not None and not present[row[at_status]]):
                        continue
                    role = roles[row[at_role]]
                except BadCell as error:
                    at_fault = "role" if at_status is None or _holds(present, row[at_status]) else "status"
                    self.problems.add(table.file, line, at_fault, str(error))
                if not code:
                    self.problems.add(table.file, line, "userSourcedId", "is blank, so the role is nobody's")
                    for kind in KINDS:
                        self.problems.skip(kind, None)
                    continue
                if not role:
                    self._bad.add(code)
                    continue
                before = roles_of.get(code, ())
                if role not in before:
                    primary = at_type is not None and row[at_type].strip().lower() == "primary"
                    roles_of[code] = (role, *before) if primary else (*before, role)

    def _read_profiles(self, table: Table) -> None:
        """The usernames of the profile that is the portal's. What a row that can't be taken would have said is not
        known: no account is not what it said."""
        at_user, at_name, at_status = map(table.index, ("usersourcedid", "username", "status"))
        assert at_user is not None  # noqa: S101  just required
        assert at_name is not None  # noqa: S101
        naming = [at for at in map(table.index, _NAMING_A_PROFILE) if at is not None]
        present = Cells(parse_status)
        for starts, rows in table.batches(self.problems, (USERNAMES,)):
            for line, row in zip(starts, rows, strict=True):
                code, username = row[at_user].strip(), row[at_name].strip()
                if self._profile not in (row[at].strip().lower() for at in naming):
                    continue
                here = False
                try:
                    here = at_status is None or present[row[at_status]]
                except BadCell as error:
                    self._note_profile(table.file, line, "status", str(error), code)
                if not code:
                    self._note_profile(table.file, line, "userSourcedId", "is blank, so the username is nobody's", code)
                    continue
                known = self._usernames.setdefault(code, username if here else "")
                if here and known and known != username:
                    self._note_profile(
                        table.file, line, "username", "is a second one of the same user in the portal", code
                    )
                elif here:
                    self._usernames[code] = username

    def _note_profile(self, file: str, line: int, column: str, message: str, code: str) -> None:
        self.problems.add(file, line, column, message)
        self.problems.skip(USERNAMES, (clean(code),) if code else None)
        self._untold.add(code)

    def _users(self, problems: Problems, left_out: dict[str, str] | None = None) -> Iterator[User]:
        at_code, at_role = self._at("sourcedId"), self._index["role"]
        at_status, at_enabled, at_agents = (
            self._index["status"],
            self._index["enabledUser"],
            self._at("agentSourcedIds"),
        )
        columns = [self._index[name] for name in ("givenName", "familyName", "email", "sms", "phone", "grades")]
        roles_of, bad = self._roles_of or {}, self._bad
        roles, present, enabled = Cells(_as_roles), Cells(parse_status), Cells(parse_enabled)
        first, by_role = left_out is not None, self._roles_table is None
        for starts, rows in self._table.batches(problems, KINDS):
            for line, row in zip(starts, rows, strict=True):
                code = row[at_code].strip()
                try:
                    here = at_status is None or present[row[at_status]]
                    if here and code and code not in bad:
                        mine = roles[row[at_role]] if by_role and at_role is not None else roles_of.get(code, ())
                        is_enabled = at_enabled is None or enabled[row[at_enabled]]
                        if mine or self._partial:
                            if first and not mine:
                                self._named.append(NamedCode(code))
                            given, family, email, sms, phone, grades = [
                                "" if at is None else row[at].strip() for at in columns
                            ]
                            yield User(
                                line, code, mine, is_enabled, given, family, email, sms or phone, grades,
                                self._username(row, code), agents_in(row[at_agents]),
                            )  # fmt: skip
                            continue
                        if first:
                            self._without_role += 1
                except BadCell:
                    here = True
                if left_out is not None:
                    left_out.setdefault(code, OTHER)
                    if self._partial and not here and code:
                        self._named.append(NamedCode(code, self._kind_of_gone(row), is_gone=True))
                if here and not is_blank(row):
                    self._note(line, row, problems)

    def _kind_of_gone(self, row: list[str]) -> str:
        """As what somebody is to be deleted: as what the row says, else as whatever they are."""
        at = self._index["role"]
        try:
            return "" if at is None or self._roles_table is not None else kind_of(parse_role(row[at])).value
        except BadCell:
            return ""

    def _note(self, line: int, row: list[str], problems: Problems) -> None:
        """Note each wrong cell of a row, and the row as left out."""
        code = clean(row[self._at("sourcedId")])
        kinds: tuple[str, ...] = KINDS
        wrong = not code or code in self._bad
        checks = [("role", parse_role)] if self._roles_table is None else []
        for column, parse in (*checks, ("status", parse_status), ("enabledUser", parse_enabled)):
            at = self._index[column]
            try:
                said = parse(row[at]) if at is not None else ""
            except BadCell as error:
                problems.add(self._table.file, line, column, str(error))
                wrong = True
            else:
                if column == "role":
                    kinds = (kind_of(str(said)).value,)
        if not wrong:
            return  # nothing is wrong with the row; it has no role anywhere
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

    def _username(self, row: list[str], code: str) -> str | None:
        if self._profiles_table is not None:
            if code in self._untold:
                return None
            # A delta that has no row of the profile says nothing of it; nor is none there where it may be a bad one.
            unread = self._partial or USERNAMES in self.problems.keyless
            return self._usernames.get(code, None if unread else "")
        at = self._index["username"]
        return None if at is None else row[at].strip()


def _as_roles(cell: str) -> tuple[str, ...]:
    return (parse_role(cell),)


def _holds(cells: "Cells[bool]", cell: str) -> bool:
    try:
        return cells[cell] is not None
    except BadCell:
        return False


def _find(path: Path) -> dict[str, Path]:
    """users.csv and the other files of the set, by name."""
    if path.is_dir():
        found = find_files(path, _FILES)
        if "users.csv" not in found:
            raise InputRefused(
                f"The folder {clean(str(path))} has no users.csv.",
                means="In OneRoster that file holds contacts, students and staff. Nothing was imported.",
                todo="Give the folder of a OneRoster export, or its users.csv.",
            )
        return found
    # By itself or not: what stands beside it under a name of the set says how it is to be read.
    beside = find_files(path.parent, _FILES[1:]) if path.name.lower() == "users.csv" else {}
    return {**beside, "users.csv": path}


def _read_manifest(path: Path) -> _Manifest:
    table = open_table(path).require(("propertyname", "value"), (), {"propertyname": "propertyName"})
    name, value = table.index("propertyname"), table.index("value")
    assert name is not None  # noqa: S101  just required
    assert value is not None  # noqa: S101
    said = {
        row[name].strip().lower(): row[value].strip().lower()
        for _, rows in table.batches(Problems(), ())
        for row in rows
    }
    users = "delta" if said.get("processingmode") == "delta" else said.get("file.users", "")
    return _Manifest(users, said.get("file.roles", ""), said.get("file.userprofiles", ""))


def _open_profiles(files: dict[str, Path], path: Path) -> Table:
    if "userprofiles.csv" not in files:
        raise InputRefused(
            f"There is no userProfiles.csv in {clean(str(path))}.",
            means="The config takes the portal's usernames from it (feeds.oneroster.portal_profile). Nothing was "
            "imported.",
            todo="Add it to the export, or take portal_profile out of the config.",
        )
    table = open_table(files["userprofiles.csv"]).require(tuple(_PROFILES), (), _PROFILES)
    if not set(_NAMING_A_PROFILE).intersection(table.columns):
        raise InputRefused(
            f"{table.file} has none of the columns profileType, vendorId and applicationId.",
            means="There is no telling which username is the portal's. Nothing was imported.",
            todo="Correct the names in the first line, or add one of them to the export.",
        )
    return table


def _refuse_mixed(manifest: _Manifest, *, with_roles: bool, with_profiles: bool) -> None:
    for name, mode, is_read in (
        ("roles.csv", manifest.roles, with_roles),
        ("userProfiles.csv", manifest.profiles, with_profiles),
    ):
        if is_read and mode == "delta":
            raise InputRefused(
                f"manifest.csv says that {name} is a delta beside a whole users.csv.",
                means="Whoever is absent from it would have no role or no account. Nothing was imported.",
                todo="Export both in the same mode.",
            )
