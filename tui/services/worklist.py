"""The worklist: for systems that have only a screen. A person carries the list out, an import verifies it.

Writes a CSV, a text and a page to print, in the order of the Account Manager's screen. Nothing written here is ever
called revoked: the items are *requested* until somebody attests them or a newer extract shows it.
"""

import csv
import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tui.domain.gates import Verb
from tui.errors import ServiceError
from tui.services import handover_list
from tui.services.handover_list import HandoverLine
from tui.services.page import TICK, Table, page
from tui.services.service import Acted, Listed, Order
from tui.text import formula_safe, plural, say_time

_STATUS = {"revoke": "Ready to revoke access", "welcome": "Ready to provision", "reset": "Active"}
_ACTION = {"revoke": "Revoke access", "welcome": "Send welcome email", "reset": "Send password reset"}
_CHECKED = {
    "reset": "The link in the email works for one hour: do it when the person can read it.\n"
    "No import can show a password reset: your word closes it."
}


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

    def came_of(self, verb: Verb, orders: Sequence[Order]) -> list[Acted | None]:
        """Nothing is begun that is not recorded."""
        return [None for _ in orders]

    def finish(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> list[Path]:
        """Write a job's list as CSV, as text and as a page to print; writing it again gives the same files. Raises
        ServiceError."""
        listed = sorted(listed, key=lambda entry: (entry.surname_first.casefold(), entry.code))
        left = sorted(left, key=lambda entry: (entry.surname_first.casefold(), entry.code))
        sheet = self._sheet(job, verb, listed, left, at)
        name = f"job-{job}-{verb}"
        files = {
            f"{name}.csv": _as_csv(job, verb, listed),
            f"{name}.txt": sheet.as_text(),
            f"{name}.html": sheet.as_page(),
        }
        return self._write_all(files, f"worklist of job {job}", f"engage-accounts resume {job}")

    def write_handover(self, number: int, lines: Sequence[HandoverLine], at: str) -> list[Path]:
        """Write the list of a hand-over, old and new beside each other, anew each time. Raises ServiceError."""
        lines = sorted(lines, key=lambda line: (line.old_name.casefold(), line.old_code))
        name = f"handover-{number}"
        files = {
            f"{name}.csv": handover_list.as_csv(number, lines),
            f"{name}.txt": handover_list.as_text(number, lines, self.system, self._portal_url, at),
            f"{name}.html": handover_list.as_page(number, lines, self.system, self._portal_url, at),
        }
        return self._write_all(files, f"list of hand-over {number}", "engage-accounts handover --worklist")

    def _write_all(self, files: Mapping[str, str], what: str, again: str) -> list[Path]:
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, parents=True)
                if self._group:
                    shutil.chown(self._folder, group=self._group)
                    self._folder.chmod(0o2770)
            return [self._write(name, content) for name, content in files.items()]
        except (OSError, LookupError) as error:
            raise ServiceError(
                f"The {what} can't be written to {self._folder}: {getattr(error, 'strerror', None) or error}.",
                means="The requests are kept, and nothing was done in the portal.",
                todo=f"Mend the folder, then: {again}",
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

    def _sheet(self, job: int, verb: str, listed: Sequence[Listed], left: Sequence[Listed], at: str) -> "_Sheet":
        also = " (For those who have an account: Active.)" if verb == "welcome" else ""
        step_3 = f"3. Status: {_STATUS[verb]}.{also}"
        # "Select all" is only ever right in the list that shows just these: an active account stands in another.
        ready = not any(entry.status == "active" for entry in listed)
        if verb == "revoke" and not ready:
            step_3 = "3. Status: Active."
        before = [
            f"1. Open the Account Manager of {self.system}{f' ({self._portal_url})' if self._portal_url else ''}.",
            "2. User type: Contacts.",
            step_3,
        ]
        unticked: Sequence[Listed] = ()
        in_all = ""
        if verb == "revoke" and ready and len(left) < len(listed):
            unticked = left
            these = f", then untick {'this one' if len(left) == 1 else f'these {len(left):,}'}:" if left else "."
            before.append(f"4. Select all{these}")
            in_all = (
                f"{plural(len(listed), 'contact')} should be ticked. If the count differs, tick from the list below."
            )
        else:
            before.append(f"4. Tick {'this one' if len(listed) == 1 else f'these {len(listed):,}'} (the list below).")
        return _Sheet(
            f"Worklist {job}: {_ACTION[verb].lower()} for {plural(len(listed), 'contact')} in {self.system}",
            f"Made {say_time(at)}. Nothing has been done in {self.system} yet.",
            before,
            [(entry.code, entry.surname_first, entry.why) for entry in unticked],
            in_all,
            [f"5. Actions > {_ACTION[verb]} > Confirm.", f"6. Then say so here:  engage-accounts attest {job}"],
            _CHECKED.get(verb, "The next import checks it all the same."),
            ("Code", "Name", "Username" if verb == "revoke" else "Email"),
            [
                (entry.code, entry.surname_first, entry.username if verb == "revoke" else entry.email)
                for entry in listed
            ],
        )


class _Sheet(NamedTuple):
    """What a job's list says, for text and page alike. `unticked`: who is to be unticked after selecting all, with why;
    `in_all`: how many are ticked then."""

    title: str
    what: str
    before: list[str]
    unticked: list[tuple[str, str, str]]
    in_all: str
    after: list[str]
    checked: str
    columns: tuple[str, str, str]
    rows: list[tuple[str, str, str]]

    def as_text(self) -> str:
        lines = [self.title, self.what, "", *self.before]
        if self.unticked:
            lines += ["", *_columns("   [ ] ", self.unticked), ""]
        lines += [f"   {self.in_all}"] if self.in_all else []
        lines += [*self.after, *(f"   {line}" for line in self.checked.splitlines()), ""]
        head, *rest = _columns("[ ]  ", [self.columns, *self.rows])
        return "\n".join([*lines, head.replace("[ ]", "   ", 1), *rest]) + "\n"

    def as_page(self) -> str:
        parts: list[str | Table] = [*self.before]
        if self.unticked:
            rows = [(TICK, *row) for row in self.unticked]
            parts.append(Table("To be unticked", ("", "Code", "Name", "Why"), rows))
        parts += [line for line in (self.in_all, *self.after, *self.checked.splitlines()) if line]
        parts.append(Table("To be ticked", ("", *self.columns), [(TICK, *row) for row in self.rows]))
        return page(self.title, self.what, parts, "Carried out by")


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
