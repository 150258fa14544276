"""The theme that was chosen at the screen: shown while it is chosen, remembered, and never in the way of a start."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tui.errors import ConfigError
from tui.manager.manager import AccountManager
from tui.settings import UiSettings
from tui.ui.remembered import ThemeChoice, remembered_file
from tui.ui.theme import THEMES, USUAL, Colours, Look

Open = Callable[..., AccountManager]


def look_of(name: str) -> Look:
    return THEMES[name].look


def with_theme(name: str) -> ThemeChoice:
    return ThemeChoice(name, Colours.MANY, remembers=True)


def drawn(person: Person) -> object:
    """The style that the row under the cursor is drawn in, whatever stands before it."""
    strips = list(person.app.screen._compositor.render_strips())
    return next(segment.style for segment in strips[3] if segment.text.startswith(">"))


async def open_themes(person: Person) -> str:
    await person.press(":")
    await person.type("theme")
    await person.press("enter")
    return await person.sees("┌─ Theme")


async def test_each_theme_is_shown_while_the_cursor_is_on_it_and_esc_goes_back(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3))) as person:
        text = await open_themes(person)
        for name, theme in THEMES.items():
            assert f"{name}  {theme.about}" in text
        assert "> " + USUAL not in text  # nothing was chosen: the config has its way
        assert ">   as the config says  terminal" in text
        for name in list(THEMES)[::-1]:
            await person.press("k")
            assert f">   {name}  " in person.text()
            assert drawn(person) == look_of(name).cursor
        await person.press("G", "k", "escape")
        await person.sees(lambda: "┌─ Theme" not in person.text())
        assert drawn(person) == look_of(USUAL).cursor
        assert person.app.look == look_of(USUAL)
    assert not remembered_file().exists()


async def test_the_chosen_theme_is_there_the_next_time(open_school: Open) -> None:
    manager = open_school(leavers(3))
    async with at_the_screen(manager, 120, 24) as person:
        await open_themes(person)
        await person.press("g", "j", "enter")
        await person.sees("Theme: dark. It is remembered.")
        assert drawn(person) == look_of("dark").cursor
        assert person.accounts.pane.look == person.accounts.table.look == look_of("dark")
    assert remembered_file().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in remembered_file().parent.iterdir()] == ["screen.toml"]
    async with at_the_screen(manager) as person:
        assert drawn(person) == look_of("dark").cursor
        text = await open_themes(person)
        assert ">   dark  " in text


async def test_what_was_chosen_goes_before_the_config_until_that_is_chosen(open_school: Open) -> None:
    manager = open_school(leavers(3), replace(SETTINGS, ui=UiSettings(theme="high-contrast")))
    async with at_the_screen(manager) as person:
        assert person.app.look == look_of("high-contrast")
        text = await open_themes(person)
        assert ">   as the config says  high-contrast" in text
        await person.press("g", "j", "j", "enter")
        await person.sees("Theme: light. It is remembered.")
    async with at_the_screen(manager) as person:
        assert person.app.look == look_of("light")
        await open_themes(person)
        await person.press("G", "enter")
        await person.sees("Theme: as the config says (high-contrast). It is remembered.")
        assert person.app.look == look_of("high-contrast")
    assert not remembered_file().exists()
    assert with_theme("dark").look() == look_of("dark")


async def test_a_read_only_session_switches_and_remembers_nothing(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(3), read_only=True)) as person:
        await open_themes(person)
        await person.press("g", "j", "enter")
        await person.sees("Theme: dark, for now: this session is read-only and remembers nothing.")
        assert drawn(person) == look_of("dark").cursor
    assert not remembered_file().exists()


async def test_a_choice_that_cannot_be_kept_is_used_and_says_so(open_school: Open) -> None:
    remembered_file().parent.parent.mkdir(parents=True)
    remembered_file().parent.write_text("a file where the state folder should be")
    async with at_the_screen(open_school(leavers(3))) as person:
        await open_themes(person)
        await person.press("g", "j", "enter")
        await person.sees("Theme: dark, for now: it can't be remembered (")
        assert drawn(person) == look_of("dark").cursor


async def test_without_colours_the_menu_says_why_all_look_the_same(
    open_school: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with at_the_screen(open_school(leavers(3))) as person:
        assert "NO_COLOR is set" in await open_themes(person)
        await person.press("g", "j")
        assert drawn(person) == look_of("no-colour").cursor


@pytest.mark.parametrize(
    "content",
    [b"", b"theme = ", b"theme = 3", b'theme = "solarised"', b"\xff\xfe", b"theme = " + b"[" * 9_000, b'x = "dark"'],
    ids=["empty", "cut off", "a number", "no theme of ours", "not text", "nested", "another key"],
)
def test_a_broken_file_is_ignored_and_written_anew(content: bytes) -> None:
    remembered_file().parent.mkdir(parents=True)
    remembered_file().write_bytes(content)
    themes = with_theme("light")
    assert themes.look() == look_of("light")
    assert themes.choose("dark") == "Theme: dark. It is remembered."
    assert with_theme("light").look() == look_of("dark")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_ignored(make: Callable[[Path], None]) -> None:
    remembered_file().parent.mkdir(parents=True)
    make(remembered_file())
    assert with_theme("").look() == look_of(USUAL)


def test_a_state_folder_that_cannot_be_named_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_STATE", "~nobody-of-that-name/state")
    themes = with_theme("")
    assert themes.look() == look_of(USUAL)
    assert "can't be remembered" in themes.choose("dark")


def test_a_slip_in_the_config_is_said_although_a_choice_goes_before_it() -> None:
    with_theme("").choose("dark")
    with pytest.raises(ConfigError, match="no theme 'darkest'"):
        with_theme("darkest")
