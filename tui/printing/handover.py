"""What `handover` prints: what is ready by cause, the pairs, and what comes of a plan."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tui.domain.gates import Decision, Verb
from tui.domain.handover import Pair, Standing
from tui.manager.handover_plans import CheckedPlan
from tui.manager.handover_views import Handover, HandoverAccount
from tui.manager.manager import AccountManager
from tui.printing.plain import as_json, table
from tui.text import formula_safe, join_and, plural, say_date, say_time

_COLUMNS = (
    (Standing.CERTAIN, "certain", "Certain"), (Standing.REVIEW, "review", "To review"),
    (Standing.ACCEPTED, "accepted", "Accepted"), (Standing.NOBODY, "nobody", "No new record"),
    (Standing.HELD, "held", "Held"),
)  # fmt: skip
_SOME = 20


def rows_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV with a header, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([formula_safe(str(cell)) for cell in row])
    return out.getvalue()


def said(account: HandoverAccount) -> str:
    """`SMI0042  Ms Kate Smith -> JON0117  Ms Kate Jones`."""
    new = account.new_facts
    return f"{account.code}  {account.facts.name}" + (f" -> {new.code}  {new.name}" if new else "")


# -- what is ready -----------------------------------------------------------------------------------------------------


def by_cause(walk: Handover) -> list[dict[str, Any]]:
    """The accounts of each cause, counted by where they stand; the largest cause that names a new record first."""
    found = []
    for cause, size in Counter(account.cause for account in walk.accounts).most_common():
        of_cause = [account for account in walk.accounts if account.cause == cause]
        counted = Counter(account.standing for account in of_cause)
        found.append(
            {
                "cause": cause,
                "accounts": size,
                **{name: counted[standing] for standing, name, _ in _COLUMNS},
                "requested": sum(account.facts.requested_job is not None for account in of_cause),
            }
        )
    return sorted(found, key=lambda entry: bool(entry["nobody"]))


def walk_values(walk: Handover) -> dict[str, Any]:
    """A walk in numbers, as JSON has it."""
    accounts = walk.accounts
    return {
        "number": walk.number,
        "by": walk.row.operator,
        "begun": walk.row.started_at,
        "ended": walk.row.ended_at,
        "accounts": len(accounts),
        "revoked": sum(account.is_revoked for account in accounts),
        "requested": sum(account.is_requested for account in accounts),
        "welcomed": sum(account.welcomed is not None and not account.waits_for_welcome for account in accounts),
        "to_revoke": sum(account.waits_for_revoke and bool(account.new) for account in accounts),
        "to_welcome": sum(
            account.waits_for_welcome and account.is_revoked and not account.new_in_use for account in accounts
        ),
        "undecided": sum(account.standing.is_undecided for account in accounts),
    }


def walks_text(walks: Sequence[Handover]) -> str:
    """The walks, for a person."""
    if not walks:
        return "No hand-over has begun."
    cells = []
    for walk in walks:
        values = walk_values(walk)
        names = ("accounts", "undecided", "to_revoke", "requested", "revoked", "to_welcome", "welcomed")
        begun = f"{say_date(walk.row.started_at)} by {walk.row.operator}"
        cells.append(
            (str(walk.number), begun, "ended" if walk.row.ended_at else "open", *(f"{values[n]:,}" for n in names))
        )
    headings = (
        "No.", "Begun", "", "Accounts", "Undecided", "To revoke", "Requested", "Revoked", "To welcome", "Welcomed"
    )  # fmt: skip
    return table(headings, cells)


def walks_json(walks: Sequence[Handover]) -> str:
    """A list of objects, one a walk."""
    return as_json([walk_values(walk) for walk in walks])


def walks_csv(walks: Sequence[Handover]) -> str:
    """A row a walk."""
    rows = [walk_values(walk) for walk in walks]
    return rows_csv(list(rows[0]) if rows else ["number"], [list(row.values()) for row in rows])


def overview_json(ready: Handover, walks: Sequence[Handover]) -> str:
    """`handover --format json`."""
    return as_json(
        {
            "ready": len(ready.accounts),
            "held": len(ready.of(Standing.HELD)),
            "causes": by_cause(ready),
            "open": [walk_values(walk) for walk in walks],
        }
    )


def overview_csv(ready: Handover, _: Sequence[Handover]) -> str:
    """A row a cause."""
    rows = by_cause(ready)
    names = list(rows[0]) if rows else ["cause", "accounts"]
    return rows_csv(names, [list(row.values()) for row in rows])


def overview_text(ready: Handover, walks: Sequence[Handover]) -> str:
    """`handover`, for a person: what is ready to revoke by cause, the open walks, and what comes next."""
    if not ready.accounts:
        lines = ["Nobody is ready to revoke: there is nothing to hand over."]
    else:
        lines = [f"{plural(len(ready.accounts), 'account')} ready to revoke, by what became of the record:", ""]
        rows = by_cause(ready)
        headings = ["Cause", "Accounts", *(heading for _, _, heading in _COLUMNS)]
        cells = [[row["cause"], f"{row['accounts']:,}", *(_count(row[n]) for _, n, _ in _COLUMNS)] for row in rows]
        if any(row["requested"] for row in rows):
            headings.append("Requested")
            cells = [[*cell, _count(row["requested"])] for cell, row in zip(cells, rows, strict=True)]
        lines.append(table(headings, cells))
    notes = []
    if held := len(ready.of(Standing.HELD)):
        notes.append(f"{plural(held, 'account is', 'accounts are')} held and {'stays' if held == 1 else 'stay'} out.")
    undecided = sum(account.facts.group is not None and not account.facts.group.answer for account in ready.accounts)
    if undecided:
        notes.append(f"{undecided:,} of them are in a flag group that nobody has answered for: engage-accounts groups")
    if ready.of(Standing.CERTAIN):
        notes.append("Certain ones are accepted together, after they were listed: handover --accept-certain")
    if ready.of(Standing.REVIEW):
        notes.append("To review means one by one: handover --pairs, then --accept OLD=NEW or --no-match OLD")
    if any(account.standing is Standing.ACCEPTED for account in ready.accounts):
        notes.append("Accepted ones are handed over with: handover --run")
    lines += ["", *notes] if notes else []
    if walks:
        lines += ["", "Open hand-overs:", "", walks_text(walks)]
    return "\n".join(lines)


def _count(number: int) -> str:
    return f"{number:,}" if number else "-"


# -- pairs -------------------------------------------------------------------------------------------------------------


def pair_values(pair: Pair) -> dict[str, Any]:
    """A candidate, as JSON has it."""
    values = pair._asdict()
    return {**values, "evidence": list(pair.evidence), "also": list(pair.also)}


def pairs_json(accounts: Iterable[HandoverAccount]) -> str:
    """`handover --pairs --format json`."""
    values = [
        {
            "code": account.code,
            "name": account.facts.name,
            "standing": account.standing,
            "cause": account.cause,
            "new": account.new,
            "custody_notes": list(account.custody_notes),
            "question": account.question,
            "pairs": [pair_values(pair) for pair in account.pairs],
        }
        for account in accounts
    ]
    return as_json(values)


def pairs_csv(accounts: Iterable[HandoverAccount]) -> str:
    """A row a candidate; an account without one has a row of its own."""
    header = (
        "old_code", "old_name", "standing", "cause", "new_code", "new_name", "rank", "score", "decision", "rule",
        "verdict", "by", "at", "evidence_changed", "eligible", "has_account", "evidence",
    )  # fmt: skip
    rows = []
    for account in accounts:
        start: list[Any] = [account.code, account.facts.name, account.standing, account.cause]
        rows += [
            [
                *start, pair.code, pair.name, pair.rank, f"{pair.confidence:.4f}", pair.decision, pair.rule,
                pair.verdict, pair.by, pair.at, _yes(pair.is_stale), _yes(pair.eligible), _yes(pair.has_account),
                "; ".join(pair.evidence),
            ]
            for pair in account.pairs
        ] or [start + [""] * (len(header) - len(start))]  # fmt: skip
    return rows_csv(header, rows)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def pairs_text(accounts: Sequence[HandoverAccount]) -> str:
    """`handover --pairs`, for a person: each account with its candidates, the evidence, and who said what of it."""
    lines: list[str] = []
    for account in accounts:
        lines += [""] if lines else []
        lines += account_lines(account)
    return "\n".join(lines) or "There is no such account."


def account_lines(account: HandoverAccount) -> list[str]:
    """An old account with its candidates."""
    first = next((pair for pair in account.pairs if pair.rank == 1), None)
    lines = [f"{account.code}  {account.facts.name}: {account.standing}, {account.cause}"]
    hold = account.facts.hold(Verb.REVOKE)
    lines += [f"  Held by {hold.by}: {hold.note}"] if hold else []
    if first is not None and first.rule:
        lines.append(f"  {first.decision}: {first.rule}")
    for pair in account.pairs:
        lines.append(f"  {pair.rank or '-'}. {pair.code}  {pair.name}  {pair.confidence:.0%}")
        lines += [f"     {line}" for line in pair_lines(pair)]
    lines += [f"  Custody note: {note}" for note in account.custody_notes]
    lines += [f"  ? {account.question}"] if account.question else []
    return lines


def pair_lines(pair: Pair) -> list[str]:
    """The evidence of a pair, and what is to be known of it."""
    lines = [pair.said_before] if pair.said_before else []
    lines += pair.evidence
    if not pair.eligible:
        lines.append("not eligible: it can't be welcomed")
    elif pair.has_account:
        lines.append("has an account already")
    if pair.also:
        lines.append(f"accepted as the new record of {join_and(list(pair.also))} too")
    return lines


# -- what comes of a plan ----------------------------------------------------------------------------------------------


def foreseen_text(manager: AccountManager, walk: Handover, accounts: Sequence[HandoverAccount]) -> str:
    """What is to come of accounts that are revoked now: the welcomes, what will be asked, and what stands against them.
    Whatever a person has to know before anything is sent."""
    gone = {account.code for account in accounts}
    then: list[str] = []
    asked: list[str] = []
    in_use: list[str] = []
    without: list[str] = []
    for account in accounts:
        verdict = manager.foreseen_welcome(account, gone)
        if verdict is None or account.new_facts is None:
            continue
        if verdict.decision is Decision.REFUSE:
            without.append(f"{said(account)}: {verdict.sentence}")
        elif account.new_in_use:
            in_use.append(f"{said(account)}: {verdict.sentence}")
        elif verdict.decision is Decision.ASK:
            asked.append(f"{said(account)}: {verdict.sentence}")
        else:
            then.append(f"{said(account)}, {account.new_facts.email}" + _greeting(account))
    lines: list[str] = []
    for title, entries, most in (
        (f"Then, once the old account is gone, a welcome email to {len(then):,}:", then, _SOME),
        ("Asked first, one by one, before the welcome:", asked, 0),
        ("In use already, so not written to:", in_use, 0),
        ("Can't be welcomed as it is now:", without, 0),
        ("Custody notes:", custody(accounts), 0),
        ("Two old accounts lead to one new record, which is written to once:", doubles(walk, gone), 0),
    ):
        if entries:
            more = len(entries) - most if most else 0
            shown = [*entries[:most], f"... and {more:,} more"] if more > 0 else entries
            lines += ["", title, *(f"  {entry}" for entry in shown)]
    return "\n".join(lines[1:])


def _greeting(account: HandoverAccount) -> str:
    return f', which begins "{account.greeting},"' if account.greeting else ""


def custody(accounts: Iterable[HandoverAccount]) -> list[str]:
    """The custody notes on children of these accounts' records, each once."""
    found: dict[str, list[str]] = {}
    for account in accounts:
        for note in account.custody_notes:
            found.setdefault(note, []).append(account.new or account.code)
    return [f"{note} (of {join_and(codes)})" for note, codes in found.items()]


def doubles(walk: Handover, codes: Iterable[str]) -> list[str]:
    """The new records to which more than one old account leads, as far as they are among these."""
    wanted = set(codes)
    return [f"{join_and(list(olds))} -> {new}" for new, olds in walk.doubled.items() if wanted.intersection(olds)]


def welcome_notes(walk: Handover, accounts: Sequence[HandoverAccount]) -> str:
    """What a person has to know before these are welcomed, "" when nothing."""
    lines: list[str] = []
    written = [f"{said(a)}, {a.new_facts.email}" for a in accounts if a.new_facts]
    more = len(written) - _SOME
    written = [*written[:_SOME], f"... and {more:,} more"] if more > 0 else written
    greetings = [f'{account.new}: "{account.greeting},"' for account in accounts if account.greeting]
    for title, entries in (
        ("Whose old account is gone, and where the email goes:", written),
        ("Begins with another line:", greetings),
        ("Custody notes:", custody(accounts)),
        (
            "Two old accounts lead to one new record, which is written to once:",
            doubles(walk, [account.code for account in accounts]),
        ),
    ):
        if entries:
            lines += ["", title, *(f"  {entry}" for entry in entries)]
    return "\n".join(lines[1:])


def checked_text(checked: CheckedPlan) -> str:
    """A saved plan as it stands now: who saved it, what holds, and what is refused with what differs."""
    plan = checked.plan
    lines = [
        f"Saved by {plan.saved_by} on {say_time(plan.saved_at)}: {plural(plan.accounts, 'account')}. "
        f"{len(checked.holds):,} of {len(plan.items):,} in the file still hold."
    ]
    if len(plan.items) != plan.accounts:
        lines.append(f"The file has {len(plan.items):,} of the {plan.accounts:,} that it was saved with.")
    if checked.refused:
        lines += ["", f"Refused, {len(checked.refused):,}:"]
    for refused in checked.refused:
        item = refused.item
        lines.append(f"  {item.old}  {item.name}" + (f" -> {item.new}  {item.new_name}" if item.new else ""))
        lines += [f"    {sentence}" for sentence in refused.why]
    return "\n".join(lines)
