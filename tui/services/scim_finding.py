"""Whose record is whose in a SCIM service: by contact code, then by username, and only when there is exactly one.

Some services take an externalId and never keep it: there a record that waits for its parent is known by the username
that it was made with, and by her email and her names in it.
"""

from tui.domain.facts import AccountFacts
from tui.domain.holders import fits, fits_surely
from tui.services.scim_records import ScimUser, same_username, tombstone
from tui.services.scim_wire import NotCertain, ScimWire

_MOST_TOMBSTONES = 100


async def find(wire: ScimWire, code: str, username: str, *, keeps_usernames: bool) -> ScimUser | None:
    """The one record of a contact: by its code, else by its username, else by what an earlier revoke of ours left
    behind. Raises NotCertain when there are several, or it is another's; ServiceDown."""
    found = await wire.holders("externalId", code)
    if not found and username:
        found = await wire.holders("userName", username)
        if any(user.external_id not in ("", code) for user in found):
            raise NotCertain("the record with this username has another contact's code there")
        if not found and not keeps_usernames:
            found = await _left_behind(wire, code, username)
    if len(found) > 1:
        raise NotCertain(doubled(len(found)))
    return found[0] if found else None


async def _left_behind(wire: ScimWire, code: str, username: str) -> list[ScimUser]:
    """The record that the latest revoke of this username left behind."""
    found: list[ScimUser] = []
    for number in range(_MOST_TOMBSTONES):
        later = await wire.holders("userName", tombstone(code, username, number))
        if not later:
            break
        found = later
    return found


async def free_tombstone(wire: ScimWire, user: ScimUser, code: str) -> str:
    """The username that a revoke leaves this record with. Where records carry no codes, an earlier one of the same
    contact may have it already. Raises NotCertain, ServiceDown."""
    if user.external_id:
        return tombstone(code, user.username)
    for number in range(_MOST_TOMBSTONES):
        name = tombstone(code, user.username, number)
        if all(other.id == user.id for other in await wire.holders("userName", name)):
            return name
    raise NotCertain(f"{_MOST_TOMBSTONES} earlier records of this username are there")


async def find_waiting(wire: ScimWire, facts: AccountFacts, first: str) -> ScimUser | None:
    """The inactive record that was made under the username `first` for a contact without an account, where the service
    keeps no codes at all; where it does, a record without a code is somebody else's. Raises ServiceDown."""
    if await wire.keeps_codes():
        return None
    found = await wire.holders("userName", first)
    return (
        found[0]
        if len(found) == 1 and found[0].active is False and fits_surely(found[0].holder, facts.holder)
        else None
    )


async def find_given(wire: ScimWire, facts: AccountFacts, username: str) -> ScimUser | None:
    """The record of a contact without an account that has the username which she chose already: it was given to her and
    the answer was lost. Raises ServiceDown."""
    found = await wire.holders("userName", username)
    if len(found) != 1 or found[0].active is not True:
        return None
    (user,) = found
    if user.external_id:
        return user if user.external_id == facts.code and fits(user.holder, facts.holder) else None
    return user if fits_surely(user.holder, facts.holder) and not await wire.keeps_codes() else None


async def find_made(wire: ScimWire, facts: AccountFacts, first: str) -> list[ScimUser]:
    """The records that may have come of a creation under the username `first`. A search can be behind, so everybody is
    looked at before nobody is said to be there. Raises ServiceDown."""
    if found := await wire.holders("externalId", facts.code):
        return found
    users, _ = await wire.everybody()
    if any(user.external_id for user in users):
        return [user for user in users if user.external_id == facts.code]
    return [user for user in users if same_username(user.username, first) and fits_surely(user.holder, facts.holder)]


def doubled(count: int) -> str:
    """Why nothing is done to one of several."""
    return f"{count} records there have this code or username: which is meant can't be told"
