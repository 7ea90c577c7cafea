"""Relative dates in filters: each word is a row, and means a half-open range [start, end) of days seen from `today`.

Meanings: Salesforce's SOQL date literals (reference 3.5). Words may be written in any case and with spaces; those with
N take a number: LAST_N_DAYS:30. The clock is an argument: `today` in the organization's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from crmlib.errors import did_you_mean
from crmlib.model.org import Settings
from crmlib.reports.granularities import GRANULARITIES

Range = tuple[date, date]
MOST = 9999
"""No literal reaches further than this many days, weeks, months or years."""


@dataclass(frozen=True)
class DateLiteral:
    """A word for a range of days. `takes_number`: written `NAME:n`."""

    name: str
    help: str
    range: Callable[[date, int, Settings], Range]
    takes_number: bool = False


def _days(first: int, last: int) -> Callable[[date, int, Settings], Range]:
    """From `first` to `last` days after today, both included."""
    return lambda today, n, settings: (today + timedelta(days=first), today + timedelta(days=last + 1))


def _periods(granularity: str, first: Callable[[int], int], last: Callable[[int], int]) -> Callable[[date, int, Settings], Range]:
    """From the period `first(n)` after this one up to `last(n)` after it, both included."""
    def of(today: date, n: int, settings: Settings) -> Range:
        kind = GRANULARITIES[granularity]
        now = kind.number(today, settings)
        return kind.start(now + first(n), settings), kind.start(now + last(n) + 1, settings)
    return of


def _of_period(granularity: str) -> tuple[DateLiteral, ...]:
    """THIS, LAST, NEXT, LAST_N, NEXT_N and N_AGO of a period longer than a day."""
    word, label = granularity.upper(), GRANULARITIES[granularity].label.lower()
    return (
        DateLiteral(f"THIS_{word}", f"this {label}", _periods(granularity, lambda n: 0, lambda n: 0)),
        DateLiteral(f"LAST_{word}", f"the {label} before this one", _periods(granularity, lambda n: -1, lambda n: -1)),
        DateLiteral(f"NEXT_{word}", f"the {label} after this one", _periods(granularity, lambda n: 1, lambda n: 1)),
        DateLiteral(f"LAST_N_{word}S", f"n whole {label}s before this one", _periods(granularity, lambda n: -n, lambda n: -1), True),
        DateLiteral(f"NEXT_N_{word}S", f"n whole {label}s after this one", _periods(granularity, lambda n: 1, lambda n: n), True),
        DateLiteral(f"N_{word}S_AGO", f"the {label} n {label}s ago", _periods(granularity, lambda n: -n, lambda n: -n), True),
    )


DATE_LITERALS: dict[str, DateLiteral] = {row.name: row for row in (
    DateLiteral("TODAY", "today", _days(0, 0)),
    DateLiteral("YESTERDAY", "yesterday", _days(-1, -1)),
    DateLiteral("TOMORROW", "tomorrow", _days(1, 1)),
    DateLiteral("LAST_N_DAYS", "n days ago up to today, today included", lambda today, n, s: _days(-n, 0)(today, n, s), True),
    DateLiteral("NEXT_N_DAYS", "tomorrow and the days after it, n in all", lambda today, n, s: _days(1, n)(today, n, s), True),
    DateLiteral("N_DAYS_AGO", "the day n days ago", lambda today, n, s: _days(-n, -n)(today, n, s), True),
    *_of_period("week"), *_of_period("month"), *_of_period("quarter"), *_of_period("year"),
    *_of_period("fiscal_quarter"), *_of_period("fiscal_year"),
)}

_WRITTEN = re.compile(r"([A-Z_]+?)(?::(\d+))?")


def in_words(written: str) -> str:
    """What a literal means, for people: 'this quarter', '30 days ago up to today'. Anything else as it is."""
    literal, number = _read(written)
    return written if literal is None else re.sub(r"\bn\b", number or "n", literal.help)


def _read(written: str) -> tuple[DateLiteral | None, str | None]:
    """The literal and its number, as written; None for what is no literal."""
    match = _WRITTEN.fullmatch(re.sub(r"\s+", "_", written.strip().upper()))
    return (DATE_LITERALS.get(match[1]), match[2]) if match else (None, None)


def date_range(written: str, today: date, settings: Settings) -> Range:
    """The range a literal means. Raises ValueError in the user's words."""
    literal, number_written = _read(written)
    if literal is None:
        near = did_you_mean(re.sub(r"\s+", "_", written.strip().upper()).partition(":")[0], DATE_LITERALS)
        raise ValueError(f"{written!r} is neither a date (write 2026-11-30) nor a relative date" + (f": {near}" if near else ""))
    if literal.takes_number != (number_written is not None):
        example = f"{literal.name}:30" if literal.takes_number else literal.name
        raise ValueError(f"{written!r} should be written like {example}")
    number = int(number_written or 0)
    if number > MOST:
        raise ValueError(f"{written!r} reaches too far; at most {MOST}")
    try:
        return literal.range(today, number, settings)
    except (OverflowError, ValueError):
        raise ValueError(f"{written!r} reaches beyond the calendar") from None
