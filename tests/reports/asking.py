"""How tests ask a report: its parts in short form, without files and without the clock.

    ask(org, "opportunities", by=["stage", "close_date/month"], show=["amount:sum"], where=[("type", "equals", "New business")])
    ask(org, "opportunities", by=["-owner@amount:sum"], across=["type"], show=["amount:sum"])      a matrix, largest owner first
    figures(result)   {("Won", "March 2026"): (Decimal("500.00"),), ..., (): ...}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.joined import run_joined
from crmlib.reports.report_types import ReportTypeView, standard_report_types
from crmlib.reports.result import Group, Key, ReportResult
from crmlib.reports.run_report import run_report
from crmlib.security.access import RIGHTS, Access
from tests.conftest import TODAY, add

EVERYTHING = Access(0, "tester", "Tester", None, {"*": frozenset(RIGHTS)}, frozenset("*"), frozenset("*"), {})
"""Somebody who may see all; not a record of any base."""


def ask(org: Org, report_type: str | ReportType, *, user: Access = EVERYTHING, today: date = TODAY, within: Key | None = None,
        into: Key = (), detail_limit: int | None = None, **parts: Any) -> ReportResult:
    """The result of a report made of `parts`, as `report` takes them. within, into: a drill-down by its groups down and across."""
    view = view_of(org.schema, report_type)
    return run_report(report(view.name, **parts), view, org, user, today, detail_limit=detail_limit, within=within, across=into)


def run_saved(org: Org, catalog: Catalog, path: str) -> ReportResult:
    """A saved report, joined or not, as seen by somebody who may see all."""
    report, source = catalog.load(path)
    if report.blocks:
        return run_joined(report, [catalog.report_type(block.report_type) for block in report.blocks], org, EVERYTHING, TODAY, source)
    return run_report(report, catalog.report_type(report.report_type), org, EVERYTHING, TODAY, source)


def view_of(schema: Schema, report_type: str | ReportType) -> ReportTypeView:
    """A standard report type by name, or one as defined."""
    return _standard(schema)[report_type] if isinstance(report_type, str) else ReportTypeView("type", report_type, schema)


def joined(primary: str, **related: str) -> ReportType:
    """A report type with related objects in the order of joining, `__` for a dot, and how each is joined: calls="without"."""
    return ReportType.model_validate({"label": "Type", "primary_object": primary, "related_objects": [
        {"relationship": name.replace("__", "."), "join": join} for name, join in related.items()]})


@lru_cache(maxsize=8)
def _standard(schema: Schema) -> dict[str, ReportTypeView]:
    return standard_report_types(schema)


def report(report_type: str, *, by: Sequence[str] = (), across: Sequence[str] = (), show: Sequence[str] = (),
           where: Sequence[tuple | dict] = (), logic: str = "", scope: str = "all", columns: Sequence[str] = (), sort: Sequence[str] = (),
           limit: int | None = None, details: bool = False, label: str = "Asked") -> Report:
    """by, across: "field", "field/granularity", "field@aggregate" to order by that; a minus before it turns the order round.
    show: "field:aggregate" or "record_count". where: (field, operator, value), or a filter as in YAML. sort: "field" or "-field"."""
    return Report.model_validate({
        "label": label, "report_type": report_type, "format": "matrix" if across else "summary" if by else "tabular",
        "columns": tuple(columns),
        "groupings_down": [_grouping(written) for written in by], "groupings_across": [_grouping(written) for written in across],
        "aggregates": [_aggregate(written) for written in show],
        "filters": [one if isinstance(one, dict) else dict(zip(("field", "operator", "value"), one, strict=True)) for one in where],
        "filter_logic": logic, "scope": scope,
        "sort": [{"field": field.removeprefix("-"), "order": _order(field)} for field in sort], "row_limit": limit,
        "show_details": details})


def _order(written: str) -> str:
    return "descending" if written.startswith("-") else "ascending"


def _grouping(written: str) -> dict[str, Any]:
    grouped, _, order_by = written.removeprefix("-").partition("@")
    field, _, granularity = grouped.partition("/")
    return {"field": field, "date_granularity": granularity or None, "order": _order(written), "order_by": order_by or None}


def _aggregate(written: str) -> dict[str, Any]:
    field, _, name = written.rpartition(":")
    return {"field": field or None, "aggregate": name}


def figures(result: ReportResult) -> dict[tuple[str, ...], Any]:
    """Aggregates by the labels of the groups around them, () for the grand total; a lone aggregate without its tuple."""
    cells = {labels: result.cells[group.key, ()] for labels, group in _labelled(result.groups)} | {(): result.cells[(), ()]}
    assert len(cells) == len(result.cells), "two groups have the same labels, or a cell has no group"
    return {labels: values[0] if len(values) == 1 else values for labels, values in cells.items()}


def _labelled(groups: Sequence[Group], around: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Group]]:
    found = []
    for group in groups:
        found += [((*around, group.label), group), *_labelled(group.groups, (*around, group.label))]
    return found


def labels(result: ReportResult) -> list[str]:
    """The outermost groups as they are read, in their order."""
    return [group.label for group in result.groups]


def rows(result: ReportResult) -> list[Any]:
    """Values of the detail rows; a lone column without its tuple."""
    return [row.values[0] if len(row.values) == 1 else row.values for row in result.details]


def settle(org: Org, **values: Any) -> None:
    """Change the organization's settings."""
    table = org.schema.describe("organization").table
    if not org.fetch(table.select()):
        add(org, "organization", **values)
    else:
        with org.begin() as connection:
            connection.execute(table.update().values(values))
    org.reload()
