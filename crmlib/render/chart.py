"""A result's chart: a Vega-Lite specification as plain data, for Altair in notebooks, as SVG and PNG everywhere else.

SVG and PNG are drawn by vl-convert, which needs no browser and no network. They are made from the specification, not
through Altair, whose import alone takes longer than a page may. To add a kind of chart: a row in `chart_data.CHARTS`
and a drawing here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any
from zlib import crc32

from crmlib.model.org import Settings
from crmlib.render.chart_data import ChartData, chart_data
from crmlib.render.formats import rounded, show
from crmlib.reports.result import ReportResult, ResultColumn

if TYPE_CHECKING:
    import altair as alt

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#F0E442")
"""Okabe and Ito's colours, which the colour-blind can tell apart; their black is a grey here."""

FONT = "Noto Sans, Noto Sans Bengali, Noto Sans Ethiopic, system-ui, sans-serif"
INK, QUIET, GRID = "#222222", "#595959", "#e4e4e4"
WIDTH, HEIGHT = 640, 300
UNITS = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
TEXTS = 20
"""Up to so many columns carry their figure."""

VEGA_LITE = "6.1"

CONFIG = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {"gridColor": GRID, "labelColor": INK, "titleColor": QUIET, "labelFontSize": 12, "titleFontSize": 12,
             "titleFontWeight": "normal", "titlePadding": 10, "ticks": False, "domain": False},
    "title": {"anchor": "start", "fontSize": 16, "fontWeight": 600, "color": INK, "offset": 14,
              "subtitleColor": QUIET, "subtitleFontSize": 12},
    "legend": {"labelColor": INK, "titleColor": QUIET, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
               "labelLimit": 240},
}

Spec = dict[str, Any]


def chart_spec(result: ReportResult) -> Spec | None:
    """The Vega-Lite specification of the chart that fits, or that the report asks for; None for a table without groups or records.

    On white ground with dark letters, in any theme. Raises DefinitionError for an unknown chart.
    """
    data = chart_data(result)
    if data is None:
        return None
    title = {"text": data.title, **({"subtitle": data.subtitle} if data.subtitle else {})}
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.1.0.json", "title": title, "background": "white", "padding": 12,
            "data": {"values": _rows(data, result.settings)}, "config": CONFIG, **DRAWINGS[data.kind.name](data, result.settings)}


def chart_of(result: ReportResult) -> alt.Chart | alt.LayerChart | None:
    """The same as an Altair chart, to look at and change in a notebook."""
    spec = chart_spec(result)
    if spec is None:
        return None
    import altair as alt

    return (alt.LayerChart if "layer" in spec else alt.Chart).from_dict(spec)


def chart_svg(result: ReportResult) -> str | None:
    """The chart as an SVG element that says in words what it shows; None where there is no chart."""
    spec = chart_spec(result)
    if spec is None:
        return None
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    words = escape(". ".join(spec["title"].values()))
    return _own_ids(svg).replace("<svg ", f'<svg role="img" aria-label="{words}" style="max-width:100%;height:auto" ', 1)


def chart_png(result: ReportResult, scale: float = 2) -> bytes | None:
    """The chart as a PNG, for mail. Letters of a script for which the machine has no font become boxes (Debian: fonts-noto-core)."""
    spec = chart_spec(result)
    if spec is None:
        return None
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[]))


def _own_ids(svg: str) -> str:
    """Ids that no other chart on the page has; vl-convert counts them per process."""
    found = {name: str(n) for n, name in enumerate(dict.fromkeys(re.findall(r'id="(\w+)"', svg)))}
    if not found:
        return svg
    mark = f"crm{crc32(re.sub(r'clip[0-9]+', '', svg).encode()):08x}-"
    return re.sub(r'(id="|url\(#)(\w+)("|\))', lambda part: f"{part[1]}{mark}{found.get(part[2], part[2])}{part[3]}", svg)


# --- Drawings: one per kind of chart


def _columns(data: ChartData, settings: Settings) -> Spec:
    bars = {"mark": {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 2}}
    figures = [_figures(">=", {"dy": -7}), _figures("<", {"dy": 9})] if len(data.labels) <= TEXTS else []
    return {"encoding": {"x": _labels(data), "y": _values(data, settings), "tooltip": _tooltip(data)},
            "layer": [bars, *figures], "width": _column_width(data), "height": HEIGHT}


def _bars(data: ChartData, settings: Settings) -> Spec:
    labels = {"field": "label", "type": "nominal", "sort": list(data.labels), "title": None, "axis": {"labelLimit": 240}}
    return {"encoding": {"y": labels, "x": _values(data, settings), "tooltip": _tooltip(data)},
            "layer": [{"mark": {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 2}},
                      _figures(">=", {"align": "left", "dx": 4}), _figures("<", {"align": "right", "dx": -4})],
            "width": WIDTH - 160, "height": {"step": 24}}


def _figures(sign: str, mark: Spec) -> Spec:
    """Short texts at the ends of bars, of either sign."""
    return {"transform": [{"filter": f"datum.value {sign} 0"}], "mark": {"type": "text", "color": INK, "fontSize": 11, **mark},
            "encoding": {"text": {"field": "short", "type": "nominal"}}}


def _line(data: ChartData, settings: Settings) -> Spec:
    # Empty periods break the line: no deals in June is not a deal between May's and July's.
    mark = {"type": "line", "point": {"size": 36}, "strokeWidth": 2, "color": PALETTE[0], "invalid": "break-paths-show-domains"}
    return {"mark": mark, "width": WIDTH, "height": HEIGHT,
            "encoding": {"x": _labels(data), "y": _values(data, settings), "tooltip": _tooltip(data), **_series(data)}}


def _stacked(data: ChartData, settings: Settings) -> Spec:
    return {"transform": [_place(data.series, "series")], "width": _column_width(data), "height": HEIGHT,
            "mark": {"type": "bar", "stroke": "white", "strokeWidth": 0.7, "color": PALETTE[0]},
            "encoding": {"x": _labels(data), "y": _values(data, settings), "tooltip": _tooltip(data), **_series(data),
                         "order": {"field": "place", "type": "quantitative"}}}


def _pie(data: ChartData, settings: Settings, hole: int = 0) -> Spec:
    labels = [point.label for point in data.points]
    # Each slice is named with its figure, so that nobody has to compare angles.
    named = {point.label: f"{point.label}  {compact(point.value, data.measure, settings)}" for point in data.points}
    colours = {"field": "label", "type": "nominal", "sort": labels, "title": data.dimension,
               "scale": {"domain": labels, "range": list(PALETTE)}, "legend": {"labelExpr": f"{json.dumps(named)}[datum.label]"}}
    return {"transform": [_place(labels, "label")], "width": 300, "height": 280,
            "mark": {"type": "arc", "innerRadius": hole, "outerRadius": 130, "stroke": "white", "strokeWidth": 1.5},
            "encoding": {"theta": {"field": "value", "type": "quantitative", "stack": True}, "color": colours, "tooltip": _tooltip(data),
                         "order": {"field": "place", "type": "quantitative"}}}


DRAWINGS: dict[str, Callable[[ChartData, Settings], Spec]] = {
    "column": _columns, "bar": _bars, "line": _line, "stacked_column": _stacked, "pie": _pie,
    "donut": lambda data, settings: _pie(data, settings, hole=78),
}
"""One per row of CHARTS that is a picture."""


# --- Parts of drawings


def _rows(data: ChartData, settings: Settings) -> list[Spec]:
    rows: list[Spec] = [{"label": point.label, "series": point.series, "text": point.text,
                         "value": None if point.value is None else float(point.value),
                         "short": compact(point.value, data.measure, settings)} for point in data.points]
    there = {point.label for point in data.points}
    rows += [{"label": label, "series": series, "text": "no records", "value": None, "short": ""}
             for label in data.labels if label not in there for series in data.series or ("",)]
    place = {label: n for n, label in enumerate(data.labels)}
    return sorted(rows, key=lambda row: place[row["label"]])


def _labels(data: ChartData) -> Spec:
    """The axis below. What it shows stands in the title; labels lie flat if they fit."""
    flat = len(data.labels) * _label_width(data) <= _column_width(data)
    axis: Spec = {"grid": False, "labelAngle": 0 if flat else -40, "labelLimit": 170, "domain": True, "domainColor": "#999999"}
    if len(data.labels) > 24:
        axis["labelOverlap"] = True
    return {"field": "label", "type": "nominal", "sort": list(data.labels), "title": None, "axis": axis}


def _values(data: ChartData, settings: Settings) -> Spec:
    axis: Spec = {"labelExpr": _axis_text(data.measure, settings), "tickCount": 6}
    if data.measure.type == "integer":
        axis["tickMinStep"] = 1
    negative = any(point.value is not None and point.value < 0 for point in data.points)
    room = {"scale": {"padding": 30}} if negative else {}  # for figures beyond the lowest bar
    return {"field": "value", "type": "quantitative", "title": data.measure.label, "axis": axis, **room}


def _series(data: ChartData) -> Spec:
    if not data.series:
        return {}
    return {"color": {"field": "series", "type": "nominal", "sort": list(data.series), "title": data.series_label,
                      "scale": {"domain": list(data.series), "range": list(PALETTE)}}}


def _place(order: Sequence[str], field: str) -> Spec:
    """Vega-Lite stacks by the alphabet unless told a place."""
    return {"calculate": f"indexof({json.dumps(list(order))}, datum.{field})", "as": "place"}


def _tooltip(data: ChartData) -> list[Spec]:
    fields = [("label", data.dimension), *([("series", data.series_label)] if data.series else []), ("text", data.measure.label)]
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def _column_width(data: ChartData) -> int:
    return min(WIDTH, max(240, len(data.labels) * max(70, _label_width(data))))


def _label_width(data: ChartData) -> int:
    return max(map(len, data.labels)) * 7 + 8


# --- Short numbers


def compact(value: Decimal | None, measure: ResultColumn, settings: Settings) -> str:
    """'€12.3M' for 12345678.90: three digits, for places where the exact text has no room."""
    if value is None:
        return ""
    size, unit = next(((size, unit) for size, unit in UNITS if abs(value) >= size * Decimal("0.9995")), (Decimal(1), ""))
    number = abs(value) / size
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    text = f"{rounded(number, digits):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    before, after = _around(measure, settings)
    return f"{'−' if value < 0 else ''}{before}{text.replace('.', _decimal_mark(settings))}{unit}{after}"


def _axis_text(measure: ResultColumn, settings: Settings) -> str:
    """The same in Vega's language, for numbers of the axis. Its own '~s' would say G for bn and 500m for 0.5."""
    before, after = _around(measure, settings)
    number = "replace(format(abs(datum.value), abs(datum.value) < 1 ? '.2~f' : '.3~s'), 'G', 'bn')"
    localized = f"replace({number}, '.', {json.dumps(_decimal_mark(settings))})"
    return f"(datum.value < 0 ? '−' : '') + {json.dumps(before)} + {localized} + {json.dumps(after)}"


def _around(measure: ResultColumn, settings: Settings) -> tuple[str, str]:
    """What stands before and after a number of this type, in this locale."""
    if measure.type not in ("currency", "percent"):
        return "", ""
    before, _, after = show(1, measure.type, settings, 0).partition("1")
    return before, after


def _decimal_mark(settings: Settings) -> str:
    return show(Decimal("0.5"), "number", settings, 1).strip("05")
