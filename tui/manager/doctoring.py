"""What is wrong with this installation and how to mend it: one function a check, so that others can be added.

A check looks and changes nothing; it sends nothing either. The test message is a verb of its own.
"""

import secrets
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tui.domain.actor import Actor
from tui.domain.addresses import why_unusable
from tui.errors import EngageError, Refused, RegisterReadOnly
from tui.register import audit
from tui.register.database import VERSION, Database
from tui.services.service import AccountService
from tui.settings import Settings
from tui.text import clean, join_and, plural, say_time

_TEST_KEPT = timedelta(days=1)


class Health(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


class Check(NamedTuple):
    """What one check found: its name, how it is, and in words what is so and what to do about it ("" where nothing)."""

    name: str
    health: Health
    sentence: str
    todo: str = ""


class Examined(NamedTuple):
    """What a check may look at. Without a `database` the register could not be opened."""

    settings: Settings
    register: Path
    database: Database | None
    sends_own_mail: bool


class DoctorVerbs:
    """The part of AccountManager that looks after the installation."""

    settings: Settings
    service: AccountService
    path: Path
    read_only: bool
    _database: Database
    _actor: Actor
    _clock: Callable[[], datetime]

    def doctor(self) -> list[Check]:
        """Every check, in order. What one of them meets is its finding; none raises."""
        return list(examine(Examined(self.settings, self.path, self._database, self.service.sends_own_mail)))

    def send_test(self, address: str) -> str:
        """Send one message without a link and say what became of it. Raises Refused, RegisterReadOnly, ConfigError and
        MailError; audited either way, with the domain alone."""
        from tui.mail.letters import note
        from tui.mail.open_transport import open_transport
        from tui.mail.transport import MailError

        if self.read_only:
            raise RegisterReadOnly("This session is read-only.", means="No test message was sent.")
        if why := why_unusable(address):
            raise Refused(f"The address can't be used: {why}.", means="No test message was sent.")
        now = self._clock()
        school = self.settings.school.name
        message = note(
            address,
            self.settings.mail.sender,
            school,
            "A test message" + (f" of {school}" if school else ""),
            f"This message was sent on {say_time(now)} to see whether mail arrives. It does.\n\n"
            "Nobody needs to do anything about it.",
            key=f"test-{secrets.token_hex(8)}",
            written_at=now,
            expires_at=now + _TEST_KEPT,
        )
        transport = open_transport(self.settings, self.path)
        said = f"handed to the {transport.name}"
        try:
            transport.deliver(message)
        except MailError as error:
            said = error.what
            raise
        finally:
            transport.close()
            with self._database.transaction() as connection:
                audit.append(
                    connection,
                    self._actor,
                    now.isoformat(),
                    "mail test",
                    subject=message.recipient.partition("@")[2],
                    detail={"transport": transport.name, "what": said},
                )
        return f"The test message was {said}" + (f": {transport.where}." if transport.where else ".")


def examine(examined: Examined) -> Iterator[Check]:
    """Run every check that can be run."""
    for check in CHECKS:
        try:
            yield from check(examined)
        except EngageError as error:
            yield failed(check.__name__.removeprefix("_").replace("_", " "), error)


def failed(name: str, error: EngageError) -> Check:
    """An error as the finding of a check."""
    return Check(name, Health.WRONG, " ".join(filter(None, (error.what, error.means))), error.todo)


def _register(examined: Examined) -> Iterator[Check]:
    if examined.database is None:
        return
    yield Check("register", Health.OK, f"{examined.register} opens; it is of version {VERSION}.")
    file, folder = (path.stat().st_mode for path in (examined.register, examined.register.parent))
    shared = bool(examined.settings.register.group)
    if file & (stat.S_IRWXO if shared else stat.S_IRWXO | stat.S_IRWXG):
        whom = "everybody on this host" if file & stat.S_IRWXO else "its group, which no setting names"
        writes = file & (stat.S_IWOTH if file & stat.S_IRWXO else stat.S_IWGRP)
        yield Check(
            "register modes",
            Health.WARN,
            f"The register can be read{' or written' if writes else ''} by {whom}.{_until_now(examined.database)}",
            f"Run: chmod {'o' if shared else 'go'}-rwx {examined.register}",
        )
    elif folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        yield Check(
            "register modes",
            Health.WRONG,
            "Everybody on this host may replace the register: its folder can be written by all.",
            f"Run: chmod o-w {examined.register.parent}",
        )
    else:
        was_open = _until_now(examined.database)
        yield Check(
            "register modes",
            Health.WARN if was_open else Health.OK,
            f"Nobody else on this host can read the register.{was_open}",
            "Think of who has an account on this host, and what made the file so: a copy, or a restore."
            if was_open
            else "",
        )


def _until_now(database: Database) -> str:
    return (
        " Everybody on this host could, until it was opened just now: that was taken away." if database.was_open else ""
    )


def _audit_chain(examined: Examined) -> Iterator[Check]:
    if examined.database is None:
        return
    broken = audit.first_broken(examined.database)
    if broken is None:
        yield Check("audit chain", Health.OK, "The audit chain holds.")
        return
    yield Check(
        "audit chain",
        Health.WRONG,
        f"The audit chain does not hold: event {broken:,} is not as it was written, or one before it is missing.",
        "Keep a copy of the register as it is, and compare it with a backup.",
    )


def _config(examined: Examined) -> Iterator[Check]:
    settings = examined.settings
    if examined.sends_own_mail:
        yield Check(
            "config", Health.OK, f"{settings.portal.system} writes to the parents itself; our own mail is not used."
        )
        return
    missing = [
        key
        for key, value in (
            ("portal.url", settings.portal.url),
            ("mail.sender", settings.mail.sender),
            ("school.help_contact", settings.school.help_contact),
        )
        if not value
    ]
    if not missing:
        yield Check("config", Health.OK, "Portal, sender and whom parents ask for help are set.")
        return
    means = {
        "portal.url": "the link in a letter leads nowhere",
        "mail.sender": "nobody can answer a letter",
        "school.help_contact": 'a letter says "ask the school office"',
    }
    yield Check(
        "config",
        Health.WRONG if "portal.url" in missing else Health.WARN,
        f"{join_and(missing)} {'is' if len(missing) == 1 else 'are'} not set: "
        f"{join_and([means[key] for key in missing])}.",
        "Set it in the config." if len(missing) == 1 else "Set them in the config.",
    )


def _service(examined: Examined) -> Iterator[Check]:
    if examined.settings.accounts.service != "scim":
        return
    from tui.services.open_scim import open_scim

    service = open_scim(examined.settings)
    try:
        sentence, known = service.check()
    finally:
        service.close()
    yield Check("service", Health.OK, sentence)
    for what in known:
        yield Check("service", Health.WARN, what, "docs/services.md says what that means.")


def _feeds(examined: Examined) -> Iterator[Check]:
    from tui.feeds import check_feed, configured

    for name in configured(examined.settings):
        try:
            yield Check(f"feed {name}", Health.OK, check_feed(name, examined.settings))
        except EngageError as error:
            yield failed(f"feed {name}", error)


def _templates(examined: Examined) -> Iterator[Check]:
    from tui.mail.open_transport import open_templates

    open_templates(examined.settings)
    own = examined.settings.mail.templates
    whose = f"worded as the templates in {clean(str(own))}" if own else "worded as shipped"
    yield Check("templates", Health.OK, f"The letters are {whose}.")


def _mail(examined: Examined) -> Iterator[Check]:
    from tui.mail.open_transport import open_transport
    from tui.mail.outbox import Outbox
    from tui.mail.smtp import SmtpTransport

    transport = open_transport(examined.settings, examined.register)
    if isinstance(transport, SmtpTransport):
        yield Check("mail", Health.OK, transport.check())
    elif isinstance(transport, Outbox):
        waiting = len(transport.list_messages())
        yield Check(
            "mail",
            Health.OK,
            f"Messages are put into the outbox {transport.folder}, for somebody to send on: "
            f"{plural(waiting, 'message')} there.",
        )


# A check may yield several findings, and none where there is nothing for it to look at.
CHECKS: tuple[Callable[[Examined], Iterator[Check]], ...] = (
    _register, _audit_chain, _config, _service, _feeds, _templates, _mail,
)  # fmt: skip
