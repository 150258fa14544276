"""What the manager does with the audit: list it, export it, walk its chain, give its head."""

import csv
import json
import os
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tui.domain.actor import Actor
from tui.domain.audit_chain import Head, Verdict
from tui.errors import Refused
from tui.register import audit, audit_chain, audit_reading
from tui.register.audit import AuditEvent
from tui.register.audit_reading import ALL_EVENTS, AuditFilter
from tui.register.database import Database
from tui.text import clean, formula_safe, say_time

COLUMNS = AuditEvent._fields
Form = Literal["csv", "json"]


class AuditVerbs:
    """The part of AccountManager that reads the audit."""

    read_only: bool
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def audit_events(self, wanted: AuditFilter = ALL_EVENTS, *, limit: int = 0) -> Iterator[AuditEvent]:
        """The events wanted, newest first; all of them with `limit` 0."""
        return audit_reading.events(self._database, wanted, limit=limit)

    def audit_numbers(self, wanted: AuditFilter = ALL_EVENTS) -> Iterator["array[int]"]:
        """Their numbers alone, newest first, a window at a time."""
        return audit_reading.numbers(self._database, wanted)

    def audit_window(self, numbers: Sequence[int]) -> list[AuditEvent]:
        """The events with these numbers, a few hundred at most."""
        return audit_reading.of_numbers(self._database, numbers)

    def audit_head(self) -> Head | None:
        """The last event's number and hash, None when there is none. Keeping it elsewhere proves all up to it later."""
        return audit_chain.head_of(self._database)

    def verify_audit(self, heads: Sequence[Head] = (), stop: threading.Event | None = None) -> Verdict:
        """Walk the whole chain, and look for heads that were kept elsewhere. Raises Declined once `stop` is set."""
        return audit_chain.verify(self._database, heads, stop)

    def export_audit(self, path: Path, wanted: AuditFilter = ALL_EVENTS, form: Form = "csv") -> int:
        """Write the events wanted, in the order of the chain, to a new file, mode 0600; gives how many. Raises Refused.

        Each has its hash, so that the file alone can be checked elsewhere as long as nothing is left out of it. The
        export itself is audited afterwards, and is not in the file.
        """
        shown = clean(str(path))
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{shown} is already there; it is not overwritten.", todo="Give another name.") from None
        except OSError as error:
            raise Refused(f"{shown} can't be written: {error.strerror}.", todo="Give another place.") from error
        count = 0
        try:
            # In CSV a byte order mark, so that a spreadsheet reads names right; JSON has none.
            encoding = "utf-8-sig" if form == "csv" else "utf-8"
            with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
                writer = csv.writer(file)
                if form == "csv":
                    writer.writerow(COLUMNS)
                for event in audit_reading.oldest_first(self._database, wanted):
                    count += 1
                    if form == "csv":
                        writer.writerow(event_cells(event))
                    else:
                        file.write(json.dumps(event_values(event), ensure_ascii=False) + "\n")
        except OSError as error:
            _take_away(path)
            raise Refused(f"{shown} can't be written: {error.strerror}.", todo="Give another place.") from error
        except BaseException:
            _take_away(path)
            raise
        if not self.read_only:
            with self._database.transaction() as connection:
                detail = {"rows": count, "format": form, **_narrowed(wanted)}
                audit.append(connection, self._actor, self._clock().isoformat(), "audit export", detail=detail)
        return count


def event_cells(event: AuditEvent) -> list[str]:
    """An event as a row of CSV, formulas made harmless."""
    return [formula_safe("" if value is None else str(value)) for value in event_values(event).values()]


def event_values(event: AuditEvent) -> dict[str, Any]:
    """An event as JSON has it: `detail` as the text that is hashed, the hash in hexadecimal."""
    return {**event._asdict(), "hash": event.hash.hex()}


def when(at: str) -> str:
    """A moment as people read it; one that somebody has tampered with as it stands."""
    try:
        return say_time(at)
    except ValueError:
        return clean(at)


def who(event: AuditEvent) -> str:
    """Who did it, and from where when it was not at the machine itself."""
    return event.operator if event.origin in ("", "local") else f"{event.operator}@{event.origin}"


def _narrowed(wanted: AuditFilter) -> dict[str, Any]:
    """By what an export was narrowed."""
    return {name: value for name, value in wanted._asdict().items() if value}


def _take_away(path: Path) -> None:
    with suppress(OSError):
        path.unlink()  # half a file must not pass for the whole
