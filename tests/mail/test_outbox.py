"""The outbox: private, whole, once a key, gone at expiry."""

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from threading import Barrier, Thread

import pytest

from tui.mail.outbox import Outbox
from tui.mail.transport import MailUnavailable, Message, Transport

NOW = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
EXPIRY = NOW + timedelta(days=7)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state" / "outbox")


def message(key: str = "k1", expires_at: datetime = EXPIRY, *, text: str = "the link") -> Message:
    content = f"To: mary@school.example\r\nContent-Type: text/plain\r\n\r\n{text}\r\n".encode("ascii")
    return Message(key, "office@school.example", "mary@school.example", content, f"<{key}@school.example>", expires_at)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_a_transport(outbox: Outbox) -> None:
    transport: Transport = outbox
    assert transport.name == "outbox"


def test_a_message_is_delivered_whole(outbox: Outbox) -> None:
    assert outbox.delivered("k1") is False
    outbox.deliver(message("k1"))
    assert outbox.delivered("k1") is True
    assert outbox.delivered("k") is False
    (found,) = outbox.list_messages()
    assert (found.key, found.expires_at) == ("k1", EXPIRY)
    assert found.path == outbox.folder / f"k1.{int(EXPIRY.timestamp())}.eml"
    raw = found.path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert message_from_bytes(raw, policy=SMTP).get_content().strip() == "the link"


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_folder_and_files_are_the_owners_alone(outbox: Outbox, umask: int) -> None:
    before = os.umask(umask)
    try:
        outbox.deliver(message("k1"))
    finally:
        os.umask(before)
    assert mode(outbox.folder) == 0o700
    assert mode(outbox.folder.parent) == 0o700
    assert [mode(found.path) for found in outbox.list_messages()] == [0o600]


def test_a_file_is_never_open_to_others(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    fdopen = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda fd, how: modes.append(os.fstat(fd).st_mode & 0o777) or fdopen(fd, how))  # type: ignore[func-returns-value]
    before = os.umask(0)
    try:
        outbox.deliver(message("k1"))
    finally:
        os.umask(before)
    assert modes == [0o600]


def test_an_open_folder_is_tightened(outbox: Outbox) -> None:
    outbox.folder.mkdir(parents=True)
    outbox.folder.chmod(0o755)
    outbox.deliver(message("k1"))
    assert mode(outbox.folder) == 0o700


def test_the_same_key_again_changes_nothing(outbox: Outbox) -> None:
    outbox.deliver(message("k1", EXPIRY, text="first"))
    (before,) = outbox.list_messages()
    raw = before.path.read_bytes()
    outbox.deliver(message("k1", EXPIRY, text="second"))
    outbox.deliver(message("k1", EXPIRY + timedelta(days=1), text="third"))
    assert outbox.list_messages() == [before]
    assert before.path.read_bytes() == raw


def test_one_key_from_many_threads_is_one_message(outbox: Outbox) -> None:
    start = Barrier(8)

    def deliver(number: int) -> None:
        start.wait()
        outbox.deliver(message("k1", EXPIRY + timedelta(seconds=number)))

    threads = [Thread(target=deliver, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outbox.list_messages()) == 1


def test_keys_that_are_prefixes_are_told_apart(outbox: Outbox) -> None:
    for key in ("a", "a-b", "ab"):
        outbox.deliver(message(key))
    assert {found.key for found in outbox.list_messages()} == {"a", "a-b", "ab"}


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a.b", "a b", "a\n", "é", "x" * 101])
def test_a_key_is_plain(outbox: Outbox, key: str) -> None:
    with pytest.raises(ValueError, match="a key is"):
        outbox.deliver(message(key))
    with pytest.raises(ValueError, match="a key is"):
        outbox.delivered(key)
    assert not outbox.folder.exists()


def test_moments_need_a_zone(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="time zone"):
        outbox.deliver(message("k1", EXPIRY.replace(tzinfo=None)))
    with pytest.raises(ValueError, match="time zone"):
        outbox.purge(NOW.replace(tzinfo=None))


def test_message_and_folder_are_on_disk_before_it_counts_as_delivered(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    fsync, rename = os.fsync, os.rename

    def watched_fsync(fd: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def watched_rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        steps.append("rename")
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "rename", watched_rename)
    outbox.deliver(message("k1"))
    assert steps == ["file", "rename", "folder"]


# Purging


def test_purge_removes_what_has_expired_and_nothing_else(outbox: Outbox) -> None:
    outbox.deliver(message("old", NOW))
    outbox.deliver(message("live", NOW + timedelta(seconds=1)))
    strange = outbox.folder / "notes.eml"
    strange.write_text("not ours")
    assert outbox.purge(NOW) == 1
    assert [found.key for found in outbox.list_messages()] == ["live"]
    assert strange.exists()
    assert outbox.purge(NOW) == 0


def test_purge_removes_what_a_crash_left_after_an_hour(outbox: Outbox) -> None:
    outbox.folder.mkdir(parents=True)
    stale, fresh, strange = (outbox.folder / f for f in (f".{'0' * 32}.tmp", f".{'1' * 32}.tmp", ".mine.tmp"))
    for file, age in ((stale, 3601), (fresh, 3599), (strange, 9999)):
        file.write_text("half a mess")
        os.utime(file, (NOW.timestamp() - age,) * 2)
    assert outbox.purge(NOW) == 0
    assert not stale.exists()
    assert fresh.exists()
    assert strange.exists()


def test_without_a_folder_there_is_nothing(outbox: Outbox) -> None:
    assert outbox.list_messages() == []
    assert outbox.purge(NOW) == 0
    assert not outbox.folder.exists()


def test_messages_are_listed_by_expiry(outbox: Outbox) -> None:
    for key, days in (("late", 9), ("soon", 1), ("middle", 5)):
        outbox.deliver(message(key, NOW + timedelta(days=days)))
    assert [found.key for found in outbox.list_messages()] == ["soon", "middle", "late"]


# What goes wrong


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_of_its_own_is_refused(outbox: Outbox, tmp_path: Path, kind: str) -> None:
    outbox.folder.parent.mkdir()
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        outbox.folder.symlink_to(tmp_path / "elsewhere")
    else:
        outbox.folder.write_text("")
    for act in (
        lambda: outbox.deliver(message("k1")),
        lambda: outbox.delivered("k1"),
        lambda: outbox.purge(NOW),
    ):
        with pytest.raises(MailUnavailable, match="not a folder of its own"):
            act()
    assert not (tmp_path / "elsewhere").exists() or not list((tmp_path / "elsewhere").iterdir())


def test_somebody_elses_folder_is_refused_and_left_alone(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.folder.mkdir(parents=True)
    outbox.folder.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: outbox.folder.stat().st_uid + 1)
    with pytest.raises(MailUnavailable, match="belongs to somebody else"):
        outbox.deliver(message("k1"))
    assert mode(outbox.folder) == 0o755
    assert not list(outbox.folder.iterdir())


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "can't be written to"),
        (errno.EACCES, "can't be written to"),
        (errno.EIO, "Input/output error"),
    ],
)
@pytest.mark.parametrize("step", ["open", "fsync", "rename", "mkdir"])
def test_a_disk_that_fails_is_said_and_leaves_nothing_behind(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, step: str, number: int, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    if step != "mkdir":
        outbox.folder.mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, step, fail)
        with pytest.raises(MailUnavailable, match=said) as caught:
            outbox.deliver(message("k1"))
    assert caught.value.means == "The message was not sent."
    assert caught.value.todo
    assert not outbox.delivered("k1")
    assert step == "mkdir" or not list(outbox.folder.iterdir())
    outbox.deliver(message("k1"))
    assert outbox.delivered("k1")


def test_a_kill_before_the_rename_leaves_no_message(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        os._exit(9)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, "rename", killed)
        outbox.deliver(message("k1"))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert outbox.delivered("k1") is False
    assert len(list(outbox.folder.iterdir())) == 1  # the temporary file, for purge
    outbox.deliver(message("k1"))
    assert outbox.delivered("k1") is True
