"""Telling whether two readings of a feed gave the same records."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tui.domain.records import ContactRecord, LinkRecord, RosterDescription
from tui.feeds.digest import Digested
from tui.feeds.in_memory import InMemoryRoster

ABOUT = RosterDescription("sql", "postgresql://sis/sis", datetime(2026, 11, 28, tzinfo=UTC), {})
TEXT = st.text(max_size=3)
PEOPLE = st.lists(st.builds(ContactRecord, st.integers(), TEXT, email=TEXT, username=st.none() | TEXT), max_size=6)


def digest(contacts: Sequence[ContactRecord], links: Sequence[LinkRecord] = (), problem: str = "") -> str:
    roster = Digested(InMemoryRoster(ABOUT, contacts=contacts, links=links))
    for read in (roster.contacts, roster.students, roster.links, roster.link_history, roster.staff):
        list(read())
    if problem:
        roster.problems.add("contacts query", 1, "email", problem)
    return roster.digest


@given(PEOPLE, st.randoms())
def test_the_same_rows_in_another_order_are_the_same(people: list[ContactRecord], random: object) -> None:
    shuffled = [person._replace(line=number) for number, person in enumerate(people)]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis has its own Random
    assert digest(people) == digest(shuffled)


@given(PEOPLE, PEOPLE)
def test_other_rows_are_others(one: list[ContactRecord], other: list[ContactRecord]) -> None:
    same = sorted(map(repr, (p[1:] for p in one))) == sorted(map(repr, (p[1:] for p in other)))
    assert (digest(one) == digest(other)) == same


def test_unknown_is_not_no_and_a_problem_counts() -> None:
    link = LinkRecord(1, "S1", "C1")
    assert digest([], [link]) != digest([], [link._replace(portal_access=False)])
    assert digest([]) != digest([], problem="“x” is not an address")
