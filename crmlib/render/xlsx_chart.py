"""The sheet "Chart" of a workbook: a native chart beside the figures it shows, which go on living when they are changed.

A spreadsheet knows no heat map, gauge or funnel: they become a coloured table, a bar filled as far as it got, and bars.
Bubbles become points, all of one size, since the library that writes workbooks has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crmlib.render.chart_data import ChartData, unit_of
from crmlib.render.drawings import OTHERS, PALETTE, TEXTS, colours
from crmlib.render.formats import format_of
from crmlib.reports.result import ResultColumn

if TYPE_CHECKING:

    from crmlib.render.xlsx import Writer

SHEET = "Chart"
Row = tuple[tuple[str, ...], list[Decimal | None]]
"""The words in the first columns, then the figures."""


def has_sheet(data: ChartData) -> bool:
    """Figures of the whole report stand on its own sheet already."""
    return data.kind.name != "metric"


def write_chart(writer: Writer, data: ChartData) -> None:
    """The sheet with its figures and, if a spreadsheet can draw it, the chart."""
    sheet = writer.sheet(SHEET)
    words, columns, rows = _table(data)
    for index, name in enumerate(words):
        writer.text(sheet, 0, index, name, writer.look(bold=True, bottom=1))
    for index, column in enumerate(columns, len(words)):
        writer.text(sheet, 0, index, column.label, writer.look(bold=True, bottom=1, align="right", indent=1))
    looks = writer.looks(columns, {})
    for row, (labels, values) in enumerate(rows, 1):
        for index, label in enumerate(labels):
            writer.text(sheet, row, index, label, writer.look())
        for index, (value, column, look) in enumerate(zip(values, columns, looks, strict=True), len(words)):
            writer.value(sheet, row, index, value, column, look)
    sheet.set_column(0, len(words) - 1, 28)
    width = len(words) + len(columns)
    sheet.set_column(len(words), width - 1, 22)
    if data.kind.name == "heat_map":
        sheet.conditional_format(1, 1, len(rows), width - 1, {"type": "2_color_scale", "min_color": "#F7FBFF", "max_color": "#4292C6"})
    if data.kind.excel is not None:
        picture = _points(writer, data, rows) if data.kind.excel[0] == "scatter" else _picture(writer, data, columns, len(rows))
        picture.set_title({"name": "\n".join(filter(None, (data.title, data.subtitle))), "name_font": {"size": 13}})
        sheet.insert_chart(0, width + 1, picture, {"description": data.title})


def _table(data: ChartData) -> tuple[tuple[str, ...], Sequence[ResultColumn], list[Row]]:
    """Headings of words, columns of figures, rows."""
    if data.kind.name == "gauge":
        point, measure = data.points[0], data.measure
        value, target = point.value or Decimal(0), point.values[1] or Decimal(0)
        left = ResultColumn("", "Still to reach", measure.type, measure.scale)
        return ("Figure",), (measure, left), [((measure.label,), [value, max(target - value, Decimal(0))])]
    if data.kind.excel is not None and data.kind.excel[0] == "scatter":
        words = (data.dimension, data.series_label) if data.series else (data.dimension,)
        ordered = sorted(data.points, key=lambda point: data.series.index(point.series)) if data.series else data.points
        return words, data.measures, [((point.label, point.series)[:len(words)], list(point.values)) for point in ordered]
    if not data.series:
        found = {point.label: list(point.values) for point in data.points}
        return (data.dimension,), data.measures, [((label,), found.get(label, [None] * len(data.measures))) for label in data.labels]
    columns = [ResultColumn(name, name, data.measure.type, data.measure.scale) for name in data.series]
    values = {(point.label, point.series): point.value for point in data.points}
    return (data.dimension,), columns, [((label,), [values.get((label, name)) for name in data.series]) for label in data.labels]


def _picture(writer: Writer, data: ChartData, columns: Sequence[ResultColumn], rows: int) -> Any:
    assert data.kind.excel is not None
    kind, subtype = data.kind.excel
    in_parts = data.kind.name in ("pie", "donut")
    chart = writer.workbook.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
    is_combined = data.kind.name == "combined"
    paints = colours(data, data.labels if in_parts else [column.name for column in columns])
    if data.kind.name == "gauge":
        paints = [PALETTE[0], OTHERS]
    for index in range(1, 2 if is_combined else len(columns) + 1):
        chart.add_series(_series(index, rows, kind, paints if in_parts else paints[index - 1:index]))
    values = _axis(writer, data.measure, "0%" if subtype == "percent_stacked" else None)
    if is_combined:
        line = writer.workbook.add_chart({"type": "line"})
        own_axis = unit_of(data.measures[0]) != unit_of(data.measures[1])
        line.add_series({**_series(2, rows, "line", [PALETTE[5]]), "y2_axis": own_axis})
        if own_axis:
            line.set_y2_axis({**_axis(writer, data.measures[1]), "major_gridlines": {"visible": False}})
        chart.combine(line)
    chart.set_legend({"position": "bottom" if is_combined else "right"} if in_parts or len(columns) > 1 else {"none": True})
    if kind == "bar":  # Excel counts bars from below
        chart.set_y_axis({"reverse": True, "crossing": "max", "label_position": "low", "line": {"none": True}})
        chart.set_x_axis(values)
    elif not in_parts:
        chart.set_x_axis({"label_position": "low"})
        chart.set_y_axis(values)
    chart.set_size({"width": 760, "height": 26 * rows * (len(columns) if subtype is None else 1) + 120 if kind == "bar" else 400})
    return chart


def _series(index: int, rows: int, kind: str, paints: Sequence[str]) -> dict[str, Any]:
    """One column of figures, in one colour or in one for each of them."""
    paint = {"color": paints[0]}
    drawn: dict[str, Any] = {"fill": paint, "gap": 50}
    if kind in ("pie", "doughnut"):
        drawn = {"points": [{"fill": {"color": one}} for one in paints]}
    elif kind == "line":
        drawn = {"line": {**paint, "width": 2}, "marker": {"type": "circle", "size": 5, "fill": paint, "border": paint}}
    return {"name": [SHEET, 0, index], "categories": [SHEET, 1, 0, rows, 0], "values": [SHEET, 1, index, rows, index], **drawn}


def _points(writer: Writer, data: ChartData, rows: Sequence[Row]) -> Any:
    """Points, each with its name where there are few; one colour per series."""
    chart = writer.workbook.add_chart({"type": "scatter"})
    first = len(rows[0][0])
    for place, (name, together) in enumerate(groupby(enumerate(rows, 1), key=lambda row: row[1][0][1:])):
        numbers = [number for number, _ in together]
        colour = {"color": PALETTE[place % len(PALETTE)]}
        named = {"value": True, "position": "right", "custom": [{"value": f"={SHEET}!$A${number + 1}"} for number in numbers]}
        chart.add_series({
            "name": name[0] if name else data.measures[1].label,
            "categories": [SHEET, numbers[0], first, numbers[-1], first], "values": [SHEET, numbers[0], first + 1, numbers[-1], first + 1],
            "marker": {"type": "circle", "size": 8, "fill": colour, "border": colour},
            **({"data_labels": named} if len(rows) <= TEXTS else {})})
    chart.set_legend({"position": "right"} if data.series else {"none": True})
    chart.set_x_axis({**_axis(writer, data.measures[0]), "name": data.measures[0].label})
    chart.set_y_axis({**_axis(writer, data.measures[1]), "name": data.measures[1].label})
    chart.set_size({"width": 760, "height": 420})
    return chart


def _axis(writer: Writer, measure: ResultColumn, number_format: str | None = None) -> dict[str, Any]:
    return {"num_format": number_format or format_of(measure.type).excel(0, writer.settings), "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#E0E0E0"}}}
