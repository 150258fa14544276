"""When revoking is due, and how that is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.due import ROLLOVER_FROM, ROLLOVER_PERCENT, Due, Rollover, Since, is_rollover, judge
from tui.domain.flag_groups import Answer, FlagGroup

LAST = datetime(2027, 1, 3, 2, 0, tzinfo=UTC)
ROLLOVER = Rollover(4, "2027-02-03", 812, 1180)

counts = st.integers(0, 3)
sinces = st.builds(
    Since,
    imports=counts,
    newest=st.just("2027-02-03"),
    leavers=counts,
    rollover=st.none() | st.just(ROLLOVER),
)
days_ = st.integers(0, 800)
every = st.integers(1, 366)
NOTHING = Since()


def due(days: int | None, *, waiting: int = 0, since: Since = NOTHING, every_days: int = 31) -> Due:
    last = "" if days is None else LAST.isoformat()
    return judge(last, LAST + timedelta(days=days or 0), every_days=every_days, waiting=waiting, since=since)


@given(st.none() | days_, sinces, every)
def test_where_nobody_waits_only_an_import_that_is_missing_makes_it_due(
    days: int | None, since: Since, every_days: int
) -> None:
    found = due(days, since=since, every_days=every_days)
    assert found.is_due == (days is not None and days >= every_days and not since.imports)


@given(counts, sinces, every)
def test_what_was_never_run_is_due_as_soon_as_somebody_waits(waiting: int, since: Since, every_days: int) -> None:
    found = due(None, waiting=waiting, since=since, every_days=every_days)
    assert found.is_due == (waiting > 0)
    assert found.sentence.startswith("due: never run" if waiting else "never run")


@given(days_, st.integers(1, 3), sinces, every)
def test_where_somebody_waits_the_days_or_a_rollover_make_it_due(
    days: int, waiting: int, since: Since, every_days: int
) -> None:
    found = due(days, waiting=waiting, since=since, every_days=every_days)
    assert found.is_due == (days >= every_days or since.rollover is not None)


@given(days_, counts, sinces, every)
def test_what_is_due_stays_due_the_next_day(days: int, waiting: int, since: Since, every_days: int) -> None:
    if due(days, waiting=waiting, since=since, every_days=every_days).is_due:
        assert due(days + 1, waiting=waiting, since=since, every_days=every_days).is_due


@given(st.none() | days_, counts, sinces, every)
def test_the_short_form_says_due_exactly_when_it_is(
    days: int | None, waiting: int, since: Since, every_days: int
) -> None:
    found = due(days, waiting=waiting, since=since, every_days=every_days)
    assert found.short.startswith("due: ") == found.sentence.startswith("due: ") == found.is_due


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_rollover_is_so_many_per_cent_and_no_handful(moved: int, others: int) -> None:
    students = moved + others
    enough = 100 * moved >= ROLLOVER_PERCENT * students
    assert is_rollover(moved, students) == (moved >= ROLLOVER_FROM and enough)


@pytest.mark.parametrize(
    ("days", "waiting", "since", "short", "sentence"),
    [
        (None, 0, Since(1), "never run", "never run"),
        (None, 12, Since(1), "due: never run", "due: never run; 12 accounts wait"),
        (0, 0, Since(), "last run 3 Jan 2027", "last run 3 Jan 2027, today"),
        (1, 1, Since(1), "last run 3 Jan 2027", "last run 3 Jan 2027, 1 day ago; 1 account waits"),
        (34, 12, Since(1), "due: 34 days", "due: last run 3 Jan 2027, 34 days ago; 12 accounts wait"),
        (34, 0, Since(), "due: 34 days", "due: last run 3 Jan 2027, 34 days ago; no import came since"),
        (
            34, 12, Since(1, rollover=ROLLOVER), "due: 34 days, rollover 3 Feb",
            "due: last run 3 Jan 2027, 34 days ago; a rollover came in the import of 3 Feb 2027; 12 accounts wait",
        ),
        (
            3, 12, Since(1, rollover=ROLLOVER), "due: rollover 3 Feb",
            "due: last run 3 Jan 2027, 3 days ago; a rollover came in the import of 3 Feb 2027; 12 accounts wait",
        ),
        (3, 0, Since(1, rollover=ROLLOVER), "last run 3 Jan 2027", "last run 3 Jan 2027, 3 days ago"),
    ],
)  # fmt: skip
def test_how_it_is_said(days: int | None, waiting: int, since: Since, short: str, sentence: str) -> None:
    found = due(days, waiting=waiting, since=since)
    assert (found.short, found.sentence) == (short, sentence)


def test_a_clock_that_was_put_back_counts_no_days() -> None:
    found = judge(LAST.isoformat(), LAST - timedelta(days=40), every_days=31, waiting=1, since=Since())
    assert (found.days, found.is_due) == (0, False)


def test_what_changed_is_said_a_sentence_each() -> None:
    groups = (
        FlagGroup("Postal", 4, "2027-02-03", 312, Answer.UNDECIDED),
        FlagGroup("", 4, "2027-02-03", 11, Answer.MISTAKE),
    )
    found = due(34, waiting=12, since=Since(2, "2027-02-10", 41, groups, ROLLOVER))
    assert found.since == (
        "Rollover in the import of 3 Feb 2027 (no. 4): 812 of 1,180 students left or changed year level.",
        "The portal access of 312 accounts of contact type Postal went off in the import of 3 Feb 2027 (no. 4); nobody "
        "has answered for it.",
        "The portal access of 11 accounts without a contact type went off in the import of 3 Feb 2027 (no. 4); "
        "answered: mistake.",
        "41 accounts are ready because a student left since then.",
        "2 imports since then, the newest of an extract of 10 Feb 2027.",
    )
