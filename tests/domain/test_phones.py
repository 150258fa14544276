"""Telephone numbers: one number is one number, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.phones import phone_digits


@pytest.mark.parametrize(
    "written",
    [
        "0412 345 678", "0412345678", "+61412345678", "+61 412 345 678", "+61 (0)412 345 678", "0412-345-678",
        "(04) 1234 5678", "61412345678", "0061 412 345 678", "412345678", "0412.345.678", "04 12 34 56 78",
        "mobile: 0412 345 678",
    ],
)  # fmt: skip
def test_one_number_however_it_is_written(written: str) -> None:
    assert phone_digits(written) == "0412345678"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("", ""), ("none", ""), ("+", ""), ("08 8555 0142", "0885550142"), ("+44 7700 900123", "447700900123"),
        ("1300 655 506", "1300655506"), ("13 11 14", "131114"), ("+61", "0"), ("٠٤١٢", ""),
    ],
)  # fmt: skip
def test_other_numbers_keep_their_digits(written: str, digits: str) -> None:
    assert phone_digits(written) == digits


@pytest.mark.parametrize(
    ("typed", "is_in"),
    [("0412 345", True), ("+61 412", True), ("+61 (0)412", True), ("345 678", True), ("0413", False), ("12 34", True)],
)
def test_the_beginning_of_a_number_is_found_in_it(typed: str, is_in: bool) -> None:
    assert (phone_digits(typed) in phone_digits("+61 412 345 678")) == is_in


@given(st.text(max_size=20))
def test_what_comes_out_is_digits_and_stays_as_it_is(text: str) -> None:
    digits = phone_digits(text)
    assert digits == "" or (digits.isascii() and digits.isdigit())
    assert phone_digits(digits) in (digits, "0" + digits, "0" + digits[2:])
