"""Canaille (PyPI) on loopback: an identity provider with a login page, as hostile a SCIM service as is to be had.

It lives in an environment of its own, which `make canaille` makes; tests that want it say so where it is not there.

What 0.3.6 does with users in memory, as it was measured:
- `filter` is ignored, in GET and in POST /.search: 200, everybody, `totalResults` of everybody, for a filter that can't
  be read as well. ServiceProviderConfig says so (filter no, bulk no, etag yes, patch yes).
- `count` in a list is a 500 whose HTML is labelled application/scim+json; `startIndex` works; without count all come.
- HTML under that label also for a body that is no JSON (400) and a PUT that changes the userName (500). A 404 is SCIM
  JSON labelled application/json. Statuses in errors are text.
- `externalId` is taken and never kept. `/Users/X` takes X for a userName first, for an id second; `meta.location` has
  the userName, so that it changes with it.
- POST wants `active` and `name.formatted`, and refuses a `type` of an email (400). POST of a userName that is there:
  201, and a second record.
- PATCH answers 200 with the record. `userName` can be replaced, and even removed. `active` may be the text "False".
- The ETag changes once a second: a second write within it passes If-Match.
- People log in with the userName or with any email, so that another userName alone keeps nobody out. With
  `active` false the right password is refused, and sessions that are open end at their next request.
- A record without a password offers a first-login page to whoever types its name, `active` or not: its button mails a
  link to the record's emails, through which a password is set. Where `active` is false no session opens after that.
- Client credentials: POST /oauth/token, the secret in the Authorization header alone; a token lasts ten days.
- 4 to 15 ms a request, one at a time; 1.3 s to start.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mail.servers import Inbox, real_server
from tests.servers.process import served

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-canaille" / "bin" / "python"
SITE = Path(__file__).with_name("canaille_site.py")
CLIENT, SECRET, TOKEN = "school", "secret-of-the-tests", "token-of-the-tests"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

WANTED = pytest.mark.skipif(
    not (PYTHON.parent.parent / ".made").exists(), reason="`make canaille` makes its environment"
)


@dataclass
class Canaille:
    """A running one. What is read and put in here goes there by plain httpx, by none of the project's own code."""

    port: int
    client: httpx.Client
    inbox: Inbox
    token: str = TOKEN

    @property
    def site(self) -> str:
        """Where people log in."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its base address, as `accounts.scim` wants it."""
        return f"{self.site}/scim/v2"

    @property
    def token_url(self) -> str:
        """Where client credentials become a token."""
        return f"{self.site}/oauth/token"

    def put(
        self, user_name: str, email: str, *, password: str = "", active: bool = True, name: str = "A Person"
    ) -> str:
        """Make a user; gives its id."""
        record: dict[str, Any] = {"schemas": [USER], "userName": user_name, "active": active}
        record |= {"name": {"formatted": name, "familyName": name}, "emails": [{"value": email}]}
        record |= {"password": password} if password else {}
        answer = self.client.post("/Users", json=record)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def users(self) -> dict[str, dict[str, Any]]:
        """All users by their id; each without `meta`, which changes with every write."""
        answer = self.client.get("/Users")
        assert answer.status_code == 200, answer.text
        records = answer.json()["Resources"]
        return {record["id"]: {key: value for key, value in record.items() if key != "meta"} for record in records}

    def user(self, identity: str) -> dict[str, Any]:
        """One user, or {} where there is none with this id."""
        return self.users().get(identity, {})

    def logs_in(self, login: str, password: str) -> bool:
        """Whether somebody who types these on the login page, as a browser sends them, is let in."""
        with httpx.Client(base_url=self.site, follow_redirects=True, timeout=30) as browser:
            page = browser.get("/login")
            page = browser.post("/login", data={"csrf_token": _token(page), "login": login})
            if page.url.path != "/auth/password":
                return False
            browser.post(page.url, data={"csrf_token": _token(page), "password": password})
            return browser.get("/").url.path.startswith("/profile/")

    def first_login(self, login: str) -> list[str]:
        """Type a login, and press the button of the first-login page where that opens: the links mailed by that."""
        before = len(self.inbox.received)
        with httpx.Client(base_url=self.site, follow_redirects=True, timeout=30) as browser:
            page = browser.get("/login")
            page = browser.post("/login", data={"csrf_token": _token(page), "login": login})
            if page.url.path.startswith("/firstlogin/"):
                browser.post(page.url, data={"csrf_token": _token(page)})
        return [link for received in self.inbox.received[before:] for link in _links(received.content)]

    def set_password(self, link: str, password: str) -> bool:
        """Open a mailed link, choose a password there; whether one is logged in after it."""
        with httpx.Client(base_url=self.site, follow_redirects=True, timeout=30) as browser:
            page = browser.get(link)
            fields = {"csrf_token": _token(page), "password": password, "confirmation": password}
            browser.post(page.url, data=fields)
            return browser.get("/").url.path.startswith("/profile/")


def _token(page: httpx.Response) -> str:
    """What the form of a page carries against requests from elsewhere."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None, f"{page.url} has no form"
    return found[1]


def _links(content: bytes) -> list[str]:
    body = message_from_bytes(content, policy=default).get_body(("plain",))
    assert body is not None
    return re.findall(r"http://\S+/reset/\S+", body.get_content())


@contextmanager
def canaille(folder: Path) -> Iterator[Canaille]:
    """Start one, with nobody in it, and a server that takes its mail; its log is in `folder`."""
    with real_server() as (inbox, smtp_port):

        def command(port: int) -> list[str]:
            return [str(PYTHON), "-P", str(SITE), str(port), str(smtp_port)]  # -P: this file is called canaille, too

        with served(command, "Serving canaille", folder / "canaille.log") as port:
            base = f"http://127.0.0.1:{port}/scim/v2"
            with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
                yield Canaille(port, client, inbox)
