"""`import --watch`: look, say what came of it in a line, wait; until a signal ends it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.acting import stopping
from tui.errors import Declined

if TYPE_CHECKING:
    from tui.domain.records import Roster
    from tui.manager.manager import AccountManager

_STEP = 1.0  # seconds after which a signal is noticed at the latest


def check_options(*, accept_shrink: bool, dry_run: bool, as_json: bool) -> None:
    """Raise UsageError for options of an import that a watch can't have."""
    if accept_shrink:
        raise click.UsageError(
            "--watch never accepts a shrunken export by itself: look at it, and import that one with --accept-shrink."
        )
    for given, name in ((dry_run, "--dry-run"), (as_json, "--json")):
        if given:
            raise click.UsageError(f"{name} does not go with --watch.")


def stay(
    manager: "AccountManager",
    path: Path,
    open_roster: "Callable[[Path], Roster]",
    skip_bad: bool,
    every: int | None,
) -> None:
    """Watch until SIGTERM, SIGHUP or ctrl+c: then what is being imported is taken back, and that is no failure."""
    from tui.text import clean, plural

    seconds = every or manager.settings.imports.watch_seconds
    stop = stopping()
    with manager.watch_folder(path, open_roster, skip_bad=skip_bad) as watch:
        where = f"{clean(str(path))}, every {plural(seconds, 'second')}"
        click.echo(watch.line(f"Watching {where}. Exports are imported; nobody is revoked."))
        while not stop.is_set():
            try:
                for line in watch.look(stop):
                    click.echo(line)
            except Declined:
                click.echo(watch.line("The import that was running was taken back."))
                break
            until = time.monotonic() + seconds
            # Slept in steps and not waited for with the event, which a signal's handler sets: it could come while the
            # event's own lock is held.
            while not stop.is_set() and (left := until - time.monotonic()) > 0:
                time.sleep(min(left, _STEP))
        click.echo(watch.line("The watch has ended."))
