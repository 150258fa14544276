"""Cells, lines and paragraphs: nothing is wider than it may be, and nothing but text reaches the terminal."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.manager.masks import mask_of
from tui.ui.drawing import Para, Scroller, crop, fit, line_width, plain, spread, strip_of, wrap
from tui.ui.editing import LineEdit
from tui.ui.selection import Marks

NAMES = st.text(
    st.one_of(st.characters(), st.sampled_from("名前한국어ｗéà\u0301\u0323\u200d[]/\\\x1b\u202e👩🏽\u200b")),
    max_size=60,
)


@given(NAMES, st.integers(0, 40))
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert all(character.isprintable() or character in "\u200c\u200d" for character in fitted)


@given(NAMES, st.integers(1, 40))
def test_crop_leaves_what_fits_alone(text: str, width: int) -> None:
    assert cell_len(crop(text, width)) <= width
    if text.isascii() and text.isprintable() and len(text) <= width:
        assert crop(text, width) == text


@given(st.lists(NAMES, max_size=5), st.integers(12, 60))
def test_wrapped_lines_are_no_wider_and_lose_no_word(texts: list[str], width: int) -> None:
    lines = wrap([Para(text, None, "- ") for text in texts], width)
    assert all(line_width(line) <= width for line in lines)
    letters = [c for text in texts for c in text if c.isascii() and c.isalnum()]
    assert [c for c in plain(lines) if c.isascii() and c.isalnum()] == letters


@given(NAMES, st.integers(5, 60))
def test_a_strip_fills_its_line(text: str, width: int) -> None:
    assert strip_of(((crop(text, 1000), None),), width).cell_length == width


def test_wrapping_breaks_between_words_and_indents() -> None:
    lines = wrap([Para("one two three four", None, "! ")], 12)
    assert plain(lines) == "! one two\n  three four"


def test_the_right_end_goes_where_it_does_not_fit() -> None:
    assert plain([spread((("left", None),), (("right", None),), 12)]) == "left   right"
    assert plain([spread((("left", None),), (("right", None),), 10)]) == "left"


def test_scrolling_stops_at_both_ends() -> None:
    scroller = Scroller()
    scroller.fill([((str(number), None),) for number in range(10)], 4)
    for action, top in (("up", 0), ("down", 1), ("page_down", 4), ("bottom", 6), ("page_down", 6), ("top", 0)):
        assert scroller.move(action)
        assert scroller.top == top
    assert scroller.where == "1-4 of 10"
    assert not scroller.move("revoke")


def test_typing_a_line() -> None:
    edit = LineEdit("ab")
    for key, character in (("c", "c"), ("left", None), ("backspace", None), ("home", None), ("X", "X"), ("end", None)):
        assert edit.key(key, character)
    assert (edit.text, edit.cursor) == ("Xac", 3)
    assert not edit.key("enter", "\r")
    edit.insert("pasted\nline\x1b[31m")
    assert edit.text == "Xacpasted line\ufffd[31m"
    edit.key("ctrl+w", None)
    assert edit.text == "Xacpasted "
    edit.key("ctrl+u", None)
    assert edit.text == ""
    digits = LineEdit(allowed=str.isdecimal)
    digits.insert("1a2")
    assert digits.text == "12"


PERSONS = st.sets(st.integers(0, 30))


@given(st.lists(st.tuples(st.sampled_from(["toggle_all", "add", "remove", "clear"]), PERSONS), max_size=20), PERSONS)
def test_marks_are_undone_to_what_they_were(steps: list[tuple[str, set[int]]], shown: set[int]) -> None:
    marks = Marks()
    states = [set(marks.persons())]
    for name, persons in steps:
        if name == "clear":
            marks.clear()
        else:
            getattr(marks, name)(mask_of(persons))
        if set(marks.persons()) != states[-1]:
            states.append(set(marks.persons()))
        assert len(marks) == len(states[-1])
        marks.count_hidden(mask_of(shown))
        assert marks.hidden == len(states[-1] - shown)
    for state in reversed(states[:-1]):
        assert marks.undo()
        assert set(marks.persons()) == state
    assert not marks.undo()
