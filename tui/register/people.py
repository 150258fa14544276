"""Person numbers: one integer that names an account of any user type (4 * row id + type)."""

from tui.domain.records import UserType

TYPES = (UserType.CONTACT, UserType.STUDENT, UserType.STAFF)
_NUMBER = {user_type: number for number, user_type in enumerate(TYPES)}
TABLES = {UserType.CONTACT: "contacts", UserType.STUDENT: "students", UserType.STAFF: "staff"}


def person_number(row_id: int, user_type: UserType = UserType.CONTACT) -> int:
    """The person number of a row of contacts, students or staff."""
    return row_id * 4 + _NUMBER[user_type]


def split_person(person: int) -> tuple[int, UserType]:
    """The row id and user type of a person number."""
    return person >> 2, TYPES[person & 3]
