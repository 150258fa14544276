"""Asking for runs of the program that may be killed, and the place in which each finds its register."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """A run that is over: its exit code (-9 when it was killed), the points it came to, what it said."""

    code: int
    points: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass
class Place:
    """A home of its own: config, register, outbox."""

    home: Path

    @property
    def state(self) -> Path:
        return self.home / "state" / "engage-accounts"

    @property
    def register(self) -> Path:
        return self.state / "register.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        usual = {f"XDG_{name.upper()}_HOME": str(self.home / name) for name in ("config", "state", "data", "cache")}
        return {"HOME": str(self.home), "TZ": "UTC", "ENGAGE_ACCOUNTS_SMTP_PASSWORD": "right", **usual}

    def configure(self, toml: str) -> None:
        path = self.home / "config" / "engage-accounts" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(toml, encoding="utf-8")
        path.chmod(0o600)

    def copy(self, home: Path) -> "Place":
        shutil.copytree(self.home, home)
        return Place(home)

    def remove(self) -> None:
        shutil.rmtree(self.home)


class Programs:
    """Runs of the program, in children of one process that has it imported already. Close it."""

    def __init__(self) -> None:
        unwanted = ("XDG_", "ENGAGE_ACCOUNTS_")
        here = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            cwd=ROOT,
            env=here | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()
        self._places: dict[int, tuple[Path, Path]] = {}
        self.kills = 0

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def start(self, place: Place, *arguments: str, **how: Any) -> int:
        """Start a run, and return its process id. `how`: see tests.crash.child."""
        number = time.monotonic_ns()
        out, err = (place.home / f"{number}.{name}" for name in ("out", "err"))
        asked = {"arguments": arguments, "environment": place.environment, "out": str(out), "err": str(err), **how}
        pid = int(self._ask(asked)["pid"])
        self._places[pid] = out, err
        return pid

    def wait(self, pid: int) -> Ended:
        """Wait for the end of a run."""
        answer = self._ask({"wait": pid})
        said = [path.read_text("utf-8") if path.exists() else "" for path in self._places.pop(pid)]
        ended = Ended(answer["code"], answer["points"], *said)
        self.kills += ended.killed
        return ended

    def run(self, place: Place, *arguments: str, **how: Any) -> Ended:
        """A run to its end."""
        return self.wait(self.start(place, *arguments, **how))

    def kill_after(self, pid: int, seconds: float) -> Ended:
        """Kill a run after some seconds, unless it ended before."""
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)  # one that has ended is still to be waited for: the number is its own
        return self.wait(pid)

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def until(condition: Any, seconds: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def codes(first: int, last: int) -> Sequence[str]:
    """P0001 and so on."""
    return [f"P{number:04}" for number in range(first, last + 1)]
