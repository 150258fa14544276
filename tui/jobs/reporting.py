"""What became of a job, read from the journal; and the lists that a person carries out, written when it is through."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tui.domain.gates import Verb
from tui.domain.records import UserType
from tui.jobs.lease import is_free
from tui.jobs.plan import JobReport, Outcome
from tui.register import invitations, journal, listing
from tui.register.database import Database
from tui.services.service import AccountService, Listed

# How items stand in a report: what was begun is not reached yet.
_STATES = {"claimed": "pending", "not_done": "failed"}
_PART = 400


def report(database: Database, service: AccountService, job: int, now: datetime) -> JobReport:
    """What became of a job. Raises NotFound."""
    row = journal.one_job(database, job)
    found = journal.items(database, job)
    names: dict[int, str] = {}
    for start in range(0, len(found), _PART):
        persons = [item.person for item in found[start : start + _PART]]
        names.update((listed.person, listed.name) for listed in listing.rows(database, persons))
    return JobReport(
        job=job,
        verb=Verb(row.verb),
        system=row.system,
        service=row.service,
        total=row.total,
        outcomes=tuple(
            Outcome(item.code, names.get(item.person, ""), _STATES.get(item.state, item.state), item.detail)
            for item in found
        ),
        files=row.files,
        stopped=row.is_open and is_free(database, job, now),
        stopped_why=row.stopped_why,
        cancelled=row.state == "cancelled",
        how=service.restores if row.verb == Verb.REVOKE else "",
        handed_to=handed_to(database, row),
        taken_back=journal.free_again(database, job),
    )


def handed_to(database: Database, row: journal.JobRow) -> str:
    """The transport that took any message of a job, "" when none did: asked of the job and not of the config, which may
    have changed since."""
    if not Verb(row.verb).mails or not row.counts.get("done"):
        return ""
    return invitations.of_job(database, row.id)


def write_worklist(database: Database, service: AccountService, job: int, verb: Verb, at: str) -> list[Path]:
    """Write the list of a job whose orders a person carries out. Raises ServiceError."""
    wanted = [item for item in journal.items(database, job) if item.state in ("requested", "attested")]
    listed = _listed(database, [item.person for item in wanted], {item.code: "" for item in wanted})
    left: list[Listed] = []
    if verb is Verb.REVOKE:
        taken = {item.person for item in wanted}
        others = [
            person
            for person in listing.listed(database, tab="ready_to_revoke", user_type=UserType.CONTACT)
            if person not in taken
        ]
        if len(others) < len(listed):
            left = _listed(database, others, {})
    return service.finish(job, verb, listed, left, at)


def _listed(database: Database, persons: Sequence[int], why: dict[str, str]) -> list[Listed]:
    return [
        Listed(
            row.code,
            row.surname_first,
            row.email,
            row.username,
            why.get(row.code, row.held or ("already requested" if row.requested else "not in this job")),
            row.status,
        )
        for row in listing.rows(database, persons)
    ]
