"""A new record in a SCIM service, for a contact who has none there: one, however often the line breaks."""

import asyncio

from tui.domain.facts import AccountFacts
from tui.services.scim_changing import TRIES
from tui.services.scim_finding import doubled, find_made
from tui.services.scim_records import new_user
from tui.services.scim_wire import Fate, ScimWire, ServiceDown, Wrote
from tui.services.service import Acted


async def make(wire: ScimWire, facts: AccountFacts, username: str, *, active: bool, system: str) -> Acted:
    """Make her record under this username, and read back that it is there, once. One that is made `active` is an
    account already, of this username. Raises ServiceDown when nothing was sent; NotCertain."""
    if await wire.holders("userName", username):
        return _failed("the username that it would begin with is taken there by another record")
    body = new_user(facts, username, active=active)
    wrote, sent = Wrote(Fate.NOT_NOW), False
    for _ in range(TRIES):
        try:
            # Some servers make a second record of the same name: one that is said to be made is only looked for.
            if wrote.fate is not Fate.DONE:
                wrote = await wire.create(body)
            sent = sent or wrote.fate in (Fate.DONE, Fate.UNKNOWN)
            found = await find_made(wire, facts, username)
        except ServiceDown as error:
            if not sent:
                raise
            return Acted("claimed", error.what, recorded=False)
        if len(found) > 1:
            return _failed(doubled(len(found)))
        if found:
            made = found[0].username if active else ""
            return Acted("done", "a record was made there", recorded=False, username=made)
        if wrote.fate is Fate.REFUSED:
            return _failed(f"{system} makes no record of it ({wrote.why})")
        await asyncio.sleep(wrote.wait)
    return _failed(f"{system} made no record of it, and does not say why")


def _failed(why: str) -> Acted:
    return Acted("failed", why, recorded=False)
