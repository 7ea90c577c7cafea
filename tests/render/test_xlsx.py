from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from crmlib.render.chart_data import chart_data
from crmlib.render.xlsx import MOST_LETTERS, to_xlsx
from crmlib.reports.charts import CHARTS
from crmlib.reports.result import ReportResult
from tests.render import results
from tests.render.results import fitting


def workbook(result: ReportResult) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(BytesIO(to_xlsx(result)))


def sheet(result: ReportResult, name: str = "Report") -> list[list[Any]]:
    return workbook(result).get_sheet_by_name(name).to_python()


def parts(result: ReportResult) -> dict[str, str]:
    """The XML inside the file, by name."""
    with ZipFile(BytesIO(to_xlsx(result))) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


@pytest.mark.parametrize(("result", "sheets"), [
    (results.by_stage(), ["Report", "Chart"]),
    (results.by_stage(chart="none"), ["Report"]),
    (results.deals(show_details=True), ["Report", "Details only", "Chart"]),
    (results.tabular(), ["Report", "Details only"]),
    (results.empty(), ["Report"]),
])
def test_sheets(result: ReportResult, sheets: list[str]) -> None:
    assert workbook(result).sheet_names == sheets


def test_heading_says_what_the_report_is() -> None:
    column = [row[0] for row in sheet(results.deals(withheld=("Margin",), notes=("Read with care.",)))]
    assert column[:7] == ["Pipeline", "What is open", "7 records · Opportunities · as seen by maria · 13 May 2026, 11:30 (Africa/Nairobi)",
                          "Filters: Stage not equal to Lost", "Withheld, because maria may not see it: Margin", "Read with care.", ""]
    assert column[7:11] == ["Stage", "Prospecting", "", "Total Prospecting"]


def test_empty_says_so() -> None:
    assert sheet(results.empty())[-1][0] == "No records match these filters"


def test_values_come_back_in_their_types() -> None:
    header, first, *_ = sheet(results.tabular(), "Details only")
    assert dict(zip(header, first, strict=True)) == {
        "Name": results.NAMES[0], "Amount": 1250.5, "Probability": 0.2, "Close date": date(2026, 11, 30),
        "Created at": datetime(2026, 5, 2, 0, 30, 15), "Pieces": 3, "Favourite": "Yes", "Tags": "Key; New"}


def test_blank_is_an_empty_cell() -> None:
    assert sheet(results.tabular(), "Details only")[3] == ["No owner", "", "", "", datetime(2026, 5, 2, 0, 30, 15), "", "", ""]


def test_what_a_sheet_cannot_hold_exactly_is_text() -> None:
    huge, early = results.deal("huge", "1234567890123456.78"), results.deal("early", "0.10", date(1899, 12, 31))
    rows = sheet(results.result_of((), [((), huge), ((), early)]), "Details only")
    assert rows[1][1] == "€1,234,567,890,123,456.78"
    assert rows[2][3] == "31 Dec 1899"


def test_fifteen_digits_are_still_a_number() -> None:
    rows = sheet(results.result_of((), [((), results.deal("large", "-1234567890123.45"))]), "Details only")
    assert Decimal(repr(rows[1][1])) == Decimal("-1234567890123.45")


def test_no_text_becomes_a_formula_or_a_link() -> None:
    content = parts(results.hostile(show_details=True))
    worksheets = [text for name, text in content.items() if name.startswith("xl/worksheets/")]
    assert worksheets and not any("<f>" in text or "<hyperlink" in text for text in worksheets)
    labels = [row[0] for row in sheet(results.hostile(show_details=True), "Details only")[1:]]
    assert labels[:8] == list(results.HOSTILE[:8])


def test_too_long_a_text_is_shortened_not_lost() -> None:
    rows = sheet(results.result_of((), [((), results.deal("x" * 40_000, "1.00"))]), "Details only")
    assert len(rows[1][0]) == MOST_LETTERS and rows[1][0].endswith("x…")


def test_number_formats_are_those_of_the_organization() -> None:
    german = replace(results.SETTINGS, locale="de_DE")
    styles = parts(results.tabular(settings=german))["xl/styles.xml"]
    assert set(re.findall(r'formatCode="([^"]*)"', styles)) == {"#,##0.00 [$€]", "0%", "#,##0", "d mmm yyyy", "d mmm yyyy hh:mm"}


def test_header_stays_when_scrolling_and_prints_on_each_page() -> None:
    content = parts(results.by_stage())
    assert '<pane xSplit="1" ySplit="6" topLeftCell="B7"' in content["xl/worksheets/sheet1.xml"]
    assert "_xlnm.Print_Titles" in content["xl/workbook.xml"]


def test_headings_of_groups_across_are_merged_and_groups_stay_in_sight() -> None:
    content = parts(results.wide_matrix())["xl/worksheets/sheet1.xml"]
    assert re.findall(r'<mergeCell ref="(\w+:\w+)"', content) == [
        "A6:A8", "B6:B8", "C6:J6", "K6:R6", "S6:T7", *(f"{first}7:{last}7" for first, last in zip("CEGIKMOQ", "DFHJLNPR", strict=True))]
    assert '<pane xSplit="2" ySplit="8" topLeftCell="C9"' in content
    rows = sheet(results.wide_matrix())
    assert [rows[5][n] for n in (0, 2, 10, 18)] == ["Stage", "2025", "2026", "Total"]
    assert rows[6][2:5] == ["October 2025", "", "November 2025"] and rows[7][2:4] == ["Sum of Amount", "Record count"]
    assert "Report!$A:$B,Report!$6:$8" in parts(results.wide_matrix())["xl/workbook.xml"]


def test_records_of_a_matrix_say_where_they_count() -> None:
    rows = sheet(results.matrix(show_details=True), "Details only")
    assert [row[:3] for row in rows[:2]] == [["Stage", "Owner", "Name"], ["Prospecting", "Amina", results.NAMES[0]]]


NATIVE = {
    "column": '<c:barDir val="col"/>', "bar": '<c:barDir val="bar"/>', "line": "<c:lineChart>", "pie": "<c:pieChart>",
    "donut": "<c:doughnutChart>", "stacked_column": '<c:grouping val="stacked"/>', "stacked_bar": '<c:grouping val="stacked"/>',
    "percent_column": '<c:grouping val="percentStacked"/>', "percent_bar": '<c:grouping val="percentStacked"/>',
    "grouped_column": '<c:grouping val="clustered"/>', "grouped_bar": '<c:grouping val="clustered"/>',
    "cumulative_line": "<c:lineChart>", "combined": "<c:lineChart>", "funnel": '<c:barDir val="bar"/>', "scatter": "<c:scatterChart>",
    "bubble": "<c:scatterChart>", "gauge": '<c:grouping val="percentStacked"/>',
}


@pytest.mark.parametrize("chart", sorted(set(CHARTS) - {"auto"}))
def test_native_chart(chart: str) -> None:
    content = parts(fitting(chart))
    assert (NATIVE[chart] in content["xl/charts/chart1.xml"]) if chart in NATIVE else "xl/charts/chart1.xml" not in content


@pytest.mark.parametrize("chart", sorted(set(NATIVE) - {"gauge"}))
def test_a_chart_refers_to_cells_that_hold_what_it_shows(chart: str) -> None:
    """Its ranges together hold what the picture on the screen shows; of places, how high they are."""
    result = fitting(chart)
    data, rows, content = chart_data(result), sheet(result, "Chart"), parts(result)["xl/charts/chart1.xml"]
    assert data is not None
    found = [rows[number - 1][ord(column) - ord("A")]
             for column, first, last in re.findall(r"<c:(?:val|yVal)>.*?\$([A-Z])\$(\d+):\$[A-Z]\$(\d+)", content)
             for number in range(int(first), int(last) + 1)]
    shown = [point.values[1:2] if "scatter" in NATIVE[chart] else point.values for point in data.points]
    assert sorted(found) == sorted(float(value) for values in shown for value in values if value is not None)


def test_a_heat_map_is_a_coloured_table() -> None:
    content = parts(fitting("heat_map"))
    assert "<colorScale>" in content["xl/worksheets/sheet2.xml"]
    assert sheet(fitting("heat_map"), "Chart")[1][:2] == [results.NAMES[0], 12345678.9]


def test_a_gauge_says_what_is_left() -> None:
    rows = sheet(fitting("gauge"), "Chart")
    assert rows[0] == ["Figure", "Sum of Amount", "Still to reach"] and rows[1][1:] == [123456789.0, 0.0]


def test_figures_of_the_whole_have_no_sheet_of_their_own() -> None:
    assert workbook(fitting("metric")).sheet_names == ["Report"]


def test_a_chart_that_does_not_fit_is_said() -> None:
    result = results.by_stage(chart="heat_map")
    assert workbook(result).sheet_names == ["Report"]
    assert any(str(row[0]).startswith("No chart: a 'heat_map' chart needs two groupings") for row in sheet(result))


def test_chart_refers_to_its_figures() -> None:
    content = parts(results.by_stage())["xl/charts/chart1.xml"]
    assert re.findall(r"<c:f>(.*?)</c:f>", content) == ["Chart!$B$1", "Chart!$A$2:$A$4", "Chart!$B$2:$B$4"]
    assert sheet(results.by_stage(), "Chart")[1:] == [["Prospecting", 950.25], ["Won", 9876543210123.75], ["(blank)", 7.0]]


def test_cut_is_said() -> None:
    result = results.tabular()
    assert str(sheet(replace(result, details=result.details[:3]))[2][0]).startswith("First 3 of 7 records shown; totals are of all of them")
