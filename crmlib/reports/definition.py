"""What analysts write: report types and reports, as they stand in YAML. Shape only; `validate` asks what it means.

The keys are explained in docs/reports.md; a test holds the two together.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, field_validator

from crmlib.definition import Definition


class RelatedObject(Definition):
    """A child relationship of the primary object or, dotted, of another related object (`opportunities.line_items`).

    required: "with" (records without one are left out); otherwise "with or without".
    """

    relationship: str
    required: bool = False


class SectionColumn(Definition):
    """A field of the report type: its path through relationships and lookups, and a label of its own if it needs one."""

    field: str
    label: str = ""


class Section(Definition):
    """Columns that stand together in the designer. A column is a field path, or `{field: path, label: ...}`."""

    label: str
    columns: tuple[SectionColumn, ...]

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        return _short_form(columns)


class ReportType(Definition):
    """Which objects with which fields a report has. Without sections: every field, through lookups of any depth."""

    label: str
    primary_object: str
    description: str = ""
    category: str = "Other"
    related_objects: tuple[RelatedObject, ...] = ()
    sections: tuple[Section, ...] = ()


class Column(Definition):
    """A column of a report: a field path, or `{field: path, label: ...}`."""

    field: str
    label: str = ""


class Grouping(Definition):
    """A level of grouping: by a field's value, or by the period its date falls into."""

    field: str
    date_granularity: str | None = None
    order: Literal["ascending", "descending"] = "ascending"


class Aggregate(Definition):
    """A figure per group: `{field: amount, aggregate: sum}`; record_count needs no field (rows) or an `id` (its records)."""

    aggregate: str
    field: str | None = None
    label: str = ""


FilterValue = bool | int | Decimal | date | datetime | str | None


class Filter(Definition):
    """A condition: several values mean any of them; an empty value asks for blank. All filters of a report must hold."""

    field: str
    operator: str = "equals"
    value: FilterValue | tuple[FilterValue, ...] = None

    @field_validator("value", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        """YAML reads 0.1 as a float; its digits are what was meant."""
        values = tuple(value) if isinstance(value, list | tuple) else (value,)
        if any(isinstance(one, list | tuple | dict | set) for one in values):
            raise ValueError("write one value, or a list of values")
        exact = tuple(Decimal(str(one)) if isinstance(one, float) else one for one in values)
        return exact if isinstance(value, list | tuple) else exact[0]

    @property
    def values(self) -> tuple[FilterValue, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Sort(Definition):
    """Order of the detail rows."""

    field: str
    order: Literal["ascending", "descending"] = "ascending"


class Report(Definition):
    """A report on a report type. Groupings make it a summary; without any it is tabular.

    show_details: the records themselves below their groups; tabular reports always show them.
    row_limit: only the first rows in the order of `sort`; totals are then of those rows.
    """

    label: str
    report_type: str
    description: str = ""
    format: Literal["tabular", "summary"] = "tabular"
    columns: tuple[Column, ...] = ()
    groupings_down: tuple[Grouping, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    row_limit: int | None = Field(default=None, ge=1)
    show_details: bool = False
    chart: Literal["auto", "column", "bar", "line", "stacked_column", "pie", "donut", "none"] = "auto"

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        return _short_form(columns)


def _short_form(columns: Any) -> Any:
    if not isinstance(columns, list | tuple):
        return columns
    return [{"field": column} if isinstance(column, str) else column for column in columns]


def to_yaml(definition: Report | ReportType) -> str:
    """The definition as an analyst would write it: only what differs from the defaults, columns in short form."""
    import yaml

    content = definition.model_dump(mode="json", exclude_defaults=True)
    for holder in (content, *content.get("sections", ())):
        if "columns" in holder:
            holder["columns"] = [column if column.get("label") else column["field"] for column in holder["columns"]]
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
