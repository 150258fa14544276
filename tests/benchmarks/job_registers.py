"""Registers for the benchmarks of jobs: families whose accounts all wait for the same thing, imported once and copied.

What is measured runs in a process of its own on a fresh copy, opened as anybody opens it.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from tests.school import families
from tui.domain.actor import Actor
from tui.manager.manager import AccountManager
from tui.settings import Settings

ACTOR = Actor("bench", "local")


def settings(port: int = 0) -> Settings:
    """Accounts in the register itself; mail to the server at `port` of this host, else to the outbox."""
    usual = Settings()
    chosen = replace(usual, accounts=replace(usual.accounts, service="embedded"))
    if not port:
        return chosen
    return replace(
        chosen,
        mail=replace(chosen.mail, transport="smtp", sender="Example College <office@school.example>", per_minute=0),
        smtp=replace(chosen.smtp, host="127.0.0.1", port=port, security="none"),
    )


def opened(register: Path, port: int = 0, chosen: Settings | None = None) -> AccountManager:
    """The register, as the command line opens it; with settings of one's own, or those of `settings`."""
    return AccountManager(chosen or settings(port), register, actor=ACTOR)


def made(scratch: Path, count: int, *, leave: bool, chosen: Settings | None = None) -> Path:
    """A register of `count` families: all parents ready to revoke with `leave`, else all ready to provision."""
    from tui.feeds import open_feed

    register = scratch / "made.sqlite3"
    school = families(count)
    if leave:
        school.leave(*school.students)
    else:
        for contact in school.contacts.values():
            contact["username"] = ""
    manager = AccountManager(chosen or settings(), register, create=True, actor=ACTOR)
    manager.import_roster(open_feed(school.write(scratch / "school")))
    manager.close()
    shutil.rmtree(scratch / "school")
    return register


def copied(register: Path, name: str) -> Path:
    """A fresh copy beside the register."""
    copy = register.with_name(f"{name}.sqlite3")
    for suffix in ("-wal", "-shm"):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(register, copy)
    return copy
