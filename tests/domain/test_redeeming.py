"""A link opens an account only while its ground stands; each thing that takes it away refuses by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tui.domain.facts import AccountFacts, HoldFact
from tui.domain.gates import Decision
from tui.domain.records import UserType
from tui.domain.redeeming import LinkFacts, redeem_gate
from tui.domain.status import Status

NOW = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
LINK = LinkFacts("sent", "someone@example.com", NOW + timedelta(days=1))
FACTS = AccountFacts(
    code="AAA0001",
    user_type=UserType.CONTACT,
    name="A Contact",
    given_name="A",
    contact_type="Residential",
    email="Someone@example.com",
    mobile="",
    username="",
    has_password=False,
    last_login=None,
    status=Status.READY_TO_PROVISION,
)


@pytest.mark.parametrize("state", ["sent", "unknown"])
@pytest.mark.parametrize("status", [Status.ACTIVE, Status.READY_TO_PROVISION])
def test_a_live_link_of_an_eligible_person_opens(state: str, status: Status) -> None:
    assert redeem_gate(LINK._replace(state=state), replace(FACTS, status=status), NOW).decision is Decision.ACT


@pytest.mark.parametrize("state", ["queued", "sending", "accepted", "expired", "superseded", "failed"])
def test_a_link_in_any_other_state_does_not(state: str) -> None:
    assert redeem_gate(LINK._replace(state=state), FACTS, NOW).decision is Decision.REFUSE


def test_it_dies_the_moment_it_expires() -> None:
    assert redeem_gate(LINK._replace(expires_at=NOW), FACTS, NOW).decision is Decision.REFUSE
    later = LINK._replace(expires_at=NOW + timedelta(microseconds=1))
    assert redeem_gate(later, FACTS, NOW).decision is Decision.ACT


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, status=Status.READY_TO_REVOKE),
        replace(FACTS, status=Status.NO_ACCESS),
        replace(FACTS, email="other@example.com"),
        replace(FACTS, holds=(HoldFact("mail", "paper only", "me", "2026-11-01"),)),
        replace(FACTS, username="twice", username_shared_with=("BBB0002",)),
    ],
    ids=["ready to revoke", "no access", "another email", "held", "username twice"],
)
def test_it_dies_with_its_ground(facts: AccountFacts) -> None:
    assert redeem_gate(LINK, facts, NOW).decision is Decision.REFUSE
