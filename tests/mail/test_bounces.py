"""Bounces: judged by their Action, read from every kind of mailbox, and from files that mean harm."""

import mailbox
import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.errors import NotFound
from tui.mail.bounces import Bounce, read_bounces

REPORT = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mail.school.example>
To: office@school.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.school.example
Arrival-Date: Sat, 21 Nov 2026 07:05:00 +1100

Final-Recipient: rfc822; mary@home.example
Original-Recipient: rfc822;mary@home.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <mary@home.example>: Recipient address
    rejected: User unknown mary@home.example

--b
Content-Type: {kind}

{returned}
--b--
"""
RETURNED = (
    "From: office@school.example\nMessage-ID: <welcome-12-0a1b2c3d4e5f6071@school.example>\nSubject: Welcome\n\nHello\n"
)
KEY = "welcome-12-0a1b2c3d4e5f6071"


def report(
    action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822", returned: str = RETURNED
) -> str:
    return REPORT.format(action=action, status=status, kind=kind, returned=returned)


def one(tmp_path: Path, raw: str | bytes) -> Bounce:
    path = tmp_path / "bounce.eml"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    (found,) = read_bounces(path)
    assert found.file == "bounce.eml"
    return found


def test_what_a_bounce_says(tmp_path: Path) -> None:
    assert one(tmp_path, report()) == Bounce(
        "bounce.eml", "failed", "5.1.1", "550 5.1.1 Recipient address rejected: User unknown", KEY
    )


@pytest.mark.parametrize("action", ["failed", "delayed", "delivered", "relayed", "expanded", "Failed", "DELAYED "])
@pytest.mark.parametrize("status", ["5.1.1", "4.4.7", "2.0.0", "", "5.1.1 (no such user)"])
def test_the_action_decides_whatever_the_status_says(tmp_path: Path, action: str, status: str) -> None:
    found = one(tmp_path, report(action, status))
    assert found.action == action.strip().lower()
    assert found.status == status[:5]
    assert not found.problem


@pytest.mark.parametrize("action", ["", "refused", "failed\x1b[31m"])
def test_an_action_that_is_none_is_a_problem(tmp_path: Path, action: str) -> None:
    found = one(tmp_path, report(action))
    assert (found.action, found.problem) == ("", "it says no action that is known")


@pytest.mark.parametrize(
    ("kind", "returned"),
    [
        ("message/rfc822", RETURNED),
        ("text/rfc822-headers", RETURNED.partition("\n\n")[0] + "\n"),
        ("message/global", RETURNED),
        ("message/global-headers", RETURNED),
    ],
)
def test_the_key_comes_from_what_was_returned(tmp_path: Path, kind: str, returned: str) -> None:
    assert one(tmp_path, report(kind=kind, returned=returned)).key == KEY


@pytest.mark.parametrize("header", ["In-Reply-To", "References", "X-Original-Message-ID", "Original-Message-ID"])
def test_or_from_what_the_report_refers_to(tmp_path: Path, header: str) -> None:
    raw = f"{header}: <other+one@home.example> <{KEY}@school.example>\n" if header == "References" else ""
    raw = raw or f"{header}: <{KEY}@school.example>\n"
    assert one(tmp_path, raw + report(kind="text/plain", returned="gone")).key == KEY


def test_a_report_that_names_no_message_has_no_key(tmp_path: Path) -> None:
    assert one(tmp_path, report(returned="Subject: x\n\n")).key == ""
    assert one(tmp_path, report(returned="Message-ID: <a/../b@school.example>\n\n")).key == ""


def test_every_recipient_is_told(tmp_path: Path) -> None:
    two = report().replace(
        "\n--b\nContent-Type: message/rfc822",
        "\nFinal-Recipient: rfc822; b@c.example\nAction: delayed\n\n--b\nContent-Type: message/rfc822",
    )
    path = tmp_path / "two.eml"
    path.write_text(two)
    assert [(found.action, found.key) for found in read_bounces(path)] == [("failed", KEY), ("delayed", KEY)]


def test_a_report_of_the_newer_kind(tmp_path: Path) -> None:
    found = one(tmp_path, report().replace("message/delivery-status", "message/global-delivery-status"))
    assert (found.action, found.key) == ("failed", KEY)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no mail at all",
        b"\xff\xfe\x00",
        b"Subject: Re: Welcome\nContent-Type: text/plain\n\nThank you. Action: failed\n",
        report().replace("report-type=delivery-status", "report-type=disposition-notification").encode(),
        report().replace("multipart/report", "multipart/mixed").encode(),
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n" + report().encode(),
    ],
)
def test_other_mail_is_passed_over(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "mail"
    path.write_bytes(raw)
    assert read_bounces(path) == []


# Mailboxes


def test_a_maildir(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    for action in ("failed", "delayed"):
        box.add(report(action))
    message = mailbox.MaildirMessage(report("delivered"))
    message.set_subdir("cur")
    box.add(message)
    (tmp_path / "box" / "tmp" / "half").write_text(report("relayed"))
    assert sorted(found.action for found in read_bounces(tmp_path / "box")) == ["delayed", "delivered", "failed"]


def test_an_mbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "mbox")
    other = EmailMessage()
    other["Subject"] = "Re: Welcome"
    other.set_content("Thank you\n\nFrom here on it works.\n")
    for message in (report("failed"), other, report("delayed")):
        box.add(message)
    box.close()
    found = read_bounces(tmp_path / "mbox")
    assert [(bounce.file, bounce.action, bounce.key) for bounce in found] == [
        ("mbox 1", "failed", KEY),
        ("mbox 3", "delayed", KEY),
    ]


def test_a_folder_of_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.eml").write_text(report("failed"))
    (tmp_path / "a.eml").write_bytes(report("delayed").replace("\n", "\r\n").encode())
    (tmp_path / ".hidden").write_text(report())
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "c.eml").write_text(report())
    assert [(found.file, found.action) for found in read_bounces(tmp_path)] == [
        ("a.eml", "delayed"),
        ("b.eml", "failed"),
    ]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no"):
        read_bounces(tmp_path / "nowhere")


# Files that mean harm


def test_links_and_pipes_are_reported_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.eml"
    elsewhere.write_text(report())
    box = tmp_path / "box"
    box.mkdir()
    (box / "a").symlink_to(elsewhere)
    (box / "b").symlink_to(box / "b")
    os.mkfifo(box / "c")
    (box / "d").write_text(report())
    assert [(found.file, found.action, found.problem) for found in read_bounces(box)] == [
        ("a", "", "it is a link"),
        ("b", "", "it is a link"),
        ("c", "", "it is not a file"),
        ("d", "failed", ""),
    ]
    (tmp_path / "named").symlink_to(elsewhere)
    assert read_bounces(tmp_path / "named")[0].action == "failed", "what the operator names is followed"


def test_a_file_that_is_too_large_is_reported(tmp_path: Path) -> None:
    assert one(tmp_path, report() + "x" * 2_000_000).problem == "it is over 2,000,000 bytes"


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed; boundary=b"])
def test_nesting_is_reported(tmp_path: Path, kind: str) -> None:
    nested = "".join(f"Content-Type: {kind.replace('=b', f'=b{n}')}\n\n--b{n}\n" for n in range(5000))
    assert one(tmp_path, report(returned=nested)).problem == "it has too many parts"


def test_many_recipients_are_cut(tmp_path: Path) -> None:
    many = "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 3000
    path = tmp_path / "many.eml"
    path.write_text(report().replace("Final-Recipient", many + "Final-Recipient", 1))
    assert len(read_bounces(path)) == 50


def test_an_empty_report_is_reported(tmp_path: Path) -> None:
    raw = "Content-Type: multipart/report; report-type=delivery-status\n\nnothing\n"
    assert one(tmp_path, raw).problem == "it names no recipient"


PIECES = [
    report(),
    *("Content-Type: ", "multipart/report; report-type=delivery-status; boundary=", "message/delivery-status", "--b\n"),
    *("Action: failed\n", "Final-Recipient: rfc822;\n", "\n\n", "=?utf-8?q?", "Message-ID: <", "\0", "é", "--b--\n"),
    *("Content-Transfer-Encoding: base64\n", "charset=nonsense", '"', ";", "boundary*0*=utf-8''%ff"),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
@example(report().replace("boundary=", "boundary*=nonsense''%ff;boundary="))
@example(report().replace("Action: failed", "Action: =?x?b?////?="))
@example(report().replace("message/delivery-status", "message/delivery-status; charset=nonsense"))
def test_whatever_a_file_holds_it_is_read_or_reported(tmp_path_factory: pytest.TempPathFactory, raw: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.eml"
    path.write_bytes(raw.encode("utf-8", "surrogateescape"))
    for found in read_bounces(path):
        assert bool(found.action) != bool(found.problem)
        assert found.diagnostic.isprintable()
        assert "@" not in found.diagnostic


@given(st.binary(max_size=300))
def test_broken_bytes_within_a_report(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.eml"
    path.write_bytes(report().encode().replace(b"Action: failed", raw + b"\nAction: failed"))
    assert len(read_bounces(path)) >= 1
