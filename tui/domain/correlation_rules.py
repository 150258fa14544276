"""The rules of correlation: what is accepted as one person, what a person looks at first, and what is ruled out.

Weights alone decide nothing. Records whose sexes contradict are never paired, a match needs a given name that agrees
and something that ties the two and can't be a family's alone, and what has ever paired a parent with an ex-partner goes
to a person for review. Each rule can be told to a school in a sentence; docs/matching.md does.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from tui.domain.correlation_levels import Levels, Prepared
from tui.domain.identity import Identity, given_names, letters
from tui.domain.names import Agreement, compare_given, words_of
from tui.domain.phones import is_of_a_house

PROPOSE = -1.0  # log2 of the odds from which on a candidate is proposed at all
_SURE = 1.0  # and from which on it may be a match without a person's look
_PARENTS = frozenset(("parent", "step-parent"))


class Decision(StrEnum):
    """What is to become of a pair: accepted as certain, looked at by a person, or nothing."""

    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


class Beside(NamedTuple):
    """Another record of the children of a pair, and how it agrees with the old record and with the new one."""

    prepared: Prepared
    eligible: bool
    is_old: bool  # ready to revoke, as the old one of the pair is
    to_old: Levels
    to_new: Levels


class Pair(NamedTuple):
    """An old record and the likeliest new one: how they agree, and who else is on the children of either.

    `in_use`: the new one has an account already.
    """

    one: Prepared
    other: Prepared
    levels: Levels
    in_use: bool
    beside: tuple[Beside, ...]

    @property
    def old(self) -> Identity:
        return self.one.record

    @property
    def new(self) -> Identity:
        return self.other.record

    # -- what agrees -----------------------------------------------------------------------------------------------

    @property
    def is_joint(self) -> bool:
        """Whether one of the two records is two people's."""
        return len(self.one.givens) > 1 or len(self.other.givens) > 1

    @property
    def same_sex(self) -> bool:
        return self.levels.level("sex") == "agree"

    @property
    def same_surname(self) -> bool:
        return self.levels.surname == Agreement.SAME

    @property
    def has_child(self) -> bool:
        return self.levels.level("children") in ("some", "all")

    @property
    def same_email(self) -> bool:
        """The same email stands as the email of both: not only as the username of one."""
        return bool(self.old.email) and self.old.email == self.new.email

    @property
    def own_email(self) -> bool:
        """The same email, nobody else has it, and the person's name is in it: a family's would be in nobody's."""
        return self.same_email and self.levels.level("email") == "own" and names_its_owner(self.new)

    @property
    def same_mobile(self) -> bool:
        return self.levels.level("mobile") in ("family", "own")

    @property
    def own_mobile(self) -> bool:
        """The same number, nobody else has it, and it is no number of a house."""
        return self.levels.level("mobile") == "own" and not is_of_a_house(self.new.mobile)

    @property
    def same_address(self) -> bool:
        return self.levels.level("address") == "same"

    @property
    def is_reached(self) -> bool:
        """Whether the two are reached at one email or number."""
        return self.same_mobile or self.levels.level("email") in ("family", "own")

    @property
    def has_both(self) -> bool:
        """Whether email and mobile are both theirs alone, and the surname and the sex agree."""
        return self.own_email and self.own_mobile and self.same_sex and self.same_surname

    @property
    def nothing_differs(self) -> bool:
        """Whether email and mobile are alike or not known, the address too or else the surname the same, and the two
        are the same to the child."""
        differs = any(self.levels.level(trait) == "different" for trait in ("email", "mobile"))
        differs = differs or (self.levels.level("address") == "different" and not self.same_surname)
        return not differs and self.levels.level("role") == "same" and self.same_sex

    # -- who else is there -----------------------------------------------------------------------------------------

    @property
    def other_parent(self) -> bool:
        """Whether a third record shares a child with the old one, under another given name: the other parent's, as a
        rule, which the new one then is not."""
        return any(
            third.eligible
            and third.to_old.given == Agreement.DIFFERENT
            and third.to_old.level("children") in ("some", "all")
            for third in self.beside
        )

    @property
    def name_is_taken(self) -> bool:
        """Whether somebody else on the children, here or gone, has a given name like theirs, and may be of their sex
        and the same to a child: a grandfather of the name is no second father."""
        return any(
            max(third.to_old.given, third.to_new.given) >= Agreement.INITIAL
            and "contradict" not in (third.to_old.level("sex"), third.to_new.level("sex"))
            and not third.to_old.level("role") == third.to_new.level("role") == "contradict"
            for third in self.beside
        )

    @property
    def fits_another(self) -> bool:
        """Whether the new record has the very given name of another account of its children that is ready to revoke,
        and of this a like one only: of Marc and Mark, both re-coded or gone, each has a record of his own."""
        if self.levels.given == Agreement.SAME or self.own_email or self.own_mobile:
            return False
        return any(
            third.is_old
            and third.to_new.given == Agreement.SAME
            and third.to_new.level("sex") != "contradict"
            and third.to_new.level("children") in ("some", "all")
            for third in self.beside
        )

    # -- what is enough --------------------------------------------------------------------------------------------

    @property
    def same_home(self) -> bool:
        """Whether they are of one given name, one sex and one address, and the same to a child that both have, as its
        mother: an ex-partner has moved out, and a grandfather is no father."""
        return (
            self.levels.given == Agreement.SAME
            and self.same_sex
            and self.same_address
            and self.has_child
            and self.levels.level("role") == "same"
            and bool(self.one.kinds & self.other.kinds)
        )

    @property
    def same_other_parent(self) -> bool:
        """Whether, with no child in common, the other parent of a child of each is the same person, who has another
        given name: a sibling's record. They are of one given name and sex; an email, number or address ties them."""
        return (
            self.levels.given == Agreement.SAME
            and self.same_sex
            and not self.has_child
            and any(_is_parent_of_both(third) for third in self.beside)
        )

    @property
    def joint_is_theirs(self) -> bool:
        """Whether an old joint record is reached as the new one is, at a mobile that nobody else has and an email, its
        username is not called after the other of the two, and the new one is among those whom it names."""
        if len(self.one.givens) == 1 or len(self.other.givens) > 1 or not (self.own_mobile and self.same_email):
            return False
        (mine,) = self.other.givens
        others = [names for names in self.one.givens if names and compare_given(names, mine) < Agreement.INITIAL]
        named = self.levels.given == Agreement.SAME or (self.levels.given == Agreement.UNKNOWN and self.own_email)
        return named and self.same_surname and not _is_called_after(self.old.username, others, self.old.surname)

    @property
    def joint_is_anothers(self) -> bool:
        """Whether an old joint record is reached otherwise than the new one is, by email and by mobile: its account is
        of the other of the two, whose they are."""
        reached = {self.levels.level("email"), self.levels.level("mobile")}
        return len(self.one.givens) > 1 and reached <= {"different", "alike"}

    @property
    def initial_is_enough(self) -> bool:
        """Whether an initial can be nobody else's: the sex is known, and email and mobile are the person's own, or one
        of them is and the other parent is somebody else."""
        if not (self.same_sex and self.same_surname):
            return False
        return self.own_email + self.own_mobile + self.other_parent >= 2

    @property
    def is_named(self) -> bool:
        """Whether the name tells the two from each other's partners, where no sex does: the same one with one thing
        that no partner has, a nickname or a slip in it with two, if nobody else there has a like name."""
        if self.levels.given == Agreement.SAME:
            return self.own_email or self.own_mobile or (self.other_parent and self.same_surname)
        if self.levels.given not in (Agreement.NICKNAME, Agreement.NEAR) or not self.same_surname:
            return False
        return self.own_email + self.own_mobile + self.other_parent >= 2 and not self.name_is_taken

    @property
    def ties(self) -> bool:
        return self.has_child or self.is_reached or self.same_address

    @property
    def is_certain(self) -> bool:
        """Whether what ties the two can't be a family's alone, as the given name agrees.

        Of two people with one given name (a new partner, a father and a son, a cousin) each has an email and a number.
        A like name is worth less than the same one: two mothers may be Jan and Jane. And what a family shares tells
        nobody apart where two of it have a like name: of Anne and Anna each may be called Annie.
        """
        if self.own_email or self.own_mobile:
            return True
        if self.name_is_taken:
            return False
        if self.same_home or self.same_other_parent:
            return True
        if not self.has_child:
            return False
        if self.levels.given == Agreement.SAME:
            return self.same_email or self.same_mobile or self.nothing_differs
        return self.other_parent and self.same_surname and (self.same_email or self.same_mobile)


def ruled_out(levels: Levels, odds: float) -> str:
    """Why a pair is out of the question whatever else is known; "" where it is not."""
    if levels.level("sex") == "contradict":
        return "the sexes contradict"
    return "nobody is likely enough" if odds < PROPOSE else ""


def decide(pair: Pair, odds: float) -> tuple[Decision, str]:
    """What becomes of a pair that is not ruled out, and the rule that made it so."""
    if not pair.ties:
        return Decision.NONE, "nothing ties the two but the name"
    given = pair.levels.given
    if given < Agreement.CLOSE and not (
        pair.has_both
        or (given == Agreement.INITIAL and (pair.is_reached or pair.same_sex))
        or (pair.is_joint and given == Agreement.UNKNOWN and pair.is_reached)
    ):
        return Decision.NONE, "the given names do not agree"
    if pair.fits_another:
        return Decision.NONE, "another account has the given name of the other"
    if pair.is_joint:
        if pair.joint_is_theirs:
            return Decision.MATCH, "the joint record has the email and mobile of the other, and of nobody else"
        if pair.joint_is_anothers:
            return Decision.NONE, "the joint record has an email and a mobile that are not the other's"
        return Decision.REVIEW, "a joint record"  # two people: which of them goes on with the account, a person says
    if doubt := _doubt(pair, odds):
        return Decision.REVIEW, doubt
    return Decision.MATCH, "given name and ties agree, and nothing contradicts"


def _doubt(pair: Pair, odds: float) -> str:
    """Why a person has to look; "" when nobody has to."""
    if pair.levels.given == Agreement.INITIAL and not pair.initial_is_enough:
        return "only an initial agrees"
    if pair.levels.given < Agreement.INITIAL:
        return "the given names do not agree"
    if pair.levels.level("role") == "contradict":
        return "the two are not the same to the children"
    if pair.in_use and not (pair.is_reached or pair.same_home):
        return "the other is in use already, and shares neither email nor mobile"
    if not pair.same_sex and not pair.is_named:
        return "the sex is not known"
    if not pair.is_certain:
        return "too little ties the two but the name"
    if odds < _SURE and not (pair.own_email or pair.own_mobile):
        return "not certain enough"
    return ""


def _is_parent_of_both(third: Beside) -> bool:
    """Whether it is a parent's record, under another given name, with a child of the old record and one of the new."""
    return (
        third.to_old.given == third.to_new.given == Agreement.DIFFERENT
        and bool(third.prepared.kinds)
        and third.prepared.kinds <= _PARENTS
        and bool(third.to_old.shared and third.to_new.shared)
    )


def names_its_owner(record: Identity) -> bool:
    """Whether a given name stands in the email's local part, or the initial with the surname."""
    return _is_called_after(record.email, given_names(record), record.surname)


def _is_called_after(address: str, people: Iterable[Iterable[str]], surname: str) -> bool:
    """Whether an email or username is made of a given name of one of these, or of the initial with the surname."""
    local = letters(address.partition("@")[0]).rstrip("0123456789")
    names = [name for given in people for name in given]
    given, words = [letters(name) for name in names], [word for name in names for word in words_of(name)]
    if any(len(name) > 2 and name in local for name in (*given, *words)):
        return True
    last = letters(surname)
    # An s behind the name is its plural as a rule: "the Taumuas", not Semisi Taumua.
    return bool(last) and any(
        local.startswith(f"{initial}{last}") or (local == f"{last}{initial}" and initial != "s")
        for initial in {name[0] for name in given if name}
    )
