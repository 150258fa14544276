"""What panes and panels say: values from the manager as paragraphs. Nothing is decided here."""

from collections.abc import Iterator, Sequence

from tui.domain.facts import AccountFacts
from tui.domain.reasons import REASON_LABELS
from tui.errors import EngageError
from tui.jobs.plan import JobReport, Plan
from tui.manager.views import TAB_LABELS, Explanation, StoppedJob, Tab
from tui.text import plural, say_date, say_time
from tui.ui.drawing import BLANK, Para
from tui.ui.theme import Look

_FIRST = 5
_LISTED = 500


def why(found: Explanation, look: Look) -> list[Para]:
    """The why-pane."""
    facts = found.facts
    said = [
        Para(f"{facts.name}", look.title),
        Para(
            f"{facts.code}{f' · {facts.contact_type}' if facts.contact_type else ''} · {TAB_LABELS[Tab(facts.status)]}",
            look.dim,
        ),
        BLANK,
    ]
    said += [Para(warning, look.warn, "! ", look.warn) for warning in found.warnings]
    if found.warnings:
        said.append(BLANK)
    if found.reasons:
        for number, (reason, evidence) in enumerate(found.reasons):
            said.append(Para(f"{'Also: ' if number else ''}{REASON_LABELS[reason]}", look.title))
            said += [Para(item.sentence, None, "- ") for item in evidence]
    else:
        said.append(Para(found.headline))
    said += [BLANK, Para(found.next_step, None, "Next   ", look.key), Para(found.sees, None, "Sees   ", look.key)]
    if found.say:
        said.append(Para(found.say, None, "Say    ", look.key))
    said += _listed("Children", found.children, look)
    said += _listed(
        "Other contacts of these children",
        [
            f"{other.name} ({other.code}){f', {other.relationship}' if other.relationship else ''}: "
            f"{other.status.replace('_', ' ')}; {other.shares}"
            for other in found.relatives
        ],
        look,
    )
    said += [
        BLANK,
        Para("Account", look.title),
        *(Para(text, None, f"{name:<11}", look.dim) for name, text in _account(facts)),
    ]
    said += _listed("History", found.history, look)
    return said


def _account(facts: AccountFacts) -> Iterator[tuple[str, str]]:
    yield "Username", facts.username or ("none, but a password" if facts.has_password else "none")
    yield "Email", facts.email or "none"
    if facts.mobile:
        yield "Mobile", facts.mobile
    if facts.has_account:
        login = facts.last_login
        yield (
            "Last login",
            "unknown" if login is None else say_time(login) if "T" in login else say_date(login) or "never",
        )


def _listed(title: str, entries: Sequence[str], look: Look) -> list[Para]:
    return [BLANK, Para(title, look.title), *(Para(entry, None, "- ") for entry in entries)] if entries else []


def _some(entries: Sequence[tuple[str, str]], most: int, look: Look) -> list[Para]:
    width = max((len(code) for code, _ in entries[:most]), default=0)
    said = [Para(text, None, f"  {code:<{width}}  ") for code, text in entries[:most]]
    if len(entries) > most:
        said.append(Para(f"... and {len(entries) - most:,} more", look.dim, "  "))
    return said


def plan(found: Plan, look: Look, *, hidden: str = "") -> list[Para]:
    """What would be done, above the question whether to. `hidden` says how many of the marked are not in sight."""
    said: list[Para] = [Para(hidden, look.warn)] if hidden else []
    if not found.items:
        said.append(Para("Nothing to do: every account was left out."))
    if found.items and found.guard is not None and found.guard.stopped:
        said.append(Para(f"The guard stands in the way{found.guard.size}.", look.bad))
        said += [Para(cause, None, "! ", look.bad) for cause in found.guard.causes]
        if found.guard.groups:
            said.append(Para("Answer for the group first: esc, then o."))
        said.append(BLANK)
    for question in found.questions:
        said.append(Para(question.sentence, look.warn, "? ", look.warn))
    people = [(item.code, item.name) for item in found.items]
    said += _some(people, _FIRST, look)
    if found.items:
        said += [BLANK, Para(found.how)]
        if found.guard is not None and not found.guard.stopped:
            said.append(Para(f"Guard: {found.guard.measure}.", look.dim))
        if found.reason:
            said.append(Para(f"Reason: {found.reason}"))
    if found.left_out:
        said += [BLANK, Para(f"Left out: {len(found.left_out):,}", look.title)]
        said += _some([(left.code, f"{left.name}: {left.why}") for left in found.left_out], _LISTED, look)
    if len(people) > _FIRST:
        said += [BLANK, Para(f"All {len(people):,}", look.title), *_some(people, _LISTED, look)]
    return said


# What of a job is shown by its causes, in the order in which it matters.
_CAUSES = (("failed", "Failed"), ("unknown", "Unknown"), ("deferred", "Put off"), ("skipped", "Skipped"),
           ("cancelled", "Cancelled"))  # fmt: skip


def report(found: JobReport, look: Look, *, marked: bool = False) -> list[Para]:
    """What a job did; what went wrong by its causes. `marked`: what failed is still marked."""
    is_well = not (found.of("failed") or found.of("unknown") or found.stopped)
    said = [Para(found.sentence, look.good if is_well else look.warn)]
    if found.stopped:
        said.append(Para(f"Stopped before the end{f': {found.stopped_why}' if found.stopped_why else '.'}", look.warn))
    if found.of("requested"):
        said.append(Para(f"Carry the list out in {found.system}, then attest it."))
    if found.of("deferred"):
        said.append(Para("What was put off is sent while the screen is open, and by: engage-accounts mail flush"))
    if found.of("unknown"):
        said.append(Para("What is unknown is never sent again by itself: look, then say so among the invitations."))
    for state, title in _CAUSES:
        causes = found.causes(state)
        if not causes:
            continue
        stays = " (they stay marked)" if marked and state == "failed" else ""
        said += [BLANK, Para(f"{title}{stays}: {len(found.of(state)):,}", look.title)]
        for cause, outcomes in causes:
            people = [(one.code, one.name if len(outcomes) > 1 else f"{one.name}: {cause}") for one in outcomes]
            said += [Para(f"{len(outcomes):,} of them: {cause}", None, "- ")] if len(outcomes) > 1 else []
            said += _some(people, _LISTED // len(causes) + 1, look)
    if found.files:
        said += [BLANK, Para("Written", look.title), *(Para(path, None, "  ") for path in found.files)]
        said += [Para(found.to_send_on)] if found.to_send_on else []
    if found.of("done") and found.how:
        said += [BLANK, Para(found.how, look.dim)]
    return said


def error(found: EngageError, look: Look) -> list[Para]:
    """What went wrong, what it means, what to do."""
    said = [Para(line, look.bad if not number else None) for number, line in enumerate(found.what.splitlines())]
    for part in (found.means, found.todo):
        if part:
            said += [BLANK, *(Para(line) for line in part.splitlines())]
    return said


def stopped(job: StoppedJob) -> list[Para]:
    """A job that was found stopped at the start."""
    left = job.total - job.done
    return [
        Para(f"It was to {job.verb}. Resuming does the remaining {plural(left, 'account')}; nothing is done twice.")
    ]
