"""What SCIM 2.0 says of accounts (RFC 7643), read with care, and what we say to it (RFC 7644). No line is opened here.

Whatever a server answers is only believed of the record that was asked for: ids, codes and usernames are compared here.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from tui.domain.facts import AccountFacts
from tui.domain.holders import Holder
from tui.text import clean

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_TOMBSTONE = "revoked-"
_MOST_TEXT = 500
_WORDS = {"true": True, "false": False}

Operation = dict[str, Any]


class Unreadable(ValueError):
    """What a server sent is no SCIM; the text says what is wrong, without any of it."""


class ScimUser(NamedTuple):
    """One record of the service. `active` None: it does not say; `raw` is all of it, as it was sent. The code and the
    username are as they were sent too, to be compared, and cleaned before they are shown."""

    id: str
    external_id: str
    username: str
    active: bool | None
    version: str
    given_name: str
    family_name: str
    emails: tuple[str, ...]
    raw: Mapping[str, Any]

    @property
    def holder(self) -> Holder:
        """Whose it is, as far as it says."""
        return Holder(self.given_name, self.family_name, self.emails)

    @property
    def is_tombstone(self) -> bool:
        """Whether its username is one that a revoke of ours leaves behind."""
        return self.username.casefold().startswith(_TOMBSTONE)


class Capabilities(NamedTuple):
    """What ServiceProviderConfig offers (RFC 7643, 5). Where there is none, PATCH is tried, and nothing believed."""

    patch: bool = True
    filters: bool = False
    etags: bool = False
    passwords: bool = True
    bulk_operations: int = 0
    bulk_bytes: int = 0


def read_capabilities(body: Any) -> Capabilities:
    """What the body of /ServiceProviderConfig offers; a part that is missing or odd is not offered."""
    if not isinstance(body, dict):
        return Capabilities()

    def part(name: str) -> dict[str, Any]:
        found = body.get(name)
        return found if isinstance(found, dict) else {}

    def number(found: Any) -> int:
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0

    bulk = part("bulk")
    offered = bulk.get("supported") is True
    return Capabilities(
        patch=part("patch").get("supported") is not False,
        filters=part("filter").get("supported") is True,
        etags=part("etag").get("supported") is True,
        passwords=part("changePassword").get("supported") is not False,
        bulk_operations=number(bulk.get("maxOperations")) if offered else 0,
        bulk_bytes=number(bulk.get("maxPayloadSize")) if offered else 0,
    )


def read_user(body: Any) -> ScimUser:
    """A record out of an answer. Raises Unreadable for what can't be one."""
    if not isinstance(body, dict):
        raise Unreadable("it is no record")
    id_, username = body.get("id"), body.get("userName")
    if not _is_text(id_) or not id_:
        raise Unreadable("a record has no id")
    if not isinstance(username, str) or len(username) > _MOST_TEXT:
        raise Unreadable("a record has no userName")
    external = body.get("externalId")
    if external is not None and (not isinstance(external, str) or len(external) > _MOST_TEXT):
        raise Unreadable("a record has an externalId that can't be read")  # and is not one without
    active = body.get("active")
    if isinstance(active, str):  # seen of servers that pass on what a client once sent
        active = _WORDS.get(active.strip().lower())
    name = body.get("name")
    name = name if isinstance(name, dict) else {}
    meta = body.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    listed = body.get("emails")
    emails = [one.get("value") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return ScimUser(
        id_,
        external or "",
        username,
        active if isinstance(active, bool) else None,
        version if _is_text(version) and version.isascii() and version.isprintable() else "",
        _text(name.get("givenName")),
        _text(name.get("familyName")),
        tuple(email for email in emails if _is_text(email)),
        body,
    )


class Page(NamedTuple):
    """One page of a list: its records, how many there are in all, how many entries can't be read as records, and the
    codes and usernames that such an entry shows all the same."""

    users: tuple[ScimUser, ...]
    total: int
    odd: int
    of_odd: frozenset[str] = frozenset()


def read_page(body: Any) -> Page:
    """A page out of a ListResponse. Raises Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable("it is no list")
    resources = body.get("Resources", [])
    if not isinstance(resources, list):
        raise Unreadable("its Resources are no list")
    total = body.get("totalResults")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise Unreadable("it does not say how many there are in all")
    users = []
    of_odd: set[str] = set()
    for one in resources:
        try:
            users.append(read_user(one))
        except Unreadable:
            shown = [one.get(name) for name in ("externalId", "userName")] if isinstance(one, dict) else []
            of_odd.update(str(value) for value in shown if isinstance(value, str | int))
    return Page(tuple(users), total, len(resources) - len(users), frozenset(of_odd))


def is_revoked(user: ScimUser, *, keeps_usernames: bool) -> bool:
    """Whether nobody can log in with this record any more, and its username is free."""
    return user.active is False and (keeps_usernames or user.is_tombstone)


def tombstone(code: str, username: str, number: int = 0) -> str:
    """The username that a revoke leaves behind: servers refuse to remove one. It is the same each time, so that a
    revoke that was cut short finds its record again, and tells nobody's name. `number` is counted up where an earlier
    record of the same contact holds the one before."""
    again = f"-{number}" if number else ""
    return _TOMBSTONE + hashlib.sha256(f"{code}\n{username.casefold()}".encode()).hexdigest()[:24] + again


def revoke_operations(user: ScimUser, password: str, renamed: str) -> list[Operation]:
    """What revokes an account, in the order that is safe: an active account without a password offers a first login.
    `renamed` is the username that it is left with, "" where it keeps its own.

    The password becomes one that nobody knows ("" where the service lets none be changed): taking it away opens that
    very offer on some servers once the record is active again.
    """
    found = [replace("active", False)]
    if password:
        found.append(replace("password", password))
    if renamed and not user.is_tombstone:
        found.append(replace("userName", renamed))
    return found


def give_operations(username: str, password: str) -> list[Operation]:
    """What opens an account again or for the first time. Active comes last, and the username after the password: one
    that refuses the password is still found by the username that it has."""
    found = [replace("userName", username)] if username else []
    return [replace("password", password), *found, replace("active", True)]


def replace(path: str, value: object) -> Operation:
    """One operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


def patch_body(operations: Sequence[Operation]) -> dict[str, Any]:
    """The body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def put_body(user: ScimUser, operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole record with these changes made, for servers without PATCH. What the server alone writes is left out."""
    body = {name: value for name, value in user.raw.items() if name != "meta"}
    return body | {operation["path"]: operation["value"] for operation in operations}


def new_user(facts: AccountFacts, username: str, *, active: bool) -> dict[str, Any]:
    """A record for somebody who has none. Without a password: she chooses it."""
    name = {"givenName": facts.given_name, "familyName": facts.surname, "formatted": facts.name}
    return {
        "schemas": [USER],
        "externalId": facts.code,
        "userName": username,
        "active": active,
        "displayName": facts.name,
        "name": {part: text for part, text in name.items() if text},
        "emails": [{"value": facts.email}],  # nothing beside it: canaille refuses a type
    }


def same_username(one: str, other: str) -> bool:
    """Whether two usernames are one: they are told regardless of case (RFC 7643, 4.1.1), and as this register writes
    them, which cleans what it is given."""
    return clean(one).casefold() == clean(other).casefold()


def nobodys_password() -> str:
    """A password that is thrown away. It has a sign of every kind that rules of composition ask for."""
    return f"Aa1-{secrets.token_urlsafe(32)}"


def filter_for(attribute: str, value: str) -> str:
    """`externalId eq "P1"`: the value is written as JSON writes text (RFC 7644, 3.4.2.2)."""
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def why_refused(body: Any) -> str:
    """What an error body says in SCIM's own words (RFC 7644, 3.12), "" where it says none."""
    word = body.get("scimType") if isinstance(body, dict) else None
    return word if isinstance(word, str) and word.isascii() and word.isalnum() and len(word) < 40 else ""


def _is_text(found: Any) -> TypeGuard[str]:
    return isinstance(found, str) and len(found) <= _MOST_TEXT and found.isprintable()


def _text(found: Any) -> str:
    return found if _is_text(found) else ""
