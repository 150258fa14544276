"""Flag groups: their keys and the sentence that stands in the way of taking them for leavers."""

import pytest

from tui.domain.flag_groups import GROUP_FROM, Answer, FlagGroup, say_group


def test_ten_make_a_group() -> None:
    assert GROUP_FROM == 10


@pytest.mark.parametrize(
    ("group", "sentence"),
    [
        (
            FlagGroup("Postal", 2, "2026-11-28", 1180, Answer.UNDECIDED),
            "1,180 of 1,249 accounts ready to revoke are contact type Postal; their portal access went off in the "
            "import of 28 Nov 2026 (no. 2): one change, not 1,180 leavers.",
        ),
        (
            FlagGroup("Postal", 0, "2026-01-28", 12, Answer.UNDECIDED),
            "12 of 1,249 accounts ready to revoke are contact type Postal; their portal access was off as of the "
            "first import (28 Jan 2026): one change, not 12 leavers.",
        ),
        (
            FlagGroup("", 0, "", 12, Answer.UNDECIDED),
            "12 of 1,249 accounts ready to revoke are without a contact type; their portal access was off as of "
            "the first import: one change, not 12 leavers.",
        ),
    ],
)
def test_a_group_is_said_with_its_type_and_import(group: FlagGroup, sentence: str) -> None:
    assert say_group(group, 1249) == sentence


def test_a_group_is_undecided_until_it_is_answered() -> None:
    group = FlagGroup("Postal", 2, "2026-11-28", 12, Answer.UNDECIDED)
    assert group.key == "Postal@2"
    assert group.undecided
    assert not group._replace(answer=Answer.MISTAKE).undecided
    assert not group._replace(answer=Answer.INTENDED).undecided
