"""Talking SCIM to one service (RFC 7644): what it offers, its records, changing one. Who is who is decided elsewhere.

Reads are asked again when they fail; a write is never repeated here: what became of it is told, as far as it is known,
and whoever wrote reads back. A filter is believed only once it has found somebody who is known to be there.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from tui.errors import ConfigError, ServiceError
from tui.services.scim_records import (
    BULK_REQUEST,
    Capabilities,
    Operation,
    Page,
    ScimUser,
    Unreadable,
    filter_for,
    patch_body,
    put_body,
    read_capabilities,
    read_page,
    read_user,
    why_refused,
)
from tui.text import plural
from tui.web import Answer, TokenRefused, Unanswered, Unreached, Web

_TRIES = 4
_PAUSE_SECONDS = 0.2
# A service that asks to wait for longer than this is busy for now: the job stops, and goes on when somebody says so.
_MOST_WAIT_SECONDS = 60.0
_PAGE = 200
_MOST_PAGES = 20_000
_MOST_FILTERED_PAGES = 20
_CONTENT = "application/scim+json"
ATTRIBUTES = ("externalId", "userName")


class ServiceDown(ServiceError):
    """The service as a whole can't be asked now: it is away, refuses us, or asks to wait."""


class NotCertain(ServiceError):
    """Whose record it is can't be told for sure, so it is left alone."""


class Fate(StrEnum):
    """What became of a write, as far as its answer tells. Only reading back proves it."""

    DONE = "done"
    REFUSED = "refused"
    CHANGED = "changed"  # somebody else changed the record since it was read
    NOT_NOW = "not now"  # not carried out; may be tried again
    UNKNOWN = "unknown"


class Wrote(NamedTuple):
    """The fate of a write, why, and how long the service asks to wait."""

    fate: Fate
    why: str = ""
    wait: float = _PAUSE_SECONDS


class ScimWire:
    """One service during one run. What it learns of the service (what it offers, which filters work, who is there) is
    kept for as long."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.what = web.site.what
        self._offers: Capabilities | None = None
        self._works: dict[str, bool] = {}
        self._index: dict[str, dict[str, list[str]]] | None = None
        self._of_odd: frozenset[str] = frozenset()
        self._counts: bool | None = None
        self._has_versions = True
        self._keeps_codes: bool | None = None
        self._asking = asyncio.Lock()

    # -- what it offers --------------------------------------------------------------------------------------------

    async def offers(self) -> Capabilities:
        """What the service offers. One without ServiceProviderConfig offers little. Raises ServiceDown."""
        async with self._asking:
            if self._offers is None:
                self._offers = read_capabilities((await self._get("ServiceProviderConfig")).body)
            return self._offers

    async def filter_works(self, attribute: str) -> bool:
        """Whether filtering by an attribute finds somebody who is known to be there."""
        if not (await self.offers()).filters:
            return False
        async with self._asking:
            if attribute not in self._works:
                known = next((user for user in (await self._page(1)).users if value_of(user, attribute)), None)
                if known is None:
                    return False  # nobody to try it with yet
                found = await self._filtered(attribute, value_of(known, attribute))
                self._works[attribute] = found is not None and any(user.id == known.id for user in found)
            return self._works[attribute]

    # -- reading ---------------------------------------------------------------------------------------------------

    async def read(self, id_: str) -> ScimUser | None:
        """The record with this id, None when there is none any more. Raises ServiceDown."""
        from urllib.parse import quote

        answer = await self._get(f"Users/{quote(id_, safe='')}")
        if answer.status in (404, 410):
            return None
        try:
            if not answer.is_ok:
                raise Unreadable(f"it answers {answer.status}")
            user = read_user(answer.body)
        except Unreadable as error:
            raise self._down(f"gives no record that can be read ({answer.unread or error})") from None
        if user.id != id_:
            raise self._down("answers with another record than the one that was asked for")
        return user

    async def read_surely(self, id_: str) -> ScimUser | None:
        """The same, but "not there" is believed only of a list of everybody: a gateway with nobody behind it says 404
        of anything. Raises ServiceDown."""
        found = await self.read(id_)
        if found is None:
            found = next((user for user in (await self.everybody())[0] if user.id == id_), None)
        return found

    async def keeps_codes(self) -> bool:
        """Whether anybody there has an externalId at all: some servers keep none. Raises ServiceDown."""
        if self._keeps_codes is None:
            first = (await self._page(1)).users
            self._keeps_codes = any(user.external_id for user in first) or bool(
                (await self._everybody_known())["externalId"]
            )
        return self._keeps_codes

    async def holders(self, attribute: str, value: str) -> list[ScimUser]:
        """All records that carry this value, however the service filters. Raises ServiceDown; NotCertain when there is
        one with it that can't be read."""
        if (await self.offers()).filters and self._works.get(attribute) is not False:
            found = await self._filtered(attribute, value)
            if found:
                return found
            if found is not None and await self.filter_works(attribute):
                return []
        index = await self._everybody_known()
        if _key(attribute, value) in {_key(attribute, odd) for odd in self._of_odd}:
            raise NotCertain("a record with this code or username there can't be read")
        there = [await self.read_surely(id_) for id_ in index[attribute].get(_key(attribute, value), [])]
        return [user for user in there if user and _key(attribute, value_of(user, attribute)) == _key(attribute, value)]

    async def everybody(self) -> tuple[list[ScimUser], int]:
        """All records, and how many more can't be read. Raises ServiceDown."""
        for _ in range(_TRIES):
            found = await self._all_pages()
            if found is not None:
                return found
        raise self._down("changes while it is being listed")

    def forget(self) -> None:
        """Look anew who is there, at the next need."""
        self._index, self._keeps_codes = None, None

    async def _everybody_known(self) -> dict[str, dict[str, list[str]]]:
        async with self._asking:
            if self._index is None:
                index: dict[str, dict[str, list[str]]] = {attribute: {} for attribute in ATTRIBUTES}
                for user in (await self.everybody())[0]:
                    for attribute in ATTRIBUTES:
                        if value := value_of(user, attribute):
                            index[attribute].setdefault(_key(attribute, value), []).append(user.id)
                self._index = index
            return self._index

    async def _all_pages(self) -> tuple[list[ScimUser], int] | None:
        """Everybody, or None when the list changed on the way: then somebody may have been passed over."""
        found: dict[str, ScimUser] = {}
        start, odd, total = 1, 0, None
        of_odd: frozenset[str] = frozenset()
        for _ in range(_MOST_PAGES):
            page = await self._page(start)
            entries = len(page.users) + page.odd
            if total not in (None, page.total):
                return None
            total = page.total
            before = len(found)
            found.update((user.id, user) for user in page.users)
            odd += page.odd
            of_odd |= page.of_odd
            start += entries
            if not entries or start > total:
                break
            if len(found) == before and page.users:
                raise self._down("gives the same page again and again")
        if len(found) + odd < (total or 0):
            raise self._down(f"says it has {total:,} records and lists {len(found) + odd:,}")
        self._of_odd = of_odd
        return list(found.values()), odd

    async def _filtered(self, attribute: str, value: str) -> list[ScimUser] | None:
        """Who is found by a filter; None when it can't be believed: it is refused, or finds others too."""
        found: dict[str, ScimUser] = {}
        start = 1
        for _ in range(_MOST_FILTERED_PAGES):
            answer = await self._list(start, filter=filter_for(attribute, value))
            try:
                page = read_page(answer.body) if answer.is_ok else None
            except Unreadable:
                page = None
            others = page is None or any(
                _key(attribute, value_of(user, attribute)) != _key(attribute, value) for user in page.users
            )
            if page is None or others or page.odd:
                self._works[attribute] = False
                return None
            before = len(found)
            found.update((user.id, user) for user in page.users)
            start += len(page.users)
            if start > page.total or len(found) == before:
                return list(found.values()) if len(found) >= page.total else None
        self._works[attribute] = False
        return None

    async def _page(self, start: int) -> Page:
        answer = await self._list(start)
        try:
            if not answer.is_ok:
                raise Unreadable(f"it answers {answer.status}")
            return read_page(answer.body)
        except Unreadable as error:
            raise self._down(f"gives no list that can be read ({answer.unread or error})") from None

    async def _list(self, start: int, **params: str) -> Answer:
        """A page from `start` on; where `count` is more than the service can do (canaille says 500 to it), as long as
        it likes. Raises ServiceDown."""
        if self._counts is not False:
            try:
                answer = await self._get("Users", startIndex=start, count=_PAGE, **params)
            except ServiceDown:
                if self._counts:
                    raise
            else:
                self._counts = True
                return answer
        answer = await self._get("Users", startIndex=start, **params)
        self._counts = False
        return answer

    async def _get(self, path: str, **params: str | int) -> Answer:
        """Ask for something, several times if need be. Raises ServiceDown."""
        why, wait = "", _PAUSE_SECONDS
        for tried in range(_TRIES):
            if tried:
                await asyncio.sleep(wait)
                wait *= 2
            try:
                answer = await self._web.ask("GET", path, params=params)
            except (Unreached, Unanswered) as error:
                why = error.what
                continue
            except (TokenRefused, ConfigError) as error:
                raise ServiceDown(error.what, means=error.means, todo=error.todo) from None
            self._check(answer)
            if answer.status != 429 and answer.status < 500:
                return answer
            why = f"{self.what} answers {answer.status} to a question."
            asked = answer.seconds_to_wait(datetime.now(UTC))
            if asked is not None:
                wait = self._patience(asked)
            elif answer.status == 501:
                return answer
        raise ServiceDown(why, means="Nothing was changed.", todo="Look whether it is up, then go on.")

    # -- writing ---------------------------------------------------------------------------------------------------

    async def change(self, user: ScimUser, operations: Sequence[Operation]) -> Wrote:
        """Make these changes to a record, all in one. Raises ServiceDown when the service refuses us altogether."""
        from urllib.parse import quote

        offers = await self.offers()
        path = f"Users/{quote(user.id, safe='')}"
        headers = {"If-Match": user.version} if offers.etags and self._has_versions and user.version else {}
        if not offers.patch:
            return await self._write("PUT", path, put_body(user, operations), headers)
        wrote = await self._write("PATCH", path, patch_body(operations), headers)
        if wrote.fate is Fate.REFUSED and wrote.why.startswith(("405", "501")):
            self._offers = offers._replace(patch=False)
        return wrote

    def compare_versions(self, before: ScimUser, now: ScimUser) -> None:
        """After a version that did not match: where the record is as it was all the same, this service's versions tell
        of something else, and are not sent any more."""
        if _without_meta(before) == _without_meta(now):
            self._has_versions = False

    async def create(self, body: dict[str, Any]) -> Wrote:
        """Make a new record. Raises ServiceDown."""
        wrote = await self._write("POST", "Users", body, {})
        if wrote.fate is not Fate.REFUSED:
            self.forget()
        return wrote

    async def change_many(self, changes: Sequence[tuple[ScimUser, Sequence[Operation]]]) -> bool:
        """Make the changes of several records at one go, where that is offered (RFC 7644, 3.7). Whether it was tried;
        what became of each is for reading back."""
        offers = await self.offers()
        # Without versions: should they count more than writes to their own record, the first change would be the only.
        operations = [
            {"method": "PATCH", "path": f"/Users/{user.id}", "bulkId": str(number), "data": patch_body(wanted)}
            for number, (user, wanted) in enumerate(changes)
        ]
        body = {"schemas": [BULK_REQUEST], "Operations": operations}
        small = len(operations) <= offers.bulk_operations and len(json.dumps(body).encode()) <= offers.bulk_bytes
        if not (small and offers.patch):
            return False
        wrote = await self._write("POST", "Bulk", body, {})
        if wrote.fate is not Fate.DONE:
            # Offered and not good for anything: one by one from here on.
            self._offers = offers._replace(bulk_operations=0)
        return True

    async def _write(self, method: str, path: str, body: object, headers: dict[str, str]) -> Wrote:
        try:
            answer = await self._web.ask(method, path, body=body, headers=headers, content_type=_CONTENT)
        except Unreached as error:
            return Wrote(Fate.NOT_NOW, error.what)
        except Unanswered as error:
            return Wrote(Fate.UNKNOWN, error.what)
        except (TokenRefused, ConfigError) as error:
            raise ServiceDown(error.what, means=error.means, todo=error.todo) from None
        self._check(answer)
        if answer.is_ok:
            return Wrote(Fate.DONE)
        why = " ".join(filter(None, (str(answer.status), why_refused(answer.body))))
        asked = answer.seconds_to_wait(datetime.now(UTC)) or _PAUSE_SECONDS
        if answer.status == 412:
            return Wrote(Fate.CHANGED, why)
        if answer.status == 429:
            return Wrote(Fate.NOT_NOW, why, self._patience(asked))
        if answer.status in (501, 505) or answer.status < 500:
            return Wrote(Fate.REFUSED, why)
        return Wrote(Fate.UNKNOWN, why, min(asked, _MOST_WAIT_SECONDS))

    # -- what goes wrong -------------------------------------------------------------------------------------------

    def _check(self, answer: Answer) -> None:
        if answer.status == 401:
            raise ServiceDown(
                f"{self.what} refuses our token (401).",
                means="Nothing was changed by that.",
                todo="Check services.scim in the config: engage-accounts doctor tries it.",
            )
        if 300 <= answer.status < 400:
            raise ServiceDown(
                f"{self.what} sends us on to another address ({answer.status}).",
                means="It was not followed, so that the token goes nowhere else.",
                todo="Put the right address into services.scim.url.",
            )

    def _patience(self, seconds: float) -> float:
        if seconds > _MOST_WAIT_SECONDS:
            raise ServiceDown(
                f"{self.what} is busy and asks to wait {plural(round(seconds), 'second')}.",
                means="What was not reached is still open.",
                todo="Go on after that time.",
            )
        return max(seconds, _PAUSE_SECONDS)

    def _down(self, how: str) -> ServiceDown:
        return ServiceDown(
            f"{self.what} {how}.",
            means="Who is who can't be told from that, so nothing was done.",
            todo="Try engage-accounts doctor; whoever runs the service may know more.",
        )


def value_of(user: ScimUser, attribute: str) -> str:
    """The externalId or the userName of a record."""
    return user.external_id if attribute == "externalId" else user.username


def _without_meta(user: ScimUser) -> object:
    return {name: value for name, value in user.raw.items() if name != "meta"}


def _key(attribute: str, value: str) -> str:
    # RFC 7643: externalId is case exact, userName is not.
    return value if attribute == "externalId" else value.casefold()
