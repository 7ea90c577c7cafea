"""What analysts write: report types and reports, as they stand in YAML. Shape only; `validate` asks what it means.

The keys are explained in docs/reports.md; a test holds the two together.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from crmlib.definition import Definition


class RelatedObject(Definition):
    """A child relationship of the primary object or, dotted, of another related object or of what a lookup leads to
    (`opportunities.line_items`, `members.contact.cases`).

    join: with, rows that have no such record are left out; with_or_without, they stay; without, only they are left.
    """

    relationship: str
    join: Literal["with", "with_or_without", "without"] = "with_or_without"


class SectionColumn(Definition):
    """A field of the report type: its path through relationships and lookups, and a label of its own if it needs one.

    default: a new report begins with it as a column.
    """

    field: str
    label: str = ""
    default: bool = False


class Section(Definition):
    """Columns that stand together in the designer. A column is a field path, or `{field: path, label: ...}`."""

    label: str
    columns: tuple[SectionColumn, ...]

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        return _short_form(columns)


FilterValue = bool | int | Decimal | date | datetime | str | None


class BucketRange(Definition):
    """Values up to and including `up_to` that no range before took; without it, all that are left. Dates may be relative."""

    label: str
    up_to: FilterValue = None


class BucketValues(Definition):
    """These values, text without case."""

    label: str
    values: tuple[str, ...]


class Bucket(Definition):
    """A field whose values are thrown together under labels: numbers and dates by `ranges`, text and picklists by `values`.

    other: what all that is in no bucket is called; blank stays blank.
    """

    name: str
    field: str
    label: str = ""
    ranges: tuple[BucketRange, ...] = ()
    values: tuple[BucketValues, ...] = ()
    other: str = "Other"


class SharedBuckets(Definition):
    """Buckets that every report type has where it has this object's fields; the file is called as the object."""

    buckets: tuple[Bucket, ...]


class RowFormula(Definition):
    """A field calculated for each row: `{name: margin, formula: amount - line_items.total_price, type: currency}`.

    blank_as: whether a blank number counts as 0 or makes the result blank.
    """

    name: str
    formula: str
    label: str = ""
    type: Literal["number", "currency", "percent", "text", "date", "datetime", "boolean"] = "number"
    scale: int = Field(default=2, ge=0, le=9)
    blank_as: Literal["zero", "blank"] = "zero"


class SummaryFormula(RowFormula):
    """A figure calculated of a report's other figures: `{name: average_deal, formula: "amount:sum / record_count", type: currency}`."""

    show_as: str | None = None


class ReportType(Definition):
    """Which objects with which fields a report has. Without sections: every field, through lookups of any depth.

    deployed: ready for everybody; otherwise in development, for those who build report types.
    """

    label: str
    primary_object: str
    description: str = ""
    category: str = "Other"
    deployed: bool = True
    related_objects: tuple[RelatedObject, ...] = ()
    sections: tuple[Section, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    formulas: tuple[RowFormula, ...] = ()


class Column(Definition):
    """A column of a report: a field path, or `{field: path, label: ...}`."""

    field: str
    label: str = ""


class Grouping(Definition):
    """A level of grouping: by a field's value, or by the period its date falls into.

    label: what its groups are called together, unless it is the field's own label.
    order_by: sort groups by an aggregate of the report ("amount:sum", "record_count") instead of by their label.
    top: of groups ordered by a figure, only so many; the others stand together as "Other".
    show_empty: also periods without records between the first and the last, or picklist values that no record has.
    """

    field: str
    label: str = ""
    date_granularity: str | None = None
    order: Literal["ascending", "descending"] = "ascending"
    order_by: str | None = None
    top: int | None = Field(default=None, ge=1)
    show_empty: bool = False


class Aggregate(Definition):
    """A figure per group: `{field: amount, aggregate: sum}`; record_count needs no field (rows) or an `id` (its records).

    by: of `first` and `last`, the date or number that says which record is the first or last one.
    show_as: not the figure itself, but what it is to others: a share of a total, a running total, a rank ...
    """

    aggregate: str
    field: str | None = None
    by: str | None = None
    label: str = ""
    show_as: str | None = None

    @property
    def name(self) -> str:
        """What groupings, sorting and results call it: "amount:sum", "amount:last:close_date", "record_count"."""
        return ":".join(part for part in (self.field, self.aggregate, self.by, self.show_as) if part)


def _kind_of_aggregate(value: Any) -> str:
    is_formula = "formula" in value if isinstance(value, dict) else isinstance(value, SummaryFormula)
    return "SummaryFormula" if is_formula else "Aggregate"


AnyAggregate = Annotated[Annotated[Aggregate, Tag("Aggregate")] | Annotated[SummaryFormula, Tag("SummaryFormula")],
                         Discriminator(_kind_of_aggregate)]


def _exact_value(value: Any) -> Any:
    """YAML reads 0.1 as a float; its digits are what was meant."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if any(isinstance(one, list | tuple | dict | set) for one in values):
        raise ValueError("write one value, or a list of values")
    exact = tuple(Decimal(str(one)) if isinstance(one, float) else one for one in values)
    return exact if isinstance(value, list | tuple) else exact[0]


class Filter(Definition):
    """A condition: several values mean any of them; an empty value asks for blank.

    other_field: compare with this field of the same row instead of a value.
    ask: the value is asked for under this label when the report runs; what stands here is what is taken unless said
    otherwise, and nothing that all is kept. Conditions with the same label share one answer.
    """

    field: str
    operator: str = "equals"
    value: FilterValue | tuple[FilterValue, ...] = None
    other_field: str | None = None
    ask: str = ""

    _exact = field_validator("value", mode="before")(_exact_value)

    @property
    def values(self) -> tuple[FilterValue, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)


class CrossFilter(Definition):
    """A condition on related records: `{related: calls, at_least: 3, filters: [{field: direction, value: Inbound}]}`.

    related: a child relationship of the primary object or, dotted, of what a lookup or related object leads to.
    without: there must be none. filters: what the related records must meet, fields seen from them; may be nested.
    """

    related: str
    without: bool = False
    at_least: int = Field(default=1, ge=1)
    filters: tuple[AnyFilter, ...] = ()


def _kind_of_filter(value: Any) -> str:
    related = "related" in value if isinstance(value, dict) else isinstance(value, CrossFilter)
    return "CrossFilter" if related else "Filter"


AnyFilter = Annotated[Annotated[Filter, Tag("Filter")] | Annotated[CrossFilter, Tag("CrossFilter")], Discriminator(_kind_of_filter)]


class Having(Definition):
    """A condition on a figure of the innermost groups down: groups that do not meet it are left out, of totals too.

    ask: as of a filter.
    """

    aggregate: str
    operator: str = "greater_than"
    value: FilterValue | tuple[FilterValue, ...] = None
    ask: str = ""

    _exact = field_validator("value", mode="before")(_exact_value)

    @property
    def values(self) -> tuple[FilterValue, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Sort(Definition):
    """Order of the detail rows."""

    field: str
    order: Literal["ascending", "descending"] = "ascending"


class Chart(Definition):
    """How a report is drawn: the name of a kind of chart, or `{type: combined, values: ["amount:sum", record_count]}`.

    x, series: groupings by field path ("close_date", "close_date:month"). values: aggregates by name. Unsaid, what fits
    is taken. target: what a gauge's figure is to reach.
    """

    type: str = "auto"
    x: str | None = None
    series: str | None = None
    values: tuple[str, ...] = ()
    target: Decimal | None = None


class LookRule(Definition):
    """A look for figures within bounds: `{less_than: 1000, look: bad}`."""

    less_than: Decimal | None = None
    greater_or_equal: Decimal | None = None
    look: str


class ConditionalFormat(Definition):
    """Looks of an aggregate's figures; the first rule that holds counts. totals: those of totals too."""

    aggregate: str
    rules: tuple[LookRule, ...] = ()
    totals: bool = False


class Report(Definition):
    """A report on a report type. Groupings down make it a summary, groupings across as well a matrix; without any it is tabular.

    filter_logic: how the filters, counted from 1, go together: "1 AND (2 OR NOT 3)"; unless said, all must hold.
    scope: whose records of the primary object: all that may be seen, the running user's own, or theirs and their team's.
    format: unsaid, what the groupings make of it. blocks: of a joined report, the reports that it shows side by side.
    show_details: the records themselves below their groups; tabular reports always show them.
    row_limit: only the first rows in the order of `sort`; totals are then of those rows.
    """

    label: str
    report_type: str = ""
    description: str = ""
    format: Literal["tabular", "summary", "matrix", "joined"] = "tabular"
    blocks: tuple[Block, ...] = ()
    columns: tuple[Column, ...] = ()
    groupings_down: tuple[Grouping, ...] = ()
    groupings_across: tuple[Grouping, ...] = ()
    aggregates: tuple[AnyAggregate, ...] = ()
    filters: tuple[AnyFilter, ...] = ()
    filter_logic: str = ""
    scope: Literal["all", "mine", "team"] = "all"
    buckets: tuple[Bucket, ...] = ()
    formulas: tuple[RowFormula, ...] = ()
    having: tuple[Having, ...] = ()
    sort: tuple[Sort, ...] = ()
    row_limit: int | None = Field(default=None, ge=1)
    show_details: bool = False
    chart: Chart = Chart()
    conditional_formats: tuple[ConditionalFormat, ...] = ()

    @property
    def fitting_format(self) -> str:
        """What blocks and groupings make of it."""
        if self.blocks:
            return "joined"
        return "matrix" if self.groupings_across else "summary" if self.groupings_down else "tabular"

    @property
    def asked_aggregates(self) -> tuple[Aggregate, ...]:
        """Those that the data is asked for."""
        return tuple(one for one in self.aggregates if isinstance(one, Aggregate))

    @property
    def summary_formulas(self) -> tuple[SummaryFormula, ...]:
        """Those that are calculated of others."""
        return tuple(one for one in self.aggregates if isinstance(one, SummaryFormula))

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        return _short_form(columns)

    @model_validator(mode="before")
    @classmethod
    def _fitting_format(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "format" in content:
            return content
        fitting = next((name for key, name in (("blocks", "joined"), ("groupings_across", "matrix"), ("groupings_down", "summary"))
                        if content.get(key)), "tabular")
        return {**content, "format": fitting}

    @field_validator("chart", mode="before")
    @classmethod
    def _chart_by_name(cls, chart: Any) -> Any:
        return {"type": chart} if isinstance(chart, str) else chart


class Block(Report):
    """A report within a joined one. name: what formulas call it, as in `plan#amount:sum`.

    All blocks have groupings of the same kinds, by which their groups are brought together. What is drawn, and whether
    records are shown, the joined report says.
    """

    name: str


Report.model_rebuild()


def _short_form(columns: Any) -> Any:
    if not isinstance(columns, list | tuple):
        return columns
    return [{"field": column} if isinstance(column, str) else column for column in columns]


def to_yaml(definition: Report | ReportType | SharedBuckets) -> str:
    """The definition as an analyst would write it: only what differs from the defaults, columns in short form."""
    import yaml

    content = definition.model_dump(mode="json", exclude_defaults=True)
    for holder in (content, *content.get("sections", ()), *content.get("blocks", ())):
        if "columns" in holder:
            holder["columns"] = [column if len(column) > 1 else column["field"] for column in holder["columns"]]
    if isinstance(definition, Report) and content.get("chart", {}).keys() == {"type"}:
        content["chart"] = content["chart"]["type"]
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
