"""What the state machine of jobs plays with: sessions that die at a statement, a server whose answers are drawn."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from tests.crash import reader
from tui.mail.transport import MailDeferred, MailRefused, MailUnavailable, MailUnknown, Message

ANSWERS = ("ok", "ok", "deferred", "refused", "unknown", "unknown-arrived", "unavailable", "kill", "kill-arrived")


class Killed(BaseException):
    """The session is gone: nothing of it may do anything more."""


class Death:
    """When the sessions that are open die: at the n-th statement from now on, 0 for never."""

    def __init__(self) -> None:
        self.at = 0
        self.is_dead = False

    def next(self, at: int) -> None:
        self.at, self.is_dead = at, False

    def statement(self) -> None:
        if self.is_dead:
            raise Killed
        if self.at:
            self.at -= 1
            if not self.at:
                self.kill()

    def kill(self) -> None:
        self.is_dead = True
        raise Killed


@contextmanager
def dying(death: Death) -> Iterator[None]:
    """Connections that are opened inside die by `death`, without so much as a rollback."""
    connect = sqlite3.connect

    class Dying(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            death.statement()
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> sqlite3.Cursor:
            death.statement()
            return super().executemany(*arguments)

    with mock.patch("sqlite3.connect", lambda *arguments, **named: connect(*arguments, **{"factory": Dying} | named)):
        yield


class DrawnServer:
    """A transport whose answers are drawn. It keeps what arrived, by the job's item, as a mail server would not."""

    name = "mail server"
    where = None
    per_minute = 0

    def __init__(self, register: Path, death: Death) -> None:
        self._register = register
        self._death = death
        self.answers: list[str] = []
        self.arrived = Counter[int]()
        self.tokens: set[bytes] = set()

    def deliver(self, message: Message) -> None:
        found = reader.read(
            self._register,
            "SELECT item_id, person, token_hash, state FROM invitations WHERE attempt_key = ?",
            message.key,
        )
        assert len(found) == 1, "the intent is stored before anything is sent"
        item, person, token, state = found[0]
        assert state == "sending"
        held = "SELECT 1 FROM holds WHERE person = ? AND kind = 'mail' AND released_at = ''"
        assert not reader.read(self._register, held, person), "whoever is held gets nothing"
        answer = self.answers.pop(0) if self.answers else "ok"
        if answer in ("ok", "unknown-arrived", "kill-arrived"):
            self.arrived[item] += 1
            self.tokens |= reader.delivered([("", message.content)])[0].tokens
            assert token in self.tokens
        if answer.startswith("kill"):
            self._death.kill()
        if answer.startswith("unknown"):
            raise MailUnknown("The line was lost.")
        errors = {"deferred": MailDeferred, "refused": MailRefused, "unavailable": MailUnavailable}
        if answer in errors:
            raise errors[answer](f"The server said: {answer}.")

    def delivered(self, key: str) -> bool | None:
        return None

    def close(self) -> None:
        pass
