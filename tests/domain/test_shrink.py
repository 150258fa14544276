"""Shrink: from which loss on a feed is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.shrink import Shrink, Turnover, implausible, spelt_anew


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


@pytest.mark.parametrize(
    ("gone", "new", "like"),
    [
        (["C0000A", "C0012B"], ["A", "12B"], 2),  # a spreadsheet, and somebody's formula
        (["C0012", "C0013"], ["C12", "13"], 2),
        (["0012", "0013"], ["12", "13"], 2),
        (["12", "13"], ["0012", "C0013"], 2),  # and the other way
        (["smi0042"], ["SMI0042"], 1),
        (["SMI0042"], ["JON0042"], 0),  # another one's, with the same number
        (["P0001", "P0002"], ["P0003"], 0),
        (["A", ""], ["B"], 0),
        (["STU"], ["ABC"], 0),
    ],
)
def test_codes_that_are_only_spelt_anew(gone: list[str], new: list[str], like: int) -> None:
    assert spelt_anew(gone, new) == like


def test_a_turnover_names_the_likely_cause_where_it_is_likely() -> None:
    assert str(Turnover("contacts", 200, 100, 90, 40)) == (
        "contacts: 100 of the 200 that were there are gone (50 %), whatever came new (90)"
    )
    assert "50 of their codes are there with another prefix or other leading zeros" in str(
        Turnover("contacts", 200, 100, 90, 50)
    )
