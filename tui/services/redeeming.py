"""Accepting an invitation: a parent has opened her one-time link, and chooses a username and a password.

What a page for parents will call. Where accounts live elsewhere, their keeper is told first, and then the register. A
link works once, until it runs out, and only while what it rests on stands: that is asked again here. The username is
hers for good once chosen; a reset changes the password alone.
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from tui.domain.actor import Actor
from tui.domain.credentials import why_no_password, why_no_username
from tui.domain.facts import AccountFacts
from tui.domain.gates import Decision
from tui.domain.redeeming import LinkFacts, redeem_gate
from tui.errors import Refused
from tui.register import accounts, audit, facts, invitations
from tui.register.database import Connection, Database
from tui.register.invitations import Link
from tui.services.tokens import hash_token

_NOT_VALID = "This link is not valid, or not valid any more."
_TODO = "Ask the school for a new one."


class Redeemed(NamedTuple):
    """Whose link it was, and the username that she logs in with from now on."""

    code: str
    username: str


@runtime_checkable
class Keeper(Protocol):
    """A service elsewhere that keeps usernames and passwords."""

    def give(self, facts: AccountFacts, username: str, password: str) -> None:
        """Set what a parent has chosen, and let her in. Raises Refused for what can't be chosen, ServiceError."""
        ...

    def take_back(self, facts: AccountFacts, username: str) -> None:
        """Close again what `give` has opened. Raises ServiceError."""
        ...


class Redeemer:
    """Redeems links. Without a `keeper` the register keeps the accounts itself. `origin` says where the request came
    from, for the audit; it is not a person's name."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        future_counts: bool,
        origin: str = "portal",
        keeper: Keeper | None = None,
    ) -> None:
        self._database = database
        self._keeper = keeper
        self._clock = clock
        self._future_counts = future_counts
        self._actor = Actor("(parent)", origin)

    def redeem(self, token: str, username: str, password: str) -> Redeemed:
        """Use a link. `username` is "" where she has one already.

        Raises ServiceError when the keeper of the accounts can't do it now, and Refused, with one sentence for every
        link that does not work: who tries out links learns nothing. What is wrong with a username or a password is said
        as it is, and the link works on.
        """
        token_hash = hash_token(token)
        link, account = self._asked(self._database.connection, token_hash)
        chosen = self._check(self._database.connection, link, account, username, password)
        # Before the transaction: it takes a while, and nobody else should wait for it.
        if self._keeper is None:
            from argon2 import PasswordHasher

            return self._accept(token_hash, username, password, PasswordHasher().hash(password))
        self._keeper.give(account, chosen, password)
        try:
            return self._accept(token_hash, username, password, None)
        except Refused:
            # Revoked or held in that very while: what was opened is closed again. Opened twice by her own clicks, it
            # stays as it is.
            with self._database.errors():
                person = facts.person_of(self._database, account.code)
            if person is None or not facts.gather(self._database, [person])[person].has_account:
                self._keeper.take_back(account, chosen)
            raise

    def _accept(self, token_hash: bytes, username: str, password: str, password_hash: str | None) -> Redeemed:
        with self._database.transaction() as connection:
            # Somebody may have used it, or revoked the account, in that while.
            link, account = self._asked(connection, token_hash)
            chosen = self._check(connection, link, account, username, password)
            at = self._clock().isoformat()
            if not invitations.accept(connection, link.id, at):
                raise Refused(_NOT_VALID, todo=_TODO)
            invitations.void(connection, link.person, at, "another link was used")
            before = accounts.state(connection, link.person)
            accounts.set_credentials(
                connection, link.person, chosen, password_hash, at, future_counts=self._future_counts
            )
            audit.append(
                connection,
                self._actor,
                at,
                f"{link.purpose} accepted",
                subject=link.code,
                detail={
                    "before": {"username": before.username, "password": before.has_password},
                    "after": {"username": chosen, "password": True},
                },
            )
        return Redeemed(link.code, chosen)

    def _asked(self, connection: Connection, token_hash: bytes) -> tuple[Link, AccountFacts]:
        with self._database.errors():
            link = invitations.of_token(connection, token_hash)
        # Found by an index, and compared in constant time all the same.
        if link is None or not hmac.compare_digest(link.token_hash, token_hash):
            raise Refused(_NOT_VALID, todo=_TODO)
        account = facts.gather(self._database, [link.person])[link.person]
        given = LinkFacts(link.state, link.email, datetime.fromisoformat(link.expires_at))
        verdict = redeem_gate(given, account, self._clock())
        if verdict.decision is not Decision.ACT or (link.purpose == "reset" and not account.username):
            self._refused(connection, link, verdict.sentence or "there is no account to set a password for")
            raise Refused(_NOT_VALID, todo=_TODO)
        return link, account

    def _check(self, connection: Connection, link: Link, account: AccountFacts, username: str, password: str) -> str:
        """The username that stands from now on. Raises Refused for what can't be chosen."""
        if account.username and username not in ("", account.username):
            raise Refused("The username stays as it is.", todo="Leave it out, or write it as it is.")
        chosen = account.username or username
        if not account.username:
            with self._database.errors():
                holder = accounts.holder_of(connection, chosen)
            if why := why_no_username(chosen, holder, link.person):
                raise Refused(f"This username can't be taken: {why}.", todo="Choose another.")
        about = (account.name, account.given_name, chosen, account.email.partition("@")[0])
        if why := why_no_password(password, about=about):
            raise Refused(f"This password can't be taken: {why}.", todo="Choose another.")
        return chosen

    def _refused(self, connection: Connection, link: Link, why: str) -> None:
        """A link of ours that does not work any more was tried: kept, for whoever asks why she can't log in."""
        if connection.in_transaction:
            return
        with self._database.transaction() as writing:
            at = self._clock().isoformat()
            audit.append(writing, self._actor, at, f"{link.purpose} link refused", subject=link.code, reason=why)
