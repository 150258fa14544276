"""Feeds: where rosters come from. Each reads a source, checks every row, and hands records up.

A feed never sees the register and decides nothing about accounts. It reports what is wrong with rows and streams
the rest; text is cleaned later, at the register's gate.
"""

from collections.abc import Collection
from pathlib import Path

from tui.domain.records import Roster
from tui.errors import InputRefused
from tui.feeds.csv_files import FILES, REQUIRED_FILES, CsvFeed
from tui.feeds.folders import find_files
from tui.feeds.oneroster import OneRosterFeed
from tui.feeds.tables import open_table
from tui.text import clean, join_and

FEEDS = ("csv", "oneroster")
_WANTED = f"Give a folder with {join_and(list(REQUIRED_FILES))}, or a OneRoster 1.1 folder, or its users.csv by itself."


def open_feed(path: Path, name: str | None = None, *, access_roles: Collection[str] = ("parent", "guardian")) -> Roster:
    """The roster at `path`, its headers checked and no row read yet; without `name` the feed is told by the files.

    `access_roles` is the sync rule for feeds whose links carry no access flag: the roles with portal access.
    """
    if name is not None and name not in FEEDS:
        raise InputRefused(
            f"There is no feed called {clean(name)}.", todo=f"Use one of {join_and(list(FEEDS))}, or leave it out."
        )
    shown = clean(str(path))
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise InputRefused(
            f"{shown} can't be reached: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check that you may read it and the folders above it.",
        ) from error
    if not (is_folder or is_file):
        raise InputRefused(
            f"There is no file or folder {shown}.",
            means="Nothing was imported.",
            todo="Check the spelling of the path.",
        )
    if (name or _detect(path, shown, is_folder)) == "oneroster":
        return OneRosterFeed(path, access_roles=access_roles)
    if is_file:
        raise _lone_file(path, shown)
    return CsvFeed(path)


def _detect(path: Path, shown: str, is_folder: bool) -> str:
    if not is_folder:
        if path.name.lower() not in FILES:
            columns = open_table(path).columns
            if "sourcedid" in columns and ("role" in columns or path.name.lower() == "users.csv"):
                return "oneroster"
        return "csv"
    found = find_files(path, (*FILES, "users.csv"))
    csv, oneroster = any(name in found for name in REQUIRED_FILES), "users.csv" in found
    if csv and oneroster:
        raise InputRefused(
            f"The folder {shown} holds two feeds: {join_and([file.name for file in found.values()])}.",
            means="There is no telling which of them is meant. Nothing was imported.",
            todo="Say which with --feed csv or --feed oneroster, or take the other files away.",
        )
    if csv or oneroster:
        return "csv" if csv else "oneroster"
    if any(path.iterdir()):
        what = f"The folder {shown} holds no file that a feed knows."
    else:
        what = f"The folder {shown} is empty."
    raise InputRefused(what, means="There is nothing to import.", todo=_WANTED)


def _lone_file(path: Path, shown: str) -> InputRefused:
    if path.name.lower() not in FILES:
        return InputRefused(
            f"The file {shown} is not a feed: its header has no sourcedId and role, as OneRoster 1.1 has.",
            means="Nothing was imported.",
            todo=_WANTED,
        )
    beside = find_files(path.parent, REQUIRED_FILES)
    return InputRefused(
        f"{path.name} by itself is not a feed.",
        means="Nobody's status can be told without contacts, students and links. Nothing was imported.",
        todo=f"Give the folder that holds it: {clean(str(path.parent))}"
        if len(beside) == len(REQUIRED_FILES)
        else f"Put {join_and(list(REQUIRED_FILES))} into one folder and give that folder.",
    )
