"""Telling whether the files of a feed are still those that were read."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tui.errors import InputRefused
from tui.text import clean


class Fingerprint(NamedTuple):
    """A file as it was: its size, when it was changed last (in nanoseconds), and the digest of what is in it."""

    size: int
    changed_at: int
    digest: bytes


def take(paths: Iterable[Path]) -> dict[Path, Fingerprint]:
    """The fingerprints of these files. Raises InputRefused when one can't be read."""
    return {path: _of(path) for path in paths}


def differing(before: Mapping[Path, Fingerprint], after: Mapping[Path, Fingerprint]) -> list[str]:
    """The names of the files that were changed, or are in only one of the two."""
    paths = sorted({*before, *after})
    return [clean(path.name) for path in paths if before.get(path) != after.get(path)]


def content_of(paths: Iterable[Path]) -> str:
    """One digest of what is in these files, by their names; "" for none. When they were changed doesn't count: files
    that were only copied again say nothing new. Raises InputRefused when one can't be read."""
    known = sorted((path.name.lower(), fingerprint.digest.hex()) for path, fingerprint in take(paths).items())
    return hashlib.sha256(repr(known).encode("utf-8", "surrogateescape")).hexdigest() if known else ""


def _of(path: Path) -> Fingerprint:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        status = path.stat()
    except OSError as error:
        raise InputRefused(
            f"{clean(path.name)} can't be read: {error.strerror or 'the system refuses it'}.",
            means="Nothing was imported.",
            todo="Check that the file is there and that you may read it.",
        ) from error
    return Fingerprint(status.st_size, status.st_mtime_ns, digest)
