"""What the manager does with letters before any is sent: the very message that a parent would get, but for its link."""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from tui.domain.facts import AccountFacts
from tui.domain.gates import Verb
from tui.errors import NotFound, Refused
from tui.register import facts
from tui.register.database import Database
from tui.services.service import AccountService
from tui.settings import Settings
from tui.text import clean

if TYPE_CHECKING:
    from tui.mail.wording import Purpose

_NO_LINK = "the-one-time-link-is-made-when-it-is-sent"


class LetterVerbs:
    """The part of AccountManager that shows letters."""

    settings: Settings
    service: AccountService
    _database: Database
    _clock: Callable[[], datetime]

    def preview_letter(self, code: str, purpose: "Purpose" = "welcome") -> EmailMessage:
        """The letter that this contact would get now, to the byte but for the link, which is made when it is sent.

        Raises NotFound, Refused where the portal writes itself, ConfigError, and MailError when it can't be written.
        """
        person = facts.person_of(self._database, code)
        if person is None:
            raise NotFound(f"There is no contact {clean(code)}.", todo="See engage-accounts find.")
        if self.service.sends_own_mail:
            raise Refused(
                f"{self.service.system} sends its own email, and ours is not sent.",
                todo='Our letters are for accounts.service = "embedded".',
            )
        return self.letter_for(facts.gather(self._database, [person])[person], purpose=purpose)

    def letter_for(self, account: AccountFacts, *, purpose: "Purpose" = "welcome", greeting: str = "") -> EmailMessage:
        """The letter for an account, its link a placeholder. Raises MailError, ConfigError."""
        from tui.jobs import welcoming
        from tui.mail.letters import compose, opened
        from tui.mail.open_transport import open_templates

        letter = welcoming.letter(self.settings, account, Verb(purpose), "preview", _NO_LINK, self._clock(), greeting)
        return opened(compose(letter, open_templates(self.settings)))
