from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from crmlib.errors import DefinitionError
from crmlib.render.chart import chart_of, chart_png, chart_spec, chart_svg
from crmlib.render.chart_data import ChartData, chart_data, chart_data_or_why
from crmlib.render.drawings import DRAWINGS, OTHERS, PALETTE
from crmlib.reports.charts import AUTO, CHARTS, NOTHING
from crmlib.reports.definition import Chart
from crmlib.reports.result import OTHER, ReportResult, ResultColumn
from tests.render import results
from tests.render.results import drawn, grouped, with_average


def data(result: ReportResult) -> ChartData:
    found = chart_data(result)
    assert found is not None
    return found


def refused(result: ReportResult) -> str:
    """Why there is no such chart of it, and what there could be."""
    with pytest.raises(DefinitionError) as error:
        chart_data(result)
    assert error.value.codes == ["unfit-chart"] or error.value.codes == ["unfit-grouping"]
    return error.value.problems[0].message + " | " + error.value.problems[0].hint


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
    (results.matrix(), "stacked_column"),
    (results.wide_matrix(), "stacked_column"),
])
def test_proposes_what_fits(result: ReportResult, kind: str) -> None:
    assert data(result).kind.name == kind


def test_proposes_a_heat_map_where_colours_run_out_and_figures_side_by_side_where_they_do_not_add_up() -> None:
    rows = [((f"Stage {n % 5}", f"Owner {n}"), results.deal("x", "1.00")) for n in range(9)]
    rows.sort(key=lambda row: row[0][0])
    assert data(results.matrix_of((results.STAGE,), (results.OWNER,), rows)).kind.name == "heat_map"
    matrix = results.matrix()
    once = {**matrix.cells, (("Won",), ()): (Decimal("9876543210123.60"), 2)}
    assert data(replace(matrix, cells=once)).kind.name == "grouped_column"


@pytest.mark.parametrize("result", [results.tabular(), results.empty(), results.by_stage(chart="none"), results.by_stage(chart="table")])
def test_proposes_nothing_where_a_table_says_it_better(result: ReportResult) -> None:
    assert chart_of(result) is None and chart_svg(result) is None and chart_png(result) is None


def test_parts_that_do_not_make_up_their_whole_are_not_stacked() -> None:
    deals = results.deals()
    once = {**deals.cells, (("Won",), ()): (Decimal("9876543210123.60"), 2)}  # a deal that stands in two groups counts once in the total
    shown = data(replace(deals, cells=once))
    assert (shown.kind.name, shown.series, shown.points[1].value) == ("column", (), Decimal("9876543210123.60"))
    why = refused(drawn(replace(deals, cells=once), "stacked_column"))
    assert why.startswith("Sum of Amount of the groups does not add up to that of the whole") and "grouped_column" in why


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
    with pytest.raises(DefinitionError) as error:
        chart_of(results.by_stage(chart="colum"))
    assert error.value.codes == ["unknown-chart"] and "'column'" in str(error.value)


def test_every_chart_has_a_drawing() -> None:
    assert set(DRAWINGS) == set(CHARTS) - {AUTO, *NOTHING}


def below_zero() -> ReportResult:
    return results.result_of((results.STAGE, results.OWNER), [(("Open", owner), results.deal("x", amount))
                                                              for owner, amount in (("Amina", "2.00"), ("Femke", "-1.00"))])


UNFIT = [
    (results.tabular(), "column", "a 'column' chart needs one grouping; the report has no", "metric"),
    (results.by_stage(), "stacked_bar", "a 'stacked_bar' chart needs two groupings; the report has one", "bar, column, line"),
    (results.by_stage(), "grouped_column", "a 'grouped_column' chart needs two groupings, or several figures of one unit", "bar"),
    (results.by_stage(), "heat_map", "a 'heat_map' chart needs two groupings", "bar"),
    (results.by_stage(), "bubble", "a 'bubble' chart needs three numbers as figures; the report has two", "scatter"),
    (results.by_stage(), "gauge", "a 'gauge' chart needs something to reach", "metric"),
    (grouped(3, amount="-{}.00"), "pie", "Sum of Amount is below zero in places, which a 'pie' chart can't show", "bar"),
    (grouped(3, amount="-{}.00"), "funnel", "Sum of Amount is below zero in places", "bar"),
    (below_zero(), "percent_column", "Sum of Amount is below zero in places", "stacked_column"),
    (drawn(results.by_stage(), "pie", values=("amount:sum", "record_count")), "", "a 'pie' chart shows one figure; the chart names two",
     "combined"),
    (drawn(results.by_stage(), "bar", values=("margin:sum",)), "", "'margin:sum' is no number that this report shows to maria", ""),
    (drawn(results.deals(), "column", x="owner"), "", "the chart can't show 'owner' as x", "stage"),
    (drawn(results.by_stage(), "grouped_bar", values=("amount:sum", "record_count")), "", "figures of different units can't share",
     "combined"),
    (drawn(results.by_stage(), "gauge", target=Decimal(0)), "", "a 'gauge' chart can't show Sum of Amount", "metric"),
]


@pytest.mark.parametrize(("result", "chart", "why", "hint"), UNFIT)
def test_a_chart_that_does_not_fit_is_refused_with_what_fits(result: ReportResult, chart: str, why: str, hint: str) -> None:
    asked = drawn(result, chart) if chart else result
    sentence, _, fitting = refused(asked).partition(" | ")
    assert sentence.startswith(why) and hint in fitting
    assert chart_data_or_why(asked)[1].startswith("No chart: " + why)


def test_what_is_said_to_fit_fits() -> None:
    for result, chart, _, _ in UNFIT:
        fitting = refused(drawn(result, chart) if chart else result).partition("charts that fit: ")[2]
        for name in filter(None, fitting.split(", ")):
            assert chart_svg(replace(result, chart=replace_type(result.chart, name))), name


def replace_type(chart: Chart, name: str) -> Chart:
    return chart.model_copy(update={"type": name})


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


def test_series_of_several_groups_stand_in_their_common_order() -> None:
    rows = [((stage, owner), results.deal("x", "1.00")) for stage, owner in (("Open", "B"), ("Open", "C"), ("Won", "A"), ("Won", "B"))]
    assert data(results.result_of((results.STAGE, results.OWNER), rows)).series == ("A", "B", "C")


def test_series_by_groups_across() -> None:
    shown = data(results.matrix())
    assert (shown.dimension, shown.series_label, shown.series) == ("Stage", "Owner", ("(blank)", "Amina", "অনিতা দাস", "አልማዝ ተስፋዬ"))
    assert {(point.label, point.series): point.value for point in shown.points}["Prospecting", "Amina"] == Decimal("950.25")
    assert len(shown.points) == 6


def test_time_stands_on_x_unless_the_report_says_otherwise() -> None:
    shown = data(results.wide_matrix(2))
    assert (shown.dimension, shown.labels, shown.series) == ("Close date", ("2025",), ("Open", "Won"))
    turned = data(drawn(results.wide_matrix(2), "column", x="stage"))
    assert (turned.dimension, turned.labels) == ("Stage", ("Open", "Won"))
    nested = data(drawn(results.wide_matrix(2), "line", x="stage", series="owner"))
    assert (nested.series, nested.points[0].value) == (("Amina", "Femke"), Decimal("100.10"))
    inner = data(drawn(results.wide_matrix(2), "stacked_column", series="close_date:month"))
    assert (inner.labels, inner.series) == (("2025",), ("October 2025", "November 2025"))


def test_figures_of_one_unit_may_stand_in_series() -> None:
    shown = data(drawn(with_average(results.by_stage()), "grouped_column"))
    assert (shown.series, shown.title) == (("Sum of Amount", "Average Amount"), "Sum of Amount and Average Amount by Stage")
    assert [point.text for point in shown.points[:2]] == ["€950.25", "€317.75"]


def test_two_figures_are_columns_and_a_line_or_places() -> None:
    for kind in ("combined", "scatter"):
        shown = data(drawn(results.by_stage(), kind))
        assert [column.name for column in shown.measures] == ["amount:sum", "record_count"]
        assert shown.points[0].values == (Decimal("950.25"), Decimal(3)) and shown.points[0].shorts == ("€950", "3")
    named = data(drawn(results.by_stage(), "scatter", values=("record_count", "amount:sum")))
    assert named.points[0].values == (Decimal(3), Decimal("950.25"))


def test_running_totals_begin_with_the_earliest_period() -> None:
    shown = data(drawn(results.months(9), "cumulative_line"))
    assert [point.value for point in shown.points][:3] == [Decimal("1000.50"), Decimal("3001.50") + Decimal("0.50"), Decimal("6005.50") - 1]
    assert shown.points[-1].value == results.months(9).cells[(), ()][0]
    backwards = replace(results.months(9), groups=tuple(reversed(results.months(9).groups)))
    assert data(drawn(backwards, "cumulative_line")).points == shown.points


def test_gauge_and_metric_show_the_whole() -> None:
    gauge = data(drawn(results.by_stage(), "gauge", target=Decimal("1000")))
    assert gauge.points[0].values == (Decimal("9876543211081.00"), Decimal("1000"))
    reached = data(drawn(with_average(results.by_stage()), "gauge", values=("amount:average", "amount:sum"))).points[0]
    assert reached.values[1] == gauge.points[0].value
    metric = data(drawn(results.tabular(), "metric"))
    assert [(point.label, point.text) for point in metric.points] == [("Sum of Amount", "€9,876,543,211,081.00"), ("Record count", "7")]


def test_of_many_parts_the_smallest_stand_together() -> None:
    pie = data(grouped(12, chart="pie"))
    assert [point.label for point in pie.points] == [f"G{n}" for n in range(11, 4, -1)] + ["5 others"]
    assert (pie.points[-1].value, pie.others) == (Decimal(10), "5 others")
    rows = [(("Open", f"Owner {n}"), results.deal("x", f"{n}.00")) for n in range(12)]
    stacked = data(drawn(results.result_of((results.STAGE, results.OWNER), rows), "stacked_column"))
    assert stacked.series == (*(f"Owner {n}" for n in range(5, 12)), "5 others")
    assert sum(point.value or 0 for point in stacked.points) == 66
    spec = chart_spec(drawn(results.result_of((results.STAGE, results.OWNER), rows), "stacked_column"))
    assert spec is not None and spec["encoding"]["color"]["scale"]["range"][-1] == OTHERS


def test_the_group_of_others_is_pale_and_no_period() -> None:
    result = results.months(3)
    other = replace(result.groups[2], key=(OTHER,), label="Other")
    changed = replace(result, groups=(*result.groups[:2], other), cells={**result.cells, ((OTHER,), ()): result.cells[(24290,), ()]})
    shown = data(drawn(changed, "pie"))
    assert shown.others == "Other" and data(drawn(changed, "line")).labels == ("January 2024", "February 2024", "Other")


def test_series_that_are_left_out_are_said() -> None:
    rows = [(("Open", f"Owner {n}"), results.deal("x", f"{n}.00")) for n in range(12)]
    shown = data(drawn(results.result_of((results.STAGE, results.OWNER), rows), "grouped_bar"))
    assert (shown.series, shown.subtitle) == (tuple(f"Owner {n}" for n in range(4, 12)), "8 largest of 12 in Owner")


def test_of_many_periods_the_latest_are_shown() -> None:
    shown = data(results.months(80, chart="column"))
    assert shown.subtitle == "latest 60 of 69 periods" and shown.labels[-1] == "August 2030"
    assert data(results.months(80)).subtitle == ""  # a line shows them all


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


def test_each_line_is_broken_where_it_has_no_records() -> None:
    rows = [((owner, 24309 + n), results.deal("x", "1.00")) for owner in ("Amina", "Femke") for n in range(3) if owner == "Amina" or n != 1]
    spec = chart_spec(drawn(results.matrix_of((results.OWNER,), (results.CLOSED_IN,), rows), "line"))
    assert spec is not None
    assert [row["value"] for row in spec["data"]["values"] if row["series"] == "Femke"] == [1.0, None, 1.0]


def test_a_line_in_descending_order_runs_backwards_with_the_blank_last() -> None:
    result = results.months(8)
    blank = replace(result.groups[0], key=(None,), label="(blank)")
    descending = replace(result, groups=(*reversed(result.groups), blank), cells={**result.cells, ((None,), ()): (Decimal(1), 1)})
    assert data(descending).labels[0] == "August 2024"
    assert data(descending).labels[-2:] == ("January 2024", "(blank)")


def test_one_deal_of_long_ago_does_not_fill_the_axis() -> None:
    rows = [((number,), results.deal("x", "1.00")) for number in (12 * 1900, 12 * 2026)]
    assert len(data(results.result_of((results.CLOSED_IN,), rows)).labels) == 2


@pytest.mark.parametrize("chart", ["stacked_column", "heat_map", "grouped_bar"])
def test_one_group_in_series_is_enough(chart: str) -> None:
    """Tomorrow there may be more of them."""
    rows = [((stage, "Amina"), results.deal("x", "1.00")) for stage in ("Open", "Won")]
    assert data(drawn(results.result_of((results.STAGE, results.OWNER), rows), chart)).series == ("Amina",)
