"""Asking over HTTP, against a server on loopback that answers as a script says: what may have happened is told."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from tui.errors import ConfigError
from tui.secret import Secret
from tui.web import Answer, ClientCredentials, Site, TokenRefused, Unanswered, Unreached, Web


class Scripted:
    """A server that gives each connection's requests the next answer of its list; None hangs up without one."""

    def __init__(self, answers: list[bytes | None], context: ssl.SSLContext | None = None) -> None:
        self.answers, self.context = answers, context
        self.requests: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection, suppress(OSError):
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65536)
            if not part:
                return
            head += part
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            for part in answer.split(b"<wait>"):
                connection.sendall(part)
                if part is not answer:
                    time.sleep(0.3)


@contextmanager
def serving(*answers: bytes | None, context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    server = Scripted(list(answers), context)
    try:
        yield server
    finally:
        server.socket.close()


def said(body: bytes | object, status: str = "200 OK", *headers: str) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", "Connection: close", *headers])
    return head.encode() + b"\r\n\r\n" + raw


def ask(port: int, method: str = "GET", path: str = "x", **site: Any) -> Answer:
    options: dict[str, Any] = {"timeout_seconds": 1.0} | site
    most = options.pop("most", 10_000)
    scheme = options.pop("scheme", "http")
    web = Web(Site("Kew IdM", f"{scheme}://localhost:{port}/v2", **options))
    try:
        return web.run(web.ask(method, path, most=most))
    finally:
        web.close()


def test_an_answer_is_read() -> None:
    with serving(said({"a": [1]}, "201 Created", "ETag: x")) as server:
        answer = ask(server.port, token=Secret("t0ken"))
    assert (answer.status, answer.body, answer.headers["etag"], answer.unread) == (201, {"a": [1]}, "x", "")
    assert server.requests[0].startswith(b"GET /v2/x HTTP/1.1\r\n")
    assert b"Authorization: Bearer t0ken" in server.requests[0]


@pytest.mark.parametrize(
    ("answer", "unread"),
    [
        (said(b"<html>"), "not JSON"),
        (said(b""), "empty"),
        (said(b"[" * 5000), "not JSON"),
        (said(b"1" * 20_000), "over 10,000 bytes"),
        (said(b"zip", "200 OK", "Content-Encoding: gzip"), "compressed"),
    ],
)
def test_what_can_t_be_read_is_no_answer_and_no_crash(answer: bytes, unread: str) -> None:
    with serving(answer) as server:
        found = ask(server.port)
    assert found.body is None
    assert unread in found.unread


@pytest.mark.parametrize(
    "answer",
    [None, b"garbage\r\n\r\n", said(b"{}")[:-1], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n" + b"<wait>" * 8],
)
def test_a_line_that_breaks_may_have_carried_it_out(answer: bytes | None) -> None:
    with serving(answer) as server, pytest.raises(Unanswered) as error:
        ask(server.port, "POST")
    assert "may or may not" in error.value.means
    assert len(server.requests) == 1, "nothing is repeated"


def test_nobody_there_is_certain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unreached):
        ask(port, "POST")


def test_a_redirect_is_not_followed_and_another_host_gets_no_token() -> None:
    with serving(said({}, "301 Moved", "Location: http://elsewhere.example/")) as server:
        assert ask(server.port).status == 301
        with pytest.raises(Unreached, match="another host"):
            ask(server.port, path="https://elsewhere.example/Users")
        with pytest.raises(Unreached, match="another host"):
            ask(server.port, path=f"http://localhost:{server.port}@elsewhere.example/")


def test_a_certificate_is_verified() -> None:
    good, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    good.issue_cert("localhost").configure_cert(context)
    with serving(said({}), said({}), context=context) as server:
        with good.cert_pem.tempfile() as file:
            assert ask(server.port, scheme="https", ca_file=Path(file)).status == 200
        with pytest.raises(Unreached, match="can't be trusted"):
            ask(server.port, scheme="https")
        with other.cert_pem.tempfile() as file, pytest.raises(Unreached, match="can't be trusted"):
            ask(server.port, scheme="https", ca_file=Path(file))
    assert all(request.startswith(b"GET") for request in server.requests)
    assert len(server.requests) == 1


def test_a_ca_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with serving() as server, pytest.raises(ConfigError, match="ca_file"):
        ask(server.port, ca_file=tmp_path / "ca.pem")


def credentials(server: Scripted) -> ClientCredentials:
    return ClientCredentials(f"http://localhost:{server.port}/token", "engage:1", Secret("s3 cret"), "scim")


def test_a_token_is_fetched_kept_and_renewed_when_refused() -> None:
    answers = [
        said({"access_token": "one", "expires_in": 3600}), said({}), said({}),
        said({}, "401 Unauthorized"), said({"access_token": "two", "expires_in": "60"}), said({"ok": True}),
    ]  # fmt: skip
    with serving(*answers) as server:
        web = Web(Site("Kew IdM", f"http://localhost:{server.port}", credentials(server)))
        for _ in range(2):
            web.run(web.ask("GET", "x"))
        assert web.run(web.ask("GET", "x")).body == {"ok": True}
        web.close()
    tokens = [request for request in server.requests if request.startswith(b"POST /token")]
    assert len(tokens) == 2
    assert b"grant_type=client_credentials&scope=scim" in tokens[0]
    assert b"Basic ZW5nYWdlJTNBMTpzMytjcmV0" in tokens[0], "both parts are form-encoded before they are joined"
    assert b"Bearer two" in server.requests[-1]
    assert "s3" not in repr(web.site)


def test_of_several_that_are_refused_at_once_one_renews_the_token() -> None:
    """A new token may void the one before: were each to get its own, the others would be refused again."""
    given, refused = [0], threading.Barrier(4)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            given[0] += 1
            self._say(200, {"access_token": f"token{given[0]}", "expires_in": 3600})

        def do_GET(self) -> None:
            if self.headers["Authorization"] == "Bearer token1":
                if refused.wait(5) == 0:  # one hears of it only when another has a new token already
                    while given[0] < 2:
                        time.sleep(0.01)
                    time.sleep(0.1)
                self._say(401, {})
            else:
                self._say(200 if self.headers["Authorization"] == f"Bearer token{given[0]}" else 401, {})

        def _say(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{http.server_address[1]}"
    web = Web(Site("Kew IdM", url, ClientCredentials(f"{url}/token", "engage", Secret("s")), parallel=4))

    async def four() -> list[int]:
        return [answer.status for answer in await asyncio.gather(*(web.ask("GET", "x") for _ in range(4)))]

    try:
        assert web.run(four()) == [200] * 4
        assert given == [2]
    finally:
        web.close()
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.mark.parametrize("answer", [said({"error": "invalid_client"}, "401 Unauthorized"), said(b"<html>"), said({})])
def test_no_token_is_said_so(answer: bytes) -> None:
    with serving(answer) as server:
        web = Web(Site("Kew IdM", f"http://localhost:{server.port}", credentials(server)))
        with pytest.raises(TokenRefused):
            web.run(web.ask("GET", "x"))
        web.close()


@pytest.mark.parametrize(
    ("said_", "seconds"),
    [
        ("7", 7.0), ("0", 0.0), ("Sat, 21 Nov 2026 07:05:30 GMT", 30.0), ("Sat, 21 Nov 2026 07:00:00 GMT", 0.0),
        ("", None), ("soon", None), ("-5", None), ("9" * 30, None), ("\u0664", None),
    ],
)  # fmt: skip
def test_how_long_it_asks_to_wait(said_: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
    assert Answer(429, {"retry-after": said_}, None, "").seconds_to_wait(now) == seconds


def test_it_ticks_while_it_waits_and_what_the_tick_raises_ends_it() -> None:
    import asyncio

    web = Web(Site("Kew IdM", "http://localhost:9"))
    ticks: list[int] = []

    def stop() -> None:
        ticks.append(1)
        raise KeyboardInterrupt

    def run(tick: Callable[[], object]) -> None:
        web.run(asyncio.sleep(30), tick)

    with pytest.raises(KeyboardInterrupt):
        run(stop)
    assert ticks == [1]
    web.close()
