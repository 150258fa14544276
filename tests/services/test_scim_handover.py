"""A whole hand-over where accounts live in a scim2-server: the old record closed first, then the new one opened."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.letters import text_of
from tests.manager.handing_over import school
from tests.servers.scim2 import TOKEN, ScimServer, scim2_server
from tests.services.scim_school import GOOD, NOW, PASSWORD, YES, settings_for, states
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.manager.manager import AccountManager

OTHERS = {"OLDJ": "browns", "OLDL": "lars", "OLDM": "mark"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScimServer]:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
    with scim2_server(tmp_path) as running:
        yield running


@pytest.fixture
def manager(server: ScimServer, register: Path) -> Iterator[AccountManager]:
    opened = AccountManager(
        settings_for(server.url), register, create=True, actor=Actor("kim", "local"), clock=lambda: NOW
    )
    opened.import_roster(school())
    yield opened
    opened.service.close()
    opened.close()


def test_the_old_record_is_closed_and_the_new_one_opened_by_its_parent(
    server: ScimServer, manager: AccountManager
) -> None:
    old = server.put("ksmith", "OLDK", password=PASSWORD)
    for code, username in OTHERS.items():
        server.put(username, code, password=PASSWORD)
    before = {id_: user for id_, user in server.users().items() if id_ != old}
    assert manager.plan(Verb.WELCOME, ["NEWK"]).items == (), "not before the old account is gone"

    number = manager.start_handover(["OLDK"])
    manager.accept(number, "OLDK", "NEWK")
    revoke = manager.handover_plan(manager.handover(number), Verb.REVOKE)
    assert states(manager.run(revoke, YES)) == {"OLDK": "done"}
    assert server.user(old)["active"] is False
    assert server.user(old)["userName"] != "ksmith"

    welcome = manager.handover_plan(manager.handover(number), Verb.WELCOME)
    assert states(manager.run(welcome, YES)) == {"NEWK": "done"}
    (new,) = server.users().keys() - before.keys() - {old}
    assert server.user(new)["externalId"] == "NEWK"
    assert server.user(new)["active"] is False
    (letter,) = (manager.path.parent / "outbox").glob("*.eml")
    words = text_of(message_from_bytes(letter.read_bytes(), policy=default)).split()
    token = next(word.partition("#")[2] for word in words if "/welcome#" in word)
    manager.redeemer().redeem(token, "ksmith", GOOD)  # her old username is free again
    assert (server.user(new)["userName"], server.user(new)["active"]) == ("ksmith", True)
    assert new in server.with_password()
    assert {id_: user for id_, user in server.users().items() if id_ not in (old, new)} == before
