"""The list of a hand-over that a person carries out in one go: written when a job of it is through, old beside new.

What stands on it is what the walk's jobs have requested, and the welcomes that follow; a welcome that the mail gate
would refuse or ask about is named with why, and has no box.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain.gates import Decision
from tui.errors import Refused
from tui.manager.handover_plans import HandoverPlanVerbs
from tui.manager.handover_views import Handover, HandoverAccount
from tui.register import listing, requests
from tui.services.handover_list import HandoverLine
from tui.services.worklist import WorklistService

if TYPE_CHECKING:
    from tui.jobs.plan import JobReport

_LATER = "once"


class HandoverListVerbs(HandoverPlanVerbs):
    """The part of AccountManager that writes the lists of hand-overs."""

    def write_handover_list(self, number: int) -> list[Path]:
        """Write the list of a hand-over, anew each time. Raises NotFound; Refused where nothing waits to be carried out
        or nobody has to by hand; ServiceError."""
        service = self.service
        if not isinstance(service, WorklistService):
            raise Refused(f"Nothing is done by hand in {service.system}: there is no list to carry out.")
        lines = list(self._lines(self.handover(number)))
        if not any(not line.revoked or line.welcomes for line in lines):
            raise Refused(
                f"Nothing of hand-over {number} waits to be carried out in {service.system}.",
                todo="Requests come from: engage-accounts handover --run",
            )
        return service.write_handover(number, lines, self._now())

    def _with_list(self, report: "JobReport") -> "JobReport":
        """The report of a job; where it is of a hand-over that a person carries out, with that one's list. Raises
        ServiceError when that can't be written."""
        if report.stopped or not self.service.by_hand:
            return report
        number = requests.walk_of(self._database, report.job)
        if number is None:
            return report
        files: Sequence[Path] = ()
        with suppress(Refused):  # a job of which everything was skipped leaves nothing to carry out
            files = self.write_handover_list(number)
        more = [str(path) for path in files if str(path) not in report.files]
        with self._database.transaction() as connection:
            requests.add_files(connection, report.job, more)
        return replace(report, files=(*report.files, *more))

    def _lines(self, walk: Handover) -> Iterator[HandoverLine]:
        concerned = [
            account
            for account in walk.accounts
            if account.revoked is not None and account.revoked.job and (account.is_requested or account.is_revoked)
        ]
        gone = {account.code for account in concerned}
        new_ids = [account.new_facts.code for account in concerned if account.new_facts is not None]
        codes = {**dict.fromkeys(gone), **dict.fromkeys(new_ids)}
        names = self._names(list(codes))
        ordered = sorted(concerned, key=lambda account: (names[account.code].casefold(), account.code))
        # Of two old accounts that lead to one new record, the last to be revoked has the welcome.
        last = {account.new: account.code for account in ordered if account.new}
        for account in ordered:
            if account.revoked is None:
                continue
            line = HandoverLine(
                account.revoked.job, account.code, names[account.code], account.facts.username,
                "" if account.is_requested else account.revoked.state,
            )  # fmt: skip
            new = account.new_facts
            if new is not None:
                later = last[account.new]
                waits = f"{_LATER} {later} is ticked too, on its line" if later != account.code else ""
                line = line._replace(
                    new_code=account.new, new_name=names[account.new], email=new.email,
                    welcomed=waits or self._why_not_welcomed(account, gone),
                )  # fmt: skip
            if not line.revoked or line.welcomes:
                yield line

    def _names(self, codes: Sequence[str]) -> dict[str, str]:
        """Surname first, as the portal's screen orders them, by code."""
        from tui.register import facts

        known = facts.persons_of(self._database, codes)
        return {row.code: row.surname_first for row in listing.rows(self._database, list(known.values()))}

    def _why_not_welcomed(self, account: HandoverAccount, gone: set[str]) -> str:
        """Why the new record is not to be welcomed now, or what became of that; "" when it is."""
        welcomed = account.welcomed
        if welcomed is not None and welcomed.state == "requested":
            return ""
        if welcomed is not None and welcomed.is_done:
            return welcomed.state
        if account.new_in_use:
            return "not to be welcomed: it is in use already"
        verdict = self.foreseen_welcome(account, gone)
        if verdict is None or verdict.decision is Decision.ACT:
            return ""
        if verdict.decision is Decision.ASK:
            answered = account.welcome_answer == verdict.sentence
            return "" if answered else f"not yet, it is asked first: {verdict.sentence}"
        return f"not to be welcomed: {verdict.sentence}"
