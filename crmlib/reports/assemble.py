"""Rows become a result: cells by key, groups in order, details below them. Plain Python over what the database gave."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from itertools import repeat
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Row

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import text_sort_key
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.compile_plan import Part, Statements
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.plan import FieldRef, PlannedAggregate, PlannedGrouping
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn, walk
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.show_as import SHOW_AS, CellKey, Neighbours

T = TypeVar("T")

BLANK = "(blank)"
FRACTIONS = ("average", "median", "standard_deviation")
"""Aggregates that have digits after the point even of whole numbers."""

MOST_PERIODS = 5000
"""More than so many groups are not made of a grouping that shows its empty periods: 13 years of days."""


def assemble(plan: SecuredPlan, statements: Statements, cell_rows: Sequence[Row[Any]], detail_rows: Sequence[Row[Any]],
             schema: Schema, run_at: datetime, detail_limit: int | None = None) -> ReportResult:
    """The result of a secured plan. run_at: the moment the data was read."""
    assert plan.access is not None
    cells = _Cells(plan, statements, cell_rows)
    groups, groups_across = cells.groups(0), cells.groups(plan.down)
    figures = cells.shown_figures(groups, groups_across)
    names = _Names(detail_rows)
    down, across, values = names.key(range(plan.down)), names.key(range(plan.down, len(plan.groupings))), names.values("column")
    details = [DetailRow(down(row), row.id, values(row), across(row)) for row in detail_rows]
    if plan.is_ordered_by_figures:
        place = {group.key: number for number, group in enumerate(walk(groups))}
        details = sorted(details, key=lambda row: place[row.key])[:detail_limit]
    groupings = tuple(ResultColumn(grouping.key.path, grouping.label, (grouping.shown or grouping.key).type, grouping.key.scale,
                                   grouping.granularity) for grouping in plan.groupings)
    return ReportResult(
        label=plan.report.label, description=plan.report.description, report_type=plan.report_type, format=plan.report.format,
        columns=tuple(_column(ref) for ref in plan.columns),
        groupings=groupings[:plan.down], across=groupings[plan.down:],
        aggregates=tuple(_shown_column(aggregate) for aggregate in plan.aggregates),
        groups=groups, groups_across=groups_across, cells=figures, details=tuple(details), row_count=cells.row_counts[(), ()],
        show_details=plan.show_details,
        primary_object=plan.sources[0].object, settings=plan.settings, user=plan.access.name, run_at=run_at,
        filters=tuple(condition.text for condition in (*plan.conditions, *plan.having)), withheld=plan.withheld,
        notes=(*_notes(plan, schema), *cells.notes), chart=plan.report.chart, conditional_formats=plan.report.conditional_formats)


def _column(ref: FieldRef) -> ResultColumn:
    return ResultColumn(ref.path, ref.label, ref.type, ref.scale)


def _aggregate_column(aggregate: PlannedAggregate) -> ResultColumn:
    if aggregate.field is None:
        return ResultColumn(aggregate.name, aggregate.label, "integer", 0)
    row = AGGREGATES[aggregate.aggregate]
    kind = row.result_type or aggregate.field.type
    if kind == "integer" and row.name in FRACTIONS:
        kind = "number"
    return ResultColumn(aggregate.name, aggregate.label, kind, 0 if kind == "integer" else aggregate.field.scale)


def _shown_column(aggregate: PlannedAggregate) -> ResultColumn:
    """As `_aggregate_column`, of what is shown of the figure."""
    column = _aggregate_column(aggregate)
    kind = SHOW_AS[aggregate.show_as].result_type if aggregate.show_as else None
    return column if kind is None else replace(column, type=kind, scale=0 if kind == "integer" else 2)


def _notes(plan: SecuredPlan, schema: Schema) -> Iterator[str]:
    """Why a total may differ from the sum of its rows."""
    for aggregate in plan.aggregates:
        if not plan.groupings or aggregate.additive or aggregate.field is None:
            continue
        if aggregate.aggregate == "unique":
            yield f"{aggregate.label}: a value that occurs in several groups counts once in each and once in the total."
        elif aggregate.repeats:
            source = next(source for source in plan.sources if source.path == aggregate.field.source)
            label = schema.describe(source.object).label
            yield (f"{aggregate.label}: a record of {label} that stands in several groups counts once in each and once in the total, "
                   "so a total can be less than the sum of its groups.")


class _Names:
    """Where each column stands in the rows of a statement."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self.at = {name: index for index, name in enumerate(rows[0]._fields)} if rows else {}

    def key(self, groupings: Iterable[int]) -> Callable[[Row[Any]], Key]:
        """What gives the values of these groupings in a row."""
        keys = [(self.at.get(f"key{index}", 0), self.at.get(f"other{index}")) for index in groupings]
        if all(other is None for _, other in keys):
            return _values_at([key for key, _ in keys])
        return lambda row: tuple(OTHER if other is not None and row[other] == 1 else row[key] for key, other in keys)

    def values(self, prefix: str) -> Callable[[Row[Any]], tuple[Any, ...]]:
        return _values_at([index for name, index in self.at.items() if name.startswith(prefix)])


def _values_at(places: Sequence[int]) -> Callable[[Row[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[place] for place in places)


class _Cells:
    """Pieces of every aggregate by key, rolled up where they may be."""

    def __init__(self, plan: SecuredPlan, statements: Statements, rows: Sequence[Row[Any]]) -> None:
        self.plan = plan
        self.row_counts: dict[CellKey, int] = {((), ()): 0}
        self.shown: dict[tuple[int, Any], Any] = {}
        self.order: dict[tuple[int, Any], Any] = {}
        self.columns = [_aggregate_column(aggregate) for aggregate in plan.aggregates]
        self.empty: list[CellKey] = []
        self.notes: dict[str, None] = {}  # each once, in their order
        self.pieces: list[dict[CellKey, tuple[Any, ...]]] = [{} for _ in plan.aggregates]
        self.labels: dict[tuple[int, Any], str] = {}
        self.sort_value = cache(self._sort_value)  # each value's once, however many groups it stands in
        self.names = _Names(rows)
        by_part: dict[int, list[Row[Any]]] = {}
        for row in rows:
            by_part.setdefault(row[0], []).append(row)
        for number, part in enumerate(statements.parts):
            self._take(number, part, by_part.get(number, []))

    def _take(self, number: int, part: Part, rows: list[Row[Any]]) -> None:
        """The rows of one part of the statement."""
        down, across = self.names.key(range(part.down)), self.names.key(range(self.plan.down, self.plan.down + part.across))
        keys = [(down(row), across(row)) for row in rows]
        if number == 0:
            self._take_groups(keys, rows)
        for index in part.aggregates:
            planned = self.plan.aggregates[index]
            aggregate = AGGREGATES[planned.aggregate]
            first = self.names.at.get(f"piece{index}_0", 0)
            pieces = dict(zip(keys, map(_values_at(range(first, first + aggregate.pieces)), rows), strict=True))
            if planned.additive and aggregate.merge is not None:
                pieces = _with_totals(pieces, aggregate.merge, self.plan.down, self.plan.across)
            self.pieces[index].update(pieces)

    def _take_groups(self, keys: list[CellKey], rows: list[Row[Any]]) -> None:
        """Which groups there are, how many rows each has, and what else is known of their values."""
        counts = {key: row.row_count for key, row in zip(keys, rows, strict=True) if row.row_count}  # no rows at all: the total of nothing
        self.row_counts.update(_with_totals(counts, operator.add, self.plan.down, self.plan.across))
        for index in range(len(self.plan.groupings)):
            for name, known in (("shown", self.shown), ("order", self.order)):
                place = self.names.at.get(f"{name}{index}")
                if place is not None:
                    value = self.names.key([index])
                    known.update({(index, *value(row)): row[place] for row in rows})

    @cached_property
    def figures(self) -> dict[CellKey, tuple[Any, ...]]:
        """One value per aggregate, for every cell and total."""
        return self.figures_of(self.row_counts)

    def figures_of(self, keys: Collection[CellKey]) -> dict[CellKey, tuple[Any, ...]]:
        """One value per aggregate; of a cell without rows, what the aggregate makes of nothing."""
        columns = [list(self._figures(index, keys, column)) for index, column in enumerate(self.columns)]
        return dict(zip(keys, zip(*columns, strict=True) if columns else repeat(()), strict=False))

    def shown_figures(self, groups: tuple[Group, ...], groups_across: tuple[Group, ...]) -> dict[CellKey, tuple[Any, ...]]:
        """The figures, those of empty groups too, as each aggregate wants them shown."""
        figures = self.figures | self.figures_of(self.empty)
        changed = {index: one for index, one in enumerate(self.plan.aggregates) if one.show_as}
        if not changed:
            return figures
        siblings = {group.key: [one.key for one in level] for level in _levels(groups) for group in level}
        across = [(), *(group.key for group in walk(groups_across))]
        for index, aggregate in changed.items():
            raw = {key: values[index] for key, values in figures.items()}
            for down in [(), *siblings]:
                beside = siblings.get(down, [()])
                for key in ((down, one) for one in across if (down, one) in figures):
                    value = SHOW_AS[aggregate.show_as or ""].figure(Neighbours(key, raw, beside, beside.index(down)))
                    figures[key] = (*figures[key][:index], value, *figures[key][index + 1:])
        return figures

    def _figures(self, index: int, keys: Iterable[CellKey], column: ResultColumn) -> Iterator[Any]:
        """One aggregate of these cells."""
        planned = self.plan.aggregates[index]
        if planned.field is None:
            yield from (self.row_counts.get(key, 0) for key in keys)
            return
        aggregate, found, scale = AGGREGATES[planned.aggregate], self.pieces[index], planned.field.scale
        nothing, unit = (None,) * aggregate.pieces, Decimal(1).scaleb(-column.scale)
        for key in keys:
            value = aggregate.finish(found.get(key, nothing), scale)
            if value is not None and column.type not in ("date", "datetime"):
                value = int(value) if column.type == "integer" else Decimal(value).quantize(unit, ROUND_HALF_UP)
            yield value

    def groups(self, first: int) -> tuple[Group, ...]:
        """The groups of one direction as a tree, each level in its order. first: the index of its outermost grouping."""
        down = first == 0
        below: dict[Key, list[Key]] = {}
        for key_down, key_across in self.row_counts:
            key, other = (key_down, key_across) if down else (key_across, key_down)
            if key and not other:
                below.setdefault(key[:-1], []).append(key)
        last = self.plan.down if down else len(self.plan.groupings)
        return self._groups((), below, first, last)

    def _groups(self, parent: Key, below: dict[Key, list[Key]], index: int, last: int) -> tuple[Group, ...]:
        if index == last or not (parent in below or parent == ()):
            return ()
        grouping = self.plan.groupings[index]
        keys = list(self._with_empty(parent, below.get(parent, []), grouping, index < self.plan.down))
        # Groups of equal figures stand in the order of their labels, whichever way the figures go.
        keys.sort(key=self.sort_value(index), reverse=grouping.descending and grouping.order_by is None)
        if grouping.order_by is not None:
            keys.sort(key=self._figure_of(grouping.order_by, down=index < self.plan.down), reverse=grouping.descending)
            keys.sort(key=lambda key: key[-1] is OTHER)
        return tuple(Group(key, self._label(index, key[-1]), self._rows_of(key, index), self._groups(key, below, index + 1, last))
                     for key in keys)

    def _with_empty(self, parent: Key, keys: list[Key], grouping: PlannedGrouping, down: bool) -> Iterator[Key]:
        """The groups there are and, if wanted, the periods between them or the other values of the picklist."""
        yield from keys
        if not grouping.show_empty or not keys:
            return
        there = {key[-1] for key in keys}
        numbers = [value for value in there if value is not None] if grouping.granularity else []
        wanted = range(min(numbers), max(numbers) + 1) if numbers else grouping.values
        if len(wanted) > MOST_PERIODS:  # a year 2206 where 2026 was meant would make a page of 65,000 days
            note = f"{grouping.label}: periods without records are not shown; from the first to the last there are {len(wanted):,}."
            self.notes[note] = None
            return
        for key in ((*parent, value) for value in wanted if value not in there):
            self.empty.append((key, ()) if down else ((), key))
            yield key

    def _rows_of(self, key: Key, index: int) -> int:
        return self.row_counts.get((key, ()) if index < self.plan.down else ((), key), 0)

    def _figure_of(self, name: str, down: bool) -> Callable[[Key], tuple[Any, ...]]:
        names = [aggregate.name for aggregate in self.plan.aggregates]
        return lambda key: _comparable(self.figures.get((key, ()) if down else ((), key), (None,) * len(names))[names.index(name)])

    def _sort_value(self, index: int) -> Callable[[Key], tuple[Any, ...]]:
        """As `compile_plan` orders details: blank first, picklists in their own order, text by its sort key."""
        grouping = self.plan.groupings[index]
        place = {value: number for number, value in enumerate(grouping.values)}

        @cache
        def of(value: Any) -> tuple[Any, ...]:
            values = [self.order.get((index, value)), self.shown.get((index, value)), value]
            listed = (None if value is None else place.get(value, len(place)),) if place else ()
            return tuple(_comparable(one) for one in (*listed, *values))
        return lambda key: of(key[-1])

    def _label(self, index: int, value: Any) -> str:
        if (index, value) not in self.labels:
            self.labels[index, value] = group_label(self.plan.groupings[index], value, self.shown.get((index, value)), self.plan)
        return self.labels[index, value]


def _levels(groups: tuple[Group, ...]) -> Iterator[tuple[Group, ...]]:
    """The groups of each parent."""
    yield groups
    for group in groups:
        if group.groups:
            yield from _levels(group.groups)


def _with_totals(finest: dict[CellKey, T], merge: Callable[[T, T], T], down: int, across: int) -> dict[CellKey, T]:
    """The finest cells and every total they are part of: each level is made of the next finer one."""
    found, level = dict(finest), finest
    for kept_down in range(down, -1, -1):
        if kept_down < down:
            level = _merged(level, lambda key: (key[0][:-1], key[1]), merge)
            found |= level
        totals = level
        for _ in range(across):
            totals = _merged(totals, lambda key: (key[0], key[1][:-1]), merge)
            found |= totals
    return found


def _merged(cells: dict[CellKey, T], around: Callable[[CellKey], CellKey], merge: Callable[[T, T], T]) -> dict[CellKey, T]:
    """The next coarser level."""
    found: dict[CellKey, T] = {}
    for key, value in cells.items():
        total = around(key)
        found[total] = merge(found[total], value) if total in found else value
    return found


def _comparable(value: Any) -> tuple[Any, ...]:
    """None before everything; text by its sort key, then by itself."""
    if value is None or value is OTHER:
        return (0,)
    return (1, text_sort_key(value), value) if isinstance(value, str) else (1, value)


def group_label(grouping: PlannedGrouping, value: Any, shown: Any, plan: SecuredPlan) -> str:
    """What a person reads at the head of a group."""
    if value is OTHER:
        return str(OTHER.value)
    if value is None:
        return BLANK
    if grouping.granularity:
        return GRANULARITIES[grouping.granularity].text(value, plan.settings)
    if grouping.shown:
        return BLANK if shown is None else str(shown)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)
