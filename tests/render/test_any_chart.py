"""Any chart of any result: a picture of the result's own figures, or a sentence that says why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import DefinitionError
from crmlib.render.chart_data import ChartData, chart_data
from crmlib.render.drawings import DRAWINGS, rows
from crmlib.reports.charts import CHARTS
from crmlib.reports.definition import Chart
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import Group, ReportResult
from tests.render import results

FIRST_MONTH = GRANULARITIES["month"].number(date(2025, 10, 1), results.SETTINGS)
LABELS = st.sampled_from(["Won", "<b>", "মোহাম্মদ", None])
MONTHS = st.one_of(st.none(), st.integers(FIRST_MONTH, FIRST_MONTH + 30))
AMOUNTS = st.one_of(st.none(), st.decimals(-10**9, 10**9, places=2), st.just(Decimal("0.00")))
GROUPINGS = {"stage": (results.STAGE, LABELS), "owner": (results.OWNER, st.integers(1, 12)), "month": (results.CLOSED_IN, MONTHS)}


@st.composite
def any_result(draw: Any) -> ReportResult:
    down = draw(st.lists(st.sampled_from(sorted(GROUPINGS)), max_size=2, unique=True))
    across = draw(st.lists(st.sampled_from(sorted(set(GROUPINGS) - set(down))), max_size=2, unique=True)) if down else []
    values = st.tuples(*(GROUPINGS[name][1] for name in (*down, *across)), AMOUNTS)
    drawn = sorted(draw(st.lists(values, min_size=1, max_size=25)), key=lambda row: [(one is not None, one) for one in row[:-1]])
    rows = [(tuple(labels), results.deal("x", None if amount is None else str(amount))) for *labels, amount in drawn]
    columns = [GROUPINGS[name][0] for name in down], [GROUPINGS[name][0] for name in across]
    result = results.matrix_of(tuple(columns[0]), tuple(columns[1]), rows) if across else results.result_of(tuple(columns[0]), rows)
    if draw(st.booleans()):
        result = results.with_average(result)
    if draw(st.integers(0, 5)) == 0:
        result = replace(result, aggregates=(), cells=dict.fromkeys(result.cells, ()))
    return replace(result, groups=_turned(result.groups, draw(st.booleans())))


def _turned(groups: tuple[Group, ...], backwards: bool) -> tuple[Group, ...]:
    turned = tuple(replace(group, groups=_turned(group.groups, backwards)) for group in groups)
    return turned[::-1] if backwards else turned


@given(result=any_result(), kind=st.sampled_from(sorted(CHARTS)))
def test_a_picture_or_a_sentence(result: ReportResult, kind: str) -> None:
    target = Decimal(1000) if kind == "gauge" else None
    asked = replace(result, chart=Chart(type=kind, target=target))
    try:
        data = chart_data(asked)
    except DefinitionError as error:
        assert kind != "auto" and all(problem.message and problem.hint for problem in error.problems)
        return
    if data is None:
        assert kind in ("none", "table") or not result.groupings
        return
    DRAWINGS[data.kind.name](data, result.settings)
    drawn = {(row["label"], row["series"]) for row in rows(data)}
    assert {point.label for point in data.points} <= set(data.labels) and {point.series for point in data.points} - {""} <= set(data.series)
    assert len(drawn) == len(rows(data))  # no two points in one place
    if data.kind.of_whole:
        assert whole(result, data) == shown(data)


def whole(result: ReportResult, data: ChartData) -> Decimal:
    if not result.aggregates:
        return Decimal(result.row_count)
    return sum((Decimal(str(result.grand_total[column.name])) for column in data.measures), Decimal(0))


def shown(data: ChartData) -> Decimal:
    """Parts make up the whole, also where the small ones stand together."""
    if data.kind.name == "cumulative_line":
        return sum({point.series: point.value or Decimal(0) for point in data.points}.values(), Decimal(0))
    return sum((point.value or Decimal(0) for point in data.points), Decimal(0))
