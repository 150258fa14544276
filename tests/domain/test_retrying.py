"""What was put off is tried again with growing pauses, and given up."""

from datetime import timedelta

import pytest

from tui.domain.retrying import next_pause


@pytest.mark.parametrize(("purpose", "within"), [("welcome", timedelta(days=2)), ("reset", timedelta(hours=1))])
def test_pauses_grow_and_end(purpose: str, within: timedelta) -> None:
    pauses: list[timedelta] = []
    while (pause := next_pause(purpose, len(pauses) + 1)) is not None:
        pauses.append(pause)
    assert len(pauses) > 3
    assert pauses == sorted(pauses)
    # While a link of the first attempt would still be of use.
    assert sum(pauses, timedelta()) < within


def test_there_is_no_pause_before_the_first_attempt() -> None:
    assert next_pause("welcome", 0) is None
