"""A SCIM server with switches, for what no real one does when it is asked to: refuse just the password, go away after
the second write, keep no codes. It says and keeps what RFC 7643 and 7644 ask of one, and no more.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, Any, dict[str, str]]
Before = Callable[[str, str, Any], Answer | None]
After = Callable[[str, str, Any], None]
AWAY: Answer = (503, {}, {"Retry-After": "1000"})
"""Busy for longer than anybody waits."""
UNIQUE: Answer = (409, {"scimType": "uniqueness"}, {})
INVALID: Answer = (400, {"scimType": "invalidValue"}, {})
NOT_THERE: Answer = (404, {}, {})


@dataclass
class OddServer:
    """Its records and passwords by id, how it behaves, and each request as (method, path). `before` may answer instead
    of it; `after` is called when a request was carried out, before it is answered."""

    store: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    filters: bool = True
    keeps_codes: bool = True
    patch: bool = True
    takes_passwords: bool = True
    all_at_once: bool = True
    before: Before | None = None
    after: After | None = None
    is_away: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}/v2"

    def put(
        self, user_name: str, external_id: str = "", *, password: str = "", active: bool = True, **more: Any
    ) -> str:
        """Make a user; gives its id."""
        id_ = uuid.uuid4().hex
        self.store[id_] = {"id": id_, "userName": user_name, "active": active, **more}
        if external_id and self.keeps_codes:
            self.store[id_]["externalId"] = external_id
        if password:
            self.passwords[id_] = password
        return id_

    def user(self, identity: str) -> dict[str, Any]:
        """One user, {} when there is none with this id."""
        return dict(self.store.get(identity, {}))

    def of_code(self, code: str) -> dict[str, Any]:
        """The one record with this code."""
        (found,) = [record for record in self.store.values() if record.get("externalId") == code]
        return dict(found)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What it was asked to change."""
        return [one for one in self.asked if one[0] != "GET"]

    def answer(self, method: str, target: str, body: Any) -> Answer:
        """What it says to a request."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        self.asked.append((method, path))
        if self.is_away:
            return AWAY
        said = self.before(method, path, body) if self.before else None
        if said is None:
            said = self._answer(method, path, parse_qs(parts.query), body)
            if self.after and said[0] < 300:
                self.after(method, path, body)
        return said

    def _answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        if path == "/v2/ServiceProviderConfig":
            offers = {"patch": self.patch, "filter": self.filters, "changePassword": True}
            return 200, {name: {"supported": offered} for name, offered in offers.items()}, {}
        found = re.fullmatch(r"/v2/Users/?([^/]*)", path)
        if not found:
            return NOT_THERE
        if not found[1]:
            return self._list(query) if method == "GET" else self._make(dict(body))
        if found[1] not in self.store:
            return NOT_THERE
        if method == "GET":
            return 200, self.store[found[1]], {}
        whole = [{"path": name, "value": value} for name, value in body.items() if name != "id"]
        return self._change(found[1], whole if method == "PUT" else body["Operations"], is_patch=method == "PATCH")

    def _list(self, query: dict[str, list[str]]) -> Answer:
        found = list(self.store.values())
        if "filter" in query and self.filters:
            wanted = re.fullmatch(r'(\w+) eq (".*")', query["filter"][0])
            assert wanted is not None
            name, value = wanted[1], json.loads(wanted[2])
            if name == "userName":
                found = [one for one in found if one["userName"].casefold() == value.casefold()]
            else:
                found = [one for one in found if one.get(name) == value]
        start = int(query.get("startIndex", ["1"])[0])
        page = found[start - 1 : start - 1 + int(query.get("count", ["100"])[0])]
        return 200, {"totalResults": len(found), "Resources": page}, {}

    def _make(self, body: dict[str, Any]) -> Answer:
        name, code = body.pop("userName"), body.pop("externalId", "")
        if self._has(name):
            return UNIQUE
        body.pop("schemas")
        made = self.put(name, code, password=body.pop("password", ""), active=body.pop("active", True), **body)
        return 201, self.store[made], {}

    def _change(self, id_: str, operations: list[dict[str, Any]], *, is_patch: bool) -> Answer:
        wanted = {operation["path"]: operation["value"] for operation in operations}
        if is_patch and not self.all_at_once and len(operations) > 1:
            return INVALID
        if "password" in wanted and not self.takes_passwords:
            return INVALID
        if "userName" in wanted and self._has(wanted["userName"], but=id_):
            return UNIQUE
        if "password" in wanted:
            self.passwords[id_] = wanted.pop("password")
        self.store[id_].update(wanted)
        return 204, None, {}

    def _has(self, name: str, but: str = "") -> bool:
        return any(one["userName"].casefold() == name.casefold() for id_, one in self.store.items() if id_ != but)


@contextmanager
def odd_scim_server() -> Iterator[OddServer]:
    """Start one, with nobody in it."""
    server = OddServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: `asked` has it."""

        def _any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw.startswith(b"{") else None
            status, said, headers = server.answer(self.command, self.path, body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/scim+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _any

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
