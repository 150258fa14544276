"""Canaille does what the other tests rely on: its login page, its first-login hole, its way with filters."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers.canaille import CLIENT, SECRET, WANTED, Canaille, canaille

pytestmark = WANTED
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaille]:
    with canaille(tmp_path_factory.mktemp("canaille")) as running:
        yield running


def patch(site: Canaille, identity: str, *operations: dict[str, object]) -> None:
    answer = site.client.patch(f"/Users/{identity}", json={"schemas": [PATCH], "Operations": list(operations)})
    assert answer.status_code == 200, answer.text


def test_a_person_logs_in_with_the_right_password_alone(site: Canaille) -> None:
    site.put("kate", "kate@families.example", password="a-password-1")
    assert site.logs_in("kate", "a-password-1")
    assert site.logs_in("kate@families.example", "a-password-1")
    assert not site.logs_in("kate", "another-password-1")
    assert not site.logs_in("nobody", "a-password-1")


def test_a_person_who_is_not_active_does_not_log_in(site: Canaille) -> None:
    identity = site.put("liam", "liam@families.example", password="a-password-1")
    patch(site, identity, {"op": "replace", "path": "active", "value": False})
    assert not site.logs_in("liam", "a-password-1")
    assert site.first_login("liam") == []
    patch(site, identity, {"op": "replace", "path": "active", "value": True})
    assert site.logs_in("liam", "a-password-1")


def test_a_record_without_its_password_mails_a_link_to_whoever_asks(site: Canaille) -> None:
    identity = site.put("mia", "mia@families.example", password="a-password-1")
    assert site.first_login("mia") == []
    patch(site, identity, {"op": "remove", "path": "password"})
    (link,) = site.first_login("mia")
    assert site.set_password(link, "a-password-2")
    assert site.logs_in("mia", "a-password-2")


def test_that_link_logs_nobody_in_who_is_not_active(site: Canaille) -> None:
    identity = site.put("noah", "noah@families.example", active=False)
    (link,) = site.first_login("noah")
    assert not site.set_password(link, "a-password-1")
    assert not site.logs_in("noah", "a-password-1")
    patch(site, identity, {"op": "replace", "path": "active", "value": True})
    assert site.logs_in("noah", "a-password-1"), "the password was set all the same"


def test_a_filter_is_ignored_and_a_count_breaks_it(site: Canaille) -> None:
    site.put("olive", "olive@families.example")
    answer = site.client.get("/Users", params={"filter": 'userName eq "nobody"'})
    assert (answer.status_code, len(answer.json()["Resources"])) == (200, len(site.users()))
    answer = site.client.get("/Users", params={"count": 10})
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert "<html" in answer.text


def test_client_credentials_give_a_token(site: Canaille) -> None:
    answer = httpx.post(site.token_url, data={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
    token = answer.json()["access_token"]
    assert httpx.get(f"{site.url}/Users", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(f"{site.url}/Users", headers={"Authorization": "Bearer another"}).status_code == 401
