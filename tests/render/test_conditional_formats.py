"""Looks of figures by their value: the same in every output that has looks."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from crmlib.render.fact_map import to_json
from crmlib.render.html import to_html
from crmlib.render.xlsx import to_xlsx
from crmlib.reports.conditional_formats import LOOKS, look_named
from crmlib.reports.definition import ConditionalFormat
from crmlib.reports.result import ReportResult
from tests.render import results

COLOUR = "#1a237e"


def formatted(result: ReportResult, totals: bool = False) -> ReportResult:
    """Amounts below 0.20 bad, below 950.25 a warning, from 1,000,000,000,000 on good; one record in a colour."""
    amount = ConditionalFormat.model_validate({"aggregate": "amount:sum", "totals": totals, "rules": [
        {"less_than": "0.20", "look": "bad"}, {"less_than": "950.25", "look": "warning"}, {"greater_or_equal": 10**12, "look": "good"}]})
    count = ConditionalFormat.model_validate({"aggregate": "record_count", "rules": [
        {"less_than": 2, "greater_or_equal": 1, "look": COLOUR}]})
    return ReportResult(**{**result.__dict__, "conditional_formats": (amount, count)})


def in_html(result: ReportResult) -> list[tuple[str, str]]:
    """(text, look) of every cell that has one."""
    found = []
    for attributes, inner in re.findall(r"<td ([^>]*)>(.*?)</td>", to_html(result)):
        look = re.search(rf"crm-report-({'|'.join(LOOKS)})\b", attributes) or re.search(r"background-color:(#\w+)", attributes)
        if look:
            found.append((re.sub(r"<span.*?</span>", "", inner), look[1]))
    return found


def in_json(result: ReportResult) -> list[tuple[str, str]]:
    facts = json.loads(to_json(result))["factMap"].values()
    return [(one["label"], one["look"]) for fact in facts for one in fact["aggregates"] if "look" in one]


def in_xlsx(result: ReportResult) -> list[tuple[float | str, str]]:
    """(value, look) of the cells that have the ground of one."""
    with ZipFile(BytesIO(to_xlsx(result))) as file:
        styles, sheet, strings = (ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", file.read(name).decode(), count=1))
                                  for name in ("xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"))
    grounds = [fill.find(".//fgColor") for fill in styles.iter("fill")]
    colours = [ground.attrib.get("rgb", "")[2:] if ground is not None else "" for ground in grounds]
    looks = {one.fill.lstrip("#").upper(): one.name for one in (*LOOKS.values(), look_named(COLOUR))}
    of_style = [looks.get(colours[int(style.attrib["fillId"])].upper()) for style in styles.find("cellXfs").iter("xf")]  # type: ignore[union-attr]
    texts = ["".join(one.itertext()) for one in strings.iter("si")]
    found: list[tuple[float | str, str]] = []
    for cell in sheet.iter("c"):
        look = of_style[int(cell.attrib.get("s", 0))]
        if look:
            value: Any = cell.findtext("v")
            found.append((texts[int(value)] if cell.attrib.get("t") == "s" else float(value), look))
    return found


EXPECTED = {
    "by_stage": [("warning", "7.00"), ("good", "9,876,543,210,123.75"), (COLOUR, "1")],
    "deals": [("bad", "0.00"), ("bad", "0.10"), ("warning", "0.20"), ("warning", "7.00"), ("good", "9,876,543,210,123.45"),
              *[(COLOUR, "1")] * 5],
    "matrix": [("bad", "0.00"), ("bad", "0.10"), ("warning", "0.20"), ("warning", "7.00"), ("good", "9,876,543,210,123.45"),
               *[(COLOUR, "1")] * 5],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_looks_everywhere_and_none_of_totals(name: str) -> None:
    result = formatted(getattr(results, name)())
    expected = sorted(EXPECTED[name])
    assert sorted((look, text.replace("€", "")) for text, look in in_html(result)) == expected
    assert sorted((look, text.replace("€", "")) for text, look in in_json(result)) == expected
    numbers = sorted((look, float(text.replace(",", ""))) for look, text in expected)
    assert sorted((look, value) for value, look in in_xlsx(result)) == numbers


def test_totals_if_wanted() -> None:
    result = formatted(results.deals(), totals=True)
    assert ("€9,876,543,211,081.00", "good") in in_html(result) and ("€9,876,543,211,081.00", "good") in in_json(result)
    assert (9876543211081.0, "good") in in_xlsx(result)


def test_the_figures_of_a_tabular_report_are_those_of_its_only_group() -> None:
    result = formatted(results.tabular())
    assert 'crm-report-good">€9,876,543,211,081.00<' in to_html(result)
    assert in_json(result) == [("€9,876,543,211,081.00", "good")] and in_xlsx(result) == [(9876543211081.0, "good")]


def test_a_format_of_a_figure_that_is_withheld_or_blank_does_nothing() -> None:
    result = formatted(results.by_stage(aggregates=results.by_stage().aggregates[1:],
                                        cells={key: values[1:] for key, values in results.by_stage().cells.items()}))
    assert in_html(result) == [("1", COLOUR)]
    blank = formatted(results.by_stage(cells=dict.fromkeys(results.by_stage().cells, (None, 5))))
    assert in_html(blank) == in_json(blank) == in_xlsx(blank) == []


def test_looks_are_said_to_those_who_do_not_see_them() -> None:
    assert '<span class="crm-report-hidden"> (bad)</span>' in to_html(formatted(results.deals()))


def test_letters_on_a_colour_can_be_read() -> None:
    assert (look_named("#1a237e").ink, look_named("#FFEE58").ink) == ("#FFFFFF", "#000000")
