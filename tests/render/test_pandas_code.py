"""The script of a report gives the report's figures: of every shipped report, and of random ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.render.pandas_code import FIGURES, each_once
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, ReportResult, ResultColumn, walk
from crmlib.security.access import access_of
from crmlib.workspace import RunnableReport, Workspace
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, report
from tests.reports.random_reports import TYPES, Asked
from tests.reports.test_why import any_report, definition_of
from tests.test_shipped_reports import FOLDER, IN_BLOCKS, REPORTS

FEWER = settings.default.max_examples // 4  # type: ignore[union-attr]
NOT_ALL = {"sales/dynamics_of_sales"}
"""Shipped reports with a figure that scripts do not work out: one that looks at other groups."""
NOON = datetime.combine(TODAY, time(12), UTC)

Run = Callable[[RunnableReport], dict[str, Any]]


@pytest.fixture(scope="module")
def demo(demo_org: Org) -> Iterator[Workspace]:
    """The demo organisation on the day that all tests live in, which scripts connect to as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_DATABASE_URL", demo_org.engine.url.render_as_string(hide_password=False))
        patch.setenv("CRM_REPORT_TYPES", str(FOLDER))
        patch.setattr(Org, "now", lambda self: NOON)
        yield Workspace(demo_org, access_of(demo_org, "demo"), Catalog(FOLDER, demo_org.schema))


def executed(asked: RunnableReport) -> dict[str, Any]:
    """What the script's variables are after it ran."""
    variables: dict[str, Any] = {}
    exec(compile(asked.code(), "script.py", "exec"), variables)
    return variables


def check(asked: RunnableReport) -> dict[str, Any]:
    """Every figure of every group, subtotal and total; of those shown as something else, in the groups only."""
    result, plan = asked.run().result, asked.prepare()
    variables = executed(asked)
    if result.row_count == 0:
        return variables
    labels = each_once([one.label for one in result.aggregates], set())
    figures = [one for name in plan.shown for one in (*plan.aggregates, *plan.summaries) if one.name == name]
    worked_out = [index for index, label in enumerate(labels) if f"# Not worked out here: {label}" not in asked.code()]
    plain = [index for index in worked_out if figures[index].show_as is None]
    down, across = len(result.groupings), len(result.across)

    def compare(name: str, to_down: int, to_across: int, which: list[int]) -> None:
        frame = variables[name][[labels[index] for index in which]]
        assert_same(expected_cells(result, to_down, to_across, which), found_cells(frame, result, to_down, to_across))

    if labels:
        compare("total", 0, 0, plain)
    if down and labels:
        compare("groups", down, across, worked_out)
        for length in range(1, down):
            compare(f"subtotals_{length}", length, 0, plain)
    if across and labels:
        compare("totals_down", down, 0, plain)
        compare("totals_across", 0, across, plain)
    return variables


Cell = tuple[tuple[Any, ...], list[Any]]


def expected_cells(result: ReportResult, down: int, across: int, plain: list[int]) -> list[Cell]:
    labels = [{group.key: group.label for group in walk(groups)} for groups in (result.groups, result.groups_across)]
    columns = [*result.groupings[:down], *result.across[:across]]
    found = []
    for (key, key_across), values in result.cells.items():
        if (len(key), len(key_across)) == (down, across):
            named = [labels[0][key[:length]] for length in range(1, down + 1)] + [labels[1][key_across[:n]] for n in range(1, across + 1)]
            told = (_expected(value, label, column) for value, label, column in zip((*key, *key_across), named, columns, strict=True))
            found.append((tuple(told), [values[index] for index in plain]))
    return found


def _expected(value: Any, label: str, column: ResultColumn) -> Any:
    """As the script tells a group: periods by number, numbers as floats, all else by its label."""
    if value is None or value is OTHER:
        return None if value is None else "Other"
    if column.granularity:
        return value if GRANULARITIES[column.granularity].is_range else label
    return float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) and label == str(value) else label


def found_cells(frame: Any, result: ReportResult, down: int, across: int) -> list[Cell]:
    columns = [*result.groupings[:down], *result.across[:across]]
    names = [name for name in frame.index.names if name != "everything"]
    kept = [index for index, name in enumerate(names) if not (name.endswith(".position") or name in {one.name for one in columns})]
    assert len(kept) == len(columns), names
    found = []
    for key, row in zip(frame.index, frame.itertuples(index=False), strict=True):
        key = key if isinstance(key, tuple) else (key,)
        told = (_found(key[index], column, result) for index, column in zip(kept, columns, strict=True))
        found.append((tuple(told), list(row)))
    return found


def _found(value: Any, column: ResultColumn, result: ReportResult) -> Any:
    import pandas as pd

    if pd.isna(value):
        return None
    if column.granularity and GRANULARITIES[column.granularity].is_range:
        return GRANULARITIES[column.granularity].number(value.start_time.date(), result.settings)
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "Yes" if value else "No"
    if column.granularity:
        return str(value)
    return value if isinstance(value, str) else float(value)


def assert_same(expected: list[Cell], found: list[Cell]) -> None:
    """In any order; groups of one label stand in the order of their figures."""
    def order(cell: Cell) -> str:
        return str((cell[0], [round(float(one), 1) if isinstance(one, Decimal | int | float) else str(one) for one in cell[1]]))

    assert sorted(str(key) for key, _ in expected) == sorted(str(key) for key, _ in found)
    for (key, values), (_, others) in zip(sorted(expected, key=order), sorted(found, key=order), strict=True):
        for value, other in zip(values, others, strict=True):
            assert _same(value, other), (key, value, other)


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))


def _same(value: Any, other: Any) -> bool:
    if value is None or _missing(other):
        return value is None and _missing(other)
    if isinstance(value, datetime):
        return bool(other == value)
    if isinstance(value, date):
        return bool(other.date() == value)
    half = 0.5 * 10 ** min(0, int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0.5 if isinstance(value, bool) else 0
    return math.isclose(float(value), float(other), rel_tol=1e-9, abs_tol=half + 1e-6)


@pytest.mark.parametrize("path", sorted({*REPORTS} - IN_BLOCKS))
def test_shipped_reports(path: str, demo: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = demo.report(path)
    check(asked)
    assert f"org.report({path!r})" in asked.code() and ("Not worked out here" in asked.code()) == (path in NOT_ALL)
    assert capsys.readouterr().out


@pytest.mark.random
@settings(max_examples=FEWER)
@given(asked=any_report().filter(lambda asked: isinstance(TYPES[asked.type], str)))
def test_random_reports(asked: Asked, demo: Workspace) -> None:
    workspace = demo.as_user(asked.user) if asked.user else demo
    runnable = workspace.report(definition_of(str(TYPES[asked.type]), asked.parts))
    try:
        runnable.prepare()
    except AccessDenied:
        return
    check(runnable)


def test_records_that_repeat_count_once(demo: Workspace) -> None:
    """By family, a deal with two families stands in both; the script takes each deal once."""
    asked = demo.report(report("opportunities_with_line_items", by=["line_items.product.family"], show=["amount:sum", "record_count"]))
    check(asked)
    assert "once = rows.drop_duplicates([*by, 'id'])" in asked.code()
    rows = asked.rows()
    assert rows["amount"].sum() > rows.drop_duplicates("id")["amount"].sum()


def test_rows_are_those_of_the_report(demo: Workspace) -> None:
    asked = demo.report("sales/pipeline_by_stage")
    rows = asked.rows()
    assert len(rows) == asked.run().result.row_count == rows.attrs["row_count"]
    assert list(rows.columns) == ["stage.position", "stage.name", "stage", "amount", "expected_revenue", "id"]


def test_what_is_hidden_is_not_in_the_rows(demo: Workspace) -> None:
    fields = frozenset(["opportunity.stage", "stage.*"])
    blind = Workspace(demo.org, replace(demo.user, readable_fields=fields), demo.catalog)
    asked = blind.report("sales/largest_open_deals").change(filters=(), sort=(), row_limit=None)
    assert list(asked.rows().columns) == ["name", "stage.name"]
    asked = blind.report("sales/pipeline_by_stage")
    assert list(asked.rows().columns) == ["stage.position", "stage.name", "stage"]
    assert "# Withheld: Amount, Expected revenue, Average deal." in asked.code() and "'amount'" not in asked.code()


@pytest.mark.parametrize("block", ["plan", "won"])
def test_a_block_of_a_joined_report(block: str, demo: Workspace) -> None:
    asked = demo.report("sales/plan_against_fact").set(period="THIS_YEAR").blocks[block]
    check(asked)
    assert f"org.report('sales/plan_against_fact').blocks['{block}'].set({{'period': 'THIS_YEAR'}})" in asked.code()
    by_hand = RunnableReport(demo, asked.definition)
    check(by_hand)
    assert "Report.model_validate(" in by_hand.code()


def test_values_that_were_set(demo: Workspace) -> None:
    asked = demo.report("clients/buyers_by_product").set(product="Gift box")
    variables = check(asked)
    assert ".set({'product': 'Gift box'})" in asked.code()
    assert set(variables["rows"]["Product"]) <= {"Gift box"}


@pytest.mark.parametrize("label", ['"""', "'''", "a\nimport os", "\\", "{0}", "x'] = 1; raise SystemExit #"])
def test_hostile_words_stay_text(label: str, demo: Workspace) -> None:
    definition = report("opportunities", by=["type"], show=["amount:sum"], label=label).model_dump()
    definition["aggregates"] = [definition["aggregates"][0] | {"label": label}]
    variables = check(demo.report(Report.model_validate(definition)))
    assert list(variables["groups"].columns) == [label]


def test_summary_formulas_and_what_they_need(demo: Workspace) -> None:
    """Plain arithmetic is worked out at every level; what a formula needs and the report does not show is left out in the end."""
    definition = report("opportunities", by=["stage", "type"], show=["record_count"]).model_dump()
    formulas = [{"name": "mean", "label": "Mean", "formula": "amount:sum / (record_count - 1)", "type": "currency"},
                {"name": "twice", "label": "Twice", "formula": "record_count * 2.5", "type": "number", "show_as": "rank"},
                {"name": "part", "label": "Part", "formula": "PARENTGROUPVAL(amount:sum, stage)", "type": "currency"}]
    asked = demo.report(Report.model_validate(definition | {"aggregates": [*definition["aggregates"], *formulas]}))
    variables = check(asked)
    assert list(variables["groups"].columns) == ["Record count", "Mean", "Twice"]
    assert "# Not worked out here: Part = PARENTGROUPVAL(amount:sum, stage)" in asked.code()


def test_first_and_last(demo: Workspace) -> None:
    definition = report("opportunities", by=["owner"], show=["record_count"]).model_dump()
    aggregates = [{"aggregate": name, "field": "amount", "by": by} for name, by in (("first", "close_date"), ("last", "created_at"))]
    variables = check(demo.report(Report.model_validate(definition | {"aggregates": aggregates})))
    assert variables["groups"].shape[1] == 2


def test_every_aggregate_is_worked_out() -> None:
    others = {name for name, row in AGGREGATES.items() if row.needs_by or name.startswith("percentile_")}
    assert {*FIGURES, *others} == set(AGGREGATES)


def test_what_pandas_does_not_do_is_said(demo: Workspace) -> None:
    definition = report("opportunities", by=["-stage", "owner"], show=["amount:sum"]).model_dump()
    definition["aggregates"] = [definition["aggregates"][0] | {"show_as": "running_total"}]
    stage, owner = definition["groupings_down"]
    definition["groupings_down"] = [stage, owner | {"order_by": "amount:sum:running_total"}]
    assert "# Not worked out here: Sum of Amount, running total" in demo.report(Report.model_validate(definition)).code()


def test_empty_text_is_blank(sqlite_org: Org) -> None:
    add(sqlite_org, "account", name="A", phone="")
    add(sqlite_org, "account", name="B", phone="1")
    workspace = Workspace(sqlite_org, EVERYTHING, Catalog(Path(FOLDER), sqlite_org.schema))
    rows = workspace.report(report("accounts", by=["phone"], show=["record_count"])).rows()
    assert list(rows["phone"].isna()) == [True, False]
