"""What a saved hand-over rests on: the facts about a record in words, what has changed of them, what comes after.

Pure. A plan that is applied on another day is compared with these words, so that whoever saved it, whoever reads it and
whoever applies it see the same.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from tui.domain.facts import AccountFacts, Correlated, LinkFact, OldRecord
from tui.domain.gates import Verdict, mail_gate

Ground = Mapping[str, str | list[str]]

# How the words of each fact begin when it is said that it has changed. The order is the one in which they are written.
LABELS = {
    "name": "name",
    "status": "status",
    "username": "username",
    "password": "password",
    "email": "email",
    "last_login": "last login",
    "username_also_on": "records with the same username",
    "email_also_on": "records with the same email",
    "children": "children",
    "holds": "holds",
    "newer_records": "newer records that may be the person's",
    "older_records": "older records that may be the person's",
}
_LOGIN = re.compile(r"last login \d+ \w+ \d+")
_CASELESS = ("username", "email")


def ground(facts: AccountFacts) -> dict[str, str | list[str]]:
    """All that a gate looks at or a person was shown of a record, in words; what a job takes a fingerprint of."""
    return {
        "name": facts.name,
        "status": facts.status.replace("_", " "),
        "username": facts.username,
        "password": "set" if facts.has_password else "none",
        "email": facts.email,
        "last_login": "unknown" if facts.last_login is None else facts.last_login or "never",
        "username_also_on": list(facts.username_shared_with),
        "email_also_on": list(facts.email_shared_with),
        "children": [_child(link) for link in facts.links],
        "holds": [f"{hold.kind}: {hold.note} ({hold.by})" for hold in facts.holds],
        "newer_records": [_newer(other) for other in facts.correlated],
        "older_records": [_older(other) for other in facts.old_records],
    }


def _child(link: LinkFact) -> str:
    student = link.student
    access = {True: "yes", False: "no", None: "unknown"}[link.portal_access]
    parts = [f"{student.code} {student.name}", *([f"year {student.year_level}"] if student.year_level else [])]
    parts += [student.status, f"portal access {access}", *(["link removed"] if link.is_removed else [])]
    parts += [f"custody note: {student.custody_note}"] if student.custody_note else []
    return ", ".join(parts)


def _newer(other: Correlated) -> str:
    return f"{other.code}, {other.decision}, {'eligible' if other.eligible else 'not eligible'}"


def _older(other: OldRecord) -> str:
    doubted = ", to be looked at again" if other.doubted else ""
    return f"{other.code}, {other.decision}, {'has an account' if other.has_account else 'no account'}{doubted}"


def changed(code: str, before: Ground, now: Ground, *, in_use: bool = False) -> list[str]:
    """What is not as it was of a record, a sentence each: `email of JON0117 was a@x, is b@x`. `in_use`: that its person
    has logged in once more is no change."""
    found = []
    for key, label in LABELS.items():
        was, is_ = before.get(key, ""), now.get(key, "")
        if key == "last_login" and in_use and str(was)[:1].isdigit() and str(is_)[:1].isdigit():
            continue
        if isinstance(was, list) and isinstance(is_, list):
            gone = [entry for entry in was if entry not in is_]
            new = [entry for entry in is_ if entry not in was]
            if gone or new:
                found.append(f"{label} of {code}: {said_change('; '.join(gone), '; '.join(new))}")
        elif str(was).casefold() != str(is_).casefold() if key in _CASELESS else was != is_:
            found.append(f"{label} of {code} {said_change(str(was), str(is_))}")
    return found


def same_question(one: str, other: str) -> bool:
    """Whether the same is asked, whenever the last login was."""
    return _LOGIN.sub("", one) == _LOGIN.sub("", other)


def said_change(was: str, is_: str) -> str:
    """`was a, is b`."""
    return f"was {was or 'none'}, is {is_ or 'none'}"


def welcome_after(new: AccountFacts, gone: Collection[str], *, future_counts: bool) -> Verdict:
    """What the mail gate will say of a new record once these old accounts are gone, as far as is known now."""
    olds = tuple(replace(old, has_account=False) if old.code in gone else old for old in new.old_records)
    return mail_gate(replace(new, old_records=olds), future_counts=future_counts)
