"""A whole job of welcome emails over one SMTP connection, against a bare smtplib loop that sends ready messages.

Ours asks the gate for each parent, mints a link, composes and reads back, stores the intent and the fate of each in
synchronous transactions with its audit event, and hands over. The loop has its messages made beforehand and keeps
nothing. How much of it is the letter and the wire alone, `mail` measures.
"""

import sys
from pathlib import Path

from tests.benchmarks import mailing, measuring
from tests.benchmarks.job_registers import copied, made, opened

TARGET = 1.3


def benchmark(scratch: Path, messages: int, runs: int) -> None:
    """Send `messages` in turns and print the ratio."""
    register = made(scratch, messages, leave=False)
    prepared = mailing.ready_made(messages)
    with measuring.served("tests.benchmarks.mail_server") as port:

        def ours() -> float:
            found = measuring.in_child(__name__, copied(register, "ours"), port)
            if found.rows != messages:
                raise RuntimeError(f"{found.rows:,} of {messages:,} were sent")
            return found.seconds

        a, b = measuring.by_turns(runs, ours, lambda: mailing.bare(port, prepared))
    measuring.print_ratio(
        f"{messages:,} welcome emails as a job over one SMTP connection", a, "a bare smtplib loop", b, TARGET
    )


def _ours(register: Path, port: int) -> None:
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    manager = opened(register, port)
    plan = manager.plan(Verb.WELCOME, all_ready=True)
    measuring.report(lambda: len(manager.run(plan, Confirmation(yes=True)).of("done")))
    manager.close()


if __name__ == "__main__":
    _ours(Path(sys.argv[1]), int(sys.argv[2]))
