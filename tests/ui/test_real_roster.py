"""The whole job through the screen, on a roster that nobody here wrote; what is expected is worked out from the CSV."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.test_real_roster import WELCOMED, Job, Real, real  # noqa: F401 - a fixture
from tests.running import Run
from tests.ui.conftest import SETTINGS
from tests.ui.driving import Person, at_the_screen
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.manager.views import Tab
from tui.settings import AccountSettings, Settings

GRADE = "11"


def opened(real: Real, settings: Settings, folder: Path) -> AccountManager:  # noqa: F811
    """A register with two imports: all of the roster, then without one grade."""
    manager = AccountManager(settings, folder / "register.sqlite3", create=True)
    now = datetime.now(UTC)
    for days, without in ((20, ""), (1, GRADE)):
        users = real.write(folder / "users.csv", now - timedelta(days=days), without=without)
        manager.import_roster(open_feed(users, "oneroster", settings=settings))
    return manager


async def revoke_all_ready(person: Person, count: int, system: str, result: str) -> None:
    await person.sees(f"{count} of {count} shown")
    await person.press("a", "R")
    await person.sees(f"Revoke access of {count} contacts in {system}")
    await person.press(*str(count), "enter")
    await person.sees(result)
    await person.press("escape")


async def welcome(person: Person, codes: list[str], system: str) -> None:
    await person.press("3")
    for code in codes:
        await person.press("+")
        await person.paste(code)
        await person.press("enter")
    assert person.status().startswith(f"{len(codes)} marked · ")
    await person.press("W")
    await person.sees(f"Send a welcome email to {len(codes)} contacts in {system}")
    await person.press("y")


@pytest.mark.parametrize("service", ["embedded", "worklist"])
async def test_a_grade_leaves(real: Real, tmp_path: Path, state: Path, cli: Run, service: str) -> None:  # noqa: F811
    expected = real.left_without(GRADE)
    chosen = Job(cli, real, GRADE, tmp_path, state).chosen()
    settings = SETTINGS if service == "embedded" else Settings(accounts=AccountSettings(service="worklist"))
    manager = opened(real, settings, tmp_path)
    system = manager.overview().system
    statuses = {row.code: row.status for row in manager.rows(manager.view(Tab.ALL).persons)}
    assert {code for code, status in statuses.items() if status == "ready_to_revoke"} == expected
    async with at_the_screen(manager, 100, 30) as person:
        done = f"{len(expected)} accounts {'revoked' if service == 'embedded' else 'requested'}"
        await revoke_all_ready(person, len(expected), system, done)
        await welcome(person, chosen, system)
        handed = f"{WELCOMED} welcome emails handed to the outbox"
        await person.sees(handed if service == "embedded" else f"{WELCOMED} accounts requested")
        await person.press("escape", "q")
    rows = {row.code: row for row in manager.rows(manager.view(Tab.ALL).persons)}
    if service == "embedded":
        assert {code for code, row in rows.items() if row.status == "no_access"} == expected
        assert all(not rows[code].username for code in expected)
        messages = [message_from_bytes(path.read_bytes(), policy=default) for path in tmp_path.rglob("*.eml")]
        assert {message["To"].addresses[0].addr_spec for message in messages} == {
            real.rows[code]["email"] for code in chosen
        }
    else:
        assert {code: row.status for code, row in rows.items()} == statuses, "requested is not revoked"
        assert {code for code, row in rows.items() if row.requested} == expected | set(chosen)
        assert not list(tmp_path.rglob("*.eml"))
    manager.close()
