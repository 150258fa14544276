"""Making a plan: the gates asked for each account, the guard for the whole. Nothing is changed here."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tui.config import Settings
from tui.domain.facts import AccountFacts
from tui.domain.flag_groups import Answer, FlagGroup
from tui.domain.gates import Decision, Verb, Verdict, mail_gate, revoke_gate
from tui.domain.guard import WINDOW_HOURS, GuardLimits, GuardVerdict, judge
from tui.domain.records import UserType
from tui.jobs.plan import LeftOut, Plan, PlannedItem, Question
from tui.register import accounts, facts, journal, listing, standing
from tui.register.database import Database
from tui.services.service import AccountService

_PART = 400


class OfWalk(NamedTuple):
    """What a hand-over brings to a plan: its number, the questions that were said yes to and the greetings, by person
    number."""

    number: int
    answers: Mapping[int, str]
    greetings: Mapping[int, str]


def ask_gate(
    verb: Verb, account: AccountFacts, *, reason: str, future_counts: bool, covered: bool | None = None
) -> Verdict:
    """The gate of a verb; asked when planning and again for each item just before it is acted on."""
    if verb is Verb.REVOKE:
        return revoke_gate(account, reason=reason, future_counts=future_counts, covered=covered)
    return mail_gate(account, future_counts=future_counts)


def fingerprint(account: AccountFacts) -> str:
    """A digest of what a plan for this account rests on; another one means that the facts have changed.

    All that a gate looks at or a person was shown is in it, but for the flag group: that dissolves as its members go.
    """
    ground = [
        account.status,
        account.name,
        account.username.casefold(),
        account.has_password,
        account.email.casefold(),
        account.last_login,
        account.email_shared_with,
        account.username_shared_with,
        [(hold.kind, hold.note) for hold in account.holds],
        [(other.code, other.decision, other.eligible) for other in account.correlated],
        [(old.code, old.decision, old.has_account, old.doubted) for old in account.old_records],
        [
            (link.student.code, link.student.status, link.portal_access, link.is_removed, link.student.custody_note)
            for link in account.links
        ],
    ]
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
                PlannedItem(person, account.code, account.name, fingerprint(account), group, answered, greeting)
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
        act = (
            f"A worklist is written; a person then revokes in {service.system}. Until then nothing is revoked."
            if service.by_hand
            else f"Removes username and password in {service.system}. Sessions already open can outlive this."
        )
        return f"{act} {service.restores}"
    if service.sends_own_mail:
        return f"A worklist is written; {service.system} sends its own welcome email when a person asks it to."
    nowhere = "" if settings.portal.url else " portal.url is not set in the config: the link will lead nowhere."
    act = (
        "Sends one welcome email each"
        if settings.mail.transport == "smtp"
        else "Writes one welcome email each to the outbox"
    )
    return f"{act}, with a link that is valid for one week; it voids an earlier link.{nowhere}"
