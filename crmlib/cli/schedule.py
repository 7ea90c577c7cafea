"""`crm schedule`: reports that run by themselves every week (docs/schedules.md)."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from crmlib.cli.report import with_values
from crmlib.delivery.history import SUCCEEDED, Run, last_run
from crmlib.delivery.run import deliveries_root, run_due, run_now
from crmlib.delivery.schedule import (
    Schedule,
    add_schedule,
    find_schedule,
    list_schedules,
    next_occurrence,
    parse_time,
    parse_weekday,
    pause_schedule,
    remove_schedule,
    resume_schedule,
)
from crmlib.errors import Problem, UserError, raise_if_any
from crmlib.reports.parameters import address
from crmlib.workspace import Workspace, connect

to_folder = click.option("--to", "root", type=click.Path(file_okay=False, path_type=Path),
                         help="Keep the runs below this folder.  [default: CRM_DELIVERIES, or deliveries]")


@click.group()
def schedule_group() -> None:
    """Reports that run by themselves every week."""


@schedule_group.command("add")
@click.argument("report", metavar="FOLDER/NAME")
@click.option("--weekly", nargs=2, metavar="DAY TIME", required=True, help="Such as: monday 07:00, in the organization's time zone.")
@click.option("--as", "username", metavar="USER", required=True, help="Run as this user, with their rights.")
@with_values
def add(report: str, weekly: tuple[str, str], username: str, values: dict[str, Any]) -> None:
    """Run a report every week from now on. Relative dates, such as period=LAST_WEEK, are those of each run."""
    workspace, report = connect(), address(report, values)
    _raise_all(lambda: parse_weekday(weekly[0]), lambda: parse_time(weekly[1]), lambda: _check(workspace, report, username))
    schedule = add_schedule(workspace.org, report, *weekly, username, workspace.org.now())
    click.echo(f"Schedule {schedule.id}: {report} as {schedule.username}, every {schedule.when}; first on {_next(workspace, schedule)}.")


@schedule_group.command("list")
def list_() -> None:
    """The schedules, with their next and last run."""
    workspace = connect()
    schedules = list_schedules(workspace.org)
    if not schedules:
        click.echo("There are no schedules. To make one: crm schedule add --help")
        return
    width = max(len(schedule.report) for schedule in schedules)
    for schedule in schedules:
        following = f"next {_next(workspace, schedule)}" if schedule.is_active else "paused"
        click.echo(f"{schedule.id:>4}  {schedule.report:{width}}  {schedule.when:<15}  as {schedule.username:<12}  {following}")
        last = last_run(workspace.org, schedule.id)
        if last is not None:
            click.echo(f"      last {_local(workspace, last.started_at)} {_told(last)}")
    click.echo(f"Times are those of {workspace.settings.time_zone}.")


@schedule_group.command("remove")
@click.argument("schedule_id", metavar="ID", type=int)
def remove(schedule_id: int) -> None:
    """Remove a schedule. What it has delivered stays."""
    _changed(remove_schedule, schedule_id, "removed")


@schedule_group.command("pause")
@click.argument("schedule_id", metavar="ID", type=int)
def pause(schedule_id: int) -> None:
    """Run nothing until it is resumed."""
    _changed(pause_schedule, schedule_id, "paused")


@schedule_group.command("resume")
@click.argument("schedule_id", metavar="ID", type=int)
def resume(schedule_id: int) -> None:
    """Go on after a pause; what fell into it is not caught up."""
    _changed(resume_schedule, schedule_id, "resumed")


@schedule_group.command("run-due")
@click.option("--now", metavar="TIME", help="As if it were this moment, such as 2026-05-11T07:00.")
@click.option("--every", metavar="SECONDS", type=click.IntRange(min=1), help="Stay, and look again every so many seconds.")
@click.option("--quiet", is_flag=True, help="Say nothing when nothing is due.")
@to_folder
def run_due_command(now: str | None, every: int | None, quiet: bool, root: Path | None) -> None:
    """Run what is due. Exit code 1 if a run failed."""
    workspace = connect()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0 if every else 143))  # not at once: a run that is stopped is written down
    while True:
        moment = workspace.org.now() if now is None else _moment(workspace, now)
        runs = _tell(run_due(workspace.org, moment, root or deliveries_root()))
        if every is None:
            break
        time.sleep(every)
        workspace.org.reload()
    if not runs and not quiet:
        click.echo(f"Nothing is due. {_next_of_all(workspace)}")
    sys.exit(_exit_code(runs))


@schedule_group.command("run")
@click.argument("what", metavar="ID|FOLDER/NAME")
@click.option("--as", "username", metavar="USER", help="Run as this user, with their rights.")
@with_values
@to_folder
def run(what: str, username: str | None, values: dict[str, Any], root: Path | None) -> None:
    """Run a schedule, or any report, now. What is due stays due."""
    workspace = connect()
    org, root = workspace.org, root or deliveries_root()
    if what.isdigit():
        schedule = find_schedule(org, int(what))
        report = address(schedule.report, values)
        if values:
            _check(workspace, report, username or schedule.username)
        done = run_now(org, report, username or schedule.username, org.now(), root, schedule.id)
    else:
        username, report = username or workspace.user.username, address(what, values)
        _check(workspace, report, username)
        done = run_now(org, report, username, org.now(), root)
    sys.exit(_exit_code(_tell([done])))


def _check(workspace: Workspace, report: str, username: str) -> None:
    """Raises UserError unless this user could run this report today."""
    _raise_all(lambda: workspace.report(report), lambda: workspace.as_user(username))
    workspace.as_user(username).report(report).plans()


def _raise_all(*checks: Callable[[], Any]) -> None:
    """Make all checks, then raise one UserError with all problems."""
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except UserError as error:
            problems += error.problems
    raise_if_any(problems, UserError)


def _changed(change: Callable[..., Schedule], schedule_id: int, done: str) -> None:
    workspace = connect()
    schedule = change(workspace.org, schedule_id, workspace.org.now())
    click.echo(f"Schedule {schedule.id} ({schedule.report} as {schedule.username}, {schedule.when}) {done}.")


def _tell(runs: Iterable[Run]) -> list[Run]:
    """Say how each run ended as soon as it did."""
    ended = []
    for run in runs:
        click.echo(f"{run.report} as {run.username}: {_told(run)}", err=run.outcome != SUCCEEDED)
        ended.append(run)
    return ended


def _told(run: Run) -> str:
    taken = f" in {run.seconds:.1f} s" if run.seconds is not None else ""
    return "\n      ".join(filter(None, (f"{run.outcome.lower()}{taken}", *run.message.splitlines(), run.folder)))


def _exit_code(runs: list[Run]) -> int:
    return int(any(run.outcome != SUCCEEDED for run in runs))


def _next_of_all(workspace: Workspace) -> str:
    now, zone = workspace.org.now(), workspace.settings.zone
    active = [schedule for schedule in list_schedules(workspace.org) if schedule.is_active]
    coming = sorted((next_occurrence(schedule, zone, now).at, schedule.report) for schedule in active)
    return f"Next is {coming[0][1]} on {_local(workspace, coming[0][0])}." if coming else "There are no schedules."


def _next(workspace: Workspace, schedule: Schedule) -> str:
    return _local(workspace, next_occurrence(schedule, workspace.settings.zone, workspace.org.now()).at)


def _local(workspace: Workspace, moment: datetime) -> str:
    return f"{moment.astimezone(workspace.settings.zone):%Y-%m-%d %H:%M}"


def _moment(workspace: Workspace, text: str) -> datetime:
    """A moment as typed; without a zone it is the organization's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a moment; write 2026-05-11T07:00", param_hint="--now") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=workspace.settings.zone)).astimezone(UTC)
