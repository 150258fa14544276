"""A tmux of this test's own: its own socket, no config, so that nobody's tmux is touched."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.terminal import PATIENCE, Terminal

TMUX = shutil.which("tmux")
_NAME = "engage-accounts-test"


class Tmux:
    """A server with one session, in which a program runs. The socket lies in `folder`, whose path must be short."""

    def __init__(self, folder: Path) -> None:
        self._environment = {**os.environ, "TMUX_TMPDIR": str(folder), "TERM": "xterm-256color"}
        self._line = [TMUX or "tmux", "-L", _NAME, "-f", "/dev/null"]

    def run(self, *arguments: str) -> str:
        """One command to the server; gives what it prints."""
        done = subprocess.run(
            [*self._line, *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"tmux {shlex.join(arguments)}: {done.stderr}"
        return done.stdout

    def start(self, line: Sequence[str], columns: int = 80, rows: int = 24) -> None:
        """Start the session, detached, with a program in it."""
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), f"exec {shlex.join(line)}")

    def type(self, keys: str) -> None:
        """Type characters."""
        self.run("send-keys", "-l", keys)

    def press(self, *names: str) -> None:
        """Press keys by tmux's names of them: Enter, Escape, Down."""
        self.run("send-keys", *names)

    def text(self) -> str:
        """What the pane shows."""
        return "\n".join(line.rstrip() for line in self.run("capture-pane", "-p").splitlines())

    def sees(self, *texts: str) -> str:
        """Wait until the pane shows all of this."""
        return self._waits(lambda text: all(what in text for what in texts), f"never seen: {texts}")

    def misses(self, what: str) -> str:
        """Wait until the pane does not show this any more."""
        return self._waits(lambda text: what not in text, f"never gone: {what}")

    def _waits(self, enough: Callable[[str], bool], otherwise: str) -> str:
        end = time.monotonic() + PATIENCE
        while not enough(text := self.text()):
            assert time.monotonic() < end, f"{otherwise}\n{text}"
            time.sleep(0.05)
        return text

    def attach(self, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
        """Somebody attaches, at a terminal of this size."""
        return Terminal([*self._line, "attach"], columns, rows, **{**self._environment, **environment})

    def clients(self) -> int:
        """How many are attached."""
        return len(self.run("list-clients").splitlines())

    def program(self) -> int:
        """The process in the pane."""
        return int(self.run("display-message", "-p", "#{pane_pid}"))

    def is_running(self) -> bool:
        """Whether there is a session still."""
        done = subprocess.run([*self._line, "has-session"], env=self._environment, capture_output=True, check=False)
        return done.returncode == 0

    def close(self) -> None:
        """End the server and with it whatever runs there."""
        subprocess.run([*self._line, "kill-server"], env=self._environment, capture_output=True, check=False)
