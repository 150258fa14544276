"""What the manager does with holds: put one on an account or a cause, end it, list them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime

from tui.domain.actor import Actor
from tui.domain.holds import parse_until
from tui.domain.records import UserType
from tui.errors import NotFound, Refused, RegisterLocked
from tui.manager import causes
from tui.manager.refusals import audited_refusals
from tui.register import audit, facts, invitations, standing
from tui.register.database import Database
from tui.register.standing import Held
from tui.text import clean, day_of


class StandingVerbs:
    """The part of AccountManager that holds and releases."""

    read_only: bool
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]
    _not_found: Callable[[Sequence[str], UserType], NotFound]
    _believes_clock: Callable[[datetime], bool]

    @audited_refusals("hold")
    def hold(self, code: str, note: str, *, kind: str = "revoke", until: str = "") -> None:
        """Never revoke (or, kind `mail`, never mail) this one, until released or through the day `until`, as a person
        types it. Raises NotFound, and Refused without a note or for a day that is none or not in the future."""
        note, last = self._noted(note, until)
        person, at = self._person(code), self._clock().isoformat()
        with self._database.transaction() as connection:
            before = standing.hold(connection, person, kind, note, self._actor.operator, at, until=last)
            if kind == "mail":
                invitations.void(connection, person, at, "held")
            detail = {"before": standing.as_detail(before), "after": {"until": last}}
            audit.append(connection, self._actor, at, f"hold {kind}", subject=code, detail=detail, reason=note)

    @audited_refusals("release")
    def release(self, code: str, *, kind: str = "revoke") -> None:
        """Release a hold. Raises NotFound, Refused when there is none."""
        person, at = self._person(code), self._clock().isoformat()
        with self._database.transaction() as connection:
            before = standing.release(connection, person, kind, self._actor.operator, at)
            if before is None:
                raise Refused(f"{code} is not held.")
            detail = {"before": standing.as_detail(before), "after": {}}
            audit.append(connection, self._actor, at, f"release {kind}", subject=code, detail=detail)

    def holds(self) -> list[Held]:
        """Every hold that is open, those that end first, then the newest."""
        return standing.holds(self._database)

    @audited_refusals("hold")
    def hold_cause(self, key: str, note: str, *, until: str = "") -> int:
        """Hold everybody of a cause who is not held yet; gives how many. `until` and what is raised as for `hold`."""
        note, last = self._noted(note, until)
        return causes.hold(self._database, self._actor, key, note, self._clock().isoformat(), last)

    @audited_refusals("release")
    def release_cause(self, key: str) -> int:
        """Release whoever was held with the cause; gives how many. Raises NotFound, Refused when it is not held."""
        return causes.release(self._database, self._actor, key, self._clock().isoformat())

    def today(self) -> date:
        """The day that it is for the operator."""
        return date.fromisoformat(day_of(self._clock().isoformat()))

    def _noted(self, note: str, until: str) -> tuple[str, str]:
        """The cleaned note, and the day as ISO text. Raises Refused."""
        note = clean(note)
        if not note:
            raise Refused("A hold needs a note that says why.")
        try:
            return note, parse_until(until, self.today())
        except ValueError as error:
            raise Refused(str(error), means="Nothing was held.") from None

    def _end_holds(self) -> None:
        """End the holds whose day is over. A session that can't write now leaves it to the next: held is the safe
        side."""
        if self.read_only or not standing.any_over(self._database, self.today()):
            return
        # Nor is a hold ended by a clock that has jumped.
        with suppress(RegisterLocked):
            if self._believes_clock(self._clock()):
                with self._database.transaction() as connection:
                    standing.end_holds(connection, self.today(), self._actor, self._clock().isoformat())

    def _person(self, code: str) -> int:
        person = facts.person_of(self._database, code)
        if person is None:
            raise self._not_found([code], UserType.CONTACT)
        return person
