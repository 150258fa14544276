"""The generated school that record matching is measured on says what is true of itself, and says it twice alike."""

import hashlib

import pytest

from tests.benchmarks.handover_school import HandoverSchool, handover_school


@pytest.fixture(scope="module")
def school() -> HandoverSchool:
    return handover_school(1, 5_000)


def test_the_same_seed_gives_the_same_school(school: HandoverSchool) -> None:
    assert handover_school(1, 5_000) == school
    assert handover_school(2, 500) != handover_school(3, 500)


def test_it_is_the_same_school_on_every_machine() -> None:
    school = handover_school(7, 600)
    said = repr((school.contacts, school.truth, school.kinds, [sorted(codes) for codes in school.partners.values()]))
    assert (
        hashlib.sha256(said.encode()).hexdigest() == "0e0399f15938795031780be833d62b13e6633994650f5a93211256d397b4c034"
    )


@pytest.mark.parametrize("contacts", [1, 40, 999, 5_000])
def test_it_has_the_size_that_was_asked_for(contacts: int) -> None:
    codes = [contact.identity.code for contact in handover_school(4, contacts).contacts]
    assert len(codes) == len(set(codes)) == contacts


def test_every_account_ready_to_revoke_has_its_truth_its_kind_and_its_partners(school: HandoverSchool) -> None:
    queries = {contact.identity.code for contact in school.contacts if contact.is_query}
    assert queries == set(school.truth) == set(school.kinds) == set(school.partners)
    assert 0.06 < len(queries) / len(school.contacts) < 0.08
    assert 0.55 < sum(new is not None for new in school.truth.values()) / len(queries) < 0.65


def test_the_new_record_is_eligible_and_nobody_elses(school: HandoverSchool) -> None:
    by_code = {contact.identity.code: contact for contact in school.contacts}
    matched = [(old, new) for old, new in school.truth.items() if new is not None]
    assert all(by_code[new].eligible and new != old for old, new in matched)
    assert len({new for _, new in matched}) == len(matched)
    assert not any(new in school.partners[old] or old in school.partners[old] for old, new in matched)
    assert all(code in by_code for codes in school.partners.values() for code in codes)


def test_every_case_happens_and_says_by_its_name_whether_there_is_a_new_record() -> None:
    school = handover_school(1, 8_000)
    nobody = {kind for old, kind in school.kinds.items() if school.truth[old] is None}
    somebody = {kind for old, kind in school.kinds.items() if school.truth[old] is not None}
    assert len(nobody) == 18
    assert len(somebody) == 28
    assert not nobody & somebody
