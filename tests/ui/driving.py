"""Driving the screen in tests: keys in, what a person reads out, waiting on what is shown and never on time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from tui.manager.manager import AccountManager
from tui.ui.app import EngageApp
from tui.ui.screens.accounts import AccountsScreen

_PATIENCE = 20.0


class Person:
    """Somebody at the keyboard."""

    def __init__(self, app: EngageApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def accounts(self) -> AccountsScreen:
        return self.app.accounts

    def lines(self) -> list[str]:
        """What is on the screen."""
        return ["".join(s.text for s in strip).rstrip() for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(self.lines())

    def words(self) -> str:
        """What is on the screen, without frames and line breaks."""
        return " ".join(self.text().translate({ord(sign): " " for sign in "│┌┐└┘─"}).split())

    def status(self) -> str:
        """The status line, without its right end."""
        return self.accounts.status()

    def row_codes(self) -> list[str]:
        """The codes in sight."""
        table = self.accounts.table
        shown = table.persons[table.top : table.top + table.height]
        return self.accounts.manager.codes(shown)

    async def press(self, *keys: str) -> str:
        """Press keys; gives the screen."""
        await self.pilot.press(*keys)
        await self._handled()
        return self.text()

    async def _handled(self) -> None:
        """Wait until what was pressed has been handled: the pilot takes a process that gets no time for an idle one."""
        # A key goes to the app, from there to the screen, and if that is covered by now to the one above it.
        for _ in range(3):
            handled = asyncio.Event()
            self.app.call_later(self._after_the_screens_messages, handled)
            end = time.monotonic() + _PATIENCE
            while not handled.is_set() and self.app.is_running and time.monotonic() < end:
                await asyncio.sleep(0.001)
        await self.pilot.pause()

    def _after_the_screens_messages(self, handled: asyncio.Event) -> None:
        if not self.app.screen_stack or not self.app.screen.call_later(handled.set):
            handled.set()  # there is no screen any more

    async def type(self, text: str) -> str:
        """Type text."""
        return await self.press(*("space" if character == " " else character for character in text))

    async def paste(self, text: str) -> str:
        """Paste, as a terminal hands it over."""
        self.app.post_message(events.Paste(text))
        await self._handled()
        return self.text()

    async def sees(self, what: str | Callable[[], bool]) -> str:
        """Wait until the screen says this."""
        end = time.monotonic() + _PATIENCE
        while not (what() if callable(what) else what in self.text() or what in self.words()):
            assert time.monotonic() < end, f"never seen: {what}\n{self.text()}"
            await self.pilot.pause(0.01)
        return self.text()


@asynccontextmanager
async def at_the_screen(manager: AccountManager, columns: int = 80, rows: int = 24) -> AsyncIterator[Person]:
    """The screen on this register, with somebody in front of it."""
    app = EngageApp(manager, manager.overview())
    async with app.run_test(size=(columns, rows)) as pilot:
        await pilot.pause()
        yield Person(app, pilot)
