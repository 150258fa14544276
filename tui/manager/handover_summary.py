"""The summary of a hand-over: what was done, what failed and why, what is left, what to tell whom; CSV or text."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.domain.handover import Standing
from tui.manager.handover_views import Handover, HandoverAccount
from tui.text import formula_safe, plural, say_time


class Told(NamedTuple):
    """An account of a walk with what became of it, and what to tell the person ("" for nothing)."""

    account: HandoverAccount
    outcome: str
    tell: str


COLUMNS = ("old_code", "name", "standing", "cause", "new_code", "new_name", "outcome", "tell")


def values(told: Told) -> dict[str, str]:
    """An account as CSV and JSON have it."""
    account = told.account
    new = account.new_facts
    return {
        "old_code": account.code,
        "name": account.facts.name,
        "standing": str(account.standing),
        "cause": account.cause,
        "new_code": account.new,
        "new_name": new.name if new else "",
        "outcome": told.outcome,
        "tell": told.tell,
    }


def as_csv(told: Iterable[Told]) -> str:
    """A header and a row an account, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in told:
        writer.writerow([formula_safe(cell) for cell in values(one).values()])
    return out.getvalue()


def as_text(walk: Handover, told: Sequence[Told], system: str, school: str) -> str:
    """For a person, and to print: what was done, what was not, whom to tell."""
    lines = [f"Hand-over {walk.number}{f' at {school}' if school else ''}, in {system}"]
    lines.append(f"Begun by {walk.row.operator} on {say_time(walk.row.started_at)}: {plural(len(told), 'account')}")
    parts: dict[str, list[Told]] = {}
    for one in told:
        parts.setdefault(_part(one.account), []).append(one)
    for title in _TITLES:
        if title in parts:
            lines += ["", f"{title}: {len(parts[title]):,}"]
            lines += [f"  {one.account.code}  {one.account.facts.name}: {one.outcome}" for one in parts[title]]
    to_tell = [one.tell for one in told if one.tell]
    if to_tell:
        lines += ["", "What to tell whom", *(f"  [ ] {tell}" for tell in to_tell)]
    return "\n".join(lines) + "\n"


_TITLES = (
    "Handed over", "Revoked, the new record is in use already", "Revoked, nobody to welcome",
    "Revoked, not welcomed yet", "Requested", "Failed", "Left for later",
)  # fmt: skip


def _part(account: HandoverAccount) -> str:
    acted = account.revoked
    if acted is None:
        return "Left for later"
    if acted.state == "requested":
        return "Requested"
    if not acted.is_done:
        return "Failed"
    new = account.new_facts
    if new is None:
        return "Revoked, nobody to welcome"
    if not account.waits_for_welcome:
        return "Handed over"
    in_use = new.has_account and new.last_login
    return "Revoked, the new record is in use already" if in_use else "Revoked, not welcomed yet"


def is_listed(account: HandoverAccount) -> bool:
    """Whether the summary has a line for it: those who were never chosen have no new record, and are only counted."""
    return not (account.standing is Standing.LATER and account.proposal is None)
