"""The people of the demo school who are on a new record: code changes, name changes and family splits.

The old record keeps the account and loses the children in one of five ways (`Fate`); the new one is mostly still
without an account. Which new record is whose is noted as the truth, which no feed tells and matching must find.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto

from tui.feeds.demo_changes import Picker, remove_with_history
from tui.feeds.demo_names import draw_origin
from tui.feeds.demo_people import Access, Adult, Family, School, Tie


class Fate(Enum):
    """What became of the old record."""

    ELDER_LEFT = auto()  # it was linked to the elder child only, who has left; the younger is on the new record
    UNFLAGGED = auto()  # its links stand, without portal access
    UNLINKED = auto()  # its links went
    VANISHED = auto()  # it dropped out of the feed
    ARCHIVED_UNFLAGGED = auto()  # merged before the first snapshot (OLD_), its links without portal access
    ARCHIVED_HISTORY = auto()  # merged, its links removed on a date the admin system tells
    ARCHIVED_BARE = auto()  # merged, no trace of a link


_ARCHIVED = (Fate.ARCHIVED_UNFLAGGED, Fate.ARCHIVED_HISTORY, Fate.ARCHIVED_BARE)
_RESIDENTIAL, _ELSEWHERE, _GUARDIAN = "Residential", "Non-residential", "Guardian"

# Old record's fate, its contact type, and whether the new record already has an account.
_CODE_CHANGES = (
    (Fate.ARCHIVED_UNFLAGGED, _RESIDENTIAL, True),
    (Fate.ARCHIVED_HISTORY, _RESIDENTIAL, True),
    (Fate.ARCHIVED_BARE, _RESIDENTIAL, False),
    (Fate.VANISHED, _RESIDENTIAL, False),
    (Fate.VANISHED, _GUARDIAN, False),
    (Fate.VANISHED, _GUARDIAN, True),
    (Fate.UNLINKED, _RESIDENTIAL, False),
    (Fate.UNLINKED, _ELSEWHERE, False),
    (Fate.UNFLAGGED, _GUARDIAN, False),
    (Fate.ELDER_LEFT, _RESIDENTIAL, False),
    (Fate.ELDER_LEFT, _RESIDENTIAL, True),
    (Fate.ELDER_LEFT, _ELSEWHERE, False),
)
_NAME_CHANGES = (
    (Fate.ELDER_LEFT, _RESIDENTIAL, False),
    (Fate.ELDER_LEFT, _RESIDENTIAL, False),
    (Fate.ELDER_LEFT, _RESIDENTIAL, True),
    (Fate.ELDER_LEFT, _ELSEWHERE, False),
    (Fate.VANISHED, _RESIDENTIAL, False),
    (Fate.UNLINKED, _RESIDENTIAL, True),
    (Fate.UNLINKED, _ELSEWHERE, False),
    (Fate.UNFLAGGED, _ELSEWHERE, True),
)
# Fate of the joint record, and whether the second parent has moved out.
_SPLITS = (
    (Fate.ELDER_LEFT, True),
    (Fate.ELDER_LEFT, False),
    (Fate.UNFLAGGED, True),
    (Fate.UNFLAGGED, False),
    (Fate.UNLINKED, True),
    (Fate.VANISHED, True),
)


def records_change_hands(school: School, pick: Picker) -> None:
    """All hand-overs."""
    for fate, contact_type, active in _CODE_CHANGES:
        family, old = _choose(pick, fate, contact_type)
        new = _code_change(school, old, nickname=fate is Fate.VANISHED)
        _hand_over(school, family, old, [new], fate)
        _account(school, new, active)
        school.successor(old, new, "code_change")
    for number, (fate, contact_type, active) in enumerate(_NAME_CHANGES):
        family, old = _choose(pick, fate, contact_type, woman=contact_type == _RESIDENTIAL and number != 5)
        new = _name_change(school, old, new_email=number % 4 != 3)
        _hand_over(school, family, old, [new], fate)
        _account(school, new, active)
        school.successor(old, new, "name_change")
    for number, (fate, moved_out) in enumerate(_SPLITS):
        _split(school, pick, fate, moved_out=moved_out, active=number % 3 == 2)


def _choose(pick: Picker, fate: Fate, contact_type: str, *, woman: bool = False) -> tuple[Family, Adult]:
    def who(adult: Adult) -> bool:
        return adult.has_account and (adult.sex == "F" or not woman)

    return pick.parent(contact_type, _suits(fate), who)


def _suits(fate: Fate) -> Callable[[Family], bool]:
    """The families in which an old record can come to this end."""

    def fits(family: Family) -> bool:
        return family.elder_leaves if fate is Fate.ELDER_LEFT else family.all_stay

    return fits


def _code_change(school: School, old: Adult, *, nickname: bool) -> Adult:
    """The same person typed in anew; some under the name they go by."""
    given = old.preferred_name if nickname and old.preferred_name else old.given_name
    return _fresh(old, code=school.make.code(old.surname, old.given_name), given_name=given)


def _name_change(school: School, old: Adult, *, new_email: bool) -> Adult:
    """The same person with a new surname, as after a marriage or a divorce."""
    make = school.make
    surname = old.surname
    while surname == old.surname:
        surname = draw_origin(school.rng).surname(school.rng)
    title = {"Mrs": "Ms", "Ms": "Mrs", "Miss": "Mrs"}.get(old.title, old.title)
    return _fresh(
        old,
        code=make.code(surname, old.given_name),
        title=title,
        surname=surname,
        salutation=f"{title} {surname}",
        email=make.email(old.given_name, surname) if new_email else old.email,
    )


def _fresh(old: Adult, *, code: str, **changes: str) -> Adult:
    new = replace(old, code=code, present=[False, True], username=["", ""], last_login=["", ""])
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _split(school: School, pick: Picker, fate: Fate, *, moved_out: bool, active: bool) -> None:
    """One record for both parents becomes one each. The account was used by the parent whose email it has."""
    make = school.make

    def fits(family: Family) -> bool:
        if family.shape != "couple" or not _suits(fate)(family):
            return False
        mother, father = family.parents
        return (
            (mother.sex, father.sex) == ("F", "M")
            and mother.surname == father.surname
            and mother.email != father.email
            and mother.has_account
        )

    family = pick.family(fits)
    mother, father = family.parents
    title = f"{father.title} & {mother.title}"
    joint = replace(
        mother,
        code=make.code(mother.surname, mother.given_name),
        title=title,
        given_name=f"{father.given_name} & {mother.given_name}",
        preferred_name="",
        sex="",
        salutation=f"{title} {mother.surname}",
        # An email alone ties it to one of the two: whose account it is, a person has to say.
        mobile=make.next_mobile(mother.mobile),
        present=[True, True],
    )
    for parent in (mother, father):
        parent.present = [False, True]
        parent.username, parent.last_login = ["", ""], ["", ""]
    if moved_out:
        father.address, father.contact_type = make.address(), _ELSEWHERE
    ties = family.ties
    joint_ties = [replace(tie, adult=joint, relationship="Parents") for tie in family.ties_of(mother)]
    family.ties = joint_ties + ties
    family.parents.insert(0, joint)
    _hand_over(school, family, joint, [mother, father], fate)
    _account(school, father, active)
    school.successor(joint, mother, "family_split")


def _hand_over(school: School, family: Family, old: Adult, new: list[Adult], fate: Fate) -> None:
    """Move the children from the old record to the new ones, as `fate` says."""
    old_ties = family.ties_of(old)
    for adult in new:
        if adult not in family.parents:
            family.parents.append(adult)
            family.ties += [replace(tie, adult=adult) for tie in old_ties]
    new_ties = [tie for adult in new for tie in family.ties_of(adult)]
    if fate is Fate.ELDER_LEFT:
        _keep(family, [t for t in old_ties if t.child.leaves] + [t for t in new_ties if not t.child.leaves], old, new)
        before = after = Access.YES
        for adult in new:
            adult.present = [True, True]
    elif fate in _ARCHIVED:
        old.code = f"OLD_{old.code}"
        before = after = Access.NO
        for adult in new:
            adult.present = [True, True]
        if fate is Fate.ARCHIVED_BARE:
            _keep(family, new_ties, old, new)
    else:
        before = Access.YES
        after = Access.NO if fate is Fate.UNFLAGGED else Access.ABSENT
        old.present = [True, fate is not Fate.VANISHED]
    for tie in family.ties_of(old):
        tie.access = [before, after]
    for tie in new_ties:
        tie.access = [Access.YES if tie.adult.present[0] else Access.ABSENT, Access.YES]
    if fate is Fate.ARCHIVED_HISTORY:
        removed_on = school.make.today - timedelta(days=130)
        remove_with_history(school, family.ties_of(old), Access.ABSENT, removed_on)


def _keep(family: Family, kept: list[Tie], old: Adult, new: list[Adult]) -> None:
    """Of the ties of these adults keep only `kept`."""
    family.ties = [tie for tie in family.ties if tie in kept or (tie.adult is not old and tie.adult not in new)]


def _account(school: School, new: Adult, active: bool) -> None:
    """The new record's own account, if somebody has already welcomed it: chosen anew, so never the old username."""
    if active:
        username = school.make.username(new, personal=True)
        known = new.present[0]
        new.username = [username if known else "", username]
        login = school.make.login_before(1, 6.0)
        new.last_login = [school.make.login_before(0, 9.0) if known else "", login]
