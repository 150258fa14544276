"""Acts and imports together: a feed never re-grants, requests are verified, links die with their ground, holds hold."""

from collections.abc import Sequence
from typing import Any

import pytest

from tui.domain.flag_groups import Answer
from tui.domain.gates import Verb
from tui.domain.records import RecordKind
from tui.errors import Refused
from tui.feeds.in_memory import InMemoryRoster

from .making import Register, contact, day, link, roster, student

NUMBERS = range(1, 5)


def extract(taken: float, left: Sequence[int] = (), **usernames: str | None) -> InMemoryRoster:
    """Four families, of whom some children have left; usernames by code (`C1="..."`) where they differ."""
    return roster(
        taken,
        [contact(n, **({"username": usernames[f"C{n}"]} if f"C{n}" in usernames else {})) for n in NUMBERS],
        [student(n, "left" if n in left else "enrolled") for n in NUMBERS],
        [link(n, n) for n in NUMBERS],
    )


def item(register: Register, code: str) -> tuple[str, str]:
    """The state of the last item about a code, and what an import said of it."""
    return register.read("SELECT state, verified FROM items WHERE code = ? ORDER BY id DESC", code)[0]  # type: ignore[no-any-return]


def warnings(register: Register) -> str:
    return "\n".join(register.manager.overview().warnings)


# -- the embedded register: a feed never re-grants -------------------------------------------------------------------


def test_a_username_still_listed_after_its_revoke_is_reported_not_obeyed(school_register: Register) -> None:
    school_register.take(extract(0, left=[1]))
    report = school_register.revoke("C1", at=1)
    assert [outcome.state for outcome in report.outcomes] == ["done"]
    assert school_register.statuses()["C1"] == "no_access"
    difference = school_register.take(extract(2, left=[1]))
    assert difference.not_obeyed == ["C1"]
    assert any("not taken over" in warning and "C1" in warning for warning in difference.warnings)
    assert "1 revoked account still listed with a username in the feed" in warnings(school_register)
    assert school_register.usernames()["C1"] == ""
    # Nor when the child is back: the parent is welcomed anew, with a new link.
    school_register.take(extract(3))
    assert school_register.statuses()["C1"] == "ready_to_provision"


def test_a_feed_that_names_another_username_changes_none_that_is_ours(school_register: Register) -> None:
    school_register.take(extract(0))
    difference = school_register.take(extract(1, C1="another", C2=""))
    assert school_register.usernames()["C1"] == "user1"
    assert school_register.usernames()["C2"] == "user2"
    assert difference.not_obeyed == ["C1"]


def test_an_account_that_never_was_is_adopted(school_register: Register) -> None:
    school_register.take(extract(0, C1=""))
    school_register.take(extract(1, C1="one"))
    assert school_register.usernames()["C1"] == "one"
    assert school_register.statuses()["C1"] == "active"


def test_an_extract_older_than_the_revoke_says_nothing(school_register: Register) -> None:
    school_register.take(extract(0, left=[1]))
    school_register.revoke("C1", at=5)
    difference = school_register.take(extract(4, left=[1]))
    assert difference.not_obeyed == []
    assert school_register.usernames()["C1"] == ""


def test_a_revoke_is_not_at_once_called_still_listed(school_register: Register) -> None:
    school_register.take(extract(0, left=[1]))
    school_register.revoke("C1", at=1)
    assert "still listed" not in warnings(school_register), "the last extract is older than the revoke"


@pytest.mark.parametrize(("taken", "username"), [(3, ""), (0.5, "user1")])
def test_a_username_that_the_feed_drops_at_last_is_no_longer_called_listed(
    school_register: Register, taken: float, username: str
) -> None:
    school_register.take(extract(0, left=[1]))
    school_register.revoke("C1", at=1)
    if taken > 2:
        school_register.take(extract(2, left=[1]))
    school_register.take(extract(taken, left=[1], C1=username))
    assert "still listed" not in warnings(school_register)


def test_a_feed_without_usernames_takes_none_away(school_register: Register) -> None:
    school_register.take(extract(0))
    school_register.take(extract(1, C1=None, C2=None, C3=None, C4=None), accept_shrink=True)
    assert set(school_register.usernames().values()) == {"user1", "user2", "user3", "user4"}


# -- the worklist: requested, verified -------------------------------------------------------------------------------


@pytest.fixture
def requested(by_hand: Register) -> Register:
    """A register in which the revoke of C1 and C2 was requested on day 1."""
    by_hand.take(extract(0, left=[1, 2]))
    report = by_hand.revoke(at=1)
    assert {(outcome.code, outcome.state) for outcome in report.outcomes} == {("C1", "requested"), ("C2", "requested")}
    return by_hand


def test_requested_is_not_revoked(requested: Register) -> None:
    assert requested.usernames()["C1"] == "user1"
    assert requested.statuses()["C1"] == "ready_to_revoke"
    assert "2 requests on worklists" in warnings(requested)
    plan = requested.manager.plan(Verb.REVOKE, all_ready=True)
    assert not plan.items
    assert {left.why for left in plan.left_out} == {"already requested in job 1; it waits to be done and verified"}


def test_a_newer_extract_verifies_what_was_done_and_opens_what_was_not(requested: Register) -> None:
    difference = requested.take(extract(2, left=[1, 2], C1=""))
    assert difference.verified == {"done": 1, "not_done": 1}
    assert any("1 account requested but not done" in warning for warning in difference.warnings)
    assert item(requested, "C1") == ("done", "done")
    assert item(requested, "C2") == ("not_done", "not_done")
    assert requested.statuses()["C1"] == "no_access"
    assert requested.statuses()["C2"] == "ready_to_revoke"
    assert [i.code for i in requested.manager.plan(Verb.REVOKE, all_ready=True).items] == ["C2"]


@pytest.mark.parametrize("taken", [0.9, 1.0])
def test_an_extract_that_is_not_newer_neither_verifies_nor_opens(requested: Register, taken: float) -> None:
    difference = requested.take(extract(taken, left=[1, 2], C1=""))
    assert difference.verified == {}
    assert item(requested, "C1") == item(requested, "C2") == ("requested", "")


def test_what_was_done_may_come_back(requested: Register) -> None:
    requested.take(extract(2, left=[1, 2], C1="", C2=""))
    difference = requested.take(extract(3, left=[1, 2], C2=""))
    assert difference.verified == {"came_back": 1}
    assert any("came back" in warning for warning in difference.warnings)
    assert item(requested, "C1") == ("done", "came_back")
    assert not requested.manager.said_requests(job=1), "an import has said it: no word is left to be taken back"
    assert requested.manager.take_back_word(1) == 0
    assert requested.statuses()["C1"] == "ready_to_revoke"
    assert "lists a username again" in " ".join(requested.manager.why("C1").warnings)
    # And when it is revoked again, that is over.
    requested.revoke("C1", at=4)
    requested.take(extract(5, left=[1, 2], C1="", C2=""))
    assert item(requested, "C1") == ("done", "done")
    assert requested.statuses()["C1"] == "no_access"


def test_attesting_clears_the_account_and_a_newer_extract_checks_it(requested: Register) -> None:
    requested.clock.now = day(1.5)
    assert requested.manager.attest(1, ["C1"]) == 1
    assert item(requested, "C1")[0] == "attested"
    assert requested.statuses()["C1"] == "no_access"
    requested.take(extract(1.4, left=[1, 2]))  # made before it was attested
    assert requested.statuses()["C1"] == "no_access"
    difference = requested.take(extract(2, left=[1, 2], C1="", C2=""))
    assert difference.verified == {"done": 2}, "C2 was found not done by the extract before, and was done since"
    assert item(requested, "C1") == ("done", "done")


def test_what_was_attested_wrongly_is_opened_again(requested: Register) -> None:
    requested.clock.now = day(1.5)
    requested.manager.attest(1, ["C1"])
    requested.take(extract(2, left=[1, 2]))
    assert requested.statuses()["C1"] == "ready_to_revoke"
    assert requested.usernames()["C1"] == "user1"
    assert item(requested, "C1")[0] == "not_done"
    assert "C1" in [i.code for i in requested.manager.plan(Verb.REVOKE, all_ready=True).items]


def test_what_was_attested_wrongly_is_said_once(requested: Register) -> None:
    requested.clock.now = day(1.5)
    requested.manager.attest(1)
    difference = requested.take(extract(2, left=[1, 2]))
    assert difference.verified == {"not_done": 2}


def verifications(register: Register, code: str) -> list[Any]:
    return register.read(
        "SELECT action, operator, job_id, json_extract(detail, '$.snapshot') FROM audit"
        " WHERE subject = ? AND action LIKE '%verified%' ORDER BY id",
        code,
    )


def test_what_an_import_verified_is_in_the_audit(requested: Register) -> None:
    requested.take(extract(2, left=[1, 2], C1=""))
    requested.take(extract(3, left=[1, 2]))
    assert verifications(requested, "C1") == [
        ("revoke verified: done", "operator", 1, 2),
        ("revoke verified: came back", "operator", 1, 3),
    ]
    assert verifications(requested, "C2") == [("revoke verified: not done", "operator", 1, 2)]
    assert any("revoke verified: not done" in line for line in requested.manager.why("C2").history)


def test_a_dry_run_verifies_nothing(requested: Register) -> None:
    requested.take(extract(2, left=[1, 2], C1=""), dry_run=True)
    assert verifications(requested, "C1") == verifications(requested, "C2") == []


def test_a_record_that_went_is_told_once_and_proves_nothing(requested: Register) -> None:
    requested.clock.now = day(1.5)
    requested.manager.attest(1, ["C2"])
    for taken in (2, 3):
        requested.take(
            roster(taken, [contact(n) for n in (3, 4)], [student(n) for n in NUMBERS], [link(n, n) for n in (3, 4)]),
            accept_shrink=True,
        )
    assert verifications(requested, "C1") == [("revoke not verified: record gone", "operator", 1, 2)]
    details = {outcome.code: (outcome.state, outcome.detail) for outcome in requested.manager.report(1).outcomes}
    gone = "does not have the record any more, which proves nothing of the account"
    assert details["C1"][0] == "requested"
    assert details["C1"][1].endswith(gone)
    assert details["C2"][0] == "done"
    assert details["C2"][1].startswith("attested by operator; the extract of "), "a person's word is all there is"


def test_a_request_that_is_not_wanted_any_more_is_not_called_not_carried_out(requested: Register) -> None:
    requested.take(extract(2, left=[1, 2]))
    assert "2 requests not carried out, the portal still lists the username: C1 and C2." in warnings(requested)
    requested.take(extract(3, left=[2]))  # the child of C1 is back
    assert "1 request not carried out, the portal still lists the username: C2." in warnings(requested)


def test_a_requested_contact_that_is_gone_is_kept(requested: Register) -> None:
    without = roster(2, [contact(n, username="") for n in (2, 3, 4)], [student(n) for n in NUMBERS],
                     [link(n, n) for n in (2, 3, 4)])  # fmt: skip
    difference = requested.take(without)
    assert difference.verified["gone"] == 1
    # The record went, which proves nothing of the account: requested is not revoked.
    assert item(requested, "C1") == ("requested", "gone")
    assert requested.statuses()["C1"] == "ready_to_revoke"


def bad_row(made: InMemoryRoster, key: tuple[str, ...] | None) -> InMemoryRoster:
    made.problems.add("contacts.csv", 2, "", "is wrong")
    made.problems.skip(RecordKind.CONTACTS, key)
    return made


def without_first(taken: float) -> InMemoryRoster:
    """An extract without the row of C1, whose links are there all the same."""
    students = [student(n, "left" if n < 3 else "enrolled") for n in NUMBERS]
    return roster(taken, [contact(n) for n in (2, 3, 4)], students, [link(n, n) for n in NUMBERS])


def test_a_bad_row_proves_nothing(requested: Register) -> None:
    requested.take(bad_row(without_first(2), ("C1",)), skip_bad=True)
    assert item(requested, "C1") == ("requested", "left_out")
    assert requested.usernames()["C1"] == "user1"


def test_a_bad_row_of_nobody_knows_whom_proves_nothing(requested: Register) -> None:
    made = bad_row(without_first(2), None)
    made = roster(2, made.contacts(), made.students(), [link(n, n) for n in (2, 3, 4)])
    requested.take(bad_row(made, None), skip_bad=True)
    assert item(requested, "C1") == ("requested", "left_out")
    assert requested.usernames()["C1"] == "user1"


def test_a_welcome_is_verified_when_the_parent_has_answered(by_hand: Register) -> None:
    by_hand.take(extract(0, C1=""))
    by_hand.welcome("C1", at=1)
    by_hand.take(extract(2, C1=""))
    assert item(by_hand, "C1") == ("requested", "")
    difference = by_hand.take(extract(3))
    assert difference.verified == {"done": 1}
    assert by_hand.statuses()["C1"] == "active"


def test_the_portal_is_believed_where_accounts_live_there(by_hand: Register) -> None:
    by_hand.take(extract(0, left=[1]))
    by_hand.take(extract(1, left=[1], C1="", C2="renamed"))
    assert by_hand.usernames()["C1"] == ""
    assert by_hand.usernames()["C2"] == "renamed"
    assert by_hand.statuses()["C1"] == "no_access"
    assert ("account", "C2", "", "username", "user2", "renamed") in by_hand.changes(2)


# -- links die with their ground -------------------------------------------------------------------------------------


def invitations(register: Register) -> list[tuple[Any, ...]]:
    return register.read("SELECT code, state, token_hash IS NOT NULL, ended_why FROM invitations ORDER BY id")


@pytest.fixture
def invited(school_register: Register) -> Register:
    """A register in which C1, who has an account, and C2, who has none, were sent a link on day 1."""
    school_register.take(extract(0, C2=""))
    school_register.welcome("C1", "C2", at=1)
    assert invitations(school_register) == [("C1", "sent", 1, ""), ("C2", "sent", 1, "")]
    return school_register


def test_a_link_dies_with_the_revoke(invited: Register) -> None:
    invited.revoke("C1", at=2, reason="court order")
    assert invitations(invited) == [("C1", "superseded", 0, "the account was revoked"), ("C2", "sent", 1, "")]


def test_a_link_dies_with_its_eligibility(invited: Register) -> None:
    invited.take(extract(2, left=[2], C2=""))
    assert invitations(invited) == [("C1", "sent", 1, ""), ("C2", "superseded", 0, "no longer eligible")]


def test_a_link_dies_with_the_record(invited: Register) -> None:
    invited.take(
        roster(2, [contact(n) for n in (1, 3, 4)], [student(n) for n in NUMBERS], [link(n, n) for n in (1, 3, 4)])
    )
    assert invitations(invited)[1] == ("C2", "superseded", 0, "no longer eligible")


def test_a_link_dies_with_the_email_it_went_to(invited: Register) -> None:
    changed = roster(
        2,
        [
            contact(1, email="C1@HOME.example"),
            contact(2, email="new@home.example", username=""),
            contact(3),
            contact(4),
        ],
        [student(n) for n in NUMBERS],
        [link(n, n) for n in NUMBERS],
    )
    invited.take(changed)  # fmt: skip
    assert invitations(invited) == [("C1", "sent", 1, ""), ("C2", "superseded", 0, "the email changed")]


def test_a_link_dies_with_a_hold_on_mail(invited: Register) -> None:
    invited.manager.hold("C2", "asked not to be written to", kind="mail")
    assert invitations(invited)[1] == ("C2", "superseded", 0, "held")


def test_a_new_link_voids_the_old_one(invited: Register) -> None:
    invited.welcome("C2", at=2)
    assert [(code, state) for code, state, *_ in invitations(invited)] == [
        ("C1", "sent"), ("C2", "superseded"), ("C2", "sent"),
    ]  # fmt: skip


def test_a_dry_run_and_a_stopped_import_void_no_link(invited: Register) -> None:
    before = invitations(invited)
    invited.take(extract(2, left=[2], C2=""), dry_run=True)
    with pytest.raises(Exception, match="Nothing was imported"):
        invited.take(roster(2))
    assert invitations(invited) == before


# -- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_outlives_imports_and_is_left_out_with_its_note(school_register: Register) -> None:
    school_register.take(extract(0))
    school_register.manager.hold("C1", "sibling starts in term 2")
    school_register.take(extract(1, left=[1, 2]))
    plan = school_register.manager.plan(Verb.REVOKE, all_ready=True)
    assert [i.code for i in plan.items] == ["C2"]
    assert [(left.code, left.why) for left in plan.left_out] == [
        ("C1", "held by operator: sibling starts in term 2"),
    ]
    school_register.manager.release("C1")
    assert len(school_register.manager.plan(Verb.REVOKE, all_ready=True).items) == 2


def test_a_hold_needs_a_note_and_a_release_a_hold(school_register: Register) -> None:
    school_register.take(extract(0))
    before = school_register.dump()
    with pytest.raises(Refused, match="needs a note"):
        school_register.manager.hold("C1", " \t ")
    with pytest.raises(Refused, match="is not held"):
        school_register.manager.release("C1")
    assert school_register.dump() == before


def test_the_newest_note_of_a_hold_stands(school_register: Register) -> None:
    school_register.take(extract(0))
    school_register.manager.hold("C1", "first")
    school_register.manager.hold("C1", "second")
    school_register.manager.hold("C1", "no mail", kind="mail")
    holds = {hold.kind: hold.note for hold in school_register.manager.why("C1").facts.holds}
    assert holds == {"revoke": "second", "mail": "no mail"}


# -- flag groups -----------------------------------------------------------------------------------------------------


def group_of(count: int, taken: float, access: bool) -> InMemoryRoster:
    return roster(taken, [contact(n, contact_type="Postal") for n in range(count)], [student(n) for n in range(count)],
                  [link(n, n, access) for n in range(count)])  # fmt: skip


@pytest.fixture
def grouped(school_register: Register) -> Register:
    """A register in which twelve of contact type Postal lost their flag in import 2."""
    school_register.take(group_of(12, 0, True))
    school_register.take(group_of(12, 1, False), accept_shrink=True)
    return school_register


def test_an_undecided_group_stops_the_plan_and_a_mistake_holds_it(grouped: Register) -> None:
    plan = grouped.manager.plan(Verb.REVOKE, all_ready=True)
    assert plan.guard_stopped
    assert "Nobody has said yet" in " ".join(plan.guard.causes if plan.guard else ())
    grouped.manager.answer_group("Postal@2", Answer.MISTAKE, "the sync rule was changed")
    plan = grouped.manager.plan(Verb.REVOKE, all_ready=True)
    assert not plan.items
    assert len(plan.left_out) == 12
    grouped.manager.answer_group("Postal@2", Answer.INTENDED, "only Residential has access now")
    plan = grouped.manager.plan(Verb.REVOKE, all_ready=True)
    assert len(plan.items) == 12
    assert not plan.guard_stopped


def test_the_answer_is_kept_while_any_of_the_group_is_left(grouped: Register) -> None:
    grouped.manager.answer_group("Postal@2", Answer.MISTAKE, "the sync rule was changed")
    mended = roster(2, [contact(n, contact_type="Postal") for n in range(12)], [student(n) for n in range(12)],
                    [link(n, n, n > 2) for n in range(12)])  # fmt: skip
    grouped.take(mended)
    (group,) = grouped.manager.groups()
    assert (group.key, group.size, group.answer) == ("Postal@2", 3, Answer.MISTAKE)
    assert not grouped.manager.plan(Verb.REVOKE, all_ready=True).items


def test_the_leavers_beside_a_group_stay_workable(grouped: Register) -> None:
    leavers = roster(2, [*(contact(n, contact_type="Postal") for n in range(12)), contact(20)],
                     [*(student(n) for n in range(12)), student(20, "left")],
                     [*(link(n, n, False) for n in range(12)), link(20, 20)])  # fmt: skip
    grouped.take(leavers)
    plan = grouped.manager.plan(Verb.REVOKE, all_ready=True, only_reason="no_current_student")
    assert [i.code for i in plan.items] == ["C20"]
    assert not plan.guard_stopped
