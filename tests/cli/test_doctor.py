"""`doctor`: what is wrong is found and can be mended; a test message goes out on request and no other does."""

import json
import sqlite3
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.mail.servers import Scripted, real_server
from tests.running import Result, Run
from tests.school import SchoolFiles
from tui.errors import ExitCode
from tui.manager import doctoring
from tui.manager.doctoring import Check, Examined, Health, examine

EMBEDDED = (
    '[accounts]\nservice = "embedded"\n[portal]\nurl = "https://portal.school.example"\n'
    '[school]\nname = "Example School"\nhelp_contact = "the office"\n'
)
Configure = Callable[[str], Path]


def smtp(port: int, host: str = "localhost") -> str:
    return (
        f'{EMBEDDED}[mail]\ntransport = "smtp"\nsender = "Example School <office@school.example>"\n'
        f'[mail.smtp]\nhost = "{host}"\nport = {port}\nsecurity = "none"\ntimeout_seconds = 5\n'
    )


def checks(result: Result) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in result.json()["checks"]}


def audited(register: Path) -> list[tuple[str, dict[str, Any]]]:
    with sqlite3.connect(register) as connection:
        rows = connection.execute("SELECT subject, detail FROM audit WHERE action = 'mail test'").fetchall()
    connection.close()
    return [(subject, json.loads(detail)) for subject, detail in rows]


def test_all_is_well(cli: Run, imported: SchoolFiles, configure: Configure) -> None:
    with real_server() as (inbox, port):
        configure(smtp(port))
        result = cli("doctor", "--json")
        assert result.code == 0, result
        assert {name: check["health"] for name, check in checks(result).items()} == {
            "register": "ok", "register modes": "ok", "audit chain": "ok", "config": "ok", "templates": "ok",
            "mail": "ok",
        }  # fmt: skip
        assert f"localhost:{port} answers, without a login." in result.out
        text = cli("doctor").out
    assert text.endswith("\n\nAll is well.\n")
    assert not inbox.received, "nothing is sent"


def test_the_portals_own_mail_needs_no_settings(cli: Run, imported: SchoolFiles) -> None:
    result = cli("doctor")
    assert result.code == 0
    assert "SEQTA Engage writes to the parents itself; our own mail is not used." in result.out


def test_without_anything_it_says_where_to_begin(cli: Run, state: Path) -> None:
    result = cli("doctor")
    assert result.code == ExitCode.SOME_FAILED
    assert "wrong  register   There is no register at" in result.out
    assert "engage-accounts import DIR" in result.out
    assert "templates" in result.out, "what needs no register is looked at all the same"
    assert not state.exists(), "looking makes nothing"


def test_a_config_that_can_not_be_read(cli: Run, imported: SchoolFiles, configure: Configure) -> None:
    configure("[mial]\n")
    result = cli("doctor")
    assert result.code == ExitCode.SOME_FAILED
    assert "mial: there is no such key" in result.out


def test_what_is_not_set_is_named_with_what_it_means(cli: Run, imported: SchoolFiles, embedded: Path) -> None:
    result = cli("doctor")
    assert result.code == ExitCode.SOME_FAILED
    assert (
        "portal.url, mail.sender and school.help_contact are not set: the link in a letter leads nowhere" in result.out
    )
    assert "1 thing is wrong." in result.out


def test_a_sender_that_is_missing_is_a_warning(cli: Run, imported: SchoolFiles, configure: Configure) -> None:
    configure(EMBEDDED)
    result = cli("doctor")
    assert result.code == 0
    assert "warn   config          mail.sender is not set: nobody can answer a letter." in result.out
    assert result.out.endswith("1 warning.\n")


def test_a_broken_chain(cli: Run, imported: SchoolFiles, register: Path) -> None:
    with sqlite3.connect(register) as connection:
        connection.execute("UPDATE audit SET reason = 'other' WHERE id = 1")
    connection.close()
    result = cli("doctor", "--json")
    assert result.code == ExitCode.SOME_FAILED
    assert checks(result)["audit chain"]["health"] == "wrong"


def test_modes(cli: Run, imported: SchoolFiles, register: Path) -> None:
    register.chmod(0o660)
    said = checks(cli("doctor", "--json", "--read-only"))["register modes"]
    assert (said["health"], said["todo"]) == ("warn", f"Run: chmod go-rwx {register}")
    register.chmod(0o604)
    assert "everybody on this host" in checks(cli("doctor", "--json", "--read-only"))["register modes"]["sentence"]
    register.chmod(0o600)
    register.parent.chmod(0o777)
    assert checks(cli("doctor", "--json"))["register modes"]["health"] == "wrong"


def test_what_others_could_read_until_now_is_told(cli: Run, imported: SchoolFiles, register: Path) -> None:
    """Opening closes the register to others; that they could is worth knowing all the same."""
    register.chmod(0o644)
    said = checks(cli("doctor", "--json", "--read-only"))["register modes"]["sentence"]
    assert said == "The register can be read by everybody on this host."
    said = checks(cli("doctor", "--json"))["register modes"]["sentence"]
    assert said.startswith(
        "The register can be read by its group, which no setting names. Everybody on this host could,"
    )
    register.chmod(0o604)
    told = checks(cli("doctor", "--json"))["register modes"]
    assert told["health"] == "warn"
    assert told["sentence"].startswith("Nobody else on this host can read the register. Everybody on this host could,")
    assert checks(cli("doctor", "--json"))["register modes"]["health"] == "ok"


def test_templates_that_can_not_be_used(cli: Run, imported: SchoolFiles, configure: Configure, tmp_path: Path) -> None:
    configure(f'{EMBEDDED}[mail]\ntemplates = "{tmp_path}"\n')
    (tmp_path / "welcome.txt").write_text("Dear $parent\n$link\n")
    said = checks(cli("doctor", "--json"))["templates"]
    assert said["health"] == "wrong"
    assert "welcome.txt has an unknown placeholder: $parent (line 1)" in said["sentence"]
    (tmp_path / "welcome.txt").write_text("$link\n")
    assert f"worded as the templates in {tmp_path}" in checks(cli("doctor", "--json"))["templates"]["sentence"]


def test_a_mail_server_that_is_not_there(cli: Run, imported: SchoolFiles, configure: Configure, register: Path) -> None:
    configure(smtp(1))
    result = cli("doctor", "--send-test", "kim@school.example")
    assert result.code == ExitCode.SOME_FAILED
    assert "The mail server takes no connection at that port." in result.out
    assert "It was not sent: what is wrong comes first." in result.out
    assert not audited(register)


def test_an_outbox_that_can_not_be_used(cli: Run, imported: SchoolFiles, configure: Configure, state: Path) -> None:
    configure(EMBEDDED)
    (state / "outbox").write_text("")
    assert "is not a folder of its own" in checks(cli("doctor", "--json"))["mail"]["sentence"]


# The test message


def test_a_test_message_is_sent_and_audited_without_the_address(
    cli: Run, imported: SchoolFiles, configure: Configure, register: Path
) -> None:
    with real_server() as (inbox, port):
        configure(smtp(port))
        result = cli("doctor", "--send-test", "kim@school.example")
    assert result.code == 0, result
    assert "The test message was handed to the mail server." in result.out
    (got,) = inbox.received
    assert got.recipients == ["kim@school.example"]
    message = message_from_bytes(got.content, policy=default)
    assert message["Subject"] == "A test message of Example School"
    assert "http" not in str(message)
    assert audited(register) == [("school.example", {"transport": "mail server", "what": "handed to the mail server"})]
    assert b"kim@school.example" not in register.read_bytes()


def test_a_test_message_to_the_outbox_stays_there_for_a_day(
    cli: Run, imported: SchoolFiles, configure: Configure, state: Path
) -> None:
    configure(EMBEDDED)
    result = cli("doctor", "--send-test", "kim@school.example", "--json")
    assert result.json()["test_message"] == f"The test message was handed to the outbox: {state / 'outbox'}."
    cli("status")
    assert len(list((state / "outbox").glob("test-*.eml"))) == 1


def test_a_test_message_that_is_refused_is_audited_too(
    cli: Run, imported: SchoolFiles, configure: Configure, register: Path
) -> None:
    server = Scripted({"RCPT": "550 5.1.1 <kim@school.example> unknown\r\n"})
    configure(smtp(server.port, "127.0.0.1"))
    result = cli("doctor", "--send-test", "kim@school.example")
    server.close()
    assert result.code == ExitCode.SOME_FAILED
    assert "refused it for good (550 5.1.1 unknown)" in result.err
    ((subject, detail),) = audited(register)
    assert subject == "school.example"
    assert detail["what"] == "The mail server refused it for good (550 5.1.1 unknown)."


@pytest.mark.parametrize(("address", "options"), [("kim", ()), ("a@b.example, c@d.example", ())])
def test_an_address_that_can_not_be_used(
    cli: Run, imported: SchoolFiles, configure: Configure, state: Path, address: str, options: tuple[str, ...]
) -> None:
    configure(EMBEDDED)
    assert cli("doctor", "--send-test", address, *options).code == ExitCode.REFUSED
    assert not (state / "outbox").exists()


def test_a_read_only_session_sends_none(cli: Run, imported: SchoolFiles, configure: Configure, state: Path) -> None:
    configure(EMBEDDED)
    assert cli("--read-only", "doctor", "--send-test", "kim@school.example").code == ExitCode.REGISTER
    assert not (state / "outbox").exists()


def test_a_check_of_ones_own_can_be_added(
    imported: SchoolFiles, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.errors import ServiceError
    from tui.settings import Settings

    def _the_service(examined: Examined) -> Any:
        yield Check("service", Health.OK, "It answers.")
        raise ServiceError("It does not answer.", means="No account can be changed.", todo="Ask who runs it.")

    monkeypatch.setattr(doctoring, "CHECKS", (_the_service,))
    assert list(examine(Examined(Settings(), register, None, True))) == [
        Check("service", Health.OK, "It answers."),
        Check("the service", Health.WRONG, "It does not answer. No account can be changed.", "Ask who runs it."),
    ]
