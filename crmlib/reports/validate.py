"""Asks whether a report means something: every name exists, every value fits, what goes together goes together.

`validate` yields all problems, each with the line it stands at; it never raises and never stops at the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from crmlib.definition import NOWHERE, Source
from crmlib.errors import DefinitionError, NotFound, Problem, did_you_mean
from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.reports.aggregates import AGGREGATES, OFFERED, ORDERED
from crmlib.reports.aggregates import Aggregate as AggregateRow
from crmlib.reports.charts import chart_problems
from crmlib.reports.conditional_formats import format_problems
from crmlib.reports.definition import Aggregate, CrossFilter, Filter, Grouping, Having, Report, SummaryFormula
from crmlib.reports.filter_logic import check_logic
from crmlib.reports.filter_values import is_open, value_problems
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.made_fields import check_made
from crmlib.reports.make_plan import figure_field, related_view
from crmlib.reports.operators import OPERATORS, Operator
from crmlib.reports.parameters import ask_problems, asked_by
from crmlib.reports.report_types import ReportField, ReportTypeView, decided_by
from crmlib.reports.show_as import SHOW_AS
from crmlib.reports.summary_formulas import checked, needs_order, operand_types, places_of, told_of


def validate(report: Report, view: ReportTypeView, settings: Settings, today: date, source: Source) -> Iterator[Problem]:
    """Everything that is wrong with a report on this report type."""
    view = view.with_fields_of(report)
    check = _Check(report, view, settings, today, source)
    yield from check.made()
    yield from check.format()
    yield from check.columns()
    yield from check.groupings()
    yield from check.aggregates()
    yield from check.filters()
    yield from check.having()
    yield from ask_problems(asked_by(report, view), source)
    yield from check.sorts()
    numbers = check.numbers()
    names = [one.name for one in report.aggregates]
    yield from chart_problems(report, names, numbers, source)
    yield from format_problems(report, names, numbers.keys(), source)


def numbers_of(report: Report, view: ReportTypeView, settings: Settings, today: date) -> dict[str, bool]:
    """The aggregates that are numbers, by name, and whether they add up to those of the whole."""
    return _Check(report, view.with_fields_of(report), settings, today, NOWHERE).numbers()


class _Check:
    def __init__(self, report: Report, view: ReportTypeView, settings: Settings, today: date, source: Source) -> None:
        self.report, self.view, self.settings, self.today, self.source = report, view, settings, today, source
        self.found: ReportField | None = None

    def field(self, path: str, *place: str | int) -> Iterator[Problem]:
        """Looks the field up; it is in `self.found` afterwards, or None with a problem told."""
        try:
            self.found = self.view.find(path)
        except (NotFound, DefinitionError) as error:
            self.found = None
            made_here = {one.name for one in self.report.buckets} | {one.name for one in self.report.formulas}
            for problem in error.problems if path not in made_here else ():  # told where it is made
                yield Problem(problem.code, problem.message, self.source.place(*place, "field"), problem.hint)

    def made(self) -> Iterator[Problem]:
        """Buckets and formulas; those of the report type are checked with it."""
        named = {one.name: (key, index) for key in ("buckets", "formulas") for index, one in enumerate(getattr(self.report, key))}
        for name, problem in check_made(self.view):
            if name in named:
                yield replace(problem, where=self.source.place(*named[name]))

    def format(self) -> Iterator[Problem]:
        report = self.report
        fitting = report.fitting_format
        if report.groupings_across and not report.groupings_down:
            yield Problem("format", "a matrix needs a grouping down as well as across", self.source.place("groupings_across"),
                          "add groupings_down")
        elif report.format != fitting:
            groupings = {"matrix": "groupings down and across", "summary": "groupings down", "tabular": "no groupings"}
            where = {"matrix": "groupings_across", "summary": "groupings_down", "tabular": "format"}[fitting]
            yield Problem("format", f"a {report.format} report has {groupings[report.format]}, this one has {groupings[fitting]}",
                          self.source.place(where), f"write format: {fitting}, or change the groupings")
        if not report.columns and not report.aggregates:
            yield Problem("empty", "the report shows nothing", self.source.place(), "add columns or aggregates")

    def columns(self) -> Iterator[Problem]:
        seen = set()
        for index, column in enumerate(self.report.columns):
            if column.field in seen:
                yield Problem("twice", f"column {column.field!r} stands here a second time", self.source.place("columns", index))
            seen.add(column.field)
            yield from self.field(column.field, "columns", index)

    def groupings(self) -> Iterator[Problem]:
        seen = set()
        aggregates = [one.name for one in self.report.aggregates]
        for direction, index, grouping in self.directions():
            place = (direction, index)
            if (grouping.field, grouping.date_granularity) in seen:
                yield Problem("twice", f"grouping {grouping.field!r} stands here a second time", self.source.place(*place))
            seen.add((grouping.field, grouping.date_granularity))
            yield from self.field(grouping.field, *place)
            name = grouping.date_granularity
            if name is not None and name not in GRANULARITIES:
                yield Problem("unknown-granularity", f"there is no date granularity {name!r}",
                              self.source.place(*place, "date_granularity"),
                              did_you_mean(name, GRANULARITIES) or f"granularities: {', '.join(GRANULARITIES)}")
            elif name is not None and self.found and self.found.field.family not in GRANULARITIES[name].families:
                yield Problem("not-a-date", f"{self.found.label} has no {name}: it is a {self.found.field.type.label.lower()} field",
                              self.source.place(*place, "date_granularity"))
            if grouping.order_by is not None and grouping.order_by not in aggregates:
                yield Problem("unknown-aggregate", f"the report has no aggregate {grouping.order_by!r} to order groups by",
                              self.source.place(*place, "order_by"),
                              did_you_mean(grouping.order_by, aggregates) or f"aggregates: {', '.join(aggregates)}")
            yield from self.top(grouping, place)
            if self.found and grouping.show_empty and not (self.found.field.family in ("date", "datetime") or self.found.field.values):
                yield Problem("no-empty-groups", f"which values of {self.found.label} are missing, nobody can say",
                              self.source.place(*place, "show_empty"), "dates and picklists can show empty groups")
            if self.found and self.found.field.family == "multi_picklist":
                yield Problem("not-groupable", f"{self.found.label} has several values per record, which would stand in several groups",
                              self.source.place(*place))

    def show_as(self, aggregate: Aggregate | SummaryFormula, row: AggregateRow | None, place: tuple[str | int, ...]) -> Iterator[Problem]:
        if aggregate.show_as is None:
            return
        shown = SHOW_AS.get(aggregate.show_as)
        if shown is None:
            yield Problem("unknown-show-as", f"a figure can't be shown as {aggregate.show_as!r}", self.source.place(*place, "show_as"),
                          did_you_mean(aggregate.show_as, SHOW_AS) or f"it can be: {', '.join(SHOW_AS)}")
        elif shown.needs_whole and (not row.adds_up if row else isinstance(aggregate, SummaryFormula)):
            fitting = [one.name for one in AGGREGATES.values() if one.adds_up]
            what = row.name if row else "a formula"
            yield Problem("meaningless-share", f"{what} has no parts that make a whole, so {aggregate.show_as} means nothing",
                          self.source.place(*place, "show_as"), f"aggregates that have: {', '.join(fitting)}")
        elif shown.needs_number and aggregate.name not in self.numbers():
            yield Problem("meaningless-share", f"{aggregate.name} is no number, so {aggregate.show_as} means nothing",
                          self.source.place(*place, "show_as"), "dates and texts can be shown as rank")

    def top(self, grouping: Grouping, place: tuple[str | int, ...]) -> Iterator[Problem]:
        if grouping.top is None:
            return
        if grouping.order_by is None:
            yield Problem("top-of-what", "top needs a figure to go by", self.source.place(*place, "top"), "add order_by")
        elif self.found and self.found.field.family in ORDERED:
            yield Problem("top-of-what", f"{self.found.label} has an order of its own, in which there is no place for Other",
                          self.source.place(*place, "top"), "use a filter")
        yield from self.window(grouping.order_by, self.source.place(*place, "order_by"))

    def window(self, name: str | None, where: str) -> Iterator[Problem]:
        """Whether groups can be left out by this aggregate."""
        aggregate = next((one for one in self.report.aggregates if one.name == name), None)
        row = AGGREGATES.get(aggregate.aggregate) if isinstance(aggregate, Aggregate) else None
        if isinstance(aggregate, SummaryFormula) or (row and row.window is None):
            kind = "a formula" if isinstance(aggregate, SummaryFormula) else aggregate.aggregate if aggregate else ""
            yield Problem("unfit-aggregate", f"groups can't be left out by {kind}", where,
                          f"aggregates that fit: {', '.join(one.name for one in AGGREGATES.values() if one.window)}")

    def having(self) -> Iterator[Problem]:
        for index, condition in enumerate(self.report.having):
            place = ("having", index)
            aggregate = next((one for one in self.report.aggregates if one.name == condition.aggregate), None)
            if aggregate is None:
                names = [one.name for one in self.report.aggregates]
                yield Problem("unknown-aggregate", f"the report has no aggregate {condition.aggregate!r}",
                              self.source.place(*place, "aggregate"),
                              did_you_mean(condition.aggregate, names) or f"aggregates: {', '.join(names)}")
                continue
            if not self.report.groupings_down:
                yield Problem("no-groups", "there are no groups to leave out", self.source.place(*place),
                              "add groupings_down, or use filters")
            yield from self.window(condition.aggregate, self.source.place(*place, "aggregate"))
            if isinstance(aggregate, Aggregate):
                yield from self.compared(condition, aggregate, place)

    def compared(self, condition: Having, aggregate: Aggregate, place: tuple[str | int, ...]) -> Iterator[Problem]:
        row = OPERATORS.get(condition.operator)
        if row is None or row.compare is None:
            fitting = [name for name, one in OPERATORS.items() if one.compare]
            yield Problem("unknown-operator", f"a figure can't be compared by {condition.operator!r}",
                          self.source.place(*place, "operator"),
                          did_you_mean(condition.operator, fitting) or f"operators: {', '.join(fitting)}")
        try:
            field = figure_field(self.view, aggregate.aggregate, aggregate.field) if aggregate.aggregate in AGGREGATES else None
        except NotFound:
            return  # told where the aggregate stands
        yield from self.values(aggregate.name, field, condition, place)

    def values(self, label: str, field: Field | None, condition: Filter | Having, place: tuple[str | int, ...]) -> Iterator[Problem]:
        if not is_open(condition):
            for problem in value_problems(label, field, condition, self.today, self.settings):
                yield replace(problem, where=self.source.place(*place, "value"))

    def directions(self) -> Iterator[tuple[str, int, Grouping]]:
        for direction in ("groupings_down", "groupings_across"):
            for index, grouping in enumerate(getattr(self.report, direction)):
                yield direction, index, grouping

    def aggregates(self) -> Iterator[Problem]:
        seen = set()
        for index, aggregate in enumerate(self.report.aggregates):
            place = ("aggregates", index)
            if aggregate.name in seen:
                yield Problem("twice", f"{aggregate.name!r} stands here a second time", self.source.place(*place))
            seen.add(aggregate.name)
            if isinstance(aggregate, SummaryFormula):
                yield from self.show_as(aggregate, None, place)
                continue
            row = AGGREGATES.get(aggregate.aggregate)
            if row is None:
                yield Problem("unknown-aggregate", f"there is no aggregate {aggregate.aggregate!r}", self.source.place(*place, "aggregate"),
                              did_you_mean(aggregate.aggregate, AGGREGATES) or f"aggregates: {', '.join(OFFERED)}")
            yield from self.show_as(aggregate, row, place)
            if aggregate.field is None:
                if row is not None and row.name != "record_count":
                    yield Problem("missing-key", f"{row.name} needs a field", self.source.place(*place))
                continue
            yield from self.field(aggregate.field, *place)
            if row and self.found and self.found.field.family not in row.families:
                yield Problem("meaningless-aggregate", f"{row.label.format(self.found.label)} means nothing: {self.found.label} is a "
                              f"{self.found.field.type.label.lower()} field", self.source.place(*place),
                              f"{row.name} takes {', '.join(row.families)} fields")
            yield from self.by(aggregate, row, self.found, place)
        yield from self.summary_formulas()

    def by(self, aggregate: Aggregate, row: AggregateRow | None, counted: ReportField | None,
           place: tuple[str | int, ...]) -> Iterator[Problem]:
        """The field that says which record is the first or last one."""
        if row is None or (aggregate.by is None and not row.needs_by):
            return
        if not row.needs_by:
            yield Problem("needless-by", f"{row.name} takes no second field", self.source.place(*place, "by"), "leave out by")
        elif aggregate.by is None:
            yield Problem("missing-key", f"the {row.name} by what?", self.source.place(*place), "add by: close_date, or another date")
        else:
            yield from (replace(problem, where=self.source.place(*place, "by")) for problem in self.field(aggregate.by, *place))
            if self.found and self.found.field.family not in ORDERED:
                yield Problem("meaningless-aggregate", f"nothing is first or last by {self.found.label}, a "
                              f"{self.found.field.type.label.lower()} field", self.source.place(*place, "by"), "use a date or a number")
            elif self.found and counted and self.found.source.path not in self.decided(counted):
                yield Problem("meaningless-aggregate", f"one record of {counted.label} can have several of {self.found.label}",
                              self.source.place(*place, "by"), "use a date of the same record")

    def decided(self, counted: ReportField) -> set[str]:
        """The sources of which each record of the counted field's source has exactly one."""
        lookups = (*counted.lookups, *(self.found.lookups if self.found else ()))
        sources = {source.path: source for source in (*self.view.tree.values(), *lookups)}
        return decided_by(counted.source.path, sources)

    def summary_formulas(self) -> Iterator[Problem]:
        formulas = self.report.summary_formulas
        if not formulas:
            return
        try:
            found = checked(formulas, operand_types(self.report, self.view), places_of(self.report))
        except DefinitionError as error:
            index = {one.name: place for place, one in enumerate(self.report.aggregates)}
            for name, problem in map(told_of, error.problems):
                yield replace(problem, where=self.source.place("aggregates", index[name], "formula"))
            return
        for direction, number, grouping in self.directions():
            if grouping.order_by in found and needs_order(found[grouping.order_by]):
                yield Problem("unfit-aggregate", f"groups can't be ordered by {grouping.order_by}, which reads the groups before each",
                              self.source.place(direction, number, "order_by"))

    def filters(self) -> Iterator[Problem]:
        yield from self.conditions(self.report.filters, ())
        if self.report.filter_logic.strip():
            yield from check_logic(self.report.filter_logic, len(self.report.filters), self.source.place("filter_logic"))

    def conditions(self, filters: tuple[Filter | CrossFilter, ...], around: tuple[str | int, ...]) -> Iterator[Problem]:
        for index, condition in enumerate(filters):
            place = (*around, "filters", index)
            if isinstance(condition, CrossFilter):
                yield from self.cross_filter(condition, place)
            else:
                yield from self.filter(condition, place)

    def cross_filter(self, condition: CrossFilter, place: tuple[str | int, ...]) -> Iterator[Problem]:
        try:
            _, view, _ = related_view(self.view, condition.related)
        except NotFound as error:
            yield from (replace(problem, where=self.source.place(*place, "related")) for problem in error.problems)
            return
        inner = _Check(self.report, view, self.settings, self.today, self.source)
        yield from inner.conditions(condition.filters, place)

    def filter(self, condition: Filter, place: tuple[str | int, ...]) -> Iterator[Problem]:
        row = OPERATORS.get(condition.operator)
        if row is None:
            yield Problem("unknown-operator", f"there is no operator {condition.operator!r}", self.source.place(*place, "operator"),
                          did_you_mean(condition.operator, OPERATORS) or f"operators: {', '.join(OPERATORS)}")
        yield from self.field(condition.field, *place)
        if self.found is None:
            return
        field, label = self.found.field, self.found.label
        if condition.other_field is not None:
            yield from self.two_fields(condition, row, self.found, place)
            return
        if field.to:
            field = self.view.schema.describe(field.to).field("name")
        if row and field.family not in row.families:
            fitting = [name for name, other in OPERATORS.items() if field.family in other.families]
            yield Problem("unfit-operator", f"{label} is a {field.type.label.lower()} field and can't be asked whether it {row.label}",
                          self.source.place(*place, "operator"), f"operators that fit: {', '.join(fitting)}")
            return
        if not condition.values and not condition.ask:
            yield Problem("missing-key", "the filter has an empty list of values", self.source.place(*place, "value"))
        yield from self.values(label, field, condition, place)

    def two_fields(self, condition: Filter, row: Operator | None, first: ReportField, place: tuple[str | int, ...]) -> Iterator[Problem]:
        """A field compared with another one of the same kind."""
        where = self.source.place(*place, "other_field")
        if condition.value is not None:
            yield Problem("two-values", "a filter has a value or another field, not both", where)
        yield from (replace(problem, where=where) for problem in self.field(condition.other_field or "", *place))
        if self.found and (self.found.field.family, self.found.field.to) != (first.field.family, first.field.to):
            yield Problem("unlike-fields", f"{first.label} is a {first.field.type.label.lower()} field and {self.found.label} a "
                          f"{self.found.field.type.label.lower()} field", where, "compare fields of one kind")
        elif row and (row.compare is None or first.field.family not in (*row.families, "lookup")):
            yield Problem("unfit-operator", f"two fields can't be asked whether one {row.label} the other", where)

    def numbers(self) -> dict[str, bool]:
        """The aggregates that are numbers, or may be meant as such, by name; whether they add up to those of the whole."""
        found = {}
        for one in self.report.aggregates:
            if isinstance(one, SummaryFormula):
                if one.type in ("number", "currency", "percent"):
                    found[one.name] = False
                continue
            row, fields = AGGREGATES.get(one.aggregate), list(self.field(one.field)) if one.field else []
            field = self.found if one.field and not fields else None
            if field is None or field.field.family == "number" or (row and row.result_type):
                found[one.name] = one.show_as is None and (row is None or row.adds_up)
        return found

    def sorts(self) -> Iterator[Problem]:
        for index, sort in enumerate(self.report.sort):
            yield from self.field(sort.field, "sort", index)
        if self.report.row_limit and not self.report.sort:
            yield Problem("limit-without-order", "a row limit needs a sort, or which rows it keeps would be chance",
                          self.source.place("row_limit"), "add sort")
