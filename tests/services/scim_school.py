"""A school whose accounts live in a scim2-server: families with a child each, their records there under their codes."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.letters import token_in
from tests.school import FIRST, SchoolFiles, families
from tests.servers.scim2 import ScimServer
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation, JobReport
from tui.manager.manager import AccountManager
from tui.settings import AccountSettings, ScimSettings, Settings

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
YES = Confirmation(yes=True)
GOOD = "correct horse battery"
PASSWORD = "the password before"


def settings_for(url: str, **scim: Any) -> Settings:
    """The settings of a school whose accounts live at this address."""
    service = ScimSettings(url=url, system="Kew IdM", timeout_seconds=5, **scim)
    return replace(Settings(), accounts=AccountSettings(service="scim"), scim=service)


@dataclass
class ScimSchool:
    """The school, its register and its server. `ids`: the id of each contact's record there."""

    register: Path
    server: ScimServer
    folder: Path
    files: SchoolFiles
    settings: Settings
    ids: dict[str, str] = field(default_factory=dict)
    opened: list[AccountManager] = field(default_factory=list)

    def manager(self, *, create: bool = False, clock: Callable[[], datetime] = lambda: NOW) -> AccountManager:
        """Open the register."""
        made = AccountManager(self.settings, self.register, create=create, actor=Actor("kim", "local"), clock=clock)
        self.opened.append(made)
        return made

    def close(self) -> None:
        """Close whatever was opened."""
        for manager in self.opened:
            manager.service.close()
            manager.close()

    def revoke(self, manager: AccountManager, *codes: str) -> JobReport:
        """Revoke these, or all that are ready."""
        return manager.run(manager.plan(Verb.REVOKE, codes, all_ready=not codes), YES)

    def welcome(self, manager: AccountManager, code: str) -> tuple[JobReport, str]:
        """Welcome one; the report, and the token of her link ("" when no message was written)."""
        before = set(self.outbox())
        report = manager.run(manager.plan(Verb.WELCOME, [code]), YES)
        new = set(self.outbox()) - before
        if not new:
            return report, ""
        return report, token_in(new.pop(), "welcome")

    def outbox(self) -> list[Path]:
        return list((self.register.parent / "outbox").glob("*.eml"))

    def rows(self, sql: str) -> list[Any]:
        connection = sqlite3.connect(self.register)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def of(self, code: str) -> dict[str, Any]:
        """The record of a contact there, as it stands."""
        return self.server.user(self.ids[code])


def states(report: JobReport) -> dict[str, str]:
    """Code to state."""
    return {outcome.code: outcome.state for outcome in report.outcomes}


def make_school(
    register: Path,
    folder: Path,
    server: ScimServer,
    *,
    size: int = 20,
    leavers: int = 3,
    newcomers: int = 1,
    url: str = "",
    **scim: Any,
) -> ScimSchool:
    """The first `leavers` families have left; the last `newcomers` have no account. Beside them the server has a
    stranger, whose code and username nobody here has."""
    files = families(size)
    files.leave(*(f"S{number:04}" for number in range(1, leavers + 1)))
    for number in range(size - newcomers + 1, size + 1):
        files.contacts[f"P{number:04}"]["username"] = ""
    school = ScimSchool(register, server, folder, files, settings_for(url or server.url, **scim))
    server.put("stranger", "X0001", password=PASSWORD)
    for code, contact in files.contacts.items():
        if contact["username"]:
            name = {"givenName": contact["given_name"], "familyName": contact["surname"]}
            emails = [{"value": contact["email"], "primary": True}]
            school.ids[code] = server.put(contact["username"], code, password=PASSWORD, name=name, emails=emails)
    manager = school.manager(create=True)
    manager.import_roster(open_feed(files.write(folder, FIRST)))
    return school
