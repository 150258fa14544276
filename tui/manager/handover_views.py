"""A walk through the hand-over as screen and command line show it: plain values, nothing to be decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui.domain import handover as rules
from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verdict
from tui.domain.handover import Acted, Pair, Standing
from tui.register.handovers import HandoverRow

NOBODY = "nobody"
BY_HAND = "chosen by hand"


@dataclass(frozen=True)
class HandoverAccount:
    """An old account of a walk, as it stands. `new` is the accepted record's code, "" for none, and `new_facts` what is
    known of it; `to_revoke` and `to_welcome` are what the gates say now; `revoked` and `welcomed` what the walk's jobs
    made of the two."""

    id: int
    facts: AccountFacts
    pairs: tuple[Pair, ...]
    standing: Standing
    cause: str
    new: str
    new_facts: AccountFacts | None
    to_revoke: Verdict
    to_welcome: Verdict | None
    revoked: Acted | None
    welcomed: Acted | None
    revoke_answer: str
    welcome_answer: str
    greeting: str

    @property
    def code(self) -> str:
        return self.facts.code

    @property
    def proposal(self) -> Pair | None:
        """The pair to look at first: the accepted one, else the first candidate that correlation proposes."""
        accepted = next((pair for pair in self.pairs if pair.verdict == "accepted"), None)
        first = next((pair for pair in self.pairs if pair.rank == 1 and pair.decision != "none"), None)
        return accepted or first

    @property
    def children(self) -> frozenset[str]:
        """The codes of the children of the old record and of the new one."""
        links = (*self.facts.links, *(self.new_facts.links if self.new_facts else ()))
        return frozenset(link.student.code for link in links)

    @property
    def custody_notes(self) -> tuple[str, ...]:
        """The notes on a child of either record, each with the child's name."""
        links = (*self.facts.links, *(self.new_facts.links if self.new_facts else ()))
        noted = {link.student.code: link.student for link in links if link.student.custody_note}
        return tuple(f"{child.name} ({child.code}): {child.custody_note}" for child in noted.values())

    @property
    def is_revoked(self) -> bool:
        return self.revoked is not None and self.revoked.is_done

    @property
    def is_requested(self) -> bool:
        return self.revoked is not None and self.revoked.state == "requested"

    @property
    def waits_for_revoke(self) -> bool:
        """Whether it is still to be revoked by this walk."""
        return self.standing.is_revoked and not self.is_revoked and not self.is_requested

    @property
    def waits_for_welcome(self) -> bool:
        """Whether its new record is still to be welcomed by this walk; the old one may have to be revoked first."""
        welcomed = self.welcomed is not None and (self.welcomed.is_done or self.welcomed.state == "requested")
        return bool(self.new) and self.standing is Standing.ACCEPTED and not welcomed

    @property
    def new_in_use(self) -> bool:
        """Whether the new record has an account that is used: it needs no welcome."""
        return self.new_facts is not None and self.new_facts.has_account and bool(self.new_facts.last_login)

    @property
    def question(self) -> str:
        """The question of the next gate that nobody has said yes to, "" when there is none."""
        if self.waits_for_revoke:
            verdict, answer = self.to_revoke, self.revoke_answer
        elif self.waits_for_welcome and self.is_revoked and self.to_welcome is not None:
            verdict, answer = self.to_welcome, self.welcome_answer
        else:
            return ""
        return verdict.sentence if verdict.decision is Decision.ASK and verdict.sentence != answer else ""

    @property
    def hindrance(self) -> str:
        """Why the next gate refuses, or what it asks; "" when it lets the account through."""
        if self.waits_for_revoke and self.to_revoke.decision is Decision.REFUSE:
            return self.to_revoke.sentence
        welcome = self.to_welcome if self.waits_for_welcome and self.is_revoked else None
        if welcome is not None and welcome.decision is Decision.REFUSE:
            return welcome.sentence
        return f"not answered: {self.question}" if self.question else ""


@dataclass(frozen=True)
class Handover:
    """A walk with its accounts, in the order in which to look at them: `families` are the codes of those who have a
    child in common."""

    row: HandoverRow
    accounts: tuple[HandoverAccount, ...]
    families: tuple[tuple[str, ...], ...]

    @property
    def number(self) -> int:
        return self.row.id

    @property
    def has_acted(self) -> bool:
        """Whether something was done already: then there is no way back to the decisions."""
        return any(account.revoked is not None and account.revoked.job for account in self.accounts)

    def of(self, *standings: Standing) -> list[HandoverAccount]:
        """The accounts in these standings."""
        return [account for account in self.accounts if account.standing in standings]

    def account(self, code: str) -> HandoverAccount | None:
        """The account with this code."""
        return next((account for account in self.accounts if account.code == code), None)

    @property
    def doubled(self) -> Mapping[str, Sequence[str]]:
        """New records to which more than one old account of the walk leads, with those."""
        return rules.doubled({account.code: account.new for account in self.accounts if account.new})
