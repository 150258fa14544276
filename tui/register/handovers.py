"""Walks through the hand-over, kept as they go on: which accounts, what was answered, and at which step one was."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from tui.domain.handover import Acted, Step
from tui.errors import NotFound
from tui.register.database import Database


class HandoverRow(NamedTuple):
    """A walk. `place` is the code under the cursor; `ended_at` "" while it is open."""

    id: int
    operator: str
    started_at: str
    step: Step
    place: str
    ended_at: str


class MemberRow(NamedTuple):
    """An account of a walk (a contact's row id). The answers are the questions that were said yes to."""

    old: int
    later: bool
    revoke_answer: str
    welcome_answer: str
    greeting: str


_ROW = "SELECT id, operator, started_at, step, place, ended_at FROM handovers"


def start(connection: sqlite3.Connection, operator: str, at: str, olds: Iterable[int]) -> int:
    """Begin a walk over these accounts. Returns its number."""
    cursor = connection.execute(
        "INSERT INTO handovers (operator, started_at, step) VALUES (?, ?, ?)", (operator, at, Step.CHOOSE.value)
    )
    number = int(cursor.lastrowid or 0)
    add(connection, number, olds)
    return number


def add(connection: sqlite3.Connection, number: int, olds: Iterable[int]) -> None:
    """Take these accounts into a walk; those that are in it stay as they are."""
    connection.executemany(
        "INSERT OR IGNORE INTO handover_accounts (handover, old) VALUES (?, ?)", ((number, old) for old in olds)
    )


def one(database: Database, number: int) -> HandoverRow:
    """A walk. Raises NotFound."""
    row = database.one(f"{_ROW} WHERE id = ?", (number,))
    if row is None:
        raise NotFound(f"There is no hand-over {number}.", todo="See engage-accounts handover --list.")
    return _row(row)


def listed(database: Database) -> list[HandoverRow]:
    """All walks, newest first."""
    return [_row(row) for row in database.read(f"{_ROW} ORDER BY id DESC")]


def _row(row: tuple[int, str, str, str, str, str]) -> HandoverRow:
    number, operator, started_at, step, place, ended_at = row
    return HandoverRow(number, operator, started_at, Step(step), place, ended_at)


def members(database: Database, number: int, old: int | None = None) -> list[MemberRow]:
    """The accounts of a walk, by name, or just this one."""
    return [
        MemberRow(old, bool(later), *answers)
        for old, later, *answers in database.read(
            "SELECT h.old, h.later, h.revoke_answer, h.welcome_answer, h.greeting FROM handover_accounts AS h"
            " JOIN directory AS d ON d.person = h.old * 4 JOIN contacts AS c ON c.id = h.old"
            f" WHERE h.handover = ? {'AND h.old = ? ' if old is not None else ''}ORDER BY d.sort_name, c.code",
            (number,) if old is None else (number, old),
        )
    ]


def set_place(connection: sqlite3.Connection, number: int, step: Step, place: str) -> None:
    """Remember where the walk is."""
    connection.execute("UPDATE handovers SET step = ?, place = ? WHERE id = ?", (step.value, place, number))


def end(connection: sqlite3.Connection, number: int, at: str) -> None:
    """The walk is over."""
    connection.execute("UPDATE handovers SET ended_at = ? WHERE id = ? AND ended_at = ''", (at, number))


def set_later(connection: sqlite3.Connection, number: int, olds: Iterable[int], later: bool) -> None:
    """Leave these for another time, or take them in again."""
    connection.executemany(
        "UPDATE handover_accounts SET later = ? WHERE handover = ? AND old = ?",
        ((int(later), number, old) for old in olds),
    )


def set_answer(connection: sqlite3.Connection, number: int, old: int, verb: str, question: str) -> None:
    """Keep the question that was said yes to, or "" when that was taken back. `verb`: revoke or welcome."""
    column = {"revoke": "revoke_answer", "welcome": "welcome_answer"}[verb]
    connection.execute(
        f"UPDATE handover_accounts SET {column} = ? WHERE handover = ? AND old = ?", (question, number, old)
    )


def set_greeting(connection: sqlite3.Connection, number: int, old: int, greeting: str) -> None:
    """The line that this person's welcome email begins with, "" for the usual one."""
    connection.execute(
        "UPDATE handover_accounts SET greeting = ? WHERE handover = ? AND old = ?", (greeting, number, old)
    )


def acted(database: Database, number: int, verb: str) -> dict[int, Acted]:
    """What the jobs of a walk made of each person, by contact's row id; of several the last counts. A revoke that was
    taken back counts no more: it waits to be done again, or to be left."""
    return {
        person >> 2: Acted(job, state, detail)
        for person, job, state, detail in database.read(
            "SELECT i.person, i.job_id, i.state, i.detail FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
            " WHERE j.handover = ? AND j.verb = ? AND i.restored_at = '' ORDER BY i.id",
            (number, verb),
        )
    }


def welcomed_since_accepted(database: Database) -> dict[int, Acted]:
    """The welcomes of accepted new records since they were accepted, by contact's row id, whichever job they were in:
    what was sent by another way than the walk is not sent again by it."""
    return {
        person >> 2: Acted(job, state, detail)
        for person, job, state, detail in database.read(
            "SELECT i.person, i.job_id, i.state, i.detail FROM pair_verdicts AS v JOIN items AS i ON i.person ="
            " v.new * 4 JOIN jobs AS j ON j.id = i.job_id WHERE v.verdict = 'accepted' AND j.verb = 'welcome'"
            " AND i.acted_at >= v.at AND i.state IN ('done', 'requested', 'attested') ORDER BY i.id"
        )
    }


def open_job(database: Database, number: int) -> int | None:
    """The job of a walk that has items not reached yet, if there is one."""
    row = database.one(
        "SELECT max(j.id) FROM jobs AS j JOIN items AS i ON i.job_id = j.id WHERE j.handover = ?"
        " AND i.state IN ('pending', 'claimed')",
        (number,),
    )
    return int(row[0]) if row[0] is not None else None
