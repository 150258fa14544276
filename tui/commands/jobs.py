"""The verbs for jobs: what became of them, go on, pause, cancel, retry what failed, take a revoke back, attest."""

import click

from tui.commands.acting import carry_out, finish
from tui.commands.options import global_options, open_register


@click.command()
@click.argument("job", type=int, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def jobs(ctx: click.Context, job: int | None, as_json: bool) -> None:
    """Jobs so far, or one of them with what became of each account."""
    from tui.printing import jobs as printing
    from tui.printing.plain import as_json as to_json

    manager = open_register(ctx)
    if job is not None:
        report, overdue = manager.report(job), manager.overdue(job)
        values = {**printing.report_values(report), "overdue": printing.overdue_values(overdue)}
        click.echo(to_json(values) if as_json else printing.report_text(report, overdue, each=True))
        return
    found, late = manager.jobs(), manager.overdue()
    free = {row.id for row in manager.stopped_jobs()}
    click.echo(
        to_json([printing.job_values(row, is_stopped=row.id in free) for row in found])
        if as_json
        else printing.jobs_text(found, free, late)
    )


@click.command()
@click.argument("job", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def resume(ctx: click.Context, job: int, as_json: bool) -> None:
    """Go on with a job that was stopped; nothing is done twice. Messages that were put off are tried again."""
    manager = open_register(ctx)
    ctx.exit(finish(lambda progress, stop: manager.resume(job, progress=progress, stop=stop), as_json=as_json))


@click.command()
@click.argument("job", type=int)
@global_options
@click.pass_context
def pause(ctx: click.Context, job: int) -> None:
    """Ask the session that runs a job to pause after its current item."""
    open_register(ctx).pause(job)
    click.echo(f"Job {job} will pause after its current item. Go on with: engage-accounts resume {job}")


@click.command()
@click.argument("job", type=int)
@global_options
@click.pass_context
def cancel(ctx: click.Context, job: int) -> None:
    """Cancel what a job has not reached yet, messages that wait to be sent again too. What was done stays done."""
    if open_register(ctx).cancel(job):
        click.echo(f"Job {job} is cancelled. See engage-accounts jobs {job} for what was done before.")
    else:
        click.echo(f"Another session runs job {job}; it was asked to stop for good after its current item.")


@click.command()
@click.argument("job", type=int)
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--yes", is_flag=True, help="Confirm beforehand.")
@click.option("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the job.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def restore(
    ctx: click.Context, job: int, codes: tuple[str, ...], yes: bool, dry_run: bool, reason: str, as_json: bool
) -> None:
    """Take back what a job revoked, or these codes of it: as far as the service can, while a copy is kept."""
    from tui.jobs.plan import Confirmation

    manager = open_register(ctx)
    plan = manager.restore_plan(job, codes, reason=reason)
    ctx.exit(carry_out(manager, plan, Confirmation(yes=yes), dry_run=dry_run, as_json=as_json, named=bool(codes)))


@click.command()
@click.argument("job", type=int)
@click.option("--yes", is_flag=True, help="Confirm beforehand. Never passes the guard.")
@click.option("--dry-run", is_flag=True, help="Show the plan, do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@global_options
@click.pass_context
def retry(ctx: click.Context, job: int, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Plan anew what failed or was cancelled in a job."""
    from tui.jobs.plan import Confirmation

    manager = open_register(ctx)
    plan = manager.retry_plan(job)
    ctx.exit(carry_out(manager, plan, Confirmation(yes=yes), dry_run=dry_run, as_json=as_json, named=True))


@click.command()
@click.argument("job", type=int)
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--take-back", is_flag=True, help="It was not carried out after all: it waits again.")
@global_options
@click.pass_context
def attest(ctx: click.Context, job: int, codes: tuple[str, ...], take_back: bool) -> None:
    """Say that a worklist was carried out: all of it, or these codes. The next import checks it."""
    from tui.domain.feed_accounts import say_checked

    manager = open_register(ctx)
    if take_back:
        count = manager.take_back_word(job, codes)
        waits = "nothing there rests on a word" if not count else "to be carried out"
        click.echo(f"{count:,} taken back in job {job}: {waits}.")
        return
    count = manager.attest(job, codes)
    click.echo(f"{count:,} attested as done in job {job}. {say_checked(manager.report(job).verb)}")


@click.command()
@click.argument("job", type=int)
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the request and in the audit.")
@global_options
@click.pass_context
def withdraw(ctx: click.Context, job: int, codes: tuple[str, ...], reason: str) -> None:
    """Say that what a worklist asks for will not be done: all that waits, or these codes. Changes no account."""
    count = open_register(ctx).withdraw(job, codes, reason=reason)
    then = ". If a list was printed, strike them out there." if count else ": nothing waits there."
    click.echo(f"{count:,} withdrawn from job {job}{then}")
