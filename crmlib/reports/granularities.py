"""Date granularities: the periods a date can be grouped by, one row each.

SQL groups by a whole number, which is fast and the same on every database; labels and ranges are made of that number
here, in Python. To add one: a row in GRANULARITIES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, literal

from crmlib.model.org import Settings
from crmlib.model.sql_functions import day_number, day_of_month, local_date, local_hour, month_number


@dataclass(frozen=True)
class Unit:
    """A number that dates are counted by. `sql` gets the day, for "hour" the moment and its zone; `of` a date or local datetime."""

    sql: Callable[..., ColumnElement[int]]
    of: Callable[[date], int]


UNITS: dict[str, Unit] = {
    "month": Unit(month_number, lambda day: day.year * 12 + day.month - 1),
    "day": Unit(day_number, lambda day: day.toordinal()),
    "day_of_month": Unit(day_of_month, lambda day: day.day),
    "hour": Unit(local_hour, lambda moment: moment.hour if isinstance(moment, datetime) else 0),
}


@dataclass(frozen=True)
class Granularity:
    """A kind of period. The period of a date is number `(unit + offset) // size`, or that modulo `cycle` for what comes round.

    unit: a row of UNITS. offset(settings) moves the beginning of weeks and fiscal years. title(number, settings): what
    a person reads. families: "date" has no hours.
    """

    name: str
    label: str
    unit: str
    title: Callable[[int, Settings], str]
    size: int = 1
    offset: Callable[[Settings], int] = lambda settings: 0
    cycle: int | None = None
    families: tuple[str, ...] = ("date", "datetime")

    def number_sql(self, value: ColumnElement, family: str, settings: Settings) -> ColumnElement[int]:
        """The period's number, of a date or of a moment in the organization's time zone."""
        zone = literal(settings.time_zone)
        day = local_date(value, zone) if family == "datetime" else value
        counted = local_hour(value, zone) if self.unit == "hour" else UNITS[self.unit].sql(day)
        # All numbers are positive, so that integer division rounds down on every database.
        number: ColumnElement[int] = (counted + self.offset(settings)) // self.size
        return number if self.cycle is None else number % self.cycle

    def number(self, day: date, settings: Settings) -> int:
        """The period's number, of a date."""
        number = (UNITS[self.unit].of(day) + self.offset(settings)) // self.size
        return number if self.cycle is None else number % self.cycle

    @property
    def is_range(self) -> bool:
        """Whether a period is a stretch of days; a weekday or a month in any year is none."""
        return self.cycle is None and self.unit in ("month", "day")

    def start(self, number: int, settings: Settings) -> date:
        """The first day of a period that is a range."""
        first = number * self.size - self.offset(settings)
        return date(first // 12, first % 12 + 1, 1) if self.unit == "month" else date.fromordinal(first)

    def range(self, number: int, settings: Settings) -> tuple[date, date]:
        """A period as a half-open range: its first day and the day after its last."""
        return self.start(number, settings), self.start(number + 1, settings)

    def text(self, number: int, settings: Settings) -> str:
        """What a person reads: 'March 2026', 'Q1 2026', 'FY 2026', 'Monday'."""
        return self.title(number, settings)


def _start(name: str, number: int, settings: Settings) -> date:
    return GRANULARITIES[name].start(number, settings)


def _week(settings: Settings) -> int:
    """1 January of year 1 was a Monday and is day 1; a week starting on Monday starts on day 1, 8, ..."""
    return 6 - settings.week_start


def _fiscal(settings: Settings) -> int:
    return 12 - (settings.fiscal_year_start - 1)


def _fiscal_year(first: date, settings: Settings) -> int:
    """A fiscal year is named after the calendar year in which it ends."""
    return first.year + (settings.fiscal_year_start > 1 and first.month >= settings.fiscal_year_start)


def _dated(name: str, title: Callable[[date, Settings], str]) -> Callable[[int, Settings], str]:
    """A title made of the period's first day."""
    return lambda number, settings: title(_start(name, number, settings), settings)


def _fiscal_quarter_title(first: date, settings: Settings) -> str:
    quarter = (first.month - settings.fiscal_year_start) % 12 // 3 + 1
    return f"FQ{quarter} FY {_fiscal_year(first, settings)}"


def _week_title(first: date, settings: Settings) -> str:
    last = first + timedelta(days=6)
    return f"{first:%d %b %Y} – {last:%d %b %Y}"


def _month_name(number: int, settings: Settings) -> str:
    return f"{date(2000, number + 1, 1):%B}"


def _weekday_name(number: int, settings: Settings) -> str:
    """Weekdays are counted from the first day of the week."""
    return f"{date(2000, 1, 3 + (number + settings.week_start) % 7):%A}"  # 3 January 2000 was a Monday


GRANULARITIES: dict[str, Granularity] = {row.name: row for row in (
    Granularity("day", "Day", "day", _dated("day", lambda first, settings: f"{first:%d %b %Y}")),
    Granularity("week", "Week", "day", _dated("week", _week_title), 7, _week),
    Granularity("month", "Month", "month", _dated("month", lambda first, settings: f"{first:%B %Y}")),
    Granularity("quarter", "Quarter", "month", _dated("quarter", lambda first, settings: f"Q{(first.month + 2) // 3} {first.year}"), 3),
    Granularity("year", "Year", "month", _dated("year", lambda first, settings: str(first.year)), 12),
    Granularity("fiscal_quarter", "Fiscal quarter", "month", _dated("fiscal_quarter", _fiscal_quarter_title), 3, _fiscal),
    Granularity("fiscal_year", "Fiscal year", "month",
                _dated("fiscal_year", lambda first, settings: f"FY {_fiscal_year(first, settings)}"), 12, _fiscal),
    Granularity("month_in_year", "Month in year", "month", _month_name, cycle=12),
    Granularity("day_in_month", "Day in month", "day_of_month", lambda number, settings: str(number)),
    Granularity("weekday", "Weekday", "day", _weekday_name, offset=_week, cycle=7),
    Granularity("hour", "Hour", "hour", lambda number, settings: f"{number:02}:00–{number:02}:59", families=("datetime",)),
)}
