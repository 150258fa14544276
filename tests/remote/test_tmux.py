"""The installed program inside tmux: keys sent, the pane read; detached, attached at another size, and cut off."""

import base64
from pathlib import Path

import pytest

from tests.remote.conftest import WORD, marking, the_first, times_revoked
from tests.remote.processes import waits_for_the_end
from tests.remote.tmux import Tmux
from tests.running import command
from tests.slow_school import slow_school
from tests.terminal import Terminal
from tests.ui.reading import cursor_code, marked_codes, tab_shown
from tui.manager.manager import AccountManager
from tui.manager.views import Tab

pytestmark = pytest.mark.pty


def test_a_session_outlives_who_is_attached(tmux: Tmux, register: Path, school: AccountManager) -> None:
    """The short form, for `make test`: work, detach, attach at other sizes, and leave."""
    codes = school.codes(school.view(Tab.READY_TO_REVOKE, text=WORD).persons)
    total = school.counts()[Tab.READY_TO_REVOKE]
    tmux.start(command("--register", register, "demo"))
    tmux.sees("acts on the demo school", f"{total} of {total} shown")
    tmux.type(f"/{WORD}")
    tmux.press("Enter", "Down", "Space")
    status = f"1 marked · {len(codes)} of {total} shown"
    tmux.sees(status)

    def is_as_it_was(terminal: Terminal) -> None:
        terminal.sees(
            status,
            "? help",
            lambda: cursor_code(terminal) == codes[2],
            lambda: marked_codes(terminal) == [codes[1]],
            lambda: tab_shown(terminal).startswith("1 "),
        )

    with tmux.attach(80, 24) as terminal:
        is_as_it_was(terminal)
        tmux.run("detach-client")
        assert terminal.ends() == 0
    with tmux.attach(120, 40, TERM="screen") as terminal:
        is_as_it_was(terminal)
        terminal.sees(f"{codes[2]} · ")  # the pane has come, which there was no room for
        terminal.resize(50, 20)
        terminal.sees("needs more room")
    with tmux.attach(80, 24, TERM="linux") as terminal:
        is_as_it_was(terminal)
    program = tmux.program()
    tmux.type("q")
    waits_for_the_end(program)
    assert not tmux.is_running()


@pytest.mark.slow
def test_a_morning_through_sent_keys(tmux: Tmux, register: Path, school: AccountManager) -> None:
    counts = school.counts()
    tmux.start(command("--register", register, "demo"))
    tmux.sees("shown")
    for number, tab in enumerate(Tab, start=1):
        tmux.type(str(number))
        tmux.sees(f"{counts[tab]:,} of {counts[tab]:,} shown")
    tmux.type("1")
    tmux.type(f"/{WORD}")
    tmux.press("Enter")
    job = the_first(school)
    rows = school.rows(school.view(Tab.READY_TO_REVOKE, text=WORD).persons)
    tmux.sees(f"{len(rows)} of {counts[Tab.READY_TO_REVOKE]} shown", rows[0].code)
    tmux.press("Enter")
    tmux.sees(f"Why: {rows[0].code}", rows[0].name)
    tmux.press("Escape")
    tmux.misses("Why:")
    tmux.type(":")
    tmux.sees("Every action")
    tmux.type("sort by")
    tmux.press("Enter")
    tmux.sees("Sort by")
    tmux.press("Escape")
    tmux.misses("Sort by")
    tmux.type(f"v{'j' * (job.marked - 1)}v")
    tmux.sees(f"{job.marked} marked")
    tmux.type("R")
    tmux.sees(f"Revoke access of {len(job.codes)} contacts in the demo school", f"Type {len(job.codes)} to go on")
    tmux.type(f"{len(job.codes)}")
    tmux.press("Enter")
    tmux.sees(f"{len(job.codes)} accounts revoked in the demo school.")
    assert times_revoked(register) == dict.fromkeys(job.codes, 1)


@pytest.mark.slow
def test_a_job_goes_on_while_nobody_is_attached(tmux: Tmux, register: Path, school: AccountManager) -> None:
    """The line to the machine is dropped: tmux stays, the job goes on, and whoever attaches finds its result."""
    job = the_first(school)
    count = len(job.codes)
    tmux.start(slow_school(register))
    with tmux.attach() as terminal:
        terminal.sees("shown")
        terminal.press(marking(job))
        terminal.sees(f"{job.marked} marked")
        terminal.press("R")
        terminal.sees(f"Type {count} to go on:")
        terminal.press(f"{count}\r")
        terminal.sees(f"2 of {count}")
        terminal.process.kill()
        terminal.process.wait()
    reached = len(times_revoked(register))
    assert 1 <= reached < count
    with tmux.attach(120, 40) as terminal:
        terminal.sees(f"{count} accounts revoked in the demo school.")
        terminal.press("q")
        terminal.misses("accounts revoked")
    assert times_revoked(register) == dict.fromkeys(job.codes, 1)


@pytest.mark.slow
def test_a_copy_reaches_tmux_and_the_terminal_around_it(tmux: Tmux, register: Path, school: AccountManager) -> None:
    first = school.codes(school.view(Tab.READY_TO_REVOKE).persons[:1])[0]
    tmux.start(command("--register", register, "demo"))
    tmux.run("set-option", "-s", "set-clipboard", "on")
    tmux.sees("shown")
    with tmux.attach() as terminal:
        terminal.sees("shown")
        terminal.press(" y")
        terminal.sees("Copied 1 code", lambda: bool(terminal.copied()))
        assert base64.b64decode(terminal.copied()[-1]).decode() == first
    assert tmux.run("show-buffer") == first
