"""Which usernames and passwords a parent may choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.credentials import PASSWORD, USERNAME, why_no_password, why_no_username

ABOUT = ("Mrs Zoë O'Brien-Müller", "Zoë", "zoe.obrien", "z.mueller")


@pytest.mark.parametrize("username", ["zoe", "zoe.obrien@home.example", "o'brien", "z-1_2+3", "a" * USERNAME[1]])
def test_usual_usernames_are_taken(username: str) -> None:
    assert why_no_username(username, None, 4) == ""


@pytest.mark.parametrize(
    "username",
    [
        "",
        "zo",
        "a" * (USERNAME[1] + 1),
        ".zoe",
        "zoe.",
        "zoe obrien",
        "zoë",
        "zое",
        "zoe\n",
        "zoe\u202e",
        "z\x00e",
        "<b>x</b>",
    ],
)
def test_what_hides_or_looks_like_another_is_not(username: str) -> None:
    assert why_no_username(username, None, 4)


def test_a_username_belongs_to_one_person() -> None:
    assert why_no_username("zoe", 8, 4) == "this username is taken"
    assert why_no_username("zoe", 4, 4) == ""


@pytest.mark.parametrize("password", ["correct horse", "Ölgemälde1", "x9$kQ!27pLm", "abcdefghij"])
def test_long_enough_is_enough(password: str) -> None:
    assert why_no_password(password, about=ABOUT) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 10"),
        ("x" * 129, "at most 128"),
        ("aaaaaaaaaaaa", "different"),
        ("my zoe.obrien 1", "name"),
        ("MÜLLER12345", "name"),
        ("ZOE-OBRIEN-99", "name"),
        ("hidden\u202e12345", "invisible"),
    ],
)
def test_what_anybody_would_try_is_not(password: str, why: str) -> None:
    assert why in why_no_password(password, about=ABOUT)


@given(st.text(max_size=200))
def test_every_answer_is_one(text: str) -> None:
    assert isinstance(why_no_username(text, None, 4), str)
    if why_no_password(text, about=ABOUT) == "":
        assert PASSWORD[0] <= len(text) <= PASSWORD[1]
