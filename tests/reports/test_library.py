"""Shipped reports beside SQL written by hand: on the demo organisation, on both databases, the same figures.

The queries are in `library.yaml`, which says how they are written.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from tests.conftest import add
from tests.reports.asking import EVERYTHING, run_saved, view_of
from tests.reports.test_cases import REPORT_TYPES, cells_of

QUERIES: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "library.yaml").read_text(encoding="utf-8"))
ASKED = [(path, kind) for path, queries in QUERIES.items() for kind in queries]

PERIODS = {"sqlite": {"month": "date({}, 'start of month')", "week": "date({}, '-6 days', 'weekday 1')",
                      "quarter": "date({0}, 'start of month', '-' || ((strftime('%m', {0}) - 1) % 3) || ' months')",
                      "days": "CAST(julianday('2026-05-13') - julianday(date({})) AS INTEGER)"},
           "postgresql": {"month": "CAST(date_trunc('month', {}) AS date)", "week": "CAST(date_trunc('week', {}) AS date)",
                          "quarter": "CAST(date_trunc('quarter', {}) AS date)", "days": "(date '2026-05-13' - CAST({} AS date))"}}


@pytest.mark.parametrize(("path", "kind"), ASKED)
def test_figures(path: str, kind: str, demo_orgs: Org) -> None:
    result = run_saved(demo_orgs, Catalog(REPORT_TYPES, demo_orgs.schema), path)
    expected = _asked(QUERIES[path][kind], demo_orgs)
    if kind == "total":
        return _compare([result.cells[(), ()]], expected, result, 0)
    down, across = len(result.groupings), len(result.across)
    width = down + across
    found = [(*map(_plain, row[:width]), *row[width:]) for row in cells_of(result, down, across)]
    found, expected = (sorted(rows, key=lambda row: [str(value) for value in row[:width]]) for rows in (found, expected))
    return _compare(found, expected, result, width)


def test_the_best_campaign_comes_first(demo_org: Org) -> None:
    result = run_saved(demo_org, Catalog(REPORT_TYPES, demo_org.schema), "marketing/campaign_profit")
    returns = [result.cell(group.key)["roi"] for group in result.groups]
    assert returns == sorted(returns, reverse=True) and returns[0] > 0 > returns[-1]


@pytest.mark.parametrize(("today", "celebrated"), [
    (date(2026, 12, 30), ["2026-12-29", "2027-01-02"]), (date(2027, 1, 1), ["2026-12-29", "2027-01-02"]),
    (date(2028, 2, 29), ["2028-02-28", "2028-03-01"])])
def test_birthdays_of_a_week(today: date, celebrated: list[str], sqlite_org: Org) -> None:
    """One of two years has them all, as has one with a leap day."""
    for birthday in (date(1990, 12, 29), date(1991, 1, 2), date(1992, 2, 29), date(1993, 3, 1), date(1994, 7, 1)):
        add(sqlite_org, "contact", name="Anna", birthday=birthday)
    report = Catalog(REPORT_TYPES, sqlite_org.schema).load("clients/birthdays_this_week")[0]
    found = run_report(report, view_of(sqlite_org.schema, "contacts"), sqlite_org, EVERYTHING, today)
    assert [row.values[0].isoformat() for row in found.details] == celebrated


def _asked(query: str, org: Org) -> list[tuple[Any, ...]]:
    words = PERIODS[org.engine.dialect.name]
    sql = re.sub(r"\{(\w+):([\w.]+)\}", lambda found: words[found[1]].format(found[2]), query)
    unit = {"unit": 100 if org.engine.dialect.name == "sqlite" else 1} if ":unit" in sql else {}
    return [tuple(map(_plain, row)) for row in org.fetch(text(sql).bindparams(**unit))]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _compare(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]], result: ReportResult, width: int) -> None:
    assert expected, "a query that finds nothing proves nothing"
    assert [row[:width] for row in found] == [row[:width] for row in expected]
    for got, wanted in zip(found, expected, strict=True):
        for value, figure, column in zip(got[width:], wanted[width:], result.aggregates, strict=True):
            if figure == "*":
                continue
            nearly = None if figure is None else pytest.approx(float(figure), abs=0.5001 * 10.0 ** -_scale(value))
            assert (None if value is None else float(value)) == nearly, (got[:width], column.label)


def _scale(value: Any) -> int:
    """To how many digits a figure is shown."""
    return -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
