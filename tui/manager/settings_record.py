"""The settings that a register is worked under go into the audit: all of them once, then whatever changed.

What looks only (the screen's theme and keys) is left out, and of what leads to a secret only whether it is set.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.config import tables
from tui.domain.actor import Actor
from tui.errors import RegisterError
from tui.register import audit, snapshots
from tui.register.database import Database
from tui.settings import Settings

_KEY = "settings:"  # and the operator: in a team each may have a config of their own
_SECRET = ("password", "secret", "token")
SET, NOT_SET = "(set)", "(not set)"


def plain_settings(settings: Settings) -> dict[str, Any]:
    """The settings by their dotted keys, as JSON has them."""
    return {
        f"{table}.{f.name}": _plain(f.name, getattr(section, f.name))
        for table, attribute in tables().items()
        if table != "ui"
        for section in (getattr(settings, attribute),)
        for f in fields(section)
    }


def _plain(name: str, value: Any) -> Any:
    if any(word in name for word in _SECRET):
        return SET if value else NOT_SET
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def record_settings(database: Database, settings: Settings, actor: Actor, now: datetime) -> None:
    """Add an event when the settings are not those that this operator had the last time. A key that is new to the
    program counts as changed where it is not as it usually is."""
    current, key = plain_settings(settings), f"{_KEY}{actor.operator}"
    recorded = database.meta(key)
    if recorded == _as_text(current):
        return
    # Whoever opens the register next records what can't be recorded now: it must not stand in the way of reading.
    with suppress(RegisterError), database.transaction() as connection:
        recorded = database.meta(key)  # another session may have been quicker
        before = _changed(_read(recorded), current) if recorded else {}
        if before or not recorded:
            detail = {"before": before, "after": {key: current.get(key) for key in before} if recorded else current}
            audit.append(connection, actor, now.isoformat(), "settings", detail=detail)
        if recorded != _as_text(current):
            snapshots.mark(connection, key, _as_text(current))


def _changed(before: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that differ, with what they were."""
    was = {**plain_settings(Settings()), **before}
    return {key: was.get(key) for key in sorted({*before, *current}) if was.get(key) != current.get(key)}


def _read(recorded: str) -> dict[str, Any]:
    try:
        found = json.loads(recorded)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _as_text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
