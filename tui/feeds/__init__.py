"""Feeds: where rosters come from. Each reads a source, checks every row, and hands records up.

A feed never sees the register and decides nothing about accounts. It reports what is wrong with rows and streams
the rest; text is cleaned later, at the register's gate.
"""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tui.domain.records import Roster
from tui.errors import InputRefused
from tui.feeds.archives import is_zip, unpack
from tui.feeds.csv_files import FILES, REQUIRED_FILES, CsvFeed
from tui.feeds.folders import find_files, taken_at
from tui.feeds.oneroster_files import OneRosterFeed
from tui.feeds.sds import SdsFeed
from tui.feeds.table_feed import TableFeed
from tui.feeds.tables import open_table
from tui.settings import Settings
from tui.text import clean, join_and

FEEDS = ("csv", "oneroster", "sds")
"""Feeds that are read from files; which one a path holds is found out where nobody says."""


class Configured(NamedTuple):
    """A feed without a path.

    `is_set`: whether the config says where it is; `where` that is, without anything secret; `open` it with a mapping
    profile ("" for none but the config's own); `check` it without reading any record.
    """

    is_set: Callable[[Settings], bool]
    where: Callable[[Settings], str]
    open: Callable[[Settings, str], Roster]
    check: Callable[[Settings], str]


def _sql_is_set(settings: Settings) -> bool:
    return bool(settings.sql.database)


def _where_sql(settings: Settings) -> str:
    from tui.feeds.sql_query import shown

    return shown(settings)


def _open_sql(settings: Settings, profile: str) -> Roster:
    from tui.feeds.sql_query import open_sql

    return open_sql(settings, profile)


def _check_sql(settings: Settings) -> str:
    from tui.feeds.sql_query import check_sql

    return check_sql(settings)


def _rest_is_set(settings: Settings) -> bool:
    return bool(settings.oneroster_rest.url)


def _where_rest(settings: Settings) -> str:
    return clean(settings.oneroster_rest.url)


def _open_rest(settings: Settings, profile: str) -> Roster:
    from tui.feeds.oneroster_rest import open_rest

    if profile:
        raise InputRefused(
            "A mapping profile is for a folder of CSV files, and for the SQL feed.",
            means="OneRoster says itself what its fields mean. Nothing was imported.",
            todo="Leave --profile out.",
        )
    return open_rest(settings)


def _check_rest(settings: Settings) -> str:
    from tui.feeds.oneroster_rest import check_rest

    return check_rest(settings)


_CONFIGURED = {
    "sql": Configured(_sql_is_set, _where_sql, _open_sql, _check_sql),
    "oneroster-rest": Configured(_rest_is_set, _where_rest, _open_rest, _check_rest),
}
CONFIGURED = tuple(_CONFIGURED)
"""Feeds that the config says where to find: they have no path, and are named."""
_BY_CONFIG = f"--feed {' or --feed '.join(CONFIGURED)}, which the config says where to find,"
_WANTED = (
    f"Give a folder with {join_and(list(REQUIRED_FILES))}, or one of OneRoster or School Data Sync, "
    "a zip of one, or a OneRoster users.csv by itself."
)


def configured(settings: Settings) -> tuple[str, ...]:
    """The feeds without a path that the config has told where to find."""
    return tuple(name for name, feed in _CONFIGURED.items() if feed.is_set(settings))


def where(name: str, settings: Settings) -> str:
    """Where a configured feed is, without anything secret."""
    return _CONFIGURED[name].where(settings)


def check_feed(name: str, settings: Settings) -> str:
    """Try a configured feed without reading a record: what was found, in a sentence. Raises EngageError with what is
    wrong and what to do about it."""
    return _CONFIGURED[name].check(settings)


@contextmanager
def reading(roster: Roster) -> Iterator[Roster]:
    """The roster while it is read; what it holds open (a database, a connection) is let go of afterwards."""
    try:
        yield roster
    finally:
        close = getattr(roster, "close", None)
        if close is not None:
            close()


def open_feed(
    path: Path | None, name: str | None = None, *, settings: Settings | None = None, profile: str = ""
) -> Roster:
    """The roster at `path`, its headers checked and no row read yet; without `name` the feed is told by the files.

    `path` None: one of CONFIGURED, which `settings` say where to find. `profile`: the mapping profile to read it by, as
    tui.config.own_profile() gives it; without one the config's own, where the folder has its files. Raises
    InputRefused, ConfigError.
    """
    settings = settings or Settings()
    if name is not None and name not in (*FEEDS, *CONFIGURED):
        raise InputRefused(
            f"There is no feed called {clean(name)}.",
            todo=f"Use one of {join_and([*FEEDS, *CONFIGURED])}, or leave it out.",
        )
    if path is None:
        if name in _CONFIGURED:
            return _CONFIGURED[name].open(settings, profile)
        raise InputRefused("No folder or file is given to import.", means=f"Only {_BY_CONFIG} has none.", todo=_WANTED)
    if name in _CONFIGURED:
        raise InputRefused(
            f"The feed {name} is read from where the config says, not from a folder or file.",
            means="Nothing was imported.",
            todo="Leave the path out.",
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
    if is_file and is_zip(path):
        return _open_zip(path, name, settings, profile)
    return _open(path, name, settings, profile, shown, is_folder)


def _open(
    path: Path, name: str | None, settings: Settings, profile: str, shown: str, is_folder: bool
) -> CsvFeed | OneRosterFeed | SdsFeed | TableFeed:
    if is_folder and name in (None, "csv") and (mapped := _mapped(path, profile, settings.imports.profile)):
        return mapped
    if profile:
        raise InputRefused(
            "A mapping profile is for a folder of CSV files, a zip of one, and for the SQL feed.",
            means="OneRoster and School Data Sync say themselves what their columns mean. Nothing was imported.",
            todo="Leave --profile out." if is_folder else "Give the folder, or leave --profile out.",
        )
    kind = name or _detect(path, shown, is_folder)
    if kind == "oneroster":
        return OneRosterFeed(
            path,
            access_roles=settings.oneroster.portal_access_roles,
            portal_profile=settings.oneroster.portal_profile,
        )
    if kind == "sds":
        return SdsFeed(path, access_roles=settings.sds.portal_access_roles)
    if not is_folder:
        raise _lone_file(path, shown)
    return CsvFeed(path)


def _open_zip(path: Path, name: str | None, settings: Settings, profile: str) -> Roster:
    """The feed in a zip. It is unpacked where only this user can read it, and that goes when the feed goes."""
    shown = clean(str(path))
    wanted = _read_by((profile or settings.imports.profile) if name in (None, "csv") else "")
    folder = Path(tempfile.mkdtemp(prefix="engage-accounts-"))
    try:
        unpack(path, folder, wanted)
        feed = _open(folder, name, settings, profile, shown, is_folder=True)
    except InputRefused as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _said_of_zip(error, folder, shown) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    feed.description = replace(feed.description, source=str(path.absolute()), paths=(path,), taken_at=taken_at([path]))
    weakref.finalize(feed, shutil.rmtree, folder, ignore_errors=True)
    return feed


def _said_of_zip(error: InputRefused, folder: Path, shown: str) -> InputRefused:
    """What is wrong with the files, said of the zip: nobody has ever seen the folder that it was unpacked into."""

    def said(text: str) -> str:
        for there in (f"The folder {clean(str(folder))}", f"The folder {shown}"):
            text = text.replace(there, f"The zip {shown}")
        return text.replace(clean(str(folder)), f"The zip {shown}").replace("The folder holds", "The zip holds")

    return InputRefused(said(error.what), means=said(error.means), todo=said(error.todo))


def _read_by(profile: str) -> Callable[[str], bool]:
    """Whether a file of this name is read by the mapping profile ("" for none), whatever it ends in."""
    if not profile:
        return lambda name: False
    from tui.feeds.mapped import takes
    from tui.feeds.profile_files import load_profile

    found = load_profile(profile)
    return lambda name: takes(found, name)


def _mapped(folder: Path, profile: str, usual: str) -> TableFeed | None:
    """The folder by the profile that is asked for, or by the usual one where its files are there; else None."""
    if not (profile or usual):
        return None
    from tui.feeds.mapped import holds, open_mapped
    from tui.feeds.profile_files import load_profile

    found = load_profile(profile or usual)
    return open_mapped(folder, found) if profile or holds(folder, found) else None


def _detect(path: Path, shown: str, is_folder: bool) -> str:
    if not is_folder:
        if path.name.lower() not in FILES:
            columns = open_table(path).columns
            if "sourcedid" in columns and ("role" in columns or path.name.lower() == "users.csv"):
                return "oneroster"
        return "csv"
    found = find_files(path, (*FILES, "users.csv"))
    csv, users = any(name in found for name in REQUIRED_FILES), "users.csv" in found
    other = _of_users(found["users.csv"]) if users else ""
    if csv and users:
        raise InputRefused(
            f"The folder {shown} holds two feeds: {join_and([file.name for file in found.values()])}.",
            means="There is no telling which of them is meant. Nothing was imported.",
            todo=f"Say which with --feed csv or --feed {other}, or take the other files away.",
        )
    if csv or users:
        return "csv" if csv else other
    todo = _WANTED
    if any(path.iterdir()):
        what = f"The folder {shown} holds no file that a feed knows."
        if like := _looks_like(path):
            what += f" Its files look like those that the mapping profile {like} reads."
            todo = f"Try it with --profile {like} --dry-run; import.profile in the config makes it the usual one."
    else:
        what = f"The folder {shown} is empty."
    raise InputRefused(what, means="There is nothing to import.", todo=todo)


def _looks_like(folder: Path) -> str:
    """The shipped mapping profile that has all its files in this folder, "" for none."""
    from tui.feeds.mapped import holds
    from tui.feeds.profile_files import load_profile, shipped_names

    return next((name for name in shipped_names() if holds(folder, load_profile(name))), "")


def _of_users(users: Path) -> str:
    """Whose users.csv it is: in School Data Sync neither the role nor who belongs to whom stands in it."""
    columns = open_table(users).columns
    beside = find_files(users.parent, ("relationships.csv",))
    return "sds" if beside and "role" not in columns and "agentsourcedids" not in columns else "oneroster"


def _lone_file(path: Path, shown: str) -> InputRefused:
    if path.name.lower() not in FILES:
        return InputRefused(
            f"The file {shown} is not a feed: its header has no sourcedId and role, as OneRoster has.",
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
