"""A person's word on what a worklist asked for: that it was done, or that it will not be; and a word taken back.

A word that it was done stands until the next newer import verifies it. Where no import ever can (a password reset, a
welcome email to somebody who had a username before) it closes the request. What an import has verified is nobody's word
any more, and is not taken back.
"""

from collections.abc import Sequence

from tui.domain.actor import Actor
from tui.domain.feed_accounts import is_by_word
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.register import accounts, audit, journal, requests
from tui.register.database import Connection, Database
from tui.register.journal import ItemRow
from tui.text import clean, join_and


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
                requests.word(row.verb),
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


def take_back(database: Database, actor: Actor, job: int, codes: Sequence[str], at: str, *, future_counts: bool) -> int:
    """What was attested in a job was not carried out: all that rests on a person's word, or these codes. It waits
    again from now on, and whom it took the username from has it again. Links that were void stay so. Returns how many.
    Raises NotFound; Refused, with nothing changed, where a code has no such word or another has the username by now."""
    row = journal.one_job(database, job)
    found = _those(
        requests.by_word(database, job), codes, f"Not resting on a word in job {job}", job, "Nothing was taken back."
    )
    with database.transaction() as connection:
        usernames = {}
        if row.verb == Verb.REVOKE:
            usernames = {item.person: requests.username_before(connection, item.code, job) for item in found}
        taken = [item.code for item in found if _has_another(connection, item.person, usernames.get(item.person, ""))]
        if taken:
            raise Refused(
                f"Somebody else has the username of {join_and([clean(code) for code in taken], most=10)} by now.",
                means="Nothing was taken back.",
                todo="See who has it in the portal; an import of a newer extract brings the register up to date.",
            )
        count = 0
        for item in found:
            if journal.item_state(connection, item.id) != item.state:
                continue
            before = accounts.state(connection, item.person)
            requests.wait_again(connection, item.id, at, f"attested, and taken back by {actor.operator}")
            username = usernames.get(item.person, "")
            if username and not before.username:
                accounts.set_username(connection, item.person, username, at, future_counts=future_counts)
            audit.append(
                connection,
                actor,
                at,
                f"{row.verb} attested: taken back",
                subject=item.code,
                detail={
                    "system": row.system,
                    "before": before._asdict(),
                    "after": accounts.state(connection, item.person)._asdict(),
                },
                job_id=job,
            )
            count += 1
    return count


def _has_another(connection: Connection, person: int, username: str) -> bool:
    return bool(username) and accounts.holder_of(connection, username) not in (None, person)


def _meant(database: Database, job: int, codes: Sequence[str], means: str) -> list[ItemRow]:
    """The requests of a job that are meant: all that wait, or those of these codes, which an import may have shown as
    not carried out. Raises Refused."""
    found = journal.items(database, job, ("requested",))
    if codes:
        found = [*found, *requests.shown_undone(database, job)]
    return _those(found, codes, f"Not waiting in job {job}", job, means)


def _those(found: list[ItemRow], codes: Sequence[str], unless: str, job: int, means: str) -> list[ItemRow]:
    """Those of these codes, all without any. Raises Refused where one is not among them."""
    unknown = sorted(set(codes) - {item.code for item in found})
    if unknown:
        raise Refused(
            f"{unless}: {', '.join(clean(code) for code in unknown[:10])}.",
            means=means,
            todo=f"See engage-accounts jobs {job}",
        )
    return [item for item in found if not codes or item.code in codes]
