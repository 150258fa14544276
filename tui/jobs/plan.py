"""Plans: what would be done, what is left out and why, what the guard says. Making one changes nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tui.domain.gates import Verb
from tui.domain.guard import GuardVerdict
from tui.errors import Declined, GuardStopped
from tui.text import plural

COUNT_FROM = 11
# What a plan is headed by, and what was done to an account.
VERBS = {
    Verb.REVOKE: ("Revoke access of", "revoked"),
    Verb.WELCOME: ("Send a welcome email to", "welcomed"),
    Verb.RESET: ("Send a password reset to", "sent a password reset"),
    Verb.RESTORE: ("Give access back to", "restored"),
}
_MESSAGES = {Verb.WELCOME: "welcome email", Verb.RESET: "password reset"}
STATES = ("done", "attested", "requested", "deferred", "unknown", "skipped", "failed", "cancelled", "pending")


class PlannedItem(NamedTuple):
    """One account to act on. `fingerprint` is a digest of the facts that the plan rests on; `group` is the undecided
    flag group (contact type, import number) that it belongs to; `answered`: its question was put by itself and said yes
    to; `greeting`: the line that its email begins with, "" for the usual one."""

    person: int
    code: str
    name: str
    fingerprint: str
    group: tuple[str, int] | None = None
    answered: bool = False
    greeting: str = ""


class LeftOut(NamedTuple):
    """An account that was asked for and is not acted on, with the gate's reason."""

    code: str
    name: str
    why: str


class Question(NamedTuple):
    """What a person must say yes to for this one account; only ever in a plan for that account alone."""

    code: str
    name: str
    sentence: str


class Need(StrEnum):
    """What the operator must give to start the plan."""

    NOTHING = "nothing"  # there is nothing to do
    YES = "yes"  # y
    COUNT = "count"  # the count, typed
    OVERRIDE = "override"  # the guard stands in the way: the count and a reason


class Confirmation(NamedTuple):
    """What the operator gave. `yes` is the `--yes` of the command line or the key `y`; it never passes the guard."""

    yes: bool = False
    typed_count: int | None = None
    override_count: int | None = None
    override_reason: str = ""


@dataclass(frozen=True)
class Plan:
    """A plan, as previews, confirms and jobs read it.

    `system` is the system that is changed, in words; `how` says what this service does (and what it can restore);
    `questions` is only filled in a plan for one account, and then `items` holds that account. `handover` is the walk
    that the plan is a part of: there each question was put by itself beforehand. `of_job`: the job whose revokes a
    restore takes back.
    """

    verb: Verb
    service: str
    system: str
    how: str
    items: tuple[PlannedItem, ...]
    left_out: tuple[LeftOut, ...]
    questions: tuple[Question, ...]
    guard: GuardVerdict | None
    singly: bool
    reason: str = ""
    asked_for: int = 0
    handover: int | None = None
    of_job: int | None = None

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def guard_stopped(self) -> bool:
        return self.guard is not None and self.guard.stopped

    @property
    def need(self) -> Need:
        """What it takes to start."""
        if not self.items:
            return Need.NOTHING
        if self.guard_stopped:
            return Need.OVERRIDE
        return Need.COUNT if self.count >= COUNT_FROM else Need.YES

    @property
    def title(self) -> str:
        """`Revoke access of 12 contacts in SEQTA Engage`."""
        return f"{VERBS[self.verb][0]} {plural(self.count, 'contact')} in {self.system}"

    def check(self, confirmation: Confirmation) -> None:
        """Raise GuardStopped or Declined unless `confirmation` starts this plan. `--yes` never passes the guard."""
        if self.need is Need.NOTHING:
            return
        if self.guard is not None and self.guard.stopped:
            if confirmation.override_count == self.count and confirmation.override_reason.strip():
                return
            raise GuardStopped(
                f"The guard stops this before the first item{self.guard.size}.\n"
                + "\n".join(f"  {cause}" for cause in self.guard.causes),
                means="Nothing was done.",
                todo=("Answer for the group first: engage-accounts groups.\n" if self.guard.groups else "")
                + f"If it is right: --override-guard {self.count} --reason TEXT passes it once; the reason is kept.",
            )
        if confirmation.typed_count is not None and confirmation.typed_count != self.count:
            raise Declined(
                f"{confirmation.typed_count:,} was typed, but the plan acts on {self.count:,}.",
                means="Nothing was done.",
            )
        if not confirmation.yes and confirmation.typed_count is None:
            raise Declined("Not confirmed.", means="Nothing was done.")


class Progress(NamedTuple):
    """How far a running job is."""

    job: int
    done: int
    total: int
    failed: int
    seconds: float


class Outcome(NamedTuple):
    """What became of one item: `state` is one of STATES, with a sentence."""

    code: str
    name: str
    state: str
    detail: str


@dataclass(frozen=True)
class JobReport:
    """The result of a job. `system` names what was changed; *requested* is never called revoked.

    `handed_to` names the way out that the job's own messages were handed to, "" when none was. `stopped`: it has not
    come to its end, `stopped_why` says at what, where that is known. `taken_back`: how many of it were restored.
    """

    job: int
    verb: Verb
    system: str
    service: str
    total: int
    outcomes: tuple[Outcome, ...]
    files: tuple[str, ...] = ()
    stopped: bool = False
    how: str = ""
    handed_to: str = ""
    stopped_why: str = ""
    cancelled: bool = False
    taken_back: int = 0

    def of(self, state: str) -> list[Outcome]:
        """The outcomes in one state."""
        return [outcome for outcome in self.outcomes if outcome.state == state]

    @property
    def sentence(self) -> str:
        """`69 accounts revoked in the embedded register.` and what failed, was skipped or is still open."""
        parts = []
        words = VERBS[self.verb][1]
        done = len(self.of("done"))
        if done and self.handed_to:
            # Handed over is not sent, and far from read: nobody is called welcomed yet.
            parts.append(f"{plural(done, _MESSAGES.get(self.verb, 'message'))} handed to the {self.handed_to}")
        elif done:
            parts.append(f"{plural(done, 'account')} {words} in {self.system}")
        for state, text in (
            ("attested", f"attested as {words} in {self.system}, to be verified by the next import"),
            ("requested", f"requested, to be done by hand in {self.system}: not {words} yet"),
            ("deferred", "put off by the mail server, to be tried again"),
            ("unknown", "unknown: the message may have been sent, and a person has to look"),
            ("skipped", "skipped, as the facts had changed"),
            ("failed", "failed"),
            ("cancelled", "cancelled"),
            ("pending", "not reached"),
        ):
            found = self.of(state)
            if found:
                parts.append(f"{plural(len(found), 'account')} {text}")
        if self.taken_back:
            parts.append(f"{plural(self.taken_back, 'account')} of them restored since")
        return "; ".join(parts) + "." if parts else "Nothing was done."

    def causes(self, state: str) -> list[tuple[str, list[Outcome]]]:
        """The outcomes in one state by what caused them, the commonest first."""
        found: dict[str, list[Outcome]] = {}
        for outcome in self.of(state):
            found.setdefault(outcome.detail, []).append(outcome)
        return sorted(found.items(), key=lambda cause: -len(cause[1]))

    @property
    def to_send_on(self) -> str:
        """What is left to do with messages that were handed over and not sent, "" when there are none."""
        if not (self.handed_to and self.files):
            return ""
        return f"The {self.handed_to} only keeps them: nothing is sent until you send them on."
