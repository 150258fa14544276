"""Our letters to a parent, with a one-time link: the welcome to her account, and a new password for it.

Everything in a letter comes from outside, so every value is cleaned, none may open a header of its own, and the
finished message is read back: it has the one recipient it was written to, or it is not made.
"""

import re
from binascii import b2a_qp
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.message import EmailMessage
from functools import lru_cache
from html import escape
from typing import NamedTuple

from tui.domain.addresses import ascii_address, why_unusable
from tui.mail.headers import address_header, display_name, text_header
from tui.mail.transport import MailError, Message, checked_key
from tui.mail.wording import PLACEHOLDERS, PURPOSES, Purpose, Templates, Wording
from tui.text import clean, say_time

__all__ = ["PLACEHOLDERS", "PURPOSES", "Letter", "Purpose", "Templates", "compose", "note", "opened"]

_LINK = re.compile(r"https?://[!-~]{1,900}")
_MOST_TEXT = 200
# Nobody's address (RFC 2606): a message without a sender is whole, but nobody mistakes where it came from.
_NO_SENDER = "no-sender-set@mail.invalid"
# Quoted-printable never has =_ in it, so a boundary that begins with it stands in no body (RFC 2045, 6.7).
_BOUNDARY = "=_engage-accounts"
_ENCODING = "Content-Transfer-Encoding: quoted-printable"
_ONE_RECIPIENT = re.compile(
    r"To: (?:(?P<bare>[^\s<>,;:\"]+)|"
    r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+|\"[^\"\\<>@,;:()\[\]]+\") <(?P<angled>[^\s<>]+)>)"
)
_HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says and to whom. `username` is "" where the parent has none yet and chooses one.

    `key` names this attempt (the Message-ID is made of it; it is no secret). The expiry is said in `zone`, or
    in the local zone. `greeting` is the first line, without the comma at its end; "" makes the usual one of
    `salutation`. `portal_url` is where she logs in afterwards.
    """

    to_address: str = field(repr=False)
    to_name: str = field(repr=False)
    salutation: str = field(repr=False)
    school_name: str
    portal_system: str
    sender: str
    link: str = field(repr=False)
    expires_at: datetime
    help_contact: str
    username: str = field(repr=False)
    key: str
    written_at: datetime
    zone: tzinfo | None = None
    greeting: str = field(default="", repr=False)
    purpose: Purpose = "welcome"
    portal_url: str = ""


def compose(letter: Letter, templates: Templates | None = None) -> Message:
    """The letter as a message, ready for a transport. MailError when it can't be one message to one person."""
    if not _LINK.fullmatch(letter.link):
        raise MailError("The link of a letter must be a web address.", todo="Check portal.url in the config.")
    if letter.expires_at.tzinfo is None or letter.written_at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    sender = _sender(letter.sender, letter.school_name)
    wording = (templates or _shipped()).wordings[letter.purpose]
    values = _values(letter)
    school = _line(letter.school_name, "school's name")
    subject = wording.subject.substitute(school=school or "your school", system=values["system"])
    return _message(
        letter.to_address,
        _line(letter.to_name, "recipient's name"),
        sender,
        subject,
        letter.key,
        letter.written_at,
        letter.expires_at,
        _body(wording, values),
    )


def note(
    to_address: str,
    sender: str,
    school: str,
    subject: str,
    text: str,
    *,
    key: str,
    written_at: datetime,
    expires_at: datetime,
) -> Message:
    """A message of plain text without a link, such as one that shows that mail arrives. Raises as `compose` does."""
    body = _part("plain", "\n".join(map(clean, text.splitlines())) + "\n")
    subject = _line(subject, "subject")
    return _message(to_address, "", _sender(sender, school), subject, key, written_at, expires_at, body)


def opened(message: Message) -> EmailMessage:
    """A message as a mail program reads it: headers decoded, text in `get_body(("plain",))`, lines that end in LF."""
    from email import message_from_bytes
    from email.policy import default

    read = message_from_bytes(message.content.replace(b"\r\n", b"\n"), policy=default)
    assert isinstance(read, EmailMessage)  # noqa: S101 - what the policy makes, which its type does not say
    return read


class _Sender(NamedTuple):
    address: str
    domain: str
    header: str


def _message(
    to_address: str,
    to_name: str,
    sender: _Sender,
    subject: str,
    key: str,
    written_at: datetime,
    expires_at: datetime,
    body: str,
) -> Message:
    from email.utils import format_datetime

    if why := why_unusable(to_address):
        raise MailError(f"The email can't be used: {why}.", todo="Mend it in the admin system, then import again.")
    recipient = ascii_address(to_address)
    message_id = f"<{checked_key(key)}@{sender.domain}>"
    rest = (
        f"{_subject(subject)}Date: {format_datetime(written_at)}\r\nMessage-ID: {message_id}\r\n"
        f"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n{body}"
    )
    # A name that would be read as more than a name is left out: the address alone is enough.
    for name in (display_name(to_name), ""):
        content = (sender.header + address_header("To", name, recipient) + rest).encode("ascii", "strict")
        if _goes_to(content, recipient):
            return Message(key, sender.address, recipient, content, message_id, expires_at)
    raise MailError("The email would not go to the one person it is for.", means="It was not made.")


def _body(wording: Wording, values: dict[str, str]) -> str:
    """Text, or text and HTML of which a mail program shows one, with the headers that say so."""
    text = _part("plain", wording.text.substitute(values))
    if wording.html is None:
        return text
    escaped = {name: escape(value).replace("\n", "<br>\n") for name, value in values.items()}
    html = _part("html", wording.html.substitute(escaped))
    return (
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'
        f"--{_BOUNDARY}\r\n{text}\r\n--{_BOUNDARY}\r\n{html}\r\n--{_BOUNDARY}--\r\n"
    )


def _part(subtype: str, text: str) -> str:
    # Quoted-printable: a relay without 8BITMIME must not have to rewrite the message, and no line is too long.
    encoded = b2a_qp(text.encode("utf-8", "replace"), istext=True).decode("ascii").replace("\n", "\r\n")
    return f'Content-Type: text/{subtype}; charset="utf-8"\r\n{_ENCODING}\r\n\r\n{encoded}'


def _values(letter: Letter) -> dict[str, str]:
    salutation = _line(letter.salutation, "salutation")
    username = _line(letter.username, "username")
    helper = _line(letter.help_contact, "help contact")
    return {
        "greeting": _line(letter.greeting, "greeting").rstrip(",") or (f"Dear {salutation}" if salutation else "Hello"),
        "school": _line(letter.school_name, "school's name") or "Your school",
        "system": _line(letter.portal_system, "portal's name") or "the parent portal",
        "portal_url": _line(letter.portal_url, "portal's address"),
        "steps": _steps(letter.purpose, username),
        "username": username,
        "link": letter.link,
        "expires": say_time(letter.expires_at, letter.zone),
        "help": f"Need help? Please contact {helper}." if helper else "Need help? Please ask the school office.",
    }


def _steps(purpose: Purpose, username: str) -> str:
    if purpose == "reset":
        known = f"Your username is {username}.\n" if username else ""
        return f"{known}Please open this link and choose a new password:"
    if username:
        return f"Your username stays as it is: {username}\nPlease open this link and set your password:"
    return "Please open this link, then choose a username and a password:"


def _line(value: str, what: str) -> str:
    """`value` cleaned. A line break is refused, not mended: past the gate no honest record has one."""
    if "\r" in value or "\n" in value:
        raise MailError(f"There is a line break in the {what}.", means="The email was not made.")
    return clean(value[:_MOST_TEXT])


@lru_cache(maxsize=8)
def _sender(sender: str, school: str) -> _Sender:
    name, address = _line(school, "school's name"), _line(sender, "sender")
    if not address:
        address = _NO_SENDER
    elif match := re.fullmatch(r"([^<>]*)<([^<>]*)>", address):
        name, address = match[1], match[2]
    else:
        name = ""
    if why := why_unusable(address):
        raise MailError(f"The sender's address can't be used: {why}.", todo="Mend mail.sender in the config.")
    address = ascii_address(address)
    return _Sender(address, address.partition("@")[2], address_header("From", display_name(name), address))


@lru_cache(maxsize=8)
def _subject(subject: str) -> str:
    return text_header("Subject", subject)


@lru_cache(maxsize=1)
def _shipped() -> Templates:
    return Templates.load(None)


def _goes_to(content: bytes, address: str) -> bool:
    """Whether a message, its headers read back from its bytes, is ours alone and has the one recipient `address`.

    Narrower than what RFC 5322 allows, so that every reader of mail, careless ones too, sees the same one address.
    """
    lines = content.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n ", " ").split("\r\n")
    if [line.partition(":")[0] for line in lines[: len(_HEADERS)]] != _HEADERS:
        return False
    to = _ONE_RECIPIENT.fullmatch(lines[1])
    return to is not None and address in (to["bare"], to["angled"]) and lines[len(_HEADERS) :] in ([], [_ENCODING])
