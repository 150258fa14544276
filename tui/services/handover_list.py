"""The list of a hand-over that a person carries out in a portal: each old account beside the same person's new record,
in the order in which it is done. Text, CSV and a page to print.
"""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from tui.services.page import TICK, TICKED, Table, page
from tui.text import formula_safe, plural, say_time


class HandoverLine(NamedTuple):
    """One old account. `job` has its revoke. `revoked`: "" while that is to be done, else what became of it.

    `welcomed`: "" while the new record is to be welcomed, else why it is not, or what became of that. No `new_code`:
    there is no new record, and nobody to welcome."""

    job: int
    old_code: str
    old_name: str
    username: str
    revoked: str = ""
    new_code: str = ""
    new_name: str = ""
    email: str = ""
    welcomed: str = ""

    @property
    def welcomes(self) -> bool:
        """Whether the new record is to be welcomed."""
        return bool(self.new_code) and not self.welcomed


def title(number: int, system: str) -> str:
    """What the list is headed by."""
    return f"Hand-over {number} in {system}"


def _what(lines: Sequence[HandoverLine], system: str, at: str) -> str:
    revokes, welcomes = sum(not line.revoked for line in lines), sum(line.welcomes for line in lines)
    return (
        f"{plural(revokes, 'account')} to revoke, {plural(welcomes, 'new record')} to welcome. Made {say_time(at)}; "
        f"what is not ticked has not been done in {system} yet."
    )


def _steps(lines: Sequence[HandoverLine], system: str, portal_url: str) -> list[str]:
    jobs = sorted({line.job for line in lines if not line.revoked})
    attests = " and ".join(f"engage-accounts attest {job}" for job in jobs)
    steps = [f"Open the Account Manager of {system}{f' ({portal_url})' if portal_url else ''}, user type Contacts."]
    if jobs:
        steps.append(
            "Old accounts first. Status Ready to revoke access: tick those below, Actions > Revoke access > Confirm. "
            "Tick each here when it is gone from the record."
        )
    if any(line.welcomes for line in lines):
        steps.append(
            "Then the new records, and only where the old account beside it is ticked. Status Ready to provision: tick "
            "those below, Actions > Send welcome email > Confirm. Check the name and the email of each."
        )
    if jobs:
        steps.append(
            f"Say so here:  {attests}  and then  engage-accounts handover --go-on  which lists the welcomes as a job "
            "of their own, to be attested in the same way. The next import checks it all the same."
        )
    else:
        steps.append("Say so here: engage-accounts attest, with the number of the job of the welcomes.")
    return steps


def as_text(
    number: int, lines: Sequence[HandoverLine], system: str, portal_url: str, at: str, *, width: int = 100
) -> str:
    """To read and to print as it is: two lines an account."""
    import textwrap

    said = [title(number, system), *textwrap.wrap(_what(lines, system, at), width), ""]
    for place, step in enumerate(_steps(lines, system, portal_url), start=1):
        said += textwrap.wrap(step, width, initial_indent=f"{place}. ", subsequent_indent="   ")
    for line in lines:
        box, about = ("[x]", line.revoked) if line.revoked else ("[ ]", line.username)
        said += ["", f"{box} revoke   {line.old_code}  {line.old_name}  {about}".rstrip()]
        if line.welcomes:
            said.append(f"[ ] welcome  {line.new_code}  {line.new_name}  {line.email}")
        elif line.new_code:
            said.append(f"    welcome  {line.new_code}  {line.new_name}: {line.welcomed}")
        else:
            said.append("    no new record: nobody to welcome")
    return "\n".join(said) + "\n"


def as_page(number: int, lines: Sequence[HandoverLine], system: str, portal_url: str, at: str) -> str:
    """To print: one row an account, the old one on the left and the new one on the right."""
    columns = ("1 Revoke", "Old code", "Name", "Username", "2 Welcome", "New code", "Name", "Email")
    rows = [
        (
            TICKED if line.revoked else TICK,
            line.old_code,
            line.old_name,
            line.username if not line.revoked else line.revoked,
            TICK if line.welcomes else "",
            line.new_code,
            line.new_name,
            line.email if line.welcomes else line.welcomed if line.new_code else "no new record",
        )
        for line in lines
    ]
    numbered = [f"{place}. {step}" for place, step in enumerate(_steps(lines, system, portal_url), start=1)]
    return page(
        title(number, system), _what(lines, system, at), [*numbered, Table("", columns, rows)], "Carried out by"
    )


def as_csv(number: int, lines: Sequence[HandoverLine]) -> str:
    """A header and a row an account, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("handover", "job", *HandoverLine._fields[1:]))
    for line in lines:
        writer.writerow([number, *(formula_safe(str(cell)) for cell in line)])
    return out.getvalue()
