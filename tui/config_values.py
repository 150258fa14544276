"""What a value of the config file may be: a check for each kind of value, with the words that say what is allowed.

`Annotated[type, Allowed(words, check)]` is how tui.settings gives a key its kind.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tui.text import clean

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_MOST_TEXT = 200
_MOST_SQL = 20_000
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a key may hold, in words for the error; `prepare` checks it, type too, or raises ValueError."""

    says: str
    prepare: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.prepare, handler(source))


def _line(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ValueError("not a line of text")
    return clean(value)


def _sender(value: Any) -> str:
    sender = _line(value)
    address = r'[^\s<>@,;"]+@[^\s<>@,;".]+(\.[^\s<>@,;".]+)+'
    if sender and not re.fullmatch(rf"{address}|[^<>@,;]*<{address}>", sender):
        raise ValueError("not one address")
    return sender


def _portal_url(value: Any) -> str:
    from urllib.parse import urlsplit

    url = _line(value)
    if url:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is no port
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
        if not (secure and parts.hostname) or "@" in parts.netloc or re.search(r"[\s\ufffd]", url):
            raise ValueError("not the address of a portal")
    return url


def _path(value: Any) -> Path | None:
    # Not cleaned: a path must stay the path that it is.
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("not a path")
    if value and not value.startswith("~") and not Path(value).is_absolute():
        raise ValueError("relative")
    return Path(value) if value else None


def some_of(*words: str) -> Allowed:
    """A list of one or more of a few words."""

    def prepare(value: Any) -> tuple[str, ...]:
        if not value or not isinstance(value, list) or not all(word in words for word in value):
            raise ValueError("not some of them")
        return tuple(dict.fromkeys(value))

    quoted = ", ".join(f'"{word}"' for word in words)
    return Allowed(f"a list of one or more of {quoted}", prepare)


def _keys(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("not a table")
    return {_line(action): _line(key) for action, key in value.items()}


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not true or false")
    return value


def _host(value: Any) -> str:
    host = _line(value)
    if host and not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}", host):
        raise ValueError("not the name of a host")
    return host


def _command(value: Any) -> tuple[str, ...]:
    # Not cleaned: what is run must be what was written.
    if not isinstance(value, list) or not all(isinstance(part, str) and part.isprintable() for part in value):
        raise ValueError("not a list of texts")
    if value and not value[0]:
        raise ValueError("no program")
    return tuple(value)


def _database(value: Any) -> str:
    # Not cleaned: a path must stay the path that it is.
    from urllib.parse import urlsplit

    if not isinstance(value, str) or len(value) > _MOST_TEXT or not value.isprintable():
        raise ValueError("not a line of text")
    if "://" not in value:
        return str(_path(value) or "")
    parts = urlsplit(value)
    _ = parts.port  # raises ValueError when it is no port
    named = re.fullmatch(r"/[^/\s]+", parts.path)
    if parts.scheme not in ("postgresql", "postgres") or not named or parts.query or parts.fragment:
        raise ValueError("not the address of a database")
    if parts.password is not None or re.search(r"[\s,]", parts.netloc):
        raise ValueError("a password in it, or several hosts")
    return value


def _statement(value: Any) -> str:
    # Not cleaned: what is asked must be what was written.
    if not isinstance(value, str) or len(value) > _MOST_SQL or "\0" in value:
        raise ValueError("not a statement")
    return value


def _profile(value: Any) -> str:
    if not isinstance(value, str) or not (
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}|", value) or (value.endswith(".toml") and _path(value))
    ):
        raise ValueError("neither a name nor a path")
    return value


def whole(low: int, high: int) -> Allowed:
    """A whole number in a range."""

    def prepare(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError("not a whole number in range")
        return value

    return Allowed(f"a whole number from {low} to {high:,}", prepare)


def one_of(*words: str) -> Allowed:
    """One of a few words."""

    def prepare(value: Any) -> str:
        if value not in words:
            raise ValueError("none of them")
        return str(value)

    return Allowed(" or ".join([", ".join(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"']), prepare)


Line = Annotated[str, Allowed(f"text in quotes, up to {_MOST_TEXT} characters", _line)]
YesNo = Annotated[bool, Allowed("true or false (without quotes)", _yes_no)]
PathOrUsual = Annotated[
    Path | None, Allowed('a path in quotes that begins with / or ~, or "" for the usual place', _path)
]
Percent = Annotated[int, whole(1, 100)]
Count = Annotated[int, whole(1, 1_000_000)]
Sender = Annotated[
    str, Allowed('one email address, as "office@school.example" or "Name <office@school.example>"', _sender)
]
PortalUrl = Annotated[
    str,
    Allowed(
        "an address such as https://portal.school.example, without a user name or password in it "
        "(http only for localhost)",
        _portal_url,
    ),
]
Roles = Annotated[tuple[str, ...], some_of("parent", "guardian", "relative")]
SdsRoles = Annotated[tuple[str, ...], some_of("parent", "guardian", "relative", "aide", "doctor", "child", "other")]
Keys = Annotated[Mapping[str, str], Allowed('a table of action = "key"', _keys)]
Host = Annotated[str, Allowed('the name of a host in quotes, such as "smtp.school.example"', _host)]
Database = Annotated[
    str,
    Allowed(
        'the address of a PostgreSQL database without a password, "postgresql://user@host/name", or the path of an '
        "SQLite file that begins with / or ~",
        _database,
    ),
]
Statement = Annotated[str, Allowed(f"one SELECT in quotes, up to {_MOST_SQL:,} characters", _statement)]
Profile = Annotated[
    str,
    Allowed("the name of a mapping profile, or the path of one that begins with / or ~ and ends with .toml", _profile),
]
Command = Annotated[
    tuple[str, ...],
    Allowed('a list of a program and its arguments, such as ["pass", "show", "school/smtp"], or [] for none', _command),
]
