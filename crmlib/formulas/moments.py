"""Dates, moments and times of day in formulas. Moments are aware and shown in UTC; only DATEVALUE asks for the zone."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from crmlib.formulas.context import Context, FormulaError
from crmlib.formulas.numbers import EXACT, ONE, absolute, divide, multiply, outer, whole

DAY_SECONDS = Decimal(86_400)
DAY_MILLISECONDS = 86_400_000
LONGEST_SHIFT = 4_000_000
"""Days; more than there are between the years 1 and 9999."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""Of the years 1 and 9999, since EPOCH."""
LONGEST_DURATION = 10**15
OUT_OF_CALENDAR = "the day is out of the calendar (years 1 to 9999)"

DATE_TEXT = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
DATETIME_TEXT = DATE_TEXT + r" ([01]?[0-9]|2[0-3]):([0-5]?[0-9]):([0-5]?[0-9])(\.[0-9]{1,3})?"
TIME_TEXT = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
"""What DATEVALUE, DATETIMEVALUE and TIMEVALUE read (and blanks after it), for Python and PostgreSQL alike."""

Day = TypeVar("Day", date, datetime)


def make_date(year: Decimal, month: Decimal, day: Decimal) -> date:
    """What stands after the point is ignored. Raises FormulaError for a day that isn't in the calendar."""
    parts = whole(year), whole(month), whole(day)
    try:
        return date(*parts)
    except (ValueError, OverflowError):
        raise FormulaError("there is no such day: {}-{}-{}".format(*parts)) from None


def read_date(text: str) -> date:
    found = re.fullmatch(DATE_TEXT + " *", text)
    if not found:
        raise FormulaError(f"{text!r} is no date; write YYYY-MM-DD")
    return make_date(*map(Decimal, found.groups()))


def read_datetime(text: str) -> datetime:
    found = re.fullmatch(DATETIME_TEXT + " *", text)
    if not found:
        raise FormulaError(f"{text!r} is no date and time; write YYYY-MM-DD HH:MM:SS")
    year, month, day, hour, minute, second, fraction = found.groups()
    microseconds = int(Decimal(fraction or 0) * 1_000_000)
    return datetime.combine(make_date(Decimal(year), Decimal(month), Decimal(day)),
                            time(int(hour), int(minute), int(second), microseconds), UTC)


def read_time(text: str) -> time:
    found = re.fullmatch(TIME_TEXT + " *", text)
    if not found:
        raise FormulaError(f"{text!r} is no time of day; write HH:MM:SS.mmm")
    hour, minute, second, milliseconds = map(int, found.groups())
    return time(hour, minute, second, milliseconds * 1000)


def day_of(context: Context, moment: datetime) -> date:
    """The day it is in the context's zone."""
    try:
        return moment.astimezone(ZoneInfo(context.zone)).date()
    except OverflowError:
        raise FormulaError(OUT_OF_CALENDAR) from None


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def time_of(moment: datetime) -> time:
    return _from_milliseconds(_milliseconds(moment.astimezone(UTC).time()))


def shift_date(day: date, days: Decimal) -> date:
    """Whole days only: what stands after the point is ignored."""
    try:
        return day + timedelta(days=whole(days, -LONGEST_SHIFT, LONGEST_SHIFT))
    except OverflowError:
        raise FormulaError(OUT_OF_CALENDAR) from None


def shift_datetime(moment: datetime, days: Decimal) -> datetime:
    """Days and parts of a day, rounded to seconds."""
    seconds = outer(multiply(days, DAY_SECONDS)).quantize(ONE, ROUND_HALF_UP, EXACT)
    most = LONGEST_SHIFT * DAY_SECONDS
    try:
        return moment + timedelta(seconds=int(min(max(seconds, -most), most)))
    except OverflowError:
        raise FormulaError(OUT_OF_CALENDAR) from None


def shift_time(moment: time, milliseconds: Decimal) -> time:
    """Around the clock."""
    shift = int(outer(milliseconds).quantize(ONE, ROUND_HALF_UP, EXACT))
    return _from_milliseconds((_milliseconds(moment) + shift) % DAY_MILLISECONDS)


def days_between(later: date, earlier: date) -> Decimal:
    return Decimal((later - earlier).days)


def time_between(later: datetime, earlier: datetime) -> Decimal:
    """In days."""
    return divide(_seconds(later - earlier), DAY_SECONDS)


def milliseconds_between(later: time, earlier: time) -> Decimal:
    """Forward on the clock: from 0 to a day."""
    return Decimal((_milliseconds(later) - _milliseconds(earlier)) % DAY_MILLISECONDS)


def _seconds(span: timedelta) -> Decimal:
    return Decimal((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds).scaleb(-6)


def _milliseconds(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1000 + moment.microsecond // 1000


def _from_milliseconds(milliseconds: int) -> time:
    seconds, milliseconds = divmod(milliseconds, 1000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, milliseconds * 1000)


def add_months(day: Day, months: Decimal | None) -> Day:
    """The same day of another month; the last day of a month stays the last, and 30 January becomes 28 February."""
    if months is None:
        return day
    number = day.year * 12 + day.month - 1 + whole(months, -1_000_000, 1_000_000)
    year, month = divmod(number, 12)
    if not 1 <= year <= 9999:
        raise FormulaError(OUT_OF_CALENDAR)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return day.replace(year=year, month=month + 1, day=last if is_last else min(day.day, last))


def part(name: str) -> Callable[[date | datetime | time], Decimal]:
    def of(value: date | datetime | time) -> Decimal:
        moment = value.astimezone(UTC) if isinstance(value, datetime) else value
        return Decimal(getattr(moment, name))
    return of


def millisecond(value: datetime | time) -> Decimal:
    return Decimal(value.microsecond // 1000)


def weekday(day: date) -> Decimal:
    """1 is Sunday."""
    return Decimal(day.isoweekday() % 7 + 1)


def iso_week(day: date) -> Decimal:
    return Decimal(_utc(day).isocalendar().week)


def iso_year(day: date) -> Decimal:
    return Decimal(_utc(day).isocalendar().year)


def day_of_year(day: date) -> Decimal:
    return Decimal(_utc(day).timetuple().tm_yday)


def _utc(day: date) -> date:
    return day.astimezone(UTC) if isinstance(day, datetime) else day


def unix_timestamp(value: date | datetime | time) -> Decimal:
    """Whole seconds since 1970 began, or since midnight."""
    if isinstance(value, time):
        return Decimal(_milliseconds(value) // 1000)
    moment = value if isinstance(value, datetime) else midnight(value)
    return Decimal(int(_seconds(moment - EPOCH)))


def from_unix_time(seconds: Decimal) -> datetime:
    seconds = outer(seconds)
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise FormulaError(OUT_OF_CALENDAR)
    return EPOCH + timedelta(milliseconds=int(seconds.scaleb(3, EXACT)))


def show_datetime(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc:%m-%d %H:%M:%S}Z"


def show_time(moment: time) -> str:
    return moment.isoformat("milliseconds")


def duration(seconds: Decimal, with_days: bool | None = None) -> str:
    """HH:MM:SS, or D:HH:MM:SS; the sign is not shown."""
    if absolute(seconds) >= LONGEST_DURATION:
        raise FormulaError("the duration is too long")
    left = int(outer(absolute(seconds)))
    clock = f"{left // 60 % 60:02}:{left % 60:02}"
    return f"{left // 86_400}:{left // 3600 % 24:02}:{clock}" if with_days else f"{left // 3600:02}:{clock}"


def duration_between(start: datetime, end: datetime) -> str:
    return duration(_seconds(end - start), True)


def duration_of_times(start: time, end: time) -> str:
    return duration(Decimal(_milliseconds(end) - _milliseconds(start)).scaleb(-3))
