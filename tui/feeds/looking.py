"""Looking for feeds: which folders and files near by a person may mean, and the rest of a path that is being typed.

Only names are read, of so many entries at most; whatever can't be looked into is passed over.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tui.feeds.csv_files import FILES

USERS = "users.csv"
NAMES_READ = 1000
"""Of a folder; an export lies among few files, and a folder of very many is not worth the wait."""


def likely(here: Path, most: int, also: Callable[[Path], bool] = lambda folder: False) -> list[Path]:
    """`here` and its direct sub-folders, where they hold a file that a feed knows, and the CSV and zip files in `here`
    when it is no feed itself; the newest first, and no more than `most` entries looked at. `also` knows others."""
    found = [here] if _holds_known(here) or also(here) else []
    entries = sorted(_entries(here), key=_modified, reverse=True)[: max(most - 1, 0)]
    for entry in entries:
        path = Path(entry.path)
        if _is_folder(entry):
            if not entry.name.startswith(".") and (_holds_known(path) or also(path)):
                found.append(path)
        elif here not in found and _is_export(entry.name) and _is_file(entry):
            found.append(path)
    return found


def complete(text: str) -> str:
    """`text` with as much added as all folders, CSV and zip files that begin so have in common, if any do."""
    before, slash, begun = text.rpartition("/")
    folder = expanded(before + slash)
    names = [
        entry.name + ("/" if is_folder else "")
        for entry in _entries(folder)
        if entry.name.startswith(begun)
        and (begun or not entry.name.startswith("."))
        and ((is_folder := _is_folder(entry)) or _is_export(entry.name))
    ]
    return before + slash + _common_start(names) if names else text


def here() -> Path | None:
    """The folder that the program was started in, None when it is not there any more."""
    try:
        return Path.cwd()
    except OSError:
        return None


def expanded(text: str) -> Path:
    """The path that was typed; `~` is the home folder, where there is one of that name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _common_start(names: list[str]) -> str:
    first, last = min(names), max(names)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((number for number, (a, b) in pairs if a != b), min(len(first), len(last)))]


def _holds_known(folder: Path) -> bool:
    return any(entry.name.lower() in (*FILES, USERS) and _is_file(entry) for entry in _entries(folder))


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with suppress(OSError, ValueError, RuntimeError), os.scandir(folder) as entries:
        yield from islice(entries, NAMES_READ)


def _is_export(name: str) -> bool:
    return name.lower().endswith((".csv", ".zip")) and not name.startswith(".")


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):
        return entry.is_dir()
    return False


def _is_file(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):
        return entry.is_file()
    return False


def _modified(entry: "os.DirEntry[str]") -> float:
    with suppress(OSError):
        return entry.stat().st_mtime
    return 0.0
