"""Rows become a result: cells by key, groups in order, details below them. Plain Python over what the database gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import text_sort_key
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.compile_plan import Statements
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.plan import FieldRef, PlannedAggregate, PlannedGrouping
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn, walk
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.show_as import SHOW_AS, CellKey, Neighbours

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
    details = [DetailRow(names.key(row, range(plan.down)), row.id, names.values(row, "column"),
                         names.key(row, range(plan.down, len(plan.groupings)))) for row in detail_rows]
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
        filters=tuple(condition.text for condition in plan.filters), withheld=plan.withheld,
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

    def key(self, row: Row[Any], groupings: Iterable[int]) -> Key:
        """The values of these groupings."""
        return tuple(OTHER if f"other{index}" in self.at and row[self.at[f"other{index}"]] == 1 else row[self.at[f"key{index}"]]
                     for index in groupings)

    def values(self, row: Row[Any], prefix: str) -> tuple[Any, ...]:
        return tuple(row[index] for name, index in self.at.items() if name.startswith(prefix))


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
        names = _Names(rows)
        self.at = names.at
        for row in rows:
            part = statements.parts[row[0]]
            key = names.key(row, range(part.down)), names.key(row, range(plan.down, plan.down + part.across))
            if row[0] == 0:
                self._take_group(row, key)
            for index in part.aggregates:
                self._take_pieces(row, key, index)

    def _take_group(self, row: Row[Any], key: CellKey) -> None:
        if not row.row_count:
            return  # no rows at all: the grand total of nothing
        for around in _around(key):
            self.row_counts[around] = self.row_counts.get(around, 0) + row.row_count
        for index, value in enumerate(key[0] + key[1]):
            if f"shown{index}" in self.at:
                self.shown[index, value] = row[self.at[f"shown{index}"]]
            if f"order{index}" in self.at:
                self.order[index, value] = row[self.at[f"order{index}"]]

    def _take_pieces(self, row: Row[Any], key: CellKey, index: int) -> None:
        aggregate = AGGREGATES[self.plan.aggregates[index].aggregate]
        first = self.at[f"piece{index}_0"]
        pieces = tuple(row[first: first + aggregate.pieces])
        found = self.pieces[index]
        if not self.plan.aggregates[index].additive or aggregate.merge is None:
            found[key] = pieces
            return
        for around in _around(key):
            found[around] = aggregate.merge(found[around], pieces) if around in found else pieces

    @cached_property
    def figures(self) -> dict[CellKey, tuple[Any, ...]]:
        """One value per aggregate, for every cell and total."""
        return {key: self.figure(key) for key in self.row_counts}

    def figure(self, key: CellKey) -> tuple[Any, ...]:
        """One value per aggregate; of a cell without rows, what the aggregate makes of nothing."""
        return tuple(self._figure(index, key, column) for index, column in enumerate(self.columns))

    def shown_figures(self, groups: tuple[Group, ...], groups_across: tuple[Group, ...]) -> dict[CellKey, tuple[Any, ...]]:
        """The figures, those of empty groups too, as each aggregate wants them shown."""
        figures = self.figures | {key: self.figure(key) for key in self.empty}
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

    def _figure(self, index: int, key: CellKey, column: ResultColumn) -> Any:
        planned = self.plan.aggregates[index]
        if planned.field is None:
            return self.row_counts.get(key, 0)
        aggregate = AGGREGATES[planned.aggregate]
        pieces = self.pieces[index].get(key, (None,) * aggregate.pieces)
        value = aggregate.finish(pieces, planned.field.scale)
        if value is None or column.type in ("date", "datetime"):
            return value
        return int(value) if column.type == "integer" else Decimal(value).quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)

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
        keys.sort(key=self._sort_value(index), reverse=grouping.descending and grouping.order_by is None)
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

        def sort_value(key: Key) -> tuple[Any, ...]:
            value = key[-1]
            values = [self.order.get((index, value)), self.shown.get((index, value)), value]
            listed = (None if value is None else place.get(value, len(place)),) if place else ()
            return tuple(_comparable(one) for one in (*listed, *values))
        return sort_value

    def _label(self, index: int, value: Any) -> str:
        return group_label(self.plan.groupings[index], value, self.shown.get((index, value)), self.plan)


def _levels(groups: tuple[Group, ...]) -> Iterator[tuple[Group, ...]]:
    """The groups of each parent."""
    yield groups
    for group in groups:
        if group.groups:
            yield from _levels(group.groups)


def _around(key: CellKey) -> Iterator[CellKey]:
    """The cell and every total it is part of."""
    down, across = key
    for kept_down in range(len(down) + 1):
        for kept_across in range(len(across) + 1):
            yield down[:kept_down], across[:kept_across]


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
