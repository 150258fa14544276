"""The settings on the screen: every key with its value and what is allowed, checks, a test email; no secret."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.mail.servers import real_server
from tests.ui.conftest import SETTINGS, leavers
from tests.ui.driving import Person, at_the_screen
from tests.ui.test_invitations import by_server
from tui.config import setting_keys
from tui.manager.manager import AccountManager
from tui.manager.settings_view import settings_view
from tui.settings import SmtpSettings, UiSettings
from tui.ui.screens.settings import SettingsScreen

Open = Callable[..., AccountManager]


async def open_settings(person: Person) -> SettingsScreen:
    await person.press("C")
    assert isinstance(person.app.screen, SettingsScreen)
    return person.app.screen


def test_every_key_of_the_config_is_there_with_what_is_allowed() -> None:
    view = settings_view(SETTINGS)
    assert {one.key: one.allowed for one in view} == setting_keys()
    assert {one.key for one in view if one.is_set} == {"school.name", "accounts.service"}
    assert all(one.about for one in view)


def test_values_are_said_as_the_file_has_them() -> None:
    settings = replace(
        SETTINGS,
        smtp=SmtpSettings(host="mail.example", port=25, password_file=Path("/etc/secret")),
        ui=UiSettings(keys={"revoke": "D"}),
    )
    said = {one.key: one.value for one in settings_view(settings)}
    assert said["school.name"] == '"Example School"'
    assert said["mail.smtp.port"] == "25"
    assert said["mail.smtp.password_file"] == '"/etc/secret"'
    assert said["ui.keys"] == '{revoke = "D"}'
    assert said["feeds.oneroster.portal_access_roles"] == '["parent", "guardian"]'
    assert said["accounts.future_students_count"] == "false"
    assert said["mail.smtp.password_command"] == "[]"


def test_what_a_password_command_is_given_is_not_shown() -> None:
    settings = replace(SETTINGS, smtp=SmtpSettings(password_command=("echo", "hunter2")))
    said = {one.key: one for one in settings_view(settings)}["mail.smtp.password_command"]
    assert said.value == '["echo", and 1 argument not shown]'
    assert said.is_set


async def test_the_file_and_what_each_key_means(open_school: Open, configure: Callable[[str], Path]) -> None:
    path = configure("")
    async with at_the_screen(open_school(leavers(1)), columns=200) as person:
        screen = await open_settings(person)
        assert f"Settings: {path}" in person.lines()[0]
        assert screen.setting is not None
        assert screen.setting.key == "school.name"
        assert "[school] Who writes to the parents." in person.text()
        assert '"Example School"' in person.text()
        assert "2 of " in person.text()
        await person.press("enter")
        await person.sees("It is changed in the file")
        assert screen.setting.allowed in person.words()
        await person.press("escape", "C")
        assert person.app.screen is person.accounts


async def test_without_a_file_it_says_where_it_would_be(open_school: Open, home: Path) -> None:
    async with at_the_screen(open_school(leavers(1)), columns=200) as person:
        await open_settings(person)
        assert f"there is no {home / 'config' / 'engage-accounts' / 'config.toml'}" in person.lines()[0]
        assert "There is no config file yet" in person.words()


async def test_the_connection_is_tested_and_a_message_sent(open_school: Open) -> None:
    with real_server() as (inbox, port):
        manager = open_school(leavers(1), by_server(port))
        async with at_the_screen(manager) as person:
            await open_settings(person)
            await person.press("t")
            await person.sees("Register, config, letters and mail server")
            await person.sees("mail: ")
            assert inbox.received == []
            await person.press("escape", "E", "enter")
            assert "No test message was sent." in person.text()
            await person.press("E")
            await person.type("it@school.example")
            await person.press("enter")
            await person.sees("The test message was handed to")
        assert [message.recipients for message in inbox.received] == [["it@school.example"]]


async def test_a_server_that_is_away_is_said_with_what_to_do(open_school: Open) -> None:
    manager = open_school(leavers(1), by_server(1))
    async with at_the_screen(manager) as person:
        await open_settings(person)
        await person.press("t")
        await person.sees("wrong")
        await person.press("G")
        await person.press("escape", "E")
        await person.type("it@school.example")
        await person.press("enter")
        await person.sees("That did not work")


async def test_a_read_only_session_tests_and_sends_nothing(open_school: Open) -> None:
    async with at_the_screen(open_school(leavers(1), read_only=True)) as person:
        await open_settings(person)
        assert "this session is read-only" in await person.press("E")
        await person.press("t")
        await person.sees("Register, config, letters and mail server")
