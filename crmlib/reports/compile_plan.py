"""The one place where a plan becomes SQL (SQLAlchemy Core). It takes a `SecuredPlan` and nothing else.

The filtered, secured join is written once, as the CTE `report_rows`: one row per report row. Two statements ask it:

- `cells`: a UNION ALL of parts, each a GROUP BY. Aggregates that merge are asked at the finest level and rolled up by
  `assemble`; the others at every level. Where records of an aggregate's source repeat in the rows (an opportunity with
  three products), a part first takes each record once per group: totals are asked of the data, never added up.
- `details`: the rows themselves, in the order they are shown in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.base import ColumnCollection
from sqlalchemy.sql.selectable import CompoundSelect

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import code_points, local_date, sort_key
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS, TEXTS
from crmlib.reports.plan import FieldRef, PlannedGrouping
from crmlib.reports.secure import SecuredPlan
from crmlib.security.sharing import row_predicate

LONGEST_ALIAS = 50
"""PostgreSQL takes the first 63 bytes of a name, so that two long ones might become one."""


@dataclass(frozen=True)
class Part:
    """One SELECT of the cells statement: at which level, for which aggregates (by index), each record of which source once."""

    level: int
    aggregates: tuple[int, ...]
    once_per: str | None = None


@dataclass(frozen=True)
class Statements:
    """What to ask the database. Rows of `cells`: part, keys, shown labels, order values, row count, pieces."""

    parts: tuple[Part, ...]
    cells: Select[Any] | CompoundSelect[Any]
    details: Select[Any] | None


def compile_plan(plan: SecuredPlan, schema: Schema, detail_limit: int | None = None) -> Statements:
    """The statements of a plan. detail_limit: how many detail rows are wanted at most; totals are of all rows anyway."""
    rows = _Rows(plan, schema)
    parts = tuple(_parts(plan))
    asked = rows.for_cells()
    selects = [_part_select(plan, asked, number, part) for number, part in enumerate(parts)]
    cells = union_all(*selects) if len(selects) > 1 else selects[0]
    return Statements(parts, cells, rows.details(detail_limit) if plan.show_details else None)


def _parts(plan: SecuredPlan) -> Iterator[Part]:
    """The first part counts rows and finds every group; each further one stands for aggregates that are asked alike."""
    finest = len(plan.groupings)
    by_kind: dict[tuple[str | None, bool], list[int]] = {(None, True): []}
    for index, aggregate in enumerate(plan.aggregates):
        if aggregate.field is not None:
            once_per = aggregate.field.source if aggregate.repeats else None
            by_kind.setdefault((once_per, aggregate.additive), []).append(index)
    for (once_per, additive), indexes in by_kind.items():
        for level in ([finest] if additive else range(finest, -1, -1)):
            yield Part(level, tuple(indexes), once_per)


def _part_select(plan: SecuredPlan, rows: CTE, number: int, part: Part) -> Select[Any]:
    keys = [f"key{index}" for index in range(len(plan.groupings))]
    kept = keys[: part.level]
    asked: FromClause = rows
    if part.once_per is not None:
        record = rows.c[_record_name(plan, part.once_per)]
        once = select(*(rows.c[key] for key in kept), record, *(rows.c[f"value{index}"] for index in part.aggregates))
        asked = once.where(record.is_not(None)).distinct().subquery()
    first = number == 0
    columns: list[ColumnElement[Any]] = [literal(number, Integer).label("part")]
    columns += [asked.c[key].label(key) if key in kept else _nothing(rows.c[key], key) for key in keys]
    for column in (column for column in rows.c if column.name.startswith(("shown", "order"))):
        columns.append(func.min(column).label(column.name) if first else _nothing(column, column.name))
    columns.append((func.count() if first else cast(null(), Integer)).label("row_count"))
    for index, aggregate in enumerate(plan.aggregates):
        if aggregate.field is not None:
            asked_here = index in part.aggregates
            for place, piece in enumerate(AGGREGATES[aggregate.aggregate].sql((asked if asked_here else rows).c[f"value{index}"])):
                name = f"piece{index}_{place}"
                columns.append(piece.label(name) if asked_here else cast(null(), piece.type).label(name))
    query = select(*columns).select_from(asked)
    return query.group_by(*(asked.c[key] for key in kept)) if kept else query


def _nothing(like: ColumnElement[Any], name: str) -> Label[Any]:
    """NULL of the same type: PostgreSQL wants the parts of a union to agree."""
    return cast(null(), like.type).label(name)


def _record_name(plan: SecuredPlan, source: str) -> str:
    return f"record{[one.path for one in plan.sources].index(source)}"


class _Rows:
    """The filtered, secured join of a plan."""

    def __init__(self, plan: SecuredPlan, schema: Schema) -> None:
        self.plan, self.schema = plan, schema
        self.aliases: dict[str, FromClause] = {}
        for source in plan.sources:
            name = (source.path.replace(".", "_") or source.object)[:LONGEST_ALIAS]
            taken = {alias.name for alias in self.aliases.values()}  # type: ignore[attr-defined]
            self.aliases[source.path] = schema.describe(source.object).table.alias(f"{name}_{len(taken)}" if name in taken else name)

    @property
    def base(self) -> FromClause:
        return self.aliases[""]

    def column(self, ref: FieldRef) -> ColumnElement[Any]:
        return self.aliases[ref.source].c[self.schema.describe(self._object(ref.source)).field(ref.name).column.name]

    def value(self, ref: FieldRef) -> ColumnElement[Any]:
        """The column to group by or aggregate: an empty text is none."""
        column = self.column(ref)
        return func.nullif(column, "", type_=column.type) if ref.family in TEXTS else column

    def _object(self, path: str) -> str:
        return next(source.object for source in self.plan.sources if source.path == path)

    def for_cells(self) -> CTE:
        """Keys with their labels and order, the values to aggregate, and the ids of sources whose records repeat."""
        chosen: list[Label[Any]] = self._group_columns()
        for index, aggregate in enumerate(self.plan.aggregates):
            if aggregate.field is not None:
                chosen.append(self.value(aggregate.field).label(f"value{index}"))
        repeating = {aggregate.field.source for aggregate in self.plan.aggregates if aggregate.field and aggregate.repeats}
        chosen += [self.aliases[source].c.id.label(_record_name(self.plan, source)) for source in sorted(repeating)]
        return self._restricted([*chosen, *self._ids()]).cte("report_rows")

    def details(self, limit: int | None) -> Select[Any]:
        """The rows as shown: ordered by groups, then as the report sorts, then by record."""
        columns = [self.column(ref).label(f"column{index}") for index, ref in enumerate(self.plan.columns)]
        rows = self._restricted([*self._group_columns(), *columns, *self._sort_columns(), *self._ids()]).cte("report_rows")
        order: list[ColumnElement[Any]] = []
        for index, grouping in enumerate(self.plan.groupings):
            for name in (f"order{index}", f"shown{index}", f"key{index}"):
                if name in rows.c:
                    values = grouping.values if name.startswith("key") else ()
                    order += _ordered(rows.c[name], values, grouping.descending, _family(grouping, name))
        order += self._sorted(rows.c)
        shown = [column for column in rows.c if column.name.startswith(("key", "column"))] + [rows.c.id0.label("id")]
        return select(*shown).order_by(*order).limit(limit)

    def _group_columns(self) -> list[Label[Any]]:
        chosen = []
        for index, grouping in enumerate(self.plan.groupings):
            chosen.append(self._key(grouping).label(f"key{index}"))
            for name, ref in (("shown", grouping.shown), ("order", grouping.order)):
                if ref is not None:
                    chosen.append(self.column(ref).label(f"{name}{index}"))
        return chosen

    def _sort_columns(self) -> list[Label[Any]]:
        return [self.column(sort.field).label(f"sort{index}") for index, sort in enumerate(self.plan.sorts)]

    def _ids(self) -> list[Label[Any]]:
        """What tells one row from another: the records of the primary and the related objects, `id0` being the primary's."""
        related = [source for source in self.plan.sources if source.kind != "lookup"]
        return [self.aliases[source.path].c.id.label(f"id{index}") for index, source in enumerate(related)]

    def _key(self, grouping: PlannedGrouping) -> ColumnElement[Any]:
        value = self.value(grouping.key)
        if not grouping.granularity:
            return value
        settings = self.plan.settings
        day = local_date(value, literal(settings.time_zone)) if grouping.key.family == "datetime" else value
        return GRANULARITIES[grouping.granularity].number_sql(day, settings)

    def _restricted(self, columns: list[Label[Any]]) -> Select[Any]:
        """The rows with these columns; only the first ones if the report has a row limit, only one group's after a drill-down."""
        query = self._joined(columns)
        if self.plan.report.row_limit:
            missing = [column for column in self._sort_columns() if column.name not in {chosen.name for chosen in columns}]
            limited = self._joined([*columns, *missing])
            ordered = limited.order_by(*self._sorted(limited.selected_columns)).limit(self.plan.report.row_limit).subquery("first_rows")
            query = select(*(ordered.c[column.name] for column in columns))
        if self.plan.within:
            inner = query.subquery("all_rows")
            group = (inner.c[f"key{index}"].is_not_distinct_from(value) for index, value in enumerate(self.plan.within))
            query = select(inner).where(*group)
        return query

    def _sorted(self, columns: ColumnCollection[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        order: list[ColumnElement[Any]] = []
        for index, sort in enumerate(self.plan.sorts):
            order += _ordered(columns[f"sort{index}"], sort.values, sort.descending, sort.field.family)
        return order + [column.asc().nulls_first() for column in columns if column.name.startswith("id")]

    def _joined(self, columns: list[Label[Any]]) -> Select[Any]:
        plan = self.plan
        joined: FromClause = self.base
        for source in plan.sources:
            if source.kind == "primary" or not self._is_used(source.path):
                continue
            child, parent = self.aliases[source.path], self.aliases[source.parent]
            if source.kind == "lookup":
                lookup = self.schema.describe(self._object(source.parent)).field(source.via).column.name
                link = parent.c[lookup] == child.c.id
            else:
                link = child.c[self.schema.describe(source.object).field(source.via).column.name] == parent.c.id
            joined = joined.join(child, and_(link, self._visible(source.path)), isouter=not source.required)
        filters = (OPERATORS[one.operator].sql(self.column(one.field), one.values, one.field.family) for one in plan.filters)
        return select(*columns).select_from(joined).where(self._visible(""), *filters)

    def _visible(self, path: str) -> ColumnElement[bool]:
        """Not deleted, and visible to the running user: in WHERE for the primary object, in ON for the others."""
        alias = self.aliases[path]
        rule = row_predicate(self.plan.rules[path], alias, self.schema)
        return and_(alias.c.deleted_at.is_(None), true() if rule is None else rule)

    def _is_used(self, path: str) -> bool:
        """Related objects always decide which rows there are; a lookup only matters to what is read through it."""
        plan = self.plan
        if any(source.path == path and source.kind == "child" for source in plan.sources):
            return True
        refs: list[FieldRef | None] = [*plan.columns, *(one.field for one in plan.aggregates), *(one.field for one in plan.filters),
                                       *(one.field for one in plan.sorts)]
        for grouping in plan.groupings:
            refs += [grouping.key, grouping.shown, grouping.order]
        return any(ref is not None and (ref.source == path or ref.source.startswith(f"{path}.")) for ref in refs)


def _family(grouping: PlannedGrouping, name: str) -> str:
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
