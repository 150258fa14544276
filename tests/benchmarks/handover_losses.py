"""The cases in which an account lost the portal and there is nobody to welcome instead."""

from tests.benchmarks.handover_events import Events
from tests.benchmarks.handover_families import FILLER_EMAILS, Family, Record


class Losses(Events):
    """Each makes a family of which somebody lost the portal; mostly the other parent still has it."""

    def leavers(self) -> None:
        """All children left; so have both parents."""
        family = self.family(self.rng.choice(("", "", "couple")))
        for child in family.children:
            child.left = True
        for parent in family.parents[: self.rng.choice((1, 2, 2))]:
            parent.username = self.username(parent)
            self.queries.append((parent, None, "leavers"))

    def leaver_partner_stays(self) -> None:
        """The only child of this parent left; the other parent has a younger one of another marriage."""
        family = self.family(self.rng.choice(("couple", "couple", "apart", "step")))
        self.share(family, email=30, landline=15)
        self.lost(family, self.one_of(family), "leaver_partner_stays", "elder_left")

    def flag_off_stays(self) -> None:
        family = self.family(self.rng.choice(("apart", "couple", "step")))
        self.share(family, email=20, landline=10)
        self.lost(family, self.one_of(family), "flag_off_stays", "flag_off")

    def link_removed_stays(self) -> None:
        family = self.family(self.rng.choice(("apart", "couple", "step")))
        self.lost(family, self.one_of(family), "link_removed_stays", "removed")

    def family_email_stays(self) -> None:
        """A parent without access whose username is the family's email: it looks like the other parent's account."""
        family = self.family("couple")
        self.share(family, email=100, landline=40)
        goes = self.lost(family, self.one_of(family), "family_email_stays")
        goes.username = self.claim(family.email)
        goes.email = self.rng.choice((family.email, family.email, ""))

    def deceased_stays(self) -> None:
        family = self.family("couple")
        self.share(family, email=40, landline=30)
        self.lost(family, self.one_of(family), "deceased_stays", "removed")

    def misplaced_stays(self) -> None:
        """The other parent's username was typed onto this record, whose person has no access and no other record."""
        family = self.family(self.rng.choice(("couple", "apart")))
        partner, goes = self.rng.sample(family.parents[:2], 2)
        self.lost(family, goes, "misplaced_stays", self.rng.choice(("flag_off", "bare")))
        goes.username = self.claim(partner.email)
        if self.chance(40):
            goes.email = self.rng.choice(("", partner.email))

    def new_partner_of_same_name(self) -> None:
        family, ex, new = self.new_partner()
        self.lost(family, ex, "new_partner_of_same_name")
        if self.chance(30):
            family.email = ex.username = new.email = self.claim(self.family_email(family))

    def namesake_stays(self) -> None:
        family = self.family(self.rng.choice(("couple", "single", "apart")))
        goes = self.one_of(family)
        self.stranger_of_name(family, goes)
        self._leave(family, goes, "namesake_stays")

    def cousin_stays(self) -> None:
        family = self.family("couple")
        goes = self.one_of(family)
        cousin = self.stranger_of_name(family, goes)
        if self.chance(30):
            goes.mobile = cousin.mobile = family.landline
        if self.chance(25):
            goes.address = cousin.address
        self._leave(family, goes, "cousin_stays")

    def son_of_same_name_stays(self) -> None:
        """A leaver's father; his son, of the same name, is a parent here today, perhaps at the same address."""
        family = self.family("couple")
        goes = family.parents[-1]
        son = self.stranger_of_name(family, goes)
        if self.chance(25):
            son.address = goes.address
        if self.chance(15):
            son.mobile = goes.mobile = family.landline
        if self.chance(15):
            goes.email = son.email = self.family_email(family)
        self._leave(family, goes, "son_of_same_name_stays")

    def _leave(self, family: Family, goes: Record, kind: str) -> None:
        """All children of the family left, and only this parent still has an account."""
        for child in family.children:
            child.left = True
        goes.username = self.username(goes)
        self.queries.append((goes, None, kind))

    def like_named_stays(self) -> None:
        """Jane went, Julie stays; on one of the two records there may be no more than "J"."""
        family = self.family("like")
        self.share(family, email=40, landline=30)
        goes = self.lost(family, self.one_of(family), "like_named_stays")
        if self.chance(25):
            record = self.rng.choice(family.parents)
            record.given_name, record.preferred_name = record.given_name[:1], ""
        if family.email and self.chance(40):
            goes.username = self.claim(family.email)

    def grandparent_stays(self) -> None:
        """A grandparent lost the portal; a parent has the same or a like name, and the same surname."""
        family = self.family("couple")
        like = self.rng.choice(family.parents)
        given = like.given_name if self.chance(50) else ""
        goes = self.grandparent_with_access(family, given)
        if self.chance(30):
            goes.address = family.address
        self.lost(family, goes, "grandparent_stays")

    def filler_gone(self) -> None:
        family = self.family()
        goes = self.one_of(family)
        self.fill(goes)
        self._leave(family, goes, "filler_gone")
        if goes.email in FILLER_EMAILS and self.chance(30):
            goes.username = goes.email

    def stray_gone(self) -> None:
        """Never linked to a child, and nobody at the school is this person."""
        family = self.family("single")
        for child in family.children:
            child.left = True
        goes = self.one_of(family)
        self.lost(family, goes, "stray_gone", "bare")
        goes.own = []

    def code_reused_gone(self) -> None:
        family = self.family("couple")
        goes = self.one_of(family)
        self._leave(family, goes, "code_reused_gone")
        self.archived(goes, self.rng.choice(self.records))

    def split_gone(self) -> None:
        self.split("split_gone", stays=False)
