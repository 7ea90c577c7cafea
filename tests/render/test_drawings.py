"""Charts as pictures: what is written on them, in every script and locale, and what they must not contain."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from crmlib.model.org import Settings
from crmlib.render.chart import chart_of, chart_png, chart_spec, chart_svg
from crmlib.render.chart_png import SVG, with_fonts
from crmlib.render.drawings import DRAWINGS
from crmlib.render.short_numbers import compact
from crmlib.reports.charts import CHARTS
from crmlib.reports.result import ReportResult, ResultColumn
from tests.render import results
from tests.render.results import drawn, fitting, grouped

EVERY_SHAPE = [results.by_stage(), results.deals(), results.months(), results.hostile(), grouped(132), grouped(5, amount="-{}.00"),
               results.matrix(), results.wide_matrix()]


def test_altair_accepts_every_specification() -> None:
    """Altair checks a specification against Vega-Lite's schema."""
    for result in (*EVERY_SHAPE, *map(fitting, DRAWINGS)):
        assert chart_of(result) is not None


@pytest.mark.parametrize("chart", DRAWINGS)
def test_svg_shows_labels_of_every_script_and_says_what_it_is(chart: str) -> None:
    svg = chart_svg(fitting(chart))
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img" and root.attrib["aria-label"]
    written = " ".join(root.itertext())
    assert CHARTS[chart].groupings == 0 or all(name in written for name in results.NAMES)
    assert "€" in written or "%" in written
    assert not re.search(r"NaN|undefined|null|Infinity", svg)


@pytest.mark.parametrize("chart", DRAWINGS)
def test_numbers_are_written_as_in_the_locale(chart: str) -> None:
    written = " ".join(ElementTree.fromstring(chart_svg(fitting(chart, "de_DE")) or "").itertext())
    assert not re.search(r"\d\.\d|€\d", written) and re.search(r"\d[Mk]?\u00a0[€%]", written)


@pytest.mark.parametrize("chart", ["percent_bar", "percent_column", "pie", "donut", "funnel", "heat_map", "stacked_bar", "gauge"])
def test_of_nothing_there_are_no_shares(chart: str) -> None:
    rows = [((stage, owner), results.deal("x", "0.00")) for stage in ("Open", "Won") for owner in ("Amina", "Femke")]
    result = results.result_of((results.STAGE, results.OWNER), rows)
    svg = chart_svg(drawn(result, chart, target=Decimal(10)))
    assert svg is not None and not re.search(r"NaN|undefined|Infinity", svg)


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


def test_each_run_of_letters_gets_the_font_of_its_script() -> None:
    svg = f'<svg xmlns="{SVG}"><text x="1">Tel. মোহাম্মদ রহমান &amp; አበበ: <tspan>株式会社</tspan></text></svg>'
    root = ElementTree.fromstring(with_fonts(svg))
    runs = [(part.text, part.attrib.get("font-family")) for part in root.iter(f"{{{SVG}}}tspan")]
    assert runs == [("Tel. ", None), ("মোহাম্মদ রহমান", "Noto Sans Bengali"), (" & ", None), ("አበበ", "Noto Sans Ethiopic"), (": ", None),
                    (None, None), ("株式会社", "Noto Sans CJK SC")]
    assert "".join(root.itertext()) == "Tel. মোহাম্মদ রহমান & አበበ: 株式会社"


def test_letters_without_a_script_of_their_own_stay_as_they_are() -> None:
    svg = chart_svg(results.by_stage())
    assert svg is not None and with_fonts(svg).count("<tspan") == svg.count("<tspan")


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
