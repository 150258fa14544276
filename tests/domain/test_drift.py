"""Where the register and the service differ: each kind, and what is no difference."""

from hypothesis import given
from hypothesis import strategies as st

from tui.domain.drift import Drift, Drifted, Ours, Theirs, find_drift

HAS = Ours("P1", "kate", revoked=False)
NONE = Ours("P1", "", revoked=False)
REVOKED = Ours("P1", "", revoked=True)


def kinds(ours: list[Ours], *theirs: Theirs) -> list[tuple[Drift, str]]:
    return [(one.kind, one.code) for one in find_drift(ours, theirs)]


def test_the_same_is_no_difference() -> None:
    assert kinds([HAS], Theirs("P1", "Kate", open=True)) == []
    assert kinds([NONE]) == []
    assert kinds([HAS], Theirs("", "KATE", open=True)) == [], "without a code it is told by its username"


def test_a_record_that_waits_for_its_parent_is_no_difference() -> None:
    assert kinds([NONE], Theirs("P1", "kate@families.example", open=False)) == []


def test_each_kind() -> None:
    assert kinds([HAS]) == [(Drift.NOT_THERE, "P1")]
    assert kinds([HAS], Theirs("P1", "other", open=True)) == [(Drift.OTHER_USERNAME, "P1")]
    assert kinds([HAS], Theirs("P1", "kate", open=False)) == [(Drift.INACTIVE_THERE, "P1")]
    assert kinds([NONE], Theirs("P1", "kate", open=True)) == [(Drift.NOT_HERE, "P1")]
    assert kinds([REVOKED], Theirs("P1", "kate", open=True)) == [(Drift.CAME_BACK, "P1")]
    assert kinds([HAS], Theirs("P1", "kate", open=True), Theirs("P1", "k2", open=False)) == [(Drift.DOUBLED, "P1")]
    assert kinds([], Theirs("Z9", "z", open=True)) == [(Drift.UNKNOWN_CODE, "Z9")]
    assert kinds([], Theirs("", "z", open=True)) == [(Drift.NO_CODE, "")]
    assert kinds([], Theirs("Z9", "z", open=False)) == [], "nobody can log in with it"


OURS = st.builds(Ours, st.sampled_from(["P1", "P2", "P3"]), st.sampled_from(["", "kate", "tom"]), st.booleans())
THEIRS = st.builds(
    Theirs, st.sampled_from(["", "P1", "P2", "Z9"]), st.sampled_from(["kate", "Tom", "zoe"]), open=st.booleans()
)


@given(st.lists(OURS, unique_by=lambda one: one.code), st.lists(THEIRS, max_size=6))
def test_a_contact_is_told_once_and_taking_over_ends_it(ours: list[Ours], theirs: list[Theirs]) -> None:
    found = find_drift(ours, theirs)
    here = {one.code for one in ours}
    told = [one.code for one in found if one.code in here]
    assert len(told) == len(set(told))
    not_here: list[Drifted] = [one for one in found if one.kind is Drift.NOT_HERE]
    taken = {one.code: one.theirs for one in not_here}
    then = [one._replace(username=taken.get(one.code, one.username)) for one in ours]
    assert not {one.code for one in find_drift(then, theirs)} & set(taken) or any(not one.code for one in theirs)
