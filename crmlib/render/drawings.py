"""How each kind of chart is drawn, in Vega-Lite. To add one: a row in `reports.charts.CHARTS` and one in DRAWINGS here.

Every drawing goes over rows with the label and series of a point, and per figure its value, exact text and short text:
`value`, `text`, `short`, `value2` and so on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from math import pi
from textwrap import wrap
from typing import Any

from crmlib.model.org import Settings
from crmlib.render.chart_data import ChartData, unit_of
from crmlib.render.formats import show
from crmlib.render.short_numbers import axis_text, compact
from crmlib.reports.result import ResultColumn

OTHERS = "#D0D0D0"
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#F0E442")
"""Okabe and Ito's colours, which the colour-blind can tell apart; their black is a grey here."""
INK, QUIET, GRID = "#222222", "#595959", "#e4e4e4"
WIDTH, HEIGHT = 640, 300
TEXTS = 20
"""Up to so many columns carry their figure."""

Spec = dict[str, Any]
BAR = {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 2}
PART = {"type": "bar", "stroke": "white", "strokeWidth": 0.7}
POINT = {"type": "point", "filled": True, "size": 90, "opacity": 0.85, "color": PALETTE[0]}


def rows(data: ChartData) -> list[Spec]:
    """The points, and the periods between them without records, in order; of a line, those of each series."""
    found: list[Spec] = []
    for point in data.points:
        row: Spec = {"label": point.label, "series": point.series}
        for value, text, short, number in zip(point.values, point.texts, point.shorts, ("", "2", "3"), strict=False):
            row |= {f"value{number}": None if value is None else float(value), f"text{number}": text, f"short{number}": short}
        found.append(row)
    there = {(point.label, point.series) for point in data.points}
    labels = {label for label, _ in there}
    found += [{"label": label, "series": series, "text": "no records", "value": None, "short": ""}
              for label in data.labels for series in data.series or ("",)
              if label not in labels or (data.kind.most is None and (label, series) not in there)]
    place = {label: n for n, label in enumerate(data.labels)}
    return sorted(found, key=lambda row: place[row["label"]])


# --- Columns and bars


def _columns(data: ChartData, settings: Settings) -> Spec:
    figures = [_figures(">=", {"dy": -7}), _figures("<", {"dy": 9})] if len(data.labels) <= TEXTS else []
    return {"encoding": {"x": _labels(data), "y": _values(data, settings), "tooltip": _tooltip(data)},
            "layer": [{"mark": BAR}, *figures], "width": _column_width(data), "height": HEIGHT}


def _bars(data: ChartData, settings: Settings) -> Spec:
    return {"encoding": {"y": _rows_of_labels(data), "x": _values(data, settings), "tooltip": _tooltip(data)},
            "layer": [{"mark": BAR}, _figures(">=", {"align": "left", "dx": 4}), _figures("<", {"align": "right", "dx": -4})],
            "width": WIDTH - 160, "height": {"step": 24}}


def _figures(sign: str, mark: Spec) -> Spec:
    """Short texts at the ends of bars, of either sign."""
    return {"transform": [{"filter": f"datum.value {sign} 0"}], "mark": {"type": "text", "color": INK, "fontSize": 11, **mark},
            "encoding": {"text": {"field": "short", "type": "nominal"}}}


def _grouped_columns(data: ChartData, settings: Settings) -> Spec:
    beside = {"field": "series", "type": "nominal", "sort": list(data.series)}
    return {"mark": BAR, "width": max(_column_width(data), min(WIDTH, 14 * len(data.labels) * len(data.series))), "height": HEIGHT,
            "encoding": {"x": _labels(data), "xOffset": beside, "y": _values(data, settings), "tooltip": _tooltip(data), **_series(data)}}


def _grouped_bars(data: ChartData, settings: Settings) -> Spec:
    below = {"field": "series", "type": "nominal", "sort": list(data.series)}
    return {"mark": BAR, "width": WIDTH - 160, "height": {"step": 11, "for": "offset"},
            "encoding": {"y": _rows_of_labels(data), "yOffset": below, "x": _values(data, settings), "tooltip": _tooltip(data),
                         **_series(data)}}


def _stacked_columns(data: ChartData, settings: Settings, percent: bool = False) -> Spec:
    return {"transform": _parts(data, percent), "width": _column_width(data), "height": HEIGHT, "mark": PART,
            "encoding": {"x": _labels(data), "y": _shares(data, settings) if percent else _values(data, settings),
                         "tooltip": _tooltip(data), **_series(data), "order": {"field": "place", "type": "quantitative"}}}


def _stacked_bars(data: ChartData, settings: Settings, percent: bool = False) -> Spec:
    return {"transform": _parts(data, percent), "width": WIDTH - 160, "height": {"step": 26}, "mark": PART,
            "encoding": {"y": _rows_of_labels(data), "x": _shares(data, settings) if percent else _values(data, settings),
                         "tooltip": _tooltip(data), **_series(data), "order": {"field": "place", "type": "quantitative"}}}


def _parts(data: ChartData, percent: bool) -> list[Spec]:
    """In their order; as shares of what they make up, where that is not nothing."""
    whole: Spec = {"joinaggregate": [{"op": "sum", "field": "value", "as": "whole"}], "groupby": ["label"]}
    share = {"calculate": "datum.whole > 0 ? datum.value / datum.whole : 0", "as": "share"}
    return [_place(data.series, "series"), *([whole, share] if percent else [])]


def _shares(data: ChartData, settings: Settings) -> Spec:
    percent = axis_text(ResultColumn("", "", "percent", 0), settings).replace("datum.value", "(100 * datum.value)")
    return {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": f"Share of {data.measure.label}",
            "axis": {"labelExpr": percent, "tickCount": 6}}


def _funnel(data: ChartData, settings: Settings) -> Spec:
    """Bars around a middle line, with their figures and shares of the first beside them."""
    first = next((point.value for point in data.points if point.value), None)
    shares = {point.label: show(100 * point.value / first, "percent", settings, 0)
              for point in data.points if first and point.value is not None}
    half = {"type": "quantitative", "axis": None, "scale": {"nice": False}}
    bars = {"mark": {**BAR, "cornerRadius": 2, "height": {"band": 0.86}},
            "encoding": {"x": {"field": "low", **half}, "x2": {"field": "high"}}}
    texts = {"mark": {"type": "text", "align": "left", "x": "width", "dx": 8, "color": INK, "fontSize": 12},
             "encoding": {"text": {"field": "said", "type": "nominal"}}}
    said = f"datum.short + '  ' + ({json.dumps(shares)}[datum.label] || '')"
    return {"transform": [{"calculate": "-datum.value / 2", "as": "low"}, {"calculate": "datum.value / 2", "as": "high"},
                          {"calculate": said, "as": "said"}],
            "encoding": {"y": _rows_of_labels(data), "tooltip": _tooltip(data)}, "layer": [bars, texts],
            "width": WIDTH - 260, "height": {"step": 36}}


# --- Lines


def _line(data: ChartData, settings: Settings) -> Spec:
    # Empty periods break the line: no deals in June is not a deal between May's and July's.
    mark = {"type": "line", "point": {"size": 36}, "strokeWidth": 2, "color": PALETTE[0], "invalid": "break-paths-show-domains"}
    return {"mark": mark, "width": WIDTH, "height": HEIGHT,
            "encoding": {"x": _labels(data, WIDTH), "y": _values(data, settings), "tooltip": _tooltip(data), **_series(data)}}


def _combined(data: ChartData, settings: Settings) -> Spec:
    """Columns, and a line over them: on an axis of its own unless both are of one unit."""
    one_unit = len(set(map(unit_of, data.measures))) == 1
    second = {**_values(data, settings, 1), **({"axis": None} if one_unit else {})}
    names = [column.label for column in data.measures]

    def named(number: int) -> list[Spec]:
        return [{"calculate": json.dumps(names[number]), "as": "figure"}]
    colour = {"field": "figure", "type": "nominal", "title": None, "legend": {"orient": "top"},
              "scale": {"domain": names, "range": [PALETTE[0], PALETTE[5]]}}
    columns = {"transform": named(0), "mark": BAR, "encoding": {"y": _values(data, settings), "color": colour}}
    line = {"transform": named(1), "mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2.5,
                                            "invalid": "break-paths-show-domains"}, "encoding": {"y": second, "color": colour}}
    return {"encoding": {"x": _labels(data), "tooltip": _tooltip(data)}, "layer": [columns, line],
            "resolve": {} if one_unit else {"scale": {"y": "independent"}}, "width": _column_width(data), "height": HEIGHT}


# --- Parts of a whole


def _pie(data: ChartData, settings: Settings, hole: int = 0) -> Spec:
    labels = [point.label for point in data.points]
    # Each slice is named with its figure, so that nobody has to compare angles.
    named = {point.label: f"{point.label}  {point.shorts[0]}" for point in data.points}
    colour = {"field": "label", "type": "nominal", "sort": labels, "title": data.dimension,
              "scale": {"domain": labels, "range": colours(data, labels)}, "legend": {"labelExpr": f"{json.dumps(named)}[datum.label]"}}
    return {"transform": [_place(labels, "label")], "width": 300, "height": 280,
            "mark": {"type": "arc", "innerRadius": hole, "outerRadius": 130, "stroke": "white", "strokeWidth": 1.5},
            "encoding": {"theta": {"field": "value", "type": "quantitative", "stack": True}, "color": colour, "tooltip": _tooltip(data),
                         "order": {"field": "place", "type": "quantitative"}}}


# --- Points and squares


def _scatter(data: ChartData, settings: Settings) -> Spec:
    sized = len(data.measures) > 2
    size = {"size": _size(data, settings)} if sized else {}
    beside = {} if sized else {"align": "left", "dx": 8, "dy": -6}
    texts = {"mark": {"type": "text", "color": INK, "fontSize": 11, **beside},
             "encoding": {"text": {"field": "label", "type": "nominal"}}}
    return {"encoding": {"x": _free(_values(data, settings)), "y": _free(_values(data, settings, 1)), "tooltip": _tooltip(data)},
            "layer": [{"mark": {**POINT, "opacity": 0.5} if sized else POINT, "encoding": {**_series(data), **size}},
                      *([texts] if len(data.points) <= TEXTS else [])],
            "width": WIDTH - 80, "height": HEIGHT + 40}


def _size(data: ChartData, settings: Settings) -> Spec:
    measure = data.measures[2]
    return {"field": "value3", "type": "quantitative", "title": measure.label, "scale": {"range": [20, 1400], "zero": True},
            "legend": {"labelExpr": axis_text(measure, settings), "values": _round_sizes(data)}}


def _round_sizes(data: ChartData) -> list[float]:
    """Up to three sizes to read the others by."""
    largest = max((float(point.values[2] or 0) for point in data.points), default=0.0)
    if not largest:
        return []
    unit = 10 ** (len(str(int(largest))) - 1)
    top = max(1, int(largest // unit)) * unit
    return [top / 4, top / 2, top] if top >= 4 else [largest]


def _free(axis: Spec) -> Spec:
    return {**axis, "scale": {"zero": False, "nice": True, "padding": 20}}


def _heat_map(data: ChartData, settings: Settings) -> Spec:
    values = [float(point.value) for point in data.points if point.value is not None]
    low, high = min(values, default=0.0), max(values, default=0.0)
    is_split = low < 0 < high
    scale = {"scheme": "blueorange", "domainMid": 0} if is_split else {"scheme": "blues", "domain": [min(0.0, low), max(0.0, high)]}
    legend = {"labelExpr": axis_text(data.measure, settings), "gradientLength": 160, "tickCount": 4}
    dark = f"abs(datum.value) > {0.55 * max(abs(low), abs(high))}"
    squares = {"mark": {"type": "rect", "stroke": "white", "strokeWidth": 1.5},
               "encoding": {"color": {"field": "value", "type": "quantitative", "title": data.measure.label, "scale": scale,
                                      "legend": legend}}}
    texts = {"mark": {"type": "text", "fontSize": 11},
             "encoding": {"text": {"field": "short", "type": "nominal"},
                          "color": {"condition": {"test": dark, "value": "white"}, "value": INK}}}
    step = max(20, min(60, (WIDTH + 60) // max(1, len(data.labels))))
    series = {"field": "series", "type": "nominal", "sort": list(data.series), "title": data.series_label, "axis": {"labelLimit": 240}}
    return {"encoding": {"x": _labels(data, step * len(data.labels)), "y": series, "tooltip": _tooltip(data)},
            "layer": [squares, *([texts] if step >= 48 else [])], "width": step * len(data.labels), "height": {"step": 28}}


# --- Figures of the whole


def _gauge(data: ChartData, settings: Settings) -> Spec:
    """Half a ring, filled as far as the figure reaches; what is above the target fills all of it, and the words say how much."""
    point = data.points[0]
    value, target = point.value or Decimal(0), point.values[1] or Decimal(1)
    percent = compact(100 * value / target, ResultColumn("", "", "percent", 0), settings)
    end = pi * min(1.0, float(value / target)) - pi / 2
    of = "" if data.measure.type == "percent" and target == 100 else f"{percent} of {point.shorts[1]}"

    def ring(to: float, colour: str) -> Spec:
        return {"mark": {"type": "arc", "innerRadius": 100, "outerRadius": 140, "theta": {"expr": "-PI / 2"}, "theta2": {"expr": str(to)},
                         "color": colour, "x": 150, "y": 150}}

    def words(text: str, y: int, size: int, colour: str) -> Spec:
        return {"mark": {"type": "text", "text": text, "x": 150, "y": y, "fontSize": size, "color": colour,
                         "fontWeight": 600 if size > 20 else "normal"}}
    return {"width": 300, "height": 180, "encoding": {"tooltip": _tooltip(data)},
            "layer": [ring(pi / 2, GRID), ring(end, PALETTE[0]), words(point.shorts[0], 138, 30, INK), words(of, 166, 13, QUIET)]}


def _metric(data: ChartData, settings: Settings) -> Spec:
    """Figures side by side, each with its name below."""
    x = {"field": "label", "type": "nominal", "sort": list(data.labels), "axis": None}
    figure = {"mark": {"type": "text", "fontSize": 38, "fontWeight": 600, "color": INK, "y": 30},
              "encoding": {"text": {"field": "short", "type": "nominal"}}}
    name = {"mark": {"type": "text", "fontSize": 13, "color": QUIET, "y": 66, "limit": 190},
            "encoding": {"text": {"field": "label", "type": "nominal"}}}
    return {"encoding": {"x": x, "tooltip": _tooltip(data)}, "layer": [figure, name], "width": {"step": 200}, "height": 80}


DRAWINGS: dict[str, Callable[[ChartData, Settings], Spec]] = {
    "bar": _bars, "column": _columns, "grouped_bar": _grouped_bars, "grouped_column": _grouped_columns,
    "stacked_bar": _stacked_bars, "stacked_column": _stacked_columns,
    "percent_bar": lambda data, settings: _stacked_bars(data, settings, percent=True),
    "percent_column": lambda data, settings: _stacked_columns(data, settings, percent=True),
    "line": _line, "cumulative_line": _line, "combined": _combined, "pie": _pie,
    "donut": lambda data, settings: _pie(data, settings, hole=78),
    "funnel": _funnel, "scatter": _scatter, "bubble": _scatter, "heat_map": _heat_map, "gauge": _gauge, "metric": _metric,
}
"""One per row of CHARTS that is a picture."""


# --- Parts of drawings


def _labels(data: ChartData, width: int = 0) -> Spec:
    """The axis below. What it shows stands in the title; labels lie flat, in up to three lines, if they fit."""
    lines = _folded(data.labels, (width or _column_width(data)) / max(1, len(data.labels)))
    axis: Spec = {"grid": False, "labelAngle": 0 if lines else -40, "labelLimit": 170, "domain": True, "domainColor": "#999999"}
    if any(len(parts) > 1 for parts in lines.values()):
        axis["labelExpr"] = f"{json.dumps(lines)}[datum.label]"
    if len(data.labels) > 24:
        axis["labelOverlap"] = True
    return {"field": "label", "type": "nominal", "sort": list(data.labels), "title": None, "axis": axis}


def _folded(labels: Sequence[str], width: float) -> dict[str, list[str]]:
    """The lines of each label, none of them wider than this; empty if a word does not fit."""
    letters = max(1, int((width - 8) // 7))
    lines = {label: wrap(label, letters, break_long_words=False, break_on_hyphens=False) or [label] for label in labels}
    fits = all(len(parts) <= 3 and len(part) <= letters for parts in lines.values() for part in parts)
    return lines if fits else {}


def _rows_of_labels(data: ChartData) -> Spec:
    return {"field": "label", "type": "nominal", "sort": list(data.labels), "title": None, "axis": {"labelLimit": 240}}


def _values(data: ChartData, settings: Settings, number: int = 0) -> Spec:
    """The axis of a figure."""
    measure = data.measures[number]
    axis: Spec = {"labelExpr": axis_text(measure, settings), "tickCount": 6}
    if measure.type == "integer":
        axis["tickMinStep"] = 1
    negative = any((point.values[number] or 0) < 0 for point in data.points if len(point.values) > number)
    room = {"scale": {"padding": 30}} if negative else {}  # for figures beyond the lowest bar
    title = measure.label if data.series_label or not data.series else None  # figures in series are named by the legend
    return {"field": f"value{number + 1 if number else ''}", "type": "quantitative", "title": title, "axis": axis, **room}


def _series(data: ChartData) -> Spec:
    if not data.series:
        return {}
    return {"color": {"field": "series", "type": "nominal", "sort": list(data.series), "title": data.series_label or None,
                      "scale": {"domain": list(data.series), "range": colours(data, data.series)}}}


def colours(data: ChartData, names: Sequence[str]) -> list[str]:
    """One for each; what stands together is paler."""
    return [OTHERS if name and name == data.others else PALETTE[number % len(PALETTE)] for number, name in enumerate(names)]


def _place(order: Sequence[str], field: str) -> Spec:
    """Vega-Lite stacks by the alphabet unless told a place."""
    return {"calculate": f"indexof({json.dumps(list(order))}, datum.{field})", "as": "place"}


def _tooltip(data: ChartData) -> list[Spec]:
    fields = [("label", data.dimension or "Figure")]
    if data.series:
        fields.append(("series", data.series_label or "Figure"))
    if data.points and len(data.points[0].values) > 1:
        fields += [(f"text{number or ''}", column.label) for number, column in zip((0, 2, 3), data.measures, strict=False)]
    else:
        fields.append(("text", "Value" if data.series and not data.series_label else data.measure.label))
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def _column_width(data: ChartData) -> int:
    return min(WIDTH, max(240, len(data.labels) * max(70, _label_width(data))))


def _label_width(data: ChartData) -> int:
    return max(map(len, data.labels), default=0) * 7 + 8
