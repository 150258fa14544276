"""The guard: stops a whole plan before its first item when it is larger than any normal day's work.

Count or percent, as Microsoft Entra Connect (500 deletes a run), Okta (20 % of an app's users) and Google's directory
sync do; counted over the last 24 hours and every operator, so that slices of a plan can't slip under it.
"""

from typing import NamedTuple

from tui.domain.flag_groups import FlagGroup, say_group
from tui.text import plural

WINDOW_HOURS = 24


class GuardLimits(NamedTuple):
    """More than `max_count`, or more than `max_percent` of accounts where there are at least `percent_from`."""

    max_count: int = 1000
    max_percent: int = 20
    percent_from: int = 50


class GuardVerdict(NamedTuple):
    """What the guard says: `causes` is empty when it lets the plan through; the last `groups` of them are
    undecided flag groups.

    `planned` is the number that the operator types to override: the accounts that this plan acts on.
    """

    planned: int
    recent: int
    accounts: int
    causes: tuple[str, ...]
    groups: int = 0

    @property
    def stopped(self) -> bool:
        return bool(self.causes)

    @property
    def size(self) -> str:
        """`: 69 of 812 accounts (8.5 %)`, to end a sentence with, when it is the size that stops the plan; "" when only
        a group does."""
        return f": {self.measure}" if len(self.causes) > self.groups else ""

    @property
    def measure(self) -> str:
        """The sum with its denominator, for previews: `69 of 812 accounts (8.5 %)`."""
        total = self.planned + self.recent
        share = f" ({100 * total / self.accounts:.1f} %)" if self.accounts else ""
        recent = f", {self.recent:,} of them in the last {WINDOW_HOURS} hours" if self.recent else ""
        return f"{total:,} of {plural(self.accounts, 'account')}{share}{recent}"


def judge(
    planned: int,
    *,
    recent: int,
    accounts: int,
    limits: GuardLimits,
    undecided: tuple[FlagGroup, ...] = (),
    ready: int = 0,
) -> GuardVerdict:
    """Judge a plan to revoke `planned` accounts.

    `recent` were revoked or requested in the last 24 hours by anybody; `accounts` is the denominator: the accounts
    there were at the start of those 24 hours; `undecided` the flag groups that the plan touches
    and nobody answered for.
    """
    causes = []
    total = planned + recent
    if planned and total > limits.max_count:
        causes.append(f"{plural(total, 'account')} in {WINDOW_HOURS} hours is more than {limits.max_count:,}.")
    if planned and accounts >= limits.percent_from and total * 100 > limits.max_percent * accounts:
        causes.append(
            f"{total:,} of {plural(accounts, 'account')} is {100 * total / accounts:.1f} %, "
            f"more than {limits.max_percent} %."
        )
    causes += [f"{say_group(group, ready)} Nobody has said yet whether that was intended." for group in undecided]
    return GuardVerdict(planned, recent, accounts, tuple(causes), len(undecided))
