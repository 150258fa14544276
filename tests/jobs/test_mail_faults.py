"""Whole jobs of mail against a server that follows a script: put off, refused, dropped, garbage, no way in.

What the transport makes of each fault by itself is tested in tests/mail; here it is what becomes of the job, of its
messages and of the links in them.
"""

import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.jobs.test_running import ACTOR, YES, embedded_settings, states
from tests.mail.servers import Scripted, Step, dribble, flood, real_server
from tests.school import families
from tui.domain.gates import Verb
from tui.domain.retrying import WELCOME_PAUSES
from tui.errors import Refused
from tui.jobs import mailing
from tui.manager.manager import AccountManager
from tui.settings import Settings

CODES = ["P0011", "P0012", "P0013", "P0014"]
Script = dict[str, Step]


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **how: float) -> None:
        self.now += timedelta(**how)


@dataclass
class Case:
    """A school that is mailed: a manager and the server it is to use."""

    register: Path
    clock: Clock
    server: Scripted
    manager: AccountManager

    def rows(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.register)) as connection:
            return connection.execute(sql).fetchall()

    def welcome(self) -> Any:
        return self.manager.run(self.manager.plan(Verb.WELCOME, CODES), YES)

    def arrived(self) -> list[str]:
        """Who got a message that the server said yes to or kept silent about, in their order."""
        return [text.decode().partition("To: ")[2].partition("<")[2].partition(">")[0] for text in self.server.texts]

    def check(self) -> None:
        """No more than one live link each, and none without a message that may have arrived."""
        assert (
            self.rows("SELECT person FROM invitations WHERE token_hash IS NOT NULL GROUP BY 1 HAVING count(*) > 1")
            == []
        )
        assert self.rows(
            "SELECT 1 FROM invitations WHERE (token_hash IS NOT NULL) <> (state IN ('sent', 'unknown', 'sending'))"
        ) == []  # fmt: skip


Make = Callable[..., Case]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A school with P0011 to P0014 to be welcomed, through a server that follows these scripts."""
    from tui.feeds import open_feed

    monkeypatch.setattr(mailing, "UNAVAILABLE_PAUSES", (0.0, 0.0))
    made: list[Case] = []

    def build(*scripts: Script, timeout: float = 5, **smtp: Any) -> Case:
        server, clock = Scripted(*scripts), Clock()
        settings = with_smtp(embedded_settings(), server.port, timeout=timeout, **smtp)
        register = tmp_path / "register.sqlite3"
        school = families(40)
        for code in CODES:
            school.contacts[code]["username"] = ""
        manager = AccountManager(settings, register, create=True, actor=ACTOR, clock=clock)
        manager.import_roster(open_feed(school.write(tmp_path / "extract")))
        made.append(Case(register, clock, server, manager))
        return made[-1]

    yield build
    for case in made:
        case.manager.close()
        case.server.close()


def with_smtp(settings: Settings, port: int, *, timeout: float = 5, **smtp: Any) -> Settings:
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": timeout}
    return replace(
        settings,
        mail=replace(settings.mail, transport="smtp", sender="School <office@school.example>"),
        smtp=replace(settings.smtp, **usual | smtp),
    )


class EachIn:
    """A step that says something else to each message in turn, the last of them for ever."""

    def __init__(self, *said: str) -> None:
        self._said = list(said)

    def __call__(self, server: Scripted) -> None:
        said = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        server.said = said
        server.connection.sendall(said.encode())


def keep_silent(server: Scripted) -> None:
    """Say nothing until the other side has had enough."""
    while server.connection.recv(4096):
        pass


LATER = "451 4.7.1 greylisted\r\n"
OK = "250 OK\r\n"


# -- put off -----------------------------------------------------------------------------------------------------------


def test_what_is_put_off_is_sent_when_it_is_due_and_only_then(make: Make) -> None:
    case = make({"RCPT": EachIn(OK, LATER, OK, LATER, OK)})
    report = case.welcome()
    assert list(states(report).values()) == ["done", "deferred", "done", "deferred"]
    case.check()
    assert case.manager.flush() == [], "nothing is due yet"
    case.clock.go_on(minutes=4, seconds=59)
    assert case.manager.flush() == []
    case.clock.go_on(seconds=1)
    (flushed,) = case.manager.flush()
    assert set(states(flushed).values()) == {"done"}
    assert sorted(case.arrived()) == [f"{code.lower()}@families.example" for code in CODES]
    assert case.manager.flush() == []
    case.check()


def test_what_is_put_off_for_ever_is_given_up(make: Make) -> None:
    case = make({"RCPT": LATER})
    assert set(states(case.welcome()).values()) == {"deferred"}
    tries = 1
    for pause in WELCOME_PAUSES:
        case.clock.now += pause
        case.manager.flush()
        tries += 1
        case.check()
    assert tries == len(WELCOME_PAUSES) + 1
    report = case.manager.report(1)
    assert set(states(report).values()) == {"failed"}
    assert "given up" in report.outcomes[0].detail
    case.clock.go_on(days=30)
    before = len(case.server.commands)
    assert case.manager.flush() == []
    assert len(case.server.commands) == before
    assert case.rows("SELECT DISTINCT state FROM invitations") == [("failed",)]


def test_somebody_may_ask_for_it_before_it_is_due(make: Make) -> None:
    case = make({"RCPT": EachIn(LATER, OK)})
    assert list(states(case.welcome()).values()) == ["deferred", "done", "done", "done"]
    assert set(states(case.manager.resume(1)).values()) == {"done"}
    case.check()


def test_what_waits_is_not_sent_once_its_ground_is_gone(make: Make) -> None:
    case = make({"RCPT": EachIn(LATER, OK)})
    case.welcome()
    case.manager.hold("P0011", "ring first", kind="mail")
    case.clock.go_on(hours=1)
    case.manager.flush()
    assert "p0011@families.example" not in case.arrived()
    assert states(case.manager.report(1))["P0011"] == "skipped"
    case.check()


def test_a_clock_that_goes_back_delays_and_does_not_repeat(make: Make) -> None:
    case = make({"RCPT": EachIn(LATER, OK)})
    case.welcome()
    case.clock.go_on(days=-1)
    assert case.manager.flush() == []
    case.clock.go_on(days=2)
    case.manager.flush()
    assert sorted(case.arrived()) == [f"{code.lower()}@families.example" for code in CODES]
    case.check()


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["552 5.2.2 mailbox full\r\n", "550 5.1.1 no such user\r\n"])
def test_what_is_refused_is_final_and_grouped_by_its_cause(make: Make, said: str) -> None:
    case = make({"RCPT": EachIn(said, OK, said, OK)})
    report = case.welcome()
    assert list(states(report).values()) == ["failed", "done", "failed", "done"]
    causes = {outcome.detail for outcome in report.of("failed")}
    assert len(causes) == 1
    assert said[:9] in causes.pop()
    case.clock.go_on(days=2)
    assert case.manager.flush() == []
    with pytest.raises(Refused):
        case.manager.resume(1)
    case.check()
    assert case.manager.retry_plan(1).count == 2


# -- the line is lost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
def test_a_line_that_is_lost_before_the_text_loses_nothing(make: Make, phase: str) -> None:
    case = make({phase: "drop"}, {})
    report = case.welcome()
    # A fresh connection that is lost is no idle one: it is put off, and the others go out.
    assert set(states(report).values()) <= {"done", "deferred"}
    case.clock.go_on(hours=1)
    case.manager.flush()
    assert set(states(case.manager.report(1)).values()) == {"done"}
    assert sorted(case.arrived()) == [f"{code.lower()}@families.example" for code in CODES]
    case.check()


@pytest.mark.parametrize("phase", ["mid-text", "text"])
def test_a_line_that_is_lost_after_the_text_waits_for_a_person(make: Make, phase: str) -> None:
    case = make({phase: "drop"}, {})
    report = case.welcome()
    assert list(states(report).values()) == ["unknown", "done", "done", "done"]
    case.check()
    case.clock.go_on(days=1)
    assert case.manager.flush() == []
    with pytest.raises(Refused):
        case.manager.resume(1)
    assert sum(who.startswith("p0011@") for who in case.arrived()) == (phase == "text")
    (unknown,) = case.manager.invitations(["unknown"])
    case.manager.settle(unknown.id, sent=False)
    case.check()
    again = case.manager.run(case.manager.plan(Verb.WELCOME, ["P0011"]), YES)
    assert set(states(again).values()) == {"done"}
    case.check()


def test_what_a_person_says_was_sent_lives(make: Make) -> None:
    case = make({"text": "drop"}, {})
    case.welcome()
    (unknown,) = case.manager.invitations(["unknown"])
    assert case.manager.settle(unknown.id, sent=True).state == "sent"
    assert states(case.manager.report(1))["P0011"] == "done"
    with pytest.raises(Refused):
        case.manager.settle(unknown.id, sent=False)
    case.check()


def test_a_server_that_always_hangs_up_after_the_text_stops_the_job(make: Make) -> None:
    case = make({"text": "drop"})
    report = case.welcome()
    assert list(states(report).values()) == ["unknown", "unknown", "unknown", "pending"]
    assert report.stopped
    assert "in a row" in report.stopped_why
    case.check()


@pytest.mark.parametrize(
    ("phase", "step"),
    [
        ("connect", keep_silent),
        ("connect", dribble(b"2", 0.05)),
        ("connect", "hello there\r\n"),
        ("EHLO", flood),
        ("EHLO", b"\xff\xfe\x00 250\r\n"),
        ("connect", "421 too busy\r\n"),
        ("connect", "554 no service\r\n"),
        ("connect", "drop"),
    ],
    ids=["silent", "slow", "garbage", "endless", "binary", "busy", "closed", "gone"],
)
def test_a_server_that_can_not_be_used_stops_the_job_and_fails_nothing(make: Make, phase: str, step: Step) -> None:
    bad: Script = {phase: step}
    case = make(bad, bad, bad, {}, timeout=0.3)
    report = case.welcome()
    assert set(states(report).values()) == {"pending"}
    assert report.stopped
    assert report.stopped_why
    assert case.rows("SELECT 1 FROM invitations WHERE token_hash IS NOT NULL") == []
    assert "stopped at 0 of 4" in " ".join(case.manager.overview().warnings)
    assert set(states(case.manager.resume(1)).values()) == {"done"}
    assert case.arrived() == [f"{code.lower()}@families.example" for code in CODES]
    case.check()


@pytest.mark.parametrize(
    ("phase", "step"), [("text", keep_silent), ("text", dribble(b"250-", 0.05)), ("text", "what\r\n")],
    ids=["silent", "slow", "garbage"],
)  # fmt: skip
def test_an_answer_to_the_text_that_never_comes_is_unknown(make: Make, phase: str, step: Step) -> None:
    case = make({phase: step}, {}, timeout=0.2)
    assert list(states(case.welcome()).values()) == ["unknown", "done", "done", "done"]
    assert len(case.arrived()) == len(set(case.arrived())) == 4
    case.check()


# -- no way in ---------------------------------------------------------------------------------------------------------


def test_a_wrong_password_stops_the_job_and_the_right_one_goes_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: Script = {"AUTH": "535 5.7.8 bad credentials\r\n"}
    case = make(refused, refused, refused, {}, user="office")
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SMTP_PASSWORD", "wrong")
    report = case.welcome()
    assert set(states(report).values()) == {"pending"}
    assert "refuses the login" in report.stopped_why
    assert "wrong" not in report.stopped_why
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SMTP_PASSWORD", "right")
    assert set(states(case.manager.resume(1)).values()) == {"done"}
    case.check()


def test_a_certificate_that_can_not_be_trusted_stops_the_job(make: Make, tmp_path: Path) -> None:
    case = make()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with real_server(context) as (inbox, port):
        case.manager.settings = with_smtp(embedded_settings(), port, security="starttls")
        report = case.welcome()
        assert set(states(report).values()) == {"pending"}
        assert "certificate can't be trusted" in report.stopped_why
        assert inbox.received == []
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        case.manager.settings = with_smtp(
            embedded_settings(), port, security="starttls", ca_file=tmp_path / "authority.pem"
        )
        assert set(states(case.manager.resume(1)).values()) == {"done"}
        assert [one.recipients for one in inbox.received] == [[f"{code.lower()}@families.example"] for code in CODES]
        assert all(one.tls for one in inbox.received)
    case.check()


def test_a_server_that_goes_in_the_middle_leaves_the_rest_to_be_sent(make: Make) -> None:
    gone: Script = {"connect": "drop"}
    case = make({"MAIL": EachIn(OK, OK, "421 4.3.2 going down\r\n")}, gone, gone, gone, {})
    report = case.welcome()
    assert list(states(report).values()) == ["done", "done", "pending", "pending"]
    assert set(states(case.manager.resume(1)).values()) == {"done"}
    assert case.arrived() == [f"{code.lower()}@families.example" for code in CODES]
    case.check()


def test_two_flushes_at_once_send_each_once(make: Make) -> None:
    case = make({"RCPT": EachIn(LATER, LATER, LATER, LATER, OK)})
    assert set(states(case.welcome()).values()) == {"deferred"}
    case.clock.go_on(hours=1)
    colleague = AccountManager(case.manager.settings, case.register, actor=ACTOR, clock=case.clock)
    # One mail server, one connection at a time: whoever comes second waits for it.
    threads = [threading.Thread(target=manager.flush) for manager in (case.manager, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    colleague.close()
    assert sorted(case.arrived()) == [f"{code.lower()}@families.example" for code in CODES]
    case.check()
