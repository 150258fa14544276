"""What went on at the demo school between its two snapshots, and what had gone wrong before the first.

Each change takes families that no other change has taken, so that every phenomenon can be looked at by itself.
Portal access that goes off, or a link that goes while the student stays, is kept under ten accounts for each
contact type, but for the one flag group that is meant.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from tui.domain.records import LinkHistoryRecord, StudentStatus
from tui.feeds.demo_people import Access, Adult, DemoHold, Family, School, Tie

GROUP_TYPE = "Postal"
_GROUP_SIZE = 45
_GROUP_WITHOUT_ACCOUNT = 8
_ELSEWHERE = "Non-residential"


class Picker:
    """Hands out families and their parents, each family once."""

    def __init__(self, school: School) -> None:
        self.waiting = list(school.families)

    def family(self, wanted: Callable[[Family], bool]) -> Family:
        for index, family in enumerate(self.waiting):
            if wanted(family):
                del self.waiting[index]
                return family
        raise LookupError("The demo school has no such family left.")

    def parent(
        self,
        contact_type: str,
        wanted: Callable[[Family], bool] = lambda family: family.all_stay,
        who: Callable[[Adult], bool] = lambda adult: adult.has_account,
    ) -> tuple[Family, Adult]:
        """A family and a parent of this contact type in it for whom `who` holds."""

        def fits(family: Family) -> bool:
            return wanted(family) and any(a.contact_type == contact_type and who(a) for a in family.parents)

        family = self.family(fits)
        return family, next(a for a in family.parents if a.contact_type == contact_type and who(a))


def things_happen(school: School, pick: Picker) -> None:
    """All changes but the hand-overs (those are in demo_handovers)."""
    _leavers(school, pick)
    _flag_group(school, pick)
    _single_flags_and_links(pick)
    _told_by_history(school, pick)
    _misplaced_usernames(school, pick)
    _only_future(school, pick)
    _unknown_access(pick)
    _custody_notes(pick)
    _holds(school, pick)
    _shared_emails_without_account(school, pick)
    _bad_emails(pick)
    _same_username_twice(school, pick)


def _leavers(school: School, pick: Picker) -> None:
    """Beside the final year: some who move away, one who drops out of the feed, and some forgotten from before."""
    for _ in range(5):
        family = pick.family(lambda f: f.all_stay and len(f.children) == 1 and f.shape == "couple")
        child = family.children[0]
        child.status[1], child.level[1] = StudentStatus.LEFT, child.level[0]
        child.exit_date = school.make.rollover.isoformat()
    family = pick.family(lambda f: f.all_stay and len(f.children) == 1 and f.shape == "single")
    family.children[0].status[1] = None
    for _ in range(3):
        family = pick.family(lambda f: all(c.status[0] is StudentStatus.LEFT for c in f.children))
        adult = family.parents[0]
        adult.username = [school.make.username(adult)] * 2
        adult.last_login = [school.make.login_before(0, 120.0)] * 2


def _flag_group(school: School, pick: Picker) -> None:
    """The sync rule no longer gives contacts of type Postal portal access; their children are all still here."""
    for number in range(_GROUP_SIZE + _GROUP_WITHOUT_ACCOUNT):
        family, adult = pick.parent(_ELSEWHERE)
        adult.contact_type = GROUP_TYPE
        for tie in family.ties_of(adult):
            tie.access = [Access.YES, Access.NO]
        if number >= _GROUP_SIZE:
            adult.username, adult.last_login = ["", ""], ["", ""]


def _single_flags_and_links(pick: Picker) -> None:
    """A flag gone off here and there, and a link removed here and there, while the student is at the school."""
    for after, contact_types in (
        (Access.NO, (_ELSEWHERE, _ELSEWHERE, "Guardian", "Homestay")),
        (Access.ABSENT, (_ELSEWHERE, _ELSEWHERE, "Guardian")),
    ):
        for contact_type in contact_types:
            family, adult = pick.parent(contact_type)
            for tie in family.ties_of(adult):
                tie.access[1] = after


def _told_by_history(school: School, pick: Picker) -> None:
    """Two removals that the admin system tells of with a date: one between the snapshots, one long before them."""
    for before, days_ago in ((Access.YES, 12), (Access.ABSENT, 75)):
        family, adult = pick.parent(_ELSEWHERE)
        remove_with_history(school, family.ties_of(adult), before, school.make.today - timedelta(days=days_ago))


def remove_with_history(school: School, ties: list[Tie], before: Access, removed_on: date) -> None:
    """Take `ties` out of the newer snapshot and note their removal; `before` is how they stood in the older one."""
    for tie in ties:
        tie.access = [before, Access.ABSENT]
        record = LinkHistoryRecord(0, tie.child.code, tie.adult.code, tie.relationship, removed_on.isoformat())
        for snapshot in (0, 1):
            if before is Access.ABSENT or snapshot == 1:
                school.history[snapshot].append(record)


def _misplaced_usernames(school: School, pick: Picker) -> None:
    """Usernames typed on the wrong record: nobody's, a second record's, and the other parent's."""
    make = school.make
    for given, surname, sex, note in (
        ("Geraldine", "Ashworth", "F", "Past parent"),
        ("Trevor", "Pfeiffer", "M", "Past parent"),
        ("Rosalind", "Oyelaran", "F", "Tour guide"),
    ):
        title = "Mr" if sex == "M" else "Mrs"
        stranger = Adult(
            make.code(surname, given), title, given, surname, sex, note, mobile=make.mobile(),
            address=make.address(), salutation=f"{title} {surname}", internally_managed=True,
        )  # fmt: skip
        stranger.email = make.email(given, surname)
        stranger.username = [make.username(stranger)] * 2
        stranger.last_login = [make.login_before(0, 150.0)] * 2
        school.strangers.append(stranger)
    for _ in range(2):
        _, adult = pick.parent("Residential")
        second = _second_record(school, adult, "Residential")
        second.username, second.last_login = adult.username, adult.last_login
        adult.username, adult.last_login = ["", ""], ["", ""]
        school.strangers.append(second)
        school.successor(second, adult, "misplaced_username")
    for shape in ("apart", "apart", "couple"):
        family = pick.family(_distinct_parents(shape))
        theirs, wrong = family.parents[0], family.parents[1]
        theirs.username = ["", ""]
        theirs.last_login = ["", ""]
        make.claim(theirs.email)
        wrong.username = [theirs.email, theirs.email]
        for tie in family.ties_of(wrong):
            tie.access = [Access.NO, Access.NO]
        school.successor(wrong, theirs, "misplaced_username")


def _distinct_parents(shape: str) -> Callable[[Family], bool]:
    """Families of `shape` in which both parents have an account, and an email each."""

    def fits(family: Family) -> bool:
        if family.shape != shape or not family.all_stay:
            return False
        first, second = family.parents[:2]
        return first.has_account and second.has_account and first.email != second.email

    return fits


def _second_record(school: School, adult: Adult, contact_type: str) -> Adult:
    return replace(
        adult,
        code=school.make.code(adult.surname, adult.given_name),
        contact_type=contact_type,
        present=[True, True],
        username=["", ""],
        last_login=["", ""],
    )


def _only_future(school: School, pick: Picker) -> None:
    """Accounts given too early: the only child is a future enrolment, and those do not count."""
    for _ in range(2):
        family = pick.family(lambda f: all(c.status == [StudentStatus.FUTURE] * 2 and c.cohort < 6 for c in f.children))
        adult = family.parents[0]
        adult.username = [school.make.username(adult)] * 2


def _unknown_access(pick: Picker) -> None:
    """The admin system does not say whether these have access: an account is kept, but none is given."""
    for number in range(4):
        family, adult = pick.parent("Residential")
        for tie in family.ties_of(adult):
            tie.access = [Access.UNKNOWN, Access.UNKNOWN]
        if number % 2:
            adult.username, adult.last_login = ["", ""], ["", ""]


def _custody_notes(pick: Picker) -> None:
    for note in (
        "Parenting orders on file: ring the registrar before any change to either parent's access.",
        "Lives with mother; father by arrangement, see orders of the Family Court on file.",
        "Shared care, week about. Reports go to both parents.",
        "No contact with step-father: refer all calls to the deputy principal.",
        "Guardianship order: aunt holds parental responsibility.",
        "Address of mother is not to be disclosed.",
    ):
        family = pick.family(lambda f: f.all_stay and f.shape in ("apart", "step"))
        for child in family.children:
            child.custody_note = note


def _holds(school: School, pick: Picker) -> None:
    leaver = pick.family(lambda f: f.only_leavers and f.parents[0].has_account).parents[0]
    note = "Board member until March: ring the registrar first."
    school.holds.append(DemoHold(leaver.code, "revoke", note))
    _, parent = pick.parent("Residential", who=lambda adult: not any(adult.username))
    note = "Wants letters on paper only: no email from the portal, please."
    school.holds.append(DemoHold(parent.code, "mail", note))


def _shared_emails_without_account(school: School, pick: Picker) -> None:
    """Couples new to the school who gave one email for both: each welcome would reach the other as well."""
    for _ in range(2):
        family = pick.family(
            lambda f: (
                f.shape == "couple"
                and any(child.here for child in f.children)
                and not any(any(adult.username) for adult in f.parents)
            )
        )
        shared = school.make.family_email(family.surname)
        for adult in family.parents:
            adult.email = shared


def _bad_emails(pick: Picker) -> None:
    """Parents who are due an account but can't be written to."""
    spoils: tuple[Callable[[str], str], ...] = (
        lambda email: "",
        lambda email: "",
        lambda email: email.partition("@")[0] + "@",
        lambda email: email.replace("@", "(at)"),
        lambda email: "not supplied",
        lambda email: email.replace("@", "@@"),
    )
    for spoil in spoils:
        _, adult = pick.parent(
            "Residential",
            wanted=lambda f: any(c.here for c in f.children),
            who=lambda a: not any(a.username) and bool(a.email),
        )
        adult.email = spoil(adult.email)


def _same_username_twice(school: School, pick: Picker) -> None:
    """Two active parents whose usernames differ in case only, as an old import once left them."""
    adults = [
        (f"{adult.given_name[0]}{adult.surname}".lower(), family, adult)
        for family in pick.waiting
        if family.all_stay
        for adult in family.parents
        if adult.has_account and adult.contact_type == "Residential" and adult.surname.isascii()
    ]
    adults.sort(key=lambda entry: entry[0])
    pairs = [(a, b) for a, b in pairwise(adults) if a[0] == b[0] and a[1] is not b[1]]
    first, second = pairs[0] if pairs else (adults[0], adults[1])
    name = "".join(c for c in first[0] if c.isalpha())
    school.make.claim(name)
    first[2].username = [name, name]
    second[2].username = [name[0].upper() + name[1:]] * 2
