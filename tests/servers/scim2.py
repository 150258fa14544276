"""scim2-server (PyPI) on loopback: a SCIM service that keeps everything in memory, and ways to look into it.

What 0.8.3 does, as it was measured:
- HTTP/1.0, a connection a request, a thread each; its queue of connections to come is 5 long, so that many at once
  are dropped (at 20, not at 8). 4 to 7 ms a request on two cores.
- `filter`, `etag`, `bulk`, `sort` and `changePassword` are announced, and real. `externalId eq` is case exact,
  `userName eq` is not. An unknown id is 404, a filter that can't be read 400 invalidFilter, both as SCIM JSON.
- The answer to a PATCH is 204 with the new ETag and no body. The ETag is weak and counts every write to the whole
  service, refused ones too; an If-Match that is behind is 412.
- `userName` can be replaced, not removed (400 mutability); one that is taken, in any case, is 409 uniqueness. Two
  records may carry the same externalId.
- A removed password can't be told from one that never was: it is never returned. `password pr` as a filter tells.
- POST, PUT, PATCH and DELETE act at once and for all; nobody logs in to it, so that what a person can still do there
  is what its records say.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers.process import served

PROGRAM = Path(sys.executable).with_name("scim2-server")
TOKEN = "scim-token-of-the-tests"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class ScimServer:
    """A running one. What is read and put in here goes there by plain httpx, by none of the project's own code."""

    port: int
    client: httpx.Client
    token: str = TOKEN

    @property
    def url(self) -> str:
        """Its base address, as `accounts.scim` wants it."""
        return f"http://127.0.0.1:{self.port}/v2"

    def put(
        self, user_name: str, external_id: str = "", *, password: str = "", active: bool = True, **more: Any
    ) -> str:
        """Make a user; gives its id. `more` is further attributes, by their SCIM names."""
        record = {"schemas": [USER], "userName": user_name, "active": active, **more}
        record |= {"externalId": external_id} if external_id else {}
        record |= {"password": password} if password else {}
        answer = self.client.post("/Users", json=record)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def user(self, identity: str) -> dict[str, Any]:
        """One user, without `meta`, which changes with every write; {} when there is none with this id."""
        answer = self.client.get(f"/Users/{identity}")
        if answer.status_code == 404:
            return {}
        assert answer.status_code == 200, answer.text
        return _without_meta(answer.json())

    def users(self, query: str = "") -> dict[str, dict[str, Any]]:
        """All users by their id, or those that a filter finds; each without `meta`."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            page = self.client.get(
                "/Users", params={"startIndex": len(found) + 1, **({"filter": query} if query else {})}
            )
            assert page.status_code == 200, page.text
            records = page.json().get("Resources") or []
            found |= {record["id"]: _without_meta(record) for record in records}
            if not records or len(found) >= page.json()["totalResults"]:
                return found

    def with_password(self) -> set[str]:
        """The ids of the users that have a password."""
        return set(self.users("password pr"))


def _without_meta(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "meta"}


@contextmanager
def scim2_server(folder: Path) -> Iterator[ScimServer]:
    """Start one, with nobody in it; its log is in `folder`."""

    def command(port: int) -> list[str]:
        return [str(PROGRAM), "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", TOKEN]

    with served(command, "Serving SCIM", folder / "scim2-server.log") as port:
        base = f"http://127.0.0.1:{port}/v2"
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
            yield ScimServer(port, client)
