"""A school whose accounts live in a SCIM server that does as it is told to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.school import FIRST, SchoolFiles
from tests.servers.odd_scim import OddServer, odd_scim_server
from tests.servers.scim2 import ScimServer
from tests.services.scim_school import PASSWORD, ScimSchool, make_school, settings_for
from tui.feeds import open_feed
from tui.services import scim_wire

Make = Callable[..., ScimSchool]


@pytest.fixture
def odd(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OddServer]:
    """A server that does as it is told to."""
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", "t0ken")
    monkeypatch.setattr(scim_wire, "_PAUSE_SECONDS", 0.01)
    with odd_scim_server() as server:
        yield server


@pytest.fixture
def make(odd: OddServer, register: Path, tmp_path: Path) -> Iterator[Make]:
    """Make the school with these settings of the service; with `files`, of these."""
    made: list[ScimSchool] = []

    def make_it(files: SchoolFiles | None = None, **scim: Any) -> ScimSchool:
        server = cast(ScimServer, odd)
        if files is None:
            school = make_school(register, tmp_path / "extract", server, **scim)
        else:
            school = ScimSchool(register, server, tmp_path / "extract", files, settings_for(odd.url, **scim))
            for code, contact in files.contacts.items():
                if contact["username"]:
                    school.ids[code] = _put(odd, contact, code)
            school.manager(create=True).import_roster(open_feed(files.write(school.folder, FIRST)))
        made.append(school)
        return school

    yield make_it
    for school in made:
        school.close()


def _put(odd: OddServer, contact: dict[str, str], code: str) -> str:
    return odd.put(
        contact["username"],
        code,
        password=PASSWORD,
        name={"givenName": contact["given_name"], "familyName": contact["surname"]},
        emails=[{"value": contact["email"]}],
    )
