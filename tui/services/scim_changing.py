"""Changing one record of a SCIM service until reading it back shows that it is so.

What was sent is tried again only when reading back proves that nothing happened.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tui.services.scim_records import Operation, ScimUser, same_username
from tui.services.scim_wire import Fate, ScimWire, ServiceDown, Wrote

TRIES = 4


class Outcome(NamedTuple):
    """What became of a change: `done`, `failed`, or `claimed` when something was sent and the service is away before it
    could be read back; why; and the record as it was read last, None when it is gone."""

    state: str
    why: str
    user: ScimUser | None


async def change(
    wire: ScimWire,
    user: ScimUser,
    operations: Sequence[Operation],
    is_reached: Callable[[ScimUser], bool],
    *,
    written: bool = False,
    must_be_told: bool = False,
) -> Outcome:
    """Make these changes. `written`: they were sent already. `must_be_told`: what can't be read back (a password)
    counts only once the service has said that it did it. Raises ServiceDown when nothing was sent."""
    names = [str(operation["value"]) for operation in operations if operation["path"] == "userName"]
    began, single, wrote = written, False, Wrote(Fate.UNKNOWN)
    for tried in range(TRIES):
        if tried or not written:
            try:
                began = began or single  # of several, some may go out before the line is cut
                wrote = await _write(wire, user, operations, single=single, must_be_told=must_be_told)
            except ServiceDown as error:
                if not began:
                    raise
                return Outcome("claimed", error.what, user)
            began = began or wrote.fate in (Fate.DONE, Fate.UNKNOWN)
        try:
            now = await wire.read_surely(user.id)
        except ServiceDown as error:
            if not began:
                raise
            return Outcome("claimed", error.what, user)
        if now is None:
            return Outcome("done", "", None)
        if now.external_id != user.external_id:
            return Outcome("failed", "the record was given to another contact there meanwhile", now)
        if not now.external_id and not any(same_username(now.username, name) for name in (user.username, *names)):
            return Outcome("failed", "the record was given another username there meanwhile", now)
        if is_reached(now) and (wrote.fate is Fate.DONE or not must_be_told):
            return Outcome("done", wrote.why if wrote.fate is Fate.DONE else "", now)
        if wrote.fate is Fate.REFUSED:
            if single or len(operations) == 1:
                return Outcome("failed", f"{wire.what} refuses the change ({wrote.why})", now)
            # All in one it does not take: one after the other, in the safe order, and see how far it goes.
            single = True
        elif wrote.fate is Fate.CHANGED:
            wire.compare_versions(user, now)
        elif tried or not written:
            await asyncio.sleep(wrote.wait)
        user = now
    return Outcome("failed", "read back: it is not as it was asked to be", user)


async def _write(
    wire: ScimWire, user: ScimUser, operations: Sequence[Operation], *, single: bool, must_be_told: bool
) -> Wrote:
    if not single:
        return await wire.change(user, operations)
    unsaid = ""
    for operation in operations:
        wrote = await wire.change(user, [operation])
        is_password = operation["path"] == "password"
        if wrote.fate is Fate.REFUSED and is_password and not must_be_told and operations[-1] is not operation:
            unsaid = f"its password could not be changed ({wrote.why})"
        elif wrote.fate is not Fate.DONE:
            return wrote
        now = await wire.read(user.id)
        if now is None:
            break
        user = now
    return Wrote(Fate.DONE, unsaid)
