"""Carrying a plan out from the command line: show it, ask for what it needs, run it, report.

What a plan needs and what passes the guard is decided in tui.jobs.plan; here it is only asked for at the terminal.
"""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from tui.errors import Declined, ExitCode

if TYPE_CHECKING:
    from tui.domain.import_steps import ImportStep
    from tui.jobs.plan import Confirmation, JobReport, Plan, Progress
    from tui.manager.manager import AccountManager

_STEP = 60  # the cells of an import's step; with its percentage in front it fits into 80
_GONE = (errno.EPIPE, errno.EIO)


def drop_output() -> None:
    """Let what is still to be written go nowhere: the reader, or the whole terminal, has gone."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _reader_may_go() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _GONE:
            raise
        drop_output()


def carry_out(
    manager: "AccountManager",
    plan: "Plan",
    given: "Confirmation",
    *,
    dry_run: bool,
    as_json: bool,
    named: bool,
    also: str = "",
    aside: bool = False,
) -> ExitCode:
    """Show a plan, and unless it is a dry run confirm and run it. `named`: the accounts were named one by one; `also`
    is shown below the plan; `aside`: all of it goes to stderr, as stdout is kept for something else."""
    from tui.printing import plain as printing

    shown = printing.plan_text(plan) + (f"\n\n{also}" if also else "")
    if dry_run:
        click.echo(printing.as_json(printing.plan_values(plan)) if as_json else shown, err=aside)
        return ExitCode.GUARD_STOPPED if plan.guard_stopped else ExitCode.OK
    if not plan.items:
        nothing = shown if plan.left_out else "Nothing to do: no account is ready."
        click.echo(printing.as_json(printing.plan_values(plan)) if as_json else nothing, err=aside)
        return ExitCode.REFUSED if plan.left_out else ExitCode.OK
    try:
        click.echo(f"{shown}\n", err=as_json or aside)
    except BrokenPipeError:
        drop_output()
        raise Declined("Nobody reads the plan any more.", means="Nothing was done.") from None
    confirmation = _confirmed(plan, given)
    return finish(
        lambda progress, stop: manager.run(plan, confirmation, progress=progress, stop=stop),
        as_json=as_json,
        left_out=named and bool(plan.left_out),
        aside=aside,
    )


def _confirmed(plan: "Plan", given: "Confirmation") -> "Confirmation":
    """Ask at the terminal for what the plan needs and was not given. Raises Declined, GuardStopped."""
    from tui.jobs.plan import Need

    if plan.need is Need.OVERRIDE or given.yes:
        return given
    if not sys.stdin.isatty():
        raise Declined("Not confirmed.", means="Nothing was done.", todo="Add --yes to confirm beforehand.")
    if plan.need is Need.COUNT:
        typed = click.prompt(f"Type the count ({plan.count}) to go on, anything else leaves", default="", err=True)
        if not str(typed).strip().isdecimal():
            raise Declined("Not confirmed.", means="Nothing was done.")
        return given._replace(typed_count=int(typed))
    if not click.confirm("Go on?", default=False, err=True):
        raise Declined("Not confirmed.", means="Nothing was done.")
    return given._replace(yes=True)


def finish(
    run: "Callable[[Callable[[Progress], None] | None, threading.Event], JobReport]",
    *,
    as_json: bool,
    left_out: bool = False,
    aside: bool = False,
) -> ExitCode:
    """Run a job so that a signal lets the current item finish, and report what became of it."""
    from tui.printing import jobs as printing
    from tui.printing.plain import as_json as to_json

    report = run(_show_progress if sys.stderr.isatty() else None, stopping())
    with _reader_may_go():
        said = to_json(printing.report_values(report)) if as_json else printing.report_text(report)
        click.echo(said, err=aside)
    short = any(report.of(state) for state in ("failed", "unknown", "deferred", "skipped", "cancelled", "pending"))
    return ExitCode.SOME_FAILED if short or left_out else ExitCode.OK


def stopping() -> threading.Event:
    """An event that a dropped line or a ctrl+c sets: the current item is finished, the journal says where it was. What
    nohup ignores stays ignored."""
    stop = threading.Event()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def showing_import() -> "Iterator[Callable[[ImportStep], None] | None]":
    """Something to show an import's progress with, on a line that is gone afterwards; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(step: "ImportStep") -> None:
        with _reader_may_go():
            click.echo(f"\r{step.share:4.0%}  {f'{step.words}, {step.rows:,} rows':<{_STEP}}", nl=False, err=True)

    try:
        yield show
    finally:
        with _reader_may_go():
            click.echo(f"\r{'':<{_STEP + 6}}\r", nl=False, err=True)


def _show_progress(progress: "Progress") -> None:
    if progress.done == progress.total or not progress.done % 10:
        end = "\n" if progress.done == progress.total else ""
        with _reader_may_go():
            click.echo(
                f"\r{progress.done:,} of {progress.total:,}, {progress.failed:,} failed {end}", nl=False, err=True
            )
