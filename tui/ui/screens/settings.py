"""The settings in force: each key with its value and what is allowed. They are changed in the config file, not here;
what is tested here is whether register, letters and mail server are as they should be.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.manager.settings_view import SettingView, settings_view
from tui.ui import wording_settings
from tui.ui.actions import State
from tui.ui.drawing import Line, Para, spread
from tui.ui.screens.base import Prompt
from tui.ui.screens.board import Board

if TYPE_CHECKING:
    from tui.manager.doctoring import Check
    from tui.manager.manager import AccountManager


class SettingsScreen(Board):
    """The settings, to be read."""

    SCOPE = "settings"
    NAME = "settings"

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__(manager)
        self.settings: Sequence[SettingView] = settings_view(manager.settings)

    def started(self) -> None:
        self.pane.heading = "setting"
        self.fill()

    @property
    def setting(self) -> SettingView | None:
        """The setting under the cursor."""
        return next((one for one in self.settings if one.key == self.key), None)

    def fill(self) -> None:
        self.show_entries(wording_settings.entries(self.settings, self.table.size.width, self.engage.look))

    def headline(self) -> str:
        file = self.engage.config_file
        return f"Settings: {file}" if file.exists() else f"Settings: all usual, there is no {file}"

    def detail(self) -> Sequence[Para]:
        setting, file = self.setting, self.engage.config_file
        if setting is None:
            return ()
        return wording_settings.detail(
            setting, file, is_there=file.exists(), is_demo=self.manager.is_demo, look=self.engage.look
        )

    def status_line(self, width: int) -> Line:
        count = sum(setting.is_set for setting in self.settings)
        left = f"{count:,} of {len(self.settings):,} are other than usual; they are changed in the file"
        return spread(((left, None),), (), width)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [
            ("setting_open", "what it means"), ("check_all", "test the connection"), ("send_test", "send a test email"),
            ("menu", "actions"), ("help", "help"), ("back", "back"),
        ]  # fmt: skip

    def state(self) -> State:
        return State(read_only=self.manager.read_only, can_copy=self.setting is not None)

    def do_settings(self) -> None:
        """The key that came here leads back."""
        self.do_back()

    def do_setting_open(self) -> None:
        from tui.ui.widgets.panel import Panel

        setting = self.setting
        if setting is not None:
            self.engage.open_panel(Panel[None](setting.key, self.detail()))

    def do_check_all(self) -> None:
        from tui.ui.widgets.panel import Panel

        def then(found: "list[Check]") -> None:
            self.say("")
            body = wording_settings.checks(found, self.engage.look)
            self.engage.open_panel(Panel[None]("Register, config, letters and mail server", body))

        self.say("Looking at register, config, letters and mail server ...")
        self.engage.in_background("doctor", self.manager.doctor, then)

    def do_send_test(self) -> None:
        self.ask(Prompt("Send a test email to: ", entered=self._send_test))

    def _send_test(self, address: str) -> None:
        if not address:
            self.say("No test message was sent.")
            return
        self.say("Sending a test message ...")
        self.engage.in_background("doctor", lambda: self.manager.send_test(address), self.say)
