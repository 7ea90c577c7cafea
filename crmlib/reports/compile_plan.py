"""The one place where a plan becomes SQL (SQLAlchemy Core). It takes a `SecuredPlan` and nothing else.

The filtered, secured join is a CTE, `report_rows`: one row per report row. Two statements ask it:

- `cells`: a UNION ALL of parts, each a GROUP BY. Aggregates that merge are asked at the finest level and rolled up by
  `assemble`; the others at every level. Where records of an aggregate's source repeat in the rows (an opportunity with
  three products), a part takes each record once per group: totals are asked of the data, never added up. It asks a join
  without the related objects that make them repeat, if these decide nothing else.
- `details`: the rows themselves, in the order they are shown in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Integer, Label, Select, cast, func, literal, null, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import any_of
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.by_figures import by_name, record_name, value_name
from crmlib.reports.report_rows import ReportRows
from crmlib.reports.secure import SecuredPlan


@dataclass(frozen=True)
class Part:
    """One SELECT of the cells statement: for which groups, which aggregates (by index), each record of which source once.

    down, across: how many of the groupings of each direction are kept; the others are totalled.
    """

    down: int
    across: int
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
    rows = ReportRows(plan, schema)
    parts = tuple(_parts(plan))
    asked = _asked(plan, rows, parts)
    columns = {column.name: column for one in asked for column in one.c}
    selects = [_part_select(plan, asked[number], columns, number, part) for number, part in enumerate(parts)]
    cells = union_all(*selects) if len(selects) > 1 else selects[0]
    limit = None if plan.is_ordered_by_figures else detail_limit  # else `assemble` orders them before it cuts
    return Statements(parts, cells, rows.details(limit) if plan.show_details else None)


def _parts(plan: SecuredPlan) -> Iterator[Part]:
    """The first part counts rows and finds every group; each further one stands for aggregates that are asked alike."""
    by_kind: dict[tuple[str | None, bool], list[int]] = {(None, True): []}
    for index, aggregate in enumerate(plan.aggregates):
        if aggregate.field is not None:
            once_per = aggregate.field.source if aggregate.repeats else None
            by_kind.setdefault((once_per, aggregate.additive), []).append(index)
    for (once_per, additive), indexes in by_kind.items():
        for down, across in [(plan.down, plan.across)] if additive else levels_of(plan):
            yield Part(down, across, tuple(indexes), once_per)


def levels_of(plan: SecuredPlan) -> list[tuple[int, int]]:
    """Every level of totals, the finest groups first, the grand total last."""
    return [(down, across) for down in range(plan.down, -1, -1) for across in range(plan.across, -1, -1)]


def _asked(plan: SecuredPlan, rows: ReportRows, parts: Sequence[Part]) -> list[FromClause]:
    """What each part is asked of: rows of its own, if records don't repeat in them, else the rows of the report."""
    own: dict[str | None, CTE | None] = {None: None}
    for part in parts:
        if part.once_per is not None and part.once_per not in own:
            counted = [one for one in plan.aggregates if one.repeats and one.field and one.field.source == part.once_per]
            own[part.once_per] = rows.of_records(part.once_per, counted)
    together = [plan.aggregates[index] for part in parts for index in part.aggregates if own[part.once_per] is None]
    shared = rows.for_cells(together)

    def asked(part: Part) -> FromClause:
        if part.once_per is None:
            return shared
        found = own[part.once_per]
        return _once_per_group(plan, shared, part) if found is None else found
    return [asked(part) for part in parts]


def _once_per_group(plan: SecuredPlan, rows: CTE, part: Part) -> FromClause:
    """Keys, record and values that this part asks for, of each record once."""
    fields = (plan.aggregates[index].field for index in part.aggregates)
    values = dict.fromkeys(value_name(plan, field) for field in fields if field is not None)
    names = (*_kept(plan, rows, part), record_name(plan, part.once_per or ""), *values)
    return select(*(rows.c[name] for name in names)).distinct().subquery()


def _kept(plan: SecuredPlan, rows: FromClause, part: Part) -> list[str]:
    """The names of the keys that this part groups by."""
    indexes = [*range(part.down), *range(plan.down, plan.down + part.across)]
    return [name for index in indexes for name in (f"key{index}", f"other{index}") if name in rows.c]


def _part_select(plan: SecuredPlan, asked: FromClause, every: Mapping[str, ColumnElement[Any]], number: int, part: Part) -> Select[Any]:
    """every: the columns of all parts by name, for their types."""
    kept, first = _kept(plan, asked, part), number == 0
    columns: list[ColumnElement[Any]] = [literal(number, Integer).label("part")]
    for name, column in every.items():
        if name.startswith(("key", "other")):
            columns.append(asked.c[name].label(name) if name in kept else _nothing(column, name))
    for name, column in every.items():
        if name.startswith(("shown", "order")):
            columns.append(any_of(asked.c[name]).label(name) if first else _nothing(column, name))
    columns.append((func.count() if first else cast(null(), Integer)).label("row_count"))
    for index, aggregate in enumerate(plan.aggregates):
        if aggregate.field is not None:
            asked_here, names = index in part.aggregates, [value_name(plan, aggregate.field)]
            if aggregate.by:
                names += [by_name(plan, aggregate), record_name(plan, aggregate.field.source)]
            values = [asked.c[name] if asked_here else every[name] for name in names]
            for place, piece in enumerate(AGGREGATES[aggregate.aggregate].sql(*values)):
                name = f"piece{index}_{place}"
                columns.append(piece.label(name) if asked_here else cast(null(), piece.type).label(name))
    query = select(*columns).select_from(asked)
    if part.once_per is not None:
        query = query.where(asked.c[record_name(plan, part.once_per)].is_not(None))
    return query.group_by(*(asked.c[key] for key in kept)) if kept else query


def _nothing(like: ColumnElement[Any], name: str) -> Label[Any]:
    """NULL of the same type: PostgreSQL wants the parts of a union to agree."""
    return cast(null(), like.type).label(name)
