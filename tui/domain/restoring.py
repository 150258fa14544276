"""Whether a revoke can be taken back: by what the service kept, and by what has happened since.

A restore gives a person the username and the password that were removed. It is refused where that would put somebody
else's username twice into the register, or give the same person a second way in.
"""

from typing import NamedTuple

from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision, Verdict
from tui.text import join_and, say_date


class KeptCopy(NamedTuple):
    """What was kept aside of a revoked account, and who would stand in its way.

    `taken_by`: the codes of records that carry its username by now, regardless of case. `welcomed_as`: the codes of
    the person's records that were invited, or have an account, since: the new record of a hand-over.
    """

    username: str
    has_password: bool
    revoked_at: str
    keep_until: str
    taken_by: tuple[str, ...] = ()
    welcomed_as: tuple[str, ...] = ()


def restore_gate(facts: AccountFacts, copy: KeptCopy | None, now: str) -> Verdict:
    """Whether the revoke of this account can be taken back at `now` (ISO text). `copy` None: nothing is kept of it."""
    if copy is None:
        return Verdict(Decision.REFUSE, "nothing is kept of it: it was restored already, or its time is over")
    if copy.keep_until <= now:
        return Verdict(Decision.REFUSE, f"it could be restored until {say_date(copy.keep_until)}")
    if facts.has_account:
        return Verdict(Decision.REFUSE, "has an account again: that stays as it is")
    if copy.username and copy.taken_by:
        return Verdict(Decision.REFUSE, f"its username has been taken by {join_and(list(copy.taken_by), most=3)}")
    if copy.welcomed_as:
        where = join_and(["this record" if code == facts.code else code for code in copy.welcomed_as], most=3)
        return Verdict(Decision.REFUSE, f"the person was welcomed since, on {where}: two ways in would be one too many")
    return Verdict(Decision.ACT)
