"""AccountManager: the one door between the front doors (screen, command line) and everything below.

Every verb stands here once. All calls are synchronous and may come from any thread.
"""

import csv
import os
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.config import outbox_folder, register_path
from tui.domain.actor import Actor
from tui.domain.clock import ClockState, judge_clock
from tui.domain.due import Due
from tui.domain.flag_groups import Answer, FlagGroup
from tui.domain.query import QueryError, parse
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.errors import NotFound, Refused, RegisterError
from tui.manager import causes
from tui.manager.audit_verbs import AuditVerbs
from tui.manager.doctoring import DoctorVerbs
from tui.manager.handover_lists import HandoverListVerbs
from tui.manager.import_verbs import ImportVerbs
from tui.manager.job_verbs import JobVerbs
from tui.manager.mail_verbs import MailVerbs
from tui.manager.masks import only
from tui.manager.operator import current_actor
from tui.manager.overviews import make_due, make_overview
from tui.manager.reconcile_verbs import ReconcileVerbs
from tui.manager.refusals import audited_refusals
from tui.manager.roll import Roll, Search
from tui.manager.settings_record import record_settings
from tui.manager.standing_verbs import StandingVerbs
from tui.manager.views import Causes, Explanation, Found, Overview, Row, Tab, View
from tui.register import accounts, audit, changelog, facts, invitations, listing, snapshots, standing
from tui.register.correlating import ensure_correlated
from tui.register.database import Database
from tui.register.derive import ensure_derived
from tui.services.service import AccountService
from tui.settings import MailSettings, PortalSettings, SchoolSettings, Settings
from tui.text import clean, formula_safe, join_and

if TYPE_CHECKING:
    from tui.domain.records import Roster
    from tui.manager.matching import Matched
    from tui.manager.watching_folder import FolderWatch

EXPORTED = ("code", "name", "contact_type", "email", "username", "status", "reason", "students", "last_login", "held")


class AccountManager(
    ImportVerbs, StandingVerbs, HandoverListVerbs, JobVerbs, MailVerbs, DoctorVerbs, AuditVerbs, ReconcileVerbs
):
    """An open register with the service, the mail and the rules that go with it.

    Raises RegisterError and its kin on opening. `clock` gives the time in UTC; tests hand in their own.
    """

    def __init__(
        self,
        settings: Settings,
        path: Path | None = None,
        *,
        read_only: bool = False,
        create: bool = False,
        actor: Actor | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.read_only = read_only
        self.path = path or register_path(settings)
        self._database = Database(self.path, read_only=read_only, create=create, group=settings.register.group)
        self._actor = actor or current_actor()
        self._clock = clock
        self._configure(settings)
        if not read_only:
            if not self.is_demo:
                record_settings(self._database, self.settings, self._actor, self._clock())
            self._tidy()

    def _configure(self, settings: Settings) -> None:
        self.is_demo = bool(self._database.meta("demo"))
        if self.is_demo:
            # The demo stands for itself whatever the config says: nothing of it may point at the real portal.
            meta = self._database.meta
            settings = replace(
                settings,
                school=SchoolSettings(name=meta("school"), help_contact=meta("help_contact")),
                portal=PortalSettings(url=meta("portal_url")),
                accounts=replace(settings.accounts, service="embedded", source=""),
                mail=MailSettings(),
            )
        self.settings = settings
        self.service = self._make_service()

    def close(self) -> None:
        """Close the register."""
        self._database.close()

    # -- what is so ------------------------------------------------------------------------------------------------

    def overview(self, user_type: UserType | None = UserType.CONTACT, *, quick: bool = False) -> Overview:
        """The register at a glance, with counts for one user type, None for all.

        `quick` is what the first frame needs: without the warnings, without counting who never logged in, and due by
        the days alone.
        """
        return make_overview(
            self._database,
            self.service,
            user_type=user_type,
            school=self.settings.school.name,
            is_demo=self.is_demo,
            stopped=self.stopped_jobs(),
            due_days=self.settings.schedule.due_days,
            overdue=self.overdue(),
            now=self._clock(),
            quick=quick,
        )

    def due(self) -> Due | None:
        """When revoking is due again, and what changed since it was last done; None before the first import."""
        if snapshots.latest(self._database) is None:
            return None
        return make_due(self._database, self.groups(), self.settings.schedule.due_days, self._clock())

    def counts(self, user_type: UserType | None = UserType.CONTACT) -> dict[Tab, int]:
        """People by tab."""
        counted = listing.counts(self._database, user_type)
        return {tab: counted.get(tab, 0) for tab in Tab}

    def view(
        self,
        tab: Tab,
        *,
        user_type: UserType | None = UserType.CONTACT,
        text: str = "",
        sort: str = "name",
        descending: bool = False,
        reason: str | None = None,
        only_causes: Sequence[str] = (),
        not_causes: Sequence[str] = (),
    ) -> View:
        """The ordered people of a tab, narrowed by a filter (see tui.domain.query), a reason and causes. Raises
        Refused, and NotFound for a cause that nobody is in."""
        persons = listing.listed(
            self._database, tab=tab, user_type=user_type, reason=reason or "", sort=sort, descending=descending
        )
        total = listing.counts(self._database, user_type).get(tab, 0) if reason else len(persons)
        if text.strip():
            try:
                roll = Roll(user_type)
                roll.read(self._database)
                persons = only(persons, Search(roll, tab, parse(text)).to_the_end().mask)
            except QueryError as error:
                raise Refused(f"Nothing can be filtered by {clean(text)!r}: {error}.") from error
        return View(causes.narrowed(self._database, persons, only_causes, not_causes), total)

    def led_by(self, reason: str) -> "array[int]":
        """The contacts ready to revoke for whom this reason leads: the one that their row shows."""
        return listing.led_by(self._database, reason)

    def read_roll(self, roll: Roll, listed: Callable[[], None] = lambda: None) -> Roll:
        """Read a roll, from whatever thread; `listed` is called when its tabs are there and its text is still to come.

        When the roll was told to stop, or the register was closed meanwhile, it ends unfinished.
        """
        try:
            roll.read(self._database, listed)
        finally:
            if threading.current_thread() is not threading.main_thread():
                self._database.forget()  # with the memory that so long a walk has filled
        return roll

    def order(self, roll: Roll, sort: str, descending: bool) -> "array[int]":
        """Everybody of a roll in another order."""
        return roll.order(self._database, sort, descending)

    def rows(self, persons: Sequence[int]) -> list[Row]:
        """The rows of these people, in the order given."""
        return [
            Row(
                row.person,
                row.code,
                UserType(row.user_type),
                row.name,
                row.contact_type,
                row.email,
                row.username,
                Status(row.status),
                row.reason,
                tuple(row.reasons.split()),
                row.students,
                row.last_login,
                row.held,
                row.requested,
            )
            for row in listing.rows(self._database, persons)
        ]

    def codes(self, persons: Sequence[int]) -> list[str]:
        """The codes of these people."""
        return listing.codes(self._database, persons)

    def why(self, code: str, user_type: UserType = UserType.CONTACT) -> Explanation:
        """All that is known of one account. Raises NotFound."""
        person = facts.person_of(self._database, code, user_type)
        if person is None:
            raise self._not_found([code], user_type)
        account = facts.gather(self._database, [person])[person]
        is_contact = user_type is UserType.CONTACT
        from tui.manager.explaining import explanation

        return explanation(
            account,
            future_counts=self.settings.accounts.future_students_count,
            system=self.service.system,
            relatives=facts.relatives(self._database, [person >> 2]).get(person >> 2, ()) if is_contact else (),
            events=audit.history(self._database, code),
            changes=changelog.of_contact(self._database, code) if is_contact else (),
        )

    def find(self, text: str) -> Found:
        """Everybody in whom all words of `text` occur (names, code, email, username, mobile, a child's), with the
        records that are perhaps one person's beside each other."""
        from tui.manager import finding

        return finding.find(
            self._database,
            clean(text),
            system=self.service.system,
            future_counts=self.settings.accounts.future_students_count,
        )

    def _not_found(self, codes: Sequence[str], user_type: UserType = UserType.CONTACT) -> NotFound:
        is_contact = user_type is UserType.CONTACT
        near = facts.near_codes(self._database, codes[0]) if len(codes) == 1 and is_contact else []
        who = {UserType.CONTACT: "contact", UserType.STUDENT: "student", UserType.STAFF: "member of staff"}[user_type]
        return NotFound(
            f"No {who} has the code {join_and([clean(code) for code in codes], most=5)}.",
            means="Nothing was done.",
            todo=f"Did you mean {join_and(near)}?" if near else "See engage-accounts list.",
        )

    def watch_folder(
        self, path: Path, open_roster: "Callable[[Path], Roster]", *, skip_bad: bool = False
    ) -> "AbstractContextManager[FolderWatch]":
        """Watch a folder for new exports; the watch is looked with, and is this register's only one. Raises Refused."""
        from tui.manager.watching_folder import watching

        return watching(self, self._database, self._clock, path, open_roster, skip_bad=skip_bad)

    # -- the demo --------------------------------------------------------------------------------------------------

    def make_demo(self, school: str, portal_url: str, help_contact: str) -> None:
        """Mark an empty register as the demo's. Raises Refused when it holds anything."""
        if snapshots.latest(self._database) is not None:
            raise Refused(f"{self.path} already holds a register; the demo school needs one of its own.")
        with self._database.transaction() as connection:
            snapshots.mark(connection, "demo", "1")
            snapshots.mark(connection, "school", school)
            snapshots.mark(connection, "portal_url", portal_url)
            snapshots.mark(connection, "help_contact", help_contact)
        self._configure(self.settings)

    # -- where accounts live, and what has run out ----------------------------------------------------------------

    def _make_service(self) -> AccountService:
        if self.settings.accounts.service == "embedded":
            from tui.services.embedded import EmbeddedService

            return EmbeddedService(
                self._database,
                "the demo school" if self.is_demo else "the embedded register",
                restore_days=self.settings.accounts.restore_days,
                future_counts=self.settings.accounts.future_students_count,
            )
        if self.settings.accounts.service == "scim":
            from tui.services.open_scim import open_scim

            return open_scim(self.settings)
        from tui.services.worklist import WorklistService

        # Two registers in one folder both count their jobs from 1: each has its lists to itself.
        name = "worklists" if self.path.stem == "register" else f"{self.path.stem}-worklists"
        folder = self.path.parent / name
        portal = self.settings.portal
        return WorklistService(folder, portal.system, portal.url, group=self.settings.register.group)

    def _tidy(self) -> None:
        """Let what has run out go: links, copies for a restore, messages in the outbox."""
        now = self._clock()
        believed = False
        # Whoever opens the register next tidies what could not be tidied now, with the register locked or the disk
        # full: it must not stand in the way of reading.
        with suppress(RegisterError):
            counts = self.settings.accounts.future_students_count
            ensure_derived(self._database, now.isoformat(), counts)
            ensure_correlated(self._database, future_counts=counts)
            believed = self._believes_clock(now)
            self._end_holds()
            if believed and accounts.anything_expired(self._database, now.isoformat()):
                with self._database.transaction() as connection:
                    invitations.expire(connection, now.isoformat())
                    accounts.wipe_copies(connection, now.isoformat())
        folder = outbox_folder(self.settings, self.path)
        if believed and folder.is_dir():
            from tui.mail.outbox import Outbox
            from tui.mail.transport import MailError

            with suppress(MailError):
                Outbox(folder, group=self.settings.register.group).purge(now)

    def _believes_clock(self, now: datetime) -> bool:
        state = ClockState(self._database.meta("last_opened"), self._database.meta("after_gap"))
        verdict = judge_clock(now, state)
        if verdict.state is not None:
            with self._database.transaction() as connection:
                snapshots.mark(connection, "last_opened", verdict.state.last_opened)
                snapshots.mark(connection, "after_gap", verdict.state.after_gap)
        return verdict.believed

    # -- what operators say ----------------------------------------------------------------------------------------

    def groups(self) -> list[FlagGroup]:
        """The flag groups, largest first."""
        return standing.groups(self._database)

    @audited_refusals("answer")
    def answer_group(self, key: str, answer: Answer, reason: str) -> FlagGroup:
        """Keep the answer for a group, named as `Postal@2`. Raises NotFound, Refused without a reason."""
        reason = clean(reason)
        found = next((group for group in self.groups() if group.key == key), None)
        if found is None:
            raise NotFound(f"There is no flag group {clean(key)}.", todo="See engage-accounts groups.")
        if not reason:
            raise Refused("The answer needs a reason, which is kept.")
        at = self._clock().isoformat()
        with self._database.transaction() as connection:
            standing.answer_group(
                connection, found.contact_type, found.import_number, answer, reason, self._actor.operator, at
            )
            audit.append(
                connection,
                self._actor,
                at,
                "flag group",
                subject=found.key,
                detail={"before": found.answer, "after": answer, "size": found.size},
                reason=reason,
            )
        return found._replace(answer=answer, answer_reason=reason)

    def match(self, codes: Iterable[str] | None = None) -> "list[Matched]":
        """The records that may be the same person's as these accounts', or as all that are ready to revoke (None).

        Raises NotFound and Refused for codes that can't be matched.
        """
        from tui.manager import matching

        return matching.match(self._database, codes)

    def causes(self) -> Causes:
        """The accounts ready to revoke, by what brought them there."""
        return causes.overview(self._database)

    def cause_persons(self, key: str) -> "array[int]":
        """The people of a cause, by name; nobody when it has dissolved. Raises NotFound."""
        return causes.persons(self._database, key)

    def people_by_cause(self) -> dict[str, "array[int]"]:
        """The people of every cause, by its key and by name."""
        return causes.people(self._database)

    def export(self, persons: Sequence[int], path: Path) -> int:
        """Write these people as CSV, formulas made harmless, mode 0600. Returns the rows. Raises Refused."""
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{path} is already there; it is not overwritten.", todo="Give another name.") from None
        except OSError as error:
            raise Refused(f"{path} can't be written: {error.strerror}.", todo="Give another place.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(EXPORTED)
            for start in range(0, len(persons), 500):
                for row in self.rows(persons[start : start + 500]):
                    writer.writerow([formula_safe(str(getattr(row, name) or "")) for name in EXPORTED])
        at = self._clock().isoformat()
        if not self.read_only:
            with self._database.transaction() as connection:
                audit.append(connection, self._actor, at, "export", detail={"rows": len(persons)})
        return len(persons)
