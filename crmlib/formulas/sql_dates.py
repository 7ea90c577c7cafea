"""Dates, moments and times of day of formulas in SQL. What each does is said in `moments`. A time is its milliseconds."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Text,
    Time,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    not_,
    or_,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crmlib.formulas.context import Context
from crmlib.formulas.moments import (
    DATE_TEXT,
    DATETIME_TEXT,
    DAY_MILLISECONDS,
    FIRST_SECOND,
    LAST_SECOND,
    LONGEST_DURATION,
    LONGEST_SHIFT,
    TIME_TEXT,
)
from crmlib.formulas.moments import time_of as time_of_moment
from crmlib.formulas.numbers import INNER, OUTER
from crmlib.formulas.sql_value import (
    NUMBER,
    Sql,
    any_error,
    constant,
    held,
    inline,
    inner_number,
    known,
    number,
    plain,
    rounded_to,
    seen,
    text,
    unless,
    whole_number,
)


def written(sql: str) -> ColumnElement[Any]:
    return literal_column(sql)


class DayInZone(FunctionElement[date]):
    """The calendar day, as an expression; the moment and the zone, for a database that knows a shorter one."""

    type = Date()
    inherit_cache = True
    name = "day_in_zone"


@compiles(DayInZone)
def _day_in_zone(element: DayInZone, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **kw))


DAY_SECONDS = constant(86_400)
SECOND = written("INTERVAL '1 second'")
MILLISECOND = written("INTERVAL '1 millisecond'")
DAY = written("INTERVAL '1 day'")
MONTH = written("INTERVAL '1 month'")
FIRST_DAY, LAST_DAY = written("DATE '0001-01-01'"), written("DATE '9999-12-31'")
LAST_DAY_NUMBER = 3_652_058
"""Days from the first to 31 December 9999."""
EPOCH = written("TIMESTAMP WITH TIME ZONE 'epoch'")
MIDNIGHT = written("TIME '00:00'")


def make_date(year: Sql, month: Sql, day: Sql) -> Sql:
    return _date_of(*(whole_number(part) for part in (year, month, day)))


def _date_of(year: ColumnElement[int], month: ColumnElement[int], day: ColumnElement[int]) -> Sql:
    """The first of the month and so many days on, if that is still the same month."""
    fine = and_(year.between(constant(1), constant(9999)), month.between(constant(1), constant(12)), day.between(constant(1), constant(31)))
    shifted = type_coerce(unless(~fine, func.make_date(year, month, constant(1), type_=Date()) + (day - constant(1))), Date)
    error = or_(~fine, extract("month", shifted) != month)
    return plain(unless(error, shifted), error=error)


def read_date(value: Sql) -> Sql:
    error = value.value.op("!~")(inline(f"^{DATE_TEXT} *$"))
    year, month, day = (cast(_piece(unless(error, value.value), place), Integer) for place in (1, 2, 3))
    found = _date_of(year, month, day)
    return plain(found.value, error=any_error((error, found.error)))


def _piece(value: ColumnElement[str], place: int) -> ColumnElement[str]:
    return func.split_part(func.split_part(value, inline(" "), constant(1)), inline("-"), constant(place))


def read_datetime(value: Sql) -> Sql:
    error = value.value.op("!~")(inline(f"^{DATETIME_TEXT} *$"))
    fine = unless(error, value.value)
    year, month, day = (cast(_piece(fine, place), Integer) for place in (1, 2, 3))
    date = _date_of(year, month, day)
    clock = cast(func.split_part(fine, inline(" "), constant(2)), Time())
    return plain(at_zone(date.value + clock, "UTC"), error=any_error((error, date.error)))


def read_time(value: Sql) -> Sql:
    error = value.value.op("!~")(inline(f"^{TIME_TEXT} *$"))
    clock = cast(unless(error, func.left(value.value, constant(12))), Time())
    return number(milliseconds_of(clock), digits=8, error=error)


def clock_of(milliseconds: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(MIDNIGHT + cast(milliseconds, Double()) * MILLISECOND, Time())


def milliseconds_of(clock: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a time, or of a moment without zone, since midnight."""
    return func.trunc(extract("epoch", cast(clock, Time())) * constant(1000))


def at_zone(moment: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    return func.timezone(inline(zone), moment)


def utc(moment: Sql) -> ColumnElement[Any]:
    return at_zone(moment.value, "UTC")


def day_of(context: Context, moment: Sql) -> Sql:
    """In another zone it may be the year 10000, which Python doesn't know."""
    day = cast(at_zone(moment.value, context.zone), Date)
    error = not_(day.between(FIRST_DAY, LAST_DAY))
    return plain(DayInZone(unless(error, day), moment.value, inline(context.zone)), error=error)


def midnight(day: Sql) -> Sql:
    return plain(at_zone(cast(day.value, DateTime()), "UTC"))


def time_of(moment: Sql) -> Sql:
    return number(milliseconds_of(utc(moment)), digits=8)


def today(context: Context) -> Sql:
    return known(context.today, "date")


def now(context: Context) -> Sql:
    return known(context.now, "datetime")


def time_now(context: Context) -> Sql:
    return known(time_of_moment(context.now), "time")


def shift_date(day: Sql, days: Sql) -> Sql:
    return _shifted_date(day, whole_number(days, -LONGEST_SHIFT, LONGEST_SHIFT))


def shift_date_back(day: Sql, days: Sql) -> Sql:
    return _shifted_date(day, -whole_number(days, -LONGEST_SHIFT, LONGEST_SHIFT))


def _shifted_date(day: Sql, days: ColumnElement[Any]) -> Sql:
    """PostgreSQL's own calendar ends too, and what goes over its end fails: so days are counted first."""
    error = not_(((day.value - FIRST_DAY) + days).between(constant(0), constant(LAST_DAY_NUMBER)))
    return plain(unless(error, day.value + days), error=error)


def shift_datetime(moment: Sql, days: Sql) -> Sql:
    return _shifted_moment(moment, _seconds_of(days))


def shift_datetime_back(moment: Sql, days: Sql) -> Sql:
    return _shifted_moment(moment, -_seconds_of(days))


def _shifted_moment(moment: Sql, seconds: ColumnElement[Any]) -> Sql:
    since_epoch = extract("epoch", moment.value) + seconds
    error = or_(since_epoch < constant(FIRST_SECOND), since_epoch >= constant(LAST_SECOND + 1))
    return plain(unless(error, moment.value + cast(seconds, Double()) * SECOND), error=error)


def _seconds_of(days: Sql) -> ColumnElement[Any]:
    """Rounded to whole seconds, which stay exact when they become a float, as intervals are multiplied with."""
    most = LONGEST_SHIFT * 86_400
    seconds = rounded_to(rounded_to(days.value * DAY_SECONDS, OUTER), 0)
    within = func.least(func.greatest(seconds, constant(-most)), constant(most))
    return held(days.value.is_not(None), within) if days.nullable else within


def shift_time(moment: Sql, milliseconds: Sql) -> Sql:
    return _around_the_clock(moment.value + rounded_to(seen(milliseconds), 0))


def shift_time_back(moment: Sql, milliseconds: Sql) -> Sql:
    return _around_the_clock(moment.value - rounded_to(seen(milliseconds), 0))


def _around_the_clock(milliseconds: ColumnElement[Any]) -> Sql:
    day = constant(DAY_MILLISECONDS)
    return number(func.mod(func.mod(milliseconds, day) + day, day), digits=8)


def days_between(later: Sql, earlier: Sql) -> Sql:
    return number(cast(later.value - earlier.value, NUMBER), digits=7)


def time_between(later: Sql, earlier: Sql) -> Sql:
    seconds = extract("epoch", later.value) - extract("epoch", earlier.value)
    return inner_number(rounded_to(seconds, INNER) / DAY_SECONDS, 7)


def milliseconds_between(later: Sql, earlier: Sql) -> Sql:
    return _around_the_clock(later.value - earlier.value)


def add_months(day: Sql, months: Sql) -> Sql:
    return _added_months(day.value, months, lambda value: cast(value, Date))


def add_months_to_moment(moment: Sql, months: Sql) -> Sql:
    added = _added_months(utc(moment), months, lambda value: value)
    return plain(at_zone(added.value, "UTC"), error=added.error)


def _added_months(day: ColumnElement[Any], months: Sql, as_type: Any) -> Sql:
    """PostgreSQL's own sum takes the last day where the month has no such day; the last day of a month stays the last."""
    count = func.coalesce(whole_number(months, -1_000_000, 1_000_000), constant(0))
    number_ = extract("year", day) * constant(12) + extract("month", day) - constant(1) + count
    error = or_(number_ < constant(12), number_ >= constant(120_000))
    added = day + cast(count, Integer) * MONTH
    end = func.date_trunc(inline("month"), added) + MONTH - DAY
    is_last = extract("month", day + DAY) != extract("month", day)
    to_end = added + (extract("day", end) - extract("day", added)) * DAY
    return plain(as_type(unless(error, case((is_last, to_end), else_=added))), nullable=True, error=error)


def part(name: str) -> Any:
    """`sql` of a row that gives one part of a date or of a moment in UTC."""
    return lambda value: number(cast(extract(name, value.value), NUMBER), digits=4)


def part_of_moment(name: str) -> Any:
    return lambda value: number(cast(extract(name, utc(value)), NUMBER), digits=4)


def part_of_time(unit: int, of: int) -> Any:
    """So many milliseconds are one, so many are counted: HOUR is 3,600,000 of 24."""
    return lambda value: number(func.mod(func.div(value.value, constant(unit)), constant(of)), digits=3)


def part_of_moments_time(unit: int, of: int) -> Any:
    return lambda value: part_of_time(unit, of)(time_of(value))


def weekday(day: Sql) -> Sql:
    return number(cast(extract("dow", day.value) + constant(1), NUMBER), digits=1)


def unix_timestamp_of_date(day: Sql) -> Sql:
    return number(cast(day.value - written("DATE '1970-01-01'"), NUMBER) * DAY_SECONDS, digits=12)


def unix_timestamp_of_moment(moment: Sql) -> Sql:
    return number(func.trunc(extract("epoch", moment.value)), digits=12)


def unix_timestamp_of_time(moment: Sql) -> Sql:
    return number(func.div(moment.value, constant(1000)), digits=5)


def from_unix_time(seconds: Sql) -> Sql:
    """Seconds and milliseconds apart, since intervals are multiplied with floats."""
    error = ~seen(seconds).between(constant(FIRST_SECOND), constant(LAST_SECOND))
    milliseconds = func.trunc(func.mod(seen(seconds), constant(1)) * constant(1000))
    moment = EPOCH + cast(func.trunc(seen(seconds)), Double) * SECOND + cast(milliseconds, Double) * MILLISECOND
    return plain(unless(error, moment), error=error)


def show_date(day: Sql) -> Sql:
    return text(func.to_char(day.value, inline("YYYY-MM-DD")))


def show_datetime(moment: Sql) -> Sql:
    return text(func.to_char(utc(moment), inline('YYYY-MM-DD HH24:MI:SS"Z"')))


def show_time(moment: Sql) -> Sql:
    return text(func.to_char(clock_of(moment.value), inline("HH24:MI:SS.MS")))


def duration(seconds: Sql, with_days: Sql | None = None) -> Sql:
    error = func.abs(seen(seconds)) >= constant(LONGEST_DURATION)
    left = unless(error, func.trunc(func.abs(seen(seconds))))
    clock = _clock(left)
    found = clock
    if with_days is not None:
        found = case((with_days.value, _days_and_clock(left)), else_=clock)
    return Sql(found, error, seconds.nullable)


def duration_between(start: Sql, end: Sql) -> Sql:
    seconds = extract("epoch", end.value) - extract("epoch", start.value)
    return text(_days_and_clock(func.trunc(func.abs(seconds))))


def duration_of_times(start: Sql, end: Sql) -> Sql:
    return text(_clock(func.div(func.abs(end.value - start.value), constant(1000))))


def _clock(seconds: ColumnElement[Any]) -> ColumnElement[str]:
    hours = cast(func.div(seconds, constant(3600)), Text)
    two = func.lpad(hours, func.greatest(func.length(hours), constant(2)), inline("0"))
    return two + inline(":") + _two(seconds, 60, 60) + inline(":") + _two(seconds, 1, 60)


def _days_and_clock(seconds: ColumnElement[Any]) -> ColumnElement[str]:
    days = cast(func.div(seconds, DAY_SECONDS), Text)
    return days + inline(":") + _two(seconds, 3600, 24) + inline(":") + _two(seconds, 60, 60) + inline(":") + _two(seconds, 1, 60)


def _two(seconds: ColumnElement[Any], unit: int, of: int) -> ColumnElement[str]:
    return func.to_char(func.mod(func.div(seconds, constant(unit)), constant(of)), inline("FM00"))
