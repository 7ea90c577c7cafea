"""SQL functions that mean the same on SQLite and PostgreSQL, for text in any script and dates in any zone.

SQLite knows only ASCII letters and no time zones, so its versions are Python functions registered by `register`.
To add one: a `GenericFunction`-like class, a `@compiles` for each database, and, if SQLite lacks it, a line in `register`.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crmlib.formulas.sqlite import register as register_formulas
from crmlib.model.types import SquaredDecimal


class lower_text(FunctionElement[str]):
    """Lower case in every script."""

    type = Text()
    inherit_cache = True
    name = "lower_text"


class sort_key(FunctionElement[str]):
    """Text as people sort and search it: without case and accents, then by code point within each script."""

    type = Text()
    inherit_cache = True
    name = "sort_key"


class code_points(FunctionElement[str]):
    """Text in the order of its code points, as Python compares it, whatever collation the database has."""

    type = Text()
    inherit_cache = True
    name = "code_points"


class local_date(FunctionElement[date]):
    """`local_date(moment, zone)`: the calendar day of a UTC moment in an IANA time zone."""

    type = Date()
    inherit_cache = True
    name = "local_date"


class month_number(FunctionElement[int]):
    """Months since year 0 of a date; quarters and years, also fiscal ones, are this number divided."""

    type = Integer()
    inherit_cache = True
    name = "month_number"


class day_number(FunctionElement[int]):
    """Days since 1 January of year 1, as `date.toordinal`; weeks are this number divided."""

    type = Integer()
    inherit_cache = True
    name = "day_number"


class day_of_month(FunctionElement[int]):
    """1 to 31, of a date."""

    type = Integer()
    inherit_cache = True
    name = "day_of_month"


class local_hour(FunctionElement[int]):
    """`local_hour(moment, zone)`: the hour, 0 to 23, of a UTC moment in an IANA time zone."""

    type = Integer()
    inherit_cache = True
    name = "local_hour"


class twice_median(FunctionElement[Any]):
    """The two values in the middle added up: exact where half of it would have one digit more."""

    inherit_cache = True
    name = "twice_median"

    def __init__(self, value: ColumnElement[Any], *arguments: ColumnElement[Any]) -> None:
        super().__init__(value, *arguments)
        self.type = value.type


class percentile(FunctionElement[Any]):
    """`percentile(value, 90)`: the smallest value that so many percent of the values do not exceed."""

    inherit_cache = True
    name = "percentile"

    def __init__(self, value: ColumnElement[Any], *arguments: ColumnElement[Any]) -> None:
        super().__init__(value, *arguments)
        self.type = value.type


class sum_of_squares(FunctionElement[Any]):
    """Of decimals or whole numbers, exact however large."""

    inherit_cache = True
    name = "sum_of_squares"

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)
        self.type = SquaredDecimal(getattr(value.type, "scale", 0))


class first_by(FunctionElement[Any]):
    """`first_by(value, by, id)`: the value where `by` is smallest, of several such the one with the smallest id; blanks don't count."""

    inherit_cache = True
    name = "first_by"

    def __init__(self, value: ColumnElement[Any], by: ColumnElement[Any], record: ColumnElement[Any]) -> None:
        super().__init__(value, by, record)
        self.type = value.type


class last_by(first_by):
    """As `first_by`, where `by` is largest, of several such the one with the largest id."""

    inherit_cache = True
    name = "last_by"


class any_of(FunctionElement[Any]):
    """Of a group whose values are all the same, or NULL, that value."""

    inherit_cache = True
    name = "any_of"

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)
        self.type = value.type


class same_scale(FunctionElement[Any]):
    """`same_scale(decimal, 100)`: an ExactDecimal beside one with two more digits after the point.

    SQLite holds both as whole numbers of their smallest unit; PostgreSQL knows their value.
    """

    inherit_cache = True
    name = "same_scale"


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


def _template(element: type[FunctionElement[Any]], **by_dialect: str) -> None:
    for dialect, template in by_dialect.items():
        def render(node: FunctionElement[Any], compiler: SQLCompiler, template: str = template, **kw: Any) -> str:
            return template.format(*_arguments(node, compiler, **kw))
        compiles(element, dialect)(render)


_template(lower_text, sqlite="crm_lower({0})", postgresql='lower(({0}) COLLATE "und-x-icu")')
_template(sort_key, sqlite="crm_sort_key({0})",
          postgresql="regexp_replace(normalize(lower(({0}) COLLATE \"und-x-icu\"), NFD), '[\u0300-\u036f]', '', 'g') COLLATE \"C\"")
_template(code_points, sqlite="({0}) COLLATE BINARY", postgresql='({0}) COLLATE "C"')
_template(twice_median, sqlite="crm_twice_median({0})",
          postgresql="(percentile_disc(0.5) WITHIN GROUP (ORDER BY {0}) + percentile_disc(0.5) WITHIN GROUP (ORDER BY {0} DESC))")
_template(percentile, sqlite="crm_percentile({0}, {1})",  # to a float 0.07 * 100 is over 7
          postgresql="percentile_disc((({1}) - 0.000000001) / 100.0) WITHIN GROUP (ORDER BY {0})")
_template(sum_of_squares, sqlite="crm_sum_of_squares({0})", postgresql="sum(CAST({0} AS NUMERIC) * {0})")
_template(first_by, sqlite="crm_first_by({0}, {1}, {2})",
          postgresql="(array_agg({0} ORDER BY {1}, {2}) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL))[1]")
_template(last_by, sqlite="crm_last_by({0}, {1}, {2})",
          postgresql="(array_agg({0} ORDER BY {1} DESC, {2} DESC) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL))[1]")
_template(any_of, sqlite="min({0})", postgresql="min({0})")
_template(same_scale, sqlite="(({0}) * {1})", postgresql="({0} + 0 * {1})")
_template(local_date, sqlite="crm_local_date({0}, {1})", postgresql="CAST(({0}) AT TIME ZONE {1} AS DATE)")
_template(day_of_month, sqlite="CAST(substr({0}, 9, 2) AS INTEGER)", postgresql="CAST(extract(day FROM {0}) AS INTEGER)")
_template(local_hour, sqlite="crm_local_hour({0}, {1})", postgresql="CAST(extract(hour FROM ({0}) AT TIME ZONE {1}) AS INTEGER)")
_template(month_number, sqlite="(CAST(substr({0}, 1, 4) AS INTEGER) * 12 + CAST(substr({0}, 6, 2) AS INTEGER) - 1)",
          postgresql="CAST(extract(year FROM {0}) * 12 + extract(month FROM {0}) - 1 AS INTEGER)")
_template(day_number, sqlite="CAST(julianday({0}) - 1721424.5 AS INTEGER)", postgresql="(({0}) - DATE '0001-01-01' + 1)")


ACCENTS = re.compile("[\u0300-\u036f]+")


def text_sort_key(text: str | None) -> str | None:
    """What `sort_key` gives in SQL; for sorting in Python the same way."""
    if text is None:
        return None
    if text.isascii():
        return text.lower()
    return ACCENTS.sub("", unicodedata.normalize("NFD", text.lower()))


def _local(moment: str, zone: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=100_000)
def _local_date(moment: str | None, zone: str) -> str | None:
    return None if moment is None else _local(moment, zone).date().isoformat()


def _local_hour(moment: str | None, zone: str) -> int | None:
    return None if moment is None else _local(moment, zone).hour


class _TwiceMedian:
    def __init__(self) -> None:
        self.values: list[int] = []

    def step(self, value: int | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> int | None:
        self.values.sort()
        count = len(self.values)
        return self.values[(count - 1) // 2] + self.values[count // 2] if count else None


class _Percentile(_TwiceMedian):
    def step(self, value: int | None, percent: int = 0) -> None:
        self.percent = percent
        super().step(value)

    def finalize(self) -> int | None:
        self.values.sort()
        return self.values[max(0, -(-len(self.values) * self.percent // 100) - 1)] if self.values else None


class _FirstBy:
    """Text and whole numbers are compared as Python does: by code point, which is also the order of dates in ISO form."""

    def __init__(self) -> None:
        self.best: tuple[Any, int] | None = None
        self.value: Any = None

    def is_better(self, place: tuple[Any, int]) -> bool:
        return self.best is None or place < self.best

    def step(self, value: Any, by: Any, record: int) -> None:
        if value is not None and by is not None and self.is_better((by, record)):
            self.best, self.value = (by, record), value

    def finalize(self) -> Any:
        return self.value


class _LastBy(_FirstBy):
    def is_better(self, place: tuple[Any, int]) -> bool:
        return self.best is None or place > self.best


class _SumOfSquares:
    def __init__(self) -> None:
        self.total: int | None = None

    def step(self, value: int | None) -> None:
        if value is not None:
            self.total = (self.total or 0) + value * value

    def finalize(self) -> str | None:
        """As text: it may be larger than any whole number of SQLite."""
        return None if self.total is None else str(self.total)


def register(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection what it lacks."""
    connection.create_function("crm_lower", 1, lambda text: None if text is None else str(text).lower(), deterministic=True)
    connection.create_function("crm_sort_key", 1, text_sort_key, deterministic=True)
    connection.create_function("crm_local_date", 2, _local_date, deterministic=True)
    for name, arguments, aggregate in (("crm_twice_median", 1, _TwiceMedian), ("crm_percentile", 2, _Percentile),
                                       ("crm_sum_of_squares", 1, _SumOfSquares), ("crm_first_by", 3, _FirstBy),
                                       ("crm_last_by", 3, _LastBy)):
        connection.create_aggregate(name, arguments, aggregate)  # type: ignore[arg-type]
    connection.create_function("crm_local_hour", 2, _local_hour, deterministic=True)
    register_formulas(connection)
