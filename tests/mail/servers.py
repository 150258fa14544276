"""Mail servers for tests: a real one on loopback, and one that follows a script, for faults that no real one makes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Received:
    """What a server took."""

    sender: str
    recipients: list[str]
    content: bytes
    tls: bool
    user: str


@dataclass
class Inbox:
    """What a real server took, and what it was told to say instead."""

    received: list[Received] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    say_to_recipient: dict[str, str] = field(default_factory=dict)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.say_to_recipient.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        user = session.auth_data.login.decode() if session.auth_data else ""
        self.received.append(
            Received(envelope.mail_from or "", envelope.rcpt_tos, content, session.ssl is not None, user)
        )
        return "250 2.0.0 queued"


@contextmanager
def real_server(
    context: ssl.SSLContext | None = None,
    *,
    implicit: bool = False,
    login: tuple[str, str] | None = None,
    hide_login: bool = False,
) -> Iterator[tuple[Inbox, int]]:
    """aiosmtpd on a port of its own: STARTTLS with `context`, or TLS from the start; `login` is the one it takes."""
    inbox = Inbox()

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        inbox.logins.append((data.login, data.password))
        known = login is not None and (data.login, data.password) == (login[0].encode(), login[1].encode())
        return AuthResult(success=known, handled=False, auth_data=data)

    class Counting(SMTP):
        def connection_made(self, transport: Any) -> None:
            if self.transport is None:  # else the same connection, now under TLS
                inbox.connections += 1
            super().connection_made(transport)

    class Server(Controller):
        def factory(self) -> SMTP:
            return Counting(
                self.handler,
                hostname="mail.test",
                tls_context=None if implicit else context,
                require_starttls=False,
                authenticator=check if login else None,
                auth_required=bool(login),
                auth_require_tls=context is not None and not implicit,  # it does not see TLS from the start
                auth_exclude_mechanism=["PLAIN", "LOGIN"] if hide_login else [],
            )

    controller = Server(inbox, hostname="127.0.0.1", port=free_port(), ssl_context=context if implicit else None)
    controller.start()
    # The controller has made a connection of its own to see whether it is up.
    inbox.connections = 0
    try:
        yield inbox, controller.port
    finally:
        controller.stop(no_assert=True)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Step = str | bytes | Callable[["Scripted"], None]


class Scripted:
    """A server on a raw socket. Each connection follows the next script: a dictionary of what to do at a phase.

    The phases are connect, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, text, RSET, NOOP and QUIT. What stands there is sent
    as it is; `drop` closes the connection; a callable does what it likes. Without one the usual answer is given.
    """

    USUAL = {  # noqa: RUF012 - nobody writes into it
        "connect": "220 mail.test ESMTP\r\n",
        "HELO": "250 hello\r\n",
        "EHLO": "250-mail.test\r\n250-SIZE 1000000\r\n250-AUTH PLAIN LOGIN\r\n250 HELP\r\n",
        "STARTTLS": "220 go on\r\n",
        "AUTH": "235 2.7.0 welcome\r\n",
        "MAIL": "250 OK\r\n",
        "RCPT": "250 OK\r\n",
        "DATA": "354 go on\r\n",
        "text": "250 2.0.0 queued\r\n",
        "RSET": "250 OK\r\n",
        "NOOP": "250 OK\r\n",
        "QUIT": "221 bye\r\n",
    }

    def __init__(self, *scripts: dict[str, Step]) -> None:
        self._scripts = list(scripts)
        self.connections = 0
        self.commands: list[str] = []
        self.texts: list[bytes] = []
        self.said = ""
        self.connection: socket.socket = socket.socket()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, and whatever it waits for."""
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                self.connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0] if self._scripts else {}
            with suppress(OSError, EndOfConnection), self.connection:
                self._speak(script)

    def _speak(self, script: dict[str, Step]) -> None:
        self.do("connect", script)
        reader = self.connection.makefile("rb")
        while line := reader.readline():
            verb = line.split()[0].decode("ascii", "replace").upper()
            if verb not in self.USUAL:
                return
            self.commands.append(line.decode("ascii", "replace").strip())
            self.said = ""
            self.do(verb, script)
            if verb == "QUIT":
                return
            if verb == "DATA" and self.said.startswith("354"):
                text = b""
                if script.get("mid-text") == "drop":
                    reader.read(20)
                    raise EndOfConnection
                while not text.endswith(b"\r\n.\r\n"):
                    part = reader.readline()
                    if not part:
                        return
                    text += part
                self.texts.append(text)
                self.do("text", script)

    def do(self, phase: str, script: dict[str, Step]) -> None:
        """What the script says for a phase."""
        step = script.get(phase, self.USUAL[phase])
        if step == "drop":
            raise EndOfConnection
        if callable(step):
            step(self)
            return
        raw = step.encode() if isinstance(step, str) else step
        self.said = raw.decode("ascii", "replace")
        self.connection.sendall(raw)
        if raw.startswith(b"421"):
            raise EndOfConnection


class EndOfConnection(Exception):
    """The script says that the server hangs up."""


def then_drop(text: str) -> Step:
    """Say something, and hang up without waiting."""

    def step(server: Scripted) -> None:
        server.connection.sendall(text.encode())
        raise EndOfConnection

    return step


def dribble(text: bytes, seconds: float) -> Step:
    """Send a byte now and then, so that something always comes and nothing ever ends."""

    def step(server: Scripted) -> None:
        for byte in text * 1000:
            if server.over.wait(seconds):
                return
            server.connection.sendall(bytes([byte]))

    return step


def silence(server: Scripted) -> None:
    """Say nothing until the test is over."""
    server.over.wait(60)


def flood(server: Scripted) -> None:
    """Never end an answer."""
    with suppress(OSError):
        while not server.over.is_set():
            server.connection.sendall(b"250-more\r\n" * 100)
