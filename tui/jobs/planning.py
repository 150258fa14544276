"""Making a plan: the gates asked for each account, the guard for the whole. Nothing is changed here."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from tui.config import Settings
from tui.domain.facts import AccountFacts
from tui.domain.flag_groups import FlagGroup
from tui.domain.gates import Decision, Verb, Verdict, mail_gate, revoke_gate
from tui.domain.guard import WINDOW_HOURS, GuardLimits, GuardVerdict, judge
from tui.domain.records import UserType
from tui.jobs.plan import LeftOut, Plan, PlannedItem, Question
from tui.register import accounts, facts, journal, listing, standing
from tui.register.database import Database
from tui.services.service import AccountService

_PART = 400


def ask_gate(verb: Verb, account: AccountFacts, *, reason: str, future_counts: bool) -> Verdict:
    """The gate of a verb; asked when planning and again for each item just before it is acted on."""
    if verb is Verb.REVOKE:
        return revoke_gate(account, reason=reason, future_counts=future_counts)
    return mail_gate(account, future_counts=future_counts)


def fingerprint(account: AccountFacts) -> str:
    """A digest of what a plan for this account rests on; another one means that the facts have changed."""
    ground = [
        account.status,
        account.username.casefold(),
        account.has_password,
        account.email.casefold(),
        [(link.student.code, link.student.status, link.portal_access, link.is_removed) for link in account.links],
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
) -> Plan:
    """A plan for these people. `singly`: it was asked for one account by itself, so questions may be asked."""
    items: list[PlannedItem] = []
    left_out: list[LeftOut] = []
    questions: list[Question] = []
    groups_touched: set[tuple[str, int]] = set()
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
            if verdict.decision is Decision.ASK:
                if not singly:
                    left_out.append(
                        LeftOut(account.code, account.name, f"asked singly, never in bulk: {verdict.sentence}")
                    )
                    continue
                questions.append(Question(account.code, account.name, verdict.sentence))
            items.append(PlannedItem(person, account.code, account.name, fingerprint(account)))
            if account.group is not None:
                number = account.group.import_.number if account.group.import_ else 0
                groups_touched.add((account.group.contact_type, number))
    guard = _guard(database, settings, len(items), groups_touched, now) if verb is Verb.REVOKE else None
    return Plan(
        verb=verb,
        service=service.name,
        system=service.system,
        how=_how(verb, service),
        items=tuple(items),
        left_out=tuple(left_out),
        questions=tuple(questions),
        guard=guard,
        singly=singly,
        reason=reason,
        asked_for=len(persons),
    )


def _guard(
    database: Database, settings: Settings, planned: int, touched: set[tuple[str, int]], now: datetime
) -> GuardVerdict:
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
        recent=journal.recent_revokes(database, since),
        accounts=accounts.total(database) + journal.recent_gone(database, since),
        limits=GuardLimits(settings.guard.max_count, settings.guard.max_percent, settings.guard.percent_from),
        undecided=tuple(undecided),
        ready=listing.counts(database, UserType.CONTACT).get("ready_to_revoke", 0),
    )


def _how(verb: Verb, service: AccountService) -> str:
    if verb is Verb.REVOKE:
        act = (
            f"A worklist is written; a person then revokes in {service.system}. Until then nothing is revoked."
            if service.by_hand
            else f"Removes username and password in {service.system}. Sessions already open can outlive this."
        )
        return f"{act} {service.restores}"
    if service.sends_own_mail:
        return f"A worklist is written; {service.system} sends its own welcome email when a person asks it to."
    return (
        "Writes one welcome email each to the outbox, with a link that is valid for one week; it voids an earlier link."
    )
