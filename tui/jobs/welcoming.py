"""What one welcome email is made of: the intent stored first, a fresh token for each attempt, the link stored nowhere.

The token is 256 bits from the operating system; the register keeps its SHA-256 only. What went out is known from the
outbox by the invitation's key, so a stop between sending and recording neither loses nor repeats a message.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from tui.config import Settings
from tui.domain.facts import AccountFacts
from tui.mail.letters import Letter

LINK_DAYS = 7


def mint() -> tuple[str, bytes]:
    """A new token and the hash that is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> bytes:
    """The SHA-256 of a token, as the register keeps it."""
    return hashlib.sha256(token.encode("ascii")).digest()


def expiry(now: datetime) -> datetime:
    """When a welcome link made now runs out."""
    return now + timedelta(days=LINK_DAYS)


def key_of(invitation: int, token_hash: bytes) -> str:
    """The name under which the transport knows one attempt of one invitation.

    Numbers alone would not do: another register, or the same one made anew, counts from 1 as well, and a message
    that is there already is not written again. The beginning of the hash tells nothing about the token.
    """
    return f"welcome-{invitation}-{token_hash[:8].hex()}"


def link_of(settings: Settings, token: str) -> str:
    """The link that a parent opens. The token stands in the fragment, which browsers don't send to servers' logs."""
    base = (settings.portal.url or "https://portal.invalid").rstrip("/")
    return f"{base}/welcome#{token}"


def letter(
    settings: Settings, account: AccountFacts, key: str, token: str, now: datetime, greeting: str = ""
) -> Letter:
    """What the welcome email of a person says; `greeting` is its first line, "" for the usual one."""
    return Letter(
        to_address=account.email,
        to_name=account.name,
        salutation=account.name or "parent",
        school_name=settings.school.name or "the school",
        portal_system=settings.portal.system,
        sender=settings.mail.sender,
        link=link_of(settings, token),
        expires_at=expiry(now),
        help_contact=settings.school.help_contact,
        username=account.username,
        key=key,
        written_at=now,
        greeting=greeting,
        portal_url=settings.portal.url,
    )
