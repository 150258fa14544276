"""What a feed's word about a username means: a feed never re-grants, and an old extract proves nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.feed_accounts import (
    AccountsSource,
    FeedOutcome,
    Listing,
    RequestOutcome,
    feed_outcome,
    request_outcome,
    source_of_accounts,
    why_unverified,
)

BEFORE, ACT, AFTER = "2026-11-27T20:00:00+00:00", "2026-11-28T07:05:00+00:00", "2026-11-29T20:00:00+00:00"
FEED, REGISTER = AccountsSource.FEED, AccountsSource.REGISTER
usernames = st.sampled_from(["", "one", "two"])
moments = st.sampled_from(["", BEFORE, ACT, AFTER])


@pytest.mark.parametrize(
    ("source", "ours", "feed", "ever_revoked", "outcome"),
    [
        (FEED, "one", "one", False, FeedOutcome.NOTHING),
        (FEED, "", "", True, FeedOutcome.NOTHING),
        (FEED, "", "one", False, FeedOutcome.ADOPT),
        (FEED, "one", "two", False, FeedOutcome.ADOPT),
        (FEED, "one", "two", True, FeedOutcome.ADOPT),
        (FEED, "one", "", False, FeedOutcome.CLEAR),
        (FEED, "one", "", True, FeedOutcome.CLEAR),
        (FEED, "", "one", True, FeedOutcome.CAME_BACK),
        (REGISTER, "one", "one", False, FeedOutcome.NOTHING),
        (REGISTER, "one", "ONE", True, FeedOutcome.NOTHING),
        (FEED, "one", "ONE", False, FeedOutcome.ADOPT),
        (REGISTER, "", "one", False, FeedOutcome.ADOPT),
        (REGISTER, "", "one", True, FeedOutcome.REPORT),
        (REGISTER, "one", "two", False, FeedOutcome.REPORT),
        (REGISTER, "one", "two", True, FeedOutcome.REPORT),
        (REGISTER, "one", "", False, FeedOutcome.NOTHING),
        (REGISTER, "one", "", True, FeedOutcome.NOTHING),
    ],
)
def test_what_a_newer_extract_brings_about(
    source: AccountsSource, ours: str, feed: str, ever_revoked: bool, outcome: FeedOutcome
) -> None:
    acted = ACT if ever_revoked else ""
    found = feed_outcome(ours=ours, feed=feed, ever_revoked=ever_revoked, acted_at=acted, taken_at=AFTER, source=source)
    assert found is outcome


@given(usernames, usernames, st.booleans(), moments, moments, st.sampled_from(AccountsSource))
def test_rules_that_hold_for_every_case(
    ours: str, feed: str, ever_revoked: bool, acted_at: str, taken_at: str, source: AccountsSource
) -> None:
    outcome = feed_outcome(
        ours=ours, feed=feed, ever_revoked=ever_revoked, acted_at=acted_at, taken_at=taken_at, source=source
    )
    if acted_at and taken_at <= acted_at:
        assert outcome is FeedOutcome.NOTHING, "an extract that is not newer than the act undoes nothing"
    if source is REGISTER and (ever_revoked or ours):
        assert outcome in (FeedOutcome.NOTHING, FeedOutcome.REPORT), "a feed never re-grants, takes or changes"
    if source is REGISTER:
        assert outcome not in (FeedOutcome.CLEAR, FeedOutcome.CAME_BACK)
    if outcome is FeedOutcome.ADOPT:
        assert feed
    if outcome is FeedOutcome.CAME_BACK:
        assert ever_revoked
        assert not ours
        assert feed


GONE, LEFT_OUT, SILENT = Listing(gone=True), Listing(gone=True, left_out=True), Listing()


@pytest.mark.parametrize(
    ("verb", "listing", "had_username", "outcome"),
    [
        ("revoke", Listing(""), True, RequestOutcome.DONE),
        ("revoke", Listing("one"), True, RequestOutcome.NOT_DONE),
        ("revoke", SILENT, True, RequestOutcome.SILENT),
        ("revoke", GONE, True, RequestOutcome.GONE),
        ("revoke", LEFT_OUT, True, RequestOutcome.LEFT_OUT),
        ("welcome", Listing("one"), False, RequestOutcome.DONE),
        ("welcome", Listing(""), False, RequestOutcome.OPEN),  # a parent answers in their own time
        ("welcome", Listing("one"), True, RequestOutcome.NEVER),  # it was there before
        ("welcome", SILENT, False, RequestOutcome.SILENT),
        ("welcome", GONE, False, RequestOutcome.GONE),
        ("reset", Listing("one"), True, RequestOutcome.NEVER),
        ("reset", GONE, True, RequestOutcome.NEVER),
    ],
)
def test_what_a_newer_extract_says_of_a_request(
    verb: str, listing: Listing, had_username: bool, outcome: RequestOutcome
) -> None:
    def asked(taken_at: str) -> RequestOutcome:
        return request_outcome(
            verb=verb, requested_at=ACT, taken_at=taken_at, listing=listing, had_username=had_username
        )

    assert asked(AFTER) is outcome
    assert asked(ACT) is asked(BEFORE) is RequestOutcome.OPEN
    assert bool(why_unverified(verb, outcome, AFTER)) == outcome.is_unverified


def test_the_same_second_with_and_without_a_fraction_is_in_order() -> None:
    def asked(requested_at: str, taken_at: str) -> RequestOutcome:
        return request_outcome(
            verb="revoke", requested_at=requested_at, taken_at=taken_at, listing=Listing(""), had_username=True
        )

    later = "2026-11-28T07:05:00.000001+00:00"
    assert asked(ACT, later) is RequestOutcome.DONE
    assert asked(later, ACT) is RequestOutcome.OPEN


@pytest.mark.parametrize(
    ("configured", "by_hand", "source"),
    [("", True, FEED), ("", False, REGISTER), ("feed", False, FEED), ("register", True, REGISTER)],
)
def test_who_knows_of_accounts(configured: str, by_hand: bool, source: AccountsSource) -> None:
    assert source_of_accounts(configured, by_hand=by_hand) is source
