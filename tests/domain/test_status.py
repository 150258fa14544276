"""Status: the four partition the contacts, and agree with the rule as it is written down for people.

The rule is stated here a second time, from links and in plain words, so that a slip in the bits shows.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.records import StudentStatus
from tui.domain.status import (
    ACCESS_UNKNOWN,
    ACCESS_YES,
    CHILD_HERE,
    FUTURE,
    LEFT,
    LINKED,
    REMOVED,
    REMOVED_HERE,
    Status,
    ground_of,
    is_eligible,
    link_ground,
    simple_status,
    status_of,
    student_counts,
)

from .making import accesses, statuses

EVERY_GROUND = range(2 * REMOVED)
Link = tuple[str, bool | None, bool]
link_tuples = st.tuples(statuses, accesses, st.booleans())


def by_the_book(links: list[Link], has_account: bool, future_counts: bool) -> Status:
    """The rule of the Account Manager, from the links themselves."""
    at_the_school = {"enrolled", "future"} if future_counts else {"enrolled"}
    flags = [access for status, access, removed in links if status in at_the_school and not removed]
    eligible = True in flags or (has_account and None in flags)
    table = {
        (True, True): Status.ACTIVE,
        (True, False): Status.READY_TO_PROVISION,
        (False, True): Status.READY_TO_REVOKE,
        (False, False): Status.NO_ACCESS,
    }
    return table[eligible, has_account]


@pytest.mark.parametrize("ground", EVERY_GROUND)
@pytest.mark.parametrize("has_account", [True, False])
def test_every_ground_has_the_status_of_the_rule(ground: int, has_account: bool) -> None:
    may = bool(ground & ACCESS_YES) or (has_account and bool(ground & ACCESS_UNKNOWN))
    status = status_of(ground, has_account)
    assert (status in (Status.ACTIVE, Status.READY_TO_PROVISION)) == may == is_eligible(ground, has_account)
    assert (status in (Status.ACTIVE, Status.READY_TO_REVOKE)) == has_account


@given(st.lists(link_tuples, max_size=5), st.booleans(), st.booleans())
def test_statuses_partition_and_agree_with_the_rule(links: list[Link], has_account: bool, future: bool) -> None:
    status = status_of(ground_of(links, future), has_account)
    assert status is by_the_book(links, has_account, future)
    assert sum(status is each for each in Status) == 1


@given(st.lists(link_tuples, max_size=5), st.booleans())
def test_an_eligible_account_is_never_ready_to_revoke(links: list[Link], future: bool) -> None:
    ground = ground_of(links, future)
    if any(student_counts(status, future) and access is True and not removed for status, access, removed in links):
        assert status_of(ground, True) is Status.ACTIVE
        assert status_of(ground, False) is Status.READY_TO_PROVISION


@given(st.lists(link_tuples, max_size=5), st.booleans())
def test_unknown_access_keeps_an_account_but_never_gives_one(links: list[Link], future: bool) -> None:
    without = [link for link in links if link[1] is not True]
    kept = [*without, ("enrolled", None, False)]
    assert status_of(ground_of(kept, future), True) is Status.ACTIVE
    assert status_of(ground_of(kept, future), False) is Status.NO_ACCESS
    assert status_of(ground_of(without, future), False) is Status.NO_ACCESS


@given(st.lists(link_tuples, max_size=5), st.lists(link_tuples, max_size=5), st.booleans())
def test_the_ground_is_the_sum_of_its_links_in_any_order(one: list[Link], two: list[Link], future: bool) -> None:
    together = ground_of(one + two, future)
    assert together == ground_of(two + one, future) == ground_of(one, future) | ground_of(two, future)


def test_each_kind_of_link_adds_exactly_one_bit() -> None:
    for status, access, removed, future in product(StudentStatus, (True, False, None), (True, False), (True, False)):
        bit = link_ground(status, access, removed, future)
        assert bit.bit_count() == 1, (status, access, removed, future)
        counts = student_counts(status, future)
        assert bool(bit & CHILD_HERE) == counts
        assert bool(bit & (REMOVED_HERE | REMOVED)) == (removed and status != StudentStatus.LEFT)
        assert bool(bit & LEFT) == (status == StudentStatus.LEFT)
        assert bool(bit & FUTURE) == (status == StudentStatus.FUTURE and not counts and not removed)
        assert bool(bit & LINKED) == (not removed or status == StudentStatus.LEFT)


@pytest.mark.parametrize(
    ("status", "future_counts", "counts"),
    [
        ("enrolled", False, True),
        ("enrolled", True, True),
        ("future", False, False),
        ("future", True, True),
        ("left", False, False),
        ("left", True, False),
    ],
)
def test_only_students_at_the_school_count(status: str, future_counts: bool, counts: bool) -> None:
    assert student_counts(status, future_counts) is counts
    ground = ground_of([(status, True, False)], future_counts)
    assert status_of(ground, True) is (Status.ACTIVE if counts else Status.READY_TO_REVOKE)
    assert status_of(ground, False) is (Status.READY_TO_PROVISION if counts else Status.NO_ACCESS)


def test_a_removed_link_gives_nothing() -> None:
    assert status_of(ground_of([("enrolled", True, True)], False), True) is Status.READY_TO_REVOKE
    assert status_of(ground_of([("enrolled", None, True)], False), True) is Status.READY_TO_REVOKE


def test_students_and_staff_follow_the_simpler_rule() -> None:
    assert simple_status(True, True) is Status.ACTIVE
    assert simple_status(True, False) is Status.READY_TO_PROVISION
    assert simple_status(False, True) is Status.READY_TO_REVOKE
    assert simple_status(False, False) is Status.NO_ACCESS
