"""When a message that the mail server put off is tried again: with growing pauses, and not for ever.

RFC 5321, 4.5.4.1: retry after 30 minutes at least where many messages wait, give up after days. A school's few messages
are tried sooner, as greylisting servers ask for, and given up after a day: a person should then look at the address.
"""

from datetime import timedelta

WELCOME_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480, 480))
# A parent waits for a reset at the phone, and asks again.
RESET_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 10, 20))


def next_pause(purpose: str, tries: int) -> timedelta | None:
    """How long to wait after a message of this purpose was put off for the `tries`-th time (from 1); None: no more."""
    pauses = RESET_PAUSES if purpose == "reset" else WELCOME_PAUSES
    return pauses[tries - 1] if 1 <= tries <= len(pauses) else None
