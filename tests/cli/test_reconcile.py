"""`reconcile` from the shell, against a real SCIM service."""

import json
from pathlib import Path

import pytest

from tests.running import Run
from tests.services.scim_school import ScimSchool
from tui.errors import ExitCode


@pytest.fixture
def idm(scim_school: ScimSchool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScimSchool:
    """The school, with a config that names its service."""
    config = tmp_path / "scim.toml"
    config.write_text(
        f'[accounts]\nservice = "scim"\n[services.scim]\nurl = "{scim_school.server.url}"\nsystem = "Kew IdM"\n'
    )
    monkeypatch.setenv("ENGAGE_ACCOUNTS_CONFIG", str(config))
    return scim_school


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
