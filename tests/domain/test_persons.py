"""Records beside each other: who is perhaps one person, and above all who never is: the two parents of a child."""

from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.kate import kate
from tui.domain.identity import Bond, Identity, sex_of
from tui.domain.persons import Alike, Person, perhaps_same, persons


def among(*records: Identity, found: str = "") -> list[set[str]]:
    """The groups of codes that are shown for these records."""
    known = {record.code: record for record in records}
    return [set(person.codes) for person in persons([found] if found else known, known)]


# -- what speaks for it ------------------------------------------------------------------------------------------------


def test_the_evidence_is_said_and_what_differs_too() -> None:
    old = kate(email="k.smith@home.example")
    new = kate("C2", surname="Jones", address="")
    assert perhaps_same(old, new) == Alike(("given name", "mobile", "child Noah"), ("surname", "email"))
    alike = perhaps_same(old, new)
    assert alike is not None
    assert alike.sentence == "same given name, mobile and child Noah; another surname and email"


@pytest.mark.parametrize(
    ("tie", "words"),
    [
        ({"email": "kate@home.example"}, "email"),
        ({"username": "kate@home.example"}, "email (as username)"),
        ({"mobile": "0400000001"}, "mobile"),
        ({"address": "1 high street norwood 5067"}, "address"),
        ({"children": (Bond("S1", "Noah", "Mother"),)}, "child Noah"),
        ({"children": (Bond("S1", "Noah", "Parent"), Bond("S9", "Zoe"))}, "child Noah"),
    ],
)
def test_the_given_name_and_one_tie_are_needed(tie: dict[str, Any], words: str) -> None:
    bare = Identity("C2", title="Ms", given_name="Kate", surname="Other")
    assert perhaps_same(kate(), bare) is None, "a given name alone"
    alike = perhaps_same(kate(), bare._replace(**tie))
    assert alike is not None
    assert alike.evidence == ("given name", words)
    assert perhaps_same(kate(), bare._replace(given_name="Anna", **tie)) is None


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("KATE", ""), "given name"),
        (("Káte", ""), "given name"),
        (("Katherine", "Kate"), "given name (Kate, Katherine)"),
        (("K.", ""), "initial"),
    ],
)
def test_how_given_names_agree(names: tuple[str, str], words: str) -> None:
    other = kate("C2", given_name=names[0], preferred_name=names[1], children=())
    alike = perhaps_same(kate(), other)
    assert alike is not None
    assert alike.evidence[0] == words


@pytest.mark.parametrize("given_name", ["Kat", "Kathryn", "Smith", "", "Karl"])
def test_near_is_not_the_same(given_name: str) -> None:
    assert perhaps_same(kate(), kate("C2", given_name=given_name)) is None


# -- what speaks against it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Mr"},
        {"title": "", "gender": "M"},
        {"title": "", "gender": "male"},
        {"title": "", "children": (Bond("S1", "Noah", "Father"),)},
        {"title": "Dr", "gender": "M"},
        {"title": "Mrs", "gender": "M"},
    ],
)
def test_sexes_that_contradict_are_never_one_person(other: dict[str, Any]) -> None:
    assert perhaps_same(kate(given_name="Kim"), kate("C2", given_name="Kim", **other)) is None


@pytest.mark.parametrize("relationship", ["Grandmother", "Step-mother", "Aunt", "STEPMOTHER"])
def test_a_mother_and_a_grandmother_of_one_name_are_two(relationship: str) -> None:
    other = kate("C2", children=(Bond("S1", "Noah", relationship),))
    assert perhaps_same(kate(), other) is None
    assert perhaps_same(kate(), kate("C2", children=(Bond("S1", "Noah", "Guardian"),))) is not None


@pytest.mark.parametrize("relationship", ["Neighbour", "Family friend", "Host parent"])
def test_a_mother_and_a_friend_of_the_family_of_one_name_are_two(relationship: str) -> None:
    assert perhaps_same(kate(), kate("C2", children=(Bond("S1", "Noah", relationship),))) is None


def test_a_child_alone_is_not_enough_where_everything_else_differs() -> None:
    other = kate("C2", surname="Jones", email="kate@other.example", mobile="0400000002")
    assert perhaps_same(kate(), other) is None
    for less in (other._replace(surname=""), other._replace(email=""), other._replace(mobile="")):
        assert perhaps_same(kate(), less) is not None


def test_with_the_sex_unknown_a_child_and_an_address_are_not_enough() -> None:
    unknown: dict[str, Any] = {"title": "", "given_name": "Kim", "children": (Bond("S1", "Noah", "Parent"),)}
    one, other = kate(**unknown), kate("C2", **unknown, email="kim@other.example", mobile="0400000002")
    assert perhaps_same(one, other) is None
    assert perhaps_same(one, other._replace(mobile=one.mobile)) is not None


def test_an_initial_needs_more_than_the_child() -> None:
    old = kate(given_name="K", children=(Bond("S1", "Noah", "Mother", False),))
    new = kate("C2")
    assert perhaps_same(old, new) is not None
    assert perhaps_same(old._replace(email="", mobile=""), new) is None, "a child and an address"
    assert perhaps_same(old._replace(title="", children=()), new) is None, "the sex is not known"
    both = old._replace(children=(Bond("S1", "Noah", "Mother"),))
    assert perhaps_same(both, new) is None, "both are linked to the child today, as two mothers are"


def test_one_initial_is_not_the_name_of_another() -> None:
    one, other = kate(given_name="J.", children=()), kate("C2", given_name="J", children=())
    alike = perhaps_same(one, other)
    assert alike is not None
    assert alike.weak
    assert perhaps_same(one._replace(title=""), other) is None, "Jane, or John"
    chinese = kate(given_name="明", title="", children=())
    alike = perhaps_same(chinese, chinese._replace(code="C2"))
    assert alike is not None
    assert not alike.weak, "a name of one letter"


def test_an_initial_that_fits_two_fits_nobody() -> None:
    old = kate(given_name="J", children=())
    jane, julie = kate("C2", given_name="Jane"), kate("C3", given_name="Julie")
    assert among(old, jane) == [{"C1", "C2"}]
    assert among(old, jane, julie) == [{"C1"}, {"C2"}, {"C3"}]
    assert among(old, jane, jane._replace(code="C3")) == [{"C1", "C2", "C3"}], "two records of Jane"


# -- groups ------------------------------------------------------------------------------------------------------------


def test_the_two_of_a_joint_record_are_two_people() -> None:
    joint = kate("J", title="Mr & Mrs", given_name="Tom & Kate", children=(Bond("S1", "Noah", "Parents"),))
    tom = kate("T", title="Mr", given_name="Tom", children=(Bond("S1", "Noah", "Father"),))
    hers = kate("K")
    assert joint.is_joint
    assert not hers.is_joint
    assert among(joint, tom, hers, found="J") == [{"J", "K"}, {"J", "T"}]
    assert among(joint, tom, hers, found="T") == [{"J", "T"}]
    assert among(joint, tom, hers) == [{"J", "K"}, {"J", "T"}]
    alike = perhaps_same(hers, joint)
    assert alike is not None
    assert alike.evidence[0] == "given name (one of two on the joint record)"
    swapped = joint._replace(title="Mrs & Mr")
    assert among(swapped, tom, hers) == [{"J"}, {"T"}, {"K"}], "the titles say that Tom is she and Kate he"


@pytest.mark.parametrize("given_name", ["Tom and Kate", "Tom + Kate", "Tom/Kate", "Tom, Kate", "Tom AND Kate"])
def test_joint_records_however_they_are_written(given_name: str) -> None:
    joint = kate("J", title="", given_name=given_name, children=())
    assert joint.is_joint
    assert sex_of(joint) == ""
    assert among(joint, kate("K"), found="K") == [{"J", "K"}]
    other = kate("J2", title="", given_name="Tom & Sue", children=())
    assert perhaps_same(joint, other) is None, "another couple"


def test_a_name_with_and_in_it_is_one_person() -> None:
    assert not kate(given_name="Andrea").is_joint
    assert not kate(given_name="Alexandra Brandy").is_joint


def test_who_is_not_found_is_not_shown_and_who_is_alone_stands_alone() -> None:
    assert among(kate(), kate("C2"), kate("C3", given_name="Tom", title="Mr"), found="C1") == [{"C1", "C2"}]
    assert among(kate()) == [{"C1"}]
    assert persons([], {}) == []


def test_a_better_judge_can_be_asked() -> None:
    """Correlation, once it is there, decides about pairs; the groups are made the same way."""
    asked: list[tuple[str, str]] = []

    def judge(one: Identity, other: Identity) -> Alike | None:
        asked.append((one.code, other.code))
        return Alike(("fingerprint",)) if {one.code, other.code} == {"C1", "C2"} else None

    known = {code: kate(code, given_name=code) for code in ("C1", "C2", "C3")}
    assert persons(["C1"], known, judge) == [Person("C1", {"C2": Alike(("fingerprint",))})]
    assert ("C1", "C3") in asked
    stranger = Identity("C4", given_name="C4")
    persons(["C4"], {**known, "C4": stranger}, judge)
    assert not any("C4" in pair for pair in asked), "nothing in common, so nothing to judge"


# -- everything at once ------------------------------------------------------------------------------------------------

NAMES = ("Kate", "Kim", "Jane", "Julie", "Tom", "Ted", "Zoë", "Ana-Lu", "Nguyệt Thi")
SEXES = {"F": (("Mrs", "Ms", "Miss"), "Mother"), "M": (("Mr",), "Father")}


@st.composite
def couples(draw: st.DrawFn) -> tuple[list[Identity], dict[str, str]]:
    """Two parents of one child with their records, and whose each is ("" for a joint one).

    The two differ in given name, or bear the same one and every record says of which sex they are. Everything else
    they may share, and each record may lack or misspell.
    """
    same_name = draw(st.booleans())
    first = draw(st.sampled_from(NAMES))
    second = first if same_name else draw(st.sampled_from([name for name in NAMES if name != first]))
    sexes = draw(st.sampled_from([("F", "M"), ("M", "F")] if same_name else list(product("FM", repeat=2))))
    preferred = (draw(st.sampled_from(["", "Kat", "Lou"])), draw(st.sampled_from(["", "Teddy", "Sam"])))
    # Jane and Julie, both mothers, where one has signed with J: nobody could tell them apart.
    letters = [
        {name[0] for name in (given_name, nickname) if name}
        for given_name, nickname in zip((first, second), preferred, strict=True)
    ]
    initials = sexes[0] != sexes[1] or not letters[0] & letters[1]
    records, owners = [], {}
    for which, (given_name, sex) in enumerate(zip((first, second), sexes, strict=True)):
        titles, role = SEXES[sex]
        for number in range(draw(st.integers(1, 3))):
            spelt = [(given_name, ""), (given_name, preferred[which]), (preferred[which] or given_name, "")]
            spelt += [(given_name[0] + ".", "")] if initials else []
            name, nickname = draw(st.sampled_from(spelt))
            marks = draw(st.sets(st.sampled_from(["title", "gender", "role"]), min_size=1 if same_name else 0))
            if not draw(st.booleans()) and "role" not in marks:
                children: tuple[Bond, ...] = ()
            else:
                stands = draw(st.booleans())
                children = (Bond("S1", "Noah", role if "role" in marks else "Parent", stands),)
            code = f"{'AB'[which]}{number}"
            owners[code] = "AB"[which]
            records.append(
                Identity(
                    code,
                    draw(st.sampled_from(titles)) if "title" in marks else draw(st.sampled_from(["", "Dr"])),
                    name,
                    nickname,
                    draw(st.sampled_from(["Smith", "Jones", ""])),
                    sex if "gender" in marks else "",
                    draw(st.sampled_from(["", "family@home.example", f"{which}@home.example"])),
                    draw(st.sampled_from(["", "family@home.example", "0@home.example", "1@home.example"])),
                    draw(st.sampled_from(["", "0885550142", f"040000000{which}"])),
                    draw(st.sampled_from(["", "1 high street norwood 5067"])),
                    children,
                )
            )
    if draw(st.booleans()):
        owners["J"] = ""
        title = draw(st.sampled_from(["", " & ".join(SEXES[sex][0][0] for sex in sexes)]))
        records.append(kate("J", title=title, given_name=f"{first} & {second}", children=records[0].children))
    return draw(st.permutations(records)), owners


@given(couples())
def test_two_parents_of_a_child_are_never_one_person(couple: tuple[list[Identity], dict[str, str]]) -> None:
    records, owners = couple
    for group in among(*records):
        assert len({owners[code] for code in group} - {""}) <= 1, group


@given(couples())
def test_all_of_a_group_agree_and_everybody_found_is_shown(couple: tuple[list[Identity], dict[str, str]]) -> None:
    records, _ = couple
    known = {record.code: record for record in records}
    shown = persons(known, known)
    assert {code for person in shown for code in person.codes} == set(known)
    for person in shown:
        for one, other in product(person.codes, repeat=2):
            assert one == other or perhaps_same(known[one], known[other]) is not None
        assert set(person.beside) == set(person.codes) - {person.found}
    groups = [set(person.codes) for person in shown]
    assert not any(a <= b or b <= a for a, b in pairwise(groups)), "each group once, and none inside another"


@given(couples())
def test_it_does_not_matter_which_of_two_is_asked_about(couple: tuple[list[Identity], dict[str, str]]) -> None:
    for one, other in product(couple[0], repeat=2):
        there, back = perhaps_same(one, other), perhaps_same(other, one)
        assert (there is None) == (back is None)
        if there and back:
            assert there.evidence[1:] == back.evidence[1:]
            assert there.against == back.against
