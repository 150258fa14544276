"""Watching a folder for new exports: each is imported when it is whole, with every guard on; nothing else is ever done.

What was refused is told once and remembered in the register, so that it is neither tried nor told again before another
export is there, by whichever watch. What is told has counts and codes of groups in it, and nobody's data.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.difference import Difference
from tui.domain.records import Roster
from tui.errors import EngageError, ImportStopped, InputRefused, Refused, RegisterError, RegisterReadOnly
from tui.feeds import fingerprints
from tui.feeds.exports import Export, Seen, find_export
from tui.register import snapshots
from tui.register.database import Database
from tui.text import clean, join_and, plural, say_time

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager

_REFUSED = "watch_refused"  # the mark of the register in which they are remembered
_REMEMBERED = 20  # watched paths
_LINES = 4  # of what an import lost


class FolderWatch:
    """One watch of one path. `open_roster` opens the export that was found, its headers checked, as an import does."""

    def __init__(
        self,
        manager: "AccountManager",
        database: Database,
        clock: Callable[[], datetime],
        path: Path,
        open_roster: Callable[[Path], Roster],
        *,
        skip_bad: bool,
    ) -> None:
        self._manager = manager
        self._database = database
        self._clock = clock
        self._path = path.absolute()
        self._open = open_roster
        self._skip_bad = skip_bad
        self._before: tuple[Path, Mapping[str, Seen]] | None = None
        self._settled: tuple[Path, Mapping[str, Seen]] | None = None
        self._said = ""

    def look(self, stop: threading.Event) -> list[str]:
        """Look once; import what is there when it is new, whole and the same as at the last look. Gives what is to be
        told, a line each with its date. Raises Declined when `stop` was set while it imported: it imported nothing."""
        try:
            return [self.line(text) for text in self._look(stop)]
        finally:
            # However it went: this thread's connection is for one look, and hinders no other session until the next.
            self._database.forget()

    def line(self, text: str) -> str:
        """A line with its date."""
        return f"{say_time(self._clock())}  {text}"

    def _look(self, stop: threading.Event) -> Iterator[str]:
        try:
            export = find_export(self._path)
        except OSError as error:
            self._before = self._settled = None
            yield from self._once(
                f"{clean(str(self._path))} can't be reached ({error.strerror or 'the system refuses it'}); it is "
                "looked for again and again."
            )
            return
        if export is None:
            yield from self._once(
                f"{clean(str(self._path))} holds no CSV file yet, nor a folder or zip with a date such as 2026-11-26 "
                "in its name."
            )
            return
        if export.unfinished:
            self._before = None
            name, part = self._name(export), clean(export.unfinished)
            yield from self._once(f"{f'{name}: ' if part != name else ''}{part} is still being written.")
            return
        found = (export.path, export.files)
        is_same, self._before = found == self._before, found
        if not export.files or not is_same or found == self._settled:
            return
        yield from self._take(export, stop)

    def _take(self, export: Export, stop: threading.Event) -> Iterator[str]:
        name, mark = self._name(export), self._mark(export)
        if self._refused().get(str(self._path)) == mark:
            self._settled = self._before
            return
        try:
            roster = self._open(export.path)
            if why := self._why_not_new(roster):
                self._settled = self._before
                yield from self._once(f"{name} {why}")
                return
            before = self._undecided()
            difference = self._manager.import_roster(
                roster, skip_bad=self._skip_bad, stop=stop, when_read=lambda: self._must_be(export)
            )
        except (InputRefused, ImportStopped) as error:
            self._settled = self._before
            self._remember(mark)
            yield from self._once(f"{name} was not imported: {_said(error)} Nothing was changed.")
        except (RegisterError, Refused, OSError) as error:
            # Another session is at the register, the file changed or the line dropped: it is tried again.
            what = error.what if isinstance(error, EngageError) else f"it can't be read ({error.strerror})."
            yield from self._once(f"{name} is not imported yet: {what.partition(chr(10))[0]}")
        else:
            self._settled = self._before
            self._said = ""
            yield f"{name}: {say_imported(difference, sorted(self._undecided() - before))}"

    def _once(self, line: str) -> Iterator[str]:
        if line != self._said:
            self._said = line
            yield line

    def _name(self, export: Export) -> str:
        inside = export.path.is_relative_to(self._path) and export.path != self._path
        return clean(str(export.path.relative_to(self._path) if inside else export.path))

    def _why_not_new(self, roster: Roster) -> str:
        """Why an extract has nothing newer to say than the last import of its feed, "" when it has.

        One that is as old as its oldest file, as the last import was, may have been read half, or been corrected in
        another file since: what is in the files tells. What is older is never taken.
        """
        taken, feed = roster.description.taken_at, roster.description.feed
        of_feed = [extract for extract in snapshots.extracts(self._database) if extract.feed == feed]
        newest = max(of_feed, key=lambda of: (datetime.fromisoformat(of.taken_at), of.number), default=None)
        if newest is None or taken > (at := datetime.fromisoformat(newest.taken_at)):
            return ""
        how = "newer"
        if taken == at:
            before = snapshots.content_of(self._database, newest.number)
            if before and before != fingerprints.content_of(roster.description.paths):
                return ""
            how = "as new" if before else "as new, and it is not known whether of the same files"
        made = f"is an extract of {say_time(taken)}"
        return f"{made}, and the last import (no. {newest.number}) is {how}; waiting for the next."

    def _must_be(self, export: Export) -> None:
        """Raise Refused unless the export is as it was before it was read."""
        with suppress(OSError):
            now = find_export(self._path)
            if now is not None and now.path == export.path and now.files == export.files and not now.unfinished:
                return
        self._before = None
        raise Refused("It changed while it was read.", means="Nothing was imported.")

    def _undecided(self) -> set[str]:
        return {group.key for group in self._manager.groups() if group.undecided}

    # -- what is remembered --------------------------------------------------------------------------------------

    def _mark(self, export: Export) -> str:
        """A digest of the export and of what decides whether it is taken."""
        imports = self._manager.settings.imports
        ground = [
            str(export.path),
            sorted((name, *seen) for name, seen in export.files.items()),
            self._skip_bad,
            imports.max_shrink_percent,
        ]
        return hashlib.sha256(json.dumps(ground).encode()).hexdigest()

    def _refused(self) -> dict[str, str]:
        try:
            found = json.loads(self._database.meta(_REFUSED) or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, mark: str) -> None:
        others = [(path, kept) for path, kept in self._refused().items() if path != str(self._path)]
        kept = dict([*others, (str(self._path), mark)][-_REMEMBERED:])
        with suppress(RegisterError), self._database.transaction() as connection:
            snapshots.mark(connection, _REFUSED, json.dumps(kept))


@contextmanager
def watching(
    manager: "AccountManager",
    database: Database,
    clock: Callable[[], datetime],
    path: Path,
    open_roster: Callable[[Path], Roster],
    *,
    skip_bad: bool,
) -> Iterator[FolderWatch]:
    """A watch of a folder, the only one of this register. Raises Refused, RegisterReadOnly."""
    if manager.is_demo:
        raise Refused(
            "This register holds the demo school; real records don't belong in it.", means="Nothing is watched."
        )
    if manager.read_only:
        raise RegisterReadOnly("This session is read-only.", means="Nothing is watched, as nothing could be imported.")
    with alone(manager.path, manager.settings.register.group):
        yield FolderWatch(manager, database, clock, path, open_roster, skip_bad=skip_bad)


@contextmanager
def alone(register: Path, group: str = "") -> Iterator[None]:
    """The one watch of this register, by a lock on a file beside it that ends with the process. Raises Refused."""
    path = register.with_name(f"{register.name}.watch")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Refused(
            f"The lock {path} can't be made: {error.strerror}.",
            means="Nothing is watched.",
            todo="Check that the folder of the register, and that file if it is there, are yours to write.",
        ) from error
    try:
        if group:
            with suppress(OSError):
                os.fchmod(handle, 0o660)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = clean(os.pread(handle, 100, 0).decode("utf-8", "replace"))
            raise Refused(
                f"A folder is being watched for this register already{f' ({who})' if who else ''}.",
                means="Two watches would import the same export twice. Nothing is watched here.",
                todo="End the other one first, or name another register with --register.",
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(handle)


def say_imported(difference: Difference, groups: Sequence[str]) -> str:
    """An import in one line, in counts. `groups`: the flag groups that wait for an answer since it."""
    contacts = difference.kinds.get("contacts")
    parts = [f"imported as no. {difference.number}, {difference.feed} extract of {say_time(difference.taken_at)}"]
    if contacts is not None:
        moved = ((contacts.new, "new"), (contacts.changed, "changed"), (contacts.gone, "gone"))
        counts = "".join(f", {count:,} {word}" for count, word in moved if count)
        parts.append(f"{plural(contacts.rows, 'contact')}{counts}")
    newly = sum(ready.size for ready in difference.ready) if difference.before else 0
    ready = difference.after.get("ready_to_revoke", 0)
    parts.append(f"{ready:,} ready to revoke{f', {newly:,} of them since this import' if newly else ''}")
    if difference.verified:
        counts = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in difference.verified.items())
        parts.append(f"requests verified: {counts}")
    if difference.skipped:
        parts.append(f"{plural(difference.skipped, 'bad row')} left out")
    if groups:
        names = join_and([clean(group) for group in groups], most=3)
        waits = "flag group waits" if len(groups) == 1 else "flag groups wait"
        parts.append(f"{waits} for an answer: {names} (engage-accounts groups)")
    # What is noticed of flag groups is said above.
    parts += [warning.rstrip(".") for warning in difference.noticed if "engage-accounts groups" not in warning]
    return f"{'; '.join(parts)}."


def _said(error: EngageError) -> str:
    """Why an export was not taken, in one line. What rows say is anybody's data, and is not in it."""
    first, *rest = error.what.splitlines()
    if isinstance(error, ImportStopped):
        first = f"{first.rstrip(':')}: {'; '.join(line.strip() for line in rest[:_LINES])}"
    elif rest:
        return f"{first.rstrip(':').rstrip('.')}; a dry run shows them."
    return first if first.endswith(".") else f"{first}."
