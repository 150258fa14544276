"""The worklist: for systems that have only a screen. A person carries the list out, an import verifies it.

Writes a CSV and a text to print, in the order of the Account Manager's screen. Nothing written here is ever called
revoked: the items are *requested* until somebody attests them or a newer extract shows it.
"""

import csv
import io
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tui.domain.gates import Verb
from tui.errors import ServiceError
from tui.services.service import Acted, Listed, Order
from tui.text import formula_safe, plural, say_time

_STATUS = {"revoke": "Ready to revoke access", "welcome": "Ready to provision", "reset": "Active"}
_ACTION = {"revoke": "Revoke access", "welcome": "Send welcome email", "reset": "Send password reset"}


class WorklistService:
    """Turns orders into requests, and writes the list when the job is through."""

    name = "worklist"
    by_hand = True
    elsewhere = False
    sends_own_mail = True
    can_restore = False
    restore_days = 0
    batch = 50

    def __init__(self, folder: Path, system: str, portal_url: str, *, group: str = "") -> None:
        self._folder = folder
        self._group = group  # a team's: it may read and write what nobody else may
        self._portal_url = portal_url
        self.system = system
        self.restores = f"Nothing can be restored from here: what is done by hand in {system} is undone there."

    def revoke(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Nothing is done yet: a person will."""
        return self._requested(orders)

    def restore(self, orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        """Nothing is kept here that could be given back."""
        raise ServiceError(self.restores, means="Nothing was done.")

    def prepare(self, orders: Sequence[Order], verb: Verb, going_on: Callable[[], bool]) -> list[Acted]:
        """The portal writes itself, when a person asks it to."""
        return self._requested(orders)

    def _requested(self, orders: Sequence[Order]) -> list[Acted]:
        return [Acted("requested", f"on the worklist of job {order.job}", recorded=False) for order in orders]

    def close(self) -> None:
        """Nothing is held open."""

    def are_revoked(self, orders: Sequence[Order]) -> list[bool | None]:
        """Only a newer import knows."""
        return [None for _ in orders]

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Write the CSV and the text of a job; writing them again gives the same files. Raises ServiceError."""
        listed = sorted(listed, key=lambda entry: (entry.surname_first.casefold(), entry.code))
        left = sorted(left, key=lambda entry: (entry.surname_first.casefold(), entry.code))
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, parents=True)
                if self._group:
                    shutil.chown(self._folder, group=self._group)
                    self._folder.chmod(0o2770)
            return [
                self._write(f"job-{job}-{verb}.csv", _as_csv(job, verb, listed)),
                self._write(f"job-{job}-{verb}.txt", self._as_text(job, verb, listed, left, at)),
            ]
        except (OSError, LookupError) as error:
            raise ServiceError(
                f"The worklist of job {job} can't be written to {self._folder}: "
                f"{getattr(error, 'strerror', None) or error}.",
                means="The requests are kept, and nothing was done in the portal.",
                todo=f"Mend the folder, then: engage-accounts resume {job}",
            ) from error

    def _write(self, name: str, content: str) -> Path:
        path = self._folder / name
        temporary = path.with_suffix(path.suffix + ".part")
        # Names and emails of parents: for the operators' eyes only, from the first byte.
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            if self._group:
                os.fchmod(file.fileno(), 0o660)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        return path

    def _as_text(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> str:
        lines = [
            f"Worklist {job}: {_ACTION[verb].lower()} for {plural(len(listed), 'contact')} in {self.system}",
            f"Made {say_time(at)}. Nothing has been done in {self.system} yet.",
            "",
            f"1. Open the Account Manager of {self.system}{f' ({self._portal_url})' if self._portal_url else ''}.",
            "2. User type: Contacts.",
            f"3. Status: {_STATUS[verb]}." + (" (For those who have an account: Active.)" if verb == "welcome" else ""),
        ]
        # "Select all" is only ever right in the list that shows just these: an active account stands in another.
        ready = not any(entry.status == "active" for entry in listed)
        if verb == "revoke" and not ready:
            lines[-1] = "3. Status: Active."
        if verb == "revoke" and ready and len(left) < len(listed):
            if left:
                lines += [f"4. Select all, then untick {'this one' if len(left) == 1 else f'these {len(left):,}'}:", ""]
                lines += _columns("   [ ] ", [(entry.code, entry.surname_first, entry.why) for entry in left])
                lines += [""]
            else:
                lines += ["4. Select all."]
            lines += [
                f"   {plural(len(listed), 'contact')} should be ticked. If the count differs, tick from the list below."
            ]
        else:
            lines += [f"4. Tick {'this one' if len(listed) == 1 else f'these {len(listed):,}'} (the list below)."]
        lines += [
            f"5. Actions > {_ACTION[verb]} > Confirm.",
            f"6. Then say so here:  engage-accounts attest {job}",
            "   The next import checks it all the same.",
            "",
        ]
        by_mail = verb != "revoke"
        rows = [(entry.code, entry.surname_first, entry.email if by_mail else entry.username) for entry in listed]
        head, *rest = _columns("[ ]  ", [("Code", "Name", "Email" if by_mail else "Username"), *rows])
        return "\n".join([*lines, head.replace("[ ]", "   ", 1), *rest]) + "\n"


def _columns(box: str, rows: Sequence[tuple[str, str, str]]) -> list[str]:
    code, name = (max([len(row[column]) for row in rows], default=0) for column in (0, 1))
    return [f"{box}{row[0]:<{code}}  {row[1]:<{name}}  {row[2]}".rstrip() for row in rows]


def _as_csv(job: int, verb: str, listed: Sequence[Listed]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("job", "action", "code", "name", "email", "username", "why"))
    for entry in listed:
        writer.writerow([job, verb, *(formula_safe(cell) for cell in entry[:5])])
    return out.getvalue()
