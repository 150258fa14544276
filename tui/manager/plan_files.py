"""The file of a saved hand-over: TOML that a colleague reads as text, and reading it back, with everything checked.

What stands in such a file may have been written by anybody: it is cleaned, and believed only as far as the register
says the same.
"""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tui.config import write_whole
from tui.domain.handover_plan import LABELS, Ground
from tui.errors import Refused
from tui.text import clean, plural, say_time

KIND = "engage-accounts hand-over"
VERSION = 1
_MOST_BYTES = 50_000_000
_SHOWN = 10


@dataclass(frozen=True)
class PlanItem:
    """One account of a saved plan. `decided`: who accepted the new record, when, and what correlation said; `questions`
    is what a person is asked first, or what stands in the way of the welcome."""

    old: str
    name: str
    new: str
    new_name: str
    cause: str
    decided: str
    evidence: tuple[str, ...]
    email: str
    questions: tuple[str, ...]
    greeting: str
    old_facts: Ground
    new_facts: Ground


@dataclass(frozen=True)
class SavedPlan:
    """A plan as it was saved. `accounts` is how many it held then; `register` the register it is of."""

    register: str
    school: str
    system: str
    service: str
    saved_by: str
    saved_at: str
    accounts: int
    items: tuple[PlanItem, ...]


_HEAD = tuple(f.name for f in fields(SavedPlan) if f.name not in ("accounts", "items"))
_LISTS = ("evidence", "questions")
_TEXTS = tuple(f.name for f in fields(PlanItem) if f.name not in (*_LISTS, "old_facts", "new_facts"))


def write_new(path: Path, text: str) -> None:
    """Write a new file that only its owner can read. Raises Refused when it is there already or can't be written."""
    shown = clean(str(path))
    try:
        written = write_whole(path, text, overwrite=False)
    except OSError as error:
        raise Refused(f"{shown} can't be written: {error.strerror}.", todo="Give another place.") from error
    if not written:
        raise Refused(f"{shown} is already there; it is not overwritten.", todo="Give another name.")


def plan_as_text(plan: SavedPlan) -> str:
    """A plan as TOML: first what it is in words, then a table an account."""
    import tomli_w

    without = sum(not item.new for item in plan.items)
    lines = [
        "A plan to hand over accounts: revoke the old account, then welcome the same person's new record.",
        "",
        f"School    {plan.school or '(not named)'}",
        f"Acts on   {plan.system} ({plan.service})",
        f"Saved     {say_time(plan.saved_at)} by {plan.saved_by}",
        f"Accounts  {len(plan.items):,}: {len(plan.items) - without:,} with a new record, {without:,} without",
        "",
        "Nothing was done yet. To apply it: engage-accounts handover --apply FILE",
        "Whom you don't want: take the whole [[account]] out. The greeting may be changed; anything else that is not",
        "as the register has it when the plan is applied is refused, by itself, with what differs.",
        "This file holds personal data: delete it when it is done with.",
    ]
    head = {"plan": KIND, "version": VERSION, **{name: getattr(plan, name) for name in _HEAD}}
    head["accounts"] = len(plan.items)
    text = "".join(f"# {clean(line)}".rstrip() + "\n" for line in lines) + "\n" + tomli_w.dumps(head)
    for item in plan.items:
        table: dict[str, Any] = {name: getattr(item, name) for name in _TEXTS}
        table |= {name: list(getattr(item, name)) for name in _LISTS}
        table["facts"] = {"old": dict(item.old_facts), **({"new": dict(item.new_facts)} if item.new else {})}
        text += "\n" + tomli_w.dumps({"account": [table]})
    return text


def read_plan(path: Path) -> SavedPlan:
    """A plan from its file, cleaned. Raises Refused, with the line or the field, for anything that is no plan."""
    import tomllib

    name = clean(str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Refused(f"{name} can't be read: {error.strerror}.", todo="Give another file.") from error
    if len(raw) > _MOST_BYTES:
        raise _no_plan(name, f"is over {_MOST_BYTES:,} bytes")
    try:
        found = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _no_plan(name, f"is not UTF-8 text (line {line})") from error
    except (ValueError, RecursionError) as error:
        # The message itself may repeat what stands in the file: only the place is said.
        place = re.search(r"\(at (line \d+|end of document)", str(error))
        raise _no_plan(name, "is not valid TOML" + (f" ({place[1]})" if place else "")) from error
    if found.get("plan") != KIND:
        raise _no_plan(name, f'is no plan of this program: it does not begin with plan = "{KIND}"')
    version = found.get("version")
    if type(version) is not int:
        raise _no_plan(name, "says no version of its form: version must be a whole number")
    if version > VERSION:
        raise Refused(
            f"{name} is a plan of version {version}, made by a newer engage-accounts; this one reads {VERSION}.",
            means="Nothing was done.",
            todo="Update this program, or save the plan anew.",
        )
    problems: list[str] = []
    plan = _plan(found, problems)
    if problems:
        more = [f"  and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
        raise Refused(
            "\n".join([f"{name} has {plural(len(problems), 'problem')}:", *problems[:_SHOWN], *more]),
            means="Nothing was done.",
            todo="Take the change back, or save the plan anew.",
        )
    return plan


def _no_plan(name: str, what: str) -> Refused:
    return Refused(f"{name} {what}.", means="Nothing was done.", todo="Give the file that --plan wrote.")


def _plan(found: dict[str, Any], problems: list[str]) -> SavedPlan:
    said = "  {field}: must be {kind}"
    head = {name: _text(found, name, name, problems) for name in _HEAD}
    accounts = found.get("accounts")
    if type(accounts) is not int or accounts < 0:
        problems.append(said.format(field="accounts", kind="a whole number"))
        accounts = 0
    tables = found.get("account", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(said.format(field="account", kind="tables: [[account]]"))
        tables = []
    _no_others(found, {"plan", "version", "accounts", "account", *_HEAD}, "", problems)
    items = tuple(_item(table, number, problems) for number, table in enumerate(tables, start=1))
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        if item.old and item.old in seen:
            problems.append(f"  account {number} ({item.old}): stands twice")
        seen.add(item.old)
    return SavedPlan(accounts=accounts, items=items, **head)


def _item(table: dict[str, Any], number: int, problems: list[str]) -> PlanItem:
    old = table.get("old")
    where = f"account {number}" + (f" ({clean(old)})" if isinstance(old, str) and old else "")
    texts = {name: _text(table, name, f"{where}: {name}", problems) for name in _TEXTS}
    if isinstance(old, str) and not texts["old"]:
        problems.append(f"  {where}: old: must name a code")
    lists = {name: _list(table, name, f"{where}: {name}", problems) for name in _LISTS}
    given = table.get("facts")
    sides = given if isinstance(given, dict) else {}
    wanted = ("old", "new") if texts["new"] else ("old",)
    if not isinstance(given, dict):
        problems.append(f"  {where}: facts: must be tables: [account.facts.old]")
    else:
        _no_others(sides, set(wanted), f"{where}: facts.", problems)
    _no_others(table, {*_TEXTS, *_LISTS, "facts"}, f"{where}: ", problems)
    facts = {side: _facts(sides.get(side), f"{where}: facts.{side}", problems) for side in wanted if sides}
    return PlanItem(
        **texts,
        evidence=lists["evidence"],
        questions=lists["questions"],
        old_facts=facts.get("old", {}),
        new_facts=facts.get("new", {}),
    )


def _facts(given: Any, where: str, problems: list[str]) -> dict[str, str | list[str]]:
    if not isinstance(given, dict):
        problems.append(f"  {where}: must be a table")
        return {}
    _no_others(given, set(LABELS), f"{where}.", problems)
    found: dict[str, str | list[str]] = {}
    for key in LABELS:
        if isinstance(given.get(key), list):
            found[key] = list(_list(given, key, f"{where}.{key}", problems))
        else:
            found[key] = _text(given, key, f"{where}.{key}", problems)
    return found


def _text(table: dict[str, Any], key: str, where: str, problems: list[str]) -> str:
    value = table.get(key)
    if isinstance(value, str):
        return clean(value)
    problems.append(f"  {where}: {'is missing' if value is None else 'must be text in quotes'}")
    return ""


def _list(table: dict[str, Any], key: str, where: str, problems: list[str]) -> tuple[str, ...]:
    value = table.get(key)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(clean(entry) for entry in value)
    problems.append(f"  {where}: {'is missing' if value is None else 'must be a list of texts'}")
    return ()


def _no_others(table: dict[str, Any], known: set[str], where: str, problems: list[str]) -> None:
    problems += [f"  {where}{clean(key)}: there is no such field" for key in table if key not in known]
