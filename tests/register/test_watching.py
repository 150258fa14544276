"""Watching an import: what is told of it, and that it is stopped wherever it is, leaving nothing behind."""

import threading
import time
from pathlib import Path

import pytest

from tui.domain.import_steps import ImportStep
from tui.errors import Declined, RegisterError
from tui.register import watching
from tui.register.database import Database
from tui.register.watching import Watch

from .making import Register, families

PHASES = [
    "Reading contacts.csv", "Reading students.csv", "Reading links.csv", "Looking for rows that can't stand",
    "Comparing contacts", "Comparing students", "Comparing links", "Comparing accounts",
    "Working out statuses and reasons", "Writing it down",
]  # fmt: skip
PAIRING = "Pairing old records with new ones"  # after the import, which is done by then


def test_each_part_is_told_and_it_only_goes_forward(school_register: Register) -> None:
    steps: list[ImportStep] = []
    school_register.take(families(20), progress=steps.append)
    assert list(dict.fromkeys(step.words for step in steps)) == [*PHASES, PAIRING]
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert [step.rows for step in steps] == sorted(step.rows for step in steps)
    assert steps[-1].rows == 60
    assert steps[-1].share == 1


def test_it_is_told_a_few_times_a_second_at_most(school_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    steps: list[ImportStep] = []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    watch = Watch(steps.append)
    watch.phase("Reading", watching.READING)
    for _ in range(100):
        now += 0.01
        watch.read(200, now)
    assert 8 <= len(steps) - 1 <= 10
    assert steps[-1].share <= watching.READING.end


@pytest.mark.parametrize("words", PHASES)
@pytest.mark.parametrize("dry_run", [False, True])
def test_it_can_be_stopped_in_every_part(school_register: Register, words: str, dry_run: bool) -> None:
    school_register.take(families(20))
    before = school_register.dump()
    stop = threading.Event()

    def told(step: ImportStep) -> None:
        if step.words == words:
            stop.set()

    with pytest.raises(Declined) as caught:
        school_register.take(families(20, 10, first=5), progress=told, stop=stop, dry_run=dry_run, accept_shrink=True)
    assert caught.value.means == "Nothing was imported."
    assert school_register.dump() == before
    assert school_register.take(families(20, 10, first=5), stop=threading.Event()).number == 2


def test_a_long_statement_is_stopped_too(tmp_path: Path) -> None:
    database = Database(tmp_path / "register.sqlite3")
    stop = threading.Event()
    connection = database.connection
    long = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000000) SELECT max(i) FROM n"
    ended = []
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Declined), database.transaction(), Watch(stop=stop).over(connection):
        ended.append(connection.execute(long).fetchone())
    assert not ended
    assert not connection.in_transaction
    stop.clear()
    with database.transaction():
        assert connection.execute("SELECT 1").fetchone() == (1,)
    database.close()


def test_an_error_of_the_database_stays_one(tmp_path: Path) -> None:
    database = Database(tmp_path / "register.sqlite3")
    with (
        pytest.raises(RegisterError),
        database.transaction() as connection,
        Watch(stop=threading.Event()).over(connection),
    ):
        connection.execute("SELECT * FROM nowhere")
    database.close()


def test_what_ends_the_reading_ends_the_import(school_register: Register) -> None:
    school_register.take(families(3))
    before = school_register.dump()

    def changed() -> None:
        raise Declined("It changed.")

    with pytest.raises(Declined, match="It changed"):
        school_register.take(families(4, 1), when_read=changed)
    assert school_register.dump() == before


def test_the_first_import_can_be_stopped_and_done_again(school_register: Register) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Declined):
        school_register.take(families(5), stop=stop)
    assert school_register.read("SELECT count(*) FROM snapshots") == [(0,)]
    assert school_register.take(families(5)).number == 1
