"""Sets of people as bytes do what Python's sets do."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tui.manager import masks

PERSONS = st.sets(st.integers(0, 300), max_size=40)


def people(mask: masks.Mask) -> set[int]:
    return set(masks.members(mask))


@given(PERSONS, PERSONS, st.integers(0, 400))
def test_they_behave_as_sets(one: set[int], other: set[int], size: int) -> None:
    a, b = masks.mask_of(one, size), masks.mask_of(other)
    assert people(a) == one
    assert list(masks.members(a)) == sorted(one)
    assert people(masks.union(a, b)) == one | other
    assert people(masks.both(a, b)) == one & other
    assert people(masks.difference(a, b)) == one ^ other
    assert people(masks.without(a, b)) == one - other
    assert masks.shared(a, b) == len(one & other)


@given(st.lists(st.integers(0, 300), unique=True), PERSONS)
def test_an_order_is_kept(order: list[int], some: set[int]) -> None:
    found = masks.only(array("q", order), masks.mask_of(some))
    assert list(found) == [person for person in order if person in some]
