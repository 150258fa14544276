"""scim2-server does what the other tests rely on."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers.scim2 import ScimServer, scim2_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScimServer]:
    with scim2_server(tmp_path_factory.mktemp("scim2")) as running:
        yield running


def test_a_user_that_was_put_in_is_listed_and_found(server: ScimServer) -> None:
    identity = server.put("kate", "SMI0042", password="a-password-1", emails=[{"value": "kate@families.example"}])
    assert server.user(identity)["externalId"] == "SMI0042"
    assert server.users()[identity]["userName"] == "kate"
    assert set(server.users('externalId eq "SMI0042"')) == {identity}
    assert server.user("nobody") == {}


def test_whether_a_password_is_set_can_be_asked(server: ScimServer) -> None:
    with_one, without = server.put("with", password="a-password-1"), server.put("without")
    assert with_one in server.with_password()
    assert without not in server.with_password()


def test_without_its_token_it_says_nothing(server: ScimServer) -> None:
    answer = server.client.get("/Users", headers={"Authorization": "Bearer another"})
    assert answer.status_code == 401


def test_it_is_gone_when_it_is_stopped(tmp_path_factory: pytest.TempPathFactory) -> None:
    with scim2_server(tmp_path_factory.mktemp("scim2")) as server:
        again = server.url
        assert server.users() == {}

    with pytest.raises(httpx.ConnectError):
        httpx.get(again)
