"""What the command line prints: tables, plans, reports and errors as plain text, CSV and JSON.

What came from outside was cleaned on its way into the register: nothing here can move a terminal's cursor.
"""

import csv
import io
import json
import shlex
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tui.domain.causes import next_step, say_answer, say_cause, say_counts
from tui.domain.difference import Difference
from tui.domain.due import Due
from tui.domain.flag_groups import FlagGroup
from tui.domain.reasons import REASON_LABELS, Reason
from tui.jobs.plan import Plan
from tui.manager.views import TAB_LABELS, Causes, Explanation, Overview, Relative, Row, Tab
from tui.text import formula_safe, plural, say_date, say_time

if TYPE_CHECKING:
    from tui.manager.sources import Source

COLUMNS = (
    "code", "name", "user_type", "contact_type", "email", "username", "status", "reason", "reasons", "students",
    "last_login", "held", "requested",
)  # fmt: skip
_SHOWN = 20


def as_json(value: Any) -> str:
    """JSON for a program."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def row_values(row: Row) -> dict[str, Any]:
    """A row as JSON has it; `code` is the first key, `last_login` null when unknown."""
    values = {name: getattr(row, name) for name in COLUMNS}
    values["reasons"] = list(row.reasons)
    return values


def as_csv(rows: Iterable[Row]) -> str:
    """Rows as CSV with a header, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = {**row_values(row), "reasons": " ".join(row.reasons)}
        writer.writerow([formula_safe("" if cells[name] is None else str(cells[name])) for name in COLUMNS])
    return out.getvalue()


def width(text: str) -> int:
    """How many terminal cells a text takes: combining marks none, wide characters two."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) == "Cf"
        else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _fitted(text: str, cells: int) -> str:
    if width(text) <= cells:
        return text + " " * (cells - width(text))
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…" + " " * (cells - 1 - width(text))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, most: int = 0) -> str:
    """A table as wide as it needs to be, or `most` cells: then the widest columns give way first."""
    widths = [max([width(cell) for cell in column], default=0) for column in zip(headings, *rows, strict=True)]
    while most and sum(widths) + 2 * (len(widths) - 1) > most and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    lines = [headings, *rows]
    return "\n".join(
        "  ".join(_fitted(cell, cells) for cell, cells in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def list_table(rows: Sequence[Row], *, to_terminal: bool) -> str:
    """The account list for a person."""
    cells = [
        (
            row.code,
            row.name,
            row.contact_type,
            row.email,
            row.username,
            REASON_LABELS[Reason(row.reason)] if row.reason else "",
            row.students,
            "held" if row.held else "requested" if row.requested else "",
        )
        for row in rows
    ]
    headings = ("Code", "Name", "Type", "Email", "Username", "Reason", "Students", "")
    most = shutil.get_terminal_size((80, 24)).columns if to_terminal else 0
    return f"{table(headings, cells, most=most)}\n\n{plural(len(rows), 'record')}"


def overview_text(overview: Overview) -> str:
    """`status`, for a person."""
    lines = [
        (overview.school or "(school not named: engage-accounts init, or school.name in the config)")
        + (" · DEMO" if overview.is_demo else ""),
        f"Register     {overview.register}{'  (read-only)' if overview.read_only else ''}",
        f"Acts on      {overview.system} ({overview.service})",
        f"Last import  {overview.last_import or 'none yet: engage-accounts import DIR'}",
        f"Revoking     {overview.due.sentence if overview.due else 'nothing to do yet'}",
    ]
    changes = overview.due.since if overview.due else ()
    lines += [f"{'' if number else 'Since then':<13}{change}" for number, change in enumerate(changes)]
    lines.append("")
    lines += [
        f"{TAB_LABELS[tab]:<20}{overview.counts[tab]:>8,}"
        + (f"   of {plural(overview.accounts, 'account')}" if tab is Tab.READY_TO_REVOKE and overview.accounts else "")
        for tab in Tab
    ]
    if overview.warnings:
        lines += ["", *(f"! {warning}" for warning in overview.warnings)]
    return "\n".join(lines)


def overview_values(overview: Overview) -> dict[str, Any]:
    """`status --json`."""
    return {
        "register": overview.register,
        "school": overview.school,
        "demo": overview.is_demo,
        "system": overview.system,
        "service": overview.service,
        "last_import": overview.last_import,
        "due": due_values(overview.due) if overview.due else None,
        "accounts": overview.accounts,
        "counts": {tab.value: overview.counts[tab] for tab in Tab},
        "requested": overview.requested,
        "groups": [group_values(group) for group in overview.groups],
        "stopped_jobs": [job._asdict() for job in overview.stopped_jobs],
        "warnings": list(overview.warnings),
    }


def due_values(due: Due) -> dict[str, Any]:
    """When revoking is due, as JSON has it."""
    return {
        "is_due": due.is_due,
        "sentence": due.sentence,
        "last_run": due.last_run or None,
        "days": due.days,
        "every_days": due.every_days,
        "waiting": due.waiting,
        "rollover": due.rollover._asdict() if due.rollover else None,
        "since": list(due.since),
    }


def group_values(group: FlagGroup) -> dict[str, Any]:
    """A flag group as JSON has it."""
    return {"key": group.key, **group._asdict()}


def groups_text(groups: Sequence[FlagGroup]) -> str:
    """`groups`, for a person."""
    if not groups:
        return "No flag groups: no ten accounts of one contact type lost their access in one import."
    cells = [
        (
            group.key,
            f"{group.size:,}",
            say_date(group.taken_on) if group.import_number else "first import",
            group.answer or "undecided",
            f"{group.answer_reason} ({group.answered_by})" if group.answer else "",
        )
        for group in groups
    ]
    text = table(("Group", "Accounts", "Went off", "Answer", "Reason"), cells)
    if any(group.undecided for group in groups):
        text += "\n\nAnswer with: engage-accounts groups KEY --answer mistake|intended --reason TEXT"
    return text


def causes_values(found: Causes) -> dict[str, Any]:
    """`causes --json`."""
    return {
        "headline": found.headline,
        "ready": found.ready,
        "left": found.left,
        "causes": [
            {
                "key": str(cause.key),
                "reason": cause.key.kind,
                "contact_type": cause.key.contact_type,
                "import": cause.key.number,
                "import_taken_on": cause.import_.taken_on if cause.import_ else None,
                "size": cause.size,
                "held": cause.held,
                "requested": cause.requested,
                "left": cause.left,
                "held_together": cause.together,
                "group": group_values(cause.group) if cause.group else None,
                "sentence": say_cause(cause, found.ready),
                "next": next_step(cause),
            }
            for cause in found.causes
        ],
    }


def causes_text(found: Causes) -> str:
    """`causes`, for a person."""
    lines = [found.headline]
    if found.causes:
        cells = [
            (
                str(cause.key),
                *(f"{count:,}" for count in (cause.size, cause.held, cause.requested, cause.left)),
                (cause.answer or "undecided") if cause.group else "",
            )
            for cause in found.causes
        ]
        lines += ["", table(("Cause", "Accounts", "Held", "Requested", "Left", "Answer"), cells)]
    for cause in found.causes:
        about = [say_cause(cause, found.ready), say_counts(cause), say_answer(cause.group) if cause.group else ""]
        lines += ["", str(cause.key), *(f"  {sentence}" for sentence in about if sentence)]
        lines.append(f"  Next: {next_step(cause)}")
        if cause.undecided and cause.group:
            lines.append(f"  engage-accounts groups {shlex.quote(cause.group.key)} --answer mistake --reason TEXT")
            lines.append(f"  engage-accounts groups {shlex.quote(cause.group.key)} --answer intended --reason TEXT")
    return "\n".join(lines)


def relative_text(other: Relative) -> str:
    """Another contact of the same children."""
    relationship = f", {other.relationship}" if other.relationship else ""
    return f"{other.code}  {other.name}{relationship} ({other.status.replace('_', ' ')}): {other.shares}"


def explanation_text(why: Explanation) -> str:
    """`why CODE`, for a person."""
    facts = why.facts
    login = "unknown" if facts.last_login is None else say_time(facts.last_login) if facts.last_login else "never"
    lines = [
        f"{facts.code}  {facts.name}" + (f"  ({facts.contact_type})" if facts.contact_type else ""),
        why.headline,
        "",
        f"Status      {facts.status.replace('_', ' ')}",
        f"Username    {facts.username or ('(none, but a password)' if facts.has_password else '(none)')}",
        f"Email       {facts.email or '(none)'}",
    ]
    lines += [f"Last login  {login}"] if facts.has_account else []
    for number, (reason, evidence) in enumerate(why.reasons):
        label = REASON_LABELS[reason]
        lines += ["", f"{'Reason' if not number else 'Also'}: {label}", *(f"  - {item.sentence}" for item in evidence)]
    for title, entries in (
        ("Take note", why.warnings),
        ("Children", why.children),
        (
            "Other contacts of these children",
            tuple(relative_text(other) for other in why.relatives),
        ),
    ):
        if entries:
            lines += ["", title, *(f"  - {entry}" for entry in entries)]
    lines += ["", f"This parent sees: {why.sees}", f"Next: {why.next_step}"]
    if why.say:
        lines.append(f"On the phone: {why.say}")
    if why.history:
        lines += ["", "History", *(f"  {entry}" for entry in why.history)]
    return "\n".join(lines)


def explanation_values(why: Explanation) -> dict[str, Any]:
    """`why CODE --json`."""
    facts = why.facts
    return {
        "code": facts.code,
        "name": facts.name,
        "status": facts.status,
        "username": facts.username,
        "email": facts.email,
        "contact_type": facts.contact_type,
        "last_login": facts.last_login,
        "headline": why.headline,
        "reasons": [
            {"reason": reason, "evidence": [{"sentence": item.sentence, "codes": item.codes} for item in evidence]}
            for reason, evidence in why.reasons
        ],
        "children": list(why.children),
        "family": [other._asdict() for other in why.relatives],
        "sees": why.sees,
        "next": why.next_step,
        "say": why.say,
        "warnings": list(why.warnings),
        "history": list(why.history),
    }


def some(entries: Sequence[str], most: int = _SHOWN) -> list[str]:
    more = len(entries) - most
    return [*entries[:most], *([f"... and {more:,} more"] if more > 0 else [])]


def plan_text(plan: Plan) -> str:
    """A plan, before anything is done."""
    lines = [f"{plan.title}:"] if plan.items else ["Nothing to do: every account was left out."]
    lines += [f"  {line}" for line in some([f"{item.code}  {item.name}" for item in plan.items])]
    if plan.left_out:
        left = [f"{item.code}  {item.name}: {item.why}" for item in plan.left_out]
        lines += ["", f"Left out, {len(plan.left_out):,}:", *(f"  {line}" for line in some(left))]
    for question in plan.questions:
        lines += ["", f"? {question.code}  {question.name}: {question.sentence}"]
    if plan.items:
        lines += ["", plan.how]
    if plan.guard is not None and plan.items:
        lines.append(f"Guard: {plan.guard.measure}.")
        lines += [f"  STOPS: {cause}" for cause in plan.guard.causes]
    return "\n".join(lines)


def plan_values(plan: Plan) -> dict[str, Any]:
    """A plan as JSON has it."""
    return {
        "verb": plan.verb,
        "system": plan.system,
        "count": plan.count,
        "codes": [item.code for item in plan.items],
        "left_out": [left._asdict() for left in plan.left_out],
        "questions": [question._asdict() for question in plan.questions],
        "guard": {"measure": plan.guard.measure, "stops": list(plan.guard.causes)} if plan.guard else None,
    }


def sources_text(sources: "Sequence[Source]") -> str:
    """`sources`, for a person."""
    if not sources:
        return "Nothing here looks like a roster, and none was imported before. Give a path: engage-accounts import DIR"
    cells = [
        (
            source.shown,
            source.feed or "-",
            say_time(source.taken_at) if source.taken_at else "",
            source.note,
        )
        for source in sources
    ]
    return table(("Where", "Feed", "Extract of", ""), cells)


def difference_text(difference: Difference) -> str:
    """What an import changed, or would."""
    head = (
        "Would change (dry run, nothing was imported)" if difference.dry_run else f"Imported as no. {difference.number}"
    )
    lines = [
        f"{head}: {difference.feed} extract of {say_time(difference.taken_at)}",
        "",
        table(
            ("", "In the feed", "New", "Changed", "Gone", "Back"),
            [
                (str(kind), *(f"{number:,}" for number in (c.rows, c.new, c.changed, c.gone, c.returned)))
                for kind, c in difference.kinds.items()
            ],
        ),
        "",
        table(
            ("Contacts", "Before", "After"),
            [
                (TAB_LABELS[tab], f"{difference.before.get(tab, 0):,}", f"{difference.after.get(tab, 0):,}")
                for tab in (Tab.READY_TO_REVOKE, Tab.READY_TO_PROVISION, Tab.ACTIVE, Tab.NO_ACCESS)
            ],
        ),
    ]
    if difference.flags:
        cells = [
            (move.contact_type or "(none)", f"{move.went_off:,}", f"{move.went_on:,}", f"{move.went_unknown:,}")
            for move in difference.flags
        ]
        lines += ["", table(("Portal access moved", "Off", "On", "Unknown"), cells)]
    if difference.ready and difference.before:
        ready = [
            (
                REASON_LABELS[Reason(found.reason)],
                f"{found.size:,}",
                ", ".join(code for code, _ in found.some) + (", ..." if found.size > len(found.some) else ""),
            )
            for found in difference.ready
        ]
        lines += ["", table(("Become ready to revoke", "Contacts", ""), ready)]
    if difference.verified:
        done = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in difference.verified.items())
        lines += ["", f"Requests verified: {done}"]
    if difference.problems:
        lines += ["", "Left out:", *(f"  {problem}" for problem in difference.problems)]
    if difference.warnings:
        lines += ["", *(f"! {warning}" for warning in difference.warnings)]
    return "\n".join(lines)


def difference_values(difference: Difference) -> dict[str, Any]:
    """What an import changed, as JSON has it."""
    return {
        "number": difference.number,
        "feed": difference.feed,
        "source": difference.source,
        "taken_at": difference.taken_at,
        "dry_run": difference.dry_run,
        "kinds": {str(kind): count._asdict() for kind, count in difference.kinds.items()},
        "flags": [move._asdict() for move in difference.flags],
        "before": difference.before,
        "after": difference.after,
        "not_obeyed": difference.not_obeyed,
        "verified": {str(outcome): count for outcome, count in difference.verified.items()},
        "newly_ready": [{"reason": found.reason, "count": found.size} for found in difference.ready],
        "no_longer_ready": difference.no_longer_ready,
        "changed_fields": difference.fields,
        "skipped": difference.skipped,
        "problems": [str(problem) for problem in difference.problems],
        "warnings": difference.warnings,
    }
