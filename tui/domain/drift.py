"""Where the register and the service that holds the accounts say different things. Judged here, never mended here."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from tui.domain.holders import Holder, fits


class Drift(StrEnum):
    """How the two differ, for one contact or one record of the service."""

    CAME_BACK = "came back"  # revoked here, and one can log in there again
    DOUBLED = "doubled"  # several records there with one code
    OTHER_USERNAME = "other username"
    INACTIVE_THERE = "inactive there"  # an account here, and nobody can log in with it there
    NOT_THERE = "not there"  # an account here, and no record there
    NOT_HERE = "not here"  # a contact without an account here, and an account there
    REUSED = "reused code"  # the same, and the account there is plainly not this contact's
    UNKNOWN_CODE = "unknown code"  # an account there under a code that no contact has
    NO_CODE = "no code"  # an account there without a code, whose username nobody here has


SAID = {
    Drift.CAME_BACK: "revoked here, and active there again: revoke it singly, or ask who gave it back",
    Drift.DOUBLED: "several records there with one code: neither is acted on until one of them is gone",
    Drift.OTHER_USERNAME: "another username there: not acted on until both are the same",
    Drift.INACTIVE_THERE: "an account here that nobody can log in with there",
    Drift.NOT_THERE: "an account here that has no record there",
    Drift.NOT_HERE: "an account there that this register does not know of",
    Drift.REUSED: "an account there under this code, with another name and email: look whose it is",
    Drift.UNKNOWN_CODE: "an account there under a code that no contact here has",
    Drift.NO_CODE: "an account there without a code, whose username nobody here has",
}
TAKEN = (Drift.CAME_BACK, Drift.OTHER_USERNAME, Drift.INACTIVE_THERE, Drift.NOT_THERE, Drift.NOT_HERE, Drift.REUSED)
"""Where the register can take over what the service says."""


class Ours(NamedTuple):
    """A contact's account as the register has it, username "" for none; whether it was revoked; and whose it is."""

    code: str
    username: str
    revoked: bool
    holder: Holder = Holder("", "", ())


class Theirs(NamedTuple):
    """A record of the service; `open`: one can log in with it, or the service does not say that one can't; and whose it
    is, as far as it says."""

    code: str
    username: str
    open: bool
    holder: Holder = Holder("", "", ())


class Drifted(NamedTuple):
    """One difference: the code ("" for none), the username here and there ("" for none)."""

    kind: Drift
    code: str
    ours: str
    theirs: str


def find_drift(ours: Iterable[Ours], theirs: Iterable[Theirs]) -> list[Drifted]:
    """Every difference, by kind and code. A record that waits, closed, for its parent is none; nor is one that an
    earlier revoke left behind. Records are told by code, and by username only where they have no code."""
    here = {account.code: account for account in ours}
    by_username = {account.username.casefold(): account.code for account in here.values() if account.username}
    there: dict[str, list[Theirs]] = {}
    found = []
    for record in theirs:
        code = record.code or by_username.get(record.username.casefold(), "")
        if code in here:
            there.setdefault(code, []).append(record)
        elif record.open:
            found.append(Drifted(Drift.UNKNOWN_CODE if record.code else Drift.NO_CODE, code, "", record.username))
    for code, account in here.items():
        kind, username = _judge(account, there.get(code, []))
        if kind is not None:
            found.append(Drifted(kind, code, account.username, username))
    order = list(Drift)
    return sorted(found, key=lambda one: (order.index(one.kind), one.code, one.theirs.casefold()))


def _judge(ours: Ours, records: list[Theirs]) -> tuple[Drift | None, str]:
    if len(records) > 1:
        return Drift.DOUBLED, ""
    if not records:
        return (Drift.NOT_THERE if ours.username else None), ""
    (record,) = records
    if not ours.username:
        if not record.open:
            return None, ""
        if ours.revoked:
            return Drift.CAME_BACK, record.username
        return (
            Drift.NOT_HERE if not record.holder.is_named or fits(record.holder, ours.holder) else Drift.REUSED
        ), record.username
    if not record.open:
        return Drift.INACTIVE_THERE, ""
    same = record.username.casefold() == ours.username.casefold()
    return (None if same else Drift.OTHER_USERNAME), record.username
