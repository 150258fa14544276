"""Reading the letters that were written."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


def text_of(message: EmailMessage) -> str:
    """The plain text of a letter."""
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def token_in(letter: Path, purpose: str) -> str:
    """The token of the link in a letter of the outbox."""
    words = text_of(message_from_bytes(letter.read_bytes(), policy=default)).split()
    return next(word.partition("#")[2] for word in words if f"/{purpose}#" in word)
