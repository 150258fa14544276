"""The welcome email: a parent's one-time link to her account, as plain text.

Everything in it comes from outside, so every value is cleaned, none may open a header of its own, and the
finished message is read back: it has the one recipient it was written to, or it is not made.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from string import Template

from tui.domain.addresses import ascii_address, why_unusable
from tui.mail.transport import MailError, checked_key
from tui.text import clean, join_and, say_time

# 7bit: a relay without 8BITMIME must not have to rewrite the message.
_POLICY = SMTP.clone(cte_type="7bit")
_LINK = re.compile(r"https?://[!-~]{1,900}")
_MOST_TEXT = 200
_MOST_NAME = 100
_PLACEHOLDERS = ("greeting", "school", "system", "steps", "link", "expires", "help")
# Nobody's address (RFC 2606): a message without a sender is whole, but nobody mistakes where it came from.
_NO_SENDER = "no-sender-set@mail.invalid"


@dataclass(frozen=True, slots=True)
class WelcomeLetter:
    """What a welcome email says and to whom. `username` is "" where the parent has none yet and chooses one.

    `key` names this attempt (the Message-ID is made of it; it is no secret). The expiry is said in `zone`, or
    in the local zone. `greeting` is the first line, without the comma at its end; "" makes the usual one of
    `salutation`.
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


def compose_welcome(letter: WelcomeLetter, template: str | None = None) -> EmailMessage:
    """The welcome email, ready for a transport. MailError when it can't be one message to one person."""
    if why := why_unusable(letter.to_address):
        raise MailError(f"The email can't be used: {why}.", todo="Mend it in the admin system, then import again.")
    if letter.expires_at.tzinfo is None or letter.written_at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    if not _LINK.fullmatch(letter.link):
        raise MailError("The link of a welcome email must be a web address.", todo="Check portal.url in the config.")
    school = _line(letter.school_name, "school's name")
    system = _line(letter.portal_system, "portal's name") or "the parent portal"
    to_address = ascii_address(letter.to_address)
    sender = _sender(letter.sender, school)

    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = _recipient(_line(letter.to_name, "recipient's name"), to_address)
    message["Subject"] = _unencoded(f"Welcome to {system}" + (f" at {school}" if school else ""))
    message["Date"] = letter.written_at
    message["Message-ID"] = f"<{checked_key(letter.key)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(letter, school, system, _usual_template() if template is None else template))
    if not _goes_to(message, to_address):
        raise MailError("The welcome email would not go to the one person it is for.", means="It was not made.")
    return message


def check_template(template: str) -> None:
    """MailError when `template` is not one for a welcome email: an unknown placeholder, or no $link."""
    checked = Template(template)
    names = set(checked.get_identifiers())
    allowed = join_and([f"${name}" for name in _PLACEHOLDERS])
    if not checked.is_valid():
        raise MailError(
            "The template of the welcome email has a $ that begins no placeholder.",
            todo="Write $$ for a dollar sign.",
        )
    if unknown := sorted(names - set(_PLACEHOLDERS)):
        raise MailError(
            f"The template of the welcome email has an unknown placeholder: ${clean(unknown[0])}.",
            todo=f"Placeholders are {allowed}.",
        )
    if "link" not in names:
        raise MailError("The template of the welcome email has no $link.", means="Nobody could use it.")


def _body(letter: WelcomeLetter, school: str, system: str, template: str) -> str:
    check_template(template)
    salutation = _line(letter.salutation, "salutation")
    username = _line(letter.username, "username")
    helper = _line(letter.help_contact, "help contact")
    return Template(_lines(template)).substitute(
        greeting=_line(letter.greeting, "greeting").rstrip(",") or (f"Dear {salutation}" if salutation else "Hello"),
        school=school or "Your school",
        system=system,
        steps=(
            f"Your username stays as it is: {username}\nPlease open this link and set your password:"
            if username
            else "Please open this link, then choose a username and a password:"
        ),
        link=letter.link,
        expires=say_time(letter.expires_at, letter.zone),
        help=f"Need help? Please contact {helper}." if helper else "Need help? Please ask the school office.",
    )


def _lines(template: str) -> str:
    """`template` through the cleaning gate line by line, indents kept."""
    lines = template.splitlines()
    return "\n".join(" " * (len(line) - len(line.lstrip(" "))) + clean(line) for line in lines) + "\n"


@lru_cache(maxsize=1)
def _usual_template() -> str:
    from importlib.resources import files

    return files("tui.mail").joinpath("templates", "welcome.txt").read_text(encoding="utf-8")


def _line(value: str, what: str) -> str:
    """`value` cleaned. A line break is refused, not mended: past the gate no honest record has one."""
    if "\r" in value or "\n" in value:
        raise MailError(f"There is a line break in the {what}.", means="The welcome email was not made.")
    return clean(value[:_MOST_TEXT])


def _unencoded(value: str) -> str:
    """`value` without the mark that begins an encoded word, which could hide anything from this check."""
    return value.replace("=?", "= ?")


def _sender(sender: str, school: str) -> Address:
    name, address = "", _line(sender, "sender")
    if not address:
        return Address(_display_name(school), addr_spec=_NO_SENDER)
    if match := re.fullmatch(r"([^<>]*)<([^<>]*)>", address):
        name, address = match[1], match[2]
    if why := why_unusable(address):
        raise MailError(f"The sender's address can't be used: {why}.", todo="Mend mail.sender in the config.")
    return Address(_display_name(name), addr_spec=ascii_address(address))


def _recipient(name: str, address: str) -> Address:
    """The recipient, with the name where it can stand in a header and without it where it can't."""
    recipient = Address(_display_name(name), addr_spec=address)
    probe = EmailMessage(policy=_POLICY)
    probe["To"] = recipient
    return recipient if _goes_to(probe, address) else Address(addr_spec=address)


def _display_name(name: str) -> str:
    """`name` for an address header, without the signs that structure one.

    Quoting them is allowed, but several versions of the email package lose the quotes when they fold a name
    with other letters in it, and a comma then begins a second recipient.
    """
    return " ".join(re.sub(r'[()<>\[\]:;@\\,"]', " ", _unencoded(name)).split())[:_MOST_NAME].strip()


def _goes_to(message: EmailMessage, address: str) -> bool:
    """Whether `message`, read back from its bytes, has the one recipient `address`."""
    try:
        read = message_from_bytes(message.as_bytes(), policy=SMTP)
        to = [found.addr_spec for header in read.get_all("To", []) for found in header.addresses]
    except (ValueError, IndexError, AttributeError, TypeError, MessageError):  # a header it can't fold or parse
        return False
    return to == [address] and read.keys() == message.keys()
