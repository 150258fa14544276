"""Importing: one roster into the register, as one transaction, all of it or none.

The order: stage and clean, refuse bad rows, weigh what would be lost, compare and log, take over accounts, derive, void
links whose ground is gone, audit. A dry run does all of it and rolls back, so it can't say anything else.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tui.domain.actor import Actor
from tui.domain.difference import Difference
from tui.domain.feed_accounts import AccountsSource, say_unverified
from tui.domain.flag_groups import GROUP_FROM
from tui.domain.problems import USERNAMES, Problems
from tui.domain.records import RecordKind, Roster, RosterDescription
from tui.errors import ImportStopped, InputRefused, Refused
from tui.register import audit, snapshots, watching
from tui.register.accounts import DOUBLED
from tui.register.apply_accounts import apply_accounts, is_silent
from tui.register.apply_records import (
    FIELDS,
    apply_link_history,
    apply_links,
    apply_persons,
    flags_moved,
    keep_access,
    mark_incomplete,
    resolve_links,
    spare_links,
)
from tui.register.database import Database
from tui.register.derive import derive_all
from tui.register.invitations import void_groundless
from tui.register.partial import fill_up, mark_unknown, refuse_groundless
from tui.register.plausibility import lost_columns, say_lost, shrunk_facts, shrunk_rows, turned_over
from tui.register.staging import stage, stage_skipped
from tui.register.telling import remember_ready, tell
from tui.register.watching import Watch
from tui.text import clean, formula_safe, plural, say_time

SHOWN_PROBLEMS = 50
_COMPARING = {
    RecordKind.CONTACTS: watching.CONTACTS,
    RecordKind.STUDENTS: watching.STUDENTS,
    RecordKind.STAFF: watching.STAFF,
}


@dataclass(frozen=True)
class ImportOptions:
    """How to import. `max_shrink_percent` as in the config; `skip_bad` leaves bad rows out instead of refusing;
    `accept_shrink` lets a feed in that lost a lot; `is_demo` is for the demo's own rosters only. `number`: the one that
    the difference was read under; with another import in between it would be another difference, and is refused.
    `content`: a digest of the files that are read, "" where it has none; by it a watch knows them again.
    `needs_usernames`: the config relies on this feed for accounts, so that one without usernames is told."""

    source: AccountsSource
    future_counts: bool
    max_shrink_percent: int
    skip_bad: bool = False
    accept_shrink: bool = False
    dry_run: bool = False
    is_demo: bool = False
    number: int | None = None
    needs_usernames: bool = False
    content: str = ""


class _DryRun(Exception):
    """Leaves the transaction without a trace."""


def import_roster(
    database: Database,
    roster: Roster,
    options: ImportOptions,
    actor: Actor,
    now: datetime,
    *,
    watch: Watch | None = None,
    when_read: Callable[[], None] = lambda: None,
) -> Difference:
    """Import `roster`; return what changed.

    `when_read` is called when all was read and nothing changed yet; what it raises ends the import. Raises InputRefused
    (bad rows, or no rows at all), ImportStopped (it shrank), Refused (a demo register, or another import since the
    difference was read), Declined (`watch` was told to stop), RegisterError.
    """
    watch = watch or Watch()
    if database.meta("demo") and not options.is_demo:
        raise Refused(
            "This register holds the demo school; real records don't belong in it.",
            means="Nothing was imported.",
            todo="Name a register of its own with --register, or leave --register out to use the default one.",
        )
    with database.errors():
        connection = database.connection
        if connection.execute("SELECT 1 FROM snapshots LIMIT 1").fetchone() is None:
            # Into an empty register nearly every page is new: a rollback journal then has nothing to keep and the
            # pages are written once, not twice as through a write-ahead log. It is just as safe. While somebody else
            # has the register open the mode can't be changed, and the import only takes a little longer.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = DELETE")
        # Every link comes out of a join with both its ends; looking each up again took a sixth of the import.
        connection.execute("PRAGMA foreign_keys = OFF")
        try:
            with watch.over(connection):
                stage(connection, roster, watch)
            when_read()
            try:
                with database.transaction():
                    with watch.over(connection):
                        difference = _apply(connection, roster, options, actor, now, watch)
                    if options.dry_run:
                        raise _DryRun
            except _DryRun:
                pass
        finally:
            database.forget()  # the staging tables go with the connection
            _ = database.connection  # a new one, which is back in WAL before anybody else comes
    return difference


def _apply(
    connection: sqlite3.Connection, roster: Roster, options: ImportOptions, actor: Actor, now: datetime, watch: Watch
) -> Difference:
    description = roster.description
    problems = roster.problems
    taken_at = description.taken_at.astimezone(UTC).isoformat()
    before = _statuses(connection)
    rows = [connection.execute(f"SELECT count(*) FROM temp.s_{kind}").fetchone()[0] for kind in FIELDS]
    if description.partial:
        refuse_groundless(connection, description, taken_at)
    if not any(rows) and not problems and not connection.execute("SELECT 1 FROM snapshots LIMIT 1").fetchone():
        raise InputRefused(
            f"There is nobody in {clean(description.source)}.",
            means="Nothing was imported.",
            todo="Look at the export: it holds headings and no rows.",
        )
    counts = {kind: count for kind, count in _staged(connection).items() if kind in description.files}
    told: list[str] = []
    if description.partial:
        told = fill_up(connection, FIELDS, description.access_by_type)
    lost = lost_columns(connection, description)
    shrunk = shrunk_rows(connection, options.max_shrink_percent, description)
    warnings = _warnings(connection, description, taken_at)
    if options.needs_usernames and is_silent(connection):
        warnings.append(
            "accounts.source in the config says that the feed knows who has an account, but this one says nothing of "
            "usernames: what is known of accounts stays as it was, and no request is verified."
        )
    snapshot = _add_snapshot(connection, description, counts, options, problems, actor, now, taken_at)
    if options.number not in (None, snapshot):
        raise _another_since(connection)
    if options.content:
        snapshots.keep_content(connection, snapshot, options.content)
    difference = Difference(
        snapshot, description.feed, clean(description.source), taken_at, options.dry_run, before=before
    )
    for kind in (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.STAFF):
        if kind in description.files or kind is not RecordKind.STAFF or kind in lost:
            watch.phase(f"Comparing {kind}", _COMPARING[kind])
            # In a partial roster nobody goes by absence: all are there who are not named as gone.
            complete = description.partial or not problems.keyless.get(kind)
            # A column that this feed does not have says nothing: what the register knows stays.
            keep = set(FIELDS[kind]) - description.filled(kind) if kind in description.files else ()
            count = apply_persons(connection, kind, snapshot, keep=keep, complete=complete)
            difference.kinds[kind] = count._replace(rows=counts.get(kind, 0))
    watch.phase("Comparing links", watching.LINKS)
    # From here on anything wrong undoes the above: it is all one transaction.
    resolve_links(connection, description, problems, snapshot)
    if problems and not options.skip_bad:
        raise _refused(problems, is_exported=bool(description.paths))
    stage_skipped(connection, problems)
    spare_links(connection)
    mark_incomplete(connection, problems, snapshot, partial=description.partial)
    if description.partial:
        mark_unknown(connection, snapshot)
    if "portal_access" not in description.filled(RecordKind.LINKS):
        keep_access(connection)
    shrunk += shrunk_facts(connection, options.max_shrink_percent)
    difference.flags = flags_moved(connection)
    turned = turned_over(connection, snapshot, difference.kinds[RecordKind.CONTACTS], options.max_shrink_percent)
    stopped = say_lost(lost) + [str(shrink) for shrink in (*shrunk, *turned)]
    if snapshot == 1 and rows[0] and not connection.execute("SELECT 1 FROM links LIMIT 1").fetchone():
        # Nothing to compare with yet; but a school of which nobody is anybody's parent would make every account ready.
        stopped.append(f"links: not one, for {plural(rows[0], 'contact')} and {plural(rows[1], 'student')}")
    if stopped and not options.accept_shrink:
        raise _stopped(stopped, [f"  {say_moved(move)}" for move in difference.flags[:10]] if shrunk else [])
    complete = not problems.keyless.get(RecordKind.LINKS)
    count = apply_links(connection, snapshot, complete=complete)
    difference.kinds[RecordKind.LINKS] = (
        count._replace(rows=counts.get(RecordKind.LINKS, 0)) if description.partial else count
    )
    apply_link_history(connection, snapshot)
    watch.phase("Comparing accounts", watching.ACCOUNTS)
    complete = description.partial or not problems.keyless.get(RecordKind.CONTACTS)
    accounts = apply_accounts(
        connection,
        snapshot,
        taken_at=taken_at,
        source=options.source,
        complete=complete,
        usernames_complete=USERNAMES not in problems.keyless,
        partial=description.partial,
        actor=actor,
        at=now.isoformat(),
    )
    watch.phase("Working out statuses and reasons", watching.STATUSES)
    remember_ready(connection)
    derive_all(connection, future_counts=options.future_counts, told=watch.part)
    watch.phase("Writing it down", watching.WRITING)
    void_groundless(connection, now.isoformat())
    difference.not_obeyed = accounts.not_obeyed
    difference.verified = accounts.verified
    difference.after = _statuses(connection)
    difference.skipped = problems.rows
    difference.problems, difference.problem_count = list(problems)[:SHOWN_PROBLEMS], problems.count
    difference.shrunk = stopped
    difference.noticed = [*warnings, *told, *roster.notes, *_standing_warnings(connection, difference)]
    difference.noticed += say_unverified(accounts.unverified, taken_at)
    difference.warnings = [
        *(f"Accepted although it shrank: {line}" for line in stopped),
        *difference.noticed,
        *([f"{plural(difference.skipped, 'bad row')} left out."] if difference.skipped else []),
    ]
    tell(connection, difference)
    connection.execute(
        "UPDATE snapshots SET warnings = ?, skipped = ? WHERE id = ?",
        (json.dumps(difference.warnings, ensure_ascii=False), problems.rows, snapshot),
    )
    audit.append(
        connection,
        actor,
        now.isoformat(),
        "import",
        subject=f"snapshot {snapshot}",
        detail={
            "feed": description.feed,
            "taken_at": taken_at,
            "kinds": {str(kind): count._asdict() for kind, count in difference.kinds.items()},
            "before": before,
            "after": difference.after,
            "skipped": problems.rows,
            "accepted_shrink": stopped,
        },
    )
    return difference


def _statuses(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(
        connection.execute("SELECT status, count(*) FROM directory WHERE user_type = 'contact' GROUP BY status")
    )


def _staged(connection: sqlite3.Connection) -> dict[RecordKind, int]:
    return {
        kind: connection.execute(f"SELECT count(*) FROM temp.s_{kind}").fetchone()[0]
        for kind in (*FIELDS, RecordKind.LINKS, RecordKind.LINK_HISTORY)
    }


def _add_snapshot(
    connection: sqlite3.Connection,
    description: RosterDescription,
    counts: dict[RecordKind, int],
    options: ImportOptions,
    problems: Problems,
    actor: Actor,
    now: datetime,
    taken_at: str,
) -> int:
    columns = {str(kind): sorted(description.columns.get(kind, ())) for kind in description.files}
    cursor = connection.execute(
        "INSERT INTO snapshots (feed, source, taken_at, imported_at, operator, sync_rule, columns, counts, skipped,"
        " accepted_shrink) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            description.feed,
            clean(description.source),
            taken_at,
            now.isoformat(),
            actor.operator,
            description.sync_rule,
            json.dumps(columns),
            json.dumps({str(kind): count for kind, count in counts.items()}),
            problems.count,
            int(options.accept_shrink),
        ),
    )
    return int(cursor.lastrowid or 0)


def _warnings(connection: sqlite3.Connection, description: RosterDescription, taken_at: str) -> list[str]:
    row = connection.execute("SELECT id, taken_at FROM snapshots ORDER BY taken_at DESC LIMIT 1").fetchone()
    if row and taken_at < row[1]:
        return [
            f"This extract was made on {say_time(taken_at)}, before the one already imported "
            f"(no. {row[0]}, {say_time(row[1])}): newer facts may have been set back."
        ]
    return []


def _standing_warnings(connection: sqlite3.Connection, difference: Difference) -> list[str]:
    warnings = []
    if difference.not_obeyed:
        warnings.append(
            f"{plural(len(difference.not_obeyed), 'username')} in the feed not taken over: the account was revoked "
            f"or has another username here ({', '.join(difference.not_obeyed[:5])}"
            f"{', ...' if len(difference.not_obeyed) > 5 else ''})."
        )
    for outcome, sentence in (
        (
            "not_done",
            "requested but not done: the portal still lists the username",
        ),
        ("came_back", "had been revoked and came back: the portal lists a username again"),
    ):
        count = difference.verified.get(outcome, 0)
        if count:
            warnings.append(f"{plural(count, 'account')} {sentence}.")
    for contact_type, size in connection.execute(
        "SELECT contact_type, count(*) FROM directory WHERE flag_snapshot = ? GROUP BY 1 HAVING count(*) >= ?",
        (difference.number, GROUP_FROM),
    ):
        warnings.append(
            f"Portal access went off for {plural(size, 'account')} of contact type {contact_type or '(none)'} "
            "in this import: one change, not that many leavers. See: engage-accounts groups"
        )
    doubled = connection.execute(f"SELECT count(*) FROM ({DOUBLED})").fetchone()[0]
    if doubled:
        warnings.append(
            f"{plural(doubled, 'username')} on more than one contact (regardless of case): engage-accounts status says "
            "on which."
        )
    kept = connection.execute("SELECT count(*) FROM contacts WHERE incomplete_snapshot IS NOT NULL").fetchone()[0]
    if kept:
        warnings.append(
            f"Rows that may be about the children of {plural(kept, 'contact')} were left out: until an import without "
            "bad rows none of these is ready to revoke."
        )
    return warnings


def say_moved(move: Any) -> str:
    """Flags that moved for one contact type, in a sentence."""
    parts = [
        f"{count:,} went {word}"
        for count, word in ((move.went_off, "off"), (move.went_on, "on"), (move.went_unknown, "unknown"))
        if count
    ]
    return f"portal access of contact type {move.contact_type or '(none)'}: {', '.join(parts)}"


def _refused(problems: Problems, *, is_exported: bool) -> InputRefused:
    shown = [formula_safe(str(problem)) for problem in list(problems)[:SHOWN_PROBLEMS]]
    if problems.count > SHOWN_PROBLEMS:
        shown.append(f"... and {problems.count - SHOWN_PROBLEMS:,} more")
    again = " and export again" if is_exported else ""
    return InputRefused(
        f"{plural(max(problems.rows, 1), 'row')} can't be taken:\n" + "\n".join(f"  {line}" for line in shown),
        means="Nothing was imported.",
        todo=f"Correct them in the admin system{again}, or leave these rows out with --skip-bad.",
    )


def _another_since(connection: sqlite3.Connection) -> Refused:
    # The row that is being added is the last; the one before it is the import that came in between.
    number, operator, at = connection.execute(
        "SELECT id, operator, imported_at FROM snapshots ORDER BY id DESC LIMIT 1 OFFSET 1"
    ).fetchone()
    return Refused(
        f"Another import came in between: no. {number:,} by {operator}, {say_time(at)}.",
        means="The difference that was read is not the one this import would make now. Nothing was imported.",
        todo="Read the difference again.",
    )


def _stopped(stopped: list[str], moved: list[str]) -> ImportStopped:
    return ImportStopped(
        "This feed has lost more than is plausible:\n" + "\n".join([f"  {line}" for line in stopped] + moved),
        means="It is more likely that the export is cut off or its settings changed than that all this is true. "
        "Nothing was imported.",
        todo="Look at the export. If it is right, import it with --accept-shrink.",
    )
