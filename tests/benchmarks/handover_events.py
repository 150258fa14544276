"""How an account comes to be ready to revoke: what the cases, good-natured or nasty, are made of.

Each case makes the family it needs and says what is true: `hand_over` when the person has a newer, eligible record,
`lost` when nobody must be welcomed instead. Names of cases that end in `_gone` or `_stays` have no newer record.
"""

from random import Random

from tests.benchmarks import handover_typing as typing_
from tests.benchmarks.handover_families import FILLER_EMAILS, FILLER_MOBILES, Families, Family, Record, Tie


class Events(Families):
    """Makes families in which something happened. `queries`: the record that lost the portal, the one that the same
    person has now (or None), and the name of the case."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.queries: list[tuple[Record, Record | None, str]] = []
        self._archived: dict[str, bool] = {}

    def hand_over(self, family: Family, new: Record, kind: str, *, fate: str = "", **was: str) -> Record:
        """Give the person of `new` an older record with an account, as `was` says; it has lost its children by
        `fate`. The two differ as what is typed a second time does."""
        old = self.copy(new, **was)
        self.lose(family, old, fate, new)
        typing_.typed_again(self, family, old, new)
        typing_.tied_somehow(self.rng, old, new)
        old.username = self.username(old)
        self.queries.append((old, new, kind))
        return old

    def lost(self, family: Family, record: Record, kind: str, fate: str = "") -> Record:
        """Take the portal from a person who has no other record; the account stays."""
        self.lose(family, record, fate or self.rng.choice(("removed", "flag_off", "flag_off")), None)
        record.username = self.username(record)
        self.queries.append((record, None, kind))
        return record

    def lose(self, family: Family, old: Record, fate: str, new: Record | None) -> None:
        """Make a record ineligible: its links removed or without the flag, nothing left of them (`bare`), or its
        child gone from the school while `new` has another (`elder_left`)."""
        fate = fate or self.rng.choices(("removed", "flag_off", "bare", "elder_left"), weights=(45, 25, 10, 20))[0]
        if fate == "removed":
            for tie in old.ties:
                tie.removed = True
        elif fate == "flag_off":
            old.access = False
        elif fate == "bare":
            old.ties = []
        else:
            word = old.ties[0].relationship if old.ties else ""
            # Two parents whose accounts both end here have the same elder child.
            elder = next((child for child in family.children if child.left), None) or self.child(family, left=True)
            old.ties = [Tie(elder, word)]
            for other in family.parents:
                # The other parent has both children; the new record has the elder one only now and then.
                has = any(tie.child is elder for tie in other.ties)
                if other.ties and not has and other is not old and self.chance(30 if other is new else 75):
                    other.ties.append(Tie(elder, other.ties[0].relationship))

    def some_family(self) -> Family:
        """Any family, of two parents mostly: there the wrong one can be chosen."""
        return self.family(self.rng.choice(("couple", "couple", "couple", "apart", "apart", "step", "", "")))

    def split(self, kind: str, *, stays: bool) -> None:
        """A joint record becomes one each. Its account is that of the parent whose email and mobile it has."""
        family = self.family("couple")
        holder, other = self.rng.sample(family.parents, 2)
        other.mobile = other.mobile if other.mobile != holder.mobile else self.mobile()
        joint = self.copy(holder, gender="", preferred_name="")
        if self.chance(25) and not family.plain:
            names_on_it = (holder.given_name, other.given_name, "")
            joint.title, joint.given_name = "Mr & Mrs", self.rng.choice(names_on_it)
        else:
            # The account is as often that of the second name as of the first.
            pair = self.rng.sample((holder, other), 2)
            joint.given_name = self.rng.choice((" & ", " and ")).join(p.given_name for p in pair)
            joint.title = " & ".join(p.title for p in pair) if all(p.title for p in pair) else ""
        if not family.plain:
            for tie in joint.ties:
                tie.relationship = self.rng.choice(("Parents", "Mother & Father", "Parent"))
        self.lose(family, joint, self.rng.choice(("removed", "flag_off")), holder)
        if self.chance(60):
            other.address = self.address()
        if not stays:
            # The person moved away or died: the record was taken off the children with the joint one.
            self.records.remove(holder)
            family.parents.remove(holder)
        elif len(family.children) > 1 and self.chance(35):
            holder.ties, other.ties = holder.ties[:1], other.ties[1:]
        elif self.chance(20):
            other.access = False
        joint.username = self.claim(family.email) if family.email else self.username(holder)
        self.queries.append((joint, holder if stays else None, kind))

    def stranger_of_name(self, like: Family, record: Record) -> Record:
        """A parent of another family with the same full name; the account is there or not, as with anybody."""
        family = self.family(self.rng.choice(("couple", "apart")), surname=record.surname, origin=like.origin)
        other = next((p for p in family.parents if p.sex == record.sex), family.parents[0])
        other.surname = record.surname
        self.rename(other, record.given_name)
        return other

    def new_partner(self) -> tuple[Family, Record, Record]:
        """A parent who went, and the step-parent of the same given name who came; both have or had the surname."""
        family = self.family("apart")
        ex, stays = family.parents if self.chance(70) else family.parents[::-1]
        word = {"F": "Step-mother", "M": "Step-father"}[ex.sex] if self.chance(70) else family.words[ex.sex]
        surname = stays.surname if self.chance(75) else family.surname
        new = self.person(family, ex.sex, surname, word, ex.given_name)
        if self.chance(60):
            ex.surname = stays.surname
        new.address, ex.address = stays.address, self.address()
        family.parents.append(new)
        return family, ex, new

    def grandparent_with_access(self, family: Family, given: str = "") -> Record:
        """A grandparent who may log in; with the given name of a parent, of the same sex as that parent."""
        sex = next((p.sex for p in family.parents if p.given_name == given), "")
        new = self.grandparent(family, sex, given)
        new.access, new.email = True, new.email or self.email(new.given_name, new.surname)
        return new

    def fill(self, record: Record) -> None:
        """Give a record the office's email or number, as stands where a parent gave none."""
        if self.chance(60):
            record.email = self.rng.choice(FILLER_EMAILS)
        else:
            record.mobile = self.rng.choice(FILLER_MOBILES)

    def one_of(self, family: Family) -> Record:
        """One of the first two parents."""
        return self.rng.choice(family.parents[:2])

    def archived(self, record: Record, holder: Record) -> None:
        """Mark a record as merged away under the code that `holder` has today, unless an earlier one is there."""
        stem = holder.code.removeprefix("OLD_")
        stem = record.code if stem in self._archived else stem
        self._archived[stem] = True
        record.code = f"OLD_{stem}"
