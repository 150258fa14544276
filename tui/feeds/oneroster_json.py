"""What stands in the JSON of a OneRoster user, whatever shape a server gives it; anything else is read as nothing.

Shapes differ between 1.1 and 1.2, and between servers: a role is one word or a list of objects, an agent an object, an
id, or one of several in one text.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tui.feeds.oneroster import agents_in

_MOST_TEXT = 4096
_MOST_IN_A_LIST = 1000


def roles_of(record: Mapping[str, Any]) -> list[str]:
    """The roles of a user, the primary one first: a list of objects in 1.2, one word in 1.1."""
    listed = dicts_in(record.get("roles"))
    listed.sort(key=lambda role: text_in(role.get("roleType")).lower() != "primary")
    named = [text_in(role.get("role")) for role in listed if text_in(role.get("status")).lower() != "tobedeleted"]
    return [role for role in named if role] or texts_in(record.get("role"))


def agents_of(record: Mapping[str, Any]) -> Iterator[str]:
    """The ids of a user's agents: objects with a sourcedId, ids, or one text with commas."""
    value = record.get("agents", record.get("agentSourcedIds"))
    if isinstance(value, str):
        yield from agents_in(value[:_MOST_TEXT])
    elif isinstance(value, list):
        for one in value[:_MOST_IN_A_LIST]:
            if code := text_in(one.get("sourcedId") if isinstance(one, dict) else one):
                yield code


def dicts_in(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value[:_MOST_IN_A_LIST] if isinstance(one, dict)] if isinstance(value, list) else []


def texts_in(value: object) -> list[str]:
    """The texts of a list, or the one text."""
    several = value[:_MOST_IN_A_LIST] if isinstance(value, list) else [value]
    return [text for one in several if (text := text_in(one))]


def text_in(value: object) -> str:
    """A value as a cell of a file says it; what is no single value is nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()[:_MOST_TEXT] if isinstance(value, str | int | float) else ""
