"""What one message with a link is made of: a fresh token for each attempt, which is stored nowhere.

What went out is known from the outbox by the attempt's key, so a stop between sending and recording neither loses nor
repeats a message.
"""

from datetime import datetime, timedelta

from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb
from tui.mail.letters import Letter, Purpose
from tui.settings import Settings

# domain.md: a welcome link lives for a week, a reset link for an hour.
LIVES = {Verb.WELCOME: timedelta(days=7), Verb.RESET: timedelta(hours=1)}
_PURPOSES: dict[Verb, Purpose] = {Verb.WELCOME: "welcome", Verb.RESET: "reset"}


def key_of(verb: Verb, token_hash: bytes) -> str:
    """The name under which the transport knows one attempt, and a bounce quotes it.

    It is of the token, so that no other attempt has it, of no other register either. The beginning of the hash tells
    nothing about the token.
    """
    return f"{verb}-{token_hash[:16].hex()}"


def link_of(settings: Settings, verb: Verb, token: str) -> str:
    """The link that a parent opens. The token stands in the fragment, which browsers don't send to servers' logs."""
    base = (settings.portal.url or "https://portal.invalid").rstrip("/")
    return f"{base}/{verb}#{token}"


def letter(
    settings: Settings, account: AccountFacts, verb: Verb, key: str, token: str, now: datetime, greeting: str = ""
) -> Letter:
    """What the welcome email or the password reset of a person says; `greeting` is its first line, "" for the usual
    one."""
    return Letter(
        to_address=account.email,
        to_name=account.name,
        salutation=account.name or "parent",
        school_name=settings.school.name or "the school",
        portal_system=settings.portal.system,
        sender=settings.mail.sender,
        link=link_of(settings, verb, token),
        expires_at=now + LIVES[verb],
        help_contact=settings.school.help_contact,
        username=account.username,
        key=key,
        written_at=now,
        greeting=greeting,
        purpose=_PURPOSES[verb],
        portal_url=settings.portal.url,
    )
