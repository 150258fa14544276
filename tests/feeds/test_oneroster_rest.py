"""OneRoster by REST, against a small server over TLS that pages and gives tokens as the standards say, or doesn't."""

import base64
import csv
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from tui.domain.records import RecordKind
from tui.errors import EngageError, InputRefused
from tui.feeds.oneroster_files import OneRosterFeed
from tui.feeds.oneroster_rest import OneRosterRestFeed, check_rest, open_rest
from tui.settings import OneRosterRestSettings, Settings

SECRET = "s3cret of the client"


@dataclass
class Server:
    """What it has, and how it behaves. `filters` gives who a filter leaves, None: it refuses the filter. `page` changes
    the answer to the n-th request for users."""

    users: list[dict[str, Any]]
    most: int = 100
    links: bool = True
    totals: bool = True
    heeds_offset: bool = True
    filters: "Callable[[str], list[dict[str, Any]] | None] | None" = None
    page: Callable[[int, int, dict[str, str], dict[str, Any]], tuple[int, dict[str, str], dict[str, Any]]] | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""
    ca: Path | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at `asked`."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        said = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        right = said == "engage:s3cret+of+the+client" and form == {
            "grant_type": ["client_credentials"],
            "scope": ["roster.readonly"],
        }
        body = {"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600}
        self._send(200 if right else 401, {}, body if right else {"error": "invalid_client"})

    def do_GET(self) -> None:
        server, parts = self.behind, urlsplit(self.path)
        server.asked.append(self.path)
        if self.headers.get("Authorization") != "Bearer t0ken" or not parts.path.endswith("/v1p2/users"):
            self._send(401 if parts.path.endswith("users") else 404, {}, {})
            return
        query = parse_qs(parts.query)
        having = server.users
        if "filter" in query and server.filters is not None:
            left = server.filters(query["filter"][0])
            if left is None:
                self._send(400, {}, {"imsx_codeMinor": {"imsx_codeMinorField": [{"invalid_filter_field": ""}]}})
                return
            having = left
        limit = min(int(query.get("limit", ["100"])[0]), server.most)
        offset = int(query.get("offset", ["0"])[0]) if server.heeds_offset else 0
        users = having[offset : offset + limit]
        headers = {"X-Total-Count": str(len(having))} if server.totals else {}
        if server.links:
            here = f"{server.url}/users?limit={limit}"
            links = [f'<{here}&offset=0>; rel="first"']
            if offset + limit < len(having):
                links.append(f'<{here}&offset={offset + limit}>; rel="next"')
            headers["Link"] = ", ".join(links)
        status, body = 200, {"users": users}
        if server.page is not None:
            status, headers, body = server.page(len(server.asked), offset, headers, body)
        self._send(status, headers, body)

    def _send(self, status: int, headers: dict[str, str], body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(content)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, path


Run = Callable[..., Server]


@pytest.fixture
def run(authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Start a server with these users."""
    monkeypatch.setenv("ENGAGE_ACCOUNTS_ONEROSTER_REST_CLIENT_SECRET", SECRET)
    running = []

    def start(users: list[dict[str, Any]], **how: Any) -> Server:
        server = Server(users, ca=authority[1], **how)
        http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"behind": server}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority[0].issue_cert("127.0.0.1").configure_cert(context)
        http.socket = context.wrap_socket(http.socket, server_side=True)
        server.url = f"https://127.0.0.1:{http.server_address[1]}/ims/oneroster/rostering/v1p2"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        running.append((http, thread))
        return server

    yield start
    for http, thread in running:
        http.shutdown()
        http.server_close()
        thread.join()


def settings_for(server: Server, **more: Any) -> Settings:
    rest = OneRosterRestSettings(
        url=server.url,
        token_url=server.url.replace("/ims/oneroster/rostering/v1p2", "/token"),
        client_id="engage",
        scope="roster.readonly",
        ca_file=server.ca,
        timeout_seconds=5,
    )
    return Settings(oneroster_rest=replace(rest, **more))


@contextmanager
def opened(server: Server, **more: Any) -> Iterator[OneRosterRestFeed]:
    feed = open_rest(settings_for(server, **more))
    try:
        yield feed
    finally:
        feed.close()


def person(code: str, role: str, /, *agents: str, **more: Any) -> dict[str, Any]:
    return {
        "sourcedId": code,
        "status": "active",
        "enabledUser": "true",
        "givenName": f"G{code}",
        "familyName": f"F{code}",
        "username": f"u{code}",
        "roles": [{"roleType": "primary", "role": role, "org": {"sourcedId": "o", "type": "org"}}],
        "agents": [{"href": "", "sourcedId": agent, "type": "user"} for agent in agents],
    } | more


def from_file(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            person(
                row["sourcedId"],
                row["role"],
                *(agent.strip() for agent in row["agentSourcedIds"].split(",") if agent.strip()),
                givenName=row["givenName"],
                familyName=row["familyName"],
                username=row["username"],
                email=row["email"],
                grades=[row["grades"]],
            )
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize(
    "how",
    [{}, {"links": False}, {"totals": False}, {"links": False, "totals": False}, {"most": 5000}],
    ids=["both", "no links", "no total", "neither", "one page"],
)
def test_the_real_school_is_the_same_as_from_its_file(run: Run, real_users: Path, how: dict[str, Any]) -> None:
    server = run(from_file(real_users), **how)
    file = OneRosterFeed(real_users)
    with opened(server, page_size=5000) as feed:
        assert [one[1:] for one in feed.students()] == [one[1:] for one in file.students()]
        assert [one.code for one in feed.contacts()] == [one.code for one in file.contacts()]
        assert sorted(one[1:] for one in feed.links()) == sorted(one[1:] for one in file.links())
        assert not feed.problems
        assert feed.share == 1.0


def test_what_servers_write_is_read(run: Run) -> None:
    users = [
        person("S1", "student", "P1"),
        person("S2", "", roles=None, role="student", agents="P1, P2", enabledUser=False, grades="09"),
        person("P1", "", roles=[{"role": "teacher"}, {"role": "Parent", "roleType": "primary"}]),
        person("P2", "guardian", agents=["S1", {"sourcedId": "S9"}], sms="0400"),
        person("P3", "parent", status="tobedeleted"),
        person("T1", "teacher", agents=None),
    ]
    with opened(run(users)) as feed:
        assert [(one.code, one.contact_type, one.mobile) for one in feed.contacts()] == [
            ("P1", "Parent", ""),
            ("P2", "Guardian", "0400"),
        ]
        assert [(one.code, one.status, one.year_level) for one in feed.students()] == [
            ("S1", "enrolled", ""),
            ("S2", "left", "09"),
        ]
        assert sorted((one.student_code, one.contact_code) for one in feed.links()) == [
            ("S1", "P1"), ("S1", "P2"), ("S2", "P1"), ("S2", "P2"),
        ]  # fmt: skip
        assert [one.code for one in feed.staff()] == ["P1", "T1"]
        assert feed.dropped_agents == 1


def test_what_is_wrong_with_a_user_is_told(run: Run) -> None:
    users = [person("P1", "parnet"), person("P2", "parent", status="maybe"), person("", "parent")]
    users.append(person("S1", "student"))
    with opened(run(users)) as feed:
        assert [one.code for one in feed.students()] == ["S1"]
        assert [str(problem) for problem in feed.problems] == [
            "users, line 1, column role: “parnet” is no role of OneRoster, such as student, parent or teacher",
            "users, line 2, column status: “maybe” is not active or tobedeleted, nor blank",
            "users, line 3, column sourcedId: is blank, so the record belongs to nobody",
        ]
        assert feed.problems.keyless["links"] == 3


def test_the_portals_username_is_that_of_its_profile(run: Run) -> None:
    profiles = [{"profileType": "login", "applicationId": "Engage", "credentials": [{"username": "mai"}]}]
    server = run([person("P1", "parent", userProfiles=profiles), person("P2", "parent")])
    settings = settings_for(server)
    feed = open_rest(replace(settings, oneroster=replace(settings.oneroster, portal_profile="engage")))
    assert [one.username for one in feed.contacts()] == ["mai", ""]


FAMILIES = [
    person("S1", "student", "P1", "P2"),
    person("S2", "student", "P2"),
    person("P1", "parent"),
    person("P2", "", roles=[{"role": "teacher", "roleType": "primary"}, {"role": "guardian", "roleType": "secondary"}]),
    person("P3", "relative", "S2"),
    person("P4", "", roles=[{"role": "parent"}, {"role": "guardian"}]),
    person("T1", "teacher"),
    person("T2", "administrator"),
]


def with_role(wanted: str, fields: tuple[str, ...], *, primary: bool = False) -> list[dict[str, Any]] | None:
    field, _, role = wanted.partition("=")
    if field not in fields:
        return None
    role = role.strip("'")
    return [one for one in FAMILIES if role in [each["role"] for each in one["roles"][: 1 if primary else None]]]


FILTERS: dict[str, tuple[Callable[[str], list[dict[str, Any]] | None], bool]] = {
    "as 1.2 says": (lambda wanted: with_role(wanted, ("roles.role",)), True),
    "by the word of 1.1": (lambda wanted: with_role(wanted, ("role",)), True),
    "refused": (lambda wanted: None, False),
    "not heeded": (lambda wanted: FAMILIES, False),
    "primary roles only": (lambda wanted: with_role(wanted, ("role", "roles.role"), primary=True), False),
    "nobody for any": (lambda wanted: [], False),
    "no parents of any kind": (lambda wanted: with_role(wanted, ("roles.role",)) if "student" in wanted else [], False),
}


@pytest.mark.parametrize("name", FILTERS)
def test_families_are_whole_whatever_a_server_makes_of_the_filter(run: Run, name: str) -> None:
    filters, believed = FILTERS[name]
    server = run(FAMILIES, filters=filters, most=3)
    with opened(server, families_only=True) as feed:
        assert [one.code for one in feed.students()] == ["S1", "S2"]
        assert sorted(one.code for one in feed.contacts()) == ["P1", "P2", "P3", "P4"]
        assert sorted((one.student_code, one.contact_code) for one in feed.links()) == [
            ("S1", "P1"), ("S1", "P2"), ("S2", "P2"), ("S2", "P3"),
        ]  # fmt: skip
        assert RecordKind.STAFF not in feed.description.files
        assert not feed.problems
        assert bool(feed.notes) is not believed
    everybody = [path for path in server.asked if "filter" not in path]
    assert bool(everybody) is not believed, "the staff are asked for only where it can't be helped"
    said = check_rest(settings_for(server, families_only=True))
    assert ("families only" in said) is (not believed and not name.startswith("primary")), said


def test_staff_are_let_go_unread_and_a_misspelt_role_is_told(run: Run) -> None:
    users = [*FAMILIES, person("P9", "parnet"), person("T3", "teacher", status="maybe")]
    with opened(run(users, filters=lambda wanted: None), families_only=True) as feed:
        assert len(list(feed.contacts())) == 4
        assert [problem.column for problem in feed.problems] == ["role"]


def test_a_filter_is_asked_for_in_the_words_of_the_version(run: Run) -> None:
    server = run(FAMILIES, filters=lambda wanted: None)
    server.url = server.url.replace("/oneroster/", "/v1p1/oneroster/")
    with opened(server, families_only=True) as feed:
        list(feed.students())
    filters = [parse_qs(urlsplit(path).query).get("filter") for path in server.asked]
    assert filters[0] == ["role='student'"]
    assert filters[1:] == [None] * len(filters[1:])


MANY = [person(f"S{n}", "student") for n in range(250)]


def shrinking(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
    return 200, {**headers, "X-Total-Count": str(251 - number)}, body


def ends_early(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
    return 200, {"X-Total-Count": "250"}, body if offset < 200 else {"users": []}


def shifted(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
    return 200, headers, {"users": MANY[max(0, offset - 1) : offset + 99]}


def not_users(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
    return 200, headers, {"error": "no"}


def failing(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
    return (500, {}, {}) if offset else (200, headers, body)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"page": shrinking}, "it said 250 users, and then 249"),
        ({"page": ends_early}, "it said 250 users and gave 200"),
        ({"page": shifted}, "the same user came twice"),
        ({"heeds_offset": False, "links": False}, "a page came twice"),
        ({"page": not_users}, "something else than OneRoster users"),
        ({"page": failing}, "answers 500"),
    ],
)
def test_half_a_school_is_never_taken_for_the_whole(run: Run, how: dict[str, Any], why: str) -> None:
    with opened(run(MANY, **how)) as feed, pytest.raises(InputRefused) as caught:
        list(feed.contacts())
    assert why in caught.value.what
    assert "imported" in caught.value.means
    assert caught.value.todo


def test_a_busy_server_is_asked_again_later(run: Run) -> None:
    def busy(number: int, offset: int, headers: dict[str, str], body: Any) -> Any:
        return (429, {"Retry-After": "0"}, {}) if number == 2 else (200, headers, body)

    server = run(MANY, page=busy)
    with opened(server) as feed:
        assert len(list(feed.students())) == 250
    assert len(server.asked) == 4


def test_a_check_reads_one_user_and_says_how_many_there_are(run: Run) -> None:
    server = run(MANY)
    assert "250 in all" in check_rest(settings_for(server))
    assert [urlsplit(path).query for path in server.asked] == ["limit=1&offset=0"]


def test_a_check_says_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    server = run(MANY)
    settings = settings_for(server)
    wrong = {
        "can't be trusted": settings_for(server, ca_file=None),
        "answers 401": settings_for(server, token_url=""),
        "does not say where": Settings(),
    }
    for why, given in wrong.items():
        with pytest.raises(EngageError) as caught:
            check_rest(given)
        assert why in caught.value.what
        assert caught.value.todo
    monkeypatch.setenv("ENGAGE_ACCOUNTS_ONEROSTER_REST_CLIENT_SECRET", "another")
    with pytest.raises(EngageError, match="gives no token") as caught:
        check_rest(settings)
    assert "another" not in str(caught.value)
