"""Families of a generated school as they stand today, and what they are made of: people, children, codes, emails.

A record carries its truth with it: the person it belongs to and the children that are theirs whether or not a link
says so. `handover_school` gives some of these people an older record and takes the portal away from others.
"""

from dataclasses import dataclass, field, replace
from random import Random

from tests.benchmarks import handover_names as names
from tests.benchmarks.handover_names import Origin
from tui.domain.identity import Bond as Bond
from tui.domain.identity import Identity as Identity
from tui.text import fold

# Rough shares of a hundred families.
_SHAPES = (
    ["couple"] * 58 + ["apart"] * 17 + ["single"] * 9 + ["step"] * 9 + ["guardian"] * 3 + ["mothers"] * 2 + ["fathers"]
    + ["like"]
)  # fmt: skip
_STEMS = ("High", "Station", "Banksia", "Wattle", "Church", "Railway", "Victoria", "King", "Queen", "Park", "George",
          "Albert", "Mill", "River", "Bridge", "Acacia", "Beach", "School", "Elgin", "Grey")  # fmt: skip
_STREETS = tuple(f"{stem} {kind}" for stem in _STEMS for kind in ("Street", "Road", "Avenue"))
_SUBURBS = (
    "Ashfield 2131", "Brunswick East 3057", "Carindale 4152", "Norwood 5067", "Subiaco 6008", "Burwood 2134",
    "Springvale 3171", "Sunnybank 4109", "Prospect 5082", "Fremantle 6160", "Glenorchy 7010", "Box Hill 3128",
    "Cabramatta 2166", "Lakemba 2195", "Inala 4077", "Werribee 3030",
)  # fmt: skip
_PROVIDERS = ("mail.example", "mail.example", "post.example", "inbox.example", "bigpipe.example", "work.example")
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l"})
FILLER_EMAILS = ("office@school.example", "noemail@school.example")
FILLER_MOBILES = ("0400000000", "0398000000")


@dataclass(eq=False, slots=True)
class Child:
    """A student; `left`: not at the school any more."""

    code: str
    name: str
    left: bool = False


@dataclass(eq=False, slots=True)
class Tie:
    """A link of a record to a child; `removed`: the link went, though the child may still be here."""

    child: Child
    relationship: str
    removed: bool = False

    @property
    def stands(self) -> bool:
        return not self.removed and not self.child.left


@dataclass(eq=False, slots=True)
class Record:
    """A contact record, with the truth about it: whose it is (`person`, `sex`), and `own`, the children that person
    has at the school whether or not the record is linked to them. `access`: its links have the portal flag.
    """

    person: int
    sex: str
    code: str
    title: str = ""
    given_name: str = ""
    preferred_name: str = ""
    surname: str = ""
    gender: str = ""
    email: str = ""
    username: str = ""
    mobile: str = ""
    address: str = ""
    contact_type: str = "Residential"
    ties: list[Tie] = field(default_factory=list)
    own: list[Child] = field(default_factory=list)
    access: bool = True

    @property
    def eligible(self) -> bool:
        return self.access and any(tie.stands for tie in self.ties)

    @property
    def is_parent(self) -> bool:
        """Whether the person has the care of the children, as parents, step-parents and guardians have."""
        return self.contact_type not in ("Grandparent", "Emergency")

    @property
    def identity(self) -> Identity:
        bonds = (Bond(tie.child.code, tie.child.name, tie.relationship, tie.stands) for tie in self.ties)
        children = tuple(sorted(bonds))
        where = " ".join(fold(self.address).replace(",", " ").split())
        reached = (self.email.lower(), self.username.lower(), self.mobile, where)
        who = (self.title, self.given_name, self.preferred_name, self.surname, self.gender)
        return Identity(self.code, *who, *reached, children)


@dataclass(eq=False, slots=True)
class Family:
    """The records and children of one household or two. `plain`: nothing says who is a man or a woman, as in OneRoster;
    `words`: what father and mother are called on links; `email`: an address that both parents use."""

    origin: Origin
    surname: str
    plain: bool
    gendered: bool
    words: dict[str, str]
    address: str
    landline: str
    email: str = ""
    children: list[Child] = field(default_factory=list)
    parents: list[Record] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)


class Families:
    """Makes people and families; every email and mobile is new, so that sharing one is always meant."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.records: list[Record] = []
        self._persons = 0
        self._children = 0
        self._usernames: dict[str, int] = {}
        self._taken: dict[str, int] = {}

    def chance(self, percent: float) -> bool:
        return self.rng.random() * 100 < percent

    def family(self, shape: str = "", *, surname: str = "", origin: Origin | None = None) -> Family:
        """A family all of whose children are at the school and all of whose parents may log in."""
        rng = self.rng
        family = self.household(surname, origin)
        for _ in range(rng.choices((1, 2, 3, 4), weights=(48, 37, 12, 3))[0]):
            self.child(family)
        if len(family.children) == 2 and self.chance(5):  # twins, named to match
            family.children[0].name, family.children[1].name = rng.choice((("Ella", "Ellie"), ("Jack", "Jacob")))
        self._parents(family, shape or rng.choice(_SHAPES))
        self._others(family)
        return family

    def household(self, surname: str = "", origin: Origin | None = None) -> Family:
        """A house with nobody in it yet."""
        rng = self.rng
        origin = origin or names.draw_origin(rng)
        surname = surname or origin.surname(rng)
        style = rng.random()
        if style < 0.82:
            words = {"F": "Mother", "M": "Father", "": "Parent"}
        elif style < 0.9:
            words = {"F": "Mum", "M": "Dad", "": "Parent"}
        else:
            words = dict.fromkeys(("F", "M", ""), rng.choice(("Parent", "Residential", "")))
        landline = f"0{rng.choice('2378')}9{rng.randrange(10**7):07}"
        # Neither a title nor a gender nor a word for it: every tenth family, as if from a roster without them.
        family = Family(origin, surname, self.chance(10), self.chance(75), words, self.address(), landline)
        if family.plain:
            family.words = dict.fromkeys(("F", "M", ""), rng.choice(("Parent", "Guardian", "parent")))
        return family

    def child(self, family: Family, *, left: bool = False) -> Child:
        self._children += 1
        pool = self.rng.choice((names.GIRLS, names.BOYS))
        siblings = [child.name for child in family.children]
        while (name := names.skewed(self.rng, pool)) in siblings:
            pass
        child = Child(f"S{self._children:06}", name, left)
        family.children.append(child)
        return child

    def person(self, family: Family, sex: str, surname: str = "", relationship: str = "", given: str = "") -> Record:
        """Somebody new with a link to every child of the family."""
        rng = self.rng
        surname = surname or family.surname
        given = given or family.origin.given(rng, sex)
        self._persons += 1
        record = Record(self._persons, sex, self.code(surname), given_name=given, surname=surname)
        if family.gendered and not self.chance(4):
            record.gender = sex if self.chance(85) else {"F": "Female", "M": "Male"}[sex]
        if not self.chance(5):
            record.title = self.title(sex, married=surname == family.surname)
        if family.plain:
            record.title = record.gender = ""
            relationship = family.words[sex]
        if self.chance(15):
            record.preferred_name = rng.choice(names.NICKNAMES.get(given, ("",)))
        record.email = self.email(given, surname)
        record.mobile = self.mobile()
        record.address = family.address
        record.own = family.children
        record.ties = [Tie(child, relationship or family.words[sex]) for child in family.children]
        self.records.append(record)
        return record

    def title(self, sex: str, *, married: bool) -> str:
        rng = self.rng
        if self.chance(5):
            return "Dr"
        return "Mr" if sex == "M" else "Mrs" if married and self.chance(60) else rng.choice(("Ms", "Ms", "Miss"))

    def grandparent(self, family: Family, sex: str = "", given: str = "") -> Record:
        """A grandparent on the children's records, living elsewhere, as a rule without the portal."""
        sex = sex or self.rng.choice("FFM")
        record = self.person(family, sex, relationship="Grandmother" if sex == "F" else "Grandfather", given=given)
        for tie in record.ties:
            # Even where parents are only "Parent", nobody types that for a grandmother.
            tie.relationship = "Grandparent" if family.plain else tie.relationship
        record.contact_type, record.address, record.access = "Grandparent", self.address(), False
        if self.chance(45):
            record.email = ""
        family.others.append(record)
        return record

    def _parents(self, family: Family, shape: str) -> None:
        rng, origin = self.rng, family.origin
        own = origin.surname(rng) if self.chance(origin.keeps) else ""
        pairs = {"mothers": ("F", "F"), "fathers": ("M", "M"), "single": ("M" if self.chance(15) else "F",)}
        first, second = "", ""
        sexes = pairs.get(shape, ("F", "M"))
        if shape == "like":
            first, sex, second, other = rng.choice(names.LIKE_NAMED)
            sexes = (sex, other)
        if shape == "guardian":
            family.parents.append(self.person(family, rng.choice("FFM"), own, "Guardian"))
            family.parents[0].contact_type = "Guardian"
        else:
            for number, sex in enumerate(sexes):
                given = (first, second)[number]
                # Two wives of one name are told apart by nothing that a record has.
                taken = {parent.given_name for parent in family.parents if parent.sex == sex}
                while not given or given in taken:
                    given = family.origin.given(rng, sex)
                family.parents.append(self.person(family, sex, "" if number else own, given=given))
        if shape == "step":
            sex = rng.choice("FMM")
            word = rng.choice({"F": ("Step-mother", "Stepmother"), "M": ("Step-father", "Stepfather")}[sex])
            surname = names.draw_origin(rng).surname(rng)
            family.parents.append(self.person(family, sex, surname, word))
        couple = family.parents[:2]
        if len(couple) == 2 and shape in ("apart", "step"):
            away = couple[1] if self.chance(75) else couple[0]
            away.address, away.contact_type = self.address(), "Non-residential"
        elif len(couple) == 2:
            self.share(family, email=14, landline=6)

    def share(self, family: Family, *, email: float, landline: float) -> None:
        """Perhaps (in per cent) give the first two parents one email, one telephone number."""
        couple = family.parents[:2]
        if self.chance(email):
            family.email = self.family_email(family)
            for parent in couple:
                parent.email = family.email
        if self.chance(landline):
            for parent in couple:
                parent.mobile = family.landline

    def _others(self, family: Family) -> None:
        """Grandparents and friends, whom the school rings and who have no business in the portal."""
        if self.chance(16):
            self.grandparent(family)
        if self.chance(10):
            origin = names.draw_origin(self.rng)
            sex = self.rng.choice("FFM")
            word = self.rng.choice(("Aunt" if sex == "F" else "Uncle", "Family friend", "Neighbour"))
            other = self.person(family, sex, origin.surname(self.rng), word, origin.given(self.rng, sex))
            for tie in other.ties:
                tie.relationship = word
            other.contact_type, other.address, other.access = "Emergency", self.address(), False
            family.others.append(other)

    def code(self, surname: str) -> str:
        """A code as admin systems make them: a stem of the surname and a number.

        The number tells nothing: were it the next one, an old record would give itself away by its neighbour.
        """
        stem = letters(surname)[:4].upper().ljust(4, "X")
        while (code := f"{stem}{self.rng.randrange(10**5):05}") in self._taken:
            pass
        self._taken[code] = 1
        return code

    def email(self, given: str, surname: str) -> str:
        """An address of one's own, named after oneself, nearly always."""
        first, last = letters(given) or "x", letters(surname) or "x"
        style = self.rng.random()
        if style < 0.5:
            local = f"{first}.{last}"
        elif style < 0.7:
            local = f"{first[0]}{last}"
        elif style < 0.85:
            local = f"{first}{last[0]}"
        elif style < 0.95:
            local = f"{last}{first[0]}"
        else:
            local = self.rng.choice(("sunny", "footy", "bluegum", "saltwater", "magpie", "gardener")) + last[:2]
        return self._free(local)

    def family_email(self, family: Family) -> str:
        last = letters(family.surname) or "x"
        return self._free(self.rng.choice((f"{last}family", f"the{last}s", f"{last}s.home", f"{last}.clan")))

    def _free(self, local: str) -> str:
        domain = self.rng.choice(_PROVIDERS)
        address = f"{local}@{domain}"
        while address in self._taken:
            address = f"{local}{self.rng.randrange(1, 10_000)}@{domain}"
        self._taken[address] = 1
        return address

    def username(self, record: Record) -> str:
        """What the person chose or was given; nobody else's, for no portal lets two people have one username."""
        while (username := self._chosen(record)) in self._usernames:
            pass
        return self.claim(username)

    def claim(self, username: str) -> str:
        """A username that somebody has, and that is nobody else's to choose from now on."""
        self._usernames[username] = 1
        return username

    def _chosen(self, record: Record) -> str:
        """Mostly the email of the time, else something with the name."""
        first, last = letters(record.given_name) or "x", letters(record.surname) or "x"
        style = self.rng.random()
        if style < 0.6 and record.email and record.email not in FILLER_EMAILS:
            return record.email
        if style < 0.8:
            return self._free(f"{first}.{last}").partition("@")[0]
        if style < 0.96:
            return f"{first[0]}{last}{self.rng.randrange(1, 1000)}"
        return f"parent{self.rng.randrange(10**5):05}"

    def mobile(self) -> str:
        while (number := f"04{self.rng.randrange(10**8):08}") in self._taken:
            pass
        self._taken[number] = 1
        return number

    def address(self) -> str:
        rng = self.rng
        unit = f"{rng.randrange(1, 30)}/" if self.chance(15) else ""
        return f"{unit}{rng.randrange(1, 240)} {rng.choice(_STREETS)} {rng.choice(_SUBURBS)}"

    def copy(self, record: Record, **changes: str) -> Record:
        """Another record of the same person under a code of its own, with links of its own to the same children."""
        ties = [replace(tie) for tie in record.ties]
        twin = replace(record, ties=ties, code=self.code(changes.get("surname", record.surname)))
        for name, value in changes.items():
            setattr(twin, name, value)
        self.records.append(twin)
        return twin

    def rename(self, record: Record, given: str) -> None:
        """Give a person another given name, as if it always had been theirs."""
        record.given_name, record.preferred_name = given, ""
        record.email = self.email(given, record.surname)


def letters(name: str) -> str:
    """The plain small letters of a name, as they stand in codes, emails and usernames."""
    return "".join(c for c in fold(name).translate(_PLAIN) if "a" <= c <= "z")
