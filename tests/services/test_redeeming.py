"""Accepting an invitation: once, in time, while its ground stands; and what may be chosen."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.letters import token_in
from tests.school import families
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.register import audit
from tui.register.database import Database
from tui.services.redeeming import Redeemer
from tui.settings import Settings

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
YES = Confirmation(yes=True)
GOOD = "correct horse battery"


class School:
    """A school whose P0001 waits to be welcomed and whose P0002 has an account."""

    def __init__(self, register: Path, folder: Path) -> None:
        self.now = NOW
        self.register = register
        school = families(10)
        school.contacts["P0001"]["username"] = ""
        settings = Settings()
        settings = replace(settings, accounts=replace(settings.accounts, service="embedded"))
        self.manager = AccountManager(
            settings, register, create=True, actor=Actor("kim", "local"), clock=lambda: self.now
        )
        self.manager.import_roster(open_feed(school.write(folder)))
        self.database = Database(register)
        self.redeemer = Redeemer(self.database, lambda: self.now, future_counts=False)

    def link(self, verb: Verb, code: str) -> str:
        """Send a message and take the token from it."""
        before = set(self.outbox())
        report = self.manager.run(self.manager.plan(verb, [code]), YES)
        assert len(report.of("done")) == 1, report
        (path,) = set(self.outbox()) - before
        return token_in(path, verb)

    def outbox(self) -> list[Path]:
        return list((self.register.parent / "outbox").glob("*.eml"))

    def rows(self, sql: str) -> list[Any]:
        connection = sqlite3.connect(self.register)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def refused(self, token: str, username: str = "kate.new", password: str = GOOD) -> str:
        with pytest.raises(Refused) as error:
            self.redeemer.redeem(token, username, password)
        return str(error.value)


@pytest.fixture
def school(register: Path, tmp_path: Path) -> Iterator[School]:
    made = School(register, tmp_path / "extract")
    yield made
    made.manager.close()
    made.database.close()


NOT_VALID = "This link is not valid, or not valid any more."


def test_a_parent_chooses_a_username_and_a_password(school: School) -> None:
    token = school.link(Verb.WELCOME, "P0001")
    assert school.redeemer.redeem(token, "Kate.New", GOOD) == ("P0001", "Kate.New")
    ((username, key, password),) = school.rows(
        "SELECT username, username_key, password_hash FROM accounts WHERE person = 4"
    )
    assert (username, key) == ("Kate.New", "kate.new")
    assert password.startswith("$argon2id$")
    assert PasswordHasher().verify(password, GOOD)
    assert school.manager.why("P0001").facts.status == "active"
    assert school.rows("SELECT state, token_hash FROM invitations") == [("accepted", None)]
    told = school.rows("SELECT operator, subject, detail FROM audit WHERE action = 'welcome accepted'")
    assert [(by, code) for by, code, _ in told] == [("(parent)", "P0001")]
    assert GOOD not in str(told)
    assert token not in str(told)
    assert audit.first_broken(school.database) is None


def test_a_link_works_once(school: School) -> None:
    token = school.link(Verb.WELCOME, "P0001")
    school.redeemer.redeem(token, "kate.new", GOOD)
    assert NOT_VALID in school.refused(token, "", "another password")
    assert PasswordHasher().verify(school.rows("SELECT password_hash FROM accounts WHERE person = 4")[0][0], GOOD)


@pytest.mark.parametrize(("verb", "code", "lives"), [
    (Verb.WELCOME, "P0001", timedelta(days=7)), (Verb.RESET, "P0002", timedelta(hours=1)),
])  # fmt: skip
def test_a_link_works_in_time(school: School, verb: Verb, code: str, lives: timedelta) -> None:
    token = school.link(verb, code)
    school.now = NOW + lives
    assert NOT_VALID in school.refused(token, "")
    assert school.rows("SELECT reason FROM audit WHERE action LIKE '% link refused'")[0][0].startswith(
        "this link expired"
    )
    school.now = NOW + lives - timedelta(seconds=1)
    school.redeemer.redeem(token, "kate.new" if verb is Verb.WELCOME else "", GOOD)


def test_a_newer_link_voids_the_older(school: School) -> None:
    first = school.link(Verb.WELCOME, "P0001")
    second = school.link(Verb.WELCOME, "P0001")
    assert NOT_VALID in school.refused(first)
    school.redeemer.redeem(second, "kate.new", GOOD)


@pytest.mark.parametrize("ground", ["hold", "revoke", "email", "left"])
def test_a_link_dies_with_its_ground(school: School, ground: str, tmp_path: Path) -> None:
    token = school.link(Verb.RESET, "P0002")
    if ground == "hold":
        school.manager.hold("P0002", "custody", kind="mail")
    elif ground == "revoke":
        school.manager.run(school.manager.plan(Verb.REVOKE, ["P0002"], reason="asked to"), YES)
    else:
        changed = families(10)
        changed.contacts["P0001"]["username"] = ""
        if ground == "email":
            changed.contacts["P0002"]["email"] = "new@home.example"
        else:
            changed.leave("S0002")
        school.manager.import_roster(open_feed(changed.write(tmp_path / "later")))
    assert NOT_VALID in school.refused(token, "")


def test_a_reset_changes_the_password_alone(school: School) -> None:
    token = school.link(Verb.RESET, "P0002")
    assert "stays as it is" in school.refused(token, "someone.else")
    assert school.redeemer.redeem(token, "", GOOD) == ("P0002", "user.p0002")


def test_what_can_not_be_chosen_leaves_the_link_working(school: School) -> None:
    token = school.link(Verb.WELCOME, "P0001")
    assert "is taken" in school.refused(token, "USER.P0003")
    assert "at least 10" in school.refused(token, "kate.new", "short")
    assert "username" in school.refused(token, "kate.new", "kate.new-1234")
    assert school.rows("SELECT state FROM invitations") == [("sent",)]
    school.redeemer.redeem(token, "kate.new", GOOD)


def test_who_tries_out_tokens_learns_nothing(school: School) -> None:
    token = school.link(Verb.WELCOME, "P0001")
    school.manager.hold("P0001", "custody", kind="mail")
    answers = {school.refused(one) for one in (token, token[:-1], "", "\ud800", "x" * 10_000)}
    assert len(answers) == 1


def test_an_unknown_message_may_have_arrived(school: School) -> None:
    token = school.link(Verb.WELCOME, "P0001")
    connection = sqlite3.connect(school.register)
    with connection:
        connection.execute("UPDATE invitations SET state = 'unknown'")
    connection.close()
    school.redeemer.redeem(token, "kate.new", GOOD)
    assert school.rows("SELECT state FROM invitations") == [("accepted",)]


def test_two_at_the_same_moment_are_one(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the one is hashing her password, another uses the same link."""
    token = school.link(Verb.WELCOME, "P0001")
    other = Redeemer(Database(school.register), lambda: school.now, future_counts=False)
    hash_password = PasswordHasher.hash

    def slowly(hasher: PasswordHasher, password: str) -> str:
        monkeypatch.setattr(PasswordHasher, "hash", hash_password)
        other.redeem(token, "the.first", GOOD)
        return hasher.hash(password)

    monkeypatch.setattr(PasswordHasher, "hash", slowly)
    assert NOT_VALID in school.refused(token, "the.second")
    assert school.rows("SELECT username FROM accounts WHERE person = 4") == [("the.first",)]
