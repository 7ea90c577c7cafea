"""The rows of a report as one SELECT: its columns over the filtered, secured join, cut by row limit and drill-down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Label, Select, Subquery, and_, case, func, select
from sqlalchemy.sql.base import ColumnCollection

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import code_points, sort_key
from crmlib.reports.by_figures import by_figures, by_name, record_name, value_name
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.join import Join
from crmlib.reports.operators import TEXTS
from crmlib.reports.plan import FieldRef, PlannedAggregate, PlannedGrouping
from crmlib.reports.report_types import ReportSource, decided_by
from crmlib.reports.result import OTHER
from crmlib.reports.secure import SecuredPlan


class ReportRows:
    """The rows of a secured plan, to be grouped or shown."""

    def __init__(self, plan: SecuredPlan, schema: Schema) -> None:
        self.plan = plan
        self.join = Join(plan, schema, plan.sources)
        self.column, self.base = self.join.column, self.join.aliases[""]

    def value(self, ref: FieldRef) -> ColumnElement[Any]:
        """The column to group by or aggregate: an empty text is none."""
        column = self.column(ref)
        return func.nullif(column, "", type_=column.type) if ref.family in TEXTS else column

    def for_cells(self, aggregates: Sequence[PlannedAggregate]) -> CTE:
        """Keys with their labels and order, the values to aggregate, and the ids of sources whose records repeat."""
        return self._restricted([*self._group_columns(), *self._figure_columns(aggregates), *self._ids()]).cte("report_rows")

    def of_records(self, source: str, aggregates: Sequence[PlannedAggregate]) -> CTE | None:
        """Keys and values of this source's records, each in one row only; None where they repeat.

        Related objects that only make records repeat are left out, and then nothing repeats any more.
        """
        plan = self.plan
        if plan.report.row_limit or plan.asks_figures:
            return None
        keys = [self._key(grouping).label(f"key{index}") for index, grouping in enumerate(plan.groupings)]
        columns = [*keys, *self._figure_columns(aggregates)]
        needed = {"", *self.join.needed(columns, plan.conditions, every_row=False)}
        decided = decided_by(source, {one.path: one for one in plan.sources})
        if any(one.path in needed - decided for one in self._row_sources()):
            return None
        return self._restricted(columns, every_row=False).cte(f"rows_of_{record_name(plan, source)}")

    def details(self, limit: int | None) -> Select[Any]:
        """The rows as shown: ordered by groups, then as the report sorts, then by record."""
        columns = [self.column(ref).label(f"column{index}") for index, ref in enumerate(self.plan.columns)]
        rows = self._restricted([*self._group_columns(), *columns, *self._sort_columns(), *self._ids()]).cte("report_rows")
        order: list[ColumnElement[Any]] = []
        for index, grouping in enumerate(self.plan.groupings):
            for name in (f"other{index}", f"order{index}", f"shown{index}", f"key{index}"):
                if name in rows.c:
                    values = grouping.values if name.startswith("key") else ()
                    order += _ordered(rows.c[name], values, grouping.descending, _family(grouping, name))
        order += self._sorted(rows.c)
        shown = [column for column in rows.c if column.name.startswith(("key", "other", "column"))] + [rows.c.id0.label("id")]
        return select(*shown).order_by(*order).limit(limit)

    def of_source(self, source: str, aggregates: Sequence[PlannedAggregate] = ()) -> Select[Any]:
        """The rows with their groups and the id of this source's record, called `asked`; and what these aggregates are made of."""
        asked = self.join.aliases[source].c.id.label("asked")
        return self._restricted([*self._group_columns(), *self._figure_columns(aggregates), *self._ids(), asked])

    def places(self, source: str) -> Subquery:
        """The rows that a row limit counts: the id of this source's record, `asked`, and the `place` of each, from 1."""
        asked = self.join.aliases[source].c.id.label("asked")
        rows = self._joined([*self._sort_columns(), *self._ids(), asked]).subquery("rows_to_count")
        return select(rows.c.asked, func.row_number().over(order_by=self._sorted(rows.c)).label("place")).subquery("places")

    def _group_columns(self) -> list[Label[Any]]:
        chosen = []
        for index, grouping in enumerate(self.plan.groupings):
            chosen.append(self._key(grouping).label(f"key{index}"))
            for name, ref in (("shown", grouping.shown), ("order", grouping.order)):
                if ref is not None:
                    chosen.append(self.column(ref).label(f"{name}{index}"))
        return chosen

    def _figure_columns(self, aggregates: Sequence[PlannedAggregate]) -> list[Label[Any]]:
        """What these aggregates are made of."""
        fields = dict.fromkeys(one.field for one in aggregates if one.field is not None)
        values = [self.value(field).label(value_name(self.plan, field)) for field in fields]
        values += [self.value(one.by).label(by_name(self.plan, one)) for one in aggregates if one.by]
        repeating = {one.field.source for one in aggregates if one.field and (one.repeats or one.by)}
        return values + [self.join.aliases[source].c.id.label(record_name(self.plan, source)) for source in sorted(repeating)]

    def _sort_columns(self) -> list[Label[Any]]:
        return [self.column(sort.field).label(f"sort{index}") for index, sort in enumerate(self.plan.sorts)]

    def _ids(self) -> list[Label[Any]]:
        """What tells one row from another: the records of the primary and the related objects, `id0` being the primary's."""
        return [self.join.aliases[source.path].c.id.label(f"id{index}") for index, source in enumerate(self._row_sources())]

    def _row_sources(self) -> list[ReportSource]:
        """The primary and the related objects."""
        return [source for source in self.plan.sources if source.kind != "lookup"]

    def _key(self, grouping: PlannedGrouping) -> ColumnElement[Any]:
        value = self.value(grouping.key)
        if not grouping.granularity:
            return value
        return GRANULARITIES[grouping.granularity].number_sql(value, grouping.key.family, self.plan.settings)

    def _restricted(self, columns: list[Label[Any]], every_row: bool = True) -> Select[Any]:
        """The rows with these columns, after row limit, figures and drill-down have left out what they leave out."""
        plan = self.plan
        helpers = self._sort_columns() if plan.report.row_limit else []
        helpers += self._figure_columns(plan.aggregates) if plan.asks_figures else []
        wanted = {column.name: column for column in (*columns, *helpers)}
        chosen = list(wanted.values())
        query = self._first_rows(chosen) if plan.report.row_limit else self._joined(chosen, every_row)
        if plan.asks_figures:
            query = by_figures(query, plan)
        rows = query.subquery("all_rows") if plan.report.row_limit or plan.asks_figures or plan.within else None
        if rows is None:
            return query
        kept = [column for column in rows.c if column.name in {one.name for one in columns} or column.name.startswith("other")]
        return select(*kept).where(*(self._is_within(rows, index, value) for index, value in plan.within))

    def _first_rows(self, columns: list[Label[Any]]) -> Select[Any]:
        """The rows that the row limit leaves. Where there is one per record, these are chosen before more is read of them."""
        one_per_record = len(self._row_sources()) == 1
        rows = self._joined([*self._sort_columns(), *self._ids()] if one_per_record else columns)
        first = rows.order_by(*self._sorted(rows.selected_columns)).limit(self.plan.report.row_limit).subquery("first_rows")
        if not one_per_record:
            return select(first)
        chosen = first.join(self.base, self.base.c.id == first.c.id0)
        return select(*columns).select_from(self.join.tables(self.join.needed(columns, ()), chosen))

    def _is_within(self, rows: Subquery, index: int, value: Any) -> ColumnElement[bool]:
        """Whether a row stands in the group of this value."""
        other = rows.c.get(f"other{index}")
        if other is None:
            return rows.c[f"key{index}"].is_not_distinct_from(value)
        return other == 1 if value is OTHER else and_(other == 0, rows.c[f"key{index}"].is_not_distinct_from(value))

    def _sorted(self, columns: ColumnCollection[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        order: list[ColumnElement[Any]] = []
        for index, sort in enumerate(self.plan.sorts):
            order += _ordered(columns[f"sort{index}"], sort.values, sort.descending, sort.field.family)
        return order + [column.asc().nulls_first() for column in columns if column.name.startswith("id")]

    def _joined(self, columns: list[Label[Any]], every_row: bool = True) -> Select[Any]:
        plan = self.plan
        tables = self.join.tables(self.join.needed(columns, plan.conditions, every_row))
        return select(*columns).select_from(tables).where(self.join.condition(plan.conditions, plan.whole_logic), self.join.scope())


def _family(grouping: PlannedGrouping, name: str) -> str:
    if name.startswith("other"):
        return "number"
    ref = grouping.order if name.startswith("order") else grouping.shown if name.startswith("shown") else grouping.key
    assert ref is not None
    return "number" if name.startswith("key") and grouping.granularity else ref.family


def _ordered(column: ColumnElement[Any], values: tuple[str, ...], descending: bool, family: str) -> list[ColumnElement[Any]]:
    """Blank first, picklists in their own order, text as people sort it; all turned round when descending."""
    order: list[ColumnElement[Any]] = []
    if values:
        place = {value: index for index, value in enumerate(values)}
        order.append(case(place, value=column, else_=case((column.is_not(None), len(values)))))
    if family in TEXTS:
        order.append(sort_key(column))
    order.append(code_points(column) if family in (*TEXTS, "multi_picklist") else column)
    return [one.desc().nulls_last() if descending else one.asc().nulls_first() for one in order]
