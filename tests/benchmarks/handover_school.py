"""A generated school with truth: which old contact record belongs to which new one, to measure record matching by.

The same seed and size give the same school on any machine. Nothing in it is anybody's: people are drawn from pools of
names, and emails end in `.example`. What can happen to a record is in `handover_cases`.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.benchmarks.handover_cases import HandOvers
from tests.benchmarks.handover_families import Identity, Record
from tests.benchmarks.handover_losses import Losses

# Of all contacts, those with an account that is ready to revoke.
_QUERIES = 0.07


class Cases(HandOvers, Losses):
    """All that can happen."""


# How often of some 350 accounts each happens: what is plain often, and of all that is a trap a few.
_DECK: tuple[tuple[Callable[[Cases], None], int], ...] = (
    (Cases.code_change, 50),
    (Cases.code_archived, 14),
    (Cases.code_reused, 2),
    (Cases.name_change, 30),
    (Cases.family_split, 4),
    (Cases.couple_recoded, 22),
    (Cases.half_recoded, 10),
    (Cases.family_email_username, 8),
    (Cases.misplaced_own, 4),
    (Cases.nickname, 8),
    (Cases.initial_only, 2),
    (Cases.typo, 5),
    (Cases.sparse, 3),
    (Cases.written_otherwise, 6),
    (Cases.moved, 5),
    (Cases.younger_child, 8),
    (Cases.other_twin, 2),
    (Cases.already_active, 4),
    (Cases.like_named, 3),
    (Cases.same_sex, 3),
    (Cases.step_parent, 2),
    (Cases.grandparent_recoded, 2),
    (Cases.filler, 2),
    (Cases.namesake, 4),
    (Cases.cousin, 2),
    (Cases.father_and_son, 2),
    (Cases.stray_record, 2),
    (Cases.ex_of_same_name, 2),
    (Cases.leavers, 45),
    (Cases.leaver_partner_stays, 22),
    (Cases.flag_off_stays, 18),
    (Cases.link_removed_stays, 8),
    (Cases.family_email_stays, 8),
    (Cases.deceased_stays, 5),
    (Cases.misplaced_stays, 4),
    (Cases.new_partner_of_same_name, 2),
    (Cases.namesake_stays, 4),
    (Cases.cousin_stays, 2),
    (Cases.son_of_same_name_stays, 2),
    (Cases.like_named_stays, 3),
    (Cases.grandparent_stays, 3),
    (Cases.split_gone, 2),
    (Cases.filler_gone, 2),
    (Cases.stray_gone, 2),
    (Cases.code_reused_gone, 2),
)


class Contact(NamedTuple):
    """A contact record as a register has it."""

    identity: Identity
    has_account: bool
    eligible: bool
    contact_type: str

    @property
    def is_query(self) -> bool:
        """Whether it is ready to revoke: then the question is who of the others is the same person."""
        return self.has_account and not self.eligible


class HandoverSchool(NamedTuple):
    """A register and what is true of it; all three mappings have every query's code.

    `truth`: the code of the same person's new, eligible record, or None when there is nobody. `kinds`: what happened,
    for reports. `partners`: the codes of the other parents, step-parents and guardians of the person's children,
    those without a link to them today included: to choose one of these is the error that mails an ex-partner.
    """

    contacts: list[Contact]
    truth: dict[str, str | None]
    kinds: dict[str, str]
    partners: dict[str, frozenset[str]]


def handover_school(seed: int, contacts: int) -> HandoverSchool:
    """The school of this seed, with exactly so many contacts."""
    rng = Random(seed)
    make = Cases(rng)
    deck: list[int] = []
    while len(make.records) < contacts - 12:
        if len(make.queries) < _QUERIES * len(make.records):
            if not deck:
                deck = [number for number, (_, weight) in enumerate(_DECK) for _ in range(weight)]
                rng.shuffle(deck)
            _DECK[deck.pop()][0](make)
        else:
            _quiet_family(make)
    while len(make.records) < contacts:
        # Families come in several sizes: the last places go to people who are linked to nobody.
        record = make.person(make.household(), rng.choice("FM"))
        record.contact_type = "Emergency"
    _accounts(make)
    partners = _partners(make)
    # In the order of codes an old record would stand beside its new one.
    rng.shuffle(make.records)
    found = [Contact(r.identity, bool(r.username), r.eligible, r.contact_type) for r in make.records]
    return HandoverSchool(
        found,
        {old.code: new.code if new else None for old, new, _ in make.queries},
        {old.code: kind for old, _, kind in make.queries},
        partners,
    )


def _quiet_family(make: Cases) -> None:
    """A family in which nothing happened, but that some left with their accounts revoked."""
    family = make.family()
    if make.chance(7):
        for child in family.children:
            child.left = True
    elif make.chance(15):
        make.child(family, left=True)
    for parent in family.parents:
        if make.chance(3):
            make.fill(parent)
        if make.chance(4):
            parent.access = False


def _accounts(make: Cases) -> None:
    """Give accounts to most who may log in; the new records of cases mostly wait for theirs."""
    waiting = {id(new) for _, new, _ in make.queries if new}
    olds = {id(old) for old, _, _ in make.queries}
    for record in make.records:
        if id(record) in olds or record.username or not record.eligible:
            continue
        if make.chance(8 if id(record) in waiting else 86):
            record.username = make.username(record)


def _partners(make: Cases) -> dict[str, frozenset[str]]:
    """For each query who else has the care of the person's children."""
    carers: dict[str, list[Record]] = {}
    for record in make.records:
        codes = {child.code: None for child in record.own} | {tie.child.code: None for tie in record.ties}
        if record.is_parent:
            for code in codes:
                carers.setdefault(code, []).append(record)
    return {
        old.code: frozenset(
            other.code for child in old.own for other in carers.get(child.code, ()) if other.person != old.person
        )
        for old, _, _ in make.queries
    }
