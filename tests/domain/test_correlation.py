"""Old records and new ones: what is matched, what a person looks at, and above all that nobody's partner is chosen."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.correlation import TUNED, measured, subjects_of
from tests.benchmarks.handover_school import handover_school
from tests.domain.kate import kate
from tui.domain.correlation import Correlation, Correlator, Decision, Subject
from tui.domain.correlation_evidence import Cause, cause_of, evidence
from tui.domain.correlation_rules import names_its_owner
from tui.domain.identity import Bond
from tui.domain.phones import is_of_a_house


def old(**more: Any) -> Subject:
    return Subject(kate("OLD1", username="ksmith", **more), has_account=True, eligible=False)


def new(code: str = "NEW1", *, has_account: bool = False, **more: Any) -> Subject:
    return Subject(kate(code, **more), has_account=has_account, eligible=True)


def found(*subjects: Subject) -> Correlation:
    """What is found for the old record among these."""
    return Correlator(subjects).of("OLD1")


FATHER: dict[str, Any] = {
    "title": "Mr",
    "given_name": "John",
    "email": "john.smith@home.example",
    "mobile": "0400000002",
    "children": (Bond("S1", "Noah", "Father"),),
}


REACHED_ELSEWHERE: dict[str, Any] = {"email": "k@else.example", "mobile": "0400000009"}
ELSEWHERE: dict[str, Any] = REACHED_ELSEWHERE | {"address": "9 low street norwood 5067"}


# -- what is matched ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({}, Cause.CODE_CHANGE),
        ({"surname": "Jones", "title": "Ms", "email": "kate.jones@home.example"}, Cause.NAME_CHANGE),
        ({"given_name": "Katherine"}, Cause.CODE_CHANGE),
        ({"mobile": "0400000009", "address": "9 low street norwood 5067"}, Cause.CODE_CHANGE),
    ],
)
def test_the_new_record_of_the_same_person_is_matched(changed: dict[str, Any], cause: Cause) -> None:
    one, other, father = old(), new(**changed), new("NEW2", **FATHER)
    correlation = found(one, other, father)
    assert (correlation.decision, correlation.candidates[0].code) == (Decision.MATCH, "NEW1"), correlation
    assert cause_of(one.identity, other.identity, correlation) is cause
    assert correlation.margin > 0


def test_the_evidence_is_said_for_and_against() -> None:
    one, other = old(), new(surname="Jones")
    said = evidence(one.identity, other.identity, found(one, other).candidates[0])
    assert "+ same mobile, which nobody else has" in said
    assert "- surname Smith against Jones" in said
    assert any(line.endswith("shares Noah") for line in said)


def test_only_eligible_records_are_candidates() -> None:
    left = Subject(kate("NEW1"), has_account=False, eligible=False)
    assert found(old(), left).candidates == ()


@pytest.mark.parametrize(
    "changed",
    [{}, {"surname": "Jones"}, {"has_account": True}, {"email": ""}],
    ids=["", "married", "in use", "no email"],
)
def test_of_one_name_at_one_address_the_mother_of_a_child_is_one_person(changed: dict[str, Any]) -> None:
    correlation = found(old(), new(**REACHED_ELSEWHERE | changed), new("NEW2", **FATHER))
    assert (correlation.decision, correlation.candidates[0].code) == (Decision.MATCH, "NEW1")


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "9 low street norwood 5067"},
        {"address": ""},
        {"title": ""},
        {"given_name": "Katherine"},
        {"children": (Bond("S1", "Noah", "Step-mother"),)},
        {"children": (Bond("S1", "Noah", "Grandmother"),)},
    ],
    ids=["moved", "no address", "no sex", "nickname", "step-mother", "grandmother"],
)
def test_and_is_looked_at_where_any_of_it_is_wanting(changed: dict[str, Any]) -> None:
    said: dict[str, Any] = {"children": (Bond("S1", "Noah", "Parent"),)} if changed == {"title": ""} else {}
    correlation = found(old(**said), new(**REACHED_ELSEWHERE | said | changed), new("NEW2", **FATHER))
    assert correlation.decision is not Decision.MATCH


def test_one_home_is_not_enough_where_no_sex_is_known() -> None:
    said: dict[str, Any] = {"title": "", "children": (Bond("S1", "Noah", "Step-parent"),)}
    father = new("NEW2", **FATHER | {"children": (Bond("S1", "Noah", "Parent"),)})
    assert found(old(**said), new(**REACHED_ELSEWHERE | said), father).decision is Decision.REVIEW


def test_a_father_of_the_mothers_name_is_no_second_mother() -> None:
    chris: dict[str, Any] = {"given_name": "Chris"}
    correlation = found(old(**chris), new(**REACHED_ELSEWHERE | chris), new("NEW2", **FATHER | chris))
    assert (correlation.decision, correlation.candidates[0].code) == (Decision.MATCH, "NEW1")


def test_parent_alone_does_not_say_who_somebody_is_to_a_child() -> None:
    said: dict[str, Any] = {"children": (Bond("S1", "Noah", "Parent"),)}
    assert found(old(**said), new(**REACHED_ELSEWHERE | said)).decision is Decision.REVIEW


@pytest.mark.parametrize("ties", [{}, {"email": "smith.clan@x.example"}, {"mobile": "0298765432"}], ids=str)
@pytest.mark.parametrize(
    ("relationship", "decision"), [("Mother", Decision.REVIEW), ("Grandmother", Decision.MATCH)], ids=str
)
def test_where_another_mother_has_a_like_name_a_person_looks(
    ties: dict[str, Any], relationship: str, decision: Decision
) -> None:
    katie: dict[str, Any] = {"given_name": "Katie", "children": (Bond("S1", "Noah", relationship),)}
    gone = Subject(kate("GONE1", **ELSEWHERE | katie), has_account=False, eligible=False)
    assert found(old(**ties), new(**REACHED_ELSEWHERE | ties), gone).decision is decision


def test_the_same_other_parent_ties_the_records_of_two_siblings() -> None:
    elder, younger = Bond("S0", "Ella", "Mother", stands=False), Bond("S1", "Noah", "Mother")
    one, other = old(children=(elder,)), new(children=(younger,), **REACHED_ELSEWHERE)
    both = (Bond("S0", "Ella", "Father", stands=False), Bond("S1", "Noah", "Father"))
    assert found(one, other, new("NEW2", **FATHER | {"children": both})).decision is Decision.MATCH
    assert found(one, other, new("NEW2", **FATHER)).decision is not Decision.MATCH, "the younger's father alone"
    aunt = tuple(bond._replace(relationship="Uncle") for bond in both)
    assert found(one, other, new("NEW2", **FATHER | {"children": aunt})).decision is not Decision.MATCH
    elsewhere = new(children=(younger,), **ELSEWHERE)
    assert found(one, elsewhere, new("NEW2", **FATHER | {"children": both})).decision is not Decision.MATCH


def test_of_mark_and_marc_each_has_a_record_of_his_own() -> None:
    house: dict[str, Any] = {"title": "Mr", "mobile": "0298765432", "children": (Bond("S1", "Noah", "Father"),)}
    mark = old(given_name="Mark", email="mark@x.example", **house)
    marc = Subject(kate("OLD2", given_name="Marc", email="marc@x.example", **house), has_account=True, eligible=False)
    correlator = Correlator([mark, marc, new(given_name="Marc", email="marc@x.example", **house)])
    assert correlator.of("OLD2").decision is Decision.MATCH
    found = correlator.of("OLD1")
    assert (found.decision, found.rule) == (Decision.NONE, "another account has the given name of the other")


def test_whose_own_mobile_it_is_may_have_a_second_account() -> None:
    his: dict[str, Any] = {"title": "Mr", "children": (Bond("S1", "Noah", "Father"),)}
    mark, marc = old(given_name="Mark", **his), new(given_name="Marc", **his)
    second = kate("OLD2", given_name="Marc", email="", mobile="0400000009", address="", **his)
    correlation = found(mark, marc, Subject(second, has_account=True, eligible=False))
    assert correlation.decision is Decision.MATCH


def test_that_both_are_called_annie_makes_nobody_of_anne_and_anna() -> None:
    house: dict[str, Any] = {"preferred_name": "Annie", "mobile": "0298765432"}
    anne = old(given_name="Anne", email="smith.clan@x.example", **house)
    anna = new(given_name="Anna", email="anna.smith@x.example", **house)
    assert found(anne, anna).decision is Decision.REVIEW


JOINT: dict[str, Any] = {"title": "Mr & Mrs", "given_name": "John & Kate"}


@pytest.mark.parametrize(
    ("changed", "decision"),
    [
        ({}, Decision.MATCH),
        ({"given_name": ""}, Decision.MATCH),
        ({"email": "thesmiths@x.example"}, Decision.MATCH),
        ({"given_name": "", "email": "thesmiths@x.example"}, Decision.REVIEW),
        ({"mobile": "0298765432"}, Decision.REVIEW),
        ({"email": "john@x.example"}, Decision.REVIEW),
        ({"mobile": "0411222333"}, Decision.REVIEW),
        ({"email": "john@x.example", "mobile": "0411222333"}, Decision.NONE),
    ],
    ids=["hers", "no names", "family's email", "no names, family's email", "house", "his email", "his mobile", "his"],
)
def test_a_joint_record_is_of_whoever_has_its_email_and_mobile(changed: dict[str, Any], decision: Decision) -> None:
    his = ("john@x.example", "0411222333")
    hers = {field: value for field, value in changed.items() if field != "given_name" and value not in his}
    joint = Subject(kate("OLD1", username="ksmith", **JOINT | changed), has_account=True, eligible=False)
    assert found(joint, new(**hers)).decision is decision


def test_a_joint_record_whose_username_is_called_after_the_other_is_looked_at() -> None:
    for username in ("john.smith", "jsmith7", "johnny"):
        joint = Subject(kate("OLD1", username=username, **JOINT), has_account=True, eligible=False)
        assert found(joint, new()).decision is Decision.REVIEW, username


@pytest.mark.parametrize(
    ("changed", "others", "decision"),
    [
        ({"email": "k@else.example"}, [FATHER], Decision.MATCH),
        ({"mobile": "0400000009"}, [FATHER], Decision.MATCH),
        ({}, [], Decision.MATCH),
        ({"email": "k@else.example"}, [], Decision.REVIEW),
        ({"mobile": "0400000009"}, [], Decision.REVIEW),
        ({"surname": "Jones"}, [FATHER], Decision.REVIEW),
        ({}, [FATHER | {"given_name": "Kathryn"}], Decision.REVIEW),
    ],
    ids=["mobile", "email", "both", "mobile alone", "email alone", "another surname", "like name"],
)
def test_where_no_sex_is_known_a_nickname_needs_two_things_that_no_partner_has(
    changed: dict[str, Any], others: list[dict[str, Any]], decision: Decision
) -> None:
    roster: dict[str, Any] = {"title": "", "children": (Bond("S1", "Noah", "Parent"),)}
    hers = roster | {"email": "ksmith@home.example"}
    beside = [new(f"NEW{number}", **other | roster) for number, other in enumerate(others, start=2)]
    kate_again = new(given_name="Katie", **hers | changed)
    assert found(old(**hers), kate_again, *beside).decision is decision


# -- what is not -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shared",
    [
        {},
        {"email": "kate@home.example"},
        {"mobile": "0400000001"},
        {"email": "kate@home.example", "mobile": "0400000001"},
    ],
)
def test_the_other_parent_is_never_chosen_whatever_the_two_share(shared: dict[str, Any]) -> None:
    assert found(old(), new("NEW2", **FATHER | shared)).decision is Decision.NONE


@pytest.mark.parametrize("name", ["Chris", "Alex"])
def test_a_name_that_both_parents_have_is_not_enough(name: str) -> None:
    mother, father = old(given_name=name), new("NEW2", **FATHER | {"given_name": name})
    assert found(mother, father).decision is Decision.NONE  # the titles contradict
    everything = new("NEW2", title="Mr", given_name=name, children=(Bond("S1", "Noah", "Parent"),))
    correlation = found(mother, everything)
    assert (correlation.decision, correlation.rule) == (Decision.NONE, "the sexes contradict")
    assert correlation.margin > 1, "by weight alone it would be proposed"
    unknown: dict[str, Any] = {"title": "", "children": (Bond("S1", "Noah", "Parent"),)}
    one = old(given_name=name, **unknown)
    other = new("NEW2", **FATHER | {"given_name": name} | unknown)
    assert found(one, other).decision is not Decision.MATCH


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"given_name": "K", "title": ""}, "only an initial agrees"),
        ({"title": "Mr & Mrs", "given_name": "John & Kate"}, "a joint record"),
        ({"children": (Bond("S1", "Noah", "Grandmother"),)}, "the two are not the same to the children"),
        (
            {"has_account": True} | ELSEWHERE,
            "the other is in use already, and shares neither email nor mobile",
        ),
        (ELSEWHERE, "too little ties the two but the name"),
    ],
)
def test_what_has_paired_parents_with_ex_partners_is_looked_at(changed: dict[str, Any], rule: str) -> None:
    correlation = found(old(), new(**changed))
    assert (correlation.decision, correlation.rule) == (Decision.REVIEW, rule)


def test_an_email_of_the_whole_office_ties_nobody() -> None:
    office: dict[str, Any] = {"email": "office@school.example", "mobile": "", "address": "", "children": ()}
    others = [new(f"X{n}", given_name=f"Name{n}", surname=f"Sur{n}", **office) for n in range(10)]
    assert found(old(**office), new(**office), *others).decision is Decision.NONE


@pytest.mark.parametrize(
    ("email", "hers"),
    [
        ("kate@x.example", True),
        ("kate.smith7@x.example", True),
        ("ksmith@x.example", True),
        ("smithk2@x.example", True),
        ("smiths@x.example", False),
        ("thesmiths@x.example", False),
        ("smith.family@x.example", False),
        ("jsmith@x.example", False),
    ],
)
def test_an_email_with_no_given_name_in_it_is_the_familys(email: str, hers: bool) -> None:
    assert names_its_owner(kate(email=email)) is hers


def test_a_plural_is_no_initial() -> None:
    assert not names_its_owner(kate(given_name="Semisi", surname="Taumua", email="thetaumuas@x.example"))
    assert not names_its_owner(kate(given_name="Semisi", surname="Taumua", email="taumuas@x.example"))


@pytest.mark.parametrize(("number", "house"), [("0298765432", True), ("0400000001", False), ("441632960001", False)])
def test_a_number_of_the_house_is_nobodys_own(number: str, house: bool) -> None:
    assert is_of_a_house(number) is house


# -- always ------------------------------------------------------------------------------------------------------------

SCHOOL = subjects_of(handover_school(7, 600))


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_the_order_of_records_changes_nothing(rng: random.Random) -> None:
    shuffled = list(SCHOOL)
    rng.shuffle(shuffled)
    assert Correlator(shuffled).all() == Correlator(SCHOOL).all()


def test_sexes_that_contradict_are_never_proposed_and_sums_hold() -> None:
    for correlation in Correlator(SCHOOL).all():
        shares = [candidate.confidence for candidate in correlation.candidates]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-4
        if correlation.decision is not Decision.NONE:
            assert correlation.candidates[0].levels.level("sex") != "contradict"


def test_schools_that_were_not_looked_at_have_no_wrong_partner() -> None:
    score = measured(range(TUNED + 301, TUNED + 304), 2_000)
    assert score.wrong_partners_matched == 0
    assert score.matched_right == score.matched
    assert score.automatic_recall > 0.8
    assert score.f1 > 0.95


@pytest.mark.parametrize("contacts", [30, 100])
def test_a_small_school_is_matched_as_well(contacts: int) -> None:
    score = measured(range(TUNED + 1, TUNED + 20), contacts)
    assert score.partners > 10
    assert score.wrong_partners_matched == 0
    assert score.recall > 0.8
