"""invitations: what became of each message, settling, sending again, and what came back."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import SchoolFiles
from tui.errors import ExitCode

TakeIn = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("embedded")


def change(register: Path, sql: str) -> None:
    connection = sqlite3.connect(register)
    with connection:
        connection.execute(sql)
    connection.close()


def key_of(register: Path) -> str:
    connection = sqlite3.connect(register)
    (key,) = connection.execute("SELECT attempt_key FROM invitations").fetchone()
    connection.close()
    return str(key)


def report(folder: Path, key: str, action: str) -> Path:
    """A delivery report as RFC 3464 has it, about the message with this key."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{action}.eml"
    path.write_text(
        "From: MAILER-DAEMON@relay.example\nTo: office@school.example\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; somebody@home.example\nAction: {action}\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 no such mailbox\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{key}@school.example>\n\n--b--\n"
    )
    return path


def test_nothing_was_sent_yet(cli: Run, imported: SchoolFiles) -> None:
    assert cli("invitations").out == "No invitations.\n"


def test_what_was_sent_is_listed(cli: Run, imported: SchoolFiles) -> None:
    cli("welcome", "P0005", "--yes")
    shown = cli("invitations").out
    assert "P0005" in shown
    assert "link until" in shown
    (entry,) = cli("invitations", "--json").json()
    assert (entry["number"], entry["code"], entry["purpose"], entry["state"]) == (1, "P0005", "welcome", "sent")
    assert cli("invitations", "--state", "failed").out == "No invitations.\n"
    assert cli("invitations", "--code", "P0005", "--json").json() == [entry]
    assert cli("invitations", "--expiring").out == "No invitations.\n", "there is a week left"


def test_an_unknown_one_is_settled_by_a_person(cli: Run, imported: SchoolFiles, register: Path) -> None:
    cli("welcome", "P0005", "--yes")
    change(register, "UPDATE invitations SET state = 'unknown'")
    change(register, "UPDATE items SET state = 'unknown'")
    assert "engage-accounts invitations settle NUMBER" in cli("invitations").out
    assert cli("invitations", "settle", "1").code == ExitCode.USAGE
    result = cli("invitations", "settle", "1", "--not-sent")
    assert "P0005: the welcome counts as not sent. Send it again with: engage-accounts welcome P0005" in result.out
    assert cli("invitations", "settle", "1", "--sent").code == ExitCode.REFUSED
    assert cli("invitations", "settle", "2", "--sent").code == ExitCode.NOT_FOUND
    assert cli("jobs", "1", "--json").json()["counts"]["failed"] == 1


def test_it_is_sent_again_by_the_same_gate(cli: Run, imported: SchoolFiles, state: Path) -> None:
    cli("welcome", "P0005", "--yes")
    result = cli("invitations", "resend", "P0005", "--yes")
    assert result.code == 0
    assert "its link works until" in result.out, "the question was put"
    assert [entry["state"] for entry in cli("invitations", "--json").json()] == ["sent", "superseded"]
    assert cli("invitations", "resend", "P0006", "--yes").code == ExitCode.REFUSED


def test_what_came_back_has_failed_and_its_link_with_it(
    cli: Run, imported: SchoolFiles, register: Path, tmp_path: Path
) -> None:
    cli("welcome", "P0005", "--yes")
    folder = tmp_path / "bounces"
    report(folder, key_of(register), "delayed")
    result = cli("invitations", "bounces", str(folder))
    assert "0 messages came back" in result.out
    assert "1 report of a message that is still on its way." in result.out
    report(folder, key_of(register), "failed")
    report(folder, "welcome-0123456789abcdef0123456789abcdef", "relayed")
    result = cli("invitations", "bounces", str(folder))
    assert result.out.startswith("1 message came back and failed.\n  P0005\n")
    assert "1 report of no invitation here" in result.out
    (entry,) = cli("invitations", "--json").json()
    assert entry["state"] == "failed"
    assert "550 no such mailbox" in entry["why"]
    assert "somebody@" not in entry["why"]
    again = cli("invitations", "bounces", str(folder))
    assert again.out.startswith("0 messages came back"), "read twice, told once"


def test_what_can_not_be_read_is_named(cli: Run, imported: SchoolFiles, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "link").symlink_to("/etc/passwd")
    result = cli("invitations", "bounces", str(tmp_path / "mail"))
    assert result.code == ExitCode.SOME_FAILED
    assert "Not read: link" in result.out
    assert cli("invitations", "bounces", str(tmp_path / "nowhere")).code == ExitCode.NOT_FOUND


def test_flush_is_silent_when_nothing_is_due(cli: Run, imported: SchoolFiles) -> None:
    result = cli("mail", "flush")
    assert (result.code, result.out, result.err) == (0, "", "")
