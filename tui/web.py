"""Asking another system over HTTP: verified TLS, answers of bounded size, time that runs out, tokens that are renewed.

What matters to who asks is what may have happened, so errors tell that: `Unreached` was certainly not carried out,
`Unanswered` may have been. Nothing is ever repeated here. A floor room: it knows of no service and of no feed; httpx
is imported where it is used, and waits in a thread of its own, so that callers stay synchronous.
"""

import asyncio
import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tui.errors import ConfigError, ServiceError
from tui.secret import Secret
from tui.text import clean

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
MOST_BYTES = 16 * 1024 * 1024
_CONNECT_SECONDS = 10.0
# A token is renewed this long before it runs out, and kept this long where its server does not say.
_EARLY_SECONDS = 30.0
_USUAL_SECONDS = 300.0


class Unreached(ServiceError):
    """The system could not be reached: what was asked was certainly not carried out."""


class Unanswered(ServiceError):
    """The line was lost, or time ran out, after asking: it may have been carried out."""


class TokenRefused(ServiceError):
    """The token server gives no token, so nothing can be asked."""


class Answer(NamedTuple):
    """What came back. `body` is the JSON in it, None where there is none that can be read; `unread` says why not."""

    status: int
    headers: Mapping[str, str]
    body: Any
    unread: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    def seconds_to_wait(self, now: datetime) -> float | None:
        """What Retry-After asks for, in seconds; None where it does not say, or nothing that makes sense
        (RFC 9110, 10.2.3: seconds or a date)."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit() and len(said) < 10:
            return float(said)
        try:
            moment = parsedate_to_datetime(said)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return max(0.0, (moment - now).total_seconds())
        except (ValueError, TypeError, IndexError, OverflowError):
            return None


@dataclass(frozen=True)
class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749, 4.4): who asks the token server for a token. `scope` "" asks for none."""

    token_url: str
    client_id: str
    secret: Secret
    scope: str = ""


@dataclass(frozen=True)
class Site:
    """A system as the config names it: its address, who vouches for its certificate (None: this host's authorities),
    how long one answer may take as a whole, how many are asked for at once, and the token or who gets one."""

    what: str
    url: str
    token: Secret | ClientCredentials | None = None
    ca_file: Path | None = None
    timeout_seconds: float = 30.0
    parallel: int = 4
    accept: str = "application/json"

    @property
    def host(self) -> str:
        """`idm.school.example`, with the port where it is not the usual one."""
        return urlsplit(self.url).netloc


@dataclass
class _Token:
    value: str = field(default="", repr=False)
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Web:
    """One system, asked over a few connections that are kept. Its coroutines run by `run`; close it after use."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._base = site.url.rstrip("/")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()
        self._free: list[httpx.AsyncClient] = []
        self._trusted: ssl.SSLContext | None = None
        self._token = _Token()
        self._slots: asyncio.Semaphore | None = None

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, T], tick: Callable[[], object] | None = None) -> T:
        """Run a coroutine to its end, from whatever thread; `tick` is called about every second meanwhile, in this one.
        What that raises is raised here, and the coroutine is told to stop."""
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="web", daemon=True).start()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return self._wait(future, tick)
        except BaseException:
            future.cancel()
            raise

    def _wait(self, future: "Future[T]", tick: Callable[[], object] | None) -> T:
        while True:
            try:
                return future.result(timeout=1.0 if tick else None)
            except TimeoutError:
                if future.done():
                    return future.result()
                if tick is not None:
                    tick()

    def close(self) -> None:
        """Let the connections go; it may be used again."""
        with self._starting:
            loop, self._loop = self._loop, None
            if loop is None:
                return
            clients, self._free, self._slots, self._trusted = self._free, [], None, None
            self._token = _Token()
            for client in clients:
                asyncio.run_coroutine_threadsafe(client.aclose(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    # -- asking ----------------------------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        most: int = MOST_BYTES,
    ) -> Answer:
        """Ask once. `path` is below the site's address, or an address of the same host. Raises Unreached, Unanswered,
        TokenRefused, ConfigError. A refused token is renewed once: what was refused so was not carried out."""
        url = self._address(path)
        content = None if body is None else json.dumps(body).encode()  # in ASCII: half a letter can't be sent otherwise
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = content_type
        if self._slots is None:
            self._slots = asyncio.Semaphore(self.site.parallel)
        async with self._slots:
            authorised = await self._authorised()
            answer = await self._once(method, url, params, content, sent | authorised, most)
            if answer.status == 401 and isinstance(self.site.token, ClientCredentials):
                if authorised == await self._authorised():  # else another request has renewed it meanwhile
                    self._token.until = 0.0
                answer = await self._once(method, url, params, content, sent | await self._authorised(), most)
        return answer

    def _address(self, path: str) -> str:
        if "://" not in path:
            return f"{self._base}/{path.lstrip('/')}"
        here, there = urlsplit(self._base), urlsplit(path)
        if (here.scheme, here.netloc.lower()) != (there.scheme, there.netloc.lower()) or "@" in there.netloc:
            raise Unreached(
                f"{self.site.what} sends us on to another host.",
                means="The token would go there too; nothing was asked.",
                todo="Check the address in the config.",
            )
        return path

    async def _authorised(self) -> dict[str, str]:
        token = self.site.token
        if token is None:
            return {}
        if isinstance(token, Secret):
            if not token.reveal().isascii():  # refused here: whatever fails later would quote it
                raise ConfigError(
                    f"The token for {self.site.what} has a letter in it that no header can carry.",
                    means="Nothing was asked.",
                    todo="Copy the token anew; it is made of plain letters, digits and signs.",
                )
            return {"Authorization": f"Bearer {token.reveal()}"}
        async with self._token.lock:
            if time.monotonic() >= self._token.until:
                await self._renew(token)
        return {"Authorization": f"Bearer {self._token.value}"}

    async def _renew(self, credentials: ClientCredentials) -> None:
        from base64 import b64encode
        from urllib.parse import quote_plus, urlencode

        form = {"grant_type": "client_credentials"} | ({"scope": credentials.scope} if credentials.scope else {})
        # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
        pair = f"{quote_plus(credentials.client_id)}:{quote_plus(credentials.secret.reveal())}"
        headers = {
            "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        answer = await self._once("POST", credentials.token_url, None, urlencode(form).encode(), headers, 65536)
        said = answer.body if isinstance(answer.body, dict) else {}
        value, lives = said.get("access_token"), said.get("expires_in")
        if not answer.is_ok or not isinstance(value, str) or not (value.isascii() and value.isprintable()) or not value:
            why = said.get("error")
            reason = f"{answer.status} {clean(why)[:60]}" if isinstance(why, str) else f"{answer.status}"
            raise TokenRefused(
                f"The token server of {self.site.what} gives no token ({reason}).",
                means="Nothing was asked of it.",
                todo="Check the client's id, secret and scope, and the token address, in the config.",
            )
        try:
            seconds = float(lives) if isinstance(lives, int | float | str) else _USUAL_SECONDS
        except (ValueError, OverflowError):
            seconds = _USUAL_SECONDS
        self._token.value = value
        self._token.until = time.monotonic() + max(1.0, min(seconds, 86400.0) - _EARLY_SECONDS)

    async def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None,
        content: bytes | None,
        headers: Mapping[str, str],
        most: int,
    ) -> Answer:
        import httpx

        client = self._free.pop() if self._free else self._opened()
        raw = bytearray()
        unread = ""
        try:
            # httpx counts its time anew with every byte; a server that dribbles must not hold a job for ever.
            async with (
                asyncio.timeout(self.site.timeout_seconds),
                client.stream(method, url, params=params, content=content, headers=headers) as response,
            ):
                if response.headers.get("content-encoding", "identity").lower() != "identity":
                    unread = "it is compressed, which was not asked for"
                else:
                    async for part in response.aiter_raw():
                        raw += part
                        if len(raw) > most:
                            unread = f"it is over {most:,} bytes"
                            break
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise self._unreached(error) from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            timed_out = isinstance(error, TimeoutError | httpx.TimeoutException)
            how = f"did not answer within {self.site.timeout_seconds:g} seconds" if timed_out else "broke the line off"
            raise Unanswered(
                f"{self.site.what} {how}.",
                means="What was asked may or may not have been done.",
                todo="Look whether it is up, then go on.",
            ) from None
        finally:
            if _said_more(client):
                await client.aclose()
            else:
                self._free.append(client)
        body = None
        if not unread and raw:
            try:
                body = json.loads(raw)
            except (ValueError, RecursionError):
                unread = "it is not JSON"
        elif not unread:
            unread = "it is empty"
        # Of a header that is sent twice the last one; no header that matters here may be.
        return Answer(response.status_code, dict(response.headers.items()), body, unread)

    def _opened(self) -> "httpx.AsyncClient":
        """A client for one connection. There is one for each request at a time: where several wait for a connection
        of one client, all of them run for the first that is free, again and again."""
        import httpx

        for name in ("httpx", "httpcore"):
            # They would log addresses with codes of people in them; by level, which the loggers below them share.
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        if self._trusted is None:
            self._trusted = self._trust()
        return httpx.AsyncClient(
            verify=self._trusted,
            timeout=httpx.Timeout(
                self.site.timeout_seconds, connect=min(_CONNECT_SECONDS, 0.8 * self.site.timeout_seconds)
            ),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=15.0),
            follow_redirects=False,
            # Uncompressed: what is small on the line may be endless once it is unpacked.
            headers={"Accept": self.site.accept, "Accept-Encoding": "identity", "User-Agent": "engage-accounts"},
        )

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(self.site.ca_file) if self.site.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "strerror", None) or "it holds no certificate that can be read"
            raise ConfigError(
                f"The ca_file of {self.site.what} can't be used: {reason}.",
                todo="Give a file with certificates as PEM.",
            ) from error

    def _unreached(self, error: Exception) -> Unreached:
        said = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return Unreached(
                f"The certificate of {self.site.what} can't be trusted: {clean(said.rpartition('failed: ')[2])[:120]}.",
                means="Nothing was asked.",
                todo="Check the address; for an authority of your own set ca_file.",
            )
        return Unreached(
            f"{self.site.what} can't be reached.",
            means="Nothing was asked.",
            todo="Check the address and the network, and whether it is up.",
        )


def _said_more(client: "httpx.AsyncClient") -> bool:
    """Whether a server has sent more than the answer. On the same line that would pass for the answer to whatever is
    asked next: of another record, or of another write. httpx does not look; h11, which reads for it, keeps it."""
    try:
        for transport in (client._transport, *client._mounts.values()):
            for line in [] if transport is None else transport._pool.connections:  # type: ignore[attr-defined]  # inside
                reader = line
                while reader is not None and not hasattr(reader, "_h11_state"):
                    reader = reader._connection  # within a proxy's line, or a line that may be of either HTTP
                if reader is not None and reader._h11_state.trailing_data[0]:
                    return True
    except AttributeError:  # an httpx with other insides: a new line for each request is slow, and safe
        return True
    return False
