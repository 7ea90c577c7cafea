"""A result's chart: a Vega-Lite specification as plain data, for Altair in notebooks, as SVG and PNG everywhere else.

SVG is drawn by vl-convert, PNG from it by resvg; neither needs a browser or the network. They are made from the
specification, not through Altair, whose import alone takes longer than a page may.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from zlib import crc32

from crmlib.errors import DefinitionError
from crmlib.render.chart_data import chart_data, no_chart
from crmlib.render.chart_png import png_of
from crmlib.render.drawings import DRAWINGS, GRID, INK, QUIET, Spec, rows
from crmlib.reports.result import ReportResult

if TYPE_CHECKING:
    import altair as alt

FONT = "Noto Sans, Noto Sans Bengali, Noto Sans Ethiopic, system-ui, sans-serif"
VEGA_LITE = "6.1"
SMALLEST = 0.7
"""On a narrow screen a picture shrinks to so much of its size, and is scrolled then: its letters have to stay readable."""

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


def chart_spec(result: ReportResult) -> Spec | None:
    """The Vega-Lite specification of the chart that fits, or that the report asks for; None for no chart.

    On white ground with dark letters, in any theme. Raises DefinitionError for a chart that does not fit, with what would.
    """
    data = chart_data(result)
    if data is None:
        return None
    title = {"text": data.title, **({"subtitle": data.subtitle} if data.subtitle else {})}
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.1.0.json", "title": title, "background": "white", "padding": 12,
            "data": {"values": rows(data)}, "config": CONFIG, **DRAWINGS[data.kind.name](data, result.settings)}


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
    width = re.search(r'width="(\d+)', svg)
    smallest = f"min-width:{int(width[1]) * SMALLEST:.0f}px;" if width else ""
    style = f'style="max-width:100%;{smallest}height:auto"'
    return _own_ids(svg).replace("<svg ", f'<svg role="img" aria-label="{words}" {style} ', 1)


def chart_png(result: ReportResult, scale: float = 2) -> bytes | None:
    """The chart as a PNG, for mail. Letters of a script for which the machine has no font become boxes (Debian: fonts-noto-core)."""
    spec = chart_spec(result)
    if spec is None:
        return None
    import vl_convert

    return png_of(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]), scale)


def chart_or_why(result: ReportResult) -> tuple[str | None, str]:
    """The chart as SVG; or why there is none, in a sentence. For pages, which show the table in any case."""
    try:
        return chart_svg(result), ""
    except DefinitionError as error:
        return None, no_chart(error)


def chart_html(result: ReportResult) -> str:
    """The chart as a figure, or a paragraph that says why there is none; nothing where nothing is to be drawn."""
    picture, why = chart_or_why(result)
    if why:
        return f'<p class="crm-report-note">{escape(why)}</p>'
    return f'<figure class="crm-report-chart">{picture}</figure>' if picture else ""


def _own_ids(svg: str) -> str:
    """Ids that no other chart on the page has; vl-convert counts them per process."""
    found = {name: str(n) for n, name in enumerate(dict.fromkeys(re.findall(r'id="(\w+)"', svg)))}
    if not found:
        return svg
    mark = f"crm{crc32(re.sub(r'clip[0-9]+', '', svg).encode()):08x}-"
    return re.sub(r'(id="|url\(#)(\w+)("|\))', lambda part: f"{part[1]}{mark}{found.get(part[2], part[2])}{part[3]}", svg)
