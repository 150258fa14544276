"""An item is asked at the gate once more, right before it is acted on: the facts may have changed since the plan."""

from collections.abc import Mapping
from typing import NamedTuple

from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verb
from tui.domain.restoring import KeptCopy, restore_gate
from tui.jobs.plan import VERBS
from tui.jobs.planning import ask_gate, fingerprint
from tui.register import journal
from tui.register.database import Database

_CHANGED = "the facts have changed since the plan"


class Asking(NamedTuple):
    """What an item is asked with: its job, when (ISO text), whether future students count, and what is kept of the
    accounts that a restore gives back."""

    job: journal.JobRow
    at: str
    future_counts: bool
    copies: Mapping[int, KeptCopy]


def why_not(database: Database, asking: Asking, item: journal.ItemRow, account: AccountFacts) -> str:
    """Why an item is skipped, "" when it is to be acted on."""
    job, verb = asking.job, Verb(asking.job.verb)
    changed = fingerprint(account, verb, item.job_id) != item.facts
    if verb is Verb.RESTORE:
        verdict = restore_gate(account, asking.copies.get(item.person), asking.at)
    else:
        verdict = ask_gate(
            verb,
            account,
            reason=job.reason if job.singly else "",
            future_counts=asking.future_counts,
            covered=bool(item.covered),
            job=item.job_id,
        )
    # What was shown and agreed to was this account as it was then; and a question was only ever asked singly.
    asked = job.singly or bool(item.answered)
    refused = verdict.decision is Decision.REFUSE or (verdict.decision is Decision.ASK and not asked)
    if not (refused or changed):
        return ""
    other = journal.done_elsewhere(database, item.person, verb, item.job_id)
    if other is not None:
        return f"{VERBS[verb][1]} already by {other[1]}, in job {other[0]}"
    return verdict.sentence if refused and not (changed and verdict.decision is Decision.ASK) else _CHANGED
