"""The embedded service: accounts live in the register itself. The demo uses it, and schools that choose it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tui.domain.gates import Decision, Verb
from tui.domain.restoring import restore_gate
from tui.register import accounts, audit, facts, journal
from tui.register.database import Connection, Database
from tui.services.service import Acted, Listed, Order

_ALREADY = Acted("done", "was done already", recorded=True)
_CHANGED = Acted("skipped", "the facts have changed just now", recorded=False)
_REVOKED = "username and password removed"
_RESTORED = "username and password given back"


class EmbeddedService:
    """Acts in one transaction for some dozens of orders: the accounts, their copies, their links, the audit events and
    the journal's items. A kill in between undoes all of them, and they are done again."""

    name = "embedded"
    by_hand = False
    elsewhere = False
    sends_own_mail = False
    batch = 50

    def __init__(self, database: Database, system: str, *, restore_days: int, future_counts: bool) -> None:
        self._database = database
        self.restore_days = restore_days
        self._future_counts = future_counts
        self.system = system
        self.can_restore = restore_days > 0
        self.restores = (
            f"Username and password are kept aside for {restore_days} days: until then this can be taken back."
            if restore_days
            else "This can't be restored: restore_days is 0, nothing is kept aside."
        )

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Remove usernames and passwords; raises RegisterError, LeaseLost."""
        keep_until = ""
        if self.restore_days:
            keep_until = (datetime.fromisoformat(orders[0].at) + timedelta(days=self.restore_days)).isoformat()
        with self._database.transaction() as connection:
            found, wanted = self._still_wanted(connection, orders)
            if wanted:
                persons = [order.person for order in wanted]
                before = accounts.revoke(
                    connection, persons, wanted[0].job, wanted[0].at, keep_until, future_counts=self._future_counts
                )
                for order in wanted:
                    was = {"username": before[order.person].username, "password": before[order.person].has_password}
                    self._record(connection, order, "revoke", _REVOKED, was, {"username": "", "password": False})
        return [found.get(order.item, Acted("done", _REVOKED, recorded=True)) for order in orders]

    def restore(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Give usernames and passwords back from the copies; raises RegisterError, LeaseLost."""
        of_job = orders[0].of_job or 0
        with self._database.transaction() as connection:
            found, wanted = self._still_wanted(connection, orders)
            # Asked here again: of two records that had one username, the first of them has it by now.
            for order in wanted:
                copy = accounts.copies(self._database, of_job, [order.person]).get(order.person)
                verdict = restore_gate(order.facts, copy, order.at)
                if verdict.decision is not Decision.ACT:
                    found[order.item] = Acted("skipped", verdict.sentence, recorded=False)
                    continue
                after = accounts.restore(
                    connection, [order.person], of_job, order.at, future_counts=self._future_counts
                )[order.person]
                there = {"username": after.username, "password": after.has_password}
                self._record(connection, order, "restore", _RESTORED, {"username": "", "password": False}, there)
        return [found.get(order.item, Acted("done", _RESTORED, recorded=True)) for order in orders]

    def _still_wanted(self, connection: Connection, orders: Sequence[Order]) -> tuple[dict[int, Acted], list[Order]]:
        """What is known of some orders already, by item, and the orders that are to be carried out.

        Looked at where nobody can come between: an import or a hold may have landed since the gate was asked.
        """
        journal.must_hold(connection, orders[0].job, orders[0].runner)
        states = journal.states_of(connection, [order.item for order in orders])
        found = {order.item: _ALREADY for order in orders if states[order.item] == "done"}
        wanted = [order for order in orders if order.item not in found]
        if wanted and any(order.as_of != self._database.version() for order in wanted):
            now = facts.gather(self._database, [order.person for order in wanted])
            found.update({order.item: _CHANGED for order in wanted if now[order.person] != order.facts})
        return found, [order for order in wanted if order.item not in found]

    def _record(
        self,
        connection: Connection,
        order: Order,
        action: str,
        detail: str,
        before: dict[str, object],
        after: dict[str, object],
    ) -> None:
        journal.set_item(connection, order.item, "done", order.at, detail)
        audit.append(
            connection,
            order.actor,
            order.at,
            action,
            subject=order.facts.code,
            detail={"system": self.system, "status": order.facts.status, "before": before, "after": after},
            job_id=order.job,
            reason=order.reason,
        )

    def are_revoked(self, orders: Sequence[Order]) -> list[bool | None]:
        """Whether the records carry neither username nor password any more, read afresh."""
        with self._database.errors():
            connection = self._database.connection
            return [accounts.state(connection, order.person) == ("", False) for order in orders]

    def prepare(self, orders: Sequence[Order], verb: Verb, going_on: Callable[[], bool]) -> list[Acted]:
        """The register has a place for everybody."""
        return [Acted("done", "", recorded=False) for _ in orders]

    def came_of(self, verb: Verb, orders: Sequence[Order]) -> list[Acted | None]:
        """Nothing is begun that is not recorded."""
        return [None for _ in orders]

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Nothing is left to a person."""
        return []

    def close(self) -> None:
        """Nothing is held open."""
