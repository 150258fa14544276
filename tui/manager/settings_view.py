"""The settings as they are in force: every key of the config file with its value, its default and what is allowed.

Secrets are no settings; a command that prints one is named, without its arguments.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from tui.config import setting_keys, tables
from tui.settings import Settings
from tui.text import clean, plural

# What each table of the config file is about.
ABOUT = {
    "school": "Who writes to the parents.",
    "portal": "The portal that parents log in to.",
    "register": "The file with contacts, students, links, accounts and their history.",
    "accounts": "Where accounts live, who knows of them, and who may keep one.",
    "import": "When an import is stopped, how often a watched folder is looked at, how a folder of files is mapped.",
    "feeds.oneroster": "Who gets portal access in OneRoster, which does not say.",
    "feeds.oneroster_rest": "The OneRoster server, for `import --feed oneroster-rest`.",
    "feeds.sds": "Who gets portal access in Microsoft School Data Sync, which does not say.",
    "feeds.sql": "The database that a roster is read from, with a SELECT for each kind of record.",
    "guard": "How many accounts a plan may act on before the guard stops it.",
    "schedule": "When accounts are to be looked through again, and when a request is overdue.",
    "mail": "Our own mail: whom it comes from, its wording, how it leaves.",
    "mail.smtp": 'The mail server, for transport = "smtp".',
    "services.scim": 'The identity service that holds the accounts, for service = "scim".',
    "ui": "The screen.",
}


class SettingView(NamedTuple):
    """One key: `table` and `name` as the file has them, value and default as it would write them, and in words what its
    table is about and what is allowed here."""

    table: str
    name: str
    value: str
    default: str
    about: str
    allowed: str

    @property
    def key(self) -> str:
        """`mail.smtp.host`."""
        return f"{self.table}.{self.name}"

    @property
    def is_set(self) -> bool:
        """Whether it is another than the default."""
        return self.value != self.default


def settings_view(settings: Settings) -> list[SettingView]:
    """Every setting, in the order of the config file."""
    usual, allowed = Settings(), setting_keys()
    found = []
    for table, attribute in tables().items():
        section = getattr(settings, attribute)
        for one in fields(section):
            found.append(
                SettingView(
                    table,
                    one.name,
                    _said(one.name, getattr(section, one.name)),
                    _said(one.name, getattr(getattr(usual, attribute), one.name)),
                    ABOUT[table],
                    allowed[f"{table}.{one.name}"],
                )
            )
    return found


def _said(name: str, value: Any) -> str:
    """A value as TOML writes it."""
    if name.endswith("_command") and len(value) > 1:
        # Whatever stands behind the program's name may be the secret itself.
        return f"[{_text(value[0])}, and {plural(len(value) - 1, 'argument')} not shown]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_text(text)}" for key, text in value.items()) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(_text(part) for part in value)}]"
    return _text(str(value) if isinstance(value, Path) else value or "")


def _text(value: str) -> str:
    return json.dumps(clean(value), ensure_ascii=False)
