"""One line to a mail server: commands out, replies in, and never longer than it was given.

RFC 5321 as a client speaks it. smtplib waits anew for every byte, so that a server that dribbles holds it for ever,
and tells a reply that it could not read from one that it did not get; a job must know both exactly. What a reply means
is decided in tui.mail.smtp.
"""

import re
import socket
import ssl
import time
from base64 import b64encode
from contextlib import suppress
from typing import NamedTuple

from tui.mail.saying import say_server
from tui.text import clean

_LONGEST_LINE = 2048  # RFC 5321 allows 512; some servers say more
_MOST_LINES = 100
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class LineLost(Exception):
    """The line can't be used any more, and what was asked last may or may not have been done. `why` goes after `it`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Reply(NamedTuple):
    """A server's answer: its code, and its lines of text, cleaned."""

    code: int
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.code < 300

    def said(self, private: str = "") -> str:
        """The answer for a person: without addresses, whatever of `private` is in it, and what differs each time."""
        return f"{self.code} {say_server(list(self.lines), private)}".strip()


class Line:
    """A connection. `timeout` is the patience for one answer; `allow` sets the time for what comes next, in all."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._timeout = timeout
        self._got = b""
        self._end = time.monotonic() + timeout
        self.features: dict[str, str] = {}
        self._host = host
        try:
            self._socket: socket.socket = socket.create_connection((host, port), timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, UnicodeError) as error:
            raise LineLost(_why(error)) from error

    def allow(self, seconds: float) -> None:
        """Give all that follows `seconds`, up to the next call."""
        self._end = time.monotonic() + seconds

    def ask(self, command: str) -> Reply:
        """Send a command and read the reply to it."""
        if "\r" in command or "\n" in command:
            raise ValueError("a command is one line")
        self.send(f"{command}\r\n".encode("ascii"))
        return self.reply()

    def send(self, data: bytes) -> None:
        """Send bytes. Raises LineLost, and then nobody knows how many of them arrived."""
        try:
            view = memoryview(data)
            while view:
                self._socket.settimeout(self._left())
                view = view[self._socket.send(view[:65536]) :]
        except OSError as error:
            raise LineLost(_why(error)) from error

    def reply(self, *, patient: bool = False) -> Reply:
        """The next reply, of one line or more. `patient` waits as long as `allow` gave, not for `timeout` only."""
        lines: list[str] = []
        code = b""
        until = self._end if patient else min(self._end, time.monotonic() + self._timeout)
        while len(lines) < _MOST_LINES:
            found = _REPLY.fullmatch(self._read_line(until))
            if not found or (code and found[1] != code):
                raise LineLost("gave an answer that is none")
            code = found[1]
            lines.append(clean((found[3] or b"").decode("utf-8", "replace")))
            if found[2] != b"-":
                return Reply(int(code), tuple(lines))
        raise LineLost("gave an answer without an end")

    def greet(self, name: str) -> Reply:
        """Say EHLO and keep what the server offers; HELO where it knows no EHLO."""
        reply = self.ask(f"EHLO {name}")
        self.features = {}
        if reply.code in (500, 501, 502, 504):
            return self.ask(f"HELO {name}")
        if reply.ok:
            for line in reply.lines[1:]:
                feature, _, rest = line.replace("=", " ", 1).partition(" ")
                self.features[feature.upper()] = f"{self.features.get(feature.upper(), '')} {rest.upper()}".strip()
        return reply

    def secure(self, context: ssl.SSLContext) -> None:
        """Go on under TLS, the server's name verified. Raises LineLost, and ssl.SSLError where TLS is refused."""
        if self._got:
            raise LineLost("sent something in the clear that must come under TLS only")
        try:
            self._socket.settimeout(self._left())
            self._socket = context.wrap_socket(self._socket, server_hostname=self._host)
        except ssl.SSLError:
            raise
        except (OSError, ValueError) as error:
            raise LineLost(_why(error)) from error
        self.features = {}

    @property
    def tls(self) -> str:
        """The version of TLS in use, such as `TLSv1.3`; "" for none."""
        return (self._socket.version() or "") if isinstance(self._socket, ssl.SSLSocket) else ""

    @property
    def own_name(self) -> str:
        """How this host calls itself: its full name, or its address where it has none."""
        name = socket.gethostname()
        if "." not in name:
            name = socket.getfqdn(name)
        if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name):
            return name
        address = str(self._socket.getsockname()[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def log_in(self, user: str, password: str) -> Reply | None:
        """Log in by PLAIN or LOGIN (RFC 4954); the server's last answer, or None when it offers neither."""
        offered = self.features.get("AUTH", "").split()
        if "PLAIN" in offered:
            return self.ask(f"AUTH PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
        if "LOGIN" in offered:
            reply = self.ask("AUTH LOGIN")
            for answer in (user, password):
                if reply.code == 334:
                    reply = self.ask(_base64(answer))
            return reply
        return None

    def close(self) -> None:
        """Close the connection at once."""
        with suppress(OSError):
            self._socket.close()

    def quit(self) -> None:
        """Take leave, not waiting long for an answer, and close."""
        self.allow(min(2.0, self._timeout))
        with suppress(LineLost):
            self.ask("QUIT")
        self.close()

    def _read_line(self, until: float) -> bytes:
        while (at := self._got.find(b"\n")) < 0:
            if len(self._got) > _LONGEST_LINE:
                raise LineLost("gave an answer that is too long")
            left = until - time.monotonic()
            if left <= 0:
                raise LineLost("did not answer in time")
            try:
                self._socket.settimeout(left)
                part = self._socket.recv(8192)
            except OSError as error:
                raise LineLost(_why(error)) from error
            if not part:
                raise LineLost("closed the connection")
            self._got += part
        line, self._got = self._got[:at], self._got[at + 1 :]
        if len(line) > _LONGEST_LINE:
            raise LineLost("gave an answer that is too long")
        return line.removesuffix(b"\r")

    def _left(self) -> float:
        left = min(self._end - time.monotonic(), self._timeout)
        if left <= 0:
            raise TimeoutError
        return left


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8")).decode("ascii")


def _why(error: Exception) -> str:
    """What went wrong with a connection, to follow `The mail server`."""
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "takes no connection at that port"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "is not known by that name"
    if isinstance(error, ConnectionError | ssl.SSLError):
        return "closed the connection"
    return f"can't be reached ({clean(getattr(error, 'strerror', None) or 'unknown reason').lower()})"
