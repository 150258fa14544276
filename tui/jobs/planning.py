"""Making a plan: the gates asked for each account, the guard for the whole. Nothing is changed here."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tui.domain.facts import AccountFacts
from tui.domain.flag_groups import Answer, FlagGroup
from tui.domain.gates import Decision, Verb, Verdict, mail_gate, revoke_gate
from tui.domain.guard import WINDOW_HOURS, GuardLimits, GuardVerdict, judge
from tui.domain.records import UserType
from tui.domain.restoring import restore_gate
from tui.errors import Refused
from tui.jobs.plan import LeftOut, Plan, PlannedItem, Question
from tui.register import accounts, facts, journal, listing, standing
from tui.register.database import Database
from tui.services.service import AccountService
from tui.settings import Settings
from tui.text import clean

_PART = 400


class OfWalk(NamedTuple):
    """What a hand-over brings to a plan: its number, the questions that were said yes to and the greetings, by person
    number."""

    number: int
    answers: Mapping[int, str]
    greetings: Mapping[int, str]


def ask_gate(
    verb: Verb,
    account: AccountFacts,
    *,
    reason: str,
    future_counts: bool,
    covered: bool | None = None,
    job: int | None = None,
) -> Verdict:
    """The gate of a verb; asked when planning and again for each item just before it is acted on, then of a `job`."""
    if verb is Verb.REVOKE:
        return revoke_gate(account, reason=reason, future_counts=future_counts, covered=covered)
    return mail_gate(account, future_counts=future_counts, verb=verb, job=job)


def fingerprint(account: AccountFacts, verb: Verb, job: int | None = None) -> str:
    """A digest of what a plan for this account rests on; another one means that the facts have changed.

    All that a gate looks at or a person was shown is in it, but for the flag group: that dissolves as its members go.
    For messages it has the newest one that another job than `job` has sent or begun, so that of two plans the second
    sees the first.
    """
    if verb is Verb.RESTORE:
        return _digest([account.code, account.username.casefold(), account.has_password])
    ground = [
        account.status,
        account.name,
        account.username.casefold(),
        account.has_password,
        account.email.casefold(),
        account.last_login,
        account.email_shared_with,
        # A revoke is not asked about it, and of two who share one the second must not wait for another plan.
        account.username_shared_with if verb is not Verb.REVOKE else (),
        next((sent.id for sent in account.invitations if job is None or sent.job != job), 0) if verb.mails else 0,
        [(hold.kind, hold.note) for hold in account.holds],
        [(other.code, other.decision, other.eligible) for other in account.correlated],
        [(old.code, old.decision, old.has_account, old.doubted) for old in account.old_records],
        [
            (link.student.code, link.student.status, link.portal_access, link.is_removed, link.student.custody_note)
            for link in account.links
        ],
    ]
    return _digest(ground)


def _digest(ground: list[Any]) -> str:
    return hashlib.sha256(json.dumps(ground).encode()).hexdigest()[:32]


def make_plan(
    database: Database,
    service: AccountService,
    settings: Settings,
    verb: Verb,
    persons: Sequence[int],
    *,
    singly: bool,
    reason: str,
    now: datetime,
    of_walk: OfWalk | None = None,
) -> Plan:
    """A plan for these people. `singly`: it was asked for one account by itself, so questions may be asked.

    `of_walk`: it is part of a hand-over, in which questions were put one by one; an answer holds for the very question.
    """
    if verb is Verb.RESET and service.sends_own_mail and not service.by_hand:
        raise Refused(
            f"{service.system} writes to parents itself, and can't be asked for a password reset from here.",
            means="Nothing was done.",
            todo="Parents ask for one at its login page.",
        )
    items: list[PlannedItem] = []
    left_out: list[LeftOut] = []
    questions: list[Question] = []
    for start in range(0, len(persons), _PART):
        part = persons[start : start + _PART]
        found = facts.gather(database, part)
        for person in part:
            account = found[person]
            verdict = ask_gate(
                verb,
                account,
                reason=reason if singly else "",
                future_counts=settings.accounts.future_students_count,
            )
            if verdict.decision is Decision.REFUSE:
                left_out.append(LeftOut(account.code, account.name, verdict.sentence))
                continue
            answered = False
            if verdict.decision is Decision.ASK and of_walk is not None:
                answered = of_walk.answers.get(person) == verdict.sentence
            if verdict.decision is Decision.ASK and not answered:
                if not singly:
                    left_out.append(
                        LeftOut(account.code, account.name, f"asked singly, never in bulk: {verdict.sentence}")
                    )
                    continue
                questions.append(Question(account.code, account.name, verdict.sentence))
            group = None
            if account.group is not None and account.group.answer == Answer.UNDECIDED:
                number = account.group.import_.number if account.group.import_ else 0
                group = (account.group.contact_type, number)
            greeting = of_walk.greetings.get(person, "") if of_walk is not None else ""
            items.append(
                PlannedItem(person, account.code, account.name, fingerprint(account, verb), group, answered, greeting)
            )
    guard = None
    if verb is Verb.REVOKE:
        guard = judge_now(database, settings, len(items), {item.group for item in items if item.group}, now)
    return Plan(
        verb=verb,
        service=service.name,
        system=service.system,
        how=_how(verb, service, settings),
        items=tuple(items),
        left_out=tuple(left_out),
        questions=tuple(questions),
        guard=guard,
        singly=singly,
        reason=reason,
        asked_for=len(persons),
        handover=of_walk.number if of_walk is not None else None,
    )


def make_restore_plan(
    database: Database,
    service: AccountService,
    of_job: int,
    codes: Sequence[str] = (),
    *,
    reason: str,
    now: datetime,
) -> Plan:
    """A plan to take back what a job revoked, all of it or these codes. Raises NotFound, and Refused when the job is no
    revoke, acted elsewhere, or this service can't restore."""
    row = journal.one_job(database, of_job)
    if row.verb != Verb.REVOKE:
        raise Refused(f"Job {of_job} revoked nothing.", todo="See engage-accounts jobs for the jobs that did.")
    if row.service != service.name:
        raise Refused(f"Job {of_job} acted on {row.system}; this register now acts on {service.system}.")
    if not service.can_restore:
        raise Refused(service.restores, means="Nothing was done.")
    done = [item for item in journal.items(database, of_job, ("done",)) if not codes or item.code in codes]
    unknown = sorted(set(codes) - {item.code for item in done})
    if unknown:
        raise Refused(f"Not revoked by job {of_job}: {', '.join(clean(code) for code in unknown[:10])}.")
    persons = [item.person for item in done]
    copies = accounts.copies(database, of_job, persons)
    items, left_out = [], []
    for start in range(0, len(persons), _PART):
        found = facts.gather(database, persons[start : start + _PART])
        for person, account in found.items():
            verdict = restore_gate(account, copies.get(person), now.isoformat())
            if verdict.decision is Decision.ACT:
                items.append(PlannedItem(person, account.code, account.name, fingerprint(account, Verb.RESTORE)))
            else:
                left_out.append(LeftOut(account.code, account.name, verdict.sentence))
    return Plan(
        verb=Verb.RESTORE,
        service=service.name,
        system=service.system,
        how=(
            f"Gives the username back in {service.system}. A password reset is needed then: the password is gone."
            if service.elsewhere
            else f"Gives username and password back in {service.system}, as they were before job {of_job}."
        ),
        items=tuple(items),
        left_out=tuple(left_out),
        questions=(),
        guard=None,
        singly=len(persons) == 1,
        reason=reason,
        asked_for=len(persons),
        of_job=of_job,
    )


def judge_now(
    database: Database,
    settings: Settings,
    planned: int,
    touched: set[tuple[str, int]],
    now: datetime,
    *,
    job: int | None = None,
) -> GuardVerdict:
    """What the guard says now of `planned` revokes that touch these undecided groups; `job` is the job they are of,
    when it is there already. What other jobs have begun and not finished counts as if it were done."""
    since = (now - timedelta(hours=WINDOW_HOURS)).isoformat()
    undecided: list[FlagGroup] = []
    if touched:
        undecided = [
            group
            for group in standing.groups(database)
            if group.undecided and (group.contact_type, group.import_number) in touched
        ]
    return judge(
        planned,
        recent=journal.recent_revokes(database, since, job),
        accounts=accounts.total(database) + journal.recent_gone(database, since),
        limits=GuardLimits(settings.guard.max_count, settings.guard.max_percent, settings.guard.percent_from),
        undecided=tuple(undecided),
        ready=listing.counts(database, UserType.CONTACT).get("ready_to_revoke", 0),
    )


def _how(verb: Verb, service: AccountService, settings: Settings) -> str:
    if verb is Verb.REVOKE:
        if service.by_hand:
            act = f"A worklist is written; a person then revokes in {service.system}. Until then nothing is revoked."
        elif service.elsewhere:
            act = (
                f"Deactivates the account in {service.system}, with a password nobody knows and its username free "
                "again. Sessions already open can outlive this."
            )
        else:
            act = f"Removes username and password in {service.system}. Sessions already open can outlive this."
        return f"{act} {service.restores}"
    message = "password reset" if verb is Verb.RESET else "welcome email"
    if service.sends_own_mail and not service.by_hand:
        return f"Makes the account in {service.system}, which writes to the parent itself."
    if service.sends_own_mail:
        return f"A worklist is written; {service.system} sends its own {message} when a person asks it to."
    nowhere = "" if settings.portal.url else " portal.url is not set in the config: the link will lead nowhere."
    does = "Sends one" if settings.mail.transport == "smtp" else "Writes one"
    where = f"by {settings.smtp.host}" if settings.mail.transport == "smtp" else "to the outbox"
    lives = "one hour" if verb is Verb.RESET else "one week"
    makes = f"Makes a record in {service.system} where there is none. " if service.elsewhere else ""
    link = f"with a link that is valid for {lives}; it voids an earlier link."
    return f"{makes}{does} {message} each {where}, {link}{nowhere}"
