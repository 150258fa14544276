"""The outbox: a private folder of .eml files, for sending by hand, for the demo and for tests.

Each message holds a live link, so the folder is its owner's alone (0700, files 0600) and a file goes when its
link expires. A file has its name only once it is whole and on disk: `delivered` is exact after any crash.
"""

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tui.mail.transport import MailUnavailable, Message, checked_key

_MESSAGE = re.compile(r"([A-Za-z0-9_-]{1,100})\.(\d{1,11})\.eml")
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")
_STALE_SECONDS = 3600
_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message in the outbox."""

    key: str
    expires_at: datetime
    path: Path


class Outbox:
    """A transport that puts messages into a folder, which is made at the first delivery.

    `group`: the folder belongs to a team on one host; that group may read and write what nobody else may.
    """

    name = "outbox"
    per_minute = 0

    def __init__(self, folder: Path, *, group: str = "") -> None:
        self.folder = folder
        self._group = group
        self._shared = bool(group)

    @property
    def where(self) -> Path:
        """The folder itself."""
        return self.folder

    def deliver(self, message: Message) -> None:
        """Put `message` into the folder. A key that is there already is left as it is."""
        final = f"{message.key}.{_epoch(message.expires_at)}.eml"
        try:
            self._make()
            with self._opened() as folder:
                # Of two programs that deliver one key at once, the second finds it delivered.
                fcntl.flock(folder, fcntl.LOCK_EX)
                if not _holds(folder, message.key):
                    _write(folder, final, message.content, 0o660 if self._shared else 0o600)
        except OSError as error:
            self._refuse(error, means="The message was not sent.")

    def delivered(self, key: str) -> bool:
        """Whether the message with `key` is in the folder, whole."""
        checked_key(key)
        try:
            with self._opened() as folder:
                return _holds(folder, key)
        except FileNotFoundError:
            return False
        except OSError as error:
            self._refuse(error)

    def close(self) -> None:
        """Nothing is held open."""

    def list_messages(self) -> list[OutboxMessage]:
        """The messages in the folder, in the order of their expiry."""
        try:
            with self._opened() as folder:
                return sorted(self._messages(folder), key=lambda found: (found.expires_at, found.key))
        except FileNotFoundError:
            return []
        except OSError as error:
            self._refuse(error)

    def purge(self, now: datetime) -> int:
        """Remove the messages whose link has expired, and what a crash left. Returns how many messages."""
        moment = _epoch(now)
        try:
            with self._opened() as folder:
                expired = [m.path.name for m in self._messages(folder) if m.expires_at.timestamp() <= moment]
                gone = sum(_remove(folder, name) for name in expired)
                for name in filter(_TEMPORARY.fullmatch, _names(folder)):
                    with suppress(FileNotFoundError):  # another program has just finished with it
                        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
                        if state.st_mtime < moment - _STALE_SECONDS:
                            _remove(folder, name)
                os.fsync(folder)
                return gone
        except FileNotFoundError:
            return 0
        except OSError as error:
            self._refuse(error)

    def _messages(self, folder: int) -> list[OutboxMessage]:
        return [
            OutboxMessage(match[1], datetime.fromtimestamp(int(match[2]), UTC), self.folder / match[0])
            for match in map(_MESSAGE.fullmatch, _names(folder))
            if match
        ]

    def _make(self) -> None:
        for folder in (*reversed(self.folder.parents), self.folder):
            if not (folder.exists() or folder.is_symlink()):
                folder.mkdir(mode=0o700, exist_ok=True)
                if self._shared and folder == self.folder:
                    # Given to the group before the modes are widened; new files then take its group.
                    shutil.chown(folder, group=self._group)
                    folder.chmod(0o2770)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder as a file descriptor, checked; all is done through it, so that no swap can mislead."""
        try:
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise MailUnavailable(
                    f"The outbox {self.folder} is not a folder of its own (it is a file or a link).",
                    todo="Name the folder itself in mail.outbox.",
                ) from error
            raise
        try:
            state = os.fstat(folder)
            mine = state.st_uid == os.geteuid()
            others = 0o007 if self._shared else 0o077
            if not mine and not (self._shared and not state.st_mode & others):
                raise MailUnavailable(
                    f"The outbox {self.folder} belongs to somebody else.",
                    means="Its owner could read every link in it.",
                    todo="Name a folder of your own in mail.outbox.",
                )
            if state.st_mode & others:
                os.fchmod(folder, stat.S_IMODE(state.st_mode) & ~others)
            yield folder
        finally:
            os.close(folder)

    def _refuse(self, error: OSError, *, means: str = "") -> NoReturn:
        if error.errno in _FULL:
            what, todo = "the disk is full", "Make room, then run the job again: it goes on where it stopped."
        elif error.errno in _READ_ONLY:
            what, todo = (
                "it can't be written to",
                "Check its owner and modes, or name another in mail.outbox.",
            )
        else:
            what, todo = (
                error.strerror or "unknown reason",
                "Check the folder, or name another in mail.outbox.",
            )
        raise MailUnavailable(f"The outbox {self.folder} can't be used: {what}.", means=means, todo=todo) from error


def _holds(folder: int, key: str) -> bool:
    # A key has no dot in it, so the beginning of a name is enough; asked at every delivery, so kept cheap.
    return any(name.startswith(f"{key}.") and _MESSAGE.fullmatch(name) for name in _names(folder))


def _write(folder: int, final: str, content: bytes, mode: int) -> None:
    """Write the file `final` so that it is never seen in part."""
    temporary = f".{secrets.token_hex(16)}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, final, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _remove(folder, temporary)
        raise
    os.fsync(folder)


def _remove(folder: int, name: str) -> int:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
        return 1
    return 0


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _epoch(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return int(moment.timestamp())
