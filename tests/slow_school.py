"""`python tests/slow_school.py REGISTER [SECONDS]`: the screen on a register whose service and mail take their time.

So that a line can be dropped, or a terminal left, in the middle of a job.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tui.mail.outbox import Outbox
from tui.mail.transport import Message
from tui.manager.manager import AccountManager
from tui.services.service import Acted, Order
from tui.settings import Settings
from tui.ui.app import run_screen


def slow_school(register: Path, seconds: float = 0.3) -> list[str]:
    """The command line that runs it."""
    return [sys.executable, __file__, str(register), str(seconds)]


def main(register: str, seconds: str = "0.3") -> int:
    manager = AccountManager(Settings(), Path(register))
    revoke = manager.service.revoke

    def slowly(orders: Sequence[Order], going_on: Callable[[], bool]) -> list[Acted]:
        time.sleep(float(seconds))
        return revoke(orders, going_on)

    deliver = Outbox.deliver

    def deliver_slowly(outbox: Outbox, message: Message) -> None:
        time.sleep(float(seconds))
        deliver(outbox, message)

    manager.service.revoke = slowly  # type: ignore[method-assign]
    manager.service.batch = 1
    Outbox.deliver = deliver_slowly  # type: ignore[method-assign,assignment]
    return run_screen(manager)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
