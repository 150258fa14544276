"""The cases in which the person of an old record has a new one."""

from tests.benchmarks import handover_names as names
from tests.benchmarks import handover_typing as typing_
from tests.benchmarks.handover_events import Events
from tests.benchmarks.handover_families import Family, Tie


class HandOvers(Events):
    """Each makes a family in which somebody has an older record, and says which the new one is."""

    def code_change(self) -> None:
        family = self.some_family()
        self.hand_over(family, self.rng.choice(family.parents), "code_change")

    def code_archived(self) -> None:
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "code_archived", fate=self.rng.choice(("removed", "flag_off", "bare")))
        self.archived(old, new if self.chance(50) else old)

    def code_reused(self) -> None:
        """The old code, but for the mark of a merge, is now somebody else's, or even the other parent's."""
        family = self.family("couple")
        old = self.hand_over(family, family.parents[0], "code_reused")
        holder = family.parents[1] if self.chance(40) else self.rng.choice(self.records)
        self.archived(old, holder)

    def name_change(self) -> None:
        """By marriage or divorce: a surname, often the email, and Mrs becomes Ms or the other way round."""
        family = self.family(self.rng.choice(("couple", "apart", "apart", "step")))
        woman = self.chance(93)
        new = next((p for p in family.parents if (p.sex == "F") == woman), family.parents[0])
        before, other = new.surname, family.surname
        while other == before:
            other = names.draw_origin(self.rng).surname(self.rng)
        title = {"Mrs": "Ms", "Ms": "Mrs", "Miss": "Mrs"}.get(new.title, new.title)
        email = self.email(new.given_name, other) if self.chance(60) and not family.email else new.email
        self.hand_over(family, new, "name_change", surname=other, title=title, email=email)

    def family_split(self) -> None:
        self.split("family_split", stays=True)

    def couple_recoded(self) -> None:
        """Both parents have an old and a new record: two old ones and two new ones of the same children."""
        family = self.family(self.rng.choice(("couple", "couple", "couple", "mothers", "fathers", "like")))
        self.share(family, email=55, landline=45)
        fate = self.rng.choice(("removed", "removed", "flag_off", "elder_left"))
        couple = list(family.parents)
        olds = [self.hand_over(family, new, "couple_recoded", fate=fate) for new in couple]
        if family.email and olds[1].username != family.email and self.chance(50):
            olds[0].username = self.claim(family.email)

    def half_recoded(self) -> None:
        """Both old records lost the portal, and only one of the two parents has a new one."""
        family = self.family(self.rng.choice(("couple", "couple", "apart", "mothers", "like")))
        self.share(family, email=50, landline=30)
        goes, comes = self.rng.sample(family.parents, 2)
        fate = self.rng.choice(("removed", "flag_off"))
        self.hand_over(family, comes, "half_recoded", fate=fate)
        self.lost(family, goes, "half_recoded_gone", fate)

    def family_email_username(self) -> None:
        """The username is the family's email, which now stands on the other parent's record alone."""
        family = self.family("couple")
        new, partner = self.rng.sample(family.parents, 2)
        family.email = partner.email = self.family_email(family)
        new.email = self.email(new.given_name, new.surname)
        old = self.hand_over(family, new, "family_email_username", email=self.rng.choice((family.email, "")))
        old.username, partner.email = self.claim(family.email), family.email

    def misplaced_own(self) -> None:
        """The username on the old record is the other parent's, and yet the person has a new record as well."""
        family = self.family("couple")
        new, partner = self.rng.sample(family.parents, 2)
        old = self.hand_over(family, new, "misplaced_own")
        old.username = self.claim(partner.email) if partner.email != old.username else old.username

    def nickname(self) -> None:
        family = self.some_family()
        new = self.rng.choice(family.parents)
        self.rename(new, self._with_nickname(family, new.sex))
        old = self.hand_over(family, new, "nickname")
        record = self.rng.choice((old, new))
        if not typing_.by_nickname(self.rng, record):
            record.preferred_name = record.given_name
        # Two nicknames of one name, as Liz and Beth: now and then.
        if self.chance(12):
            typing_.by_nickname(self.rng, new if record is old else old)

    def _with_nickname(self, family: Family, sex: str) -> str:
        for origin in (family.origin, names.ANGLO):
            for _ in range(40):
                if (given := origin.given(self.rng, sex)) in names.NICKNAMES:
                    return given
        return "Alexandra" if sex == "F" else "Alexander"

    def initial_only(self) -> None:
        family = self.family(self.rng.choice(("couple", "like", "apart", "mothers")))
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "initial_only")
        record = self.rng.choice((old, new))
        record.given_name, record.preferred_name = record.given_name[:1], ""

    def typo(self) -> None:
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "typo")
        record, rng = self.rng.choice((old, new)), self.rng
        fields = rng.sample(("given_name", "surname", "email", "mobile"), rng.choice((1, 2, 2)))
        for name in fields:
            value = getattr(record, name)
            way = {"email": typing_.slip_in_email, "mobile": typing_.slip_in_mobile}.get(name, typing_.slip)
            setattr(record, name, way(rng, value))

    def sparse(self) -> None:
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "sparse")
        for record in self.rng.choice(((old,), (new,), (old, new))):
            typing_.gaps(self, record, 45)

    def written_otherwise(self) -> None:
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "written_otherwise")
        partner = self.rng.choice(family.parents)
        typing_.written_otherwise(self.rng, self.rng.choice((old, new)), partner.surname)

    def moved(self) -> None:
        """Another house, mostly another telephone, now and then another email."""
        family = self.family(self.rng.choice(("apart", "couple", "step", "single")))
        new = self.rng.choice(family.parents)
        mobile = self.mobile() if self.chance(60) else new.mobile
        email = self.email(new.given_name, new.surname) if self.chance(25) else new.email
        self.hand_over(family, new, "moved", address=self.address(), mobile=mobile, email=email)

    def younger_child(self) -> None:
        """The old record is the elder child's, who left; the new one is the younger's alone: no child in common."""
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "younger_child", fate="elder_left")
        elders = [tie.child for tie in old.ties]
        new.ties = [tie for tie in new.ties if tie.child not in elders]
        typing_.tied_somehow(self.rng, old, new)

    def other_twin(self) -> None:
        """The old record is linked to one twin, the new one to the other, and both are here."""
        family = self.family("couple")
        while len(family.children) < 2:
            twin = self.child(family)
            for parent in family.parents:
                parent.ties.append(Tie(twin, parent.ties[0].relationship))
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "other_twin", fate="removed")
        old.ties, new.ties = old.ties[:1], [tie for tie in new.ties if tie.child is not family.children[0]]
        typing_.tied_somehow(self.rng, old, new)

    def already_active(self) -> None:
        """Somebody welcomed the new record before; half of them share neither email nor mobile with the old one."""
        family = self.some_family()
        new = self.rng.choice(family.parents)
        was = {}
        if self.chance(50):
            was = {"email": self.email(new.given_name, new.surname), "mobile": self.mobile()}
        self.hand_over(family, new, "already_active", fate=self.rng.choice(("removed", "flag_off")), **was)
        new.username = self.username(new)

    def like_named(self) -> None:
        """Jane and Julie, or Chris and Chris: one of two parents with names easily mixed up has a new record."""
        family = self.family("like")
        self.share(family, email=30, landline=20)
        self.hand_over(family, self.rng.choice(family.parents), "like_named")

    def same_sex(self) -> None:
        family = self.family(self.rng.choice(("mothers", "mothers", "fathers")))
        self.share(family, email=25, landline=15)
        self.hand_over(family, self.rng.choice(family.parents), "same_sex")

    def step_parent(self) -> None:
        family = self.family("step")
        self.hand_over(family, family.parents[-1], "step_parent")

    def grandparent_recoded(self) -> None:
        """A grandparent with portal access, beside parents who have it too."""
        family = self.family(self.rng.choice(("couple", "single")))
        given = self.rng.choice(family.parents).given_name if self.chance(20) else ""
        new = self.grandparent_with_access(family, given)
        self.hand_over(family, new, "grandparent")

    def filler(self) -> None:
        """The old or the new record has the office's email or number, as many others do."""
        family = self.some_family()
        new = self.rng.choice(family.parents)
        old = self.hand_over(family, new, "filler")
        for record in self.rng.choice(((old,), (new,), (old, new))):
            self.fill(record)

    def namesake(self) -> None:
        """Somebody else at the school has the same full name."""
        family = self.some_family()
        new = self.rng.choice(family.parents)
        self.stranger_of_name(family, new)
        self.hand_over(family, new, "namesake")

    def cousin(self) -> None:
        """A cousin of the same full name has children here as well; the grandparents' telephone is on both."""
        family = self.family("couple")
        new = family.parents[-1]
        cousin = self.stranger_of_name(family, new)
        if self.chance(40):
            new.mobile = cousin.mobile = family.landline
        self.hand_over(family, new, "cousin")

    def father_and_son(self) -> None:
        """The grandfather of the same name is on the child's record too."""
        family = self.family("couple")
        new = family.parents[-1]
        elder = self.grandparent(family, new.sex, new.given_name)
        elder.surname, elder.access = new.surname, self.chance(40)
        if self.chance(35):
            elder.mobile = new.mobile = family.landline
        self.hand_over(family, new, "father_and_son")

    def stray_record(self) -> None:
        """A record made by hand with the account, never linked to a child; the right one is beside it."""
        family = self.some_family()
        new = self.rng.choice(family.parents)
        self.hand_over(family, new, "stray_record", fate="bare")

    def ex_of_same_name(self) -> None:
        """The ex-partner has a new record, and the new partner has the same given name and the shared surname."""
        family, ex, _ = self.new_partner()
        self.hand_over(family, ex, "ex_of_same_name", title="Mrs" if ex.sex == "F" and ex.title else ex.title)
