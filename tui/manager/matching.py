"""Matching: for each account that is ready to revoke, the records that may be the same person's, in words."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tui.domain.correlation import Correlation, Correlator
from tui.domain.correlation_evidence import cause_of, evidence
from tui.errors import NotFound, Refused
from tui.register.database import Database
from tui.register.identities import subjects
from tui.text import clean, join_and, plural

_COLUMN = "old_code"


class Matched(NamedTuple):
    """A candidate for an account; one row with an empty `new_code` where there is none. `score`: the confidence, 0 to
    1. The decision and the cause stand on rank 1 and are of the account."""

    old_code: str
    new_code: str
    rank: int
    score: float
    decision: str
    cause: str
    evidence: tuple[str, ...]


def match(database: Database, codes: Iterable[str] | None = None) -> list[Matched]:
    """The candidates of these accounts, or of all that are ready to revoke (None), in order of code and rank.

    Raises NotFound for codes that no contact has, and Refused for those that are not ready to revoke.
    """
    correlator = Correlator(subjects(database))
    if codes is None:
        return [row for found in correlator.all() for row in _rows(correlator, found)]
    wanted = sorted(dict.fromkeys(codes))
    if unknown := [code for code in wanted if code not in correlator.subjects]:
        raise NotFound(f"{_these(unknown)}: no contact has that code.", means="Nothing was matched.")
    if others := [code for code in wanted if not correlator.subjects[code].is_old]:
        raise Refused(
            f"{_these(others)}: not ready to revoke.",
            means="Only accounts that are ready to revoke are matched. Nothing was.",
            todo="Leave them out; engage-accounts list --status ready-to-revoke names those that are.",
        )
    # All are paired whoever is asked for: where two old accounts lead to one new record, neither is a match.
    asked = set(wanted)
    return [row for found in correlator.all() if found.code in asked for row in _rows(correlator, found)]


def codes_in(path: Path) -> list[str]:
    """The codes of a file: one a line, or a CSV with a column `old_code`. Raises Refused."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}.", todo="Give another file.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not UTF-8 text.", todo="Save it as UTF-8, or as CSV UTF-8.") from error
    try:
        rows = list(csv.reader(lines))
    except csv.Error as error:
        raise Refused(f"{path} can't be read: {error}.", todo="Give one code a line.") from error
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    if _COLUMN in header:
        at = header.index(_COLUMN)
        found = [row[at] for row in rows[1:] if len(row) > at]
    elif len(header) > 1:
        raise Refused(
            f"{path}, line 1: there is no column {_COLUMN}.",
            means="A file with several columns needs a header that says where the codes are.",
            todo=f"Name the column {_COLUMN}, or give a file with one code a line.",
        )
    else:
        found = [row[0] for row in rows if row]
    return [code for line in found if (code := clean(line).strip())]


def _these(codes: Sequence[str]) -> str:
    return f"{plural(len(codes), 'code')}, {join_and(list(codes), most=3)}"


def _rows(correlator: Correlator, found: Correlation) -> list[Matched]:
    old = correlator.subjects[found.code].identity
    first = correlator.subjects[found.candidates[0].code].identity if found.candidates else None
    cause = cause_of(old, first, found)
    if not found.candidates:
        return [Matched(found.code, "", 1, 0.0, found.decision, cause, (found.rule,))]
    rows = []
    for rank, candidate in enumerate(found.candidates, start=1):
        said = evidence(old, correlator.subjects[candidate.code].identity, candidate)
        rows.append(
            Matched(
                found.code,
                candidate.code,
                rank,
                round(candidate.confidence, 4),
                found.decision if rank == 1 else "",
                cause if rank == 1 else "",
                (f"{found.rule}:", *said) if rank == 1 else said,
            )
        )
    return rows
