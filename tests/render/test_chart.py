from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from crmlib.errors import DefinitionError
from crmlib.model.org import Settings
from crmlib.render.chart import DRAWINGS, PALETTE, chart_of, chart_png, chart_spec, chart_svg, compact
from crmlib.render.chart_data import CHARTS, ChartData, chart_data
from crmlib.reports.definition import Report
from crmlib.reports.result import ReportResult, ResultColumn
from tests.render import results


def data(result: ReportResult) -> ChartData:
    found = chart_data(result)
    assert found is not None
    return found


def grouped(count: int, label: str = "G{}", amount: str = "{}.00", **changes: Any) -> ReportResult:
    rows = [((label.format(n),), results.deal("x", amount.format(n))) for n in range(count)]
    return results.result_of((results.STAGE,), rows, **changes)


# --- Which chart


@pytest.mark.parametrize(("result", "kind"), [
    (results.by_stage(), "column"),
    (grouped(12), "column"),
    (grouped(13), "bar"),
    (grouped(3, "A rather long label {}"), "bar"),
    (results.months(), "line"),
    (results.months(1), "column"),
    (results.deals(), "stacked_column"),
    (results.three_levels(), "stacked_column"),
])
def test_proposes_what_fits(result: ReportResult, kind: str) -> None:
    assert data(result).kind.name == kind


@pytest.mark.parametrize("result", [results.tabular(), results.empty(), results.by_stage(chart="none")])
def test_proposes_nothing_where_a_table_says_it_better(result: ReportResult) -> None:
    assert chart_of(result) is None and chart_svg(result) is None and chart_png(result) is None


@pytest.mark.parametrize("chart", ["auto", "stacked_column"])
def test_parts_that_do_not_make_up_their_whole_are_not_stacked(chart: str) -> None:
    deals = results.deals(chart=chart)
    once = {**deals.cells, (("Won",), ()): (Decimal("9876543210123.60"), 2)}  # a deal that stands in two groups counts once in the total
    shown = data(replace(deals, cells=once))
    assert (shown.kind.name, shown.series, shown.points[1].value) == ("column", (), Decimal("9876543210123.60"))


def test_a_line_may_show_series_that_do_not_add_up() -> None:
    deals = results.deals(chart="line")
    assert len(data(replace(deals, cells={**deals.cells, (("Won",), ()): (Decimal(1), 2)})).series) == 4


def test_shows_the_first_number_else_the_count() -> None:
    day = ResultColumn("close_date:largest", "Largest Close date", "date")
    first_is_a_date = results.by_stage(aggregates=(day, results.by_stage().aggregates[1]))
    assert data(first_is_a_date).title == "Record count by Stage"
    none = results.by_stage(aggregates=(), cells=dict.fromkeys(results.by_stage().cells, ()))
    assert [point.text for point in data(none).points] == ["3", "3", "1"]


def test_unknown_chart_is_refused_with_a_hint() -> None:
    with pytest.raises(DefinitionError) as refused:
        chart_of(results.by_stage(chart="colum"))
    assert refused.value.codes == ["unknown-chart"] and "'column'" in str(refused.value)


def test_every_chart_has_a_drawing() -> None:
    assert set(DRAWINGS) == {name for name, kind in CHARTS.items() if kind.excel}


# --- What it shows


def test_points_are_the_figures() -> None:
    assert [(point.label, point.value, point.text) for point in data(results.by_stage()).points] == [
        ("Prospecting", Decimal("950.25"), "€950.25"), ("Won", Decimal("9876543210123.75"), "€9,876,543,210,123.75"),
        ("(blank)", Decimal("7.00"), "€7.00")]


def test_of_many_groups_the_largest_are_shown_and_that_is_said() -> None:
    shown = data(grouped(132))
    assert shown.subtitle == "20 largest of 132 groups"
    assert [point.label for point in shown.points] == [f"G{n}" for n in range(131, 111, -1)]
    assert data(grouped(20)).subtitle == ""


def test_columns_of_the_largest_stay_in_the_order_of_the_groups() -> None:
    assert [point.label for point in data(grouped(22, chart="column")).points] == [f"G{n}" for n in range(2, 22)]


def test_two_groups_of_one_name_are_two_points() -> None:
    rows = [((owner,), results.deal("x", "1.00")) for owner in (17, 18)]
    result = results.result_of((results.OWNER,), rows)
    twins = replace(result, groups=tuple(replace(group, label="Amina") for group in result.groups))
    assert data(twins).labels == ("Amina", "Amina (2)")


def test_series_by_the_second_grouping() -> None:
    shown = data(results.deals())
    assert shown.title == "Sum of Amount by Stage and Owner"
    assert shown.series == ("Amina", "(blank)", "অনিতা দাস", "አልማዝ ተስፋዬ")
    assert len(shown.points) == 6


def test_too_many_series_are_not_told_apart_by_colour() -> None:
    rows = [(("Open", f"Owner {n}"), results.deal("x", "1.00")) for n in range(len(PALETTE) + 1)]
    shown = data(results.result_of((results.STAGE, results.OWNER), rows))
    assert (shown.kind.name, shown.series) == ("column", ())


def test_a_line_has_a_place_for_months_without_records() -> None:
    shown = data(results.months(14))
    assert len(shown.labels) == 13 and "July 2024" in shown.labels
    assert "July 2024" not in [point.label for point in shown.points]
    spec = chart_spec(results.months(14))
    assert spec is not None
    assert [row["value"] for row in spec["data"]["values"] if row["label"] == "July 2024"] == [None]


def test_a_line_in_descending_order_runs_backwards_with_the_blank_last() -> None:
    result = results.months(8)
    blank = replace(result.groups[0], key=(None,), label="(blank)")
    descending = replace(result, groups=(*reversed(result.groups), blank), cells={**result.cells, ((None,), ()): (Decimal(1), 1)})
    assert data(descending).labels[0] == "August 2024"
    assert data(descending).labels[-2:] == ("January 2024", "(blank)")


def test_one_deal_of_long_ago_does_not_fill_the_axis() -> None:
    rows = [((number,), results.deal("x", "1.00")) for number in (12 * 1900, 12 * 2026)]
    assert len(data(results.result_of((results.CLOSED_IN,), rows)).labels) == 2


@pytest.mark.parametrize("chart", ["pie", "donut"])
def test_a_pie_is_of_few_parts_of_a_whole(chart: str) -> None:
    assert data(grouped(8, chart=chart)).kind.name == chart
    assert data(grouped(9, chart=chart)).kind.name == "bar"
    assert data(grouped(3, amount="-{}.00", chart=chart)).kind.name == "bar"
    average = replace(grouped(3, chart=chart), cells=grouped(3).cells | {((), ()): (Decimal("1.00"), 3)})
    assert data(average).kind.name == "bar"


# --- Pictures


EVERY_SHAPE = [results.by_stage(), results.deals(), results.months(), results.hostile(), grouped(132), grouped(5, amount="-{}.00")]


def test_altair_accepts_every_specification() -> None:
    """Altair checks a specification against Vega-Lite's schema."""
    for result in (*EVERY_SHAPE, *(grouped(4, chart=chart) for chart in DRAWINGS)):
        assert chart_of(result) is not None


@pytest.mark.parametrize("chart", DRAWINGS)
def test_svg_shows_labels_of_every_script_and_says_what_it_is(chart: str) -> None:
    rows = [((name,), results.deal("x", "12345678.90")) for name in results.NAMES]
    svg = chart_svg(results.result_of((results.OWNER,), rows, chart=chart))
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "Sum of Amount by Owner")
    written = " ".join(root.itertext())
    assert all(name in written for name in results.NAMES)
    assert "€12.3M" in written or "€10M" in written


def test_hostile_labels_stay_text() -> None:
    svg = chart_svg(results.hostile())
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert results.HOSTILE[0] in list(root.itertext())
    assert not any(element.tag.endswith("script") for element in root.iter())


def test_the_same_chart_is_the_same_svg_and_two_charts_share_no_id() -> None:
    many, few = grouped(60, "মোহাম্মদ রহমান {}"), grouped(30, "Another label {}")
    assert chart_svg(many) == chart_svg(many)

    def ids(result: ReportResult) -> set[str]:
        found = {element.attrib["id"] for element in ElementTree.fromstring(chart_svg(result) or "").iter() if "id" in element.attrib}
        assert found
        return found
    assert not ids(many) & ids(few)


def test_png() -> None:
    png = chart_png(results.by_stage())
    assert png is not None and png.startswith(b"\x89PNG")


def test_nothing_is_fetched() -> None:
    spec = json.dumps([chart_spec(result) for result in EVERY_SHAPE])
    assert '"url"' not in spec


# --- Short numbers


EURO = ResultColumn("amount:sum", "Sum of Amount", "currency")


@pytest.mark.parametrize(("value", "text"), [
    ("0", "€0"), ("0.5", "€0.5"), ("7", "€7"), ("950.25", "€950"), ("999.4", "€999"), ("999.6", "€1k"), ("12345678.90", "€12.3M"),
    ("-1500", "−€1.5k"), ("999999.99", "€1M"), ("2500000000", "€2.5bn"), ("9876543210123.75", "€9.88T"), (None, "")])
def test_three_digits(value: str | None, text: str) -> None:
    assert compact(None if value is None else Decimal(value), EURO, results.SETTINGS) == text


@pytest.mark.parametrize(("locale", "kind", "text"), [
    ("de_DE", "currency", "12,3M\u00a0€"), ("de_DE", "percent", "12,3M\u00a0%"), ("bn_BD", "currency", "12.3M€"),
    ("en_GB", "integer", "12.3M")])
def test_three_digits_in_other_locales(locale: str, kind: str, text: str) -> None:
    assert compact(Decimal("12345678.9"), replace(EURO, type=kind), Settings(locale=locale)) == text


def test_a_definition_may_ask_for_each_chart_and_no_other() -> None:
    assert set(get_args(Report.model_fields["chart"].annotation)) == set(CHARTS)
