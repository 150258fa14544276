"""The register at a glance: counts, what is due, and what needs attention, in sentences."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tui.domain.due import Due, judge
from tui.domain.feed_accounts import why_unverified
from tui.domain.flag_groups import FlagGroup, say_group
from tui.domain.gates import Verb
from tui.domain.handover import Step
from tui.domain.overdue import Overdue
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.manager.views import Overview, StoppedJob, Tab
from tui.register import accounts, due, handovers, invitations, journal, listing, requests, snapshots, standing
from tui.register.database import Database
from tui.services.service import AccountService
from tui.text import join_and, plural, say_time


def make_overview(
    database: Database,
    service: AccountService,
    *,
    user_type: UserType | None,
    school: str,
    is_demo: bool,
    stopped: Sequence[journal.JobRow],
    due_days: int,
    overdue: tuple[Overdue, ...],
    now: datetime,
    quick: bool = False,
) -> Overview:
    """Gather it; `stopped` are the jobs that nobody runs and that are not done. `quick`: see the manager."""
    counted = listing.counts(database, user_type, quick=quick)
    groups = tuple(standing.groups(database))
    last = snapshots.latest(database)
    halted = tuple(StoppedJob(job.id, job.verb, job.total - job.open, job.total) for job in stopped)
    waiting = len(journal.waiting(database))
    unknown = invitations.counts(database).get("unknown", 0)
    ready = counted.get(Status.READY_TO_REVOKE, 0)
    return Overview(
        school=school,
        system=service.system,
        service=service.name,
        is_demo=is_demo,
        read_only=database.read_only,
        register=str(database.path),
        counts={tab: counted.get(tab, 0) for tab in Tab if not (quick and tab is Tab.NEVER_LOGGED_IN)},
        accounts=0 if quick else accounts.total(database),
        last_import=f"no. {last.number}, extract of {say_time(last.taken_at)}" if last else "",
        due=make_due(database, groups, due_days, now, quick=quick) if last else None,
        warnings=() if quick else tuple(_warnings(database, service, groups, halted, waiting, unknown, ready)),
        groups=groups,
        stopped_jobs=halted,
        requested=waiting,
        unknown=unknown,
        overdue=overdue,
    )


def make_due(
    database: Database, groups: Sequence[FlagGroup], every_days: int, now: datetime, *, quick: bool = False
) -> Due:
    """When revoking is due; `groups` are all flag groups. `quick`: by the days alone, without counting who waits and
    without what changed since."""
    last = journal.last_run(database, Verb.REVOKE)
    waiting = due.waiting(database, most=1 if quick else -1)
    return judge(
        last, now, every_days=every_days, waiting=waiting, since=due.since(database, last, groups, quick=quick)
    )


def _warnings(
    database: Database,
    service: AccountService,
    groups: Sequence[FlagGroup],
    stopped: Sequence[StoppedJob],
    waiting: int,
    unknown: int,
    ready: int,
) -> Iterator[str]:
    for job in stopped:
        yield (
            f"Job {job.job} ({job.verb}) stopped at {job.done:,} of {job.total:,}: "
            f"engage-accounts resume {job.job}, or leave it."
        )
    if unknown:
        yield (
            f"{plural(unknown, 'message')} may have been sent or not; a person has to look: "
            "engage-accounts invitations --state unknown"
        )
    for walk in handovers.listed(database):
        if not walk.ended_at and walk.step is not Step.CHOOSE:
            yield (
                f"Hand-over {walk.id} of {walk.operator} is open at step {walk.step.number}, {walk.step}: w goes on "
                "with it on the screen, engage-accounts handover without."
            )
    for group in groups:
        if group.undecided:
            yield f"{say_group(group, ready)} Was that intended? engage-accounts groups"
    if service.elsewhere and not database.meta("reconciled_at"):
        yield f"Nobody has compared this register with {service.system} yet: engage-accounts reconcile"
    doubled = accounts.doubled_usernames(database)
    if doubled:
        shown = join_and([" and ".join(codes) for codes in doubled], most=3)
        yield f"{plural(len(doubled), 'username')} on more than one contact (regardless of case): {shown}."
    wrong = journal.withdrawn(database)
    if wrong:
        shown = join_and([f"{code} (job {job})" for job, code in wrong], most=5)
        yield f"Do not revoke any more, though a worklist still says so: {shown}. They are held or not ready now."
    if waiting:
        yield f"{plural(waiting, 'request')} on worklists, neither attested nor verified yet: engage-accounts jobs"
    attested = journal.unverified(database)
    if attested:
        yield f"{plural(attested, 'revoke')} attested, not verified by an import yet."
    for outcome, taken_at, count in requests.unverified_words(database):
        yield (
            f"{plural(count, 'attested request')} could not be verified: {why_unverified('', outcome, taken_at)}. A "
            "person's word is all there is for it."
        )
    undone = journal.not_done(database)
    if undone:
        yield (
            f"{plural(len(undone), 'request')} not carried out, the portal still lists the username: "
            f"{join_and(undone, most=5)}."
        )
    not_obeyed = accounts.listed_after_revoke(database)
    if not_obeyed and service.name == "embedded":
        yield f"{plural(not_obeyed, 'revoked account')} still listed with a username in the feed: reported, not obeyed."
