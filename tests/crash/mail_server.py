"""A real mail server (aiosmtpd on loopback) that remembers what it took, and kills its client at a phase of a message.

Phases, in their order: connect, EHLO, AUTH, MAIL, RCPT, DATA (asked for, 354 not said yet), taken (the text is here,
250 not said yet), answered (250 was said).
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.mail.servers import free_port

PHASES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "taken", "answered")


@dataclass
class Post:
    """What the server took, as (recipient, text), and whom it is to kill: at which phase, and for the how-manieth time
    that this phase is reached. `says` is what it answers to a recipient instead of yes."""

    port: int = 0
    received: list[tuple[str, bytes]] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    client: Callable[[], int] | None = None
    phase: str = ""
    time: int = 1
    reached: int = 0

    def fresh(self) -> None:
        """As nothing had been."""
        self.received, self.says, self.client, self.phase, self.time, self.reached = [], {}, None, "", 1, 0

    def at(self, phase: str) -> None:
        if self.client is None or phase != self.phase:
            return
        self.reached += 1
        if self.reached == self.time:
            os.kill(self.client(), signal.SIGKILL)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.at("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.at("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.at("RCPT")
        if said := self.says.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        self.at("taken")
        return "250 2.0.0 queued"


@contextmanager
def mail_server() -> Iterator[Post]:
    """The server, on a port of its own; the login is office with the password `right`."""
    post = Post()

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        post.at("AUTH")
        return AuthResult(success=data.password == b"right", handled=False, auth_data=data)

    class Watched(SMTP):
        def connection_made(self, transport: Any) -> None:
            post.at("connect")
            super().connection_made(transport)

        async def smtp_DATA(self, arg: str) -> None:
            post.at("DATA")
            await super().smtp_DATA(arg)
            post.at("answered")

    class Server(Controller):
        def factory(self) -> SMTP:
            return Watched(
                self.handler, hostname="mail.test", authenticator=check, auth_required=True, auth_require_tls=False
            )

    controller = Server(post, hostname="127.0.0.1", port=free_port())
    for quiet in ("mail.log", "mail.debug"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    controller.start()
    post.port = controller.port
    try:
        yield post
    finally:
        controller.stop(no_assert=True)
