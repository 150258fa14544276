"""The SCIM service: accounts live in an identity service that speaks SCIM 2.0 (RFC 7643, 7644).

An account is found by its contact code (externalId), then by its username, and only when there is exactly one; whatever
is written is read back, and tried again only when reading back proves that nothing happened. A revoke deactivates the
record first, then gives it a password that nobody knows and a username that means nothing: its old one is free again.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb
from tui.domain.holders import fits, is_another
from tui.errors import Refused, ServiceError
from tui.services.scim_changing import Outcome, change
from tui.services.scim_checking import look_at
from tui.services.scim_finding import find, find_given, find_made, find_waiting, free_tombstone
from tui.services.scim_making import make
from tui.services.scim_records import (
    Operation,
    ScimUser,
    give_operations,
    is_revoked,
    nobodys_password,
    revoke_operations,
    same_username,
)
from tui.services.scim_wire import NotCertain, ScimWire, ServiceDown
from tui.services.service import Acted, Listed, Order, ServiceAccount
from tui.text import join_and
from tui.web import Web

T = TypeVar("T")
# From so many on one request with all of them beats some each; below, a request each is as quick and simpler.
_BULK_FROM = 8


@dataclass
class _Batch:
    """Orders on their way: whether no more of them are to be begun, and why."""

    stopped: bool = False
    down: str = ""


def _stay() -> bool:
    return True


class ScimService:
    """Acts on one identity service, several orders at once. `open_web` makes the line to it at first use: only then is
    its token read. `name_new`: `email` or `code`, the username that a new record waits with."""

    name = "scim"
    by_hand = False
    elsewhere = True

    def __init__(
        self,
        open_web: Callable[[], Web],
        system: str,
        *,
        parallel: int = 4,
        restore_days: int = 0,
        keeps_usernames: bool = False,
        sends_own_mail: bool = False,
        name_new: str = "email",
    ) -> None:
        self._open_web = open_web
        self._web: Web | None = None
        self._using, self._in_use = threading.Lock(), 0
        self._wire: ScimWire | None = None
        self._parallel = parallel
        self._keeps_usernames = keeps_usernames
        self._name_new = name_new
        self.sends_own_mail = sends_own_mail
        self.system = system
        self.batch = 4 * parallel
        self.restore_days = restore_days
        self.can_restore = restore_days > 0
        self.restores = (
            f"The username is kept aside for {restore_days} days and can be given back until then; the password can't: "
            "the parent then needs a password reset."
            if restore_days
            else "This can't be restored: restore_days is 0, nothing is kept aside."
        )

    # -- what a service does ---------------------------------------------------------------------------------------

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool] = _stay) -> list[Acted]:
        """Deactivate, change password and username, and read back."""
        return self._run(lambda batch: self._revoke_all(orders, batch), going_on)

    def restore(self, orders: Sequence[Order], going_on: Callable[[], bool] = _stay) -> list[Acted]:
        """Give usernames back and activate again, with a password that nobody knows."""
        return self._run(lambda batch: self._each(orders, self._restore, batch), going_on)

    def prepare(self, orders: Sequence[Order], verb: Verb, going_on: Callable[[], bool] = _stay) -> list[Acted]:
        """Make sure that whoever gets a link has a record here: a new one is made, and waits inactive for its parent,
        or is active at once where the service writes to her itself."""
        return self._run(lambda batch: self._each(orders, self._prepare, batch), going_on)

    def are_revoked(self, orders: Sequence[Order]) -> list[bool | None]:
        """Whether nobody can log in any more; None where there is no such record. Raises ServiceDown."""

        async def one(order: Order) -> bool | None:
            try:
                user = await self._find(order.facts.code, order.facts.username or order.username)
                return None if user is None else await self._is_surely_revoked(user, order.facts.username)
            except NotCertain:
                return None

        async def every(_: _Batch) -> list[bool | None]:
            return [await one(order) for order in orders]

        return self._run(every, _stay)

    def came_of(self, verb: Verb, orders: Sequence[Order]) -> list[Acted | None]:
        """What became of orders that were begun. Raises ServiceDown."""

        async def one(order: Order) -> Acted | None:
            try:
                return await self._came_of(verb, order)
            except NotCertain:
                return None

        async def every(_: _Batch) -> list[Acted | None]:
            return [await one(order) for order in orders]

        return self._run(every, _stay)

    def accounts(self) -> tuple[list[ServiceAccount], int]:
        """Every account of the service, and how many records can't be read. Raises ServiceDown."""

        async def listed(_: _Batch) -> tuple[list[ServiceAccount], int]:
            users, odd = await self._there().everybody()
            return [ServiceAccount(user.external_id, user.username, user.active, user.holder) for user in users], odd

        return self._run(listed, _stay)

    def check(self) -> tuple[str, list[str]]:
        """Try the service without changing anything: what it is, and what to know of it. Raises ServiceDown."""

        async def look(_: _Batch) -> tuple[str, list[str]]:
            return await look_at(self._there(), self.system, self._is_revoked)

        return self._run(look, _stay)

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Nothing is left to a person."""
        return []

    def close(self) -> None:
        """Let go of the line, and of what was learnt of the service."""
        with self._using:
            if self._in_use:
                return  # a job of this session is at it still; it lets go at its own end
            web, self._web, self._wire = self._web, None, None
        if web is not None:
            web.close()

    # -- credentials that a parent chose ---------------------------------------------------------------------------

    def give(self, facts: AccountFacts, username: str, password: str) -> None:
        """Set what a parent has chosen, and activate. Raises Refused for what can't be chosen, ServiceError."""

        async def work(_: _Batch) -> None:
            self._there().forget()  # whoever serves the links has its line open for days
            user = await self._find_or_waiting(facts)
            if not facts.username and (user is None or user.active is not False):
                user = await find_given(self._there(), facts, username)
            if user is None:
                raise NotCertain("There is no record waiting for this parent.")
            # Whose username is known is hers, unless the record plainly says otherwise.
            is_hers = not is_another(user.holder, facts.holder) if facts.username else fits(user.holder, facts.holder)
            if not is_hers:
                raise NotCertain("The record there has another name and email.")
            if facts.username and not same_username(user.username, facts.username):
                raise NotCertain("The record has another username by now.")
            others = await self._there().holders("userName", username)
            if any(other.id != user.id for other in others):
                raise Refused("This username can't be taken: this username is taken.", todo="Choose another.")
            wanted = "" if same_username(user.username, username) else username
            outcome = await self._change(
                user,
                give_operations(wanted, password),
                lambda now: now.active is True and same_username(now.username, username),
                must_be_told=True,
            )
            if outcome.state == "failed" and outcome.user is not None:
                raise Refused(
                    f"{self.system} does not take this username or password ({outcome.why}).", todo="Choose others."
                )
            if outcome.state != "done" or outcome.user is None:
                raise ServiceError(f"{self.system} could not set the password just now.", todo="Try again later.")

        self._run(work, _stay)

    def take_back(self, facts: AccountFacts, username: str) -> None:
        """Close an account again that a link opened which was no longer good. Raises ServiceError."""

        async def work(_: _Batch) -> None:
            self._there().forget()
            user = await self._find(facts.code, username)
            if user is not None and not self._is_revoked(user):
                outcome = await self._make_revoked(user, facts.code)
                if outcome.state != "done":
                    raise ServiceError(f"{self.system} could not close the account again: {outcome.why}")

        self._run(work, _stay)

    # -- running ---------------------------------------------------------------------------------------------------

    def _run(self, work: Callable[[_Batch], Awaitable[T]], going_on: Callable[[], bool]) -> T:
        with self._using:
            if self._web is None:
                self._web = self._open_web()
            web = self._web
            self._in_use += 1
        batch = _Batch()

        async def whole() -> T:
            return await work(batch)

        def tick() -> None:
            batch.stopped = batch.stopped or not going_on()

        try:
            tick()
            return web.run(whole(), tick)
        finally:
            with self._using:
                self._in_use -= 1

    def _there(self) -> ScimWire:
        if self._wire is None:
            assert self._web is not None  # noqa: S101  opened by _run
            self._wire = ScimWire(self._web)
        return self._wire

    async def _each(
        self, orders: Sequence[Order], act: Callable[[Order], Awaitable[Acted]], batch: _Batch
    ) -> list[Acted]:
        slots = asyncio.Semaphore(self._parallel)

        async def one(order: Order) -> Acted:
            async with slots:
                if batch.stopped or batch.down:
                    return Acted("pending", batch.down, recorded=False)
                try:
                    return await act(order)
                except ServiceDown as error:
                    batch.down = batch.down or error.what
                    return Acted("pending", error.what, recorded=False)
                except NotCertain as error:
                    return Acted("failed", error.what, recorded=False)

        # All of them are waited for, whatever one comes to: none may go on behind a job that has ended.
        acted = await asyncio.gather(*(one(order) for order in orders), return_exceptions=True)
        for what in acted:
            if isinstance(what, BaseException):
                raise what
        return [what for what in acted if isinstance(what, Acted)]

    # -- revoking --------------------------------------------------------------------------------------------------

    async def _revoke_all(self, orders: Sequence[Order], batch: _Batch) -> list[Acted]:
        if len(orders) < _BULK_FROM:
            return await self._each(orders, self._revoke, batch)
        try:
            bulk = (await self._there().offers()).bulk_operations
        except ServiceDown as error:
            return [Acted("pending", error.what, recorded=False) for _ in orders]
        if not bulk:
            return await self._each(orders, self._revoke, batch)
        found: dict[int, ScimUser] = {}

        async def look(order: Order) -> Acted:
            user = await self._find(order.facts.code, order.facts.username)
            answer = await self._not_to_revoke(order, user)
            if answer is None and user is not None:
                found[order.item] = user
            return answer or Acted("pending", "", recorded=False)

        async def read_back(order: Order) -> Acted:
            user = found[order.item]
            return self._acted(await self._make_revoked(user, order.facts.code, written=True))

        acted = dict(zip([order.item for order in orders], await self._each(orders, look, batch), strict=True))
        wanted = [order for order in orders if order.item in found]
        if wanted and not batch.stopped and not batch.down:
            changes = [
                (found[order.item], await self._revoke_operations(found[order.item], order.facts.code))
                for order in wanted
            ]
            try:
                tried = await self._there().change_many(changes)
            except ServiceDown as error:
                return [
                    Acted("pending", error.what, recorded=False) if order.item in found else acted[order.item]
                    for order in orders
                ]
            # What was sent is read back, whatever else is to stop.
            done = (
                await self._each(wanted, read_back, _Batch())
                if tried
                else await self._each(wanted, self._revoke, batch)
            )
            acted |= dict(zip([order.item for order in wanted], done, strict=True))
        return [acted[order.item] for order in orders]

    async def _revoke(self, order: Order) -> Acted:
        user = await self._find(order.facts.code, order.facts.username)
        answer = await self._not_to_revoke(order, user)
        if answer is not None or user is None:
            return answer or _failed(_NOBODY)
        return self._acted(await self._make_revoked(user, order.facts.code))

    async def _not_to_revoke(self, order: Order, user: ScimUser | None) -> Acted | None:
        """What is to be said of an order without changing anything; None when it is to be carried out."""
        if user is None:
            return _failed(_NOBODY)
        shared = order.facts.username_shared_with
        if shared and not user.external_id:
            who = join_and(list(shared), most=3)
            return _failed(f"the record with this username has no code there, and {who} has it here too: whose is it?")
        if await self._is_surely_revoked(user, order.facts.username):
            return Acted("done", "was revoked there already", recorded=False)
        if not user.is_tombstone and not same_username(user.username, order.facts.username):
            return _failed("the record with this code has another username there: see engage-accounts reconcile")
        return None

    async def _is_surely_revoked(self, user: ScimUser, username: str) -> bool:
        """Whether it is, and no other record has the username: that one would let the parent in. Raises NotCertain."""
        if not self._is_revoked(user):
            return False
        if username and any(other.id != user.id for other in await self._there().holders("userName", username)):
            raise NotCertain("the record with this code is revoked there, and another one has the username")
        return True

    async def _revoke_operations(self, user: ScimUser, code: str) -> list[Operation]:
        offers = await self._there().offers()
        password = nobodys_password() if offers.passwords else ""
        renamed = "" if self._keeps_usernames else await free_tombstone(self._there(), user, code)
        return revoke_operations(user, password, renamed)

    async def _make_revoked(self, user: ScimUser, code: str, *, written: bool = False) -> Outcome:
        operations = await self._revoke_operations(user, code)
        return await self._change(user, operations, self._is_revoked, written=written)

    def _acted(self, outcome: Outcome) -> Acted:
        if outcome.state == "done":
            gone = outcome.user is None
            done = (
                "the record went away there" if gone else f"deactivated{'' if self._keeps_usernames else ', renamed'}"
            )
            return Acted("done", f"{done}; {outcome.why}" if outcome.why else done, recorded=False)
        why = outcome.why
        if outcome.state == "failed" and outcome.user is not None and outcome.user.active is False:
            why += "; it is deactivated, and keeps its username"
        return Acted(outcome.state, why, recorded=False)

    # -- restoring, and making ready for a link --------------------------------------------------------------------

    async def _restore(self, order: Order) -> Acted:
        user = await self._find(order.facts.code, order.username)
        if user is None:
            return _failed(_NOBODY)
        if user.active is True and same_username(user.username, order.username):
            return Acted("done", "was given back there already", recorded=False)
        # One that was given its username back and not opened yet is ours as well.
        is_half = user.active is False and same_username(user.username, order.username)
        if not (self._is_revoked(user) or is_half):
            return _failed("the record was changed there since the revoke")
        if any(other.id != user.id for other in await self._there().holders("userName", order.username)):
            return _failed("its username is taken there by another record")
        wanted = "" if same_username(user.username, order.username) else order.username
        outcome = await self._change(
            user,
            give_operations(wanted, nobodys_password()),
            lambda now: now.active is True and same_username(now.username, order.username),
        )
        if outcome.state == "done" and outcome.user is None:
            return _failed("the record went away there")
        detail = "username given back; a password reset is needed" if outcome.state == "done" else outcome.why
        return Acted(outcome.state, detail, recorded=False)

    async def _prepare(self, order: Order) -> Acted:
        facts = order.facts
        user = await self._find_or_waiting(facts)
        if facts.has_account:
            if user is None:
                return _failed(_NOBODY)
            if user.active is not True or not same_username(user.username, facts.username):
                return _failed("the record there is not as this register has it: see engage-accounts reconcile")
            if is_another(user.holder, facts.holder):
                return _failed("the record there has another name and email: the code may have been reused")
            if self.sends_own_mail:
                return _failed(_WRITES_ONCE)
            return Acted("done", "has a record there", recorded=False)
        if user is None:
            username = self._first_username(facts)
            return await make(self._there(), facts, username, active=self.sends_own_mail, system=self.system)
        if user.active is not False:
            return _failed("has an account there that this register does not know of: see engage-accounts reconcile")
        if not fits(user.holder, facts.holder):
            return _failed("the record with this code there has another name and email: the code may have been reused")
        if self.sends_own_mail:
            return _failed(_WRITES_ONCE)
        return Acted("done", "has a record there, which waits for its parent", recorded=False)

    async def _came_of(self, verb: Verb, order: Order) -> Acted | None:
        facts = order.facts
        if verb.mails:
            if facts.has_account or not self.sends_own_mail:
                return None
            found = await find_made(self._there(), facts, self._first_username(facts))
            is_made = len(found) == 1 and found[0].active is True and fits(found[0].holder, facts.holder)
            return Acted("done", _BEFORE, recorded=False, username=found[0].username) if is_made else None
        username = order.username or facts.username
        user = await self._find(facts.code, username)
        if user is None:
            return None
        is_same = same_username(user.username, username)
        if verb is Verb.RESTORE:
            if user.active is True and is_same:
                return Acted("done", _BEFORE, recorded=False)
            half = "its username is given back there, and its record is not active" if is_same else ""
        elif await self._is_surely_revoked(user, username):
            return Acted("done", _BEFORE, recorded=False)
        else:
            half = "its record there is deactivated" if user.active is False else ""
        return Acted("claimed", half, recorded=False) if half else None

    # -- finding and changing --------------------------------------------------------------------------------------

    async def _find(self, code: str, username: str) -> ScimUser | None:
        return await find(self._there(), code, username, keeps_usernames=self._keeps_usernames)

    async def _find_or_waiting(self, facts: AccountFacts) -> ScimUser | None:
        user = await self._find(facts.code, facts.username)
        if user is None and not facts.username:
            user = await find_waiting(self._there(), facts, self._first_username(facts))
        return user

    def _first_username(self, facts: AccountFacts) -> str:
        return facts.email if self._name_new == "email" else facts.code

    async def _change(
        self,
        user: ScimUser,
        operations: Sequence[Operation],
        is_reached: Callable[[ScimUser], bool],
        *,
        written: bool = False,
        must_be_told: bool = False,
    ) -> Outcome:
        wire = self._there()
        return await change(wire, user, operations, is_reached, written=written, must_be_told=must_be_told)

    def _is_revoked(self, user: ScimUser) -> bool:
        return is_revoked(user, keeps_usernames=self._keeps_usernames)


_BEFORE = "had been done before the stop"
_WRITES_ONCE = "has a record there already, and the service writes only when it makes one: have it write to her again"
_NOBODY = "there is no record with this code or username there: see engage-accounts reconcile"


def _failed(why: str) -> Acted:
    return Acted("failed", why, recorded=False)
