"""What a cell may say, and what it may not."""

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.feeds.cells import (
    CACHED,
    BadCell,
    Cells,
    parse_access,
    parse_date,
    parse_enabled,
    parse_moment,
    parse_no_unless_said,
    parse_status,
    parse_whole,
    parse_yes_unless_said,
)

PARSERS: list[Callable[[str], object]] = [
    parse_access,
    parse_date,
    parse_enabled,
    parse_moment,
    parse_no_unless_said,
    parse_status,
    parse_whole,
    parse_yes_unless_said,
]


@pytest.fixture
def in_melbourne(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Australia/Melbourne")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2026-11-28", "2026-11-28"),
        (" 2026-11-28 ", "2026-11-28"),
        ("20261128", "2026-11-28"),
        ("2026-11-28 00:00:00", "2026-11-28"),
        ("28/11/2026", "2026-11-28"),
        ("1/05/2023", "2023-05-01"),
        ("28-Nov-2026", "2026-11-28"),
        ("1-may-2023", "2023-05-01"),
        ("28 Nov 2026", "2026-11-28"),
        ("28/11/2026 00:00", "2026-11-28"),
        ("28/11/2026 12:00:00 AM", "2026-11-28"),
        ("1/05/2023 7:05 pm", "2023-05-01"),
        ("29/02/2024", "2024-02-29"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_dates_are_read_with_the_day_first(cell: str, date: str) -> None:
    assert parse_date(cell) == date


@pytest.mark.parametrize(
    "cell",
    ["soon", "11/28/2026", "29/02/2023", "31-Feb-2026", "1/5/23", "28-Nvo-2026", "2026-W48-6", "٢٨/١١/٢٠٢٦", "0"],
)
def test_other_text_is_no_date(cell: str) -> None:
    with pytest.raises(BadCell, match="is not a date"):
        parse_date(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-28T07:05:00+11:00", "2026-11-27T20:05:00+00:00"),
        ("2026-11-28 07:05:00.123456+11", "2026-11-27T20:05:00.123456+00:00"),
        ("2026-11-28T07:05:00Z", "2026-11-28T07:05:00+00:00"),
        ("2026-11-28T07:05:00+00:00", "2026-11-28T07:05:00+00:00"),
        ("2026-11-28T07:05", "2026-11-27T20:05:00+00:00"),
        ("28/11/2026 7:05", "2026-11-27T20:05:00+00:00"),
        ("2026-11-28", "2026-11-27T13:00:00+00:00"),
        ("28/11/2026", "2026-11-27T13:00:00+00:00"),
        ("28/11/2026 12:00:00 AM", "2026-11-27T13:00:00+00:00"),
        ("28/11/2026 12:00:00 PM", "2026-11-28T01:00:00+00:00"),
        ("28/11/2026 7:05 pm", "2026-11-28T08:05:00+00:00"),
        ("", ""),
    ],
)
@pytest.mark.usefixtures("in_melbourne")
def test_moments_are_told_in_utc(cell: str, moment: str) -> None:
    assert parse_moment(cell) == moment


@pytest.mark.parametrize(
    "cell", ["never", "0001-01-01", "2026-11-28T25:00", "28/11/2026 noon", "x y:z", "12:30", "1/05/2023 13:00 PM"]
)
@pytest.mark.usefixtures("in_melbourne")
def test_other_text_is_no_moment(cell: str) -> None:
    with pytest.raises(BadCell, match="is not a moment"):
        parse_moment(cell)


@pytest.mark.parametrize(
    ("cells", "access"),
    [
        (("yes", "Y", "TRUE", "1", " yes "), True),
        (("no", "N", "False", "0"), False),
        (("unknown", "U", "x", "", " "), None),
    ],
)
def test_portal_access_has_three_states(cells: tuple[str, ...], access: bool | None) -> None:
    assert [parse_access(cell) for cell in cells] == [access] * len(cells)


def test_blank_means_what_the_column_says() -> None:
    assert parse_no_unless_said("") is False
    assert parse_yes_unless_said("") is True
    assert parse_yes_unless_said("N") is False
    with pytest.raises(BadCell, match="yes or no"):
        parse_no_unless_said("unknown")


def test_statuses_are_those_of_the_glossary_and_of_the_admin_system() -> None:
    cells = ["enrolled", "FULL", "Left", "LEFT", "future "]
    assert [parse_status(cell) for cell in cells] == ["enrolled", "enrolled", "left", "left", "future"]
    with pytest.raises(BadCell, match="“Enroled” is not enrolled, left or future"):
        parse_status("Enroled")


@pytest.mark.parametrize("cell", ["1.5", "first", "1_000", "٣", "9" * 5000])
def test_a_priority_is_a_whole_number(cell: str) -> None:
    assert parse_whole(" 2 ") == 2
    assert parse_whole("") is None
    with pytest.raises(BadCell):
        parse_whole(cell)


def test_enabled_knows_what_databases_write() -> None:
    assert [parse_enabled(cell) for cell in ("TRUE", "true", "1", "-1", "")] == [True] * 5
    assert [parse_enabled(cell) for cell in ("FALSE", "0", "no")] == [False] * 3


def test_a_cache_does_not_grow_with_the_column() -> None:
    cells = Cells(str.upper)
    for number in range(3 * CACHED):
        assert cells[f"a{number}"] == f"A{number}"
    assert len(cells) <= CACHED


@given(st.sampled_from(PARSERS), st.text() | st.from_regex(r"[0-9T:/+ .-]{1,30}"))
def test_no_cell_makes_a_parser_crash(parse: Callable[[str], object], cell: str) -> None:
    try:
        parse(cell)
    except BadCell as error:
        said = str(error)
    else:
        said = ""
    assert said.isprintable()
