"""Rows become a result: cells by key, groups in order, details below them. Plain Python over what the database gave.

The blocks of a joined report become one result: a group is there if any block has it, and each block has figures of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from itertools import chain
from typing import Any

from sqlalchemy import Row

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import text_sort_key
from crmlib.reports.compile_plan import Statements
from crmlib.reports.definition import Report
from crmlib.reports.figures import Figures, Names, aggregate_column
from crmlib.reports.filter_logic import in_words
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.plan import FieldRef, PlannedGrouping, PlannedSummary
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn, walk
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.show_as import SHOW_AS, CellKey, Neighbours
from crmlib.reports.summary_formulas import Calculated, Scope, places_in

BLANK = "(blank)"

MOST_PERIODS = 5000
"""More than so many groups are not made of a grouping that shows its empty periods: 13 years of days."""


@dataclass(frozen=True)
class Block:
    """A plan with the answers to its statements. name, label: those of a block of a joined report, else empty."""

    plan: SecuredPlan
    statements: Statements
    cell_rows: Sequence[Row[Any]]
    detail_rows: Sequence[Row[Any]]
    name: str = ""
    label: str = ""

    def named(self, column: ResultColumn) -> ResultColumn:
        """Within the report: 'plan#amount:sum', 'Plan: Sum of Amount'."""
        return replace(column, name=f"{self.name}#{column.name}", label=self.labelled(column.label)) if self.name else column

    def labelled(self, text: str) -> str:
        return f"{self.label}: {text}" if self.name else text


def assemble(report: Report, blocks: Sequence[Block], schema: Schema, run_at: datetime, detail_limit: int | None = None,
             summaries: tuple[PlannedSummary, ...] = (), withheld: tuple[str, ...] = ()) -> ReportResult:
    """The result of one secured plan, or of the blocks of a joined report. run_at: the moment the data was read.

    summaries, withheld: the formulas over several blocks, and the labels of those that the running user may not see.
    """
    plan = blocks[0].plan
    assert plan.access is not None
    grid = _Grid(blocks, summaries)
    cells = grid.cells()
    return ReportResult(
        label=report.label, description=report.description, format=report.format,
        report_type=" + ".join(dict.fromkeys(block.plan.report_type for block in blocks)),
        columns=tuple(block.named(_column(ref)) for block in blocks for ref in block.plan.columns),
        groupings=tuple(_grouping_column(grouping) for grouping in plan.groupings[:plan.down]),
        across=tuple(_grouping_column(grouping) for grouping in plan.groupings[plan.down:]),
        aggregates=tuple(grid.shown_column(index) for index in grid.shown),
        groups=grid.groups[0], groups_across=grid.groups[1], cells=cells,
        details=tuple(_details(blocks, grid, detail_limit)), row_count=grid.row_counts[(), ()],
        show_details=plan.show_details, primary_object=plan.sources[0].object, settings=plan.settings, user=plan.access.name, run_at=run_at,
        filters=tuple(block.labelled(text) for block in blocks for text in _filters(block.plan)),
        withheld=(*(block.labelled(label) for block in blocks for label in block.plan.withheld), *withheld),
        notes=(*(block.labelled(note) for block in blocks for note in _notes(block.plan, schema)), *grid.notes),
        chart=report.chart, conditional_formats=report.conditional_formats)


def _filters(plan: SecuredPlan) -> tuple[str, ...]:
    """What must hold of each record and each group, in words."""
    of_records = in_words(plan.whole_logic, [condition.text for condition in plan.conditions])
    return *of_records, *(condition.text for condition in plan.having)


def _details(blocks: Sequence[Block], grid: _Grid, limit: int | None) -> list[DetailRow]:
    """Group by group, in each block by block; beside the columns of its own block a row is empty."""
    width, found, before = sum(len(block.plan.columns) for block in blocks), [], 0
    for block in blocks:
        rows, columns = details_of(block.plan, block.detail_rows), len(block.plan.columns)
        left, right = (None,) * before, (None,) * (width - before - columns)
        found += [row._replace(values=(*left, *row.values, *right)) for row in rows] if left or right else rows
        before += columns
    if len(blocks) > 1 or blocks[0].plan.is_ordered_by_figures:
        place = {group.key: number for number, group in enumerate(walk(grid.groups[0]))}
        found = sorted(found, key=lambda row: place[row.key])[:limit]
    return found


def details_of(plan: SecuredPlan, rows: Sequence[Row[Any]]) -> list[DetailRow]:
    """The rows of the details statement, or some of them."""
    names = Names(rows)
    down, across, values = names.key(range(plan.down)), names.key(range(plan.down, len(plan.groupings))), names.values("column")
    record_id = names.at.get("id", 0)
    return [DetailRow(down(row), row[record_id], values(row), across(row)) for row in rows]


def _column(ref: FieldRef) -> ResultColumn:
    return ResultColumn(ref.path, ref.label, ref.type, ref.scale)


def _grouping_column(grouping: PlannedGrouping) -> ResultColumn:
    shown = grouping.shown or grouping.key
    return ResultColumn(grouping.key.path, grouping.label, shown.type, grouping.key.scale, grouping.granularity)


def _summary_column(formula: PlannedSummary) -> ResultColumn:
    return ResultColumn(formula.name, formula.label, formula.type, 0 if formula.type == "integer" else formula.scale)


def _notes(plan: SecuredPlan, schema: Schema) -> Iterator[str]:
    """Why a total may differ from the sum of its rows."""
    for aggregate in plan.aggregates:
        if not plan.groupings or aggregate.additive or aggregate.field is None or aggregate.name not in plan.shown:
            continue
        if aggregate.aggregate == "unique":
            yield f"{aggregate.label}: a value that occurs in several groups counts once in each and once in the total."
        elif aggregate.repeats:
            source = next(source for source in plan.sources if source.path == aggregate.field.source)
            label = schema.describe(source.object).label
            yield (f"{aggregate.label}: a record of {label} that stands in several groups counts once in each and once in the total, "
                   "so a total can be less than the sum of its groups.")


class _Grid:
    """Groups and figures of all blocks together.

    A figure has a place: first the aggregates of every block, then their formulas, then the formulas over blocks. shown: the
    places of those that the report shows, in their order.
    """

    def __init__(self, blocks: Sequence[Block], summaries: tuple[PlannedSummary, ...]) -> None:
        self.blocks, self.plan = blocks, blocks[0].plan
        self.found = [Figures(block.plan, block.statements, block.cell_rows) for block in blocks]
        self.row_counts: dict[CellKey, int] = self.found[0].row_counts
        self.labels_of: dict[tuple[int, Any], Any] = {}
        self.order: dict[tuple[int, Any], Any] = {}
        for one in self.found:
            self.labels_of |= one.shown
            self.order |= one.order
        if len(blocks) > 1:
            self.row_counts = dict(sum((Counter(one.row_counts) for one in self.found), Counter())) | {
                ((), ()): sum(one.row_counts[(), ()] for one in self.found)}
        self.empty: list[CellKey] = []
        self.notes: dict[str, None] = {}  # each once, in their order
        self.labels: dict[tuple[int, Any], str] = {}
        self.sort_value = cache(self._sort_value)  # each value's once, however many groups it stands in
        self.columns: list[ResultColumn] = []
        self.show_as: list[str | None] = []
        self.formulas: list[tuple[Scope, int]] = []
        self.shown: list[int] = []
        self._lay_out(summaries)
        self.calculated = Calculated(places_in(self.plan), self.figure, self.siblings)

    def _lay_out(self, summaries: tuple[PlannedSummary, ...]) -> None:
        """Gives each figure its place."""
        inner: list[dict[str, int]] = []
        for block in self.blocks:
            first = len(self.columns)
            inner.append({aggregate.name: first + index for index, aggregate in enumerate(block.plan.aggregates)})
            self.columns += [block.named(aggregate_column(aggregate)) for aggregate in block.plan.aggregates]
            self.show_as += [aggregate.show_as for aggregate in block.plan.aggregates]
        for block, places in zip(self.blocks, inner, strict=True):
            self._add(Scope(block.plan.summaries, places), block)
            self.shown += [places[name] for name in block.plan.shown]
        if summaries:
            every = {f"{block.name}#{name}": place
                     for block, places in zip(self.blocks, inner, strict=True) for name, place in places.items()}
            first = len(self.columns)
            self._add(Scope(summaries, every), None)
            self.shown += range(first, len(self.columns))

    def _add(self, scope: Scope, block: Block | None) -> None:
        for index, formula in enumerate(scope.formulas):
            scope.figures[formula.name] = len(self.columns)
            column = _summary_column(formula)
            self.columns.append(block.named(column) if block else column)
            self.show_as.append(formula.show_as)
            self.formulas.append((scope, index))

    def shown_column(self, place: int) -> ResultColumn:
        """What is shown of a figure: perhaps its share or its rank."""
        column, show_as = self.columns[place], self.show_as[place]
        kind = SHOW_AS[show_as].result_type if show_as else None
        return column if kind is None else replace(column, type=kind, scale=0 if kind == "integer" else 2)

    # Figures

    @cached_property
    def asked(self) -> dict[CellKey, tuple[Any, ...]]:
        """What the data says, for every cell and total."""
        return self.asked_of(self.row_counts)

    def asked_of(self, keys: Collection[CellKey]) -> dict[CellKey, tuple[Any, ...]]:
        if len(self.found) == 1:
            return dict(zip(keys, self.found[0].of(keys), strict=True))
        return dict(zip(keys, (tuple(chain(*parts)) for parts in zip(*(one.of(keys) for one in self.found), strict=True)), strict=True))

    def figure(self, key: CellKey, place: int) -> Any:
        """One figure of a cell, by its place; of a cell without records, what it is of nothing."""
        first_formula = len(self.columns) - len(self.formulas)
        if place >= first_formula:
            return self.calculated.value(*self.formulas[place - first_formula], key)
        if key not in self.asked:
            self.asked.update(self.asked_of([key]))
        return self.asked[key][place]

    def cells(self) -> dict[CellKey, tuple[Any, ...]]:
        """The shown figures of every cell, of empty groups too, each as it wants to be shown."""
        _ = self.groups  # which tells what empty groups there are
        keys = [*self.row_counts, *self.empty]
        self.asked.update(self.asked_of(self.empty))
        if self.shown == list(range(len(self.columns))) and not self.formulas:
            cells = {key: self.asked[key] for key in keys} if len(self.asked) != len(keys) else dict(self.asked)
        else:
            cells = {key: tuple(self.figure(key, place) for place in self.shown) for key in keys}
        for label, reason in self.calculated.failed.items():
            self.notes[f"{label}: empty where it can't be calculated ({reason})."] = None
        self._show(cells)
        return cells

    def _show(self, cells: dict[CellKey, tuple[Any, ...]]) -> None:
        """Puts what a figure is to others in its place."""
        changed = {index: self.show_as[place] for index, place in enumerate(self.shown) if self.show_as[place]}
        if not changed:
            return
        siblings: dict[Key, tuple[list[Key], int]] = {(): ([()], 0)}  # of each group, and its place among them
        for level in _levels(self.groups[0]):
            beside = [group.key for group in level]
            siblings |= {key: (beside, place) for place, key in enumerate(beside)}
        across = [(), *(group.key for group in walk(self.groups[1]))]
        for index, show_as in changed.items():
            raw = {key: values[index] for key, values in cells.items()}
            for down, (beside, place) in siblings.items():
                for key in ((down, one) for one in across if (down, one) in cells):
                    value = SHOW_AS[show_as or ""].figure(Neighbours(key, raw, beside, place))
                    cells[key] = (*cells[key][:index], value, *cells[key][index + 1:])

    # Groups

    @cached_property
    def groups(self) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
        """Down and across, each as a tree, every level in its order."""
        return self._tree(0, self.plan.down), self._tree(self.plan.down, len(self.plan.groupings))

    @cached_property
    def _siblings(self) -> tuple[dict[Key, list[Key]], ...]:
        return tuple({level[0].key[:-1]: [group.key for group in level] for level in _levels(groups) if level} for groups in self.groups)

    def siblings(self, direction: int, parent: Key) -> list[Key]:
        """The groups of one parent, in their order."""
        return self._siblings[direction][parent]

    def _tree(self, first: int, last: int) -> tuple[Group, ...]:
        """The groups of the groupings from first up to last."""
        down = first == 0
        below: dict[Key, list[Key]] = {}
        for key_down, key_across in self.row_counts:
            key, other = (key_down, key_across) if down else (key_across, key_down)
            if key and not other:
                below.setdefault(key[:-1], []).append(key)
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
        """The groups there are and, if wanted, the periods between them or the other values of the picklist.

        Beside Other there are no empty groups: it holds values that have records, and which ones it does not tell.
        """
        yield from keys
        there = {key[-1] for key in keys}
        if not grouping.show_empty or not keys or OTHER in there:
            return
        numbers = [value for value in there if value is not None] if grouping.granularity else []
        wanted: range | tuple[str, ...] = range(min(numbers), max(numbers) + 1) if numbers else grouping.values
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
        """Of a group, a figure of the first block."""
        place = next(index for index, column in enumerate(self.columns) if column.name.rpartition("#")[2] == name)
        return lambda key: _comparable(self.figure((key, ()) if down else ((), key), place))

    def _sort_value(self, index: int) -> Callable[[Key], tuple[Any, ...]]:
        """As `compile_plan` orders details: blank first, picklists in their own order, text by its sort key."""
        grouping = self.plan.groupings[index]
        place = {value: number for number, value in enumerate(grouping.values)}

        @cache
        def of(value: Any) -> tuple[Any, ...]:
            values = [self.order.get((index, value)), self.labels_of.get((index, value)), value]
            listed = (None if value is None else place.get(value, len(place)),) if place else ()
            return tuple(_comparable(one) for one in (*listed, *values))
        return lambda key: of(key[-1])

    def _label(self, index: int, value: Any) -> str:
        if (index, value) not in self.labels:
            self.labels[index, value] = group_label(self.plan.groupings[index], value, self.labels_of.get((index, value)), self.plan)
        return self.labels[index, value]


def _levels(groups: tuple[Group, ...]) -> Iterator[tuple[Group, ...]]:
    """The groups of each parent."""
    yield groups
    for group in groups:
        if group.groups:
            yield from _levels(group.groups)


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
