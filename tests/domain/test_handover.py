"""The hand-over's rules: what stands where, who is looked at together, what is said afterwards."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.domain.correlation import Correlator, Decision, Subject
from tui.domain.correlation_evidence import digest_of
from tui.domain.handover import Acted, Pair, Standing, Step, doubled, families, outcome, standing_of, tell
from tui.domain.identity import Bond, Identity

from .kate import kate

PAIR = Pair("C2", "Ms New", 1, "match", "the rule", "code change", 0.99, 8.0, (), True, False, False)
ACCEPTED: dict[str, Any] = {"verdict": "accepted", "by": "op", "at": "2026-11-20T01:00:00+00:00"}
REJECTED = ACCEPTED | {"verdict": "rejected"}


def standing(*pairs: Pair, is_ready: bool = True, held: bool = False, later: bool = False) -> Standing:
    return standing_of(pairs, is_ready=is_ready, held=held, later=later)


@pytest.mark.parametrize(
    ("pairs", "is_so"),
    [
        ((), Standing.NOBODY),
        ((PAIR,), Standing.CERTAIN),
        ((PAIR._replace(decision="review"),), Standing.REVIEW),
        ((PAIR._replace(decision="none"),), Standing.NOBODY),
        ((PAIR._replace(**ACCEPTED),), Standing.ACCEPTED),
        ((PAIR._replace(**REJECTED),), Standing.NOBODY),
        # What was said on other evidence is asked again, and never certain.
        ((PAIR._replace(**ACCEPTED, is_stale=True),), Standing.REVIEW),
        ((PAIR._replace(**REJECTED, is_stale=True),), Standing.REVIEW),
        ((PAIR._replace(**ACCEPTED, eligible=False),), Standing.REVIEW),
        # A second old account is never certain of a record that is taken.
        ((PAIR._replace(also=("C9",)),), Standing.REVIEW),
        ((PAIR, PAIR._replace(rank=0, code="C5", **ACCEPTED)), Standing.ACCEPTED),
        ((PAIR._replace(**REJECTED), PAIR._replace(rank=2, code="C5", **ACCEPTED)), Standing.ACCEPTED),
    ],
)
def test_where_an_account_stands(pairs: Sequence[Pair], is_so: Standing) -> None:
    assert standing(*pairs) is is_so


def test_what_keeps_an_account_out_comes_first() -> None:
    accepted = PAIR._replace(**ACCEPTED)
    assert standing(accepted, is_ready=False) is Standing.OUT
    assert standing(accepted, held=True) is Standing.HELD
    assert standing(accepted, later=True) is Standing.LATER
    assert standing(accepted, held=True, later=True) is Standing.HELD


def test_who_said_what_and_when() -> None:
    assert PAIR.said_before == ""
    assert PAIR._replace(**REJECTED).said_before == "rejected by op on 20 Nov 2026"
    stale = PAIR._replace(**REJECTED, is_stale=True)
    assert stale.said_before == "rejected by op on 20 Nov 2026; the evidence has changed since"


def test_the_steps_follow_each_other_and_end() -> None:
    assert [step.next() for step in Step] == [Step.REVIEW, Step.REVOKE, Step.WELCOME, Step.SUMMARY, Step.SUMMARY]
    assert [step.before() for step in Step] == [Step.CHOOSE, Step.CHOOSE, Step.REVIEW, Step.REVOKE, Step.WELCOME]


accounts = st.lists(
    st.tuples(st.integers(0, 30).map(str), st.sets(st.sampled_from("abcdefgh"), max_size=3)),
    max_size=12,
    unique_by=lambda account: account[0],
)


@given(accounts)
def test_families_are_together_and_nobody_is_lost(given_: list[tuple[str, set[str]]]) -> None:
    found = families(given_)
    assert sorted(code for family in found for code in family) == sorted(code for code, _ in given_)
    children = dict(given_)
    place = {code: number for number, family in enumerate(found) for code in family}
    for one, mine in given_:
        for other, theirs in given_:
            if mine & theirs:
                assert place[one] == place[other]
    for family in found:  # nobody is in it without a child that another of it has
        for code in family:
            rest = set().union(*(children[other] for other in family if other != code)) if len(family) > 1 else set()
            assert len(family) == 1 or children[code] & rest


def test_two_old_accounts_to_one_new_record_are_said() -> None:
    assert doubled({"A": "N", "B": "M"}) == {}
    assert doubled({"B": "N", "C": "M", "A": "N"}) == {"N": ["A", "B"]}


DONE, REQUESTED, FAILED = Acted(3, "done", "done"), Acted(3, "requested", ""), Acted(3, "failed", "no line")


@pytest.mark.parametrize(
    ("new", "revoked", "welcomed", "says", "tells"),
    [
        ("", None, None, "Left for later: nothing was decided.", ""),
        ("", DONE, None, "Revoked.", ""),
        ("N", REQUESTED, None, "Revoke requested in job 3, to be done by hand and attested; then N.", ""),
        ("N", FAILED, None, "Not revoked (failed): no line.", ""),
        ("N", DONE, None, "Revoked; N is not welcomed yet.", "has not been sent yet."),
        ("N", DONE, REQUESTED, "the welcome email of N is requested in job 3", "The portal's own email"),
        ("N", DONE, FAILED, "Revoked, but N is not welcomed (failed): no line.", "has not been sent yet."),
        ("N", DONE, DONE, "Revoked, and N welcomed: done.", "Look for an email to a@b.example"),
        ("N", Acted(3, "attested", ""), DONE, "Revoked, and N welcomed", "the old log-in is closed"),
    ],
)
def test_what_became_of_an_account(
    new: str, revoked: Acted | None, welcomed: Acted | None, says: str, tells: str
) -> None:
    standing_ = Standing.ACCEPTED if new else Standing.REVIEW
    assert says in outcome(standing_, new, revoked, welcomed, "", in_use=False)
    told = tell("Ms New", new, "a@b.example", revoked, welcomed, in_use=False, child_here=False)
    assert tells in told
    assert bool(told) is bool(tells)


def test_who_is_left_without_access_is_told() -> None:
    told = tell("Ms Old", "", "a@b.example", DONE, None, in_use=False, child_here=True)
    assert told == "Ms Old has a child here and no access any more: tell them before they ring."


# -- what correlation may never do, whoever is in the register -------------------------------------------------------

_children = st.sets(st.sampled_from(["S1", "S2", "S3"]), max_size=2).map(
    lambda codes: tuple(Bond(code, f"Child {code}", "Parent") for code in sorted(codes))
)
_people = st.builds(
    Identity,
    code=st.just(""),
    title=st.sampled_from(["Mr", "Mrs", "", "Mr & Mrs", "Dr"]),
    given_name=st.sampled_from(["Kate", "Katherine", "K", "John", "Jon", "Jane", "Jan", "John & Kate"]),
    surname=st.sampled_from(["Smith", "Smyth", "Jones"]),
    gender=st.sampled_from(["", "F", "M"]),
    email=st.sampled_from(["", "kate@home.example", "smiths@home.example", "john@home.example"]),
    username=st.sampled_from(["", "kate@home.example", "ksmith"]),
    mobile=st.sampled_from(["", "0400000001", "0400000002", "0883000000"]),
    address=st.sampled_from(["", "1 high street"]),
    children=_children,
)
_registers = st.lists(st.tuples(_people, st.booleans(), st.booleans()), min_size=2, max_size=9).map(
    lambda people: [
        Subject(record._replace(code=f"C{number}"), has_account, eligible)
        for number, (record, has_account, eligible) in enumerate(people)
    ]
)


@settings(max_examples=300)
@given(_registers)
def test_no_two_old_accounts_are_certain_of_one_new_record(register: list[Subject]) -> None:
    certain = [found.candidates[0].code for found in Correlator(register).all() if found.decision is Decision.MATCH]
    assert len(certain) == len(set(certain))


@settings(max_examples=300)
@given(_registers)
def test_contradicting_sexes_are_never_proposed(register: list[Subject]) -> None:
    for found in Correlator(register).all():
        if found.decision is not Decision.NONE:
            assert found.candidates[0].levels.level("sex") != "contradict"


@given(_registers, st.randoms(use_true_random=False))
def test_the_order_of_the_register_changes_nothing(register: list[Subject], chance: Any) -> None:
    shuffled = list(register)
    chance.shuffle(shuffled)
    assert Correlator(shuffled).all() == Correlator(register).all()


def test_two_old_accounts_of_one_person_are_both_looked_at() -> None:
    old = [
        Subject(record, has_account=True, eligible=False)
        for record in (kate("OLD1", mobile="0400000077"), kate("OLD2", email="kate.smith@work.example"))
    ]
    new = Subject(kate("NEW"), has_account=False, eligible=True)
    assert [found.decision for found in Correlator([old[0], new]).all()] == [Decision.MATCH]
    both = Correlator([*old, new]).all()
    assert {(found.decision, found.rule) for found in both} == {
        (Decision.REVIEW, "another old account leads to the same record")
    }


def test_a_digest_names_the_evidence_and_not_the_day() -> None:
    register = [Subject(kate("OLD"), has_account=True, eligible=False), Subject(kate("NEW"), False, True)]
    digest = digest_of(Correlator(register).pair("OLD", "NEW").levels)
    crowd = [
        Subject(Identity(f"X{n}", given_name="Kate", surname="Smith"), has_account=False, eligible=False)
        for n in range(40)
    ]
    assert digest_of(Correlator([*register, *crowd]).pair("OLD", "NEW").levels) == digest
    moved = [register[0], replace_(register[1], mobile="0400000099")]
    assert digest_of(Correlator(moved).pair("OLD", "NEW").levels) != digest
    more = [register[0], replace_(register[1], children=(Bond("S7", "Mia", "Mother"),))]
    assert digest_of(Correlator(more).pair("OLD", "NEW").levels) != digest


def replace_(subject: Subject, **more: Any) -> Subject:
    return subject._replace(identity=subject.identity._replace(**more))
