"""`reconcile` from the shell, against a real SCIM service."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Run
from tests.servers.scim2 import TOKEN, ScimServer, scim2_server
from tests.services.scim_school import ScimSchool, make_school
from tui.errors import ExitCode


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScimServer]:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
    with scim2_server(tmp_path) as running:
        yield running


@pytest.fixture
def idm(server: ScimServer, register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScimSchool:
    made = make_school(register, tmp_path / "extract", server)
    made.close()
    config = tmp_path / "scim.toml"
    config.write_text(f'[accounts]\nservice = "scim"\n[services.scim]\nurl = "{server.url}"\nsystem = "Kew IdM"\n')
    monkeypatch.setenv("ENGAGE_ACCOUNTS_CONFIG", str(config))
    return made


def test_it_lists_and_takes_over_what_is_named(idm: ScimSchool, cli: Run) -> None:
    idm.server.put("kate.there", "P0020")
    listed = cli("reconcile")
    assert listed.code == ExitCode.OK
    assert "Not here (1): an account there that this register does not know of" in listed.out
    assert "Nothing was changed, here or there." in listed.out
    assert {one["kind"] for one in json.loads(cli("reconcile", "--json").out)["drift"]} == {"not here", "unknown code"}
    assert cli("reconcile", "--take-new").code == ExitCode.DECLINED, "nobody said yes"
    assert "1 account taken over; Kew IdM was not changed." in cli("reconcile", "--take-new", "--yes").out
    assert json.loads(cli("why", "P0020", "--json").out)["username"] == "kate.there"
    assert cli("reconcile", "--take", "P0001", "--yes").code == ExitCode.REFUSED


def test_where_there_is_nothing_to_compare_with_it_says_so(cli: Run, imported: object) -> None:
    refused = cli("reconcile")
    assert refused.code == ExitCode.REFUSED
    assert "can't be asked for a list" in refused.err
