"""Registers and rosters made by hand for the tests of the register. Everybody here is invented."""

import os
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.domain.actor import Actor
from tui.domain.difference import Difference
from tui.domain.gates import Verb
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.feeds.in_memory import InMemoryRoster
from tui.jobs.plan import Confirmation, JobReport
from tui.manager.manager import AccountManager
from tui.settings import AccountSettings, Settings

START = datetime(2026, 1, 28, 20, 0, tzinfo=UTC)
ACTOR = Actor("operator", "local")
MUST = frozenset({RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS})


def day(number: float) -> datetime:
    """A moment so many days after the first extract."""
    return START + timedelta(days=number)


def contact(number: int | str, **more: Any) -> ContactRecord:
    values: dict[str, Any] = {
        "title": "Ms",
        "given_name": f"Given{number}",
        "surname": f"Family{number}",
        "email": f"c{number}@home.example",
        "contact_type": "Residential",
        "username": f"user{number}",
    } | more
    return ContactRecord(1, f"C{number}", **values)


def student(number: int | str, status: str = "enrolled", **more: Any) -> StudentRecord:
    values: dict[str, Any] = {"given_name": f"Child{number}", "surname": f"Family{number}", "year_level": "7"} | more
    return StudentRecord(1, f"S{number}", status=status, **values)


def link(child: int | str, parent: int | str, access: bool | None = True, **more: Any) -> LinkRecord:
    return LinkRecord(1, f"S{child}", f"C{parent}", **({"relationship": "Mother", "portal_access": access} | more))


def roster(
    taken: float,
    contacts: Iterable[ContactRecord] = (),
    students: Iterable[StudentRecord] = (),
    links: Iterable[LinkRecord] = (),
    history: Iterable[LinkHistoryRecord] = (),
    staff: Iterable[StaffRecord] | None = None,
    *,
    without: Iterable[RecordKind] = (),
    columns: dict[RecordKind, frozenset[str]] | None = None,
    feed: str = "csv",
) -> InMemoryRoster:
    """An extract made `taken` days after the first. The three files are there even when they are empty."""
    present = {kind: f"{kind}.csv" for kind in MUST.difference(without)}
    if staff is not None:
        present[RecordKind.STAFF] = "staff.csv"
    description = RosterDescription(feed, "/exports/latest", day(taken), present, columns or {})
    return InMemoryRoster(
        description, contacts=contacts, students=students, links=links, link_history=history, staff=staff or ()
    )


def families(count: int, taken: float = 0, *, first: int = 1, **more: Any) -> InMemoryRoster:
    """So many families of one parent with an account and one child at the school."""
    numbers = range(first, first + count)
    return roster(
        taken, [contact(n, **more) for n in numbers], [student(n) for n in numbers], [link(n, n) for n in numbers]
    )


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = day(0.5)

    def __call__(self) -> datetime:
        return self.now


class Register:
    """A register with a manager on it and a look at its tables from outside."""

    def __init__(self, path: Path, *, service: str = "embedded", future: bool = False) -> None:
        self.path = path
        self.clock = Clock()
        accounts = AccountSettings(
            service="embedded" if service == "embedded" else "worklist", future_students_count=future
        )
        self.manager = AccountManager(Settings(accounts=accounts), path, create=True, actor=ACTOR, clock=self.clock)

    def take(self, roster_: Any, **options: Any) -> Difference:
        """Import; the clock then stands a little after the extract."""
        self.clock.now = max(self.clock.now, roster_.description.taken_at + timedelta(hours=1))
        return self.manager.import_roster(roster_, **options)

    def read(self, sql: str, *parameters: object) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def dump(self) -> list[str]:
        """Everything in the register, as text; but for what the audit keeps of attempts that were refused."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [
                line
                for line in connection.iterdump()
                if not line.startswith('INSERT INTO "audit_head"')
                and not (line.startswith('INSERT INTO "audit"') and " refused'," in line)
            ]

    def statuses(self) -> dict[str, str]:
        """The status of each contact by code."""
        return dict(self.read("SELECT c.code, d.status FROM contacts AS c JOIN directory AS d ON d.person = c.id * 4"))

    def reasons(self) -> dict[str, str]:
        return dict(
            self.read(
                "SELECT c.code, d.reasons FROM contacts AS c JOIN directory AS d ON d.person = c.id * 4"
                " WHERE d.reasons <> ''"
            )
        )

    def usernames(self) -> dict[str, str]:
        return dict(self.read("SELECT c.code, a.username FROM contacts AS c JOIN accounts AS a ON a.person = c.id * 4"))

    def changes(self, number: int) -> set[tuple[Any, ...]]:
        """The change log of one import: (kind, contact, student, field, old, new)."""
        return set(
            self.read(
                "SELECT kind, contact_code, student_code, field, old, new FROM changes WHERE snapshot_id = ?", number
            )
        )

    def evidence(self, code: str) -> dict[str, list[str]]:
        """The reasons of an account with the sentences of their evidence."""
        found = self.manager.why(code).reasons
        return {str(one.reason): [piece.sentence for piece in one.evidence] for one in found}

    def act(self, verb: Verb, *codes: str, at: float | None = None, reason: str = "") -> JobReport:
        """Plan and run, the guard overridden where it stands in the way."""
        if at is not None:
            self.clock.now = day(at)
        plan = self.manager.plan(verb, codes, all_ready=not codes, reason=reason)
        given = Confirmation(yes=True, override_count=plan.count, override_reason="a test")
        return self.manager.run(plan, given)

    def revoke(self, *codes: str, at: float | None = None, reason: str = "") -> JobReport:
        return self.act(Verb.REVOKE, *codes, at=at, reason=reason)

    def welcome(self, *codes: str, at: float | None = None) -> JobReport:
        return self.act(Verb.WELCOME, *codes, at=at)


def unsafe(text: str) -> bool:
    """Whether a text holds what could move a cursor or turn a line around: controls, bidi, invisible formats."""
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in "\u200c\u200d" for c in text)


def every_text(path: Path) -> Iterable[tuple[str, str]]:
    """Every text in the register with the table it stands in."""
    with closing(sqlite3.connect(path)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    if isinstance(cell, str):
                        yield table, cell


def write_csv(folder: Path, taken: float = 0, **files: str | bytes | Sequence[str] | None) -> Path:
    """A CSV folder, each file given as text, bytes or lines, as an extract made so many days after the first."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / f"{name}.csv"
        if content is None:
            path.unlink(missing_ok=True)
            continue
        if not isinstance(content, str | bytes):
            content = "".join(f"{line}\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    moment = day(taken).timestamp()
    for path in folder.iterdir():
        os.utime(path, (moment, moment))
    return folder
