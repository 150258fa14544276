"""why, in sentences: each status and each reason with its evidence and dates, what the parent sees, what to do."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.running import Result
from tests.school import FIRST, LATER, SECOND, families
from tui.domain.actor import Actor
from tui.domain.flag_groups import Answer
from tui.domain.gates import Verb
from tui.domain.reasons import Reason
from tui.domain.records import UserType
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.manager.views import Explanation, Tab
from tui.settings import Settings

TakeIn = Callable[..., Result]
Why = Callable[..., Explanation]


@pytest.fixture
def why(register: Path) -> Iterator[Why]:
    """Explain a code of the register as it stands."""
    opened: list[AccountManager] = []

    def explain(code: str, user_type: UserType = UserType.CONTACT, *, future: bool = False) -> Explanation:
        settings = Settings()
        settings = replace(settings, accounts=replace(settings.accounts, future_students_count=future))
        manager = AccountManager(settings, register, read_only=True, actor=Actor("tester", "local"))
        opened.append(manager)
        return manager.why(code, user_type)

    yield explain
    for manager in opened:
        manager.close()


def reasons(found: Explanation) -> dict[Reason, list[str]]:
    return {reason: [item.sentence for item in evidence] for reason, evidence in found.reasons}


def test_a_leaver_with_an_exit_date(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.leave("S0001", on="2026-10-30")
    take_in(school)
    found = why("P0001")
    sentence = "Child0001 Surname0001 (S0001) left on 30 Oct 2026."
    assert reasons(found) == {Reason.NO_CURRENT_STUDENT: [sentence]}
    assert found.headline == f"Ready to revoke: {sentence}"
    assert found.children == ("Child0001 Surname0001 (S0001), year 7: left on 30 Oct 2026; portal access, Parent",)
    assert found.sees == "The log-in still works, but there is nothing to see: no child is shown."
    assert found.next_step == "Revoke. Parents should have downloaded their reports first."
    assert "As they have left, it will be closed" in found.say


def test_the_last_to_leave_is_quoted_first(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.link("S0002", "P0001")
    school.leave("S0001", on="2025-12-01")
    school.leave("S0002", on="2026-10-30")
    take_in(school)
    (evidence,) = reasons(why("P0001")).values()
    assert evidence == [
        "Child0002 Surname0002 (S0002) left on 30 Oct 2026.",
        "Child0001 Surname0001 (S0001) left on 1 Dec 2025.",
    ]


def test_a_student_who_is_absent_from_a_later_feed(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    take_in(school)
    del school.students["S0001"], school.links["S0001", "P0001"]
    take_in(school, SECOND)
    (evidence,) = reasons(why("P0001")).values()
    assert evidence == [
        "Child0001 Surname0001 (S0001) has left: absent from the feed since the import of 21 Nov 2026 (no. 2)."
    ]


def test_a_leaver_without_a_date(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.students["S0001"]["status"] = "left"
    take_in(school)
    (evidence,) = reasons(why("P0001")).values()
    assert evidence == ["Child0001 Surname0001 (S0001) has left; the feed gives no exit date."]


def test_a_flag_that_went_off(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    take_in(school)
    school.links["S0001", "P0001"]["portal_access"] = "no"
    take_in(school, SECOND)
    found = why("P0001")
    (evidence,) = reasons(found).values()
    assert set(reasons(found)) == {Reason.ACCESS_FLAG_CHANGED}
    assert any("21 Nov 2026 (no. 2)" in sentence for sentence in evidence), evidence
    assert "S0001" in evidence[0]
    assert "Revoke singly only if" in found.next_step
    assert found.history[0] == "21 Nov 2026  portal access to S0001: yes -> no (import no. 2)"
    assert "no portal access" in found.children[0]


def test_a_flag_that_was_off_from_the_start(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.links["S0001", "P0001"]["portal_access"] = "no"
    take_in(school)
    (evidence,) = reasons(why("P0001")).values()
    assert "as of the import of 1 Nov 2026 (no. 1)" in evidence[0]


def test_a_link_that_was_removed(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.contact("P0099", given_name="Boris", surname="Keller")
    school.link("S0001", "P0099")
    take_in(school)
    del school.links["S0001", "P0001"]
    take_in(school, SECOND)
    found = why("P0001")
    assert set(reasons(found)) == {Reason.ACCESS_FLAG_CHANGED}
    assert "21 Nov 2026 (no. 2)" in reasons(found)[Reason.ACCESS_FLAG_CHANGED][0]
    assert "link removed in the import of 21 Nov 2026 (no. 2)" in found.children[0]


@pytest.mark.parametrize("first", ["", "Zia"], ids=["before", "after"])
def test_a_link_whose_relationship_was_renamed_before_it_was_removed(take_in: TakeIn, why: Why, first: str) -> None:
    """The removal that counts is the last of the same two, however the relationships sort."""
    school = families(20)
    school.links["S0001", "P0001"]["relationship"] = first
    take_in(school)
    school.links["S0001", "P0001"]["relationship"] = "Mother"
    take_in(school, SECOND)
    assert why("P0001").facts.status == "active"
    del school.links["S0001", "P0001"]
    take_in(school, SECOND + timedelta(days=1))
    found = why("P0001")
    assert "removed in the import of 22 Nov 2026 (no. 3)" in reasons(found)[Reason.ACCESS_FLAG_CHANGED][0]
    assert len(reasons(found)[Reason.ACCESS_FLAG_CHANGED]) == 1
    assert "(no. 3), Mother" in found.children[0]


def test_the_children_that_others_share_are_parted(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.student("S0099", given_name="Lee, jun.")
    for child, parent in (("S0001", "P0002"), ("S0099", "P0001"), ("S0099", "P0002")):
        school.link(child, parent)
    take_in(school)
    (other,) = why("P0001").relatives
    assert other.shares == "Child0001, Lee, jun."


def test_a_username_on_a_record_that_was_never_linked(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.contact("P0099")
    take_in(school)
    found = why("P0099")
    assert set(reasons(found)) == {Reason.MISPLACED_USERNAME}
    assert found.children == ()
    assert "welcome the record that the username belongs to" in found.next_step


def test_a_username_that_names_somebody_else(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.contact("P0098", given_name="Anna", surname="Marten", username="boris.keller", email="")
    school.contact("P0099", given_name="Boris", surname="Keller", username="")
    school.student("S0099")
    school.link("S0099", "P0098", "no")
    school.link("S0099", "P0099")
    take_in(school)
    found = why("P0098")
    assert next(iter(reasons(found))) is Reason.MISPLACED_USERNAME
    assert any("P0099" in sentence for sentence in reasons(found)[Reason.MISPLACED_USERNAME])
    assert [relative.code for relative in found.relatives] == ["P0099"]
    assert found.relatives[0].shares == "Child0099"


def test_an_account_that_nothing_explains(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.students["S0001"]["status"] = "future"
    take_in(school)
    found = why("P0001")
    assert set(reasons(found)) == {Reason.UNEXPLAINED}
    assert "future enrolment, which does not count yet" in reasons(found)[Reason.UNEXPLAINED][0]
    assert found.next_step == "Look before revoking: nothing recorded explains it."


def test_a_member_of_a_flag_group(take_in: TakeIn, why: Why, register: Path) -> None:
    school = families(60)
    take_in(school)
    for number in range(1, 13):
        school.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    take_in(school, SECOND)
    assert why("P0001").next_step == (
        "Answer for the flag group first: 12 accounts of contact type Parent lost their access together. "
        "Was that intended?"
    )
    manager = AccountManager(Settings(), register)
    manager.answer_group("Parent@2", Answer.MISTAKE, "a slip")
    manager.close()
    assert why("P0001").next_step == "Mend the flag or the sync rule in the admin system, then import again."


def test_an_active_account(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.link("S0002", "P0001")
    take_in(school)
    found = why("P0001")
    assert found.reasons == ()
    assert found.headline == "Active: has portal access to Child0001 Surname0001 and Child0002 Surname0002."
    assert "reports of Child0001 Surname0001 and Child0002 Surname0002" in found.sees
    assert found.next_step.startswith("Nothing.")
    assert "in order" in found.say


def test_unknown_access_keeps_an_account(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.links["S0001", "P0001"]["portal_access"] = ""
    take_in(school)
    found = why("P0001")
    assert found.facts.status == "active"
    assert "it is not known whether the link" in found.headline
    assert "It is not known" in found.sees
    assert "portal access unknown" in found.children[0]


def test_unknown_access_to_a_future_enrolment_is_not_said_to_be_access(
    take_in: TakeIn, why: Why, register: Path
) -> None:
    school = families(3)
    school.students["S0001"]["status"] = "future"
    school.links["S0001", "P0001"]["portal_access"] = ""
    take_in(school)
    settings = Settings()
    settings = replace(settings, accounts=replace(settings.accounts, future_students_count=True))
    AccountManager(settings, register).close()  # which derives by the setting
    found = why("P0001", future=True)
    assert "it is not known whether the link to Child0001 Surname0001 has portal access" in found.headline
    assert "It is not known" in found.sees


def test_an_account_that_is_kept_because_rows_were_left_out(take_in: TakeIn, why: Why) -> None:
    school = families(20)
    school.contacts["P0003"]["username"] = ""
    for code in ("1", "3"):
        school.links[f"S000{code}", f"P000{code}"]["student_code"] = "NOBODY"
    school.link("S0099", "P0002")  # of one who is linked to another child as well
    take_in(school, FIRST, "--skip-bad")
    found = why("P0001")
    assert found.facts.status == "active"
    assert found.headline == (
        "Active: kept, as rows that may be about this contact's children were left out of the import of 1 Nov 2026 "
        "(no. 1). No link with portal access is known."
    )
    assert "It is not known: rows" in found.sees
    assert "put right in the admin system" in found.next_step
    assert "in order" not in found.say
    known = why("P0002")
    assert known.headline == "Active: has portal access to Child0002 Surname0002."
    assert "in order" in known.say
    without = why("P0003")
    assert without.headline.startswith("No access: no account, and no link with portal access is known; rows that may")
    assert "which children" in without.say


def test_ready_to_provision(take_in: TakeIn, why: Why) -> None:
    school = families(3)
    school.contacts["P0001"]["username"] = school.contacts["P0002"]["username"] = ""
    school.contacts["P0002"]["email"] = ""
    take_in(school)
    found = why("P0001")
    assert found.headline == "Ready to provision: portal access to Child0001 Surname0001, but no account yet."
    assert found.sees == "Nothing: there is no account to log in with."
    assert found.next_step == "Send the welcome email."
    assert "valid for one week" in found.say
    assert why("P0002").next_step == "Get an email address into the admin system first."


def test_no_access(take_in: TakeIn, why: Why) -> None:
    school = families(4)
    for code in ("P0001", "P0002", "P0003"):
        school.contacts[code]["username"] = ""
    school.leave("S0001")
    del school.links["S0002", "P0002"]
    school.links["S0003", "P0003"]["portal_access"] = "no"
    take_in(school)
    assert why("P0001").headline == "No access: no student at the school, and no account."
    assert why("P0002").headline == "No access: not linked to any student, and no account."
    assert why("P0003").headline == (
        "No access: no link to a student at the school has portal access, and there is no account."
    )
    assert "registrar" in why("P0003").say


def test_what_to_take_note_of(take_in: TakeIn, why: Why, register: Path) -> None:
    school = families(20)
    school.contacts["P0001"] |= {"email": "family@families.example", "username": "Same.Name"}
    school.contacts["P0002"] |= {"email": "FAMILY@families.example", "username": "same.name"}
    school.students["S0001"]["custody_note"] = "court order of 2025"
    take_in(school)
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"))
    manager.hold("P0001", "asked to wait", kind="mail")
    manager.close()
    del school.contacts["P0001"], school.links["S0001", "P0001"]
    take_in(school, SECOND)
    notes = "\n".join(why("P0001").warnings)
    assert "This record dropped out of the feed in the import of 21 Nov 2026 (no. 2)." in notes
    assert "The same username stands on P0002 as well." in notes
    assert "The same email stands on P0002 as well." in notes
    assert re.search(r"Never mail: held by tester on \d{1,2} [A-Z][a-z]{2} \d{4}: asked to wait", notes)
    assert "Custody note on Child0001 Surname0001 (S0001): court order of 2025" in notes


def test_a_request_is_waited_for(take_in: TakeIn, why: Why, register: Path) -> None:
    school = families(20)
    school.leave("S0001")
    take_in(school)
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"))
    manager.run(manager.plan(Verb.REVOKE, ["P0001"]), Confirmation(yes=True))
    manager.close()
    found = why("P0001")
    assert found.next_step.startswith("Wait for job 1: revoke was requested in SEQTA Engage.")
    assert "revoke requested by tester" in found.history[0]


def test_history_is_told_newest_first(take_in: TakeIn, why: Why, register: Path) -> None:
    school = families(20)
    take_in(school)
    school.contacts["P0001"]["email"] = "new@families.example"
    take_in(school, SECOND)
    manager = AccountManager(Settings(), register, actor=Actor("tester", "local"))
    manager.hold("P0001", "asked to wait")
    manager.close()
    school.contacts["P0001"]["email"] = "newer@families.example"
    take_in(school, LATER)
    told = why("P0001").history
    assert "newer@families.example (import no. 3)" in told[0]
    assert told[1].endswith("hold revoke by tester")
    assert told[2] == "21 Nov 2026  email: p0001@families.example -> new@families.example (import no. 2)"


@pytest.mark.parametrize("user_type", [UserType.STUDENT, UserType.STAFF])
def test_the_other_user_types_are_left_alone(take_in: TakeIn, why: Why, user_type: UserType, tmp_path: Path) -> None:
    school = families(3)
    folder = school.write(tmp_path / "extract-202611010705")
    (folder / "staff.csv").write_text("code,given_name,surname,username,employed\nT0001,Given1,Surname1,user.t1,yes\n")
    take_in(school)
    found = why("S0001" if user_type is UserType.STUDENT else "T0001", user_type)
    assert found.next_step == "Nothing here: student and staff accounts follow their own system."
    assert found.say == ""


def test_every_account_of_the_demo_can_be_explained(tmp_path: Path) -> None:
    """Every status and reason there is: each ready account has a reason, each reason evidence, each date its form."""
    from tui.manager.demo import open_demo

    manager = open_demo(tmp_path / "demo.sqlite3", Settings())
    seen: set[Reason] = set()
    some = manager.rows(manager.view(Tab.ALL).persons)[::5]
    for row in some + manager.rows(manager.view(Tab.READY_TO_REVOKE).persons):
        found = manager.why(row.code)
        assert tuple(reason for reason, _ in found.reasons) == row.reasons
        assert bool(found.reasons) == (row.status == "ready_to_revoke")
        assert all(evidence and all(item.sentence.endswith(".") for item in evidence) for _, evidence in found.reasons)
        assert found.headline
        assert found.sees
        assert found.next_step
        assert found.say
        said = " ".join((found.headline, *found.children, *found.warnings, *found.history))
        assert not re.search(
            r"\d{4}-\d\d-\d\d|None|False|True|[a-z]_[a-z]|\[\]", re.sub(r"\S+@\S+|\S+ -> .*", "", said)
        ), said
        seen.update(reason for reason, _ in found.reasons)
    assert seen >= {Reason.MISPLACED_USERNAME, Reason.ACCESS_FLAG_CHANGED, Reason.NO_CURRENT_STUDENT}
    manager.close()
