"""A person's word on what a worklist asked for: that it was done, or that it will not be.

A word that it was done stands until the next newer import verifies it. Where no import ever can (a password reset, a
welcome email to somebody who had a username before) it closes the request.
"""

from collections.abc import Sequence

from tui.domain.actor import Actor
from tui.domain.feed_accounts import is_by_word
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.register import accounts, audit, journal, requests
from tui.register.database import Database
from tui.register.journal import ItemRow
from tui.text import clean


def attest(database: Database, actor: Actor, job: int, codes: Sequence[str], at: str, *, future_counts: bool) -> int:
    """Requests of a job were carried out: all that wait, or these codes; by code also those that an import showed as
    not done and that were done since. Returns how many. Raises NotFound, Refused."""
    row = journal.one_job(database, job)
    count = 0
    for item in _meant(database, job, codes, "Nothing was attested."):
        with database.transaction() as connection:
            if journal.item_state(connection, item.id) != item.state:
                continue
            before = accounts.state(connection, item.person)
            state = "done" if is_by_word(row.verb, had_username=bool(before.username)) else "attested"
            journal.set_item(connection, item.id, state, at, f"attested by {actor.operator}")
            if row.verb == Verb.REVOKE:
                accounts.clear(
                    connection, [item.person], job, at, "the account was revoked", future_counts=future_counts
                )
            audit.append(
                connection,
                actor,
                at,
                f"{row.verb} attested",
                subject=item.code,
                detail={"system": row.system, "before": before._asdict()},
                job_id=job,
            )
        count += 1
    return count


def withdraw(database: Database, actor: Actor, job: int, codes: Sequence[str], at: str, *, reason: str) -> int:
    """Requests of a job will not be carried out: all that wait, or these codes; by code also those that an import
    showed as not done. Nothing is changed on the accounts. Returns how many. Raises NotFound, Refused."""
    row = journal.one_job(database, job)
    count = 0
    for item in _meant(database, job, codes, "Nothing was withdrawn."):
        with database.transaction() as connection:
            if journal.item_state(connection, item.id) != item.state:
                continue
            why = f"withdrawn by {actor.operator}{f': {reason}' if reason else ''}"
            journal.set_item(connection, item.id, "cancelled", at, why)
            audit.append(
                connection,
                actor,
                at,
                f"{row.verb} withdrawn",
                subject=item.code,
                detail={"system": row.system, "before": {"state": item.state}, "after": {"state": "cancelled"}},
                job_id=job,
                reason=reason,
            )
        count += 1
    return count


def _meant(database: Database, job: int, codes: Sequence[str], means: str) -> list[ItemRow]:
    """The requests of a job that are meant: all that wait, or those of these codes. Raises Refused."""
    found = journal.items(database, job, ("requested",))
    if codes:
        found = [item for item in [*found, *requests.shown_undone(database, job)] if item.code in codes]
    unknown = sorted(set(codes) - {item.code for item in found})
    if unknown:
        raise Refused(
            f"Not waiting in job {job}: {', '.join(clean(code) for code in unknown[:10])}.",
            means=means,
            todo=f"See engage-accounts jobs {job}",
        )
    return found
