"""The guard: count or percent over 24 hours, the denominator named, and undecided flag groups."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.flag_groups import Answer, FlagGroup
from tui.domain.guard import WINDOW_HOURS, GuardLimits, judge

GROUP = FlagGroup("Postal", 2, "2026-11-28", 1180, Answer.UNDECIDED)
WIDE = GuardLimits(max_count=10**9, max_percent=100)


def judged(planned: int, **more: Any) -> tuple[str, ...]:
    given_: dict[str, Any] = {"recent": 0, "accounts": 100_000, "limits": GuardLimits()} | more
    return judge(planned, **given_).causes


def test_the_limits_are_the_documented_ones() -> None:
    assert GuardLimits() == (1000, 20, 50)
    assert WINDOW_HOURS == 24


@pytest.mark.parametrize(("planned", "stopped"), [(0, False), (1, False), (1000, False), (1001, True), (5000, True)])
def test_the_count(planned: int, stopped: bool) -> None:
    assert bool(judged(planned)) is stopped


@pytest.mark.parametrize(
    ("planned", "accounts", "stopped"),
    [(20, 100, False), (21, 100, True), (10, 50, False), (11, 50, True), (49, 49, False), (1, 1, False),
     (162, 812, False), (163, 812, True)],
)  # fmt: skip
def test_the_percent_counts_from_fifty_accounts_up(planned: int, accounts: int, stopped: bool) -> None:
    assert bool(judged(planned, accounts=accounts)) is stopped


def test_what_was_done_in_the_last_day_counts_too() -> None:
    assert not judged(500, recent=500)
    assert judged(501, recent=500)
    assert judged(1, recent=20, accounts=100)
    assert not judged(1, recent=19, accounts=100)


def test_a_plan_of_nothing_is_never_stopped_by_what_was_done_before() -> None:
    assert not judged(0, recent=5000, accounts=5000)


def test_the_causes_name_count_share_and_denominator() -> None:
    verdict = judge(1200, recent=50, accounts=4000, limits=GuardLimits())
    assert verdict.stopped
    assert verdict.planned == 1200
    assert verdict.causes == (
        "1,250 accounts in 24 hours is more than 1,000.",
        "1,250 of 4,000 accounts is 31.2 %, more than 20 %.",
    )
    assert verdict.measure == "1,250 of 4,000 accounts (31.2 %), 50 of them in the last 24 hours"
    assert judge(1, recent=0, accounts=0, limits=GuardLimits()).measure == "1 of 0 accounts"


def test_an_undecided_group_stops_whatever_the_count() -> None:
    verdict = judge(1, recent=0, accounts=100_000, limits=WIDE, undecided=(GROUP,), ready=1500)
    assert verdict.stopped
    assert len(verdict.causes) == 1
    for piece in ("Postal", "28 Nov 2026", "no. 2", "1,180 of 1,500 accounts", "Nobody has said yet"):
        assert piece in verdict.causes[0]


def test_the_size_is_named_only_where_the_size_stops() -> None:
    group_alone = judge(1, recent=0, accounts=100_000, limits=WIDE, undecided=(GROUP,), ready=1500)
    assert (group_alone.size, group_alone.groups) == ("", 1)
    both = judge(30, recent=0, accounts=100, limits=GuardLimits(), undecided=(GROUP,), ready=1500)
    assert (both.size, both.groups, len(both.causes)) == (": 30 of 100 accounts (30.0 %)", 1, 2)
    size_alone = judge(30, recent=0, accounts=100, limits=GuardLimits())
    assert (size_alone.size, size_alone.groups) == (": 30 of 100 accounts (30.0 %)", 0)


@given(
    st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000), st.integers(1, 2000), st.integers(1, 100),
    st.integers(1, 2000),
)  # fmt: skip
def test_more_is_never_let_through_where_less_was_stopped(
    planned: int, recent: int, accounts: int, max_count: int, max_percent: int, percent_from: int
) -> None:
    limits = GuardLimits(max_count, max_percent, percent_from)
    verdict = judge(planned, recent=recent, accounts=accounts, limits=limits)
    total = planned + recent
    too_many = total > max_count or (accounts >= percent_from and total / accounts > max_percent / 100)
    assert verdict.stopped == (planned > 0 and too_many)
    if verdict.stopped:
        assert judge(planned + 1, recent=recent, accounts=accounts, limits=limits).stopped
        assert judge(planned, recent=recent + 1, accounts=accounts, limits=limits).stopped
