"""SMTP against a real server: what arrives, over how many connections, with TLS verified and the login made."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.mail.servers import Inbox, real_server
from tui.mail.smtp import Server, SmtpTransport
from tui.mail.transport import MailRefused, MailUnavailable, Message, Transport
from tui.secret import Secret

EXPIRY = datetime(2026, 11, 28, 7, 5, tzinfo=UTC)
PASSWORD = "pässwort 1"


def message(key: str = "k1", recipient: str = "mary@home.example", text: str = "the link") -> Message:
    content = f"From: o@s.example\r\nTo: {recipient}\r\nSubject: Welcome\r\n\r\n{text}\r\n".encode("ascii")
    return Message(key, "office@school.example", recipient, content, f"<{key}@school.example>", EXPIRY)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def context_of(authority: trustme.CA, *names: str, **options: datetime) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)  # type: ignore[arg-type]
    return context


Open = Callable[..., SmtpTransport]


@pytest.fixture
def transport_to(ca_file: Path) -> Iterator[Open]:
    opened: list[SmtpTransport] = []

    def make(
        port: int, security: str = "starttls", *, trust: Path | None = ca_file, login: bool = False
    ) -> SmtpTransport:
        server = Server("localhost", port, security, "office" if login else "", trust, timeout=5)
        opened.append(SmtpTransport(server, lambda: Secret(PASSWORD)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def plain() -> Iterator[tuple[Inbox, int]]:
    with real_server() as server:
        yield server


def test_it_is_a_transport(transport_to: Open) -> None:
    transport: Transport = transport_to(25)
    assert transport.name == "mail server"
    assert transport.where is None
    assert transport.delivered("k1") is None
    transport.close()


def test_a_message_arrives_byte_for_byte(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    sent = message(text=".\r\n.. a line of dots\r\n.\r\n\r\nend")
    transport_to(port, "none").deliver(sent)
    (got,) = inbox.received
    assert got.content == sent.content
    assert got.sender == "office@school.example"
    assert got.recipients == ["mary@home.example"]


def test_many_messages_go_over_one_connection(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    transport = transport_to(port, "none")
    for number in range(30):
        transport.deliver(message(f"k{number}", f"p{number}@home.example"))
    assert [got.recipients for got in inbox.received] == [[f"p{number}@home.example"] for number in range(30)]
    assert inbox.connections == 1


def test_after_closing_it_opens_again(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    transport = transport_to(port, "none")
    for key in ("a", "b"):
        transport.deliver(message(key))
        transport.close()
    assert len(inbox.received) == inbox.connections == 2


def test_a_refused_recipient_does_not_harm_the_next(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    inbox.say_to_recipient["gone@home.example"] = "550 5.1.1 <gone@home.example>: no such user gone here"
    transport = transport_to(port, "none")
    for key in ("a", "b", "c"):
        with pytest.raises(MailRefused) as caught:
            transport.deliver(message(key, "gone@home.example"))
        assert caught.value.what == "The mail server refused it for good (550 5.1.1 no such user here)."
        transport.deliver(message(f"{key}2"))
    assert len(inbox.received) == 3
    assert inbox.connections == 1


@pytest.mark.parametrize("implicit", [False, True])
def test_under_tls_and_logged_in(authority: trustme.CA, transport_to: Open, implicit: bool) -> None:
    with real_server(context_of(authority, "localhost"), implicit=implicit, login=("office", PASSWORD)) as (
        inbox,
        port,
    ):
        transport = transport_to(port, "tls" if implicit else "starttls", login=True)
        transport.deliver(message("a"))
        transport.deliver(message("b"))
    assert [(got.tls, got.user) for got in inbox.received] == [(not implicit, "office")] * 2
    assert inbox.logins == [(b"office", PASSWORD.encode())]


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("name", "it is for another name"),
        ("expired", "it has expired"),
        ("future", "it is not valid yet"),
        ("stranger", "its authority is not known"),
    ],
)
def test_a_certificate_that_can_not_be_trusted(
    authority: trustme.CA, transport_to: Open, implicit: bool, which: str, said: str
) -> None:
    now = datetime.now(UTC)
    contexts = {
        "name": lambda: context_of(authority, "mail.elsewhere.example"),
        "expired": lambda: context_of(authority, "localhost", not_after=now - timedelta(days=1)),
        "future": lambda: context_of(
            authority, "localhost", not_before=now + timedelta(days=1), not_after=now + timedelta(days=2)
        ),
        "stranger": lambda: context_of(trustme.CA(), "localhost"),
    }
    with real_server(contexts[which](), implicit=implicit, login=("office", PASSWORD)) as (inbox, port):
        transport = transport_to(port, "tls" if implicit else "starttls", login=True)
        with pytest.raises(MailUnavailable) as caught:
            transport.deliver(message())
    assert caught.value.what == f"The mail server's certificate can't be trusted: {said}."
    assert caught.value.means == "Nothing was sent."
    assert not inbox.received
    assert not inbox.logins


def test_without_an_authority_of_ones_own_the_hosts_decide(authority: trustme.CA, transport_to: Open) -> None:
    with (
        real_server(context_of(authority, "localhost")) as (inbox, port),
        pytest.raises(MailUnavailable, match="its authority is not known"),
    ):
        transport_to(port, trust=None).deliver(message())
    assert not inbox.received


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_an_authority_that_can_not_be_read_is_said(tmp_path: Path, transport_to: Open, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MailUnavailable, match=r"mail\.smtp\.ca_file can't be used"):
        transport_to(25, trust=path).deliver(message())


def test_a_server_without_starttls_is_not_written_to(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    with pytest.raises(MailUnavailable, match="offers no STARTTLS") as caught:
        transport_to(port, login=True).deliver(message())
    assert "tls" in caught.value.todo
    assert not inbox.received


def test_tls_at_a_port_that_speaks_in_the_clear(plain: tuple[Inbox, int], transport_to: Open) -> None:
    _, port = plain
    with pytest.raises(MailUnavailable, match=r"does not speak TLS as it should|did not answer in time"):
        transport_to(port, "tls").deliver(message())


def test_a_wrong_password(authority: trustme.CA, transport_to: Open) -> None:
    with (
        real_server(context_of(authority, "localhost"), login=("office", "another")) as (inbox, port),
        pytest.raises(MailUnavailable, match=r"refuses the login \(535 5\.7\.8") as caught,
    ):
        transport_to(port, login=True).deliver(message())
    assert PASSWORD not in f"{caught.value}{caught.value.__context__}"
    assert not inbox.received


def test_a_server_that_offers_no_login(authority: trustme.CA, transport_to: Open) -> None:
    with (
        real_server(context_of(authority, "localhost"), login=("office", PASSWORD), hide_login=True) as (_, port),
        pytest.raises(MailUnavailable, match="offers no login that we know"),
    ):
        transport_to(port, login=True).deliver(message())


def test_a_server_that_wants_a_login_and_gets_none(authority: trustme.CA, transport_to: Open) -> None:
    with (
        real_server(context_of(authority, "localhost"), login=("office", PASSWORD)) as (inbox, port),
        pytest.raises(MailUnavailable, match=r"takes no mail from this sender \(530 5\.7\.0"),
    ):
        transport_to(port).deliver(message())
    assert not inbox.received


def test_nobody_listens(transport_to: Open) -> None:
    with pytest.raises(MailUnavailable, match="takes no connection at that port"):
        transport_to(1, "none").deliver(message())


def test_a_host_that_is_not_known() -> None:
    with pytest.raises(MailUnavailable, match=r"is not known by that name|can't be reached"):
        SmtpTransport(Server("nowhere.invalid", 25, "none", timeout=5)).deliver(message())


# The check, which sends nothing


def test_the_check_says_what_it_found(authority: trustme.CA, transport_to: Open) -> None:
    with real_server(context_of(authority, "localhost"), login=("office", PASSWORD)) as (inbox, port):
        said = transport_to(port, login=True).check()
    assert said == f"localhost:{port} answers under TLS 1.3, and takes the login of office."
    assert not inbox.received


def test_the_check_of_a_server_in_the_clear(plain: tuple[Inbox, int], transport_to: Open) -> None:
    inbox, port = plain
    assert transport_to(port, "none").check() == f"localhost:{port} answers, without a login."
    assert not inbox.received
