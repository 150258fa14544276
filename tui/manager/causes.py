"""Causes as the manager hands them out, and holding one as a whole.

A whole cause is held in one transaction with an audit event for each account, so that each one's history tells of it.
"""

from array import array
from collections.abc import Sequence

from tui.domain.actor import Actor
from tui.domain.causes import CauseKey, headline, ordered
from tui.errors import NotFound, Refused
from tui.manager.masks import Mask, mask_of, only, union, without
from tui.manager.views import Causes
from tui.register import audit, causes, standing
from tui.register.database import Database
from tui.text import clean


def overview(database: Database) -> Causes:
    """All causes, with what to say of them."""
    found = ordered(causes.causes(database))
    return Causes(headline(found), sum(cause.size for cause in found), sum(cause.left for cause in found), tuple(found))


def persons(database: Database, key: str) -> "array[int]":
    """The people of a cause; nobody when it has dissolved. Raises NotFound for what is no key."""
    return causes.persons(database, parsed(key))


def people(database: Database) -> dict[str, "array[int]"]:
    """The people of every cause, by its key and by name."""
    return {str(key): persons for key, persons in causes.people(database).items()}


def hold(database: Database, actor: Actor, key: str, note: str, at: str, until: str = "") -> int:
    """Hold everybody of a cause who is not held yet, with a cleaned note, through the day `until` or until released.
    Raises NotFound."""
    known = parsed(key)
    with database.transaction() as connection:
        people = causes.free(connection, known)
        for person, code in people:
            standing.hold(connection, person, "revoke", note, actor.operator, at, cause=str(known), until=until)
            detail = {"before": {}, "after": {"until": until}, **_with(known)}
            audit.append(connection, actor, at, "hold revoke", subject=code, detail=detail, reason=note)
    if not people and not len(causes.persons(database, known)):
        raise _no_cause(key)
    return len(people)


def release(database: Database, actor: Actor, key: str, at: str) -> int:
    """Release everybody who was held with the cause, still in it or not; whoever was held singly stays held. Raises
    NotFound, Refused when nobody was."""
    known = parsed(key)
    with database.transaction() as connection:
        people = causes.held_together(connection, known)
        for person, code in people:
            before = standing.as_detail(standing.release(connection, person, "revoke", actor.operator, at))
            detail = {"before": before, "after": {}, **_with(known)}
            audit.append(connection, actor, at, "release revoke", subject=code, detail=detail)
    if not people:
        raise Refused(
            f"{clean(key)} is not held as a whole.",
            means="Accounts of it that were held by themselves stay held.",
            todo="Release those by their codes.",
        )
    return len(people)


def narrowed(database: Database, people: "array[int]", only_: Sequence[str], without_: Sequence[str]) -> "array[int]":
    """Of these people those of the causes `only_` (all when it names none) and of none of the causes `without_`.
    Raises NotFound."""
    if only_:
        people = only(people, _all_of(database, only_))
    if without_:
        people = only(people, without(mask_of(people), _all_of(database, without_)))
    return people


def _all_of(database: Database, keys: Sequence[str]) -> Mask:
    """The people of these causes. Raises NotFound when one has nobody: a slip in a key must not pass for an empty
    cause, still less for one that was left out."""
    found: Mask = bytearray()
    for key in keys:
        some = persons(database, key)
        if not some:
            raise _no_cause(key)
        found = union(found, mask_of(some))
    return found


def parsed(key: str) -> CauseKey:
    """A key as it was typed. Raises NotFound."""
    try:
        return CauseKey.parse(key)
    except ValueError:
        raise _no_cause(key) from None


def _no_cause(key: str) -> NotFound:
    return NotFound(f"There is no cause {clean(key)}.", means="Nothing was done.", todo="See engage-accounts causes.")


def _with(key: CauseKey) -> dict[str, str]:
    return {"cause": str(key)}
