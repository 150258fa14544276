"""Bounces: what mail servers report of our messages, read from a mailbox folder or from files.

Standards: RFC 3464 for the reports, RFC 3462 for their form. A report is judged by its Action; the Status beside it is
told but never decides, since servers give a lasting status to what they still try to deliver. Anybody can send a
report, so it is read as hostile: small enough, not nested, no link followed, nothing of it shown uncleaned.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, message_from_string
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

from tui.errors import InputRefused, NotFound
from tui.mail.saying import say_server
from tui.text import clean

ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_MOST_BYTES = 2_000_000
_MOST_HEADER = 65_536
_MOST_PARTS = 200
_MOST_RECIPIENTS = 50
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(r"<([A-Za-z0-9_-]{1,100})@[^\s<>@]{1,255}>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What one report says of one recipient of one message.

    `action` is one of ACTIONS, and "" where the report can't be read: `problem` then says why. `status` is as
    `5.1.1`, `diagnostic` what the server said, without addresses. `key` is that of the message which the report is
    about, "" where it does not say. `file` is the name of the file, with the number of the message in an mbox.
    """

    file: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    key: str = ""
    problem: str = field(default="")


def read_bounces(path: Path) -> list[Bounce]:
    """Every bounce in a Maildir, a folder of files, an mbox or one file, by file; other mail is passed over.

    Raises NotFound, InputRefused when `path` itself can't be read.
    """
    try:
        if path.is_dir():
            maildir = [path / name for name in ("new", "cur") if (path / name).is_dir()]
            folders = maildir if len(maildir) == 2 else [path]
            files = sorted(entry for folder in folders for entry in folder.iterdir() if entry.name[0] != ".")
            return [bounce for file in files if not file.is_dir() for bounce in _read_file(file, link=False)]
        if not path.exists():
            raise NotFound(f"There is no {clean(str(path))}.", todo="Give a mailbox folder, an mbox or a file.")
        return list(_read_file(path, link=True))
    except OSError as error:
        raise InputRefused(
            f"{clean(str(path))} can't be read: {error.strerror}.", todo="It must be a mailbox that you may read."
        ) from error


def _read_file(path: Path, *, link: bool) -> Iterator[Bounce]:
    """The bounces in a file; a link is followed only where it was named by the operator."""
    name = clean(path.name)
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if link else os.O_NOFOLLOW)
    try:
        handle = os.open(path, flags)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() and not link else f"it can't be read ({error.strerror})"
        yield Bounce(name, problem=reason)
        return
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            yield Bounce(name, problem="it is not a file")
            return
        if file.peek(5)[:5] != b"From ":
            yield from _read_message(name, file.read(_MOST_BYTES + 1))
            return
        for number, raw in enumerate(_mbox(iter(lambda: file.readline(_MOST_HEADER), b"")), 1):
            yield from _read_message(f"{name} {number}", raw)


def _mbox(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The messages of an mbox, none longer than one byte too many."""
    kept: list[bytes] = []
    size, blank = 0, True
    next(lines, None)  # the line that begins the first
    for line in lines:
        if blank and line.startswith(b"From "):
            yield b"".join(kept)
            kept, size = [], 0
        elif size <= _MOST_BYTES:
            kept.append(line)
            size += len(line)
        blank = line in (b"\n", b"\r\n")
    yield b"".join(kept)


def _read_message(name: str, raw: bytes) -> Iterator[Bounce]:
    head = BytesHeaderParser().parsebytes(raw[:_MOST_HEADER])
    if not _is_report(head):
        return
    if len(raw) > _MOST_BYTES:
        yield Bounce(name, problem=f"it is over {_MOST_BYTES:,} bytes")
        return
    folded = raw.lower()
    if folded.count(b"boundary") + folded.count(b"content-type:") > _MOST_PARTS:
        yield Bounce(name, problem="it has too many parts")
        return
    try:
        yield from _judge(name, message_from_bytes(raw))
    # The email package meets broken mail with many kinds of error; none may keep the next from being read.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        yield Bounce(name, problem="it is broken")


def _is_report(message: Message) -> bool:
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        kind = message.get_param("report-type")
        return message.get_content_type() == "multipart/report" and str(kind).lower() == "delivery-status"
    return False


def _judge(name: str, report: Message) -> list[Bounce]:
    payload = report.get_payload()
    parts = [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    key = _key_of(report, parts)
    found = []
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            found += [
                _of_recipient(name, block, key)
                for block in _blocks(part)
                if "Final-Recipient" in block or "Action" in block
            ]
    return found[:_MOST_RECIPIENTS] or [Bounce(name, key=key, problem="it names no recipient")]


def _blocks(part: Message) -> list[Message]:
    """The groups of fields in a delivery status: one for the message, one for each recipient."""
    payload = part.get_payload()
    blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/global-delivery-status" and blocks:
        # The email package knows its plain sister only, and leaves what follows the first group unread.
        rest = blocks[0].get_payload()
        texts = re.split(r"(?:\r?\n){2,}", rest) if isinstance(rest, str) else []
        blocks += [message_from_string(text) for text in texts]
    return blocks


def _of_recipient(name: str, fields: Message, key: str) -> Bounce:
    action = _value(fields, "Action").lower()
    status = _STATUS.search(_value(fields, "Status"))
    private = _value(fields, "Final-Recipient").partition(";")[2].strip()
    said = re.sub(r"^[\w-]+; *", "", _value(fields, "Diagnostic-Code"))
    return Bounce(
        name,
        action if action in ACTIONS else "",
        status[0] if status else "",
        say_server([said], private),
        key,
        "" if action in ACTIONS else "it says no action that is known",
    )


def _key_of(report: Message, parts: list[Message]) -> str:
    """The key in the Message-ID of the message that came back, else in what the report refers to."""
    texts = []
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
            texts.append(_value(payload[0], "Message-ID") if isinstance(payload[0], Message) else "")
        elif kind in ("text/rfc822-headers", "message/global-headers"):
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                texts.append(_value(BytesHeaderParser().parsebytes(raw.lstrip()), "Message-ID"))
            elif isinstance(payload, list) and payload and isinstance(payload[0], Message):
                texts.append(_value(payload[0], "Message-ID"))
    for status in parts:
        texts += [_value(block, "Original-Message-ID") for block in _blocks(status)]
    texts += [_value(report, name) for name in ("Original-Message-ID", "X-Original-Message-ID", "In-Reply-To")]
    texts += reversed(_value(report, "References").split())
    return next((match[1] for match in map(_MESSAGE_ID.search, texts) if match), "")


def _value(message: Message, name: str) -> str:
    """A field as one cleaned line; "" where there is none."""
    return clean(str(message.get(name, ""))[:2000])
