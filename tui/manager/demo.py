"""The demo school: made on first use in a register of its own, which refuses everybody else's records."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tui.errors import Refused, RegisterError, RegisterReadOnly
from tui.manager.manager import AccountManager
from tui.settings import Settings


def open_demo(path: Path, settings: Settings, *, reset: bool = False, read_only: bool = False) -> AccountManager:
    """The demo's register, made when it is not there; `reset` makes it anew. Raises Refused for a school's register."""
    if path.exists():
        manager = AccountManager(settings, path, read_only=read_only)
        if not manager.is_demo:
            manager.close()
            raise Refused(
                f"{path} is a school's register, not the demo's.",
                means="It was left as it is.",
                todo="Leave --register out, or name another place for the demo.",
            )
        if not reset:
            return manager
        if read_only:
            manager.close()
            raise RegisterReadOnly("This session is read-only.", means="The demo was left as it is.")
        manager.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    elif read_only:
        raise RegisterError(
            f"There is no demo register at {path}.", todo="Start once without --read-only; the demo is made then."
        )
    # Made beside and put into place whole: a kill in the middle leaves no half a school, and of two sessions that make
    # it at once the second finds the first one's.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        making = Path(folder) / path.name
        _fill(making, settings)
        with suppress(FileExistsError):
            os.link(making, path)
    return AccountManager(settings, path, read_only=read_only)


def _fill(path: Path, settings: Settings) -> None:
    from tui.feeds.demo_school import demo_school

    school = demo_school(datetime.now(UTC).date())
    first = school.rosters[0].description.taken_at
    # Each import is dated when its extract was made, so that the history reads like a school's.
    days = iter([first, *(roster.description.taken_at for roster in school.rosters)])
    clock = _Clock(next(days))
    manager = AccountManager(settings, path, create=True, clock=clock)
    try:
        manager.make_demo(school.name, school.portal_url, school.help_contact)
        for roster in school.rosters:
            clock.now = next(days)
            manager.import_roster(roster, is_demo=True)
        for hold in school.holds:
            manager.hold(hold.contact_code, hold.note, kind=hold.kind)
    finally:
        manager.close()


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
