"""What the manager does with messages that were sent, or are to be: list them, settle what nobody knows, bounces."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.domain.actor import Actor
from tui.errors import NotFound, Refused
from tui.register import audit, invitations, journal
from tui.register.database import Database
from tui.register.invitations import InvitationRow
from tui.services.service import AccountService
from tui.settings import Settings

if TYPE_CHECKING:
    from tui.jobs.plan import JobReport, Progress
    from tui.jobs.runner import Runner
    from tui.services.redeeming import Redeemer

SOON = timedelta(days=2)


class Bounced(NamedTuple):
    """What the bounces of a folder came to: the codes whose message failed, how many reports were of a message still
    on its way or delivered, how many were of no invitation here, and files that can't be read, with why."""

    failed: tuple[str, ...]
    delayed: int
    other: int
    unknown: int
    unreadable: tuple[str, ...]


class MailVerbs:
    """The part of AccountManager that looks after messages."""

    settings: Settings
    service: AccountService
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def redeemer(self, origin: str = "portal") -> "Redeemer":
        """What redeems the links of this register's messages, wherever its accounts live."""
        from tui.services.redeeming import Keeper, Redeemer

        return Redeemer(
            self._database,
            self._clock,
            future_counts=self.settings.accounts.future_students_count,
            origin=origin,
            keeper=self.service if isinstance(self.service, Keeper) else None,
        )

    def _runner(self) -> "Runner":
        raise NotImplementedError

    def invitations(self, states: Sequence[str] = (), *, code: str = "", expiring: bool = False) -> list[InvitationRow]:
        """Invitations, newest first: in these states (none: all), of one code, with a link that runs out soon."""
        by = (self._clock() + SOON).isoformat() if expiring else ""
        return invitations.listed(self._database, states=states, code=code, expiring_by=by)

    def invitation_counts(self) -> dict[str, int]:
        """How many invitations are in each state."""
        return invitations.counts(self._database)

    def settle(self, invitation: int, *, sent: bool) -> InvitationRow:
        """A person says whether a message whose fate is unknown was sent. Raises NotFound, Refused."""
        row = invitations.one(self._database, invitation)
        if row is None:
            raise NotFound(f"There is no invitation {invitation}.", todo="See engage-accounts invitations.")
        at = self._clock().isoformat()
        why = f"{self._actor.operator} says it was {'' if sent else 'not '}sent"
        with self._database.transaction() as connection:
            if not invitations.settle(connection, invitation, sent=sent, at=at, why=why):
                raise Refused(f"Invitation {invitation} is {row.state}, not unknown.", means="Nothing was changed.")
            if row.item is not None and journal.item_state(connection, row.item) == "unknown":
                journal.set_item(connection, row.item, "done" if sent else "failed", at, why)
            audit.append(
                connection,
                self._actor,
                at,
                f"{row.purpose} settled",
                subject=row.code,
                detail={"before": "unknown", "after": "sent" if sent else "failed", "invitation": invitation},
                job_id=row.job,
            )
        settled = invitations.one(self._database, invitation)
        assert settled is not None  # noqa: S101 - it was there a moment ago, and none is ever deleted
        return settled

    def flush(
        self,
        *,
        progress: Callable[["Progress"], None] | None = None,
        stop: threading.Event | None = None,
    ) -> "list[JobReport]":
        """Send again what a mail server put off, where its time has come. A report for each job that had any."""
        if not invitations.due_jobs(self._database, self._clock().isoformat()):
            return []
        return self._runner().flush(progress, stop)

    def next_retry(self) -> str:
        """When the next message that was put off is due, ISO text, "" for never."""
        return invitations.next_retry(self._database)

    def take_bounces(self, path: Path) -> Bounced:
        """Read what mail servers reported about our messages, from a mailbox folder or files. Raises Refused.

        Only what a report calls failed fails an invitation: Action is what counts (RFC 3464, 2.3.3).
        """
        from tui.mail.bounces import read_bounces

        failed, delayed, other, unknown, unreadable = list[str](), 0, 0, 0, list[str]()
        for bounce in read_bounces(path):
            if bounce.problem:
                unreadable.append(f"{bounce.file}: {bounce.problem}")
                continue
            row = invitations.of_key(self._database, bounce.key) if bounce.key else None
            if row is None:
                unknown += 1
            elif bounce.action == "failed":
                if self._bounced(row, bounce.diagnostic):
                    failed.append(row.code)
            elif bounce.action == "delayed":
                delayed += 1
            else:
                other += 1
        return Bounced(tuple(failed), delayed, other, unknown, tuple(unreadable))

    def _bounced(self, row: InvitationRow, diagnostic: str) -> bool:
        at = self._clock().isoformat()
        why = f"it came back: {diagnostic}" if diagnostic else "it came back"
        with self._database.transaction() as connection:
            if not invitations.bounce(connection, row.id, at, why):
                return False
            audit.append(
                connection,
                self._actor,
                at,
                f"{row.purpose} bounced",
                subject=row.code,
                detail={"before": row.state, "after": "failed", "what": diagnostic},
                job_id=row.job,
            )
        return True
