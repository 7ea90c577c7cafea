"""A plan says what a report needs, as plain data: sources, columns, groupings, aggregates, filters, order.

Names have become sources and fields, relative dates ranges of days; after `make_plan` no source may be added, so that
`secure` has seen them all. The plan also decides, and nobody after it, at which grain each aggregate counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self

from crmlib.model.fields import FIELD_TYPES
from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.date_literals import date_range
from crmlib.reports.definition import Filter, Report
from crmlib.reports.operators import OPERATORS
from crmlib.reports.report_types import ReportField, ReportSource, ReportTypeView

MEASURED = ("number", "date", "datetime")
"""Families whose values, not only their number, are figures of a group."""

ROWS = "record_count"
"""Name of the aggregate that counts report rows."""


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


@dataclass(frozen=True)
class PlannedAggregate:
    """A figure per group.

    repeats: its source's records may stand in several rows, so each is counted once per group.
    additive: each record of its source is in one finest group only, so totals may be merged from groups.
    """

    name: str
    label: str
    aggregate: str
    field: FieldRef | None
    repeats: bool = False
    additive: bool = True


@dataclass(frozen=True)
class PlannedFilter:
    """A condition; values of dates and datetimes are (start, end) ranges. `text` says it in words."""

    field: FieldRef
    operator: str
    values: tuple[Any, ...]
    text: str


@dataclass(frozen=True)
class PlannedSort:
    field: FieldRef
    descending: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportPlan:
    """What the report asks of the data. `withheld` is filled by `secure`; `within` by a drill-down: only rows of this group.

    names: the name of the primary and of each related object, by which a drill-down tells records of a report without columns.
    """

    report: Report
    report_type: str
    sources: tuple[ReportSource, ...]
    columns: tuple[FieldRef, ...]
    groupings: tuple[PlannedGrouping, ...]
    aggregates: tuple[PlannedAggregate, ...]
    filters: tuple[PlannedFilter, ...]
    sorts: tuple[PlannedSort, ...]
    settings: Settings
    names: tuple[FieldRef, ...]
    within: tuple[Any, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def show_details(self) -> bool:
        return self.report.show_details or self.report.format == "tabular"

    def drilled_to(self, key: tuple[Any, ...]) -> Self:
        """The records behind one cell: the same rows, of this group only, one line each."""
        figures = tuple(one.field for one in self.aggregates if one.field is not None and one.field.family in MEASURED)
        keys = tuple(grouping.shown or grouping.key for grouping in self.groupings)
        columns = {column.path: column for column in (*(self.columns or self.names + figures), *keys)}
        return replace(self, report=self.report.model_copy(update={"show_details": True}), within=key, columns=tuple(columns.values()))


def make_plan(report: Report, view: ReportTypeView, settings: Settings, today: date) -> ReportPlan:
    """The plan of a report that `validate` found sound. No database is touched."""
    return _Planner(view, settings, today).plan(report)


class _Planner:
    """Collects the sources while it turns names into fields."""

    def __init__(self, view: ReportTypeView, settings: Settings, today: date) -> None:
        self.view, self.schema, self.settings, self.today = view, view.schema, settings, today
        self.sources: dict[str, ReportSource] = dict(view.sources)

    def plan(self, report: Report) -> ReportPlan:
        groupings = tuple(self.grouping(grouping.field, grouping.date_granularity, grouping.order == "descending")
                          for grouping in report.groupings_down)
        aggregates = tuple(self.aggregate(one.aggregate, one.field, one.label, groupings) for one in report.aggregates)
        columns = tuple(self.shown(column.field, column.label) for column in report.columns)
        return ReportPlan(
            report=report, report_type=self.view.label, columns=columns, groupings=groupings, aggregates=aggregates,
            filters=tuple(self.filter(one) for one in report.filters),
            sorts=tuple(self.sort(one.field, one.order == "descending") for one in report.sort),
            sources=tuple(sorted(self.sources.values(), key=lambda source: source.path.count(".") + bool(source.path))),
            names=tuple(self.ref(self.view.follow(f"{source.prefix}name")) for source in self.view.sources.values()),
            settings=self.settings)

    def ref(self, found: ReportField, label: str = "") -> FieldRef:
        """A field's place in the plan; its lookups become sources."""
        guards = []
        for lookup in found.lookups:
            self.sources.setdefault(lookup.path, lookup)
            guards.append((self.sources[lookup.parent].object, lookup.via))
        field = found.field
        return FieldRef(found.source.path, field.name, found.path, label or found.label, field.type.name, field.family, field.scale,
                        (*guards, (field.object, field.name)))

    def shown(self, path: str, label: str = "") -> FieldRef:
        """A column; a lookup is shown by the name of the record it points to."""
        found = self.view.find(path)
        if found.field.to is None:
            return self.ref(found, label)
        return self.through(path, "name", label or found.label)

    def through(self, path: str, field: str, label: str) -> FieldRef:
        """A field of the record a lookup points to, whether or not the report type offers it."""
        return self.ref(self.view.follow(f"{path}.{field}"), label)

    def grouping(self, path: str, granularity: str | None, descending: bool) -> PlannedGrouping:
        found = self.view.find(path)
        if found.field.to is None:
            if found.field.family in ("date", "datetime"):
                granularity = granularity or "day"
            return PlannedGrouping(self.ref(found), found.label, granularity, descending=descending, values=found.field.values)
        shown = self.through(path, "name", found.label)
        return PlannedGrouping(replace(self.through(path, "id", found.label), path=path), found.label, shown=shown,
                               order=self.through(path, "position", found.label) if self.has_places(found.field) else None,
                               descending=descending)

    def has_places(self, lookup: Field) -> bool:
        """Whether the records it points to have an order of their own, as stages do: a number `position` (a contact's is a job)."""
        position = self.schema.describe(lookup.to).fields.get("position") if lookup.to else None
        return position is not None and position.family == "number"

    def aggregate(self, name: str, path: str | None, label: str, groupings: tuple[PlannedGrouping, ...]) -> PlannedAggregate:
        if path is None:
            return PlannedAggregate(ROWS, label or "Record count", name, None)
        found = self.view.find(path)
        ref = self.ref(found) if found.field.to is None else replace(self.through(path, "id", found.label), path=path)
        counted = self.schema.describe(found.field.object).plural_label if name == "record_count" else found.label
        # What one record of the aggregate's source decides: itself, its parents, and whatever lookups lead to.
        decided = self.decided_by(ref.source)
        rows = {source.path for source in self.view.sources.values()}
        row = AGGREGATES[name]
        repeats = row.repeats_matter and not rows <= decided
        in_one_group = not row.repeats_matter or all(grouping.key.source in decided for grouping in groupings)
        return PlannedAggregate(f"{path}:{name}", label or row.label.format(counted), name, ref, repeats=repeats,
                                additive=row.merge is not None and in_one_group)

    def decided_by(self, path: str) -> set[str]:
        """The sources of which a record of this source has exactly one: upwards from children, and along lookups."""
        decided: set[str] = set()
        reached = {path}
        while reached:
            decided |= reached
            reached = {source.path for source in self.sources.values() if source.kind == "lookup" and source.parent in decided}
            reached |= {self.sources[one].parent for one in decided if self.sources[one].kind == "child"}
            reached -= decided
        return decided

    def filter(self, condition: Filter) -> PlannedFilter:
        found = self.view.find(condition.field)
        field = found.field
        by_name = field.to is not None
        ref = self.through(condition.field, "name", found.label) if by_name else self.ref(found)
        if by_name:
            field = self.schema.describe(field.to or "").field("name")
        values = tuple(filter_value(field, condition.operator, value, self.today, self.settings) for value in condition.values)
        return PlannedFilter(ref, condition.operator, values, filter_text(found.label, condition))

    def sort(self, path: str, descending: bool) -> PlannedSort:
        found = self.view.find(path)
        if self.has_places(found.field):
            return PlannedSort(self.through(path, "position", found.label), descending)
        return PlannedSort(self.shown(path), descending, found.field.values)


def filter_value(field: Field, operator: str, value: Any, today: date, settings: Settings) -> Any:
    """A filter's value as the operator takes it, None for blank. Raises ValueError in the user's words."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if field.family in ("date", "datetime"):
        try:
            return _range(field, value, today, settings)
        except OverflowError:
            raise ValueError(f"{value!r} reaches beyond the calendar") from None
    # A part of an address is no address, and one that is none may be looked for all the same.
    if field.type.name in ("email", "phone") or (field.family == "picklist" and OPERATORS[operator].takes_part):
        return FIELD_TYPES["text"].parse(value, {})
    parsed = field.parse(value)
    if isinstance(parsed, Decimal) and parsed != round(parsed, field.scale):
        raise ValueError(f"{value!r} has more than {field.scale} digits after the point, as no {field.label} has")
    return None if parsed == () else parsed


def _range(field: Field, value: Any, today: date, settings: Settings) -> tuple[Any, Any]:
    """The half-open range of dates or moments that a day, a relative date or a moment means."""
    if isinstance(value, str):
        value = _written_date(value)
    if isinstance(value, datetime) and field.family == "datetime":
        moment = (value if value.tzinfo else value.replace(tzinfo=settings.zone)).astimezone(UTC)
        return moment, moment + timedelta(microseconds=1)
    if isinstance(value, str):
        start, end = date_range(value, today, settings)
    elif isinstance(value, date):
        start = value.date() if isinstance(value, datetime) else value
        end = start + timedelta(days=1)
    else:
        raise ValueError(f"{value!r} is not a date (write 2026-11-30)")
    if field.family == "date":
        return start, end
    midnights = (datetime.combine(day, time(), settings.zone).astimezone(UTC) for day in (start, end))
    return next(midnights), next(midnights)


def _written_date(text: str) -> date | datetime | str:
    """A day, or a day and time; anything else as it is."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text.strip())
        except ValueError:
            continue
    return text


def filter_text(label: str, condition: Filter) -> str:
    """The filter in words: 'Close date equals THIS_QUARTER'."""
    words = " or ".join("blank" if value is None or not str(value).strip() else str(value) for value in condition.values)
    return f"{label} {OPERATORS[condition.operator].label} {words}"

