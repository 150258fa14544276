"""Flag groups: accounts whose portal access went off together, which is a change of a rule and not that many leavers.

Flags that went off are grouped by contact type and import; ten or more make a group. The operator answers once for
each: `mistake` (hold them all, mend the flag in the admin system) or `intended` (revoke them).
"""

from enum import StrEnum
from typing import NamedTuple

from tui.text import plural, say_date

GROUP_FROM = 10
MEND = "Mend the flag or the sync rule in the admin system, then import again."


class Answer(StrEnum):
    """What the operator says of a group."""

    UNDECIDED = ""
    MISTAKE = "mistake"
    INTENDED = "intended"


class FlagGroup(NamedTuple):
    """A flag group. `import_number` 0: the flags were off from the first import on."""

    contact_type: str
    import_number: int
    taken_on: str
    size: int
    answer: Answer
    answer_reason: str = ""
    answered_by: str = ""
    answered_at: str = ""

    @property
    def key(self) -> str:
        """How the group is named on the command line: `Postal@2`."""
        return f"{self.contact_type}@{self.import_number}"

    @property
    def undecided(self) -> bool:
        return self.answer is Answer.UNDECIDED


def say_type(contact_type: str) -> str:
    """`contact type Postal`, for after "are"."""
    return f"contact type {contact_type}" if contact_type else "without a contact type"


def say_off(number: int, taken_on: str, *, numbered: bool = True) -> str:
    """When access went off, for after "their portal access": `went off in the import of 20 Nov 2026 (no. 2)`."""
    if number:
        return f"went off in the import of {say_date(taken_on)}{f' (no. {number})' if numbered else ''}"
    return f"was off as of the first import{f' ({say_date(taken_on)})' if taken_on else ''}"


def say_group(group: FlagGroup, ready: int) -> str:
    """The group in a sentence, with `ready`, the number of accounts ready to revoke, beside it."""
    kind, off = say_type(group.contact_type), say_off(group.import_number, group.taken_on)
    return (
        f"{group.size:,} of {plural(ready, 'account')} ready to revoke are {kind}; their portal access {off}: "
        f"one change, not {group.size:,} leavers."
    )
