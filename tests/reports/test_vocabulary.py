"""Every word has a meaning that is tested, a case, and a line in docs/reports.md; every key of the YAML is explained there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from crmlib.model.org import Settings
from crmlib.reports.aggregates import AGGREGATES, OFFERED
from crmlib.reports.charts import CHARTS
from crmlib.reports.conditional_formats import LOOKS
from crmlib.reports.date_literals import DATE_LITERALS, date_range, in_words
from crmlib.reports.definition import Filter, Report, ReportType
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.show_as import SHOW_AS
from tests.conftest import TODAY
from tests.reports.test_cases import CASES

DOCS = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
IN_DOCS = {word for line in DOCS.splitlines() if line.startswith("| `") for word in re.findall(r"`([\w.]+)`", line.split("|")[1])}

PERCENTILES = {name for name in AGGREGATES if name.startswith("percentile_")}
"""Of which the docs name the first and the last."""

REPORTS = [case.report for case in CASES.values()]
USED = {
    "aggregate": {one.aggregate for report in REPORTS for one in report.asked_aggregates} | {"standard_deviation"},  # in test_figures
    "operator": {one.operator for report in REPORTS for one in report.filters if isinstance(one, Filter)},
    "granularity": {one.date_granularity or "day" for report in REPORTS for one in report.groupings_down},
}

# Seen from Wednesday, 13 May 2026; the fiscal year begins in April. First day and last day, both included.
MEANINGS = {
    "TODAY": "2026-05-13 2026-05-13", "YESTERDAY": "2026-05-12 2026-05-12", "TOMORROW": "2026-05-14 2026-05-14",
    "LAST_N_DAYS:30": "2026-04-13 2026-05-13", "NEXT_N_DAYS:30": "2026-05-14 2026-06-12", "N_DAYS_AGO:30": "2026-04-13 2026-04-13",
    "THIS_WEEK": "2026-05-11 2026-05-17", "LAST_WEEK": "2026-05-04 2026-05-10", "NEXT_WEEK": "2026-05-18 2026-05-24",
    "LAST_N_WEEKS:2": "2026-04-27 2026-05-10", "NEXT_N_WEEKS:2": "2026-05-18 2026-05-31", "N_WEEKS_AGO:2": "2026-04-27 2026-05-03",
    "THIS_MONTH": "2026-05-01 2026-05-31", "LAST_MONTH": "2026-04-01 2026-04-30", "NEXT_MONTH": "2026-06-01 2026-06-30",
    "LAST_N_MONTHS:6": "2025-11-01 2026-04-30", "NEXT_N_MONTHS:8": "2026-06-01 2027-01-31", "N_MONTHS_AGO:3": "2026-02-01 2026-02-28",
    "THIS_QUARTER": "2026-04-01 2026-06-30", "LAST_QUARTER": "2026-01-01 2026-03-31", "NEXT_QUARTER": "2026-07-01 2026-09-30",
    "LAST_N_QUARTERS:2": "2025-10-01 2026-03-31", "NEXT_N_QUARTERS:3": "2026-07-01 2027-03-31",
    "N_QUARTERS_AGO:2": "2025-10-01 2025-12-31", "THIS_YEAR": "2026-01-01 2026-12-31", "LAST_YEAR": "2025-01-01 2025-12-31",
    "NEXT_YEAR": "2027-01-01 2027-12-31", "LAST_N_YEARS:2": "2024-01-01 2025-12-31", "NEXT_N_YEARS:2": "2027-01-01 2028-12-31",
    "N_YEARS_AGO:2": "2024-01-01 2024-12-31", "THIS_FISCAL_QUARTER": "2026-04-01 2026-06-30",
    "LAST_FISCAL_QUARTER": "2026-01-01 2026-03-31", "NEXT_FISCAL_QUARTER": "2026-07-01 2026-09-30",
    "LAST_N_FISCAL_QUARTERS:4": "2025-04-01 2026-03-31", "NEXT_N_FISCAL_QUARTERS:1": "2026-07-01 2026-09-30",
    "N_FISCAL_QUARTERS_AGO:4": "2025-04-01 2025-06-30", "THIS_FISCAL_YEAR": "2026-04-01 2027-03-31",
    "LAST_FISCAL_YEAR": "2025-04-01 2026-03-31", "NEXT_FISCAL_YEAR": "2027-04-01 2028-03-31",
    "LAST_N_FISCAL_YEARS:2": "2024-04-01 2026-03-31", "NEXT_N_FISCAL_YEARS:2": "2027-04-01 2029-03-31",
    "N_FISCAL_YEARS_AGO:3": "2023-04-01 2024-03-31",
}

@pytest.mark.parametrize(("written", "words"), [
    ("THIS_QUARTER", "this quarter"), ("last n days:30", "30 days ago up to today, today included"),
    ("N_WEEKS_AGO:3", "the week 3 weeks ago"), ("2026-05-13", "2026-05-13"), ("Won", "Won")])
def test_relative_dates_in_words(written: str, words: str) -> None:
    assert in_words(written) == words


# Of 13 May 2026, with weeks from Sunday and a fiscal year from July: first day, last day, words.
PERIODS = {
    "day": ("2026-05-13", "2026-05-13", "13 May 2026"), "week": ("2026-05-10", "2026-05-16", "10 May 2026 – 16 May 2026"),
    "month": ("2026-05-01", "2026-05-31", "May 2026"), "quarter": ("2026-04-01", "2026-06-30", "Q2 2026"),
    "year": ("2026-01-01", "2026-12-31", "2026"), "fiscal_quarter": ("2026-04-01", "2026-06-30", "FQ4 FY 2026"),
    "fiscal_year": ("2025-07-01", "2026-06-30", "FY 2026"),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, words in (
    ("aggregate", OFFERED), ("operator", OPERATORS), ("granularity", GRANULARITIES)) for name in words])
def test_every_word_has_a_case_and_a_line(kind: str, name: str) -> None:
    assert name in USED[kind] and (name in IN_DOCS or name in PERCENTILES)


@pytest.mark.parametrize("name", DATE_LITERALS)
def test_every_relative_date_has_a_meaning_and_a_line(name: str) -> None:
    assert name in {written.partition(":")[0] for written in MEANINGS} and name in IN_DOCS


@pytest.mark.parametrize("written", MEANINGS)
def test_relative_dates(written: str) -> None:
    first, last = map(date.fromisoformat, MEANINGS[written].split())
    assert date_range(written, TODAY, Settings(fiscal_year_start=4)) == (first, date.fromordinal(last.toordinal() + 1))


@pytest.mark.parametrize("name", [row.name for row in GRANULARITIES.values() if row.is_range])
def test_periods(name: str) -> None:
    settings, granularity = Settings(week_start=6, fiscal_year_start=7), GRANULARITIES[name]
    number = granularity.number(TODAY, settings)
    start, end = granularity.range(number, settings)
    assert (start.isoformat(), date.fromordinal(end.toordinal() - 1).isoformat(), granularity.text(number, settings)) == PERIODS[name]


# With weeks from Wednesday: numbers and what people read.
ROUND = {"month_in_year": {0: "January", 11: "December"}, "day_in_month": {1: "1", 31: "31"},
         "weekday": {0: "Wednesday", 4: "Sunday", 6: "Tuesday"}, "hour": {0: "00:00–00:59", 23: "23:00–23:59"}}


@pytest.mark.parametrize("name", [row.name for row in GRANULARITIES.values() if not row.is_range])
def test_what_comes_round(name: str) -> None:
    settings = Settings(week_start=2)
    assert {number: GRANULARITIES[name].text(number, settings) for number in ROUND[name]} == ROUND[name]
    assert GRANULARITIES[name].number(TODAY, settings) == {"month_in_year": 4, "day_in_month": 13, "weekday": 0, "hour": 0}[name]


def test_every_look_has_a_line() -> None:
    line = next(line for line in DOCS.splitlines() if line.startswith("| `look` |"))
    assert set(re.findall(r"`(\w+)`", line)) - {"look"} == set(LOOKS)


def test_docs_name_no_word_that_is_none() -> None:
    aggregates = {*(AGGREGATES.keys() - PERCENTILES), "percentile_1", "percentile_99"}
    known = {*CHARTS, *aggregates, *SHOW_AS, *OPERATORS, *GRANULARITIES, *DATE_LITERALS, *_keys(Report), *_keys(ReportType)}
    assert known == IN_DOCS


def _keys(model: type[BaseModel], around: tuple[type[BaseModel], ...] = ()) -> set[str]:
    """Every key of the YAML, inner ones too; filters may stand in filters."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found |= {name}.union(*(_keys(inner, (*around, model)) for inner in _models(field.annotation) if inner not in around))
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models(argument)]
