"""What an import says about accounts: usernames taken over or not, requests verified, dead links voided.

The rules are domain/feed_accounts.py's; here the cases are found and the outcomes carried out.
"""

import sqlite3
from typing import NamedTuple

from tui.domain.actor import Actor
from tui.domain.feed_accounts import (
    AccountsSource,
    FeedOutcome,
    Listing,
    RequestOutcome,
    feed_outcome,
    request_outcome,
    why_unverified,
)
from tui.domain.problems import USERNAMES
from tui.register import audit
from tui.register.database import unindexed
from tui.text import say_date


class AccountsResult(NamedTuple):
    """Codes whose listed username was reported and not obeyed, how requests came out, and how many of them this
    extract could not verify, by outcome."""

    not_obeyed: list[str]
    verified: dict[str, int]
    unverified: dict[str, int]


def apply_accounts(
    connection: sqlite3.Connection,
    snapshot: int,
    *,
    taken_at: str,
    source: AccountsSource,
    complete: bool,
    usernames_complete: bool,
    partial: bool,
    actor: Actor,
    at: str,
) -> AccountsResult:
    """Take over what the staged feed says of accounts, and verify what was requested.

    `complete` False: contacts were left out whose code can't be read, so nobody's record may be taken as gone.
    `usernames_complete` False: usernames were left out of which can't be read whose they are.
    `partial`: whoever is not named in it is not spoken of, gone or not.
    """
    _take_simple(connection, "students", 1)
    _take_simple(connection, "staff", 2)
    verified, unverified = _verify_requests(
        connection,
        snapshot,
        taken_at,
        complete=complete,
        usernames_complete=usernames_complete,
        partial=partial,
        actor=actor,
        at=at,
    )
    _verify_late(connection, snapshot, taken_at, verified, actor=actor, at=at)
    not_obeyed = []
    cases = connection.execute(
        "SELECT c.id * 4, c.code, a.username, s.username, a.revoked_at, a.acted_at, a.revoked_job"
        " FROM temp.s_contacts AS s JOIN contacts AS c ON c.code = s.code JOIN accounts AS a ON a.person = c.id * 4"
        " WHERE s.username IS NOT NULL AND s.username <> a.username"
    ).fetchall()
    for person, code, ours, feed, revoked_at, acted_at, revoked_job in cases:
        outcome = feed_outcome(
            ours=ours,
            feed=feed,
            ever_revoked=bool(revoked_at),
            acted_at=acted_at,
            taken_at=taken_at,
            source=source,
        )
        if outcome in (FeedOutcome.ADOPT, FeedOutcome.CLEAR, FeedOutcome.CAME_BACK):
            came_back = snapshot if outcome is FeedOutcome.CAME_BACK else None
            connection.execute(
                "UPDATE accounts SET username = ?, username_key = casefold(?),"
                " came_back_snapshot = coalesce(?, came_back_snapshot) WHERE person = ?",
                (feed, feed, came_back, person),
            )
            connection.execute(
                "INSERT INTO changes (snapshot_id, kind, contact_code, field, old, new)"
                " VALUES (?, 'account', ?, 'username', ?, ?)",
                (snapshot, code, ours, feed),
            )
            if outcome is FeedOutcome.CAME_BACK:
                verified[RequestOutcome.CAME_BACK] = verified.get(RequestOutcome.CAME_BACK, 0) + 1
                connection.execute(
                    "UPDATE items SET verified = 'came_back', verified_snapshot = ? WHERE person = ? AND job_id = ?",
                    (snapshot, person, revoked_job),
                )
                action = f"revoke {_ACTIONS[RequestOutcome.CAME_BACK]}"
                _audit(connection, actor, at, action, code, revoked_job, snapshot, taken_at)
        elif outcome is FeedOutcome.REPORT:
            not_obeyed.append(code)
    connection.execute(
        "UPDATE accounts AS a SET feed_username = s.username"
        " FROM temp.s_contacts AS s JOIN contacts AS c ON c.code = s.code WHERE a.person = c.id * 4"
        " AND s.username IS NOT NULL AND a.feed_username <> s.username AND a.acted_at < ?",
        (taken_at,),
    )
    _take_new(connection)
    connection.execute(
        "UPDATE accounts AS a SET last_login = s.last_login"
        " FROM temp.s_contacts AS s JOIN contacts AS c ON c.code = s.code"
        " WHERE a.person = c.id * 4 AND s.last_login IS NOT NULL AND a.username <> ''"
        " AND a.last_login IS NOT s.last_login AND (a.last_login IS NULL OR s.last_login > a.last_login)"
    )
    return AccountsResult(not_obeyed, verified, unverified)


def is_silent(connection: sqlite3.Connection) -> bool:
    """Whether the staged feed says nothing of usernames: of no contact that is in it."""
    said = (
        "SELECT EXISTS (SELECT 1 FROM temp.s_contacts), EXISTS (SELECT 1 FROM temp.s_contacts WHERE username NOT NULL)"
    )
    some, told = connection.execute(said).fetchone()
    return bool(some) and not told


def _take_new(connection: sqlite3.Connection) -> None:
    """Take over the usernames of contacts that have no account here yet."""
    insert = (
        "INSERT INTO accounts (person, username, username_key, last_login, feed_username)"
        " SELECT c.id * 4, s.username, casefold(s.username), s.last_login, s.username FROM temp.s_contacts AS s"
        " JOIN contacts AS c ON c.code = s.code WHERE s.username <> ''"
    )
    if connection.execute("SELECT 1 FROM accounts WHERE person % 4 = 0 LIMIT 1").fetchone() is None:
        with unindexed(connection, "accounts"):
            connection.execute(insert)
    else:
        connection.execute(f"{insert} AND NOT EXISTS (SELECT 1 FROM accounts AS a WHERE a.person = c.id * 4)")


def _take_simple(connection: sqlite3.Connection, table: str, number: int) -> None:
    """Students' and staff's accounts are never acted on here: what the feed says stands."""
    named = f"FROM temp.s_{table} AS s JOIN {table} AS m ON m.code = s.code"
    connection.execute(
        f"DELETE FROM accounts WHERE person IN (SELECT m.id * 4 + {number} {named} WHERE s.username = '')"
    )
    connection.execute(
        "INSERT INTO accounts (person, username, username_key, feed_username)"
        f" SELECT m.id * 4 + {number}, s.username, casefold(s.username), s.username {named} WHERE s.username <> ''"
        " ON CONFLICT (person) DO UPDATE SET username = excluded.username, username_key = excluded.username_key"
        " WHERE username <> excluded.username"
    )


_SHOWS = {
    ("revoke", RequestOutcome.DONE): "lists no username any more",
    ("revoke", RequestOutcome.NOT_DONE): "still lists the username",
    ("welcome", RequestOutcome.DONE): "lists a username",
}
_ACTIONS = {
    RequestOutcome.DONE: "verified: done",
    RequestOutcome.NOT_DONE: "verified: not done",
    RequestOutcome.CAME_BACK: "verified: came back",
    RequestOutcome.GONE: "not verified: record gone",
    RequestOutcome.SILENT: "not verified: no usernames",
    RequestOutcome.LEFT_OUT: "not verified: row left out",
    RequestOutcome.NEVER: "not verified: by word alone",
}


def _audit(
    connection: sqlite3.Connection,
    actor: Actor,
    at: str,
    action: str,
    code: str,
    job: int | None,
    snapshot: int,
    taken_at: str,
) -> None:
    detail = {"snapshot": snapshot, "taken_at": taken_at}
    audit.append(connection, actor, at, action, subject=code, detail=detail, job_id=job)


def _verify_requests(
    connection: sqlite3.Connection,
    snapshot: int,
    taken_at: str,
    *,
    complete: bool,
    usernames_complete: bool,
    partial: bool,
    actor: Actor,
    at: str,
) -> tuple[dict[str, int], dict[str, int]]:
    """Hold open requests against this extract: how they came out, and those that it could not verify.

    One that was carried out closes; one that was not opens again. What proves nothing leaves a request open until a
    person attests it; one that was attested then closes, where no later extract can know better.
    """
    verified: dict[str, int] = {}
    unverified: dict[str, int] = {}
    open_items = connection.execute(
        "SELECT i.id, i.job_id, i.code, i.person, i.state, i.detail, i.verified, i.acted_at, j.verb, s.username,"
        " s.code IS NULL, s.last_login, coalesce(a.username <> '', 0), EXISTS (SELECT 1 FROM temp.s_skipped AS x"
        f"  WHERE x.kind IN ('contacts', '{USERNAMES}') AND x.a = c.code)"
        " FROM items AS i JOIN jobs AS j ON j.id = i.job_id JOIN contacts AS c ON c.id * 4 = i.person"
        " LEFT JOIN accounts AS a ON a.person = i.person LEFT JOIN temp.s_contacts AS s ON s.code = c.code"
        " WHERE i.state IN ('requested', 'attested') AND i.acted_at < ?"
        # Of whoever is not named in what changed nothing is said.
        " AND (NOT ? OR s.line > 0 OR c.code IN (SELECT code FROM temp.s_named WHERE is_gone))",
        (taken_at, partial),
    ).fetchall()
    for item, job, code, person, state, detail, before, acted_at, verb, username, absent, login, had, bad in open_items:
        unread = (absent and not complete) or (username is None and not absent and not usernames_complete)
        listing = Listing(username, gone=bool(absent), left_out=bool(bad or unread))
        outcome = request_outcome(
            verb=verb, requested_at=acted_at, taken_at=taken_at, listing=listing, had_username=bool(had)
        )
        new_state, shows = state, detail
        if outcome.is_unverified:
            unverified[outcome] = unverified.get(outcome, 0) + 1
            why = why_unverified(verb, outcome, taken_at)
            if outcome is RequestOutcome.NEVER and login and login > acted_at:
                why += f"; there was a log-in since, on {say_date(login)}"  # no proof, but worth knowing
            if state == "requested":
                shows = why
            elif outcome in (RequestOutcome.GONE, RequestOutcome.NEVER):
                # A person's word is all there is for it, and will be.
                new_state, shows = "done", f"{detail}; {why}"
        if outcome in (RequestOutcome.DONE, RequestOutcome.NOT_DONE):
            new_state = str(outcome)
            shows = f"the extract of {say_date(taken_at)} {_SHOWS[verb, outcome]}"
        if outcome in (RequestOutcome.DONE, RequestOutcome.NOT_DONE, RequestOutcome.GONE):
            verified[outcome] = verified.get(outcome, 0) + 1
        connection.execute(
            "UPDATE items SET state = ?, verified = ?, verified_snapshot = ?, detail = ? WHERE id = ?",
            (new_state, str(outcome), snapshot, shows, item),
        )
        # What proves nothing is looked at by every import, and told once.
        if outcome is not RequestOutcome.OPEN and (outcome != before or new_state != state):
            _audit(connection, actor, at, f"{verb} {_ACTIONS[outcome]}", code, job, snapshot, taken_at)
        if verb == "revoke" and outcome is RequestOutcome.DONE:
            _gone_for_good(connection, person, job, taken_at)
        elif verb == "revoke" and state == "attested" and outcome is RequestOutcome.NOT_DONE:
            # It was said to be gone and never was: it has not come back.
            connection.execute("UPDATE accounts SET revoked_at = '', revoked_job = NULL WHERE person = ?", (person,))
    return verified, unverified


def _verify_late(
    connection: sqlite3.Connection, snapshot: int, taken_at: str, verified: dict[str, int], *, actor: Actor, at: str
) -> None:
    """Revokes that an extract showed as not done, and this newer one as done, nobody having asked again meanwhile: the
    list was carried out after the night's import, and whoever comes back later is told as come back."""
    late = connection.execute(
        "SELECT i.id, i.job_id, i.code, i.person FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
        " JOIN contacts AS c ON c.id * 4 = i.person JOIN accounts AS a ON a.person = i.person"
        " JOIN temp.s_contacts AS s ON s.code = c.code JOIN snapshots AS v ON v.id = i.verified_snapshot"
        " WHERE i.state = 'not_done' AND j.verb = 'revoke' AND a.username <> '' AND s.username = ''"
        # An extract that was corrected is as old as it was before, and is the later word.
        " AND v.taken_at <= ?1 AND v.id < ?2 AND i.acted_at < ?1 AND a.acted_at < ?1"
        " AND NOT EXISTS (SELECT 1 FROM items AS n"
        "  JOIN jobs AS k ON k.id = n.job_id WHERE n.person = i.person AND k.verb = 'revoke' AND n.id > i.id"
        "  AND n.state NOT IN ('skipped', 'cancelled'))",
        (taken_at, snapshot),
    ).fetchall()
    for item, job, code, person in late:
        verified[RequestOutcome.DONE] = verified.get(RequestOutcome.DONE, 0) + 1
        connection.execute(
            "UPDATE items SET state = 'done', verified = 'done', verified_snapshot = ?, detail = ? WHERE id = ?",
            (snapshot, f"the extract of {say_date(taken_at)} {_SHOWS['revoke', RequestOutcome.DONE]}", item),
        )
        _audit(connection, actor, at, f"revoke {_ACTIONS[RequestOutcome.DONE]}", code, job, snapshot, taken_at)
        _gone_for_good(connection, person, job, taken_at)


def _gone_for_good(connection: sqlite3.Connection, person: int, job: int, taken_at: str) -> None:
    """A revoke was verified. What an older extract says of the account after this is no word against it."""
    connection.execute(
        "UPDATE accounts SET username = '', username_key = '', password_hash = NULL, feed_username = '',"
        " came_back_snapshot = NULL, revoked_at = ?1, acted_at = ?1, revoked_job = ?2 WHERE person = ?3",
        (taken_at, job, person),
    )
