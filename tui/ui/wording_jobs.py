"""What the screen of jobs says: the list of them, and the detail of the one under the cursor."""

from collections.abc import Sequence

from tui.domain.feed_accounts import say_checked
from tui.domain.gates import Verb
from tui.domain.overdue import say_overdue
from tui.jobs.plan import VERBS
from tui.manager.saying import JobStanding, say_counts, say_verb
from tui.text import plural, say_time
from tui.ui.drawing import BLANK, Line, Para, crop
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry


def entries(jobs: Sequence[JobStanding], here: int, width: int, look: Look) -> list[Entry]:
    """The jobs, newest first, two lines each; `here` is the number of the one that this session runs."""
    number = max((len(str(job.row.id)) for job in jobs), default=0)
    verb = max((len(say_verb(job.row)) for job in jobs), default=0)
    return [_entry(job, job.row.id == here, number, verb, max(width - SIGNS, 10), look) for job in jobs]


def _entry(job: JobStanding, is_here: bool, number: int, verb: int, width: int, look: Look) -> Entry:
    row = job.row
    what = f"{row.id:>{number}}  {say_verb(row):<{verb}}  "
    style = look.warn if job.is_stopped or job.overdue else look.key if job.runner else None
    standing = "running here" if is_here and job.runner else job.standing
    if job.overdue:
        standing += f", {say_overdue(job.overdue)}"
    first: Line = ((what, None), (crop(standing, width - len(what)), style))
    rest = f"{' ' * number}  {say_time(row.created_at)} · {row.operator} · {row.system} · {say_counts(row)}"
    return Entry(str(row.id), (first, ((crop(rest, width), look.dim),)))


def detail(job: JobStanding, is_here: bool, can: Sequence[tuple[str, str]], look: Look) -> list[Para]:
    """All that the list knows of a job; `can` are the keys that do something for it now, with what they do."""
    row = job.row
    done = VERBS[Verb(row.verb)][1]
    said = [Para(f"Job {row.id}: {say_verb(row)} of {plural(row.total, 'account')}", look.title)]
    if row.of_job:
        said[0] = Para(f"Job {row.id}: {say_verb(row)}, {plural(row.total, 'account')}", look.title)
    standing = "running in this session" if is_here and job.runner else job.standing
    said.append(Para(f"{standing[:1].upper()}{standing[1:]}.", look.warn if job.is_stopped else None))
    if row.stopped_why:
        said.append(Para(f"It stopped at this: {row.stopped_why}", look.warn))
    if row.counts.get("requested"):
        said.append(
            Para(f"Requested is not {done}: a person carries the list out and attests it. {say_checked(row.verb)}")
        )
    said += [Para(f"Overdue: {one.sentence}.", look.warn) for one in job.overdue]
    facts = [
        ("Items", say_counts(row) or "none"),
        ("In", row.system),
        ("Made", f"{say_time(row.created_at)} by {row.operator}"),
        ("Ended", say_time(row.finished_at) if row.finished_at else ""),
        ("Reason", row.reason),
        ("Guard", "overridden, with a count and a reason" if row.overridden else ""),
        *(("Written", path) for path in row.files),
    ]
    # What can be done comes first: at 80x24 the rest is a scroll away.
    said += [Para(label, None, f"{key:<7}", look.key) for key, label in can]
    said += [BLANK, *(Para(text, None, f"{name:<9}", look.dim) for name, text in facts if text)]
    return said


def cancel(job: JobStanding, is_busy: bool) -> list[Para]:
    """What cancelling does, above the question."""
    row = job.row
    waits = row.open + row.counts.get("deferred", 0)
    said = [Para(f"{plural(waits, 'item')} of {row.total:,} will not be done, for good. What was done stays done.")]
    if is_busy:
        said.append(Para("It is running: it stops after its current item."))
    return said
