"""What the manager does where accounts live elsewhere: compare, list the drift, and take over what a person names."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from tui.domain.actor import Actor
from tui.domain.drift import TAKEN, Drift, Drifted, Theirs, find_drift
from tui.errors import Refused, RegisterReadOnly
from tui.register import accounts, audit, snapshots
from tui.register.database import Database
from tui.services.service import AccountService, ServiceAccount
from tui.settings import Settings
from tui.text import clean, plural

_PART = 200


@runtime_checkable
class _Listing(Protocol):
    def accounts(self) -> tuple[list[ServiceAccount], int]: ...


class Reconciled(NamedTuple):
    """What a comparison found: how many records the service has, how many can't be read, and the differences."""

    system: str
    records: int
    unreadable: int
    drift: tuple[Drifted, ...]


class ReconcileVerbs:
    """The part of AccountManager that compares the register with the service."""

    settings: Settings
    service: AccountService
    read_only: bool
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def reconcile(self) -> Reconciled:
        """Compare; nothing is changed, here or there. Raises Refused where there is nothing to compare with,
        ServiceError."""
        if not isinstance(self.service, _Listing):
            raise Refused(
                f"Accounts live in {self.service.system}, which can't be asked for a list.",
                means="Imports compare what the feed says of them.",
            )
        try:
            theirs, odd = self.service.accounts()
        finally:
            self.service.close()
        found = find_drift(
            accounts.known(self._database),
            # What outside says is cleaned like what a feed says, or the two could not be compared.
            (Theirs(clean(one.code), clean(one.username), one.active is not False, one.holder) for one in theirs),
        )
        if not self.read_only:
            with self._database.transaction() as connection:
                snapshots.mark(connection, "reconciled_at", self._clock().isoformat())
        return Reconciled(self.service.system, len(theirs), odd, tuple(found))

    def take_over(self, found: Reconciled, codes: Sequence[str] = ()) -> int:
        """Let the register have what the service says: of these codes, or, without any, of all contacts whose account
        it did not know of. The service is not changed, and whose account was changed here since the comparison is left
        alone. Returns how many. Raises Refused."""
        if self.read_only:
            raise RegisterReadOnly("This session is read-only.", means="Nothing was taken over.")
        wanted = [
            one
            for one in found.drift
            if (one.code in codes and one.kind in TAKEN) or (not codes and one.kind is Drift.NOT_HERE)
        ]
        if missing := sorted(set(codes) - {one.code for one in wanted}):
            raise Refused(
                f"There is nothing to take over for {', '.join(clean(code) for code in missing[:10])}.",
                means="Nothing was taken over.",
                todo="See engage-accounts reconcile for what differs.",
            )
        at, count = self._clock().isoformat(), 0
        for start in range(0, len(wanted), _PART):
            with self._database.transaction() as connection:
                for one in wanted[start : start + _PART]:
                    if not accounts.take_over(
                        connection,
                        one.code,
                        one.ours,
                        one.theirs,
                        at,
                        future_counts=self.settings.accounts.future_students_count,
                    ):
                        continue
                    count += 1
                    audit.append(
                        connection,
                        self._actor,
                        at,
                        "account taken over",
                        subject=one.code,
                        detail={
                            "system": found.system,
                            "what": str(one.kind),
                            "before": {"username": one.ours},
                            "after": {"username": one.theirs},
                        },
                    )
        return count


def say_compared(found: Reconciled) -> str:
    """`Kew IdM has 1,204 records; 3 of them can't be read. 12 differences.`"""
    odd = f"; {found.unreadable:,} of them can't be read" if found.unreadable else ""
    has = f"{found.system} has {plural(found.records + found.unreadable, 'record')}{odd}."
    return f"{has} {plural(len(found.drift), 'difference') if found.drift else 'This register says the same'}."
