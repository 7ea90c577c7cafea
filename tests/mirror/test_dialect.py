"""DuckDB's own words mean what SQLite's and Python's do."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Date, Integer, MetaData, Table, Text, func, literal, select
from sqlalchemy.exc import UnsupportedCompilationError
from sqlalchemy.sql.functions import FunctionElement

from crmlib.mirror.dialect import DuckDialect, add_functions, engine_on, set_zone
from crmlib.model import sql_functions
from crmlib.model.sql_functions import (
    any_of,
    day_number,
    day_of_month,
    first_by,
    last_by,
    local_date,
    local_hour,
    lower_text,
    month_number,
    percentile,
    same_scale,
    sort_key,
    sum_of_squares,
    text_sort_key,
    twice_median,
)
from crmlib.model.types import ExactDecimal, UtcDateTime

ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
         "America/Caracas"]
VALUES = Table("given", MetaData(), Column("words", Text), Column("moment", UtcDateTime), Column("day", Date),
               Column("amount", ExactDecimal(2)))


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    import duckdb

    with duckdb.connect() as connection:
        VALUES.create(engine_on(connection), checkfirst=False)
        add_functions(connection)
        yield connection


@pytest.fixture
def connection(duck: Any) -> Iterator[Connection]:
    """Sees an empty table of values; what a test puts there is gone afterwards."""
    with engine_on(duck).connect() as opened:
        begun = opened.begin()
        yield opened
        begun.rollback()


def asked(connection: Connection, values: list[dict[str, Any]], *columns: Any) -> list[tuple[Any, ...]]:
    connection.execute(VALUES.delete())
    connection.execute(VALUES.insert(), values)
    return [tuple(row) for row in connection.execute(select(*columns)).all()]


class TestText:
    def test_every_letter_there_is(self, connection: Connection) -> None:
        letters = [letter for letter in map(chr, range(1, sys.maxunicode + 1)) if unicodedata.category(letter) not in ("Cn", "Cs")]
        texts = [f"x{''.join(letters[start:start + 500])}Σ" for start in range(0, len(letters), 500)]
        plain = [text for text in letters if text != "İ" and text.lower() != text.upper()]
        words = VALUES.c.words
        found = asked(connection, [{"words": text} for text in texts + plain], words, lower_text(words), sort_key(words))
        assert len(found) > 3000
        assert [row for row in found if row[1:] != (row[0].lower(), text_sort_key(row[0]))] == []

    @pytest.mark.parametrize("text", ["", "ΑΣ", "ΑΣ ΑΣΑ", "İstanbul", "Ñandú", "STRASSE", "ẞ", "e\u0301", "বাংলা", "አማርኛ", None])
    def test_these(self, text: str | None, connection: Connection) -> None:
        found = asked(connection, [{"words": text}], lower_text(VALUES.c.words), sort_key(VALUES.c.words))
        assert found == [(None if text is None else text.lower(), text_sort_key(text))]


class TestTime:
    def test_around_every_change_of_the_clocks(self, zone: str, duck: Any, connection: Connection) -> None:
        set_zone(duck, zone)
        place, hours = ZoneInfo(zone), [datetime(1900, 1, 1, tzinfo=UTC) + timedelta(hours=number * 1000) for number in range(1750)]
        for year in (1940, 1975, 2011, 2026, 2087):
            days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(365)]
            changes = [day for day in days if day.astimezone(place).utcoffset() != (day + timedelta(days=1)).astimezone(place).utcoffset()]
            hours += [day + timedelta(minutes=30 * number) + step for day in changes for number in range(49)
                      for step in (timedelta(0), timedelta(microseconds=-1))]
        found = asked(connection, [{"moment": moment} for moment in hours], VALUES.c.moment, local_date(VALUES.c.moment, literal(zone)),
                      local_hour(VALUES.c.moment, literal(zone)))
        local = [moment.astimezone(place) for moment, _, _ in found]
        assert [row[1:] for row in found] == [(moment.date(), moment.hour) for moment in local]

    def test_another_zone_than_the_organizations_is_refused(self, duck: Any, connection: Connection) -> None:
        set_zone(duck, "UTC")
        with pytest.raises(Exception, match="another time zone"):
            asked(connection, [{"moment": datetime(2026, 1, 1, tzinfo=UTC)}], local_date(VALUES.c.moment, literal("Europe/Paris")))

    @pytest.mark.parametrize("year", [2, 1899, 2009, 2040, 2500, 9999])
    def test_of_far_years(self, year: int, zone: str, duck: Any, connection: Connection) -> None:
        set_zone(duck, zone)
        moment = datetime(year, 7, 1, 23, 30, tzinfo=UTC)
        found = asked(connection, [{"moment": moment}, {"moment": None}], local_date(VALUES.c.moment, literal(zone)),
                      local_hour(VALUES.c.moment, literal(zone)))
        local = moment.astimezone(ZoneInfo(zone))
        assert found == [(local.date(), local.hour), (None, None)]

    @given(days=st.lists(st.dates(), min_size=1, max_size=50))
    def test_numbers_of_days_and_months(self, days: list[date], connection: Connection) -> None:
        found = asked(connection, [{"day": day} for day in days], VALUES.c.day, day_number(VALUES.c.day), month_number(VALUES.c.day),
                      day_of_month(VALUES.c.day), (month_number(VALUES.c.day) + 3) // 12)
        for day, ordinal, month, of_month, year in found:
            assert (ordinal, month, of_month, year) == (day.toordinal(), day.year * 12 + day.month - 1, day.day, (month + 3) // 12)


class TestNumbers:
    @given(amounts=st.lists(st.decimals(-10**15, 10**15, places=2), min_size=1, max_size=30))
    def test_sums_and_ranks_are_exact(self, amounts: list[Decimal], connection: Connection) -> None:
        amount, ordered = VALUES.c.amount, sorted(amounts)
        found = asked(connection, [{"amount": one} for one in amounts], func.sum(amount), twice_median(amount),
                      percentile(amount, literal(90, Integer)), func.min(same_scale(amount, literal(100, Integer))))
        middle = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
        assert found == [(sum(amounts), middle, ordered[max(0, -(-len(ordered) * 90 // 100) - 1)], ordered[0])]


ARGUMENTS = {sum_of_squares: 1, any_of: 1, first_by: 3, last_by: 3}


def test_every_function_of_ours_has_its_word() -> None:
    """One without is answered by the database, which is right but slow."""
    ours = [one for one in vars(sql_functions).values()
            if isinstance(one, type) and issubclass(one, FunctionElement) and one.__module__ == sql_functions.__name__]
    assert len(ours) > 10
    column = VALUES.c.amount
    for function in ours:
        arguments = [column, literal(1, Integer), literal(1, Integer)][:ARGUMENTS.get(function, 2)]
        str(select(function(*arguments)).compile(dialect=DuckDialect()))


def test_a_function_without_a_word_is_refused() -> None:
    class unheard_of(FunctionElement[Any]):
        name = "unheard_of"
        inherit_cache = True

    with pytest.raises(UnsupportedCompilationError):
        str(select(unheard_of(VALUES.c.day)).compile(dialect=DuckDialect()))
