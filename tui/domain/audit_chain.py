"""The audit chain as a rule: how an event's hash follows from the one before, what a head is, what a broken chain is.

hash = SHA-256(previous hash + canonical JSON of the event); the first event follows 32 zero bytes. Pure functions: what
walks over the events is tui.register.audit_chain.
"""

import hashlib
import json
import re
from typing import Any, NamedTuple

START = bytes(32)
# Made once: json.dumps would make one at every event.
_canonical = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_HEAD = re.compile(r"(?:(\d{1,18}):)?([0-9a-fA-F]{64})")


def digest(previous: bytes, fields: tuple[Any, ...]) -> bytes:
    """The hash of an event: (at, operator, origin, action, subject, detail, job_id, reason) after the one before."""
    return hashlib.sha256(previous + _canonical(fields).encode("ascii")).digest()


class Head(NamedTuple):
    """An event's number and hash: all that has to be kept elsewhere to prove everything up to it later. `id` 0: not
    known, when only the hash was kept."""

    id: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.id}:{self.hash.hex()}" if self.id else self.hash.hex()

    @classmethod
    def parse(cls, text: str) -> "Head":
        """A head as it was printed, `N:HEX`, or its HEX alone. Raises ValueError."""
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise ValueError("not a head")
        return cls(int(found[1] or 0), bytes.fromhex(found[2]))


class Broken(NamedTuple):
    """Where the chain does not hold: the event's number (0: the head beside the chain), and what is wrong with it."""

    id: int
    what: str


class Verdict(NamedTuple):
    """What walking the chain found. `head`: the last event as it stands, None when there are no events; `broken`: the
    first event that is wrong; `beside`: what is wrong with the head beside the chain, "" when nothing; `kept`: the
    heads that were kept elsewhere and are not in this chain."""

    events: int
    head: Head | None
    broken: Broken | None
    beside: str
    kept: tuple[Head, ...]

    @property
    def holds(self) -> bool:
        return self.broken is None and not self.beside and not self.kept


def say_verdict(verdict: Verdict) -> list[str]:
    """What was found, in sentences: the first says whether the chain holds."""
    count = f"{verdict.events:,} event{'' if verdict.events == 1 else 's'}"
    if verdict.holds:
        return [f"The audit chain holds: {count}."]
    said = [f"The audit chain does not hold ({count})."]
    if verdict.broken is not None:
        said.append(f"Event {verdict.broken.id:,} {verdict.broken.what}.")
    if verdict.beside:
        said.append(verdict.beside)
    for head in verdict.kept:
        at = f"event {head.id:,}" if head.id else "any event"
        said.append(
            f"The head {head.hash.hex()[:12]}... that was kept elsewhere is not that of {at}: the chain was written "
            "anew since, or it is another register's."
        )
    said.append("Keep a copy of the register as it is, and compare it with a backup.")
    return said
