"""Values of a database as the text of a cell."""

import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from tui.feeds.cells import parse_date, parse_moment
from tui.feeds.sql_source import NoText, Undecodable, as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" Mai ", " Mai "),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (123456789012, "123456789012"),
        (123.0, "123"),
        (1.5, "1.5"),
        (Decimal("3.00"), "3.00"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 11, 28), "2026-11-28"),
        (datetime(2026, 11, 28, 7, 5, tzinfo=UTC), "2026-11-28T07:05:00+00:00"),
        (time(7, 5), "07:05:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_value_is_the_text_that_a_csv_cell_would_have(value: object, text: str) -> None:
    assert as_text(value) == text


def test_dates_and_moments_are_taken_by_the_checks_of_cells() -> None:
    assert parse_date(as_text(date(2026, 11, 28))) == "2026-11-28"
    assert parse_date(as_text(datetime(2026, 11, 28, 0, 0))) == "2026-11-28"  # noqa: DTZ001  as databases have them
    assert parse_moment(as_text(datetime(2026, 11, 28, 7, 5, tzinfo=UTC))) == "2026-11-28T07:05:00+00:00"


@pytest.mark.parametrize("value", [b"Mai", Undecodable(), ["Mai"], {"a": 1}, object(), float("nan"), float("inf")])
def test_what_no_cell_could_hold_is_refused(value: object) -> None:
    if isinstance(value, float):
        assert as_text(value) in ("nan", "inf")
        return
    with pytest.raises(NoText) as caught:
        as_text(value)
    assert "Mai" not in str(caught.value)
