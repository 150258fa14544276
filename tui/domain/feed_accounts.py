"""What a feed's word about a username means: a feed never re-grants, and an old extract proves nothing.

Pure rules; the register gathers the cases and carries the outcome out.
"""

from enum import StrEnum


class AccountsSource(StrEnum):
    """Who knows the truth about accounts: the feed (they live in the portal), or this register."""

    FEED = "feed"
    REGISTER = "register"


class FeedOutcome(StrEnum):
    """What to do with what the feed says of an account."""

    NOTHING = "nothing"
    ADOPT = "adopt"  # take the feed's username
    CLEAR = "clear"  # the portal has no username any more
    CAME_BACK = "came_back"  # it was gone and the portal lists one again
    REPORT = "report"  # the feed still lists it; say so, do not obey


class RequestOutcome(StrEnum):
    """What an import says of a request that waits to be verified."""

    OPEN = ""
    DONE = "done"
    NOT_DONE = "not_done"
    CAME_BACK = "came_back"
    GONE = "gone"


def feed_outcome(
    *, ours: str, feed: str, ever_revoked: bool, acted_at: str, taken_at: str, source: AccountsSource
) -> FeedOutcome:
    """What follows when the register has username `ours` ("" none) and the extract made at `taken_at` says `feed`.

    `acted_at` is the last act on the account, by this program or attested; times are ISO text in UTC.
    """
    if ours == feed:
        return FeedOutcome.NOTHING
    if acted_at and taken_at <= acted_at:
        return FeedOutcome.NOTHING
    if source is AccountsSource.FEED:
        if not feed:
            return FeedOutcome.CLEAR
        return FeedOutcome.CAME_BACK if ever_revoked and not ours else FeedOutcome.ADOPT
    if not feed:
        return FeedOutcome.NOTHING
    return FeedOutcome.REPORT if ever_revoked or ours else FeedOutcome.ADOPT


def request_outcome(
    *, verb: str, requested_at: str, taken_at: str, feed_username: str | None, gone: bool
) -> RequestOutcome:
    """Whether a newer extract shows that a request was carried out. `feed_username` None: the feed doesn't say."""
    if taken_at <= requested_at:
        return RequestOutcome.OPEN
    if gone:
        return RequestOutcome.GONE
    if feed_username is None:
        return RequestOutcome.OPEN
    if verb == "revoke":
        return RequestOutcome.NOT_DONE if feed_username else RequestOutcome.DONE
    # A welcome is answered by the parent, in their own time: no username yet says nothing.
    return RequestOutcome.DONE if feed_username else RequestOutcome.OPEN
