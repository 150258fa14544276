"""Secrets: where they come from, in which order, and that they are never seen."""

import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.errors import ConfigError
from tui.secret import Secret, SecretSource, read_secret

VARIABLE = "ENGAGE_ACCOUNTS_TEST_PASSWORD"
HIDDEN = "hunter2 pässwort"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{HIDDEN}\nand a note below\n", "utf-8")
    path.chmod(0o600)
    return path


def source(*command: str, file: Path | None = None, seconds: float = 20) -> SecretSource:
    return SecretSource("mail server's password", "mail.smtp.password", VARIABLE, command, file, seconds)


def printing(text: str) -> tuple[str, str, str]:
    return (sys.executable, "-c", f"import sys; sys.stdout.buffer.write({text!r}.encode('utf-8', 'surrogateescape'))")


def refusal(where: SecretSource) -> str:
    with pytest.raises(ConfigError) as caught:
        read_secret(where)
    assert caught.value.todo
    assert "hunter2" not in str(caught.value)
    return caught.value.what


def test_the_first_that_is_set_is_taken(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = source(*printing("of the command\n"), file=file)
    assert read_secret(source(file=file)).reveal() == HIDDEN
    assert read_secret(everything).reveal() == "of the command"
    monkeypatch.setenv(VARIABLE, "of the environment")
    assert read_secret(everything).reveal() == "of the environment"
    monkeypatch.setenv(VARIABLE, "")
    assert read_secret(everything).reveal() == "of the command"


def test_none_that_is_set_is_said() -> None:
    assert not source().is_set
    assert refusal(source()) == "There is no mail server's password."


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]!r}"):
        assert "hunter2" not in shown
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


# A command


@pytest.mark.parametrize(
    "text",
    [f"{HIDDEN}\n", f"{HIDDEN}\r\n", HIDDEN, f"{HIDDEN}\nuser: office\n" + "x" * 500_000],
    ids=["line", "crlf", "no end", "more below"],
)
def test_the_first_line_of_what_a_command_prints(tmp_path: Path, text: str) -> None:
    (tmp_path / "printed").write_bytes(text.encode())
    assert read_secret(source("cat", str(tmp_path / "printed"))).reveal() == HIDDEN


def test_a_command_gets_no_shell_and_no_input(tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert read_secret(source("echo", f"a; touch {made}")).reveal() == f"a; touch {made}"
    assert not made.exists()
    assert read_secret(source("sh", "-c", "cat; echo x")).reveal() == "x"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/nowhere/pass",), "can't be started: No such file or directory"),
        (("/etc",), "can't be started: Permission denied"),
        (("sh", "-c", "echo hunter2; exit 3"), "failed with exit code 3"),
        (("true",), "is blank"),
        (("echo",), "is blank"),
        (("printf", "\\nhunter2"), "is blank"),
        (("printf", "hunter2\\0x"), "too long or has an invisible character"),
        (("printf", "hunter2\\033[31m"), "too long or has an invisible character"),
        (("printf", "\\377hunter2"), "is not UTF-8 text"),
        ((sys.executable, "-c", "print('hunter2' * 1000)"), "too long or has an invisible character"),
    ],
)
def test_a_command_that_gives_none(command: tuple[str, ...], said: str) -> None:
    assert said in refusal(source(*command))


def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    number = tmp_path / "number"
    script = f"sleep 60 & echo $! > {number}; echo hunter2; wait"
    assert "did not end within 0.5 seconds" in refusal(source("sh", "-c", script, seconds=0.5))
    assert gone(int(number.read_text()))


def test_a_command_that_leaves_its_output_to_another_is_not_waited_for(tmp_path: Path) -> None:
    number = tmp_path / "number"
    assert "did not end" in refusal(source("sh", "-c", f"sleep 60 & echo $! > {number}; echo hunter2", seconds=0.5))
    assert gone(int(number.read_text()))


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


# A file


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    said = refusal(source(file=file))
    assert "can be read or written by others" in said
    file.chmod(0o400)
    assert read_secret(source(file=file)).reveal() == HIDDEN


def test_a_file_of_somebody_else_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(file, 12345, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "belongs to somebody else" in refusal(source(file=file))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "can't be read: No such file"),
        (lambda path: path.mkdir(mode=0o700), "is not a file"),
        (lambda path: os.mkfifo(path, 0o600), "is not a file"),
        (lambda path: path.touch(0o600), "is blank"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, make: Callable[[Path], None], said: str) -> None:
    path = tmp_path / "other"
    make(path)
    assert said in refusal(source(file=path))
