"""Functions of dates, moments and times of day. To add one: a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from crmlib.formulas import moments, sql_dates
from crmlib.formulas.rows import Function, Way, row, way

MINUTE, HOUR = 60_000, 3_600_000


def date_part(name: str, help: str) -> Function:
    return row(f"{name}(date)", help, way("date -> number", moments.part(name.lower()), sql_dates.part(name.lower())))


def time_ways(name: str, unit: int, of: int) -> tuple[Way, Way]:
    value = moments.millisecond if name == "MILLISECOND" else moments.part(name.lower())
    return (way("time -> number", value, sql_dates.part_of_time(unit, of)),
            way("datetime -> number", value, sql_dates.part_of_moments_time(unit, of)))


def either(value: Callable[[date], Decimal], part: str) -> tuple[Way, Way]:
    """Of a date, or of a moment in UTC."""
    return way("date -> number", value, sql_dates.part(part)), way("datetime -> number", value, sql_dates.part_of_moment(part))


DATES = (
    row("ADDMONTHS(date, months)", "The same day so many months later; the last day of a month stays the last.",
        way("date number -> date", lambda day, months: day and moments.add_months(day, months), sql_dates.add_months, sees_blanks=True),
        way("datetime number -> datetime", lambda moment, months: moment and moments.add_months(moment, months),
            sql_dates.add_months_to_moment, sees_blanks=True)),
    row("DATE(year, month, day)", "A date; an error if the calendar has no such day.",
        way("number number number -> date", moments.make_date, sql_dates.make_date)),
    row("DATEVALUE(value)", "The date written in a text as YYYY-MM-DD, or the day of a moment in your time zone.",
        way("text -> date", moments.read_date, sql_dates.read_date),
        way("datetime -> date", moments.day_of, sql_dates.day_of, asks=True),
        way("date -> date", lambda day: day, lambda day: day)),
    row("DATETIMEVALUE(value)", "The moment written in a text as YYYY-MM-DD HH:MM:SS (UTC), or midnight (UTC) of a date.",
        way("text -> datetime", moments.read_datetime, sql_dates.read_datetime),
        way("date -> datetime", moments.midnight, sql_dates.midnight),
        way("datetime -> datetime", lambda moment: moment, lambda moment: moment)),
    date_part("DAY", "Day of the month."),
    row("DAYOFYEAR(date)", "Day of the year, 1 to 366.", *either(moments.day_of_year, "doy")),
    row("FORMATDURATION(seconds, with_days)", "Seconds as HH:MM:SS, or D:HH:MM:SS; or the time between two moments or times of day.",
        way("number -> text", moments.duration, sql_dates.duration),
        way("number boolean -> text", lambda seconds, with_days: seconds if seconds is None else moments.duration(seconds, with_days),
            sql_dates.duration, sees_blanks=True),
        way("datetime datetime -> text", moments.duration_between, sql_dates.duration_between),
        way("time time -> text", moments.duration_of_times, sql_dates.duration_of_times)),
    row("FROMUNIXTIME(seconds)", "The moment so many seconds after 1970 began.",
        way("number -> datetime", moments.from_unix_time, sql_dates.from_unix_time)),
    row("HOUR(time)", "Hour of a time of day, or of a moment in UTC.", *time_ways("HOUR", HOUR, 24)),
    row("ISOWEEK(date)", "Week of the year as ISO 8601 counts it.", *either(moments.iso_week, "week")),
    row("ISOYEAR(date)", "The year that ISO 8601 counts the week to.", *either(moments.iso_year, "isoyear")),
    row("MILLISECOND(time)", "Milliseconds of a time of day, 0 to 999.", *time_ways("MILLISECOND", 1, 1000)),
    row("MINUTE(time)", "Minute of a time of day, or of a moment in UTC.", *time_ways("MINUTE", MINUTE, 60)),
    date_part("MONTH", "Month, 1 to 12."),
    row("NOW()", "This moment.", way("-> datetime", lambda context: context.now, sql_dates.now, asks=True)),
    row("SECOND(time)", "Second of a time of day, or of a moment.", *time_ways("SECOND", 1000, 60)),
    row("TIMENOW()", "This time of day (UTC).",
        way("-> time", lambda context: moments.time_of(context.now), sql_dates.time_now, asks=True)),
    row("TIMEVALUE(value)", "The time written in a text as HH:MM:SS.mmm, or the time of a moment (UTC).",
        way("text -> time", moments.read_time, sql_dates.read_time),
        way("datetime -> time", moments.time_of, sql_dates.time_of),
        way("time -> time", lambda time: time, lambda time: time)),
    row("TODAY()", "Today.", way("-> date", lambda context: context.today, sql_dates.today, asks=True)),
    row("UNIXTIMESTAMP(value)", "Seconds since 1970 began, or of a time of day since midnight.",
        way("date -> number", moments.unix_timestamp, sql_dates.unix_timestamp_of_date),
        way("datetime -> number", moments.unix_timestamp, sql_dates.unix_timestamp_of_moment),
        way("time -> number", moments.unix_timestamp, sql_dates.unix_timestamp_of_time)),
    row("WEEKDAY(date)", "Day of the week: 1 is Sunday, 7 Saturday.", way("date -> number", moments.weekday, sql_dates.weekday)),
    date_part("YEAR", "Year."),
)
