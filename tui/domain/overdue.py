"""Requests on worklists that have waited too long: for so many days, or past an import that could not verify them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tui.domain.feed_accounts import RequestOutcome, why_unverified
from tui.text import join_and, plural, say_date

_SHOWN = 5


class Request(NamedTuple):
    """A request that nobody has attested and no import has verified. `asked_at`: when it was put on its list;
    `verified`: what the last newer import said, in the words of RequestOutcome, and `extract`: when that was made; both
    "" when none came."""

    item: int
    job: int
    verb: str
    system: str
    person: int
    code: str
    asked_at: str
    verified: str = ""
    extract: str = ""


class Overdue(NamedTuple):
    """Requests of one job that are overdue for one cause. `since`: when the first was asked for (ISO text), `days` ago;
    `why`: why an import could not verify them, "" when it is the days alone."""

    job: int
    verb: str
    codes: tuple[str, ...]
    since: str
    days: int
    why: str

    @property
    def sentence(self) -> str:
        """`2 requests of job 3 (revoke) wait since 20 Nov 2026, 9 days: SMI0042 and TAY0031`, and why."""
        who = join_and(list(self.codes), most=_SHOWN)
        waits = "waits" if len(self.codes) == 1 else "wait"
        days = f", {plural(self.days, 'day')}" if self.days else ""
        said = f"{plural(len(self.codes), 'request')} of job {self.job} ({self.verb}) {waits} since "
        return f"{said}{say_date(self.since)}{days}{f': {self.why}' if self.why else ''} ({who})"


def find_overdue(requests: Iterable[Request], now: datetime, *, days: int) -> tuple[Overdue, ...]:
    """Of the requests that wait, those that have waited `days` days or more, and those that a newer import could not
    verify, by job and cause. `days` 0: nothing is ever overdue."""
    if not days:
        return ()
    latest = (now - timedelta(days=days)).isoformat()
    found: dict[tuple[int, str, str], list[Request]] = {}
    for request in requests:
        unverified = RequestOutcome(request.verified).is_unverified
        why = why_unverified(request.verb, request.verified, request.extract) if unverified else ""
        if why or request.asked_at <= latest:
            found.setdefault((request.job, request.verb, why), []).append(request)
    return tuple(
        Overdue(job, verb, tuple(one.code for one in waiting), since, _days(since, now), why)
        for (job, verb, why), waiting in found.items()
        for since in (min(one.asked_at for one in waiting),)
    )


def _days(since: str, now: datetime) -> int:
    return max((now - datetime.fromisoformat(since)).days, 0)


def say_overdue(overdue: Sequence[Overdue]) -> str:
    """For a header: `4 requests overdue`."""
    count = sum(len(one.codes) for one in overdue)
    return f"{plural(count, 'request')} overdue" if count else ""
