"""Pictures of the screen, few: the demo school of a fixed day at two sizes, and in every theme.

They hold what words can't: columns, colours, where things stand. When the screen was changed on purpose,
`make snapshots` draws them anew; look at what came out before you commit it. A difference that was not meant is shown
side by side in .pytest_cache/snapshot_report.html.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.docs.picture import demo_of_the_day
from tests.ui.driving import Person
from tui.manager.manager import AccountManager
from tui.settings import UiSettings
from tui.ui.app import EngageApp
from tui.ui.theme import THEMES, USUAL

Compare = Callable[..., bool]
SMALL, LARGE = (80, 24), (120, 40)
KEYS = ("j", "j", "j", "j", "space", "space", "k")  # two are marked, the cursor is on one of them
ROW = 6


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountManager]:
    """The demo school of the day; nothing here changes it."""
    manager = demo_of_the_day(tmp_path_factory.mktemp("pictures"))
    yield manager
    manager.close()


@pytest.fixture(autouse=True)
def _whatever_the_shell_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # Textual reads its variables when it is imported, which is before any fixture could take them away.
    for name, usual in (("COLOR_SYSTEM", "auto"), ("FILTERS", ""), ("PRESS", ""), ("SCREENSHOT_DELAY", -1)):
        monkeypatch.setattr(f"textual.constants.{name}", usual)


class Pictured(EngageApp):
    """The screen, pictured on the background that its theme is for."""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        svg = super().export_screenshot(title="engage-accounts", simplify=simplify)
        if self.themes.configured == "light":
            return svg.replace("#292929", "#ffffff").replace("#c5c8c6", "#1f1f1f")
        return svg


def pictured(school: AccountManager, theme: str, monkeypatch: pytest.MonkeyPatch) -> Pictured:
    monkeypatch.setattr(school, "settings", replace(school.settings, ui=UiSettings(theme=theme)))
    return Pictured(school, school.overview())


async def at_rest(pilot: Pilot[int]) -> None:
    """Press the keys, and wait until what follows the cursor has followed."""
    assert isinstance(pilot.app, EngageApp)
    person = Person(pilot.app, pilot)
    await person.press(*KEYS)
    await person.sees(lambda: re.search(rf"\b{ROW}/\d+", person.text()) is not None)
    if person.accounts.has_pane:
        code = person.row_codes()[ROW - 1]
        await person.sees(lambda: person.text().count(code) > 1)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_accounts(
    school: AccountManager, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    assert snap_compare(pictured(school, USUAL, monkeypatch), terminal_size=size, run_before=at_rest)


@pytest.mark.parametrize("theme", [name for name in THEMES if name != USUAL])
def test_theme(school: AccountManager, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    assert snap_compare(pictured(school, theme, monkeypatch), terminal_size=SMALL, run_before=at_rest)
