"""A Postfix of its own on loopback, where one is installed: its queue, its log and the mailboxes it delivers to."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from tests.mail.servers import free_port

POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"

WANTED = pytest.mark.skipif(
    not Path(POSTFIX).exists() or os.geteuid() != 0,
    reason="Postfix is not installed, or this is not root, which it wants",
)

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
myhostname = mail.school.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = school.example, families.example
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""


class Instance(NamedTuple):
    """A running one: its port, and the folder with `queue`, `mail`, `log` and `ca.pem` in it."""

    port: int
    folder: Path


@contextmanager
def running(also: str) -> Iterator[Instance]:
    """Start one, with these lines in its main.cf too ({folder} is its folder); skips where it can't be started."""
    owner = pwd.getpwnam("postfix")
    # Below /tmp itself: Postfix's own user must be able to walk there.
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/postfix-XXXXXX"], text=True).strip())  # noqa: S108 - mktemp
    folder.chmod(0o755)
    for name in ("queue", "data", "mail", "config"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    port = free_port()
    settings = (MAIN + also).format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid)
    (folder / "config" / "main.cf").write_text(settings)
    (folder / "config" / "master.cf").write_text(MASTER.format(port=port))
    command = [POSTFIX, "-c", str(folder / "config")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False, timeout=60)
    if started.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"Postfix can't be started here: {started.stderr[-300:]}")
    yield Instance(port, folder)
    subprocess.run([*command, "stop"], capture_output=True, check=False, timeout=60)
    shutil.rmtree(folder)
