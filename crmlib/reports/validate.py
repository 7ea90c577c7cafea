"""Asks whether a report means something: every name exists, every value fits, what goes together goes together.

`validate` yields all problems, each with the line it stands at; it never raises and never stops at the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from crmlib.definition import Source
from crmlib.errors import NotFound, Problem, did_you_mean
from crmlib.model.org import Settings
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.definition import Report
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.plan import filter_value
from crmlib.reports.report_types import ReportField, ReportTypeView

MOST_GROUPINGS = 3


def validate(report: Report, view: ReportTypeView, settings: Settings, today: date, source: Source) -> Iterator[Problem]:
    """Everything that is wrong with a report on this report type."""
    check = _Check(report, view, settings, today, source)
    yield from check.format()
    yield from check.columns()
    yield from check.groupings()
    yield from check.aggregates()
    yield from check.filters()
    yield from check.sorts()


class _Check:
    def __init__(self, report: Report, view: ReportTypeView, settings: Settings, today: date, source: Source) -> None:
        self.report, self.view, self.settings, self.today, self.source = report, view, settings, today, source
        self.found: ReportField | None = None

    def field(self, path: str, *place: str | int) -> Iterator[Problem]:
        """Looks the field up; it is in `self.found` afterwards, or None with a problem told."""
        try:
            self.found = self.view.find(path)
        except NotFound as error:
            self.found = None
            for problem in error.problems:
                yield Problem(problem.code, problem.message, self.source.place(*place, "field"), problem.hint)

    def format(self) -> Iterator[Problem]:
        report = self.report
        if report.format == "tabular" and report.groupings_down:
            yield Problem("format", "a tabular report has no groupings", self.source.place("groupings_down"), "write format: summary")
        if report.format == "summary" and not report.groupings_down:
            yield Problem("format", "a summary report needs a grouping", self.source.place("format"),
                          "add groupings_down, or write format: tabular")
        if not report.columns and not report.aggregates:
            yield Problem("empty", "the report shows nothing", self.source.place(), "add columns or aggregates")
        if len(report.groupings_down) > MOST_GROUPINGS:
            yield Problem("too-many-groupings", f"{len(report.groupings_down)} groupings; at most {MOST_GROUPINGS}",
                          self.source.place("groupings_down"))

    def columns(self) -> Iterator[Problem]:
        seen = set()
        for index, column in enumerate(self.report.columns):
            if column.field in seen:
                yield Problem("twice", f"column {column.field!r} stands here a second time", self.source.place("columns", index))
            seen.add(column.field)
            yield from self.field(column.field, "columns", index)

    def groupings(self) -> Iterator[Problem]:
        seen = set()
        for index, grouping in enumerate(self.report.groupings_down):
            place = ("groupings_down", index)
            if (grouping.field, grouping.date_granularity) in seen:
                yield Problem("twice", f"grouping {grouping.field!r} stands here a second time", self.source.place(*place))
            seen.add((grouping.field, grouping.date_granularity))
            yield from self.field(grouping.field, *place)
            name = grouping.date_granularity
            if name is not None and name not in GRANULARITIES:
                yield Problem("unknown-granularity", f"there is no date granularity {name!r}",
                              self.source.place(*place, "date_granularity"),
                              did_you_mean(name, GRANULARITIES) or f"granularities: {', '.join(GRANULARITIES)}")
            elif name is not None and self.found and self.found.field.family not in ("date", "datetime"):
                yield Problem("not-a-date", f"{self.found.label} is no date and has no {name}",
                              self.source.place(*place, "date_granularity"))
            if self.found and self.found.field.family == "multi_picklist":
                yield Problem("not-groupable", f"{self.found.label} has several values per record, which would stand in several groups",
                              self.source.place(*place))

    def aggregates(self) -> Iterator[Problem]:
        seen = set()
        for index, aggregate in enumerate(self.report.aggregates):
            place = ("aggregates", index)
            if (aggregate.aggregate, aggregate.field) in seen:
                yield Problem("twice", f"{aggregate.aggregate} of {aggregate.field} stands here a second time", self.source.place(*place))
            seen.add((aggregate.aggregate, aggregate.field))
            row = AGGREGATES.get(aggregate.aggregate)
            if row is None:
                yield Problem("unknown-aggregate", f"there is no aggregate {aggregate.aggregate!r}", self.source.place(*place, "aggregate"),
                              did_you_mean(aggregate.aggregate, AGGREGATES) or f"aggregates: {', '.join(AGGREGATES)}")
            if aggregate.field is None:
                if row is not None and row.name != "record_count":
                    yield Problem("missing-key", f"{row.name} needs a field", self.source.place(*place))
                continue
            yield from self.field(aggregate.field, *place)
            if row and self.found and self.found.field.family not in row.families:
                yield Problem("meaningless-aggregate", f"{row.label.format(self.found.label)} means nothing: {self.found.label} is a "
                              f"{self.found.field.type.label.lower()} field", self.source.place(*place),
                              f"{row.name} takes {', '.join(row.families)} fields")

    def filters(self) -> Iterator[Problem]:
        for index, condition in enumerate(self.report.filters):
            place = ("filters", index)
            row = OPERATORS.get(condition.operator)
            if row is None:
                yield Problem("unknown-operator", f"there is no operator {condition.operator!r}", self.source.place(*place, "operator"),
                              did_you_mean(condition.operator, OPERATORS) or f"operators: {', '.join(OPERATORS)}")
            yield from self.field(condition.field, *place)
            if self.found is None:
                continue
            field = self.found.field
            if field.to:
                field = self.view.schema.describe(field.to).field("name")
            if row and field.family not in row.families:
                fitting = [name for name, other in OPERATORS.items() if field.family in other.families]
                yield Problem("unfit-operator", f"{self.found.label} is a {field.type.label.lower()} field and can't be asked whether it "
                              f"{row.label}", self.source.place(*place, "operator"), f"operators that fit: {', '.join(fitting)}")
                continue
            if not condition.values:
                yield Problem("missing-key", "the filter has an empty list of values", self.source.place(*place, "value"))
            for value in condition.values:
                try:
                    taken = filter_value(field, row.name if row else "equals", value, self.today, self.settings)
                    if taken is None and row and not row.takes_blank:
                        yield Problem("missing-value", f"{self.found.label} {row.label} what?", self.source.place(*place), "give a value")
                except ValueError as error:
                    hint = did_you_mean(str(value), field.values) if field.values else ""
                    yield Problem("bad-value", f"{self.found.label}: {error}", self.source.place(*place, "value"), hint)

    def sorts(self) -> Iterator[Problem]:
        for index, sort in enumerate(self.report.sort):
            yield from self.field(sort.field, "sort", index)
        if self.report.row_limit and not self.report.sort:
            yield Problem("limit-without-order", "a row limit needs a sort, or which rows it keeps would be chance",
                          self.source.place("row_limit"), "add sort")
