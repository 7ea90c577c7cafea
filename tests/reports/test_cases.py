"""Reports beside the SQL that an analyst would write by hand: on the demo organisation, on both databases, the same figures.

A case is a file in `cases/`. To add one, write down the report and the SQL; nothing here needs to change.

    name: won amount by owner
    report: {...}                a report, as in report_types/reports
    report_type: {...}           only if the report's type is none of those that there are
    check_query: SELECT ...      groups, then aggregates: one row per finest group; of a tabular report its columns, row by row
    check_totals: [SELECT ...]   the same with fewer groups, and at last with none

Amounts are whole cents on SQLite: the test puts the point into results, and `:unit` in a query is 100 there and 1 on
PostgreSQL. A period is written as its first day. The order of rows counts when the query ends with an ORDER BY. Where the databases
need different words, a query is {sqlite: ..., postgresql: ...}. Dates in queries are seen from 13 May 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crmlib.definition import Definition, read_definition
from crmlib.model.org import Org
from crmlib.model.types import ExactDecimal
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import Group, ReportResult, ResultColumn
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
    check_query: Query
    check_totals: tuple[Query, ...] = ()


CASES = {file.stem: read_definition(file, Case)[0] for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, demo_orgs: Org) -> None:
    case, org = CASES[name], demo_orgs
    view = ReportTypeView("type", case.report_type, org.schema) if case.report_type else (
        Catalog(REPORT_TYPES, org.schema).report_type(case.report.report_type))
    result = run_report(case.report, view, org, EVERYTHING, TODAY)

    width = len(result.groupings)
    levels = [width - 1 - number for number in range(len(case.check_totals))] if width else [0] * len(case.check_totals)
    assert len(case.check_totals) in (width, 0 if width else 1), "one query for each level of totals"
    first = result.columns if not width else (*result.groupings, *result.aggregates)
    found = [row.values for row in result.details] if not width else list(_cells(result, width))
    _compare(case.check_query, found, first, view, org)
    for level, query in zip(levels, case.check_totals, strict=True):
        _compare(query, list(_cells(result, level)), (*result.groupings[:level], *result.aggregates), view, org)


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


def _cells(result: ReportResult, level: int) -> Iterator[tuple[Any, ...]]:
    """What the groups of one level are, then their aggregates."""
    def walk(groups: tuple[Group, ...], around: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for group in groups:
            if len(group.key) == level:
                yield (*around, _group_value(result, group), *result.cells[group.key, ()])
            else:
                yield from walk(group.groups, (*around, _group_value(result, group)))

    yield from walk(result.groups, ()) if level else [result.cells[(), ()]]


def _group_value(result: ReportResult, group: Group) -> Any:
    grouping = result.groupings[len(group.key) - 1]
    if group.value is None:
        return None
    if grouping.granularity:
        return GRANULARITIES[grouping.granularity].start(group.value, result.settings)
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
