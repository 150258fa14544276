"""What the manager does with rosters: import one, say where one could come from, read a difference and apply it."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.actor import Actor
from tui.domain.difference import Difference
from tui.domain.feed_accounts import source_of_accounts
from tui.domain.import_steps import ImportStep
from tui.domain.records import Roster
from tui.register import snapshots
from tui.register.database import Database
from tui.services.service import AccountService
from tui.settings import Settings

if TYPE_CHECKING:
    from tui.manager.previewing import Preview
    from tui.manager.sources import Source


class ImportVerbs:
    """The part of AccountManager that imports."""

    settings: Settings
    service: AccountService
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def import_roster(
        self,
        roster: Roster,
        *,
        dry_run: bool = False,
        skip_bad: bool = False,
        accept_shrink: bool = False,
        is_demo: bool = False,
        number: int | None = None,
        progress: Callable[[ImportStep], None] | None = None,
        stop: threading.Event | None = None,
        when_read: Callable[[], None] = lambda: None,
    ) -> Difference:
        """Import a roster, all of it or nothing; see tui.register.importing for what is raised.

        Once `stop` is set, the import leaves with Declined unless it is committed by then.
        """
        from tui.feeds import fingerprints
        from tui.manager.refusals import import_refusals
        from tui.register.importing import ImportOptions, import_roster
        from tui.register.watching import Watch

        options = ImportOptions(
            source=source_of_accounts(self.settings.accounts.source, by_hand=self.service.by_hand),
            needs_usernames=self.settings.accounts.source == "feed",
            future_counts=self.settings.accounts.future_students_count,
            max_shrink_percent=self.settings.imports.max_shrink_percent,
            skip_bad=skip_bad,
            accept_shrink=accept_shrink,
            dry_run=dry_run,
            is_demo=is_demo,
            number=number,
        )
        feed = roster.description.feed
        with nullcontext() if dry_run else import_refusals(self._database, self._actor, self._clock, feed):
            if not dry_run:
                # Before they are read: of files that grow meanwhile the whole ones are then known as others.
                options = replace(options, content=fingerprints.content_of(roster.description.paths))
            difference = import_roster(
                self._database,
                roster,
                options,
                self._actor,
                self._clock(),
                watch=Watch(progress, stop),
                when_read=when_read,
            )
        if not dry_run:
            self._correlate(sum(count.rows for count in difference.kinds.values()), progress)
        return difference

    def _correlate(self, rows: int, progress: Callable[[ImportStep], None] | None) -> None:
        """Pair the accounts that are ready to revoke with the same person's new record."""
        from tui.register.correlating import ensure_correlated

        def told() -> None:
            if progress is not None:
                progress(ImportStep("Pairing old records with new ones", rows, 1.0))

        ensure_correlated(self._database, future_counts=self.settings.accounts.future_students_count, told=told)

    def sources(self, typed: Path | None = None, *, here: Path | None = None) -> list["Source"]:
        """Where a roster could be imported from, the most likely first: near `here`, imported before, or `typed`."""
        from tui.manager.sources import find_sources

        return find_sources(snapshots.extracts(self._database), typed, here, self.settings)

    def preview_import(
        self,
        path: Path | None,
        feed: str = "",
        *,
        progress: Callable[[ImportStep], None] | None = None,
        stop: threading.Event | None = None,
    ) -> "Preview":
        """The difference that an import would make; bad rows and a shrunken feed are in it, to be accepted or not.

        Without a path `feed` is one that the config says where to find.
        """
        from tui.manager.previewing import preview

        return preview(self, path, feed, progress, stop)

    def apply_import(
        self,
        read: "Preview",
        *,
        skip_bad: bool = False,
        accept_shrink: bool = False,
        progress: Callable[[ImportStep], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Difference:
        """Import what a difference was read of. Raises Refused when that, or the register's last import, changed."""
        from tui.manager.previewing import apply

        return apply(self, read, skip_bad=skip_bad, accept_shrink=accept_shrink, progress=progress, stop=stop)
