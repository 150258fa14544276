"""Where a roster could be imported from: what lies near by, what was imported before, and what is known of each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tui.errors import ConfigError, EngageError, InputRefused
from tui.feeds import CONFIGURED, FEEDS, configured, open_feed, where
from tui.feeds.looking import likely
from tui.register.snapshots import Extract
from tui.settings import Settings
from tui.text import clean

MOST = 50
"""The entries that are looked at, at most: what was imported before, and what lies near by."""
_BEFORE = 10


class Source(NamedTuple):
    """A folder or file and what it holds, or without a `path` a feed that the config says `where` to find.

    `feed` is "" and `wrong` says why when it can't be imported. `number` is the import that had this very extract, 0
    for none; `older`: a newer extract was imported already. `taken_at` is ISO text, "" when it is not known.
    """

    path: Path | None
    feed: str = ""
    files: tuple[str, ...] = ()
    taken_at: str = ""
    number: int = 0
    older: bool = False
    wrong: EngageError | None = None
    where: str = ""

    @property
    def shown(self) -> str:
        """Where it is, cleaned."""
        return clean(str(self.path)) if self.path is not None else self.where

    @property
    def note(self) -> str:
        """What is to be known before it is chosen, in a short sentence; "" for a new extract."""
        if self.wrong is not None:
            return self.wrong.what.splitlines()[0]
        if self.number:
            return f"imported already as no. {self.number}"
        return "older than the last import" if self.older else ""


def look_at(path: Path, extracts: Sequence[Extract], settings: Settings) -> list[Source]:
    """What this path holds: one source, or two when two feeds can be read from it. Only headers are read."""
    found = _opened(path, None, extracts, settings)
    if found.wrong is not None:
        both = [_opened(path, feed, extracts, settings) for feed in FEEDS]
        if sum(bool(source.feed) for source in both) > 1:
            return [source for source in both if source.feed]
    return [found]


def _opened(path: Path, feed: str | None, extracts: Sequence[Extract], settings: Settings) -> Source:
    try:
        roster = open_feed(path, feed, settings=settings)
    except EngageError as error:
        return Source(path, wrong=error)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the system refuses it"
        refused = InputRefused(f"{clean(str(path))} can't be looked into: {reason}.", means="Nothing was imported.")
        return Source(path, wrong=refused)
    description = roster.description
    taken = description.taken_at
    number = next(
        (
            found.number
            for found in extracts
            if (found.feed, found.source, _at(found)) == (description.feed, clean(description.source), taken)
        ),
        0,
    )
    return Source(
        path,
        description.feed,
        tuple(dict.fromkeys(description.files.values())),
        taken.isoformat(),
        number,
        any(taken < _at(found) for found in extracts),
    )


def find_sources(
    extracts: Sequence[Extract], typed: Path | None, here: Path | None, settings: Settings
) -> list[Source]:
    """Likely sources, the most likely first: what was typed; what is new; what was imported or is old; what is wrong.

    What was typed or imported before is always among them, so that it can be said what became of it. A feed that the
    config says where to find is named and not reached for: that is done when it is read.
    """
    # Not what was given as a path from wherever the program was started then.
    before = dict.fromkeys(
        Path(found.source)
        for found in extracts
        if found.source.startswith("/") and found.feed not in CONFIGURED  # an SQLite file is no folder to import
    )
    asked = [*([typed] if typed else []), *list(before)[:_BEFORE]]
    near = likely(here, MOST - len(asked), _read_by_profile(settings)) if here else []
    wanted: dict[Path, Path] = {}
    for path in (*asked, *near):
        wanted.setdefault(_resolved(path), path.absolute())
    sources = [source for path in wanted.values() for source in look_at(path, extracts, settings)]
    named = {_resolved(path) for path in asked}
    # A CSV file near by that is no roster is not worth a line.
    kept = [
        source
        for source in sources
        if source.feed or source.path is None or not _is_file(source.path) or _resolved(source.path) in named
    ]
    first = _resolved(typed) if typed else None
    listed = sorted(sorted(kept, key=lambda source: source.taken_at, reverse=True), key=lambda s: _rank(s, first))
    typed_first = [source for source in listed if _rank(source, first) == 0]
    given = [Source(None, name, where=where(name, settings)) for name in configured(settings)]
    return [*typed_first, *given, *(source for source in listed if source not in typed_first)]


def _read_by_profile(settings: Settings) -> Callable[[Path], bool]:
    """Whether a folder has the files of the usual mapping profile."""
    if not settings.imports.profile:
        return lambda folder: False
    from tui.feeds.mapped import holds
    from tui.feeds.profile_files import load_profile

    try:
        profile = load_profile(settings.imports.profile)
    except ConfigError:
        return lambda folder: False  # said of each source that is opened with it
    return lambda folder: holds(folder, profile)


def _rank(source: Source, typed: Path | None) -> int:
    if typed is not None and source.path is not None and _resolved(source.path) == typed:
        return 0
    return 3 if source.wrong else 2 if source.number or source.older else 1


def _at(extract: Extract) -> datetime:
    return datetime.fromisoformat(extract.taken_at)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def as_values(sources: Iterable[Source]) -> list[dict[str, object]]:
    """The sources for a program to read."""
    return [
        {
            "path": str(source.path) if source.path is not None else "",
            "where": source.shown,
            "feed": source.feed,
            "files": list(source.files),
            "taken_at": source.taken_at,
            "number": source.number,
            "older": source.older,
            "wrong": str(source.wrong) if source.wrong else "",
        }
        for source in sources
    ]
