"""An sshd of this test's own, on loopback: its own host key, one key that is let in, nobody's settings touched."""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.remote.processes import descendants, end
from tests.terminal import PATIENCE, Terminal

_SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"))
SSHD = shutil.which("sshd", path=_SBIN)
SSH = shutil.which("ssh")
KEYGEN = shutil.which("ssh-keygen")
ADDRESS = "127.0.0.1"
# sshd as root wants this folder for its own children; the system's start-up makes it where sshd is a service.
_PRIVILEGE_SEPARATION = Path("/run/sshd")

_CONFIG = """\
ListenAddress {address}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
SetEnv {environment}
"""


class Sshd:
    """The daemon, from `start` to `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made_folder = False
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind((ADDRESS, 0))
            self.port = int(probe.getsockname()[1])

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it; `environment` is what its sessions find, which have nothing of this process's."""
        folder = self._folder
        for name in ("host_key", "own_key"):
            subprocess.run([str(KEYGEN), "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        shutil.copy(folder / "own_key.pub", folder / "authorized_keys")
        host_key = (folder / "host_key.pub").read_text().rsplit(" ", 1)[0]
        (folder / "known_hosts").write_text(f"[{ADDRESS}]:{self.port} {host_key}\n")
        settings = " ".join(f'"{name}={value}"' for name, value in environment.items())
        config = folder / "sshd_config"
        config.write_text(_CONFIG.format(address=ADDRESS, port=self.port, folder=folder, environment=settings))
        if os.getuid() == 0 and not _PRIVILEGE_SEPARATION.exists():
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755)
            self._made_folder = True
        self._process = subprocess.Popen(
            [str(SSHD), "-D", "-f", str(config), "-E", str(folder / "sshd.log")], stdin=subprocess.DEVNULL
        )

    def line(self, *command: str, terminal: bool = True) -> list[str]:
        """The command line of a client."""
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": self._folder / "own_key",
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self._folder / "known_hosts",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        there = f"{getpass.getuser()}@{ADDRESS}"
        start = [str(SSH), "-F", "none", *given, "-p", str(self.port), *(["-tt"] if terminal else [])]
        return [*start, there, f"exec {shlex.join(command)}"]

    def connect(self, *command: str, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
        """Somebody connects and runs a program there; what ends the terminal's process drops the line."""
        return Terminal(self.line(*command), columns, rows, **environment)

    def why_not(self) -> str:
        """Why nobody can log in here, "" when one can."""
        until = time.monotonic() + PATIENCE
        while self._process is not None and self._process.poll() is None and time.monotonic() < until:
            with suppress(OSError), socket.create_connection((ADDRESS, self.port), timeout=1):
                break
            time.sleep(0.02)
        done = subprocess.run(
            self.line("true", terminal=False), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return "" if done.returncode == 0 else f"{done.stderr}{(self._folder / 'sshd.log').read_text()}"

    def close(self) -> None:
        """End the daemon and whatever its sessions have left."""
        if self._process is not None:
            left = descendants(self._process.pid)
            self._process.terminate()
            self._process.wait()
            for process in left:
                end(process)
        if self._made_folder:
            with suppress(OSError):
                _PRIVILEGE_SEPARATION.rmdir()
