"""What tests of formulas stand on: a table with a field of every type, on a database of each kind, filled with given rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Date, Engine, Integer, MetaData, Table, Text, Time, select

from crmlib.formulas.check import Checked, check
from crmlib.formulas.compile_sql import compile_sql
from crmlib.formulas.context import Context, FormulaError
from crmlib.formulas.evaluate import as_field, evaluate
from crmlib.formulas.grammar import parse
from crmlib.model.org import open_engine
from crmlib.model.types import ExactDecimal, UtcDateTime, ValueSet

TODAY = date(2026, 5, 13)
NOW = datetime(2026, 5, 13, 9, 30, 15, 250_000, UTC)
CONTEXT = Context(TODAY, NOW)

FIELDS = {
    "amount": "currency", "quantity": "number", "rate": "percent", "count": "integer", "name": "text", "note": "long_text",
    "stage": "picklist", "tags": "multi_picklist", "day": "date", "other_day": "date", "moment": "datetime", "other_moment": "datetime",
    "open": "boolean", "account": "lookup", "other_account": "lookup",
}
"""Fields of the table and their types."""

COLUMNS = {
    "currency": ExactDecimal(2), "number": ExactDecimal(4), "percent": ExactDecimal(2), "integer": BigInteger(), "text": Text(),
    "long_text": Text(), "picklist": Text(), "multi_picklist": ValueSet(), "date": Date(), "datetime": UtcDateTime(),
    "boolean": Boolean(), "lookup": Integer(),
}
RESULTS = {"number": ExactDecimal(6), "text": Text(), "picklist": Text(), "null": Text(), "date": Date(), "datetime": UtcDateTime(),
           "boolean": Boolean(), "time": Time(), "id": Integer()}
"""How a formula's value is stored, by its type: numbers with six digits after the point."""

ROWS = Table("formula_rows", MetaData(), Column("id", Integer, primary_key=True),
             *(Column(name, COLUMNS[type_]) for name, type_ in FIELDS.items()))

Ask = Callable[[Sequence[Mapping[str, Any]], Checked, Context], list[Any]]


def checked(formula: str, types: Mapping[str, str] = FIELDS) -> Checked:
    """Parsed and checked; fails the test with all problems if it has some."""
    found = check(parse(formula), types)
    found.raise_problems()
    return found


def value_of(formula: Checked, values: Mapping[str, Any], context: Context = CONTEXT) -> Any:
    """What it gives in Python; "ERROR" where it has no value. Fields that aren't given are blank."""
    try:
        return evaluate(formula, dict.fromkeys(FIELDS) | values, context)
    except FormulaError:
        return "ERROR"


def stored(value: Any, type_: str) -> Any:
    """What a column of RESULTS holds of a value: an error and a number that is too large are NULL there."""
    if value == "ERROR":
        return None
    value = as_field(value, type_, RESULTS["number"].scale)  # type: ignore[attr-defined]
    return None if isinstance(value, Decimal) and abs(value) >= 10**12 else value


@pytest.fixture(scope="package")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    yield from _engine(f"sqlite:///{tmp_path_factory.mktemp('formulas') / 'rows.sqlite'}")


@pytest.fixture(scope="package")
def postgres_engine(new_blank_postgres: Callable[[], str]) -> Iterator[Engine]:
    yield from _engine(new_blank_postgres())


def _engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
        ROWS.create(connection)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """`ask(rows, formula, context)`: what a formula gives for rows of a database, of each kind in turn."""
    engine = request.getfixturevalue({"sqlite": "sqlite_engine", "postgresql": "postgres_engine"}[request.param])
    return asker(engine)


def asker(engine: Engine) -> Ask:
    """The rows are only written when they aren't those of the question before."""
    there: list[Mapping[str, Any]] = []

    def ask(rows: Sequence[Mapping[str, Any]], formula: Checked, context: Context) -> list[Any]:
        if there != list(rows):
            with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
                connection.execute(ROWS.delete())
                connection.execute(ROWS.insert(), [{"id": number} | dict.fromkeys(FIELDS) | dict(row) for number, row in enumerate(rows)])
            there[:] = rows
        value = compile_sql(formula, {name: ROWS.c[name] for name in formula.fields}, context, RESULTS[formula.type])
        with engine.connect() as connection:
            return list(connection.execute(select(value).select_from(ROWS).order_by(ROWS.c.id)).scalars())

    return ask


def python_value(value: Any, field_type: str) -> Any:
    """A value as YAML has it, as a record has it."""
    if value is None:
        return None
    kind = {"currency": "number", "percent": "number"}.get(field_type, field_type)
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "time":
        return time.fromisoformat(value)
    if kind == "multi_picklist":
        return tuple(value)
    if kind == "number":
        return Decimal(str(value))
    return str(value) if kind in ("text", "long_text", "picklist") else value


ROOT = Path(__file__).parents[2]
