"""Finding a person for somebody who rings: every record that may be theirs, what is wrong, what to do, what to say.

The sentences about one record are those of the why-pane; here is only what several records come to together. That they
belong to one person is never said, only what speaks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tui.domain.addresses import why_unusable
from tui.domain.facts import AccountFacts
from tui.domain.flag_groups import Answer
from tui.domain.gates import Decision, mail_gate, revoke_gate
from tui.domain.identity import Identity, sex_of
from tui.domain.persons import Alike, Compare, Person, perhaps_same, persons
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.manager.explaining import explanation, student_sentence
from tui.manager.views import Explanation, Found, FoundOther, FoundPerson, FoundRecord, Relative
from tui.register import facts as register_facts
from tui.register import finding, pairs
from tui.register.database import Database
from tui.register.people import person_number
from tui.text import join_and

LIMIT = 100


def find(database: Database, text: str, *, system: str, future_counts: bool, limit: int = LIMIT) -> Found:
    """Everybody in whom all words of `text` occur, with the records beside each other."""
    hits = finding.search(database, text, limit)
    contacts = hits.ids.get(UserType.CONTACT, [])
    by_id = finding.known_beside(database, contacts)
    known = {record.code: record for record in by_id.values()}
    ids = {record.code: id_ for id_, record in by_id.items()}
    found = persons((by_id[id_].code for id_ in contacts), known, _judge(database, list(by_id)))
    usernames: dict[str, list[Identity]] = {}
    for record in known.values():
        usernames.setdefault(record.username, []).append(record)
    elsewhere = [_logs_in_elsewhere(person, known, usernames) for person in found]
    shown = [*dict.fromkeys(c for person, there in zip(found, elsewhere, strict=True) for c in person.codes + there)]
    accounts = register_facts.gather(database, [person_number(ids[code]) for code in shown])
    relatives = register_facts.relatives(database, [ids[code] for code in shown])

    def why(code: str) -> Explanation:
        facts = accounts[person_number(ids[code])]
        # What stands beside it is told for both together.
        elsewhere_only = tuple(other for other in facts.correlated if other.code not in shown)
        return explanation(
            replace(facts, correlated=elsewhere_only),
            future_counts=future_counts,
            system=system,
            relatives=relatives.get(ids[code], ()),
            events=(),
            changes=(),
        )

    whys = {code: why(code) for code in shown}
    return Found(
        text=text,
        persons=tuple(
            _person(person, known, ids, whys, there, future_counts)
            for person, there in zip(found, elsewhere, strict=True)
        ),
        others=tuple(_others(database, hits)),
        more=tuple(user_type for user_type in UserType if user_type in hits.more),
        limit=limit,
    )


def _judge(database: Database, ids: Sequence[int]) -> Compare:
    """Who is perhaps the same person: what was said of a pair or found by correlation counts first."""
    found = pairs.between(database, ids)

    def compare(one: Identity, other: Identity) -> Alike | None:
        said = found.get((one.code, other.code)) or found.get((other.code, one.code))
        alike = perhaps_same(one, other)
        if said is None or said.decision == "none":
            return alike
        if said.verdict == "rejected" and not said.is_stale:
            return None
        if said.verdict == "accepted":
            return (alike or Alike(()))._replace(said=f"{said.verdict} as the same person by {said.by}", weak=False)
        return alike or Alike((), said="probably the same person, as the hand-over (w) shows")

    return compare


def _logs_in_elsewhere(
    person: Person, known: Mapping[str, Identity], usernames: Mapping[str, Sequence[Identity]]
) -> tuple[str, ...]:
    """Records of somebody else on which this person's email is the username: typed there by mistake, perhaps."""
    return tuple(
        record.code
        for email in sorted({known[code].email for code in person.codes} - {""})
        for record in usernames.get(email, ())
        if record.code not in person.codes and record.email != email
    )


def _person(
    person: Person,
    known: Mapping[str, Identity],
    ids: Mapping[str, int],
    whys: Mapping[str, Explanation],
    elsewhere: Sequence[str],
    future_counts: bool,
) -> FoundPerson:
    records = [
        FoundRecord(
            person_number(ids[code]),
            whys[code],
            person.beside[code].in_words if code in person.beside else "",
            tuple(_wrong(whys[code])),
        )
        for code in person.codes
    ]
    told = _Told(
        [whys[code] for code in person.codes],
        frozenset(code for code in person.codes if known[code].is_joint),
        _address([known[code] for code in person.codes]),
        _in_common(person),
        future_counts,
    )
    others: dict[str, Relative] = {}
    for code in person.codes:
        for relative in whys[code].relatives:
            if relative.code not in person.codes:
                others.setdefault(relative.code, relative)
    misplaced = [whys[code] for code in elsewhere]
    summary = " ".join(
        [told.summary(), *(told.misplaced(why, is_relative=why.facts.code in others) for why in misplaced)]
    )
    return FoundPerson(tuple(records), summary, told.next_step(misplaced), told.say(), tuple(others.values()))


def _wrong(why: Explanation) -> Iterable[str]:
    """What is wrong with one record, as it stands."""
    facts = why.facts
    if facts.status in (Status.READY_TO_REVOKE, Status.READY_TO_PROVISION):
        yield why.sees
    if facts.status in (Status.READY_TO_PROVISION, Status.ACTIVE):
        unusable = why_unusable(facts.email)
        if unusable:
            yield f"The email can't be used: {unusable}."
    if facts.status is Status.ACTIVE and facts.last_login == "":
        yield "Nobody has ever logged in."
    yield from why.warnings


def _in_common(person: Person) -> str:
    """What all records beside the first have in common with it; with several, each has its own sentence by it."""
    alikes = list(person.beside.values())
    return f" ({alikes[0].sentence})" if len(alikes) == 1 else ""


class _Address(NamedTuple):
    """How the person is spoken of in a sentence."""

    she: str
    hers: str
    her: str


def _address(records: Iterable[Identity]) -> _Address:
    sex = next((sex for record in records if not record.is_joint and (sex := sex_of(record))), "")
    if sex:
        return _Address("she", "hers", "her") if sex == "F" else _Address("he", "his", "his")
    return _Address("this parent", "this parent's", "this parent's")


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


class _Told(NamedTuple):
    """What to tell of the records of one person together."""

    whys: Sequence[Explanation]
    joint: frozenset[str]
    address: _Address
    in_common: str
    future_counts: bool

    def _of(self, status: Status) -> list[Explanation]:
        return [why for why in self.whys if why.facts.status is status]

    def summary(self) -> str:
        """What each record comes to, those with an account first."""
        if len(self.whys) == 1 and self.whys[0].facts.status is not Status.READY_TO_REVOKE:
            return self.whys[0].headline
        order = (Status.READY_TO_REVOKE, Status.ACTIVE, Status.READY_TO_PROVISION, Status.NO_ACCESS)
        return " ".join(self._standing(why) for status in order for why in self._of(status))

    def _standing(self, why: Explanation) -> str:
        facts, she = why.facts, _capital(self.address.she)
        status, _, what = why.headline.partition(": ")
        if facts.status is not Status.READY_TO_REVOKE:
            verb = "has" if facts.status is Status.NO_ACCESS else "is"
            return f"{facts.code} {verb} {status[0].lower()}{status[1:]}: {what}"
        # Of the record that was found it is known whose it is; the others are only perhaps the same person's.
        if facts.code in self.joint or why is not self.whys[0]:
            record = f"The joint record {facts.code}" if facts.code in self.joint else facts.code
            return f"{record} has an account, which shows nothing: {what}"
        if facts.last_login == "":
            return f"{she} has an account on {facts.code}, which was never used and shows nothing: {what}"
        return f"{she} logs in with {facts.code}, which shows nothing: {what}"

    def misplaced(self, other: Explanation, *, is_relative: bool) -> str:
        """That this person's email is the username on somebody else's record."""
        facts = other.facts
        who = f"{facts.name}, another contact of the same child" if is_relative else facts.name
        shows = ", which shows nothing" if facts.status is Status.READY_TO_REVOKE else ""
        return f"{_capital(self.address.her)} email is the username on {facts.code} ({who}){shows}."

    def next_step(self, misplaced: Sequence[Explanation]) -> str:
        """What to do with the records together; `misplaced` are those of others that have this person's username."""
        old, used, due = map(self._of, (Status.READY_TO_REVOKE, Status.ACTIVE, Status.READY_TO_PROVISION))
        wrong = [why for why in misplaced if why.facts.status is Status.READY_TO_REVOKE]
        if wrong and not old:
            then = f", then welcome {_codes(due)}" if due else ""
            asked = (
                f"Ask which username {self.address.she} logs in with. If it is that one: revoke {_codes(wrong)}{then}."
            )
            return " ".join([asked, *self._hindrances(wrong, due)])
        if not (old and used + due) and len(used + due) < 2:
            return (used + due + old + list(self.whys))[0].next_step
        both = "both" if len(self.whys) == 2 else "all"
        condition = f"If {both} are {self.address.hers}{self.in_common}"
        joint = [why for why in old if why.facts.code in self.joint]
        if joint:
            condition = f"If it is {self.address.she} who logs in with {_codes(joint)}{self.in_common}"
        if len(used) > 1:
            return (
                f"{condition}: {_codes(used)} are {both} in use, and one person should have one account. "
                f"Find out which one {self.address.she} uses before anything is revoked."
            )
        steps = [f"revoke {_codes(old)}"] if old else []
        if used:
            steps += [f"{_codes(used)} is the one to log in with"]
            steps += [f"{_codes(due)} needs no account"] if due else []
        else:
            steps += [f"welcome one of {_codes(due)}, not both" if len(due) > 1 else f"welcome {_codes(due)}"]
        steps_said = ("; " if used else ", then ").join(steps)
        return " ".join([f"{condition}: {steps_said}.", *self._hindrances(old, [] if used else due)])

    def _hindrances(self, old: Sequence[Explanation], due: Sequence[Explanation]) -> Iterable[str]:
        for why in old:
            code = why.facts.code
            verdict = revoke_gate(why.facts, reason="", future_counts=self.future_counts)
            if code in self.joint:
                yield f"{code} stands for two people: once revoked, it is closed to both."
            if verdict.decision is Decision.REFUSE:
                yield f"{code} can't be revoked yet: {verdict.sentence}."
            elif _undecided(why.facts):
                yield f"{code} can't be revoked yet. {why.next_step}"
        for why in due:
            # That they come first is what is being said.
            codes = {other.facts.code for other in old}
            others = tuple(one for one in why.facts.old_records if one.code not in codes)
            verdict = mail_gate(replace(why.facts, old_records=others), future_counts=self.future_counts)
            if verdict.decision is Decision.REFUSE:
                yield f"{why.facts.code} can't be welcomed yet: {verdict.sentence}."

    def say(self) -> str:
        """The sentence for the phone: of the record that shows a child, or is about to."""
        order = (Status.ACTIVE, Status.READY_TO_PROVISION, Status.READY_TO_REVOKE, Status.NO_ACCESS)
        return next(why.say for status in order for why in self._of(status))


def _codes(whys: Sequence[Explanation]) -> str:
    return join_and([why.facts.code for why in whys])


def _undecided(facts: AccountFacts) -> bool:
    return facts.group is not None and facts.group.answer == Answer.UNDECIDED


def _others(database: Database, hits: finding.Hits) -> Iterable[FoundOther]:
    children = hits.ids.get(UserType.STUDENT, [])
    for id_, (student, contacts) in zip(children, finding.students(database, children), strict=True):
        standing = student_sentence(student).removeprefix(f"{student.name} ({student.code})").lstrip(",: ")
        person = person_number(id_, UserType.STUDENT)
        yield FoundOther(person, student.code, UserType.STUDENT, student.name, standing, contacts)
    staff = [person_number(id_, UserType.STAFF) for id_ in hits.ids.get(UserType.STAFF, [])]
    gathered = register_facts.gather(database, staff)
    for person in staff:
        facts = gathered[person]
        standing = "employed" if facts.employed else "not employed any more"
        yield FoundOther(person, facts.code, UserType.STAFF, facts.name, standing)
