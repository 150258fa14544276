"""Reasons: every account that is ready to revoke has one, each rests on evidence, and they lead in their order."""

from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tui.domain.facts import AccountFacts, Correlated, NamedOther
from tui.domain.reasons import REASON_LABELS, Reason, explain, names_somebody_else, reasons_of
from tui.domain.records import UserType
from tui.domain.status import ACCESS_UNKNOWN, ACCESS_YES, REMOVED, Status, ground_of

from .making import FIRST, SECOND, a_link, accounts, an_account

ORDER = list(Reason)
NEVER_READY = ACCESS_YES | ACCESS_UNKNOWN


def by_the_book(facts: AccountFacts, future_counts: bool) -> set[Reason]:
    """The rules of evidence once more, from the links and in plain words."""
    here = {"enrolled", "future"} if future_counts else {"enrolled"}
    child_here = any(link.student.status in here for link in facts.links)
    left = [link for link in facts.links if link.student.status == "left"]
    linked = [link for link in facts.links if not link.is_removed or link.student.status == "left"]
    found = set()
    if any(other.eligible for other in facts.correlated):
        found.add(Reason.SUPERSEDED)
    if facts.username and (not facts.links or facts.named_others):
        found.add(Reason.MISPLACED_USERNAME)
    if child_here:  # and not eligible, or the account would not be ready
        found.add(Reason.ACCESS_FLAG_CHANGED)
    if linked and linked == left:
        found.add(Reason.NO_CURRENT_STUDENT)
    return found or {Reason.UNEXPLAINED}


@given(st.data(), st.booleans())
def test_every_ready_account_has_reasons_and_every_reason_has_evidence(data: st.DataObject, future: bool) -> None:
    facts = data.draw(accounts(future_counts=future))
    assume(facts.status is Status.READY_TO_REVOKE and facts.user_type is UserType.CONTACT)
    explained = explain(facts, future_counts=future)
    reasons = [found.reason for found in explained]
    assert set(reasons) == by_the_book(facts, future)
    assert reasons == sorted(set(reasons), key=ORDER.index), "each once, in leading order"
    for found in explained:
        assert found.evidence, found.reason
        for piece in found.evidence:
            assert piece.sentence.endswith(".")
            assert not piece.sentence.endswith("..")
            known = {link.student.code for link in facts.links}
            known |= {named.code for named in facts.named_others}
            known |= {other.code for other in facts.correlated}
            assert set(piece.codes) <= known


@given(st.data(), st.booleans())
def test_the_table_and_the_pane_say_the_same(data: st.DataObject, future: bool) -> None:
    facts = data.draw(accounts(future_counts=future))
    assume(facts.status is Status.READY_TO_REVOKE and facts.user_type is UserType.CONTACT)
    ground = ground_of(((x.student.status, x.portal_access, x.is_removed) for x in facts.links), future)
    from_ground = reasons_of(
        ground,
        has_username=bool(facts.username),
        names_other=bool(facts.named_others),
        superseded=any(other.eligible for other in facts.correlated),
    )
    assert tuple(found.reason for found in explain(facts, future_counts=future)) == from_ground


def test_every_ground_of_a_ready_account_has_a_reason_in_order() -> None:
    flags = (True, False)
    for ground, username, other, superseded in product(range(2 * REMOVED), flags, flags, flags):
        if ground & NEVER_READY:
            continue
        reasons = reasons_of(ground, has_username=username, names_other=other, superseded=superseded)
        assert reasons
        assert list(reasons) == sorted(set(reasons), key=ORDER.index)
        assert (Reason.UNEXPLAINED in reasons) == (reasons == (Reason.UNEXPLAINED,))
        assert (Reason.SUPERSEDED in reasons) == superseded
        if not username:
            assert Reason.MISPLACED_USERNAME not in reasons


def test_the_leading_order_is_the_documented_one() -> None:
    assert ORDER == ["superseded", "misplaced_username", "access_flag_changed", "no_current_student", "unexplained"]
    assert list(REASON_LABELS) == ORDER


def said(facts: AccountFacts, reason: Reason, *, future: bool = False) -> list[str]:
    found = {one.reason: one for one in explain(facts, future_counts=future)}
    return [piece.sentence for piece in found[reason].evidence]


def test_a_leaver_is_quoted_with_the_day_or_the_import() -> None:
    facts = an_account(
        a_link("left", code="S1", exit_date="2025-12-12"),
        a_link("left", code="S2", gone=SECOND),
        a_link("left", code="S3"),
        a_link("left", code="S4", exit_date="2026-06-30"),
    )
    assert said(facts, Reason.NO_CURRENT_STUDENT) == [
        "Student S4 (S4) left on 30 Jun 2026.",  # the last to leave is the one that tells
        "Student S1 (S1) left on 12 Dec 2025.",
        "Student S2 (S2) has left: absent from the feed since the import of 28 Nov 2026 (no. 2).",
        "Student S3 (S3) has left; the feed gives no exit date.",
    ]


@pytest.mark.parametrize(
    ("link", "gone", "sentence"),
    [
        (a_link(access=False, access_off=SECOND), None,
         "but portal access on the link went off in the import of 28 Nov 2026 (no. 2)."),
        (a_link(access=False), None,
         "but the link has no portal access (as of the import of 28 Jan 2026 (no. 1))."),
        (a_link(removed=SECOND), None, "but the link was removed in the import of 28 Nov 2026 (no. 2)."),
        (a_link(removed=SECOND, removed_on="2026-05-01"), None, "but the link was removed on 1 May 2026."),
        (a_link(removed=SECOND), SECOND,
         "but this record dropped out of the feed in the import of 28 Nov 2026 (no. 2), and its link with it."),
    ],
)  # fmt: skip
def test_lost_access_is_dated(link: Any, gone: Any, sentence: str) -> None:
    facts = an_account(link, gone=gone)
    assert said(facts, Reason.ACCESS_FLAG_CHANGED) == [f"Student S1 (S1) is still at the school, {sentence}"]


def test_a_match_is_probable_until_it_is_accepted_and_a_candidate_possible() -> None:
    accepted = Correlated("C6", "Ms Newest", "accepted", True, (), "", "op", "2026-11-20T01:00:00+00:00")
    match = Correlated(
        "C8", "Ms New", "match", True, ("+ same mobile", "+ same given name Ann", "- another email"), has_account=True
    )
    review = Correlated("C9", "Ms Newer", "review", True, ())
    not_eligible = Correlated("C7", "Ms Old", "match", False, ("same mobile",))
    facts = an_account(a_link("left"), correlated=(accepted, match, review, not_eligible))
    assert said(facts, Reason.SUPERSEDED) == [
        "Ms Newest (C6) was accepted as the same person by op on 20 Nov 2026, and has no account yet.",
        "Ms New (C8) is probably the same person, and has an account already.",
        "For it: same mobile, same given name Ann.",
        "Against it: another email.",
        "Ms Newer (C9) may be the same person, and has no account yet.",
    ]
    alone = an_account(a_link("left"), correlated=(not_eligible,))
    assert [found.reason for found in explain(alone, future_counts=False)] == [Reason.NO_CURRENT_STUDENT]


def test_a_username_without_any_link_is_misplaced_and_a_lone_password_unexplained() -> None:
    assert said(an_account(), Reason.MISPLACED_USERNAME) == [
        "The record has a username but was never linked to any student."
    ]
    assert said(an_account(username="", has_password=True), Reason.UNEXPLAINED) == [
        "The record has a password but no username, and was never linked to any student."
    ]
    other = NamedOther("C2", "Mr Two", "the username is that person's email")
    assert said(an_account(a_link("left"), named_others=(other,)), Reason.MISPLACED_USERNAME) == [
        "It names somebody else, Mr Two (C2): the username is that person's email."
    ]


def test_future_enrolments_count_only_where_the_setting_says_so() -> None:
    off = an_account(a_link("future"))
    assert off.status is Status.READY_TO_REVOKE
    assert said(off, Reason.UNEXPLAINED) == ["Student S1 (S1) is a future enrolment, which does not count yet."]
    assert an_account(a_link("future"), future_counts=True).status is Status.ACTIVE
    removed = a_link("future", removed=FIRST)
    assert said(an_account(removed), Reason.UNEXPLAINED) == [
        "The link to Student S1 (S1), a future enrolment, was removed."
    ]
    assert said(an_account(removed, future_counts=True), Reason.ACCESS_FLAG_CHANGED, future=True)


@pytest.mark.parametrize("user_type", [UserType.STUDENT, UserType.STAFF])
def test_students_and_staff_are_not_explained_as_if_they_were_parents(user_type: UserType) -> None:
    assert explain(an_account(user_type=user_type, status=Status.READY_TO_REVOKE), future_counts=False) == ()


def test_a_gone_record_says_so_when_nothing_else_does() -> None:
    facts = an_account(a_link("future", removed=SECOND), gone=SECOND)
    assert (
        said(facts, Reason.UNEXPLAINED)[-1]
        == "The record dropped out of the feed in the import of 28 Nov 2026 (no. 2)."
    )


# -- usernames and emails that name somebody else --------------------------------------------------------------------

MAI = ("Mai", "", "Nguyen")
TOM = ("Thomas", "Tom", "Nguyen")
EMAIL = "the username is that person's email"
NAME = "the username is made of that person's name"
EMAIL_NAME = "the email is made of that person's name"


@pytest.mark.parametrize(
    ("username", "email", "own", "other", "other_email", "how"),
    [
        ("tom@home.example", "mai@home.example", MAI, TOM, "tom@home.example", EMAIL),
        ("TOM@Home.example", "mai@home.example", MAI, TOM, "tom@home.example", EMAIL),
        ("tom@home.example", "", MAI, TOM, "tom@home.example", EMAIL),
        # A family address is both persons' own.
        ("us@home.example", "us@home.example", MAI, TOM, "us@home.example", ""),
        ("us@home.example", "US@home.example", MAI, TOM, "us@HOME.example", ""),
        ("thomas.nguyen@home.example", "thomas.nguyen@home.example", MAI, TOM, "thomas.nguyen@home.example", ""),
        ("mai.n", "tom.nguyen@home.example", MAI, TOM, "tom.nguyen@home.example", ""),
        # ... but a username made of the other's name is no address at all.
        ("tomnguyen", "tom.nguyen@home.example", MAI, TOM, "tom.nguyen@home.example", NAME),
        ("tom.nguyen", "", MAI, TOM, "", NAME),
        ("nguyen_thomas", "", MAI, TOM, "", NAME),
        ("Thomas.Nguyen@old.example", "mai@home.example", MAI, TOM, "", NAME),
        ("m123", "tom.nguyen@work.example", MAI, TOM, "", EMAIL_NAME),
        # One's own name wins.
        ("mai.nguyen", "mai.nguyen@home.example", MAI, TOM, "tom@home.example", ""),
        ("mai.tom.nguyen", "", MAI, TOM, "", ""),
        ("tom.nguyen", "", ("Tom", "", "Nguyen"), TOM, "", ""),
        ("tom.nguyen", "", ("Thi", "Tom", "Nguyen"), TOM, "", ""),
        # Nothing, or too little, to go by.
        ("nguyen", "", MAI, TOM, "", ""),
        ("tom", "", MAI, TOM, "", ""),
        ("x12345", "", MAI, TOM, "", ""),
        ("", "", MAI, TOM, "", ""),
        ("", "", MAI, TOM, "tom@home.example", ""),
        ("tom.nguyen", "", MAI, ("Thomas", "Tom", ""), "", ""),
        ("bo.nguyen", "", MAI, ("Bo", "", "Nguyen"), "", ""),  # two letters could be anybody's initials
        ("nguyen", "", MAI, ("", "", "Nguyen"), "", ""),
        # Hyphens, apostrophes, spaces and diacritics.
        ("zoe.obrien-lee", "", MAI, ("Zoë", "", "O’Brien Lee"), "", NAME),
        ("maryjanesmith", "", MAI, ("Mary-Jane", "", "Smith"), "", NAME),
        ("Siobhán.Müller", "", MAI, ("Siobhan", "", "Muller"), "", NAME),
        ("siobhan.muller", "", ("Siobhán", "", "Müller"), ("Ann", "", "Müller"), "", ""),
        ("小明.王", "", MAI, ("小明", "", "王"), "", ""),  # no letters to compare: names nobody
    ],
)  # fmt: skip
def test_who_a_username_names(
    username: str, email: str, own: tuple[str, str, str], other: tuple[str, str, str], other_email: str, how: str
) -> None:
    assert names_somebody_else(username, email, own, other, other_email) == how


names = st.sampled_from(["", "Mai", "Tom", "Zoë", "Mary-Jane", "O'Brien", "Bo", "王"])
people = st.tuples(names, names, names)
words = st.sampled_from(["", "mai", "tom", "us@home.example", "tom@home.example", "maitom", "zoe.mai", "tomzoe"])


@given(words, people, people)
def test_an_email_that_both_use_names_nobody(
    email: str, own: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    address = email if "@" in email else f"{email}@home.example"
    assert names_somebody_else(address, address, own, other, address) == ""


@given(words, words, people, words)
def test_nobody_is_named_by_their_own_record(
    username: str, email: str, person: tuple[str, str, str], other_email: str
) -> None:
    how = names_somebody_else(username, email, person, person, other_email)
    assert how in ("", EMAIL)
    if email == other_email:
        assert how == ""
