"""What happens on the way: a proxy of raw sockets on 127.0.0.1 between a client and a server, that does as it is told.

Each request has a number. A rule says at which requests of a kind a fault happens; all others are passed on. A fault is
a function that has the exchange in its hands: it may ask the server or not, and answer, lie, dribble or cut the line.
The proxy keeps what came by, so that a test can count what was asked and what reached the server.
"""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple

_LABEL = "application/scim+json"
_FAULT_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Request(NamedTuple):
    """One request as it came: its number from 1 on, `path` with its query, `head` as it was sent without the last
    empty line."""

    number: int
    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class Reply(NamedTuple):
    """What the server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Cut(Exception):
    """The line to the client is gone; nothing more can be said on it."""


@dataclass
class Exchange:
    """A request on its way, in the hands of a fault."""

    proxy: "FaultProxy"
    request: Request
    line: socket.socket

    def forward(self) -> Reply:
        """Let the server do it."""
        return self.proxy.ask(self.request)

    def send(self, raw: bytes) -> None:
        """Say exactly this."""
        try:
            self.line.sendall(raw)
        except OSError:
            raise Cut from None

    def answer(self, reply: Reply) -> None:
        """Answer as a server should."""
        headers = [(name, value) for name, value in reply.headers if name.lower() not in _ABOUT_THE_LINE]
        self.send(_head(reply.status, [*headers, ("Content-Length", str(len(reply.body)))]) + reply.body)

    def say(self, status: int, body: object = b"", label: str = _LABEL, **headers: str) -> None:
        """Answer something of one's own."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self.answer(Reply(status, (("Content-Type", label), *named), raw))

    def reset(self) -> None:
        """Cut the line the hard way (RST)."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()
        raise Cut

    def close(self) -> None:
        """Cut the line the soft way (FIN)."""
        raise Cut


Fault = Callable[[Exchange], None]
Predicate = Callable[[Request], bool]
_ABOUT_THE_LINE = ("content-length", "connection", "transfer-encoding", "keep-alive")


@dataclass
class _Rule:
    fault: Fault
    first: int
    times: int
    matching: Predicate
    seen: int = 0


@dataclass
class FaultProxy:
    """A running one. `port` is where the client goes; `forwarded` is what reached the server, `came` all that came by;
    `faults` counts those that happened."""

    port: int
    upstream: tuple[str, int]
    came: list[Request] = field(default_factory=list)
    forwarded: list[Request] = field(default_factory=list)
    faults: int = 0
    replies: list[Reply] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _on_their_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def script(self, fault: Fault, nth: int = 1, *, times: int = 1, matching: Predicate = lambda request: True) -> None:
        """From the nth request of a kind on, `times` of them meet this fault (0: all from then on)."""
        self._rules.append(_Rule(fault, nth, times, matching))

    def wait_until_quiet(self) -> None:
        """Wait until nothing is on its way any more: what is done late belongs to whoever asked."""
        end = time.monotonic() + 30
        while self._on_their_way:
            assert time.monotonic() < end, "a request is on its way for ever"
            time.sleep(0.02)

    def heal(self) -> None:
        """No faults any more, and nothing remembered but how many there were."""
        with self._lock:
            self._rules.clear()
            self.came, self.forwarded, self.replies = [], [], []

    def ask(self, request: Request) -> Reply:
        """Ask the server, on a connection of its own, and keep what was said."""
        with self._lock:
            self.forwarded.append(request)
        with socket.create_connection(self.upstream, timeout=30) as server:
            server.sendall(request.head + b"\r\nConnection: close\r\n\r\n" + request.body)
            raw = bytearray()
            while part := server.recv(65536):
                raw += part
        head, _, body = bytes(raw).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        reply = Reply(int(first.split()[1]), pairs, body)
        with self._lock:
            self.replies.append(reply)
        return reply

    def _fault(self, request: Request) -> Fault:
        with self._lock:
            found: Fault = passed
            for rule in self._rules:
                if rule.matching(request):
                    rule.seen += 1
                    if rule.seen >= rule.first and (not rule.times or rule.seen < rule.first + rule.times):
                        found = rule.fault
            self.faults += found is not passed
            return found

    def _serve(self, line: socket.socket) -> None:
        """The requests of one connection, one after the other."""
        with line, suppress(Cut, OSError):
            reader = line.makefile("rb")
            while (head := _read_head(reader)) is not None:
                first, *lines = head.split(b"\r\n")
                method, path, _ = first.decode("latin-1").split(" ", 2)
                length = next((int(one[15:]) for one in lines if one.lower().startswith(b"content-length:")), 0)
                body = reader.read(length)
                kept = [one for one in (first, *lines) if not one.lower().startswith(b"connection:")]
                with self._lock:
                    request = Request(len(self.came) + 1, method, path, b"\r\n".join(kept), body)
                    self.came.append(request)
                    self._on_their_way += 1
                try:
                    self._fault(request)(Exchange(self, request, line))
                finally:
                    with self._lock:
                        self._on_their_way -= 1


def _read_head(reader: Any) -> bytes | None:
    raw = bytearray()
    while not raw.endswith(b"\r\n\r\n"):
        found = reader.readline(65536)
        if not found:
            return None
        raw += found
    return bytes(raw[:-4])


def _head(status: int, headers: list[tuple[str, str]]) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers), "", ""]).encode(
        "latin-1"
    )


@contextmanager
def fault_proxy(port: int) -> Iterator[FaultProxy]:
    """A proxy before the server on this port, with no faults yet."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        proxy = FaultProxy(listener.getsockname()[1], ("127.0.0.1", port))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=proxy._serve, args=(line,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


# -- faults ------------------------------------------------------------------------------------------------------------


def passed(exchange: Exchange) -> None:
    """No fault."""
    exchange.answer(exchange.forward())


def dropped(exchange: Exchange) -> None:
    """The line is cut before the server has seen anything."""
    exchange.close()


def reset_after(exchange: Exchange) -> None:
    """The server has done it; the line is reset before any answer."""
    exchange.forward()
    exchange.reset()


def cut_within(exchange: Exchange) -> None:
    """The server has done it; half of the answer comes."""
    reply = exchange.forward()
    raw = _head(reply.status, [("Content-Type", _LABEL), ("Content-Length", str(len(reply.body) + 40))]) + reply.body
    exchange.send(raw[: len(raw) // 2])
    exchange.reset()


def dribbled(exchange: Exchange, seconds: float = 3.0) -> None:
    """The server has done it; the answer comes a byte at a time, for longer than anybody waits."""
    reply = exchange.forward()
    body = reply.body or b"{}"
    exchange.send(_head(reply.status if reply.body else 200, [("Content-Type", _LABEL), ("Content-Length", "999999")]))
    end = time.monotonic() + seconds
    for at in range(999_999):
        if time.monotonic() > end:
            exchange.close()
        exchange.send(body[at : at + 1] or b" ")
        time.sleep(0.05)


def never_answered(exchange: Exchange, seconds: float = 3.0) -> None:
    """The server has done it; nothing is said."""
    exchange.forward()
    time.sleep(seconds)
    exchange.close()


def done_late(exchange: Exchange, seconds: float = 1.6) -> None:
    """The server sees it only after whoever asked has given up, and does it then."""
    time.sleep(seconds)
    exchange.forward()
    exchange.close()


def told_longer(exchange: Exchange) -> None:
    """The length that is told is longer than the answer."""
    reply = exchange.forward()
    exchange.send(_head(reply.status, [("Content-Type", _LABEL), ("Content-Length", str(len(reply.body) + 100))]))
    exchange.send(reply.body)
    exchange.close()


def told_shorter(exchange: Exchange) -> None:
    """The length that is told is shorter than the answer; what is left over stands before the next one."""
    reply = exchange.forward()
    told = max(0, len(reply.body) - 30)
    exchange.send(_head(reply.status, [("Content-Type", _LABEL), ("Content-Length", str(told))]) + reply.body)


def failed_after(exchange: Exchange) -> None:
    """The server has done it; 500 is said."""
    exchange.forward()
    exchange.say(500, {"detail": "Internal Server Error", "status": 500})


def failed_before(exchange: Exchange) -> None:
    """The server has not seen it; 503 is said, as HTML."""
    exchange.say(503, b"<html><body>Bad gateway</body></html>", "text/html")


def not_offered_after(exchange: Exchange) -> None:
    """The server has done it; 501 is said."""
    exchange.forward()
    exchange.say(501, {"status": "501"})


def busy(value: Callable[[], str]) -> Fault:
    """429 with what Retry-After says; nothing was done."""

    def fault(exchange: Exchange) -> None:
        exchange.say(429, {"status": "429"}, Retry_After=value())

    return fault


def missing(exchange: Exchange) -> None:
    """404 for something that is there, by a gateway that has nobody behind it: nothing was done."""
    exchange.say(404, b"<html><body>no such backend</body></html>", "text/html")


def missing_in_scim(exchange: Exchange) -> None:
    """The same in SCIM's own words."""
    exchange.say(404, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"})


def said_before(exchange: Exchange) -> None:
    """The server has done it; the answer is the one of the request before, once more."""
    before = exchange.proxy.replies[-1:]
    reply = exchange.forward()
    exchange.answer((before or [reply])[0])


def a_stranger(exchange: Exchange) -> None:
    """The record, and each record of a list, is somebody else's: the first who is there that nobody asked for."""
    reply = exchange.forward()
    wanted = reply.json if reply.body.startswith(b"{") else {}
    asked = Request(0, "GET", "/v2/Users", exchange.request.head.split(b"\r\n", 1)[1], b"")
    listed = exchange.proxy.ask(asked._replace(head=b"GET /v2/Users HTTP/1.1\r\n" + _without_body(asked.head)))
    exchange.proxy.replies.pop()
    exchange.proxy.forwarded.pop()
    there = {record["id"] for record in wanted.get("Resources", [wanted]) if "id" in record}
    other = next((record for record in listed.json["Resources"] if record["id"] not in there), None)
    if other is None:  # everybody was asked for
        exchange.answer(reply)
        return
    if exchange.request.path.startswith("/v2/Users?"):
        exchange.say(200, {"schemas": [_FAULT_LIST], "totalResults": 1, "startIndex": 1, "Resources": [other]})
    else:
        exchange.say(200, other)


def everybody(exchange: Exchange) -> None:
    """The filter is ignored."""
    path, _, query = exchange.request.path.partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("filter="))
    path = f"{path}?{kept}" if kept else path
    first = f"{exchange.request.method} {path} HTTP/1.1".encode("latin-1")
    rest = exchange.request.head.split(b"\r\n", 1)[1]
    exchange.answer(exchange.proxy.ask(exchange.request._replace(path=path, head=first + b"\r\n" + rest)))


def html_as_json(exchange: Exchange) -> None:
    """The server has done it; a page is said, with 200 and JSON's label."""
    exchange.forward()
    exchange.say(200, b"<html><body>Sign in</body></html>")


def empty(exchange: Exchange) -> None:
    """The server has done it; 200 and nothing more is said."""
    exchange.forward()
    exchange.say(200)


def elsewhere(exchange: Exchange) -> None:
    """301 to another host; nothing was done."""
    exchange.say(301, b"", Location="http://127.0.0.2:9/v2/Users")


def huge(exchange: Exchange) -> None:
    """The server has done it; what is said has no end."""
    exchange.forward()
    exchange.send(_head(200, [("Content-Type", _LABEL), ("Content-Length", str(1 << 30))]) + b'{"Resources": [')
    for _ in range(64):
        exchange.send(b'"' + b"x" * (1 << 20) + b'",')
    exchange.close()


def nested(exchange: Exchange) -> None:
    """The server has done it; what is said is nested a hundred thousand deep."""
    exchange.forward()
    exchange.say(200, b'{"Resources":' * 100_000 + b"1" + b"}" * 100_000)


def packed(exchange: Exchange) -> None:
    """The server has done it; the answer is compressed, which nobody asked for."""
    reply = exchange.forward()
    exchange.say(reply.status if reply.body else 200, gzip.compress(reply.body), Content_Encoding="gzip")


def garbage(exchange: Exchange) -> None:
    """The server has done it; what is said is no HTTP."""
    exchange.forward()
    exchange.send(b"\x00\xff\x16\x03\x01 220 mail.example ESMTP\r\n\r\n")
    exchange.close()


def odd_types(exchange: Exchange) -> None:
    """The server has done it; every value of the answer is of another type."""
    reply = exchange.forward()
    wrong = {name: [[value]] for name, value in reply.json.items()} if reply.body.startswith(b"{") else {"id": 7}
    exchange.say(200, wrong)


def _without_body(lines: bytes) -> bytes:
    about = (b"content-length:", b"content-type:", b"if-match:")
    return b"\r\n".join(one for one in lines.split(b"\r\n") if not one.lower().startswith(about))


def _in_a_second() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


FAULTS: dict[str, Fault] = {
    "dropped": dropped,
    "reset after": reset_after,
    "cut within": cut_within,
    "dribbled": dribbled,
    "never answered": never_answered,
    "done late": done_late,
    "told longer": told_longer,
    "told shorter": told_shorter,
    "500 after": failed_after,
    "503 before": failed_before,
    "501 after": not_offered_after,
    "429 for a moment": busy(lambda: "0"),
    "429 until a date": busy(_in_a_second),
    "429 garbage": busy(lambda: "soon \N{LATIN SMALL LETTER E WITH ACUTE}"),
    "429 huge": busy(lambda: "999999999"),
    "429 huger": busy(lambda: "9" * 400),
    "404 by a gateway": missing,
    "404 in SCIM": missing_in_scim,
    "said before": said_before,
    "a stranger": a_stranger,
    "everybody": everybody,
    "HTML as JSON": html_as_json,
    "empty": empty,
    "elsewhere": elsewhere,
    "huge": huge,
    "nested": nested,
    "packed": packed,
    "garbage": garbage,
    "odd types": odd_types,
}
