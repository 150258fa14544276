"""What every service offers, and the values that go in and out."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.errors import ServiceError


class FactsChanged(ServiceError):
    """Between the gate and the act somebody else changed what the gate had judged. Nothing was done."""


class Order(NamedTuple):
    """One item of a job, to be carried out now. `at` is the moment as ISO text, `reason` the operator's.

    `facts` were read when the register was at version `as_of`; `runner` holds the job, and nobody else may write of it;
    `of_job` is the job whose revoke a restore takes back.
    """

    item: int
    job: int
    person: int
    facts: AccountFacts
    actor: Actor
    at: str
    reason: str
    runner: str
    as_of: int
    of_job: int | None = None


class Acted(NamedTuple):
    """What became of an order: `done`, `requested`, `skipped` or `failed`, and whether the service has recorded that
    itself, in the very transaction in which it acted."""

    state: str
    detail: str
    recorded: bool


class Listed(NamedTuple):
    """One account in a worklist."""

    code: str
    surname_first: str
    email: str
    username: str
    why: str
    status: str = ""


class AccountService(Protocol):
    """A system that holds accounts.

    `name` is the config's word for it; `system` names it to people; `by_hand`: orders become requests that a person
    carries out; `sends_own_mail`: it sends the welcome email itself, so ours is not sent; `restores` is what a revoke
    can be taken back to, in words, and `can_restore` whether at all; `batch`: how many orders it takes at once.
    """

    name: str
    system: str
    by_hand: bool
    sends_own_mail: bool
    restores: str
    can_restore: bool
    batch: int

    def revoke(self, orders: Sequence[Order]) -> list[Acted]:
        """Remove username and password of each, and say what became of each, in their order. Raises LeaseLost,
        RegisterError; ServiceError when none of them was acted on and none can be now."""
        ...

    def restore(self, orders: Sequence[Order]) -> list[Acted]:
        """Give back what a revoke removed, as far as `restores` says. Raises as revoke does."""
        ...

    def are_revoked(self, orders: Sequence[Order]) -> list[bool | None]:
        """Read back whether the accounts are gone; None when this service can't know yet."""
        ...

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Called once all items of a job are through: writes what a person needs, returns the files."""
        ...
