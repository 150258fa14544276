"""Finding a feed's files in a folder, whatever the case of their names, and when they were made."""

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.errors import InputRefused
from tui.text import clean

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def find_files(folder: Path, names: Collection[str]) -> dict[str, Path]:
    """The files of these (lower-case) names in the folder, by name; other files are left alone."""
    found: dict[str, Path] = {}
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        raise InputRefused(
            f"The folder {clean(str(folder))} can't be read: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check that you may read it.",
        ) from error
    for entry in entries:
        name = entry.name.lower()
        if name not in names:
            continue
        if name in found:
            raise InputRefused(
                f"The folder holds both {found[name].name} and {entry.name}.",
                means="There is no telling which of the two is meant. Nothing was imported.",
                todo="Take the older one away.",
            )
        found[name] = entry
    return found


def size_of(files: Collection[Path]) -> int:
    """The bytes of the files together; one that went away has none, and reading it says so."""
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total


def taken_at(files: Collection[Path]) -> datetime:
    """When an extract was made: the last change of its oldest file, in UTC, to the microsecond."""
    try:
        oldest = min(file.stat().st_mtime_ns for file in files)
    except OSError as error:
        raise InputRefused(
            f"A file of the feed went away: {error.strerror}.",
            means="Nothing was imported.",
            todo="Run the import again once the export has ended.",
        ) from error
    return _EPOCH + timedelta(microseconds=oldest // 1000)
