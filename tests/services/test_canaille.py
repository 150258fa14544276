"""The whole hand-over in canaille, an identity provider that ignores filters and keeps no contact codes.

Who can log in is asked of its own login page, as a browser would.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.letters import token_in
from tests.school import FIRST, families
from tests.servers.canaille import CLIENT, SECRET, TOKEN, WANTED, Canaille, canaille
from tests.services.scim_school import GOOD, NOW, PASSWORD, YES, settings_for, states
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.errors import Refused
from tui.feeds import open_feed
from tui.manager.manager import AccountManager

pytestmark = WANTED
LEFT, NEW = "P0001", "P0014"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canaille]:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
    with canaille(tmp_path) as running:
        yield running


@pytest.fixture
def manager(site: Canaille, register: Path, tmp_path: Path) -> Iterator[AccountManager]:
    """Fourteen families with accounts there; the first has left, the last has none. Two strangers."""
    files = families(14)
    files.leave("S0001")
    files.contacts[NEW]["username"] = ""
    site.put("stranger", "stranger@families.example", password=PASSWORD)
    site.put("user.p0001x", "x@families.example", password=PASSWORD)
    for contact in files.contacts.values():
        if contact["username"]:
            site.put(contact["username"], contact["email"], password=PASSWORD)
    opened = AccountManager(
        settings_for(site.url), register, create=True, actor=Actor("kim", "local"), clock=lambda: NOW
    )
    opened.import_roster(open_feed(files.write(tmp_path / "extract", FIRST)))
    yield opened
    opened.service.close()
    opened.close()


def of_others(site: Canaille, *mine: str) -> dict[str, Any]:
    return {id_: user for id_, user in site.users().items() if id_ not in mine}


def id_of(site: Canaille, username: str) -> str:
    return next(id_ for id_, user in site.users().items() if user["userName"] == username)


def revoke(manager: AccountManager) -> dict[str, str]:
    return states(manager.run(manager.plan(Verb.REVOKE, [LEFT]), YES))


def welcome(manager: AccountManager) -> tuple[dict[str, str], str]:
    """Welcome the one without an account; gives the token of her link as well."""
    report = manager.run(manager.plan(Verb.WELCOME, [NEW]), YES)
    (letter,) = (manager.path.parent / "outbox").glob("*.eml")
    return states(report), token_in(letter, "welcome")


def test_the_whole_hand_over(site: Canaille, manager: AccountManager) -> None:
    old = id_of(site, "user.p0001")
    before = of_others(site, old)
    assert site.logs_in("user.p0001", PASSWORD)

    assert revoke(manager) == {LEFT: "done"}
    assert not site.logs_in("user.p0001", PASSWORD)
    assert not site.logs_in("p0001@families.example", PASSWORD)
    assert not site.logs_in(site.user(old)["userName"], PASSWORD)
    assert of_others(site, old) == before
    # Nobody gets a link by the first-login page: the record has a password, which nobody knows.
    for login in ("user.p0001", "p0001@families.example", site.user(old)["userName"]):
        assert site.first_login(login) == []

    made, token = welcome(manager)
    assert made == {NEW: "done"}
    (new,) = site.users().keys() - before.keys() - {old}
    assert site.user(new)["active"] is False
    assert manager.redeemer().redeem(token, "kate.smith", GOOD).username == "kate.smith"
    assert site.logs_in("kate.smith", GOOD)
    assert of_others(site, old, new) == before
    assert site.logs_in("stranger", PASSWORD)
    with pytest.raises(Refused):
        manager.redeemer().redeem(token, "kate.smith", GOOD)


def test_whoever_waits_gets_in_by_no_other_way(site: Canaille, manager: AccountManager) -> None:
    _, token = welcome(manager)
    waiting = f"{NEW.lower()}@families.example"
    for link in site.first_login(waiting):
        assert not site.set_password(link, "another password 1")
    assert not site.logs_in(waiting, "another password 1")
    manager.redeemer().redeem(token, "kate.smith", GOOD)
    assert not site.logs_in("kate.smith", "another password 1")
    assert site.logs_in("kate.smith", GOOD)


def test_a_record_that_waits_is_not_made_twice(site: Canaille, manager: AccountManager) -> None:
    welcome(manager)
    count = len(site.users())
    again = manager.plan(Verb.WELCOME, [NEW], reason="she asked for it")
    manager.run(again, YES)
    assert len(site.users()) == count


def test_a_code_that_nobody_there_has_hits_nobody(site: Canaille, manager: AccountManager) -> None:
    site.client.delete(f"/Users/{id_of(site, 'user.p0001')}")
    before = site.users()
    assert revoke(manager) == {LEFT: "failed"}
    assert site.users() == before


def test_client_credentials_do_as_well(
    site: Canaille, manager: AccountManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENGAGE_ACCOUNTS_SCIM_TOKEN")
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_CLIENT_SECRET", SECRET)
    scim = replace(manager.settings.scim, token_url=site.token_url, client_id=CLIENT)
    other = AccountManager(
        replace(manager.settings, scim=scim), manager.path, actor=Actor("kim", "local"), clock=lambda: NOW
    )
    assert revoke(other) == {LEFT: "done"}
    other.service.close()
    other.close()
    assert not site.logs_in("user.p0001", PASSWORD)
