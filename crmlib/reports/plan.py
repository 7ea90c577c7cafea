"""A plan says what a report needs, as plain data: sources, columns, groupings, aggregates, filters, order.

Names have become sources and fields, relative dates ranges of days; after `make_plan` no source may be added, so that
`secure` has seen them all. The plan also decides, and nobody after it, at which grain each aggregate counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from crmlib.formulas.check import Checked
from crmlib.formulas.context import Context
from crmlib.model.org import Settings
from crmlib.reports.definition import Report
from crmlib.reports.filter_logic import Logic
from crmlib.reports.report_types import ReportSource

MEASURED = ("number", "date", "datetime")
"""Families whose values, not only their number, are figures of a group."""


@dataclass(frozen=True)
class FieldRef:
    """A field of a source, with every (object, field) one must be allowed to read to see it."""

    source: str
    name: str
    path: str
    label: str
    type: str
    family: str
    scale: int
    guards: tuple[tuple[str, str], ...]
    made: PlannedBucket | PlannedFormula | None = None


@dataclass(frozen=True)
class PlannedBucket:
    """A field's value, thrown together: the label of the first case that takes it, else `other`.

    cases: (label, up to which value, of dates as a range) or (label, which values).
    """

    of: FieldRef
    cases: tuple[tuple[str, Any], ...]
    by_range: bool
    other: str


@dataclass(frozen=True)
class PlannedFormula:
    """A value calculated of others. The field's own source is whose record it belongs to."""

    checked: Checked
    context: Context
    operands: tuple[tuple[str, FieldRef], ...]
    scale: int


@dataclass(frozen=True)
class PlannedGrouping:
    """A grouping by `key`. A lookup is grouped by the record's id and shown by `shown`; its groups sort by `order`, then `shown`."""

    key: FieldRef
    label: str
    granularity: str | None = None
    shown: FieldRef | None = None
    order: FieldRef | None = None
    descending: bool = False
    values: tuple[str, ...] = ()  # of a picklist, in its order
    order_by: str | None = None  # an aggregate, by name
    top: int | None = None
    show_empty: bool = False


@dataclass(frozen=True)
class PlannedAggregate:
    """A figure per group.

    repeats: its source's records may stand in several rows, so each is counted once per group.
    additive: each record of its source is in one finest group only, so totals may be merged from groups.
    by: of the first and the last value, the field that says which that is.
    show_as: what is made of the figures once they are all there.
    """

    name: str
    label: str
    aggregate: str
    field: FieldRef | None
    repeats: bool = False
    additive: bool = True
    by: FieldRef | None = None
    show_as: str | None = None

    @property
    def fields(self) -> tuple[FieldRef, ...]:
        """Those whose values it tells."""
        return tuple(one for one in (self.field, self.by) if one is not None)


@dataclass(frozen=True)
class PlannedSummary:
    """A figure calculated of others: the formula's fields are their names."""

    name: str
    label: str
    formula: Checked
    context: Context
    type: str
    scale: int
    show_as: str | None = None


@dataclass(frozen=True)
class PlannedHaving:
    """A condition on a figure of the innermost groups down."""

    aggregate: PlannedAggregate
    operator: str
    values: tuple[Any, ...]
    text: str


@dataclass(frozen=True)
class PlannedFilter:
    """A condition; values of dates and datetimes are (start, end) ranges. `text` says it in words.

    other: the field it is compared with instead of values.
    """

    field: FieldRef
    operator: str
    values: tuple[Any, ...]
    text: str
    other: FieldRef | None = None


@dataclass(frozen=True)
class PlannedCrossFilter:
    """A condition on how many related records there are. The first of `sources` is theirs, the others its lookups.

    parent: the source whose record they are related to.
    """

    sources: tuple[ReportSource, ...]
    parent: FieldRef
    filters: tuple[PlannedFilter | PlannedCrossFilter, ...]
    at_least: int
    without: bool
    text: str


@dataclass(frozen=True)
class PlannedSort:
    field: FieldRef
    descending: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportPlan:
    """What the report asks of the data. `withheld` is filled by `secure`; `within` by a drill-down: only rows
    where these groupings, by index, have these values. across: how many of the groupings, the last ones, go across.

    aggregates: those that formulas need are among them; `shown` names the figures that the report shows, in their order.
    names: the name of the primary and of each related object, by which a drill-down tells records of a report without columns.
    absent: of which related records the report type asks that there be none. deployed: whether the report type is.
    """

    report: Report
    report_type: str
    deployed: bool
    sources: tuple[ReportSource, ...]
    columns: tuple[FieldRef, ...]
    groupings: tuple[PlannedGrouping, ...]  # those down, then those across
    across: int
    aggregates: tuple[PlannedAggregate, ...]
    summaries: tuple[PlannedSummary, ...]
    shown: tuple[str, ...]
    filters: tuple[PlannedFilter | PlannedCrossFilter, ...]
    logic: Logic
    absent: tuple[PlannedCrossFilter, ...]
    having: tuple[PlannedHaving, ...]
    sorts: tuple[PlannedSort, ...]
    settings: Settings
    names: tuple[FieldRef, ...]
    within: tuple[tuple[int, Any], ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def show_details(self) -> bool:
        return self.report.show_details or self.report.format == "tabular"

    @property
    def down(self) -> int:
        """How many of the groupings, the first ones, go down."""
        return len(self.groupings) - self.across

    @property
    def asks_figures(self) -> bool:
        """Whether the figures of groups decide which rows there are or where they stand."""
        return bool(self.having) or any(grouping.top is not None for grouping in self.groupings)

    @property
    def is_ordered_by_figures(self) -> bool:
        """Whether groups stand in an order that only their figures tell."""
        return any(grouping.order_by is not None for grouping in self.groupings)

    @property
    def conditions(self) -> tuple[PlannedFilter | PlannedCrossFilter, ...]:
        """The filters of the report and what its type asks."""
        return (*self.filters, *self.absent)

    @property
    def whole_logic(self) -> Logic:
        """How `conditions` go together: as the filter logic says, and all that the type asks."""
        return "and", (self.logic, *range(len(self.filters) + 1, len(self.conditions) + 1))

    def every_source(self) -> Iterator[ReportSource]:
        """The sources of the rows and those of cross filters: each needs its record rule."""
        yield from self.sources
        for one in every_filter(self.conditions):
            if isinstance(one, PlannedCrossFilter):
                yield from one.sources

    def ungrouped(self) -> Self:
        """The rows alone, one line each: the report's columns, what groups and figures are made of, and the ids of their records."""
        made_of = [ref for one in self.groupings for ref in (one.order, one.shown, one.key)]
        made_of += [ref for one in self.aggregates for ref in one.fields]
        ids = [record_id(one.field, self.sources) for one in self.aggregates if one.field is not None]
        columns = {ref.path: ref for ref in (*self.columns, *made_of, *ids) if ref is not None}
        return replace(self, report=self.report.model_copy(update={"show_details": True}), columns=tuple(columns.values()), groupings=(),
                       across=0, aggregates=(), summaries=(), shown=(), having=())

    def drilled_to(self, down: tuple[Any, ...], across: tuple[Any, ...] = ()) -> Self:
        """The records behind one cell: the same rows, of this group only, one line each."""
        within = (*enumerate(down), *enumerate(across, self.down))
        figures = tuple(one.field for one in self.aggregates if one.field is not None and one.field.family in MEASURED)
        keys = tuple(grouping.shown or grouping.key for grouping in self.groupings)
        columns = {column.path: column for column in (*(self.columns or self.names + figures), *keys)}
        return replace(self, report=self.report.model_copy(update={"show_details": True}), within=within, columns=tuple(columns.values()))


def record_id(field: FieldRef, sources: tuple[ReportSource, ...]) -> FieldRef:
    """The id of the record that a field is of."""
    source = next(source for source in sources if source.path == field.source)
    return replace(field, name="id", path=f"{source.prefix}id", label="Record ID", type="id", family="id", scale=0, made=None)


def every_filter(filters: tuple[PlannedFilter | PlannedCrossFilter, ...]) -> Iterator[PlannedFilter | PlannedCrossFilter]:
    """All filters, those within cross filters included."""
    for one in filters:
        yield one
        if isinstance(one, PlannedCrossFilter):
            yield from every_filter(one.filters)
