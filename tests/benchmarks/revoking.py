"""Revoking in the embedded service, against raw SQLite that does the least which could be called a revoke.

Ours asks the gate for each account anew, keeps a copy for a restore, voids links, derives status and reason again,
reads back and adds to the hash chain. The baseline empties the account and adds a row to a plain table, a transaction
each; both with the write-ahead log and every commit synchronous.
"""

import sys
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.job_registers import copied, made, opened

TARGET = 3.0


def benchmark(scratch: Path, accounts: int, runs: int) -> None:
    """Revoke `accounts` in turns and print the ratio."""
    register = made(scratch, accounts, leave=True)

    def measured(how: str) -> float:
        found = measuring.in_child(__name__, how, copied(register, how))
        if found.rows != accounts:
            raise RuntimeError(f"{found.rows:,} of {accounts:,} were revoked")
        return found.seconds

    a, b = measuring.by_turns(runs, lambda: measured("ours"), lambda: measured("raw"))
    measuring.print_ratio(f"{accounts:,} revokes as a job", a, "a raw transaction for each row", b, TARGET)


def _ours(register: Path) -> None:
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    manager = opened(register)
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    given = Confirmation(yes=True, override_count=plan.count, override_reason="a benchmark")
    measuring.report(lambda: len(manager.run(plan, given).of("done")))
    manager.close()


def _raw(register: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(register, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE told (id INTEGER PRIMARY KEY, at TEXT, operator TEXT, action TEXT, subject TEXT)")
    persons = [row[0] for row in connection.execute("SELECT person FROM accounts WHERE username <> ''")]

    def revoke() -> int:
        for person in persons:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE accounts SET username = '', password_hash = NULL WHERE person = ?", (person,))
            connection.execute(
                "INSERT INTO told (at, operator, action, subject) VALUES ('2026-11-20T20:05:00', 'bench', 'revoke', ?)",
                (person,),
            )
            connection.execute("COMMIT")
        return len(persons)

    measuring.report(revoke)
    connection.close()


if __name__ == "__main__":
    {"ours": _ours, "raw": _raw}[sys.argv[1]](Path(sys.argv[2]))
