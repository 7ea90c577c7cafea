from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from crmlib.render.html import to_html, to_page
from crmlib.reports.result import Key
from tests.render import results

VOID = {"meta", "br", "link"}


class Checker(HTMLParser):
    """Collects elements and texts; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def text(self) -> str:
        return " ".join(self.texts)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


SHAPES = [results.by_stage, results.deals, results.tabular, results.empty, results.hostile, results.matrix, results.wide_matrix]


@pytest.mark.parametrize("make", SHAPES)
@pytest.mark.parametrize("show_details", [False, True])
@pytest.mark.parametrize("write", [to_html, to_page])
def test_elements_nest_and_rows_are_of_one_width(make, show_details, write) -> None:  # type: ignore[no-untyped-def]
    checked = Checker(write(make(show_details=show_details)))
    widths: list[int] = []
    from_above: Counter[int] = Counter()  # columns that a cell of an earlier row takes in this one
    for tag, attributes in checked.elements:
        if tag == "tr":
            widths.append(from_above[len(widths)])
        elif tag in ("td", "th"):
            width = int(attributes.get("colspan") or 1)
            widths[-1] += width
            for below in range(1, int(attributes.get("rowspan") or 1)):
                from_above[len(widths) - 1 + below] += width
    assert len(set(widths)) <= 1


def test_says_what_the_report_is() -> None:
    text = Checker(to_html(results.deals(withheld=("Margin", "Discount"), notes=("Read with care.",)))).text()
    for words in ("Pipeline", "What is open", "7 records", "Opportunities", "as seen by maria", "13 May 2026, 11:30 (Africa/Nairobi)",
                  "Stage not equal to Lost", "Withheld, because maria may not see it: Margin, Discount", "Read with care."):
        assert words in text


def test_says_what_is_cut_at_the_top_and_where_it_is_cut() -> None:
    text = to_html(results.many(), 50)
    assert text.count("irst 50 of 8,012 records shown; totals are of all of them") == 2
    assert text.count("<tr") == 1 + 50 + 1


def test_empty_says_so_and_shows_the_filters() -> None:
    html = to_html(results.empty())
    assert "No records match these filters" in html and "Stage not equal to Lost" in html and "<table" not in html
    assert "There are no records to show" in to_html(results.empty(filters=()))


def test_figures_of_a_tabular_report_stand_above_it() -> None:
    html = to_html(results.tabular())
    assert "<dt>Sum of Amount</dt><dd>€9,876,543,211,081.00</dd>" in html
    assert "<dl" not in to_html(results.deals())


def test_nothing_from_data_is_markup() -> None:
    for html in (to_html(results.hostile()), to_html(results.hostile(show_details=True)), to_page(results.hostile())):
        assert "<script" not in html
        assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;quotes&quot;" in html


def test_loads_nothing_from_elsewhere() -> None:
    page = to_page(results.hostile(show_details=True))
    addresses = [value for _, attributes in Checker(page).elements for name, value in attributes.items()
                 if name in ("src", "href", "xlink:href", "srcset", "action")]
    assert addresses == []
    assert "url(http" not in page and "@import" not in page


def test_columns_and_groups_are_named_for_screen_readers() -> None:
    checked = Checker(to_html(results.deals()))
    scopes = [attributes.get("scope") for tag, attributes in checked.elements if tag == "th"]
    assert scopes.count("col") == 4
    assert scopes.count("row") == 6 * 2 + 3 + 1  # both labels of each finest group, subtotals, grand total
    region = next(attributes for _, attributes in checked.elements if attributes.get("role") == "region")
    assert region["aria-label"] == "Pipeline" and region["tabindex"] == "0"


def headings(html: str) -> list[list[tuple[str, int, int]]]:
    """Text, columns and rows of the headings, row by row."""
    found = [re.findall(r'<th scope="col(?:group)?"(?: colspan="(\d+)")?(?: rowspan="(\d+)")?[^>]*>(.*?)</th>', row)
             for row in re.findall(r"<tr>(.*?)</tr>", html.partition("<thead>")[2].partition("</thead>")[0])]
    return [[(text, int(columns or 1), int(rows or 1)) for columns, rows, text in row] for row in found]


def test_headings_of_groups_across_span_their_columns() -> None:
    assert headings(to_html(results.wide_matrix())) == [
        [("Stage", 1, 3), ("Owner", 1, 3), ("2025", 8, 1), ("2026", 8, 1), ("Total", 2, 2)],
        [(text, 2, 1) for text in ("October 2025", "November 2025", "December 2025", "Total",
                                   "January 2026", "February 2026", "March 2026", "Total")],
        [("Sum of Amount", 1, 1), ("Record count", 1, 1)] * 9]


def test_a_link_leads_to_each_group_and_to_each_cell_that_has_records() -> None:
    asked: list[tuple[Key, Key]] = []

    def link(down: Key, html: str, across: Key = ()) -> str:
        asked.append((down, across))
        return f"<a>{html}</a>"
    result = results.matrix()
    html = to_html(result, link=link)
    assert set(asked) == set(result.cells) and len(asked) == 2 * len(result.cells) + 4  # two figures a cell; four titles
    assert '<td class="crm-report-right"><a>€950.25</a></td>' in html
    assert '<td class="crm-report-right"></td>' in html  # nothing there, nothing to look at


def test_columns_of_groups_stay_in_sight() -> None:
    staying = re.findall(r'class="crm-report-text( crm-report-stays[^"]*)"', to_html(results.wide_matrix()))
    assert set(staying) == {" crm-report-stays crm-report-at0 crm-report-fixed0", " crm-report-stays crm-report-at1 crm-report-fixed1",
                            " crm-report-stays crm-report-at0 crm-report-fixed0 crm-report-inner"}
    first_only = re.findall(r'<th scope="col" class="([^"]*)"', to_html(results.deals()))
    assert ["crm-report-stays" in classes for classes in first_only] == [True, False, False, False]
    of_details = re.findall(r'<th scope="col" class="([^"]*)"', to_html(results.deals(show_details=True)))
    assert [number for number, classes in enumerate(of_details) if "crm-report-stays" in classes] == [2]


def test_the_chart_stands_between_heading_and_table() -> None:
    html = to_html(results.by_stage(), chart=True)
    assert html.index("</h2>") < html.index("<svg") < html.index("<table")
    assert "<svg" not in to_html(results.by_stage())


def test_a_chart_that_does_not_fit_is_said_and_the_table_shown() -> None:
    html = to_page(results.by_stage(chart="heat_map"))
    assert '<p class="crm-report-note">No chart: a &#x27;heat_map&#x27; chart needs two groupings' in html and "<table" in html


def test_a_page_has_language_title_and_chart() -> None:
    checked = Checker(to_page(results.by_stage()))
    assert ("html", {"lang": "en"}) in checked.elements
    assert checked.count("svg") == 1 and checked.count("title") == 1
    assert Checker(to_page(results.tabular())).count("svg") == 0
