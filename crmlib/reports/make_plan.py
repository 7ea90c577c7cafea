"""From a sound definition to a plan: names become sources and fields, and each aggregate gets its grain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count

from crmlib.model.formula_fields import context_of
from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.definition import Aggregate, Bucket, CrossFilter, Filter, Grouping, Having, Report, ReportType
from crmlib.reports.filter_logic import all_of, parse_logic
from crmlib.reports.filter_values import figure_value, filter_text, filter_value
from crmlib.reports.made_fields import bucketed, formula_at, read_field
from crmlib.reports.plan import (
    FieldRef,
    PlannedAggregate,
    PlannedBucket,
    PlannedCrossFilter,
    PlannedFilter,
    PlannedFormula,
    PlannedGrouping,
    PlannedHaving,
    PlannedSort,
    PlannedSummary,
    ReportPlan,
)
from crmlib.reports.report_types import ReportField, ReportSource, ReportTypeView, decided_by
from crmlib.reports.show_as import SHOW_AS
from crmlib.reports.summary_formulas import checked, operand, operand_types, places_of, planned_summary


def make_plan(report: Report, view: ReportTypeView, settings: Settings, today: date, needed: Iterable[str] = ()) -> ReportPlan:
    """The plan of a report that `validate` found sound. No database is touched. needed: further figures, for others to read."""
    return _Planner(view, settings, today).plan(report, needed)


def related_view(view: ReportTypeView, related: str) -> tuple[ReportField, ReportTypeView, str]:
    """For a cross filter: the id of the record that must have related ones, the related object's fields, the lookup between.

    Raises NotFound.
    """
    if related not in view.related:  # of each view once: its fields are many
        path, _, name = related.rpartition(".")
        parent = view.follow(f"{path}.id" if path else "id")
        child = view.schema.describe(parent.field.object).child(name)
        related_type = ReportType(label=child.label, primary_object=child.object)
        records = ReportTypeView(child.name, related_type, view.schema, shared=view.shared)
        view.related[related] = parent, records, child.lookup
    return view.related[related]


def figure_field(view: ReportTypeView, aggregate: str, path: str | None) -> Field | None:
    """The field whose values a figure can have; None for a number of records or values."""
    return None if path is None or AGGREGATES[aggregate].result_type == "integer" else view.find(path).field


class _Planner:
    """Collects the sources while it turns names into fields.

    root: where the sources of a cross filter stand; "" for the rows of the report.
    """

    def __init__(self, view: ReportTypeView, settings: Settings, today: date, root: str = "", numbers: count[int] | None = None) -> None:
        self.view, self.schema, self.settings, self.today, self.root = view, view.schema, settings, today, root
        self.numbers = numbers or count(1)
        self.sources: dict[str, ReportSource] = {self.at(source.path): self.placed(source) for path, source in view.tree.items()
                                              if path not in view.absent}

    def at(self, path: str) -> str:
        return ".".join(part for part in (self.root, path) if part)

    def placed(self, source: ReportSource) -> ReportSource:
        return replace(source, path=self.at(source.path), parent=self.at(source.parent)) if self.root else source

    def plan(self, report: Report, needed: Iterable[str]) -> ReportPlan:
        groupings = tuple(self.grouping(grouping) for grouping in report.groupings_down + report.groupings_across)
        summaries = self.summaries(report)
        aggregates = tuple(self.aggregate(one, groupings) for one in self.asked(report, summaries, needed))
        columns = tuple(self.shown(column.field, column.label) for column in report.columns)
        filters = tuple(self.condition(one) for one in report.filters)
        absent = tuple(self.cross_filter(CrossFilter(related=path, without=True)) for path in self.view.absent)
        return ReportPlan(
            report=report, report_type=self.view.label, deployed=self.view.definition.deployed,
            columns=columns, groupings=groupings, across=len(report.groupings_across),
            aggregates=aggregates, summaries=summaries, shown=tuple(one.name for one in report.aggregates), filters=filters,
            absent=absent, having=tuple(self.having(one, aggregates) for one in report.having),
            logic=parse_logic(report.filter_logic) if report.filter_logic.strip() else all_of(len(filters)),
            sorts=tuple(self.sort(one.field, one.order == "descending") for one in report.sort),
            names=tuple(self.ref(self.view.follow(f"{source.prefix}name")) for source in self.view.sources.values()),
            settings=self.settings, sources=self.ordered_sources())

    def ordered_sources(self) -> tuple[ReportSource, ...]:
        """Parents before those that hang on them."""
        return tuple(sorted(self.sources.values(), key=lambda source: source.path.count(".") + (source.path != self.root)))

    def ref(self, found: ReportField, label: str = "") -> FieldRef:
        """A field's place in the plan; its lookups become sources."""
        if found.field.formula:
            return self.formula(found, label)
        if isinstance(found.made, Bucket):
            return self.bucket(found, found.made, label)
        field = found.field
        return FieldRef(self.at(found.source.path), field.name, found.path, label or found.label, field.type.name, field.family,
                        field.scale, self.guards(found))

    def guards(self, found: ReportField) -> tuple[tuple[str, str], ...]:
        """What one must be allowed to read to see a field of an object; its lookups become sources."""
        guards = []
        for lookup in map(self.placed, found.lookups):
            self.sources.setdefault(lookup.path, lookup)
            guards.append((self.sources[lookup.parent].object, lookup.via))
        return (*guards, (found.field.object, found.field.name))

    def bucket(self, found: ReportField, bucket: Bucket, label: str) -> FieldRef:
        """The field it is made of, called and typed as the bucket."""
        of = bucketed(self.view, bucket)
        cases = [(one.label, filter_value(of.field, "less_or_equal", one.up_to, self.today, self.settings)) for one in bucket.ranges]
        cases += [(one.label, tuple(filter_value(of.field, "equals", value, self.today, self.settings) for value in one.values))
                  for one in bucket.values]
        read = self.ref(of)
        made = PlannedBucket(read, tuple(cases), bool(bucket.ranges), bucket.other)
        return replace(read, path=found.path, label=label or found.label, type="picklist", family="picklist", made=made)

    def formula(self, found: ReportField, label: str) -> FieldRef:
        """A row formula, or a formula field of an object."""
        found_types, field = formula_at(self.view, found.path), found.field
        operands = tuple((name, self.operand(name)) for name in found_types.fields)
        guards = [guard for _, ref in operands for guard in ref.guards]
        for used in (found, *(read_field(self.view, name) for name in found_types.uses)):
            guards += self.guards(used) if used.made is None else ()
        made = PlannedFormula(found_types, context_of(self.settings, self.today), operands, field.scale)
        return FieldRef(self.at(found.source.path), "", found.path, label or found.label, field.type.name, field.family, field.scale,
                        tuple(dict.fromkeys(guards)), made)

    def operand(self, name: str) -> FieldRef:
        """What a formula reads of a field; of a lookup, the name of the record it points to."""
        found = read_field(self.view, name)
        return self.ref(found) if found.field.to is None else self.through(name, "name", found.label)

    def shown(self, path: str, label: str = "") -> FieldRef:
        """A column; a lookup is shown by the name of the record it points to."""
        found = self.view.find(path)
        if found.field.to is None:
            return self.ref(found, label)
        return self.through(path, "name", label or found.label)

    def through(self, path: str, field: str, label: str) -> FieldRef:
        """A field of the record a lookup points to, whether or not the report type offers it."""
        return self.ref(self.view.follow(f"{path}.{field}"), label)

    def value(self, found: ReportField) -> FieldRef:
        """What a field is grouped, aggregated and compared by; of a lookup the id of the record it points to, blank if that is hidden."""
        return self.ref(found) if found.field.to is None else replace(self.through(found.path, "id", found.label), path=found.path)

    def grouping(self, grouping: Grouping) -> PlannedGrouping:
        found, path = self.view.find(grouping.field), grouping.field
        planned = PlannedGrouping(
            self.ref(found), grouping.label or found.label, descending=grouping.order == "descending", values=found.field.values,
            order_by=grouping.order_by, top=grouping.top, show_empty=grouping.show_empty)
        if found.field.family in ("date", "datetime"):
            return replace(planned, granularity=grouping.date_granularity or "day")
        if found.field.to is None:
            return planned
        return replace(planned, key=self.value(found), shown=self.through(path, "name", found.label),
                       order=self.through(path, "position", found.label) if self.has_places(found.field) else None)

    def has_places(self, lookup: Field) -> bool:
        """Whether the records it points to have an order of their own, as stages do: a number `position` (a contact's is a job)."""
        position = self.schema.describe(lookup.to).fields.get("position") if lookup.to else None
        return position is not None and position.family == "number"

    def summaries(self, report: Report) -> tuple[PlannedSummary, ...]:
        found = checked(report.summary_formulas, operand_types(report, self.view), places_of(report)) if report.summary_formulas else {}
        return tuple(planned_summary(one, found[one.name], self.settings, self.today) for one in report.summary_formulas)

    def asked(self, report: Report, summaries: tuple[PlannedSummary, ...], needed: Iterable[str]) -> Iterator[Aggregate]:
        """The report's aggregates, and those that only formulas need."""
        found = {one.name: one for one in report.asked_aggregates}
        yield from found.values()
        for name in (*(name for one in summaries for name in one.formula.fields), *needed):
            read = operand(self.view, name)
            if read is not None and read.name not in found:
                found[read.name] = read
                yield read

    def aggregate(self, aggregate: Aggregate, groupings: tuple[PlannedGrouping, ...]) -> PlannedAggregate:
        name, path = aggregate.aggregate, aggregate.field
        shown = SHOW_AS[aggregate.show_as].label if aggregate.show_as else "{}"
        if path is None:
            return PlannedAggregate(aggregate.name, aggregate.label or shown.format("Record count"), name, None, show_as=aggregate.show_as)
        found = self.view.find(path)
        ref = self.value(found)
        counted = self.schema.describe(found.field.object).plural_label if name == "record_count" else found.label
        # What one record of the aggregate's source decides: itself, its parents, and whatever lookups lead to.
        decided = decided_by(ref.source, self.sources)
        rows = {source.path for source in self.view.sources.values()}
        row = AGGREGATES[name]
        repeats = row.repeats_matter and not rows <= decided
        in_one_group = not row.repeats_matter or all(grouping.key.source in decided for grouping in groupings)
        by = self.view.find(aggregate.by) if aggregate.by else None
        label = row.label.format(counted) + (f" by {by.label}" if by else "")
        return PlannedAggregate(aggregate.name, aggregate.label or shown.format(label), name, ref, repeats=repeats,
                                additive=row.merge is not None and in_one_group, by=self.ref(by) if by else None, show_as=aggregate.show_as)

    def having(self, having: Having, aggregates: tuple[PlannedAggregate, ...]) -> PlannedHaving:
        aggregate = next(one for one in aggregates if one.name == having.aggregate)
        field = figure_field(self.view, aggregate.aggregate, aggregate.field.path if aggregate.field else None)
        values = tuple(figure_value(field, having.operator, value, self.today, self.settings) for value in having.values)
        return PlannedHaving(aggregate, having.operator, values, filter_text(aggregate.label, having))

    def condition(self, condition: Filter | CrossFilter) -> PlannedFilter | PlannedCrossFilter:
        return self.filter(condition) if isinstance(condition, Filter) else self.cross_filter(condition)

    def cross_filter(self, condition: CrossFilter) -> PlannedCrossFilter:
        """The related records stand at a root of their own, "~1", "~2" ...: no path of the report's leads there."""
        parent, view, lookup = related_view(self.view, condition.related)
        inner = _Planner(view, self.settings, self.today, f"~{next(self.numbers)}", self.numbers)
        inner.sources[inner.root] = ReportSource(inner.root, view.definition.primary_object, "cross", self.at(parent.source.path), lookup)
        filters = tuple(inner.condition(one) for one in condition.filters)
        how_many = "without" if condition.without else "with" if condition.at_least == 1 else f"with at least {condition.at_least}"
        met = f" where {' and '.join(one.text for one in filters)}" if filters else ""
        return PlannedCrossFilter(inner.ordered_sources(), self.ref(parent), filters, condition.at_least, condition.without,
                                  f"{how_many} {view.label}{met}")

    def filter(self, condition: Filter) -> PlannedFilter:
        found = self.view.find(condition.field)
        if condition.other_field is not None:
            other = self.view.find(condition.other_field)
            return PlannedFilter(self.value(found), condition.operator, (), filter_text(found.label, condition, other.label),
                                 self.value(other))
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
