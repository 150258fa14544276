"""Doing a hand-over: questions answered one by one, the two jobs planned, what became of each account.

Every answer is in the register before the call returns: a walk that is dropped goes on where it was.
"""

from collections.abc import Collection
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from tui.domain import handover as rules
from tui.domain.gates import Verb, children_here
from tui.domain.handover import Standing
from tui.errors import Refused
from tui.manager.handover_pairs import PairVerbs
from tui.manager.handover_summary import Told, as_csv, as_text, is_listed
from tui.manager.handover_views import Handover, HandoverAccount
from tui.manager.letter_verbs import LetterVerbs
from tui.manager.plan_files import write_new
from tui.register import audit, facts, handovers, pairs
from tui.text import clean

if TYPE_CHECKING:
    from tui.jobs.plan import Plan


class HandoverVerbs(PairVerbs, LetterVerbs):
    """The part of AccountManager that hands accounts over."""

    # -- answering -------------------------------------------------------------------------------------------------

    def answer(self, number: int, old: str, question: str) -> None:
        """Say yes to the question that was shown of this account, for itself. Raises Refused when it is another now."""
        account = self._member(number, old)
        if not question or account.question != question:
            raise Refused(
                "What is asked about this account has changed meanwhile.", means="Nothing was answered.",
                todo="Read the question again.",
            )  # fmt: skip
        verb = Verb.REVOKE if account.waits_for_revoke else Verb.WELCOME
        at = self._now()
        with self._database.transaction() as connection:
            handovers.set_answer(connection, number, account.id, verb, question)
            audit.append(
                connection, self._actor, at, f"{verb} question answered yes",
                subject=account.code if verb is Verb.REVOKE else account.new,
                detail={"hand-over": number, "question": question},
            )  # fmt: skip

    def unanswer(self, number: int, old: str) -> None:
        """Take back the yes to the question of the step that comes next for this account."""
        account = self._member(number, old)
        verb = Verb.REVOKE if account.waits_for_revoke else Verb.WELCOME
        before = account.revoke_answer if verb is Verb.REVOKE else account.welcome_answer
        at = self._now()
        with self._database.transaction() as connection:
            handovers.set_answer(connection, number, account.id, verb, "")
            if before:
                audit.append(
                    connection, self._actor, at, f"{verb} question answer taken back",
                    subject=account.code if verb is Verb.REVOKE else account.new,
                    detail={"hand-over": number, "before": {"question": before}, "after": {}},
                )  # fmt: skip

    def greet(self, number: int, old: str, greeting: str) -> None:
        """The line that this person's welcome email begins with; "" for the usual one."""
        account = self._member(number, old)
        greeting, at = clean(greeting).rstrip(",").strip(), self._now()
        with self._database.transaction() as connection:
            handovers.set_greeting(connection, number, account.id, greeting)
            # Whether there is one of its own, and not the line: it has a name in it.
            detail = {"hand-over": number, "before": {"own": bool(account.greeting)}, "after": {"own": bool(greeting)}}
            audit.append(connection, self._actor, at, "greeting changed", subject=account.code, detail=detail)

    # -- doing -----------------------------------------------------------------------------------------------------

    def handover_plan(self, walk: Handover, verb: Verb, only: Collection[str] | None = None) -> "Plan":
        """What of a walk would be revoked, or welcomed, now. `only`: for these old accounts. Changes nothing.

        A new record is welcomed only after its old one was revoked and read back, or attested.
        """
        from tui.jobs.planning import OfWalk, make_plan

        wanted = [account for account in walk.accounts if only is None or account.code in only]
        if verb is Verb.REVOKE:
            acted = {account.id * 4: account for account in wanted if account.waits_for_revoke}
        else:
            ready = [account for account in wanted if account.waits_for_welcome and account.is_revoked]
            ids = facts.persons_of(self._database, [account.new for account in ready])
            acted = {}
            for account in ready:
                # Of two old accounts that lead to one new record, the yes that was said of one is the record's.
                if ids[account.new] not in acted or account.welcome_answer:
                    acted[ids[account.new]] = account
        answer = attrgetter("revoke_answer" if verb is Verb.REVOKE else "welcome_answer")
        return make_plan(
            self._database,
            self.service,
            self.settings,
            verb,
            list(acted),
            singly=False,
            reason="",
            now=self._clock(),
            of_walk=OfWalk(
                walk.number,
                {person: answer(account) for person, account in acted.items()},
                {person: account.greeting for person, account in acted.items()},
            ),
        )

    def stopped_job_of(self, number: int) -> int | None:
        """The job of a walk that was stopped before its end; it is gone on with before anything else is planned."""
        return handovers.open_job(self._database, number)

    def welcome_email(self, account: HandoverAccount) -> str:
        """The email that the new record would be sent, to the letter but for the link, which is made when it is sent.

        Where the portal sends its own, what the worklist would say. Raises MailError when it can't be written.
        """
        new = account.new_facts
        if new is None:
            return ""
        if self.service.sends_own_mail:
            return (
                f"{self.service.system} sends its own email. On the worklist: Send welcome email to {new.name} "
                f"({new.code}), {new.email or 'no email'}."
            )
        letter = self.letter_for(new, greeting=account.greeting)
        text = letter.get_body(("plain",))
        headers = "\n".join(f"{name}: {letter[name]}" for name in ("From", "To", "Subject"))
        return f"{headers}\n\n{text.get_content() if text else ''}".replace("\r\n", "\n")

    def usual_greeting(self, account: HandoverAccount) -> str:
        """The line that the welcome email begins with, when nobody has written another."""
        return f"Dear {account.new_facts.name if account.new_facts else account.facts.name}"

    def sides(self, old: str, new: str) -> list[tuple[str, str, str]]:
        """Two records beside each other: (what, of the old one, of the new one)."""
        return pairs.sides(self._database, *self._ids(old, new))

    def told(self, account: HandoverAccount) -> tuple[str, str]:
        """What became of an account, and what to tell the person."""
        new = account.new_facts
        here = bool(children_here(account.facts, self.settings.accounts.future_students_count))
        name, email = (new.name, new.email) if new else (account.facts.name, account.facts.email)
        hindrance = account.hindrance
        in_use = bool(new and new.has_account and new.last_login)
        if account.standing is Standing.HELD and (hold := account.facts.hold(Verb.REVOKE)):
            hindrance = f"by {hold.by}: {hold.note}"
        if account.standing is Standing.LATER and not hindrance:
            hindrance = "left out"
        return (
            rules.outcome(account.standing, account.new, account.revoked, account.welcomed, hindrance, in_use=in_use),
            rules.tell(name, account.new, email, account.revoked, account.welcomed, in_use=in_use, child_here=here),
        )

    def handover_summary(self, walk: Handover) -> list[Told]:
        """What became of the accounts of a walk, of all that were chosen."""
        return [Told(account, *self.told(account)) for account in walk.accounts if is_listed(account)]

    def export_handover(self, number: int, path: Path) -> int:
        """Write the summary to a new file, mode 0600: text to print where its name ends in .txt, else CSV. Returns how
        many accounts are in it. Raises Refused."""
        walk = self.handover(number)
        told = self.handover_summary(walk)
        if path.suffix.lower() == ".txt":
            write_new(path, as_text(walk, told, self.service.system, self.settings.school.name))
        else:
            write_new(path, "\ufeff" + as_csv(told))  # told that it is UTF-8, a spreadsheet reads names right
        if not self._database.read_only:
            at = self._now()
            with self._database.transaction() as connection:
                detail = {"rows": len(told)}
                audit.append(
                    connection, self._actor, at, "hand-over export", subject=f"hand-over {number}", detail=detail
                )
        return len(told)
