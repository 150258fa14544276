"""Attempts that a rule refused go into the audit: who tried what on which code, and what the rule said.

Not what was only mistyped: a code that nobody has may be a name, and the audit holds none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from tui.domain.actor import Actor
from tui.errors import EngageError, ImportStopped, InputRefused, Refused, RegisterError
from tui.register import audit, causes, facts, standing
from tui.register.database import Database


class Acting(Protocol):
    """What is needed of the manager."""

    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]


Self = TypeVar("Self", bound=Acting)
Given = ParamSpec("Given")
Result = TypeVar("Result")
Verb = Callable[Concatenate[Self, str, Given], Result]


def audited_refusals(attempt: str) -> Callable[[Verb[Self, Given, Result]], Verb[Self, Given, Result]]:
    """For a verb whose first argument is what it is about: a code, or a key of a cause or a flag group."""

    def of_verb(verb: Verb[Self, Given, Result]) -> Verb[Self, Given, Result]:
        @wraps(verb)
        def kept(self: Self, about: str, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
            try:
                return verb(self, about, *args, **kwargs)
            except Refused as error:
                subject = about if _is_known(self._database, about) else ""
                keep(self._database, self._actor, self._clock(), attempt, error, subject=subject)
                raise

        return kept

    return of_verb


def _is_known(database: Database, about: str) -> bool:
    """Whether it is somebody's code, or the key of a cause or a flag group."""
    if facts.person_of(database, about) is not None or any(group.key == about for group in standing.groups(database)):
        return True
    return any(str(cause.key) == about for cause in causes.causes(database))


@contextmanager
def import_refusals(database: Database, actor: Actor, clock: Callable[[], datetime], feed: str) -> Iterator[None]:
    """An import that was refused or stopped: which feed, and in counts why; what the rows said is not kept."""
    try:
        yield
    except (InputRefused, ImportStopped, Refused) as error:
        keep(database, actor, clock(), "import", error, detail={"feed": feed})
        raise


def keep(
    database: Database,
    actor: Actor,
    now: datetime,
    attempt: str,
    error: EngageError,
    *,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add the event. What can't be written now must not hide why the attempt was refused."""
    if database.read_only:
        return
    said = error.what.partition("\n")[0].rstrip(":")  # the lines below it quote rows
    with suppress(RegisterError), database.transaction() as connection:
        audit.append(
            connection, actor, now.isoformat(), f"{attempt} refused", subject=subject, detail=detail, reason=said
        )
