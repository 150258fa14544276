"""Holds that have an end: they stand through their day and then end by themselves, with an audit event."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import Result
from tests.school import SchoolFiles
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.manager.manager import AccountManager
from tui.settings import Settings

TakeIn = Callable[..., Result]
NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
Open = Callable[..., AccountManager]


@pytest.fixture
def at_day(imported: SchoolFiles, register: Path) -> Iterator[Open]:
    """Opens the register so many days after NOW; the clock of each can be moved on by `clock[0]`."""
    opened: list[AccountManager] = []

    def at(days: float = 0, **more: Any) -> AccountManager:
        opened.append(
            AccountManager(
                Settings(), register, actor=Actor("tester", "local"), clock=lambda: NOW + timedelta(days=days), **more
            )
        )
        return opened[-1]

    yield at
    for manager in opened:
        manager.close()


def events(register: Path, action: str) -> list[tuple[str, dict[str, Any], str]]:
    with closing(sqlite3.connect(register)) as connection:
        rows = connection.execute("SELECT subject, detail, reason FROM audit WHERE action = ? ORDER BY id", (action,))
        return [(subject, json.loads(detail), reason) for subject, detail, reason in rows]


def left_out(manager: AccountManager, code: str = "P0001") -> list[str]:
    return [left.why for left in manager.plan(Verb.REVOKE, [code]).left_out]


def test_a_hold_stands_through_its_day_and_then_ends_by_itself(at_day: Open, register: Path) -> None:
    at_day().hold("P0001", "ring first", until="30 Nov 2026")
    assert left_out(at_day(2)) == ["held by tester until 30 Nov 2026: ring first"]
    assert events(register, "hold ended") == []
    after = at_day(3)
    assert after.holds() == []
    assert left_out(after) == []
    ((code, detail, reason),) = events(register, "hold ended")
    assert (code, detail["kind"], reason) == ("P0001", "revoke", "its day is over")
    assert detail["before"]["note"] == "ring first"
    assert detail["before"]["until"] == "2026-11-30"
    with closing(sqlite3.connect(register)) as connection:
        assert connection.execute("SELECT released_by FROM holds").fetchall() == [("(its date)",)]
    at_day(4)
    assert len(events(register, "hold ended")) == 1, "it ends once"


def test_a_session_that_stays_open_over_midnight_ends_it_when_it_plans(imported: SchoolFiles, register: Path) -> None:
    now = [NOW]
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"), clock=lambda: now[0])
    manager.hold("P0001", "ring first", until="2026-11-29")
    assert left_out(manager)
    now[0] += timedelta(days=2)
    assert left_out(manager) == []
    manager.close()


def test_only_what_has_a_day_that_is_over_ends(at_day: Open) -> None:
    manager = at_day()
    manager.hold("P0001", "for good")
    manager.hold("P0002", "later", until="2026-12-31")
    manager.hold("P0003", "over", until="2026-11-29")
    manager.hold("P0003", "no mail", kind="mail", until="2026-11-29")
    assert [(hold.code, hold.kind) for hold in manager.holds()] == [
        ("P0003", "mail"), ("P0003", "revoke"), ("P0002", "revoke"), ("P0001", "revoke"),
    ]  # fmt: skip
    assert [hold.code for hold in at_day(2).holds()] == ["P0002", "P0001"]


def test_a_session_that_only_reads_leaves_it_held(at_day: Open, register: Path) -> None:
    at_day().hold("P0001", "ring first", until="2026-11-29")
    assert left_out(at_day(5, read_only=True))
    assert events(register, "hold ended") == []


def test_a_whole_cause_is_held_until_a_day(at_day: Open) -> None:
    manager = at_day()
    cause = next(cause for cause in manager.causes().causes if cause.size > 1)
    assert manager.hold_cause(str(cause.key), "asked the registrar", until="2026-11-29") == cause.size
    assert {hold.until for hold in manager.holds()} == {"2026-11-29"}
    after = at_day(2)
    assert after.holds() == []
    with pytest.raises(Refused, match="not held as a whole"):
        after.release_cause(str(cause.key))


@pytest.mark.parametrize("until", ["2026-11-28", "1 Jan 2020", "soon"])
def test_a_day_that_is_none_or_not_to_come_holds_nobody(at_day: Open, until: str) -> None:
    manager = at_day()
    with pytest.raises(Refused, match=r"in the future|no date"):
        manager.hold("P0001", "ring first", until=until)
    with pytest.raises(Refused, match=r"in the future|no date"):
        manager.hold_cause("no-current-student/Parent@0", "ring first", until=until)
    assert manager.holds() == []


def test_a_new_hold_replaces_the_end_too_and_the_audit_has_both(at_day: Open, register: Path) -> None:
    manager = at_day()
    manager.hold("P0001", "first", until="2026-11-29")
    manager.hold("P0001", "second")
    manager.release("P0001")
    first, second = events(register, "hold revoke")
    assert first[1] == {"before": {}, "after": {"until": "2026-11-29"}}
    assert (second[1]["before"]["note"], second[1]["after"]) == ("first", {"until": ""})
    ((_, released, _),) = events(register, "release revoke")
    assert released["before"]["note"] == "second"


def test_the_list_and_the_why_say_until_when(at_day: Open) -> None:
    manager = at_day()
    manager.hold("P0001", "ring first", until="2026-12-31")
    manager.hold("P0005", "moving house", kind="mail", until="2026-12-31")
    held = {row.code: row.held for row in manager.rows(list(manager.view("all").persons))}  # type: ignore[arg-type]
    assert held["P0001"] == "ring first (until 31 Dec 2026)"
    assert held["P0005"] == "never mail: moving house (until 31 Dec 2026)"
    why = manager.why("P0001")
    assert why.next_step == "Nothing: held by tester until 31 Dec 2026: ring first"
    assert "Never revoke: held by tester on 28 Nov 2026 until 31 Dec 2026: ring first" in why.warnings
    assert "until 31 Dec 2026" in manager.why("P0005").next_step
    (left,) = manager.plan(Verb.WELCOME, ["P0005"]).left_out
    assert left.why == "held, not to be mailed, by tester until 31 Dec 2026: moving house"


def test_a_clock_that_jumps_ahead_ends_none(at_day: Open) -> None:
    at_day().hold("P0001", "ring first", until="2026-11-30")
    at_day(1)
    assert left_out(at_day(400))
    assert at_day(1).holds(), "set right again, it still stands"
    assert at_day(3).holds() == []
