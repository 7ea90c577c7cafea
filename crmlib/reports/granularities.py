"""Date granularities: the periods a date can be grouped by, one row each.

SQL groups by a whole number (months or days since year 0, divided), which is fast and the same on every database;
labels and ranges are made of that number here, in Python. To add one: a row in GRANULARITIES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement

from crmlib.model.org import Settings
from crmlib.model.sql_functions import day_number, month_number


@dataclass(frozen=True)
class Granularity:
    """A kind of period. The period of a date is number `(unit + offset) // size`, of which `start` gives the first day.

    unit: "month" or "day". offset(settings) moves the beginning of weeks and fiscal years.
    """

    name: str
    label: str
    unit: str
    size: int
    offset: Callable[[Settings], int]
    title: Callable[[date, Settings], str]

    def number_sql(self, day: ColumnElement, settings: Settings) -> ColumnElement[int]:
        """The period's number, of a date expression."""
        number = month_number(day) if self.unit == "month" else day_number(day)
        # Both numbers are positive, so that integer division rounds down on every database.
        return (number + self.offset(settings)) // self.size

    def number(self, day: date, settings: Settings) -> int:
        """The period's number, of a date."""
        number = day.year * 12 + day.month - 1 if self.unit == "month" else day.toordinal()
        return (number + self.offset(settings)) // self.size

    def start(self, number: int, settings: Settings) -> date:
        """The period's first day."""
        first = number * self.size - self.offset(settings)
        return date(first // 12, first % 12 + 1, 1) if self.unit == "month" else date.fromordinal(first)

    def range(self, number: int, settings: Settings) -> tuple[date, date]:
        """The period as a half-open range: its first day and the day after its last."""
        return self.start(number, settings), self.start(number + 1, settings)

    def text(self, number: int, settings: Settings) -> str:
        """What a person reads: 'March 2026', 'Q1 2026', 'FY 2026'."""
        return self.title(self.start(number, settings), settings)


def _none(settings: Settings) -> int:
    return 0


def _week(settings: Settings) -> int:
    """1 January of year 1 was a Monday and is day 1; a week starting on Monday starts on day 1, 8, ..."""
    return 6 - settings.week_start


def _fiscal(settings: Settings) -> int:
    return 12 - (settings.fiscal_year_start - 1)


def _fiscal_year(first: date, settings: Settings) -> int:
    """A fiscal year is named after the calendar year in which it ends."""
    return first.year + (settings.fiscal_year_start > 1 and first.month >= settings.fiscal_year_start)


def _fiscal_quarter_title(first: date, settings: Settings) -> str:
    quarter = (first.month - settings.fiscal_year_start) % 12 // 3 + 1
    return f"FQ{quarter} FY {_fiscal_year(first, settings)}"


def _week_title(first: date, settings: Settings) -> str:
    last = first + timedelta(days=6)
    return f"{first:%d %b %Y} – {last:%d %b %Y}"


GRANULARITIES: dict[str, Granularity] = {row.name: row for row in (
    Granularity("day", "Day", "day", 1, _none, lambda first, settings: f"{first:%d %b %Y}"),
    Granularity("week", "Week", "day", 7, _week, _week_title),
    Granularity("month", "Month", "month", 1, _none, lambda first, settings: f"{first:%B %Y}"),
    Granularity("quarter", "Quarter", "month", 3, _none, lambda first, settings: f"Q{(first.month + 2) // 3} {first.year}"),
    Granularity("year", "Year", "month", 12, _none, lambda first, settings: str(first.year)),
    Granularity("fiscal_quarter", "Fiscal quarter", "month", 3, _fiscal, _fiscal_quarter_title),
    Granularity("fiscal_year", "Fiscal year", "month", 12, _fiscal, lambda first, settings: f"FY {_fiscal_year(first, settings)}"),
)}
