"""Which export lies in a folder now, and whether it still is being written: what a watch looks at, again and again.

Only names, sizes and times are read. The newest is taken alone: of folders and zips with a date in their name the one
with the latest.
"""

import os
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

_MOST = 10_000  # names of a folder that are read
_DATED = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[T _.-]?([01]\d|2[0-3])[-:_.]?([0-5]\d)(?:[-:_.]?([0-5]\d))?)?(?!\d)"
)
# What programs name a file while they write it; rsync hides it and adds letters of its own.
_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".writing")
_RSYNC = re.compile(r"\..+\.(?:csv|zip)\.\w+", re.IGNORECASE)


class Seen(NamedTuple):
    """A file as it was seen: its size and when it was changed last, in nanoseconds."""

    size: int
    changed_at: int


class Export(NamedTuple):
    """An export: its folder, zip or file, what is in it, and a file that shows that it still is being written, "" when
    there is none. No files: it is just being begun."""

    path: Path
    files: Mapping[str, Seen]
    unfinished: str = ""


def find_export(path: Path) -> Export | None:
    """The export at `path`: the CSV files in this folder, or else its newest folder or zip with a date in the name.

    None when there is neither. Raises OSError when it can't be reached."""
    if not path.is_dir():
        status = path.stat()
        return Export(path, {path.name: Seen(status.st_size, status.st_mtime_ns)})
    entries = _entries(path)
    if any(_is(entry, ".csv") for entry in entries):
        return _folder(path, entries)
    dated = [
        (moment, entry)
        for entry in entries
        if (moment := _moment(entry.name)) and not entry.name.startswith(".") and (entry.is_dir() or _is(entry, ".zip"))
    ]
    if not dated:
        return None
    # One that is named as unfinished gets its name at its end; until then what was finished before it counts.
    finished = [found for found in dated if not _is_unfinished(found[1].name)]
    _, newest = max(finished or dated, key=lambda found: (found[0], found[1].name))
    if not finished:
        return Export(Path(newest.path), {}, newest.name)
    if not newest.is_dir():
        return _zip(newest)
    inside = _entries(Path(newest.path))
    zips = [entry for entry in inside if _is(entry, ".zip")]
    if len(zips) == 1 and not any(_is(entry, ".csv") for entry in inside):
        return _zip(zips[0])._replace(unfinished=_unfinished(inside))
    return _folder(Path(newest.path), inside)


def _folder(path: Path, entries: list["os.DirEntry[str]"]) -> Export:
    return Export(path, dict(_seen([entry for entry in entries if _is(entry, ".csv")])), _unfinished(entries))


def _unfinished(entries: list["os.DirEntry[str]"]) -> str:
    return next((entry.name for entry in entries if _is_unfinished(entry.name)), "")


def _zip(entry: "os.DirEntry[str]") -> Export:
    return Export(Path(entry.path), dict(_seen([entry])))


def _seen(entries: list["os.DirEntry[str]"]) -> Iterator[tuple[str, Seen]]:
    for entry in entries:
        # Asked of the file and not of the entry, which may remember an older answer.
        status = Path(entry.path).stat()
        yield entry.name, Seen(status.st_size, status.st_mtime_ns)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return sorted(islice(entries, _MOST), key=lambda entry: entry.name)


def _is(entry: "os.DirEntry[str]", suffix: str) -> bool:
    return entry.name.lower().endswith(suffix) and not entry.name.startswith(".") and entry.is_file()


def _is_unfinished(name: str) -> bool:
    return name.lower().endswith(_UNFINISHED) or _RSYNC.fullmatch(name) is not None


def _moment(name: str) -> tuple[str, ...]:
    """The date, and the time if there is one, that a name has in it; () for none."""
    found = _DATED.search(name)
    return tuple(part or "00" for part in found.groups()) if found else ()
