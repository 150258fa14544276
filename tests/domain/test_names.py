"""How names agree: nicknames, spellings, order, particles; and what must not be taken for the same."""

import pytest

from tui.domain.names import Agreement, compare_given, compare_surnames


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("Kate", "KATE", Agreement.SAME),
        ("Zoë", "Zoe", Agreement.SAME),
        ("Mary-Anne", "Mary Anne", Agreement.SAME),
        ("Mary Anne", "Mary", Agreement.SAME),
        ("Thi Lan", "Lan", Agreement.SAME),
        ("Kate", "Katherine", Agreement.NICKNAME),
        ("Bill", "William", Agreement.NICKNAME),
        ("Tony", "Antonios", Agreement.NICKNAME),
        ("Shu Ying", "Ying", Agreement.PART),
        ("My Linh", "My Lam", Agreement.PART),
        ("Catriona", "Catrionna", Agreement.NEAR),
        ("Raj", "Rajesh", Agreement.NICKNAME),
        ("Lsa", "Lisa", Agreement.CLOSE),
        ("J", "Jane", Agreement.INITIAL),
        ("J", "Kate", Agreement.DIFFERENT),
        ("Jane", "Julie", Agreement.DIFFERENT),
        ("Paul", "Peter", Agreement.DIFFERENT),
        ("", "Peter", Agreement.UNKNOWN),
    ],
)
def test_given_names(one: str, other: str, agreement: Agreement) -> None:
    assert compare_given([one], [other]) == compare_given([other], [one]) == agreement


def test_a_preferred_name_may_agree_as_well() -> None:
    assert compare_given(["Margaret", "Peggy"], ["Peggy"]) == Agreement.SAME
    assert compare_given(["Margaret", "Peggy"], ["Margaret", "Maggie"]) == Agreement.SAME


def test_to_be_called_alike_is_worth_no_more_than_a_nickname() -> None:
    assert compare_given(["Anne", "Annie"], ["Anna", "Annie"]) == Agreement.NICKNAME


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("van der Berg", "Berg", Agreement.SAME),
        ("O'Brien", "OBrien", Agreement.SAME),
        ("Smith-Jones", "Jones Smith", Agreement.SAME),
        ("Smith-Jones", "Jones", Agreement.PART),
        ("Macdonald", "Mcdonald", Agreement.NEAR),
        ("Smith", "Jones", Agreement.DIFFERENT),
        ("Smith", "", Agreement.UNKNOWN),
    ],
)
def test_surnames(one: str, other: str, agreement: Agreement) -> None:
    assert compare_surnames(one, other) == compare_surnames(other, one) == agreement
