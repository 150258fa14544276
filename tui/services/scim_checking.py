"""What to know of a SCIM service before anything is done there. Looks, and changes nothing."""

from collections.abc import Callable

from tui.services.scim_records import ScimUser
from tui.services.scim_wire import ScimWire
from tui.text import plural


async def look_at(wire: ScimWire, system: str, is_revoked: Callable[[ScimUser], bool]) -> tuple[str, list[str]]:
    """That it answers, in a sentence, and what is to be known of it, a sentence each. Raises ServiceDown."""
    offers = await wire.offers()
    users, odd = await wire.everybody()
    known = [
        *([] if offers.patch else ["It offers no PATCH: whole records are written back."]),
        *([] if offers.passwords else ["It lets no password be changed: a revoke deactivates and renames."]),
        *([f"{plural(odd, 'record')} can't be read."] if odd else []),
    ]
    if users and not await wire.filter_works("externalId"):
        known.append("Its filter by externalId can't be relied on: everybody is listed to find one, slowly.")
    without = sum(not user.external_id and not is_revoked(user) for user in users)
    if without:
        known.append(f"{plural(without, 'record')} without a contact code (externalId): found by username only.")
    return f"{system} answers; it has {plural(len(users), 'record')}.", known
