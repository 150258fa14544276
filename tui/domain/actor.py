"""Who acts: carried into every audit event."""

from typing import NamedTuple


class Actor(NamedTuple):
    """The operating-system user, and where the session comes from (`local`, or the SSH client's address)."""

    operator: str
    origin: str
