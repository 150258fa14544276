"""What every way out for a message promises, so that a job can use any of them and resume after a kill."""

import re
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from tui.errors import ServiceError

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


def checked_key(key: str) -> str:
    """`key`, which may stand in a file name and a Message-ID; ValueError when it may not."""
    if not _KEY.fullmatch(key):
        raise ValueError("a key is 1 to 100 letters, digits, - or _")
    return key


class MailError(ServiceError):
    """A message could not be composed or handed over. Nothing in it names the recipient or the link."""


class Transport(Protocol):
    """A way out for messages. `key` names one attempt to send one message; it is no secret."""

    @property
    def name(self) -> str:
        """The transport's name, for plans and results."""

    @property
    def where(self) -> Path | None:
        """The folder in which the messages wait to be sent on by somebody else; None when this transport sends."""

    def deliver(self, message: EmailMessage, *, key: str, expires_at: datetime) -> None:
        """Hand `message` over, once a key. Returns when it is safe; raises MailError when it was not."""

    def delivered(self, key: str) -> bool | None:
        """Whether the message with `key` was handed over; None when the transport can't know."""
