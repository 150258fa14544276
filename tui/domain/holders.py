"""Whose a record elsewhere is, as far as names and emails tell: codes are reused, and a family shares an email."""

from typing import NamedTuple

from tui.text import clean


class Holder(NamedTuple):
    """Who stands on a record: names and emails as they are given, "" and () where it says none."""

    given_name: str
    surname: str
    emails: tuple[str, ...]

    @property
    def is_named(self) -> bool:
        """Whether it says who it is of: an email, or both names."""
        return bool(self.emails or (self.given_name and self.surname))


def fits(one: Holder, other: Holder) -> bool:
    """Whether both can be the same person: an email or both names are the same."""
    return _share_email(one, other) or (bool(one.given_name and one.surname) and _same_names(one, other))


def fits_surely(one: Holder, other: Holder) -> bool:
    """The same where nothing else tells whose it is: a family shares an email, so both names have to fit too."""
    return _share_email(one, other) and _same_names(one, other)


def is_another(one: Holder, other: Holder) -> bool:
    """Whether a record, `one`, is plainly not the `other`'s: it says an email and both names, and none of them fits."""
    return bool(one.emails and one.given_name and one.surname) and not (
        _share_email(one, other) or _same(one.given_name, other.given_name) or _same(one.surname, other.surname)
    )


def _share_email(one: Holder, other: Holder) -> bool:
    return any(_same(mine, theirs) for mine in one.emails if mine for theirs in other.emails)


def _same_names(one: Holder, other: Holder) -> bool:
    return _same(one.given_name, other.given_name) and _same(one.surname, other.surname)


def _same(one: str, other: str) -> bool:
    return clean(one).casefold() == clean(other).casefold()
