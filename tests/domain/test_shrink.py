"""Shrink: from which loss on a feed is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.shrink import Shrink, implausible


@pytest.mark.parametrize(
    ("before", "now", "stops"),
    [
        (0, 0, False),
        (0, 5, False),
        (5, 5, False),
        (5, 6, False),
        (1, 0, True),  # no rows at all are never believed
        (9, 1, False),  # a handful may come and go
        (10, 5, False),
        (10, 4, True),
        (49, 25, False),
        (49, 24, True),
        (50, 34, False),
        (50, 33, True),
        (1187, 868, False),  # the leavers of one year in a school of four years
        (100_000, 67_000, False),
        (100_000, 66_999, True),
        (100_000, 0, True),
    ],
)
def test_rows_of_a_file(before: int, now: int, stops: bool) -> None:
    assert implausible(Shrink("contacts", before, now), 33, rows=True) is stops


@pytest.mark.parametrize(
    ("before", "now", "stops"), [(1, 0, False), (9, 0, False), (10, 5, False), (10, 0, True), (50, 33, True)]
)
def test_facts_within_rows_may_all_go_where_there_are_few(before: int, now: int, stops: bool) -> None:
    assert implausible(Shrink("flags", before, now), 33, rows=False) is stops


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 100), st.booleans())
def test_losing_more_is_never_more_plausible(before: int, now: int, percent: int, rows: bool) -> None:
    if now and implausible(Shrink("x", before, now), percent, rows=rows):
        assert implausible(Shrink("x", before, now - 1), percent, rows=rows)
    if now >= before:
        assert not implausible(Shrink("x", before, now), percent, rows=rows)


def test_what_shrank_is_said_with_both_numbers() -> None:
    assert str(Shrink("students", 1187, 400)) == "students: 1,187 before, 400 now (66 % fewer)"
