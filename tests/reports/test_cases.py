"""Reports beside the SQL that an analyst would write by hand: on the demo organisation, on both databases, the same figures.

A case is a file in `cases/`. To add one, write down the report and the SQL; nothing here needs to change.

    name: won amount by owner
    report: {...}                a report, as in report_types/reports
    report_type: {...}           only if the report's type is none of those that there are
    parameters: {...}            values for what the report asks
    formula_fields: [{...}]      formula fields that objects have besides, as in docs/custom_objects.md
    check_query: SELECT ...      groups, then aggregates: one row per finest group; of a tabular report its columns, row by row
    check_totals: [SELECT ...]   the same with fewer groups, and at last with none
                                 of a matrix: groups down, groups across, the whole; check_query has both

Amounts are whole cents on SQLite: the test puts the point into results, and `:unit` in a query is 100 there and 1 on
PostgreSQL. A period is written as its first day. The order of rows counts when the query ends with an ORDER BY. Where the databases
need different words, a query is {sqlite: ..., postgresql: ...}. Dates in queries are seen from 13 May 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from sqlalchemy import text

from crmlib.definition import Definition, read_definition
from crmlib.model.custom import Customization
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.tables import STANDARD_OBJECTS, build_metadata
from crmlib.model.types import ExactDecimal
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import OTHER, Group, Key, ReportResult, ResultColumn
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY
from tests.reports.asking import EVERYTHING

REPORT_TYPES = Path(__file__).parents[2] / "report_types"
Query = str | dict[str, str]


class Case(Definition):
    """A report and the SQL that gives the same."""

    name: str
    report: Report
    report_type: ReportType | None = None
    formula_fields: tuple[Customization, ...] = ()
    check_query: Query
    check_totals: tuple[Query, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)


CASES = {file.stem: read_definition(file, Case)[0] for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, demo_orgs: Org) -> None:
    case = CASES[name]
    org = with_formula_fields(demo_orgs, case.formula_fields) if case.formula_fields else demo_orgs
    view = ReportTypeView("type", case.report_type, org.schema) if case.report_type else (
        Catalog(REPORT_TYPES, org.schema).report_type(case.report.report_type))
    view = view.with_fields_of(case.report)
    result = run_report(case.report, view, org, EVERYTHING, TODAY, parameters=case.parameters)

    width, across = len(result.groupings), len(result.across)
    if not width:
        _compare(case.check_query, [row.values for row in result.details], result.columns, view, org)
        levels = [(0, 0)] * len(case.check_totals)
    else:
        levels = [(width, 0), (0, across), (0, 0)] if across else [(level, 0) for level in range(width - 1, -1, -1)]
        assert len(case.check_totals) == len(levels), "one query for each level of totals"
        levels.insert(0, (width, across))
    for (down, right), query in zip(levels, [case.check_query, *case.check_totals][not width:], strict=True):
        columns = (*result.groupings[:down], *result.across[:right], *result.aggregates)
        _compare(query, list(cells_of(result, down, right)), columns, view, org)


def with_formula_fields(org: Org, customizations: tuple[Customization, ...]) -> Org:
    """The same database: they are stored nowhere."""
    further = {one.object: tuple(field.definition() for field in one.fields) for one in customizations}
    definitions = [replace(one, fields=one.fields + further.get(one.name, ())) for one in STANDARD_OBJECTS]
    return Org(org.engine, Schema(build_metadata(definitions)))


def _compare(query: Query, found: list[tuple[Any, ...]], columns: tuple[ResultColumn, ...], view: ReportTypeView, org: Org) -> None:
    dialect = org.engine.dialect.name
    sql = query if isinstance(query, str) else query[dialect]
    unit = {"unit": 100 if dialect == "sqlite" else 1} if ":unit" in sql else {}
    expected = [tuple(_checked(value, column, view, dialect) for value, column in zip(row, columns, strict=True))
                for row in org.fetch(text(sql).bindparams(**unit))]
    assert expected, "a query that finds nothing proves nothing"
    got = [tuple(_plain(value) for value in row) for row in found]
    if not re.search(r"ORDER BY [^)]*$", sql):
        got, expected = sorted(got, key=repr), sorted(expected, key=repr)
    assert got == expected


def cells_of(result: ReportResult, down: int, across: int) -> Iterator[tuple[Any, ...]]:
    """What the groups of one level are, then their aggregates; of a matrix, the groups down and then those across."""
    for key, values in _keys(result.groups, result.groupings, result, down):
        for key_across, values_across in _keys(result.groups_across, result.across, result, across):
            if (key, key_across) in result.cells:
                yield (*values, *values_across, *result.cells[key, key_across])


def _keys(groups: tuple[Group, ...], groupings: tuple[ResultColumn, ...], result: ReportResult, level: int,
          around: tuple[Any, ...] = ()) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    """Key and values of each group of one level, in their order."""
    if level == 0:
        yield (), ()
    for group in groups if level else ():
        values = (*around, _group_value(group, groupings[len(around)], result))
        if len(values) == level:
            yield group.key, values
        else:
            yield from _keys(group.groups, groupings, result, level, values)


def _group_value(group: Group, grouping: ResultColumn, result: ReportResult) -> Any:
    if group.value is None:
        return None
    if group.value is OTHER:
        return group.label
    if grouping.granularity:
        granularity = GRANULARITIES[grouping.granularity]
        return granularity.start(group.value, result.settings) if granularity.is_range else group.value
    return group.label if isinstance(group.value, int) and grouping.type == "text" else group.value  # of a lookup its name


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return f";{';'.join(value)};"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else value


def _checked(value: Any, column: ResultColumn, view: ReportTypeView, dialect: str) -> Any:
    """A value of a check query as it should stand in the result."""
    if value is None:
        return None
    if column.granularity and not GRANULARITIES[column.granularity].is_range:
        return int(value)
    if column.granularity or column.type == "date":
        return str(value)[:10]
    if column.type == "datetime":
        return str(value)[:19]
    if column.type in ("currency", "percent", "number"):
        path, _, _ = column.name.partition(":")
        in_cents = dialect == "sqlite" and isinstance(view.find(path).field.column.type, ExactDecimal)
        number = Decimal(str(value)).scaleb(-column.scale if in_cents else 0)
        return number.quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)
    return {"integer": int, "id": int, "boolean": bool}.get(column.type, str)(value)
