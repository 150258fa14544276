"""The families of the demo school as they stand: who belongs together, who may log in and who does.

Rollover is built in: every child has a year level before it, and the newer snapshot is a year on. What else goes on
between the snapshots is in demo_changes.
"""

from datetime import timedelta

from tui.domain.records import StudentStatus
from tui.feeds.demo_names import PREFERRED, Origin, draw_origin
from tui.feeds.demo_people import Access, Adult, Child, Family, Makers, School, Tie

# Students per year level before the rollover. Cohort 6 starts after it; many of the final year left the school earlier.
_COHORTS = {12: 120, 11: 162, 10: 163, 9: 165, 8: 166, 7: 166, 6: 162}
_FUTURE = 52
_LEFT_EARLIER = 16

# A hundred families; dealt from shuffled decks, so that no seed lacks a kind.
_DECK = ["couple"] * 62 + ["apart"] * 17 + ["single"] * 8 + ["step"] * 8 + ["guardian"] * 3 + ["homestay"] * 2

_RESIDENTIAL, _ELSEWHERE = "Residential", "Non-residential"
_OVERSEAS = ("care of the homestay office", "Banksia Ridge", "3998")


class FamilyBuilder:
    """Makes families until every year level is full, then gives accounts to those who have them."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.make: Makers = school.make
        self.rng = school.rng
        self._left = dict(_COHORTS)
        self._future = _FUTURE
        self._deck: list[str] = []

    def build(self) -> None:
        self._family([11, 9, 9, 7, 6], shape="couple")
        for cohort in sorted(_COHORTS, reverse=True):
            while self._left[cohort] > 0:
                self._family(self._siblings(cohort))
        while self._future > 0:
            self._family([self._draw_future()])
        for _ in range(_LEFT_EARLIER):
            self._family([self.rng.randrange(7, 12)], left_earlier=True)
        for family in self.school.families:
            self._give_accounts(family)
        # Later choices go through the families in order: no kind of family shall come first.
        self.rng.shuffle(self.school.families)

    def _siblings(self, eldest: int) -> list[int]:
        """The cohorts of the children of a family whose eldest is in `eldest`."""
        rng = self.rng
        cohorts = [eldest]
        more = 0.6 if eldest == 12 else 0.27
        while len(cohorts) < 4 and rng.random() < more:
            cohort = cohorts[-1] - rng.choices((0, 1, 2, 3), weights=(4, 26, 44, 26))[0]
            if cohort < 6:
                if self._future > 0 and rng.random() < 0.3:
                    cohorts.append(self._draw_future())
                break
            if self._left[cohort] > (cohorts.count(cohort)):
                cohorts.append(cohort)
            more = 0.22
        return cohorts

    def _draw_future(self) -> int:
        self._future -= 1
        return self.rng.choice((5, 5, 5, 4))

    def _family(self, cohorts: list[int], *, shape: str = "", left_earlier: bool = False) -> Family:
        if not shape:
            if not self._deck:
                self._deck = list(_DECK)
                self.rng.shuffle(self._deck)
            shape = self._deck.pop()
        origin = draw_origin(self.rng)
        family = Family(shape, origin.surname(self.rng))
        for cohort in cohorts:
            child = self._child(family, origin, cohort)
            if left_earlier:
                self._has_left(child)
            elif cohort >= 6:
                self._left[cohort] -= 1
            family.children.append(child)
        self._parents(family, origin)
        self._emergency(family, origin)
        self.school.families.append(family)
        return family

    def _child(self, family: Family, origin: Origin, cohort: int) -> Child:
        sex = self.rng.choice("FM")
        taken = {child.given_name for child in family.children}
        while (given := origin.child(self.rng, sex)) in taken:
            pass
        enrolled, left, future = StudentStatus.ENROLLED, StudentStatus.LEFT, StudentStatus.FUTURE
        # A future enrolment may have come in since the older snapshot was taken.
        known = future if cohort == 6 or self.rng.random() < 0.5 else None
        child = Child(
            self.make.code(family.surname, given),
            given,
            family.surname,
            sex,
            cohort,
            status=[
                enrolled if cohort > 6 else known,
                left if cohort == 12 else enrolled if cohort >= 6 else future,
            ],
            level=[str(max(cohort, 7)), str(min(max(cohort + 1, 7), 12))],
            preferred_name=PREFERRED.get(given, "") if self.rng.random() < 0.4 else "",
        )
        if cohort == 12:
            child.exit_date = self.make.rollover.isoformat()
        if cohort > 6:
            child.username = [self._student_username(child)] * 2
        elif cohort == 6:
            child.username = ["", self._student_username(child)]
        return child

    def _student_username(self, child: Child) -> str:
        return self.make.school_email(child.given_name, child.surname).partition("@")[0]

    def _has_left(self, child: Child) -> None:
        """The child left during the year, before the older snapshot."""
        child.status = [StudentStatus.LEFT, StudentStatus.LEFT]
        child.level = [str(child.cohort)] * 2
        child.exit_date = (self.make.rollover - timedelta(days=self.rng.randrange(60, 250))).isoformat()
        child.username = ["", ""]

    def _adult(self, sex: str, surname: str, origin: Origin, contact_type: str, *, married: bool = False) -> Adult:
        rng = self.rng
        given = origin.adult(rng, sex)
        if rng.random() < 0.05:
            title = "Dr"
        elif sex == "M":
            title = "Mr"
        else:
            title = "Mrs" if married and rng.random() < 0.6 else rng.choice(("Ms", "Ms", "Ms", "Miss"))
        return Adult(
            self.make.code(surname, given),
            title,
            given,
            surname,
            sex,
            contact_type,
            preferred_name=PREFERRED.get(given, "") if rng.random() < 0.35 else "",
            email=self.make.email(given, surname),
            mobile=self.make.mobile(),
            salutation=f"{title} {surname}",
        )

    def _parents(self, family: Family, origin: Origin) -> None:
        """The grown-ups who may log in, by the shape of the family, each at the address where they live."""
        rng, surname, shape = self.rng, family.surname, family.shape
        home = self.make.address()
        own = origin.surname(rng) if rng.randrange(100) < origin.keeps else surname
        if shape == "single" and rng.random() < 0.2:
            relations = [(self._adult("M", surname, origin, _RESIDENTIAL), "Father")]
        else:
            mother = self._adult("F", own, origin, _RESIDENTIAL, married=shape == "couple")
            relations = [(mother, "Mother")]
        if shape in ("couple", "apart", "step"):
            sex = "F" if shape == "couple" and rng.random() < 0.02 else "M"
            second = self._adult(sex, surname, origin, _RESIDENTIAL)
            relations.append((second, "Father" if sex == "M" else "Mother"))
        if shape == "step":
            elsewhere = draw_origin(rng)
            relations.append((self._adult("M", elsewhere.surname(rng), elsewhere, _RESIDENTIAL), "Step-father"))
        if shape == "guardian":
            relations[0][0].contact_type = "Guardian"
            relations = [(relations[0][0], rng.choice(("Aunt", "Guardian", "Grandmother")))]
        if shape == "homestay":
            elsewhere = draw_origin(rng)
            relations.append((self._adult("F", elsewhere.surname(rng), elsewhere, "Homestay"), "Host parent"))
        for adult, _ in relations:
            adult.address = home
        # One parent lives elsewhere: overseas, or in another house.
        if shape == "homestay":
            relations[0][0].contact_type, relations[0][0].address = _ELSEWHERE, _OVERSEAS
        elif shape in ("apart", "step"):
            away = relations[1][0] if shape == "step" or rng.random() < 0.75 else relations[0][0]
            away.contact_type, away.address = _ELSEWHERE, self.make.address()
        for adult, relationship in relations:
            family.parents.append(adult)
            self._tie(family, adult, relationship, Access.YES)

    def _emergency(self, family: Family, origin: Origin) -> None:
        """Whom the school rings when nobody answers: on the record, but with no business in the portal."""
        rng = self.rng
        for _ in range(rng.choices((0, 1, 2), weights=(82, 16, 2))[0]):
            sex = rng.choice("FFM")
            if rng.random() < 0.6:
                surname = rng.choice((family.surname, origin.surname(rng)))
                adult = self._adult(sex, surname, origin, "Grandparent", married=True)
                relationship = "Grandmother" if sex == "F" else "Grandfather"
            else:
                other = draw_origin(rng)
                adult = self._adult(sex, other.surname(rng), other, "Emergency")
                relationship = rng.choice(("Aunt" if sex == "F" else "Uncle", "Family friend", "Neighbour"))
            adult.address = self.make.address()
            if rng.random() < 0.45:
                adult.email = ""
            family.others.append(adult)
            self._tie(family, adult, relationship, Access.NO)

    def _tie(self, family: Family, adult: Adult, relationship: str, access: Access) -> None:
        priority = len(family.parents) + len(family.others)
        for child in family.children:
            family.ties.append(Tie(child, adult, relationship, priority, [access, access]))

    def _give_accounts(self, family: Family) -> None:
        """Usernames and logins of the parents, by how long the family has been at the school."""
        rng, children = self.rng, family.children
        if family.shape == "couple" and not family.only_leavers and rng.random() < 0.06:
            shared = self.make.family_email(family.surname)
            for adult in family.parents:
                adult.email = shared
        established = any(child.status[0] is StudentStatus.ENROLLED for child in children)
        starting = any(child.here for child in children)
        for adult in family.parents:
            if established and rng.random() < 0.975:
                adult.username = [self.make.username(adult)] * 2
                if rng.random() < 0.93:
                    before = self.make.login_before(0)
                    adult.last_login = [before, self.make.login_between() if rng.random() < 0.5 else before]
            elif starting and not established and rng.random() < 0.55:
                adult.username = ["", self.make.username(adult)]
                adult.last_login = ["", self.make.login_before(1, 4.0) if rng.random() < 0.45 else ""]
