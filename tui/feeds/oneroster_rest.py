"""OneRoster by its REST interface (1.1 or 1.2): users asked for page by page, with a token of OAuth 2.

Servers differ: some ignore `limit`, `offset` or a filter, some cap a page, some say no total. So nothing that was asked
for is believed: pages are counted by what came, people told apart by their id, roles looked at here. A page that comes
again, a total that changes meanwhile, or fewer people than the total says end the reading: half a school would look
like the other half having left. What users mean is told by tui.feeds.oneroster.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tui.config import expanded, secret_variable
from tui.domain.problems import Problems
from tui.domain.records import RecordKind, RosterDescription
from tui.errors import ConfigError, InputRefused
from tui.feeds.cells import BadCell, parse_enabled
from tui.feeds.oneroster import (
    FILLED,
    KINDS,
    OTHER,
    OneRosterUsers,
    User,
    agents_in,
    parse_role,
    parse_status,
)
from tui.secret import SecretSource, read_secret
from tui.settings import Settings
from tui.text import clean
from tui.web import Answer, ClientCredentials, Site, Unanswered, Web

NAME = "oneroster-rest"
CLIENT_SECRET = "feeds.oneroster_rest.client_secret"  # noqa: S105  the key's name
_WHAT = "users"
"""What problems call the rows: the resource that was asked for."""
_MOST_PAGES = 20_000
_MOST_USERS = 1_000_000
_MOST_TEXT = 4096
_MOST_IN_A_LIST = 1000
_MOST_BYTES = 64 * 1024 * 1024
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0
_COLUMNS: dict[RecordKind, frozenset[str]] = {
    RecordKind.CONTACTS: frozenset(("givenName", "familyName", "email", "sms", "phone")),
    RecordKind.STUDENTS: frozenset(("givenName", "familyName", "email", "grades")),
    RecordKind.LINKS: frozenset(("agents",)),
    RecordKind.STAFF: frozenset(("givenName", "familyName", "email")),
}


def open_rest(settings: Settings) -> "OneRosterRestFeed":
    """The feed, with nothing asked for yet. Raises ConfigError when the config does not say enough."""
    return OneRosterRestFeed(settings)


def check_rest(settings: Settings) -> str:
    """Get a token and one page of one user; what was found, in a sentence. Nothing is changed. Raises EngageError."""
    web = Web(_site(settings))
    try:
        answer = _asked(web, {"limit": 1, "offset": 0})
        users = _users_of(answer, web.site.what)
        total = _total(answer)
    finally:
        web.close()
    if not users:
        return f"{web.site.what} answers, and has no users that this client may read."
    return f"{web.site.what} answers with users" + (f", {total:,} in all." if total is not None else ".")


class OneRosterRestFeed(OneRosterUsers):
    """A Roster read from a OneRoster server; everybody is kept in memory, once read. Close it after use."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.oneroster.portal_access_roles)
        self._settings = settings.oneroster_rest
        self._profile = settings.oneroster.portal_profile.strip().lower()
        self._web = Web(_site(settings))
        self._found: list[User] | None = None
        self._left_out: dict[str, str] = {}
        self._share = 0.0
        self.ignored_columns: Mapping[str, tuple[str, ...]] = {}
        columns = {"username"}
        self.description = RosterDescription(
            feed=NAME,
            source=clean(settings.oneroster_rest.url),
            taken_at=datetime.now(UTC),
            files=dict.fromkeys(_COLUMNS, _WHAT),
            columns={kind: names if kind is RecordKind.LINKS else names | columns for kind, names in _COLUMNS.items()},
            sync_rule=self._sync_rule(),
            fields=FILLED,
            access_by_type=self._access_by_type(),
        )

    def close(self) -> None:
        """Let the connection go."""
        self._web.close()

    @property
    def share(self) -> float:
        return self._share

    def _users(self, problems: Problems, left_out: dict[str, str] | None = None) -> Iterator[User]:
        if self._found is None:
            self._found = list(self._read())
            self._share = 1.0
        if left_out is not None:
            left_out.update(self._left_out)
        yield from self._found

    def _read(self) -> Iterator[User]:
        try:
            for number, record in enumerate(_everybody(self._web, self._settings.page_size, self._note_share), 1):
                if user := self._user(number, record):
                    yield user
        finally:
            self._web.close()

    def _note_share(self, read: int, total: int | None) -> None:
        self._share = min(0.99, read / total) if total else 0.0

    def _user(self, number: int, record: dict[str, Any]) -> User | None:
        """A user who holds; what is wrong with another goes to `problems`."""
        code = _text(record.get("sourcedId"))
        column, kinds = "sourcedId", KINDS
        try:
            if not code:
                raise BadCell("is blank, so the record belongs to nobody")
            column = "status"
            if not parse_status(_text(record.get("status"))):
                self._left_out.setdefault(code, OTHER)
                return None
            column = "role"
            roles = tuple(dict.fromkeys(parse_role(role) for role in _roles(record)))
            if not roles:
                raise BadCell("is not there")
            column = "enabledUser"
            enabled = parse_enabled(_text(record.get("enabledUser")))
        except BadCell as error:
            self.problems.add(_WHAT, number, column, str(error))
            for kind in kinds:
                self.problems.skip(kind, (clean(code),) if code and kind != RecordKind.LINKS.value else None)
            if code:
                self._left_out.setdefault(code, OTHER)
            return None
        return User(
            number,
            code,
            roles,
            enabled,
            _text(record.get("givenName")),
            _text(record.get("familyName")),
            _text(record.get("email")),
            _text(record.get("sms")) or _text(record.get("phone")),
            ", ".join(_texts(record.get("grades"))),
            self._username(record),
            tuple(dict.fromkeys(_ids(record.get("agents", record.get("agentSourcedIds"))))),
        )

    def _username(self, record: dict[str, Any]) -> str | None:
        if not self._profile:
            return _text(record["username"]) if "username" in record else None
        for profile in _dicts(record.get("userProfiles")):
            naming = (_text(profile.get(key)).lower() for key in ("profileType", "vendorId", "applicationId"))
            if self._profile in naming:
                names = [_text(one.get("username")) for one in _dicts(profile.get("credentials"))]
                return next(filter(None, names), "")
        return ""


def _everybody(web: Web, page_size: int, told: Any) -> Iterator[dict[str, Any]]:
    """Every user once, as the server has them."""
    seen: set[str] = set()
    got = 0
    total: int | None = None
    for _ in range(_MOST_PAGES):
        answer = _asked(web, {"limit": page_size, "offset": got})
        users = _users_of(answer, web.site.what)
        said = _total(answer)
        if total is not None and said is not None and said < total:
            raise _changed(web, f"it said {total:,} users, and then {said:,}")
        total = said if said is not None else total
        codes = [_text(user.get("sourcedId")) for user in users]
        again = [code for code in codes if code and code in seen]
        if users and len(again) == len(users):
            if got == total:
                return  # it does not heed the offset, and had given everybody already
            raise _changed(web, "a page came twice; it may not heed the offset that is asked for")
        if again or len({code for code in codes if code}) < len([code for code in codes if code]):
            raise _changed(web, "the same user came twice")
        seen.update(code for code in codes if code)
        got += len(users)
        told(got, total)
        yield from users
        if got > _MOST_USERS:
            raise _changed(web, f"it has more than {_MOST_USERS:,} users")
        # A page that is not full may be the server's own limit: only an empty one, or no next one, is the end.
        ended = not users or (_says_links(answer) and not _next(answer) and (total is None or got >= total))
        if ended:
            if total is not None and got < total:
                raise _changed(web, f"it said {total:,} users and gave {got:,}")
            return
    raise _changed(web, f"it has more than {_MOST_PAGES:,} pages")


def _asked(web: Web, params: Mapping[str, str | int]) -> Answer:
    """One page; asked again a few times where the server says later, or gives nothing."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = web.run(web.ask("GET", _WHAT, params=params, most=_MOST_BYTES))
        except Unanswered as error:
            if attempt < _ATTEMPTS:
                continue  # reading changes nothing, so it can be asked again
            raise InputRefused(
                error.what, means="Not everybody was read, so nothing was imported.", todo="Try again later."
            ) from error
        if answer.status not in (429, 502, 503, 504) or attempt == _ATTEMPTS:
            break
        wait = answer.seconds_to_wait(datetime.now(UTC))
        time.sleep(min(_LONGEST_WAIT, 2.0**attempt if wait is None else wait))
    if answer.is_ok:
        return answer
    hint = {
        401: "Check the client's id and secret in the config.",
        403: "Ask for the scope that lets this client read users, and set it in the config.",
        404: "Check the url in the config: it ends before /users, as in …/ims/oneroster/rostering/v1p2.",
    }
    raise InputRefused(
        f"{web.site.what} answers {answer.status} where users are asked for.",
        means="Not everybody was read, so nothing was imported.",
        todo=hint.get(answer.status, "Try again later, and look into the server's log."),
    )


def _users_of(answer: Answer, what: str) -> list[dict[str, Any]]:
    body = answer.body
    users = body.get("users") if isinstance(body, dict) else None
    if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
        raise InputRefused(
            f"{what} answers with something else than OneRoster users"
            + (f": {answer.unread}." if answer.unread else "."),
            means="Nothing was imported.",
            todo="Check the url in the config: it ends before /users, as in …/ims/oneroster/rostering/v1p2.",
        )
    return users


def _total(answer: Answer) -> int | None:
    said = answer.headers.get("x-total-count", "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _says_links(answer: Answer) -> bool:
    return "rel=" in answer.headers.get("link", "")


def _next(answer: Answer) -> bool:
    links = answer.headers.get("link", "").lower().replace("'", '"').replace(" ", "")
    return 'rel="next"' in links or "rel=next" in links


def _changed(web: Web, why: str) -> InputRefused:
    return InputRefused(
        f"{web.site.what} can't be read as a whole: {why}.",
        means="Whoever is missing would look as if they had left. Nothing was imported.",
        todo="Try again when nothing is changed there. If it stays so, import its files.",
    )


def _site(settings: Settings) -> Site:
    rest = settings.oneroster_rest
    if not rest.url:
        raise ConfigError(
            "The config does not say where the OneRoster server is.", todo="Set feeds.oneroster_rest.url in the config."
        )
    secret = SecretSource(
        "client secret of the OneRoster server",
        CLIENT_SECRET,
        secret_variable(CLIENT_SECRET),
        rest.client_secret_command,
        expanded(rest.client_secret_file) if rest.client_secret_file else None,
    )
    return Site(
        f"The OneRoster server {clean(urlsplit(rest.url).netloc)}",
        rest.url,
        ClientCredentials(rest.token_url, rest.client_id, read_secret(secret), rest.scope) if rest.token_url else None,
        expanded(rest.ca_file) if rest.ca_file else None,
        rest.timeout_seconds,
        parallel=1,
    )


def _roles(record: dict[str, Any]) -> list[str]:
    """The roles of a user, the primary one first: a list of objects in 1.2, one word in 1.1."""
    listed = _dicts(record.get("roles"))
    listed.sort(key=lambda role: _text(role.get("roleType")).lower() != "primary")
    named = [_text(role.get("role")) for role in listed if _text(role.get("status")).lower() != "tobedeleted"]
    return [role for role in named if role] or _texts(record.get("role"))


def _ids(value: object) -> Iterator[str]:
    """The ids of agents: objects with a sourcedId, ids, or one text with commas."""
    if isinstance(value, str):
        yield from agents_in(value[:_MOST_TEXT])
    elif isinstance(value, list):
        for one in value[:_MOST_IN_A_LIST]:
            if code := _text(one.get("sourcedId") if isinstance(one, dict) else one):
                yield code


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value[:_MOST_IN_A_LIST] if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    several = value[:_MOST_IN_A_LIST] if isinstance(value, list) else [value]
    return [text for one in several if (text := _text(one))]


def _text(value: object) -> str:
    """A value of JSON as a cell says it; what is no single value is nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()[:_MOST_TEXT] if isinstance(value, str | int | float) else ""
