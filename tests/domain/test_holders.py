"""Whose a record elsewhere is, by names and emails."""

import pytest

from tui.domain.holders import Holder, fits, fits_surely, is_another

MAI = Holder("Mai", "Lee", ("mai@lee.example",))


@pytest.mark.parametrize(
    ("record", "may_be", "surely", "another"),
    [
        (Holder("MAI ", "Lee", ("Mai@lee.example",)), True, True, False),
        (Holder("Mai", "Lee", ("other@lee.example",)), True, False, False),
        (Holder("Peter", "Lee", ("mai@lee.example",)), True, False, False),
        (Holder("Mai", "Wu", ("wu@lee.example",)), False, False, False),
        (Holder("Ann", "Ng", ("ann@ng.example",)), False, False, True),
        (Holder("Ann", "Ng", ()), False, False, False),
        (Holder("", "", ("",)), False, False, False),
        (Holder("", "", ()), False, False, False),
    ],
)
def test_whose_a_record_is(record: Holder, may_be: bool, surely: bool, another: bool) -> None:
    assert (fits(record, MAI), fits_surely(record, MAI), is_another(record, MAI)) == (may_be, surely, another)


def test_two_who_say_nothing_are_not_the_same() -> None:
    nobody = Holder("", "", ())
    assert not fits(nobody, nobody)
    assert not nobody.is_named
