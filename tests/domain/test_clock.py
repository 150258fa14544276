"""A clock that jumps ends nothing for good; a long holiday delays it by a day."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tui.domain.clock import LONGEST_GAP, ClockState, judge_clock

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def opened(*moments: datetime) -> list[bool]:
    """Whether the clock was believed at each of these openings."""
    state, believed = ClockState("", ""), []
    for moment in moments:
        verdict = judge_clock(moment, state)
        state = verdict.state or state
        believed.append(verdict.believed)
    return believed


def test_day_by_day_it_is_believed() -> None:
    assert opened(*(NOW + timedelta(days=day) for day in range(5))) == [True] * 5


def test_after_a_jump_ahead_and_back_nothing_was_ended() -> None:
    ahead = NOW + timedelta(days=4000)
    assert opened(NOW, ahead, ahead + timedelta(minutes=5), NOW + timedelta(hours=2)) == [True, False, False, False]
    assert opened(NOW, ahead, NOW + timedelta(hours=2), NOW + timedelta(hours=3))[-1]


def test_after_a_long_holiday_it_is_believed_a_day_later() -> None:
    back = NOW + LONGEST_GAP + timedelta(days=10)
    assert opened(NOW, back, back + timedelta(hours=23), back + timedelta(days=1)) == [True, False, False, True]


@given(st.lists(st.integers(0, 59 * 24), max_size=30))
def test_whoever_opens_it_now_and_then_is_always_believed(hours: list[int]) -> None:
    moment, moments = NOW, []
    for gap in hours:
        moment += timedelta(hours=gap)
        moments.append(moment)
    assert all(opened(*moments))
