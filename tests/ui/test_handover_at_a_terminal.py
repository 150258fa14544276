"""The hand-over of the installed program at a terminal: all of it at 80x24, and lines that drop at every step."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.slow_school import slow_school
from tests.terminal import ESC, AtTerminal, Terminal
from tui.domain.handover import Standing
from tui.manager.manager import AccountManager

pytestmark = pytest.mark.pty

Decided = dict[str, tuple[Standing, str, str, str, str]]


def decided(manager: AccountManager) -> Decided:
    """All that was decided in the newest walk, by old code."""
    walk = manager.handover(manager.handovers()[0].id)
    return {
        account.code: (
            account.standing, account.new, account.revoke_answer, account.welcome_answer, account.greeting,
        )
        for account in walk.accounts
    }  # fmt: skip


def mails(register: Path) -> list[str]:
    return [path.read_text() for path in register.parent.rglob("*.eml")]


def go_to_the_review(terminal: Terminal) -> None:
    terminal.sees("shown")
    terminal.press("w")
    terminal.sees("1 CHOOSE", "Code change")
    terminal.press("\r")
    terminal.sees("2 REVIEW", "ABD7016")


def accept_all_certain(terminal: Terminal) -> None:
    terminal.press("A")
    terminal.sees("22 certain pairs")
    terminal.press("A")
    terminal.sees("22 pairs accepted.")


def go_to_the_revoke(terminal: Terminal) -> None:
    go_to_the_review(terminal)
    accept_all_certain(terminal)
    terminal.press("\r")
    terminal.sees("6 accounts undecided")
    terminal.press("y")
    terminal.sees("3 REVOKE", "22 to revoke")


def confirm(terminal: Terminal, count: int) -> None:
    terminal.press("\r")
    terminal.sees(f"Type {count} to go on:")
    terminal.press(f"{count}\r")


def go_to_the_welcome(terminal: Terminal) -> None:
    go_to_the_revoke(terminal)
    confirm(terminal, 22)
    terminal.sees("22 accounts revoked in the demo school.")
    terminal.press(ESC)
    terminal.sees("4 WELCOME", "22 to welcome")


def test_the_hand_over_at_80_by_24(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    go_to_the_welcome(terminal)
    assert mails(demo.path) == []
    confirm(terminal, 15)
    terminal.sees("15 welcome emails handed to the outbox.")
    terminal.press(ESC)
    terminal.misses("Written")
    terminal.press("\r")
    terminal.sees("Nothing to do", "asked singly, never in bulk")
    terminal.press(ESC)
    terminal.sees("Go on without them?")
    terminal.press("y")
    terminal.sees("5 SUMMARY", "Left for later: nothing was decided.")
    terminal.press("j")
    terminal.sees("in use already, and was not written to", "Tell")
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.screen.overdrawn == []
    assert len(mails(demo.path)) == 15
    addresses = [line for mail in mails(demo.path) for line in mail.splitlines() if line.startswith("To: ")]
    assert len(set(addresses)) == 15


def at_choose(terminal: Terminal) -> None:
    terminal.sees("shown")
    terminal.press("w")
    terminal.sees("1 CHOOSE", "Code change")
    terminal.press(" ")
    terminal.sees("left for later", lambda: "11   left for later" in terminal.text())


def at_review(terminal: Terminal) -> None:
    go_to_the_review(terminal)
    accept_all_certain(terminal)
    terminal.press("g1")
    terminal.sees("ABD1351 is accepted as the new record of ABD7016.")
    terminal.press("0")
    terminal.sees("No match for BAR7717")
    terminal.press("l")
    terminal.sees("BUI7868 is left for later.")


def at_revoke(terminal: Terminal) -> None:
    go_to_the_revoke(terminal)


def while_revoking(terminal: Terminal) -> None:
    go_to_the_revoke(terminal)
    confirm(terminal, 22)
    terminal.sees("] 2 of 22")


def at_welcome(terminal: Terminal) -> None:
    go_to_the_revoke(terminal)
    confirm(terminal, 22)
    terminal.sees("22 accounts revoked in the demo school.")
    terminal.press(ESC)
    terminal.sees("4 WELCOME", "Asked one by one: 7")
    terminal.press("gE")
    terminal.sees("Greeting: ")
    terminal.press("\x15Good morning\r")
    terminal.sees("The email begins with this line now.")
    terminal.press(" ")
    terminal.sees("Asked for this one alone")
    terminal.press("y")
    terminal.sees("HAR6581: yes, send it.")


def while_welcoming(terminal: Terminal) -> None:
    at_welcome(terminal)
    confirm(terminal, 16)
    terminal.sees("] 2 of 16")


def at_summary(terminal: Terminal) -> None:
    at_welcome(terminal)
    confirm(terminal, 16)
    terminal.sees("16 welcome emails handed to the outbox.")
    terminal.press(ESC)
    terminal.misses("Written")
    terminal.press("\r")
    terminal.sees("Nothing to do")
    terminal.press(ESC)
    terminal.sees("Go on without them?")
    terminal.press("y")
    terminal.sees("5 SUMMARY")


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGKILL], ids=["hang up", "kill -9"])
@pytest.mark.parametrize(
    ("reach", "step"),
    [
        (at_choose, "1 CHOOSE"), (at_review, "2 REVIEW"), (at_revoke, "3 REVOKE"), (while_revoking, "3 REVOKE"),
        (at_welcome, "4 WELCOME"), (while_welcoming, "4 WELCOME"),
        (at_summary, "5 SUMMARY"),
    ],
    ids=["choose", "review", "revoke", "revoking", "welcome", "welcoming", "summary"],
)  # fmt: skip
def test_a_drop_loses_no_decision(
    demo: AccountManager, how: signal.Signals, reach: Callable[[Terminal], Any], step: str
) -> None:
    busy = reach in (while_revoking, while_welcoming)
    with Terminal(slow_school(demo.path, 0.3 if busy else 0.0)) as terminal:
        reach(terminal)
        before = decided(demo)
        if how is signal.SIGHUP:
            terminal.hang_up()
        else:
            terminal.process.send_signal(how)
        terminal.process.wait(20)
    if not busy:
        assert decided(demo) == before
    assert {code: said[1:] for code, said in decided(demo).items()} == {code: said[1:] for code, said in before.items()}

    with Terminal(slow_school(demo.path, 0.0)) as terminal:
        terminal.sees("shown" if not busy else "stopped at")
        if busy:
            terminal.press("l")  # leave it: the hand-over goes on with it
            terminal.sees("was left as it is")
        terminal.press("w")
        terminal.sees(step)
        if reach is while_revoking:
            terminal.press("\r")
            terminal.sees("22 accounts revoked in the demo school.")
        elif reach is while_welcoming:
            terminal.press("\r")
            terminal.sees(lambda: "handed to the outbox" in terminal.words())
    if reach is while_revoking:
        assert sum(account.is_revoked for account in demo.handover(1).accounts) == 22
        assert mails(demo.path) == []
    if reach is while_welcoming:
        jobs = [job for job in demo.jobs() if job.verb == "welcome"]
        outcomes = demo.report(jobs[0].id).outcomes
        unknown = [one for one in outcomes if one.state not in ("done",)]
        assert len(outcomes) == 16
        assert len(mails(demo.path)) == 16 - len(unknown)
        assert sum("\n\nGood morning,\n" in mail for mail in mails(demo.path)) == 1


def test_idle_it_sends_nothing(at_terminal: AtTerminal, demo: AccountManager) -> None:
    terminal = at_terminal("--register", demo.path, "demo")
    go_to_the_review(terminal)
    terminal.read(1.0)
    assert terminal.read(1.5) == 0
