"""Sending the messages of a job: the intent stored first, a fresh link for each attempt, the fate of each recorded.

What a stop can leave is an attempt that was begun and not recorded. The outbox knows whether it arrived; a mail server
does not, and then the message is `unknown` and waits for a person: it is never sent again by itself, and never lost.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.domain.retrying import next_pause
from tui.errors import EngageError
from tui.jobs import welcoming
from tui.jobs.pace import Pace, sleep
from tui.mail.letters import compose
from tui.mail.open_transport import open_templates
from tui.mail.transport import MailDeferred, MailUnavailable, MailUnknown, Message, Transport
from tui.register import audit, facts, invitations, journal
from tui.register.database import Connection, Database
from tui.services.service import Order
from tui.services.tokens import mint
from tui.settings import Settings
from tui.text import say_time

# Seconds between tries to reach a mail server that can't be used at all; nothing was sent, so trying is safe.
UNAVAILABLE_PAUSES = (1.0, 4.0)
WORDS = {Verb.WELCOME: "welcome email", Verb.RESET: "password reset"}
_LOST = "the session ended while it was being sent"


class ToSend(NamedTuple):
    """One message to be sent: the order, and the line that it begins with ("" for the usual one)."""

    order: Order
    greeting: str


class Sent(NamedTuple):
    """What became of a message: the state of its item, with a sentence."""

    item: int
    state: str
    detail: str


class _Begun(NamedTuple):
    """An attempt that was stored and is being made."""

    order: Order
    invitation: int
    key: str
    tries: int


class _Fate(NamedTuple):
    """What became of an attempt, still to be recorded. `retry_at`: when it is tried again, "" for never."""

    begun: _Begun
    state: str
    detail: str
    retry_at: str = ""


class Mailer:
    """Sends what a job wants sent. `stop` ends waits."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        settings: Settings,
        actor: Actor,
        clock: Callable[[], datetime],
        *,
        verb: Verb,
        stop: threading.Event | None = None,
    ) -> None:
        self._database = database
        self._transport = transport
        self._settings = settings
        self._templates = open_templates(settings)
        self._actor = actor
        self._clock = clock
        self._verb = verb
        self._words = WORDS[verb]
        self._stop = stop
        self._pace = Pace(transport.per_minute, stop)
        self._fate: _Fate | None = None

    def send(self, wanted: Sequence[ToSend], stops: Callable[[], bool]) -> Iterator[Sent]:
        """Send these one after the other until `stops` says so; yields each as its fate is known.

        The fate of one is recorded in the transaction that stores the next one's intent. Raises MailUnavailable when
        nothing can be sent now (the item is open as before), LeaseLost, RegisterError.
        """
        try:
            for one in wanted:
                if stops():
                    return
                if self._pace.waits:
                    self._record()
                    self._pace.wait()
                    if stops():
                        return
                else:
                    self._pace.wait()
                yield self._send(one)
        finally:
            self._record()

    def _send(self, wanted: ToSend) -> Sent:
        order = wanted.order
        token, token_hash = mint()
        key = welcoming.key_of(self._verb, token_hash)
        now = self._clock()
        try:
            letter = welcoming.letter(self._settings, order.facts, self._verb, key, token, now, wanted.greeting)
            message = compose(letter, self._templates)
        except EngageError as error:
            return self._refused(order, error.what)
        fate = self._fate
        try:
            begun = self._begin(wanted, key, token_hash, message)
        except BaseException:
            self._fate = fate  # it was undone with the rest, and is still to be recorded
            raise
        if isinstance(begun, Sent):
            return begun
        self._fate = self._deliver(begun, message)
        if self._fate.state == "pending":
            fate = self._fate
            self._record()
            raise MailUnavailable(fate.detail, means="Nothing more was sent.")
        return Sent(order.item, self._fate.state, self._fate.detail)

    def _begin(self, wanted: ToSend, key: str, token_hash: bytes, message: Message) -> _Begun | Sent:
        """Record the fate of the one before and store that this one is being sent, or why it is not."""
        order = wanted.order
        with self._database.transaction() as connection:
            self._write_fate(connection)
            journal.must_hold(connection, order.job, order.runner)
            refused = self._why_not(connection, order)
            if refused is not None:
                return refused
            journal.set_item(connection, order.item, "claimed", order.at)
            before = invitations.of_item(connection, order.item)
            invitation = invitations.begin(
                connection,
                invitations.Attempt(
                    order.person, order.facts.code, self._verb, order.facts.email, wanted.greeting, order.job,
                    order.item, key, token_hash, message.expires_at.isoformat(), self._transport.name,
                ),
                order.at,
            )  # fmt: skip
        return _Begun(order, invitation, key, before[3] if before and before[0] == invitation else 0)

    def _why_not(self, connection: Connection, order: Order) -> Sent | None:
        state = journal.item_state(connection, order.item)
        if state not in journal.WAITING_STATES:
            return Sent(order.item, state, "was done already")
        # An import or a hold may have landed since the gate was asked.
        changed = order.as_of != self._database.version() and (
            facts.gather(self._database, [order.person])[order.person] != order.facts
        )
        if not changed:
            return None
        self._end_item(connection, order, "skipped", "the facts have changed just now")
        return Sent(order.item, "skipped", "the facts have changed just now")

    def _refused(self, order: Order, why: str) -> Sent:
        with self._database.transaction() as connection:
            journal.must_hold(connection, order.job, order.runner)
            self._end_item(connection, order, "failed", why)
        return Sent(order.item, "failed", why)

    def _end_item(self, connection: Connection, order: Order, state: str, why: str) -> None:
        """An item ends without an attempt; what it had queued is not sent."""
        journal.set_item(connection, order.item, state, order.at, why)
        invitations.end_item(connection, order.item, order.at, why)
        self._audit(connection, order, f"{self._verb} {state}", why)

    def _deliver(self, begun: _Begun, message: Message) -> _Fate:
        for pause in (*UNAVAILABLE_PAUSES, None):
            try:
                self._transport.deliver(message)
            except MailUnavailable as error:
                if pause is None or (self._stop is not None and self._stop.is_set()):
                    return _Fate(begun, "pending", error.what)
                sleep(pause, self._stop)
            except MailDeferred as error:
                return self._deferred(begun, error.what)
            except MailUnknown as error:
                return _Fate(begun, "unknown", error.what)
            except EngageError as error:
                return _Fate(begun, "failed", error.what)
            else:
                break
        return _Fate(begun, "done", f"{self._words} handed to the {self._transport.name}")

    def _deferred(self, begun: _Begun, why: str) -> _Fate:
        pause = next_pause(self._verb, begun.tries + 1)
        if pause is None:
            return _Fate(begun, "failed", f"put off {begun.tries + 1} times, and given up: {why}")
        retry_at = self._clock() + pause
        return _Fate(begun, "deferred", f"{why} Tried again from {say_time(retry_at)} on.", retry_at.isoformat())

    def _record(self) -> None:
        if self._fate is not None:
            with self._database.transaction() as connection:
                self._write_fate(connection)

    def _write_fate(self, connection: Connection) -> None:
        fate, self._fate = self._fate, None
        if fate is None:
            return
        order, invitation, at = fate.begun.order, fate.begun.invitation, self._clock().isoformat()
        # Whoever took the job over meanwhile may have said `unknown`; this session knows.
        if journal.item_state(connection, order.item) not in ("claimed", "unknown"):
            return
        if fate.state == "pending":
            journal.set_item(connection, order.item, "pending", "")
            invitations.put_back(connection, invitation)
            return
        if fate.state == "deferred":
            invitations.defer(connection, invitation, fate.retry_at, fate.detail)
        else:
            state = {"done": "sent"}.get(fate.state, fate.state)
            why = "" if state == "sent" else fate.detail
            if not invitations.finish(connection, invitation, state, at, why, fate.begun.key) and state == "unknown":
                invitations.call_unknown(connection, invitation, why)
        journal.set_item(connection, order.item, fate.state, at, fate.detail)
        self._audit(connection, order, _action(self._verb, fate.state), fate.detail)

    def settle(self, order: Order, *, alone: bool) -> Sent | None:
        """An item that a stopped run had begun: what became of it, None when it must be done again.

        `alone`: whoever began it is gone for sure; else it may be on its way still, and is not sent again.
        """
        found = invitations.of_item(self._database.connection, order.item)
        # Superseded: a hold, an import or another job has voided its link meanwhile; it may have gone out all the same.
        if found is None or found[1] not in ("sending", "sent", "superseded"):
            return None
        invitation, state, key, tries = found
        delivered = self._transport.delivered(key)
        if delivered is False and alone:
            return None
        begun = _Begun(order, invitation, key, tries)
        if delivered:
            self._fate = _Fate(begun, "done", f"{self._words} handed to the {self._transport.name}")
        else:
            void = " Its link is void." if state == "superseded" else ""
            self._fate = _Fate(begun, "unknown", f"It may have been sent: {_LOST}.{void}")
        sent = Sent(order.item, self._fate.state, self._fate.detail)
        self._record()
        return sent

    def _audit(self, connection: Connection, order: Order, action: str, detail: str) -> None:
        audit.append(
            connection,
            self._actor,
            order.at,
            action,
            subject=order.facts.code,
            detail={"status": order.facts.status, "what": detail},
            job_id=order.job,
            reason=order.reason,
        )


def _action(verb: Verb, state: str) -> str:
    return str(verb) if state == "done" else f"{verb} {state}"
