"""Causes in sentences: one change or many leavers, and who is left to work."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.causes import (
    DROPPED_OUT,
    Cause,
    CauseKey,
    headline,
    next_step,
    ordered,
    say_answer,
    say_cause,
    say_counts,
)
from tui.domain.facts import ImportRef
from tui.domain.flag_groups import MEND, Answer, FlagGroup
from tui.domain.reasons import NEXT_STEPS, Reason

IMPORT = ImportRef(2, "2026-11-20")
FIRST = ImportRef(0, "2026-01-28")


def a_cause(
    kind: str = Reason.NO_CURRENT_STUDENT, contact_type: str = "Residential", size: int = 38, **more: Any
) -> Cause:
    dated = kind in (Reason.NO_CURRENT_STUDENT, Reason.ACCESS_FLAG_CHANGED, DROPPED_OUT)
    import_ = more.pop("import_", IMPORT if dated else None)
    key = CauseKey(kind, contact_type, import_.number if import_ else None)
    return Cause(key, import_, size, **({"untouched": size} | more))


def a_group(size: int = 1142, answer: Answer = Answer.UNDECIDED, contact_type: str = "Postal", **more: Any) -> Cause:
    import_ = more.pop("import_", IMPORT)
    said = ("a slip", "kim", "2026-11-21T09:00:00+00:00") if answer else ("", "", "")
    group = FlagGroup(contact_type, import_.number, import_.taken_on, size, answer, *said)
    return a_cause(Reason.ACCESS_FLAG_CHANGED, contact_type, size, import_=import_, group=group, **more)


@pytest.mark.parametrize(
    ("causes", "sentence"),
    [
        ([], "Nobody is ready to revoke."),
        (
            [a_group(), a_cause()],
            "1,142 of 1,180 are contact type Postal; the portal access flag went off in the import of 20 Nov 2026: "
            "one change, not 1,180 leavers. 38 are left to work.",
        ),
        (
            [a_group(import_=FIRST), a_cause(size=1)],
            "1,142 of 1,143 are contact type Postal; the portal access flag was off as of the first import "
            "(28 Jan 2026): one change, not 1,143 leavers. 1 is left to work.",
        ),
        (
            [a_group(contact_type="")],
            "All 1,142 are without a contact type; the portal access flag went off in the import of 20 Nov 2026: "
            "one change, not 1,142 leavers. Nobody else is left to work.",
        ),
        (
            [a_group(), a_group(12, contact_type="Tour guide"), a_cause()],
            "1,154 of 1,192 are in 2 flag groups, the largest contact type Postal: 2 changes, not 1,192 leavers. "
            "38 are left to work.",
        ),
        (
            [a_group(answer=Answer.MISTAKE), a_cause(size=40, held=1, requested=1, untouched=38)],
            "1,182 accounts ready to revoke, from 2 causes, 1,142 waiting for a flag to be mended, 1 held, "
            "1 requested. 38 are left to work.",
        ),
        ([a_group(12, Answer.INTENDED)], "12 accounts ready to revoke, from 1 cause. 12 are left to work."),
        (
            [a_cause(size=1, held=1, untouched=0), a_cause(DROPPED_OUT, size=0, together=3)],
            "1 account ready to revoke, from 1 cause, 1 held. Nobody is left to work.",
        ),
    ],
)
def test_all_of_it_in_a_sentence(causes: list[Cause], sentence: str) -> None:
    assert headline(causes) == sentence


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (
            a_group(),
            "1,142 of 1,180 accounts ready to revoke are contact type Postal; their portal access went off in the "
            "import of 20 Nov 2026 (no. 2): one change, not 1,142 leavers.",
        ),
        (
            a_cause(exits=("2026-07-03", "2026-11-28")),
            "38 of 1,180 accounts ready to revoke are contact type Residential; the last student has left (exit dates "
            "3 Jul 2026 to 28 Nov 2026), first reported in the import of 20 Nov 2026 (no. 2).",
        ),
        (
            a_cause(size=1, import_=FIRST, exits=("2025-12-12", "2025-12-12")),
            "1 of 1,180 accounts ready to revoke is contact type Residential; the last student had left (exit date "
            "12 Dec 2025) by the first import, 28 Jan 2026.",
        ),
        (
            a_cause(Reason.ACCESS_FLAG_CHANGED, "", 3),
            "3 of 1,180 accounts ready to revoke are without a contact type; portal access went off in the import of "
            "20 Nov 2026 (no. 2); fewer than ten are no group.",
        ),
        (
            a_cause(DROPPED_OUT, size=2),
            "2 of 1,180 accounts ready to revoke are contact type Residential; the records dropped out of the feed in "
            "the import of 20 Nov 2026 (no. 2), though a student is still here.",
        ),
        (
            a_cause(Reason.MISPLACED_USERNAME, size=2),
            "2 of 1,180 accounts ready to revoke are contact type Residential; the username names somebody else, or "
            "stands on a record never linked to a student.",
        ),
        (
            a_cause(Reason.UNEXPLAINED, size=2),
            "2 of 1,180 accounts ready to revoke are contact type Residential; nothing recorded explains it.",
        ),
        (a_cause(size=0, together=7), "7 accounts held for this cause, and nobody is in it any more."),
    ],
)
def test_a_cause_is_said_with_its_type_and_import(cause: Cause, sentence: str) -> None:
    assert say_cause(cause, 1180) == sentence


@pytest.mark.parametrize("kind", [*Reason, DROPPED_OUT])
def test_every_kind_is_said_and_has_a_next_step(kind: str) -> None:
    cause = a_cause(kind)
    assert say_cause(cause, 38).endswith(".")
    assert next_step(cause).endswith(".")
    assert cause.label
    assert cause.short.startswith("Residential, ")


def test_a_cause_in_a_few_words() -> None:
    assert a_group().short == "Postal, flag off, 20 Nov 2026"
    assert a_cause(Reason.MISPLACED_USERNAME, "").short == "no type, misplaced"


def test_what_to_do_follows_the_answer() -> None:
    assert next_step(a_group()).startswith("Was that intended?")
    assert next_step(a_group(answer=Answer.MISTAKE)) == MEND
    assert next_step(a_group(answer=Answer.INTENDED)).startswith("Revoke them")
    assert next_step(a_cause()) == NEXT_STEPS[Reason.NO_CURRENT_STUDENT]
    assert next_step(a_cause(size=0, together=3)).startswith("Release them")
    assert next_step(a_group(12, held=12)) == "Nothing: all of them are held."


def test_who_is_left_to_work() -> None:
    assert a_cause(size=10, held=2, requested=3, untouched=5).left == 5
    assert a_group().left == 0
    assert a_group(answer=Answer.MISTAKE).left == 0
    assert a_group(answer=Answer.INTENDED, untouched=1000).left == 1000


def test_the_counts_and_the_answer_are_said() -> None:
    assert say_counts(a_cause()) == ""
    assert say_counts(a_cause(held=12, requested=3)) == "12 held, 3 requested."
    assert say_counts(a_cause(size=0, together=7, settled=7)) == "7 held, but not ready to revoke any more."
    group, answered = a_group().group, a_group(answer=Answer.MISTAKE).group
    assert group is not None
    assert answered is not None
    assert say_answer(group) == ""
    assert say_answer(answered) == "Answered mistake by kim on 21 Nov 2026: a slip"


def test_what_is_to_be_answered_comes_first_then_the_largest() -> None:
    small, large, gone = a_cause(size=3), a_cause(size=900), a_cause(DROPPED_OUT, size=0, together=1)
    undecided, answered = a_group(12), a_group(400, Answer.INTENDED, "Guardian")
    assert ordered([gone, small, answered, large, undecided]) == [undecided, large, answered, small, gone]


@given(st.sampled_from([*Reason, DROPPED_OUT]), st.text(), st.integers(0, 9999))
def test_a_key_is_read_back_as_it_was_written(kind: str, contact_type: str, number: int) -> None:
    dated = kind in (Reason.NO_CURRENT_STUDENT, Reason.ACCESS_FLAG_CHANGED, DROPPED_OUT)
    key = CauseKey(kind, contact_type, number if dated else None)
    assert CauseKey.parse(str(key)) == key


def test_keys_are_taken_with_hyphens_or_underscores() -> None:
    key = CauseKey(Reason.NO_CURRENT_STUDENT, "Past_parent", 3)
    assert str(key) == "no-current-student/Past_parent@3"
    assert CauseKey.parse("no_current_student/Past_parent@3") == key
    assert CauseKey.parse("Misplaced-Username/Tour guide") == CauseKey(Reason.MISPLACED_USERNAME, "Tour guide", None)


@pytest.mark.parametrize("text", ["", "Postal@2", "nothing/Postal@2", "access-flag-changed/Postal", "dropped-out/A@x"])
def test_what_is_no_key_is_not_taken(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is for nobody to read
        CauseKey.parse(text)
