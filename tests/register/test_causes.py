"""Causes: everybody who is ready to revoke in exactly one of them, dated by the import that brought it about."""

from collections.abc import Iterable

import pytest

from tui.domain.flag_groups import Answer
from tui.domain.gates import Verb
from tui.domain.records import ContactRecord, LinkRecord, StudentRecord
from tui.errors import NotFound, Refused, RegisterReadOnly
from tui.manager.views import Tab

from .making import Register, contact, families, link, roster, student

POSTAL = "access-flag-changed/Postal@2"


def sizes(register: Register) -> dict[str, int]:
    return {str(cause.key): cause.size for cause in register.manager.causes().causes}


def people(register: Register, key: str) -> list[str]:
    return register.manager.codes(register.manager.cause_persons(key))


def held(register: Register) -> set[str]:
    return {
        code
        for (code,) in register.read(
            "SELECT c.code FROM holds AS h JOIN contacts AS c ON c.id = h.person / 4 WHERE h.released_at = ''"
        )
    }


def one_child_each(
    count: int, off: Iterable[int] = (), left: Iterable[int] = (), kind: str = "Postal", **more: str
) -> tuple[list[ContactRecord], list[StudentRecord], list[LinkRecord]]:
    """Families of one parent and one child; `off` have lost the flag, the children of `left` have left."""
    numbers, off, left = range(1, count + 1), set(off), set(left)
    return (
        [contact(n, contact_type=kind, **more) for n in numbers],
        [student(n, "left" if n in left else "enrolled", exit_date="2026-11-28" if n in left else "") for n in numbers],
        [link(n, n, n not in off) for n in numbers],
    )


@pytest.fixture
def flagged(school_register: Register) -> Register:
    """C1 to C12 of 30, all Postal, have lost the flag in the second import; the children of C13 and C14 have left.
    C12's username names C30: a reason that would lead."""
    contacts, students, links = one_child_each(30)
    contacts[11] = contact(12, contact_type="Postal", username="c30@home.example")
    school_register.take(roster(0, contacts, students, links))
    school_register.take(roster(7, *one_child_each(30, range(1, 13), (13, 14))))
    return school_register


def test_everybody_who_is_ready_is_in_exactly_one_cause(school_register: Register) -> None:
    """A bit of everything: a flag group with other reasons in it, too few for a group, leavers, and who is gone."""
    contacts, students, links = one_child_each(60, kind="Guardian")
    contacts[0] = contact(1, contact_type="Guardian", username="c2@home.example")  # names C2
    contacts[39] = contact(40, contact_type="Other", username="c2@home.example")  # names C2, and is to lose the flag
    school_register.take(roster(0, contacts, students, links))
    students, links = one_child_each(60, range(1, 12), range(20, 25))[1:]
    links[39] = link(40, 40, False)
    contacts[40] = contact(41, contact_type="Other")
    links[40] = link(41, 41, False)
    del contacts[50], links[50]  # dropped out with the link, the child is still here
    contacts.append(contact(99, contact_type="Other"))  # never linked
    school_register.take(roster(7, contacts, students, links))
    found = school_register.manager.causes()
    assert {str(cause.key): cause.size for cause in found.causes} == {
        "access-flag-changed/Guardian@2": 11,
        "no-current-student/Guardian@2": 5,
        "misplaced-username/Other": 2,
        "access-flag-changed/Other@2": 1,
        "dropped-out/Guardian@2": 1,
    }
    assert "C1" in people(school_register, "access-flag-changed/Guardian@2"), "the group's question comes first"
    assert people(school_register, "misplaced-username/Other") == ["C40", "C99"]
    assert people(school_register, "dropped-out/Guardian@2") == ["C51"]
    listed = [person for cause in found.causes for person in school_register.manager.cause_persons(str(cause.key))]
    assert sorted(listed) == sorted(school_register.manager.view(Tab.READY_TO_REVOKE).persons)
    assert found.ready == len(listed) == len(set(listed))
    groups = {cause.group.key: cause.group.size for cause in found.causes if cause.group}
    assert groups == {group.key: group.size for group in school_register.manager.groups()} == {"Guardian@2": 11}


def test_leavers_are_dated_by_the_import_that_reported_them(school_register: Register) -> None:
    """C1 left before the first import, C2 in the second, C3 was absent in the third, C4 left, came back and left."""

    def extract(taken: float, left: Iterable[int], absent: Iterable[int] = ()) -> None:
        contacts, students, links = one_child_each(9, left=left, kind="")
        gone = set(absent)
        school_register.take(
            roster(
                taken,
                contacts,
                [one for n, one in enumerate(students, 1) if n not in gone],
                [one for n, one in enumerate(links, 1) if n not in gone],
            )
        )

    extract(0, [1])
    extract(1, [1, 2, 4, 5])
    extract(2, [1, 2], absent=[3, 5])
    extract(3, [1, 2, 4], absent=[3, 5])
    assert sizes(school_register) == {
        "no-current-student/@0": 1,
        "no-current-student/@2": 2,
        "no-current-student/@3": 1,
        "no-current-student/@4": 1,
    }
    assert people(school_register, "no-current-student/@0") == ["C1"]
    assert people(school_register, "no-current-student/@2") == ["C2", "C5"], "an absence afterwards is no news"
    assert people(school_register, "no-current-student/@3") == ["C3"]
    assert people(school_register, "no-current-student/@4") == ["C4"]


def test_of_several_children_the_last_to_leave_dates_it(school_register: Register) -> None:
    contacts, links = [contact(1)], [link(1, 1), link(2, 1)]
    school_register.take(roster(0, contacts, [student(1), student(2)], links))
    elder = student(1, "left", exit_date="2026-02-01")
    school_register.take(roster(1, contacts, [elder, student(2)], links))
    assert sizes(school_register) == {}
    school_register.take(roster(2, contacts, [elder, student(2, "left", exit_date="2026-06-01")], links))
    (cause,) = school_register.manager.causes().causes
    assert str(cause.key) == "no-current-student/Residential@3"
    assert cause.exits == ("2026-06-01", "2026-06-01")
    assert cause.import_ is not None
    assert cause.import_.taken_on == "2026-01-30"


def test_below_ten_the_leading_reason_counts(school_register: Register) -> None:
    contacts, students, links = one_child_each(40)
    contacts[0] = contact(1, contact_type="Postal", username="c2@home.example")  # names C2
    school_register.take(roster(0, contacts, students, links))
    off = one_child_each(40, range(1, 10))[2]
    school_register.take(roster(1, contacts, students, off))
    assert sizes(school_register) == {"access-flag-changed/Postal@2": 8, "misplaced-username/Postal": 1}
    assert all(cause.group is None for cause in school_register.manager.causes().causes)


def test_an_answered_group_stays_one_cause_while_any_is_left(flagged: Register) -> None:
    flagged.manager.answer_group("Postal@2", Answer.INTENDED, "the school changed it")
    flagged.revoke("C1", "C2", "C3", "C4", "C5")
    found = flagged.manager.causes()
    cause = next(cause for cause in found.causes if str(cause.key) == POSTAL)
    assert (cause.size, cause.answer, cause.left) == (7, Answer.INTENDED, 7)
    assert found.left == 9


def test_held_and_requested_are_counted_apart(by_hand: Register) -> None:
    by_hand.take(families(60))
    numbers = range(1, 61)
    by_hand.take(
        roster(
            1,
            [contact(n) for n in numbers],
            [student(n, "left" if n < 7 else "enrolled") for n in numbers],
            [link(n, n) for n in numbers],
        )
    )
    by_hand.revoke("C1", "C2", "C3")
    for code in ("C3", "C4"):
        by_hand.manager.hold(code, "ring first")
    by_hand.manager.hold("C5", "no mail", kind="mail")
    (cause,) = by_hand.manager.causes().causes
    assert (cause.size, cause.held, cause.requested, cause.left) == (6, 2, 3, 2)


# -- holding a cause as a whole --------------------------------------------------------------------------------------


def test_a_cause_is_held_as_a_whole_with_an_event_for_each(flagged: Register) -> None:
    flagged.manager.hold("C1", "a court date is pending")
    assert flagged.manager.hold_cause(POSTAL, "the rule is being mended") == 11
    assert held(flagged) == {f"C{number}" for number in range(1, 13)}
    holds = flagged.manager.why("C1").facts.holds
    assert [hold.note for hold in holds] == ["a court date is pending"], "what was said of one account stays"
    assert flagged.manager.why("C2").facts.holds[0].note == "the rule is being mended"
    events = flagged.read("SELECT subject, reason, detail FROM audit WHERE action = 'hold revoke' AND subject <> 'C1'")
    detail = f'{{"after":{{"until":""}},"before":{{}},"cause":"{POSTAL}"}}'
    assert [event[1:] for event in events] == [("the rule is being mended", detail)] * 11
    assert {event[0] for event in events} == {f"C{number}" for number in range(2, 13)}
    cause = flagged.manager.causes().causes[0]
    assert (cause.size, cause.held, cause.together, cause.settled, cause.left) == (12, 12, 11, 0, 0)
    assert flagged.manager.hold_cause(POSTAL, "again") == 0, "all are held already"
    plan = flagged.manager.plan(Verb.REVOKE, all_ready=True)
    assert [item.code for item in plan.items] == ["C13", "C14"]


def test_released_as_a_whole_it_leaves_those_held_by_themselves(flagged: Register) -> None:
    flagged.manager.hold("C1", "a court date is pending")
    flagged.manager.hold_cause(POSTAL, "the rule is being mended")
    flagged.manager.hold("C2", "and this one by itself")
    assert flagged.manager.release_cause(POSTAL) == 10
    assert held(flagged) == {"C1", "C2"}
    released = flagged.read("SELECT count(*) FROM audit WHERE action = 'release revoke' AND detail <> '{}'")
    assert released == [(10,)]
    with pytest.raises(Refused, match="not held as a whole"):
        flagged.manager.release_cause(POSTAL)


def test_a_cause_that_dissolved_is_listed_until_it_is_released(flagged: Register) -> None:
    flagged.manager.hold_cause(POSTAL, "the rule is being mended")
    flagged.take(roster(8, *one_child_each(30, (), (13, 14))))
    assert set(flagged.statuses().values()) == {"ready_to_revoke", "active"}
    last = flagged.manager.causes().causes[-1]
    assert (str(last.key), last.size, last.together, last.settled) == (POSTAL, 0, 12, 12)
    assert last.import_ is not None
    assert last.import_.taken_on == "2026-02-04"
    assert list(flagged.manager.cause_persons(POSTAL)) == []
    assert flagged.manager.release_cause(POSTAL) == 12
    assert held(flagged) == set()
    assert POSTAL not in sizes(flagged)


def test_a_hold_needs_a_note_and_a_cause(flagged: Register) -> None:
    with pytest.raises(Refused, match="needs a note"):
        flagged.manager.hold_cause(POSTAL, " \t")
    for key in ("no-current-student/Tour guide@2", "Postal@2", "", "access-flag-changed/Postal"):
        with pytest.raises(NotFound, match="There is no cause"):
            flagged.manager.hold_cause(key, "a note")
    assert held(flagged) == set()
    assert flagged.read("SELECT count(*) FROM audit WHERE action = 'hold revoke'") == [(0,)]


def test_a_read_only_session_holds_nothing(flagged: Register) -> None:
    from tui.manager.manager import AccountManager
    from tui.settings import Settings

    reader = AccountManager(Settings(), flagged.path, read_only=True)
    assert reader.causes().causes[0].size == 12
    with pytest.raises(RegisterReadOnly):
        reader.hold_cause(POSTAL, "a note")
    reader.close()
    assert held(flagged) == set()


def test_lists_with_and_without_causes(flagged: Register) -> None:
    def codes(*only: str, without: tuple[str, ...] = ()) -> list[str]:
        view = flagged.manager.view(Tab.READY_TO_REVOKE, only_causes=only, not_causes=without)
        assert view.total == 14
        return flagged.manager.codes(view.persons)

    assert codes(without=(POSTAL,)) == ["C13", "C14"]
    assert len(codes(POSTAL)) == 12
    assert len(codes(POSTAL, "no-current-student/Postal@2")) == 14
    assert codes(POSTAL, without=(POSTAL,)) == []
    for slip in ("access-flag-changed/Postl@2", "Postal@2"):
        with pytest.raises(NotFound, match="There is no cause"):
            codes(without=(slip,))
