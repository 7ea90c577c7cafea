"""Any report at all says what plain Python makes of the plain records: every cell, total, group and drill-down, on every engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.reports.definition import Aggregate
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.parameters import name_for
from crmlib.reports.result import OTHER, Key, ReportResult, ResultColumn, walk
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access, access_of
from tests.conftest import TODAY
from tests.reports.asking import EVERYTHING, view_of
from tests.reports.oracle import CellKey, Oracle
from tests.reports.plain_rows import Eyes, Paths, Records, Row
from tests.reports.random_reports import TYPES
from tests.reports.whole_reports import Whole, whole_reports


class Organisation:
    """The demo organisation on each engine, and its records in plain Python."""

    def __init__(self, *orgs: Org) -> None:
        self.orgs = orgs
        self.records = Records(orgs[0])
        self.access: Callable[[int, str], Access] = cache(lambda on, name: access_of(orgs[on], name) if name else EVERYTHING)
        self.eyes: Callable[[str], Eyes] = cache(lambda name: Eyes(self.records, self.access(0, name)))

    def run(self, whole: Whole, on: int, within: Key | None = None, across: Key = ()) -> ReportResult:
        org = self.orgs[on]
        answers = {name_for(label): value for label, value in whole.answers.items()}
        return run_report(whole.report, view_of(org.schema, TYPES[whole.type]), org, self.access(on, whole.user), TODAY,
                          within=within, across=across, parameters=answers)

    def oracle(self, whole: Whole) -> Oracle:
        definition = view_of(self.orgs[0].schema, TYPES[whole.type]).definition
        paths = Paths(self.eyes(whole.user), definition, {one.name: one for one in whole.report.buckets}, whole.row_formulas)
        return Oracle(whole.report, paths, whole.answers, whole.summary_formulas)


@pytest.fixture(scope="session")
def demo(demo_org: Org, demo_org_postgres: Org, demo_org_column: Org) -> Organisation:
    return Organisation(demo_org, demo_org_postgres, demo_org_column)


@pytest.mark.random
@given(whole=whole_reports(), drilled_on=st.integers(0, 2), data=st.data())
def test_a_report_says_what_plain_python_says(whole: Whole, drilled_on: int, data: st.DataObject, demo: Organisation) -> None:
    oracle = demo.oracle(whole)
    if oracle.is_refused():
        for on in range(3):
            with pytest.raises(AccessDenied):
                demo.run(whole, on)
        return
    results = [demo.run(whole, on) for on in range(3)]
    assert [result.engine for result in results] == ["database", "database", "column engine"]
    first = results[0]
    check(first, oracle)
    for result in results[1:]:
        assert result == replace(first, run_at=result.run_at, engine=result.engine)
    key = data.draw(st.sampled_from(sorted(first.cells, key=repr)), "drill-down")
    drilled = demo.run(whole, drilled_on, *key)
    assert Counter(row.record_id for row in drilled.details) == Counter(record_id(row) for row in oracle.rows_in.get(plain(key, first), ()))
    own = [index for index, one in enumerate(oracle.shown) if isinstance(one, Aggregate) and one.show_as is None]
    assert [drilled.cells[(), ()][index] for index in own] == [first.cells[key][index] for index in own]


def check(result: ReportResult, oracle: Oracle) -> None:
    assert [column.name for column in result.aggregates] == [one.name for one in oracle.shown]
    down, across = ([one.field for one in groupings] for groupings in oracle.groupings)
    assert ([column.name for column in result.groupings], [column.name for column in result.across]) == (down, across)
    assert {plain(key, result): values for key, values in result.cells.items()} == oracle.cells
    for direction, (groups, columns) in enumerate(((result.groups, result.groupings), (result.groups_across, result.across))):
        there = [(with_days(group.key, columns, result), group.rows) for group in walk(groups)]
        cell = [(key, (key, ()) if direction == 0 else ((), key)) for key in oracle.walk(direction)]
        assert there == [(key, len(oracle.rows_in.get(at, ()))) for key, at in cell]
    columns = [one.field for one in oracle.report.columns if oracle.paths.eyes.readable(oracle.paths.reads(one.field))]
    expected = Counter((*key, record_id(row), tuple(oracle.paths.shown(row, path) for path in columns)) for row, key in oracle.placed)
    assert Counter((*plain((row.key, row.across), result), row.record_id,
                    tuple(None if value in ("", ()) else value for value in row.values)) for row in result.details) == expected
    assert result.row_count == len(oracle.placed)


def plain(key: CellKey, result: ReportResult) -> CellKey:
    """The key of a cell with the first day of a period instead of its number."""
    return with_days(key[0], result.groupings, result), with_days(key[1], result.across, result)


def with_days(key: Key, columns: tuple[ResultColumn, ...], result: ReportResult) -> Key:
    return tuple(first_day(value, column, result) for value, column in zip(key, columns, strict=False))


def first_day(value: Any, column: ResultColumn, result: ReportResult) -> date | Any:
    granularity = GRANULARITIES[column.granularity] if column.granularity else None
    if value is None or value is OTHER or granularity is None or not granularity.is_range:
        return value
    return granularity.start(value, result.settings)


def record_id(row: Row) -> int:
    record = row[""]
    assert record is not None
    return int(record["id"])
