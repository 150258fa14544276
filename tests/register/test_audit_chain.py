"""Whatever is done to the audit without the program is found: any column, any row, the end, the order, all of it."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.domain.actor import Actor
from tui.domain.audit_chain import START, Head, Verdict, digest
from tui.errors import Declined, RegisterError
from tui.register import audit, audit_chain
from tui.register.database import Database

COUNT = 12
COLUMNS = ("at", "operator", "origin", "action", "subject", "detail", "job_id", "reason")
Change = tuple[str, tuple[Any, ...]]


def write(path: Path, count: int = COUNT) -> None:
    database = Database(path)
    with database.transaction() as connection:
        for number in range(1, count + 1):
            audit.append(
                connection, Actor("kim", "10.0.0.9"), f"2026-11-28T07:{number:02}:00+00:00", "revoke",
                subject=f"P{number:04}", detail={"before": {"username": f"user{number}"}, "after": {}},
                job_id=number % 3 or None, reason="left",
            )  # fmt: skip
    database.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "register.sqlite3"
    write(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # one file, to be copied
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "register.sqlite3"))


def tamper(path: Path, *changes: Change) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for sql, parameters in changes:
            connection.execute(sql, parameters)


def verdict(path: Path, *heads: Head) -> Verdict:
    database = Database(path, read_only=True)
    try:
        return audit_chain.verify(database, heads)
    finally:
        database.close()


def found(written: Path, *changes: Change) -> Verdict:
    """What is found after these changes, made to a copy."""
    copy = written.with_name("copy.sqlite3")
    shutil.copy(written, copy)
    tamper(copy, *changes)
    return verdict(copy)


def rewrite(path: Path, **changed: Any) -> None:
    """The whole chain and its head written anew with right hashes, as somebody would who knows how."""
    with closing(sqlite3.connect(path)) as connection, connection:
        previous = START
        rows = connection.execute(f"SELECT id, {', '.join(COLUMNS)} FROM audit ORDER BY id").fetchall()
        for number, row in enumerate(rows, start=1):
            fields = tuple(changed.get(name, value) for name, value in zip(COLUMNS, row[1:], strict=True))
            previous = digest(previous, fields)
            connection.execute("DELETE FROM audit WHERE id = ?", (row[0],))
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *fields, previous))
        connection.execute("UPDATE audit_head SET id = ?, hash = ?", (len(rows), previous))


def test_untouched_it_holds_and_gives_its_head(path: Path) -> None:
    told = verdict(path)
    assert told.holds
    assert told.events == COUNT
    assert told.head is not None
    assert told.head.id == COUNT
    assert verdict(path, told.head, Head(0, told.head.hash)).holds


def test_an_empty_one_holds_and_has_no_head(tmp_path: Path) -> None:
    write(tmp_path / "empty.sqlite3", 0)
    assert verdict(tmp_path / "empty.sqlite3") == Verdict(0, None, None, "", ())


TEXT = st.text(max_size=8).filter(lambda text: text.isprintable())
VALUES = st.one_of(TEXT, st.binary(max_size=4), st.integers(0, 9))


@settings(max_examples=40, deadline=None)
@given(row=st.integers(1, COUNT), column=st.sampled_from(COLUMNS), value=VALUES)
def test_any_column_of_any_event(written: Path, row: int, column: str, value: object) -> None:
    with closing(sqlite3.connect(":memory:")) as memory:
        kind = "INTEGER" if column == "job_id" else "TEXT"
        memory.execute(f"CREATE TABLE t (v {kind})")
        memory.execute("INSERT INTO t VALUES (?)", (value,))
        kept = memory.execute("SELECT v FROM t").fetchone()[0]  # as a column of that kind keeps it
    with closing(sqlite3.connect(written)) as connection:
        before = connection.execute(f"SELECT {column} FROM audit WHERE id = ?", (row,)).fetchone()[0]
    told = found(written, (f"UPDATE audit SET {column} = ? WHERE id = ?", (value, row)))
    assert told.holds is (kept == before)
    if not told.holds:
        assert told.broken is not None
        assert told.broken.id == row
        assert "changed" in told.broken.what


@settings(max_examples=40, deadline=None)
@given(row=st.integers(1, COUNT), value=st.binary(min_size=32, max_size=32))
def test_any_hash(written: Path, row: int, value: bytes) -> None:
    told = found(written, ("UPDATE audit SET hash = ? WHERE id = ?", (value, row)))
    assert told.broken is not None
    assert told.broken.id == row


@settings(max_examples=40, deadline=None)
@given(first=st.integers(1, COUNT - 1), count=st.integers(1, COUNT))
def test_a_deletion_in_the_middle(written: Path, first: int, count: int) -> None:
    last = min(first + count - 1, COUNT - 1)
    told = found(written, ("DELETE FROM audit WHERE id BETWEEN ? AND ?", (first, last)))
    assert told.broken is not None
    assert told.broken.id == last + 1
    assert "missing" in told.broken.what
    assert f"{first}" in told.broken.what


@settings(max_examples=40, deadline=None)
@given(first=st.integers(1, COUNT - 1))
def test_a_deletion_whose_gap_was_closed(written: Path, first: int) -> None:
    told = found(
        written,
        ("DELETE FROM audit WHERE id = ?", (first,)),
        ("UPDATE audit SET id = -(id - 1) WHERE id > ?", (first,)),
        ("UPDATE audit SET id = -id WHERE id < 0", ()),
        ("UPDATE audit_head SET id = id - 1", ()),
    )
    assert told.broken is not None
    assert told.broken.id == first
    assert "one before it is missing" in told.broken.what


@settings(max_examples=40, deadline=None)
@given(left=st.integers(0, COUNT - 1))
def test_the_end_cut_off(written: Path, left: int) -> None:
    told = found(written, ("DELETE FROM audit WHERE id > ?", (left,)))
    assert told.broken is None
    assert "cut off" in told.beside
    assert f"{COUNT}" in told.beside


def test_the_end_cut_off_and_the_head_with_it_is_found_by_a_head_that_was_kept(path: Path) -> None:
    kept = verdict(path).head
    assert kept is not None
    tamper(
        path,
        ("DELETE FROM audit WHERE id > 9", ()),
        ("UPDATE audit_head SET id = 9, hash = (SELECT hash FROM audit WHERE id = 9)", ()),
    )
    assert verdict(path).holds, "the chain alone can't tell"
    assert verdict(path, kept).kept == (kept,)
    assert verdict(path, Head(0, kept.hash)).kept == (Head(0, kept.hash),)


@settings(max_examples=40, deadline=None)
@given(one=st.integers(1, COUNT), other=st.integers(1, COUNT))
def test_two_events_in_each_others_place(written: Path, one: int, other: int) -> None:
    told = found(
        written,
        ("UPDATE audit SET id = -? WHERE id = ?", (other, one)),
        ("UPDATE audit SET id = ? WHERE id = ?", (one, other)),
        ("UPDATE audit SET id = -id WHERE id < 0", ()),
    )
    if one == other:
        assert told.holds
        return
    assert told.broken is not None
    assert told.broken.id == min(one, other)
    assert "another's place" in told.broken.what


@settings(max_examples=40, deadline=None)
@given(place=st.integers(1, COUNT), copied=st.integers(1, COUNT))
def test_an_event_put_in(written: Path, place: int, copied: int) -> None:
    """A copy of one, with its hash; all that follow are moved on by one, and the head with them."""
    told = found(
        written,
        ("CREATE TEMP TABLE one AS SELECT * FROM audit WHERE id = ?", (copied,)),
        ("UPDATE audit SET id = -(id + 1) WHERE id >= ?", (place,)),
        ("UPDATE audit SET id = -id WHERE id < 0", ()),
        ("UPDATE one SET id = ?", (place,)),
        ("INSERT INTO audit SELECT * FROM one", ()),
        ("UPDATE audit_head SET id = id + 1", ()),
    )
    assert told.broken is not None
    assert told.broken.id in (place, place + 1)  # a copy of its own place stands right, and pushes the true one out


@settings(max_examples=40, deadline=None)
@given(reason=TEXT, kept_at=st.integers(1, COUNT))
def test_all_of_it_written_anew_is_found_by_a_head_that_was_kept(written: Path, reason: str, kept_at: int) -> None:
    with closing(sqlite3.connect(written)) as connection:
        kept = Head(kept_at, connection.execute("SELECT hash FROM audit WHERE id = ?", (kept_at,)).fetchone()[0])
    copy = written.with_name("anew.sqlite3")
    shutil.copy(written, copy)
    rewrite(copy, reason=reason)
    assert verdict(copy).holds, "its hashes are right"
    assert bool(verdict(copy, kept).kept) is (reason != "left")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM audit_head", "is missing"),
        ("UPDATE audit_head SET hash = zeroblob(32)", "was changed"),
        ("UPDATE audit_head SET id = 0, hash = zeroblob(32)", "was changed"),
        ("UPDATE audit_head SET id = 5", "was changed"),
        ("UPDATE audit_head SET id = 99", "missing at its end"),
        ("UPDATE audit_head SET id = -1", "was changed"),
        ("UPDATE audit_head SET id = 5, hash = (SELECT hash FROM audit WHERE id = 5)", "were added without"),
    ],
)
def test_the_head_beside_the_chain(path: Path, change: str, said: str) -> None:
    tamper(path, (change, ()))
    told = verdict(path)
    assert not told.holds
    assert told.broken is None
    assert said in told.beside


def test_what_is_no_text_does_not_end_it(path: Path) -> None:
    tamper(path, ("UPDATE audit SET reason = CAST(x'ff41' AS TEXT) WHERE id = 7", ()))
    told = verdict(path)
    assert told.broken is not None
    assert told.broken.id == 7


def test_without_its_head_nothing_more_is_written(path: Path) -> None:
    tamper(path, ("DELETE FROM audit_head", ()))
    database = Database(path)
    with pytest.raises(RegisterError, match="head of the audit chain"), database.transaction() as connection:
        audit.append(connection, Actor("kim", "local"), "2026-11-28T08:00:00+00:00", "revoke")
    database.close()


def test_it_can_be_stopped(path: Path) -> None:
    stop = threading.Event()
    stop.set()
    database = Database(path, read_only=True)
    with pytest.raises(Declined):
        audit_chain.verify(database, stop=stop)
    database.close()


@pytest.fixture
def longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More events than are read at once."""
    monkeypatch.setattr(audit_chain, "_CHUNK", 5)
    write(tmp_path / "longer.sqlite3", 23)
    return tmp_path / "longer.sqlite3"


@pytest.mark.parametrize("row", [4, 5, 6, 10, 11, 23])
def test_from_one_chunk_to_the_next(longer: Path, row: int) -> None:
    assert verdict(longer).holds
    tamper(longer, ("UPDATE audit SET reason = 'never said' WHERE id = ?", (row,)))
    told = verdict(longer)
    assert told.broken is not None
    assert told.broken.id == row


@pytest.mark.parametrize("text", ["", "12", "12:", "12:ab", "x" * 64, "-1:" + "a" * 64, "1:2:" + "a" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a head"):
        Head.parse(text)


def test_a_head_is_read_as_it_is_printed() -> None:
    head = Head(12, bytes(range(32)))
    assert Head.parse(str(head)) == head
    assert Head.parse(f" {head.hash.hex().upper()}\n") == Head(0, head.hash)
