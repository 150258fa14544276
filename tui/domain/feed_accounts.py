"""What a feed's word about a username means: a feed never re-grants, and an old extract proves nothing.

Pure rules; the register gathers the cases and carries the outcome out.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from tui.text import plural, say_date


class AccountsSource(StrEnum):
    """Who knows the truth about accounts: the feed (they live in the portal), or this register."""

    FEED = "feed"
    REGISTER = "register"


def source_of_accounts(configured: str, *, by_hand: bool) -> AccountsSource:
    """Who knows the truth: what the config says (`accounts.source`), and where it leaves that open ("") the feed for
    accounts that are changed by hand in the portal, and this register for the others."""
    if configured:
        return AccountsSource(configured)
    return AccountsSource.FEED if by_hand else AccountsSource.REGISTER


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
    SILENT = "silent"  # the feed says nothing of usernames
    LEFT_OUT = "left_out"  # the row was bad, or rows were left out of which any may have been it
    NEVER = "never"  # no feed can show it: a person's word is all there is

    @property
    def is_unverified(self) -> bool:
        """Whether a newer extract came and could not say whether the request was carried out."""
        return self in (RequestOutcome.GONE, RequestOutcome.SILENT, RequestOutcome.LEFT_OUT, RequestOutcome.NEVER)


class Listing(NamedTuple):
    """What an extract says of one contact: `username` None where it doesn't say; `gone`: it has no such record;
    `left_out`: it may have one, in a row that could not be taken."""

    username: str | None = None
    gone: bool = False
    left_out: bool = False


def feed_outcome(
    *, ours: str, feed: str, ever_revoked: bool, acted_at: str, taken_at: str, source: AccountsSource
) -> FeedOutcome:
    """What follows when the register has username `ours` ("" none) and the extract made at `taken_at` says `feed`.

    `acted_at` is the last act on the account, by this program or attested; times are ISO text in UTC.
    """
    if ours == feed:
        return FeedOutcome.NOTHING
    if source is AccountsSource.REGISTER and ours.casefold() == feed.casefold():
        return FeedOutcome.NOTHING  # the same one, spelt otherwise
    if acted_at and taken_at <= acted_at:
        return FeedOutcome.NOTHING
    if source is AccountsSource.FEED:
        if not feed:
            return FeedOutcome.CLEAR
        return FeedOutcome.CAME_BACK if ever_revoked and not ours else FeedOutcome.ADOPT
    if not feed:
        return FeedOutcome.NOTHING
    return FeedOutcome.REPORT if ever_revoked or ours else FeedOutcome.ADOPT


def is_by_word(verb: str, *, had_username: bool) -> bool:
    """Whether only a person can say that a request was carried out: a password reset leaves nothing that a feed lists,
    nor does a welcome email to somebody who had a username before."""
    return verb == "reset" or (verb == "welcome" and had_username)


def request_outcome(
    *, verb: str, requested_at: str, taken_at: str, listing: Listing, had_username: bool
) -> RequestOutcome:
    """Whether a newer extract shows that a request was carried out. `had_username`: before this extract."""
    if taken_at <= requested_at:
        return RequestOutcome.OPEN
    if is_by_word(verb, had_username=had_username):
        return RequestOutcome.NEVER
    if listing.left_out:
        return RequestOutcome.LEFT_OUT
    if listing.gone:
        return RequestOutcome.GONE
    if listing.username is None:
        return RequestOutcome.SILENT
    if verb == "revoke":
        return RequestOutcome.NOT_DONE if listing.username else RequestOutcome.DONE
    # A welcome is answered by the parent, in their own time: no username yet says nothing.
    return RequestOutcome.DONE if listing.username else RequestOutcome.OPEN


_WHY_UNVERIFIED = {
    RequestOutcome.GONE: "does not have the record any more, which proves nothing of the account",
    RequestOutcome.SILENT: "says nothing of usernames",
    RequestOutcome.LEFT_OUT: "has its row left out as bad",
}
_BY_WORD = {
    "reset": "no import can show that a password reset was sent",
    "welcome": "no import can show that a welcome email was sent to somebody who had a username before",
}


def why_unverified(verb: str, outcome: str, taken_at: str) -> str:
    """Why the extract of `taken_at` could not verify a request, "" when that was not so. `outcome` as it is kept."""
    found = RequestOutcome(outcome)
    if found is RequestOutcome.NEVER:
        return _BY_WORD.get(verb, "no import can show it")
    why = _WHY_UNVERIFIED.get(found, "")
    return f"the extract of {say_date(taken_at)} {why}" if why else ""


def say_unverified(unverified: Mapping[str, int], taken_at: str) -> list[str]:
    """What the extract of `taken_at` could not verify, a sentence for each cause."""
    return [
        f"{plural(count, 'request')} on a worklist not verified: "
        + (
            "no import can show a password reset, nor a welcome email to somebody who had a username before."
            if outcome == RequestOutcome.NEVER
            else f"{why_unverified('', outcome, taken_at)}."
        )
        for outcome, count in unverified.items()
    ]


def say_checked(verb: str) -> str:
    """What comes after a person's word that a request was carried out."""
    if verb == "reset":
        return "No import can verify a password reset: your word closes it."
    return "The next newer import verifies it."
