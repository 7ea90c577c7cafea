"""Formulas give in DuckDB what they give in Python; what DuckDB can't say makes the statement fail, and the database answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from crmlib.formulas.check import Checked, check
from crmlib.formulas.compile_sql import compile_sql
from crmlib.formulas.context import Context
from crmlib.formulas.grammar import parse
from crmlib.mirror.data_copy import _shape
from crmlib.mirror.dialect import add_functions, engine_on, set_zone
from tests.formulas.conftest import CONTEXT, FIELDS, RESULTS, ROWS, checked, stored, value_of
from tests.formulas.random_formulas import formulas
from tests.formulas.test_same_in_sql import MANY

USUAL: list[dict[str, Any]] = [
    {},
    MANY[1],
    {"amount": Decimal("-0.01"), "quantity": Decimal("0.3333"), "rate": Decimal(0), "count": -1, "name": "  élan ß İ ", "note": "2024-1-5",
     "stage": "a", "day": date(1999, 1, 31), "moment": datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC), "open": False, "account": 2},
    {"amount": Decimal("99999999999.99"), "quantity": Decimal("-999999999.9999"), "rate": Decimal(100), "count": 2**40, "name": "ক খ গ",
     "note": "12.50", "tags": ("a",), "day": date(2099, 12, 31), "other_day": date(1900, 1, 1), "other_account": 3,
     "moment": datetime(2099, 12, 31, 12, 59, 59, tzinfo=UTC), "other_moment": datetime(1900, 1, 1, tzinfo=UTC)},
    *MANY[4:],
]
FAILS = ("Overflow", "out of range")


class Duck:
    """A DuckDB with the table of formulas."""

    def __init__(self, connection: Any, engine: Engine) -> None:
        self.connection, self.engine = connection, engine
        self.there: list[Mapping[str, Any]] = []
        columns = ", ".join(f"{name} {type_}" for name, type_ in _shape(ROWS))
        connection.execute(f"CREATE TABLE {ROWS.name} ({columns})")

    def ask(self, rows: Sequence[Mapping[str, Any]], formula: Checked, context: Context) -> list[Any]:
        set_zone(self.connection, context.zone)
        if self.there != list(rows):
            with self.engine.connect() as connection, connection.begin():
                connection.execute(ROWS.delete())
                for number, row in enumerate(rows):
                    connection.execute(ROWS.insert().inline(), {"id": number} | dict.fromkeys(FIELDS) | dict(row))
            self.there = list(rows)
        with self.engine.connect() as connection, connection.begin():
            value = compile_sql(formula, {name: ROWS.c[name] for name in formula.fields}, context, RESULTS[formula.type])
            return list(connection.execute(select(value).select_from(ROWS).order_by(ROWS.c.id)).scalars())


@pytest.fixture(scope="module")
def duck() -> Iterator[Duck]:
    import duckdb

    with duckdb.connect() as connection:
        add_functions(connection)
        yield Duck(connection, engine_on(connection))


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(["number", "text", "date", "datetime", "boolean"]).flatmap(lambda type_: formulas(type_, 3)),
       blank_as=st.sampled_from(["zero", "blank"]), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Dhaka"]),
       rows=st.sampled_from([USUAL, MANY]))
def test_random_formulas_are_the_same(duck: Duck, text: str, blank_as: Any, zone: str, rows: list[dict[str, Any]]) -> None:
    context = replace(CONTEXT, blank_as=blank_as, zone=zone)
    formula = check(parse(text), FIELDS)
    assume(not formula.problems)
    try:
        found = duck.ask(rows, formula, context)
    except DBAPIError as error:
        assert any(word in str(error) for word in FAILS), error
        return
    assert found == [stored(value_of(formula, row, context), formula.type) for row in rows]


@pytest.mark.parametrize(("text", "plain"), [
    ("day - other_day", True), ("day - DATEVALUE(moment)", True), ("TODAY() - day", True), ("day + 30", True), ("YEAR(day)", True),
    ("IF(amount > 1000 && open, amount - quantity, 0)", True), ("IF(ISBLANK(name), 0, 1)", True), ('CASE(stage, "Won", 1, 0)', True),
    ("amount * rate", True), ("ROUND(amount * 0.21, 2)", True), ("count * 2", True), ("LEN(name)", True), ("ABS(amount)", True),
    ('name & "!"', True), ('IF(CONTAINS(name, "Ada"), amount, 0)', True), ('BEGINS(name, "ক")', True), ("LEFT(name, 3)", True),
    ("amount / 4", True), ("DATE(YEAR(day), MONTH(other_day), DAY(day))", True), ("amount / 3", False),
    ("amount / quantity", False), ("UPPER(name)", False), ("TEXT(amount)", False),
])
def test_what_duckdb_calculates_itself(duck: Duck, text: str, plain: bool) -> None:
    """A formula is fast there if it only compares, chooses, calculates without quotients and counts days; all are right."""
    formula = checked(text)
    assert duck.ask(USUAL, formula, CONTEXT) == [stored(value_of(formula, row), formula.type) for row in USUAL]
    value = compile_sql(formula, {name: ROWS.c[name] for name in formula.fields}, CONTEXT, RESULTS[formula.type])
    assert ("crm_formula" not in str(select(value).compile(duck.engine))) == plain
