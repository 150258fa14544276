"""What every service offers, and the values that go in and out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from tui.domain.actor import Actor
from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb
from tui.domain.holders import Holder
from tui.errors import ServiceError


class FactsChanged(ServiceError):
    """Between the gate and the act somebody else changed what the gate had judged. Nothing was done."""


class Order(NamedTuple):
    """One item of a job, to be carried out now. `at` is the moment as ISO text, `reason` the operator's.

    `facts` were read when the register was at version `as_of`; `runner` holds the job, and nobody else may write of it;
    `of_job` is the job whose revoke a restore takes back, and `username` what it gives back.
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
    username: str = ""


class Acted(NamedTuple):
    """What became of an order: `done`, `requested`, `skipped` or `failed`; `pending` when it was not begun, and
    `claimed` when something was sent and nobody knows yet what came of it: a resume looks. `recorded`: the service has
    written that down itself, in the very transaction in which it acted. `username`: of an account that came to be."""

    state: str
    detail: str
    recorded: bool
    username: str = ""


class Listed(NamedTuple):
    """One account in a worklist."""

    code: str
    surname_first: str
    email: str
    username: str
    why: str
    status: str = ""


class ServiceAccount(NamedTuple):
    """One account as a service has it. `active` None: it does not say."""

    code: str
    username: str
    active: bool | None
    holder: Holder


class AccountService(Protocol):
    """A system that holds accounts.

    `name` is the config's word for it; `system` names it to people; `by_hand`: orders become requests that a person
    carries out; `elsewhere`: it acts on another system, so that orders are claimed before they go out and the register
    follows what came of them; `sends_own_mail`: it sends the welcome email itself, so ours is not sent; `restores` is
    what a revoke can be taken back to, in words, `can_restore` whether at all, and `restore_days` for how long;
    `batch`: how many orders it takes at once.

    `going_on` is asked from time to time in the caller's thread; once it says no, no further order is begun.
    """

    name: str
    system: str
    by_hand: bool
    elsewhere: bool
    sends_own_mail: bool
    restores: str
    can_restore: bool
    restore_days: int
    batch: int

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Remove username and password of each, read back, and say what became of each, in their order. Raises
        LeaseLost, RegisterError; ServiceError when none of them was acted on and none can be now."""
        ...

    def restore(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Give back what a revoke removed, as far as `restores` says. Raises as revoke does."""
        ...

    def prepare(self, orders: Sequence[Order], verb: Verb, going_on: Callable[[], bool]) -> list[Acted]:
        """See that each can be written to: done where the account, or the place for one, is there. Raises as revoke
        does."""
        ...

    def are_revoked(self, orders: Sequence[Order]) -> list[bool | None]:
        """Whether the accounts are gone, read afresh; None when this service can't know. Raises ServiceError."""
        ...

    def came_of(self, verb: Verb, orders: Sequence[Order]) -> list[Acted | None]:
        """What became elsewhere of orders that a run had begun which was cut off: `done`; `claimed` when some of it was
        done, and what; None when nothing was, or it can't be told. Raises ServiceError."""
        ...

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Called once all items of a job are through: writes what a person needs, returns the files."""
        ...

    def close(self) -> None:
        """Let go of what it holds open; it may be used again."""
        ...
