"""What is typed into a filter: words, fields, expressions; and what is wrong with it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.query import FIELDS, QueryError, parse
from tui.text import fold


def row(**fields: str) -> str:
    return fold("\n".join(fields.get(name, "") for name in FIELDS))


ZOE = row(
    name="Zoë Ångström", code="ANG0001", email="zoe@mail.example", mobile="0412 345 678 0412345678",
    username="=", child="Noah Ångström", reason="no_current_student No current student", type="Postal",
)  # fmt: skip
JANE = row(name="Jane Smith", code="SMI0042", email="jane@mail.example", username="zoe.s", child="Noah Jones")
ROWS = [ZOE, JANE]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zoe", [1, 1]),
        ("ZOË ang", [1, 0]),
        ("noah", [1, 1]),
        ("noah jones", [0, 1]),
        ("jones jane", [0, 1]),
        ("0412345", [1, 0]),
        ("name:zoe", [1, 0]),
        ("user:zoe", [1, 1]),
        ("username:zoe.", [0, 1]),
        ("username:zoe@", [1, 0]),
        ("child:noah code:smi", [0, 1]),
        ("phone:0412 345", [1, 0]),
        ("reason:current", [1, 0]),
        ("type:postal", [1, 0]),
        ("email:", [1, 1]),
        ("nobody", [0, 0]),
        ("/^smi00", [0, 1]),
        ("/^smi00/", [0, 1]),
        ("/SMI0+42$/", [0, 1]),
        ("/ångström/", [1, 0]),
        (r"/\bzoe\b/", [1, 1]),
        (r"/zoe\S+example/", [1, 0]),
        ("/jane.*noah/", [0, 0]),
        ("name:/^j/", [0, 1]),
        ("/", [1, 1]),
    ],
)
def test_who_is_found(text: str, found: list[int]) -> None:
    assert list(parse(text).fits(ROWS, everybody(ROWS))) == found
    assert list(parse(text).fits(ROWS, b"\0\1")) == [0, found[1]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nmae:zoe", "there is no field nmae. Did you mean name"),
        ("/smith(/", r"character 6: a \( is not closed"),
        ("/[a-/", r"character 1: a \[ is not closed"),
        ("/*a/", "character 1: there is nothing before it to repeat"),
        ("/a)/", r"character 2: a \) closes nothing"),
        (r"/\q/", r"character 1: \\q means nothing"),
        ("name:/(/", r"a \( is not closed"),
        ("/a{99999999999}/", "expression"),
    ],
)
def test_what_is_wrong_is_explained(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        parse(text)


def everybody(rows: Sequence[str]) -> bytes:
    return b"\1" * len(rows)


WORDS = st.text("ab1é", min_size=1, max_size=3)


@given(st.lists(WORDS, min_size=1, max_size=3), st.lists(st.lists(WORDS, max_size=4), max_size=8))
def test_every_word_must_occur_and_nothing_else_matters(words: list[str], people: list[list[str]]) -> None:
    rows = [row(name=" ".join(names)) for names in people]
    found = parse(" ".join(words)).fits(rows, everybody(rows))
    assert list(found) == [int(all(fold(word) in text for word in words)) for text in rows]


@given(st.text(max_size=12), st.text(max_size=4))
def test_what_narrows_finds_nobody_else(text: str, more: str) -> None:
    try:
        before, after = parse(text), parse(text + more)
    except QueryError:
        return
    if after.narrows(before):
        for one, other in zip(after.fits(ROWS, everybody(ROWS)), before.fits(ROWS, everybody(ROWS)), strict=True):
            assert one <= other


@given(st.text(max_size=30))
def test_anything_may_be_typed(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert len(query.fits(ROWS, everybody(ROWS))) == 2
