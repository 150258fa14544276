"""Every setting is shown, with what its table is about, and no secret among them."""

from dataclasses import replace

from tui.config import setting_keys, tables
from tui.manager.settings_view import ABOUT, settings_view
from tui.settings import Settings, SmtpSettings


def test_every_table_and_key_is_there() -> None:
    assert set(ABOUT) == set(tables())
    assert {view.key for view in settings_view(Settings())} == set(setting_keys())


def test_a_command_is_shown_without_what_may_be_the_secret() -> None:
    settings = replace(Settings(), smtp=SmtpSettings(password_command=("echo", "opensesame")))
    (shown,) = (view.value for view in settings_view(settings) if view.key == "mail.smtp.password_command")
    assert "echo" in shown
    assert "opensesame" not in shown
