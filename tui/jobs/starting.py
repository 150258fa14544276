"""Starting a job: the guard is judged where nobody can come between, the plan is frozen into items, and both are told.

An attempt that the guard stops is kept in the audit too, though nothing was done.
"""

from dataclasses import replace
from datetime import datetime

from tui.domain.actor import Actor
from tui.errors import GuardStopped, Refused
from tui.jobs.plan import Confirmation, Plan
from tui.jobs.planning import judge_now
from tui.register import audit, journal
from tui.register.database import Connection, Database
from tui.settings import Settings


def start(
    database: Database,
    settings: Settings,
    actor: Actor,
    runner: str,
    plan: Plan,
    confirmation: Confirmation,
    now: datetime,
) -> int:
    """Check the confirmation and write the plan down as a job that `runner` holds. Returns its number. Raises
    GuardStopped, Declined or Refused."""
    try:
        plan.check(confirmation)
        if not plan.items:
            raise Refused("There is nothing to do: every account was left out.", means=_left_out(plan))
        with database.transaction() as connection:
            return _start(database, connection, settings, actor, runner, plan, confirmation, now)
    except GuardStopped as stopped:
        _audit_stopped(database, actor, str(plan.verb), stopped, plan.count, None, now)
        raise


def _start(
    database: Database,
    connection: Connection,
    settings: Settings,
    actor: Actor,
    runner: str,
    plan: Plan,
    confirmation: Confirmation,
    now: datetime,
) -> int:
    guard, at = plan.guard, now.isoformat()
    overridden = bool(guard and guard.stopped)
    if guard is not None and not overridden:
        # Judged again where nobody can come between: of two plans made side by side, the second sees the first.
        touched = {item.group for item in plan.items if item.group}
        replace(plan, guard=judge_now(database, settings, plan.count, touched, now)).check(confirmation)
    job = journal.add_job(
        connection,
        verb=plan.verb,
        service=plan.service,
        system=plan.system,
        singly=plan.singly,
        reason=plan.reason,
        guard=" ".join(guard.causes) if guard else "",
        override_reason=confirmation.override_reason if overridden else "",
        actor=actor,
        at=at,
        items=(
            (item.person, item.code, item.fingerprint, item.group is not None, item.answered, item.greeting)
            for item in plan.items
        ),
        handover=plan.handover,
        of_job=plan.of_job,
    )
    journal.lease(connection, job, runner, now)
    detail = {
        "verb": plan.verb,
        "system": plan.system,
        "count": plan.count,
        "left_out": len(plan.left_out),
        "answered": [question.code for question in plan.questions]
        + [item.code for item in plan.items if item.answered],
    }
    if plan.of_job is not None:
        detail["of_job"] = plan.of_job
    subject = f"job {job}"
    audit.append(connection, actor, at, "job", subject=subject, detail=detail, job_id=job, reason=plan.reason)
    if overridden and guard:
        audit.append(
            connection,
            actor,
            at,
            "guard override",
            subject=subject,
            detail={"causes": list(guard.causes), "count": plan.count},
            job_id=job,
            reason=confirmation.override_reason,
        )
    return job


def guard_again(database: Database, settings: Settings, actor: Actor, job: int, planned: int, now: datetime) -> None:
    """Ask the guard before a job that was stopped goes on: others may have revoked meanwhile. Raises GuardStopped."""
    verdict = judge_now(database, settings, planned, set(), now, job=job)
    if not verdict.stopped:
        return
    stopped = GuardStopped(
        f"The guard stops job {job} before its next item: {verdict.measure}.\n"
        + "\n".join(f"  {cause}" for cause in verdict.causes),
        means="Nothing more was done.",
        todo="Leave the job, and plan anew what is still to be done; that plan can be overridden.",
    )
    _audit_stopped(database, actor, "revoke", stopped, planned, job, now)
    raise stopped


def _audit_stopped(
    database: Database, actor: Actor, verb: str, stopped: GuardStopped, count: int, job: int | None, now: datetime
) -> None:
    with database.transaction() as connection:
        audit.append(
            connection,
            actor,
            now.isoformat(),
            "guard stopped",
            subject=f"job {job}" if job else "",
            detail={"verb": verb, "count": count, "what": stopped.what},
            job_id=job,
        )


def _left_out(plan: Plan) -> str:
    shown = [f"  {left.code}: {left.why}" for left in plan.left_out[:20]]
    more = len(plan.left_out) - len(shown)
    return "\n".join(shown + ([f"  ... and {more:,} more"] if more > 0 else []))
