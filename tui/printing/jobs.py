"""What the command line prints of jobs: the list of them, and what became of one."""

from collections.abc import Collection, Sequence
from typing import Any

from tui.domain.overdue import Overdue
from tui.jobs.plan import STATES, JobReport
from tui.manager.saying import say_counts, say_verb
from tui.printing.plain import some, table
from tui.register.journal import JobRow
from tui.text import join_and, say_time

_SHOWN = 20  # accounts of one state
_STATES = (
    ("requested", "Requested, still to be carried out"),
    ("attested", "Attested, not verified yet"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
    ("pending", "Not reached"),
)  # of the others the causes are told


def report_text(report: JobReport, overdue: Sequence[Overdue] = (), *, each: bool = False) -> str:
    """What a job did; failures by what caused them; what of its worklist is overdue. `each`: who is in which state."""
    lines = [f"Job {report.job}: {report.sentence}"]
    lines += [f"Overdue: {one.sentence}." for one in overdue]
    for state, title in _STATES if each else ():
        if outcomes := report.of(state):
            lines += ["", f"{title}:"]
            lines += [f"  {line}" for line in some([f"{one.code}  {one.name}" for one in outcomes], _SHOWN)]
    for state, title in (("failed", "Failed"), ("unknown", "Unknown"), ("deferred", "Put off"), ("skipped", "Skipped")):
        causes = report.causes(state)
        if not causes:
            continue
        lines += ["", f"{title}:"]
        for cause, outcomes in causes:
            if len(outcomes) == 1:
                lines.append(f"  {outcomes[0].code}  {outcomes[0].name}: {cause}")
            else:
                lines.append(f"  {len(outcomes):,} of them: {cause}")
                lines += [f"    {line}" for line in some([f"{one.code}  {one.name}" for one in outcomes], 100)]
    if report.files:
        lines += ["", "Written:", *(f"  {path}" for path in report.files)]
    if report.to_send_on:
        lines += ["", report.to_send_on]
    if report.of("requested"):
        lines += ["", f"Carry the list out in {report.system}, then: engage-accounts attest {report.job}"]
    if overdue:
        lines += [f"What will not be done is taken off it with: engage-accounts withdraw {report.job} CODE"]
    if report.of("deferred"):
        lines += ["", "What was put off is sent by the screen while it is open, and by: engage-accounts mail flush"]
    if report.of("unknown"):
        lines += ["", "What is unknown is never sent again by itself: engage-accounts invitations --state unknown"]
    if report.of("failed") and not report.stopped:
        lines += ["", f"Try what failed again with: engage-accounts retry {report.job}"]
    if report.stopped:
        why = f": {report.stopped_why}" if report.stopped_why else "."
        lines += ["", f"Stopped before the end{why}", f"Go on with: engage-accounts resume {report.job}"]
        lines += [f"Or leave the rest for good: engage-accounts cancel {report.job}"]
    return "\n".join(lines)


def report_values(report: JobReport) -> dict[str, Any]:
    """What a job did, as JSON has it."""
    return {
        "job": report.job,
        "verb": report.verb,
        "system": report.system,
        "service": report.service,
        "stopped": report.stopped,
        "stopped_why": report.stopped_why,
        "cancelled": report.cancelled,
        "restored": report.taken_back,
        "counts": {state: len(report.of(state)) for state in STATES},
        "outcomes": [outcome._asdict() for outcome in report.outcomes],
        "files": list(report.files),
    }


def overdue_values(overdue: Sequence[Overdue]) -> list[dict[str, Any]]:
    """What is overdue, as JSON has it."""
    return [{**one._asdict(), "sentence": one.sentence} for one in overdue]


def job_values(job: JobRow, *, is_stopped: bool) -> dict[str, Any]:
    """A job in a list, as JSON has it."""
    return {**job._asdict(), "is_stopped": is_stopped}


def jobs_text(jobs: Sequence[JobRow], stopped: Collection[int], overdue: Sequence[Overdue] = ()) -> str:
    """`jobs`, for a person; `stopped` are those that nobody runs; `overdue`: what was left lying on their lists."""
    if not jobs:
        return "No jobs yet."
    cells = [
        (
            str(job.id),
            say_time(job.created_at),
            say_verb(job),
            job.system,
            "stopped" if job.id in stopped else job.state,
            say_counts(job),
            job.operator,
        )
        for job in jobs
    ]
    lines = [table(("Job", "Made", "Verb", "System", "State", "Items", "By"), cells)]
    if stopped:
        numbers = join_and([str(number) for number in sorted(stopped)], most=5)
        lines += ["", f"Stopped: {numbers}. Go on with resume N, or leave the rest for good with cancel N."]
    if overdue:
        lines += ["", *(f"Overdue: {one.sentence}." for one in overdue)]
    return "\n".join(lines)
