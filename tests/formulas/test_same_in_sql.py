"""Random formulas over rows of all kinds give the same in Python, on SQLite and on PostgreSQL; nothing makes a statement fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, String, func, literal, select
from sqlalchemy.dialects import postgresql

from crmlib.errors import DefinitionError
from crmlib.formulas.check import check
from crmlib.formulas.compile_sql import compile_sql
from crmlib.formulas.grammar import DEEPEST, parse
from crmlib.model.types import ExactDecimal
from tests.formulas.conftest import CONTEXT, FIELDS, RESULTS, ROWS, Ask, asker, checked, stored, value_of
from tests.formulas.random_formulas import formulas

MANY: list[dict[str, Any]] = [
    {},
    {"amount": Decimal("1250.50"), "quantity": Decimal(3), "rate": Decimal("12.5"), "count": 7, "name": "Ada Lovelace", "note": "a",
     "stage": "Won", "tags": ("new", "vip"), "day": date(2024, 2, 29), "other_day": date(2023, 12, 31), "open": True,
     "moment": datetime(2024, 2, 29, 23, 30, tzinfo=UTC), "other_moment": datetime(2024, 3, 31, 1, 30, 15, 250_000, UTC), "account": 1,
     "other_account": 1},
    {"amount": Decimal("-0.01"), "quantity": Decimal("0.3333"), "rate": Decimal(0), "count": -1, "name": "  élan ß İ ", "note": "2024-1-5",
     "stage": "a", "day": date(1999, 1, 31), "moment": datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC), "open": False, "account": 2},
    {"amount": Decimal("9999999999999999.99"), "quantity": Decimal("-99999999999999.9999"), "rate": Decimal(100), "count": 2**40,
     "name": "ক খ গ", "note": "12.50", "tags": ("a",), "day": date(9999, 12, 31), "other_day": date(1, 1, 1), "other_account": 3,
     "moment": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "other_moment": datetime(1, 1, 1, tzinfo=UTC)},
    {"amount": Decimal(2), "quantity": Decimal("0.5"), "rate": Decimal("-50"), "count": 0, "name": "it's 100%\\ \"x\" :a %(b)s",
     "note": "a", "stage": "x", "day": date(2000, 2, 29), "other_day": date(2000, 3, 1), "moment": datetime(2000, 1, 1, tzinfo=UTC)},
    {"amount": Decimal(6), "quantity": Decimal(11), "count": 11, "name": "2024-02-30 25:00:00", "note": "2024-02-29 07:05:09",
     "open": True},
]
TYPES = st.sampled_from(["number", "text", "date", "datetime", "boolean"])


@pytest.fixture(scope="module")
def ask_both(sqlite_engine: Engine, postgres_engine: Engine) -> dict[str, Ask]:
    return {"sqlite": asker(sqlite_engine), "postgresql": asker(postgres_engine)}


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(text=TYPES.flatmap(lambda type_: formulas(type_, 3)), blank_as=st.sampled_from(["zero", "blank"]),
       zone=st.sampled_from(["UTC", "America/New_York", "Asia/Dhaka"]))
def test_random_formulas_are_the_same(ask_both: dict[str, Ask], text: str, blank_as: Any, zone: str) -> None:
    context = replace(CONTEXT, blank_as=blank_as, zone=zone)
    formula = check(parse(text), FIELDS)
    assume(not formula.problems)  # (NULL + 1) is a number, though it stands for a date
    wanted = [stored(value_of(formula, row, context), formula.type) for row in MANY]
    for name, ask in ask_both.items():
        assert (name, ask(MANY, formula, context)) == (name, wanted)


@pytest.mark.parametrize("text", [
    " + ".join(["amount"] * 80), " & ".join(["name"] * 1000), "IF(open, 1, " * (DEEPEST - 2) + "amount" + ")" * (DEEPEST - 2),
    "ABS(" * 50 + "amount" + ")" * 50, "AND(" + ", ".join(["amount / quantity > 1"] * 200) + ")", " * ".join(["quantity"] * 12),
    "CEILING(" * 30 + "amount / quantity" + ")" * 30, "EXP(" * 12 + "amount" + ")" * 12, 'SUBSTITUTE(' * 25 + "name" + ', "a", "b")' * 25,
    "DATE(YEAR(" * 8 + "day" + "), 1, 2)" * 8, "day" + " + 1" * 30,
])
def test_deep_and_long_formulas_are_fine_in_sql(ask: Ask, text: str) -> None:
    formula = checked(text)
    assert ask(MANY, formula, CONTEXT) == [stored(value_of(formula, row), formula.type) for row in MANY]


def test_what_is_too_deep_for_sql_is_refused_and_still_evaluated() -> None:
    formula = checked("ABS(" * (DEEPEST - 1) + "amount" + ")" * (DEEPEST - 1))
    assert value_of(formula, {"amount": Decimal(-1)}) == 1
    with pytest.raises(DefinitionError) as raised:
        compile_sql(formula, {"amount": ROWS.c.amount}, CONTEXT, RESULTS["number"])
    assert raised.value.codes == ["formula-too-deep"]


def test_texts_of_a_formula_stay_text(ask: Ask) -> None:
    hostile = ["'; DROP TABLE formula_rows; --", "%s %(x)s %%", ":name", "\\' OR 1=1", "${x}", "$1", "<script>", "=cmd|' /C calc'!A0"]
    for text in hostile:
        written = text.replace("\\", "\\\\").replace('"', '\\"')
        assert ask([{"name": text}], checked(f'IF(name = "{written}", "{written}" & name, "no")'), CONTEXT) == [text + text]


def test_grouping_by_a_formula(sqlite_engine: Engine, postgres_engine: Engine) -> None:
    """Its constants are part of the statement: PostgreSQL wouldn't know that two parameters are the same."""
    formula = checked('CASE(stage, "Won", "yes", IF(amount > 3, "big", "small"))')
    value = compile_sql(formula, {name: ROWS.c[name] for name in formula.fields}, CONTEXT, RESULTS["text"])
    for engine in (sqlite_engine, postgres_engine):
        asker(engine)(MANY, formula, CONTEXT)
        with engine.connect() as connection:
            counts = connection.execute(select(value, func.count()).select_from(ROWS).group_by(value)).all()
        assert {row[0]: row[1] for row in counts} == {"yes": 1, "big": 2, "small": 3}


def test_a_statement_is_kept_for_the_next_day(sqlite_engine: Engine, postgres_engine: Engine) -> None:
    """A cached statement asks for the new day, not the old one."""
    formula = checked("TODAY() - day")
    for engine in (sqlite_engine, postgres_engine):
        ask = asker(engine)
        for day in (1, 2, 3):
            context = replace(CONTEXT, today=date(2026, 1, day))
            assert ask([{"day": date(2025, 12, 31)}], formula, context) == [day]


def test_the_sql_of_a_usual_formula_can_be_read() -> None:
    formula = checked("IF(amount > 1000 && open, amount - quantity, 0)")
    value = compile_sql(formula, {name: ROWS.c[name] for name in formula.fields}, CONTEXT, ExactDecimal(1))
    assert str(select(value).compile(dialect=postgresql.dialect())).split("\nFROM")[0].strip() == (
        "SELECT round(CASE WHEN (coalesce(formula_rows.amount, 0.0) > 1000.0 AND coalesce(formula_rows.open, false)) "
        "THEN coalesce(formula_rows.amount, 0.0) - coalesce(formula_rows.quantity, 0.0) ELSE 0.0 END, 1) AS formula_value_1")


def test_columns_may_be_expressions(postgres_engine: Engine, sqlite_engine: Engine) -> None:
    formula = checked('name & "!"')
    for engine in (sqlite_engine, postgres_engine):
        inner = select(func.upper(literal("x", String)).label("n")).subquery()
        with engine.connect() as connection:
            assert connection.execute(select(compile_sql(formula, {"name": inner.c.n}, CONTEXT, RESULTS["text"]))).scalar() == "X!"
