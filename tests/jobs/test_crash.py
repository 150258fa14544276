"""Killed at any moment: a real process under SIGKILL, signals that let an item finish, a line that drops.

The rounds are few by default; ENGAGE_ACCOUNTS_CRASH_ROUNDS says how many kills each job is to survive, and
ENGAGE_ACCOUNTS_CRASH_SEED where they fall.
"""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.letters import text_of
from tests.running import Run, run_program, stop_when
from tests.school import families
from tests.terminal import AtTerminal
from tui.errors import ExitCode
from tui.register import audit
from tui.register.database import Database

ROUNDS = int(os.environ.get("ENGAGE_ACCOUNTS_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("ENGAGE_ACCOUNTS_CRASH_SEED", "2026"))
READY = 300
TO_WELCOME = 150


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with 300 accounts that are ready to revoke and 150 that are ready to provision."""
    from tui.feeds import open_feed
    from tui.manager.manager import AccountManager
    from tui.settings import Settings

    folder = tmp_path_factory.mktemp("made")
    school = families(READY + TO_WELCOME)
    school.leave(*(f"S{number:04}" for number in range(1, READY + 1)))
    for number in range(READY + 1, READY + TO_WELCOME + 1):
        school.contacts[f"P{number:04}"]["username"] = ""
    manager = AccountManager(Settings(), folder / "register.sqlite3", create=True)
    manager.import_roster(open_feed(school.write(folder / "extract")))
    manager.close()
    return folder


@pytest.fixture(autouse=True)
def ready(made: Path, register: Path, configure: Callable[[str], Path]) -> None:
    configure('[accounts]\nservice = "embedded"\n[guard]\nmax_percent = 100\n')
    register.parent.mkdir(parents=True)
    for path in made.glob("register.sqlite3*"):
        shutil.copy(path, register.parent)


class Journal:
    """What stands in the register, read by another process than the one under test."""

    def __init__(self, register: Path) -> None:
        self._connection = sqlite3.connect(register, isolation_level=None)

    def rows(self, sql: str) -> list[Any]:
        return self._connection.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def done(self) -> int:
        return int(self.one("SELECT count(*) FROM items WHERE state = 'done'"))

    def reached(self, count: int) -> Callable[[], bool]:
        return lambda: self.done() >= count

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def journal(register: Path) -> Iterator[Journal]:
    opened = Journal(register)
    yield opened
    opened.close()


def chain_holds(register: Path) -> bool:
    database = Database(register, read_only=True)
    try:
        return audit.first_broken(database) is None
    finally:
        database.close()


def kill_often(first: list[str], journal: Journal, total: int, verb: str, delay: float) -> None:
    """Run a job and go on with it, killed in each round a little after one more part of it is done; then to its end."""
    dice = random.Random(f"{SEED} {verb}")
    line = first
    for at in sorted(dice.sample(range(1, total - 1), ROUNDS)):

        def moment(at: int = at) -> bool:
            if journal.done() < at:
                return False
            time.sleep(dice.random() * delay)
            return True

        before = journal.done()
        code = stop_when(line, moment)
        assert code in (-signal.SIGKILL, 0), code
        done = journal.done()
        assert done >= max(before, at)
        line = ["resume", "1"]
        if done == total:
            break
        shown = run_program("status")
        assert f"Job 1 ({verb}) stopped at {done} of {total}: engage-accounts resume 1" in shown.out
        assert run_program("jobs", "1", "--json").json()["counts"]["pending"] == total - done
    if journal.one("SELECT state FROM jobs") != "done":
        result = run_program("resume", "1")
        assert result.code == 0, result
    assert run_program("resume", "1").code == ExitCode.REFUSED
    assert "stopped" not in run_program("status").out


def test_each_account_is_revoked_once(journal: Journal, register: Path) -> None:
    kill_often(["revoke", "--all-ready", "--yes"], journal, READY, "revoke", 0.004)
    codes = {f"P{number:04}" for number in range(1, READY + 1)}
    told = Counter(subject for (subject,) in journal.rows("SELECT subject FROM audit WHERE action = 'revoke'"))
    assert told == dict.fromkeys(codes, 1)
    copies = Counter(person for (person,) in journal.rows("SELECT person FROM revoked_copies"))
    assert set(copies.values()) == {1}
    assert len(copies) == READY
    assert journal.rows("SELECT DISTINCT state FROM items") == [("done",)]
    assert journal.one("SELECT count(*) FROM accounts WHERE username <> '' AND person % 4 = 0") == 0
    assert journal.one("SELECT count(*) FROM directory WHERE status = 'ready_to_revoke'") == 0
    assert chain_holds(register)


def test_each_parent_is_mailed_once(journal: Journal, register: Path) -> None:
    kill_often(["welcome", "--all-ready", "--yes"], journal, TO_WELCOME, "welcome", 0.004)
    messages = [
        message_from_bytes(path.read_bytes(), policy=default) for path in (register.parent / "outbox").glob("*.eml")
    ]
    addresses = Counter(message["To"].addresses[0].addr_spec for message in messages)
    assert addresses == {f"p{number:04}@families.example": 1 for number in range(READY + 1, READY + TO_WELCOME + 1)}
    tokens = {
        sha256(word.partition("#")[2].encode()).digest()
        for message in messages
        for word in text_of(message).split()
        if "/welcome#" in word
    }
    live = {token for (token,) in journal.rows("SELECT token_hash FROM invitations WHERE token_hash IS NOT NULL")}
    assert tokens == live, "each link that was sent works, and no other does"
    sent = journal.rows("SELECT code, count(*) FROM invitations WHERE state = 'sent' GROUP BY 1")
    assert [count for _, count in sent] == [1] * TO_WELCOME
    assert journal.one("SELECT count(*) FROM invitations WHERE state IN ('queued', 'sending', 'unknown')") == 0
    assert journal.one("SELECT count(*) FROM audit WHERE action = 'welcome'") == TO_WELCOME
    assert chain_holds(register)


def test_nothing_half_written_stays_in_the_outbox(journal: Journal, register: Path, program: Run) -> None:
    stop_when(["welcome", "--all-ready", "--yes"], journal.reached(20))
    folder = register.parent / "outbox"
    for path in folder.glob("*.tmp"):
        os.utime(path, (1, 1))
    assert program("resume", "1").code == 0
    assert program("status").code == 0
    assert list(folder.glob(".*")) == []
    assert len(list(folder.glob("*.eml"))) == TO_WELCOME


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("verb", ["revoke", "welcome"])
def test_a_signal_lets_the_item_finish(journal: Journal, program: Run, verb: str, number: signal.Signals) -> None:
    code = stop_when([verb, "--all-ready", "--yes"], journal.reached(20), number)
    assert code == ExitCode.SOME_FAILED
    assert journal.one("SELECT count(*) FROM items WHERE state = 'claimed'") == 0
    assert journal.rows("SELECT state, runner FROM jobs") == [("stopped", "")]
    done = journal.done()
    total = READY if verb == "revoke" else TO_WELCOME
    assert 20 <= done < total
    shown = program("jobs", "1")
    assert f"{total - done} accounts not reached" in shown.out
    assert "Go on with: engage-accounts resume 1" in shown.out
    assert program("resume", "1").code == 0
    assert journal.done() == total


@pytest.mark.pty
def test_a_dropped_line_lets_the_item_finish(journal: Journal, program: Run, at_terminal: AtTerminal) -> None:
    terminal = at_terminal("revoke", "--all-ready", "--yes")
    terminal.reads("20 of 300")
    terminal.hang_up()
    assert terminal.process.wait(20) == ExitCode.SOME_FAILED
    assert journal.rows("SELECT state FROM jobs") == [("stopped",)]
    assert journal.done() < READY
    assert program("resume", "1").code == 0
    assert journal.done() == READY


def test_nohup_is_heeded(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code = stop_when(["revoke", "--all-ready", "--yes"], journal.reached(5), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert code == 0
    assert journal.done() == READY


def test_a_kill_before_the_first_item_leaves_a_job_to_go_on_with(journal: Journal, program: Run) -> None:
    def journalled() -> bool:
        return bool(journal.one("SELECT count(*) FROM jobs"))

    stop_when(["revoke", "--all-ready", "--yes"], journalled)
    assert f"of {READY}: engage-accounts resume 1" in program("status").out
    assert program("resume", "1").code == 0
    assert journal.done() == READY
