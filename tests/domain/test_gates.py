"""The gates: what they refuse is refused for every account there could be, and each question is asked."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.domain.addresses import why_unusable
from tui.domain.facts import AccountFacts, Correlated, GroupFact, HoldFact, OldRecord
from tui.domain.flag_groups import Answer
from tui.domain.gates import Decision, Verdict, children_here, mail_gate, revoke_gate
from tui.domain.records import UserType
from tui.domain.status import Status

from .making import SECOND, a_link, accounts, an_account

HOLD = HoldFact("revoke", "asked to wait", "op", "2026-11-01")
MATCH = Correlated("C8", "Ms New", "match", True, ("same mobile",))
ACCEPTED = replace(MATCH, decision="accepted", by="op", at="2026-11-01")
reasons = st.sampled_from(["", "left the country"])


def an_old(
    decision: str = "accepted", code: str = "C3", *, has_account: bool = False, doubted: bool = False
) -> OldRecord:
    return OldRecord(code, "Ms Old", decision, has_account, doubted)


def group(answer: Answer) -> GroupFact:
    return GroupFact("Postal", SECOND, 12, answer)


def revoke(facts: AccountFacts, reason: str = "", *, future: bool = False) -> Verdict:
    return revoke_gate(facts, reason=reason, future_counts=future)


def mail(facts: AccountFacts) -> Verdict:
    return mail_gate(facts, future_counts=False)


# -- revoke ----------------------------------------------------------------------------------------------------------


@given(st.data(), reasons, st.booleans())
def test_the_revoke_gate_never_lets_through_what_a_rule_refuses(data: st.DataObject, reason: str, future: bool) -> None:
    facts = data.draw(accounts(future_counts=future))
    verdict = revoke(facts, reason, future=future)
    refused = {
        "not a contact": facts.user_type is not UserType.CONTACT,
        "no account": not facts.username and not facts.has_password,
        "held": any(hold.kind == "revoke" for hold in facts.holds),
        "requested already": facts.requested_job is not None and facts.requested_verb == "revoke",
        "group by mistake": facts.group is not None and facts.group.answer == "mistake",
        "not ready, nor active": facts.status in (Status.NO_ACCESS, Status.READY_TO_PROVISION),
        "active without a reason": facts.status is Status.ACTIVE and not reason,
    }
    assert (verdict.decision is Decision.REFUSE) == any(refused.values()), [why for why, so in refused.items() if so]
    if verdict.decision is Decision.ACT:
        assert facts.status is Status.READY_TO_REVOKE
    if verdict.decision is not Decision.ACT:
        assert verdict.sentence


@given(st.data(), reasons, st.booleans())
def test_a_child_here_without_an_accepted_match_is_never_revoked_unasked(
    data: st.DataObject, reason: str, future: bool
) -> None:
    facts = data.draw(accounts(future_counts=future))
    at_the_school = {"enrolled", "future"} if future else {"enrolled"}
    child_here = any(link.student.status in at_the_school for link in facts.links)
    accepted = any(other.decision == "accepted" and other.eligible for other in facts.correlated)
    elsewhere = any(other.eligible for other in facts.correlated)
    verdict = revoke(facts, reason, future=future)
    if verdict.decision is Decision.ACT and elsewhere:
        assert accepted
    if verdict.decision is Decision.ACT and child_here and not accepted:
        # Only the operator's one answer for the whole group stands in for the yes; an undecided
        # group is stopped as a whole by the guard.
        assert facts.group is not None
        assert facts.group.answer in ("intended", "")
    if verdict.decision is Decision.ASK:
        assert facts.status is Status.ACTIVE or child_here or elsewhere


@pytest.mark.parametrize(
    ("facts", "reason", "decision", "says"),
    [
        (an_account(a_link("left")), "", Decision.ACT, ""),
        (an_account(), "", Decision.ACT, ""),
        (an_account(a_link("left"), username="", has_password=True), "", Decision.ACT, ""),
        (an_account(a_link("left"), gone=SECOND), "", Decision.ACT, ""),
        (an_account(a_link("left"), username=""), "", Decision.REFUSE, "no account"),
        (an_account(a_link("left"), holds=(HOLD,)), "", Decision.REFUSE, "held by op: asked to wait"),
        (an_account(a_link("left"), holds=(HoldFact("revoke", "n", "op", "2026-11-01", "2027-01-31"),)), "",
         Decision.REFUSE, "until 31 Jan 2027"),
        (an_account(a_link("left"), holds=(HoldFact("mail", "n", "op", "2026-11-01"),)), "", Decision.ACT, ""),
        (an_account(a_link("left"), requested_job=3, requested_verb="revoke"), "", Decision.REFUSE, "job 3"),
        (an_account(a_link("left"), requested_job=3, requested_verb="welcome"), "", Decision.ACT, ""),
        (an_account(a_link(access=False), group=group(Answer.MISTAKE)), "", Decision.REFUSE, "by mistake"),
        (an_account(a_link(access=False), group=group(Answer.INTENDED)), "", Decision.ACT, ""),
        (an_account(a_link(access=False), group=group(Answer.UNDECIDED)), "", Decision.ACT, ""),
        (an_account(a_link(access=False)), "", Decision.ASK, "Student S1 (S1)"),
        (an_account(a_link(access=False)), "a reason", Decision.ASK, "will have no access"),
        (an_account(a_link(removed=SECOND)), "", Decision.ASK, "Student S1 (S1)"),
        (an_account(a_link(access=False), correlated=(ACCEPTED,)), "", Decision.ACT, ""),
        (an_account(a_link("left"), correlated=(ACCEPTED,)), "", Decision.ACT, ""),
        (an_account(a_link(access=False), correlated=(MATCH,)), "", Decision.ASK, "no accepted new record"),
        (an_account(a_link("left"), correlated=(MATCH,)), "", Decision.ASK, "is probably the same person"),
        (an_account(a_link("left"), correlated=(replace(MATCH, decision="review"),)), "", Decision.ASK,
         "may be the same person"),
        (an_account(a_link("left"), correlated=(replace(MATCH, eligible=False),)), "", Decision.ACT, ""),
        (an_account(a_link(access=False), correlated=(MATCH,), group=group(Answer.INTENDED)), "", Decision.ASK,
         "accepted or rejected"),
        (an_account(a_link(access=False), correlated=(Correlated("C8", "Ms New", "review", True, ()),)), "",
         Decision.ASK, "no accepted new record"),
        (an_account(a_link(access=False), correlated=(Correlated("C8", "Ms New", "match", False, ()),)), "",
         Decision.ASK, "no accepted new record"),
        (an_account(a_link()), "", Decision.REFUSE, "is active"),
        (an_account(a_link()), "court order", Decision.ASK, "active"),
        (an_account(a_link(), holds=(HOLD,)), "court order", Decision.REFUSE, "held"),
        (an_account(a_link("left"), user_type=UserType.STUDENT), "", Decision.REFUSE, "only contacts"),
        (an_account(a_link("left"), user_type=UserType.STAFF), "a reason", Decision.REFUSE, "only contacts"),
    ],
)  # fmt: skip
def test_revoke_cases(facts: AccountFacts, reason: str, decision: Decision, says: str) -> None:
    verdict = revoke(facts, reason)
    assert verdict.decision is decision
    assert says in verdict.sentence


def test_a_future_child_is_here_only_where_the_setting_says_so() -> None:
    facts = an_account(a_link("future", access=False), a_link("left", code="S2"))
    assert revoke(facts).decision is Decision.ACT
    counted = an_account(a_link("future", access=False), future_counts=True)
    assert revoke(counted, future=True).decision is Decision.ASK
    assert children_here(counted, False) == []


def test_each_child_here_is_named_once() -> None:
    facts = an_account(
        a_link(access=False), a_link(access=False), a_link("left", code="S2"), a_link(access=False, code="S3")
    )
    assert [link.student.code for link in children_here(facts, False)] == ["S1", "S3"]


# -- mail ------------------------------------------------------------------------------------------------------------


@given(st.data())
def test_the_mail_gate_never_lets_through_what_a_rule_refuses(data: st.DataObject) -> None:
    facts = data.draw(accounts(future_counts=False))
    verdict = mail(facts)
    refused = {
        "not a contact": facts.user_type is not UserType.CONTACT,
        "not eligible": facts.status in (Status.NO_ACCESS, Status.READY_TO_REVOKE),
        "held": any(hold.kind == "mail" for hold in facts.holds),
        "no usable email": bool(why_unusable(facts.email)),
        "the old account is still there": any(
            old.has_account and old.decision != "review" for old in facts.old_records
        ),
        "requested already": facts.requested_job is not None and facts.requested_verb == "welcome",
        "username on two records": bool(facts.username and facts.username_shared_with),
    }
    assert (verdict.decision is Decision.REFUSE) == any(refused.values()), [why for why, so in refused.items() if so]
    own_old = {old.code for old in facts.old_records if old.decision == "accepted"}
    asked = {
        "email on another contact": bool(set(facts.email_shared_with) - own_old),
        "custody note on a child": any(
            student.custody_note
            for student in {
                link.student.code: link.student for link in reversed(facts.links) if link.student.status == "enrolled"
            }.values()
        ),
        "match was up for review": any(old.decision == "accepted" and old.doubted for old in facts.old_records),
        "may have an old account": any(old.decision == "review" and old.has_account for old in facts.old_records),
        "in use": facts.has_account and bool(facts.last_login),
    }
    if verdict.decision is not Decision.REFUSE:
        assert (verdict.decision is Decision.ASK) == any(asked.values()), [why for why, so in asked.items() if so]


NEW: dict[str, Any] = {"username": "", "email": "one@school.example"}


@pytest.mark.parametrize(
    ("changes", "decision", "says"),
    [
        ({}, Decision.ACT, ""),
        ({"email": ""}, Decision.REFUSE, "no usable email"),
        ({"email": "one at school"}, Decision.REFUSE, "no usable email"),
        ({"holds": (HoldFact("mail", "never write", "op", "2026-11-01"),)}, Decision.REFUSE, "never write"),
        ({"holds": (HOLD,)}, Decision.ACT, ""),
        ({"requested_job": 3, "requested_verb": "welcome"}, Decision.REFUSE, "job 3"),
        ({"email_shared_with": ("C2",)}, Decision.ASK, "also stands on C2"),
        ({"email_shared_with": ("C3",), "old_records": (an_old(),)}, Decision.ACT, ""),
        ({"email_shared_with": ("C2", "C3"), "old_records": (an_old(),)}, Decision.ASK, "also stands on C2."),
        ({"old_records": (an_old(has_account=True),)}, Decision.REFUSE, "old account C3 is not revoked yet"),
        ({"old_records": (an_old(), an_old(code="C4", has_account=True))}, Decision.REFUSE, "old account C4"),
        ({"old_records": (an_old(doubted=True),)}, Decision.ASK, "up for review"),
        ({"old_records": (an_old("match", has_account=True),)}, Decision.REFUSE, "probably the same person's"),
        ({"old_records": (an_old("match"),)}, Decision.ACT, ""),
        ({"old_records": (an_old("review", has_account=True),)}, Decision.ASK, "may be this person's old account"),
        (
            {"email_shared_with": ("C3",), "old_records": (an_old("review", has_account=True),)},
            Decision.ASK,
            "also stands on C3",
        ),
        ({"username": "one"}, Decision.ACT, ""),
        ({"username": "one", "username_shared_with": ("C9",)}, Decision.REFUSE, "also on C9"),
        ({"username": "one", "last_login": "2026-11-01T07:05:00+00:00"}, Decision.ASK, "in use"),
        ({"username": "one", "last_login": ""}, Decision.ACT, ""),
        ({"user_type": UserType.STAFF}, Decision.REFUSE, "only contacts"),
        ({"status": Status.READY_TO_REVOKE}, Decision.REFUSE, "not eligible"),
        ({"status": Status.NO_ACCESS}, Decision.REFUSE, "not eligible"),
    ],
)
def test_mail_cases(changes: dict[str, Any], decision: Decision, says: str) -> None:
    verdict = mail(an_account(a_link(), **(NEW | changes)))
    assert verdict.decision is decision
    assert says in verdict.sentence


def test_a_custody_note_is_quoted_and_asked_even_on_a_removed_link() -> None:
    noted = an_account(a_link(custody_note="See the office"), **NEW)
    assert mail(noted) == (Decision.ASK, "Custody note on Student S1 (S1): See the office")
    removed = an_account(a_link(), a_link(code="S2", custody_note="See the office", removed=SECOND), **NEW)
    assert mail(removed).decision is Decision.ASK
    left = an_account(a_link(), a_link("left", code="S2", custody_note="See the office"), **NEW)
    assert mail(left).decision is Decision.ACT


def test_all_questions_are_asked_at_once() -> None:
    facts = an_account(
        a_link(custody_note="See the office"),
        last_login="2026-11-01T07:05:00+00:00",
        email_shared_with=("C2",),
        old_records=(an_old(doubted=True),),
    )
    sentence = mail(facts).sentence
    for piece in ("C2", "See the office", "up for review", "1 Nov 2026"):
        assert piece in sentence
