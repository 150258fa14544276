"""The fault proxy does what it says."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers import fault_proxy as faults
from tests.servers.fault_proxy import FaultProxy, fault_proxy
from tests.servers.scim2 import TOKEN, ScimServer, scim2_server

BODY = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "kate"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScimServer]:
    with scim2_server(tmp_path_factory.mktemp("scim2")) as running:
        yield running


@pytest.fixture
def proxy(server: ScimServer) -> Iterator[FaultProxy]:
    for identity in server.users():
        server.client.delete(f"/Users/{identity}")
    with fault_proxy(server.port) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[httpx.Client]:
    base, headers = f"http://127.0.0.1:{proxy.port}/v2", {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=base, headers=headers, timeout=0.5) as opened:
        yield opened


def test_without_a_fault_everything_passes(proxy: FaultProxy, client: httpx.Client, server: ScimServer) -> None:
    made = client.post("/Users", json=BODY)
    assert made.status_code == 201
    assert client.get(f"/Users/{made.json()['id']}").json()["userName"] == "kate"
    assert [request.method for request in proxy.forwarded] == ["POST", "GET"]
    assert proxy.faults == 0


def test_a_rule_meets_the_nth_of_its_kind(proxy: FaultProxy, client: httpx.Client) -> None:
    proxy.script(faults.failed_before, 2, matching=lambda request: request.method == "GET")
    statuses = [client.post("/Users", json=BODY | {"userName": name}).status_code for name in ("a", "b")]
    statuses += [client.get("/Users").status_code for _ in range(3)]
    assert statuses == [201, 201, 200, 503, 200]
    assert proxy.faults == 1
    assert len(proxy.forwarded) == len(proxy.came) - 1


@pytest.mark.parametrize(
    "name",
    ["reset after", "cut within", "dribbled", "never answered", "told longer", "garbage", "500 after", "empty"],
)
def test_what_is_cut_after_was_done(name: str, proxy: FaultProxy, client: httpx.Client, server: ScimServer) -> None:
    proxy.script(faults.FAULTS[name])
    try:
        assert client.post("/Users", json=BODY).status_code in (500, 200)
    except (httpx.TransportError, httpx.TimeoutException):
        assert name not in ("500 after", "empty")
    assert [record["userName"] for record in server.users().values()] == ["kate"]


def test_what_is_dropped_before_was_not_done(proxy: FaultProxy, client: httpx.Client, server: ScimServer) -> None:
    proxy.script(faults.dropped)
    with pytest.raises(httpx.TransportError):
        client.post("/Users", json=BODY)
    assert server.users() == {}


def test_lies_about_who_is_who(proxy: FaultProxy, client: httpx.Client, server: ScimServer) -> None:
    kate, liam = server.put("kate"), server.put("liam")
    proxy.script(faults.a_stranger, 1)
    proxy.script(faults.a_stranger, 2)
    proxy.script(faults.everybody, 3)
    proxy.script(faults.said_before, 4)
    assert client.get(f"/Users/{kate}").json()["id"] == liam
    only_kate = {"filter": 'userName eq "kate"'}
    assert [one["id"] for one in client.get("/Users", params=only_kate).json()["Resources"]] == [liam]
    assert {one["id"] for one in client.get("/Users", params=only_kate).json()["Resources"]} == {kate, liam}
    assert client.get(f"/Users/{kate}").json()["totalResults"] == 2
