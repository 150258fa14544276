"""A whole hand-over where accounts live in a scim2-server: the old record closed first, then the new one opened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.letters import token_in
from tests.manager.handing_over import school
from tests.servers.scim2 import ScimServer
from tests.services.scim_school import GOOD, NOW, PASSWORD, YES, settings_for, states
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.manager.manager import AccountManager

OTHERS = {"OLDJ": "browns", "OLDL": "lars", "OLDM": "mark"}


@pytest.fixture
def manager(scim_server: ScimServer, register: Path) -> Iterator[AccountManager]:
    opened = AccountManager(
        settings_for(scim_server.url), register, create=True, actor=Actor("kim", "local"), clock=lambda: NOW
    )
    opened.import_roster(school())
    yield opened
    opened.service.close()
    opened.close()


def test_the_old_record_is_closed_and_the_new_one_opened_by_its_parent(
    scim_server: ScimServer, manager: AccountManager
) -> None:
    old = scim_server.put("ksmith", "OLDK", password=PASSWORD)
    for code, username in OTHERS.items():
        scim_server.put(username, code, password=PASSWORD)
    before = {id_: user for id_, user in scim_server.users().items() if id_ != old}
    assert manager.plan(Verb.WELCOME, ["NEWK"]).items == (), "not before the old account is gone"

    number = manager.start_handover(["OLDK"])
    manager.accept(number, "OLDK", "NEWK")
    revoke = manager.handover_plan(manager.handover(number), Verb.REVOKE)
    assert states(manager.run(revoke, YES)) == {"OLDK": "done"}
    assert scim_server.user(old)["active"] is False
    assert scim_server.user(old)["userName"] != "ksmith"

    welcome = manager.handover_plan(manager.handover(number), Verb.WELCOME)
    assert states(manager.run(welcome, YES)) == {"NEWK": "done"}
    (new,) = scim_server.users().keys() - before.keys() - {old}
    assert scim_server.user(new)["externalId"] == "NEWK"
    assert scim_server.user(new)["active"] is False
    (letter,) = (manager.path.parent / "outbox").glob("*.eml")
    token = token_in(letter, "welcome")
    manager.redeemer().redeem(token, "ksmith", GOOD)  # her old username is free again
    assert (scim_server.user(new)["userName"], scim_server.user(new)["active"]) == ("ksmith", True)
    assert new in scim_server.with_password()
    assert {id_: user for id_, user in scim_server.users().items() if id_ not in (old, new)} == before
