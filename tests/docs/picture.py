"""`python -m tests.docs.picture`: draw docs/screen.svg anew, from the demo school as of a fixed day."""

import asyncio
import contextlib
import html
import os
import re
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.docs.pages import DOCS
from tui.domain.actor import Actor
from tui.manager.manager import AccountManager
from tui.settings import Settings

PICTURE = DOCS / "screen.svg"
SIZE = (120, 32)
CODE = "ASH8548"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def demo_of_the_day(folder: Path) -> AccountManager:
    """The demo school as it would be made on the day of the picture."""
    from tui.feeds.demo_school import demo_school

    school = demo_school(NOW.date())
    manager = AccountManager(
        Settings(), folder / "demo.sqlite3", create=True, actor=Actor("kim", "local"), clock=lambda: NOW
    )
    manager.make_demo(school.name, school.portal_url, school.help_contact)
    for roster in school.rosters:
        manager.import_roster(roster, is_demo=True)
    for hold in school.holds:
        manager.hold(hold.contact_code, hold.note, kind=hold.kind)
    return manager


async def draw(folder: Path) -> str:
    """The picture as SVG: two accounts marked, and why the one under the cursor is ready to revoke."""
    from tui.ui.app import EngageApp

    with contextlib.closing(demo_of_the_day(folder)) as manager:
        app = EngageApp(manager, manager.overview())
        async with app.run_test(size=SIZE) as pilot:
            for key in ("j", "j", "j", "j", "space", "space", "k"):
                await pilot.press(key)
            svg, before = "", ""
            for _ in range(100):  # the detail comes when the cursor has rested, and the foot may be a moment behind
                svg, before = app.export_screenshot(title="engage-accounts"), svg
                if words(svg).count(CODE) > 1 and words(svg) == words(before):
                    break
                await pilot.pause(0.05)
            # Without the fonts that Rich would have a browser fetch: a picture asks nobody for anything.
            return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.S)


def words(svg: str) -> list[str]:
    """The words in a picture, in order; where and in which colours they stand does not matter."""
    return html.unescape(" ".join(re.findall(r"<text[^>]*>(.*?)</text>", svg))).replace("\xa0", " ").split()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        # In the usual theme with its colours, whatever is set or was chosen here.
        os.environ.update(TZ="UTC", TERM="xterm-256color", NO_COLOR="", ENGAGE_ACCOUNTS_STATE=scratch)
        time.tzset()
        PICTURE.write_text(asyncio.run(draw(Path(scratch))), encoding="utf-8")
