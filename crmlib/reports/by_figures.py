"""Leaves out rows by the figures of their groups: conditions on aggregates, and all but the top groups.

Each step puts a group's figure beside its rows with a window function, so that no row is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select

from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.plan import FieldRef, PlannedAggregate, PlannedHaving
from crmlib.reports.secure import SecuredPlan


def record_name(plan: SecuredPlan, source: str) -> str:
    """What the id of a source's record is called in the rows."""
    return f"record{[one.path for one in plan.sources].index(source)}"


def value_name(plan: SecuredPlan, field: FieldRef) -> str:
    """What the values of a field that is aggregated, perhaps in several ways, are called in the rows."""
    return f"value{next(index for index, one in enumerate(plan.aggregates) if one.field == field)}"


def by_name(plan: SecuredPlan, aggregate: PlannedAggregate) -> str:
    """What the field that says which value is the first or last one is called in the rows."""
    return f"by{plan.aggregates.index(aggregate)}"


def by_figures(query: Select[Any], plan: SecuredPlan) -> Select[Any]:
    """The rows whose groups meet the conditions; groups beyond the top ones get key NULL and `other<index>` 1."""
    for number, having in enumerate(plan.having):
        rows = with_figure(query.subquery(f"rows_having{number}"), plan, having.aggregate, range(plan.down))
        query = select(*_but_figure(rows)).where(is_met(having, rows.c.figure))
    for index, grouping in enumerate(plan.groupings):
        if grouping.top is not None:
            around = range(0 if index < plan.down else plan.down, index)
            aggregate = next(one for one in plan.aggregates if one.name == grouping.order_by)
            rows = with_figure(query.subquery(f"rows_top{index}"), plan, aggregate, [*around, index])
            ordered = rows.c.figure.desc().nulls_last() if grouping.descending else rows.c.figure.asc().nulls_first()
            groups = _keys(rows, plan, around)
            place = func.dense_rank().over(partition_by=groups or None, order_by=[ordered, rows.c[f"key{index}"].asc().nulls_first()])
            ranked = select(*_but_figure(rows), place.label("place")).subquery(f"ranked{index}")
            is_other, key = ranked.c.place > grouping.top, ranked.c[f"key{index}"]
            kept = [column for column in ranked.c if column.name not in ("place", key.name)]
            query = select(*kept, case((~is_other, key)).label(key.name), case((is_other, 1), else_=0).label(f"other{index}"))
    return query


def _but_figure(rows: Subquery) -> list[ColumnElement[Any]]:
    return [column for column in rows.c if column.name != "figure"]


def with_figure(rows: Subquery, plan: SecuredPlan, aggregate: PlannedAggregate, groupings: Iterable[int]) -> Subquery:
    """The rows, each with the `figure` of the group that it stands in."""
    def with_column(rows: Subquery, figure: ColumnElement[Any]) -> Subquery:
        return select(*(column for column in rows.c if column.name != "nth"), figure.label("figure")).subquery(f"{rows.name}_figure")

    groupings = list(groupings)
    keys = _keys(rows, plan, groupings)
    if aggregate.field is None:
        return with_column(rows, func.count().over(partition_by=keys or None))
    window = AGGREGATES[aggregate.aggregate].window
    assert window is not None
    name = value_name(plan, aggregate.field)
    once = rows.c[record_name(plan, aggregate.field.source)] if aggregate.repeats else rows.c[name]
    if not aggregate.repeats and aggregate.aggregate != "unique":
        return with_column(rows, window(rows.c[name], keys))
    # Of a record, or of a value, that stands in several rows of a group, only the first row counts.
    nth = func.row_number().over(partition_by=[*keys, once], order_by=once)
    numbered = select(rows, nth.label("nth")).subquery(f"{rows.name}_numbered")
    counts = and_(numbered.c.nth == 1, numbered.c[once.name].is_not(None))
    return with_column(numbered, window(case((counts, numbered.c[name])), _keys(numbered, plan, groupings)))


def _keys(rows: Subquery, plan: SecuredPlan, groupings: Iterable[int]) -> list[ColumnElement[Any]]:
    names = [name for index in groupings for name in (f"key{index}", f"other{index}") if name in rows.c]
    return [rows.c[name] for name in names]


def is_met(having: PlannedHaving, figure: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a group's figure meets the condition."""
    field = having.aggregate.field
    counts = field is None or AGGREGATES[having.aggregate.aggregate].result_type == "integer"
    return OPERATORS[having.operator].sql(figure, having.values, "number" if counts or field is None else field.family)
