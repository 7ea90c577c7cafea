"""The runs of reports, one row each: claimed before it starts, finished with its outcome, closed if its process died.

A scheduled run is claimed by a key of schedule and calendar day that the database keeps unique: of several processes
only one gets it, and no later one repeats it, whatever became of it.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from crmlib.delivery.schedule import Occurrence, Schedule
from crmlib.errors import NotFound, Problem
from crmlib.model.org import Org
from crmlib.reports.parameters import read_address

RUNNING, SUCCEEDED, FAILED = "Running", "Succeeded", "Failed"
LONGEST_RUN = timedelta(hours=2)
"""A run that shows no end after this long is taken for dead, if it can't be known sooner."""

DIED = "the process that ran it ended before the run did (killed, or the machine went off)"


@dataclass(frozen=True)
class Run:
    """One run of a report. `schedule_id` and `due_at` are None for a run by hand; `message` says why it failed."""

    id: int
    schedule_id: int | None
    report: str
    username: str
    due_at: datetime | None
    started_at: datetime
    seconds: float | None
    outcome: str
    message: str
    folder: str


def claim(org: Org, schedule: Schedule, occurrence: Occurrence, now: datetime) -> int | None:
    """Id of the new run, or None when this or another process has had this occurrence already."""
    key = f"schedule {schedule.id} on {occurrence.day.isoformat()}"
    if _id_of(org, key) is not None:
        return None
    try:
        return start(org, schedule.report, schedule.user_id, now, schedule.id, occurrence.at, key)
    except IntegrityError:
        if _id_of(org, key) is None:
            raise
        return None


def _id_of(org: Org, key: str) -> int | None:
    runs = org.schema.describe("report_run").table
    return next((row.id for row in org.fetch(select(runs.c.id).where(runs.c.external_id == key))), None)


def start(org: Org, report: str, user_id: int, now: datetime, schedule_id: int | None = None, due_at: datetime | None = None,
          key: str | None = None) -> int:
    """Write down that this process starts a run; returns its id."""
    with org.begin() as connection:
        key_of_row = connection.execute(org.schema.describe("report_run").table.insert().values(
            name=report, owner_id=user_id, created_at=now, modified_at=now, external_id=key, schedule_id=schedule_id, report=report,
            run_as_id=user_id, due_at=due_at, started_at=now, outcome=RUNNING, process=f"{socket.gethostname()}:{os.getpid()}",
        )).inserted_primary_key
    assert key_of_row is not None
    return int(key_of_row[0])


def keep_in(org: Org, run_id: int, folder: Path) -> None:
    """Write down where it is kept, before it begins: a run that dies has its notebook there too."""
    _update(org, run_id, folder=str(folder))


def finish(org: Org, run_id: int, outcome: str, message: str, seconds: float | None, now: datetime) -> Run:
    """Write down how it ended."""
    _update(org, run_id, outcome=outcome, message=message or None, seconds=seconds, finished_at=now, modified_at=now)
    return find_run(org, run_id)


def _update(org: Org, run_id: int, **values: Any) -> None:
    runs = org.schema.describe("report_run").table
    with org.begin() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(values))


def close_dead_runs(org: Org, now: datetime) -> list[Run]:
    """Runs left behind by processes that are gone become failed. They are not repeated: run them by hand where it matters."""
    runs = org.schema.describe("report_run").table
    running = org.fetch(select(runs.c.id, runs.c.process, runs.c.started_at).where(runs.c.outcome == RUNNING, runs.c.deleted_at.is_(None)))
    return [finish(org, row.id, FAILED, DIED, None, now) for row in running
            if _is_gone(row.process) or row.started_at < now - LONGEST_RUN]


def _is_gone(process: str | None) -> bool:
    """Whether a process of this machine no longer exists; False when that can't be known from here."""
    host, _, number = (process or "").rpartition(":")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it exists and is somebody else's
        return False
    return False


def find_run(org: Org, run_id: int) -> Run:
    """Raises NotFound."""
    runs = org.schema.describe("report_run").table
    for row in org.fetch(_select(org).where(runs.c.id == run_id)):
        return _run(row)
    raise NotFound(Problem("unknown-run", f"there is no run {run_id}"))


def list_runs(org: Org, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    runs = org.schema.describe("report_run").table
    return [_run(row) for row in org.fetch(_select(org).where(runs.c.deleted_at.is_(None)).limit(limit))]


def last_run(org: Org, schedule_id: int) -> Run | None:
    """The latest run of a schedule, due or by hand."""
    runs = org.schema.describe("report_run").table
    statement = _select(org).where(runs.c.schedule_id == schedule_id, runs.c.deleted_at.is_(None)).limit(1)
    return next((_run(row) for row in org.fetch(statement)), None)


def last_kept(org: Org, report: str, username: str) -> Path:
    """The result, as JSON, of the latest run of a report, with the values in its address, that a user has had delivered.

    Raises NotFound.
    """
    runs, users = org.schema.describe("report_run").table, org.schema.describe("user").table
    statement = _select(org).where(runs.c.report == report, runs.c.outcome == SUCCEEDED, users.c.username == username,
                                   runs.c.deleted_at.is_(None))
    kept = (Path(row.folder or "") / f"{Path(read_address(report)[0]).name}.json" for row in org.fetch(statement))
    found = next((file for file in kept if file.is_file()), None)
    if found is None:
        raise NotFound(Problem("no-earlier-run", f"no delivered run of {report} for {username} is kept here",
                               hint=f"deliver it: crm schedule add {report} --weekly monday 07:00 --as {username}; or name a JSON file"))
    return found


def last_due(org: Org, schedule_id: int, before: datetime) -> datetime | None:
    """When the latest of the runs that a schedule had before this moment was due."""
    runs = org.schema.describe("report_run").table
    return org.fetch(select(func.max(runs.c.due_at)).where(runs.c.schedule_id == schedule_id, runs.c.due_at < before))[0][0]


def _select(org: Org) -> Select[Any]:
    runs, users = org.schema.describe("report_run").table, org.schema.describe("user").table
    return (select(runs, users.c.username).join(users, users.c.id == runs.c.run_as_id)
            .order_by(runs.c.started_at.desc(), runs.c.id.desc()))


def _run(row: Any) -> Run:
    return Run(row.id, row.schedule_id, row.report, row.username, row.due_at, row.started_at,
               None if row.seconds is None else float(row.seconds), row.outcome, row.message or "", row.folder or "")
