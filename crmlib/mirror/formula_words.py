"""Formulas in DuckDB. Its decimals have at most 38 digits and its quotients none, so it may only calculate what cannot differ.

A formula that compares, chooses, adds, subtracts, multiplies, counts days, and looks into or joins texts is written as SQL
(`is_plain`). Any other is evaluated by the same Python function as on SQLite, row by row.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Case,
    Cast,
    ColumnClause,
    Date,
    Extract,
    Integer,
    Label,
    Null,
    Numeric,
    Text,
    TypeCoerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import AsBoolean, BinaryExpression, ClauseList, ExpressionClauseList, False_, Grouping, True_, UnaryExpression
from sqlalchemy.sql.functions import Function
from sqlalchemy.sql.visitors import iterate

from crmlib.formulas.compile_sql import FormulaValue
from crmlib.formulas.sql_dates import DayInZone
from crmlib.formulas.sqlite import crm_formula, storage_of
from crmlib.model.sql_functions import local_date

PLAIN = (AsBoolean, BindParameter, Case, ColumnClause, ClauseList, False_, Grouping, Label, Null, True_, TypeCoerce, DayInZone,
         FormulaValue)
COMPARISONS = {operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge, operators.is_, operators.is_not,
               operators.and_, operators.or_, operators.between_op, operators.not_between_op}
ARITHMETIC = {operators.add, operators.sub, operators.mul}
FLOAT = re.compile(r"\(?-?[\d.]+[eE]")
LONG = re.compile(r"\(?-?[\d.]{30}")
LARGE = re.compile(r"\(?-?\d+[eE]\+?[12]?\d\)?")
"""1e12, which the dialect writes with all its zeros; not 1e64, which no decimal holds."""
FUNCTIONS = {"abs", "char_length", "coalesce", "concat", "greatest", "least", "left", "make_date", "nullif", "right", "round",
             "starts_with", "strpos", "timezone", "trunc"}


@compiles(FormulaValue, "duckdb")
def _formula(element: FormulaValue, compiler: SQLCompiler, **kw: Any) -> str:
    call, elsewhere = element.clauses.clauses
    if all(is_plain(part) for part in iterate(elsewhere)):
        return str(compiler.process(elsewhere, **kw))
    recipe, *columns = call.clauses
    stored = ", ".join(_stored(column.type, compiler.process(column, **kw)) for column in columns)
    return _value(element.type, f"crm_formula({compiler.process(recipe, **kw)}, [{stored}]::VARCHAR[])")


@compiles(DayInZone, "duckdb")
def _day_in_zone(element: DayInZone, compiler: SQLCompiler, **kw: Any) -> str:
    _, moment, zone = element.clauses
    return str(compiler.process(local_date(moment, zone), **kw))


def is_plain(part: Any) -> bool:
    """Whether this part of an expression means the same in DuckDB as in PostgreSQL."""
    if isinstance(part, BinaryExpression):
        return part.operator in COMPARISONS or part.operator in ARITHMETIC
    if isinstance(part, ExpressionClauseList):
        return part.operator in (operators.and_, operators.or_, operators.comma_op, *ARITHMETIC)
    if isinstance(part, Extract):
        return part.field in ("year", "month", "day") and isinstance(part.expr.type, Date)
    if isinstance(part, UnaryExpression) and not isinstance(part, AsBoolean):
        return part.operator in (operators.inv, operators.neg, operators.exists) or part.operator is None
    if isinstance(part, Cast):
        if isinstance(part.type, Text):
            return isinstance(part.clause, BindParameter | Null)
        if isinstance(part.type, Numeric):
            return isinstance(part.clause, Null) or isinstance(part.clause.type, Integer | Numeric)
        return isinstance(part.type, Date | Boolean | Integer)
    if isinstance(part, Function):
        return part.name in FUNCTIONS and (part.name != "round" or isinstance(part.clauses.clauses[1], ColumnClause))
    if isinstance(part, ColumnClause) and part.is_literal:
        return LARGE.fullmatch(part.name) is not None or not (FLOAT.match(part.name) or LONG.match(part.name))
    return isinstance(part, PLAIN)


def run_formula(recipe: str, stored: list[str | None]) -> str | None:
    """`crm_formula` for DuckDB, whose functions take and give one type only: texts of what SQLite would store."""
    return _run_formula(recipe, tuple(stored))


@lru_cache(maxsize=50_000)
def _run_formula(recipe: str, stored: tuple[str | None, ...]) -> str | None:
    found = crm_formula(recipe, *stored)
    return None if found is None else str(found)


def _stored(type_: Any, sql: str) -> str:
    """A column as the text of what SQLite stores; of yes or no an empty one for no."""
    kind, _, scale = storage_of(type_).partition(":")
    if kind == "decimal":
        return f"CAST(CAST({sql} * {10 ** int(scale)} AS BIGINT) AS VARCHAR)"
    if kind == "boolean":
        return f"CASE WHEN {sql} THEN '1' WHEN NOT {sql} THEN '' END"
    return sql if kind == "text" else f"CAST({sql} AS VARCHAR)"


def _value(type_: Any, sql: str) -> str:
    """The text of what SQLite would store as a value of this type."""
    kind, _, scale = storage_of(type_).partition(":")
    if kind == "decimal":
        return exact_decimal(f"CAST({sql} AS BIGINT)", int(scale))
    names = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "boolean": "BOOLEAN", "time": "TIME"}
    return f"CAST({sql} AS {names[kind]})" if kind in names else sql


def exact_decimal(units: str, scale: int) -> str:
    """A decimal of the number of its smallest units."""
    if scale == 0:
        return f"CAST({units} AS DECIMAL(18,0))"
    unit = f"CAST(1e-{scale} AS DECIMAL({scale + 1},{scale}))"
    return f"CAST(CAST({units} AS DECIMAL(18,0)) * {unit} AS DECIMAL(18,{scale}))"
