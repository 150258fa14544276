"""What the screen of settings says: the keys by table, what each means, and what the checks found."""

from collections.abc import Sequence
from pathlib import Path

from tui.manager.doctoring import Check, Health
from tui.manager.saying import say_sum
from tui.manager.settings_view import SettingView
from tui.ui.drawing import BLANK, Para, crop
from tui.ui.theme import Look
from tui.ui.widgets.entries import SIGNS, Entry


def entries(settings: Sequence[SettingView], width: int, look: Look) -> list[Entry]:
    """A heading for each table and a line for each key; what is set stands out."""
    wide = max((len(one.name) for one in settings), default=0)
    found: list[Entry] = []
    table = ""
    for one in settings:
        if one.table != table:
            table = one.table
            found.append(Entry(f"[{table}]", (((f" [{table}] ", look.title), (one.about, look.dim)),), heading=True))
        value = crop(one.value, max(width - SIGNS - wide - 3, 0))
        line = (
            (f"{one.name:<{wide}} = ", None if one.is_set else look.dim),
            (value, look.marked if one.is_set else look.dim),
        )
        found.append(Entry(one.key, (line,)))
    return found


def detail(one: SettingView, file: Path, *, is_there: bool, is_demo: bool, look: Look) -> list[Para]:
    """What one key means, and where it is changed."""
    said = [
        Para(one.key, look.title),
        Para(one.about, look.dim),
        BLANK,
        Para(one.value, None, "Is       ", look.dim),
        Para(one.default if one.is_set else "the same", None, "Default  ", look.dim),
        Para(one.allowed, None, "Allowed  ", look.dim),
        BLANK,
    ]
    if is_demo:
        said.append(Para("The demo school stands for itself: whatever the file says."))
    where = f"It is changed in the file {file}" if is_there else f"There is no config file yet; it would be {file}"
    said.append(Para(f"{where}. The screen reads it when it starts. docs/configuration.md tells more of each key."))
    return said


def checks(found: Sequence[Check], look: Look) -> list[Para]:
    """What the checks found, each with what to do."""
    styles = {Health.OK: look.good, Health.WARN: look.warn, Health.WRONG: look.bad}
    said = [Para(f"{say_sum(found)}.", look.title), BLANK]
    wide = max((len(check.health) for check in found), default=0)
    for check in found:
        said.append(
            Para(f"{check.name}: {check.sentence}", None, f"{check.health:<{wide}}  ", styles.get(check.health))
        )
        if check.todo and check.health is not Health.OK:
            said += [Para(line, None, " " * (wide + 2)) for line in check.todo.splitlines()]
    return said
