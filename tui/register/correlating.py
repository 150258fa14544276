"""Keeping what correlation found: made anew by every import, read by facts, reasons and the hand-over.

It is a step of its own after the import's transaction: pairing a large school takes as long as importing it. Until it
is through, what was found before stands, and whoever opens the register next does it.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tui.domain.correlation_weights import VERSION
from tui.register.database import Connection, Database
from tui.register.derive import derive_ready
from tui.register.snapshots import mark

# What compares names is imported where it is used: most sessions find everything correlated already.
if TYPE_CHECKING:
    from tui.domain.correlation import Candidate, Correlator

_META = "correlated"
_INSERT = f"INSERT OR IGNORE INTO correlations VALUES ({', '.join('?' * 11)})"


def is_correlated(database: Database) -> bool:
    """Whether what is kept was found in the register as the last import left it, with the weights of this version."""
    return database.meta(_META) == _stamp(database)


def ensure_correlated(database: Database, *, future_counts: bool, told: Callable[[], None] = lambda: None) -> None:
    """Pair all accounts that are ready to revoke anew, unless that was done since the last import; `told` is called
    before it begins."""
    if is_correlated(database):
        return
    told()
    stamp = _stamp(database)
    found = _found(database)
    # Only now, so that others can write while a large school is looked through.
    with database.transaction() as connection:
        if _stamp(database) != stamp or database.meta(_META) == stamp:
            return  # another import came in between, or another session has done it
        _keep(connection, found)
        derive_ready(connection, future_counts=future_counts)
        mark(connection, _META, stamp)


def _stamp(database: Database) -> str:
    row = database.one("SELECT coalesce(max(id), 0) FROM snapshots")
    return f"{row[0]} {VERSION} {database.meta('future_counts') or '0'}"


class _Found(NamedTuple):
    """What was found: the rows to be kept, and what pairs of which somebody has said something are compared with."""

    rows: list[tuple[Any, ...]]
    correlator: "Correlator"
    ids: dict[str, int]


def _found(database: Database) -> _Found | None:
    """Look through the register; None when nobody is ready to revoke and nothing was ever said of a pair."""
    ready = database.one(
        "SELECT EXISTS (SELECT 1 FROM directory WHERE user_type = 'contact' AND status = 'ready_to_revoke')"
        " OR EXISTS (SELECT 1 FROM pair_verdicts)"
    )
    if not ready[0]:
        return None
    from tui.domain.correlation import Correlator
    from tui.domain.correlation_evidence import cause_of
    from tui.register.identities import subjects

    ids = dict(database.read("SELECT code, id FROM contacts"))
    correlator = Correlator(subjects(database))
    rows = []
    for found in correlator.all():
        if not found.candidates:
            continue
        old = correlator.subjects[found.code].identity
        cause = cause_of(old, correlator.subjects[found.candidates[0].code].identity, found)
        for rank, candidate in enumerate(found.candidates, start=1):
            said = (found.decision, found.rule, cause, found.margin) if rank == 1 else ("", "", "", 0.0)
            rows.append(_values(correlator, ids, found.code, candidate, rank, *said))
    return _Found(rows, correlator, ids)


def _keep(connection: Connection, found: _Found | None) -> None:
    connection.execute("DELETE FROM correlations")
    if found is None:
        return
    connection.executemany(_INSERT, found.rows)
    accepted = connection.execute(
        "SELECT o.code, n.code FROM pair_verdicts AS v JOIN contacts AS o ON o.id = v.old"
        " JOIN contacts AS n ON n.id = v.new ORDER BY 1, 2"
    ).fetchall()
    for old_code, new_code in accepted:
        keep_pair(connection, found.correlator, found.ids, old_code, new_code)


def keep_pair(connection: Connection, correlator: "Correlator", ids: dict[str, int], old: str, new: str) -> None:
    """Keep a pair that a person has put together, if it is not kept as a candidate already."""
    if old in correlator.subjects and new in correlator.subjects:
        candidate = correlator.pair(old, new)
        connection.execute(_INSERT, _values(correlator, ids, old, candidate, 0, "", "", "", 0.0))


def _values(
    correlator: "Correlator",
    ids: dict[str, int],
    old: str,
    candidate: "Candidate",
    rank: int,
    decision: str,
    rule: str,
    cause: str,
    margin: float,
) -> tuple[Any, ...]:
    from tui.domain.correlation_evidence import digest_of, evidence

    records = correlator.subjects[old].identity, correlator.subjects[candidate.code].identity
    contradict = candidate.levels.level("sex") == "contradict"
    said = json.dumps(evidence(*records, candidate), ensure_ascii=False)
    return (
        ids[old], ids[candidate.code], rank, str(decision), rule, str(cause), candidate.confidence, margin,
        int(contradict), said, digest_of(candidate.levels),
    )  # fmt: skip
