"""A zip of a feed's files, unpacked into a private folder that goes away with the feed.

An archive is outside data: entries that would land elsewhere (absolute, `..`, links), that stand twice, that lie deeper
than one folder, or that unpack to more than is plausible are refused before anything is written. Only CSV files, and
what a mapping profile reads, are unpacked; whatever else is in it is left there. Backslashes part folders as slashes
do: some programs on Windows write them, against the rule.
"""

import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tui.domain.problems import quoted
from tui.errors import InputRefused
from tui.text import clean, join_and

MOST_ENTRIES = 1000
MOST_BYTES = 2 * 1024**3
MOST_RATIO = 200
"""Text that a spreadsheet writes shrinks to a tenth, seldom to a fiftieth; a bomb to a thousandth."""
_SMALL = 1024**2
_PIECE = 256 * 1024


def is_zip(path: Path) -> bool:
    """Whether it is a zip archive that is called one; a workbook is one too, and is not meant."""
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".zip" and file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def unpack(path: Path, into: Path, also: Callable[[str], bool] = lambda name: False) -> None:
    """Unpack the CSV files of a zip, and those whose names are wanted `also`, into the folder `into`, flat.

    Raises InputRefused, when it holds no such file too."""
    name = clean(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            for entry, target in _wanted(archive, name, also).items():
                _write(archive, entry, into / target, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputRefused(
            f"{name} can't be unpacked: it is damaged, encrypted, or of a kind that is not known.",
            means="Nothing was imported.",
            todo="Export it again, or unpack it yourself and give the folder.",
        ) from error
    except OSError as error:
        raise InputRefused(
            f"{name} can't be unpacked: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check that you may read it, and that there is room for temporary files.",
        ) from error


def _wanted(archive: zipfile.ZipFile, name: str, also: Callable[[str], bool]) -> dict[zipfile.ZipInfo, str]:
    """The entries to unpack, each with the name it gets; all entries are looked at first."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise _refused(name, f"it holds {len(entries):,} entries, more than {MOST_ENTRIES:,}")
    total = 0
    wanted: dict[zipfile.ZipInfo, str] = {}
    told: set[str] = set()
    folders: set[str] = set()
    others: list[str] = []
    for entry in entries:
        # zipfile cuts a name at NUL; what was written is what counts.
        raw = entry.orig_filename.replace("\\", "/")
        shown, path = quoted(entry.filename), PurePosixPath(raw)
        if raw.startswith("/") or ".." in path.parts or ":" in raw:
            raise _refused(name, f"its entry {shown} would land outside of its folder")
        if "\0" in raw:
            raise _refused(name, f"its entry {shown} has a name that no file can have")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(name, f"its entry {shown} is a link or a device")
        if raw.endswith("/"):
            continue
        total += entry.file_size
        if total > MOST_BYTES:
            raise _refused(name, f"it unpacks to more than {MOST_BYTES // 1024**3} GB")
        if entry.file_size > max(_SMALL, MOST_RATIO * entry.compress_size):
            raise _refused(name, f"its entry {shown} unpacks to more than {MOST_RATIO} times its size")
        if path.parts[:1] in ((), ("__MACOSX",)):
            continue
        if path.suffix.lower() != ".csv" and not also(path.name):
            others.append(raw)
            continue
        if len(path.parts) > 2:
            raise _refused(name, f"its entry {shown} lies deeper than in one folder")
        if path.name.lower() in told:
            raise _refused(name, f"it holds {quoted(path.name)} twice")
        told.add(path.name.lower())
        folders.add(str(path.parent))
        wanted[entry] = path.name
    if len(folders) > 1:
        raise _refused(name, "its CSV files lie in several folders")
    if not wanted:
        raise _nothing(name, others)
    return wanted


def _nothing(name: str, others: list[str]) -> InputRefused:
    """A zip without a file to unpack: what there is instead, and what to do about that."""
    if not others:
        what, todo = f"The zip {name} is empty.", "Export it again and look into it before the import."
    elif any(other.lower() in ("[content_types].xml", "xl/workbook.xml") for other in others):
        what = f"{name} is an Excel workbook or another document of Office, and no zip of CSV files."
        todo = "Save each sheet as “CSV UTF-8 (Comma delimited)”, and give the folder that they are in."
    else:
        what = f"The zip {name} holds no CSV file, but {join_and([quoted(other) for other in others], most=3)}."
        nested = any(other.lower().endswith(".zip") for other in others)
        todo = "Unpack it, and give the zip that is in it." if nested else "Give a zip of the export's CSV files."
    return InputRefused(what, means="Nothing was imported.", todo=todo)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, name: str) -> None:
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:  # what an entry says of its size is only what it says
                raise _refused(name, f"its entry {quoted(entry.filename)} is longer than it says")
            file.write(piece)


def _refused(name: str, why: str) -> InputRefused:
    return InputRefused(
        f"{name} is refused: {why}.",
        means="Nothing was unpacked or imported.",
        todo="Look where it comes from. If it is right, unpack it yourself and give the folder.",
    )
