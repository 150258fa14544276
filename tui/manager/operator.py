"""Who is at the keyboard: the operating-system user, and where the SSH session comes from."""

import getpass
import os

from tui.domain.actor import Actor
from tui.text import clean


def current_actor() -> Actor:
    """The actor of this process, for the audit chain."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    # SSH_CONNECTION: client address, client port, server address, server port.
    origin = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    return Actor(clean(name), clean(origin) or "local")
