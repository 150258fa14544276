"""Every error that reaches a person: what happened, what it means, what to do.

The room holds exceptions and exit codes only; it imports nothing of the house. The tree:

    EngageError
    |-- ConfigError              the config file can't be used
    |-- RegisterError            the register can't be opened or written
    |   |-- RegisterLocked       another program holds it
    |   |-- RegisterReadOnly     the file, its folder or the session may not be written
    |   `-- RegisterNewer        made by a newer version of this program
    |-- InputRefused             a feed has rows that can't be taken; nothing was imported
    |-- ImportStopped            a feed shrank or lost columns; nothing was imported
    |-- NotFound                 no such code, job or group
    |-- Refused                  a rule of safety (a gate) refuses
    |   `-- LeaseLost            another session has taken over what this one was doing
    |-- GuardStopped             the guard stops the whole plan before its first item
    |-- Declined                 the operator did not confirm
    `-- ServiceError             the system that holds the accounts did not do as asked
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line, documented in docs/exit-codes.md."""

    OK = 0
    CRASH = 1
    USAGE = 2
    INPUT_REFUSED = 3
    IMPORT_STOPPED = 4
    REFUSED = 5
    GUARD_STOPPED = 6
    SOME_FAILED = 7
    REGISTER = 8
    CONFIG = 9
    DECLINED = 10
    NOT_FOUND = 11
    DUE = 12
    TAMPERED = 13


class EngageError(Exception):
    """What happened; `means` says what that means and `todo` what to do about it. All three are plain text.

    Callers must not put personal data into an error that can be logged: a contact code is allowed,
    a name or an email is not.
    """

    exit_code: ExitCode = ExitCode.CRASH

    def __init__(self, what: str, *, means: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.means = means
        self.todo = todo

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.means, self.todo) if part)


class ConfigError(EngageError):
    """The config file can't be used: names the file, the key and what is allowed."""

    exit_code = ExitCode.CONFIG


class RegisterError(EngageError):
    """The register can't be opened, read or written."""

    exit_code = ExitCode.REGISTER


class RegisterLocked(RegisterError):
    """Another program holds the register for longer than the busy time-out."""


class RegisterReadOnly(RegisterError):
    """The register, its folder or this session may not be written."""


class RegisterNewer(RegisterError):
    """The register was made by a newer version of this program."""


class InputRefused(EngageError):
    """A feed has rows that can't be taken. Nothing was imported."""

    exit_code = ExitCode.INPUT_REFUSED


class ImportStopped(EngageError):
    """A feed shrank, or lost columns or flags, by more than is plausible. Nothing was imported."""

    exit_code = ExitCode.IMPORT_STOPPED


class NotFound(EngageError):
    """No such code, job or group."""

    exit_code = ExitCode.NOT_FOUND


class Refused(EngageError):
    """A rule of safety refuses the act."""

    exit_code = ExitCode.REFUSED


class LeaseLost(Refused):
    """Another session has taken a job over; this one writes nothing more of it."""


class GuardStopped(EngageError):
    """The guard stops a plan before its first item."""

    exit_code = ExitCode.GUARD_STOPPED


class Declined(EngageError):
    """The operator did not confirm; nothing was done."""

    exit_code = ExitCode.DECLINED


class ServiceError(EngageError):
    """The system that holds the accounts did not do as asked."""

    exit_code = ExitCode.SOME_FAILED
