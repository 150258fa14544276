"""The embedded service: accounts live in the register itself. The demo uses it, and schools that choose it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tui.register import accounts, audit, facts, journal
from tui.register.database import Database
from tui.services.service import Acted, FactsChanged, Listed, Order


class EmbeddedService:
    """Revokes in one transaction: the account, its copy, its links, the audit event and the journal's item."""

    name = "embedded"
    by_hand = False
    sends_own_mail = False

    def __init__(self, database: Database, system: str, *, restore_days: int, future_counts: bool) -> None:
        self._database = database
        self._restore_days = restore_days
        self._future_counts = future_counts
        self.system = system
        self.restores = (
            f"Username and password are kept aside for {restore_days} days, for a restore (not in this version yet)."
            if restore_days
            else "This can't be restored: restore_days is 0, nothing is kept aside."
        )

    def revoke(self, order: Order) -> Acted:
        """Remove username and password; raises RegisterError, FactsChanged."""
        keep_until = (datetime.fromisoformat(order.at) + timedelta(days=self._restore_days)).isoformat()
        with self._database.transaction() as connection:
            if journal.item_state(connection, order.item) == "done":
                return Acted("done", "was done already", recorded=True)
            # Read again where nobody can come between: an import or a hold may have landed since the gate was asked.
            if facts.gather(self._database, [order.person])[order.person] != order.facts:
                raise FactsChanged("the facts have changed just now")
            before = accounts.revoke(
                connection, order.person, order.job, order.at, keep_until, future_counts=self._future_counts
            )
            journal.set_item(connection, order.item, "done", order.at, "username and password removed")
            audit.append(
                connection,
                order.actor,
                order.at,
                "revoke",
                subject=order.facts.code,
                detail={
                    "system": self.system,
                    "status": order.facts.status,
                    "before": {"username": before.username, "password": before.has_password},
                    "after": {"username": "", "password": False},
                },
                job_id=order.job,
                reason=order.reason,
            )
        return Acted("done", "username and password removed", recorded=True)

    def is_revoked(self, order: Order) -> bool | None:
        """Whether the record carries neither username nor password any more, read afresh."""
        with self._database.errors():
            return accounts.state(self._database.connection, order.person) == ("", False)

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Nothing is left to a person."""
        return []
