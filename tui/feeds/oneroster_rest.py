"""OneRoster by its REST interface (1.1 or 1.2), with a token of OAuth 2: its users as a roster.

How they are asked for is in tui.feeds.oneroster_asking, what stands in their JSON in tui.feeds.oneroster_json, and what
users mean in tui.feeds.oneroster.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tui.config import expanded, secret_variable
from tui.domain.problems import Problems
from tui.domain.records import RecordKind, RosterDescription
from tui.errors import ConfigError
from tui.feeds.cells import BadCell, parse_enabled
from tui.feeds.oneroster import (
    FILLED,
    KINDS,
    OTHER,
    SPELT,
    OneRosterUsers,
    User,
    parse_role,
    parse_status,
)
from tui.feeds.oneroster_asking import USERS, asked, everybody, families, filters_by_role, total_of, users_in
from tui.feeds.oneroster_json import agents_of, dicts_in, roles_of, text_in, texts_in
from tui.secret import SecretSource, read_secret
from tui.settings import Settings
from tui.text import clean
from tui.web import ClientCredentials, Site, Web

NAME = "oneroster-rest"
CLIENT_SECRET = "feeds.oneroster_rest.client_secret"  # noqa: S105  the key's name
_COLUMNS: dict[RecordKind, frozenset[str]] = {
    RecordKind.CONTACTS: frozenset(("givenName", "familyName", "email", "sms", "phone", "username")),
    RecordKind.STUDENTS: frozenset(("givenName", "familyName", "email", "grades", "username")),
    RecordKind.LINKS: frozenset(("agents",)),
    RecordKind.STAFF: frozenset(("givenName", "familyName", "email", "username")),
}


def open_rest(settings: Settings) -> "OneRosterRestFeed":
    """The feed, with nothing asked for yet. Raises ConfigError when the config does not say enough."""
    return OneRosterRestFeed(settings)


def check_rest(settings: Settings) -> str:
    """Get a token and one page of one user; what was found, in a sentence. Nothing is changed. Raises EngageError."""
    web = Web(_site(settings))
    try:
        answer = asked(web, {"limit": 1, "offset": 0})
        users = users_in(answer, web.site.what)
        total = total_of(answer)
        filters = bool(users) and settings.oneroster_rest.families_only and filters_by_role(web)
    finally:
        web.close()
    if not users:
        return f"{web.site.what} answers, and has no users that this client may read."
    said = f"{web.site.what} answers with users" + (f", {total:,} in all." if total is not None else ".")
    if settings.oneroster_rest.families_only and not filters:
        return f"{said} It can't be asked for families only: everybody is read, and the staff let go."
    return said


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
        kinds = [kind for kind in _COLUMNS if kind is not RecordKind.STAFF or not self._settings.families_only]
        self._filtered = True
        self.description = RosterDescription(
            feed=NAME,
            source=clean(settings.oneroster_rest.url),
            taken_at=datetime.now(UTC),
            files=dict.fromkeys(kinds, USERS),
            columns={kind: _COLUMNS[kind] for kind in kinds},
            sync_rule=self._sync_rule(),
            fields=FILLED,
            access_by_type=self._access_by_type(),
            spelt=SPELT,
        )

    def close(self) -> None:
        """Let the connection go."""
        self._web.close()

    @property
    def notes(self) -> tuple[str, ...]:
        if self._filtered:
            return super().notes
        return (
            *super().notes,
            "The server could not be asked for families only, so everybody was read; the staff were let go.",
        )

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
            for number, record in enumerate(self._asked(), 1):
                if user := self._user(number, record):
                    yield user
        finally:
            self._web.close()

    def _asked(self) -> Iterator[dict[str, Any]]:
        if not self._settings.families_only:
            return everybody(self._web, self._settings.page_size, self._note_share)
        found, self._filtered = families(self._web, self._settings.page_size, self._note_share)
        return iter(found)

    def _note_share(self, read: int, total: int | None) -> None:
        self._share = min(0.99, read / total) if total else 0.0

    def _user(self, number: int, record: dict[str, Any]) -> User | None:
        """A user who holds; what is wrong with another goes to `problems`."""
        code = text_in(record.get("sourcedId"))
        column, kinds = "sourcedId", KINDS
        try:
            if not code:
                raise BadCell("is blank, so the record belongs to nobody")
            column = "status"
            if not parse_status(text_in(record.get("status"))):
                self._left_out.setdefault(code, OTHER)
                return None
            column = "role"
            roles = tuple(dict.fromkeys(parse_role(role) for role in roles_of(record)))
            if not roles:
                raise BadCell("is not there")
            column = "enabledUser"
            enabled = parse_enabled(text_in(record.get("enabledUser")))
        except BadCell as error:
            self.problems.add(USERS, number, column, str(error))
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
            text_in(record.get("givenName")),
            text_in(record.get("familyName")),
            text_in(record.get("email")),
            text_in(record.get("sms")) or text_in(record.get("phone")),
            ", ".join(texts_in(record.get("grades"))),
            self._username(record),
            tuple(dict.fromkeys(agents_of(record))),
        )

    def _username(self, record: dict[str, Any]) -> str | None:
        if not self._profile:
            return text_in(record["username"]) if "username" in record else None
        for profile in dicts_in(record.get("userProfiles")):
            naming = (text_in(profile.get(key)).lower() for key in ("profileType", "vendorId", "applicationId"))
            if self._profile in naming:
                names = [text_in(one.get("username")) for one in dicts_in(profile.get("credentials"))]
                return next(filter(None, names), "")
        return ""


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
