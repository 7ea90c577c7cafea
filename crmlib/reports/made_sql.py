"""Buckets and row formulas as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, case, literal, null, true

from crmlib.formulas.compile_sql import compile_sql
from crmlib.model.fields import FIELD_TYPES
from crmlib.model.sql_functions import lower_text
from crmlib.reports.operators import is_blank
from crmlib.reports.plan import PlannedBucket, PlannedFormula


def bucket_sql(bucket: PlannedBucket, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The label of the value; NULL for blank."""
    is_text = isinstance(column.type, Text)
    cases: list[tuple[ColumnElement[bool], Any]] = [(is_blank(column, "text" if is_text else ""), null())]
    for label, taken in bucket.cases:
        if not bucket.by_range:
            cases.append((lower_text(column).in_([str(value).lower() for value in taken]), literal(label, Text)))
        elif taken is None:
            cases.append((true(), literal(label, Text)))
        else:  # a day, a period or a moment is a range: up to its end
            cases.append((column < taken[1] if isinstance(taken, tuple) else column <= taken, literal(label, Text)))
    return case(*cases, else_=literal(bucket.other, Text))


def formula_sql(formula: PlannedFormula, type_name: str, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """The formula's value in each row; NULL where it has none."""
    return compile_sql(formula.checked, columns, formula.context, FIELD_TYPES[type_name].sql_type({"scale": formula.scale}), type_name)
