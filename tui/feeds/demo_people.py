"""The workbench of the demo school: people that can still be changed, and the makers of their codes and emails.

The school is built twice over at once: whatever differs between the two snapshots is a list of two, first the older
and then the newer. Only when all is done are records made of it (demo_school). Nothing here knows what happens to
whom: that is in demo_families (the school as it stands) and demo_changes (what went on between the snapshots).
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from random import Random

from tui.domain.records import LinkHistoryRecord, StudentStatus
from tui.feeds.demo_names import letters

# Domains that are reserved for examples (RFC 2606): mail to them reaches nobody.
EMAIL_DOMAINS = ("example.com", "example.com", "example.net", "example.org")
SCHOOL_DOMAIN = "banksiaridge.example"

# Numbers that the Australian regulator keeps for fiction. They are too few for a school, so the rest are drawn from
# the block in which most of these stand.
# fmt: off
FICTITIOUS_MOBILES = (
    "0491570006", "0491570156", "0491570157", "0491570158", "0491570159", "0491570110",
    "0491570313", "0491570737", "0491571266", "0491571491", "0491571804", "0491572549",
    "0491572665", "0491572983", "0491573770", "0491573087", "0491574118", "0491574632",
    "0491575254", "0491575789", "0491576398", "0491576801", "0491577426", "0491577644",
    "0491578957", "0491578148", "0491578888", "0491579212", "0491579760", "0491579455",
)
# fmt: on

# fmt: off
_STREETS = (
    "Wattle", "Banksia", "Grevillea", "Bottlebrush", "Jacaranda", "Kookaburra", "Magpie", "Lorikeet",
    "Station", "Church", "Railway", "Mill", "Quarry", "Creek", "Reservoir", "Orchard", "Vineyard",
    "Foundry", "Semaphore", "Rosella",
)
# fmt: on
_STREET_KINDS = ("Street", "Street", "Road", "Avenue", "Court", "Crescent", "Lane", "Parade")
# No such places, and no such postcodes.
_SUBURBS = (
    ("Banksia Ridge", "3998"),
    ("Lower Banksia", "3998"),
    ("Quarry Flat", "3995"),
    ("Wattle Junction", "3994"),
    ("Saltmarsh Bay", "3993"),
    ("St Orla's Hill", "3992"),
)


class Access(Enum):
    """Portal access on a link in one snapshot; ABSENT when the snapshot has no such link."""

    YES = True
    NO = False
    UNKNOWN = None
    ABSENT = "absent"


@dataclass(eq=False)
class Child:
    """A student. `cohort` is the year level before the rollover: 6 starts after it, below 6 is a future enrolment."""

    code: str
    given_name: str
    surname: str
    sex: str
    cohort: int
    status: list[StudentStatus | None]
    level: list[str]
    preferred_name: str = ""
    exit_date: str = ""
    custody_note: str = ""
    username: list[str] = field(default_factory=lambda: ["", ""])

    @property
    def stays(self) -> bool:
        """At the school in both snapshots."""
        return self.status == [StudentStatus.ENROLLED, StudentStatus.ENROLLED]

    @property
    def leaves(self) -> bool:
        """At the school in the older snapshot, not in the newer one."""
        return self.status[0] is StudentStatus.ENROLLED and self.status[1] in (StudentStatus.LEFT, None)

    @property
    def here(self) -> bool:
        """At the school in the newer snapshot."""
        return self.status[1] is StudentStatus.ENROLLED


@dataclass(eq=False)
class Adult:
    """A contact record. One person may have two of them: that is what a hand-over is about."""

    code: str
    title: str
    given_name: str
    surname: str
    sex: str
    contact_type: str
    preferred_name: str = ""
    email: str = ""
    mobile: str = ""
    address: tuple[str, str, str] = ("", "", "")
    salutation: str = ""
    internally_managed: bool = False
    present: list[bool] = field(default_factory=lambda: [True, True])
    username: list[str] = field(default_factory=lambda: ["", ""])
    last_login: list[str] = field(default_factory=lambda: ["", ""])

    @property
    def has_account(self) -> bool:
        """An account in both snapshots."""
        return all(self.username)


@dataclass(eq=False)
class Tie:
    """A link between a child and an adult, with its portal access in each snapshot."""

    child: Child
    adult: Adult
    relationship: str
    priority: int
    access: list[Access]


@dataclass(eq=False)
class Family:
    """A household, or what is left of one, with everybody who is linked to its children."""

    shape: str
    surname: str
    parents: list[Adult] = field(default_factory=list)
    others: list[Adult] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)

    def ties_of(self, adult: Adult) -> list[Tie]:
        return [tie for tie in self.ties if tie.adult is adult]

    @property
    def all_stay(self) -> bool:
        return all(child.stays for child in self.children)

    @property
    def elder_leaves(self) -> bool:
        """A child leaves at the rollover and another is at the school afterwards."""
        return any(c.leaves for c in self.children) and any(c.here for c in self.children)

    @property
    def only_leavers(self) -> bool:
        """Everybody leaves at the rollover."""
        return all(child.leaves for child in self.children)


@dataclass(frozen=True)
class DemoHold:
    """An account that must not be revoked (`kind` revoke) or mailed (`kind` mail), and why."""

    contact_code: str
    kind: str
    note: str


class Makers:
    """Draws codes, emails, usernames, mobiles, addresses and moments, each unique where it has to be."""

    def __init__(self, today: date, seed: int) -> None:
        # A seeded generator is the point: the same school every time. Nothing secret is drawn.
        self.rng = Random(seed)  # noqa: S311
        self.today = today
        self.taken = (_night(today - timedelta(days=35)), _night(today - timedelta(days=3)))
        rollover = today - timedelta(days=18)
        self.rollover = rollover - timedelta(days=(rollover.weekday() - 4) % 7)  # the last day of term is a Friday
        self._codes: set[str] = set()
        self._emails: set[str] = set()
        self._usernames: set[str] = set()
        self._mobiles: set[str] = set()
        self._spare_mobiles = list(FICTITIOUS_MOBILES)

    def code(self, surname: str, given_name: str) -> str:
        """`SMI0042`; a surname shorter than three letters borrows from the given name."""
        stem = (letters(surname) + letters(given_name) + "xxx")[:3].upper()
        while (code := f"{stem}{self.rng.randrange(1, 10_000):04}") in self._codes:
            pass
        self._codes.add(code)
        return code

    def email(self, given_name: str, surname: str) -> str:
        rng = self.rng
        given, family = letters(given_name.split()[-1]), letters(surname)
        birth = rng.randrange(68, 87)
        styles = (
            f"{given}.{family}",
            f"{given}.{family}",
            f"{given}{family}{birth}",
            f"{given[:1]}{family}",
            f"{given}_{birth}",
            f"{family}.{given}",
        )
        return self._unique_email(rng.choice(styles), rng.choice(EMAIL_DOMAINS))

    def family_email(self, surname: str) -> str:
        return self._unique_email(f"the{letters(surname)}family", self.rng.choice(EMAIL_DOMAINS))

    def school_email(self, given_name: str, surname: str) -> str:
        local = f"{letters(given_name.split()[0])}.{letters(surname)}"
        return self._unique_email(local, SCHOOL_DOMAIN)

    def _unique_email(self, local: str, domain: str) -> str:
        email, number = f"{local}@{domain}", 1
        while email in self._emails:
            number += 1
            email = f"{local}{number}@{domain}"
        self._emails.add(email)
        return email

    def username(self, adult: Adult, *, personal: bool | None = None) -> str:
        """The email as a rule, else names run together; `personal` True asks for the names, False for the email."""
        if personal is None:
            personal = self.rng.random() < 0.4
        if not personal and "@" in adult.email and self.claim(adult.email):
            return adult.email
        stem = letters(adult.given_name) + letters(adult.surname)
        name, number = stem, 1
        while not self.claim(name):
            number += 1
            name = f"{stem}{number}"
        return name

    def claim(self, username: str) -> bool:
        """Take `username`; False when somebody else has it."""
        if username.lower() in self._usernames:
            return False
        self._usernames.add(username.lower())
        return True

    def mobile(self) -> str:
        if self._spare_mobiles:
            digits = self._spare_mobiles.pop(0)
        else:
            while (digits := f"049157{self.rng.randrange(10_000):04}") in self._mobiles:
                pass
        self._mobiles.add(digits)
        style = self.rng.random()
        if style < 0.1:
            return digits
        spaced = f"{digits[:4]} {digits[4:7]} {digits[7:]}"
        return spaced if style < 0.93 else "+61 " + spaced[1:]

    def next_mobile(self, mobile: str) -> str:
        """The next number after this that nobody has. Nothing is drawn for it: those made later stay who they were."""
        number = int(mobile.replace(" ", "")[-4:])
        while (digits := f"049157{number:04}") in self._mobiles:
            number = (number + 1) % 10_000
        self._mobiles.add(digits)
        return digits

    def address(self) -> tuple[str, str, str]:
        """Street, suburb and postcode."""
        rng = self.rng
        number = f"{rng.randrange(1, 9)}/" if rng.random() < 0.12 else ""
        street = f"{number}{rng.randrange(1, 180)} {rng.choice(_STREETS)} {rng.choice(_STREET_KINDS)}"
        return (street, *rng.choice(_SUBURBS))

    def login_before(self, snapshot: int, typical_days: float = 20.0) -> str:
        """A moment before the snapshot was taken, mostly recent."""
        days = min(self.rng.expovariate(1 / typical_days), 300.0)
        moment = self.taken[snapshot] - timedelta(minutes=30 + int(days * 1440))
        return moment.isoformat()

    def login_between(self) -> str:
        """A moment between the snapshots."""
        minutes = int((self.taken[1] - self.taken[0]).total_seconds()) // 60
        return (self.taken[0] + timedelta(minutes=self.rng.randrange(60, minutes))).isoformat()


class School:
    """Everything that has been made so far, and the truth about it that no feed tells."""

    def __init__(self, make: Makers) -> None:
        self.make = make
        self.rng = make.rng
        self.families: list[Family] = []
        self.strangers: list[Adult] = []
        self.holds: list[DemoHold] = []
        self.history: tuple[list[LinkHistoryRecord], list[LinkHistoryRecord]] = ([], [])
        self.truth: dict[str, str] = {}
        self.causes: dict[str, str] = {}

    def successor(self, old: Adult, new: Adult, cause: str) -> None:
        """Note that the person of record `old` is now on record `new`."""
        self.truth[old.code] = new.code
        self.causes[old.code] = cause


def _night(day: date) -> datetime:
    """When the nightly sync of `day` has run."""
    return datetime.combine(day, time(16, 5), UTC)
