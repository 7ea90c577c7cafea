"""Weekly schedules: which report runs when, and as whom.

A schedule occurs once a week, at a time of day in the organization's time zone. When clocks are put forward and the time
is left out, it is due as much later as the clocks moved; when it comes twice, the first one counts. `now` is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Select, func, select

from crmlib.errors import InvalidData, NotFound, Problem, did_you_mean, raise_if_any
from crmlib.model.org import Org
from crmlib.model.organization import WEEKDAYS
from crmlib.security.access import access_of

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Schedule:
    """A report that runs every week. `weekday`: 0 Monday .. 6 Sunday; nothing before `starts_at` is due.

    report: its address, with the values for what it asks: "sales/won?period=LAST_WEEK".
    """

    id: int
    report: str
    weekday: int
    at: time
    user_id: int
    username: str
    is_active: bool
    starts_at: datetime

    @property
    def when(self) -> str:
        """'Monday 07:00'"""
        return f"{WEEKDAYS[self.weekday]} {self.at:%H:%M}"


@dataclass(frozen=True)
class Occurrence:
    """The one time a schedule is due in a week: its calendar day, which names it, and the moment (UTC)."""

    day: date
    at: datetime


def latest_occurrence(schedule: Schedule, zone: tzinfo, now: datetime) -> Occurrence:
    """The last one up to and including now."""
    day = now.astimezone(zone).date() + timedelta(days=1)  # tomorrow too: its first minute may come before clocks go back to today
    day -= timedelta(days=(day.weekday() - schedule.weekday) % 7)
    while _moment(schedule, day, zone) > now:
        day -= WEEK
    return Occurrence(day, _moment(schedule, day, zone))


def next_occurrence(schedule: Schedule, zone: tzinfo, now: datetime) -> Occurrence:
    """The first one after now, and not before the schedule starts."""
    day = latest_occurrence(schedule, zone, max(now, schedule.starts_at - timedelta(microseconds=1))).day + WEEK
    return Occurrence(day, _moment(schedule, day, zone))


def due_occurrence(schedule: Schedule, zone: tzinfo, now: datetime) -> Occurrence | None:
    """The one that should have run by now: only the latest, however many weeks were missed. None while paused or not started."""
    occurrence = latest_occurrence(schedule, zone, now)
    return occurrence if schedule.is_active and occurrence.at >= schedule.starts_at else None


def missed_weeks(schedule: Schedule, zone: tzinfo, due: Occurrence, last: datetime | None) -> int:
    """How many occurrences lie between the last one that ran (None: the start of the schedule) and this one."""
    since = next_occurrence(schedule, zone, last or schedule.starts_at - timedelta(microseconds=1))
    return max(0, (due.day - since.day) // WEEK)


def _moment(schedule: Schedule, day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, schedule.at, zone).astimezone(UTC)  # fold=0 does what the module docstring promises


# --- What somebody types


def parse_weekday(word: str) -> int:
    """'monday', 'Mon', 'MONDAY' -> 0. Raises InvalidData."""
    folded = word.strip().casefold()
    for number, name in enumerate(WEEKDAYS):
        if len(folded) >= 2 and name.casefold().startswith(folded):
            return number
    raise InvalidData(Problem("bad-weekday", f"{word!r} is not a day of the week", "weekday",
                              did_you_mean(word, WEEKDAYS) or f"one of {', '.join(WEEKDAYS)}"))


def parse_time(text: str) -> time:
    """'07:00', '7:00' -> 07:00. Raises InvalidData."""
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        raise InvalidData(Problem("bad-time", f"{text!r} is not a time of day", "time", "write 07:00 or 16:30")) from None


# --- In the database


def add_schedule(org: Org, report: str, weekday: str, at: str, username: str, now: datetime) -> Schedule:
    """Run this report every week from now on. Whether the report exists is not asked here.

    Raises InvalidData for a bad day or time and for a schedule that exists, NotFound or AccessDenied for the user.
    """
    day, moment = parse_weekday(weekday), parse_time(at)
    user = access_of(org, username)
    raise_if_any(_the_same(org, report, day, moment, user.user_id), InvalidData)
    table = org.schema.describe("report_schedule").table
    with org.begin() as connection:
        key = connection.execute(table.insert().values(
            name=f"{report} as {user.username}", owner_id=user.user_id, created_at=now, modified_at=now, report=report,
            weekday=WEEKDAYS[day], at_time=f"{moment:%H:%M}", run_as_id=user.user_id, is_active=True, starts_at=now)).inserted_primary_key
    assert key is not None
    return find_schedule(org, key[0])


def _the_same(org: Org, report: str, weekday: int, at: time, user_id: int) -> Iterator[Problem]:
    for known in list_schedules(org):
        if (known.report, known.weekday, known.at, known.user_id) == (report, weekday, at, user_id):
            yield Problem("schedule-exists", f"{report} runs on {known.when} as {known.username} already", f"schedule {known.id}",
                          "" if known.is_active else f"it is paused: crm schedule resume {known.id}")


def list_schedules(org: Org) -> list[Schedule]:
    """All schedules, paused ones too, in the order they were made."""
    return [_schedule(row) for row in org.fetch(_select(org))]


def find_schedule(org: Org, schedule_id: int) -> Schedule:
    """Raises NotFound."""
    schedules = org.schema.describe("report_schedule").table
    for row in org.fetch(_select(org).where(schedules.c.id == schedule_id)):
        return _schedule(row)
    raise NotFound(Problem("unknown-schedule", f"there is no schedule {schedule_id}", hint="crm schedule list"))


def remove_schedule(org: Org, schedule_id: int, now: datetime) -> Schedule:
    """Its runs stay. Raises NotFound."""
    return _change(org, schedule_id, deleted_at=now, modified_at=now)


def pause_schedule(org: Org, schedule_id: int, now: datetime) -> Schedule:
    """Nothing is due until it is resumed. Raises NotFound."""
    return _change(org, schedule_id, is_active=False, modified_at=now)


def resume_schedule(org: Org, schedule_id: int, now: datetime) -> Schedule:
    """Due again from now on; what fell into the pause is not caught up. Raises NotFound."""
    return _change(org, schedule_id, is_active=True, starts_at=now, modified_at=now)


def _change(org: Org, schedule_id: int, **values: object) -> Schedule:
    schedule = find_schedule(org, schedule_id)
    table = org.schema.describe("report_schedule").table
    with org.begin() as connection:
        connection.execute(table.update().where(table.c.id == schedule_id).values(values))
    return schedule


def _select(org: Org) -> Select[Any]:
    schedules, users = org.schema.describe("report_schedule").table, org.schema.describe("user").table
    return (select(schedules.c.id, schedules.c.report, schedules.c.weekday, schedules.c.at_time, schedules.c.run_as_id, users.c.username,
                   schedules.c.is_active, func.coalesce(schedules.c.starts_at, schedules.c.created_at).label("starts_at"))
            .join(users, users.c.id == schedules.c.run_as_id).where(schedules.c.deleted_at.is_(None)).order_by(schedules.c.id))


def _schedule(row: Any) -> Schedule:
    return Schedule(row.id, row.report, WEEKDAYS.index(row.weekday), parse_time(row.at_time), row.run_as_id, row.username,
                    row.is_active is not False, row.starts_at)
