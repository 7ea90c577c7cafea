"""Any report: each cell is what its rows come to, each drill-down gives exactly the rows of its cell, and all engines agree."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.model.sql_functions import text_sort_key
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import DetailRow, Group, Key, ReportResult, ResultColumn, walk
from crmlib.security.access import Access, access_of
from tests.reports.asking import EVERYTHING, ask
from tests.reports.random_reports import TYPES, Asked, fields_of, reports

Run = Callable[..., ReportResult]
CellKey = tuple[Key, Key]
FEWER = settings.default.max_examples // 2  # type: ignore[union-attr]
pytestmark = pytest.mark.random


@pytest.fixture(scope="session")
def run(demo_org: Org, demo_org_postgres: Org, demo_org_column: Org) -> Iterator[Run]:
    """Runs what was asked on SQLite, on PostgreSQL with `on=1`, on the column engine with `on=2`."""
    orgs = (demo_org, demo_org_postgres, demo_org_column)

    @cache
    def access(on: int, username: str) -> Access:
        return access_of(orgs[on], username) if username else EVERYTHING

    def of(asked: Asked, on: int = 0, within: Key | None = None, into: Key = (), detail_limit: int | None = None,
           **changes: Any) -> ReportResult:
        return ask(orgs[on], TYPES[asked.type], user=access(on, asked.user), within=within, into=into, detail_limit=detail_limit,
                   **{**asked.parts, **changes})

    yield of


def first_run(run: Run, asked: Asked) -> ReportResult | None:
    """The result on SQLite; None if the user may not run it, and then they may not elsewhere either, for the same reasons."""
    try:
        return run(asked)
    except AccessDenied as denied:
        for on in (1, 2):
            with pytest.raises(AccessDenied) as other:
                run(asked, on=on)
            assert other.value.codes == denied.codes
        return None


def with_evidence(asked: Asked) -> Asked:
    """The report with columns for every aggregate (its value, and the id of the record that has it) and every grouping."""
    columns = list(asked.parts["columns"])
    for written in asked.parts["show"]:
        path = written.rpartition(":")[0]
        if path:
            columns += [_value_path(asked, path), _id_path(path)]
    columns += [_value_path(asked, _grouped(written)) for written in asked.parts["across"]]
    return replace(asked, parts={**asked.parts, "columns": list(dict.fromkeys(columns))})


def _grouped(written: str) -> str:
    return written.removeprefix("-").partition("@")[0].partition("/")[0]


def _value_path(asked: Asked, path: str) -> str:
    return f"{path}.id" if fields_of(asked.type)[path].field.to else path  # a lookup's column would show the name


def _id_path(path: str) -> str:
    return f"{path.rpartition('.')[0]}.id".removeprefix(".")


@settings(max_examples=FEWER // 2)  # test_oracle asks for more
@given(asked=reports(), detail_limit=st.integers(0, 30), data=st.data())
def test_cells_rows_drill_downs_and_databases_agree(asked: Asked, detail_limit: int, data: st.DataObject, run: Run) -> None:
    asked = with_evidence(asked)
    result = first_run(run, asked)
    if result is None:
        return
    rows_in: dict[CellKey, list[DetailRow]] = defaultdict(list)
    for row in result.details:
        across = across_of(row, result, asked)
        for down in range(len(row.key) + 1):
            for kept in range(len(across) + 1):
                rows_in[row.key[:down], across[:kept]].append(row)
    assert set(result.cells) == {*rows_in, ((), ())}
    for key, values in result.cells.items():
        assert values == tuple(figure(result, asked, column, rows_in[key]) for column in result.aggregates), key
    check_groups(result, {key: rows for (key, across), rows in rows_in.items() if not across}, result.groups)
    check_groups(result, {key: rows for (down, key), rows in rows_in.items() if not down}, result.groups_across)
    if result.groups:
        finest = [group.key for group in walk(result.groups) if len(group.key) == len(result.groupings)]
        assert list(dict.fromkeys(row.key for row in result.details)) == finest
    check_tree(result.groups, len(result.groupings))
    check_tree(result.groups_across, len(result.across))
    assert result.row_count == len(result.details) and not result.is_cut

    key = data.draw(st.sampled_from(sorted(result.cells, key=repr)), "drill-down")
    drilled = run(asked, within=key[0], into=key[1])
    assert drilled.cells[(), ()] == result.cells[key]
    # Groups in order of a figure stand in the order that they have within the cell.
    same = Counter if any("@" in written for written in asked.parts["by"]) else list
    assert same((row.key, row.record_id) for row in drilled.details) == same((row.key, row.record_id) for row in rows_in[key])

    for on, engine in ((1, "database"), (2, "column engine")):
        other = run(asked, on=on, detail_limit=detail_limit)
        assert other.is_cut == (detail_limit < result.row_count)
        assert other == replace(result, run_at=other.run_at, engine=engine, details=result.details[:detail_limit])


def across_of(row: DetailRow, result: ReportResult, asked: Asked) -> Key:
    """The groups across that a row stands in, worked out from its values."""
    at = {shown.name: index for index, shown in enumerate(result.columns)}
    found = []
    for grouping in result.across:
        value = row.values[at[_value_path(asked, grouping.name)]]
        if value is not None and grouping.granularity:
            moment = value.astimezone(result.settings.zone) if isinstance(value, datetime) else value
            day = moment.date() if isinstance(moment, datetime) else moment
            hour = grouping.granularity == "hour"
            value = moment.hour if hour else GRANULARITIES[grouping.granularity].number(day, result.settings)
        found.append(None if value == "" else value)
    return tuple(found)


def check_tree(groups: tuple[Group, ...], levels: int) -> None:
    """Each group once among its siblings, under the group its key names, as deep as there are groupings."""
    for siblings, around in [(groups, ()), *((group.groups, group.key) for group in walk(groups))]:
        keys = [group.key for group in siblings]
        assert len(set(keys)) == len(keys) and all(key[:-1] == around for key in keys)
    assert not groups or {len(group.key) for group in walk(groups)} == set(range(1, levels + 1))


def figure(result: ReportResult, asked: Asked, column: ResultColumn, rows: list[DetailRow]) -> Any:
    """One aggregate in plain Python: each record of its source once."""
    path, _, aggregate = column.name.rpartition(":")
    if not path:
        return len(rows)
    at = {shown.name: index for index, shown in enumerate(result.columns)}
    values = {row.values[at[_id_path(path)]]: row.values[at[_value_path(asked, path)]] for row in rows
              if row.values[at[_id_path(path)]] is not None}
    present = [value for value in values.values() if value not in (None, "")]
    if aggregate in ("record_count", "unique"):
        return len(present if aggregate == "record_count" else set(present))
    if aggregate == "sum":
        return sum(present) if column.type == "integer" else sum(present, Decimal(0)).quantize(Decimal(1).scaleb(-column.scale))
    if not present:
        return None
    if aggregate == "average":
        return (sum(present, Decimal(0)) / len(present)).quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)
    if aggregate == "median":
        return statistics.median(map(Decimal, present)).quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)
    if aggregate == "standard_deviation":
        spread = statistics.stdev(map(Decimal, present)) if len(present) > 1 else None
        return None if spread is None else spread.quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)
    if aggregate.startswith("percentile_"):
        return sorted(present)[max(0, math.ceil(int(aggregate[11:]) * len(present) / 100) - 1)]
    return min(present) if aggregate == "smallest" else max(present)


def check_groups(result: ReportResult, rows_in: dict[Key, list[DetailRow]], groups: tuple[Group, ...]) -> None:
    """Row counts are those of the rows, and add up on every level."""
    for group in walk(groups):
        assert group.rows == len(rows_in[group.key])
        assert not group.groups or group.rows == sum(inner.rows for inner in group.groups)
    assert sum(group.rows for group in groups) in (len(result.details), 0)


@settings(max_examples=FEWER)
@given(asked=reports().filter(lambda asked: any("@" in written for written in asked.parts["by"])))
def test_groups_stand_in_the_order_of_a_figure(asked: Asked, run: Run) -> None:
    result = first_run(run, asked)
    if result is None:
        return
    names = [aggregate.name for aggregate in result.aggregates]
    for level, written in enumerate(asked.parts["by"]):
        name = written.partition("@")[2]
        if len(result.groupings) < len(asked.parts["by"]) or name not in names:
            continue  # something is withheld
        for siblings in [result.groups] if level == 0 else [group.groups for group in walk(result.groups) if len(group.key) == level]:
            figures = [result.cells[group.key, ()][names.index(name)] for group in siblings]
            ranks = [(value is not None, value) for value in figures]
            assert ranks == sorted(ranks, reverse=written.startswith("-"))


@settings(max_examples=FEWER)
@given(asked=reports())
def test_rows_are_sorted_and_a_limit_takes_the_first(asked: Asked, run: Run) -> None:
    asked = replace(asked, parts={**asked.parts, "by": (), "across": (), "show": ["record_count"]})
    wanted = [written.removeprefix("-") for written in asked.parts["sort"]]
    asked = replace(asked, parts={**asked.parts, "columns": list(dict.fromkeys([*asked.parts["columns"], *wanted]))})
    limited = first_run(run, asked)
    if limited is None:
        return
    result = run(asked, limit=None)
    at = {column.name: index for index, column in enumerate(result.columns)}
    ordered = [(written.startswith("-"), path) for written, path in zip(asked.parts["sort"], wanted, strict=True)]
    checkable = all((f"{path}.name" if fields_of(asked.type)[path].field.to else path) in at and not path.endswith("stage")
                    for _, path in ordered)  # a stage sorts by its position, a hidden field not at all
    if checkable:
        for above, below in pairwise(result.details):
            assert not _comes_before(below, above, ordered, at, asked)
    assert limited.details == result.details[:asked.parts["limit"]]
    assert limited.grand_total == {"record_count": len(limited.details)}


def _comes_before(row: DetailRow, other: DetailRow, ordered: list[tuple[bool, str]], at: dict[str, int], asked: Asked) -> bool:
    """Whether it should, by the first field in which they differ; blanks come first, or last when descending."""
    for descending, path in ordered:
        field = fields_of(asked.type)[path].field
        index = at[f"{path}.name" if field.to else path]
        left, right = (_rank(one.values[index], field.values if field.family == "picklist" else ()) for one in (row, other))
        if left != right:
            return bool(left > right if descending else left < right)
    return False


def _rank(value: Any, picklist: tuple[str, ...]) -> tuple[Any, ...]:
    if value is None:
        return (0,)
    if picklist:
        return (1, picklist.index(value))
    if isinstance(value, tuple):
        return (1, f";{';'.join(value)};")
    return (1, text_sort_key(value), value) if isinstance(value, str) else (1, value)


def test_what_is_drawn_finds_something(run: Run) -> None:
    """The tests above would prove little on reports that are empty or refused."""
    for name in TYPES:
        result = run(Asked(name, "", {"columns": ["name"], "show": ["record_count"]}))
        assert result.row_count >= 3, name
