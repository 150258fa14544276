"""Secrets of the operator, such as the password of a mail server: where they come from, and that they stay unseen.

A secret never stands in the config file, in a process's arguments, in a repr or in an error. It comes from the first
of these that is set: an environment variable, the output of a command, a file that its owner alone may read. A floor
room: it knows of no service.
"""

import os
import select
import signal
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tui.errors import ConfigError
from tui.text import clean

_MOST_BYTES = 4096
_COMMAND_SECONDS = 30.0


class Secret:
    """A secret; it shows itself only to who asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret may come from. `what` names it in errors, as `the mail server's password`; `key` begins the
    names of its keys in the config, as `mail.smtp.password`."""

    what: str
    key: str
    variable: str
    command: tuple[str, ...] = ()
    file: Path | None = None
    seconds: float = _COMMAND_SECONDS

    @property
    def is_set(self) -> bool:
        """Whether any of the three is there."""
        return bool(os.environ.get(self.variable) or self.command or self.file)


def read_secret(source: SecretSource) -> Secret:
    """The secret from the first source that is set. Raises ConfigError, which never repeats any of it."""
    if value := os.environ.get(source.variable):
        return _checked(value, source, f"the environment variable {source.variable}")
    if source.command:
        return _checked(_output(source), source, f"{source.key}_command")
    if source.file:
        return _checked(_content(source, source.file), source, f"{source.key}_file")
    raise ConfigError(
        f"There is no {source.what}.",
        todo=f"Set {source.key}_command or {source.key}_file in the config, or the environment variable "
        f"{source.variable}.",
    )


def _checked(value: str, source: SecretSource, where: str) -> Secret:
    line = value.partition("\n")[0].removesuffix("\r")
    if not line:
        raise ConfigError(
            f"The {source.what} is blank: {where} gave no first line.", todo="Put the password on its first line."
        )
    if len(line) > _MOST_BYTES or not line.isprintable():
        raise ConfigError(
            f"The {source.what} can't be used: what {where} gave is too long or has an invisible character in it.",
            todo="Is it the right one?",
        )
    return Secret(line)


def _content(source: SecretSource, path: Path) -> str:
    name = clean(str(path))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                raise ConfigError(f"{name}, for the {source.what}, is not a file.", todo=f"Check {source.key}_file.")
            if state.st_uid not in (os.geteuid(), 0):
                raise ConfigError(
                    f"{name}, for the {source.what}, belongs to somebody else.",
                    means="It was not read: its owner knows the secret, and could change it.",
                    todo="Make a file of your own, mode 0600.",
                )
            if state.st_mode & 0o077:
                raise ConfigError(
                    f"{name}, for the {source.what}, can be read or written by others.",
                    means="It was not read.",
                    todo=f"Run: chmod 600 {name}. Then change the password, for others may have seen it.",
                )
            raw = os.read(handle, _MOST_BYTES + 2)
        finally:
            os.close(handle)
    except OSError as error:
        raise ConfigError(
            f"{name}, for the {source.what}, can't be read: {error.strerror}.", todo=f"Check {source.key}_file."
        ) from error
    return _text(raw, source)


def _output(source: SecretSource) -> str:
    """What the command printed. Without a shell, without a terminal; it and whatever it started ends with the time."""
    program = clean(source.command[0])
    end = time.monotonic() + source.seconds
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own command, from the operator's own config
            source.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it can't be run"
        raise ConfigError(
            f"The command for the {source.what} ({program}) can't be started: {reason}.",
            todo=f"Check {source.key}_command; it is run without a shell.",
        ) from error
    try:
        raw = _read(process, end)
        code = process.wait(max(0.0, end - time.monotonic()))
    except BaseException as error:
        # Not yet waited for, so its number is still its own.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if not isinstance(error, TimeoutError | subprocess.TimeoutExpired):
            raise
        raise ConfigError(
            f"The command for the {source.what} ({program}) did not end within {source.seconds:g} seconds.",
            todo="Run it yourself: it may be waiting for an answer, which it can't get here.",
        ) from None
    finally:
        if process.stdout:
            process.stdout.close()
    if code:
        raise ConfigError(
            f"The command for the {source.what} ({program}) failed with exit code {code}.",
            todo="Run it yourself to see why.",
        )
    return _text(raw, source)


def _read(process: "subprocess.Popen[bytes]", end: float) -> bytes:
    """The beginning of the output; the rest is read and dropped, so that the command is not stopped in the middle."""
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    handle, kept = process.stdout.fileno(), b""
    while True:
        if not select.select([handle], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError
        if time.monotonic() > end:
            raise TimeoutError
        part = os.read(handle, 65536)
        if not part:
            return kept
        kept = (kept + part)[: _MOST_BYTES + 2]


def _text(raw: bytes, source: SecretSource) -> str:
    try:
        return raw.partition(b"\n")[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"The {source.what} is not UTF-8 text.", todo="Save it as UTF-8.") from None
