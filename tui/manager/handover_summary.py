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
        parts.setdefault(part_of(one.account), []).append(one)
    for part, title in _TITLES.items():
        if part in parts:
            lines += ["", f"{title}: {len(parts[part]):,}"]
            lines += [f"  {one.account.code}  {one.account.facts.name}: {one.outcome}" for one in parts[part]]
    to_tell = [one.tell for one in told if one.tell]
    if to_tell:
        lines += ["", "What to tell whom", *(f"  [ ] {tell}" for tell in to_tell)]
    return "\n".join(lines) + "\n"


_TITLES = {
    "done": "Done",
    "waiting": "Waiting: requested, or the new record is not welcomed yet",
    "failed": "Failed",
    "later": "Left for later",
    "held": "Held",
}
PARTS = tuple(_TITLES)


def part_of(account: HandoverAccount) -> str:
    """Under which heading of the summary an account comes, one of PARTS. What is requested is not done."""
    if account.revoked is None:
        return "held" if account.standing is Standing.HELD else "later"
    if account.is_requested:
        return "waiting"
    welcomed = account.welcomed
    if not account.is_revoked or (welcomed and not welcomed.is_done and welcomed.state != "requested"):
        return "failed"
    if welcomed and welcomed.state == "requested":
        return "waiting"
    return "waiting" if account.waits_for_welcome and not account.new_in_use else "done"


def is_listed(account: HandoverAccount) -> bool:
    """Whether the summary has a line for it: those who were never chosen have no new record, and are only counted."""
    return not (account.standing is Standing.LATER and account.proposal is None)
