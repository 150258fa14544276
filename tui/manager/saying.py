"""Jobs, invitations and checks in words, the same on the screen as on the command line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.domain.overdue import Overdue
from tui.manager.doctoring import Check, Health
from tui.manager.mail_verbs import Bounced
from tui.register.invitations import InvitationRow
from tui.register.journal import JobRow
from tui.text import plural, say_time

# In the order in which a person asks: what is left, what went wrong, what went right.
_STATES = (
    "pending", "claimed", "deferred", "unknown", "failed", "not_done", "requested", "attested", "done", "skipped",
    "cancelled",
)  # fmt: skip


class JobStanding(NamedTuple):
    """A job in a list of them. `runner`: whose session is at it, as `host:pid:start`, "" for nobody's; `overdue`: the
    requests of its worklist that have waited too long."""

    row: JobRow
    runner: str = ""
    overdue: tuple[Overdue, ...] = ()

    @property
    def is_stopped(self) -> bool:
        """Whether it has not come to its end and nobody is at it."""
        return self.row.is_open and not self.runner

    @property
    def state(self) -> str:
        """`running`, `stopped`, `done` or `cancelled`."""
        return "stopped" if self.is_stopped else self.row.state

    @property
    def standing(self) -> str:
        """`stopped at 340 of 900`, `running at 340 of 900 (on host, process 4711)`, `done`."""
        row = self.row
        if not row.is_open:
            return row.state
        at = f"{row.total - row.open:,} of {row.total:,}"
        if self.is_stopped:
            return f"stopped at {at}"
        host, _, rest = self.runner.partition(":")
        return f"running at {at} (on {host}, process {rest.partition(':')[0]})"


def say_verb(job: JobRow) -> str:
    """`revoke`, `restore of job 12`."""
    return f"{job.verb} of job {job.of_job}" if job.of_job else job.verb


def say_counts(job: JobRow) -> str:
    """`558 pending, 2 failed, 340 done`."""
    order = {state: number for number, state in enumerate(_STATES)}
    counts = sorted(job.counts.items(), key=lambda counted: order.get(counted[0], len(order)))
    return ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in counts)


def told(row: InvitationRow) -> str:
    """What there is to say of an invitation in its state, in short."""
    if row.state == "sent":
        return f"link until {say_time(row.expires_at)}"
    if row.state == "queued" and row.retry_at:
        return f"tried again from {say_time(row.retry_at)}: {row.why}"
    if row.state == "unknown":
        return row.why or "it may have been sent; a person has to look"
    return row.why


def bounced(found: Bounced) -> Iterator[str]:
    """What a folder of bounces came to, in sentences."""
    yield f"{plural(len(found.failed), 'message')} came back and failed."
    yield from (f"  {code}" for code in found.failed)
    for count, words in (
        (found.delayed, "of a message that is still on its way"),
        (found.other, "of a message that was delivered or passed on"),
        (found.unknown, "of no invitation here, or of one that was sent again since"),
    ):
        if count:
            yield f"{plural(count, 'report')} {words}."
    yield from (f"Not read: {problem}" for problem in found.unreadable)
    if found.failed:
        yield "Mend the addresses in the admin system; they come with the next import."


def say_sum(checks: Sequence[Check]) -> str:
    """`1 thing is wrong, 2 warnings`, or `All is well`."""
    wrong = sum(check.health is Health.WRONG for check in checks)
    warned = sum(check.health is Health.WARN for check in checks)
    summed = [plural(wrong, "thing is wrong", "things are wrong")] if wrong else []
    summed += [plural(warned, "warning")] if warned else []
    return ", ".join(summed) or "All is well"
