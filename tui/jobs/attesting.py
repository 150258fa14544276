"""A person's word that what a worklist asked for was done: it stands until the next newer import verifies it."""

from collections.abc import Sequence

from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.register import accounts, audit, journal
from tui.register.database import Database
from tui.text import clean


def attest(database: Database, actor: Actor, job: int, codes: Sequence[str], at: str, *, future_counts: bool) -> int:
    """Requests of a job were carried out: all of them, or these codes. Returns how many. Raises NotFound, Refused."""
    row = journal.one_job(database, job)
    found = [item for item in journal.items(database, job, ("requested",)) if not codes or item.code in codes]
    unknown = sorted(set(codes) - {item.code for item in found})
    if unknown:
        raise Refused(
            f"Not waiting in job {job}: {', '.join(clean(code) for code in unknown[:10])}.",
            means="Nothing was attested.",
            todo=f"See engage-accounts jobs {job}",
        )
    for item in found:
        with database.transaction() as connection:
            if journal.item_state(connection, item.id) != "requested":
                continue
            before = accounts.state(connection, item.person)
            journal.set_item(connection, item.id, "attested", at, f"attested by {actor.operator}")
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
    return len(found)
