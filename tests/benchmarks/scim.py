"""Revoking in an identity service as a job, against bare httpx calls: the very same requests in the same order.

Ours asks the gate for each account, claims it, finds its record, changes it, reads it back, and writes register,
journal and audit. The baseline sends what the server noted of ours: the requests of an account one after another, eight
accounts at a time, over one AsyncClient, and looks at nothing but the status. The server is a process of its own.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import measuring
from tests.benchmarks.job_registers import copied, made, opened, settings
from tests.benchmarks.scim_server import Asked
from tui.settings import ScimSettings, Settings

if TYPE_CHECKING:
    import httpx

TARGET = 1.3
PARALLEL = 8
_TOKEN = "token-of-the-benchmark"
_FOUND_CHANGED_READ = 3


def benchmark(scratch: Path, accounts: int, runs: int) -> None:
    """Revoke `accounts` in turns and print the ratio."""
    register = made(scratch, accounts, leave=True, chosen=_settings(0))
    people = scratch / "people.json"
    people.write_text(json.dumps(_people(register)), "utf-8")
    os.environ["ENGAGE_ACCOUNTS_SCIM_TOKEN"] = _TOKEN
    requests = 0
    with measuring.served("tests.benchmarks.scim_server", people) as port:

        def ours() -> float:
            _ask(port, "/fresh")
            found = measuring.in_child(__name__, "ours", copied(register, "ours"), port)
            if found.rows != accounts:
                raise RuntimeError(f"{found.rows:,} of {accounts:,} were revoked")
            return found.seconds

        def bare() -> float:
            nonlocal requests
            asked = _ask(port, "/log")
            requests = len(asked)
            if requests < _FOUND_CHANGED_READ * accounts:
                raise RuntimeError(f"only {requests:,} requests for {accounts:,} accounts")
            noted = scratch / "asked.json"
            noted.write_text(json.dumps(asked), "utf-8")
            _ask(port, "/fresh")
            found = measuring.in_child(__name__, "bare", noted, port)
            if found.rows != requests:
                raise RuntimeError(f"{found.rows:,} of {requests:,} requests were answered with yes")
            return found.seconds

        a, b = measuring.by_turns(runs, ours, bare)
    measuring.print_ratio(
        f"{accounts:,} revokes by SCIM as a job, {PARALLEL} at a time",
        a,
        f"its {requests:,} requests as bare httpx calls",
        b,
        TARGET,
    )


def _settings(port: int) -> Settings:
    usual = settings()
    scim = ScimSettings(url=f"http://127.0.0.1:{port}/scim/v2", system="Kew IdM", parallel=PARALLEL)
    return replace(usual, accounts=replace(usual.accounts, service="scim"), scim=scim)


def _people(register: Path) -> list[list[str]]:
    import sqlite3

    connection = sqlite3.connect(register)
    # Contacts' persons are four times their id.
    rows = connection.execute(
        "SELECT c.code, a.username FROM contacts c JOIN accounts a ON a.person = c.id * 4 WHERE a.username <> ''"
    ).fetchall()
    connection.close()
    return [list(row) for row in rows]


def _ask(port: int, path: str) -> Any:
    import httpx

    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60).json()


def _ours(register: Path, port: int) -> None:
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    manager = opened(register, chosen=_settings(port))
    plan = manager.plan(Verb.REVOKE, all_ready=True)
    given = Confirmation(yes=True, override_count=plan.count, override_reason="a benchmark")
    measuring.report(lambda: len(manager.run(plan, given).of("done")))
    manager.close()


def _bare(noted: Path, port: int) -> None:
    import asyncio

    import httpx

    asked = [Asked(*one) for one in json.loads(noted.read_text("utf-8"))]
    of_nobody = [one for one in asked if not one.record]
    accounts: dict[str, list[Asked]] = {}
    for one in asked:
        if one.record:
            accounts.setdefault(one.record, []).append(one)
    yes = 0

    async def send(client: "httpx.AsyncClient", batch: list[Asked]) -> None:
        nonlocal yes
        for one in batch:
            headers = {"Content-Type": "application/scim+json"} if one.body else {}
            headers |= {"If-Match": one.if_match} if one.if_match else {}
            content = one.body.encode() or None
            answer = await client.request(one.method, one.target, content=content, headers=headers)
            yes += answer.is_success

    async def every() -> int:
        waiting = iter(accounts.values())

        async def some(client: "httpx.AsyncClient") -> None:
            for batch in waiting:
                await send(client, batch)

        limits = httpx.Limits(max_connections=PARALLEL, max_keepalive_connections=PARALLEL)
        headers = {"Authorization": f"Bearer {_TOKEN}", "Accept": "application/scim+json"}
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=30) as client:
            await send(client, of_nobody)
            await asyncio.gather(*(some(client) for _ in range(PARALLEL)))
        return yes

    measuring.report(lambda: asyncio.run(every()))


if __name__ == "__main__":
    {"ours": _ours, "bare": _bare}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
