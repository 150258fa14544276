"""The cleaning gate and the words for people."""

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text import clean, fold, formula_safe, join_and, plural, say_date, say_time

any_text = st.text(st.characters(codec=None))  # lone surrogates too: a badly decoded file has them


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("\x1b[31mRed", "\ufffd[31mRed"),
        ("\x9b31mRed", "\ufffd31mRed"),
        ("Smith\u202egnp", "Smith\ufffdgnp"),
        ("Smith\u2066x\u2069", "Smith\ufffdx\ufffd"),
        ("A\x00B", "A\ufffdB"),
        ("A\x7fB", "A\ufffdB"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        ("lone\ud800", "lone\ufffd"),
        ("1 High St\r\nKew\t3101", "1 High St Kew 3101"),
        ("one\u2028two\u2029three\x85four", "one two three four"),
        ("  outer \n", "outer"),
        ("no\u00a0break", "no break"),
        ("Zoe\u0308", "Zoë"),
        ("\x1b", "\ufffd"),
        ("", ""),
    ],
)
def test_clean_makes_outside_text_safe(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@pytest.mark.parametrize(
    "kept",
    ["Siobhán O'Brien", "Nguyễn Thị Ánh", "王小明", "👩\u200d👧", "می\u200cخواهم", "[/]", "=?utf-8?q?x?="],
)
def test_clean_keeps_what_names_need(kept: str) -> None:
    assert clean(kept) == kept


@given(any_text)
def test_clean_text_is_safe_and_stays_as_it_is(value: str) -> None:
    cleaned = clean(value)
    assert clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    ("value", "folded"),
    [
        ("SMITH", "smith"),
        ("Zoë Ångström", "zoe angstrom"),
        ("Straße", "strasse"),
        ("Nguyễn", "nguyen"),
        ("", ""),
    ],
)
def test_fold(value: str, folded: str) -> None:
    assert fold(value) == folded


@given(any_text)
def test_folding_ignores_case_composition_and_repetition(value: str) -> None:
    assert fold(fold(value)) == fold(value)
    assert fold(unicodedata.normalize("NFD", value)) == fold(unicodedata.normalize("NFC", value))


def test_dates_and_moments_as_people_read_them() -> None:
    assert say_date(date(2026, 11, 8)) == "8 Nov 2026"
    assert say_date("2026-11-28") == "28 Nov 2026"
    assert say_date("2026-11-28T07:05:00+00:00") == "28 Nov 2026"
    assert say_date("sometime") == "sometime"
    moment = datetime(2026, 11, 27, 20, 5, tzinfo=UTC)
    assert say_time(moment, timezone(timedelta(hours=11))) == "28 Nov 2026 07:05"
    assert say_time("2026-11-27T20:05:00+00:00", UTC) == "27 Nov 2026 20:05"


def test_plural() -> None:
    assert plural(1, "account") == "1 account"
    assert plural(0, "account") == "0 accounts"
    assert plural(1180, "account") == "1,180 accounts"
    assert plural(2, "child", "children") == "2 children"
    assert plural(1, "child", "children") == "1 child"


def test_join_and() -> None:
    assert join_and([]) == ""
    assert join_and(["a"]) == "a"
    assert join_and(["a", "b"]) == "a and b"
    assert join_and(["a", "b", "c"]) == "a, b and c"
    assert join_and(["a", "b", "c"], most=3) == "a, b and c"
    assert join_and(["a", "b", "c", "d", "e"], most=2) == "a, b and 3 more"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "−"])
def test_formula_cells_are_prefixed(sign: str) -> None:
    assert formula_safe(f"{sign}1+1") == f"'{sign}1+1"


def test_other_cells_are_left_alone() -> None:
    assert formula_safe("O'Brien = 3") == "O'Brien = 3"
    assert formula_safe("") == ""
