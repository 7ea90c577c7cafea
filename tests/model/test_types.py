"""Column types keep their promise on SQLite and PostgreSQL alike: exact money, moments with a zone, sets of values."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, cast, delete, func, insert, select
from sqlalchemy.exc import StatementError

from crmlib.model.org import Org
from crmlib.model.types import ExactDecimal, UtcDateTime, ValueSet

SAMPLES = Table("samples", MetaData(), Column("id", Integer, primary_key=True), Column("money", ExactDecimal(2)),
                Column("rate", ExactDecimal(4)), Column("at", UtcDateTime()), Column("seasons", ValueSet()))


@pytest.fixture
def samples(org: Org) -> Iterator[Org]:
    """An org with a table of our column types."""
    with org.begin() as connection:
        SAMPLES.create(connection)
    yield org


def store(org: Org, column: str, *values: Any) -> None:
    with org.begin() as connection:
        connection.execute(delete(SAMPLES))
        connection.execute(insert(SAMPLES), [{column: value} for value in values])


def read(org: Org, column: str) -> list[Any]:
    return [row[0] for row in org.fetch(select(SAMPLES.c[column]).order_by(SAMPLES.c.id))]


class TestExactDecimal:
    def test_a_thousand_tenths_are_exactly_a_hundred(self, samples: Org) -> None:
        store(samples, "money", *[Decimal("0.10")] * 1000)
        assert samples.fetch(select(func.sum(SAMPLES.c.money)))[0][0] == Decimal("100.00")

    @given(amounts=st.lists(st.decimals(-10**12, 10**12, places=2), min_size=1, max_size=20))
    def test_sum_smallest_and_largest_are_those_of_python(self, samples: Org, amounts: list[Decimal]) -> None:
        store(samples, "money", *amounts)
        money = SAMPLES.c.money
        row = samples.fetch(select(func.sum(money), func.min(money), func.max(money)))[0]
        assert tuple(row) == (sum(amounts), min(amounts), max(amounts))

    @pytest.mark.parametrize(("given_value", "stored"), [
        ("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01"), ("0.005", "0.01"), ("0", "0.00"), ("2.675", "2.68"),
        ("9999999999999999.99", "9999999999999999.99")])
    def test_rounds_half_up_on_the_way_in(self, samples: Org, given_value: str, stored: str) -> None:
        store(samples, "money", Decimal(given_value))
        assert [str(value) for value in read(samples, "money")] == [stored]

    def test_takes_integers_texts_and_floats_as_they_are_written(self, samples: Org) -> None:
        store(samples, "money", 7, "8.10", 2.675, None)
        assert read(samples, "money") == [Decimal("7.00"), Decimal("8.10"), Decimal("2.68"), None]

    def test_keeps_as_many_digits_as_the_field_has(self, samples: Org) -> None:
        store(samples, "rate", Decimal("0.00015"))
        assert [str(value) for value in read(samples, "rate")] == ["0.0002"]

    @pytest.mark.parametrize(("operator", "expected"), [("__lt__", [1]), ("__le__", [1, 2]), ("__eq__", [2]), ("__ge__", [2, 3]),
                                                        ("__gt__", [3]), ("__ne__", [1, 3])])
    def test_compares_as_numbers(self, samples: Org, operator: str, expected: list[int]) -> None:
        store(samples, "money", Decimal("9.99"), Decimal("10"), Decimal("100"))
        first = samples.fetch(select(func.min(SAMPLES.c.id)))[0][0]
        found = samples.fetch(select(SAMPLES.c.id).where(getattr(SAMPLES.c.money, operator)(Decimal("10"))).order_by(SAMPLES.c.id))
        assert [row.id - first + 1 for row in found] == expected

    def test_sorts_and_finds_in_lists_as_numbers(self, samples: Org) -> None:
        store(samples, "money", Decimal("100"), Decimal("9.99"), Decimal("-3"))
        money = SAMPLES.c.money
        assert [row[0] for row in samples.fetch(select(money).order_by(money))] == [Decimal("-3.00"), Decimal("9.99"), Decimal("100.00")]
        assert samples.fetch(select(func.count()).where(money.in_([Decimal("9.99"), 100])))[0][0] == 2
        assert samples.fetch(select(func.count()).where(money.between(0, "50")))[0][0] == 1

    def test_is_never_a_float_in_the_database(self, samples: Org) -> None:
        store(samples, "money", Decimal("0.1"))
        kind = "typeof" if samples.engine.dialect.name == "sqlite" else "pg_typeof"
        stored_as = samples.fetch(select(cast(getattr(func, kind)(SAMPLES.c.money), Text)))[0][0]
        assert stored_as in ("integer", "numeric")


class TestUtcDateTime:
    def test_a_naive_moment_is_refused(self, samples: Org) -> None:
        with pytest.raises(StatementError, match="no time zone"):
            store(samples, "at", datetime(2026, 5, 13, 9))

    @pytest.mark.parametrize("moment", [
        datetime(2026, 5, 13, 9, 30, 15, 123456, UTC),
        datetime(2026, 5, 13, 9, tzinfo=ZoneInfo("Europe/Amsterdam")),
        datetime(2026, 5, 13, 9, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Amsterdam"), fold=1),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2100, 12, 31, 23, 59, 59, 999999, UTC),
    ])
    def test_the_same_moment_comes_back_in_utc(self, samples: Org, moment: datetime) -> None:
        store(samples, "at", moment)
        (back,) = read(samples, "at")
        assert back == moment.astimezone(UTC)
        assert back.tzinfo is UTC

    def test_empty_stays_empty(self, samples: Org) -> None:
        store(samples, "at", None)
        assert read(samples, "at") == [None]

    def test_compares_across_zones(self, samples: Org) -> None:
        store(samples, "at", datetime(2026, 5, 13, 9, tzinfo=UTC))
        tokyo = ZoneInfo("Asia/Tokyo")
        for hour, found in ((17, 1), (18, 1), (19, 0)):  # 18:00 in Tokyo is 9:00 in UTC
            statement = select(func.count()).where(SAMPLES.c.at >= datetime(2026, 5, 13, hour, tzinfo=tokyo))
            assert samples.fetch(statement)[0][0] == found


class TestValueSet:
    def test_comes_back_as_it_went_in(self, samples: Org) -> None:
        store(samples, "seasons", ("Winter", "Spring"), ["Summer"], (), None)
        assert read(samples, "seasons") == [("Winter", "Spring"), ("Summer",), None, None]

    def test_includes_is_one_like_that_takes_no_value_for_a_part_of_another(self, samples: Org) -> None:
        store(samples, "seasons", ("Late winter", "Spring"), ("Winter",), None)
        assert samples.fetch(select(SAMPLES.c.seasons).where(SAMPLES.c.seasons.like("%;Winter;%"))) == [(("Winter",),)]
