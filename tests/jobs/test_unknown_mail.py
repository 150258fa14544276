"""A message that may have arrived before its session died is never sent again by itself, whatever came in between."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.jobs.machine import Death, DrawnServer, Killed
from tests.jobs.test_running import YES, TakeIn, chain_holds, rows, states
from tests.jobs.test_running import leavers as leavers
from tests.jobs.test_running import manager as manager
from tests.school import LATER, SchoolFiles
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.manager.manager import AccountManager


@pytest.fixture
def server(register: Path, monkeypatch: pytest.MonkeyPatch) -> DrawnServer:
    made = DrawnServer(register, Death())
    monkeypatch.setattr("tui.mail.open_transport.open_transport", lambda *_: made)
    # Each run is another process to the others, and the one before is gone.
    names = (f"{os.uname().nodename}:{os.getpid()}:{number}" for number in itertools.count(1))
    monkeypatch.setattr("tui.jobs.runner.runner_name", lambda: next(names))
    return made


def died_after_sending(manager: AccountManager, server: DrawnServer, codes: list[str]) -> None:
    """The first message of job 1 has arrived, and its session is gone before that is recorded."""
    server.answers = ["kill-arrived"]
    with pytest.raises(Killed):
        manager.run(manager.plan(Verb.WELCOME, codes), YES)
    assert sum(server.arrived.values()) == 1


def hold_and_release(manager: AccountManager) -> None:
    manager.hold("P0011", "ring first", kind="mail")
    manager.release("P0011", kind="mail")


def hold(manager: AccountManager) -> None:
    manager.hold("P0011", "ring first", kind="mail")


@pytest.mark.parametrize("between", [lambda manager: None, hold_and_release, hold], ids=["nothing", "held", "holds"])
def test_it_is_unknown_whatever_came_in_between(
    manager: AccountManager, register: Path, server: DrawnServer, between: Callable[[AccountManager], None]
) -> None:
    died_after_sending(manager, server, ["P0011", "P0012"])
    between(manager)
    assert states(manager.resume(1)) == {"P0011": "unknown", "P0012": "done"}
    assert set(server.arrived.values()) == {1}
    assert "may have been sent" in manager.report(1).outcomes[0].detail
    assert chain_holds(register)


def test_nothing_more_comes_of_it_by_itself(
    manager: AccountManager, register: Path, server: DrawnServer, take_in: TakeIn, leavers: SchoolFiles
) -> None:
    died_after_sending(manager, server, ["P0011", "P0012"])
    leavers.contacts["P0011"]["email"] = "another@families.example"
    take_in(leavers, LATER)
    assert states(manager.resume(1)) == {"P0011": "unknown", "P0012": "done"}
    assert manager.flush() == []
    with pytest.raises(Refused):
        manager.resume(1)
    assert set(server.arrived.values()) == {1}
    assert rows(register, "SELECT token_hash FROM invitations WHERE code = 'P0011'") == [(None,)]
    # Whoever asks for it sends another one, to the address that stands there now.
    again = manager.run(manager.plan(Verb.WELCOME, ["P0011"]), YES)
    assert states(again) == {"P0011": "done"}
    # What became of the first is still for a person to say.
    (row,) = manager.invitations(["unknown"])
    assert manager.settle(row.id, sent=True).state == "superseded", "it was sent, and its link is void"
    assert states(manager.report(1))["P0011"] == "done"
    assert rows(register, "SELECT count(*) FROM invitations WHERE token_hash IS NOT NULL AND code = 'P0011'") == [(1,)]


def test_cancelling_says_unknown_too(manager: AccountManager, register: Path, server: DrawnServer) -> None:
    died_after_sending(manager, server, ["P0011", "P0012"])
    hold_and_release(manager)
    assert manager.cancel(1)
    assert states(manager.report(1)) == {"P0011": "unknown", "P0012": "cancelled"}
