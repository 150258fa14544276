"""How well old records are paired with new ones, on made-up schools whose truth is known.

Seeds below TUNED were looked at while weights and rules were made; what is reported comes from those above REPORTED,
for the figures of the ones between had been seen when rules were last made. `decide-all` takes every proposal, those
for review too; `automatic` only what is accepted without a person. A wrong partner is the other parent of a child, or
whoever stands in that place: the one error that must not happen.
"""

import resource
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.handover_school import HandoverSchool, handover_school
from tests.benchmarks.measuring import met
from tui.domain.correlation import Correlation, Correlator, Decision, Subject

TUNED = 300
REPORTED = 400


class Score(NamedTuple):
    """What became of the queries of one or more schools."""

    queries: int
    partners: int  # queries that have a true new record
    proposed: int
    proposed_right: int
    matched: int
    matched_right: int
    reviewed: int
    first: int  # the true record stands first, of `partners`
    among_three: int
    wrong_partners: int  # of those proposed
    wrong_partners_matched: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.proposed_right / max(self.proposed, 1)

    @property
    def recall(self) -> float:
        return self.proposed_right / max(self.partners, 1)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    @property
    def automatic_precision(self) -> float:
        return self.matched_right / max(self.matched, 1)

    @property
    def automatic_recall(self) -> float:
        return self.matched_right / max(self.partners, 1)


def subjects_of(school: HandoverSchool) -> list[Subject]:
    """The contacts of a school as correlation sees them."""
    return [Subject(one.identity, one.has_account, one.eligible) for one in school.contacts]


def correlate(school: HandoverSchool) -> tuple[list[Correlation], float]:
    """What is found for every query of a school, and the seconds that it took."""
    subjects = subjects_of(school)
    start = time.perf_counter()
    found = Correlator(subjects).all()
    return found, time.perf_counter() - start


def score(school: HandoverSchool, found: Iterable[Correlation], seconds: float = 0.0) -> Score:
    """How what was found compares with the truth."""
    counts: Counter[str] = Counter()
    for one in found:
        truth = school.truth[one.code]
        codes = [candidate.code for candidate in one.candidates]
        first = codes[0] if codes else None
        counts["queries"] += 1
        counts["partners"] += truth is not None
        counts["first"] += truth is not None and first == truth
        counts["three"] += truth in codes if truth is not None else 0
        if one.decision is Decision.NONE:
            continue
        counts["proposed"] += 1
        counts["right"] += first == truth
        counts["wrong"] += first in school.partners[one.code] and first != truth
        if one.decision is Decision.REVIEW:
            counts["reviewed"] += 1
            continue
        counts["matched"] += 1
        counts["matched right"] += first == truth
        counts["wrong matched"] += first in school.partners[one.code] and first != truth
    return Score(
        counts["queries"], counts["partners"], counts["proposed"], counts["right"], counts["matched"],
        counts["matched right"], counts["reviewed"], counts["first"], counts["three"], counts["wrong"],
        counts["wrong matched"], seconds,
    )  # fmt: skip


def total(scores: Iterable[Score]) -> Score:
    """Several schools as one."""
    return Score(*(sum(values) for values in zip(*scores, strict=True)))


def measured(seeds: Iterable[int], contacts: int) -> Score:
    """The score over schools of so many contacts."""
    scores = []
    for seed in seeds:
        school = handover_school(seed, contacts)
        scores.append(score(school, *correlate(school)))
    return total(scores)


def by_email(school: HandoverSchool) -> Score:
    """The honest baseline: the first eligible record that has the same email, which most schools would look for."""
    holders: dict[str, str] = {}
    for contact in sorted(school.contacts):
        if contact.eligible and contact.identity.email:
            holders.setdefault(contact.identity.email, contact.identity.code)
    counts: Counter[str] = Counter()
    for contact in school.contacts:
        code = contact.identity.code
        if code not in school.truth:
            continue
        first, truth = holders.get(contact.identity.email), school.truth[code]
        counts["queries"] += 1
        counts["partners"] += truth is not None
        counts["proposed"] += first is not None
        counts["right"] += first is not None and first == truth
        counts["wrong"] += first in school.partners[code] and first != truth
    right, wrong = counts["right"], counts["wrong"]
    return Score(
        counts["queries"], counts["partners"], counts["proposed"], right, counts["proposed"], right, 0, right, right,
        wrong, wrong, 0.0,
    )  # fmt: skip


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines. Nothing is written to `scratch`.

    Of the small schools there are ten times as many: with 350 accounts to revoke in each, a few of them say little
    about a share of 3 %.
    """
    for size, number in ((contacts // 10, 10 * runs), (contacts, runs)):
        scores, emails = [], []
        for seed in range(REPORTED + 1, REPORTED + number + 1):  # one school in memory at a time
            school = handover_school(seed, size)
            scores.append(score(school, *correlate(school)))
            emails.append(by_email(school))
        ours, email = total(scores), total(emails)
        print(
            f"Matching in {number} schools of {size:,} contacts: {ours.queries:,} accounts ready to revoke,"
            f" {ours.partners:,} with a new record"
        )
        print(
            f"  decide-all: F1 {ours.f1:.4f}, target .97: {met(ours.f1 >= 0.97)}; precision {ours.precision:.4f},"
            f" recall {ours.recall:.4f}; top-1 {_share(ours.first, ours.partners)}, target .985:"
            f" {met(ours.first >= 0.985 * ours.partners)}; top-3 {_share(ours.among_three, ours.partners)};"
            f" wrong partners {ours.wrong_partners}"
        )
        print(
            f"  automatic: wrong partners {ours.wrong_partners_matched},"
            f" target 0: {met(not ours.wrong_partners_matched)};"
            f" precision {ours.automatic_precision:.4f}, target .998: {met(ours.automatic_precision >= 0.998)};"
            f" recall {ours.automatic_recall:.4f}, target .90: {met(ours.automatic_recall >= 0.9)};"
            f" review {_share(ours.reviewed, ours.queries)}, target .035: {met(ours.reviewed <= 0.035 * ours.queries)}"
        )
        print(
            f"  by the same email: F1 {email.f1:.4f}, wrong partners {email.wrong_partners};"
            f" ours beside it in F1: ratio {ours.f1 / max(email.f1, 1e-9):.2f}"
        )
        slowest = max(one.seconds for one in scores)
        print(f"  {slowest:.2f} s for the slowest, target 6 s at 50,000: {met(slowest <= 6)}; {_peak():.0f} MB at most")


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.4f}"


def _peak() -> float:
    """The most memory that this process has held, schools and all, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
