"""Flag groups: accounts whose portal access went off together, which is a change of a rule and not that many leavers.

Flags that went off are grouped by contact type and import; ten or more make a group. The operator answers once for
each: `mistake` (hold them all, mend the flag in the admin system) or `intended` (revoke them).
"""

from enum import StrEnum
from typing import NamedTuple

from tui.text import plural, say_date

GROUP_FROM = 10


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


def say_group(group: FlagGroup, ready: int) -> str:
    """The group in a sentence, with `ready`, the number of accounts ready to revoke, beside it."""
    kind = f"contact type {group.contact_type}" if group.contact_type else "without a contact type"
    when = (
        f"went off in the import of {say_date(group.taken_on)} (no. {group.import_number})"
        if group.import_number
        else f"was off as of the first import ({say_date(group.taken_on)})"
        if group.taken_on
        else "was off as of the first import"
    )
    return (
        f"{group.size:,} of {plural(ready, 'account')} ready to revoke are {kind}; their portal access {when}: "
        f"one change, not {group.size:,} leavers."
    )
