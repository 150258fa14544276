"""The verbs that act on accounts: revoke, welcome, reset. Each makes a plan, shows it, asks, and carries it out."""

from collections.abc import Sequence

import click

from tui.commands.acting import carry_out
from tui.commands.options import REASONS, Word, global_options, open_register


@click.command()
@click.argument("codes", nargs=-1, metavar="CODE...")
@click.option("--all-ready", is_flag=True, help="All that are ready to revoke.")
@click.option("--only-reason", type=Word(REASONS), help="With --all-ready: only those whose first reason it is.")
@click.option("--yes", is_flag=True, help="Confirm beforehand. Never passes the guard.")
@click.option("--dry-run", is_flag=True, help="Show the plan and what the guard says, do nothing.")
@click.option("--override-guard", type=int, metavar="COUNT", help="Pass the guard once, for exactly this many.")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed to override, and to revoke an active account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def revoke(
    ctx: click.Context,
    codes: tuple[str, ...],
    all_ready: bool,
    only_reason: str | None,
    yes: bool,
    dry_run: bool,
    override_guard: int | None,
    reason: str,
    as_json: bool,
) -> None:
    """Revoke access: remove username and password, or put it on the worklist."""
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    _one_of(codes, all_ready, only_reason)
    manager = open_register(ctx)
    plan = manager.plan(Verb.REVOKE, codes, all_ready=all_ready, reason=reason, only_reason=only_reason)
    given = Confirmation(yes=yes, override_count=override_guard, override_reason=reason)
    ctx.exit(carry_out(manager, plan, given, dry_run=dry_run, as_json=as_json, named=bool(codes)))


@click.command()
@click.argument("codes", nargs=-1, metavar="CODE...")
@click.option("--all-ready", is_flag=True, help="All that are ready to provision.")
@click.option("--yes", is_flag=True, help="Confirm beforehand.")
@click.option("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def welcome(
    ctx: click.Context, codes: tuple[str, ...], all_ready: bool, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Send the welcome email with its one-time link, or put it on the worklist."""
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    _one_of(codes, all_ready, None)
    manager = open_register(ctx)
    plan = manager.plan(Verb.WELCOME, codes, all_ready=all_ready)
    given = Confirmation(yes=yes)
    ctx.exit(carry_out(manager, plan, given, dry_run=dry_run, as_json=as_json, named=bool(codes)))


def _one_of(codes: Sequence[str], all_ready: bool, only_reason: str | None) -> None:
    if bool(codes) == all_ready:
        raise click.UsageError("Give codes, or --all-ready, and not both.")
    if only_reason and not all_ready:
        raise click.UsageError("--only-reason goes with --all-ready.")


@click.command()
@click.argument("codes", nargs=-1, metavar="CODE...", required=True)
@click.option("--yes", is_flag=True, help="Confirm beforehand.")
@click.option("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def reset(ctx: click.Context, codes: tuple[str, ...], yes: bool, dry_run: bool, as_json: bool) -> None:
    """Send a password reset: a link that is valid for one hour, for active accounts."""
    from tui.domain.gates import Verb
    from tui.jobs.plan import Confirmation

    manager = open_register(ctx)
    plan = manager.plan(Verb.RESET, codes)
    ctx.exit(carry_out(manager, plan, Confirmation(yes=yes), dry_run=dry_run, as_json=as_json, named=True))
