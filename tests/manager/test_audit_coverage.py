"""What goes into the audit beside acts: settings, what was refused, and before and after of what was decided."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.register.making import ACTOR, Register, contact, day, families, link, roster, student
from tui.domain.flag_groups import Answer
from tui.errors import EngageError, ImportStopped, InputRefused, NotFound, Refused
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.manager.settings_record import plain_settings
from tui.register import audit_chain
from tui.settings import AccountSettings, GuardSettings, PortalSettings, Settings, UiSettings

USUAL = Settings(accounts=AccountSettings(service="embedded"))


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    made = Register(tmp_path / "register.sqlite3")
    yield made
    assert audit_chain.verify(made.manager._database).holds
    made.manager.close()


def events(register: Register, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Subject, reason and detail of the events of one action."""
    rows = register.read("SELECT subject, reason, detail FROM audit WHERE action = ? ORDER BY id", action)
    return [(subject, reason, json.loads(detail)) for subject, reason, detail in rows]


def reopen(register: Register, settings: Settings, *, read_only: bool = False) -> None:
    AccountManager(settings, register.path, read_only=read_only, actor=ACTOR, clock=register.clock).close()


def test_the_settings_are_recorded_once_and_then_what_changed(register: Register) -> None:
    ((_, _, first),) = events(register, "settings")
    assert first["before"] == {}
    assert first["after"]["guard.max_count"] == 1000
    assert first["after"] == plain_settings(USUAL)
    reopen(register, USUAL)
    assert len(events(register, "settings")) == 1
    changed = replace(USUAL, guard=GuardSettings(max_count=5000), portal=PortalSettings(url="https://p.example"))
    reopen(register, changed, read_only=True)
    assert len(events(register, "settings")) == 1, "a session that only looks changes nothing"
    reopen(register, changed)
    reopen(register, changed)
    assert [detail for _, _, detail in events(register, "settings")[1:]] == [
        {
            "before": {"guard.max_count": 1000, "portal.url": ""},
            "after": {"guard.max_count": 5000, "portal.url": "https://p.example"},
        }
    ]
    reopen(register, USUAL)
    assert events(register, "settings")[-1][2]["after"]["guard.max_count"] == 1000


def test_how_it_looks_is_no_setting_of_the_register(register: Register) -> None:
    reopen(register, replace(USUAL, ui=UiSettings(theme="dark", keys={"revoke": "D"})))
    assert len(events(register, "settings")) == 1
    assert not any(key.startswith("ui.") for key in plain_settings(USUAL))


def test_a_key_that_a_newer_version_brings_is_no_change(register: Register) -> None:
    with register.manager._database.transaction() as connection:
        (kept,) = connection.execute("SELECT value FROM meta WHERE key LIKE 'settings:%'").fetchone()
        values = json.loads(kept)
        del values["guard.max_percent"]
        values["guard.gone"] = 7
        connection.execute("UPDATE meta SET value = ? WHERE key LIKE 'settings:%'", (json.dumps(values),))
    reopen(register, USUAL)
    assert [detail for _, _, detail in events(register, "settings")[1:]] == [
        {"before": {"guard.gone": 7}, "after": {"guard.gone": None}}
    ]


def test_no_secret_is_in_it() -> None:
    from tui.manager import settings_record

    assert settings_record._plain("password_command", ("pass", "show", "hunter2")) == "(set)"
    assert settings_record._plain("password_file", None) == "(not set)"


ATTEMPTS: list[tuple[Callable[[AccountManager], object], str, str]] = [
    (lambda manager: manager.hold("C1", "  "), "hold refused", "C1"),
    (lambda manager: manager.hold("Kate Smith", ""), "hold refused", ""),
    (lambda manager: manager.release("C1"), "release refused", "C1"),
    (lambda manager: manager.hold_cause("no-current-student/Residential@2", ""), "hold refused",
     "no-current-student/Residential@2"),
    (lambda manager: manager.hold_cause("Kate Smith", ""), "hold refused", ""),
    (lambda manager: manager.release_cause("no-current-student/Residential@2"), "release refused",
     "no-current-student/Residential@2"),
    (lambda manager: manager.answer_group("Postal@2", Answer.MISTAKE, " "), "answer refused", "Postal@2"),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "action", "subject"), ATTEMPTS)
def test_what_was_refused_is_in_it(
    register: Register, attempt: Callable[[AccountManager], object], action: str, subject: str
) -> None:
    postal = range(1, 13)
    people = [contact(n, contact_type="Postal" if n in postal else "Residential") for n in range(1, 31)]
    numbers = range(1, 31)
    register.take(roster(0, people, [student(n) for n in numbers], [link(n, n) for n in numbers]))
    left = {13, 14}
    students = [student(n, "left" if n in left else "enrolled") for n in numbers]
    register.take(roster(1, people, students, [link(n, n, n not in postal) for n in numbers]))
    with pytest.raises(Refused) as caught:
        attempt(register.manager)
    ((about, reason, _),) = events(register, action)
    assert about == subject
    assert reason == caught.value.what.partition("\n")[0].rstrip(":")
    assert "Kate" not in str(register.read("SELECT * FROM audit"))


def test_a_slip_of_the_keyboard_is_no_attempt(register: Register) -> None:
    register.take(families(2))
    before = register.read("SELECT count(*) FROM audit")
    with pytest.raises(NotFound):
        register.manager.hold("Kate Smith", "why")
    assert register.read("SELECT count(*) FROM audit") == before


def test_an_import_that_was_refused_is_in_it_in_counts(register: Register, tmp_path: Path) -> None:
    register.take(families(30))
    with pytest.raises(ImportStopped):
        register.take(families(3, 1))
    ((_, reason, detail),) = events(register, "import refused")
    assert reason == "This feed has lost more than is plausible"
    assert detail == {"feed": "csv"}
    with pytest.raises(ImportStopped):
        register.manager.import_roster(families(3, 1), dry_run=False)
    with pytest.raises(EngageError):
        register.manager.import_roster(families(3, 1), dry_run=True)
    assert len(events(register, "import refused")) == 2, "to look is no attempt"

    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "contacts.csv").write_text("code,given_name,surname,email\n,Kate,Smith,kate@home.example\n", "utf-8")
    (folder / "students.csv").write_text("code,given_name,surname,status\nS1,Noah,Smith,perhaps\n", "utf-8")
    (folder / "links.csv").write_text("student_code,contact_code\n", "utf-8")
    with pytest.raises(InputRefused):
        register.manager.import_roster(open_feed(folder))
    ((_, reason, _),) = events(register, "import refused")[2:]
    assert "can't be taken" in reason
    whole = str(register.read("SELECT * FROM audit"))
    assert "Kate" not in whole
    assert "Noah" not in whole


def test_nothing_is_written_by_a_session_that_only_looks(register: Register) -> None:
    register.take(families(2))
    before = register.read("SELECT count(*) FROM audit")
    manager = AccountManager(USUAL, register.path, read_only=True, actor=ACTOR, clock=register.clock)
    with pytest.raises(EngageError):
        manager.release("C1")
    manager.close()
    assert register.read("SELECT count(*) FROM audit") == before


def test_holds_and_releases_say_before_and_after(register: Register) -> None:
    register.take(families(2))
    register.clock.now = day(2)
    register.manager.hold("C1", "first")
    register.manager.hold("C1", "second")
    register.manager.release("C1")
    found = [*events(register, "hold revoke"), *events(register, "release revoke")]
    assert all({"before", "after"} <= detail.keys() for _, _, detail in found)
