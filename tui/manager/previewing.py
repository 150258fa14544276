"""Reading the difference that an import would make, and applying just that one.

A feed is read twice, once for the difference and once for the import: in between, and while they are read, its files
must not have changed; a feed without files must give the same records again. Nor may another import have come in
between. Bad rows and a shrunken feed don't hide the difference; applying it needs both to be accepted, and the import
asks for that again.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.difference import Difference
from tui.domain.import_steps import ImportStep
from tui.domain.records import Roster
from tui.errors import Refused
from tui.feeds import fingerprints, open_feed, reading
from tui.feeds.digest import Digested
from tui.feeds.fingerprints import Fingerprint
from tui.text import join_and, plural

if TYPE_CHECKING:
    from tui.manager.import_verbs import ImportVerbs


@dataclass(frozen=True)
class Preview:
    """A difference that was read, and what it was read from. `notes`: what the feed says of itself, in sentences.

    Without a `path` it was read from where the config says; `digest` is of the records then, and `files` is empty.
    """

    path: Path | None
    feed: str
    difference: Difference
    notes: tuple[str, ...]
    files: Mapping[Path, Fingerprint]
    digest: str = ""


def preview(
    manager: "ImportVerbs",
    path: Path | None,
    feed: str,
    progress: Callable[[ImportStep], None] | None,
    stop: threading.Event | None,
) -> Preview:
    """Read the difference; nothing is imported. Raises what reading the feed raises, Refused, Declined."""
    with reading(_open(manager, path, feed)) as opened:
        roster = Digested(opened) if path is None else opened
        files = fingerprints.take(roster.description.paths)
        difference = manager.import_roster(
            roster,
            dry_run=True,
            skip_bad=True,
            accept_shrink=True,
            progress=progress,
            stop=stop,
            when_read=lambda: _still_the_same(files, roster, "while it was read"),
        )
        digest = roster.digest if isinstance(roster, Digested) else ""
        return Preview(path, feed, difference, _notes(roster), files, digest)


def apply(
    manager: "ImportVerbs",
    read: Preview,
    *,
    skip_bad: bool,
    accept_shrink: bool,
    progress: Callable[[ImportStep], None] | None,
    stop: threading.Event | None,
) -> Difference:
    """Import what the difference was read of. Raises Refused when that has changed, or another import came first."""
    with reading(_open(manager, read.path, read.feed)) as opened:
        roster = Digested(opened) if read.path is None else opened

        def unchanged() -> None:
            _still_the_same(read.files, roster, "since the difference was read")

        def read_again() -> None:
            unchanged()
            if isinstance(roster, Digested) and roster.digest != read.digest:
                raise _other_records(roster)

        unchanged()
        return manager.import_roster(
            roster,
            skip_bad=skip_bad,
            accept_shrink=accept_shrink,
            number=read.difference.number,
            progress=progress,
            stop=stop,
            when_read=read_again,
        )


def _other_records(roster: Roster) -> Refused:
    return Refused(
        f"{roster.description.source} gives other records than when the difference was read.",
        means="The difference that was read is not the one this import would make now. Nothing was imported.",
        todo="Read the difference again.",
    )


def _open(manager: "ImportVerbs", path: Path | None, feed: str) -> Roster:
    return open_feed(path, feed or None, settings=manager.settings)


def _still_the_same(files: Mapping[Path, Fingerprint], roster: Roster, since: str) -> None:
    names = fingerprints.differing(files, fingerprints.take(roster.description.paths))
    if names:
        raise Refused(
            f"{join_and(names)} changed {since}.",
            means="An export may be running just now. Nothing was imported.",
            todo="Wait until it has ended, then read the difference again.",
        )


def _notes(roster: Roster) -> tuple[str, ...]:
    notes = [roster.description.sync_rule] if roster.description.sync_rule else []
    notes += [
        f"{plural(len(columns), 'column')} of {file} not known to this feed and not read: {join_and(list(columns), 8)}."
        for file, columns in roster.ignored_columns.items()
    ]
    return tuple(notes)
