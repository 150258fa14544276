"""Whether a one-time link may still be used: links die with their ground.

Asked when a parent opens a welcome or reset link. Who redeems it, and the page for it, stand elsewhere; what
voids a link early (a revoke, lost eligibility, another email, a hold) does so in the register, and is checked here too.
"""

from datetime import datetime
from typing import NamedTuple

from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verdict
from tui.domain.status import Status
from tui.text import say_time

LIVE = ("sent", "unknown")


class LinkFacts(NamedTuple):
    """An invitation as it stands: its `state`, the email it was sent to, and when it expires."""

    state: str
    email: str
    expires_at: datetime


def redeem_gate(link: LinkFacts, facts: AccountFacts, now: datetime) -> Verdict:
    """Whether this link opens the account now. An unknown one may have arrived, so it counts as sent."""
    if link.state not in LIVE:
        return Verdict(Decision.REFUSE, f"this link is not valid any more: it is {link.state}")
    if link.expires_at <= now:
        return Verdict(Decision.REFUSE, f"this link expired on {say_time(link.expires_at)}")
    if facts.status not in (Status.ACTIVE, Status.READY_TO_PROVISION):
        return Verdict(Decision.REFUSE, "the person is not eligible any more")
    if facts.hold("mail") is not None:
        return Verdict(Decision.REFUSE, "the person is held")
    if facts.email.casefold() != link.email.casefold():
        return Verdict(Decision.REFUSE, "the email has changed since the link was sent")
    if facts.username and facts.username_shared_with:
        return Verdict(Decision.REFUSE, "the username stands on another record as well")
    return Verdict(Decision.ACT)
