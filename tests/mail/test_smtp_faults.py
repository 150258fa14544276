"""SMTP faults that no honest server makes: in every phase, what becomes of the message is known, or said not to be."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mail.servers import Scripted, Step, dribble, flood, silence, then_drop
from tests.mail.test_smtp import message
from tui.mail.smtp import Server, SmtpTransport
from tui.mail.transport import MailDeferred, MailError, MailRefused, MailUnavailable, MailUnknown
from tui.secret import Secret

PHASES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA")
BEFORE = ("connect", "EHLO", "AUTH")
PASSWORD = "never-to-be-seen"


class Pair:
    """A scripted server and the transport to it."""

    def __init__(self, server: Scripted, timeout: float) -> None:
        self.server = server
        self.transport = SmtpTransport(
            Server("127.0.0.1", server.port, "none", "office", timeout=timeout), lambda: Secret(PASSWORD)
        )

    def deliver(self, key: str = "k1") -> MailError | None:
        """What a delivery raised."""
        raised: MailError | None = None
        try:
            self.transport.deliver(message(key))
        except MailError as error:
            raised = error
        if raised:
            for private in ("mary", "home.example", "@", PASSWORD):
                assert private not in raised.what
        return raised


Play = Callable[..., Pair]


@pytest.fixture
def play() -> Iterator[Play]:
    made: list[Pair] = []

    def start(*scripts: dict[str, Step], timeout: float = 5) -> Pair:
        made.append(Pair(Scripted(*scripts), timeout))
        return made[-1]

    yield start
    for pair in made:
        pair.server.close()
        pair.transport.close()


def test_the_usual_way(play: Play) -> None:
    pair = play()
    assert pair.deliver() is None
    assert pair.server.texts == [message().content + b".\r\n"]
    assert [command.split()[0] for command in pair.server.commands] == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    assert "SIZE=" in pair.server.commands[2]
    pair.transport.close()


# Refusals in words


@pytest.mark.parametrize("phase", ["RCPT", "DATA", "text"])
@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        ("451 4.7.1 Greylisted", MailDeferred, "The mail server put it off (451 4.7.1 Greylisted)."),
        ("452 4.3.1 no space", MailDeferred, "The mail server put it off (452 4.3.1 no space)."),
        ("550 no", MailRefused, "The mail server refused it for good (550 no)."),
        ("552 too big", MailRefused, "The mail server refused it for good (552 too big)."),
        ("554-5.7.1 a\r\n554 5.7.1 b", MailRefused, "The mail server refused it for good (554 5.7.1 a b)."),
    ],
)
def test_a_refusal_in_words_is_the_messages_own(
    play: Play, phase: str, said: str, kind: type[MailError], what: str
) -> None:
    pair = play({phase: f"{said}\r\n"})
    for key in ("a", "b"):
        error = pair.deliver(key)
        assert type(error) is kind
        assert error.what == what
        assert error.means == "This message was not sent."
    assert pair.server.connections == 1
    assert len(pair.server.texts) == (2 if phase == "text" else 0)
    assert pair.server.commands.count("RSET") == (0 if phase == "text" else 1)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("451 later", MailDeferred),
        ("452 no space", MailDeferred),
        ("552 too big", MailRefused),
        ("550 no", MailUnavailable),
        ("553 not yours", MailUnavailable),
        ("530 log in first", MailUnavailable),
    ],
)
def test_a_sender_that_is_refused_is_no_fault_of_the_message(play: Play, said: str, kind: type[MailError]) -> None:
    pair = play({"MAIL": f"{said}\r\n"})
    assert type(pair.deliver()) is kind
    assert not pair.server.texts


@pytest.mark.parametrize("phase", BEFORE)
@pytest.mark.parametrize("said", ["421 busy", "451 later", "550 no", "535 no", "454 not now"])
def test_no_connection_and_no_login_is_nobodys_fault(play: Play, phase: str, said: str) -> None:
    pair = play({phase: f"{said}\r\n"})
    error = pair.deliver()
    assert type(error) is MailUnavailable
    assert said.partition(" ")[0] in error.what
    assert error.means == "Nothing was sent."
    assert not pair.server.texts


def test_what_the_server_says_is_told_without_anything_private(play: Play) -> None:
    pair = play(
        {
            "RCPT": "550-5.1.1 <mary@home.example> user mary\x1b[31m unknown at home.example (mary@home.example)\r\n"
            "550 5.1.1 see https://help.example/p?NoSuchUser a640c23a62f3a-a9f8b1 - gsmtp " + "x" * 300 + "\r\n"
        }
    )
    error = pair.deliver()
    assert error is not None
    assert error.what.startswith(
        "The mail server refused it for good (550 5.1.1 user unknown at see https://help.example/p?NoSuchUser - gsmtp"
    ), error.what
    assert len(error.what) < 200
    assert "\x1b" not in error.what


# 421 and lost connections before the text


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("step", ["421 4.3.2 closing\r\n", "drop"])
def test_before_the_text_a_connection_that_was_used_is_opened_anew(play: Play, phase: str, step: str) -> None:
    counted = []

    def second_time(server: Scripted) -> None:
        counted.append(1)
        server.do(phase, {phase: step if len(counted) == 2 else Scripted.USUAL[phase]})

    pair = play({phase: second_time})
    assert pair.deliver("a") is None
    assert pair.deliver("b") is None
    assert pair.deliver("c") is None
    assert len(pair.server.texts) == 3
    assert pair.server.connections == 2


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("step", ["421 4.3.2 closing\r\n", "drop", "garbage\r\n", "250", then_drop("250-half")])
def test_before_the_text_a_new_connection_that_is_lost_puts_the_message_off(play: Play, phase: str, step: Step) -> None:
    pair = play({phase: step, "text": "550 never reached\r\n"}, timeout=0.3)
    errors = [pair.deliver(key) for key in ("a", "b", "c")]
    assert {type(error) for error in errors} == {MailDeferred}
    assert len({error.what for error in errors if error}) == 1, "the same cause in the same words"
    assert not pair.server.texts
    assert type(pair.deliver("d")) is MailUnavailable, "by then it is the server, not the message"


def test_an_idle_connection_that_the_server_closed_is_opened_anew(play: Play) -> None:
    def hang_up(server: Scripted) -> None:
        server.do("text", {})
        server.do("text", {"text": "drop"})

    pair = play({"text": hang_up}, {})
    assert pair.deliver("a") is None
    assert pair.deliver("b") is None
    assert pair.server.connections == 2
    assert len(pair.server.texts) == 2


# From the text on


@pytest.mark.parametrize(
    "script",
    [
        {"mid-text": "drop"},
        {"text": "drop"},
        {"text": "garbage\r\n"},
        {"text": b"\xff\xfe\x00\r\n"},
        {"text": "25"},
        {"text": "250"},
        {"text": "199 what\r\n"},
        {"text": "600 what\r\n"},
        {"text": "354 go on\r\n"},
        {"text": "250-a\r\n550 b\r\n"},
        {"text": "250 " + "x" * 5000 + "\r\n"},
        {"text": "x" * 5000},
        {"text": then_drop("250-half\r\n")},
        {"text": silence},
        {"text": flood},
        {"text": dribble(b"2", 0.05)},
        {"text": dribble(b"250-more\r\n", 0.01)},
    ],
    ids=range(17),
)
def test_from_the_text_on_only_the_servers_word_counts(play: Play, script: dict[str, Step]) -> None:
    pair = play(script, {}, timeout=0.2)
    error = pair.deliver("a")
    assert type(error) is MailUnknown
    assert error.means == "Nobody knows whether it was sent; it is not sent again by itself."
    assert pair.server.connections == 1, "not sent again"


def test_after_a_message_of_unknown_fate_the_next_goes_over_a_new_connection(play: Play) -> None:
    pair = play({"text": "drop"}, {})
    assert type(pair.deliver("a")) is MailUnknown
    assert pair.deliver("b") is None
    assert pair.server.connections == 2


def test_a_server_that_loses_every_message_is_left_alone(play: Play) -> None:
    pair = play({"text": "drop"})
    assert [type(pair.deliver(key)) for key in "abcd"] == [MailUnknown, MailUnknown, MailUnknown, MailUnavailable]
    assert len(pair.server.texts) == 3


def test_leave_is_taken_after_the_text_with_an_answer(play: Play) -> None:
    pair = play({"text": "421 4.3.0 closing\r\n"}, {})
    assert type(pair.deliver("a")) is MailDeferred
    assert pair.deliver("b") is None


# Servers that waste time


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("step", [silence, dribble(b"2", 0.05), dribble(b"250-more\r\n", 0.01), flood])
def test_no_server_holds_a_job_for_ever(play: Play, phase: str, step: Step) -> None:
    pair = play({phase: step}, timeout=0.2)
    error = pair.deliver()
    assert type(error) is (MailUnavailable if phase in BEFORE else MailDeferred)
    assert not pair.server.texts


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("step", ["x" * 5000, "\r\n", "abc def\r\n", b"\0\0\0\r\n", "220" + "y" * 3000 + "\r\n"])
def test_answers_that_are_none(play: Play, phase: str, step: Step) -> None:
    pair = play({phase: step}, timeout=0.2)
    assert type(pair.deliver()) is (MailUnavailable if phase in BEFORE else MailDeferred)
    assert not pair.server.texts


# STARTTLS


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"EHLO": "250-x\r\n250 SIZE\r\n"}, "offers no STARTTLS"),
        ({"STARTTLS": "454 not now\r\n"}, "takes no mail now (454 not now)"),
        ({"STARTTLS": "220 go\r\n250-x\r\n250 AUTH PLAIN\r\n"}, "in the clear that must come under TLS only"),
        ({"STARTTLS": "drop"}, "closed the connection"),
        ({"STARTTLS": then_drop("220 go\r\n")}, "TLS"),
        ({"STARTTLS": "220 go\r\n", "x": ""}, "TLS"),
    ],
)
def test_nothing_is_said_in_the_clear(play: Play, script: dict[str, Step], said: str) -> None:
    if "x" in script:

        def speak_on(server: Scripted) -> None:
            server.connection.sendall(b"220 go\r\n")
            server.connection.recv(10)
            server.connection.sendall(b"250 this is no TLS\r\n")

        script = {"STARTTLS": speak_on}
    script = {"EHLO": "250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n"} | script
    pair = play(script, timeout=0.5)
    pair.transport = SmtpTransport(
        Server("127.0.0.1", pair.server.port, "starttls", "office", timeout=0.5), lambda: Secret(PASSWORD)
    )
    error = pair.deliver()
    assert type(error) is MailUnavailable
    if said == "TLS":
        assert "TLS" in error.what or "closed the connection" in error.what
    else:
        assert said in error.what
    assert not [command for command in pair.server.commands if command.startswith(("AUTH", "MAIL"))]


# The password


def test_the_password_is_asked_for_once_and_again_after_a_refusal() -> None:
    asked: list[int] = []

    def ask() -> Secret:
        asked.append(1)
        return Secret(PASSWORD)

    server = Scripted({"AUTH": "535 no\r\n"}, {"text": "421 bye\r\n"}, {})
    transport = SmtpTransport(Server("127.0.0.1", server.port, "none", "office", timeout=5), ask)
    with pytest.raises(MailUnavailable, match="refuses the login"):
        transport.deliver(message("a"))
    with pytest.raises(MailDeferred):
        transport.deliver(message("b"))
    transport.deliver(message("c"))
    assert len(asked) == 2
    transport.close()
    server.close()


def test_a_password_that_can_not_be_had_is_said_before_anything_is_connected(tmp_path: Path) -> None:
    from tui.secret import SecretSource, read_secret

    server = Scripted()
    source = SecretSource("mail server's password", "mail.smtp.password", "NOT_SET_HERE", file=tmp_path / "none")
    transport = SmtpTransport(Server("127.0.0.1", server.port, "none", "office"), lambda: read_secret(source))
    with pytest.raises(MailUnavailable, match="can't be read: No such file") as caught:
        transport.deliver(message())
    assert "mail.smtp.password_file" in caught.value.todo
    assert server.connections == 0
    server.close()


def test_a_login_of_two_steps(play: Play) -> None:
    steps = iter(["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 ok\r\n"])

    def ask(server: Scripted) -> None:
        for step in steps:
            server.connection.sendall(step.encode())
            if step.startswith("334"):
                server.commands.append(server.connection.recv(200).decode().strip())

    pair = play({"EHLO": "250-x\r\n250 AUTH=LOGIN\r\n", "AUTH": ask})
    assert pair.deliver() is None
    assert pair.server.commands[1:4] == ["AUTH LOGIN", "b2ZmaWNl", "bmV2ZXItdG8tYmUtc2Vlbg=="]


def test_a_server_that_knows_no_ehlo(play: Play) -> None:
    pair = play({"EHLO": "502 what\r\n", "HELO": "250 hello\r\n"})
    pair.transport = SmtpTransport(Server("127.0.0.1", pair.server.port, "none", timeout=5))
    assert pair.deliver() is None
    assert [command.split()[0] for command in pair.server.commands[:3]] == ["EHLO", "HELO", "MAIL"]
    assert "SIZE" not in pair.server.commands[2]


def test_an_interrupt_within_the_text_ends_the_connection(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = play({}, {})
    transport = pair.transport
    transport.deliver(message("a"))
    line = transport._line
    assert line is not None

    def interrupted(data: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        ask = line.ask

        def then_patch(command: str) -> object:
            reply = ask(command)
            if command == "DATA":
                patched.setattr(line, "send", interrupted)
            return reply

        patched.setattr(line, "ask", then_patch)
        with pytest.raises(KeyboardInterrupt):
            transport.deliver(message("b"))
    transport.deliver(message("c"))
    assert pair.server.connections == 2
    assert len(pair.server.texts) == 2
