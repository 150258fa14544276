"""Until when somebody is held, as a person types it."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.holds import parse_until
from tui.text import say_date

TODAY = date(2026, 11, 26)
days = st.dates(min_value=TODAY + timedelta(days=1), max_value=date(9999, 12, 31))


@given(days)
def test_every_way_to_write_a_day_is_read(day: date) -> None:
    iso = day.isoformat()
    month = say_date(day).split()[1]
    said = say_date(day)
    for text in (iso, said, said.upper(), f" {day.day} {day:%B} {day.year} ", f"{day.day}-{month}-{day.year}",
                 f"{day.day}/{day.month}/{day.year}", f"{day.day:02}/{day.month:02}/{day.year}"):  # fmt: skip
        assert parse_until(text, TODAY) == iso


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_is_until_released(text: str) -> None:
    assert parse_until(text, TODAY) == ""


@given(st.dates(max_value=TODAY))
def test_what_is_not_to_come_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match="is not in the future"):
        parse_until(day.isoformat(), TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "31 Feb 2027",
        "31/13/2027",
        "2027-02-30",
        "1 Jan",
        "1/2/27",
        "1 Jantastic 2027",
        "１ Jan 2027",
        "99999-01-01",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="That is no date"):
        parse_until(text, TODAY)


@given(st.text())
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    with suppress(ValueError):
        found = parse_until(text, TODAY)
        assert found == "" or date.fromisoformat(found) > TODAY
