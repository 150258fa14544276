"""The gates: whether an account may be revoked or mailed, one function each, for every path that leads there.

Key, command line, job and wizard all ask these, when a plan is made and again for each item just before it is acted
on. A gate answers *act*, *ask* (only a person may say yes, for this one account, never in bulk) or *refuse*.
"""

from enum import StrEnum
from typing import NamedTuple

from tui.domain.addresses import why_unusable
from tui.domain.facts import AccountFacts, InvitationFact, LinkFact
from tui.domain.flag_groups import Answer
from tui.domain.records import UserType
from tui.domain.status import Status, student_counts
from tui.text import join_and, say_date


class Verb(StrEnum):
    """What a job does."""

    REVOKE = "revoke"
    WELCOME = "welcome"
    RESET = "reset"
    RESTORE = "restore"

    @property
    def mails(self) -> bool:
        """Whether it sends a message with a one-time link."""
        return self in (Verb.WELCOME, Verb.RESET)


class Decision(StrEnum):
    """What a gate says."""

    ACT = "act"
    ASK = "ask"
    REFUSE = "refuse"


class Verdict(NamedTuple):
    """A gate's answer with its sentence: the questions for ASK, the reason for REFUSE."""

    decision: Decision
    sentence: str = ""


_ACT = Verdict(Decision.ACT)


def _refuse(sentence: str) -> Verdict:
    return Verdict(Decision.REFUSE, sentence)


def children_here(facts: AccountFacts, future_counts: bool) -> list[LinkFact]:
    """The links, removed ones too, to students who count: the children this person still has at the school."""
    seen: set[str] = set()
    found = []
    for link in facts.links:
        if student_counts(link.student.status, future_counts) and link.student.code not in seen:
            seen.add(link.student.code)
            found.append(link)
    return found


def revoke_gate(facts: AccountFacts, *, reason: str, future_counts: bool, covered: bool | None = None) -> Verdict:
    """Whether this account may be revoked now.

    An active account needs a `reason` and its own yes; one whose person still has a child here needs its own yes too,
    unless a new record of the person was accepted or the operator answered *intended* for its flag group. The child may
    be on another record that is perhaps the person's: then that has to be accepted, or rejected, first.
    `covered` is asked of a job that runs: True when its plan passed the guard for this account's flag group, False when
    not. While a plan is made (None) an undecided group is let through, as the guard stops the plan as a whole.
    """
    if facts.user_type is not UserType.CONTACT:
        return _refuse("only contacts are revoked here; student and staff accounts follow their own system")
    if not facts.has_account:
        return _refuse("has no account: there is no username to remove")
    hold = facts.hold(Verb.REVOKE)
    if hold is not None:
        return _refuse(f"held {hold.said}")
    if facts.requested_job is not None and facts.requested_verb == Verb.REVOKE:
        return _refuse(f"already requested in job {facts.requested_job}; it waits to be done and verified")
    if facts.group is not None and facts.group.answer == Answer.MISTAKE:
        return _refuse(
            f"held with its flag group ({facts.group.contact_type or 'no contact type'}): "
            "the flags went off by mistake, mend them in the admin system"
        )
    if facts.status is Status.ACTIVE:
        if not reason:
            return _refuse("is active, not ready to revoke; an active account is revoked only singly, with a reason")
        return Verdict(
            Decision.ASK, "This account is active: the person has a child at the school and will lose access."
        )
    if facts.status is not Status.READY_TO_REVOKE:
        return _refuse("is not ready to revoke")
    accepted = any(c.decision == "accepted" and c.eligible for c in facts.correlated)
    intended = facts.group is not None and facts.group.answer == Answer.INTENDED
    intended = intended or bool(covered)
    undecided = facts.group is not None and facts.group.answer == Answer.UNDECIDED
    if undecided and covered is False:
        return _refuse("belongs to a flag group that nobody has answered for")
    children = children_here(facts, future_counts)
    # An undecided group is the guard's to stop as a whole; asking for each member would hide the one question.
    if children and not accepted and not intended and not undecided:
        names = join_and([f"{link.student.name} ({link.student.code})" for link in children], most=3)
        return Verdict(
            Decision.ASK,
            f"This person still has a child at the school, {names}, and no accepted new record: "
            "that parent will have no access.",
        )
    perhaps = [c for c in facts.correlated if c.eligible]
    if perhaps and not accepted:
        return Verdict(
            Decision.ASK,
            f"{perhaps[0].name} ({perhaps[0].code}), who has a child at the school, {_may_be(perhaps[0].decision)} "
            "the same person, and nobody has accepted or rejected that in the hand-over (w): that parent may have no "
            "access.",
        )
    return _ACT


def _may_be(decision: str) -> str:
    return "is probably" if decision == "match" else "may be"


def mail_gate(
    facts: AccountFacts, *, future_counts: bool, verb: Verb = Verb.WELCOME, job: int | None = None
) -> Verdict:
    """Whether a welcome email, or a password reset, may go to this person now.

    Refused: not eligible, no usable email, held, the old account still there; a reset to whoever has no account. Asked
    singly: the email also stands on another contact, a custody note on a child, a match that was up for review, an
    old account that may be this person's, a message that was sent before and whose link works (of another job than
    `job`, which is the one that asks); for a welcome also an account that is in use.
    """
    if facts.user_type is not UserType.CONTACT:
        return _refuse("only contacts are written to here")
    if verb is Verb.RESET and facts.status is Status.READY_TO_PROVISION:
        return _refuse("has no account yet: send the welcome email instead")
    if facts.status not in (Status.READY_TO_PROVISION, Status.ACTIVE):
        return _refuse("is not eligible: no student at the school with portal access")
    hold = facts.hold("mail")
    if hold is not None:
        return _refuse(f"held, not to be mailed, {hold.said}")
    unusable = why_unusable(facts.email)
    if unusable:
        return _refuse(f"has no usable email: {unusable}")
    there = [old for old in facts.old_records if old.has_account]
    if standing := [old.code for old in there if old.decision == "accepted"]:
        return _refuse(f"the old account {join_and(standing, most=3)} is not revoked yet")
    if probable := [old.code for old in there if old.decision == "match"]:
        return _refuse(
            f"{join_and(probable, most=3)} is probably the same person's old account and still there: hand over (w), "
            "or reject that match there"
        )
    if facts.requested_job is not None and facts.requested_verb == verb:
        return _refuse(f"already requested in job {facts.requested_job}; it waits to be done and verified")
    if facts.username and facts.username_shared_with:
        others = join_and(list(facts.username_shared_with), most=3)
        return _refuse(f"its username is also on {others}: put that right first")
    before = [sent for sent in facts.invitations if sent.is_open and sent.purpose == verb and not _is_of(sent, job)]
    questions = [_say_sent(sent) for sent in before]
    accepted = {old.code for old in facts.old_records if old.decision == "accepted"}
    shared = [code for code in facts.email_shared_with if code not in accepted]
    if shared:
        questions.append(f"The email also stands on {join_and(shared, most=3)}.")
    for link in children_here(facts, future_counts):
        if link.student.custody_note:
            questions.append(f"Custody note on {link.student.name} ({link.student.code}): {link.student.custody_note}")
    if doubted := [old.code for old in facts.old_records if old.decision == "accepted" and old.doubted]:
        questions.append(f"The match with the old record {join_and(doubted, most=3)} was up for review.")
    if perhaps := [old.code for old in there if old.decision == "review"]:
        questions.append(f"{join_and(perhaps, most=3)} may be this person's old account, and is not revoked.")
    # A last login outlives a revoke; who has come back has no account that could be in use.
    if verb is Verb.WELCOME and facts.has_account and facts.last_login:
        questions.append(f"The account is in use: last login {say_date(facts.last_login)}.")
    return Verdict(Decision.ASK, " ".join(questions)) if questions else _ACT


def _is_of(sent: InvitationFact, job: int | None) -> bool:
    return job is not None and sent.job == job


def _say_sent(sent: InvitationFact) -> str:
    what = "A welcome email" if sent.purpose == Verb.WELCOME else "A password reset"
    by = f" (job {sent.job})" if sent.job is not None else ""
    if sent.state == "unknown":
        return f"{what}{by} may have been sent already, and nobody knows; another one voids its link."
    if sent.state != "sent":
        return f"{what}{by} is on its way already."
    return f"{what}{by} was sent on {say_date(sent.sent_at)}, and its link works until {say_date(sent.expires_at)}."
