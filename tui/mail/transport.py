"""What every way out for a message promises, so that a job can use any of them and resume after a kill.

A message is serialised once, when it is composed; a transport carries its bytes and changes nothing in them.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tui.errors import ServiceError

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
# Whatever a command line of a mail server could misread; an address is checked in full where it is taken in.
_BARE_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


def checked_key(key: str) -> str:
    """`key`, which may stand in a file name and a Message-ID; ValueError when it may not."""
    if not _KEY.fullmatch(key):
        raise ValueError("a key is 1 to 100 letters, digits, - or _")
    return key


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, as it travels.

    `key` names one attempt to send it and is no secret. `sender` and `recipient` are bare addresses in ASCII;
    `content` is the whole message: ASCII, its lines end in CRLF. ValueError when one of these is not so: a lone CR or
    LF could end a message early at a careless server.
    """

    key: str
    sender: str
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)
    message_id: str
    expires_at: datetime

    def __post_init__(self) -> None:
        checked_key(self.key)
        if not all(map(_BARE_ADDRESS.fullmatch, (self.sender, self.recipient))):
            raise ValueError("an address of a message is bare and in ASCII")
        content = self.content
        ends = content.count(b"\r\n")
        whole = content.isascii() and content.endswith(b"\r\n") and b"\0" not in content
        if not whole or content.count(b"\n") != ends or content.count(b"\r") != ends:
            raise ValueError("the content of a message is ASCII in lines that end in CRLF")
        if self.expires_at.tzinfo is None:
            raise ValueError("a moment needs its time zone")


class MailError(ServiceError):
    """A message could not be composed or handed over, and was certainly not sent.

    Nothing in it names the recipient or the link; `what` is the same for the same cause, so that failures can be
    grouped by it.
    """


class MailDeferred(MailError):
    """The mail server put this message off for now: certainly not delivered, it may be tried again later."""


class MailRefused(MailError):
    """The mail server refused this message for good."""


class MailUnknown(MailError):
    """The line was lost while the message was being handed over: nobody knows whether it was sent.

    It is never sent again by itself; a person decides.
    """


class MailUnavailable(MailError):
    """The transport as a whole can't be used now: nothing was sent, and other messages would meet the same."""


class Transport(Protocol):
    """A way out for messages."""

    @property
    def name(self) -> str:
        """The transport's name, for plans and results."""

    @property
    def where(self) -> Path | None:
        """The folder in which the messages wait to be sent on by somebody else; None when this transport sends."""

    @property
    def per_minute(self) -> int:
        """How many messages a minute the operator wants to go out at most; 0 is no limit. Whoever delivers keeps it."""

    def deliver(self, message: Message) -> None:
        """Hand `message` over, once a key. Returns when it is safe; raises the MailError that says its fate."""

    def delivered(self, key: str) -> bool | None:
        """Whether the message with `key` was handed over; None when the transport can't know."""

    def close(self) -> None:
        """Let go of what it holds open; it may be used again."""
