"""A hand-over as lines of a list and as paragraphs, step by step. Nothing is decided here."""

import math
from collections.abc import Iterable, Sequence

from tui.domain.gates import Decision
from tui.domain.handover import Acted, Pair, Standing, Step
from tui.manager.handover_summary import Told
from tui.manager.handover_views import NOBODY, Handover, HandoverAccount
from tui.text import join_and, plural
from tui.ui.drawing import BLANK, Line, Para, fit
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry, columns

PANES = {
    Step.CHOOSE: "who",
    Step.REVIEW: "pair",
    Step.REVOKE: "the old account",
    Step.WELCOME: "the email",
    Step.SUMMARY: "what became of it",
}
_CAUSES = {NOBODY: "no new record"}
_STANDINGS = {
    Standing.CERTAIN: "certain",
    Standing.REVIEW: "look",
    Standing.ACCEPTED: "accepted",
    Standing.NOBODY: "no match",
    Standing.LATER: "later",
    Standing.HELD: "held",
    Standing.OUT: "not ready",
}
_FIRST = 30


def step_line(step: Step, look: Look) -> Line:
    """`1 choose · 2 REVIEW · 3 revoke · 4 welcome · 5 summary`, the step at hand standing out."""
    line: list[tuple[str, object]] = []
    for one in Step:
        on = one is step
        line += [(" · ", look.dim)] if line else []
        line.append((f"{one.number} {one.value.upper() if on else one.value}", look.tab_on if on else look.dim))
    return tuple(line)  # type: ignore[arg-type]  # a style, or none


def cause_title(cause: str) -> str:
    """A cause group's name."""
    return _CAUSES.get(cause, cause).capitalize()


def groups(walk: Handover) -> dict[str, list[HandoverAccount]]:
    """The accounts of a walk by cause; those without a new record come last, held ones and strays in none."""
    found: dict[str, list[HandoverAccount]] = {}
    for account in walk.accounts:
        if account.standing not in (Standing.HELD, Standing.OUT):
            found.setdefault(account.cause, []).append(account)
    return dict(sorted(found.items(), key=lambda item: (item[0] == NOBODY, -len(item[1]), item[0])))


def in_brief(accounts: Iterable[HandoverAccount]) -> str:
    """`10 certain, 1 to look at`: where accounts stand."""
    standings = [account.standing for account in accounts]
    words = (
        (Standing.CERTAIN, "certain"), (Standing.REVIEW, "to look at"), (Standing.ACCEPTED, "accepted"),
        (Standing.NOBODY, "without a new record"), (Standing.LATER, "left for later"), (Standing.HELD, "held"),
        (Standing.OUT, "not ready any more"),
    )  # fmt: skip
    return ", ".join(f"{standings.count(s):,} {said}" for s, said in words if standings.count(s))


# -- choose --------------------------------------------------------------------------------------------------------


def choose_entries(walk: Handover, look: Look) -> list[Entry]:
    """A line for each cause group; a mark says that it is taken along."""
    found = []
    for cause, accounts in groups(walk).items():
        taken = [account for account in accounts if account.standing is not Standing.LATER]
        cells = columns(((cause_title(cause), 28), (f"{len(accounts):,}", -6)))
        about = in_brief(accounts) if taken else "left for later"
        found.append(Entry(cause, (((cells, None), (f"   {about}", look.dim)),), marked=bool(taken)))
    return found


def choose_detail(walk: Handover, cause: str, look: Look) -> list[Para]:
    """What a cause group is, who is in it, and who stays out of the hand-over."""
    accounts = groups(walk).get(cause, [])
    said = [Para(_ABOUT.get(cause, "")), BLANK] if accounts else []
    said += [Para(f"{one.facts.name}", None, f"{one.code}  ", look.dim) for one in accounts[:_FIRST]]
    if len(accounts) > _FIRST:
        said.append(Para(f"... and {len(accounts) - _FIRST:,} more"))
    for standing, why in ((Standing.HELD, "held, and stay out"), (Standing.OUT, "not ready to revoke any more")):
        out = walk.of(standing)
        if out:
            said += [BLANK, Para(f"{plural(len(out), 'account')} {why}: {join_and([o.code for o in out], most=8)}.")]
    return said


_ABOUT = {
    "code change": "The same person under another code. Each is revoked, and the new record welcomed.",
    "name change": "The same person with another surname. Each is revoked, and the new record welcomed.",
    "family split": "One record for two people became one of each. You say which of them goes on with the account.",
    "username on the wrong record": "The username stands on a record that no child was ever linked to. It is revoked "
    "there, and the right record welcomed.",
    "chosen by hand": "The new record was looked up and accepted by a person.",
    NOBODY: "No new record of these people was found. Taken along, they are revoked and nobody is welcomed: leavers.",
}


# -- review --------------------------------------------------------------------------------------------------------


def review_entries(walk: Handover, room: int, look: Look) -> list[Entry]:
    """A line for each account to look at, families under a heading; those without a new record come last."""
    of = {account.code: account for account in walk.accounts}
    looked: list[list[HandoverAccount]] = []
    rest: list[list[HandoverAccount]] = []
    for family in walk.families:
        accounts = [of[code] for code in family if of[code].standing not in (Standing.HELD, Standing.OUT)]
        (looked if any(_is_paired(account) for account in accounts) else rest).append(accounts)
    found: list[Entry] = []
    for accounts in looked:
        if len(accounts) > 1:
            shared = _shared_children(accounts)
            line = f"   Of one family, {shared}: two people, not one" if shared else "   Of one family: not one person"
            found.append(Entry(f"family {accounts[0].code}", (((line, look.warn),),), heading=True))
        found += [_review_entry(account, room, look) for account in accounts]
    chosen = [account for accounts in rest for account in accounts if account.standing is not Standing.LATER]
    if chosen:
        found.append(Entry("nobody", (((f"   No new record: {len(chosen):,}", look.dim),),), heading=True))
        found += [_review_entry(account, room, look) for account in chosen]
    return found


def _is_paired(account: HandoverAccount) -> bool:
    return account.proposal is not None or any(pair.verdict for pair in account.pairs)


def _shared_children(accounts: Sequence[HandoverAccount]) -> str:
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for account in accounts:
        links = {*account.facts.links, *(account.new_facts.links if account.new_facts else ())}
        for code, name in {(link.student.code, link.student.name) for link in links}:
            names[code] = name
            counts[code] = counts.get(code, 0) + 1
    return join_and([names[code] for code, count in sorted(counts.items()) if count > 1], most=2)


def _review_entry(account: HandoverAccount, room: int, look: Look) -> Entry:
    pair = account.proposal
    word = _STANDINGS[account.standing]
    name = max(14, min(30, (room - SIGNS - 12 - 12 - 14) // 2))
    cells = columns(((account.code, 12), (account.facts.name, name)))
    if pair is None:
        return Entry(account.code, (((cells, None), (f"  {word}", look.dim)),))
    to = columns(((pair.code, 12), (share(pair.confidence), -6)))
    style = {Standing.CERTAIN: look.good, Standing.REVIEW: look.warn}.get(account.standing)
    arrow = "→" if account.standing is not Standing.NOBODY else "·"
    return Entry(
        account.code,
        (((cells, None), (f" {arrow} ", look.dim), (to, None), (f"  {word}", style)),),
        marked=account.standing is Standing.ACCEPTED,
    )


def pair_above(account: HandoverAccount, pair: Pair | None, look: Look) -> list[Para]:
    """What stands above the two records: custody notes, what correlation makes of it, who said what before."""
    said = [Para(note, look.bad, "Custody note on ", look.bad) for note in account.custody_notes]
    if pair is None:
        return [*said, Para("No other record has anything in common with this one."), *_known(account, look)]
    first = next((one for one in account.pairs if one.rank == 1), None)
    if not pair.rank:
        said.append(Para(f"Looked up by hand: {share(pair.confidence)} likely by the records alone.", look.title))
    elif first is not None and first.decision:
        sure = {"match": "Certain", "review": "A person has to look", "none": "Not proposed"}[first.decision]
        said.append(Para(f"{sure}: {first.rule}. Cause: {first.cause}.", look.title))
    for one in account.pairs:
        if one.said_before:
            said.append(Para(f"{one.code} was {one.said_before}.", look.warn, "! ", look.warn))
        if one.also:
            said.append(
                Para(f"{one.code} was accepted for {join_and(list(one.also), most=3)} too: two old accounts, one new.",
                     look.bad, "! ", look.bad)
            )  # fmt: skip
    others = [one for one in account.pairs if one.rank and len(account.pairs) > 1]
    for one in others:
        margin = f", {one.margin:.1f} bits ahead" if one.rank == 1 else ""
        said.append(Para(f"{one.code}  {one.name}  {share(one.confidence)}{margin}", None, f"{one.rank}  ", look.key))
    if not pair.eligible:
        said.append(Para(f"{pair.code} is not eligible: it can't be welcomed.", look.bad))
    return said


def beside(rows: Iterable[tuple[str, str, str]], pair: Pair) -> list[tuple[str, str, str]]:
    """What the two records say, under a heading of their codes; what neither says is left out."""
    (what, old, new), *rest = rows
    heading = (what, f"{old}, the old", f"{new}, {'has an account' if pair.has_account else 'the new'}")
    return [heading, *(row for row in rest if row[1] or row[2])]


def share(confidence: float) -> str:
    """`99.9 %`: rounded down, for nothing is quite certain."""
    return f"{math.floor(confidence * 1000) / 10:.1f} %"


def pair_below(pair: Pair, look: Look) -> list[Para]:
    """The evidence, for and against."""
    said = [BLANK]
    for line in pair.evidence:
        against = line.startswith("-")
        said.append(Para(line[2:], look.warn if against else None, line[:2], look.warn if against else look.good))
    return said


def _known(account: HandoverAccount, look: Look) -> list[Para]:
    facts = account.facts
    said = [BLANK, Para(f"{facts.code}  {facts.name}", look.title)]
    for what, value in (("Email", facts.email), ("Mobile", facts.mobile), ("Username", facts.username)):
        said.append(Para(value or "none", None, f"{what:<10}", look.dim))
    for link in facts.links:
        said.append(Para(f"{link.student.name}, {link.student.status}", None, f"{'Child':<10}", look.dim))
    return said


def certain(accounts: Sequence[HandoverAccount], look: Look) -> list[Para]:
    """The list of certain pairs, to be read before they are accepted together."""
    said = [Para("Each is one person on two records, as far as the records say. Read the list."), BLANK]
    for account in accounts:
        pair = account.proposal
        if pair is not None:
            said.append(Para(f"{account.facts.name} → {pair.code} {pair.name}", None, f"{account.code}  ", look.key))
            said.append(Para(", ".join(line[2:] for line in pair.evidence[:4]), look.dim, "    "))
    return said


# -- revoke and welcome --------------------------------------------------------------------------------------------


def act_entries(accounts: Sequence[HandoverAccount], step: Step, room: int, look: Look) -> list[Entry]:
    """A line for each account to be acted on; those that are asked about come first, done ones last."""
    parts: dict[str, list[Entry]] = {}
    titles = ("Asked one by one", "Answered", "Ready", "Can't be done now", "Waits for the old account", "Done")
    name = max(14, min(34, room - SIGNS - 12 - 12 - 26))
    for account in accounts:
        part = _part(account, step)
        acted = account.revoked if step is Step.REVOKE else account.welcomed
        code = account.code if step is Step.REVOKE else account.new
        facts = account.facts if step is Step.REVOKE or account.new_facts is None else account.new_facts
        other = (f"→ {account.new}" if account.new else "") if step is Step.REVOKE else f"was {account.code}"
        cells = columns(((code, 12), (facts.name, name), (other, 15)))
        style = {"Asked one by one": look.warn, "Can't be done now": look.bad, "Done": look.good}.get(part)
        state = _acted_word(acted) if part == "Done" or (acted and acted.state == "failed") else ""
        line: Line = ((cells, None), (f"  {state}", style)) if state else ((cells, None),)
        parts.setdefault(part, []).append(Entry(account.code, (line,), marked=part == "Answered"))
    found: list[Entry] = []
    for title in titles:
        if title in parts:
            found.append(Entry(f"part {title}", (((f"   {title}: {len(parts[title]):,}", look.title),),), heading=True))
            found += parts[title]
    return found


def _part(account: HandoverAccount, step: Step) -> str:
    acted = account.revoked if step is Step.REVOKE else account.welcomed
    if acted is not None and (acted.is_done or acted.state == "requested"):
        return "Done"
    if step is Step.WELCOME and not account.is_revoked:
        return "Waits for the old account"
    verdict = account.to_revoke if step is Step.REVOKE else account.to_welcome
    if verdict is not None and verdict.decision is Decision.REFUSE:
        return "Can't be done now"
    if account.question:
        return "Asked one by one"
    return "Answered" if verdict is not None and verdict.decision is Decision.ASK else "Ready"


def _acted_word(acted: Acted | None) -> str:
    if acted is None:
        return ""
    return {"done": "done", "attested": "attested", "requested": "requested"}.get(acted.state, acted.state)


def revoke_detail(account: HandoverAccount, said: str, look: Look) -> list[Para]:
    """What would be done to the old account, and what is asked."""
    found = [Para(note, look.bad, "Custody note on ", look.bad) for note in account.custody_notes]
    if account.question:
        found.append(Para(account.question, look.warn, "? ", look.warn))
    elif account.waits_for_revoke and account.to_revoke.decision is Decision.REFUSE:
        found.append(Para(account.to_revoke.sentence, look.bad, "! ", look.bad))
    elif account.revoke_answer:
        found.append(Para(account.revoke_answer, look.dim, "Answered yes: ", look.dim))
    if account.revoked is not None:
        found.append(Para(said))
    to = f", then {account.new} is welcomed" if account.new else ", and nobody is welcomed"
    found += [Para(f"{account.facts.name} ({account.code}) is revoked{to}.")] if account.waits_for_revoke else []
    return [*found, *_known(account, look)]


def welcome_detail(account: HandoverAccount, email: str, said: str, look: Look) -> list[Para]:
    """The very email, and what is asked before it is sent."""
    found = [Para(note, look.bad, "Custody note on ", look.bad) for note in account.custody_notes]
    if account.question:
        found.append(Para(account.question, look.warn, "? ", look.warn))
    elif account.to_welcome is not None and account.to_welcome.decision is Decision.REFUSE and not account.welcomed:
        found.append(Para(f"It {account.to_welcome.sentence}.", look.bad, "! ", look.bad))
    elif account.welcome_answer:
        found.append(Para(account.welcome_answer, look.dim, "Answered yes: ", look.dim))
    if account.revoked is None or account.welcomed is not None or not account.is_revoked:
        found.append(Para(said, look.title))
    return [*found, BLANK, *(Para(line) for line in email.splitlines())]


# -- summary -------------------------------------------------------------------------------------------------------


def summary_entries(told: Sequence[Told], room: int, look: Look) -> list[Entry]:
    """A line for each account with what became of it; those not chosen are only counted."""
    found = []
    for account, outcome, _ in told:
        left = room - SIGNS - 13 - 24
        line: Line = ((columns(((account.code, 12), (account.facts.name, 22))), None), ("  ", None))
        found.append(Entry(account.code, ((*line, (fit(outcome, max(left, 10)).rstrip(), look.dim)),)))
    return found


def summary_detail(account: HandoverAccount, outcome: str, tell: str, look: Look) -> list[Para]:
    """What became of an account, and what to tell whom."""
    found = [Para(f"{account.code}  {account.facts.name}", look.title), Para(outcome)]
    return [*found, Para(tell, None, "Tell  ", look.key)] if tell else found


HELP = {
    Step.CHOOSE: "Which accounts come along, by what became of the record. Space takes a group along or leaves it for "
    "later; enter goes on.",
    Step.REVIEW: "Old record and new one beside each other. 1, 2 or 3 accepts a candidate, 0 says that it is none of "
    "them, / looks somebody else up, l leaves it for later. Certain ones can be accepted together (A), after the list "
    "was read; those to look at only one by one. Nothing is done yet.",
    Step.REVOKE: "The old accounts are revoked first. What is asked about an account is answered by space, for that "
    "one alone. Enter shows the plan.",
    Step.WELCOME: "The email as it will be sent; the link is made then. A record is welcomed only after its old "
    "account was revoked and read back, or attested. E edits the first line.",
    Step.SUMMARY: "What was done, what failed and why, what is left for later, and what to tell whom. e writes it "
    "down.",
}
