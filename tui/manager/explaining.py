"""The why-pane in sentences: what is so, what this parent sees, what to do next, what to say on the phone.

Says it as a colleague would. Values only; the screen and the command line lay them out.
"""

from collections.abc import Sequence

from tui.domain.addresses import usable_email
from tui.domain.facts import AccountFacts, LinkFact, StudentFact
from tui.domain.flag_groups import MEND, Answer
from tui.domain.gates import children_here
from tui.domain.reasons import NEXT_STEPS, Explained, Reason, explain, left_sentence, say_import
from tui.domain.records import StudentStatus, UserType
from tui.domain.status import Status, student_counts
from tui.manager.views import Explanation, Relative
from tui.register.audit import AuditEvent
from tui.text import join_and, plural, say_date, say_time


def explanation(
    facts: AccountFacts,
    *,
    future_counts: bool,
    system: str,
    relatives: Sequence[tuple[str, str, str, str, str]],
    events: Sequence[AuditEvent],
    changes: Sequence[tuple[str, str, str]],
) -> Explanation:
    """Everything to say about one account. `changes` are (date, import number, sentence) of the change log."""
    reasons = explain(facts, future_counts=future_counts) if facts.status is Status.READY_TO_REVOKE else ()
    dated = [(event.at, f"{say_time(event.at)}  {event.action} by {event.operator}") for event in events]
    dated += [(date, f"{say_date(date)}  {sentence} (import no. {number})") for date, number, sentence in changes]
    history = [said for _, said in sorted(dated, key=lambda entry: entry[0], reverse=True)]
    return Explanation(
        facts=facts,
        headline=_headline(facts, reasons, future_counts),
        reasons=reasons,
        children=tuple(_child(link) for link in facts.links),
        relatives=tuple(Relative(*relative) for relative in relatives),
        sees=_sees(facts, future_counts),
        next_step=_next_step(facts, reasons, system, future_counts),
        say=_say(facts, reasons, future_counts),
        history=tuple(history),
        warnings=tuple(_warnings(facts)),
    )


def _headline(facts: AccountFacts, reasons: Sequence[Explained], future_counts: bool) -> str:
    if reasons:
        return f"Ready to revoke: {reasons[0].evidence[0].sentence}"
    if facts.user_type is not UserType.CONTACT:
        return f"{facts.status.replace('_', ' ').capitalize()}: {_standing(facts)}."
    here = _counting(facts, future_counts)
    names = join_and(
        [link.student.name for link in here if link.portal_access and link.student.status == StudentStatus.ENROLLED],
        most=3,
    )
    if facts.status is Status.ACTIVE:
        if _in_doubt(facts, future_counts) and facts.incomplete is not None:
            return (
                "Active: kept, as rows that may be about this contact's children were left out of "
                f"{say_import(facts.incomplete)}. No link with portal access is known."
            )
        if not any(link.portal_access for link in here):
            unknown = join_and([link.student.name for link in here if link.portal_access is None], most=3)
            return f"Active: it is not known whether the link to {unknown} has portal access, so the account is kept."
        return f"Active: has portal access to {names or 'a future enrolment'}."
    if facts.status is Status.READY_TO_PROVISION:
        return f"Ready to provision: portal access to {names or 'a future enrolment'}, but no account yet."
    if facts.incomplete is not None:
        return (
            "No access: no account, and no link with portal access is known; rows that may be about this contact's "
            f"children were left out of {say_import(facts.incomplete)}."
        )
    if not facts.links:
        return "No access: not linked to any student, and no account."
    if children_here(facts, future_counts):
        return "No access: no link to a student at the school has portal access, and there is no account."
    return "No access: no student at the school, and no account."


def _counting(facts: AccountFacts, future_counts: bool) -> list[LinkFact]:
    """The links to students who count."""
    return [link for link in facts.links if student_counts(link.student.status, future_counts) and not link.is_removed]


def _in_doubt(facts: AccountFacts, future_counts: bool) -> bool:
    """Whether an account is kept only because rows that may be about this contact's children were left out."""
    links = _counting(facts, future_counts)
    return facts.incomplete is not None and all(link.portal_access is False for link in links)


def _standing(facts: AccountFacts) -> str:
    if facts.user_type is UserType.STAFF:
        return "is employed" if facts.employed else "is not employed any more"
    return {StudentStatus.ENROLLED: "is at the school", StudentStatus.FUTURE: "has not started yet"}.get(
        StudentStatus(facts.own_status), "has left"
    )


def student_sentence(student: StudentFact) -> str:
    """Who a student is and where the student stands: `Ava Smith (STU0001), year 12: left on 28 Nov 2026`."""
    who, year = f"{student.name} ({student.code})", f", year {student.year_level}" if student.year_level else ""
    if student.status == StudentStatus.LEFT:
        return f"{who}{year}: {left_sentence(student).removeprefix(f'{who} ').removesuffix('.')}"
    return f"{who}{year}: {'future enrolment' if student.status == StudentStatus.FUTURE else 'at the school'}"


def _child(link: LinkFact) -> str:
    access = {True: "portal access", False: "no portal access", None: "portal access unknown"}[link.portal_access]
    if link.removed_on:
        access = f"link removed on {say_date(link.removed_on)}"
    elif link.removed is not None:
        access = f"link removed in {say_import(link.removed)}"
    role = f", {link.relationship}" if link.relationship else ""
    return f"{student_sentence(link.student)}; {access}{role}"


def _sees(facts: AccountFacts, future_counts: bool) -> str:
    if not facts.has_account:
        return "Nothing: there is no account to log in with."
    names = [
        link.student.name
        for link in facts.links
        if link.portal_access and not link.is_removed and link.student.status == StudentStatus.ENROLLED
    ]
    if names:
        return f"Courses, timetable, assessments and reports of {join_and(names, most=4)}."
    if facts.status is Status.ACTIVE and _in_doubt(facts, future_counts):
        return "It is not known: rows that may be about this contact's children were left out of the import."
    if facts.status is Status.ACTIVE and not any(link.portal_access for link in _counting(facts, future_counts)):
        return "It is not known: whether a child's link has portal access is blank in the feed."
    if facts.status is Status.ACTIVE:
        return "Little yet: the child has not started."
    return "The log-in still works, but there is nothing to see: no child is shown."


def _next_step(facts: AccountFacts, reasons: Sequence[Explained], system: str, future_counts: bool) -> str:
    if facts.user_type is not UserType.CONTACT:
        return "Nothing here: student and staff accounts follow their own system."
    if facts.requested_job is not None:
        return (
            f"Wait for job {facts.requested_job}: {facts.requested_verb} was requested in {system}. "
            "Attest it once it is done."
        )
    hold = facts.hold("revoke")
    if facts.status is Status.READY_TO_REVOKE and hold is not None:
        return f"Nothing: held {hold.said}"
    if facts.status is Status.READY_TO_REVOKE:
        if facts.group is not None and facts.group.answer == Answer.UNDECIDED:
            return (
                f"Answer for the flag group first: {plural(facts.group.size, 'account')} of contact type "
                f"{facts.group.contact_type or '(none)'} lost their access together. Was that intended?"
            )
        if facts.group is not None and facts.group.answer == Answer.MISTAKE:
            return MEND
        leading = reasons[0].reason
        if leading in (Reason.SUPERSEDED, Reason.MISPLACED_USERNAME, Reason.NO_CURRENT_STUDENT):
            return NEXT_STEPS[leading]
        here = children_here(facts, future_counts)
        return NEXT_STEPS[Reason.ACCESS_FLAG_CHANGED if here else Reason.UNEXPLAINED]
    if facts.status is Status.READY_TO_PROVISION:
        hold = facts.hold("mail")
        if hold is not None:
            return f"Nothing by email: held {hold.said}"
        if not usable_email(facts.email):
            return "Get an email address into the admin system first."
        return "Send the welcome email."
    if facts.status is Status.ACTIVE and _in_doubt(facts, future_counts):
        return "Get the rows that were left out put right in the admin system; the next import then tells."
    if facts.status is Status.ACTIVE:
        return "Nothing. A welcome email may be sent again if the parent can't get in."
    return "Nothing."


_LOOKING = "“Your log-in works, but shows nothing. We are looking into why and will ring you back.”"
_UNCERTAIN = (
    "“We can't tell yet which children your record is linked to. We are looking into it and will ring you back.”"
)
_SAY_WHY = {
    Reason.SUPERSEDED: "“Your account is on an old record. We will close it and send you an email for the new one.”",
    Reason.MISPLACED_USERNAME: "“Your username stands on another record. We will put that right and ring you back.”",
    Reason.ACCESS_FLAG_CHANGED: (
        "“Your log-in works, but access was switched off on your record. We are checking whether that was meant, and "
        "will ring you back.”"
    ),
    Reason.NO_CURRENT_STUDENT: (
        "“The account showed your children while they were here. As they have left, it will be closed.”"
    ),
}


def _say(facts: AccountFacts, reasons: Sequence[Explained], future_counts: bool) -> str:
    if facts.user_type is not UserType.CONTACT:
        return ""
    if facts.status is Status.ACTIVE and _in_doubt(facts, future_counts):
        return _UNCERTAIN
    if facts.status is Status.ACTIVE:
        return "“Your account is in order. Use the link on the log-in page if you have forgotten your password.”"
    if facts.status is Status.READY_TO_PROVISION and not usable_email(facts.email):
        return "“You are entitled to an account, but we have no email address for you. Please tell the office.”"
    if facts.status is Status.READY_TO_PROVISION:
        return "“You are entitled to an account. We will send you a welcome email; its link is valid for one week.”"
    if facts.status is Status.READY_TO_REVOKE:
        leading = reasons[0].reason if reasons else Reason.UNEXPLAINED
        # Whose the new record is, is not promised before somebody has looked.
        if leading is Reason.SUPERSEDED and all(other.decision == "review" for other in facts.correlated):
            return _LOOKING
        return _SAY_WHY.get(leading, _LOOKING)
    if facts.incomplete is not None:
        return _UNCERTAIN
    if children_here(facts, future_counts):
        return "“Your record does not have portal access. The registrar can tell you who may have it.”"
    return "“We have no current student linked to you. The registrar can check your details.”"


def _warnings(facts: AccountFacts) -> list[str]:
    found = []
    if facts.incomplete is not None:
        found.append(
            f"Rows that may be about this contact's children were left out of {say_import(facts.incomplete)}: until an "
            "import without them, an account here is kept."
        )
    if facts.gone is not None:
        found.append(f"This record dropped out of the feed in {say_import(facts.gone)}.")
    if facts.came_back:
        found.append(f"It had been revoked, but the extract of {say_date(facts.came_back)} lists a username again.")
    if facts.not_done and facts.username:
        found.append(
            f"A revoke was requested, but the extract of {say_date(facts.not_done)} still lists the username: not done."
        )
    if facts.username_shared_with:
        found.append(f"The same username stands on {join_and(list(facts.username_shared_with), most=3)} as well.")
    if facts.email_shared_with:
        found.append(f"The same email stands on {join_and(list(facts.email_shared_with), most=3)} as well.")
    for hold in facts.holds:
        what = "Never revoke" if hold.kind == "revoke" else "Never mail"
        found.append(f"{what}: held by {hold.by} on {say_date(hold.at)}{hold.until_said}: {hold.note}")
    for link in facts.links:
        if link.student.custody_note:
            found.append(f"Custody note on {link.student.name} ({link.student.code}): {link.student.custody_note}")
    return found
