"""Mail that leaves by SMTP, over one connection that is opened when it is needed, the fate of each message known.

The phases are done step by step. Until the server has asked for the text (354) nothing is sent, so a lost connection is
opened anew and the message tried once more. From then on only the server's own answer says what became of the message;
without one nobody knows, and that is said.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tui.errors import EngageError
from tui.mail.smtp_line import Line, LineLost, Reply
from tui.mail.transport import MailDeferred, MailRefused, MailUnavailable, MailUnknown, Message
from tui.secret import Secret

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
# In time-outs: a whole message up to its text, and the answer to the text, which many servers look through first.
_BEFORE, _AFTER = 2, 4
_MOST_LOST = 3
_NOTHING_SENT = "Nothing was sent."
_THIS_ONE = "This message was not sent."


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server to hand messages to. `timeout` is the patience for one answer, in seconds."""

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    ca_file: Path | None = None
    timeout: float = 30

    @property
    def address(self) -> str:
        """`smtp.school.example:587`."""
        return f"{self.host}:{self.port or _PORTS[self.security]}"


class SmtpTransport:
    """A transport that hands messages to a mail server. `password` is asked for at the first login only."""

    name = "mail server"
    where: Path | None = None

    def __init__(self, server: Server, password: Callable[[], Secret] | None = None, *, per_minute: int = 0) -> None:
        self.server = server
        self.per_minute = per_minute
        self._password = password
        self._known: Secret | None = None
        self._line: Line | None = None
        self._needs_reset = False
        self._lost = 0

    def deliver(self, message: Message) -> None:
        """Hand `message` to the server; raises the MailError that says its fate."""
        if self._lost >= _MOST_LOST:
            self._lost = 0
            raise self._unavailable(f"The mail server lost the connection over {_MOST_LOST} messages in a row")
        fresh = self._line is None
        line = self._line or self._connect()
        try:
            self._ask_to_send(line, message)
        except LineLost as lost:
            self._drop()
            if fresh:
                self._give_up(lost)
            # The server may have closed a connection that was idle, or had enough of this one: nothing is lost yet.
            line = self._connect()
            try:
                self._ask_to_send(line, message)
            except LineLost as again:
                self._drop()
                self._give_up(again)
        self._hand_over(line, message)
        self._lost = 0

    def delivered(self, key: str) -> bool | None:
        """None: a mail server keeps no list of what it took."""
        return None

    def close(self) -> None:
        """Take leave of the server."""
        if self._line is not None:
            self._line.quit()
        self._line = None

    def check(self) -> str:
        """Connect, log in and take leave, sending nothing; says what was found. Raises MailUnavailable."""
        self.close()
        line = self._connect()
        said = f"{self.server.address} answers" + (f" under {line.tls.replace('v', ' ')}" if line.tls else "")
        said += f", and takes the login of {self.server.user}" if self.server.user else ", without a login"
        line.allow(self.server.timeout)
        try:
            reply = line.ask("NOOP")
        except LineLost as lost:
            self._drop()
            raise self._unavailable(f"The mail server {lost.why}") from lost
        self.close()
        if not reply.ok:
            raise self._unavailable(f"The mail server is not ready ({reply.said()})")
        return f"{said}."

    # -- one message -----------------------------------------------------------------------------------------------

    def _ask_to_send(self, line: Line, message: Message) -> None:
        """MAIL, RCPT and DATA, up to the server's word that it waits for the text. Nothing is sent by then.

        Raises LineLost, also when the server takes leave (421); MailDeferred, MailRefused and MailUnavailable.
        """
        line.allow(_BEFORE * self.server.timeout)
        if self._needs_reset:
            self._stays(line.ask("RSET"))
            self._needs_reset = False
        size = f" SIZE={len(message.content)}" if "SIZE" in line.features else ""
        self._taken(line.ask(f"MAIL FROM:<{message.sender}>{size}"), message, of_sender=True)
        self._taken(line.ask(f"RCPT TO:<{message.recipient}>"), message)
        reply = line.ask("DATA")
        if reply.code != 354:
            self._taken(reply, message)
            raise LineLost("gave an answer that does not fit")

    def _hand_over(self, line: Line, message: Message) -> None:
        line.allow(_AFTER * self.server.timeout)
        try:
            line.send(_stuffed(message.content) + b".\r\n")
            reply = line.reply(patient=True)
        except LineLost as lost:
            self._drop()
            self._lost += 1  # when several go that way in a row it is the server, and the job had better stop
            raise MailUnknown(
                f"The mail server {lost.why} while it took the message.",
                means="Nobody knows whether it was sent; it is not sent again by itself.",
                todo="Look in the mail server's log, or ask the parent, then say what became of it.",
            ) from lost
        except BaseException:
            # An interrupt: the next message must not be read as the rest of this one.
            self._drop()
            raise
        if reply.code == 421 or 300 <= reply.code < 400:
            self._drop()
        if 300 <= reply.code < 400:
            raise MailUnknown(
                f"The mail server gave an answer that does not fit ({reply.code}).",
                means="Nobody knows whether it was sent; it is not sent again by itself.",
                todo="Look in the mail server's log, or ask the parent, then say what became of it.",
            )
        if not reply.ok:
            self._refuse(reply, message)

    def _taken(self, reply: Reply, message: Message, *, of_sender: bool = False) -> None:
        """Return when `reply` is a yes; raise what it is else."""
        self._stays(reply)
        if reply.ok:
            return
        self._needs_reset = True
        if of_sender and reply.code >= 500 and reply.code != 552:
            # The sender is the same in every message; 552 is about the size of this one.
            raise self._unavailable(
                f"The mail server takes no mail from this sender ({reply.said(message.sender)})",
                todo="Check mail.sender and the login in mail.smtp, or ask whoever runs the mail server.",
            )
        self._refuse(reply, message)

    def _refuse(self, reply: Reply, message: Message) -> NoReturn:
        self._lost = 0
        said = reply.said(message.recipient)
        if 400 <= reply.code < 500:
            raise MailDeferred(
                f"The mail server put it off ({said}).", means=_THIS_ONE, todo="It can be tried again later."
            )
        if reply.code >= 500:
            raise MailRefused(
                f"The mail server refused it for good ({said}).",
                means=_THIS_ONE,
                todo="Check the email in the admin system.",
            )
        raise MailDeferred(f"The mail server gave an answer that does not fit ({reply.code}).", means=_THIS_ONE)

    def _stays(self, reply: Reply) -> None:
        if reply.code == 421:
            raise LineLost(f"takes no more for now ({reply.said()})")

    def _give_up(self, lost: LineLost) -> NoReturn:
        self._lost += 1
        raise MailDeferred(
            f"The mail server {lost.why} before it took the message.",
            means=_THIS_ONE,
            todo="It can be tried again later.",
        ) from lost

    # -- the connection --------------------------------------------------------------------------------------------

    def _connect(self) -> Line:
        server = self.server
        secret = self._secret()
        context = self._context() if server.security != "none" else None
        try:
            line = Line(server.host, server.port or _PORTS[server.security], server.timeout)
        except LineLost as lost:
            raise self._unavailable(f"The mail server {lost.why}") from lost
        try:
            line.allow((_BEFORE + 1) * server.timeout)
            self._open(line, context, secret)
        except LineLost as lost:
            line.close()
            raise self._unavailable(f"The mail server {lost.why}") from lost
        except ssl.SSLCertVerificationError as error:
            line.close()
            raise self._unavailable(
                f"The mail server's certificate can't be trusted: {_why_untrusted(error)}",
                todo="Check mail.smtp.host; for a certificate of the school's own, name its authority in "
                "mail.smtp.ca_file.",
            ) from error
        except ssl.SSLError as error:
            line.close()
            raise self._unavailable(
                "The mail server does not speak TLS as it should",
                todo='Check mail.smtp.port and mail.smtp.security ("tls" is mostly port 465, "starttls" 587).',
            ) from error
        except BaseException:
            line.close()
            raise
        self._line, self._needs_reset = line, False
        return line

    def _open(self, line: Line, context: ssl.SSLContext | None, secret: Secret | None) -> None:
        server = self.server
        if server.security == "tls" and context:
            line.secure(context)
        self._welcome(line.reply())
        self._welcome(line.greet(line.own_name))
        if server.security == "starttls" and context:
            if "STARTTLS" not in line.features:
                raise self._unavailable(
                    "The mail server offers no STARTTLS",
                    todo='Somebody in between may have taken it out. Ask whoever runs it; "tls" is mostly port 465.',
                )
            self._welcome(line.ask("STARTTLS"))
            line.secure(context)
            self._welcome(line.greet(line.own_name))
        if server.user and secret:
            self._log_in(line, secret)

    def _log_in(self, line: Line, secret: Secret) -> None:
        reply = line.log_in(self.server.user, secret.reveal())
        if reply is None:
            raise self._unavailable(
                "The mail server offers no login that we know (PLAIN or LOGIN)",
                todo='Ask whoever runs it, or set mail.smtp.user to "" where it knows this host without a login.',
            )
        self._stays(reply)
        if reply.ok:
            return
        self._known = None
        if 400 <= reply.code < 500:
            raise self._unavailable(
                f"The mail server can't check the login now ({reply.said(self.server.user)})", todo="Try again later."
            )
        raise self._unavailable(
            f"The mail server refuses the login ({reply.said(self.server.user)})",
            todo="Check mail.smtp.user and the password; many providers want an app password here.",
        )

    def _welcome(self, reply: Reply) -> None:
        if not reply.ok:
            raise self._unavailable(f"The mail server takes no mail now ({reply.said()})", todo="Try again later.")

    def _secret(self) -> Secret | None:
        if not self.server.user or self._password is None:
            return None
        if self._known is None:
            try:
                self._known = self._password()
            except EngageError as error:
                raise MailUnavailable(error.what, means=_NOTHING_SENT, todo=error.todo) from error
        return self._known

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.server.ca_file)
        except OSError as error:  # ssl.SSLError is one
            reason = (
                error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "no certificate in it"
            )
            raise MailUnavailable(
                f"The file of mail.smtp.ca_file can't be used: {reason}.",
                means=_NOTHING_SENT,
                todo="It must hold the certificate of the authority as PEM.",
            ) from error

    def _unavailable(self, what: str, todo: str = "") -> MailUnavailable:
        return MailUnavailable(
            f"{what}.",
            means=_NOTHING_SENT,
            todo=todo or f"Check mail.smtp in the config ({self.server.address}), and the connection of this host.",
        )

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def _stuffed(content: bytes) -> bytes:
    """`content` with a second dot before a dot that begins a line (RFC 5321, 4.5.2)."""
    return (b"." if content.startswith(b".") else b"") + content.replace(b"\r\n.", b"\r\n..")


def _why_untrusted(error: ssl.SSLCertVerificationError) -> str:
    codes = {
        10: "it has expired",
        18: "it is signed by itself",
        19: "its authority is not known",
        62: "it is for another name",
    }
    codes |= {9: "it is not valid yet", 20: "its authority is not known", 64: "it is for another name"}
    return codes.get(error.verify_code, "it can't be verified")
