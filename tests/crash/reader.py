"""An independent reader: plain sqlite3 and the messages as they arrived. It imports nothing of the program.

It counts what was done, walks the audit's chain by its own arithmetic, and says what does not add up.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

_TOKEN = re.compile(r"#([A-Za-z0-9_-]{20,})")
OPEN = ("pending", "claimed")


class Delivered(NamedTuple):
    """A message that arrived: for whom, and the hashes of the tokens in it."""

    recipient: str
    tokens: frozenset[bytes]


def read(register: Path, sql: str, *parameters: object) -> list[Any]:
    """All rows."""
    with closing(sqlite3.connect(f"file:{register}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, parameters).fetchall()


def state_of(register: Path, job: int) -> str:
    """The state of a job, "" when there is none."""
    found = read(register, "SELECT state FROM jobs WHERE id = ?", job)
    return str(found[0][0]) if found else ""


def reached(register: Path, job: int) -> tuple[int, int]:
    """How many items of a job are behind it, of how many."""
    states = [state for (state,) in read(register, "SELECT state FROM items WHERE job_id = ?", job)]
    return sum(state not in OPEN for state in states), len(states)


def delivered(received: Iterable[tuple[str, bytes]]) -> list[Delivered]:
    """The messages that a server took."""
    return [Delivered(recipient, _tokens(content)) for recipient, content in received]


def in_outbox(folder: Path) -> list[Delivered]:
    """The messages that lie in an outbox."""
    found = []
    for path in sorted(folder.glob("*.eml")):
        content = path.read_bytes()
        recipient = message_from_bytes(content, policy=default)["To"].addresses[0].addr_spec
        found.append(Delivered(recipient, _tokens(content)))
    return found


def _tokens(content: bytes) -> frozenset[bytes]:
    text = message_from_bytes(content, policy=default).get_body(("plain",))
    assert text is not None
    return frozenset(sha256(token.encode()).digest() for token in _TOKEN.findall(text.get_content()))


def chain_problem(register: Path) -> str:
    """What is wrong with the audit's chain, "" when it holds up to its head."""
    previous, last = bytes(32), 0
    for number, *fields, stored in read(
        register,
        "SELECT id, at, operator, origin, action, subject, detail, job_id, reason, hash FROM audit ORDER BY id",
    ):
        body = json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()
        if number != last + 1 or sha256(previous + body).digest() != stored:
            return f"event {number} does not follow"
        previous, last = stored, number
    head = read(register, "SELECT id, hash FROM audit_head")
    return "" if head == [(last, previous)] else "the head is not the last event"


def problems(register: Path, arrived: list[Delivered]) -> list[str]:
    """All that does not add up, of all jobs together."""
    found = []
    if read(register, "PRAGMA integrity_check") != [("ok",)]:
        found.append("the file is damaged")
    if why := chain_problem(register):
        found.append(f"audit: {why}")
    return found + _accounts(register) + _messages(register, arrived)


def _accounts(register: Path) -> list[str]:
    found = []
    jobs = dict(read(register, "SELECT id, verb FROM jobs"))
    told = Counter(read(register, "SELECT action, job_id, subject FROM audit WHERE job_id IS NOT NULL"))
    twice = [key for key, count in told.items() if count > 1 and key[2] and not key[2].startswith("job ")]
    # A message that is put off is told each time.
    found += [f"told twice: {key}" for key in twice if not key[0].endswith("deferred")]
    copies = Counter(read(register, "SELECT job_id, person FROM revoked_copies"))
    found += [f"{count} copies of {key}" for key, count in copies.items() if count > 1]
    for item, job, person, code, state, restored in read(
        register, "SELECT id, job_id, person, code, state, restored_at FROM items"
    ):
        verb = jobs[job]
        if state == "done" and (verb, job, code) not in told and (f"{verb} settled", job, code) not in told:
            found.append(f"item {item} is done and nobody was told")
        if state in (*OPEN, "skipped", "failed", "cancelled") and (verb, job, code) in told:
            found.append(f"item {item} is {state}, and the audit says it was done")
        if verb == "revoke":
            kept = copies[job, person]
            if kept != int(state == "done" and not restored):
                found.append(f"item {item} is {state}, with {kept} copies")
    for person, username in read(
        register,
        "SELECT i.person, a.username FROM items AS i JOIN jobs AS j ON j.id = i.job_id AND j.verb = 'revoke'"
        " JOIN accounts AS a ON a.person = i.person WHERE i.state = 'done' AND i.restored_at = ''",
    ):
        if username:
            found.append(f"{person} was revoked and has a username")
    return found


def _messages(register: Path, arrived: list[Delivered]) -> list[str]:
    found = []
    verbs = "('welcome', 'reset')"
    owed = Counter[str]()
    for code, state in read(
        register, f"SELECT i.code, i.state FROM items AS i JOIN jobs AS j ON j.id = i.job_id AND j.verb IN {verbs}"
    ):
        owed[f"{code.lower()}@families.example"] += state in ("done", "unknown", "claimed")
    counted = Counter(one.recipient for one in arrived)
    found += [f"{counted[who]} messages to {who}, {owed[who]} at most" for who in counted if counted[who] > owed[who]]
    live, sent, maybe = set[bytes](), set[bytes](), set[bytes]()
    for state, token in read(register, "SELECT state, token_hash FROM invitations"):
        if token is None:
            if state in ("sent", "unknown", "sending"):
                found.append(f"an invitation is {state} and has no token")
            continue
        live.add(token)
        {"sent": sent, "unknown": maybe, "sending": maybe}.get(state, set()).add(token)
    if live - sent - maybe:
        found.append("a link lives that nobody can have")
    tokens = {token for one in arrived for token in one.tokens}
    if sent - tokens:
        found.append("an invitation is said to be sent and never arrived")
    return found


def dead_links(register: Path, arrived: list[Delivered]) -> int:
    """How many links that arrived don't live: none, unless something took their ground away."""
    live = {token for (token,) in read(register, "SELECT token_hash FROM invitations WHERE token_hash IS NOT NULL")}
    return sum(not one.tokens <= live for one in arrived)


def revoked_of_late(register: Path, since: str) -> int:
    """What the guard counts: accounts revoked since a moment, not taken back, and those that a job has still to do."""
    persons = {
        person
        for person, state, acted, restored, created in read(
            register,
            "SELECT i.person, i.state, i.acted_at, i.restored_at, j.created_at FROM items AS i"
            " JOIN jobs AS j ON j.id = i.job_id WHERE j.verb = 'revoke'",
        )
        if (state in ("done", "requested", "attested") and acted >= since and not restored)
        or (state in OPEN and created >= since)
    }
    return len(persons)
