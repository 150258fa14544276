"""Why an account is ready to revoke: the reasons, in the order in which they lead, each with its evidence.

`reasons_of` decides from the ground alone and serves the pass over all accounts; `explain` adds the evidence for one
account, in sentences. Both stand here so that what the table says and what the pane says can't differ.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from tui.domain.facts import AccountFacts, Correlated, ImportRef, LinkFact, StudentFact
from tui.domain.records import StudentStatus, UserType
from tui.domain.status import ACCESS_NO, LEFT, LINKED, REMOVED_HERE, ground_of, student_counts
from tui.text import fold, say_date


class Reason(StrEnum):
    """The reasons, in leading order."""

    SUPERSEDED = "superseded"
    MISPLACED_USERNAME = "misplaced_username"
    ACCESS_FLAG_CHANGED = "access_flag_changed"
    NO_CURRENT_STUDENT = "no_current_student"
    UNEXPLAINED = "unexplained"


REASON_LABELS = {
    Reason.SUPERSEDED: "Superseded",
    Reason.MISPLACED_USERNAME: "Misplaced username",
    Reason.ACCESS_FLAG_CHANGED: "Access flag changed",
    Reason.NO_CURRENT_STUDENT: "No current student",
    Reason.UNEXPLAINED: "Unexplained",
}
NEXT_STEPS = {
    Reason.SUPERSEDED: "Hand over (w): look at the two records, revoke the old one, then welcome the new one.",
    Reason.MISPLACED_USERNAME: "Revoke here; then welcome the record that the username belongs to.",
    Reason.ACCESS_FLAG_CHANGED: "Find out why the access went. Revoke singly only if it is right that this parent has "
    "none.",
    Reason.NO_CURRENT_STUDENT: "Revoke. Parents should have downloaded their reports first.",
    Reason.UNEXPLAINED: "Look before revoking: nothing recorded explains it.",
}


MISPLACED = "username on the wrong record"  # the cause that correlation names


class Evidence(NamedTuple):
    """One fact that a reason rests on: a sentence, and the codes of the records it speaks of."""

    sentence: str
    codes: tuple[str, ...] = ()


class Explained(NamedTuple):
    """A reason with its evidence; the first piece of evidence is the one to quote."""

    reason: Reason
    evidence: tuple[Evidence, ...]


def reasons_of(ground: int, *, has_username: bool, names_other: bool, superseded: bool) -> tuple[Reason, ...]:
    """The reasons of an account that is ready to revoke, leading one first; never empty.

    The caller has established that the status is `ready_to_revoke`: there is an account and no link makes it eligible.
    """
    reasons: list[Reason] = []
    if superseded:
        reasons.append(Reason.SUPERSEDED)
    if has_username and (ground == 0 or names_other):
        reasons.append(Reason.MISPLACED_USERNAME)
    if ground & (ACCESS_NO | REMOVED_HERE):
        reasons.append(Reason.ACCESS_FLAG_CHANGED)
    if ground & LINKED == LEFT:
        reasons.append(Reason.NO_CURRENT_STUDENT)
    return tuple(reasons) or (Reason.UNEXPLAINED,)


def names_somebody_else(
    username: str, email: str, own: tuple[str, str, str], other: tuple[str, str, str], other_email: str
) -> str:
    """How `username` or `email` names the other person and not the account's own; "" when it does not.

    A person is (given name, preferred name, surname). A username that is the other's email, or a local part made of the
    other's names, counts; where both persons use the same email it is a family address and names nobody.
    """
    if other_email and fold(username) == fold(other_email) != fold(email):
        return "the username is that person's email"
    own_given = {_letters(own[0]), _letters(own[1])} - {""}
    other_given = {_letters(other[0]), _letters(other[1])} - {""}
    surname = _letters(other[2])
    if not surname or not other_given or own_given & other_given:
        return ""
    family_address = fold(email) if fold(email) == fold(other_email) else ""
    for what, value in (("username", username), ("email", email)):
        if family_address and fold(value) == family_address:
            continue
        local = _letters(value.partition("@")[0])
        if any(given in local for given in own_given):
            continue
        if any(len(given) > 2 and local in (given + surname, surname + given) for given in other_given):
            return f"the {what} is made of that person's name"
    return ""


def _letters(value: str) -> str:
    return re.sub(r"[^a-z]", "", fold(value))


def explain(facts: AccountFacts, *, future_counts: bool) -> tuple[Explained, ...]:
    """The reasons of a contact that is ready to revoke, leading one first, each with at least one Evidence.

    Students and staff have none: their own standing, at the school or employed, says it all.
    """
    if facts.user_type is not UserType.CONTACT:
        return ()
    ground = ground_of(
        ((link.student.status, link.portal_access, link.is_removed) for link in facts.links), future_counts
    )
    eligible_matches = [c for c in facts.correlated if c.eligible]
    reasons = reasons_of(
        ground,
        has_username=bool(facts.username),
        names_other=bool(facts.named_others),
        superseded=bool(eligible_matches),
    )
    gather: dict[Reason, Callable[[AccountFacts], list[Evidence]]] = {
        Reason.SUPERSEDED: _superseded,
        Reason.MISPLACED_USERNAME: _misplaced,
        Reason.ACCESS_FLAG_CHANGED: lambda f: _flag_changed(f, future_counts),
        Reason.NO_CURRENT_STUDENT: _students_left,
        Reason.UNEXPLAINED: _what_is_known,
    }
    return tuple(Explained(reason, tuple(gather[reason](facts))) for reason in reasons)


def _superseded(facts: AccountFacts) -> list[Evidence]:
    found = []
    for other in facts.correlated:
        if other.eligible:
            account = "has an account already" if other.has_account else "has no account yet"
            found.append(Evidence(f"{other.name} ({other.code}) {_is_the_same(other)}, and {account}.", (other.code,)))
            found += [Evidence(said, (other.code,)) for said in say_evidence(other.evidence)]
    return found


def _is_the_same(other: Correlated) -> str:
    if other.decision == "accepted":
        return f"was accepted as the same person by {other.by} on {say_date(other.at)}"
    return "is probably the same person" if other.decision == "match" else "may be the same person"


def say_evidence(evidence: Sequence[str]) -> list[str]:
    """`For it: same mobile, shares Noah.` and `Against it: another surname.`, where there is any."""
    speaks = [said.removeprefix("+ ") for said in evidence if not said.startswith("- ")]
    against = [said.removeprefix("- ") for said in evidence if said.startswith("- ")]
    parts = (("For it", speaks), ("Against it", against))
    return [f"{words}: {', '.join(said)}." for words, said in parts if said]


def _misplaced(facts: AccountFacts) -> list[Evidence]:
    found = [
        Evidence(f"It names somebody else, {other.name} ({other.code}): {other.how}.", (other.code,))
        for other in facts.named_others
    ]
    if not facts.links:
        found.append(Evidence("The record has a username but was never linked to any student."))
    found += [
        Evidence(f"The username belongs to {other.name} ({other.code}), as far as the records say.", (other.code,))
        for other in facts.correlated
        if other.eligible and other.cause == MISPLACED
    ]
    return found


def _flag_changed(facts: AccountFacts, future_counts: bool) -> list[Evidence]:
    found = []
    for link in facts.links:
        if not student_counts(link.student.status, future_counts):
            continue
        if link.is_removed:
            found.append(Evidence(_removed_sentence(link, facts), (link.student.code,)))
        elif link.portal_access is False:
            found.append(Evidence(_off_sentence(link, facts), (link.student.code,)))
    return found


def _off_sentence(link: LinkFact, facts: AccountFacts) -> str:
    who = f"{link.student.name} ({link.student.code}) is still at the school"
    if link.access_off is not None:
        return f"{who}, but portal access on the link went off in {say_import(link.access_off)}."
    since = f" (as of {say_import(facts.first_import)})" if facts.first_import else " (as of the first import)"
    return f"{who}, but the link has no portal access{since}."


def _removed_sentence(link: LinkFact, facts: AccountFacts) -> str:
    who = f"{link.student.name} ({link.student.code}) is still at the school"
    if link.removed_on:
        return f"{who}, but the link was removed on {say_date(link.removed_on)}."
    if facts.gone is not None:
        return f"{who}, but this record dropped out of the feed in {say_import(facts.gone)}, and its link with it."
    if link.removed is not None:
        return f"{who}, but the link was removed in {say_import(link.removed)}."
    return f"{who}, but the link was removed."


def _students_left(facts: AccountFacts) -> list[Evidence]:
    links = [link for link in facts.links if link.student.status == StudentStatus.LEFT]
    # The last to leave is the one that tells: quoted first.
    links.sort(key=lambda link: link.student.exit_date or "", reverse=True)
    return [Evidence(left_sentence(link.student), (link.student.code,)) for link in links]


def left_sentence(student: StudentFact) -> str:
    """When and how a student left, in a sentence."""
    if student.exit_date:
        when = f"left on {say_date(student.exit_date)}"
    elif student.gone is not None:
        when = f"has left: absent from the feed since {say_import(student.gone)}"
    else:
        when = "has left; the feed gives no exit date"
    return f"{student.name} ({student.code}) {when}."


def _what_is_known(facts: AccountFacts) -> list[Evidence]:
    found = []
    for link in facts.links:
        who, codes = f"{link.student.name} ({link.student.code})", (link.student.code,)
        if link.student.status == StudentStatus.LEFT:
            found.append(Evidence(left_sentence(link.student), codes))
        elif link.is_removed:
            found.append(Evidence(f"The link to {who}, a future enrolment, was removed.", codes))
        else:
            found.append(Evidence(f"{who} is a future enrolment, which does not count yet.", codes))
    if not facts.links:
        found.append(Evidence("The record has a password but no username, and was never linked to any student."))
    if facts.gone is not None:
        found.append(Evidence(f"The record dropped out of the feed in {say_import(facts.gone)}."))
    return found


def say_import(ref: ImportRef) -> str:
    """`the import of 20 Nov 2026 (no. 2)`."""
    return f"the import of {say_date(ref.taken_on)} (no. {ref.number})"
